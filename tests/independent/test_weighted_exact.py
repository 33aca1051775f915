"""The bracket of a weighted criterion holds the chance found by listing every sample in fractions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from random import Random

import numpy as np
import pytest
from scipy.stats import binom
from spot_check_enumerator import GROUPS, STRATA, County, Household
from tiny_situations import population_of, random_county, renumbered, shrunk

from estimators.policy import Policy
from sampler.frame import UNREGISTERED
from sampler.plan import Plan
from scenarios import load
from scenarios.engines import exact, simulate
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.engines.weighted import CLOSE, weighted_bracket
from scenarios.scenario import GivenTruth, Scenario, populations

TOLERANCE = 1e-12
COUNTED = {"wrong_exit": ("exited",), "missed": ("unregistered",), "approval": GROUPS}
Law = dict[tuple[Fraction, Fraction], Fraction]  # of a weighted numerator and denominator


def tiny(seed: int) -> tuple[County, Plan, Policy]:
    rng = Random(500 + seed)
    county = renumbered(shrunk(random_county(rng, (rng.choice((3, 4)), 2), (0, 1, 2, 4), 2), 18, rng))
    plan = Plan(
        villages={"ordinary": rng.choice((1, 2)), "remote": rng.choice((0, 1))},
        take={group: rng.choice((0, 1, 2)) for group in GROUPS},
    )
    policy = Policy(
        name="tiny",
        limits={
            "wrong_exit": Fraction(rng.choice((1, 2)), 5),
            "missed": Fraction(rng.choice((1, 3)), 10),
            "incidence": Fraction(1, 4),
            "approval": Fraction(rng.choice((3, 4)), 5),
        },
        at_limit_fails=rng.random() < 0.5,
        weighting="weighted",
        missed_denominator=rng.choice(("surveyed", "village")),
    )
    return county, plan, policy


def amounts(household: Household, criterion: str) -> tuple[int, int]:
    if criterion == "approval":
        return household.approves, 1
    return household.wrong, household.persons


def of_block(homes: list[Household], take: int, criterion: str, first: Fraction) -> Law:
    """Every sample of a block with the weight (M / m)(N / n) of its households."""
    take = min(take, len(homes))
    law: dict[tuple[Fraction, Fraction], Fraction] = defaultdict(Fraction)
    samples = list(combinations(homes, take))
    for sample in samples:
        weight = first * Fraction(len(homes), max(take, 1))
        top, bottom = (sum((amounts(home, criterion)[i] for home in sample), 0) for i in (0, 1))
        law[weight * top, weight * bottom] += Fraction(1, len(samples))
    return law


def both(one: Law, other: Law) -> Law:
    law: dict[tuple[Fraction, Fraction], Fraction] = defaultdict(Fraction)
    for ((a, b), p), ((c, d), q) in product(one.items(), other.items()):
        law[a + c, b + d] += p * q
    return law


def drawn_villages(county: County, plan: Plan) -> Iterator[list[tuple[int, Fraction]]]:
    """Every sample of villages, each with its stratum's M / m."""
    by_stratum = []
    for stratum in STRATA:
        members = [v for v, own in enumerate(county.strata) if own == stratum]
        wanted = plan.villages[stratum]
        by_stratum.append(
            [[(v, Fraction(len(members), wanted)) for v in some] for some in combinations(members, wanted)]
        )
    for parts in product(*by_stratum):
        yield [pair for part in parts for pair in part]


def chance(county: County, plan: Plan, policy: Policy, criterion: str) -> Fraction:
    found, samples = Fraction(0), list(drawn_villages(county, plan))
    by_village = criterion == "missed" and policy.missed_denominator == "village"
    limit = policy.limits[criterion]
    for villages in samples:
        law: Law = {(Fraction(0), Fraction(0)): Fraction(1)}
        whole = Fraction(0)
        for village, first in villages:
            for group in COUNTED[criterion]:
                homes = [county.households[k] for k in county.of(village, group)]
                law = both(law, of_block(homes, plan.take[group], criterion, first))
                whole += first * sum(home.persons for home in homes) * by_village
        for (top, bottom), p in law.items():
            denominator = whole if by_village else bottom
            if denominator == 0:
                continue
            rate = top / denominator
            beyond = rate < limit if criterion == "approval" else rate > limit
            found += p * (beyond or (policy.at_limit_fails and rate == limit)) / len(samples)
    return found


def scenario_of(county: County, plan: Plan, policy: Policy) -> Scenario:
    population = population_of(county)
    truth = GivenTruth(wrong_persons=population.wrong_persons, approves=population.approves)
    return Scenario(name="tiny", seed=1, frame=population.frame, truth=truth, plan=plan, policy=policy, averaged=False)


@pytest.mark.parametrize("seed", range(60))
def test_the_bracket_holds_the_listed_chance(seed: int) -> None:
    county, plan, policy = tiny(seed)
    scenario = scenario_of(county, plan, policy)
    (answer,) = exact.chances([scenario])
    for criterion in RATIO_CRITERIA:
        expected = float(chance(county, plan, policy, criterion))
        told = answer.fails[criterion]
        assert told is not None
        assert abs(told - expected) <= answer.bound + TOLERANCE, criterion


def test_brackets_are_narrow_where_no_sample_ties() -> None:
    narrow = 0
    for seed in range(60):
        scenario = scenario_of(*tiny(seed))
        (population,) = populations([scenario])
        for criterion in RATIO_CRITERIA:
            bracket = weighted_bracket(scenario, population, criterion)
            assert bracket.low <= bracket.high + TOLERANCE
            narrow += bracket.high - bracket.low <= CLOSE
    assert narrow >= 140  # of 180: atoms at the limit keep the others open


def test_simulated_weighted_inspections_agree() -> None:
    """On the example county, where nothing ties; the error of both sides is counted."""
    example = load("example")
    policy = replace(example.policy, weighting="weighted", missed_denominator="village")
    cell = replace(example, policy=policy, averaged=False).at(
        {"wrong_exit": Decimal("0.02"), "missed": Decimal("0.02"), "disapproval": Decimal("0.09")}
    )
    (population,) = populations([cell])
    inspections, error = 6_000, 1e-6 / len(RATIO_CRITERIA)
    seen = simulate.outcomes(cell, population, np.arange(inspections))
    for criterion in RATIO_CRITERIA:
        bracket = weighted_bracket(cell, population, criterion)
        assert bracket.high - bracket.low <= CLOSE
        failed = int(seen.fails[criterion].sum())
        assert binom.sf(failed - 1, inspections, bracket.high) > error / 2
        assert binom.cdf(failed, inspections, bracket.low) > error / 2
    assert cell.frame.group_persons[:, UNREGISTERED].sum() > 0
