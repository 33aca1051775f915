"""Draws in numpy, all samples of a batch a step at a time; `sampler.selection.kernels` has the same, compiled.

Sample r is made of the words of stream r alone, and what a word decides is fixed by its place. Chances are compared
with `uniform`, whole numbers are drawn by `sampler.streams.below`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.frame import Bools, Ints
from sampler.streams import Words, below, unit_interval, word

Floats = NDArray[np.float64]
Values = NDArray[Any]  # of float64 or complex128


def uniform(starts: Words, position: Ints | int) -> Floats:
    """Return the word at a position of each stream as a number in [0, 1), from its upper 53 bits.

    Examples
    --------
    >>> uniform(np.array([1234567], dtype=np.uint64), 0).round(6)
    array([0.35008])
    """
    return unit_interval(word(starts, position))


def shuffled(size: int, drawn: int, starts: Words) -> Ints:
    """Return the first places of a shuffle of 0..size-1 (Fisher-Yates), so that more contain fewer, shape (R, drawn).

    Step k takes number k of the run of half words that begins with word 0.

    Examples
    --------
    >>> one, two = (shuffled(9, n, np.array([5], dtype=np.uint64)) for n in (3, 6))
    >>> bool((one == two[:, :3]).all())
    True
    """
    rows = np.arange(len(starts))
    places = np.tile(np.arange(size), (len(starts), 1))
    for k in range(drawn):
        other = k + below(starts, 0, k, size - k)
        chosen = places[rows, other]
        places[rows, other] = places[rows, k]
        places[rows, k] = chosen
    return places[:, :drawn]


def by_table(take: Floats, mark: Floats, drawn: int, starts: Words) -> Ints:
    """Draw in one pass over the list: each unit's chance depends on how many are still to draw, and on a marker.

    Parameters
    ----------
    take : ndarray of float64, shape (N, n + 1) or (N, 2 (n + 1))
        Chance of taking unit i in each state. State k has k units to draw; with a marker, these are the states in which
        the marked unit has been drawn, and state n + 1 + k has k units to draw, the marked one among them.
    mark : ndarray of float64, shape (N, n + 1), or of length 0 without a marker
        Chance that unit i is taken and is the marked one, in the states n + 1 + k.
    drawn : int
        n.
    starts : ndarray of uint64, shape (R,)
        Word i of a stream decides about unit i.

    Returns
    -------
    ndarray of int64, shape (R, n)
        In the order of the list.

    Examples
    --------
    Two of three units, all alike:

    >>> take = np.array([[0, 1 / 3, 2 / 3], [0, 1 / 2, 1], [0, 1, 1]])
    >>> by_table(take, np.zeros((0, 0)), 2, np.arange(3, dtype=np.uint64)).shape
    (3, 2)
    """
    rows = np.arange(len(starts))
    sample = np.zeros((len(starts), drawn + 1), dtype=np.int64)
    filled = np.zeros(len(starts), dtype=np.int64)
    state = np.full(len(starts), take.shape[1] - 1)
    for i, chance in enumerate(take):
        chooser = uniform(starts, i)
        taken = chooser < chance[state]
        sample[rows, filled] = i  # kept when the next unit is written behind it
        filled += taken
        unmarked = state > drawn
        if len(mark):
            state = state - (taken & unmarked & (chooser < mark[i][state - (drawn + 1) * unmarked])) * (drawn + 1)
        state = state - taken
    return sample[:, :drawn]


def random_order(lengths: Ints, bits: int, drawn: int, starts: Words) -> Ints:
    """Draw systematically from a list put in random order.

    Parameters
    ----------
    lengths : ndarray of int64, shape (N,)
        Inclusion probabilities times 2**bits; their sum is n 2**bits.
    bits : int
        As `sampler.selection.lattice.lattice` chooses them.
    drawn : int
        n.
    starts : ndarray of uint64, shape (R,)
        The shuffle is that of `shuffled`; word N is the random start.

    Returns
    -------
    ndarray of int64, shape (R, n)
        In the random order.
    """
    size = len(lengths)
    order = shuffled(size, size, starts)
    upper = np.cumsum(lengths[order], axis=1)
    first = (word(starts, size) >> np.uint64(64 - bits)).astype(np.int64)[:, np.newaxis]
    # Points first, first + 2**bits, ...: unit k has one when one lies in [upper - length, upper).
    hits = ((upper - 1 - first) >> bits) > ((upper - lengths[order] - 1 - first) >> bits)
    return order[hits].reshape(len(starts), drawn)


def circular(cumulated: Ints, bits: int, drawn: int, starts: Words) -> Ints:
    """Draw by Chromy's sequential procedure from a random start, around the circle.

    Parameters
    ----------
    cumulated : ndarray of int64, shape (N + 1,)
        Inclusion probabilities times 2**bits, cumulated from 0 to n 2**bits.
    bits, drawn
        As in `random_order`.
    starts : ndarray of uint64, shape (R,)
        Word 0 chooses the unit to start with, in proportion to size; word 1 + t decides about the t-th from there.

    Returns
    -------
    ndarray of int64, shape (R, n)
        In the order from the start.
    """
    size, rows = len(cumulated) - 1, np.arange(len(starts))
    begin = np.searchsorted(cumulated[1:] / max(cumulated[-1], 1), uniform(starts, 0), side="right")
    sample = np.zeros((len(starts), drawn + 1), dtype=np.int64)
    filled = np.zeros(len(starts), dtype=np.int64)
    ahead = np.zeros(len(starts), dtype=bool)
    for t in range(size):
        unit, crossing, chance, _ = chromy_step(cumulated, bits, begin, t)
        chosen = uniform(starts, 1 + t) < chance
        sample[rows, filled] = unit
        filled += np.where(crossing, ~ahead | chosen, ~ahead & chosen)
        ahead = np.where(crossing, ahead & chosen, ahead | chosen)
    return sample[:, :drawn]


def chromy_step(cumulated: Ints, bits: int, begin: Ints, t: int) -> tuple[Ints, Bools, Floats, Floats]:
    """Return, for some starts, the t-th unit from there, whether the sum passes a whole number at it, and two chances.

    The procedure is ahead when it has hit one unit more than the whole part of the sum; its chance of that is the
    fractional part. Where the sum passes a whole number, the unit is hit for certain unless the procedure is ahead;
    then with the first chance, and the procedure stays ahead if it is hit. Elsewhere, the unit is hit only if the
    procedure is not ahead, with the first chance, and puts it ahead. The second chance is the complement of the first,
    made of whole numbers too.
    """
    size, whole = len(cumulated) - 1, 1 << bits
    unit = (begin + t) % size
    # Going round the circle adds n, which has no fractional part.
    part = (cumulated[unit] - cumulated[begin % size]) % whole
    passed = part + cumulated[unit + 1] - cumulated[unit]
    crossing, following = passed >= whole, passed % whole
    base = np.where(crossing, np.maximum(part, 1), whole - part)
    chance = np.where(crossing, following, following - part) / base
    return unit, crossing, chance, np.where(crossing, part - following, whole - following) / base


def pivotal(lengths: Ints, bits: int, neighbours: NDArray[np.int32], drawn: int, starts: Words) -> Ints:
    """Draw by the local pivotal method 1: near units compete, so that they are seldom drawn together.

    Parameters
    ----------
    lengths : ndarray of int64, shape (N,)
        Inclusion probabilities times 2**bits; their sum is n 2**bits.
    bits, drawn
        As in `random_order`.
    neighbours : ndarray of int32, shape (N, N - 1)
        Each unit's others, the nearest first, in an order of pairs without ties.
    starts : ndarray of uint64, shape (R,)
        Attempt t takes word 2t to choose a unit and word 2t + 1 to let it compete with its neighbour.

    Returns
    -------
    ndarray of int64, shape (R, n)
        In the order of the list.
    """
    whole, size = 1 << bits, len(lengths)
    mass = np.tile(lengths, (len(starts), 1))
    order = np.tile(np.arange(size), (len(starts), 1))  # undecided units first
    place = order.copy()
    left = np.full(len(starts), size)
    pointer = np.zeros_like(mass)
    for unit in np.flatnonzero((lengths == 0) | (lengths == whole)):
        _decide(np.arange(len(starts)), np.full(len(starts), unit), order, place, left)
    attempt = 0
    while len(rows := np.flatnonzero(left)):
        first = order[rows, below(starts[rows], 2 * attempt, 0, left[rows])]
        second = _nearest(rows, first, pointer, neighbours, place, left)
        mutual = _nearest(rows, second, pointer, neighbours, place, left) == first
        chooser = uniform(starts[rows], 2 * attempt + 1)[mutual]
        rows, first, second = rows[mutual], first[mutual], second[mutual]
        mass[rows, first], mass[rows, second] = _compete(mass[rows, first], mass[rows, second], whole, chooser)
        for unit in (first, second):
            decided = mass[rows, unit] % whole == 0
            _decide(rows[decided], unit[decided], order, place, left)
        attempt += 1
    return np.nonzero(mass == whole)[1].reshape(len(starts), drawn)


def _compete(one: Ints, other: Ints, whole: int, chooser: Floats) -> tuple[Ints, Ints]:
    """Return the two masses after one has taken all it can from the other, or given it."""
    both = one + other
    small = both < whole
    # Below one the winner gets everything; else it gets 1 and the other what is left.
    second_wins = chooser < np.where(small, other, whole - one) / np.where(small, both, 2 * whole - both)
    won, lost = np.where(small, both, whole), np.where(small, 0, both - whole)
    return np.where(second_wins, lost, won), np.where(second_wins, won, lost)


def _nearest(rows: Ints, unit: Ints, pointer: Ints, neighbours: NDArray[np.int32], place: Ints, left: Ints) -> Ints:
    """Return each unit's nearest undecided neighbour; the pointers never need to go back."""
    found = pointer[rows, unit]
    while True:
        gone = place[rows, neighbours[unit, found]] >= left[rows]
        if not gone.any():
            pointer[rows, unit] = found
            return neighbours[unit, found].astype(np.int64)
        found = found + gone


