"""`choucha risk` with what stands around its answer, and `choucha compare` of scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from choucha_command import Inside, write_scenario

from scenarios.messages import LANGUAGES, catalogue

ALL = ("--prq", "2%", "--crq", "8%", "--spread", "--fix", "3", "--what-if", "--predictive", "--province-counties", "14")


@pytest.fixture
def one(inside: Inside) -> Inside:
    """Return a folder with the county of eight villages about one population, ``one.toml``."""
    text = write_scenario(inside.folder).read_text(encoding="utf-8")
    text = text.replace("[plan]", '[population]\nkind = "levels"\naveraged = false\n[plan]')
    (inside.folder / "one.toml").write_text(text, encoding="utf-8")
    (inside.folder / "two.toml").write_text(text.replace("exited = 3", "exited = 6"), encoding="utf-8")
    return inside


def write_given_county(folder: Path) -> None:
    """Write two villages of ten exited and ten unregistered households each, one of which is wrong: ``given.toml``."""
    county = folder / "county"
    county.mkdir()
    rows = [f"{v},村{v},云岫镇,0,0,10,30,0,0,10,30" for v in "AB"]
    headers = "village_code,village,township,remote,poor_village"
    groups = ("exited", "remaining", "unregistered")
    counts = ",".join(f"{group}_{unit}" for group in groups for unit in ("households", "persons"))
    (county / "villages.csv").write_text("\n".join([f"{headers},{counts}", *rows, ""]), encoding="utf-8")
    lines = ["household_id,village_code,group,persons,key,wrong_persons,approves"]
    for village in "AB":
        for group in ("exited", "unregistered"):
            wrong = [3 if (village, group, i) == ("A", "exited", 0) else 0 for i in range(10)]
            lines += [f"{village}{group[0]}{i},{village},{group},3,0,{each},1" for i, each in enumerate(wrong)]
    (county / "households.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    (folder / "given.toml").write_text(
        'schema = "scenario/1"\nname = "given"\nseed = 1\n[frame]\nfile = "county"\n[population]\nkind = "given"\n'
        "[plan]\nvillages = { ordinary = 1, remote = 0 }\ntake = { exited = 5, unregistered = 5 }\n",
        encoding="utf-8",
    )


def _read(inside: Inside, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((inside.folder / name).read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_around_the_answer(language: str, one: Inside) -> None:
    words = catalogue(language)
    answer = one("risk", "one.toml", *ALL, "--level", "5%", "--json", "answer.json", "--lang", language)
    assert answer.status == 0, answer.err
    for title in ("quality_title", "spread_title", "what_if_title", "predictive_title"):
        assert words.say(f"around.{title}") in answer.out
    found = _read(one, "answer.json")
    assert found["county_drawn"]["chance"] == pytest.approx(1 / 14 + 13 / 14 * 38 / 261)
    assert "20.7%" in answer.out
    (point,) = found["quality"]["points"]
    assert 0 <= point["producers_risk"]["any"] < 1 - point["consumers_risk"]["any"] <= 1
    spread = found["spread"]
    assert spread["level"] == {"wrong_exit": 0.05, "missed": 0.05}
    assert f"{spread['rates']['missed']['mean'] * 100:.2f}%" in answer.out
    assert spread["rates"]["missed"]["quantiles"]["0.05"] <= spread["rates"]["missed"]["quantiles"]["0.95"]
    assert spread["wrong_in_county"]["persons"] > 0
    assert {each["key"] for each in found["what_if"]["changed"]} >= {"population.icc", "fieldwork.absence"}
    fixed = found["put_right"]
    assert (fixed["households"], fixed["best_order"]["any"] < fixed["before"]["any"]) == (3, True)
    assert found["predictive"]["prior"] == "grid"
    assert found["predictive"]["questions"]["any"]["exceeds_given_fail"] > 0.5


def test_predictive_values_after_a_provincial_result(one: Inside) -> None:
    answer = one("risk", "one.toml", "--predictive", "--provincial", "1/300", "--json", "a.json", "--lang", "en")
    assert answer.status == 0, answer.err
    assert _read(one, "a.json")["predictive"]["prior"] == "provincial"
    assert "judged by the provincial result" in answer.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--prq", "2%"), "'--prq': it belongs to --crq"),
        (("--prq", "3%", "--crq", "2%"), "must be below the bad one's"),
        (("--prq", "0", "--crq", "100%"), "--prq, --crq"),
        (("--level", "2%"), "it belongs to --why, --spread, --fix, --what-if"),
        (("--province-counties", "263"), "1 <= x <= 262"),
        (("--province-counties", "0"), "--province-counties"),
        (("--fix", "0"), "--fix"),
    ],
)
def test_what_cannot_be_asked_is_refused(options: tuple[str, ...], told: str, one: Inside) -> None:
    answer = one("risk", "one.toml", *options, "--json", "answer.json", "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert not (one.folder / "answer.json").exists()


def test_nobody_is_put_right_on_average(inside: Inside) -> None:
    write_scenario(inside.folder)
    answer = inside("risk", "scenario.toml", "--fix", "3", "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert "nobody knows which households are wrong" in answer.err


def test_weighted_rates_are_not_spread(one: Inside) -> None:
    text = (one.folder / "one.toml").read_text(encoding="utf-8")
    (one.folder / "weighted.toml").write_text(text + '\n[policy]\nweighting = "weighted"\n', encoding="utf-8")
    answer = one("risk", "weighted.toml", "--spread", "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert "it tells raw rates only" in answer.err


def test_a_given_truth_has_no_assumptions_to_change(inside: Inside) -> None:
    write_given_county(inside.folder)
    answer = inside("risk", "given.toml", "--what-if", "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert "needs a truth made from error levels" in answer.err
    answer = inside("risk", "given.toml", "--spread", "--json", "a.json", "--lang", "en")
    assert answer.status == 0, answer.err
    spread = _read(inside, "a.json")["spread"]
    assert (spread["level"], spread["populations"], spread["further_errors_placed"]) == ({}, 1, "random")
    assert "taken at random from the right ones" in answer.out


@pytest.mark.parametrize("language", LANGUAGES)
def test_scenarios_on_common_random_numbers(language: str, one: Inside) -> None:
    words = catalogue(language)
    answer = one("compare", "one.toml", "two.toml", "--json", "c.json", "--lang", language)
    assert answer.status == 0, answer.err
    assert words.say("compare.title_paired", old="eight villages", new="eight villages") in answer.out
    found = _read(one, "c.json")
    assert found["paired"]
    for name, side in (("one", "old"), ("two", "new")):
        assert one("risk", f"{name}.toml", "--engine", "exact", "--json", f"{name}.json").status == 0
        for point, alone in zip(found["points"], _read(one, f"{name}.json")["points"], strict=True):
            assert point["level"] == alone["level"]
            for criterion in ("wrong_exit", "missed", "approval"):
                assert point["difference"][criterion][side] == alone["chance"][criterion]


def test_several_scenarios_and_what_cannot_be_compared(one: Inside) -> None:
    answer = one("compare", "one.toml", "two.toml", "one.toml", "--json", "c.json", "--lang", "en")
    assert answer.status == 0, answer.err
    assert len(_read(one, "c.json")["comparisons"]) == 2
    (one.folder / "saved.json").write_text("{}", encoding="utf-8")
    for compared, told in (
        (("one.toml", "saved.json"), "either saved answers"),
        (("saved.json", "saved.json", "--seed", "3"), "belongs to a comparison of scenarios"),
        (("one.toml",), "an argument is missing: NEW"),
        (("one.toml", "example"), "the seeds differ"),
    ):
        answer = one("compare", *compared, "--lang", "en")
        assert (answer.status, answer.out) == (2, "")
        assert told in answer.err


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_axes_are_drawn_as_a_surface(language: str, one: Inside) -> None:
    text = (one.folder / "one.toml").read_text(encoding="utf-8")
    (one.folder / "surface.toml").write_text(text + "icc = [0, 0.1]\n", encoding="utf-8")
    answer = one("risk", "surface.toml", "--figure", "surface.svg", "--figure", "surface.png", "--lang", language)
    assert answer.status == 0, answer.err
    drawn = (one.folder / "surface.svg").read_text(encoding="utf-8")
    assert catalogue(language).say("level.icc") in drawn
    assert (one.folder / "surface.png").stat().st_size > 10_000
    answer = one("risk", "surface.toml", "--figure", "no.svg", "--engine", "conditional", "--lang", language)
    assert (answer.status, (one.folder / "no.svg").exists()) == (2, False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_single_level_is_answered_in_one_sentence(language: str, one: Inside) -> None:
    words = catalogue(language)
    text = (one.folder / "one.toml").read_text(encoding="utf-8")
    text = text.replace("{ from = 0, to = 0.1, steps = 3 }", "[0.05]")
    (one.folder / "single.toml").write_text(text, encoding="utf-8")
    answer = one("risk", "single.toml", "--json", "a.json", "--lang", language)
    assert answer.status == 0, answer.err
    chances = _read(one, "a.json")["points"][0]["chance"]
    often = words.say("verdict_words.of_ten", count=round(chances["any"] * 10))
    worst = max(("wrong_exit", "missed", "incidence", "approval"), key=lambda name: chances[name])
    mostly = words.say("verdict_words.mostly", criterion=words.say(f"criterion.{worst}"))
    assert often + mostly in answer.out.replace("\n", " ")
    assert often in " ".join(answer.out.splitlines()[:4]), "it is said first"
