"""`choucha plan`: the smallest inspection that keeps to both risks, and nothing smaller does."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from choucha_command import SCENARIO, Inside, write_scenario

from scenarios.messages import LANGUAGES, catalogue

ASKED = ("--prq", "0.1%", "--crq", "30%", "--producer", "55%", "--consumer", "30%")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_smallest_plan_is_told_saved_and_written(language: str, inside: Inside) -> None:
    words = catalogue(language)
    write_scenario(inside.folder)
    answer = inside("plan", "scenario.toml", *ASKED, "--json", "p.json", "--save", "p.toml", "--lang", language)
    assert answer.status == 0, answer.err
    record = json.loads(Path("p.json").read_text(encoding="utf-8"))
    assert record["schema"] == "plan/1"
    tried = {each["villages"]: each for each in record["tried"]}
    found = record["found"]["villages"]

    def keeps(each: dict[str, float]) -> bool:
        return all(
            each[side] + 1.645 * each[f"{side}_error"] <= bound
            for side, bound in (("producer", 0.55), ("consumer", 0.3))
        )

    assert keeps(tried[found])
    # It was looked at next to the last one that does not keep to both, or nothing smaller can be drawn.
    assert found == 4 or not keeps(tried[found - 1])
    assert words.say("plan.column_producer") in answer.out
    assert str(found) in answer.out.split("\n")[1]
    checked = inside("risk", "p.toml", "--json", "r.json", "--lang", language)
    assert checked.status == 0, checked.err
    # The saved scenario has the plan that was found.
    saved = tomllib.loads(Path("p.toml").read_text(encoding="utf-8"))
    assert saved["plan"]["villages"] == record["found"]["strata"]


@pytest.mark.parametrize(
    ("change", "options", "told"),
    [
        (("", ""), ("--prq", "1%"), "--prq, --crq"),
        (("", ""), ("--prq", "3%", "--crq", "2%"), "below that of a bad one"),
        (("", ""), ("--prq", "1%", "--crq", "2%", "--producer", "0"), "between 0 and 1"),
        (("", ""), ("--prq", "1%", "--crq", "1.1%"), "even with all villages"),
        (
            ('[grid]\ntogether = ["wrong_exit", "missed"]\nwrong_exit = { from = 0, to = 0.1, steps = 3 }', ""),
            ASKED,
            "error levels",
        ),
        (("ordinary = 2, remote = 1", "ordinary = 0, remote = 0"), ASKED, "at least one village"),
        (("", ""), (*ASKED, "--save", "p.json"), ".toml"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    change: tuple[str, str], options: tuple[str, ...], told: str, inside: Inside
) -> None:
    text = SCENARIO.replace(*change) if change[0] else SCENARIO
    if "[grid]" not in text:
        text += '\n[population]\nkind = "levels"\nwrong_exit = 0.01\nmissed = 0.01\n'
    write_scenario(inside.folder, text)
    answer = inside("plan", "scenario.toml", *options, "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert not Path("p.json").exists()