def _decide(rows: Ints, unit: Ints, order: Ints, place: Ints, left: Ints) -> None:
    """Move a unit of each row behind the undecided ones."""
    left[rows] -= 1
    hole, last = place[rows, unit], order[rows, left[rows]]
    order[rows, hole], order[rows, left[rows]] = last, unit
    place[rows, last], place[rows, unit] = hole, left[rows]


def expectation_by_table(take: Floats, skip: Floats, mark: Floats, drawn: int, points: Values) -> Values:
    """Return the generating function of `by_table`, shape (P,), at points of shape (N, P).

    From the end of the list back: table[s] is the expectation over the units behind i from state s.

    Parameters
    ----------
    take, skip, mark, drawn
        As in `sampler.selection.sequential.SequentialTable`; `take` leaves out the marked unit.
    points : ndarray of float64 or complex128, shape (N, P)
        What each unit brings.
    """
    table = np.zeros((take.shape[1], points.shape[1]), dtype=points.dtype)
    table[0] = 1
    for i in range(len(points) - 1, -1, -1):
        joined = take[i, 1:, np.newaxis] * table[:-1]
        if len(mark):
            joined[drawn + 1 :] += mark[i, 1:, np.newaxis] * table[:drawn]
        table *= skip[i, :, np.newaxis]
        table[1:] += points[i] * joined
    found: Values = table[-1]
    return found


