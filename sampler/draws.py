"""What an inspection draws, sees and adds up, batched over replicates; the readable path.

A real evaluation is one replicate. Households are drawn by a shuffle of each block (one group of one village), villages
by the plan's design; the random number behind every step has a fixed place in its stream, so a larger sample contains
the smaller one and all error levels meet the same households.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sampler.design import Floats
from sampler.frame import GROUPS, Bools, Frame, Ints
from sampler.plan import Plan
from sampler.streams import Purpose, Words, stream_starts, word
from sampler.visits import Visits, visit

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


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the visited households, told apart because it has weights or a meaning of its own.

    Parameters
    ----------
    name : str
        For example ``"ordinary"``, ``"key"``, ``"add_on"``.
    raw : bool
        Whether it enters the official count.
    weighted : bool
        Whether it enters the weighted estimates.
    """

    name: str
    raw: bool = True
    weighted: bool = True


ORDINARY = Part(name="ordinary")


@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """The samples of R replicates.

    A block is one group of one part of a drawn village; with P parts there are B = 3 P blocks, group fastest.

    Parameters
    ----------
    villages : ndarray of int64, shape (R, m)
        Drawn villages, as indices of the frame; the strata stand in order.
    stratum : ndarray of int64, shape (m,)
        Stratum of each column of `villages`, in the order of ``plan.strata(frame)``.
    stratum_sizes : ndarray of int64, shape (H,)
        Villages of each stratum.
    chance : ndarray of float64, shape (R, m), or None
        Inclusion probability of each drawn village; None where they are equal within strata.
    parts : tuple of Part, length P
        The parts.
    block_sizes : ndarray of int64, shape (R, m, B)
        Households of each block, visited or not.
    households : ndarray of int64, shape (n,)
        Visited households, as indices of the frame, one row each.
    replicate, slot, block : ndarray of int64, shape (n,)
        Replicate, column of `villages` and block each row belongs to.
    """

    villages: Ints
    stratum: Ints
    stratum_sizes: Ints
    chance: Floats | None
    parts: tuple[Part, ...]
    block_sizes: Ints
    households: Ints
    replicate: Ints
    slot: Ints
    block: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Observations:
    """What the evaluator sees, one row a visited household.

    Parameters
    ----------
    villages, stratum, stratum_sizes, parts, block_sizes
        As in `Draws`; sizes are 0 where they are not known.
    chance : ndarray of float64, shape (R, m), optional
        As in `Draws`; drawn over all villages of the stratum where it is left out.
    replicate, slot, block : ndarray of int64, shape (n,)
        Replicate, column of `villages` and block of each row.
    persons, wrong_persons : ndarray of int64, shape (n,)
        Persons, and wrong or missed persons recorded.
    approves : ndarray of bool, shape (n,)
        Whether the household approves.
    """

    villages: Ints
    stratum: Ints
    stratum_sizes: Ints
    chance: Floats | None = None
    parts: tuple[Part, ...] = (ORDINARY,)
    block_sizes: Ints
    replicate: Ints
    slot: Ints
    block: Ints
    persons: Ints
    wrong_persons: Ints
    approves: Bools

    @property
    def group(self) -> Ints:
        """Group of each row, shape (n,)."""
        return self.block % len(GROUPS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """Observations summed by replicate, drawn village, part and group: all that estimators need.

    Parameters
    ----------
    villages, stratum, stratum_sizes, chance, parts, block_sizes
        As in `Observations`.
    moments : ndarray of int64, shape (R, m, B, 8)
        Sums by replicate, drawn village and block, in the order of `MOMENTS`.
    phase2_weights : ndarray of float64, shape (R, m, B), optional
        Weight of the households of each block where sizes and chances do not make it: after a second phase.
    places : ndarray of bool, shape (R, m), optional
        Which columns bring their village to a denominator of whole villages; all of them where it is left out.
    """

    villages: Ints
    stratum: Ints
    stratum_sizes: Ints
    chance: Floats | None = None
    parts: tuple[Part, ...] = (ORDINARY,)
    block_sizes: Ints
    moments: Ints
    phase2_weights: Floats | None = None
    places: Bools | None = None

    @property
    def visited(self) -> Ints:
        """Visited households of each block, shape (R, m, B)."""
        return self.moments[..., MOMENTS.index("households")]

    def weights(self) -> Floats | None:
        """Return the weight of the households of each block, shape (R, m, B).

        0 where no household is visited; None where the sizes that weights are made of are not known.
        """
        if self.phase2_weights is not None:
            return self.phase2_weights
        chance = self.chance
        if chance is None:
            drawn = np.bincount(self.stratum, minlength=len(self.stratum_sizes))
            if np.any(self.stratum_sizes < drawn):
                return None
            chance = np.broadcast_to((drawn / np.maximum(self.stratum_sizes, 1))[self.stratum], self.villages.shape)
        return block_weights(chance, self.block_sizes, self.visited)

    def totals(self) -> Ints:
        """Return the official count: moments summed over drawn villages and the parts it takes, shape (R, 3, 8)."""
        # Villages first: what is left is small.
        summed = replace(self, moments=self.moments.sum(axis=1)[:, None]) if len(self.parts) > 1 else self
        counted: Ints = summed.official().sum(axis=1)
        return counted

    def official(self) -> Ints:
        """Return the moments by drawn village, summed over the parts that the official count takes, (R, m, 3, 8)."""
        if len(self.parts) == 1:
            return self.moments
        apart = self.moments.reshape(*self.moments.shape[:2], len(self.parts), len(GROUPS), len(MOMENTS))
        counted: Ints = apart[:, :, [part.raw for part in self.parts]].sum(axis=2)
        return counted

    def blocks(self, groups: Sequence[int], *, weighted: bool) -> slice | list[int]:
        """Return the blocks of some neighbouring groups in the parts that enter raw, or weighted, estimates."""
        if len(self.parts) == 1:
            return slice(groups[0], groups[-1] + 1)  # no copy is made of it
        enters = [part.weighted if weighted else part.raw for part in self.parts]
        return [len(GROUPS) * p + group for p, counted in enumerate(enters) if counted for group in groups]


def draw(frame: Frame, plan: Plan, *, seed: int, replicates: Ints, away: Floats | None = None) -> Draws:
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
    away : ndarray of float64, shape (N,), optional
        Chance that nobody of a household is at home; it is then replaced by the next in random order of its block.

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
    starts = stream_starts(seed, Purpose.VILLAGES, replicates)
    return draw_from(
        frame,
        plan,
        villages=draw_villages(frame, plan, starts),
        household_starts=stream_starts(seed, Purpose.HOUSEHOLDS, replicates),
        fieldwork_starts=stream_starts(seed, Purpose.FIELDWORK, replicates),
        away=away,
    )


def draw_from(
    frame: Frame,
    plan: Plan,
    *,
    villages: Ints,
    household_starts: Words,
    fieldwork_starts: Words,
    away: Floats | None,
) -> Draws:
    """Return the draws of households in given villages: the second stage of `draw`."""
    visits = visit(
        frame,
        plan,
        villages=villages,
        household_starts=household_starts,
        fieldwork_starts=fieldwork_starts,
        away=away,
    )
    return _draws(frame, plan, villages, visits)


def _draws(frame: Frame, plan: Plan, villages: Ints, visits: Visits) -> Draws:
    strata = plan.strata(frame)
    return Draws(
        villages=villages,
        stratum=np.repeat(np.arange(len(strata)), [s.drawn for s in strata]),
        stratum_sizes=np.array([len(s.villages) for s in strata], dtype=np.int64),
        chance=unequal_chance(frame, plan, villages),
        parts=parts_of(plan),
        block_sizes=visits.block_sizes,
        households=visits.households,
        replicate=visits.replicate,
        slot=visits.slot,
        block=visits.block,
    )


def unequal_chance(frame: Frame, plan: Plan, villages: Ints) -> Floats | None:
    """Return the inclusion probabilities of drawn villages, or None where they are equal within strata."""
    return None if plan.measure is None else plan.chance(frame).take(villages)


def parts_of(plan: Plan) -> tuple[Part, ...]:
    """Return the parts that a two-stage plan visits."""
    extra = (("key", plan.key_households), ("hamlet", plan.hamlets > 0))
    return (ORDINARY, *(Part(name=name) for name, wanted in extra if wanted))


def draw_villages(frame: Frame, plan: Plan, starts: Words) -> Ints:
    """Return the villages of R inspections, shape (R, m), stratum by stratum: the first stage of `draw`.

    Parameters
    ----------
    frame, plan
        As in `draw`.
    starts : ndarray of uint64, shape (R,)
        Word streams of the replicates; word h of each starts the stream of stratum h.
    """
    columns = [np.zeros((len(starts), 0), dtype=np.int64)]
    for h, stratum in enumerate(plan.strata(frame)):
        columns.append(stratum.villages[stratum.design.draw(word(starts, h))])
    return np.concatenate(columns, axis=1)


def observe(
    draws: Draws, frame: Frame, wrong_persons: Ints, approves: Bools, *, recorded: Ints | None = None
) -> Observations:
    """Return what is recorded of the visited households.

    Parameters
    ----------
    draws : Draws
        The samples.
    frame : Frame
        The county.
    wrong_persons, approves : ndarray, shape (N,)
        The truth of the frame's households.
    recorded : ndarray of int64, shape (n,), optional
        Wrong persons recorded of each row (`sampler.fieldwork.record`); the true ones where left out.

    Returns
    -------
    Observations
    """
    return Observations(
        villages=draws.villages,
        stratum=draws.stratum,
        stratum_sizes=draws.stratum_sizes,
        chance=draws.chance,
        parts=draws.parts,
        block_sizes=draws.block_sizes,
        replicate=draws.replicate,
        slot=draws.slot,
        block=draws.block,
        persons=frame.household_persons[draws.households],
        wrong_persons=wrong_persons[draws.households] if recorded is None else recorded,
        approves=approves[draws.households],
    )


def tally(observations: Observations) -> Tally:
    """Sum observations by replicate, drawn village and block.

    Parameters
    ----------
    observations : Observations
        Rows in any order.

    Returns
    -------
    Tally
    """
    persons, wrong = observations.persons, observations.wrong_persons
    moments = np.zeros((*observations.block_sizes.shape, len(MOMENTS)), dtype=np.int64)
    add = _compiled_sums() or readable_sums
    add(
        observations.replicate,
        observations.slot,
        observations.block,
        persons,
        wrong,
        observations.approves,
        moments,
    )
    return Tally(
        villages=observations.villages,
        stratum=observations.stratum,
        stratum_sizes=observations.stratum_sizes,
        chance=observations.chance,
        parts=observations.parts,
        block_sizes=observations.block_sizes,
        moments=moments,
    )


def _compiled_sums() -> Callable[..., None] | None:
    """Return the compiled `readable_sums`, or None where numba cannot be imported."""
    try:
        from sampler.kernels import tally_rows  # noqa: PLC0415
    except ImportError:
        return None
    compiled: Callable[..., None] = tally_rows
    return compiled


def readable_sums(
    replicate: Ints, slot: Ints, block: Ints, persons: Ints, wrong: Ints, approves: Bools, moments: Ints
) -> None:
    """Add the moments of rows of households to `moments`, shape (R, m, B, 8)."""
    np.add.at(moments, (replicate, slot, block), household_moments(persons, wrong, approves))


def block_weights(chance: Floats, block_sizes: Ints, visited: Ints) -> Floats | None:
    """Return the design weight of each block's households: 1 / chance of the village times N / n of the block.

    Parameters
    ----------
    chance : ndarray of float64, shape (R, m)
        Of each drawn village.
    block_sizes, visited : ndarray of int64, shape (R, m, B)
        Households of each block, N, and how many of them were visited, n.

    Returns
    -------
    ndarray of float64, shape (R, m, B), or None
        0 where no household was visited; None where the size of a visited block is not known.

    Examples
    --------
    >>> block_weights(np.array([[0.1]]), np.array([[[40, 0, 9]]]), np.array([[[10, 0, 9]]]))
    array([[[40.,  0., 10.]]])
    """
    if np.any(block_sizes < visited):
        return None
    weights: Floats = block_sizes / np.maximum(visited, 1) / chance[..., None]
    return np.where(visited > 0, weights, 0.0)


def household_moments(persons: Ints, wrong_persons: Ints, approves: Bools) -> NDArray[np.int64]:
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
