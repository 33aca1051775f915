"""A lesson's facts are those of `choucha draw` and of the engines, and its record loses none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sampler.errors import InputError
from sampler.plan import Plan
from scenarios import load
from scenarios.files.lesson_record import DIGITS, lesson_record, packed
from scenarios.messages import catalogue
from scenarios.questions.curve import curve
from scenarios.questions.inspection import inspect
from scenarios.questions.lesson import Lesson, lesson
from scenarios.report.inspection_text import found_by_village
from scenarios.report.lesson_page import lesson_page
from scenarios.scenario import Axis, GivenTruth, populations

SHIPPED = ("example", "national-2019-spot-check", "snap-qc")


@pytest.fixture(scope="module", params=SHIPPED)
def shown(request: pytest.FixtureRequest) -> Lesson:
    scenario = load(request.param)
    return lesson(scenario, level=scenario.grid[0].values[len(scenario.grid[0].values) // 2], draws=12)


def unpacked(parts: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    columns: list[list[int]] = []
    for part in parts:
        rows = []
        for at in range(0, len(part["text"]), part["width"]):
            code, row = 0, []
            for digit in part["text"][at : at + part["width"]]:
                code = 64 * code + DIGITS.index(digit)
            for size in reversed(part["sizes"]):
                code, value = divmod(code, size)
                row.append(value)
            rows.append(row[::-1])
        columns += [list(column) for column in zip(*rows, strict=True)]
    return columns


def test_inspection_n_is_that_of_draw(shown: Lesson) -> None:
    seen, drawn = shown.assessment, shown.assessment.tally.villages
    for number in (1, 2, 12):
        one = inspect(shown.scenario, level=shown.level, number=number)
        assert drawn[number - 1].tolist() == one.draws.villages[0].tolist()
        assert seen.unsettled_in(number - 1) == one.assessment.unsettled
        for name, expected in one.assessment.deciding.items():
            got = seen.deciding[name]
            for field in ("value", "low", "high", "measured"):
                np.testing.assert_array_equal(getattr(got, field)[number - 1], getattr(expected, field)[0])
            for field in ("fails", "at_limit"):
                assert getattr(seen.verdict, field)[name][number - 1] == getattr(one.assessment.verdict, field)[name][0]
        assert shown.truth == one.truth


def test_the_chance_is_that_of_the_engines(shown: Lesson) -> None:
    scenario = shown.scenario
    value = next(iter(shown.level.values()))
    grid = (Axis(keys=tuple(shown.level), values=(value,)),)
    (answer,) = curve(replace(scenario, grid=grid, averaged=False)).chances
    assert answer.fails == shown.chance.fails
    assert answer.engine == shown.chance.engine


def test_the_record_tells_every_inspection(shown: Lesson) -> None:
    record, tally = lesson_record(shown), shown.assessment.tally
    columns = unpacked(record["slots"])
    village, exits, misses = (np.array(column).reshape(tally.villages.shape) for column in columns[:3])
    np.testing.assert_array_equal(village, tally.villages)
    visited_of = unpacked(record["villages"])
    for number in (1, 12):
        one = inspect(shown.scenario, level=shown.level, number=number)
        found = found_by_village(one.assessment.tally)
        assert exits[number - 1].tolist() == found["wrong_exit"].tolist()
        assert misses[number - 1].tolist() == found["missed"].tolist()
        visits = found["households"].sum(axis=1).tolist()
        if len(columns) > 3:
            assert np.array(columns[3]).reshape(village.shape)[number - 1].tolist() == visits
        else:
            assert [visited_of[3][each] for each in village[number - 1]] == visits
        for criterion in record["criteria"]:
            fails, at_limit, is_open, value, low, high, *counts = (
                column[number - 1] for column in unpacked(criterion["columns"])
            )
            name = criterion["name"]
            assert fails == one.assessment.verdict.fails[name][0]
            assert at_limit == one.assessment.verdict.at_limit[name][0]
            assert is_open == (name in one.assessment.unsettled)
            estimate = one.assessment.deciding[name]
            for told, exact in zip((value, low, high), (estimate.value, estimate.low, estimate.high), strict=True):
                if told:
                    assert (told - 1) / 1e4 == pytest.approx(float(exact[0]), abs=0.51e-4)
                else:
                    assert not estimate.measured[0] or np.isnan(exact[0])
            if name in ("wrong_exit", "missed") and one.assessment.policy.missed_denominator == "surveyed" and value:
                assert counts[0] / counts[1] == pytest.approx(float(one.assessment.raw[name].value[0]), abs=1e-12)


def test_the_truth_is_told_village_by_village() -> None:
    shown = lesson(load("example"), level=Decimal("0.01"), draws=2)
    (population,) = populations([shown.scenario])
    assert shown.wrong_by_village.sum() == population.wrong_persons.sum()
    village = int(np.argmax(shown.wrong_by_village))
    assert (
        shown.wrong_by_village[village]
        == population.wrong_persons[shown.scenario.frame.household_village == village].sum()
    )
    remote, wrong, persons, *_ = unpacked(lesson_record(shown)["villages"])
    assert wrong == shown.wrong_by_village.tolist()
    assert remote == shown.scenario.frame.remote.astype(int).tolist()
    assert sum(persons) == shown.scenario.frame.group_persons[:, [0, 2]].sum()


def test_the_share_that_fails_nears_the_chance() -> None:
    shown = lesson(load("national-2017"), draws=500)
    for name in ("any", "wrong_exit", "missed"):
        chance = shown.chance.fails[name]
        assert chance is not None
        failed = (shown.assessment.verdict.any if name == "any" else shown.assessment.verdict.fails[name]).mean()
        assert abs(failed - chance) < 5 * sqrt(chance * (1 - chance) / 500)


def test_by_default_both_verdicts_are_seen() -> None:
    shown = lesson(load("example"), draws=2)
    chance = shown.chance.fails["any"]
    assert chance is not None
    assert 0.3 < chance < 0.7
    assert set(shown.level) == {"wrong_exit", "missed"}


def test_a_second_phase_is_counted() -> None:
    shown = lesson(load("national-2019-spot-check"), level=Decimal("0.01"), draws=3)
    phase = shown.second_phase
    assert phase is not None
    one = inspect(shown.scenario, level=shown.level, number=3).rechecked
    assert one is not None
    assert phase.questionnaires[2] == len(one.desk)
    assert phase.desk[2] == one.desk.sum()
    assert phase.revisited[2] == len(one.revisited)
    assert phase.fresh[2] == len(one.again) - one.again.sum()
    assert phase.first_phase == one.questionnaires.draws.villages.shape[1]


def test_a_plan_without_villages_is_nothing_to_play() -> None:
    scenario = load("example")
    nothing = replace(scenario, plan=Plan(villages={"ordinary": 0, "remote": 0}, take={"exited": 1}))
    with pytest.raises(InputError) as caught:
        lesson(nothing, level=Decimal("0.01"))
    assert caught.value.mistakes[0].code == "nothing_drawn"


def test_a_given_truth_has_no_level() -> None:
    scenario = load("example")
    size = len(scenario.frame.household_persons)
    truth = GivenTruth(wrong_persons=np.zeros(size, dtype=np.int64), approves=np.ones(size, dtype=bool))
    shown = lesson(replace(scenario, truth=truth, grid=()), draws=3)
    assert shown.level == {}
    assert shown.chance.fails["any"] == 0
    assert not shown.assessment.verdict.any.any()


@given(st.lists(st.lists(st.integers(0, 2**40), min_size=3, max_size=3), min_size=1, max_size=5))
@example([[0, 0, 2**30]])  # a size just above a power of 64
def test_packing_loses_nothing(rows: list[list[int]]) -> None:
    parts = packed([np.array(row) for row in rows])
    assert unpacked(parts) == rows
    assert all(np.prod([float(size) for size in part["sizes"]]) <= 2**53 for part in parts)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_name_is_never_a_script(language: str) -> None:
    scenario = load("example")
    nasty = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&\u2028"
    frame = replace(scenario.frame, name=nasty, villages=(nasty, *scenario.frame.villages[1:]))
    page = lesson_page(
        lesson(replace(scenario, frame=frame), level=Decimal("0.01"), draws=2),
        catalogue(language),
        command="choucha draw",
    ).decode()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("</script>") == 2
