"""Tuning: candidates, their risks, the race, and the winner held against the plans in use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from sampler.error_model import ErrorModel, nested_populations
from sampler.errors import InputError
from sampler.frame import Frame, frame_from_counts
from sampler.plan import Oversample, Plan
from sampler.recheck import SpotCheck
from sampler.stratify import Stratification
from scenarios import load
from scenarios.engines import exact, model
from scenarios.planning.candidates import Space, plans_within
from scenarios.planning.confirm import confirm, fresh_populations
from scenarios.planning.decision_risk import (
    DecisionRisk,
    UnderCondition,
    conditions,
    decision_errors,
    decision_risks,
    levels_of,
)
from scenarios.planning.fieldwork_cost import expected_cost, field_work
from scenarios.planning.precision import interval_width
from scenarios.planning.race import FIRST, LAST, SECOND, Race, score
from scenarios.planning.smallest import RiskPoints
from scenarios.planning.stratifications import favoured, stratifications
from scenarios.planning.tune import _tied, tune
from scenarios.planning.tuning import Judged, Tuning
from scenarios.planning.two_stage import StageCosts
from scenarios.questions.coverage import coverage
from scenarios.scenario import Axis, Scenario

POINTS = RiskPoints(good=Decimal("0.01"), producer=Decimal("0.5"), bad=Decimal("0.05"), consumer=Decimal("0.5"))
FRESH = 96  # populations on which a gain is measured once more
COSTS = StageCosts(village=10, household=1)


def refused(code: str) -> pytest.RaisesContext[InputError]:  # type: ignore[name-defined]
    return pytest.raises(InputError, match=code)


def small_county() -> Frame:
    i = np.arange(30)
    households = np.stack([20 + i % 7, i % 2, 40 + i % 5], axis=1)
    return frame_from_counts(
        name="small",
        codes=[f"c{k}" for k in i],
        villages=[f"v{k}" for k in i],
        townships=[("A", "B", "C")[k % 3] for k in i],
        remote=i % 4 == 3,
        poor_village=i % 5 == 0,
        group_households=households,
        group_persons=3 * households,
        distance_km=2.0 + i,
    )


@pytest.fixture(scope="module")
def small() -> Scenario:
    axis = Axis(keys=("wrong_exit", "missed"), values=(Decimal("0.01"), Decimal("0.05")))
    plan = Plan(villages={"ordinary": 6, "remote": 2}, take={"exited": 6, "unregistered": 6})
    return replace(load("example"), frame=small_county(), plan=plan, grid=(axis,))


SPACE = Space(
    strata=(Stratification(), Stratification(by=("poor_village",))),
    factors=(Decimal(1), Decimal(2)),
    takes=(4, 8),
    splits=(Decimal(1),),
    shares=(Decimal(1),),
)


@pytest.fixture(scope="module")
def tuned(small: Scenario) -> Tuning:
    return tune(
        small, POINTS, [{"icc": Decimal("0.1"), "remote_multiplier": Decimal(4)}], costs=COSTS, space=SPACE, fresh=FRESH
    )


def test_risks_under_conditions_are_those_of_the_scenarios_that_state_them() -> None:
    scenario = load("example")
    points = RiskPoints(good=Decimal("0.006"), producer=Decimal("0.05"), bad=Decimal("0.02"), consumer=Decimal("0.1"))
    condition = {"icc": Decimal(0), "remote_multiplier": Decimal(4)}
    (found,) = decision_risks(scenario, [scenario.plan], points, [condition])  # type: ignore[list-item]
    truth = replace(scenario.truth, icc=Decimal(0), remote_multiplier=Decimal(4))  # type: ignore[type-var]
    stated = replace(scenario, truth=truth, averaged=True)
    for level, risk in ((points.good, found.worst.producer), (points.bad, 1 - found.worst.consumer)):
        (answer,) = model.chances([stated.at({"wrong_exit": level, "missed": level})])
        assert answer.fails["any"] == pytest.approx(risk, abs=6 * (answer.standard_error["any"] or 0) + 1e-9)
    assert found.mean == found.worst.both
    assert len(conditions()) == 9


def test_plans_tried_together_are_judged_as_each_alone(small: Scenario) -> None:
    plans = plans_within(small, 150, COSTS, SPACE)
    condition = {"icc": Decimal("0.05"), "remote_multiplier": Decimal(2)}
    together = decision_errors(small, plans, POINTS, condition, range(3, 6))
    assert together.shape == (3, len(plans), 2)
    for place, plan in enumerate(plans):
        alone = decision_errors(small, [plan], POINTS, condition, range(3, 6))
        assert np.array_equal(together[:, place], alone[:, 0])
    good, bad = (replace(small, plan=plans[1]).at({**condition, **level}) for level in levels_of(small, POINTS))
    shares = model.shares([replace(good, averaged=True), replace(bad, averaged=True)], range(3, 6))[..., 0]
    assert np.allclose(np.stack([shares[:, 0], 1 - shares[:, 1]], axis=1), together[:, 1])


def test_plans_may_ask_about_different_levels(small: Scenario) -> None:
    one, other = plans_within(small, 150, COSTS, SPACE)[:2]
    good, bad = levels_of(small, POINTS)
    asked = [(one, good), (other, bad), (one, bad), (other, good), (other, bad)]
    cells = [replace(replace(small, plan=plan).at(level), averaged=True) for plan, level in asked]
    together = model.shares(cells, range(2))
    for place, cell in enumerate(cells):
        assert np.array_equal(together[:, [place]], model.shares([cell], range(2)))


def test_the_best_of_every_kind_stays_until_the_second_round(small: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred plans, of which the second half errs more by far: one of them is still tried at length."""
    plans = [replace(small.plan, take={"exited": 1 + i}) for i in range(200)]  # type: ignore[type-var]

    def errors(_: object, some: list[Plan], *asked: object) -> np.ndarray:  # type: ignore[type-arg]
        populations = asked[-1]
        assert isinstance(populations, range)
        risk = [0.001 * (each.take["exited"] - 1) + 0.2 * (each.take["exited"] > 100) for each in some]
        return np.broadcast_to(np.array(risk)[None, :, None], (len(populations), len(some), 2))

    monkeypatch.setattr("scenarios.planning.race.decision_errors", errors)
    race = Race(
        scenario=small,
        points=POINTS,
        conditions=[{}],
        plans=plans,
        kinds=["low"] * 100 + ["high"] * 100,
        present=plans[0],
        recall=lambda work: work(),
    )
    assert race.run(3, close=3) == [0, 1, 2]
    depth = [race.seen(i)[0][1].shape[0] for i in range(200)]
    assert [i for i in range(200) if depth[i] == SECOND] == [*range(18), 100]


