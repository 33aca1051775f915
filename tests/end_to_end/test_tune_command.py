"""`choucha tune`: plans of one cost, the one that errs least, and what it is held against."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from choucha_command import SCENARIO, Inside, write_scenario

from scenarios.messages import LANGUAGES, catalogue

ASKED = ("--prq", "1%", "--crq", "30%", "--take", "3", "--budget", "110")


@pytest.fixture
def one_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one condition beside the scenario's own: nine take minutes and say no more."""
    found = ({"icc": Decimal("0.1"), "remote_multiplier": Decimal(4)},)
    monkeypatch.setattr("scenarios.planning.decision_risk.conditions", lambda: found)


@pytest.mark.usefixtures("one_condition")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plan_that_errs_least_is_told_drawn_and_written(language: str, inside: Inside) -> None:
    words = catalogue(language)
    write_scenario(inside.folder)
    outputs = ("--json", "t.json", "--figure", "t.svg")
    answer = inside("tune", "scenario.toml", *ASKED, *outputs, "--lang", language)
    assert answer.status == 0, answer.err
    record = json.loads(Path("t.json").read_text(encoding="utf-8"))
    worst = [each["worst"] for each in record["judged"]]
    assert worst == sorted(worst)
    for each in record["judged"]:
        sums = [under["producer"] + under["consumer"] for under in each["under"]]
        assert each["worst"] == pytest.approx(max(sums))
        assert each["mean"] == pytest.approx(sum(sums) / len(sums))
        assert len(sums) == 2
    assert all(each["cost"] <= 110 + 1e-9 for each in record["screened"])
    assert {each["name"] for each in record["judged"]} >= {"present", "searched"}
    for place in record["undominated"]:
        each = record["judged"][place]
        assert [o for o in record["judged"] if all(o[k] < each[k] for k in ("cost", "mean", "worst"))] == []
    assert words.say("tune.column_worst").split(" ")[0] in answer.out
    assert words.say("tune.figure_title") in Path("t.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--prq", "1%"), "--prq, --crq"),
        (("--prq", "3%", "--crq", "2%"), "below that of a bad one"),
        (("--prq", "1%", "--crq", "30%", "--budget", "3"), "the cheapest plan costs"),
        (("--prq", "1%", "--crq", "30%", "--household-cost", "0"), "--household-cost"),
        (("--prq", "1%", "--crq", "30%", "--figure", "t.pdf"), ".png, .svg"),
        (("--prq", "1%", "--crq", "30%", "--take", "0"), "--take"),
    ],
)
def test_what_cannot_be_tuned_is_refused(options: tuple[str, ...], told: str, inside: Inside) -> None:
    write_scenario(inside.folder)
    answer = inside("tune", "scenario.toml", *options, "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err


def test_a_single_level_is_nothing_to_judge_by(inside: Inside) -> None:
    levels = '[population]\nkind = "levels"\nwrong_exit = 0.01\nmissed = 0.01\n'
    write_scenario(inside.folder, SCENARIO[: SCENARIO.index("[grid]")] + levels)
    answer = inside("tune", "scenario.toml", *ASKED, "--lang", "en")
    assert answer.status == 2
    assert "[grid]" in answer.err
