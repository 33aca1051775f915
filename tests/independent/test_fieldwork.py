"""Inspections with closed doors, errors, appeals, key households and hamlets against a listing of them all."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import NamedTuple

import enumerator
import numpy as np
import pytest
import spot_check_enumerator as oracle
from spot_check_enumerator import GROUPS, STRATA, County, Household, TwoStage
from tiny_counties import write_tiny_county
from tiny_situations import (
    QUESTIONS,
    assert_unbiased,
    events_of,
    fieldwork_of,
    outside,
    plan_of,
    population_of,
    random_county,
    random_fieldwork,
    random_policy,
    renumbered,
    shrunk,
    simulated,
    weighted_totals,
)

from sampler.inspection import totals

ERROR = 0.5e-6  # family-wise chance of a false alarm of this file; test_spot_check.py has the other half
SEEDS = range(16)
WEIGHTED = range(50, 60)  # where everybody is met, so that the weights are those of the samples
PERFECT = oracle.Fieldwork()
HALF = Fraction(1, 2)
NEVER = dict.fromkeys(oracle.CRITERIA, Fraction(1)) | {"approval": Fraction(0)}


class Situation(NamedTuple):
    county: County
    plan: TwoStage
    errors: oracle.Fieldwork
    policy: oracle.Policy


def situation(seed: int) -> Situation:
    """A random inspection; all combinations of key households and hamlets come in turn."""
    rng = Random(1000 + seed)
    villages = rng.choice((2, 3)), 2
    county = renumbered(shrunk(random_county(rng, villages, (1, 2, 3), 2), 15, rng))
    plan = TwoStage(
        villages={"ordinary": rng.choice((1, 2)), "remote": rng.choice((1, 1, 2))},
        take={group: rng.choice((1, 1, 2)) for group in GROUPS},
        key_households=seed % 2 == 1,
        hamlets=seed // 2 % 2,
    )
    interference = "township 0" if rng.random() < 0.3 else ""
    errors = random_fieldwork(rng, absence=seed not in WEIGHTED and seed % 5 != 1, interference=interference)
    return Situation(county, plan, errors, random_policy(rng, county))


@lru_cache
def listed(seed: int) -> dict[str, dict[str, Fraction]]:
    return oracle.fieldwork_chances(*situation(seed))


# --- the oracle by hand, and against the first one ----------------------------------------------------


def test_errors_appeals_and_absence_worked_out_by_hand() -> None:
    # One village, a take of 1 of A (2 of 2 persons wrong) and B (none of 2 wrong). A is recorded with 4/5 x 3/4 = 3/5,
    # B with 1/5 x 1/2 = 1/10. B is away with 1/4, A with odds 3 x 1/3 = 1, that is 1/2.
    #   both at home (3/8): A or B; only A (1/8); only B (3/8); neither (1/8)
    county = County(("ordinary",), ("east",), (Household(0, "exited", 2, 2, 1), Household(0, "exited", 2, 0, 1)))
    errors = oracle.Fieldwork(
        sensitivity=Fraction(4, 5),
        specificity=Fraction(4, 5),
        appeal_overturns_true=Fraction(1, 4),
        appeal_overturns_false=HALF,
        absence=Fraction(1, 4),
        odds_ratio=Fraction(3),
    )
    plan = TwoStage({"ordinary": 1, "remote": 0}, {"exited": 1})
    result = oracle.fieldwork_chances(county, plan, errors, oracle.Policy(NEVER | {"wrong_exit": HALF}))
    a, b = Fraction(3, 16) + Fraction(1, 8), Fraction(3, 16) + Fraction(3, 8)
    assert result["chance"]["wrong_exit"] == a * Fraction(3, 5) + b * Fraction(1, 10)
    assert result["not_measured"]["wrong_exit"] == Fraction(1, 8)


def test_key_households_and_hamlets_worked_out_by_hand() -> None:
    # Key household A, wrong; B and C in hamlet 0 as A, D in hamlet 1; a person each. One hamlet (1/2 each), take 1.
    #   hamlet 0: A, B, C and, from the others, D -> 1/4      hamlet 1: A (key), D and B or C -> 1/3
    # Without the key rule: A, B, C, D, or D and one of A (1/3), B, C: 1/2 or 0.
    marks = ((True, 0), (False, 0), (False, 0), (False, 1))
    households = tuple(Household(0, "exited", 1, int(k == 0), 1, *mark) for k, mark in enumerate(marks))
    county = County(("ordinary",), ("east",), households)
    plan = TwoStage({"ordinary": 1, "remote": 0}, {"exited": 1}, key_households=True, hamlets=1)
    policy = oracle.Policy(NEVER | {"wrong_exit": Fraction(1, 4)})
    result = oracle.fieldwork_chances(county, plan, PERFECT, policy)
    assert result["chance"]["wrong_exit"] == result["at_limit"]["wrong_exit"] == HALF
    result = oracle.fieldwork_chances(county, plan._replace(key_households=False), PERFECT, policy)
    assert result["chance"]["wrong_exit"] == Fraction(1, 6)
    assert result["at_limit"]["wrong_exit"] == HALF


def test_the_two_oracles_agree_where_fieldwork_is_perfect(tmp_path: Path) -> None:
    compared = 0
    for seed in range(40):
        path = write_tiny_county(tmp_path / str(seed), seed)
        scenario = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        policy = enumerator.read_policy(scenario["policy"])
        if policy.incidence != "blown_up" or policy.units != enumerator.UNITS:
            continue  # the second oracle decides in the default units only
        plan = TwoStage(scenario["plan"]["villages"], scenario["plan"]["take"])
        same = oracle.Policy(policy.limits, policy.at_limit_fails, policy.missed_denominator)
        county = county_of(enumerator.read_county(path.parent / "county"))
        assert oracle.fieldwork_chances(county, plan, PERFECT, same) == enumerator.enumerate_chances(path), seed
        compared += 1
    assert compared >= 20


def county_of(villages: list[enumerator.Village]) -> County:
    """Return what the first oracle has read, as the second one holds it."""
    households = [
        Household(number, group, seen.persons, seen.wrong_persons, seen.approving_households)
        for number, village in enumerate(villages)
        for group in GROUPS
        for seen in village.households[group]
    ]
    return County(tuple(village.stratum for village in villages), ("east",) * len(villages), tuple(households))


@pytest.mark.parametrize("seed", [*SEEDS, *WEIGHTED])
def test_weighted_totals_are_unbiased(seed: int) -> None:
    """Key households, hamlets and the others are expanded each by themselves, given the hamlets drawn."""
    county, plan, _, _ = situation(seed)
    assert oracle.two_stage_weights(county, plan) == [1] * len(county.households)


def test_a_group_without_a_take_is_not_represented_by_its_key_households() -> None:
    marks = (True, False)
    county = County(("ordinary",), ("east",), tuple(Household(0, "exited", 1, 0, 1, key) for key in marks))
    plan = TwoStage({"ordinary": 1, "remote": 0}, {}, key_households=True)
    assert oracle.two_stage_weights(county, plan) == [1, 0]


# --- the product --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_simulated_chances_agree_with_the_listing(seed: int) -> None:
    county, plan, errors, policy = situation(seed)
    expected = listed(seed)
    events = events_of(county, simulated(county, plan, errors, seed), policy)
    error = ERROR / 2 / len(SEEDS) / len(QUESTIONS)
    for kind, name in QUESTIONS:
        exact = expected[kind][name]
        assert not outside(exact, events[kind, name], error), (kind, name, float(exact), events[kind, name].mean())


def test_the_situations_bring_out_the_rules() -> None:
    results = [listed(seed) for seed in SEEDS]
    for name in ("any", *oracle.CRITERIA):
        assert sum(Fraction(1, 20) < result["chance"][name] < Fraction(19, 20) for result in results) >= 8, name
    for name in oracle.CRITERIA:
        assert sum(result["at_limit"][name] > Fraction(1, 1000) for result in results) >= 2, name
    for name in ("wrong_exit", "missed"):
        assert sum(result["not_measured"][name] > Fraction(1, 1000) for result in results) >= 2, name
    plans = [situation(seed).plan for seed in SEEDS]
    assert {(plan.key_households, plan.hamlets) for plan in plans} == {(k, h) for k in (False, True) for h in (0, 1)}
    assert any(situation(seed).errors.odds_ratio > 1 for seed in SEEDS if situation(seed).errors.absence)
    assert any(situation(seed).errors.interference for seed in SEEDS)


def largest_total(county: County, plan: TwoStage) -> Fraction:
    """Return what no weighted total can pass: a drawn village stands for M/m, its visited households for all of it."""
    most = Fraction(0)
    for stratum in STRATA:
        members, drawn = county.members(stratum), plan.villages[stratum]
        if drawn:
            groups = [county.of(village, group) for village in members for group in GROUPS]
            heaviest = max(len(k) * max((county.households[i].persons for i in k), default=0) for k in groups)
            most += len(members) * heaviest
    return most


@pytest.mark.parametrize("seed", WEIGHTED)
def test_simulated_weighted_totals_agree_with_their_expectations(seed: int) -> None:
    county, plan, errors, _ = situation(seed)
    expected = oracle.expected_totals(county, oracle.two_stage_weights(county, plan), errors)
    found = weighted_totals(simulated(county, plan, errors, seed))
    assert_unbiased(expected, found, largest_total(county, plan), ERROR / 2 / len(WEIGHTED))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_official_count_is_that_of_the_tallies(seed: int) -> None:
    county, plan, errors, _ = situation(seed)
    replicates = np.arange(2_000)
    whole = simulated(county, plan, errors, seed, len(replicates)).totals()
    made = {"seed": seed, "replicates": replicates, "fieldwork": fieldwork_of(errors)}
    assert np.array_equal(totals(population_of(county), plan_of(plan), **made), whole)