def test_every_plan_of_a_space_is_as_large_as_its_budget_allows() -> None:
    scenario, costs = load("example"), StageCosts(village=20, household=1)
    strata = (Stratification(), Stratification(by=("poor_village",)), Stratification(by=()))
    space = Space(strata=strata, factors=(Decimal(1), Decimal(3)), takes=(10, 25))
    plans = plans_within(scenario, 1_000, costs, space)
    assert len(plans) > 10
    for plan in plans:
        assert isinstance(plan, Plan)
        assert isinstance(plan.villages, Oversample)
        more = replace(plan, villages=replace(plan.villages, villages=plan.villages.villages + 1))
        shares = [float(share) * 1_000 for share in space.shares]
        spent, next_one = (expected_cost(scenario.frame, each, costs) for each in (plan, more))
        assert any(spent <= share < next_one for share in shares)
        # As many households a group on average as the take says, however they are split.
        assert plan.take["exited"] + plan.take["unregistered"] in (20, 50)


def test_a_spot_check_s_candidates_vary_what_the_university_decides() -> None:
    scenario = load("national-2019-spot-check")
    plan = scenario.plan
    assert isinstance(plan, SpotCheck)
    budget = expected_cost(scenario.frame, plan, COSTS)
    found = plans_within(scenario, budget, COSTS, Space(revisits=(Decimal("0.1"), Decimal("0.3")), takes=(10, 20)))
    assert len(found) > 4
    for each in found:
        assert isinstance(each, SpotCheck)
        assert each.phase1 is plan.phase1
        assert expected_cost(scenario.frame, each, COSTS) <= budget
    assert {each.revisit_share for each in found if isinstance(each, SpotCheck)} == {Decimal("0.1"), Decimal("0.3")}
    # Without remote villages nothing says whom to visit there: those groups whom the province visits.
    none = replace(scenario, plan=replace(plan, remote_villages=0, remote_take={}))
    takes = [
        each.remote_take
        for each in plans_within(none, budget, COSTS, Space(takes=(10,)))
        if isinstance(each, SpotCheck)
    ]
    assert {"exited": 10, "unregistered": 10} in takes


