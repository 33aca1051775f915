"""What a notebook shows of an answer: words and tables that are escaped, figures that are described."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from decimal import Decimal

import pytest

from scenarios import figure, load, tell
from scenarios.messages import LANGUAGES
from scenarios.questions.inspection import Inspection, inspect
from scenarios.report.notebook import DRAWERS, TELLERS, Told
from scenarios.report.parts import Table, Text


@pytest.fixture(scope="module")
def inspection() -> Inspection:
    return inspect(load("example"), level={"wrong_exit": Decimal("0.014"), "missed": Decimal("0.014")})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_map_brings_its_description(inspection: Inspection, language: str) -> None:
    picture = figure(inspection, language=language)
    assert picture is not None
    data, metadata = picture._repr_mimebundle_()
    assert b64decode(data["image/png"]) == picture.png
    assert metadata["image/png"]["alt"] == data["text/plain"] == picture.alternative_text
    assert inspection.scenario.frame.villages[inspection.draws.villages[0, 0]] in picture.alternative_text


def test_an_inspection_is_told_in_the_language_asked_for(inspection: Inspection) -> None:
    chinese, english = (str(tell(inspection, language=language)) for language in ("zh", "en"))
    assert "漏评率" in chinese
    assert "漏评率" not in english
    assert "3.40%" in chinese
    assert "3.40%" in english


def test_a_name_from_a_list_cannot_write_the_page() -> None:
    table = Table()
    table.add_column("<b>")
    table.add_row("<script>")
    shown = Told(("<i>", Text("<u>", "bold"), table))._repr_html_()
    assert not any(tag in shown for tag in ("<b>", "<script>", "<i>", "<u>"))
    assert "&lt;script&gt;" in shown


def test_the_list_is_told_township_by_township() -> None:
    frame = load("example").frame
    lines = str(tell(frame, language="zh")).splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == list(dict.fromkeys(frame.townships))


def test_what_can_be_drawn_can_be_told() -> None:
    assert set(DRAWERS) <= set(TELLERS)


def test_another_seed_is_another_map(inspection: Inspection) -> None:
    other = inspect(replace(load("example"), seed=1), level=inspection.level)
    first, second = figure(inspection), figure(other)
    assert first is not None
    assert second is not None
    assert first.png != second.png
