"""`choucha template` and `choucha check --mark`: a form to fill in, and what is wrong with it in a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from choucha_command import Inside, as_csv, write_xlsx
from openpyxl import load_workbook

from scenarios.files.columns import VILLAGE_COLUMNS
from scenarios.files.list_template import COLUMNS
from scenarios.messages import LANGUAGES, catalogue

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bad_cells_are_marked_in_a_copy(language: str, inside: Inside) -> None:
    words = catalogue(language)
    source = inside.folder / "名单.xlsx"
    shutil.copy(DATA / "village_list_broken.xlsx", source)
    before = source.read_bytes()
    answer = inside("check", "名单.xlsx", "--mark", "marked.xlsx", "--lang", language)
    assert (answer.status, answer.out) == (2, "")
    assert words.say("check.all_marked", path="marked.xlsx", count=6) in answer.err
    assert source.read_bytes() == before
    own, marked = (load_workbook(path) for path in (source, inside.folder / "marked.xlsx"))
    assert marked.sheetnames == own.sheetnames
    page = marked["附件2 名单"]
    assert marked.active.title == page.title
    notes = {cell.coordinate: cell.comment.text for row in page.iter_rows() for cell in row if cell.comment}
    assert set(notes) == {"F6", "G8", "J10", "C12", "G14", "B17"}
    for cell, note in notes.items():
        assert page[cell].fill.start_color.rgb == "FFFFC7CE"
        assert note in answer.err
        # What stands in the cell is the user's own.
        assert page[cell].value == own["附件2 名单"][cell].value
    assert page.merged_cells.ranges == own["附件2 名单"].merged_cells.ranges


def test_a_list_without_mistakes_is_not_copied(inside: Inside) -> None:
    write_xlsx(inside.folder / "a.xlsx")
    answer = inside("check", "a.xlsx", "--mark", "b.xlsx", "--lang", "en")
    assert answer.status == 0, answer.err
    assert not (inside.folder / "b.xlsx").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("a.csv", "--mark", "b.xlsx"), "only an XLSX workbook can be marked"),
        (("a.xlsx", "--mark", "b.csv"), "it should end in .xlsx"),
        (("a.xlsx", "--mark", "a.xlsx"), "a.xlsx"),
        (("nowhere.xlsx", "--mark", "b.xlsx"), "no such file"),
        (("junk.xlsx", "--mark", "b.xlsx"), "junk.xlsx"),
    ],
)
def test_what_cannot_be_marked_is_refused(arguments: tuple[str, ...], told: str, inside: Inside) -> None:
    (inside.folder / "a.csv").write_text(as_csv(), encoding="utf-8")
    shutil.copy(DATA / "village_list_broken.xlsx", inside.folder / "a.xlsx")
    (inside.folder / "junk.xlsx").write_bytes(b"PK\x03\x04junk")
    before = {path.name: path.read_bytes() for path in inside.folder.iterdir()}
    answer = inside("check", *arguments, "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert "Traceback" not in answer.err
    assert {path.name: path.read_bytes() for path in inside.folder.iterdir()} == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_is_read_once_it_is_filled_in(language: str, inside: Inside) -> None:
    words = catalogue(language)
    answer = inside("template", "form.xlsx", "--lang", language)
    assert answer.status == 0, answer.err
    path = inside.folder / "form.xlsx"
    book = load_workbook(path)
    page, example = book[words.say("template.sheet")], book[words.say("template.example")]
    assert [cell.value for cell in page[1]] == [VILLAGE_COLUMNS[name].headers[language == "zh"] for name in COLUMNS]
    checks = {str(each.sqref).split(":")[0][0]: each for each in page.data_validations.dataValidation}
    assert len(checks) == len(COLUMNS)
    flag = checks["D"]
    assert flag.type == "list"
    assert flag.formula1 == f'"{words.say("template.yes")},{words.say("template.no")}"'
    assert (checks["F"].type, checks["F"].formula1) == ("whole", "0")
    # An empty form is no list yet; with the example's rows it is.
    assert inside("check", "form.xlsx", "--lang", language).status == 2
    for row in example.iter_rows(min_row=2, values_only=True):
        page.append(list(row))
    book.save(path)
    answer = inside("check", "form.xlsx", "--lang", language)
    assert answer.status == 0, answer.err
    assert "云岫镇" in answer.out


def test_the_form_is_not_written_over_a_list(inside: Inside) -> None:
    assert inside("template", "--lang", "zh").status == 0
    (inside.folder / "村名单.xlsx").write_bytes(b"mine")
    answer = inside("template", "--lang", "zh")
    assert (answer.status, (inside.folder / "村名单.xlsx").read_bytes()) == (2, b"mine")
    assert inside("template", "a.csv", "--lang", "en").status == 2
