"""The two-phase spot check (METHODS 1.4): the province's survey, a desk check, a re-visit, and fresh remote households.

Phase 1 is the province's own two-stage sample with its own errors. Its questionnaires lie in cells, township by what
the province recorded (nothing, or an error). The desk check and the re-visit are two independent samples of the
questionnaires, cell by cell; the add-on is a fresh two-stage sample of the remote villages. Which questionnaires are
drawn depends on what phase 1 recorded, so this is two-phase and not two-stage sampling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from math import floor
from typing import Any

import numpy as np

from sampler.design import Floats
from sampler.domains import Count, PositiveShare, Share, require_domains
from sampler.draws import (
    MOMENTS,
    Draws,
    Observations,
    Part,
    Tally,
    block_weights,
    draw_from,
    draw_villages,
    observe,
    tally,
)
from sampler.errors import InputError, Mistake
from sampler.fieldwork import Fieldwork, record
from sampler.frame import GROUPS, Bools, Frame, Ints
from sampler.plan import Plan, Stratum
from sampler.stratify import Stratification
from sampler.streams import Purpose, Words, below, stream_starts, unit_interval, word

CLEAN, ERROR = 0, 1  # what the province recorded of a household

PARTS = (
    Part(name="revisit_clean"),
    Part(name="revisit_error"),
    Part(name="add_on"),
    Part(name="again", raw=False),  # add-on households that the re-visit had drawn already: visited and counted once
)
ADD_ON, AGAIN = 2, 3
ADD_ON_STRATUM = "add_on"  # what is added to the name of a stratum of the add-on


class Stream(IntEnum):
    """Words of a replicate's re-check stream that start streams of their own; the last two are the other channels'."""

    PROVINCE = 0
    DESK = 1
    REVISIT = 2
    REMOTE_VILLAGES = 3
    REMOTE_HOUSEHOLDS = 4
    FLAGS = 5
    INTERVIEWS = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class SpotCheck:
    """The plan of a two-phase spot check.

    Parameters
    ----------
    phase1 : Plan
        The province's survey.
    desk_share : Decimal, default 0.10
        Share of each cell's questionnaires that are checked at a desk.
    revisit_share : Decimal
        Share of each cell's questionnaires whose households are visited again.
    all_errors : bool, default True
        Whether every household that the province recorded as wrong is visited again.
    remote_villages : int
        Remote villages drawn afresh.
    remote_take : mapping of str to int
        Households visited in each of them, by group.
    province : Fieldwork
        How the province's teams err.

    Raises
    ------
    InputError
        ``outside_domain`` for shares; ``revisit_needs_plain`` for a phase 1 with parts visited completely.
    """

    phase1: Plan
    revisit_share: PositiveShare
    desk_share: Share = Decimal("0.10")
    all_errors: bool = True
    remote_villages: Count = 0
    remote_take: Mapping[str, int] = field(default_factory=dict)
    province: Fieldwork = field(default_factory=Fieldwork)

    def __post_init__(self) -> None:
        require_domains(self)
        if not self.phase1.plain:
            raise InputError([Mistake("revisit_needs_plain", {"key": "plan.phase1"})])

    @property
    def add_on(self) -> Plan:
        """The fresh two-stage plan of the remote villages."""
        return _add_on(self)

    def strata(self, frame: Frame) -> tuple[Stratum, ...]:
        """Return the strata of phase 1, then the remote villages of the add-on where it draws some.

        Raises
        ------
        InputError
            As `Plan.strata`.
        """
        return (*self.phase1.strata(frame), *self.remote_strata(frame))

    def remote_strata(self, frame: Frame) -> tuple[Stratum, ...]:
        """Return the strata of the add-on that draw a village."""
        return tuple(replace(s, name=f"{s.name}/{ADD_ON_STRATUM}") for s in self.add_on.strata(frame) if s.drawn)

    def remote_share(self, frame: Frame) -> Floats:
        """Return the planned re-visit share of the remote takes by group, shape (3,) (METHODS 1.4 f).

        Of a group's planned remote households, the share that re-visits make up; 1 where no add-on is planned.
        """
        villages = sum(s.drawn for s in self.phase1.strata(frame) if _is_remote(s, frame))
        revisit = villages * self.phase1.takes() * float(self.revisit_share)
        fresh = self.remote_villages * self.add_on.takes()
        whole = revisit + fresh
        return np.where(whole > 0, revisit / np.where(whole > 0, whole, 1), 1.0)


@lru_cache(maxsize=64)
def _add_on(plan: SpotCheck) -> Plan:
    return Plan(
        villages={"ordinary": 0, "remote": plan.remote_villages},
        take=plan.remote_take,
        stratification=Stratification(),
    )


def _is_remote(stratum: Stratum, frame: Frame) -> bool:
    return bool(frame.remote[stratum.villages].all())


@dataclass(frozen=True, kw_only=True, eq=False)
class Questionnaires:
    """Phase 1: the province's questionnaires of R replicates.

    Parameters
    ----------
    draws : Draws
        Who was interviewed.
    recorded : ndarray of int64, shape (n,)
        Wrong persons recorded of each row.
    cell : ndarray of int64, shape (n,)
        Cell of each row: twice its township's number, plus one where an error is recorded.
    sizes : ndarray of int64, shape (R, C)
        Questionnaires of each cell.
    """

    draws: Draws
    recorded: Ints
    cell: Ints
    sizes: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Rechecked:
    """A spot check of R replicates.

    Parameters
    ----------
    questionnaires : Questionnaires
        Phase 1.
    desk : ndarray of bool, shape (n,)
        Questionnaires checked at a desk.
    revisited : ndarray of int64, shape (k,)
        Rows of the questionnaires whose households were visited again.
    fresh : Draws
        The add-on.
    again : ndarray of bool, shape (l,)
        Rows of the add-on whose household had been re-visited.
    visits : Draws
        Who is visited: rows of the re-visit, then of the add-on; the columns of villages are those of phase 1, then
        those of the add-on.
    suspected : ndarray of int64, shape (k + l,)
        Wrong persons suspected of the re-visited households, then of the add-on, before any appeal.
    observations : Observations
        What the visits recorded.
    """

    questionnaires: Questionnaires
    desk: Bools
    revisited: Ints
    fresh: Draws
    again: Bools
    visits: Draws
    suspected: Ints
    observations: Observations


@dataclass(frozen=True, kw_only=True, eq=False)
class RecheckTally:
    """The sums of a spot check.

    Parameters
    ----------
    visited : Tally
        The visits: re-visits and add-on.
    province : Tally
        Phase 1 as the province recorded it.
    revisit_recorded : ndarray of int64, shape (R, 3, 2)
        What the province had recorded of the re-visited households, by group: wrong households and wrong persons.
    disagreeing : ndarray of int64, shape (R, 3)
        Re-visited households recorded otherwise than by the province, by group.
    """

    visited: Tally
    province: Tally
    revisit_recorded: Ints
    disagreeing: Ints


def quota(share: Decimal, size: Ints) -> Ints:
    """Return how many of each cell's questionnaires are drawn: at least one, halves up (METHODS 1.4 b).

    A share of 0 draws none.

    Examples
    --------
    >>> quota(Decimal("0.1"), np.array([0, 1, 14, 15, 25]))
    array([0, 1, 1, 2, 3])
    """
    if share == 0:
        return np.zeros_like(size)
    top = int(size.max(initial=0))
    table = np.array([min(n, max(1, floor(share * n + Decimal("0.5")))) for n in range(top + 1)], dtype=np.int64)
    wanted: Ints = table[size]
    return wanted


def spot_check(
    frame: Frame,
    plan: SpotCheck,
    wrong_persons: Ints,
    approves: Bools,
    *,
    fieldwork: Fieldwork,
    seed: int,
    replicates: Ints,
) -> Rechecked:
    """Run the spot checks of R replicates.

    Parameters
    ----------
    frame : Frame
        The county.
    plan : SpotCheck
        What is planned.
    wrong_persons, approves : ndarray, shape (N,)
        The truth.
    fieldwork : Fieldwork
        How the spot check's own teams err, on re-visits and on the add-on alike: a household drawn twice is visited
        once. The household of a questionnaire where nobody is at home is replaced by the next of its cell.
    seed : int
        The scenario's seed.
    replicates : ndarray of int64, shape (R,)
        Numbers of the spot checks.

    Returns
    -------
    Rechecked
    """
    starts = stream_starts(seed, Purpose.RECHECK, replicates)
    field_starts = stream_starts(seed, Purpose.FIELDWORK, replicates)
    phase1 = questionnaires(frame, plan, wrong_persons, seed=seed, replicates=replicates)
    away = fieldwork.away(wrong_persons)
    desk = select_questionnaires(
        phase1, quota(plan.desk_share, phase1.sizes), word(starts, Stream.DESK), fieldwork_starts=None, away=None
    )
    wanted = revisit_quota(plan, phase1.sizes)
    revisited = select_questionnaires(
        phase1, wanted, word(starts, Stream.REVISIT), fieldwork_starts=field_starts, away=away
    )
    fresh = draw_from(
        frame,
        plan.add_on,
        villages=draw_villages(frame, plan.add_on, word(starts, Stream.REMOTE_VILLAGES)),
        household_starts=word(starts, Stream.REMOTE_HOUSEHOLDS),
        fieldwork_starts=field_starts,
        away=away,
    )
    again = _met(phase1.draws, revisited, fresh, len(frame.household_persons))
    visits = _visits(frame, plan, phase1, revisited, fresh, again)
    found = record(fieldwork, visits, frame, wrong_persons, field_starts)
    return Rechecked(
        questionnaires=phase1,
        desk=_marked(desk, len(phase1.cell)),
        revisited=revisited,
        fresh=fresh,
        again=again,
        visits=visits,
        suspected=found.suspected,
        observations=observe(visits, frame, wrong_persons, approves, recorded=found.recorded),
    )


def questionnaires(
    frame: Frame, plan: SpotCheck, wrong_persons: Ints, *, seed: int, replicates: Ints
) -> Questionnaires:
    """Run the province's survey: phase 1 of `spot_check`."""
    own = word(stream_starts(seed, Purpose.RECHECK, replicates), Stream.PROVINCE)
    draws = draw_from(
        frame,
        plan.phase1,
        villages=draw_villages(frame, plan.phase1, stream_starts(seed, Purpose.VILLAGES, replicates)),
        household_starts=stream_starts(seed, Purpose.HOUSEHOLDS, replicates),
        fieldwork_starts=own,
        away=plan.province.away(wrong_persons),
    )
    recorded = record(plan.province, draws, frame, wrong_persons, own).recorded
    township, count = township_numbers(frame)
    cell = 2 * township[frame.household_village[draws.households]] + (recorded > 0)
    sizes = _counts((draws.replicate, cell), (len(replicates), 2 * count))
    return Questionnaires(draws=draws, recorded=recorded, cell=cell, sizes=sizes)


