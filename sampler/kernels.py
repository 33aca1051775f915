"""The compiled inspection: from a population straight to tallies, with the numbers of the readable path.

`sampler.draws` says what is computed; here it is done without making the rows. Every replicate draws from its own two
streams by position (`sampler.streams`), and leaves the working permutations as it found them, so neither the order of
replicates nor the number of threads can change a tally.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_LOW = np.uint64(0xFFFFFFFF)
_ONE = np.uint64(1)
_27, _30, _31, _32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)


@numba.njit(cache=True, nogil=True, inline="always")
def _word(start, position):  # type: ignore[no-untyped-def]
    """Return the word at a position, as `sampler.streams.word`."""
    state = start + (np.uint64(position) + _ONE) * _GOLDEN
    state = (state ^ (state >> _30)) * _FIRST
    state = (state ^ (state >> _27)) * _SECOND
    return state ^ (state >> _31)


@numba.njit(cache=True, nogil=True)
def inspect(
    village_starts: NDArray[np.uint64],
    household_starts: NDArray[np.uint64],
    stratum_villages: NDArray[np.int64],
    stratum_first: NDArray[np.int64],
    drawn: NDArray[np.int64],
    offsets: NDArray[np.int64],
    takes: NDArray[np.int64],
    first_words: NDArray[np.uint64],
    second_words: NDArray[np.uint64],
    sums: NDArray[np.uint64],
    with_villages: bool,
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Run R inspections.

    Parameters
    ----------
    village_starts, household_starts : ndarray of uint64, shape (R,)
        The replicates' streams.
    stratum_villages : ndarray of int64, shape (V,)
        Village indices, stratum by stratum.
    stratum_first : ndarray of int64, shape (H + 1,)
        Where each stratum begins in it.
    drawn : ndarray of int64, shape (H,)
        Villages drawn of each.
    offsets : ndarray of int64, shape (3V + 1,)
        Where each block's households begin.
    takes : ndarray of int64, shape (3V,)
        Households visited of each block, at most as many as it has.
    first_words, second_words : ndarray of uint64, shape (N,)
        What each household adds, several moments packed in a word.
    sums : ndarray of uint64, shape (3V, 2)
        The blocks' whole sums of both, for blocks visited in full.
    with_villages : bool
        Whether to give tallies by drawn village (first axis after R of length m) or summed over them (length 1).

    Returns
    -------
    villages : ndarray of int64, shape (R, m)
        The drawn villages.
    words : ndarray of uint64, shape (R, m or 1, 3, 3)
        Households visited, and both packed sums, by drawn village and group.
    """
    replicates, total = len(village_starts), drawn.sum()
    villages = np.empty((replicates, total), dtype=np.int64)
    words = np.zeros((replicates, total if with_villages else 1, 3, 3), dtype=np.uint64)
    village_places = np.arange(len(stratum_villages))
    places = np.arange(offsets[-1]).astype(np.int32)
    moved = np.empty(max(total, takes.max() if len(takes) else 0) + 1, dtype=np.int64)
    for r in range(replicates):
        slot = 0
        for h in range(len(drawn)):
            first, size = stratum_first[h], stratum_first[h + 1] - stratum_first[h]
            for k in range(drawn[h]):
                word = _word(village_starts[r], first + (k >> 1))
                half = (word >> _32) if k & 1 else (word & _LOW)
                j = first + k + np.int64((half * np.uint64(size - k)) >> _32)
                chosen = village_places[j]
                village_places[j] = village_places[first + k]
                village_places[first + k] = chosen
                moved[k] = j
                villages[r, slot + k] = stratum_villages[chosen]
            for k in range(drawn[h]):
                village_places[first + k] = first + k
                village_places[moved[k]] = moved[k]
            slot += drawn[h]
        for s in range(total):
            row = s if with_villages else 0
            for g in range(3):
                block = 3 * villages[r, s] + g
                take, begin = takes[block], offsets[block]
                size = offsets[block + 1] - begin
                a, b = np.uint64(0), np.uint64(0)
                if take == size:
                    a, b = sums[block, 0], sums[block, 1]
                else:
                    word = np.uint64(0)
                    for k in range(take):
                        if k & 1:
                            half = word >> _32
                        else:
                            word = _word(household_starts[r], begin + (k >> 1))
                            half = word & _LOW
                        j = begin + k + np.int64((half * np.uint64(size - k)) >> _32)
                        chosen_household = places[j]
                        places[j] = places[begin + k]
                        places[begin + k] = chosen_household
                        moved[k] = j
                        a += first_words[chosen_household]
                        b += second_words[chosen_household]
                    for k in range(take):
                        places[begin + k] = begin + k
                        places[moved[k]] = moved[k]
                words[r, row, g, 0] += np.uint64(take)
                words[r, row, g, 1] += a
                words[r, row, g, 2] += b
    return villages, words
