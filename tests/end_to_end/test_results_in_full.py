"""`choucha estimate` on a whole county: every rule, parts of the county, a re-check, the soundness of the sample."""

from __future__ import annotations

import csv
import io
import json
import shutil
from typing import Any

import pytest
from choucha_command import CRITERIA, ROOT, Inside

from estimators.rules import RULES
from scenarios import load
from scenarios.messages import LANGUAGES, catalogue

RULES_WEIGHTED = """
schema = "scenario/1"
name = "weighted"
seed = 20190709

[frame]
county = "example"

[population]
kind = "levels"

[plan]
villages = { ordinary = 17, remote = 12 }
take = { exited = 18, unregistered = 18, remaining = 2 }

[policy]
name = "national-2019-central"
weighting = "weighted"

[grid]
together = ["wrong_exit", "missed"]
wrong_exit = [0.02]
"""


def said(inside: Inside, *arguments: str) -> tuple[str, dict[str, Any]]:
    """Return what a command that must succeed prints, and its JSON."""
    answer = inside(*arguments, "--json", "answer.json")
    assert answer.status == 0, answer.err
    return answer.out, json.loads((inside.folder / "answer.json").read_text(encoding="utf-8"))


def joined(text: str) -> str:
    """Return text without the line breaks and spaces of a terminal."""
    return "".join(text.split())


@pytest.fixture
def drawn(inside: Inside) -> Inside:
    """Return a folder with the results of one inspection of the example county and its village list."""
    answer = inside("draw", "--lang", "en", "--level", "1.8%", "--observations", "seen.csv")
    assert answer.status == 0, answer.err
    shutil.copy(ROOT / "scenarios" / "data" / "counties" / "example" / "villages.csv", inside.folder / "list.csv")
    return inside


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_county_stands_under_every_rule(language: str, drawn: Inside) -> None:
    words = catalogue(language)
    for command in (("draw", "--level", "1.8%"), ("estimate", "seen.csv", "--list", "list.csv")):
        out, found = said(drawn, *command, "--lang", language)
        assert words.say("rules.title") in out
        table = out.split(words.say("rules.title"))[1].split("\n")
        for rule in RULES:
            name = words.say(f"rules.{rule}")
            line = next(line for line in table if line.startswith(f" {name}"))
            assert ("FAILS" in line or "不达标" in line.removeprefix(f" {name}")) == found["rules"][rule]["fails"]
        assert found["verdict"]["rule"] == "official"
        assert found["rules"]["official"]["fails"] == found["verdict"]["fails"]
        assert found["rules"]["official"]["criteria"] == found["verdict"]["criteria"]
        # The county of this seed: missed and incidence are proven to fail, the wrong exits are in doubt.
        assert [name for name in CRITERIA if found["rules"]["lower_bound"]["criteria"][name]] != []
        assert found["rules"]["upper_bound"]["criteria"]["wrong_exit"]
        assert not found["rules"]["official"]["criteria"]["wrong_exit"]
        assert found["rules"]["three_way"]["criteria_undecided"]["wrong_exit"]
        assert words.say("estimate.undecided") in out


