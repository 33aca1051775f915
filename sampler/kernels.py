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
_FIELD = np.uint64(0xFFFF)
_16, _21, _27, _30, _31, _32, _42 = (np.uint64(bits) for bits in (16, 21, 27, 30, 31, 32, 42))


@numba.njit(cache=True, nogil=True, inline="always")
def _word(start, position):  # type: ignore[no-untyped-def]
    """Return the word at a position, as `sampler.streams.word`."""
    state = start + (np.uint64(position) + _ONE) * _GOLDEN
    state = (state ^ (state >> _30)) * _FIRST
    state = (state ^ (state >> _27)) * _SECOND
    return state ^ (state >> _31)


@numba.njit(cache=True, nogil=True)
def inspect(  # noqa: PLR0912, PLR0915 - one loop without calls is what makes it fast
    village_starts: NDArray[np.uint64],
    household_starts: NDArray[np.uint64],
    stratum_villages: NDArray[np.int64],
    stratum_first: NDArray[np.int64],
    drawn: NDArray[np.int64],
    offsets: NDArray[np.int64],
    takes: NDArray[np.int64],
    words: NDArray[np.uint64],
    sums: NDArray[np.uint64],
    with_squares: bool,
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
    words : ndarray of uint64, shape (N,)
        What each household adds, four counts of 16 bits in a word; the second is its persons, the third the wrong ones.
    sums : ndarray of uint64, shape (3V, 2)
        The blocks' whole sums of words and of packed squares, for blocks visited in full.
    with_squares : bool
        Whether to hold the drawn villages apart and to sum squares and products too.

    Returns
    -------
    villages : ndarray of int64, shape (R, m)
        The drawn villages.
    found : ndarray of uint64, shape (R, m, 3, 3), or (R, 1, 3, 3) summed over villages
        Households visited, packed sums, and packed sums of persons squared, persons times wrong, wrong squared (21
        bits each; 0 without squares).
    """
    replicates, total = len(village_starts), drawn.sum()
    villages = np.empty((replicates, total), dtype=np.int64)
    found = np.zeros((replicates, total if with_squares else 1, 3, 3), dtype=np.uint64)
    places = np.arange(len(stratum_villages))
    # The shuffles move households in a copy, and every replicate puts them back.
    shuffled = words.copy()
    moved = np.empty(max(total, takes.max() if len(takes) else 0) + 1, dtype=np.uint64)
    for r in range(replicates):
        slot = 0
        for h in range(len(drawn)):
            first, size = stratum_first[h], stratum_first[h + 1] - stratum_first[h]
            for k in range(drawn[h]):
                word = _word(village_starts[r], first + (k >> 1))
                half = (word >> _32) if k & 1 else (word & _LOW)
                j = first + k + np.int64((half * np.uint64(size - k)) >> _32)
                chosen = places[j]
                places[j] = places[first + k]
                places[first + k] = chosen
                moved[k] = np.uint64(j)
                villages[r, slot + k] = stratum_villages[chosen]
            for k in range(drawn[h]):
                places[first + k] = first + k
                places[moved[k]] = np.int64(moved[k])
            slot += drawn[h]
        for s in range(total):
            row = s if with_squares else 0
            for g in range(3):
                block = 3 * villages[r, s] + g
                take, begin = takes[block], offsets[block]
                size = offsets[block + 1] - begin
                counts, squares = np.uint64(0), np.uint64(0)
                if take == size:
                    counts, squares = sums[block, 0], sums[block, 1]
                else:
                    first_place, left = np.uint64(begin), np.uint64(size)
                    word = np.uint64(0)
                    for k in range(take):
                        if k & 1:
                            half = word >> _32
                        else:
                            word = _word(household_starts[r], begin + (k >> 1))
                            half = word & _LOW
                        # Unsigned places spare the compiler the look for negative ones.
                        j = first_place + ((half * left) >> _32)
                        household = shuffled[j]
                        shuffled[j] = shuffled[first_place]
                        shuffled[first_place] = household
                        moved[k] = j
                        counts += household
                        if with_squares:
                            persons, wrong = (household >> _16) & _FIELD, (household >> _32) & _FIELD
                            squares += persons * persons + ((persons * wrong) << _21) + ((wrong * wrong) << _42)
                        first_place += _ONE
                        left -= _ONE
                    for k in range(take):
                        shuffled[begin + k] = words[begin + k]
                        shuffled[moved[k]] = words[moved[k]]
                found[r, row, g, 0] += np.uint64(take)
                found[r, row, g, 1] += counts
                if with_squares:
                    found[r, row, g, 2] += squares
    return villages, found
