"""The conditional engine beside the exact one, its compiled product beside the readable one, wide circles in pieces."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from strategies import even_county

from estimators.policy import CRITERIA, Policy
from sampler.draws import draw, draw_villages
from sampler.frame import EXITED
from sampler.plan import Plan
from sampler.streams import Purpose, stream_starts
from scenarios import load
from scenarios.engines import conditional, exact, laws
from scenarios.engines.chance import QUESTIONS
from scenarios.engines.kernels import sampled_events
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.scenario import GivenTruth, Scenario, populations

ERROR = 1e-6  # family-wise chance that a test here fails although all is well
LIST = Path(__file__).parents[1] / "data" / "village_list_clean.xlsx"


def cells(name: str) -> list[Scenario]:
    scenario = load(name)
    return [scenario.at(level) for level in scenario.points()[3:13:3]]


@pytest.mark.parametrize("name", ["example", str(LIST)])
@pytest.mark.parametrize("denominator", ["surveyed", "village"])
def test_conditional_agrees_with_exact(name: str, denominator: str) -> None:
    asked = [
        replace(cell, policy=replace(cell.policy, missed_denominator=denominator))  # type: ignore[arg-type]
        for cell in cells(name)
    ]
    numbers = np.arange(1_000)
    bound = stats.norm.isf(ERROR / (len(asked) * len(RATIO_CRITERIA)) / 2)
    compared = 0
    for cell, population, known in zip(asked, populations(asked), exact.chances(asked), strict=True):
        villages = villages_of(cell, cell.seed, numbers)
        for criterion in RATIO_CRITERIA:
            found = conditional.given_villages(cell, population, criterion, villages)
            expected = known.fails[criterion]
            assert expected is not None
            if not 0.01 < expected < 0.99:  # the normal bound needs some of both
                continue
            error = found.fails.std(ddof=1) / np.sqrt(len(numbers))
            assert abs(found.fails.mean() - expected) <= bound * error, (criterion, found.fails.mean(), expected)
            compared += 1
    assert compared


def villages_of(scenario: Scenario, seed: int, replicates: np.ndarray) -> np.ndarray:
    return draw_villages(scenario.frame, scenario.plan, stream_starts(seed, Purpose.VILLAGES, replicates))


def test_the_villages_are_those_of_simulated_inspections() -> None:
    scenario = load("example")
    numbers = np.arange(7, 19)
    villages = villages_of(scenario, scenario.seed, numbers)
    draws = draw(scenario.frame, scenario.plan, seed=scenario.seed, replicates=numbers)
    assert np.array_equal(villages, draws.villages)


def test_given_villages_leave_less_noise_than_inspections() -> None:
    """Rao and Blackwell: the variance of a conditional chance is below that of the event itself."""
    (cell,) = cells("example")[2:3]
    (population,) = populations([cell])
    villages = villages_of(cell, cell.seed, np.arange(500))
    found = conditional.given_villages(cell, population, "missed", villages).fails
    assert found.var() < found.mean() * (1 - found.mean())


def test_compiled_products_equal_readable_ones() -> None:
    rng = np.random.default_rng(3)
    size, frequencies = 9, 300  # more frequencies than one chunk of the kernel
    values = rng.random((size, frequencies)) * np.exp(2j * np.pi * rng.random((size, frequencies)))
    weights = rng.standard_normal((2, frequencies)) + 1j * rng.standard_normal((2, frequencies))
    for drawn in (0, 1, 5):
        villages = np.array([rng.permutation(size)[:drawn] for _ in range(6)], dtype=np.int64).reshape(6, drawn)
        ours = sampled_events(values, villages, weights)
        readable = conditional.readable_sampled_events(values, villages, weights)
        assert np.allclose(ours, readable, rtol=0, atol=1e-12)


def test_wide_circles_in_pieces_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    (cell,) = cells("example")[1:2]
    (population,) = populations([cell])
    villages = villages_of(cell, 1, np.arange(20))
    whole = conditional.given_villages(cell, population, "wrong_exit", villages)
    monkeypatch.setattr(laws, "_CHUNK", laws._CHUNK // 16)
    pieces = conditional.given_villages(cell, population, "wrong_exit", villages)
    assert np.abs(whole.fails - pieces.fails).max() <= whole.bound + pieces.bound
    assert np.abs(whole.at_limit - pieces.at_limit).max() <= whole.bound + pieces.bound


def test_what_joins_criteria_is_left_unanswered() -> None:
    asked = cells("example")[:1]
    (chance,) = conditional.chances(asked)
    assert [question for question in QUESTIONS if chance.fails[question] is None] == ["any", "incidence"]
    assert {chance.engine[name] for name in RATIO_CRITERIA} == {"conditional"}
    assert all(chance.standard_error[name] is not None for name in RATIO_CRITERIA)


def test_what_no_draw_brought_together_keeps_an_error() -> None:
    """Three bad villages of thirty must be drawn together: a chance that hundreds of draws do not show."""
    frame = even_county(30, 0, households=6, persons=18)
    wrong = np.zeros(len(frame.household_persons), dtype=np.int64)
    bad = np.isin(frame.household_village, (3, 11, 20)) & (frame.household_group == EXITED)
    wrong[bad] = frame.household_persons[bad]
    truth = GivenTruth(wrong_persons=wrong, approves=np.ones(len(wrong), dtype=bool))
    plan = Plan(villages={"ordinary": 6, "remote": 0}, take={"exited": 6, "unregistered": 1})
    limits = {**dict.fromkeys(CRITERIA, Fraction(2, 5)), "approval": Fraction(1, 2)}
    for seed in range(6):
        policy = Policy(name="x", limits=limits)
        asked = Scenario(name="x", seed=seed, frame=frame, truth=truth, plan=plan, policy=policy)
        (known,), (found,) = exact.chances([asked]), conditional.chances([asked])
        value, error = found.fails["wrong_exit"], found.standard_error["wrong_exit"]
        assert known.fails["wrong_exit"] == pytest.approx(comb(27, 3) / comb(30, 6))
        assert value is not None
        assert error is not None
        assert abs(value - (known.fails["wrong_exit"] or 0.0)) <= stats.norm.isf(ERROR / 2) * error
