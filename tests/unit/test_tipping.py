"""Tipping levels: where the exact chance passes 5% and 50%, and what is said where it does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest

from scenarios import load, run
from scenarios.engines import exact
from scenarios.questions.tipping import SHARES, tipping
from scenarios.scenario import Axis, Scenario, populations


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    grid = (Axis(keys=("wrong_exit", "missed"), values=tuple(Decimal(step) / 200 for step in range(9))),)
    return replace(load("example"), grid=grid)


def chance(scenario: Scenario, criterion: str, level: float) -> float:
    cell = scenario.at(dict.fromkeys(("wrong_exit", "missed"), Decimal(str(level))))
    (population,) = populations([cell])
    return exact.ratio_chance(cell, population, criterion).fails


@pytest.mark.parametrize("criterion", ["wrong_exit", "missed"])
def test_the_exact_chance_passes_the_share_at_the_tipping_level(scenario: Scenario, criterion: str) -> None:
    answer = run(scenario, engine="exact")
    found = [each for each in answer.tipping if each.question == criterion]
    assert [each.share for each in found] == list(SHARES)
    for each in found:
        assert each.level is not None
        assert each.how == "exact"
        # A hundredth of a percentage point to either side lie smaller and larger chances.
        assert chance(scenario, criterion, each.level - 1e-4) < float(each.share)
        assert chance(scenario, criterion, each.level + 1e-4) > float(each.share)


@pytest.mark.parametrize("values", [("0", "0.04"), ("0", "0.3"), ("0.001", "0.012", "0.5")])
def test_the_grid_does_not_move_the_tipping_level(scenario: Scenario, values: tuple[str, ...]) -> None:
    wide = replace(scenario, grid=(replace(scenario.grid[0], values=tuple(map(Decimal, values))),))
    fine = {(each.question, each.share): each.level for each in run(scenario, engine="exact").tipping}
    for each in run(wide, engine="exact").tipping:
        if each.question != "approval":
            assert each.level == pytest.approx(fine[each.question, each.share], abs=5e-5)


def test_what_never_tips_says_on_which_side_it_stays(scenario: Scenario) -> None:
    answer = run(scenario, engine="exact")
    approval = [each for each in answer.tipping if each.question == "approval"]
    assert {each.outside for each in approval} == {"below"}
    high = replace(scenario, grid=(Axis(keys=("wrong_exit", "missed"), values=(Decimal("0.05"), Decimal("0.06"))),))
    assert {each.outside for each in run(high, engine="exact").tipping if each.question == "missed"} == {"above"}


def test_simulated_questions_tip_between_their_neighbours(scenario: Scenario) -> None:
    answer = run(scenario)
    levels = [float(value) for value in scenario.grid[0].values]
    for each in (each for each in answer.tipping if each.question in ("any", "incidence")):
        assert each.how == "simulate"
        assert each.level is not None
        chances = [point.fails[each.question] or 0.0 for point in answer.chances]
        ((low, high),) = [
            pair
            for pair, (below, above) in zip(pairwise(levels), pairwise(chances), strict=True)
            if below <= float(each.share) < above
        ]
        assert low <= each.level <= high


def test_a_second_axis_stays_at_its_first_value(scenario: Scenario) -> None:
    crossed = replace(scenario, grid=(*scenario.grid, Axis(keys=("icc",), values=(Decimal("0.02"), Decimal("0.1")))))
    one, other = run(scenario, engine="exact"), run(crossed, engine="exact")
    assert one.tipping == other.tipping


def test_without_a_grid_there_is_nothing_to_tip() -> None:
    cell = load("example").at({"wrong_exit": Decimal("0.01"), "missed": Decimal("0.01")})
    assert tipping(cell, cell.points(), ()) == ()


def test_a_coarse_grid_does_not_move_the_tipping_level_of_an_average() -> None:
    base = load("example")

    def tips(steps: int) -> dict[tuple[str, Decimal], float | None]:
        values = tuple(Decimal(step) * Decimal("0.04") / (steps - 1) for step in range(steps))
        asked = replace(base, grid=(Axis(keys=("wrong_exit", "missed"), values=values),))
        return {(each.question, each.share): each.level for each in run(asked).tipping}

    coarse, fine = tips(5), tips(21)
    for key, level in fine.items():
        if level is not None:
            # Near the level a chance moves by .005 (its error) over about .0002.
            assert coarse[key] == pytest.approx(level, abs=3e-4), key
