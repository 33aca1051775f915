"""`choucha draw` and `choucha estimate` as their users meet them, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from choucha_command import CHINESE, CRITERIA, Inside, as_csv, run, write_scenario

from scenarios import load
from scenarios.engines import simulate
from scenarios.messages import LANGUAGES, catalogue
from scenarios.questions.inspection import middle_level
from scenarios.scenario import populations


def record(inside: Inside, *arguments: str) -> dict[str, Any]:
    """Return the JSON of a command that must succeed."""
    answer = inside(*arguments, "--json", "answer.json")
    assert answer.status == 0, answer.err
    found: dict[str, Any] = json.loads((inside.folder / "answer.json").read_text(encoding="utf-8"))
    return found


# One stratum of two villages has one drawn: what becomes of it must be said.
ADJUST = ("--lonely", "adjust")


@pytest.mark.parametrize("language", LANGUAGES)
def test_draw_says_who_was_drawn_why_and_what_came_of_it(language: str, inside: Inside) -> None:
    write_scenario(inside.folder)
    words = catalogue(language)
    answer = inside("--lang", language, "draw", "scenario.toml", *ADJUST)
    assert answer.status == 0, answer.err
    assert words.say("draw.title", name="list", number="1", seed=7) in answer.out
    for stratum, drawn, available, chance in (("ordinary", 2, 5, "40.00%"), ("remote", 1, 3, "33.33%")):
        said = {"drawn": drawn, "available": available, "stratum": words.stratum(stratum), "chance": chance}
        said["design"] = words.say("design.srs")
        assert words.say("draw.why_stratum", **said) in answer.out
    found = record(inside, "draw", "scenario.toml", *ADJUST)
    for village in found["villages"]:
        (line,) = (line for line in answer.out.split("\n") if village["village"] in line)
        cells = line.split()
        assert village["township"] in cells
        wrong = [village["groups"][group]["wrong_persons"] for group in ("exited", "unregistered")]
        assert cells[-3:-1] == [str(count or "·") for count in wrong]
    for criterion in CRITERIA:
        assert words.say(f"criterion.{criterion}") in answer.out
    failed = words.say("verdict.fails", reasons="").rstrip("。.")
    assert (failed in answer.out) == found["verdict"]["fails"]
    assert bool(CHINESE.search(answer.out.replace("云岫镇", ""))) or language == "en"


def test_the_same_seed_gives_the_same_inspection(inside: Inside) -> None:
    write_scenario(inside.folder)
    first, again = (inside("draw", "scenario.toml", *ADJUST) for _ in range(2))
    assert first == again
    other = inside("draw", "scenario.toml", *ADJUST, "--number", "2")
    assert other.out != first.out
    seeded = inside("draw", "scenario.toml", *ADJUST, "--seed", "8")
    assert seeded.out != first.out


def test_an_inspection_is_one_of_the_simulated_ones(inside: Inside) -> None:
    scenario = load("example")
    cell = scenario.at(middle_level(scenario))
    (population,) = populations([cell])
    seen = simulate.outcomes(cell, population, np.arange(4))
    for number in range(1, 5):
        found = record(inside, "draw", "--number", str(number))
        assert found["verdict"]["fails"] == bool(seen.fails["any"][number - 1])
        for name in CRITERIA:
            assert found["verdict"]["criteria"][name] == bool(seen.fails[name][number - 1])


def test_the_level_of_an_inspection_can_be_chosen(inside: Inside) -> None:
    chosen = record(inside, "draw", "--level", "3%")
    assert chosen["level"] == {"wrong_exit": 0.03, "missed": 0.03}
    persons = load("example").frame.group_persons.sum(axis=0)
    assert chosen["truth"]["wrong_exit"] == pytest.approx(0.03, abs=0.5 / persons[0])
    assert record(inside, "draw", "--level", "0.03") == chosen


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lonely_village_is_refused_with_the_remedy(language: str, inside: Inside) -> None:
    write_scenario(inside.folder)
    answer = inside("--lang", language, "draw", "scenario.toml", "--json", "answer.json")
    assert answer.status == 2
    assert "remote" in answer.err or catalogue(language).say("stratum.remote") in answer.err
    assert "adjust" in answer.err
    assert not (inside.folder / "answer.json").exists()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("list_given", [True, False])
def test_what_draw_writes_estimate_reads(language: str, list_given: bool, inside: Inside) -> None:
    write_scenario(inside.folder)
    drawn = record(inside, "draw", "scenario.toml", "--lang", language, "--observations", "seen.csv", *ADJUST)
    village_list = ["--list", "list.csv"] if list_given else []
    estimated = record(inside, "estimate", "seen.csv", *village_list, "--lang", language, *ADJUST)
    for weighting in ("raw", "weighted"):
        for name in CRITERIA:
            expected = drawn["estimates"][weighting][name]
            got = estimated["estimates"][weighting][name]
            if name == "incidence" and not list_given:
                assert got["value"] is None
                continue
            assert got.keys() == expected.keys()
            for key, value in expected.items():
                assert got[key] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value), (name, key)
    measured = CRITERIA if list_given else CRITERIA - {"incidence"}
    for name in measured:
        assert estimated["verdict"]["criteria"][name] == drawn["verdict"]["criteria"][name]


def test_records_name_no_household(inside: Inside) -> None:
    write_scenario(inside.folder)
    text = json.dumps(record(inside, "draw", "scenario.toml", "--observations", "seen.csv", *ADJUST))
    header, *rows = (inside.folder / "seen.csv").read_text(encoding="utf-8-sig").splitlines()
    column = next(i for i, name in enumerate(header.split(",")) if name in ("household_id", "户编号"))
    identifiers = {row.split(",")[column] for row in rows}
    assert len(identifiers) == len(rows) > 0
    assert [name for name in identifiers if name in text] == []
    told = json.dumps(record(inside, "estimate", "seen.csv", *ADJUST))
    assert [name for name in identifiers if name in told] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_is_drawn(language: str, inside: Inside) -> None:
    write_scenario(inside.folder)
    targets = ["--figure", "map.png", "--figure", "map.svg"]
    for arguments in (["draw", "scenario.toml", *ADJUST], ["draw"]):
        answer = inside("--lang", language, *arguments, *targets)
        assert answer.status == 0, answer.err
        assert (inside.folder / "map.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        svg = ElementTree.fromstring((inside.folder / "map.svg").read_bytes())  # noqa: S314 - our own
        (title,) = (part for part in svg if part.tag.rpartition("}")[2] == "title")
        assert bool(re.search("抽", title.text or "")) == (language == "zh")


def test_estimate_runs_as_a_command_of_its_own(tmp_path: Path) -> None:
    rows = ["village_code,household_id,group,persons,wrong_persons,approves"]
    for village in range(4):
        rows += [f"V{village},h{village}{n},exited,4,{int(village == n == 0)},1" for n in range(6)]
    (tmp_path / "结果.csv").write_text("\n".join(rows), encoding="gbk")
    answer = run("estimate", "结果.csv", "--lang", "zh", cwd=tmp_path)
    assert answer.status == 0, answer.err
    assert "1.04%" in answer.out  # 1 of 96 persons
    words = catalogue("zh")
    names = [words.say(f"criterion.{name}") for name in ("missed", "incidence")]
    assert words.say("verdict.open", names="、".join(names)) in answer.out
    assert words.say("estimate.no_list") in answer.out


def test_a_list_that_is_not_the_countys_is_refused(inside: Inside) -> None:
    write_scenario(inside.folder)
    assert inside("draw", "scenario.toml", "--observations", "seen.csv", *ADJUST).status == 0
    text = as_csv().replace("A", "Z").replace("B", "Y")
    (inside.folder / "other.csv").write_text(text, encoding="utf-8")
    answer = inside("estimate", "seen.csv", "--list", "other.csv", *ADJUST)
    assert answer.status == 2
    assert "seen.csv" in answer.err


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_not_measured_is_not_called_a_pass(language: str, inside: Inside) -> None:
    """No unregistered household is visited: neither the missed rate nor the incidence it is part of is settled."""
    write_scenario(inside.folder)
    rows = ["village_code,household_id,group,persons,wrong_persons,approves"]
    rows += [f"{code},{code}-{n},exited,3,0,1" for code in ("A1", "A2", "B1", "B2") for n in range(4)]
    (inside.folder / "seen.csv").write_text("\n".join(rows), encoding="utf-8")
    words = catalogue(language)
    names = words.say("place.enumeration").join(words.say(f"criterion.{name}") for name in ("missed", "incidence"))
    answer = inside("estimate", "seen.csv", "--list", "list.csv", "--lang", language)
    assert words.say("verdict.open", names=names) in answer.out.replace("\n", "" if language == "zh" else " ")
    assert words.say("estimate.in_part") in answer.out
    assert words.say("estimate.not_measured") in answer.out
    found = record(inside, "estimate", "seen.csv", "--list", "list.csv")
    assert found["verdict"]["fails"] is False
    assert found["verdict"]["unsettled"] == ["missed", "incidence"]


def test_real_results_are_decided_by_the_rules_of_a_scenario(inside: Inside) -> None:
    """The simulated inspection and its table agree under a scenario's own rules too, and both readings are told."""
    rules = '\n[policy]\nmissed_denominator = "village"\nat_limit_fails = true\nlimits = { wrong_exit = 0.01 }\n'
    path = write_scenario(inside.folder)
    path.write_text(path.read_text(encoding="utf-8") + rules, encoding="utf-8")
    drawn = record(inside, "draw", "scenario.toml", "--observations", "seen.csv", *ADJUST)
    told = record(inside, "estimate", "seen.csv", "--list", "list.csv", "--policy", "scenario.toml", *ADJUST)
    for part in ("policy", "verdict", "readings", "lonely", "unvisited"):
        assert told[part] == drawn[part]
    assert told["policy"]["missed_denominator"] == "village"
    assert told["readings"]["missed_denominator"] == "surveyed"
    other = record(inside, "estimate", "seen.csv", "--list", "list.csv", *ADJUST)
    assert other["policy"]["missed_denominator"] == "surveyed"
    assert other["readings"]["raw"]["missed"] == told["estimates"]["raw"]["missed"]["value"]
    assert told["lonely"] == "adjust"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_nobody_visited_is_named(language: str, inside: Inside) -> None:
    write_scenario(inside.folder)
    rows = ["village_code,household_id,group,persons,wrong_persons,approves"]
    rows += [f"{code},{code}-{n},unregistered,3,0,1" for code in ("A1", "A2", "A3") for n in range(4)]
    (inside.folder / "seen.csv").write_text("\n".join(rows), encoding="utf-8")
    answer = inside("estimate", "seen.csv", "--list", "list.csv", "--lang", language)
    words = catalogue(language)
    text = "".join(answer.out.split())
    for key, names in (("strata", ["stratum.remote"]), ("groups", ["group.exited", "group.remaining"])):
        named = words.say("place.enumeration").join(words.say(name) for name in names)
        assert "".join(words.say(f"estimate.note_unvisited_{key}", names=named).split()) in text
    found = record(inside, "estimate", "seen.csv", "--list", "list.csv")
    assert found["unvisited"] == {"strata": ["remote"], "groups": ["exited", "remaining"]}


def test_a_western_county_is_held_against_western_limits(inside: Inside) -> None:
    west = record(inside, "draw", "--policy", "national-2019-west")
    assert west["policy"]["limits"]["incidence"] == 0.03
    assert record(inside, "draw")["policy"]["limits"]["incidence"] == 0.02
