"""`choucha risk --why`: who carries the risk, as text and as JSON."""

from __future__ import annotations

import json

import pytest
from choucha_command import Inside, write_scenario

from scenarios.messages import LANGUAGES, catalogue


def row_of(part: str, text: str) -> list[str]:
    """Return the cells of a part's first row in the tables of reasons."""
    title = max(text.find(catalogue(language).say("attribution.title")) for language in LANGUAGES)
    return next(line.split() for line in text[title:].splitlines() if line.strip().startswith(part))


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_for_one_population(language: str, inside: Inside) -> None:
    words = catalogue(language)
    text = write_scenario(inside.folder).read_text(encoding="utf-8")
    (inside.folder / "one.toml").write_text(
        text.replace("[plan]", '[population]\nkind = "levels"\naveraged = false\n[plan]'), encoding="utf-8"
    )
    answer = inside("risk", "one.toml", "--why", "--level", "5%", "--json", "answer.json", "--lang", language)
    assert answer.status == 0, answer.err
    assert words.say("attribution.title") in answer.out
    assert words.say("attribution.fix_title") in answer.out
    found = json.loads((inside.folder / "answer.json").read_text(encoding="utf-8"))["attribution"]
    assert found["level"] == {"wrong_exit": 0.05, "missed": 0.05}
    assert found["populations"] == 0
    assert {part["name"] for part in found["townships"]} == {"云岫镇", "石泉乡", "柏树乡"}
    assert found["steps"]
    (remote,) = [part for part in found["strata"] if part["name"] == "remote"]
    told = row_of(words.stratum("remote"), answer.out)
    for criterion, value in zip(found["chance"], told[-len(found["chance"]) :], strict=True):
        assert float(value) == pytest.approx(-remote["drop"][criterion] * 100, abs=0.051)
    chances = [found["before"]["chance"]["any"], *(step["chance"]["any"] for step in found["steps"])]
    assert chances[-1] < chances[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_on_average(language: str, inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    from scenarios.questions import attribution as room  # noqa: PLC0415

    monkeypatch.setattr(room, "POPULATIONS", 4)
    words = catalogue(language)
    write_scenario(inside.folder)
    answer = inside("risk", "scenario.toml", "--why", "--json", "answer.json", "--lang", language)
    assert answer.status == 0, answer.err
    assert words.say("attribution.title") in answer.out
    assert words.say("attribution.fix_title") not in answer.out
    found = json.loads((inside.folder / "answer.json").read_text(encoding="utf-8"))["attribution"]
    assert (found["populations"], found["villages"], found["steps"]) == (4, [], [])
    told = row_of(words.stratum("remote"), answer.out)
    sums = {
        name: {part["name"]: part["sum_of_village_drops"][name] for part in found["strata"]} for name in found["chance"]
    }
    carried = [name for name in sums if sum(sums[name].values()) >= 0.0005]  # less would be told as nothing
    assert carried
    shares = {name: sums[name]["remote"] / sum(sums[name].values()) * 100 for name in carried}
    *values, each = told[-len(carried) - 1 :]
    for name, value in zip(carried, values, strict=True):
        assert float(value.split("%")[0]) == pytest.approx(shares[name], abs=0.501)
    villages = next(part["villages"] for part in found["strata"] if part["name"] == "remote")
    largest = max(carried, key=lambda name: found["chance"][name])
    assert float(each.removesuffix("%")) == pytest.approx(shares[largest] / villages, abs=0.00501)
