"""`choucha tune`: plans of one cost, the one that errs least, and what it is held against."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from choucha_command import SCENARIO, Inside, write_scenario

from sampler.plan import Plan
from scenarios import load
from scenarios.messages import LANGUAGES, catalogue
from scenarios.planning.decision_risk import decision_errors

ASKED = ("--prq", "1%", "--crq", "30%", "--take", "3", "--budget", "110")


@pytest.fixture
def one_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one condition beside the scenario's own, and few populations: more take minutes and say no more."""
    found = ({"icc": Decimal("0.1"), "remote_multiplier": Decimal(4)},)
    monkeypatch.setattr("scenarios.planning.decision_risk.conditions", lambda: found)
    monkeypatch.setattr("scenarios.planning.tune.LAST", 32)
    monkeypatch.setattr("scenarios.planning.confirm.FRESH", 32)


@pytest.mark.usefixtures("one_condition")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plan_that_errs_least_is_told_drawn_and_written(language: str, inside: Inside) -> None:
    words = catalogue(language)
    write_scenario(inside.folder)
    outputs = ("--json", "t.json", "--figure", "t.svg", "--save", "tuned.toml")
    answer = inside("tune", "scenario.toml", *ASKED, *outputs, "--lang", language)
    assert answer.status == 0, answer.err
    record = json.loads(Path("t.json").read_text(encoding="utf-8"))
    for each in record["judged"]:
        sums = [under["producer"] + under["consumer"] for under in each["under"]]
        assert each["worst"] == pytest.approx(max(sums))
        assert each["mean"] == pytest.approx(sum(sums) / len(sums))
        assert len(sums) == 2
        assert each["width"] is None or 0 < each["width"] < 1
    assert all(each["cost"] <= 110 + 1e-9 for each in record["screened"])
    assert {each["name"] for each in record["judged"]} >= {"present", "searched"}
    for place in record["undominated"]:
        each = record["judged"][place]
        assert [o for o in record["judged"] if all(o[k] < each[k] for k in ("cost", "mean", "worst"))] == []
    assert words.say("tune.column_worst").split(" ")[0] in answer.out
    assert words.say("tune.strata_title") in answer.out
    assert words.say("tune.exact_title") in answer.out
    best = record["judged"][record["best"]]
    saved = load("tuned.toml").plan
    assert isinstance(saved, Plan)
    assert {each.name: each.drawn for each in saved.strata(load("tuned.toml").frame)} == best["strata"]
    assert dict(saved.take) == best["take"]
    first, *others = record["confirmed"]["plans"]
    assert first["difference"] == 0
    assert {each["name"] for each in others} <= {"present", "proportional", "neyman"}
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
        (("--prq", "1%", "--crq", "30%", "--per-day", "0"), "--per-day"),
        (("--prq", "1%", "--crq", "30%", "--save", "t.txt"), ".toml"),
        (("--prq", "1%", "--crq", "30%", "--store", "list.csv"), "list.csv"),
    ],
)
def test_what_cannot_be_tuned_is_refused(options: tuple[str, ...], told: str, inside: Inside) -> None:
    write_scenario(inside.folder)
    answer = inside("tune", "scenario.toml", *options, "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err


@pytest.mark.usefixtures("one_condition")
def test_a_search_that_was_stopped_goes_on_from_its_store(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    write_scenario(inside.folder)
    whole = inside("tune", "scenario.toml", *ASKED, "--json", "whole.json", "--lang", "en")
    assert whole.status == 0, whole.err
    worked = 0

    def stopped(*args: object) -> object:
        nonlocal worked
        worked += 1
        if worked > 4:
            raise KeyboardInterrupt
        return decision_errors(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("scenarios.planning.race.decision_errors", stopped)
        cut = inside("tune", "scenario.toml", *ASKED, "--store", "s.sqlite", "--json", "cut.json", "--lang", "en")
    assert cut.status != 0
    assert "4 pieces of the search are kept in s.sqlite" in cut.err
    assert not Path("cut.json").exists()
    with monkeypatch.context() as patch:
        counted: list[int] = []
        patch.setattr(
            "scenarios.planning.race.decision_errors",
            lambda *args: (counted.append(1), decision_errors(*args))[1],  # type: ignore[arg-type, func-returns-value]
        )
        rest = inside("tune", "scenario.toml", *ASKED, "--store", "s.sqlite", "--json", "rest.json", "--lang", "en")
        done = len(counted)
        again = inside("tune", "scenario.toml", *ASKED, "--store", "s.sqlite", "--json", "again.json", "--lang", "en")
    assert (rest.status, again.status) == (0, 0), rest.err + again.err
    assert done > 0
    assert len(counted) == done  # all of it was kept
    for name in ("rest.json", "again.json"):
        assert Path(name).read_bytes() == Path("whole.json").read_bytes()
    other = inside("tune", "scenario.toml", *ASKED, "--village-cost", "9", "--store", "s.sqlite", "--lang", "en")
    assert (other.status, other.out) == (2, "")
    assert "belongs to other work" in other.err


def test_a_single_level_is_nothing_to_judge_by(inside: Inside) -> None:
    levels = '[population]\nkind = "levels"\nwrong_exit = 0.01\nmissed = 0.01\n'
    write_scenario(inside.folder, SCENARIO[: SCENARIO.index("[grid]")] + levels)
    answer = inside("tune", "scenario.toml", *ASKED, "--lang", "en")
    assert answer.status == 2
    assert "[grid]" in answer.err
