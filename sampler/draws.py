"""What an inspection draws, sees and adds up, batched over replicates; the readable path.

A real evaluation is one replicate. Households are drawn by a partial Fisher-Yates shuffle of each block (one group of
one village) and villages by one of each stratum; the random number behind every step has a fixed place in its stream,
so a larger sample contains the smaller one and all error levels meet the same households.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampler.frame import GROUPS, Bools, Frame, Ints
from sampler.plan import Plan
from sampler.streams import Purpose, Words, below, stream_starts

MOMENTS = (
    "households",
    "wrong_households",
    "persons",
    "wrong_persons",
    "approvals",
    "persons_squared",
    "persons_times_wrong",
    "wrong_squared",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """The samples of R replicates.

    Parameters
    ----------
    villages : ndarray of int64, shape (R, m)
        Drawn villages, as indices of the frame; the strata stand in order.
    stratum : ndarray of int64, shape (m,)
        Stratum of each column of `villages`, in the order of ``plan.strata(frame)``.
    stratum_sizes : ndarray of int64, shape (H,)
        Villages of each stratum.
    households : ndarray of int64, shape (n,)
        Drawn households, as indices of the frame, one row each.
    replicate, slot : ndarray of int64, shape (n,)
        Replicate and column of `villages` each row belongs to.
    """

    villages: Ints
    stratum: Ints
    stratum_sizes: Ints
    households: Ints
    replicate: Ints
    slot: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Observations:
    """What the evaluator sees, one row a visited household.

    Parameters
    ----------
    villages, stratum, stratum_sizes
        As in `Draws`.
    block_sizes : ndarray of int64, shape (R, m, 3)
        Households of each group in each drawn village, visited or not.
    replicate, slot, group : ndarray of int64, shape (n,)
        Replicate, column of `villages` and group of each row.
    persons, wrong_persons : ndarray of int64, shape (n,)
        Persons, and wrong or missed persons found.
    approves : ndarray of bool, shape (n,)
        Whether the household approves.
    """

    villages: Ints
    stratum: Ints
    stratum_sizes: Ints
    block_sizes: Ints
    replicate: Ints
    slot: Ints
    group: Ints
    persons: Ints
    wrong_persons: Ints
    approves: Bools


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """Observations summed by replicate, drawn village and group: all that estimators need.

    Parameters
    ----------
    villages, stratum, stratum_sizes, block_sizes
        As in `Observations`.
    moments : ndarray of int64, shape (R, m, 3, 8)
        Sums by replicate, drawn village and group, in the order of `MOMENTS`.
    """

    villages: Ints
    stratum: Ints
    stratum_sizes: Ints
    block_sizes: Ints
    moments: Ints

    def totals(self) -> Ints:
        """Return the moments summed over the drawn villages, shape (R, 3, 8)."""
        summed: Ints = self.moments.sum(axis=1)
        return summed


def draw(frame: Frame, plan: Plan, *, seed: int, replicates: Ints) -> Draws:
    """Draw R inspections.

    Parameters
    ----------
    frame : Frame
        The county.
    plan : Plan
        Two-stage plan.
    seed : int
        The scenario's seed.
    replicates : ndarray of int64, shape (R,)
        Numbers of the inspections; each has its own streams, whatever the others are.

    Returns
    -------
    Draws

    Examples
    --------
    >>> from sampler.frame import frame_from_counts
    >>> frame = frame_from_counts(name="x", codes="abc", villages="ABC", townships="TTT", remote=[False, False, True],
    ...     group_households=np.array([[2, 0, 3]] * 3), group_persons=np.array([[5, 0, 9]] * 3))
    >>> plan = Plan(villages={"ordinary": 1, "remote": 1}, take={"exited": 1, "unregistered": 2})
    >>> draws = draw(frame, plan, seed=1, replicates=np.arange(4))
    >>> draws.villages.shape, len(draws.households)
    ((4, 2), 24)
    """
    strata = plan.strata(frame)
    villages = draw_villages(frame, plan, seed=seed, replicates=replicates)
    rows = _draw_households(frame, plan, villages, stream_starts(seed, Purpose.HOUSEHOLDS, replicates))
    return Draws(
        villages=villages,
        stratum=np.repeat(np.arange(len(strata)), [s.drawn for s in strata]),
        stratum_sizes=np.array([len(s.villages) for s in strata], dtype=np.int64),
        households=rows[:, 3],
        replicate=rows[:, 0],
        slot=rows[:, 1],
    )


def _shuffled(size: Ints | int, first: Ints | int, take: int, starts: Words, width: int) -> Ints:
    """Return the first `take` places of a shuffle of 0..size-1 for each stream, shape (R, take).

    Parameters
    ----------
    size, first : int or ndarray of int64, shape (R,)
        Length of the list, and first word of its run.
    width : int
        Largest size.
    """
    rows = np.arange(len(starts))
    places = np.tile(np.arange(width), (len(starts), 1))
    for k in range(take):
        other = k + below(starts, first, k, size - k)
        chosen = places[rows, other]
        places[rows, other] = places[rows, k]
        places[rows, k] = chosen
    return places[:, :take]


def draw_villages(frame: Frame, plan: Plan, *, seed: int, replicates: Ints) -> Ints:
    """Return the villages of R inspections, shape (R, m), stratum by stratum: the first stage of `draw`."""
    starts = stream_starts(seed, Purpose.VILLAGES, replicates)
    columns = [np.zeros((len(starts), 0), dtype=np.int64)]
    first = 0
    for stratum in plan.strata(frame):
        size = len(stratum.villages)
        columns.append(stratum.villages[_shuffled(size, first, stratum.drawn, starts, size)])
        first += size
    return np.concatenate(columns, axis=1)


def _draw_households(frame: Frame, plan: Plan, villages: Ints, starts: Words) -> Ints:
    """Return rows of (replicate, slot, group, household), sorted by these."""
    offsets, visited = frame.offsets, plan.visited_households(frame)
    rows = [np.zeros((0, 4), dtype=np.int64)]
    for village in np.unique(villages):
        replicate, slot = np.nonzero(villages == village)
        for group in range(len(GROUPS)):
            block, take = 3 * village + group, int(visited[village, group])
            first, size = int(offsets[block]), int(frame.group_households[village, group])
            places = first + _shuffled(size, first, take, starts[replicate], size)
            keys = np.stack([replicate, slot, np.full(len(slot), group)], axis=1)
            rows.append(np.column_stack([np.repeat(keys, take, axis=0), places.ravel()]))
    table = np.concatenate(rows)
    return table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]


def observe(draws: Draws, frame: Frame, wrong_persons: Ints, approves: Bools) -> Observations:
    """Return what a perfect fieldwork sees of the drawn households.

    Parameters
    ----------
    draws : Draws
        The samples.
    frame : Frame
        The county.
    wrong_persons, approves : ndarray, shape (N,)
        The truth of the frame's households.

    Returns
    -------
    Observations
    """
    return Observations(
        villages=draws.villages,
        stratum=draws.stratum,
        stratum_sizes=draws.stratum_sizes,
        block_sizes=frame.group_households[draws.villages],
        replicate=draws.replicate,
        slot=draws.slot,
        group=frame.household_group[draws.households],
        persons=frame.household_persons[draws.households],
        wrong_persons=wrong_persons[draws.households],
        approves=approves[draws.households],
    )


def tally(observations: Observations) -> Tally:
    """Sum observations by replicate, drawn village and group.

    Parameters
    ----------
    observations : Observations
        Rows in any order.

    Returns
    -------
    Tally
    """
    persons, wrong = observations.persons, observations.wrong_persons
    values = household_moments(persons, wrong, observations.approves)
    moments = np.zeros((*observations.block_sizes.shape, len(MOMENTS)), dtype=np.int64)
    np.add.at(moments, (observations.replicate, observations.slot, observations.group), values)
    return Tally(
        villages=observations.villages,
        stratum=observations.stratum,
        stratum_sizes=observations.stratum_sizes,
        block_sizes=observations.block_sizes,
        moments=moments,
    )


def household_moments(persons: Ints, wrong_persons: Ints, approves: Bools) -> Ints:
    """Return what each household adds to the moments, shape (n, 8), in the order of `MOMENTS`."""
    return np.stack(
        [
            np.ones_like(persons),
            (wrong_persons > 0).astype(np.int64),
            persons,
            wrong_persons,
            approves.astype(np.int64),
            persons**2,
            persons * wrong_persons,
            wrong_persons**2,
        ],
        axis=1,
    )
