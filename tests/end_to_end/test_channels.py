"""The other channels as their users meet them: told after the answer, in words that say that they decide nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from choucha_command import CHINESE, SCENARIO, VILLAGES, Inside, write_scenario

from scenarios.messages import LANGUAGES, catalogue

SPOT_CHECK = """
schema = "scenario/1"
name = "eight villages"
seed = 7

[frame]
file = "list.csv"

[population]
kind = "levels"
wrong_exit = 0.05
missed = 0.05
averaged = false

[plan]
kind = "spot-check"

[plan.phase1]
villages = { ordinary = 3, remote = 2 }
take = { exited = 5, unregistered = 5, remaining = 1 }

[plan.revisit]
share = 0.5

[plan.remote]
villages = 1
take = { exited = 2, unregistered = 2 }

[province]
sensitivity = 0.5

[fieldwork]
interference = ["云岫镇"]
"""
CHANNELS = """
[channels.unannounced]
county_share = 0.25
villages = 2
households = 6

[channels.departments]
flags_wrong = 0.4
flags_right = 0.01
treatment = "counted"

[channels.interviews]
villages = 2
village_cadres = { drawn = 1, of = 4 }
county_cadres = { drawn = 2, of = 9 }

[channels.consistency]
limit = 0.01

[channels.desk]
completion_errors = 0.02
recognises_disagreement = 0.5
fabricated = 0.2
recognises_fabricated = 0.5

[channels.score]
base = 100
interference_noticed = 0.3
items = [
  { name = "interference", points = -2.5, event = "interference" },
  { name = "bonus", points = 1, chance = 0.5 },
]
"""
TITLES = ("unannounced", "departments", "interviews", "consistency", "desk", "score")


def record(inside: Inside, *arguments: str) -> dict[str, Any]:
    answer = inside(*arguments, "--json", "answer.json")
    assert answer.status == 0, answer.err
    found: dict[str, Any] = json.loads((inside.folder / "answer.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_channels_are_told_apart_in_each_language(language: str, inside: Inside) -> None:
    words = catalogue(language)
    write_scenario(inside.folder, SPOT_CHECK)
    plain = inside("--lang", language, "risk", "scenario.toml")
    assert words.say("channels.title") not in plain.out
    write_scenario(inside.folder, SPOT_CHECK + CHANNELS)
    told = inside("--lang", language, "risk", "scenario.toml")
    assert told.status == 0, told.err
    lines = told.out.split("\n")
    # Everything before the heading is the answer, as it is without channels but for the scenario's digest and defaults.
    heading = lines.index(words.say("channels.title"))
    table = [line for line in plain.out.split("\n") if "%" in line]
    assert [line for line in table if line not in lines[:heading]] == []
    places = [lines.index(words.say(f"channels.{name}")) for name in TITLES]
    assert places == sorted(places)
    assert places[0] > heading
    after = "".join(lines[heading:])
    assert words.say("channels.none_decides")[:20] in after
    assert words.say("channels.event_interference") in after
    if language == "en":
        assert not CHINESE.search(after.replace("云岫镇", ""))


def test_channels_stand_beside_the_answer(inside: Inside) -> None:
    write_scenario(inside.folder, SPOT_CHECK)
    without = record(inside, "risk", "scenario.toml")
    write_scenario(inside.folder, SPOT_CHECK + CHANNELS)
    beside = record(inside, "risk", "scenario.toml")
    channels = beside.pop("channels")
    assert without["points"] == beside["points"]
    assert without["tipping"] == beside["tipping"]
    assert {*TITLES} <= {*channels}
    assert channels["decides"] == "nothing"
    visits = channels["unannounced"]
    assert visits["in_all"] == pytest.approx(0.25 * visits["exposed"])
    assert {*visits["by_village"]} == {str(village[0]) for village in VILLAGES}
    assert channels["interviews"]["village_chance"] == 0.25
    flagged = channels["departments"]["decided"]
    assert flagged["fails"]["any"] >= flagged["fails_without"]["any"]
    shift = channels["consistency"]["shifts"]["exited"]
    assert shift["mean"] > 0  # the province overlooks half of its errors
    law = channels["score"]["law"]
    assert sum(each["chance"] for each in law) == pytest.approx(1)
    assert {each["score"] for each in law} == {97.5, 98.5, 100.0, 101.0}
    assert channels["score"]["expected"] == pytest.approx(sum(each["chance"] * each["score"] for each in law))


def test_averages_over_populations_and_saved_scenarios(inside: Inside) -> None:
    averaged = (SPOT_CHECK + CHANNELS).replace("averaged = false\n", "averaged = true\n")
    write_scenario(inside.folder, averaged)
    first = record(inside, "risk", "scenario.toml", "--save", "saved.toml")
    assert first["channels"]["populations"] > 1
    again = record(inside, "risk", "saved.toml")
    assert again["channels"] == first["channels"]
    assert again["provenance"]["sha256"] == first["provenance"]["sha256"]


def test_flagged_households_as_a_stratum(inside: Inside) -> None:
    stratum = """
[channels.departments]
flags_wrong = 0.4
flags_right = 0.01
treatment = "stratum"
"""
    write_scenario(inside.folder, SCENARIO + stratum)
    found = record(inside, "risk", "scenario.toml")["channels"]["departments"]["decided"]
    truth, weighted, raw = (found[name]["wrong_exit"] for name in ("truth", "weighted", "raw"))
    assert raw < truth
    assert abs(weighted - truth) < abs(raw - truth)
    told = inside("--lang", "zh", "risk", "scenario.toml")
    assert catalogue("zh").say("channels.column_weighted")[:4] in told.out


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draw_lists_who_is_asked_to_the_meetings(language: str, inside: Inside) -> None:
    words = catalogue(language)
    write_scenario(inside.folder, SPOT_CHECK + CHANNELS)
    told = inside("--lang", language, "draw", "scenario.toml", "--lonely", "adjust")
    assert told.status == 0, told.err
    listed = told.out.split(words.say("channels.meetings_title"))[1]
    whole = record(inside, "draw", "scenario.toml", "--lonely", "adjust")
    flagged, found = whole["departments"], whole["interviews"]
    assert flagged["flagged"] >= flagged["beside"] >= flagged["beside_found"] > 0
    counts = {"flagged": flagged["flagged"], "beside": flagged["beside"], "found": flagged["beside_found"]}
    assert words.say("channels.departments_counts", **counts) in told.out
    assert words.say(f"channels.departments_{'fails' if flagged['fails'] else 'passes'}")[:30] in told.out
    assert len(found["villages"]) == 2
    assert len(found["county"]) == 2
    for village in found["villages"]:
        assert village["village"] in listed
        assert len(village["cadres"]) == 1
    other = record(inside, "draw", "scenario.toml", "--lonely", "adjust", "--number", "2")["interviews"]
    assert other != found
