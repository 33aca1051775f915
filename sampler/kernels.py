"""The compiled inspection: from a population straight to tallies, with the numbers of the readable path.

`sampler.draws` says what is computed; here it is done without making the rows. Every replicate draws from its own two
stream by position (`sampler.streams`), and leaves the working permutations as it found them, so neither the order of
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
def inspect(
    villages: NDArray[np.int64],
    household_starts: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    takes: NDArray[np.int64],
    kinds: NDArray[np.uint16],
    counts: NDArray[np.uint64],
    squares: NDArray[np.uint64],
    apart: bool,
) -> NDArray[np.int64]:
    """Visit households of the drawn villages of R inspections.

    Parameters
    ----------
    villages : ndarray of int64, shape (R, m)
        The drawn villages.
    household_starts : ndarray of uint64, shape (R,)
        The replicates' streams.
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
    ndarray of int64, shape (3, 8, R, m), or (3, 8, R, 1) summed over villages
        Moments in the order of `sampler.draws.MOMENTS`; one of all replicates lies together, as estimators read it.
    """
    replicates, total = villages.shape
    moments = np.zeros((3, 8, replicates, total if apart else 1), dtype=np.int64)
    shuffled = kinds.copy()
    places = np.empty((takes.max() if len(takes) else 0) + 2, dtype=np.uint32)
    counted, squared = np.empty((3, total), dtype=np.uint64), np.empty((3, total), dtype=np.uint64)
    for r in range(replicates):
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
    return moments


@numba.njit(cache=True, nogil=True, inline="always")
def _word(start, position):  # type: ignore[no-untyped-def]
    """Return the word at a position of a stream, as `sampler.streams.word` does."""
    state = start + (np.uint64(position) + _1) * _GOLDEN
    state = (state ^ (state >> _30)) * _FIRST
    state = (state ^ (state >> _27)) * _SECOND
    return state ^ (state >> _31)


@numba.njit(cache=True, nogil=True, inline="always")
def _unit(word):  # type: ignore[no-untyped-def]
    """Return a number in [0, 1), as `sampler.streams.unit_interval` does."""
    return np.float64(word >> np.uint64(11)) * 2.0**-53


@numba.njit(cache=True, nogil=True, inline="always")
def _below(start, first, k, bound):  # type: ignore[no-untyped-def]
    """Return a whole number below `bound`, as `sampler.streams.below` does."""
    whole = _word(start, first + (k >> 1))
    half = (whole >> _32) if k & 1 else (whole & _LOW)
    return np.int64((half * np.uint64(bound)) >> _32)


@numba.njit(cache=True, nogil=True)
def walk(
    villages: NDArray[np.int64],
    household_starts: NDArray[np.uint64],
    fieldwork_starts: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    takes: NDArray[np.int64],
    key: NDArray[np.bool_],
    hamlet: NDArray[np.int64],
    hamlet_first: NDArray[np.int64],
    hamlets: int,
    key_part: int,
    hamlet_part: int,
    parts: int,
    away: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Visit households with parts and closed doors; the readable twin stands in `sampler.visits`.

    Parameters
    ----------
    villages, household_starts, fieldwork_starts
        As in `sampler.visits.visit`.
    offsets, takes, key, hamlet, hamlet_first, hamlets, key_part, hamlet_part, parts, away
        As in `sampler.visits.Rules`.

    Returns
    -------
    rows : ndarray of int64, shape (n, 4)
        Replicate, slot, block and household, in this order.
    block_sizes : ndarray of int64, shape (R, m, 3 parts)
        Households of each block.
    """
    replicates, total = villages.shape
    block_sizes = np.zeros((replicates, total, 3 * parts), dtype=np.int64)
    rows = np.empty((max(1024, replicates * total * (takes.sum() + 1)), 4), dtype=np.int64)
    order = np.arange(len(key))
    widest = 0
    for v in range(len(hamlet_first) - 1):
        widest = max(widest, hamlet_first[v + 1] - hamlet_first[v])
    places = np.empty(widest + 1, dtype=np.int64)
    whole = np.zeros(widest + 1, dtype=np.bool_)
    swaps = np.empty(len(key) + 1, dtype=np.int64)
    part_of = np.zeros(len(key), dtype=np.int64)
    n = 0
    for r in range(replicates):
        for s in range(total):
            village = villages[r, s]
            count = hamlet_first[village + 1] - hamlet_first[village]
            first = offsets[-1] + hamlet_first[village]
            for k in range(count):
                places[k], whole[k] = k, False
            for k in range(min(hamlets, count)):
                j = k + _below(household_starts[r], first, k, count - k)
                places[j], places[k] = places[k], places[j]
                whole[places[k]] = True
            begin, end = offsets[3 * village], offsets[3 * village + 3]
            if n + (end - begin) > len(rows):
                longer = np.empty((2 * len(rows) + (end - begin), 4), dtype=np.int64)
                longer[:n] = rows[:n]
                rows = longer
            for g in range(3):
                if parts == 1:  # all are ordinary
                    block_sizes[r, s, g] = offsets[3 * village + g + 1] - offsets[3 * village + g]
                    continue
                for h in range(offsets[3 * village + g], offsets[3 * village + g + 1]):
                    part = 0
                    if hamlets > 0 and whole[hamlet[h]]:
                        part = hamlet_part
                    elif key[h]:
                        part = key_part
                    part_of[h] = part
                    block_sizes[r, s, 3 * part + g] += 1
            for part in range(parts):
                for g in range(3):
                    begin, end = offsets[3 * village + g], offsets[3 * village + g + 1]
                    taken, steps = 0, 0
                    for k in range(end - begin):
                        if part == 0:
                            if taken == takes[g]:
                                break
                            j = k + _below(household_starts[r], begin, k, end - begin - k)
                            h = order[begin + j]
                            order[begin + j] = order[begin + k]
                            order[begin + k] = h
                            swaps[k] = j
                            steps += 1
                        else:
                            h = begin + k
                        if part_of[h] != part:
                            continue
                        if len(away) > 0 and _unit(_word(fieldwork_starts[r], 2 * h + 1)) < away[h]:
                            continue
                        rows[n, 0], rows[n, 1], rows[n, 2], rows[n, 3] = r, s, 3 * part + g, h
                        n += 1
                        taken += 1
                    for k in range(steps):
                        order[begin + k] = begin + k
                        order[begin + swaps[k]] = begin + swaps[k]
    return rows[:n], block_sizes


