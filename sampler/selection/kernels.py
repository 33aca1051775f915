"""The draws of `sampler.selection.readable`, compiled: a sample at a time, the same words and the same comparisons.

Each function has its readable twin's name, parameters and samples; what they mean is said there. Scratch arrays are
left as they were found, so no sample depends on the one before it. Kinds of whole numbers are never mixed: numba would
make floating-point numbers of a signed and an unsigned one.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
Values = NDArray[Any]  # of float64 or complex128

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_LOW = np.uint64(0xFFFFFFFF)
_1, _11, _27, _30, _31, _32 = (np.uint64(i) for i in (1, 11, 27, 30, 31, 32))


@numba.njit(cache=True, nogil=True, inline="always")
def _word(start, position):  # type: ignore[no-untyped-def]
    state = start + (np.uint64(position) + _1) * _GOLDEN
    state = (state ^ (state >> _30)) * _FIRST
    state = (state ^ (state >> _27)) * _SECOND
    return state ^ (state >> _31)


@numba.njit(cache=True, nogil=True, inline="always")
def _uniform(start, position):  # type: ignore[no-untyped-def]
    return (_word(start, position) >> _11) * 2.0**-53


@numba.njit(cache=True, nogil=True, inline="always")
def _below(start, first, k, bound):  # type: ignore[no-untyped-def]
    word = _word(start, first + (k >> 1))
    half = (word >> _32) if k & 1 else (word & _LOW)
    return np.int64((half * np.uint64(bound)) >> _32)


@numba.njit(cache=True, nogil=True)
def shuffled(size: int, drawn: int, starts: Words) -> Ints:
    """Return the first places of a shuffle of 0..size-1."""
    sample = np.empty((len(starts), drawn), dtype=np.int64)
    order, places = np.arange(size), np.empty(drawn, dtype=np.int64)
    for r in range(len(starts)):
        for k in range(drawn):
            place = k + _below(starts[r], 0, k, size - k)
            sample[r, k] = order[place]
            # The drawn one need not come to place k: no later step looks there.
            order[place] = order[k]
            places[k] = place
        for k in range(drawn):
            order[places[k]] = places[k]
    return sample


@numba.njit(cache=True, nogil=True)
def by_table(take: Floats, mark: Floats, drawn: int, starts: Words) -> Ints:
    """Draw in one pass over the list, by a table of chances."""
    sample = np.empty((len(starts), drawn), dtype=np.int64)
    for r in range(len(starts)):
        state, filled = take.shape[1] - 1, 0
        for i in range(take.shape[0]):
            if filled == drawn:
                break
            chooser = _uniform(starts[r], i)
            if chooser < take[i, state]:
                sample[r, filled] = i
                filled += 1
                if state > drawn and chooser < mark[i, state - drawn - 1]:
                    state -= drawn + 1
                state -= 1
    return sample


@numba.njit(cache=True, nogil=True)
def random_order(lengths: Ints, bits: int, drawn: int, starts: Words) -> Ints:
    """Draw systematically from a list put in random order."""
    size = len(lengths)
    sample = np.empty((len(starts), drawn), dtype=np.int64)
    order, places = np.arange(size), np.empty(size, dtype=np.int64)
    for r in range(len(starts)):
        point = np.int64(_word(starts[r], size) >> np.uint64(64 - bits))
        upper, filled, k = 0, 0, 0
        while filled < drawn:
            place = k + _below(starts[r], 0, k, size - k)
            unit = order[place]
            order[place] = order[k]
            places[k] = place
            upper += lengths[unit]
            if point < upper:
                sample[r, filled] = unit
                filled += 1
                point += 1 << bits
            k += 1
        for i in range(k):
            order[places[i]] = places[i]
    return sample


@numba.njit(cache=True, nogil=True)
def circular(cumulated: Ints, bits: int, drawn: int, starts: Words) -> Ints:
    """Draw by Chromy's sequential procedure from a random start, around the circle."""
    size, whole = len(cumulated) - 1, 1 << bits
    share = cumulated[1:] / max(cumulated[-1], 1)
    sample = np.empty((len(starts), drawn), dtype=np.int64)
    for r in range(len(starts)):
        unit = np.searchsorted(share, _uniform(starts[r], 0), side="right")
        filled, part, ahead = 0, 0, False  # part: the fractional part of the sum
        for t in range(size):
            if filled == drawn:
                break
            total = part + cumulated[unit + 1] - cumulated[unit]
            next_part = total & (whole - 1)
            if total >= whole:
                keeps = ahead and _uniform(starts[r], 1 + t) < next_part / part
                hit, ahead = keeps or not ahead, keeps
            else:
                hit = not ahead and _uniform(starts[r], 1 + t) < (next_part - part) / (whole - part)
                ahead = ahead or hit
            if hit:
                sample[r, filled] = unit
                filled += 1
            part = next_part
            unit = unit + 1 if unit + 1 < size else 0
    return sample


