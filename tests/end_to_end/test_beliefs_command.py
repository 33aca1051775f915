"""`choucha risk --provincial`, `--precheck` and `choucha calibrate`: what is printed is what was computed."""

from __future__ import annotations

import json

import pytest
from choucha_command import CHINESE, Inside

from scenarios.messages import LANGUAGES, catalogue

SCENARIO = """
schema = "scenario/1"
name = "few levels"
seed = 7
[frame]
county = "example"
[population]
kind = "levels"
averaged = false
missed = 0
[plan]
villages = { ordinary = 17, remote = 12 }
take = { exited = 18, unregistered = 18, remaining = 2 }
[grid]
wrong_exit = [0, 0.01, 0.02, 0.04]
"""


@pytest.fixture
def county(inside: Inside) -> Inside:
    """Return a folder with a scenario whose grid has few levels, at most of them exact."""
    (inside.folder / "few.toml").write_text(SCENARIO, encoding="utf-8")
    return inside


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_provincial_result_and_a_pre_check(language: str, county: Inside) -> None:
    words = catalogue(language)
    options = ["--provincial", "1/1500", "--deff", "4.7", "--discount", "0.5", "--precheck", "100", "--found", "0"]
    answer = county("risk", "few.toml", *options, "--engine", "exact", "--json", "answer.json", "--lang", language)
    assert answer.status == 0, answer.err
    assert words.say("assurance.title") in answer.out
    assert words.say("precheck.title") in answer.out
    found = json.loads((county.folder / "answer.json").read_text(encoding="utf-8"))
    told = found["assurance"]["answer"]["chance"]["wrong_exit"]
    assert told["engine"] == "exact"
    assert told["standard_error"] == 0
    assert 0 < told["chance"] < 0.1
    after = found["precheck"]["outcomes"][0]["after"]["chance"]["wrong_exit"]["chance"]
    assert after < told["chance"]


def test_nothing_is_said_of_what_was_not_asked(county: Inside) -> None:
    answer = county("risk", "few.toml", "--engine", "exact", "--json", "answer.json", "--lang", "en")
    assert answer.status == 0, answer.err
    assert catalogue("en").say("assurance.title") not in answer.out
    found = json.loads((county.folder / "answer.json").read_text(encoding="utf-8"))
    assert not {"assurance", "precheck"} & set(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_calibrate_tells_both_outcomes_and_the_caveat(language: str, inside: Inside) -> None:
    words = catalogue(language)
    answer = inside("calibrate", "--replicates", "100", "--json", "answer.json", "--lang", language)
    assert answer.status == 0, answer.err
    assert words.say("calibrate.caveat_title") in answer.out
    assert "86.57%" in answer.out
    found = json.loads((inside.folder / "answer.json").read_text(encoding="utf-8"))
    assert found["schema"] == "calibration/1"
    assert [each["name"] for each in found["outcomes"]] == ["national-2018", "national-2017"]
    table = found["outcomes"][0]["counties"]
    for count in (table["neither"], table["missed_only"], table["wrong_exit_only"], table["both"]):
        assert str(count) in answer.out
    if language == "en":
        assert not CHINESE.search(answer.out)
