"""How one inspection came about, step by step, and what its counts mean: facts in no language, for trainers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import numpy as np

from estimators.policy import CRITERIA, Policy
from sampler.draws import MOMENTS, Tally
from sampler.frame import EXITED, GROUPS, REMAINING, UNREGISTERED, Frame
from sampler.plan import Oversample, Plan, Stratum, village_size
from sampler.recheck import SpotCheck
from scenarios.questions.account_facts import (
    Account,
    Allocation,
    BlownUp,
    Counted,
    Decision,
    Recheck,
    Shuffle,
    Stage,
    StandIns,
    StratumFacts,
)
from scenarios.questions.inspection import Inspection
from scenarios.questions.lists import DrawnVillage, Entry, Roster
from scenarios.questions.roster import roster


def account(inspection: Inspection, lists: Roster | None = None) -> Account:
    """Return how an inspection came about.

    Parameters
    ----------
    inspection : Inspection
        What happened.
    lists : Roster, optional
        Its lists; made where left out.

    Returns
    -------
    Account

    Examples
    --------
    >>> from scenarios import load
    >>> from scenarios.questions.inspection import inspect
    >>> steps = account(inspect(load("example")))
    >>> [(stratum.name, stratum.villages, stratum.drawn) for stratum in steps.stages[0].strata]
    [('ordinary', 196, 17), ('remote', 61, 12)]
    >>> [f"{each.criterion}: {each.left} against {each.right}" for each in steps.decisions if each.fails]
    ['missed: 2800 against 1587', 'incidence: 942591000000 against 555039284400']
    """
    lists = roster(inspection) if lists is None else lists
    scenario = inspection.scenario
    spot = isinstance(scenario.plan, SpotCheck)
    blown_up = _blown_up(inspection.assessment.tally, scenario.policy, scenario.frame)
    return Account(
        frame=scenario.frame,
        stages=tuple(_stages(inspection, lists)),
        shuffle=_shuffle(scenario.frame, lists),
        stand_ins=tuple(_stand_ins(inspection, lists)),
        recheck=_recheck(inspection, lists) if spot else None,
        counts=_counts(inspection.assessment.tally),
        denominator=scenario.policy.missed_denominator,
        blown_up=blown_up,
        decisions=tuple(_decisions(inspection, blown_up)),
    )


def _stages(inspection: Inspection, lists: Roster) -> Iterator[Stage]:
    plan, frame, split = inspection.scenario.plan, inspection.scenario.frame, lists.fresh_from - 1
    if isinstance(plan, Plan):
        yield _stage("inspection", plan, frame, plan.strata(frame), lists.villages)
        return
    yield _stage("province", plan.phase1, frame, plan.phase1.strata(frame), lists.villages[:split])
    if plan.remote_villages:
        yield _stage("fresh", plan.add_on, frame, plan.remote_strata(frame), lists.villages[split:])


def _stage(name: str, plan: Plan, frame: Frame, strata: Sequence[Stratum], villages: tuple[DrawnVillage, ...]) -> Stage:
    sizes = None if plan.measure is None else village_size(frame, plan.measure)
    shared = isinstance(plan.villages, Oversample)
    allocations = tuple(_allocations(plan, frame)) if shared else ()
    return Stage(
        name=name,
        total=sum(each.drawn for each in allocations) if shared else None,
        allocations=allocations,
        strata=tuple(_stratum(stratum, plan, frame) for stratum in strata),
        villages=villages,
        sizes=() if sizes is None else tuple(float(sizes[each.village]) for each in villages),
        takes=tuple(plan.takes().tolist()),
        key=plan.key_households,
        hamlets=int(plan.hamlets),
    )


def _allocations(plan: Plan, frame: Frame) -> Iterator[Allocation]:
    assert isinstance(plan.villages, Oversample)  # noqa: S101 - the caller asked
    members = plan.stratification.members(frame)
    drawn = plan.villages.allocate(members)
    factors = {name: Decimal(1) for name in members}
    for name in members:
        for part in name.split("/"):
            factors[name] *= Decimal(plan.villages.factors.get(part, 1))
    whole = sum(len(villages) * factors[name] for name, villages in members.items())
    for name, villages in members.items():
        weighted = len(villages) * factors[name]
        share = float(sum(drawn.values()) * weighted / whole) if whole else 0.0
        yield Allocation(
            stratum=name,
            villages=len(villages),
            factor=factors[name],
            weighted=weighted,
            share=share,
            drawn=drawn[name],
        )


def _stratum(stratum: Stratum, plan: Plan, frame: Frame) -> StratumFacts:
    measure = plan.measure if 0 < stratum.drawn < len(stratum.villages) else None
    sizes = None if measure is None else village_size(frame, measure)[stratum.villages]
    return StratumFacts(
        name=stratum.name,
        selection=stratum.selection,
        villages=len(stratum.villages),
        drawn=stratum.drawn,
        households=int(frame.group_households[stratum.villages].sum()),
        persons=int(frame.group_persons[stratum.villages].sum()),
        low=float(stratum.design.first.min()),
        high=float(stratum.design.first.max()),
        measure=measure,
        size=0.0 if sizes is None else float(sizes.sum()),
    )


def place(frame: Frame, household: int, village: int, group: int) -> int:
    """Return a household's place in the list of its village's group, from 1."""
    return household - int(frame.offsets[3 * village + group]) + 1


def _shuffle(frame: Frame, lists: Roster) -> Shuffle | None:
    for drawn in lists.villages[lists.fresh_from - 1 :]:
        for group in range(len(GROUPS)):
            found = [_places(frame, some, drawn, group) for some in (lists.visits, lists.reserves)]
            if found[0] and found[1]:
                return Shuffle(
                    village=drawn.village, group=group, size=drawn.there[group], places=found[0], reserves=found[1]
                )
    return None


def _places(frame: Frame, entries: Sequence[Entry], drawn: DrawnVillage, group: int) -> tuple[int, ...]:
    return tuple(
        place(frame, each.household, drawn.village, group)
        for each in entries
        if (each.number, each.group, each.part) == (drawn.number, group, "ordinary")
    )


def _stand_ins(inspection: Inspection, lists: Roster) -> Iterator[StandIns]:
    """Yield who was not at home among the households of the lists, and who was visited instead."""
    frame, draws = inspection.scenario.frame, inspection.draws
    villages = {each.number: each.village for each in lists.villages}
    planned: dict[tuple[int, int], list[int]] = {}
    visited: dict[tuple[int, int], list[int]] = {}
    for entry in lists.visits:
        planned.setdefault((entry.number, entry.group), []).append(entry.household)
    for slot, block, household in zip(draws.slot, draws.block, draws.households, strict=True):
        if slot + 1 >= lists.fresh_from:
            visited.setdefault((int(slot) + 1, int(block) % len(GROUPS)), []).append(int(household))
    for (number, group), households in planned.items():
        met = visited.get((number, group), [])
        absent, instead = _apart(households, met), _apart(met, households)
        if absent:
            village = villages[number]
            yield StandIns(
                village=village,
                group=group,
                absent=tuple(place(frame, household, village, group) for household in absent),
                instead=tuple(place(frame, household, village, group) for household in instead),
            )


def _apart(one: Sequence[int], other: Sequence[int]) -> list[int]:
    known = set(other)
    return [each for each in one if each not in known]


def _recheck(inspection: Inspection, lists: Roster) -> Recheck:
    found = inspection.rechecked
    assert found is not None  # noqa: S101 - of a spot check
    phase1 = found.questionnaires
    met = phase1.draws.households[found.revisited].tolist()
    planned = [entry.household for entry in lists.revisit]
    return Recheck(
        questionnaires=len(phase1.cell),
        errors=int((phase1.recorded > 0).sum()),
        cells=lists.cells,
        absent=len(_apart(planned, met)),
        instead=len(_apart(met, planned)),
        twice=int(found.again.sum()),
    )


# What was counted, and what the rule says of it


def _counts(tally: Tally) -> tuple[Counted, ...]:
    totals = tally.totals()[0]
    names = ("households", "wrong_households", "persons", "wrong_persons", "approvals")
    return tuple(
        Counted(group=group, **{name: int(totals[g, MOMENTS.index(name)]) for name in names})
        for g, group in enumerate(GROUPS)
    )


def _ratio(tally: Tally, policy: Policy, frame: Frame, criterion: str, unit: str) -> tuple[int, int]:
    """Return numerator and denominator of a rate."""
    counts = _counts(tally)
    if criterion == "approval":
        return sum(each.approvals for each in counts), sum(each.households for each in counts)
    group = {"wrong_exit": EXITED, "missed": UNREGISTERED}[criterion]
    found = int(getattr(counts[group], f"wrong_{unit}"))
    if criterion == "missed" and policy.missed_denominator == "village":
        places = np.ones(tally.villages.shape[1], dtype=bool) if tally.places is None else tally.places[0]
        whole = (frame.group_persons if unit == "persons" else frame.group_households)[:, UNREGISTERED]
        return found, int(whole[tally.villages[0][places]].sum())
    return found, int(getattr(counts[group], unit))


def _blown_up(tally: Tally, policy: Policy, frame: Frame) -> BlownUp:
    persons = frame.group_persons.sum(axis=0).tolist()
    registered = policy.incidence == "registered"
    rates = {}
    for criterion in ("wrong_exit", "missed"):
        found, whole = _ratio(tally, policy, frame, criterion, "persons")
        rates[criterion] = (0 if registered else found, whole) if whole else (0, 1)
    return BlownUp(
        rural=sum(persons),
        remaining=persons[REMAINING],
        exited=persons[EXITED],
        unregistered=persons[UNREGISTERED],
        registered=registered,
        **rates,
    )


def _decisions(inspection: Inspection, blown_up: BlownUp) -> Iterator[Decision]:
    policy, assessment = inspection.scenario.policy, inspection.assessment
    for criterion in CRITERIA:
        unit = policy.units.get(criterion, "persons")
        if criterion == "incidence":
            numerator, common = blown_up.poor
            denominator = common * blown_up.rural
        else:
            numerator, denominator = _ratio(assessment.tally, policy, inspection.scenario.frame, criterion, unit)
        yield Decision(
            criterion=criterion,
            unit=unit,
            numerator=numerator,
            denominator=denominator,
            limit=policy.limits[criterion],
            tested=policy.tests(criterion),
            fails=bool(assessment.verdict.fails[criterion][0]),
            at_limit=bool(assessment.verdict.at_limit[criterion][0]),
        )