@pytest.mark.parametrize("language", LANGUAGES)
def test_parts_and_design_effects_are_told(language: str, drawn: Inside) -> None:
    words, frame = catalogue(language), load("example").frame
    out, found = said(drawn, "estimate", "seen.csv", "--list", "list.csv", "--lang", language)
    assert words.say("parts.title") in out
    assert words.say("precision.title") in out
    parts = found["domains"]
    assert [part["name"] for part in parts] == ["ordinary", "remote", *dict.fromkeys(frame.townships)]
    assert sum(part["drawn"] for part in parts[2:]) == 29
    assert sum(part["villages"] for part in parts[2:]) == len(frame.codes)
    nobody = [part["name"] for part in parts if not part["drawn"]]
    assert nobody
    assert joined(words.say("parts.note_nobody", names=words.say("place.enumeration").join(nobody))) in joined(out)
    assert all(part["raw"] == {} for part in parts if not part["drawn"])
    for weighting in ("raw", "weighted"):
        for name, one in found["design_effects"][weighting].items():
            product = one["weighting"] * one["households"] * one["villages"]
            assert product == pytest.approx(one["whole"])
            assert one["whole"] == found["estimates"][weighting][name]["design_effect"]
    assert found["recheck"] is None
    assert found["soundness"] is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_re_check_is_reported(language: str, drawn: Inside) -> None:
    words = catalogue(language)
    rows = list(csv.DictReader(io.StringIO((drawn.folder / "seen.csv").read_text(encoding="utf-8-sig"))))
    for i, row in enumerate(rows):
        chosen = i % 10 == 0
        row["recheck_wrong_persons"] = row["wrong_persons"] if chosen else ""
        row["recheck_approves"] = row["approves"] if chosen else ""
    changed = next(r for r in rows if r["recheck_wrong_persons"] == "0" and r["group"] == "exited")
    changed["recheck_wrong_persons"] = changed["persons"]
    changed["recheck_approves"] = "0" if changed["approves"] == "1" else "1"
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (drawn.folder / "again.csv").write_text(text.getvalue(), encoding="utf-8")
    out, found = said(drawn, "estimate", "again.csv", "--list", "list.csv", "--lang", language)
    assert words.say("recheck.title") in out
    told = found["recheck"]["rates"]["wrong_exit"]
    assert (told["found"], told["withdrawn"], told["changed"]) == (1, 0, 0)
    assert told["now"] - told["before"] == int(changed["persons"])
    assert told["corrected"]["value"] > told["rate"]
    assert found["recheck"]["approval"]["answers_differ"] == 1
    # The one household moved the rate by its own step, and the verdict rests on the first visits.
    step = int(changed["persons"]) / told["persons"] * told["rechecked"]
    assert told["corrected"]["value"] - told["rate"] == pytest.approx(told["corrected"]["step"] * step, rel=1e-9) or (
        told["corrected"]["largest_step"] >= told["corrected"]["value"] - told["rate"]
    )
    _, first = said(drawn, "estimate", "seen.csv", "--list", "list.csv")
    assert found["verdict"] == first["verdict"]
    assert words.say("estimate.ignored", names="")[:4] not in out


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_soundness_of_a_sample_is_told_when_asked(language: str, drawn: Inside) -> None:
    words = catalogue(language)
    quiet, _ = said(drawn, "estimate", "seen.csv", "--list", "list.csv", "--lang", language)
    assert words.say("sound.title") not in quiet
    out, found = said(drawn, "estimate", "seen.csv", "--list", "list.csv", "--soundness", "--lang", language)
    for title in ("title", "balance", "weights", "detection"):
        assert words.say(f"sound.{title}") in out
    sound = found["soundness"]
    assert sound["coverage"]["townships_in_all"] == 11
    assert [row["variable"] for row in sound["balance"]][:3] == ["persons", "exited_share", "remote"]
    assert joined(words.say("sound.balanced", tests=7)) in joined(out)
    assert sound["detection"]["wrong_exit"]["sure"] > 0.02 > sound["detection"]["wrong_exit"]["any_finding"]
    assert sound["planned"] is None
    held, _ = said(drawn, "estimate", "seen.csv", "--list", "list.csv", "--plan", "example", "--lang", language)
    assert words.say("sound.as_planned", stratum=words.stratum("remote"), planned=12, visited=12) in held
    bare, found = said(drawn, "estimate", "seen.csv", "--soundness", "--lang", language)
    assert joined(words.say("sound.no_list")) in joined(bare)
    assert found["soundness"]["balance"] == []
    # Without a list the strata are the parts.
    assert [part["name"] for part in found["domains"]] == ["ordinary", "remote"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_of_another_county_is_refused(language: str, drawn: Inside) -> None:
    for arguments in (["--plan", "example"], ["--list", "list.csv", "--plan", "lqas-5x10"]):
        answer = drawn("estimate", "seen.csv", *arguments, "--lang", language)
        assert answer.status == 2
        assert "--plan" in answer.err


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_set_that_weighs_decides_by_the_weighted_rates(language: str, drawn: Inside) -> None:
    words = catalogue(language)
    (drawn.folder / "weighted.toml").write_text(RULES_WEIGHTED, encoding="utf-8")
    arguments = ["estimate", "seen.csv", "--list", "list.csv", "--policy", "weighted.toml"]
    out, found = said(drawn, *arguments, "--lang", language)
    assert found["verdict"]["rule"] == "weighted"
    assert found["policy"]["weighting"] == "weighted"
    assert found["rules"]["weighted"]["criteria"] == found["verdict"]["criteria"]
    assert words.say("rules.deciding_weighted") in out
    failed = [name for name in CRITERIA if found["verdict"]["criteria"][name]]
    assert failed
    for name in failed:
        shown = f"{100 * found['estimates']['weighted'][name]['value']:.2f}%"
        assert f"{shown} >" in next(line for line in out.split("\n") if "Verdict" in line or "结论：" in line)
    # Without sizes there are no weights, and nothing is called a pass.
    rows = list(csv.DictReader(io.StringIO((drawn.folder / "seen.csv").read_text(encoding="utf-8-sig"))))
    text = io.StringIO()
    names = [name for name in rows[0] if name not in ("weight", "stratum_villages", "group_households")]
    writer = csv.DictWriter(text, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    (drawn.folder / "bare.csv").write_text(text.getvalue(), encoding="utf-8")
    _, bare = said(drawn, "estimate", "bare.csv", "--policy", "weighted.toml")
    assert bare["verdict"]["fails"] is False
    assert set(bare["verdict"]["unsettled"]) == CRITERIA


@pytest.mark.parametrize("language", LANGUAGES)
def test_risk_weighs_and_names_the_engines_that_can(language: str, inside: Inside) -> None:
    words = catalogue(language)
    (inside.folder / "weighted.toml").write_text(RULES_WEIGHTED.replace("[0.02]", "[0.02, 0.03]"), encoding="utf-8")
    answer = inside("risk", "weighted.toml", "--engine", "conditional", "--lang", language)
    assert answer.status == 2
    told = {"key": "--engine", "found": "conditional", "allowed": "auto, exact, simulate"}
    assert words.say("mistake.engine_cannot_weigh", **told).rstrip("。.") in answer.err
    answer = inside("draw", "weighted.toml", "--steps", "--lang", language)
    assert answer.status == 2
    assert "--steps" in answer.err


def test_weighted_chances_are_those_of_weighted_verdicts(inside: Inside) -> None:
    """The simulating engine, on one population, against drawing and deciding inspections one by one."""
    import numpy as np  # noqa: PLC0415

    from scenarios.engines import auto, simulate  # noqa: PLC0415
    from scenarios.questions.inspection import inspect  # noqa: PLC0415
    from scenarios.scenario import populations  # noqa: PLC0415

    (inside.folder / "weighted.toml").write_text(RULES_WEIGHTED, encoding="utf-8")
    scenario = load(str(inside.folder / "weighted.toml"))
    cell = scenario.at(scenario.points()[0])
    (population,) = populations([cell])
    seen = simulate.outcomes(cell, population, np.arange(5))
    for number in range(1, 6):
        verdict = inspect(scenario, level=scenario.points()[0], number=number).assessment.verdict
        for name in CRITERIA:
            assert verdict.fails[name][0] == seen.fails[name][number - 1]
    (answer,) = auto.chances([cell])
    assert set(answer.engine.values()) == {"simulate"}
    many = simulate.outcomes(cell, population, np.arange(simulate.BATCH))
    assert answer.fails["missed"] == pytest.approx(many.fails["missed"].mean(), abs=0.05)