def test_a_space_of_nothing_and_a_budget_for_nothing_are_refused(small: Scenario) -> None:
    for name in ("strata", "factors", "takes", "splits", "shares", "revisits"):
        with refused("space_empty"):
            Space(**{name: ()})
    for scenario in (small, load("national-2019-spot-check")):
        with refused("budget_too_small") as error:
            plans_within(scenario, 10, COSTS)
        assert float(str(error.value.mistakes[0].fields["allowed"]).replace(",", "")) > 10


def test_stratifications_cover_every_column_and_differ() -> None:
    frame = small_county()
    found = stratifications(frame, drawn=8, seed=1)
    assert {each.by for each in found} == {
        (), ("remote",), ("poor_village",), ("remote", "poor_village"), ("township",), ("distance",),
        ("remote", "distance"),
    }  # fmt: skip
    for each in found:
        sizes = [len(villages) for villages in each.members(frame).values()]
        assert sum(sizes) == 30
        assert min(sizes) >= 2
    by_distance = next(each for each in found if each.by == ("distance",))
    name = favoured(by_distance, frame)
    assert name is not None
    assert len(frame.codes) - 1 in by_distance.members(frame)[name]  # the farthest village is in the favoured band
    assert favoured(Stratification(by=()), frame) is None
    assert favoured(Stratification(by=("township",)), frame) is None
    located = {each.by for each in stratifications(replace(frame, distance_km=None), drawn=8)}
    assert not any("distance" in by for by in located)


def test_field_work_counts_what_is_drawn(small: Scenario) -> None:
    work = field_work(small.frame, small.plan, per_day=5)
    assert work.villages == pytest.approx(8)
    assert work.households == pytest.approx(8 * 12)
    assert work.days == pytest.approx(8 * 3)  # 12 households at 5 a day take three days in each village
    assert work.cost(COSTS) == pytest.approx(8 * 10 + 8 * 12)
    check = load("national-2019-spot-check")
    plan = check.plan
    assert isinstance(plan, SpotCheck)
    whole = field_work(check.frame, replace(plan, revisit_share=Decimal(1), remote_villages=0))
    half = field_work(check.frame, replace(plan, revisit_share=Decimal("0.5"), remote_villages=0))
    assert half.households == pytest.approx(whole.households / 2)
    assert half.villages == whole.villages == pytest.approx(sum(s.drawn for s in plan.phase1.strata(check.frame)))
    more = field_work(check.frame, replace(plan, revisit_share=Decimal("0.5"), remote_villages=3))
    assert more.villages == pytest.approx(half.villages + 3)


def test_the_width_is_that_which_the_coverage_study_measures(small: Scenario) -> None:
    cell = small.at({"wrong_exit": Decimal("0.05"), "missed": Decimal("0.01")})
    found = coverage(cell, populations=6, draws=10, criteria=["wrong_exit", "missed"], lonely="adjust")
    weighted = [each.width for each in found.cells if each.weighting == "weighted"]
    # The study corrects for a finite population where many villages are drawn, and is narrower there.
    assert (
        0.8 * interval_width(cell, populations=6, draws=10)
        < max(weighted)
        <= interval_width(cell, populations=6, draws=10)
    )


def test_the_race_tries_everything_and_judges_the_best_under_every_condition(tuned: Tuning, small: Scenario) -> None:
    assert len(tuned.screened) == len(plans_within(small, tuned.budget, COSTS, SPACE))
    depth = {each.risk.under[0].populations for each in tuned.screened}
    assert depth <= {FIRST, SECOND}
    assert all(under.populations == LAST for each in tuned.judged for under in each.risk.under)
    assert all(len(each.risk.under) == 2 for each in tuned.judged)
    scores = [score(np.array([under.both for under in each.risk.under])) for each in tuned.judged]
    assert scores == sorted(scores)
    assert {each.name for each in tuned.judged} >= {"present", "proportional", "neyman", "searched"}
    assert tuned.best in tuned.judged
    assert list(tuned.to_frame()["cost"]) == [each.cost for each in tuned.judged]
    assert len(tuned.screened_frame()) == len(tuned.screened)
    by_strata = dict(tuned.best_by_strata())
    assert set(by_strata) == set(SPACE.strata or ())
    assert all(each.risk.under[0].populations == SECOND for each in by_strata.values())


