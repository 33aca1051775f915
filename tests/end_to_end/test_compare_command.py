"""`choucha compare`: the differences told are those of the two saved answers, and other files are refused."""

from __future__ import annotations

import json
import re
import shutil
from math import hypot
from pathlib import Path
from typing import Any

import pytest
from choucha_command import Inside, as_csv, run

from scenarios.messages import LANGUAGES, catalogue

SCENARIO = """
schema = "scenario/1"
name = "{name}"
seed = 7
[frame]
file = "list.csv"
[population]
kind = "levels"
averaged = false
missed = 0
[plan]
villages = {{ ordinary = 2, remote = {remote} }}
take = {{ exited = 3, unregistered = 3, remaining = 1 }}
[policy]
name = "national-2019-central"
limits = {{ wrong_exit = {limit} }}
[grid]
wrong_exit = {levels}
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two saved answers, one to each of two scenarios; all their numbers are simulated."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "list.csv").write_text(as_csv(), encoding="utf-8")
    for name, remote, limit, levels in (
        ("before", 2, 0.02, [0, 0.02, 0.04]),
        ("after", 1, 0.06, [0.02, 0.04, 0.06]),
    ):
        text = SCENARIO.format(name=name, remote=remote, limit=limit, levels=levels)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        done = run("risk", f"{name}.toml", "--json", f"{name}.json", "--engine", "simulate", cwd=folder)
        assert done.status == 0, done.err
    return folder


@pytest.fixture
def answers(saved: Path, inside: Inside) -> Inside:
    """Return a folder of one's own with the two saved answers."""
    for each in saved.glob("*.json"):
        shutil.copy(each, inside.folder)
    return inside


def _read(inside: Inside, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((inside.folder / name).read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_differences_are_those_of_the_answers(language: str, answers: Inside) -> None:
    words = catalogue(language)
    answer = answers("compare", "before.json", "after.json", "--json", "c.json", "--lang", language)
    assert answer.status == 0, answer.err
    old, new, found = (_read(answers, name) for name in ("before.json", "after.json", "c.json"))
    assert [point["level"]["wrong_exit"] for point in found["points"]] == [0.02, 0.04]
    assert (found["levels_in_old_only"], found["levels_in_new_only"]) == (1, 1)
    assert found["rules_changed"] == {"limits.wrong_exit": [0.02, 0.06]}
    assert found["same_question"]
    for point, before, after in zip(found["points"], old["points"][1:], new["points"][:2], strict=True):
        for question, each in point["difference"].items():
            assert each["difference"] == after["chance"][question] - before["chance"][question]
            errors = before["standard_error"][question], after["standard_error"][question]
            assert each["standard_error"] == pytest.approx(hypot(*errors), rel=1e-12)
    told = point["difference"]["wrong_exit"]["difference"] * 100  # at 4%, where another limit tells most
    assert told < -5
    assert f"−{abs(told):.1f}" in answer.out
    assert words.say("compare.only_old", count=1) in answer.out
    assert words.say("field.limits.wrong_exit") in answer.out
    # An unequal share is read as the first parameter of the levels: here a rate.
    assert re.search(r"\d% → \S*\d%", answer.out)


def test_what_is_the_same_differs_by_nothing(answers: Inside) -> None:
    words = catalogue("en")
    answer = answers("compare", "after.json", "after.json", "--json", "c.json", "--lang", "en")
    assert answer.status == 0, answer.err
    assert words.say("compare.same_scenario") in answer.out
    found = _read(answers, "c.json")
    assert {each["difference"] for point in found["points"] for each in point["difference"].values()} == {0.0}
    assert not found["rules_changed"]
    assert not found["versions_changed"]


def test_another_question_and_another_version_are_told(answers: Inside) -> None:
    words = catalogue("en")
    changed = _read(answers, "after.json") | {"averaged": True}
    changed["provenance"]["versions"]["numpy"] = "1.0.0"
    (answers.folder / "changed.json").write_text(json.dumps(changed), encoding="utf-8")
    answer = answers("compare", "before.json", "changed.json", "--lang", "en")
    assert answer.status == 0, answer.err
    assert "Careful" in answer.out
    assert words.say("compare.averaged")[:20] in answer.out
    assert "1.0.0 now" in answer.out


def _broken(**changes: Any) -> Any:
    def change(tree: dict[str, Any]) -> dict[str, Any]:
        return tree | changes

    return change


def _at_point(**changes: Any) -> Any:
    def change(tree: dict[str, Any]) -> dict[str, Any]:
        first, *rest = tree["points"]
        return tree | {"points": [first | changes, *rest]}

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_broken(schema="draw/1"), "schema draw/1; needed: risk/1"),
        (_broken(points=[]), "at least one entry"),
        (_broken(tipping={"any": {"half": 0.1}}), "'tipping.any.half"),
        (_at_point(chance={"any": 1.5}), "x <= 1"),
        (_at_point(chance={"any": "much"}), "'points.0.chance.any': found 'much'"),
        (_at_point(level={"weather": 0.5}), "'points.0.level.weather"),
        (_at_point(level={"icc": 0.5}), "not all points have the same parameters"),
    ],
)
def test_a_record_that_was_tampered_with_is_refused(change: Any, told: str, answers: Inside) -> None:
    text = json.dumps(change(_read(answers, "after.json")))
    (answers.folder / "broken.json").write_text(text, encoding="utf-8")
    answer = answers("compare", "before.json", "broken.json", "--json", "c.json", "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert "broken.json" in answer.err
    assert not (answers.folder / "c.json").exists()


def test_answers_without_a_common_level_are_refused(answers: Inside) -> None:
    tree = _read(answers, "after.json")
    for point in tree["points"]:
        point["level"]["wrong_exit"] += 0.5
    (answers.folder / "far.json").write_text(json.dumps(tree), encoding="utf-8")
    answer = answers("compare", "before.json", "far.json", "--lang", "en")
    assert answer.status == 2
    assert "the new one has wrong_exit 0.52-0.56, the old one wrong_exit 0-0.04" in answer.err