@lru_cache(maxsize=16)
def township_numbers(frame: Frame) -> tuple[Ints, int]:
    """Return the number of each village's township, in order of appearance, shape (V,), and how many there are."""
    names = {name: i for i, name in enumerate(dict.fromkeys(frame.townships))}
    return np.array([names[name] for name in frame.townships], dtype=np.int64), len(names)


def select_questionnaires(
    phase1: Questionnaires, wanted: Ints, starts: Words, *, fieldwork_starts: Words | None, away: Floats | None
) -> Ints:
    """Draw questionnaires by SRSWOR in every cell of every replicate.

    Parameters
    ----------
    phase1 : Questionnaires
        Of R replicates.
    wanted : ndarray of int64, shape (R, C)
        How many of each cell.
    starts : ndarray of uint64, shape (R,)
        Word streams; word c starts the stream that shuffles cell c.
    fieldwork_starts : ndarray of uint64, shape (R,), optional
        Word streams that say who is at home.
    away : ndarray of float64, shape (N,), optional
        Chance that nobody of a household is at home: the next of the shuffled cell takes its place.

    Returns
    -------
    ndarray of int64, shape (k,)
        Rows of phase 1, ascending.
    """
    pick = _compiled("pick_rows") or readable_pick_rows
    draws = phase1.draws
    homes = np.zeros(0) if away is None else away
    chosen: Ints = pick(
        draws.replicate,
        phase1.cell,
        draws.households,
        phase1.sizes,
        wanted,
        starts,
        starts if fieldwork_starts is None else fieldwork_starts,
        homes,
    )
    return np.sort(chosen)


