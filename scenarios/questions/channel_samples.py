"""Simulated inspections with what the other channels add to them, as arrays over the inspections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimators.estimate import estimate
from estimators.policy import CRITERIA
from estimators.verdict import verdict_of_tally
from sampler.channels import Departments, Desk
from sampler.draws import MOMENTS, Draws, Tally, draw, observe, tally
from sampler.fieldwork import record
from sampler.flagged import draw_unflagged, flag_households, tally_unflagged, visit_flagged
from sampler.frame import EXITED, GROUPS, UNREGISTERED, Bools, Ints
from sampler.population import Population
from sampler.recheck import PARTS, Rechecked, RecheckTally, SpotCheck, quota, spot_check, tally_spot_check
from sampler.streams import Purpose, stream_starts
from scenarios.engines.chance import QUESTIONS
from scenarios.questions.exposure import fabrication_exposed
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]
Sample = dict[str, NDArray[np.generic]]  # by name, one row an inspection

COUNTED = (EXITED, UNREGISTERED)  # groups whose rates can shift
_REVISITS = tuple(i for i, part in enumerate(PARTS) if part.name.startswith("revisit"))
DESKS = 5  # every so many inspections one has its fabricated questionnaires computed: that is exact, and slow


@dataclass(frozen=True, kw_only=True, eq=False)
class Inspected:
    """The inspections of R replicates, without any other channel.

    Parameters
    ----------
    draws : Draws
        Who was visited.
    recorded : ndarray of int64, shape (n,)
        Wrong persons recorded there.
    tally : Tally
        Their sums.
    rechecked, recheck : Rechecked, RecheckTally, optional
        Of a spot check.
    """

    draws: Draws
    recorded: Ints
    tally: Tally
    rechecked: Rechecked | None = None
    recheck: RecheckTally | None = None


def inspected(cell: Scenario, population: Population, replicates: Ints) -> Inspected:
    """Run inspections by the readable path, which knows whom it visited."""
    frame, plan, fieldwork = cell.frame, cell.plan, cell.fieldwork
    wrong, approves = population.wrong_persons, population.approves
    if isinstance(plan, SpotCheck):
        found = spot_check(frame, plan, wrong, approves, fieldwork=fieldwork, seed=cell.seed, replicates=replicates)
        summed = tally_spot_check(found, frame, plan, approves)
        recorded = found.observations.wrong_persons
        return Inspected(draws=found.visits, recorded=recorded, tally=summed.visited, rechecked=found, recheck=summed)
    draws = draw(frame, plan, seed=cell.seed, replicates=replicates, away=fieldwork.away(wrong))
    starts = stream_starts(cell.seed, Purpose.FIELDWORK, replicates)
    recorded = record(fieldwork, draws, frame, wrong, starts).recorded
    return Inspected(
        draws=draws, recorded=recorded, tally=tally(observe(draws, frame, wrong, approves, recorded=recorded))
    )


def sample(cell: Scenario, population: Population, replicates: Ints) -> Sample:
    """Return what the channels of a scenario show in R inspections of a population."""
    channels = cell.channels
    assert channels is not None  # noqa: S101 - who asks has channels
    base = inspected(cell, population, replicates)
    found: Sample = {"interfering": _interfering(cell, base.draws, len(replicates))}
    if channels.departments:
        found |= with_departments(cell, population, base, channels.departments, replicates)
    if base.rechecked is not None and base.recheck is not None:
        if channels.consistency:
            found |= shifts(base.recheck)
        if channels.desk:
            found |= desk_check(cell, population, base.rechecked, channels.desk)
    return found


def with_departments(
    cell: Scenario, population: Population, base: Inspected, departments: Departments, replicates: Ints
) -> Sample:
    """Visit the flagged households too, and decide with and without them.

    Returns
    -------
    dict of str to ndarray
        ``flagged``, ``flagged_wrong``: households; ``beside``, ``beside_found``: visits beside the sample, and those
        that recorded an error; ``flagged_found``: whether any flagged household was recorded as wrong. Unless they are
        leads, which change no rate: ``fails``, ``fails_without``, shape (R, 5) by question; ``raw``, ``raw_without``
        and, for a stratum, ``weighted``, shape (R, 4) by criterion.
    """
    frame, plan, seed, fieldwork = cell.frame, cell.plan, cell.seed, cell.fieldwork
    wrong, approves = population.wrong_persons, population.approves
    flags = flag_households(departments, frame, wrong, seed=seed, replicates=replicates)
    draws, recorded, sampled = base.draws, base.recorded, base.tally
    if departments.treatment == "stratum":
        assert not isinstance(plan, SpotCheck)  # noqa: S101 - `Channels.require` refuses it
        draws = draw_unflagged(frame, plan, flags, seed=seed, replicates=replicates, away=fieldwork.away(wrong))
        recorded = record(fieldwork, draws, frame, wrong, stream_starts(seed, Purpose.FIELDWORK, replicates)).recorded
        sampled = tally_unflagged(draws, frame, approves, recorded)
    visits = visit_flagged(
        departments,
        sampled,
        draws,
        flags,
        frame,
        wrong,
        approves,
        fieldwork=fieldwork,
        seed=seed,
        replicates=replicates,
    )
    met = flags[draws.replicate, draws.households] & (recorded > 0)
    size = len(replicates)
    beside_found = np.bincount(visits.replicate, weights=visits.recorded > 0, minlength=size)
    found: Sample = {
        "flagged": flags.sum(axis=1),
        "flagged_wrong": (flags & (wrong > 0)).sum(axis=1),
        "beside": np.bincount(visits.replicate, minlength=size),
        "beside_found": beside_found,
        "flagged_found": (beside_found > 0) | (np.bincount(draws.replicate, weights=met, minlength=size) > 0),
    }
    if departments.treatment != "leads":
        found |= {"fails": _fails(cell, visits.tally), "fails_without": _fails(cell, base.tally)}
        found |= {"raw": _rates(cell, visits.tally, "raw"), "raw_without": _rates(cell, base.tally, "raw")}
    if departments.treatment == "stratum":
        found["weighted"] = _rates(cell, visits.tally, "weighted")
    return found


def _fails(cell: Scenario, sums: Tally) -> Bools:
    persons = cell.frame.group_persons
    verdict = verdict_of_tally(
        sums, cell.policy, group_persons=persons.sum(axis=0), unregistered=cell.frame.unregistered
    )
    asked = {"any": verdict.any, **verdict.fails}
    return np.stack([asked[question] for question in QUESTIONS], axis=1)


def _rates(cell: Scenario, sums: Tally, weighting: str) -> Floats:
    persons = cell.frame.group_persons
    found = estimate(
        sums,
        cell.policy,
        group_persons=persons.sum(axis=0),
        unregistered=cell.frame.unregistered,
        weighting=weighting,  # type: ignore[arg-type]
        lonely="remove",  # only values are asked for
        interval="wald",
    )
    return np.stack([found[name].value for name in CRITERIA], axis=1)


def shifts(found: RecheckTally) -> Sample:
    """Return the wrong persons of the re-visited households as the province and as the re-visit recorded them.

    Returns
    -------
    dict of str to ndarray
        ``now``, ``before`` and ``persons``, shape (R, 2) by exited and unregistered households; ``revisited`` and
        ``disagreeing`` households, shape (R,).
    """
    moments = found.visited.moments
    apart = moments.reshape(*moments.shape[:2], len(PARTS), len(GROUPS), len(MOMENTS))
    again = apart[:, :, list(_REVISITS)].sum(axis=(1, 2))
    return {
        "now": again[:, COUNTED, MOMENTS.index("wrong_persons")],
        "before": found.revisit_recorded[:, COUNTED, 1],
        "persons": again[:, COUNTED, MOMENTS.index("persons")],
        "revisited": again[:, :, MOMENTS.index("households")].sum(axis=1),
        "disagreeing": found.disagreeing.sum(axis=1),
    }


def desk_check(cell: Scenario, population: Population, found: Rechecked, desk: Desk) -> Sample:
    """Return what is on the desk.

    Returns
    -------
    dict of str to ndarray
        ``checked`` questionnaires, and ``contradicting``: those of them that do not say what is true; shape (R,).
        ``exposed``, shape (R,): chance that a team that made up its share is exposed, on average over teams; NaN but
        for one inspection in `DESKS`.
    """
    phase1 = found.questionnaires
    draws, size = phase1.draws, len(phase1.sizes)
    false = phase1.recorded != population.wrong_persons[draws.households]
    return {
        "checked": np.bincount(draws.replicate, weights=found.desk, minlength=size),
        "contradicting": np.bincount(draws.replicate, weights=found.desk & false, minlength=size),
        "exposed": _exposed(cell, found, desk) if desk.fabricated is not None else np.full(size, np.nan),
    }


def _exposed(cell: Scenario, found: Rechecked, desk: Desk) -> Floats:
    plan, phase1 = cell.plan, found.questionnaires
    assert isinstance(plan, SpotCheck) and desk.fabricated is not None  # noqa: S101, PT018 - see the callers
    wanted, exposed = quota(plan.desk_share, phase1.sizes), np.full(len(phase1.sizes), np.nan)
    team = plan.province.team(len(cell.frame.codes))[cell.frame.household_village[phase1.draws.households]]
    for r in range(0, len(exposed), DESKS):
        rows = phase1.draws.replicate == r
        own = np.zeros((plan.province.teams, phase1.sizes.shape[1]), dtype=np.int64)
        np.add.at(own, (team[rows], phase1.cell[rows]), 1)
        made_up = np.floor(float(desk.fabricated) * own.sum(axis=1) + 0.5).astype(np.int64)
        chance = float(desk.recognises_fabricated)
        each = [
            fabrication_exposed(phase1.sizes[r], cells, wanted[r], int(count), chance)
            for cells, count in zip(own, made_up, strict=True)
            if cells.any()
        ]
        exposed[r] = np.mean(each) if each else np.nan
    return exposed


def _interfering(cell: Scenario, draws: Draws, size: int) -> Ints:
    """Return how many visited villages lie in townships that interfere, shape (R,)."""
    frame = cell.frame
    interferes = np.isin(frame.townships, cell.fieldwork.interference)
    seen = np.zeros((size, len(frame.codes)), dtype=bool)
    seen[draws.replicate, frame.household_village[draws.households]] = True
    counts: Ints = (seen & interferes).sum(axis=1)
    return counts


def joined(parts: Sequence[Sample]) -> Sample:
    """Return samples one after another."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
