"""Importance sampling of rare failure: against exact chances, against enumeration, and against plain simulation."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from enumerator import enumerate_chances
from scipy.stats import norm
from tiny_counties import write_tiny_county

from scenarios import load
from scenarios.engines import auto, exact, simulate
from scenarios.engines.importance import rare_chances, serves
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.files.scenario_file import load_scenario
from scenarios.scenario import Scenario, populations

LEVELS = ("0.004", "0.0015")
TINY = range(40)
QUESTIONS = ("any", "wrong_exit", "missed", "incidence", "approval")
# One false alarm in a million runs of all comparisons of this module together.
Z = float(norm.isf(1e-6 / 2 / (len(LEVELS) * 2 * len(RATIO_CRITERIA) + len(TINY) * len(QUESTIONS) + 4)))


def cell(level: str, denominator: str = "surveyed") -> Scenario:
    example = load("example")
    policy = replace(example.policy, missed_denominator=denominator)  # type: ignore[arg-type]
    levels = {"wrong_exit": Decimal(level), "missed": Decimal(level), "disapproval": Decimal("0.06")}
    return replace(example, policy=policy, averaged=False).at(levels)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("denominator", ["surveyed", "village"])
def test_rare_chances_of_known_size(level: str, denominator: str) -> None:
    """What nobody sees in a hundred thousand inspections, to a few per cent of itself."""
    scenario = cell(level, denominator)
    (population,) = populations([scenario])
    found = rare_chances(scenario, population, RATIO_CRITERIA)
    for criterion in RATIO_CRITERIA:
        known = exact.ratio_chance(scenario, population, criterion).fails
        assert abs(found[criterion].chance - known) <= Z * found[criterion].standard_error + 1e-300
        assert found[criterion].standard_error <= 0.15 * known or known == 0


@pytest.mark.parametrize("seed", TINY)
def test_chances_of_tiny_counties(seed: int, tmp_path: Path) -> None:
    """Common failure, ties and rates that are not measured, too: the estimator is unbiased whatever the tilt."""
    path = write_tiny_county(tmp_path, seed)
    scenario = load_scenario(str(path)).scenario
    assert serves(scenario) == (scenario.policy.units["approval"] == "households")
    if not serves(scenario):
        return
    (population,) = populations([scenario])
    expected = enumerate_chances(path)["chance"]
    found = rare_chances(scenario, population, QUESTIONS)
    for question in QUESTIONS:
        if found[question].chance == 0:  # no sample that fails was met: the caller keeps what simulation says
            continue
        gap = abs(found[question].chance - float(expected[question]))
        assert gap <= Z * found[question].standard_error + 1e-9, question


def test_it_is_what_plain_simulation_finds_at_length() -> None:
    scenario = cell("0.0055")
    (population,) = populations([scenario])
    found = rare_chances(scenario, population, ("any", "incidence"))
    seen = simulate.outcomes(scenario, population, np.arange(60_000))
    for question in ("any", "incidence"):
        share = seen.fails[question].mean()
        error = np.hypot(found[question].standard_error, np.sqrt(share * (1 - share) / 60_000))
        assert abs(found[question].chance - share) <= Z * error


def test_a_chance_too_small_to_be_counted_is_told() -> None:
    scenario = cell("0.0015")
    for engine in (auto, simulate):
        (answer,) = engine.chances([scenario])
        for question in ("any", "incidence"):
            chance, error = answer.fails[question], answer.standard_error[question]
            assert chance is not None
            assert error is not None
            assert 0 < chance < 1e-3
            assert error < 0.2 * chance
            assert answer.engine[question] == "simulate"


def test_what_cannot_be_tilted_is_left_to_plain_simulation() -> None:
    scenario = load("national-2019-spot-check")
    assert not serves(scenario)