def next_questionnaires(phase1: Questionnaires, wanted: Ints, *, seed: int, replicates: Ints) -> Ints:
    """Return the rows that a re-visit draws that wants so many of each cell, where everybody is at home.

    A larger sample contains the smaller one, so what is added comes next in the cell's random order.

    Parameters
    ----------
    phase1 : Questionnaires
        Of R replicates.
    wanted : ndarray of int64, shape (R, C)
        How many of each cell; all of them where it has fewer.
    seed, replicates
        As in `spot_check`.
    """
    starts = word(stream_starts(seed, Purpose.RECHECK, replicates), Stream.REVISIT)
    few = np.minimum(wanted, phase1.sizes)
    return select_questionnaires(phase1, few, starts, fieldwork_starts=None, away=None)


def revisit_quota(plan: SpotCheck, sizes: Ints) -> Ints:
    """Return how many questionnaires of each cell are visited again, shape (R, C)."""
    wanted = quota(plan.revisit_share, sizes)
    if plan.all_errors:
        wanted[:, ERROR::2] = sizes[:, ERROR::2]
    return wanted


def readable_pick_rows(
    replicate: Ints,
    cell: Ints,
    household: Ints,
    sizes: Ints,
    wanted: Ints,
    starts: Words,
    fieldwork_starts: Words,
    away: Floats,
) -> Ints:
    """Return what the compiled `pick_rows` returns: rows drawn by cell, in any order."""
    chosen: list[int] = []
    for r, c in np.argwhere(sizes > 0).tolist():
        members = np.flatnonzero((replicate == r) & (cell == c))
        stream, taken = word(starts[r : r + 1], c), 0
        for k in range(len(members)):
            if taken == wanted[r, c]:
                break
            j = k + int(below(stream, 0, k, len(members) - k)[0])
            members[[k, j]] = members[[j, k]]
            h = int(household[members[k]])
            if len(away) and unit_interval(word(fieldwork_starts[r : r + 1], 2 * h + 1))[0] < away[h]:
                continue
            chosen.append(int(members[k]))
            taken += 1
    return np.array(chosen, dtype=np.int64)


def _compiled(name: str) -> Callable[..., Any] | None:
    try:
        from sampler import kernels  # noqa: PLC0415
    except ImportError:
        return None
    kernel: Callable[..., Any] = getattr(kernels, name)
    return kernel


def _counts(at: tuple[Ints, Ints], shape: tuple[int, ...], values: Ints | Bools | None = None) -> Ints:
    """Return how many rows lie at each place, or the sum of their whole-number values, shape (R, C)."""
    place = at[0] * shape[1] + at[1]
    sums = np.bincount(place, weights=values, minlength=shape[0] * shape[1])
    return sums.astype(np.int64).reshape(shape)


def _marked(rows: Ints, count: int) -> Bools:
    marks = np.zeros(count, dtype=bool)
    marks[rows] = True
    return marks


def _met(draws: Draws, revisited: Ints, fresh: Draws, households: int) -> Bools:
    """Say of each row of the add-on whether its household was re-visited, shape (l,)."""
    meet = _compiled("met_rows") or readable_met_rows
    old = draws.replicate[revisited], draws.households[revisited]
    met: Bools = meet(*old, fresh.replicate, fresh.households, households)
    return met


def readable_met_rows(
    old_replicate: Ints, old_household: Ints, replicate: Ints, household: Ints, households: int
) -> Bools:
    """Say of each row whether its household is among the old rows of its replicate."""
    met: Bools = np.isin(replicate * households + household, old_replicate * households + old_household)
    return met


def _visits(
    frame: Frame, plan: SpotCheck, phase1: Questionnaires, revisited: Ints, fresh: Draws, again: Bools
) -> Draws:
    """Return re-visits and add-on as one sample: villages of phase 1, then those of the add-on."""
    draws, groups = phase1.draws, len(GROUPS)
    shift, fresh_slots = draws.villages.shape[1], fresh.villages.shape[1]
    strata, remote = plan.phase1.strata(frame), plan.remote_strata(frame)
    old = groups * (phase1.cell[revisited] % 2) + draws.block[revisited] % groups
    new = groups * np.where(again, AGAIN, ADD_ON) + fresh.block % groups
    sizes = np.zeros((len(draws.villages), shift + fresh_slots, groups * len(PARTS)), dtype=np.int64)
    return Draws(
        villages=np.concatenate([draws.villages, fresh.villages], axis=1),
        stratum=np.concatenate(
            [draws.stratum, len(strata) + np.repeat(np.arange(len(remote)), [s.drawn for s in remote])]
        ),
        # No finite population corrections: the variance is that of ultimate clusters (METHODS 1.4 g).
        stratum_sizes=np.zeros(len(strata) + len(remote), dtype=np.int64),
        chance=None,
        parts=PARTS,
        block_sizes=sizes,
        households=np.concatenate([draws.households[revisited], fresh.households]),
        replicate=np.concatenate([draws.replicate[revisited], fresh.replicate]),
        slot=np.concatenate([draws.slot[revisited], shift + fresh.slot]),
        block=np.concatenate([old, new]),
    )


def tally_spot_check(found: Rechecked, frame: Frame, plan: SpotCheck, approves: Bools) -> RecheckTally:
    """Sum spot checks, with the weights of METHODS 1.4 (c) and (f).

    Parameters
    ----------
    found : Rechecked
        Of R replicates.
    frame : Frame
        The county.
    plan : SpotCheck
        What was planned.
    approves : ndarray of bool, shape (N,)
        The truth, which the province's questionnaires record too.

    Returns
    -------
    RecheckTally
        A re-visited household stands for w_a n_c / n_2c, in remote villages times the planned re-visit share of its
        group; an add-on household for (M / m)(N / n) times what is left of it. A household of both counts once in the
        official count and in both parts of the weighted one.
    """
    phase1 = found.questionnaires
    summed = tally(found.observations)
    province = tally(observe(phase1.draws, frame, phase1.recorded, approves, recorded=phase1.recorded))
    old, rows = phase1.draws, found.revisited
    again_recorded, now = phase1.recorded[rows], found.observations.wrong_persons[: len(rows)]
    group = old.block[rows] % len(GROUPS)
    at, shape = (old.replicate[rows], group), (len(old.villages), len(GROUPS))
    recorded = np.stack([_counts(at, shape, again_recorded > 0), _counts(at, shape, again_recorded)], axis=2)
    disagreeing = _counts(at, shape, again_recorded != now)
    visited = Tally(
        villages=summed.villages,
        stratum=summed.stratum,
        stratum_sizes=summed.stratum_sizes,
        chance=summed.chance,
        parts=summed.parts,
        block_sizes=summed.block_sizes,
        moments=summed.moments,
        phase2_weights=_weights(found, summed.moments, province, frame, plan),
        places=_places(summed),
    )
    return RecheckTally(visited=visited, province=province, revisit_recorded=recorded, disagreeing=disagreeing)


def _weights(found: Rechecked, moments: Ints, province: Tally, frame: Frame, plan: SpotCheck) -> Floats:
    phase1, fresh, groups = found.questionnaires, found.fresh, len(GROUPS)
    slots = phase1.draws.villages.shape[1]
    households = moments[..., MOMENTS.index("households")]
    drawn = _counts((phase1.draws.replicate[found.revisited], phase1.cell[found.revisited]), phase1.sizes.shape)
    expansion = phase1.sizes / np.maximum(drawn, 1)
    township, _ = township_numbers(frame)
    cell = 2 * township[phase1.draws.villages]
    rows = np.arange(len(cell))[:, None]
    share = np.where(frame.remote[phase1.draws.villages][..., None], plan.remote_share(frame), 1.0)
    first = province.weights()
    assert first is not None  # noqa: S101 - a plan knows its sizes
    weights = np.zeros(households.shape)
    for result in (CLEAN, ERROR):
        blocks = slice(groups * result, groups * (result + 1))
        weights[:, :slots, blocks] = first * expansion[rows, cell + result][..., None] * share
    again = households[:, slots:].reshape(*fresh.villages.shape, len(PARTS), groups)[:, :, (ADD_ON, AGAIN)].sum(axis=2)
    chance = plan.add_on.chance(frame)[fresh.villages]
    own = block_weights(chance, fresh.block_sizes, again)
    assert own is not None  # noqa: S101 - as above
    for part in (ADD_ON, AGAIN):
        weights[:, slots:, groups * part : groups * (part + 1)] = own * (1 - plan.remote_share(frame))
    return np.where(households > 0, weights, 0.0)


def _places(summed: Tally) -> Bools:
    """Say which columns bring a visited village that no column before them brings, shape (R, m)."""
    visited = summed.moments[..., MOMENTS.index("households")].sum(axis=2) > 0
    villages = np.where(visited, summed.villages, -1)
    first = np.ones(villages.shape, dtype=bool)
    for s in range(1, villages.shape[1]):
        first[:, s] = (villages[:, :s] != villages[:, s : s + 1]).all(axis=1)
    places: Bools = visited & first
    return places
