"""Three ways to the same number: exact, simulated, and simulated with exact controls, within computed bounds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from tiny_counties import write_tiny_county

from estimators.policy import CRITERIA
from sampler.errors import InputError
from scenarios import load
from scenarios.engines import auto, estimated, exact, model, simulate
from scenarios.engines.chance import QUESTIONS
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.scenario import Scenario, populations

INSPECTIONS = 20_000
ERROR = 1e-6  # family-wise chance that a test here fails although all is well
LIST = Path(__file__).parents[1] / "data" / "village_list_clean.xlsx"


def cells(name: str, denominator: str = "surveyed") -> list[Scenario]:
    scenario = load(name)
    policy = replace(scenario.policy, missed_denominator=denominator)  # type: ignore[arg-type]
    return [replace(scenario.at(level), policy=policy) for level in scenario.points()[3:13:3]]


def assert_within(expected: float | None, events: NDArray[np.bool_], error: float, told: object) -> None:
    """Hold an exact chance against the Clopper-Pearson interval of simulated events."""
    count, size = int(events.sum()), len(events)
    low = stats.beta.ppf(error / 2, count, size - count + 1) if count else 0.0
    high = stats.beta.ppf(1 - error / 2, count + 1, size - count) if count < size else 1.0
    assert expected is not None, told
    assert low <= expected <= high, (told, low, expected, high)


@pytest.mark.parametrize("name", ["example", str(LIST)])
@pytest.mark.parametrize("denominator", ["surveyed", "village"])
def test_exact_chances_lie_in_the_simulated_intervals(name: str, denominator: str) -> None:
    asked = cells(name, denominator)
    error = ERROR / (len(asked) * len(RATIO_CRITERIA) * 2)
    for cell, population, chance in zip(asked, populations(asked), exact.chances(asked), strict=True):
        seen = simulate.outcomes(cell, population, np.arange(INSPECTIONS))
        for criterion in RATIO_CRITERIA:
            assert_within(chance.fails[criterion], seen.fails[criterion], error, criterion)
            assert_within(chance.at_limit[criterion], seen.at_limit[criterion], error, criterion)


TINY = range(40)


@pytest.mark.parametrize("seed", TINY)
def test_all_questions_agree_where_all_are_exact(seed: int, tmp_path: Path) -> None:
    """Counties small enough for the exact joint law: the incidence and `any` too."""
    scenario = load(str(write_tiny_county(tmp_path, seed)))
    if scenario.policy.units["approval"] != "households":
        pytest.skip("inspections tally approval in households")
    (chance,) = exact.chances([scenario])
    seen = simulate.outcomes(scenario, populations([scenario])[0], np.arange(INSPECTIONS))
    error = ERROR / len(TINY) / (len(QUESTIONS) + 2 * len(CRITERIA))
    for question in QUESTIONS:
        assert_within(chance.fails[question], seen.fails[question], error, question)
    for criterion in CRITERIA:
        assert_within(chance.at_limit[criterion], seen.at_limit[criterion], error, criterion)
        assert_within(chance.not_measured[criterion], ~seen.measured[criterion], error, criterion)


@pytest.mark.parametrize("name", ["example", str(LIST)])
def test_controls_change_the_noise_and_not_the_answer(name: str) -> None:
    asked = cells(name)
    helped = auto.chances(asked)
    family = len(asked) * 2
    bound = stats.norm.isf(ERROR / family / 2)
    for cell, population, chance in zip(asked, populations(asked), helped, strict=True):
        # Inspections that the engine did not use.
        seen = simulate.outcomes(cell, population, np.arange(simulate.MOST, simulate.MOST + INSPECTIONS))
        for question in ("any", "incidence"):
            plain = estimated.proportion(seen.fails[question])
            value, error = chance.fails[question], chance.standard_error[question]
            assert value is not None
            assert error is not None
            assert abs(value - plain.chance) <= bound * np.hypot(error, plain.standard_error), (question, value, plain)
            assert chance.engine[question] == "simulate"


def test_auto_answers_every_question_and_keeps_the_exact_numbers() -> None:
    asked = cells("example")
    for known, chance in zip(exact.chances(asked), auto.chances(asked), strict=True):
        assert all(chance.fails[question] is not None for question in QUESTIONS)
        criteria = [chance.fails[name] or 0.0 for name in QUESTIONS[1:]]
        assert max(criteria) <= (chance.fails["any"] or 0.0) <= sum(criteria)
        for name in RATIO_CRITERIA:
            assert chance.fails[name] == known.fails[name]
            assert chance.standard_error[name] == 0.0


def test_control_variates_are_unbiased_and_less_noisy() -> None:
    rng = np.random.default_rng(7)
    size, runs = 2_000, 400
    estimates = []
    for _ in range(runs):
        first, second, third = rng.random((3, size)) < np.array([[0.2], [0.3], [0.05]])
        estimates.append(estimated.controlled(first | second | third, [first, second], [0.2, 0.3]))
    truth = 1 - 0.8 * 0.7 * 0.95
    values = np.array([each.chance for each in estimates])
    spread = values.std(ddof=1)
    limit = stats.norm.isf(ERROR / 2)
    assert abs(values.mean() - truth) <= limit * spread / np.sqrt(runs) + 1 / size  # the ratio's bias is O(1/R)
    plain = np.sqrt(truth * (1 - truth) / size)
    assert spread < 0.8 * plain
    # The printed standard error is the spread, within the chi-square range of so many runs.
    told = np.sqrt(np.mean([each.standard_error**2 for each in estimates]))
    low, high = np.sqrt(stats.chi2.ppf([ERROR / 2, 1 - ERROR / 2], runs - 1) / (runs - 1))
    assert low <= spread / told <= high


def test_a_chance_never_seen_has_an_error() -> None:
    estimate = estimated.controlled(np.zeros(4_000, dtype=bool), [], [])
    assert estimate.chance == 0
    assert estimate.standard_error > 0


def test_a_limit_of_many_digits_is_left_to_simulation() -> None:
    scenario = cells("example")[2]
    fine = replace(scenario.policy, limits={**scenario.policy.limits, "missed": Fraction(Decimal("0.0200457"))})
    asked = replace(scenario, policy=fine)
    (known,) = exact.chances([asked])
    assert known.fails["missed"] is None
    assert known.fails["wrong_exit"] is not None
    (chance,) = auto.chances([asked])
    assert chance.engine["missed"] == "simulate"
    assert chance.engine["wrong_exit"] == "exact"
    # So near to 2% no sample of these sizes tells the two limits apart but at the limit itself.
    (coarse,) = exact.chances([scenario])
    value, error = chance.fails["missed"], chance.standard_error["missed"]
    assert value is not None
    assert error
    assert abs(value - (coarse.fails["missed"] or 0.0)) <= stats.norm.isf(ERROR / 2) * error + 0.01


def test_approval_in_persons_is_exact_and_never_quietly_counted_in_households() -> None:
    (scenario,) = cells("example")[:1]
    units = {**scenario.policy.units, "approval": "persons"}
    asked = replace(scenario, policy=replace(scenario.policy, units=units))  # type: ignore[arg-type]
    (chance,) = exact.chances([asked])
    assert chance.engine["approval"] == "exact"
    for engine in (simulate.chances, auto.chances, model.chances):
        with pytest.raises(InputError) as caught:
            engine([asked])
        assert {mistake.code for mistake in caught.value.mistakes} == {"unit_not_tallied"}
