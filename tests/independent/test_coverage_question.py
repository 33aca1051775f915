"""`scenarios.questions.coverage` against one sample at a time, each estimated alone and held against its own target."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from estimators.estimate import Estimate, estimate
from estimators.policy import CRITERIA
from sampler.error_model import nested_populations
from sampler.frame import EXITED, GROUPS, UNREGISTERED, Frame
from sampler.inspection import tallies
from sampler.population import Population
from scenarios import load
from scenarios.questions.assessment import default_variance
from scenarios.questions.coverage import Coverage, Covered, coverage
from scenarios.scenario import Axis, Scenario

POPULATIONS, DRAWS = 3, 4
LEVELS = (Decimal("0.002"), Decimal("0.02"))
INTERVALS = ("korn_graubard", "wald")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    example = load("example")
    return replace(example, grid=(Axis(keys=("wrong_exit", "missed"), values=LEVELS),))


@pytest.fixture(scope="module")
def found(scenario: Scenario) -> Coverage:
    return coverage(scenario, populations=POPULATIONS, draws=DRAWS, intervals=INTERVALS)


def inspections(scenario: Scenario, level: Decimal) -> list[tuple[Population, dict[tuple[str, str], Estimate]]]:
    """Return the populations and what each of their inspections estimates by weighting and interval, one at a time."""
    cell = scenario.at({"wrong_exit": level, "missed": level})
    frame, seen = cell.frame, []
    for number in range(POPULATIONS):
        population = nested_populations(frame, [cell.truth], seed=cell.seed, replicate=number).population(0)  # type: ignore[list-item]
        for i in range(DRAWS):
            tally = tallies(population, cell.plan, seed=cell.seed, replicates=np.array([number * DRAWS + i]))
            estimates: Any = {
                (weighting, interval): estimate(
                    tally,
                    cell.policy,
                    group_persons=frame.group_persons.sum(axis=0),
                    weighting=weighting,  # type: ignore[arg-type]
                    variance=default_variance(tally),
                    interval=interval,
                )
                for weighting in ("raw", "weighted")
                for interval in INTERVALS
            }
            seen.append((population, estimates))
    return seen


def county_rate(population: Population, criterion: str) -> Fraction:
    """Return the true rate of the county, by listing all households."""
    frame, wrong = population.frame, population.wrong_persons
    if criterion == "approval":
        return Fraction(int(population.approves.sum()), len(population.approves))
    if criterion == "incidence":
        rural = int(frame.household_persons.sum())
        return Fraction(int(frame.group_persons[:, 1].sum()) + int(wrong.sum()), rural)
    inside = frame.household_group == {"wrong_exit": EXITED, "missed": UNREGISTERED}[criterion]
    return Fraction(int(wrong[inside].sum()), int(frame.household_persons[inside].sum()))


def inclusion(frame: Frame, scenario: Scenario) -> list[float]:
    """Return the inclusion probability of each household under the plan, from its definition (METHODS 1.1)."""
    plan: Any = scenario.plan
    there = {kind: frame.remote.tolist().count(kind) for kind in (False, True)}
    chances = []
    for village, group in zip(frame.household_village.tolist(), frame.household_group.tolist(), strict=True):
        kind = bool(frame.remote[village])
        drawn = plan.villages["remote" if kind else "ordinary"]
        size = int(frame.group_households[village, group])
        chances.append(drawn / there[kind] * min(plan.take[GROUPS[group]], size) / size)
    return chances


def design_mean(population: Population, pi: list[float], criterion: str) -> float:
    frame = population.frame
    group_of = frame.household_group.tolist()

    def share(group: int | None, wrong: Any, units: Any) -> float:
        rows = [(p, w, u) for p, g, w, u in zip(pi, group_of, wrong, units, strict=True) if group in (None, g)]
        return math.fsum(p * w for p, w, _ in rows) / math.fsum(p * u for p, _, u in rows)

    if criterion == "approval":
        return share(None, population.approves.tolist(), [1] * len(pi))
    wrong, sizes = population.wrong_persons.tolist(), frame.household_persons.tolist()
    rates = {g: share(g, wrong, sizes) for g in (EXITED, UNREGISTERED)}
    if criterion == "incidence":
        persons = [int(n) for n in frame.group_persons.sum(axis=0)]
        return (persons[1] + sum(rate * persons[group] for group, rate in rates.items())) / sum(persons)
    return rates[EXITED if criterion == "wrong_exit" else UNREGISTERED]


@pytest.mark.parametrize("level", LEVELS, ids=str)
def test_every_cell_is_the_mean_over_samples_taken_one_by_one(
    level: Decimal, scenario: Scenario, found: Coverage
) -> None:
    cells = {(c.criterion, c.weighting, c.interval, c.target): c for c in found.cells if c.level["missed"] == level}
    each = inspections(scenario, level)
    pi = inclusion(scenario.frame, scenario)
    targets = {
        (criterion, target): [
            float(county_rate(population, criterion)) if target == "county" else design_mean(population, pi, criterion)
            for population, _ in each[::DRAWS]
        ]
        for criterion in CRITERIA
        for target in ("county", "design_mean")
    }
    assert len(cells) == len(CRITERIA) * len(INTERVALS) * 3
    for (criterion, weighting, interval, target), cell in cells.items():
        rows = []
        for i, (_, estimates) in enumerate(each):
            one, held = estimates[weighting, interval][criterion], targets[criterion, target][i // DRAWS]
            low, high, value = (float(x[0]) for x in (one.low, one.high, one.value))
            empty = one.villages_with_event[0] == 0
            rows.append(
                (
                    low <= held <= high,
                    high < held,
                    low > held,
                    high - low,
                    empty,
                    value - held,
                )
            )
        means = np.mean(np.array(rows, dtype=float), axis=0)
        told = (cell.coverage, cell.below, cell.above, cell.width, cell.zero_events, cell.bias)
        assert told == pytest.approx(tuple(means), abs=1e-12), (criterion, weighting, interval, target)
        by_population = np.array([row[0] for row in rows], dtype=float).reshape(POPULATIONS, DRAWS).mean(axis=1)
        error = by_population.std(ddof=1) / POPULATIONS**0.5
        assert cell.standard_error == pytest.approx(max(error, 0.5 / POPULATIONS**1.5), abs=1e-12)
        assert cell.samples == POPULATIONS * DRAWS


def test_the_raw_rate_is_also_held_against_what_it_does_not_estimate(found: Coverage) -> None:
    def targets(weighting: str) -> set[str]:
        return {cell.target for cell in found.cells if cell.weighting == weighting}

    assert targets("raw") == {"county", "design_mean"}
    assert targets("weighted") == {"county"}


def cells_of(answer: Coverage) -> list[Covered]:
    return list(answer.cells)


def test_neither_other_levels_nor_other_intervals_change_a_cell(scenario: Scenario, found: Coverage) -> None:
    one = replace(scenario, grid=(Axis(keys=("wrong_exit", "missed"), values=LEVELS[1:]),))
    alone = coverage(one, populations=POPULATIONS, draws=DRAWS, intervals=INTERVALS[1:], criteria=["missed"])
    beside = [
        cell
        for cell in cells_of(found)
        if (cell.level["missed"], cell.interval, cell.criterion) == (LEVELS[1], "wald", "missed")
    ]
    assert cells_of(alone) == beside


def test_populations_without_a_measured_sample_are_left_out(scenario: Scenario) -> None:
    """Nobody of the unregistered is visited: the missed rate has no sample, and no mean is made up."""
    plan: Any = scenario.plan
    blind = replace(scenario, plan=replace(plan, take={**plan.take, "unregistered": 0}), grid=scenario.grid)
    answer = coverage(blind, populations=2, draws=2, criteria=["missed"])
    assert cells_of(answer)
    for cell in cells_of(answer):
        assert cell.samples == 0
        assert np.isnan(cell.coverage)
