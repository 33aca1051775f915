"""A form for the field, as a workbook or as a folder of CSV files: what stands in its cells comes ready in a language.

Its texts come from tables that others filled in, so none is ever taken for a formula.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sampler.errors import refuse
from scenarios.files.atomic import require_writable, write_atomically, write_folder_atomically
from scenarios.files.sheets import Cell

# Sheets of a form; a file of a folder is called by its number here and the sheet's name.
SHEETS = ("cover", "villages", "visits", "reserves", "desk", "revisit", "revisit_reserves", "cells", "steps")
Kind = Literal["text", "label", "share_of", "wrap", "count", "share", "weight", "fill", "fill_count", "fill_yes_no"]
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class FormColumn:
    """A column of a form's table.

    Parameters
    ----------
    header : str
        Its header; where all of a table's are empty it has no header row.
    kind : str
        What stands in it; ``"fill"`` and the like are left empty for the team.
    upper : str
        Header of the column that bounds a ``"fill_count"``: persons found are no more than persons.
    """

    header: str
    kind: Kind = "text"
    upper: str = ""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A piece of a sheet: a heading, lines of text, a table.

    Parameters
    ----------
    heading : str
        Empty for none.
    lines : tuple of str
        Text above the table.
    columns : tuple of FormColumn
        Of the table; none for no table.
    rows : tuple of tuple
        Its rows.
    pages : tuple of int
        Rows that begin a new page when printed, from 0.
    """

    heading: str = ""
    lines: tuple[str, ...] = ()
    columns: tuple[FormColumn, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FormSheet:
    """A sheet of a form.

    Parameters
    ----------
    key : str
        One of `SHEETS`.
    name, title : str
        Name of the sheet, and the title in it.
    blocks : tuple of Block
        What it holds.
    """

    key: str
    name: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def file(self) -> str:
        """Name of its file in a folder."""
        return form_file(self.key, self.name)


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form.

    Parameters
    ----------
    sheets : tuple of FormSheet
        In order; the first is the cover.
    footer : str
        At the foot of every printed page, before the page number.
    page : str
        The page number in words, with ``{page}`` and ``{pages}``.
    yes, no : str
        Answers to choose from.
    """

    sheets: tuple[FormSheet, ...]
    footer: str
    page: str
    yes: str
    no: str


def form_file(key: str, name: str) -> str:
    """Return the name of a sheet's file.

    Examples
    --------
    >>> form_file("visits", "入户名单")
    '03-入户名单.csv'
    """
    return f"{SHEETS.index(key) + 1:02}-{name}.csv"


def require_form_target(path: Path, known: Collection[str]) -> None:
    """Refuse, before anything is computed, a name under which no form can be written.

    Parameters
    ----------
    path : Path
        A workbook (.xlsx), or a folder (no suffix) that is not there, is empty, or holds nothing but a former form.
    known : collection of str
        Names of the files that forms consist of.

    Raises
    ------
    InputError
        ``form_suffix``, ``form_folder`` for a folder with other files, ``cannot_write``.
    """
    if path.suffix.lower() == ".xlsx":
        require_writable(path)
        return
    if path.suffix:
        raise refuse("form_suffix", file=path.name, found=path.suffix)
    if not path.is_dir():
        if path.exists():
            raise refuse("form_is_file", file=path.name)
        require_writable(path)
        return
    others = sorted(each.name for each in path.iterdir() if each.name not in known)
    if others:
        raise refuse("form_folder", file=str(path), found=others[0])


def write_form(path: Path, form: Form) -> None:
    """Write a form, whole or not at all.

    Parameters
    ----------
    path : Path
        As `require_form_target` takes it.
    form : Form
        What to write.

    Raises
    ------
    InputError
        ``form_suffix``, ``cannot_write``.
    """
    if path.suffix.lower() == ".xlsx":
        from scenarios.files.form_workbook import workbook  # noqa: PLC0415 - not needed for CSV

        write_atomically(path, workbook(form))
    elif path.suffix:
        raise refuse("form_suffix", file=path.name, found=path.suffix)
    else:
        write_folder_atomically(path, {name: content.encode("utf-8-sig") for name, content in csv_files(form)})


def csv_files(form: Form) -> Iterator[tuple[str, str]]:
    r"""Yield the name and text of each file of a folder.

    A sheet with one table becomes that table alone, its header in the first row; what is said above it stands on the
    cover, behind the sheet's name.

    Examples
    --------
    >>> table = Block(lines=("take care",), columns=(FormColumn(header="village"),), rows=(("=1+1",),))
    >>> sheets = [FormSheet(key=key, name=key, title=key, blocks=(table,)) for key in ("cover", "visits")]
    >>> dict(csv_files(Form(sheets=tuple(sheets), footer="", page="", yes="yes", no="no")))["03-visits.csv"]
    "village\r\n'=1+1\r\n"
    """
    cover, *others = form.sheets
    rows = [*_rows(cover)]
    for sheet in others:
        if _is_table(sheet):
            yield sheet.file, _csv(_table(sheet.blocks[0]))
            rows += [(sheet.name, line) for line in sheet.blocks[0].lines]
        else:
            yield sheet.file, _csv([*_rows(sheet)])
    yield cover.file, _csv(rows)


def _is_table(sheet: FormSheet) -> bool:
    return len(sheet.blocks) == 1 and bool(sheet.blocks[0].columns)


def _rows(sheet: FormSheet) -> Iterator[Sequence[Cell]]:
    yield (sheet.title,)
    for block in sheet.blocks:
        if block.heading:
            yield (block.heading,)
        yield from ((line,) for line in block.lines)
        yield from _table(block)


def _table(block: Block) -> list[Sequence[Cell]]:
    headers = [tuple(column.header for column in block.columns)] if any(c.header for c in block.columns) else []
    return [*headers, *block.rows]


def _csv(rows: Sequence[Sequence[Cell]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([[neutral(cell) for cell in row] for row in rows])
    return text.getvalue()


def is_formula(text: str) -> bool:
    """Say whether a spreadsheet could take a text for a formula; full-width signs count.

    Examples
    --------
    >>> is_formula("=1+1"), is_formula("＝1"), is_formula("南沟村")
    (True, True, False)
    """
    return unicodedata.normalize("NFKC", text[:1]).startswith(_FORMULA_STARTS)


def neutral(cell: Cell) -> Cell:
    """Return a cell of a CSV with an apostrophe before a text that could be taken for a formula.

    Examples
    --------
    >>> neutral("@SUM(A1)"), neutral(-1), neutral("一组")
    ("'@SUM(A1)", -1, '一组')
    """
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell
