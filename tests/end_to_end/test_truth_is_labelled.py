"""Truth as given, one population of a model, and the average over many: told apart in text, JSON and figure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from choucha_command import QUESTIONS, SCENARIO, Inside, write_scenario
from PIL import Image

from scenarios.messages import LANGUAGES, catalogue

HOUSEHOLDS = "household_id,village_code,group,persons,wrong_persons,approves\nh1,A1,exited,3,3,1\nh2,A1,exited,2,0,0\n"
VILLAGE = (
    "village_code,village,township,remote,poor_village,exited_households,exited_persons,remaining_households,"
    "remaining_persons,unregistered_households,unregistered_persons\nA1,东湾村,云岫镇,0,1,2,5,0,0,0,0\n"
)
GIVEN = """
schema = "scenario/1"
name = "given"
seed = 1
[frame]
file = "county"
[population]
kind = "given"
[plan]
villages = { ordinary = 1, remote = 0 }
take = { exited = 1 }
"""


# Where a chance passes 5% between two levels, its place would be looked for.
FEW = SCENARIO.replace("to = 0.1, steps = 3", "to = 0.001, steps = 2")


def stated(averaged: bool) -> str:
    return FEW + f'\n[population]\nkind = "levels"\naveraged = {str(averaged).lower()}\n'


def answered(inside: Inside, *arguments: str) -> tuple[str, dict[str, Any]]:
    """Return what was said and the record."""
    answer = inside("risk", *arguments, "--json", "answer.json")
    assert answer.status == 0, answer.err
    record: dict[str, Any] = json.loads((inside.folder / "answer.json").read_text(encoding="utf-8"))
    # Sentences are wrapped where they are printed.
    return "".join(answer.out.split()), record


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_three_truths_are_told_apart(language: str, inside: Inside) -> None:
    county = inside.folder / "county"
    county.mkdir()
    (county / "villages.csv").write_text(VILLAGE, encoding="utf-8")
    (county / "households.csv").write_text(HOUSEHOLDS, encoding="utf-8")
    (inside.folder / "given.toml").write_text(GIVEN, encoding="utf-8")
    write_scenario(inside.folder, stated(averaged=True))
    many_text, many = answered(inside, "scenario.toml", "--lang", language)
    write_scenario(inside.folder, stated(averaged=False))
    one_text, one = answered(inside, "scenario.toml", "--lang", language)
    given_text, given = answered(inside, "given.toml", "--lang", language)
    words = catalogue(language)
    marks = {
        "many": "".join(words.words["risk.truth_averaged"].split("{totals}")[1].split("{seed}")[0].split()),
        "one": "".join(words.words["risk.truth_one"].split("{totals}")[1].split("{seed}")[0].split()),
        "given": "".join(words.say("risk.truth_given").split()),
    }
    for name, text in {"many": many_text, "one": one_text, "given": given_text}.items():
        assert [mark for mark in marks if marks[mark] in text] == [name]
    assert [record["averaged"] for record in (many, one, given)] == [True, False, False]
    for point in many["points"]:
        assert set(point["between"]) == set(point["standard_error"]) == QUESTIONS
        assert point["populations"] > 1
        # What can never fail, as nobody is wrong, is exact even in an average; all else carries an error.
        nobody = {"wrong_exit", "missed"} if point["level"]["wrong_exit"] == 0 else set()
        exactly = {question for question, engine in point["engine"].items() if engine == "exact"}
        assert nobody <= exactly <= (nobody | {"incidence"} if nobody else set())
        for question, error in point["standard_error"].items():
            assert (error == 0) == (question in exactly)
    for record in (one, given):
        for point in record["points"]:
            assert point["between"] == {}
            assert point["populations"] == 0
            for criterion in ("wrong_exit", "missed", "approval"):
                assert point["engine"][criterion] == "exact"
                assert point["standard_error"][criterion] == 0.0


def test_what_is_not_stated_follows_the_engine_and_says_so(inside: Inside) -> None:
    write_scenario(inside.folder, FEW)
    for engine, averaged in (("auto", True), ("simulate", True), ("exact", False), ("conditional", False)):
        text, record = answered(inside, "scenario.toml", "--engine", engine, "--lang", "en")
        assert record["averaged"] == averaged
        key = "risk.truth_averaged" if averaged else "risk.truth_one"
        assert "".join(catalogue("en").words[key].split("{totals}")[1].split("{seed}")[0].split()) in text


def test_a_saved_scenario_keeps_the_question_open(inside: Inside) -> None:
    write_scenario(inside.folder, FEW)
    _, first = answered(inside, "scenario.toml", "--save", "saved.toml")
    _, again = answered(inside, "saved.toml")
    assert first["points"] == again["points"]
    assert first["provenance"]["sha256"] == again["provenance"]["sha256"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figure_says_which(language: str, inside: Inside) -> None:
    words = catalogue(language)
    names = words.say("place.enumeration").join(words.say(f"criterion.{name}") for name in ("any", "incidence"))
    partly = words.say("figure.partly_simulated", names=names)
    for averaged, told in ((True, words.say("figure.averaged")), (False, partly)):
        write_scenario(inside.folder, stated(averaged=averaged))
        answered(inside, "scenario.toml", "--lang", language, "--figure", "curve.png")
        with Image.open(inside.folder / "curve.png") as image:
            described = str(image.info["Description"])
        assert told in described
