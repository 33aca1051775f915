"""The page without a browser: what each part shows for a view, and that the view goes back into the address."""

from __future__ import annotations

import time
from decimal import Decimal
from html import escape
from pathlib import Path

import pytest
from choucha_command import as_csv
from streamlit.testing.v1 import AppTest

import scenarios.shells.web
from scenarios import load, run
from scenarios.messages import LANGUAGES, catalogue
from scenarios.shells.web.county import read_source

PAGE = Path(scenarios.shells.web.__file__).parent / "page.py"


def shown(**address: str) -> AppTest:
    """Run the page for an address until the example is answered."""
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    for key, value in address.items():
        page.query_params[key] = value
    page.run()
    for _ in range(120):
        if not page.session_state["tasks"] if "tasks" in page.session_state else True:
            break
        time.sleep(0.5)
        page.run()
    assert not page.exception
    return page


def text(page: AppTest) -> str:
    return "\n".join(str(each.proto.body) for each in page.get("html"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ["planner", "statistician", "trainer"])
def test_each_part_is_in_the_language_asked_for(language: str, part: str) -> None:
    page = shown(lang=language, part=part)
    say = catalogue(language)
    assert say.say("web.lead") in text(page)
    assert page.radio(key=f"part_{language}").value == part
    last = {"planner": "section_places", "statistician": "section_tune", "trainer": "section_thousand"}[part]
    assert say.say(f"web.{last}") in text(page)


def test_the_level_moves_the_answer_and_the_address() -> None:
    page = shown(lang="en", level="0.01")
    chances = {level["missed"]: chance.fails["any"] for level, chance in _example()}
    assert f"≈{chances[Decimal('0.01')] * 100:.1f}%" in text(page)
    page.select_slider(key="in_level").set_value(Decimal("0.02")).run()
    assert f"≈{chances[Decimal('0.02')] * 100:.1f}%" in text(page)
    assert page.query_params["level"] in (["0.02"], "0.02")


def _example() -> list[tuple[dict[str, Decimal], object]]:
    answer = run(load("example"))
    return list(zip(answer.levels, answer.chances, strict=True))  # type: ignore[arg-type]


def test_each_rate_of_its_own_is_a_scenario_of_its_own() -> None:
    page = shown(lang="en", how="apart", wrong_exit="0.002", missed="0.013")
    assert page.number_input(key="in_missed").value == pytest.approx(1.3)
    assert "wrong exit 0.2%" in text(page)
    assert "missed 1.3%" in text(page)


def test_next_and_back_move_the_step() -> None:
    page = shown(lang="en", part="trainer", step="2")
    page.button(key="on").click().run()
    assert page.slider(key="in_step").value == 3
    assert "Step 3" in text(page)
    page.button(key="draw_again").click().run()
    assert page.slider(key="in_step").value == 1
    assert page.number_input(key="in_number").value == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_two_phase_check_has_its_second_visit(language: str) -> None:
    page = shown(lang=language, part="trainer", check="two_phase", step="1")
    assert escape(catalogue(language).say("web.check_note")) in text(page)
    steps = int(page.slider(key="in_step").max)
    once = shown(lang=language, part="trainer", step="1")
    assert steps > int(once.slider(key="in_step").max)
    headings = []
    for step in range(1, steps):
        headings.append(text(page.slider(key="in_step").set_value(step).run()))
    assert not page.exception
    assert sum(escape(catalogue(language).say("steps.heading_cells")) in each for each in headings) == 1


def test_a_county_too_small_for_the_check_is_told_so(tmp_path: Path) -> None:
    page = shown(lang="en", part="trainer", check="two_phase")
    (tmp_path / "list.csv").write_text(as_csv(), encoding="utf-8")
    found = page.session_state["read"] = read_source(str(tmp_path / "list.csv"), "list.csv")
    assert len(found.county.frame.codes) == 8
    page.session_state["view"]["from"] = page.session_state["from_en"] = "list"
    page.run()
    assert not page.exception
    assert 'class="wrong"' in text(page)
