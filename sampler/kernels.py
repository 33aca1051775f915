"""The compiled inspection: from a population straight to tallies, with the numbers of the readable path.

`sampler.draws` says what is computed; here it is done without making the rows. Every replicate draws from its own two
streams by position (`sampler.streams`), and leaves the working permutations as it found them, so neither the order of
replicates nor the number of threads can change a tally.

Loops and places are unsigned, which spares the compiler the look for negative ones, and no part of an array gets a name
of its own: counting references to it took a third of the time.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_LOW = np.uint64(0xFFFFFFFF)
_COUNT, _SQUARE = np.uint64(2**16 - 1), np.uint64(2**21 - 1)
_1, _2, _16, _21, _27, _30, _31, _32, _42, _48 = (np.uint64(i) for i in (1, 2, 16, 21, 27, 30, 31, 32, 42, 48))


@numba.njit(cache=True, nogil=True, inline="always")
def _shuffle(places, start, first, size, take):  # type: ignore[no-untyped-def]
    """Write what each of the first steps of a shuffle of `size` things swaps with, as `sampler.streams.below` draws it.

    No step depends on another, so the compiler does several at once; the last word may fill a place too many.
    """
    for i in range(np.uint64((take + 1) >> 1)):
        state = start + (np.uint64(first) + i + _1) * _GOLDEN
        state = (state ^ (state >> _30)) * _FIRST
        state = (state ^ (state >> _27)) * _SECOND
        word = state ^ (state >> _31)
        k = _2 * i
        left = np.uint64(size) - k
        places[k] = np.uint32(k + (((word & _LOW) * left) >> _32))
        places[k + _1] = np.uint32(k + _1 + (((word >> _32) * (left - _1)) >> _32))


@numba.njit(cache=True, nogil=True)
def inspect(  # noqa: PLR0912 - one loop without calls is what makes it fast
    village_starts: NDArray[np.uint64],
    household_starts: NDArray[np.uint64],
    stratum_villages: NDArray[np.int64],
    stratum_first: NDArray[np.int64],
    drawn: NDArray[np.int64],
    offsets: NDArray[np.int64],
    takes: NDArray[np.int64],
    kinds: NDArray[np.uint16],
    counts: NDArray[np.uint64],
    squares: NDArray[np.uint64],
    apart: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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
    kinds : ndarray of uint16, shape (N,)
        Each household's kind.
    counts, squares : ndarray of uint64, shape (K,)
        What a household of each kind adds: the moments 1 to 4 in 16 bits each, and 5 to 7 in 21 each, the first lowest.
    apart : bool
        Whether to hold the drawn villages apart.

    Returns
    -------
    villages : ndarray of int64, shape (R, m)
        The drawn villages.
    moments : ndarray of int64, shape (3, 8, R, m), or (3, 8, R, 1) summed over villages
        In the order of `sampler.draws.MOMENTS`; a moment of all replicates lies together, as estimators read it.
    """
    replicates, total = len(village_starts), drawn.sum()
    villages = np.empty((replicates, total), dtype=np.int64)
    moments = np.zeros((3, 8, replicates, total if apart else 1), dtype=np.int64)
    order, shuffled = np.arange(len(stratum_villages)), kinds.copy()
    places = np.empty(max(total, takes.max() if len(takes) else 0) + 1, dtype=np.uint32)
    counted, squared = np.empty((3, total), dtype=np.uint64), np.empty((3, total), dtype=np.uint64)
    for r in range(replicates):
        slot = 0
        for h in range(len(drawn)):
            first, size = np.uint64(stratum_first[h]), stratum_first[h + 1] - stratum_first[h]
            _shuffle(places, village_starts[r], first, size, drawn[h])
            for k in range(np.uint64(drawn[h])):
                j = first + places[k]
                villages[r, slot] = stratum_villages[order[j]]
                order[j] = order[first + k]
                slot += 1
            for k in range(np.uint64(drawn[h])):
                order[first + places[k]] = first + places[k]
        for s in range(total):
            for g in range(3):
                block = 3 * villages[r, s] + g
                take, first = takes[block], np.uint64(offsets[block])
                size = offsets[block + 1] - offsets[block]
                count, square = np.uint64(0), np.uint64(0)
                if take == size:
                    for k in range(np.uint64(take)):
                        count += counts[kinds[first + k]]
                        square += squares[kinds[first + k]]
                else:
                    _shuffle(places, household_starts[r], first, size, take)
                    for k in range(np.uint64(take)):
                        j = first + places[k]
                        kind = shuffled[j]
                        # The drawn one need not come to place k: no later step looks there.
                        shuffled[j] = shuffled[first + k]
                        count += counts[kind]
                        square += squares[kind]
                    for k in range(np.uint64(take)):
                        shuffled[first + places[k]] = kinds[first + places[k]]
                counted[g, s], squared[g, s] = count, square
        # Unpacked moment by moment, for several villages at once.
        for g in range(3):
            for s in range(total):
                t = s if apart else 0
                moments[g, 0, r, t] += takes[3 * villages[r, s] + g]
            for c in range(4):
                for s in range(total):
                    t = s if apart else 0
                    moments[g, 1 + c, r, t] += np.int64((counted[g, s] >> np.uint64(16 * c)) & _COUNT)
            for c in range(3):
                for s in range(total):
                    t = s if apart else 0
                    moments[g, 5 + c, r, t] += np.int64((squared[g, s] >> np.uint64(21 * c)) & _SQUARE)
    return villages, moments
