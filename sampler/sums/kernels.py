"""The compiled spot check and the compiled count of erring teams: from populations straight to the official sums.

`sampler.recheck` and `sampler.fieldwork` say what is computed; here it is done for all levels of a family of
populations at once. Who is drawn, who is at home and what a team would make of a household that is wrong, or right, is
found once an inspection; a level then only says which households are wrong. Every random number stands where the
readable path has it, so neither the order of replicates nor the number of threads can change a sum.

A truth is a word a household, lowest bits first: persons (12), wrong persons once it is wrong (12), the place from
which on it is wrong (13) and from which on it does not approve (13), and its row of the table of the households that
are wrong in part at some places (14; 0 for none). `sampler.sums.truths` packs it.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from sampler.kernels import _below, _shuffle, _unit, _word

_1, _2, _11, _12, _24, _37, _50 = (np.uint64(i) for i in (1, 2, 11, 12, 24, 37, 50))
_BITS12, _BITS13 = np.uint64(2**12 - 1), np.uint64(2**13 - 1)

# What a team makes of a household, a bit each: in phase 1, on a visit, and whether nobody is at home; first of a
# household that is wrong, then of one that is right.
_SURVEYED, _FOUND, _AWAY = 0, 2, 4


@numba.njit(cache=True, nogil=True, inline="always")
def _wrong(truth, group, partly, places, m):  # type: ignore[no-untyped-def]
    """Return the wrong persons of a household at the level of model m."""
    place = places[m, 0] if group == 0 else places[m, 1]
    row = np.int64(truth >> _50)
    if row > 0 and partly[row, place] > 0:
        return partly[row, place]
    return np.int64((truth >> _12) & _BITS12) if np.int64((truth >> _24) & _BITS13) <= place else np.int64(0)


@numba.njit(cache=True, nogil=True)
def _visit(rows, n, order, swaps, start, homes, first, size, take, away, truths, group, partly, places, m):  # type: ignore[no-untyped-def]
    """Append the households visited of a block to the rows, as `sampler.kernels.walk` finds them; return their end."""
    if away[0] == 0 and away[1] == 0:
        _shuffle(swaps, start, first, size, take)
        for k in range(np.uint64(take)):
            j = np.uint64(first) + swaps[k]
            rows[np.uint64(n) + k] = order[j]
            order[j] = order[np.uint64(first) + k]  # no later step looks at place k
        for k in range(np.uint64(take)):
            j = np.uint64(first) + swaps[k]
            order[j] = j
        return n + take
    taken, steps = 0, 0
    for k in range(size):
        if taken == take:
            break
        j = k + _below(start, first, k, size - k)
        h = order[first + j]
        order[first + j] = order[first + k]
        swaps[k] = j
        steps += 1
        absent = away[1] if _wrong(truths[h], group, partly, places, m) > 0 else away[0]
        if _unit(_word(homes, 2 * np.int64(h) + 1)) >= absent:
            rows[n + taken] = h
            taken += 1
    for k in range(steps):
        order[first + swaps[k]] = first + swaps[k]
    return n + taken


@numba.njit(cache=True, nogil=True, inline="always")
def _bar(chance):  # type: ignore[no-untyped-def]
    """Return what the upper 53 bits of a word lie below just when `sampler.streams.unit_interval` is below a chance."""
    return np.int64(np.ceil(chance * 2.0**53))


@numba.njit(cache=True, nogil=True)
def _note(flags, bit, numbers, rows, begin, end, start, word, low, high):  # type: ignore[no-untyped-def]
    """Note of each household whether its number is below the first bar, and below the second.

    The number is that of word `word` of the two that each household has.
    """
    for i in range(np.uint64(end - begin)):
        numbers[i] = np.int64(_word(start, _2 * np.uint64(rows[np.uint64(begin) + i]) + np.uint64(word)) >> _11)
    for i in range(np.uint64(end - begin)):
        flags[np.uint64(begin) + i] |= np.uint8(((numbers[i] < low) | ((numbers[i] < high) << 1)) << bit)


@numba.njit(cache=True, nogil=True)
def _pick(picked, count, members, size, wanted, swaps, stream, flags, wrong, away):  # type: ignore[no-untyped-def]
    """Append the questionnaires drawn of a cell to those picked, as `sampler.recheck` says; return their end."""
    if away[0] == 0 and away[1] == 0:
        if wanted < size:
            _shuffle(swaps, stream, 0, size, wanted)
            for k in range(np.uint64(wanted)):
                j = np.uint64(swaps[k])
                picked[np.uint64(count) + k] = members[j]
                members[j] = members[k]
        else:
            for k in range(np.uint64(size)):
                picked[np.uint64(count) + k] = members[k]
        return count + wanted
    taken = 0
    for k in range(size):
        if taken == wanted:
            break
        j = k + _below(stream, 0, k, size - k)
        i = members[j]
        members[j] = members[k]
        if not (flags[i] >> (_AWAY + (wrong[i] == 0))) & 1:
            picked[count + taken] = i
            taken += 1
    return count + taken


@numba.njit(cache=True, nogil=True, inline="always")
def _add(sums, group, truth, wrong, flags, least):  # type: ignore[no-untyped-def]
    """Add a visited household to the moments of its group, in the order of `sampler.draws.MOMENTS`."""
    persons = np.int64(truth & _BITS12)
    sums[group, 0] += 1
    sums[group, 2] += persons
    sums[group, 4] += ((truth >> _37) & _BITS13) > least
    sums[group, 5] += persons * persons
    if wrong > 0:
        recorded = np.int64(wrong) if (flags >> _FOUND) & 1 else np.int64(0)
    else:
        recorded = persons if (flags >> (_FOUND + 1)) & 1 else np.int64(0)
    if recorded > 0:
        sums[group, 1] += 1
        sums[group, 3] += recorded
        sums[group, 6] += persons * recorded
        sums[group, 7] += recorded * recorded


@numba.njit(cache=True, nogil=True)
def spot_check_sums(
    villages: NDArray[np.int64],
    fresh_villages: NDArray[np.int64],
    household_starts: NDArray[np.uint64],
    province_starts: NDArray[np.uint64],
    revisit_starts: NDArray[np.uint64],
    fresh_starts: NDArray[np.uint64],
    fieldwork_starts: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    takes: NDArray[np.int64],
    fresh_takes: NDArray[np.int64],
    township: NDArray[np.int64],
    quota: NDArray[np.int64],
    all_errors: bool,
    truths: NDArray[np.uint64],
    partly: NDArray[np.int64],
    places: NDArray[np.int64],
    province_sure: bool,
    province_team: NDArray[np.int64],
    province_found: NDArray[np.float64],
    province_accused: NDArray[np.float64],
    province_factor: NDArray[np.float64],
    province_away: NDArray[np.float64],
    sure: bool,
    team: NDArray[np.int64],
    found: NDArray[np.float64],
    accused: NDArray[np.float64],
    factor: NDArray[np.float64],
    away: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Run R spot checks of M nested populations, all levels on the same draws.

    Parameters
    ----------
    villages, fresh_villages : ndarray of int64, shape (R, m) and (R, a)
        Villages drawn by the province, and by the add-on.
    household_starts, province_starts, revisit_starts, fresh_starts, fieldwork_starts : ndarray of uint64, shape (R,)
        Streams that shuffle households of the province, say what its teams find, shuffle questionnaires, shuffle
        households of the add-on, and say what the spot check's teams find.
    offsets : ndarray of int64, shape (3V + 1,)
        Where each block's households begin.
    takes, fresh_takes : ndarray of int64, shape (3V,)
        Households wanted of each block, at most as many as it has.
    township : ndarray of int64, shape (V,)
        Township of each village.
    quota : ndarray of int64
        How many questionnaires are visited again of a cell with 0, 1, 2 ... of them.
    all_errors : bool
        Whether every household recorded as wrong is.
    truths : ndarray of uint64, shape (N,)
        Truth of each household, packed.
    partly : ndarray of int64, shape (P, L)
        Wrong persons, by place, of the households that are wrong in part at some places; the first row is 0.
    places : ndarray of int64, shape (M, 3)
        Of the levels of each model: of wrong exits, missed persons and disapproval.
    province_sure, sure : bool
        Whether what is recorded is what is true.
    province_team, team : ndarray of int64, shape (V,)
        Team that visits each village.
    province_found, province_accused, found, accused : ndarray of float64, shape (R, T, 2)
        Chance that each team suspects a wrong household (a right one), and that this stands after an appeal.
    province_factor, factor : ndarray of float64, shape (V,)
        On the chance of suspecting a wrong household.
    province_away, away : ndarray of float64, shape (2,)
        Chance that nobody is at home of a household that is right, and of one that is wrong.

    Returns
    -------
    sums : ndarray of int64, shape (R, M, 3, 8)
        Moments in the order of `sampler.draws.MOMENTS`, over the parts that the official count takes.
    brought : ndarray of bool, shape (R, M, m + a)
        Which columns bring a visited village that no column before them brings.
    """
    (replicates, total), added, models = villages.shape, fresh_villages.shape[1], len(places)
    sums = np.zeros((replicates, models, 3, 8), dtype=np.int64)
    seen_by_group = np.empty((3, 8), dtype=np.int64)
    brought = np.zeros((replicates, models, total + added), dtype=np.bool_)
    order = np.arange(len(truths)).astype(np.uint32)
    largest, most, most_fresh = 0, 0, 0
    for v in range(len(township)):
        visited, fresh = 0, 0
        for g in range(3):
            largest = max(largest, offsets[3 * v + g + 1] - offsets[3 * v + g])
            visited += takes[3 * v + g]
            fresh += fresh_takes[3 * v + g]
        most, most_fresh = max(most, visited), max(most_fresh, fresh)
    width = most * total
    # Rows: those of the province, sorted by township, then those of the add-on.
    rows = np.empty(width + most_fresh * added + 2, dtype=np.uint32)
    flags = np.empty(len(rows), dtype=np.uint8)
    group, truth = np.empty(len(rows), dtype=np.uint8), np.empty(len(rows), dtype=np.uint64)
    wrong, twin, special = np.empty((3, len(rows)), dtype=np.int32)
    chosen = np.full(len(rows), -1, dtype=np.int32)  # the last inspection and level that visited the row
    row_of = np.zeros(len(truths), dtype=np.uint32)  # of a household of the province, where `rows` confirms it
    swaps, numbers = np.empty(max(largest, width) + 2, dtype=np.uint32), np.empty(len(rows), dtype=np.int64)
    clean, errors, picked = np.empty((3, width + 1), dtype=np.uint32)
    slots, first_row = np.empty(total, dtype=np.int64), np.empty(total + added + 1, dtype=np.int64)
    fresh_in = np.full(len(township), -1)  # the last inspection whose add-on visits the village
    met = np.full(len(township), -1)  # the last inspection and level that met it
    redraw, redraw_fresh = province_away[0] != province_away[1], away[0] != away[1]
    absence = away[0] > 0 or away[1] > 0
    settled = np.uint8((province_sure << _SURVEYED) | (sure << _FOUND))
    known, n, end, specials = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for r in range(replicates):
        for s in range(total):
            k = s
            while k > 0 and township[villages[r, slots[k - 1]]] > township[villages[r, s]]:
                slots[k] = slots[k - 1]
                k -= 1
            slots[k] = s
        for s in range(added):
            fresh_in[fresh_villages[r, s]] = r
        for m in range(models):
            if m == 0 or redraw:
                n = np.int64(0)
                for k in range(total):
                    s, village, first_row[k] = slots[k], villages[r, slots[k]], n
                    t, p = team[village], province_team[village]
                    for g in range(3):
                        b, begin = 3 * village + g, n
                        size = offsets[b + 1] - offsets[b]
                        n = _visit(
                            rows, n, order, swaps, household_starts[r], province_starts[r], offsets[b], size,
                            takes[b], province_away, truths, g, partly, places, m,
                        )  # fmt: skip
                        for i in range(np.uint64(begin), np.uint64(n)):
                            group[i], flags[i] = g, settled
                        # Nobody of a remaining household is wrongly exited or missed.
                        if not province_sure:
                            _note(
                                flags, _SURVEYED, numbers, rows, begin, n, province_starts[r], 0,
                                _bar(province_found[r, p, 0] * province_factor[village] * province_found[r, p, 1]),
                                _bar(province_accused[r, p, 0] * province_accused[r, p, 1]) if g != 1 else 0,
                            )  # fmt: skip
                        if not sure:
                            _note(
                                flags, _FOUND, numbers, rows, begin, n, fieldwork_starts[r], 0,
                                _bar(found[r, t, 0] * factor[village] * found[r, t, 1]),
                                _bar(accused[r, t, 0] * accused[r, t, 1]) if g != 1 else 0,
                            )  # fmt: skip
                    if absence:
                        bars = _bar(away[1]), _bar(away[0])
                        _note(flags, _AWAY, numbers, rows, first_row[k], n, fieldwork_starts[r], 1, bars[0], bars[1])
                    if fresh_in[village] == r:
                        for i in range(np.uint64(first_row[k]), np.uint64(n)):
                            row_of[rows[i]] = i
                first_row[total] = n
            if m == 0 or redraw or redraw_fresh:
                end = n
                for s in range(added):
                    village = fresh_villages[r, s]
                    t = team[village]
                    for g in range(3):
                        b, begin = 3 * village + g, end
                        size = offsets[b + 1] - offsets[b]
                        end = _visit(
                            rows, end, order, swaps, fresh_starts[r], fieldwork_starts[r], offsets[b], size,
                            fresh_takes[b], away, truths, g, partly, places, m,
                        )  # fmt: skip
                        for i in range(np.uint64(begin), np.uint64(end)):
                            group[i], flags[i] = g, settled
                            seen = np.int64(row_of[rows[i]])
                            twin[i] = seen if seen < n and rows[seen] == rows[i] else -1
                        if not sure:
                            _note(
                                flags, _FOUND, numbers, rows, begin, end, fieldwork_starts[r], 0,
                                _bar(found[r, t, 0] * factor[village] * found[r, t, 1]),
                                _bar(accused[r, t, 0] * accused[r, t, 1]) if g != 1 else 0,
                            )  # fmt: skip
                    first_row[total + s + 1] = end
                specials = np.int64(0)
                for i in range(np.uint64(end)):
                    truth[i], special[specials] = truths[rows[i]], i
                    specials += (truth[i] >> _50) > 0
            # One level: who is wrong, what the province recorded, who is visited again, and what is seen.
            known += 1
            exits, misses, least = np.uint64(places[m, 0]), np.uint64(places[m, 1]), np.uint64(places[m, 2])
            for i in range(np.uint64(end)):
                is_wrong = ((truth[i] >> _24) & _BITS13) <= (exits if group[i] == 0 else misses)
                wrong[i] = ((truth[i] >> _12) & _BITS12) * is_wrong
            for k in range(specials):
                i = special[k]
                wrong[i] = _wrong(truth[i], group[i], partly, places, m)
            count, k = np.int64(0), 0
            while k < total:
                top, place = first_row[k], township[villages[r, slots[k]]]
                while k < total and township[villages[r, slots[k]]] == place:
                    k += 1
                cleans, wrongs = np.uint64(0), np.uint64(0)
                for i in range(np.uint64(top), np.uint64(first_row[k])):
                    recorded = np.uint64((flags[i] >> (_SURVEYED + (wrong[i] == 0))) & 1)
                    clean[cleans], errors[wrongs] = i, i
                    wrongs += recorded
                    cleans += _1 - recorded
                count = _pick(
                    picked, count, clean, np.int64(cleans), quota[cleans], swaps, _word(revisit_starts[r], 2 * place),
                    flags, wrong, away,
                )  # fmt: skip
                count = _pick(
                    picked, count, errors, np.int64(wrongs), np.int64(wrongs) if all_errors else quota[wrongs], swaps,
                    _word(revisit_starts[r], 2 * place + 1), flags, wrong, away,
                )  # fmt: skip
            seen_by_group[:] = 0
            for k in range(np.uint64(count)):
                i = picked[k]
                chosen[i] = known
                _add(seen_by_group, group[i], truth[i], wrong[i], flags[i], least)
            for i in range(np.uint64(n), np.uint64(end)):
                if twin[i] < 0 or chosen[twin[i]] != known:  # else visited already, and counted once
                    _add(seen_by_group, group[i], truth[i], wrong[i], flags[i], least)
            for g in range(3):
                for c in range(8):
                    sums[r, m, g, c] = seen_by_group[g, c]
            for k in range(total):
                for i in range(first_row[k], first_row[k + 1]):
                    if chosen[i] == known:
                        brought[r, m, slots[k]] = True
                        met[villages[r, slots[k]]] = known
                        break
            for s in range(added):
                if first_row[total + s] < first_row[total + s + 1] and met[fresh_villages[r, s]] != known:
                    brought[r, m, total + s] = True
    return sums, brought