@numba.njit(cache=True, nogil=True)
def tally_rows(
    replicate: NDArray[np.int64],
    slot: NDArray[np.int64],
    block: NDArray[np.int64],
    persons: NDArray[np.int64],
    wrong: NDArray[np.int64],
    approves: NDArray[np.bool_],
    moments: NDArray[np.int64],
) -> None:
    """Add the moments of rows of households to `moments`, shape (R, m, B, 8), as `sampler.draws.tally` does."""
    for i in range(len(replicate)):
        r, s, b = replicate[i], slot[i], block[i]
        moments[r, s, b, 0] += 1
        moments[r, s, b, 1] += wrong[i] > 0
        moments[r, s, b, 2] += persons[i]
        moments[r, s, b, 3] += wrong[i]
        moments[r, s, b, 4] += approves[i]
        moments[r, s, b, 5] += persons[i] * persons[i]
        moments[r, s, b, 6] += persons[i] * wrong[i]
        moments[r, s, b, 7] += wrong[i] * wrong[i]


@numba.njit(cache=True, nogil=True)
def record_rows(
    starts: NDArray[np.uint64],
    replicate: NDArray[np.int64],
    team: NDArray[np.int64],
    block: NDArray[np.int64],
    household: NDArray[np.int64],
    truth: NDArray[np.int64],
    persons: NDArray[np.int64],
    found: NDArray[np.float64],
    accused: NDArray[np.float64],
    factor: NDArray[np.float64],
    upheld: NDArray[np.float64],
    suspected: NDArray[np.int64],
    recorded: NDArray[np.int64],
) -> None:
    """Fill in what is suspected and recorded of rows of households; its twin in `sampler.fieldwork` says how."""
    for i in range(len(replicate)):
        r, h = replicate[i], household[i]
        if truth[h] > 0:
            chance, stands, wrong = found[r, team[h]] * factor[h], upheld[0], truth[h]
        elif block[i] % 3 != 1:
            chance, stands, wrong = accused[r, team[h]], upheld[1], persons[h]
        else:  # nobody of a remaining household is wrongly exited or missed
            chance, stands, wrong = 0.0, 0.0, np.int64(0)
        u = _unit(_word(starts[r], 2 * h))
        suspected[i] = wrong if u < chance else 0
        recorded[i] = wrong if u < chance * stands else 0


@numba.njit(cache=True, nogil=True)
def met_rows(
    old_replicate: NDArray[np.int64],
    old_household: NDArray[np.int64],
    replicate: NDArray[np.int64],
    household: NDArray[np.int64],
    households: int,
) -> NDArray[np.bool_]:
    """Say of each row whether its household is among the old rows of its replicate; replicates ascend in both."""
    met = np.zeros(len(replicate), dtype=np.bool_)
    last = np.full(households, -1)
    i = 0
    for j in range(len(replicate)):
        while i < len(old_replicate) and old_replicate[i] <= replicate[j]:
            last[old_household[i]] = old_replicate[i]
            i += 1
        met[j] = last[household[j]] == replicate[j]
    return met


@numba.njit(cache=True, nogil=True)
def pick_rows(
    replicate: NDArray[np.int64],  # noqa: ARG001 - the readable one's signature
    cell: NDArray[np.int64],
    household: NDArray[np.int64],
    sizes: NDArray[np.int64],
    wanted: NDArray[np.int64],
    starts: NDArray[np.uint64],
    fieldwork_starts: NDArray[np.uint64],
    away: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Draw rows by simple random sampling in every cell of every replicate; `sampler.recheck` says how.

    Rows stand in the order of their replicates.
    """
    chosen = np.empty(len(cell), dtype=np.int64)
    members = np.empty(len(cell), dtype=np.int64)
    cells = sizes.shape[1]
    place = np.zeros(cells + 1, dtype=np.int64)
    count = 0
    for r in range(len(sizes)):
        begin = place[cells]
        place[0] = begin
        for c in range(cells):
            place[c + 1] = place[c] + sizes[r, c]
        for i in range(begin, place[cells]):
            members[place[cell[i]]] = i
            place[cell[i]] += 1
        first = begin
        for c in range(cells):
            size, taken = sizes[r, c], 0
            stream = _word(starts[r], c)
            for k in range(size):
                if taken == wanted[r, c]:
                    break
                j = k + _below(stream, 0, k, size - k)
                row = members[first + j]
                members[first + j] = members[first + k]
                members[first + k] = row
                if len(away) > 0:
                    h = household[row]
                    if _unit(_word(fieldwork_starts[r], 2 * h + 1)) < away[h]:
                        continue
                chosen[count] = row
                count += 1
                taken += 1
            first += size
    return chosen[:count]