def test_the_winner_is_confirmed_on_populations_that_the_search_has_not_seen(tuned: Tuning, small: Scenario) -> None:
    first, *others = tuned.confirmed
    assert (first.difference, first.difference_error) == (0.0, 0.0)
    numbers = fresh_populations(first.populations)
    assert min(numbers) >= LAST
    for each in others:
        judged = next(one for one in tuned.judged if one.name == each.name)
        errors = [
            decision_errors(small, [plan], POINTS, risk.worst.condition, numbers)[:, 0].sum(axis=1)
            for plan, risk in ((judged.plan, judged.risk), (tuned.best.plan, tuned.best.risk))
        ]
        above = errors[0] - errors[1]
        assert each.both == pytest.approx(errors[0].mean())
        assert each.difference == pytest.approx(above.mean())
        assert each.difference_error == pytest.approx(above.std(ddof=1) / np.sqrt(len(numbers)))
        assert each.difference == pytest.approx(each.both - first.both)
    assert list(tuned.confirmed_frame()["name"]) == [each.name for each in tuned.confirmed]


def test_the_exact_numbers_of_a_confirmation_are_the_exact_engine_s(small: Scenario) -> None:
    plan = small.plan
    assert isinstance(plan, Plan)
    condition = {"icc": Decimal("0.02"), "remote_multiplier": Decimal(2)}
    (risk,) = decision_risks(small, [plan], POINTS, [condition], populations=range(2))
    (found,) = confirm(small, [("present", risk)], POINTS, fresh=96)
    assert (found.populations, found.exact_populations) == (96, 6)
    assert set(found.exact) == {"wrong_exit", "missed"}
    expected = []
    for level in levels_of(small, POINTS):
        cell = small.at({**condition, **level})
        assert isinstance(cell.truth, ErrorModel)
        truths = [
            nested_populations(cell.frame, [cell.truth], seed=cell.seed, replicate=number)
            for number in fresh_populations(6)
        ]
        expected.append(np.mean([exact.ratio_chance(cell, each.population(0), "missed").fails for each in truths]))
    assert found.exact["missed"] == pytest.approx((expected[0], 1 - expected[1]))


def test_a_search_is_recalled_piece_by_piece(tuned: Tuning, small: Scenario) -> None:
    kept: list[np.ndarray] = []  # type: ignore[type-arg]
    under = [{"icc": Decimal("0.1"), "remote_multiplier": Decimal(4)}]

    def record(work: Callable[[], np.ndarray]) -> np.ndarray:  # type: ignore[type-arg]
        kept.append(work())
        return kept[-1]

    first = tune(small, POINTS, under, costs=COSTS, space=SPACE, fresh=FRESH, recall=record)
    left = iter(kept)
    again = tune(small, POINTS, under, costs=COSTS, space=SPACE, fresh=FRESH, recall=lambda _: next(left))
    assert next(left, None) is None
    for other in (first, again):
        assert other.to_frame().equals(tuned.to_frame())
        assert other.confirmed_frame().equals(tuned.confirmed_frame())


def test_a_spot_check_is_tuned_too() -> None:
    scenario = load("national-2019-spot-check")
    plan = scenario.plan
    assert isinstance(plan, SpotCheck)
    smaller = replace(plan, phase1=replace(plan.phase1, villages={"ordinary": 6, "remote": 2}), remote_villages=1)
    scenario = replace(scenario, frame=small_county(), plan=smaller)
    space = Space(revisits=(Decimal("0.2"), Decimal("0.6")), takes=(4,), shares=(Decimal(1),))
    found = tune(scenario, POINTS, [], costs=COSTS, space=space, budget=250, shortlist=2, fresh=FRESH)
    assert {each.name for each in found.judged} == {"present", "searched"}
    assert all(isinstance(each.plan, SpotCheck) and each.bias is None for each in found.judged)
    assert found.best_by_strata() == ()
    assert found.confirmed[0].exact == {}


def test_plans_that_cannot_be_told_from_the_best_are_tied() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(1, 400, 1))
    same = np.concatenate([noise, noise + rng.normal(scale=0.1, size=(1, 400, 1)), noise + 0.5], axis=2)
    assert 2 not in _tied(same)
    exactly = np.repeat(noise, 3, axis=2) + np.array([0.0, 0.0, 0.2])
    assert _tied(exactly) == [0, 1]


def test_a_plan_that_another_beats_in_everything_is_dominated(tuned: Tuning) -> None:
    def judged(cost: float, mean: float, worst: float) -> Judged:
        under = tuple(
            UnderCondition(
                condition={}, producer=both, producer_error=0, consumer=0, consumer_error=0, populations=LAST
            )
            for both in (worst, 2 * mean - worst)
        )
        risk = DecisionRisk(plan=tuned.best.plan, under=under)
        return replace(tuned.best, cost=cost, risk=risk)

    good, dear, bad = judged(10, 0.2, 0.3), judged(20, 0.1, 0.3), judged(11, 0.21, 0.3)
    assert replace(tuned, judged=(good, dear, bad)).undominated() == (good, dear)
