"""Planning: allocations against all others, acceptance plans against their definitions and against the exact engine."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.errors import InputError
from sampler.frame import frame_from_counts
from sampler.plan import Oversample, Plan
from sampler.population import Population
from scenarios import load
from scenarios.engines import exact
from scenarios.files.policies import load_policy
from scenarios.planning.acceptance import ClusterPlan, DoublePlan, Points, SinglePlan, smallest_plan
from scenarios.planning.allocation import neyman, optimal, power, rounded, variance_of_total
from scenarios.planning.bethel import cheapest
from scenarios.planning.decision_risk import raw_bias
from scenarios.planning.two_stage import StageCosts, affordable, households_per_village, relative_variance
from scenarios.questions.spread import spreads
from scenarios.scenario import GivenTruth, Scenario

SIZES, DEVIATIONS = np.array([40, 60, 25]), np.array([3.0, 1.0, 5.0])


def refused(code: str) -> pytest.RaisesContext[InputError]:  # type: ignore[name-defined]
    return pytest.raises(InputError, match=code)


def test_no_allocation_of_a_sample_has_less_variance_than_neymans() -> None:
    takes = rounded(neyman(SIZES, DEVIATIONS, 20), [1, 1, 1], SIZES, 20)
    best = min(variance_of_total(SIZES, DEVIATIONS, (a, b, 20 - a - b)) for a in range(1, 19) for b in range(1, 20 - a))
    # The rounded optimum may miss the best whole numbers by a little, never the continuous one.
    assert variance_of_total(SIZES, DEVIATIONS, neyman(SIZES, DEVIATIONS, 20)) <= best
    assert variance_of_total(SIZES, DEVIATIONS, takes) <= best * 1.02


def test_a_budget_is_spent_and_a_variance_met() -> None:
    costs = np.array([1.0, 4.0, 2.0])
    assert optimal(SIZES, DEVIATIONS, costs, budget=50) @ costs == pytest.approx(50)
    takes = optimal(SIZES, DEVIATIONS, costs, variance=2_000)
    assert variance_of_total(SIZES, DEVIATIONS, takes) == pytest.approx(2_000)
    other = takes * np.array([1.1, 1.0, 1.0])  # no cheaper way: moving along the constraint costs more
    scale = 1.0
    while variance_of_total(SIZES, DEVIATIONS, other * scale) < 2_000:
        scale -= 0.001
    assert (other * scale) @ costs > takes @ costs


def test_power_allocation_lies_between_neyman_and_equal_precision() -> None:
    totals = np.array([100.0, 900.0])
    shares = [power([1, 1], totals, q, 10)[1] for q in (0, 0.5, 1)]
    assert shares == pytest.approx([5, 7.5, 9])


@given(
    st.lists(st.tuples(st.floats(0.01, 100), st.integers(0, 5), st.integers(0, 40)), min_size=1, max_size=6),
    st.integers(0, 200),
)
def test_rounding_keeps_total_and_bounds(strata: list[tuple[float, int, int]], total: int) -> None:
    wanted = [each[0] for each in strata]
    least = np.array([each[1] for each in strata])
    most = least + np.array([each[2] for each in strata])
    if not least.sum() <= total <= most.sum():
        with refused("allocation_impossible"):
            rounded(wanted, least, most, total)
        return
    made = rounded(wanted, least, most, total)
    assert made.sum() == total
    assert (made >= least).all()
    assert (made <= most).all()


def test_the_cheapest_whole_numbers_are_nearly_the_best_of_all() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        terms, costs = rng.uniform(0.2, 6, (2, 3)), rng.uniform(0.5, 2, 3)
        allowed, least, most = np.array([1.0, 1.4]), np.full(3, 2), np.full(3, 30)
        found = cheapest(terms, allowed, costs, least=least, most=most)
        all_takes = np.array(list(product(range(2, 31), repeat=3)))
        meets = ((terms[:, None, :] / all_takes).sum(axis=2) <= allowed[:, None] + 1e-12).all(axis=0)
        best = (all_takes[meets] @ costs).min()
        assert (found.used <= 1 + 1e-12).all()
        assert found.continuous @ costs <= best + 1e-6
        assert best - 1e-9 <= found.takes @ costs <= best + costs.max()


def test_constraints_that_nothing_meets_are_refused_with_the_one_that_binds() -> None:
    with refused("constraint_impossible") as error:
        cheapest([[1.0, 1.0], [9.0, 9.0]], [1.0, 1.0], [1.0, 1.0], least=[2, 2], most=[10, 10])
    (mistake,) = error.value.mistakes
    assert (mistake.fields["found"], mistake.fields["allowed"]) == (2, "80%")
    for broken in ([0.0, 1.0], [-1.0, 1.0]):
        with refused("cost_not_positive"):
            cheapest([[1.0, 1.0]], [1.0], broken, least=[2, 2], most=[10, 10])


def test_no_other_take_beats_the_two_stage_optimum() -> None:
    costs = StageCosts(village=20, household=1)
    best = households_per_village(costs, 0.05)
    assert all(relative_variance(take, costs, 0.05) >= 1 for take in (1, best / 2, best - 1, best + 1, 100))
    assert affordable(1_000, best, costs) * (20 + best) <= 1_000
    with refused("correlation_not_positive"):
        households_per_village(costs, 0.0)


def test_the_smallest_plan_is_the_smallest() -> None:
    points = Points(good=0.02, producer=0.1, bad=0.12, consumer=0.1)
    for population in (None, 300):
        found = smallest_plan(points, population=population)
        for size, accept in product(range(1, found.size), range(12)):
            plan = SinglePlan(size=size, accept=accept, population=population)
            assert 1 - plan.accepted(0.02) > 0.1 or plan.accepted(0.12) > 0.1
        assert 1 - found.accepted(0.02) <= 0.1
        assert found.accepted(0.12) <= 0.1


def test_a_double_plan_is_what_its_rule_says() -> None:
    plan, p = DoublePlan(first=20, second=30, accept=0, reject=3, accept_both=3), 0.07

    def law(n: int, k: int) -> float:
        return comb(n, k) * p**k * (1 - p) ** (n - k)

    accepted = sum(
        law(20, a) * (1.0 if a == 0 else sum(law(30, b) for b in range(3 - a + 1)) if a < 3 else 0.0) for a in range(21)
    )
    assert plan.accepted(p) == pytest.approx(accepted, abs=1e-12)
    assert plan.average_size(p) == pytest.approx(20 + 30 * (law(20, 1) + law(20, 2)), abs=1e-12)


def test_clusters_that_do_not_differ_are_a_single_plan() -> None:
    single = SinglePlan(size=50, accept=4).accepted(0.1)
    assert ClusterPlan(clusters=5, take=10, accept=4).accepted(0.1, 0.0) == pytest.approx(single, abs=1e-12)
    with refused("deviation_too_large"):
        ClusterPlan(clusters=5, take=10, accept=4).accepted(0.1, 0.4)


def test_a_county_of_one_village_and_single_persons_is_a_single_plan() -> None:
    """The exact engine gives the classical plan where it is one: acceptance number, the largest count within 2%."""
    households, wrong, take = 400, 12, 130
    counts = np.array([[0, 0, households]])
    frame = frame_from_counts(
        name="one village",
        codes=["A"],
        villages=["A"],
        townships=["T"],
        remote=[False],
        poor_village=[False],
        group_households=counts,
        group_persons=counts,
    )
    errors = np.zeros(households, dtype=np.int64)
    errors[:wrong] = 1
    truth = GivenTruth(wrong_persons=errors, approves=np.ones(households, dtype=bool))
    cell = Scenario(
        name="one",
        seed=1,
        frame=frame,
        truth=truth,
        plan=Plan(villages={"ordinary": 1}, take={"unregistered": take}),
        policy=load_policy("national-2019-central"),
    )
    population = Population(frame=frame, wrong_persons=errors, approves=truth.approves)
    fails = exact.ratio_chance(cell, population, "missed").fails
    classical = SinglePlan(size=take, accept=take // 50, population=households)
    assert fails == pytest.approx(1 - classical.accepted(wrong / households), abs=1e-12)


def test_the_bias_of_the_raw_rate_is_what_inspections_see() -> None:
    """The mean raw rate over simulated inspections of many populations, against the formula."""
    scenario = load("example")
    at = {"wrong_exit": Decimal("0.01"), "missed": Decimal("0.01")}
    seen = spreads(replace(scenario, averaged=True), at)
    bias = raw_bias(scenario.frame, scenario.plan, 2.0)  # type: ignore[arg-type]
    for name in ("wrong_exit", "missed"):
        # A rate of 1% from 51,200 inspections of 128 populations: its relative error is below 2%.
        assert seen.rates[name].mean / 0.01 - 1 == pytest.approx(bias[name], abs=0.06)
    even = replace(scenario.plan, villages=Oversample(villages=29, factors={}))  # type: ignore[type-var]
    assert abs(raw_bias(scenario.frame, even, 2.0)["missed"]) < 0.1
    assert raw_bias(scenario.frame, scenario.plan, 1.0)["missed"] == pytest.approx(0, abs=1e-12)  # type: ignore[arg-type]


def test_points_in_the_wrong_order_are_refused() -> None:
    with refused("points_order"):
        Points(good=0.1, producer=0.05, bad=0.1, consumer=0.1)
    with refused("plan_not_found"):
        smallest_plan(Points(good=0.1, producer=0.01, bad=0.101, consumer=0.01), population=500)
