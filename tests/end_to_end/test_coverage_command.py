"""`choucha coverage`: what is printed is what was measured, and the same seed measures the same."""

from __future__ import annotations

import json

import pytest
from choucha_command import Inside, write_scenario

from estimators.intervals import INTERVALS
from scenarios.messages import LANGUAGES, catalogue

FEW = ("--populations", "3", "--draws", "4", "--lonely", "adjust", "--json", "answer.json")


@pytest.fixture
def county(inside: Inside) -> Inside:
    """Return a folder with the small county's scenario."""
    write_scenario(inside.folder)
    return inside


@pytest.mark.parametrize("language", LANGUAGES)
def test_coverage_prints_what_it_measured(language: str, county: Inside) -> None:
    words = catalogue(language)
    answer = county("coverage", "scenario.toml", *FEW, "--lang", language)
    assert answer.status == 0, answer.err
    found = json.loads((county.folder / "answer.json").read_text(encoding="utf-8"))
    assert (found["schema"], found["populations"], found["draws"]) == ("coverage/1", 3, 4)
    assert {cell["interval"] for cell in found["cells"]} == {"korn_graubard"}
    assert {cell["level"]["missed"] for cell in found["cells"]} == {0.0, 0.05, 0.1}
    for criterion in dict.fromkeys(cell["criterion"] for cell in found["cells"]):
        assert words.say(f"criterion.{criterion}") in answer.out
    for cell in found["cells"]:
        assert cell["coverage"] + cell["below"] + cell["above"] == pytest.approx(1)
        assert f"{cell['coverage'] * 100:.1f}±" in answer.out


def test_the_same_seed_measures_the_same(county: Inside) -> None:
    def cells(*options: str) -> object:
        assert county("coverage", "scenario.toml", *FEW, *options).status == 0
        return json.loads((county.folder / "answer.json").read_text(encoding="utf-8"))["cells"]

    assert cells() == cells()
    assert cells() != cells("--seed", "8")


def test_every_interval_is_measured_when_asked(county: Inside) -> None:
    assert county("coverage", "scenario.toml", *FEW, "--interval", "all").status == 0
    cells = json.loads((county.folder / "answer.json").read_text(encoding="utf-8"))["cells"]
    assert {cell["interval"] for cell in cells} == set(INTERVALS)