def expectation_of_list(samples: Ints, chance: Floats, points: Values) -> Values:
    """Return the mean of the products over L listed samples, shape (P,), at points of shape (N, P).

    Parameters
    ----------
    samples : ndarray of int64, shape (L, n)
        The possible samples.
    chance : ndarray of float64, shape (L,)
        Their chances.
    points : ndarray of float64 or complex128, shape (N, P)
        What each unit brings.
    """
    mean = np.zeros(points.shape[1], dtype=points.dtype)
    for sample, share in zip(samples, chance, strict=True):
        mean += share * points.take(sample, axis=0).prod(axis=0)
    return mean


def expectation_around(cumulated: Ints, bits: int, share: Floats, points: Values) -> Values:
    """Return the generating function of `circular`, shape (P,), at points of shape (N, P).

    For all starts at once, from the last unit back to the first: `behind` and `ahead` are the expectations over the
    units still to come from either state. After the last unit the procedure is not ahead.

    Parameters
    ----------
    cumulated, bits
        As in `circular`.
    share : ndarray of float64, shape (N,)
        The chance of each start.
    points : ndarray of float64 or complex128, shape (N, P)
        What each unit brings.
    """
    begin = np.arange(len(points))
    behind = ahead = np.ones(points.shape, dtype=points.dtype)
    for t in range(len(points) - 1, -1, -1):
        unit, crossing, chance, other = (x[:, np.newaxis] for x in chromy_step(cumulated, bits, begin, t))
        value = points[unit[:, 0]]
        mixed = other * behind + chance * value * ahead
        behind, ahead = np.where(crossing, value * behind, mixed), np.where(crossing, mixed, ahead)
    mean: Values = share @ behind
    return mean