@numba.njit(cache=True, nogil=True)
def pivotal(lengths: Ints, bits: int, neighbours: NDArray[np.int32], drawn: int, starts: Words) -> Ints:
    """Draw by the local pivotal method 1."""
    whole, size = 1 << bits, len(lengths)
    sample = np.empty((len(starts), drawn), dtype=np.int64)
    order, place, pointer = np.arange(size), np.arange(size), np.zeros(size, dtype=np.int64)
    for r in range(len(starts)):
        mass, left, attempt = lengths.copy(), size, 0
        order[:], place[:], pointer[:] = np.arange(size), np.arange(size), 0
        for unit in range(size):
            if mass[unit] == 0 or mass[unit] == whole:
                left = _decide(unit, order, place, left)
        while left:
            first = order[_below(starts[r], 2 * attempt, 0, left)]
            second = _nearest(first, pointer, neighbours, place, left)
            if _nearest(second, pointer, neighbours, place, left) == first:
                both = mass[first] + mass[second]
                chooser = _uniform(starts[r], 2 * attempt + 1)
                if both < whole:
                    second_wins, won, lost = chooser < mass[second] / both, both, 0
                else:
                    second_wins = chooser < (whole - mass[first]) / (2 * whole - both)
                    won, lost = whole, both - whole
                mass[first], mass[second] = (lost, won) if second_wins else (won, lost)
                for unit in (first, second):
                    if mass[unit] == 0 or mass[unit] == whole:
                        left = _decide(unit, order, place, left)
            attempt += 1
        filled = 0
        for unit in range(size):
            if mass[unit] == whole:
                sample[r, filled] = unit
                filled += 1
    return sample


@numba.njit(cache=True, nogil=True)
def _nearest(unit, pointer, neighbours, place, left):  # type: ignore[no-untyped-def]
    found = pointer[unit]
    while place[neighbours[unit, found]] >= left:
        found += 1
    pointer[unit] = found
    return np.int64(neighbours[unit, found])


@numba.njit(cache=True, nogil=True)
def _decide(unit, order, place, left):  # type: ignore[no-untyped-def]
    left -= 1
    hole, last = place[unit], order[left]
    order[hole], order[left] = last, unit
    place[last], place[unit] = hole, left
    return left


@numba.njit(cache=True, nogil=True)
def expectation_by_table(take: Floats, skip: Floats, mark: Floats, drawn: int, points: Values) -> Values:
    """Return the generating function of `by_table`."""
    size, count = points.shape
    table = np.zeros((take.shape[1], count), dtype=points.dtype)
    table[0] = 1
    for i in range(size - 1, -1, -1):
        for s in range(take.shape[1] - 1, 0, -1):
            both, marked = take[i, s], mark[i, s - drawn - 1] if s > drawn else 0.0
            for p in range(count):
                joined = both * table[s - 1, p]
                if marked:
                    joined += marked * table[s - drawn - 2, p]
                table[s, p] = skip[i, s] * table[s, p] + points[i, p] * joined
        table[0] *= skip[i, 0]
    found: Values = table[-1]
    return found


@numba.njit(cache=True, nogil=True)
def expectation_of_list(samples: Ints, chance: Floats, points: Values) -> Values:
    """Return the mean of the products over the listed samples."""
    mean, product = np.zeros(points.shape[1], dtype=points.dtype), np.empty(points.shape[1], dtype=points.dtype)
    for row in range(len(samples)):
        product[:] = chance[row]
        for k in range(samples.shape[1]):
            unit = samples[row, k]
            for p in range(len(product)):
                product[p] *= points[unit, p]
        mean += product
    return mean


@numba.njit(cache=True, nogil=True)
def expectation_around(cumulated: Ints, bits: int, share: Floats, points: Values) -> Values:
    """Return the generating function of `circular`.

    Between two whole numbers at most one unit is hit by a procedure that was not ahead, each with a chance proportional
    to its own; so these units are added up, and the two states are mixed only where the sum passes a whole number.
    """
    (size, count), whole = points.shape, 1 << bits
    mean = np.zeros(count, dtype=points.dtype)
    behind, ahead, between = np.empty_like(mean), np.empty_like(mean), np.empty_like(mean)
    for begin in range(size):
        behind[:], ahead[:], between[:] = 1, 1, 0
        following, end = 0, 0  # fractional parts after the unit, and before the next one that passes a whole number
        for t in range(size - 1, -1, -1):
            unit = begin + t if begin + t < size else begin + t - size
            part = (cumulated[unit] - cumulated[begin]) & (whole - 1)
            length = cumulated[unit + 1] - cumulated[unit]
            if part + length < whole:
                for p in range(count):
                    between[p] += length * points[unit, p]
            else:
                _enter(behind, ahead, between, (whole - end) / (whole - following), 1 / (whole - following))
                keeps, loses = following / max(part, 1), (part - following) / max(part, 1)
                for p in range(count):
                    ahead[p] = loses * behind[p] + keeps * points[unit, p] * ahead[p]
                    behind[p] *= points[unit, p]
                end = part
            following = part
        _enter(behind, ahead, between, (whole - end) / whole, 1 / whole)
        for p in range(count):
            mean[p] += share[begin] * behind[p]
    return mean


@numba.njit(cache=True, nogil=True)
def _enter(behind, ahead, between, none, scale):  # type: ignore[no-untyped-def]
    """Go back before the units between two whole numbers: none of them is hit, or one."""
    for p in range(len(behind)):
        behind[p] = none * behind[p] + scale * between[p] * ahead[p]
        between[p] = 0
