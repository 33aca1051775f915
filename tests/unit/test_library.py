"""The shipped scenarios: they load, say what is assumed, and leave nobody out without a word."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from scenarios.files.counties import COUNTIES
from scenarios.files.scenario_file import load_scenario, scenario_names
from scenarios.messages import LANGUAGES, catalogue
from scenarios.questions.reach import chance_drawn, unreachable
from scenarios.report.risk_text import unreachable_notes

SHIPPED = {
    "example",
    "national-2019-spot-check",
    "national-2019-other-channels",
    "national-2017",
    "guizhou-2019-provincial",
    "sichuan-2021-post-evaluation",
    "guangdong-2018-systematic",
    "lqas-5x10",
    "snap-qc",
    "national-county",
}
DATA = Path(str(importlib.util.find_spec("scenarios.data").submodule_search_locations[0]))  # type: ignore[union-attr, index]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DATA / "counties" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_shipped() -> None:
    assert set(scenario_names()) == SHIPPED
    assert set(COUNTIES) == {path.parent.name for path in (DATA / "counties").glob("*/villages.csv")}
    assert all((DATA / "counties" / name / "README.md").is_file() for name in COUNTIES)


def test_the_small_counties_are_what_their_script_writes(tmp_path: Path) -> None:
    others = script("make_others")
    assert others.main(["--check"]) == 0
    assert others.main([], folder=tmp_path) == 0
    assert others.main(["--check"], folder=tmp_path) == 0
    (tmp_path / "lot" / "villages.csv").write_text("x")
    assert others.main(["--check"], folder=tmp_path) == 1


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_everybody_has_a_chance_or_is_named(name: str) -> None:
    scenario = load_scenario(name).scenario
    assert scenario.frame.synthetic
    left = unreachable(scenario)
    villages, townships = chance_drawn(scenario)
    assert villages.min() > 0
    assert min(townships.values()) > 0
    assert left.townships == left.villages == ()
    for language in LANGUAGES:
        notes = " ".join(unreachable_notes(scenario, catalogue(language)))
        for group, count in left.households.items():
            told = catalogue(language).say(
                "risk.unreachable_group", group=catalogue(language).say(f"group.{group}"), count=f"{count:,}"
            )
            assert (told in notes) == (count > 0)
    # Questionnaires of 2017 went to exited and unregistered households alone.
    assert left.nothing == (name != "national-2017")


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_shipped_scenario_states_its_sources_and_assumptions(name: str) -> None:
    text = (DATA / "library" / f"{name}.toml").read_text(encoding="utf-8")
    comment = "\n".join(line for line in text.splitlines() if line.startswith("#")).lower()
    assert "synthetic" in comment
    assert name == "example" or ("source" in comment and "assumption" in comment)
