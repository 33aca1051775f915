"""Attribution against putting villages right one by one, and against trying every village at each step."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from test_exact_by_design import scenario_of
from tiny_counties import write_tiny_county

from sampler.designs import DESIGNS
from sampler.error_model import nested_populations
from sampler.errors import InputError
from sampler.population import Population
from scenarios import load
from scenarios.engines import exact
from scenarios.engines.kernels import sample_slopes
from scenarios.engines.marginal import drops, put_right, readable_sample_slopes
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.files.scenario_file import load_scenario
from scenarios.questions import attribution as room
from scenarios.questions.attribution import attributable, attribution
from scenarios.scenario import Scenario, populations

TOLERANCE = 1e-12
LEVEL = {"wrong_exit": Decimal("0.015"), "missed": Decimal("0.015"), "disapproval": Decimal("0.09")}
NAMES = [name for name, entry in DESIGNS.items() if "no_exact_chance" not in entry.limitations]


def only(villages: int, chosen: int) -> np.ndarray:
    return np.arange(villages) == chosen


def one_by_one(scenario: Scenario, population: Population, criterion: str) -> np.ndarray:
    chance = exact.ratio_chance(scenario, population, criterion).fails
    villages = len(scenario.frame.codes)
    return np.array(
        [
            chance - exact.ratio_chance(scenario, put_right(population, only(villages, v)), criterion).fails
            for v in range(villages)
        ]
    )


@pytest.mark.parametrize("seed", range(60))
def test_drops_of_tiny_counties(seed: int, tmp_path: Path) -> None:
    """Ties, rates that are not measured and both denominators among them."""
    scenario = load_scenario(str(write_tiny_county(tmp_path, seed))).scenario
    (population,) = populations([scenario])
    for criterion in RATIO_CRITERIA:
        found = drops(scenario, population, criterion)
        assert abs(found.chance - exact.ratio_chance(scenario, population, criterion).fails) <= TOLERANCE
        assert np.abs(found.drops - one_by_one(scenario, population, criterion)).max(initial=0.0) <= TOLERANCE


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(8))
def test_drops_under_every_design(name: str, seed: int) -> None:
    scenario = scenario_of(seed, name)
    (population,) = populations([scenario])
    for criterion in RATIO_CRITERIA:
        found = drops(scenario, population, criterion)
        assert np.abs(found.drops - one_by_one(scenario, population, criterion)).max() <= TOLERANCE


def test_drops_of_villages_of_the_example() -> None:
    scenario = replace(load("example"), averaged=False).at(LEVEL)
    (population,) = populations([scenario])
    found = drops(scenario, population, "missed")
    chance = exact.ratio_chance(scenario, population, "missed").fails
    for village in np.argsort(-found.drops)[[0, 3, 50, 256]].tolist():
        right = put_right(population, only(257, village))
        lost = chance - exact.ratio_chance(scenario, right, "missed").fails
        assert abs(found.drops[village] - lost) <= TOLERANCE


def test_the_compiled_slopes_are_the_readable_ones() -> None:
    rng = np.random.default_rng(3)
    for size, drawn in ((1, 0), (1, 1), (7, 3), (40, 40), (30, 12)):
        points = int(rng.integers(1, 300))
        values = np.sqrt(rng.random((size, points))) * np.exp(2j * np.pi * rng.random((size, points)))
        assert np.abs(sample_slopes(values, drawn) - readable_sample_slopes(values, drawn)).max() <= 1e-14


def test_parts_are_what_putting_them_right_takes_off() -> None:
    scenario = replace(load("example"), averaged=False)
    found = attribution(scenario, LEVEL, steps=0)
    cell = scenario.at(LEVEL)
    (population,) = populations([cell])
    for part in (*found.townships[:2], *found.strata):
        if part in found.strata:
            inside = cell.frame.remote == (part.name == "remote")
        else:
            inside = np.array(cell.frame.townships) == part.name
        assert part.villages == inside.sum()
        for criterion in RATIO_CRITERIA:
            without = exact.ratio_chance(cell, put_right(population, inside), criterion).fails
            assert part.drop[criterion] == pytest.approx(found.chance[criterion] - without, abs=TOLERANCE)
    totals = [sum(part.drop.values()) for part in found.townships]
    assert totals == sorted(totals, reverse=True)
    assert sum(part.wrong_persons for part in found.townships) == population.wrong_persons.sum()


def test_each_step_takes_the_best_village() -> None:
    """In a county cut to twelve villages: no other village would have taken more off the sum."""
    example = load("example")
    plan = replace(example.plan, villages={"ordinary": 3, "remote": 2})  # type: ignore[type-var]
    keep = np.concatenate([np.flatnonzero(~example.frame.remote)[:7], np.flatnonzero(example.frame.remote)[:5]])
    from sampler.frame import frame_from_counts  # noqa: PLC0415

    frame = frame_from_counts(
        name="twelve",
        codes=[str(i) for i in range(12)],
        villages=[str(i) for i in range(12)],
        townships=["T"] * 12,
        remote=example.frame.remote[keep],
        group_households=example.frame.group_households[keep],
        group_persons=example.frame.group_persons[keep],
    )
    scenario = replace(example, frame=frame, plan=plan, averaged=False)
    found = attribution(scenario, LEVEL, steps=3)
    cell = scenario.at(LEVEL)
    (now,) = populations([cell])

    def total(population: Population) -> float:
        return sum(exact.ratio_chance(cell, population, name).fails for name in RATIO_CRITERIA)

    for step in found.steps:
        totals = [total(put_right(now, only(12, v))) for v in range(12)]
        assert totals[step.village] <= min(totals) + TOLERANCE
        now = put_right(now, only(12, step.village))
        told = step.chance.fails
        for name in RATIO_CRITERIA:
            assert told[name] == pytest.approx(exact.ratio_chance(cell, now, name).fails, abs=TOLERANCE)


def test_a_county_put_right_cannot_fail() -> None:
    cell = replace(load("example"), averaged=False).at(LEVEL)
    (population,) = populations([cell])
    right = put_right(population, np.ones(257, dtype=bool))
    for criterion in RATIO_CRITERIA:
        found = drops(cell, right, criterion)
        assert found.chance == pytest.approx(0, abs=1e-12)
        assert np.abs(found.drops).max() <= 1e-12


def test_the_average_is_over_populations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "POPULATIONS", 3)
    scenario = load("example")
    found = attribution(scenario, LEVEL)
    cell = scenario.at(LEVEL)
    made = [
        nested_populations(cell.frame, [cell.truth], seed=cell.seed, replicate=b).population(0)  # type: ignore[list-item]
        for b in range(3)
    ]
    inside = np.array(cell.frame.townships) == found.townships[0].name
    each = [drops(cell, population, "missed").drops[inside].sum() for population in made]
    assert found.townships[0].drop["missed"] == pytest.approx(np.mean(each), abs=1e-12)
    assert found.townships[0].error["missed"] == pytest.approx(np.std(each, ddof=1) / 3**0.5, abs=1e-12)
    assert (found.populations, found.villages, found.steps, found.before) == (3, (), (), None)


def test_what_has_no_law_is_refused() -> None:
    for scenario in (
        load("national-2019-spot-check"),
        replace(load("example"), policy=replace(load("example").policy, weighting="weighted")),
    ):
        with pytest.raises(InputError) as caught:
            attributable(scenario)
        assert [m.code for m in caught.value.mistakes] == ["attribution_needs_law"]
