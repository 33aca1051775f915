"""The exact chances of three criteria against a plain simulation of the inspection, written from DESIGN section 5.

Villages and households are drawn with `random.sample`, persons are counted one household at a time, rates are
compared as fractions are, and nothing of the engine is used. What is given is the county and its truth.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import NamedTuple

import pytest
from scipy.stats import beta

from sampler.population import Population
from scenarios.engines import exact
from scenarios.files.scenario_file import load_scenario
from scenarios.scenario import Scenario, populations

INSPECTIONS = 4_000
FAMILY = 1e-3  # chance of a false alarm of the whole file, were its seed another
LEVELS = ("0.012", "0.018")
VILLAGES = {"ordinary": 17, "remote": 12}
TAKE = {"exited": 18, "remaining": 2, "unregistered": 18}
CRITERIA = ("wrong_exit", "missed", "missed in the villages", "approval")


# Persons, then wrong persons at each level, then whether the household approves at each level.
Household = tuple[int, ...]
GROUPS = ("exited", "remaining", "unregistered")


class Village(NamedTuple):
    """Its households by group, and its unregistered persons."""

    households: dict[str, list[Household]]
    unregistered: int


@pytest.fixture(scope="module")
def cells() -> list[Scenario]:
    base = load_scenario("example").scenario
    # Approval near its limit, so that its chance is neither 0 nor 1.
    return [
        base.at({"wrong_exit": Decimal(level), "missed": Decimal(level), "disapproval": Decimal(disapproval)})
        for level, disapproval in zip(LEVELS, ("0.09", "0.1"), strict=True)
    ]


def strata(truths: tuple[Population, ...]) -> dict[str, list[Village]]:
    frame = truths[0].frame
    households: list[dict[str, list[Household]]] = [{group: [] for group in GROUPS} for _ in frame.codes]
    for i, (village, group) in enumerate(zip(frame.household_village, frame.household_group, strict=True)):
        wrong, approves = (int(p.wrong_persons[i]) for p in truths), (int(p.approves[i]) for p in truths)
        households[village][GROUPS[group]].append((int(frame.household_persons[i]), *wrong, *approves))
    found: dict[str, list[Village]] = {"ordinary": [], "remote": []}
    for remote, here in zip(frame.remote, households, strict=True):
        residents = sum(persons for persons, *_ in here["unregistered"])
        found["remote" if remote else "ordinary"].append(Village(here, residents))
    return found


def sums(households: list[Household]) -> list[int]:
    """Return what the households add up to, column by column."""
    return [sum(column) for column in zip(*households, strict=True)]


def inspect(county: dict[str, list[Village]], rng: Random) -> set[tuple[int, str]]:
    """Make one inspection and return (level, criterion) for all that fail.

    Rates fail above 2% (0.2% of the villages' persons, who are about ten times as many), approval below 90%.
    """
    visited: dict[str, list[Household]] = {group: [] for group in GROUPS}
    residents = 0
    for stratum, number in VILLAGES.items():
        for village in rng.sample(county[stratum], number):
            residents += village.unregistered
            for group, take in TAKE.items():
                households = village.households[group]
                visited[group] += rng.sample(households, min(take, len(households)))
    exited, *wrong = sums(visited["exited"])
    asked, *missed = sums(visited["unregistered"])
    everyone = [household for group in GROUPS for household in visited[group]]
    approving = sums(everyone)[1 + len(LEVELS) :]
    failing = set()
    for level in range(len(LEVELS)):
        fails = (
            100 * wrong[level] > 2 * exited,
            100 * missed[level] > 2 * asked,
            1000 * missed[level] > 2 * residents,
            100 * approving[level] < 90 * len(everyone),
        )
        failing |= {(level, criterion) for criterion, fail in zip(CRITERIA, fails, strict=True) if fail}
    return failing


@pytest.fixture(scope="module")
def failures(cells: list[Scenario]) -> Counter[tuple[int, str]]:
    county, rng = strata(populations(cells)), Random(20190709)
    return Counter(failure for _ in range(INSPECTIONS) for failure in inspect(county, rng))


def exact_chance(cell: Scenario, truth: Population, criterion: str) -> float:
    if criterion == "missed in the villages":
        limits = {**cell.policy.limits, "missed": cell.policy.limits["missed"] / 10}
        cell = replace(cell, policy=replace(cell.policy, missed_denominator="village", limits=limits))
        criterion = "missed"
    return exact.ratio_chance(cell, truth, criterion).fails


def test_exact_chances_lie_in_the_interval_of_the_simulation(
    cells: list[Scenario], failures: Counter[tuple[int, str]]
) -> None:
    tail = FAMILY / 2 / (len(LEVELS) * len(CRITERIA))
    informative = 0
    for level, (cell, truth) in enumerate(zip(cells, populations(cells), strict=True)):
        for criterion in CRITERIA:
            count = failures[level, criterion]
            low = beta.ppf(tail, count, INSPECTIONS - count + 1) if count else 0.0
            high = beta.isf(tail, count + 1, INSPECTIONS - count) if count < INSPECTIONS else 1.0
            chance = exact_chance(cell, truth, criterion)
            assert low <= chance <= high, (LEVELS[level], criterion, low, chance, high)
            informative += 0.02 < chance < 0.98
    assert informative >= 6  # chances near 0 or 1 would say little
