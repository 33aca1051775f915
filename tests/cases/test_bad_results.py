"""Every situation of `bad_results.toml`: all mistakes at once, each in exactly these words of both languages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from sampler.errors import InputError, Mistake
from scenarios.files.observations import read_results
from scenarios.messages import LANGUAGES, catalogue

_BOOK = tomllib.loads(Path(__file__).with_name("bad_results.toml").read_text(encoding="utf-8"))
TEXTS: Mapping[str, str] = {name: text.lstrip("\n") for name, text in _BOOK["texts"].items()}
CASES: Mapping[str, Mapping[str, Any]] = {case["id"]: case for case in _BOOK["case"]}
PARTS = {"id", "results", "list", "workbook", "en", "zh"}


def text_of(stated: Mapping[str, Any]) -> str:
    """Return a text, changed where its case says so."""
    text: str = TEXTS[stated["like"]] if "like" in stated else stated["text"]
    for old, new in stated.get("change", []):
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the text"
        text = text.replace(old, new)
    return text


def write_workbook(path: Path, sheets: Mapping[str, Mapping[str, Any]]) -> None:
    """Write each text as one worksheet, whole numbers as numbers."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, stated in sheets.items():
            sheet = book.add_worksheet(name)
            for r, line in enumerate(text_of(stated).splitlines()):
                for c, cell in enumerate(line.split(",")):
                    sheet.write(r, c, int(cell) if re.fullmatch(r"-?\d+", cell) else cell)


def mistakes_of(case: Mapping[str, Any], folder: Path) -> tuple[Mistake, ...]:
    """Return what is wrong with the files of a case."""
    village_list = None
    if "workbook" in case:
        path = folder / "results.xlsx"
        write_workbook(path, case["workbook"])
    else:
        path = folder / "results.csv"
        path.write_text(text_of(case["results"]), encoding="utf-8")
    if "list" in case:
        village_list = folder / "list.csv"
        if case["list"]:
            village_list.write_text(text_of(case["list"]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_results(path, village_list=village_list)
    return caught.value.mistakes


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_bad_results_are_refused_in_these_words(name: str, language: str, tmp_path: Path) -> None:
    case = CASES[name]
    told = [
        catalogue(language).mistake(mistake).replace(str(tmp_path), "FOLDER") for mistake in mistakes_of(case, tmp_path)
    ]
    assert told == case[language]


def test_the_files_that_are_changed_can_be_read_as_they_are(tmp_path: Path) -> None:
    path, village_list = tmp_path / "results.csv", tmp_path / "list.csv"
    village_list.write_text(TEXTS["list"], encoding="utf-8")
    for name in ("results", "chinese"):
        path.write_text(TEXTS[name], encoding="utf-8")
        for listed in (None, village_list):
            assert len(read_results(path, village_list=listed).observations.slot) == 6


def test_cases_are_complete_and_told_apart() -> None:
    assert len(CASES) == len(_BOOK["case"]), "an id stands twice"
    for case in CASES.values():
        assert set(case) <= PARTS, case["id"]
        assert ("results" in case) != ("workbook" in case), case["id"]
        assert len(case["en"]) == len(case["zh"]) > 0, case["id"]
