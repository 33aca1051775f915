"""Forms as files: nothing in them is a formula, they come whole or not at all, and the same form is the same bytes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from sampler.errors import InputError
from scenarios.files import atomic
from scenarios.files.field_form import (
    Block,
    Form,
    FormColumn,
    FormSheet,
    csv_files,
    form_file,
    require_form_target,
    write_form,
)
from scenarios.files.form_workbook import workbook
from scenarios.report.form_sheets import form_files

NASTY = ("=1+1", "+86 1", "-5", "@SUM(A1)", "＝1+1", "=cmd|'/c calc'!A1", "\t=1", "0123456789012345678", "南沟村", "'a")


def form(*texts: str) -> Form:
    cover = FormSheet(key="cover", name="cover", title="=title", blocks=(Block(lines=("=line",)),))
    table = Block(
        lines=("note",),
        columns=(
            FormColumn(header="village"),
            FormColumn(header="persons", kind="count"),
            FormColumn(header="wrong", kind="fill_count", upper="persons"),
            FormColumn(header="approves", kind="fill_yes_no"),
        ),
        rows=tuple((text, i, None, None) for i, text in enumerate(texts)),
        pages=(1,),
    )
    visits = FormSheet(key="visits", name="visits", title="visits", blocks=(table,))
    return Form(sheets=(cover, visits), footer="a & b", page="{page} of {pages}", yes="yes", no="no")


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(form(*NASTY))))
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    rows = list(book["visits"].iter_rows(min_row=4, max_col=1))
    assert [row[0].value for row in rows] == list(NASTY)
    quoted = [row[0].value for row in rows if row[0].quotePrefix]
    assert quoted == [text for text in NASTY if text[0] in "=+-@＝\t"]


def test_no_cell_of_a_csv_can_be_taken_for_a_formula() -> None:
    files = dict(csv_files(form(*NASTY)))
    cells = [row[0] for row in csv.reader(io.StringIO(files["03-visits.csv"]))][1:]
    assert [cell.removeprefix("'") for cell in cells] == [text.removeprefix("'") for text in NASTY]
    for text in files.values():
        for row in csv.reader(io.StringIO(text)):
            assert not any(cell[:1] in tuple("=+-@＝\t") and cell for cell in row)


def test_a_csv_holds_the_table_alone_and_the_cover_what_is_said_of_it() -> None:
    files = {name: list(csv.reader(io.StringIO(text))) for name, text in csv_files(form("a"))}
    assert files["03-visits.csv"] == [["village", "persons", "wrong", "approves"], ["a", "0", "", ""]]
    assert files["01-cover.csv"] == [["'=title"], ["'=line"], ["visits", "note"]]


def test_the_same_form_is_the_same_bytes() -> None:
    assert workbook(form(*NASTY)) == workbook(form(*NASTY))


def test_a_workbook_is_set_up_for_print_and_for_filling_in() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(form("a", "b", "c"))))["visits"]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in ((1, 0), (None, 0))
    assert [b.id for b in sheet.row_breaks.brk] == [4]
    choices = {str(v.sqref): (v.type, v.formula1, v.formula2) for v in sheet.data_validations.dataValidation}
    assert choices == {"C4:C6": ("whole", "0", "$B4"), "D4:D6": ("list", '"yes,no"', None)}
    assert "a && b" in (sheet.oddFooter.left.text or "")


def test_a_folder_comes_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "form"
    write_form(target, form("a"))
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    assert all(content.startswith(b"\xef\xbb\xbf") for content in before.values())
    writes = []

    def fail(self: Path, content: bytes) -> int:
        writes.append(self)
        if len(writes) == 2:
            raise OSError(28, "No space left on device")
        return len(content)

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(InputError) as caught:
        write_form(target, form("b"))
    assert caught.value.mistakes[0].code == "cannot_write"
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert list(tmp_path.iterdir()) == [target]


def test_a_former_folder_comes_back_when_its_place_cannot_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "form"
    atomic.write_folder_atomically(target, {"a.csv": b"old"})
    rename = Path.rename

    def fail(self: Path, to: Path) -> Path:
        if self.name == "new":
            raise OSError(5, "Input/output error")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(InputError):
        atomic.write_folder_atomically(target, {"a.csv": b"new"})
    assert (target / "a.csv").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("name", "code"),
    [("form.csv", "form_suffix"), ("form.xls", "form_suffix"), ("taken", "form_is_file"), ("full", "form_folder")],
)
def test_a_target_that_will_not_do_is_refused(name: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        require_form_target(tmp_path / name, form_files())
    assert [mistake.code for mistake in caught.value.mistakes] == [code]


def test_a_folder_with_a_former_form_will_do(tmp_path: Path) -> None:
    for name in ("form.xlsx", "new"):
        require_form_target(tmp_path / name, form_files())
    (tmp_path / "old").mkdir()
    require_form_target(tmp_path / "old", form_files())
    (tmp_path / "old" / form_file("visits", "入户名单")).write_text("x", encoding="utf-8")
    require_form_target(tmp_path / "old", form_files())
