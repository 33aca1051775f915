"""Re-checks of an evaluation: the difference estimator from rows, its steps, and what the visits disagree in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.ratio import ratio_of_rows
from estimators.rechecked_rows import difference_of_rows
from sampler.draws import Observations
from sampler.frame import Ints
from scenarios.files.observations import Results, read_results
from scenarios.questions.second_visits import SecondVisits, compared

HEADER = "village_code,household_id,group,persons,wrong_persons,approves,stratum_villages,group_households"
BODY = """
A1,a1,exited,3,0,1,40,10,3,1
A1,a2,exited,4,4,1,40,10,0,0
A1,a3,exited,5,0,0,40,10,,
A2,b1,exited,2,2,1,40,8,1,1
A2,b2,exited,6,0,1,40,8,0,
A2,b3,unregistered,4,0,1,40,30,,1
A3,c1,exited,5,0,0,40,12,,
A3,c2,remaining,1,0,1,40,2,0,
"""


def read(folder: Path, text: str) -> Results:
    path = folder / "results.csv"
    path.write_text(text, encoding="utf-8")
    return read_results(path)


def test_both_visits_are_compared_household_by_household(tmp_path: Path) -> None:
    results = read(tmp_path, f"{HEADER},recheck_wrong_persons,recheck_approves{BODY}")
    assert results.ignored == ()
    assert results.second is not None
    assert results.second.wrong_persons.tolist() == [3, 0, -1, 1, 0, -1, -1, 0]
    assert results.second.approves.tolist() == [1, 0, -1, 1, -1, 1, -1, -1]
    found = compared(results.observations, results.second)
    exited, missed = found.rates
    assert (exited.visited, exited.rechecked, exited.persons, exited.before, exited.now) == (6, 4, 15, 6, 4)
    assert (exited.found, exited.withdrawn, exited.changed) == (1, 1, 1)
    assert exited.rate == pytest.approx(6 / 25)
    # Clean: 4 households, 2 re-checked, 3 persons more; wrong: both re-checked, 5 persons less.
    assert exited.corrected is not None
    assert exited.corrected.value[0] == pytest.approx((6 + 4 / 2 * 3 - 5) / 25)
    assert exited.corrected.step[0] == pytest.approx(4 / 2 * (3 + 6) / 2 / 25)
    assert exited.corrected.largest_step[0] == pytest.approx(4 / 2 * 6 / 25)
    assert (missed.visited, missed.rechecked, missed.corrected) == (1, 0, None)
    assert (found.asked, found.approved_before, found.approve_now, found.answers_differ) == (4, 4, 3, 1)


def test_the_weighted_rate_is_corrected_by_weights(tmp_path: Path) -> None:
    found = compared(*_visits(read(tmp_path, f"{HEADER},复核错误人数,复核认可{BODY}"))).rates[0]
    weights = {"A1": 40 / 3 * 10 / 3, "A2": 40 / 3 * 8 / 2, "A3": 40 / 3 * 12}
    whole = weights["A1"] * 12 + weights["A2"] * 8 + weights["A3"] * 5
    first = weights["A1"] * 4 + weights["A2"] * 2
    differences = weights["A1"] * (4 / 2 * 3 - 4) + weights["A2"] * -1
    assert found.weighted_rate == pytest.approx(first / whole)
    assert found.corrected_weighted is not None
    assert found.corrected_weighted.value[0] == pytest.approx((first + differences) / whole)


def _visits(results: Results) -> tuple[Observations, SecondVisits]:
    assert results.second is not None
    return results.observations, results.second


def test_without_a_second_visit_there_is_none(tmp_path: Path) -> None:
    blank = "\n".join(line.rsplit(",", 2)[0] + ",," for line in BODY.strip().split("\n"))
    assert read(tmp_path, f"{HEADER},recheck_wrong_persons,recheck_approves\n{blank}").second is None
    plain = "\n".join(line.rsplit(",", 2)[0] for line in BODY.strip().split("\n"))
    results = read(tmp_path, f"{HEADER}\n{plain}")
    assert (results.second, results.ignored) == (None, ())


@st.composite
def rows(draw: st.DrawFn) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Return slot, stratum, persons, recorded and second visits, every household visited twice."""
    drawn = draw(st.lists(st.integers(2, 4), min_size=1, max_size=2))
    stratum = np.repeat(np.arange(len(drawn)), drawn)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    slot = np.repeat(np.arange(len(stratum)), rng.integers(1, 5, len(stratum)))
    persons = rng.integers(1, 7, len(slot))
    recorded, again = (rng.integers(0, persons + 1) * (rng.random(len(slot)) < 0.4) for _ in range(2))
    return slot, stratum, persons, recorded, again


@given(rows())
def test_a_complete_re_check_is_the_second_visit_itself(made: tuple[Ints, Ints, Ints, Ints, Ints]) -> None:
    slot, stratum, persons, recorded, again = made
    weights = 1 + slot.astype(np.float64)
    found = difference_of_rows(slot, stratum, persons, recorded, again, weights)
    value, error, _ = ratio_of_rows(again, persons, weights, stratum[slot], slot)
    assert found.value[0] == pytest.approx(value, abs=1e-12)
    assert found.second_phase[0] == pytest.approx(0, abs=1e-15)
    assert found.standard_error[0] == pytest.approx(error, abs=1e-7)


@given(rows(), st.integers(0, 2**32 - 1))
def test_a_second_visit_that_agrees_changes_nothing(made: tuple[Ints, Ints, Ints, Ints, Ints], seed: int) -> None:
    slot, stratum, persons, recorded, _ = made
    some = np.where(np.random.default_rng(seed).random(len(slot)) < 0.5, recorded, -1)
    found = difference_of_rows(slot, stratum, persons, recorded, some)
    assert found.value[0] == pytest.approx(recorded.sum() / persons.sum())
    if not found.lonely_cells[0]:  # one household of a kind shows no spread
        assert found.second_phase[0] == pytest.approx(0, abs=1e-15)


def test_one_more_wrong_household_moves_the_rate_by_its_step() -> None:
    persons, slot = np.array([4, 4, 4, 4, 4, 4]), np.array([0, 0, 0, 1, 1, 1])
    before, after = (
        difference_of_rows(slot, np.zeros(2, dtype=np.int64), persons, 0 * persons, np.array([wrong, -1, -1, 0, -1, 0]))
        for wrong in (0, 4)
    )
    assert after.value[0] - before.value[0] == pytest.approx(before.step[0])
    assert before.step[0] == before.largest_step[0] == pytest.approx(6 / 3 * 4 / 24)


def test_a_stratum_with_one_village_has_a_rate_and_no_error() -> None:
    persons = np.array([4, 4, 4])
    found = difference_of_rows(np.array([0, 1, 2]), np.array([0, 0, 1]), persons, 0 * persons, np.array([4, 0, -1]))
    assert found.value[0] == pytest.approx(6 / 12)
    assert np.isnan(found.standard_error[0])


def test_a_kind_of_household_that_was_not_rechecked_is_left_as_recorded() -> None:
    persons = np.array([4, 4, 4, 4])
    found = difference_of_rows(
        np.array([0, 0, 1, 1]), np.zeros(2, dtype=np.int64), persons, np.array([4, 0, 0, 0]), np.array([-1, 0, 4, -1])
    )
    assert found.uncovered_cells[0] == 1
    assert found.value[0] == pytest.approx((4 + 3 / 2 * 4) / 16)
