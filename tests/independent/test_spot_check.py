"""The two-phase spot check against a listing of every sample (METHODS 1.4), and the listing against hand-made cases."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
import spot_check_enumerator as oracle
from spot_check_enumerator import GROUPS, County, Household, SpotCheck, TwoStage
from tiny_situations import (
    QUESTIONS,
    assert_unbiased,
    decimal,
    events_of,
    fieldwork_of,
    outside,
    plan_of,
    population_of,
    random_county,
    random_fieldwork,
    random_policy,
    shrunk,
    simulated,
    weighted_totals,
)

from estimators.policy import Policy
from estimators.verdict import verdict_of_tally
from sampler.inspection import tallies, totals

ERROR = 0.5e-6  # family-wise chance of a false alarm of this file; test_fieldwork.py has the other half
SEEDS = (0, 2, 3, 8, 11, 15, 16, 20, 25, 26, 28, 33, 34, 35)  # those quickly listed
ABSENCE = range(100, 104)  # counties yet smaller, in which doors stay closed
PERFECT = oracle.Fieldwork()
HALF = Fraction(1, 2)
NEVER = dict.fromkeys(oracle.CRITERIA, Fraction(1)) | {"approval": Fraction(0)}


class Situation(NamedTuple):
    county: County
    plan: SpotCheck
    national: oracle.Fieldwork
    policy: oracle.Policy


def situation(seed: int) -> Situation:
    """A random spot check; the province errs, too, and the national team may meet closed doors."""
    rng = Random(seed)
    absence = seed in ABSENCE
    villages = rng.choice((2, 2, 3)), 2
    townships = rng.choice((1, 1, 2))
    county = shrunk(
        random_county(rng, villages, (1, 2) if absence else (1, 2, 3), townships), 8 if absence else 13, rng
    )
    phase1 = TwoStage({"ordinary": rng.choice((1, 2)), "remote": rng.choice((1, 2))}, random_take(rng))
    plan = SpotCheck(
        phase1=phase1,
        share=Fraction(rng.choice(("0.1", "0.25", "0.5", "0.5", "0.7"))),
        all_errors=rng.random() < 0.5,
        remote_villages=rng.choice((1, 1, 2)),
        remote_take=random_take(rng),
        province=random_fieldwork(rng, absence=False, interference="township 0" if rng.random() < 0.3 else ""),
    )
    national = random_fieldwork(rng, absence=absence, interference="township 0" if rng.random() < 0.3 else "")
    return Situation(county, plan, national, random_policy(rng, county))


@lru_cache
def listed(seed: int) -> dict[str, dict[str, Fraction]]:
    return oracle.spot_check_chances(*situation(seed))


@lru_cache
def weighed(seed: int) -> tuple[oracle.Weights, oracle.Weights]:
    return oracle.spot_check_weights(*situation(seed)[:2])


def random_take(rng: Random) -> dict[str, int]:
    return {group: rng.choice((1, 2, 2, 3)) for group in GROUPS}


# --- the oracle by hand -----------------------------------------------------------------------------


def test_a_cell_gives_one_questionnaire_at_least_and_rounds_halves_up() -> None:
    tenth = Fraction(1, 10)
    assert [oracle.revisits(HALF, n, False) for n in range(1, 8)] == [1, 1, 2, 2, 3, 3, 4]
    assert [oracle.revisits(tenth, n, False) for n in (1, 4, 14, 15, 25)] == [1, 1, 1, 2, 3]
    assert oracle.revisits(tenth, 7, True) == 7


def by_hand(take: int) -> tuple[County, SpotCheck]:
    """An ordinary village of A (wrong), B, C and a remote one of D (wrong), E; a person each, a township each."""
    members = (
        *(Household(0, "exited", 1, wrong, 1) for wrong in (1, 0, 0)),
        *(Household(1, "exited", 1, wrong, 1) for wrong in (1, 0)),
    )
    phase1 = TwoStage({"ordinary": 1, "remote": 1}, {"exited": take})
    return County(("ordinary", "remote"), ("east", "west"), members), SpotCheck(phase1, HALF, True, 1, {"exited": 1})


def test_a_spot_check_worked_out_by_hand() -> None:
    # The province records the truth, so errors are re-visited; the add-on visits D or E; D twice is D once.
    policy = oracle.Policy(NEVER | {"wrong_exit": HALF})
    # A take of 1 (re-visited, add-on): A (1/3): D D -> 2/2, D E -> 2/3, E D -> 2/3, E E -> 1/2
    #                               B or C (2/3): D D -> 1/2, D E -> 1/3, E D -> 1/3, E E -> 0/2
    result = oracle.spot_check_chances(*by_hand(1), PERFECT, policy)
    assert result["chance"]["wrong_exit"] == Fraction(1, 3) * Fraction(3, 4)
    assert result["at_limit"]["wrong_exit"] == Fraction(1, 3) * Fraction(1, 4) + Fraction(2, 3) * Fraction(1, 4)
    # A take of 2: A and B or C (2/3), each alone in its cell; B and C (1/3), one of whom is re-visited. D and E are
    # always re-visited, so the add-on changes nothing: A, B, D, E -> 2/4; B, D, E -> 1/3.
    result = oracle.spot_check_chances(*by_hand(2), PERFECT, policy)
    assert result["chance"]["wrong_exit"] == 0
    assert result["at_limit"]["wrong_exit"] == Fraction(2, 3)
    # Everybody's door is closed with 1/2, on the re-visit and on the add-on alike. With a take of 1:
    # nobody visited: first A, B or C away (1/2), and D and E both away (1/4), or the interviewed one away and ...
    #   the add-on replaces the absent one by the other, so it visits somebody unless both are away: 1/2 x 1/4.
    result = oracle.spot_check_chances(*by_hand(1), PERFECT._replace(absence=HALF), policy)
    assert result["not_measured"]["wrong_exit"] == Fraction(1, 8)


def test_the_weights_worked_out_by_hand() -> None:
    # Planned remote takes 1/2 x 1 x 1 and 1 x 1: a third of the weight is the re-visit's.
    county, plan = by_hand(1)
    again, fresh = oracle.spot_check_weights(county, plan)
    assert again == [1, 1, 1, Fraction(1, 3), Fraction(1, 3)]
    assert fresh == [0, 0, 0, Fraction(2, 3), Fraction(2, 3)]


# --- the weighted estimator, exactly -----------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_weighted_totals_are_unbiased(seed: int) -> None:
    """In fractions, over every sample and every record of the province, errors of the province included."""
    county = situation(seed).county
    again, fresh = weighed(seed)
    assert [a + b for a, b in zip(again, fresh, strict=True)] == [1] * len(county.households)
    for group, (persons, wrong) in oracle.expected_totals(county, again, PERFECT).items():
        more = oracle.expected_totals(county, fresh, PERFECT)[group]
        members = [household for household in county.households if household.group == group]
        assert persons + more[0] == sum(household.persons for household in members)
        assert wrong + more[1] == sum(household.wrong for household in members)


def test_a_phase_that_cannot_reach_a_group_has_no_weight_in_it() -> None:
    """Unbiased as long as one of the two can: lambda is 0 or 1 then; where neither can, the group weighs nothing."""
    county, plan = by_hand(1)
    without = {
        "no remote villages in phase 1": (plan.phase1._replace(villages={"ordinary": 1, "remote": 0}), 1, [1] * 5),
        "no add-on": (plan.phase1, 0, [1] * 5),
        "neither": (plan.phase1._replace(villages={"ordinary": 1, "remote": 0}), 0, [1, 1, 1, 0, 0]),
    }
    for name, (phase1, remote, expected) in without.items():
        again, fresh = oracle.spot_check_weights(county, plan._replace(phase1=phase1, remote_villages=remote))
        assert [a + b for a, b in zip(again, fresh, strict=True)] == expected, name


# --- the product --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [*SEEDS, *ABSENCE])
def test_simulated_chances_agree_with_the_listing(seed: int) -> None:
    county, plan, national, policy = situation(seed)
    expected = listed(seed)
    events = events_of(county, simulated(county, plan, national, seed), policy)
    error = ERROR / 2 / (len(SEEDS) + len(ABSENCE)) / len(QUESTIONS)
    for kind, name in QUESTIONS:
        exact = expected[kind][name]
        assert not outside(exact, events[kind, name], error), (kind, name, float(exact), events[kind, name].mean())


def test_the_situations_bring_out_the_rules() -> None:
    """A comparison of chances that are 0 or 1 would prove nothing."""
    results = [listed(seed) for seed in (*SEEDS, *ABSENCE)]
    for name in ("any", *oracle.CRITERIA):
        assert sum(Fraction(1, 20) < result["chance"][name] < Fraction(19, 20) for result in results) >= 8, name
    for name in oracle.CRITERIA:
        assert sum(result["at_limit"][name] > Fraction(1, 1000) for result in results) >= 2, name
    plans = [situation(seed).plan for seed in SEEDS]
    assert {plan.all_errors for plan in plans} == {False, True}
    assert any(plan.province.interference for plan in plans)


def largest_total(county: County, plan: SpotCheck) -> Fraction:
    """Return what no weighted total can pass, for bounds that need a range.

    A cell's re-visited households weigh n_c / n_2c, and there are n_2c of them: they stand for its n_c questionnaires.
    """

    def most(stage: TwoStage) -> Fraction:
        heaviest = max(
            oracle.phase1_weight(county, stage, k) * household.persons
            for k, household in enumerate(county.households)
            if stage.villages[county.strata[household.village]]
        )
        return heaviest * sum(stage.villages.values()) * sum(stage.take.values())

    return most(plan.phase1) + most(oracle.add_on_stage(plan))


@pytest.mark.parametrize("seed", SEEDS)
def test_simulated_weighted_totals_agree_with_their_expectations(seed: int) -> None:
    """Part by part: lambda and 1 - lambda exchanged would leave the sum unbiased."""
    county, plan, national, _ = situation(seed)
    tally = simulated(county, plan, national, seed)
    error = ERROR / 2 / len(SEEDS) / 2
    for parts, weights in zip((slice(0, 2), slice(2, 4)), weighed(seed), strict=True):
        expected = oracle.expected_totals(county, weights, national)
        assert_unbiased(expected, weighted_totals(tally, parts), largest_total(county, plan), error)


@pytest.mark.parametrize("seed", SEEDS)
def test_lambda_is_the_planned_share(seed: int) -> None:
    county, plan, _, _ = situation(seed)
    found = plan_of(plan).remote_share(population_of(county).frame)
    assert found.tolist() == pytest.approx([float(oracle.planned_share(plan, group)) for group in GROUPS], rel=1e-15)


@pytest.mark.parametrize("seed", [*SEEDS, *ABSENCE])
def test_the_official_count_is_that_of_the_tallies(seed: int) -> None:
    county, plan, national, _ = situation(seed)
    replicates = np.arange(2_000)
    whole = simulated(county, plan, national, seed, len(replicates)).totals()
    made = {"seed": seed, "replicates": replicates, "fieldwork": fieldwork_of(national)}
    assert np.array_equal(totals(population_of(county), plan_of(plan), **made), whole)


def test_the_desk_check_never_enters_the_four_criteria() -> None:
    county, plan, national, _ = situation(0)
    made = {"seed": 1, "replicates": np.arange(200), "fieldwork": fieldwork_of(national)}
    found = [
        tallies(population_of(county), replace(plan_of(plan), desk_share=decimal(share)), **made)
        for share in (Fraction(0), Fraction("0.1"), Fraction(1))
    ]
    assert all(np.array_equal(found[0].moments, other.moments) for other in found[1:])
    assert all(np.array_equal(found[0].weights(), other.weights()) for other in found[1:])


def test_halves_are_rounded_up() -> None:
    """Three and five clean questionnaires at a share of one half: two and three households, every time."""
    for size, again in ((3, 2), (5, 3)):
        county = County(("ordinary",), ("east",), (Household(0, "exited", 1, 0, 1),) * size)
        plan = SpotCheck(TwoStage({"ordinary": 1, "remote": 0}, {"exited": size}), HALF, False, 0, {})
        households = simulated(county, plan, PERFECT, 1, 50).totals()[:, 0, 0]
        assert households.tolist() == [again] * 50


def test_missed_households_are_measured_over_whole_villages() -> None:
    """As persons are: every inspection visits a village with unregistered households."""
    county, plan, national, policy = situation(0)
    frame = population_of(county).frame
    units = {"wrong_exit": "persons", "missed": "households", "approval": "households"}
    verdict = verdict_of_tally(
        simulated(county, plan, national, 0, 50),
        Policy(name="tiny", limits=policy.limits, missed_denominator="village", units=units),
        group_persons=frame.group_persons.sum(axis=0),
        unregistered=frame.unregistered,
    )
    assert verdict.measured["missed"].any()
