"""The lists of a spot check: questionnaires for the desk, households to be visited again, fresh ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from sampler.fieldwork import Fieldwork
from sampler.frame import GROUPS, Frame, Ints
from sampler.recheck import (
    ERROR,
    Questionnaires,
    Rechecked,
    SpotCheck,
    next_questionnaires,
    quota,
    revisit_quota,
    spot_check,
    tally_spot_check,
    township_numbers,
)
from scenarios.questions.inspection import Inspection
from scenarios.questions.lists import (
    Cell,
    Entry,
    Roster,
    drawn_villages,
    entries_of,
    in_order,
    reserves_of,
    with_reserves,
)
from scenarios.questions.reach import Floats


def at_home(fieldwork: Fieldwork) -> Fieldwork:
    """Return the same fieldwork with everybody at home."""
    return replace(fieldwork, absence=Decimal(0))


def run_spot_check(inspection: Inspection, plan: SpotCheck) -> Rechecked:
    """Return the spot check of an inspection with everybody at home."""
    scenario, population = inspection.scenario, inspection.population
    return spot_check(
        scenario.frame,
        plan,
        population.wrong_persons,
        population.approves,
        fieldwork=at_home(scenario.fieldwork),
        seed=scenario.seed,
        replicates=np.array([inspection.number - 1], dtype=np.int64),
    )


def recheck_lists(inspection: Inspection, plan: SpotCheck, reserves: int, replicates: Ints) -> Roster:
    """Return the lists of a spot check; `scenarios.questions.roster.roster` says more."""
    scenario = inspection.scenario
    found = run_spot_check(inspection, plan)
    phase1, takes = found.questionnaires, plan.add_on.takes()
    more = run_spot_check(
        inspection, replace(plan, remote_take=with_reserves(plan.add_on, scenario.frame, reserves).take)
    )
    visits, spare = in_order(more.fresh, takes)
    before = phase1.draws.villages.shape[1]
    fresh = entries_of(more.fresh, visits, inspection.slot_chance, before)
    marks = dict(zip(found.fresh.households.tolist(), found.again.tolist(), strict=True))
    weights = _weights(found, inspection, plan)
    first = _phase1_chance(phase1, inspection.slot_chance)
    wanted = revisit_quota(plan, phase1.sizes)
    return Roster(
        villages=(
            *drawn_villages(inspection, phase1.draws, np.arange(len(phase1.cell))),
            *drawn_villages(inspection, more.fresh, visits, before),
        ),
        visits=tuple(
            replace(entry, again=marks[entry.household], weight=weights[before + int(slot), entry.group, "add_on"])
            for entry, slot in zip(fresh, [entry.number - 1 - before for entry in fresh], strict=True)
        ),
        reserves=reserves_of(more.fresh, spare, takes, before),
        desk=_questionnaires(phase1, np.flatnonzero(found.desk), "desk", first),
        revisit=tuple(
            replace(entry, weight=weights[entry.number - 1, entry.group, _result(entry)])
            for entry in _questionnaires(phase1, found.revisited, "revisit", first)
        ),
        revisit_reserves=_revisit_reserves(phase1, wanted, reserves, scenario.seed, replicates),
        cells=_cells(scenario.frame, plan, phase1),
        fresh_from=before + 1,
    )


def _result(entry: Entry) -> str:
    return "revisit_error" if entry.recorded else "revisit_clean"


def _weights(found: Rechecked, inspection: Inspection, plan: SpotCheck) -> Mapping[tuple[int, int, str], float]:
    """Return the weight by column of villages, group and part; what is visited once counts in both of its parts."""
    frame, approves = inspection.scenario.frame, inspection.population.approves
    weights = tally_spot_check(found, frame, plan, approves).visited.phase2_weights
    assert weights is not None  # noqa: S101 - a spot check has them
    names = [part.name for part in found.visits.parts]
    made: dict[tuple[int, int, str], float] = {}
    for slot, block in np.argwhere(weights[0] > 0).tolist():
        part = names[block // len(GROUPS)]
        made[slot, block % len(GROUPS), "add_on" if part == "again" else part] = float(weights[0, slot, block])
    return made


def _phase1_chance(phase1: Questionnaires, slot_chance: Floats) -> Floats:
    """Return the chance that the province interviewed each household of a questionnaire, shape (n,)."""
    draws = phase1.draws
    taken = np.zeros(draws.block_sizes.shape[1:], dtype=np.int64)
    np.add.at(taken, (draws.slot, draws.block), 1)
    share = taken / np.maximum(draws.block_sizes[0], 1)
    chance: Floats = slot_chance[draws.slot] * share[draws.slot, draws.block]
    return chance


def _questionnaires(phase1: Questionnaires, rows: Ints, part: str, first: Floats) -> tuple[Entry, ...]:
    """Return drawn questionnaires in the order of villages, groups and the list, which shows no result."""
    drawn = np.bincount(phase1.cell[rows], minlength=phase1.sizes.shape[1])
    share = drawn / np.maximum(phase1.sizes[0], 1)
    draws = phase1.draws
    order = rows[np.lexsort((draws.households[rows], draws.block[rows], draws.slot[rows]))]
    return tuple(
        Entry(
            household=int(draws.households[row]),
            number=int(draws.slot[row]) + 1,
            group=int(draws.block[row]),
            part=part,
            order=place + 1,
            chance=float(first[row] * share[phase1.cell[row]]),
            recorded=int(phase1.recorded[row]),
        )
        for place, row in enumerate(order.tolist())
    )


def _revisit_reserves(
    phase1: Questionnaires, wanted: Ints, reserves: int, seed: int, replicates: Ints
) -> tuple[Entry, ...]:
    """Return the next questionnaires of each cell, cell by cell, in their random order."""
    draws, found = phase1.draws, []
    seen = set(next_questionnaires(phase1, wanted, seed=seed, replicates=replicates).tolist())
    for order in range(1, min(reserves, int(phase1.sizes.max(initial=0))) + 1):
        now = set(next_questionnaires(phase1, wanted + order, seed=seed, replicates=replicates).tolist())
        found += [(int(phase1.cell[row]), order, row) for row in now - seen]
        seen = now
    return tuple(
        Entry(
            household=int(draws.households[row]),
            number=int(draws.slot[row]) + 1,
            group=int(draws.block[row]),
            part="revisit",
            order=order,
            recorded=int(phase1.recorded[row]),
        )
        for _, order, row in sorted(found)
    )


def _cells(frame: Frame, plan: SpotCheck, phase1: Questionnaires) -> tuple[Cell, ...]:
    numbers, _ = township_numbers(frame)
    names: dict[int, str] = dict(zip(numbers.tolist(), frame.townships, strict=True))
    columns: Sequence[Ints] = (
        phase1.sizes[0],
        quota(plan.desk_share, phase1.sizes)[0],
        revisit_quota(plan, phase1.sizes)[0],
    )
    return tuple(
        Cell(township=names[c // 2], error=c % 2 == ERROR, size=size, desk=desk, revisit=revisit)
        for c, (size, desk, revisit) in enumerate(zip(*(column.tolist() for column in columns), strict=True))
        if size
    )
