"""The exact engine against the second enumerator: teams miss, accuse wrongly, hear appeals, find doors closed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest
import spot_check_enumerator as oracle
from spot_check_enumerator import GROUPS, County, TwoStage
from tiny_situations import (
    fieldwork_of,
    plan_of,
    population_of,
    random_county,
    random_fieldwork,
    random_policy,
    renumbered,
    shrunk,
)

from estimators.policy import Policy
from scenarios.engines import conditional, exact
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.scenario import GivenTruth, Scenario

TOLERANCE = 1e-12  # the bar of DESIGN section 7
SEEDS = range(80)


class Situation(NamedTuple):
    county: County
    plan: TwoStage
    errors: oracle.Fieldwork
    policy: oracle.Policy


def situation(seed: int) -> Situation:
    """A random two-stage inspection whose absence does not look at the truth; every second one finds doors closed."""
    rng = Random(7000 + seed)
    villages = rng.choice((2, 3)), 2
    county = renumbered(shrunk(random_county(rng, villages, (0, 1, 2, 4), 2), 16, rng))
    plan = TwoStage(
        villages={"ordinary": rng.choice((1, 2)), "remote": rng.choice((0, 1, 2))},
        take={group: rng.choice((0, 1, 2, 3)) for group in GROUPS},
        key_households=False,
        hamlets=0,
    )
    errors = random_fieldwork(
        rng, absence=seed % 2 == 1, interference="township 0" if rng.random() < 0.4 else ""
    )._replace(odds_ratio=Fraction(1))
    # Every fourth team records the truth, and every eighth finds everything.
    if seed % 4 == 2:
        errors = errors._replace(sensitivity=Fraction(1), specificity=Fraction(1), appeal_overturns_true=Fraction(0))
    elif seed % 8 == 4:
        errors = errors._replace(sensitivity=Fraction(1), appeal_overturns_true=Fraction(0))
    return Situation(county, plan, errors, random_policy(rng, county))


@lru_cache
def listed(seed: int) -> dict[str, dict[str, Fraction]]:
    return oracle.fieldwork_chances(*situation(seed))


def scenario_of(found: Situation) -> Scenario:
    population = population_of(found.county)
    return Scenario(
        name="tiny",
        seed=1,
        frame=population.frame,
        truth=GivenTruth(wrong_persons=population.wrong_persons, approves=population.approves),
        plan=plan_of(found.plan),
        fieldwork=fieldwork_of(found.errors),
        policy=Policy(name="tiny", **found.policy._asdict()),
        averaged=False,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_exact_chances_with_fieldwork_equal_enumeration(seed: int) -> None:
    (found,) = exact.chances([scenario_of(situation(seed))])
    told = {"chance": found.fails, "at_limit": found.at_limit, "not_measured": found.not_measured}
    for kind, values in told.items():
        for criterion in RATIO_CRITERIA:
            value = values[criterion]
            assert value is not None
            assert abs(value - float(listed(seed)[kind][criterion])) <= TOLERANCE, (kind, criterion)


@pytest.mark.parametrize("seed", SEEDS[::4])
def test_given_villages_the_chances_average_to_the_whole(seed: int) -> None:
    """All samples of villages are listed; each is as likely as any other."""
    scenario = scenario_of(situation(seed))
    samples = np.array(oracle.village_samples(situation(seed).county, situation(seed).plan.villages))
    population = population_of(situation(seed).county)
    for criterion in RATIO_CRITERIA:
        given = conditional.given_villages(scenario, population, criterion, samples)
        told = {"chance": given.fails, "at_limit": given.at_limit, "not_measured": given.not_measured}
        for kind, values in told.items():
            assert abs(values.mean() - float(listed(seed)[kind][criterion])) <= TOLERANCE


def test_the_situations_bring_out_what_fieldwork_does() -> None:
    inside = dict.fromkeys(("chance", "at_limit", "not_measured"), 0)
    for seed in SEEDS:
        for kind in inside:
            inside[kind] += sum(0 < listed(seed)[kind][criterion] < 1 for criterion in RATIO_CRITERIA)
    assert min(inside.values()) > 20


@pytest.mark.parametrize(
    "coupling",
    [{"absence": Decimal("0.2"), "absence_odds_ratio": Decimal(3)}, {"teams": 2, "team_icc": Decimal("0.1")}],
    ids=["absence that looks at the truth", "teams that differ"],
)
def test_what_couples_households_has_no_exact_chance(coupling: dict[str, Any]) -> None:
    scenario = scenario_of(situation(0))
    (answer,) = exact.chances([replace(scenario, fieldwork=replace(scenario.fieldwork, **coupling))])
    assert all(answer.fails[criterion] is None for criterion in RATIO_CRITERIA)
