"""Households that other departments flag, visited beside the sample and told apart from it (METHODS 1.3).

Whether a household is flagged has a random number of its own for each replicate and household, so that the flags of all
error levels are common. Flagged households may lie anywhere in the county: in a tally they stand in one more column
that is no village, in a stratum and a part of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sampler.channels import Departments
from sampler.design import Floats
from sampler.draws import (
    MOMENTS,
    Draws,
    Observations,
    Part,
    Tally,
    draw_villages,
    parts_of,
    readable_sums,
    tally,
    unequal_chance,
)
from sampler.fieldwork import Fieldwork, record
from sampler.frame import GROUPS, REMAINING, Bools, Frame, Ints
from sampler.plan import Plan
from sampler.recheck import Stream
from sampler.streams import Purpose, stream_starts, unit_interval, word
from sampler.visits import rules_of, visit_by

FLAGGED = "flagged"  # name of the part and of the stratum
NOWHERE = -1  # the village of their column

# What each treatment makes of them: whether they enter the official count, and the weighted estimates.
PARTS = {
    "stratum": Part(name=FLAGGED, raw=False, weighted=True),
    "leads": Part(name=FLAGGED, raw=False, weighted=False),
    "counted": Part(name=FLAGGED, raw=True, weighted=False),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Flagged:
    """Inspections with the visits to flagged households.

    Parameters
    ----------
    tally : Tally
        That of the inspections with one more part and one more column; a household drawn both ways is visited, and
        counted, once: as one of the sample.
    flags : ndarray of bool, shape (R, N)
        Which households are flagged.
    replicate, households, recorded : ndarray of int64, shape (n,)
        The visits beside the sample, and the wrong persons recorded there.
    """

    tally: Tally
    flags: Bools
    replicate: Ints
    households: Ints
    recorded: Ints


def flag_households(
    departments: Departments, frame: Frame, wrong_persons: Ints, *, seed: int, replicates: Ints
) -> Bools:
    """Say which households are flagged in each of R replicates.

    Parameters
    ----------
    departments : Departments
        Chances of being flagged.
    frame : Frame
        N households.
    wrong_persons : ndarray of int64, shape (N,)
        The truth.
    seed : int
        The scenario's seed.
    replicates : ndarray of int64, shape (R,)
        Numbers of the inspections.

    Returns
    -------
    ndarray of bool, shape (R, N)
        The number of household j is word j of its replicate's stream of flags, whatever the truth.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from sampler.frame import frame_from_counts
    >>> frame = frame_from_counts(name="x", codes="a", villages="A", townships="T", remote=[False],
    ...     group_households=np.array([[2, 1, 0]]), group_persons=np.array([[4, 2, 0]]))
    >>> asked = Departments(flags_wrong=Decimal(1), flags_right=Decimal(0), treatment="leads")
    >>> flag_households(asked, frame, np.array([0, 2, 0]), seed=1, replicates=np.arange(2)).astype(int)
    array([[0, 1, 0],
           [0, 1, 0]])
    """
    starts = word(stream_starts(seed, Purpose.RECHECK, replicates), Stream.FLAGS)
    chance = np.where(wrong_persons > 0, float(departments.flags_wrong), float(departments.flags_right))
    chance[frame.household_group == REMAINING] = 0.0
    flags: Bools = unit_interval(word(starts[:, None], np.arange(len(chance)))) < chance
    return flags


def draw_unflagged(
    frame: Frame, plan: Plan, flags: Bools, *, seed: int, replicates: Ints, away: Floats | None = None
) -> Draws:
    """Draw R inspections from the households that are not flagged.

    Parameters
    ----------
    frame, plan, seed, replicates, away
        As in `sampler.draws.draw`; the plan is plain.
    flags : ndarray of bool, shape (R, N)
        Households left out: in the shuffle of their block the next takes their place, so the rest of the sample is
        that of `draw`.

    Returns
    -------
    Draws
        With the flagged households of the drawn villages as a part of its own, whose blocks have sizes and no visits.
    """
    villages = draw_villages(frame, plan, stream_starts(seed, Purpose.VILLAGES, replicates))
    household_starts = stream_starts(seed, Purpose.HOUSEHOLDS, replicates)
    fieldwork_starts = stream_starts(seed, Purpose.FIELDWORK, replicates)
    homes = np.zeros(flags.shape[1]) if away is None else away
    rules = rules_of(frame, plan, homes)
    found = [np.zeros((0, 4), dtype=np.int64)]
    for r, flagged in enumerate(flags):
        at = slice(r, r + 1)
        seen = visit_by(
            replace(rules, away=np.where(flagged, 1.0, homes)), villages[at], household_starts[at], fieldwork_starts[at]
        )
        found.append(np.stack([np.full(len(seen.slot), r), seen.slot, seen.block, seen.households], axis=1))
    replicate, slot, block, households = np.concatenate(found).T
    left_out = _by_block(frame, flags)[np.arange(len(flags))[:, None], villages]
    strata = plan.strata(frame)
    return Draws(
        villages=villages,
        stratum=np.repeat(np.arange(len(strata)), [s.drawn for s in strata]),
        stratum_sizes=np.array([len(s.villages) for s in strata], dtype=np.int64),
        chance=unequal_chance(frame, plan, villages),
        parts=(*parts_of(plan), PARTS["stratum"]),
        block_sizes=np.concatenate([frame.group_households[villages] - left_out, left_out], axis=2),
        households=households,
        replicate=replicate,
        slot=slot,
        block=block,
    )


def visit_flagged(
    departments: Departments,
    sampled: Tally,
    draws: Draws,
    flags: Bools,
    frame: Frame,
    wrong_persons: Ints,
    approves: Bools,
    *,
    fieldwork: Fieldwork,
    seed: int,
    replicates: Ints,
) -> Flagged:
    """Visit the flagged households that the sample did not, and add them to its tally as the treatment says.

    Parameters
    ----------
    departments : Departments
        The treatment.
    sampled, draws : Tally, Draws
        The inspections: who was drawn, and what was counted.
    flags : ndarray of bool, shape (R, N)
        As `flag_households` gives them.
    frame, wrong_persons, approves
        The county and its truth.
    fieldwork : Fieldwork
        How the teams err, on these visits too; drawn village and flagged households of a number share a team.
    seed, replicates
        As in `sampler.draws.draw`.

    Returns
    -------
    Flagged
    """
    starts = stream_starts(seed, Purpose.FIELDWORK, replicates)
    beside = flags.copy()
    beside[draws.replicate, draws.households] = False
    sizes = _by_block(frame, beside).sum(axis=1)
    away = fieldwork.away(wrong_persons)
    if away is not None:
        beside &= unit_interval(word(starts[:, None], 2 * np.arange(len(away)) + 1)) >= away
    replicate, households = np.nonzero(beside)
    group = frame.household_group[households]
    visits = replace(
        draws, replicate=replicate, households=households, slot=frame.household_village[households], block=group
    )
    recorded = record(fieldwork, visits, frame, wrong_persons, starts).recorded
    moments = np.zeros((len(flags), 1, len(GROUPS), len(MOMENTS)), dtype=np.int64)
    persons = frame.household_persons[households]
    readable_sums(replicate, np.zeros_like(group), group, persons, recorded, approves[households], moments)
    return Flagged(
        tally=_with_column(sampled, PARTS[departments.treatment], sizes, moments),
        flags=flags,
        replicate=replicate,
        households=households,
        recorded=recorded,
    )


def tally_unflagged(draws: Draws, frame: Frame, approves: Bools, recorded: Ints) -> Tally:
    """Sum what `draw_unflagged` drew; the flagged households of its villages wait for their visit."""
    names = ("villages", "stratum", "stratum_sizes", "chance", "parts", "block_sizes", "replicate", "slot", "block")
    return tally(
        Observations(
            **{name: getattr(draws, name) for name in names},
            persons=frame.household_persons[draws.households],
            wrong_persons=recorded,
            approves=approves[draws.households],
        )
    )


def _by_block(frame: Frame, marks: Bools) -> Ints:
    """Return how many households are marked by replicate, village and group, shape (R, V, 3)."""
    filled = np.flatnonzero(np.diff(frame.offsets))
    counts = np.zeros((len(marks), len(frame.offsets) - 1), dtype=np.int64)
    if len(filled):
        counts[:, filled] = np.add.reduceat(marks.astype(np.int64), frame.offsets[filled], axis=1)
    return counts.reshape(len(marks), -1, len(GROUPS))


def _with_column(sampled: Tally, part: Part, sizes: Ints, moments: Ints) -> Tally:
    """Return a tally with the flagged part and, last, a column that is no village, alone in a stratum of one.

    Parameters
    ----------
    sampled : Tally
        Of R inspections with m columns, with or without the part.
    part : Part
        The flagged one.
    sizes : ndarray of int64, shape (R, 3)
        Flagged households by group, visited or not.
    moments : ndarray of int64, shape (R, 1, 3, 8)
        Of those visited.
    """
    last = len(GROUPS)
    parts = sampled.parts if sampled.parts[-1].name == FLAGGED else (*sampled.parts, part)
    new = len(parts) - len(sampled.parts)

    def widened(values: NDArray[np.int64], column: Ints) -> Ints:
        """Return (R, m, B, ...) with blocks for the part, and the column (R, 1, 3, ...) in it."""
        wider = np.pad(values, [(0, 0), (0, 1), (0, last * new), *[(0, 0)] * (values.ndim - 3)])
        wider[:, -1:, -last:] = column
        return wider

    chance, weights, places = sampled.chance, sampled.phase2_weights, sampled.places
    if places is None:
        places = np.ones(sampled.villages.shape, dtype=bool)
    return Tally(
        villages=np.pad(sampled.villages, [(0, 0), (0, 1)], constant_values=NOWHERE),
        stratum=np.append(sampled.stratum, len(sampled.stratum_sizes)),
        stratum_sizes=np.append(sampled.stratum_sizes, 1),
        chance=None if chance is None else np.pad(chance, [(0, 0), (0, 1)], constant_values=1.0),
        parts=parts,
        block_sizes=widened(sampled.block_sizes, sizes[:, None]),
        moments=widened(sampled.moments, moments),
        phase2_weights=None if weights is None else np.pad(weights, [(0, 0), (0, 1), (0, last * new)]),
        # No village, so nothing of it is in a denominator of whole villages, where a count at -1 would be another's.
        places=np.pad(places, [(0, 0), (0, 1)]),
    )
