"""The exact engine under every design that has a generating function, against listing every sample in fractions.

Villages are listed by the definitions of `test_designs`, households by simple random sampling; fifty counties each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from itertools import combinations
from random import Random

import pytest
from spot_check_enumerator import GROUPS, County, Household
from test_designs import LAWS, Chances
from tiny_situations import population_of, random_county, random_policy, renumbered, shrunk

from estimators.policy import Policy
from sampler.designs import DESIGNS
from sampler.plan import Plan
from scenarios.engines import exact
from scenarios.scenario import GivenTruth, Scenario

TOLERANCE = 1e-12  # the bar of DESIGN section 7
COUNTIES = range(50)
NAMES = [name for name, entry in DESIGNS.items() if "no_exact_chance" not in entry.limitations]
COUNTED = {"wrong_exit": ("exited",), "missed": ("unregistered",), "approval": GROUPS}

Sums = dict[tuple[int, int], Fraction]  # law of numerator and denominator


def county_of(seed: int) -> tuple[County, Plan, dict[str, Fraction], bool]:
    """Return six villages, all ordinary, none so large that it is drawn for certain."""
    rng = Random(9000 + seed)
    while True:
        county = renumbered(shrunk(random_county(rng, (6, 0), (1, 2, 3), 2), 30, rng))
        drawn = rng.choice((2, 3))
        sizes = persons_of(county)
        if drawn * max(sizes) < sum(sizes):
            break
    take = {group: rng.choice((0, 1, 2)) for group in GROUPS}
    policy = random_policy(rng, county)
    return county, Plan(villages={"ordinary": drawn, "remote": 0}, take=take), policy.limits, policy.at_limit_fails


def persons_of(county: County) -> list[int]:
    return [sum(h.persons for h in county.households if h.village == v) for v in range(len(county.strata))]


def chances_of(name: str, county: County, drawn: int) -> Chances:
    """Return inclusion probabilities: equal, or in proportion to rural persons where the design wants sizes."""
    sizes = persons_of(county) if DESIGNS[name].size == "required" else [1] * len(county.strata)
    return tuple(Fraction(drawn * size, sum(sizes)) for size in sizes)


def amounts(household: Household, criterion: str) -> tuple[int, int]:
    return (household.approves, 1) if criterion == "approval" else (household.wrong, household.persons)


def of_village(county: County, village: int, take: dict[str, int], criterion: str) -> Sums:
    law: Sums = {(0, 0): Fraction(1)}
    for group in COUNTED[criterion]:
        homes = [county.households[k] for k in county.of(village, group)]
        samples = list(combinations(homes, min(take[group], len(homes))))
        block: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
        for sample in samples:
            block[added([amounts(home, criterion) for home in sample])] += Fraction(1, len(samples))
        law = both(law, block)
    return law


def added(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sum(a for a, _ in pairs), sum(b for _, b in pairs)


def both(one: Sums, other: Sums) -> Sums:
    law: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for (a, b), p in one.items():
        for (c, d), q in other.items():
            law[a + c, b + d] += p * q
    return law


def scenario_of(seed: int, design: str) -> Scenario:
    """Return the inspection of a county of `county_of` under a design, as the engines read it."""
    county, plan, limits, at_limit_fails = county_of(seed)
    population = population_of(county)
    return Scenario(
        name="tiny",
        seed=1,
        frame=population.frame,
        truth=GivenTruth(wrong_persons=population.wrong_persons, approves=population.approves),
        plan=Plan(villages=plan.villages, take=plan.take, selection=design),
        policy=Policy(name="tiny", limits=limits, at_limit_fails=at_limit_fails),
        averaged=False,
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", COUNTIES)
def test_exact_chances_under_every_design(name: str, seed: int) -> None:
    county, plan, limits, at_limit_fails = county_of(seed)
    drawn = plan.villages["ordinary"]
    (found,) = exact.chances([scenario_of(seed, name)])
    villages = LAWS[name](chances_of(name, county, drawn), ())
    for criterion in COUNTED:
        laws = [of_village(county, v, dict(plan.take), criterion) for v in range(len(county.strata))]
        fails = ties = nothing = Fraction(0)
        for sample, p in villages.items():
            for (top, bottom), q in reduce(both, (laws[v] for v in sorted(sample))).items():
                if bottom == 0:
                    nothing += p * q
                    continue
                rate, limit = Fraction(top, bottom), limits[criterion]
                ties += p * q * (rate == limit)
                beyond = rate < limit if criterion == "approval" else rate > limit
                fails += p * q * (beyond or (at_limit_fails and rate == limit))
        told = found.fails[criterion], found.at_limit[criterion], found.not_measured[criterion]
        for value, expected in zip(told, (fails, ties, nothing), strict=True):
            assert value is not None
            assert abs(value - float(expected)) <= TOLERANCE, (criterion, value, float(expected))


def test_the_designs_here_are_those_with_a_generating_function() -> None:
    assert {"srs", "systematic", "pps_systematic", "conditional_poisson", "sampford", "chromy"} == set(NAMES)
