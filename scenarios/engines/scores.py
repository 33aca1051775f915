"""The ratio criteria as sums of whole-number household scores (METHODS 4.1): what exact arithmetic starts from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from estimators.counts import GROUPS_COUNTED, denominators, numerators
from estimators.rules.official import household_scores
from sampler.frame import Bools, Ints
from sampler.plan import Plan
from sampler.population import Population
from scenarios.engines.block_laws import BlockLaws, Recording, block_laws
from scenarios.engines.laws import Floats
from scenarios.engines.threads import Progress, in_threads
from scenarios.scenario import Scenario

RATIO_CRITERIA = ("wrong_exit", "missed", "approval")

# Widest range of scores worth computing: a limit of many digits (0.0123457) makes them millions wide.
_WIDEST = 2_000_000

Answer = TypeVar("Answer")


def serves(scenario: Scenario, criterion: str) -> bool:
    """Say whether a ratio criterion's score is known village by village, and its law takes seconds at most.

    Its limit may have few digits only, and its households no weights: weighted scores are no whole numbers.
    """
    frame, plan = scenario.frame, scenario.plan_with_law
    if plan is None or scenario.policy.weighting == "weighted":
        return False
    persons = plan.visited_households(frame) * (frame.group_persons / np.maximum(frame.group_households, 1))
    groups = list(GROUPS_COUNTED[criterion])
    seen = sum(s.drawn * persons[s.villages][:, groups].sum(axis=1).mean() for s in plan.strata(frame))
    return bool(scenario.policy.limits[criterion].denominator * seen <= _WIDEST)


def score_blocks(scenario: Scenario, population: Population, criterion: str) -> BlockLaws:
    """Return the law of a criterion's score in each block; the county fails when the score of the sample is positive.

    Parameters
    ----------
    scenario : Scenario
        Gives plan and policy.
    population : Population
        The truth.
    criterion : {"wrong_exit", "missed", "approval"}

    Returns
    -------
    BlockLaws
        Of the groups that the criterion counts. Where the denominator is that of the whole village, it is part of the
        village's score and not of its households'.
    """
    frame, policy, plan = scenario.frame, scenario.policy, plan_with_law(scenario)
    groups = GROUPS_COUNTED[criterion]
    by_village = criterion == "missed" and policy.missed_denominator == "village"
    bottom = denominators(policy.units[criterion], frame.household_persons) * (not by_village)
    none = np.zeros(len(frame.codes), dtype=np.int64)
    constant = household_scores(policy, criterion, none, counted(scenario, criterion)) if by_village else none
    scores, recording = _recorded_scores(scenario, population, criterion, bottom)
    members = np.isin(frame.household_group, groups)
    return block_laws(
        scores[members],
        frame.group_households[:, groups],
        plan.visited_households(frame)[:, groups],
        constant,
        None if recording is None else recording.of(members),
    )


def _recorded_scores(
    scenario: Scenario, population: Population, criterion: str, bottom: Ints
) -> tuple[Ints, Recording | None]:
    """Return the households' scores, and what fieldwork may make of them; None where it records the truth."""
    frame, policy, fieldwork = scenario.frame, scenario.policy, scenario.fieldwork
    unit, wrong, persons = policy.units[criterion], population.wrong_persons, frame.household_persons
    if criterion == "approval" or fieldwork.records_truth:
        top = numerators(criterion, unit, persons, wrong, population.approves)
        scores = household_scores(policy, criterion, top, bottom)
        away = float(fieldwork.absence)
        nobody = Recording(raises=np.zeros_like(scores), chance=np.zeros(len(scores)), away=away)
        return scores, nobody if away > 0 else None
    # A right household is accused as a whole.
    top = numerators(criterion, unit, persons, np.where(wrong > 0, wrong, persons), population.approves)
    zero = np.zeros_like(top)
    recording = Recording(
        raises=household_scores(policy, criterion, top, zero),
        chance=fieldwork.chance_recorded(frame, wrong),
        away=float(fieldwork.absence),
    )
    return household_scores(policy, criterion, zero, bottom), recording


def counted(scenario: Scenario, criterion: str) -> Ints:
    """Return what each village, when drawn, brings to the criterion's denominator (any positive number will do)."""
    frame = scenario.frame
    if criterion == "missed" and scenario.policy.missed_denominator == "village":
        return frame.unregistered[scenario.policy.units["missed"]]
    visited: Ints = plan_with_law(scenario).visited_households(frame)[:, GROUPS_COUNTED[criterion]].sum(axis=1)
    return visited


def chance_empty(scenario: Scenario, criterion: str) -> Floats:
    """Return the chance that each village, once drawn, brings nothing to the criterion's denominator, shape (V,)."""
    frame, away = scenario.frame, float(scenario.fieldwork.absence)
    empty: Floats = (counted(scenario, criterion) == 0).astype(np.float64)
    if away == 0 or (criterion == "missed" and scenario.policy.missed_denominator == "village"):
        return empty
    # Nobody is met where everybody of the groups that are visited is away.
    groups = GROUPS_COUNTED[criterion]
    visited = plan_with_law(scenario).visited_households(frame)[:, groups] > 0
    alone: Floats = (away ** (frame.group_households[:, groups] * visited)).prod(axis=1)
    return alone


def plan_with_law(scenario: Scenario) -> Plan:
    """Return the plan of a scenario whose laws are known (`Scenario.plan_with_law`)."""
    plan = scenario.plan_with_law
    if plan is None:
        raise TypeError("exact laws are those of a two-stage plan whose households are recorded one by one")
    return plan


def by_criterion(
    work: Callable[[Scenario, Population, str], Answer],
    scenarios: Sequence[Scenario],
    truths: Sequence[Population],
    *,
    serves: Callable[[Scenario, str], bool] = serves,
    progress: Progress | None = None,
) -> list[Mapping[str, Answer]]:
    """Return the answer to each ratio criterion of each scenario; what would take too long is left out.

    Parameters
    ----------
    work : callable
        Answers one criterion of one scenario.
    scenarios, truths : sequence of Scenario and of Population
        Side by side.
    serves : callable
        Says which criterion of which scenario is to be answered.
    progress : callable, optional
        Called with (done, all) as criteria are answered.
    """
    asked = [
        (i, (scenario, truth, criterion))
        for i, (scenario, truth) in enumerate(zip(scenarios, truths, strict=True))
        for criterion in RATIO_CRITERIA
        if serves(scenario, criterion)
    ]
    # Levels that leave a criterion's truth as it is (approval, mostly) share one answer.
    keys = [_key(*job) for _, job in asked]
    different = dict(zip(keys, (job for _, job in asked), strict=True))
    answers = dict(
        zip(different, in_threads(lambda job: work(*job), list(different.values()), progress=progress), strict=True)
    )
    found: list[dict[str, Answer]] = [{} for _ in scenarios]
    for key, (i, (_, _, criterion)) in zip(keys, asked, strict=True):
        found[i][criterion] = answers[key]
    return list(found)


def _key(scenario: Scenario, population: Population, criterion: str) -> tuple[object, ...]:
    """Return what decides a criterion's chance: equal keys, equal answers."""
    if criterion == "approval":
        truth: Bools | Ints = population.approves
    else:
        truth = population.wrong_persons[np.isin(scenario.frame.household_group, GROUPS_COUNTED[criterion])]
    digest = hashlib.blake2b(truth.tobytes()).digest()
    parts = (id(scenario.frame), id(scenario.plan), id(scenario.policy), scenario.fieldwork, scenario.seed)
    return (*parts, criterion, digest)