@numba.njit(cache=True, nogil=True)
def row_sums(
    rows: NDArray[np.int64],
    starts: NDArray[np.uint64],
    household_village: NDArray[np.int64],
    truths: NDArray[np.uint64],
    partly: NDArray[np.int64],
    places: NDArray[np.int64],
    sure: bool,
    team: NDArray[np.int64],
    found: NDArray[np.float64],
    accused: NDArray[np.float64],
    factor: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Sum what teams record of rows of households, for M nested populations.

    Parameters
    ----------
    rows : ndarray of int64, shape (n, 4)
        Replicate, slot, block and household, as `sampler.kernels.walk` finds them.
    starts : ndarray of uint64, shape (R,)
        Streams that say what the teams find.
    household_village : ndarray of int64, shape (N,)
        Village of each household.
    truths, partly, places, sure, team, found, accused, factor
        As in `spot_check_sums`.

    Returns
    -------
    ndarray of int64, shape (R, M, 3, 8)
        Moments in the order of `sampler.draws.MOMENTS`.
    """
    models, begin = len(places), 0
    sums, seen = np.zeros((len(starts), models, 3, 8), dtype=np.int64), np.empty((3, 8), dtype=np.int64)
    flags, truth = np.empty(len(rows), dtype=np.uint8), np.empty(len(rows), dtype=np.uint64)
    for r in range(len(starts)):
        end = begin
        while end < len(rows) and rows[end, 0] == r:
            g, h, village = rows[end, 2] % 3, rows[end, 3], household_village[rows[end, 3]]
            t = team[village]
            truth[end], flags[end] = truths[h], 1 << _FOUND
            if not sure:
                u = _unit(_word(starts[r], 2 * h))
                stands = found[r, t, 0] * factor[village] * found[r, t, 1]
                falls = accused[r, t, 0] * accused[r, t, 1] if g != 1 else 0.0
                flags[end] = np.uint8(((u < stands) << _FOUND) | ((u < falls) << (_FOUND + 1)))
            end += 1
        for m in range(models):
            seen[:] = 0
            for i in range(begin, end):
                g = rows[i, 2] % 3
                wrong = _wrong(truth[i], g, partly, places, m)
                _add(seen, g, truth[i], wrong, flags[i], np.uint64(places[m, 2]))
            for g in range(3):
                for c in range(8):
                    sums[r, m, g, c] = seen[g, c]
        begin = end
    return sums
