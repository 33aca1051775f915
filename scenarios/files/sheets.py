"""Cells of a CSV, an XLSX or a folder of CSVs, whatever their encoding; no meaning yet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from sampler.errors import refuse
from scenarios.files.workbook_guard import MOST_CELLS, guard_workbook

Cell = str | int | float | bool | None

_LARGEST_BYTES = 50_000_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The cells of one table as they stand in the file.

    Parameters
    ----------
    file : str
        Name of the file.
    name : str
        Name of the worksheet, empty for a CSV.
    rows : sequence of sequences of str, int, float, bool or None
        The first is row 1 of the file.
    merged : tuple of pairs of (row, column)
        First and last cell of each merged range, from 0.
    """

    file: str
    name: str
    rows: Sequence[Sequence[Cell]]
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()


def read_sheets(path: Path) -> tuple[Sheet, ...]:
    """Return the tables of a workbook, a CSV file, or a folder with ``villages.csv``.

    Parameters
    ----------
    path : Path
        What the user named.

    Returns
    -------
    tuple of Sheet
        In a folder, ``villages.csv`` and ``households.csv`` under those names; in a workbook, every worksheet.

    Raises
    ------
    InputError
        ``file_missing``, ``file_empty``, ``file_too_large``, ``not_a_table``, ``wrong_encoding``.
    """
    if path.is_dir():
        if not (path / "villages.csv").is_file():
            raise refuse("file_missing", file=str(path / "villages.csv"))
        names = [name for name in ("villages", "households") if (path / f"{name}.csv").is_file()]
        return tuple(_read_csv(path / f"{name}.csv", name) for name in names)
    if not path.is_file():
        raise refuse("file_missing", file=str(path))
    with path.open("rb") as file:
        magic = file.read(4)
    return _read_workbook(path) if magic in (_ZIP, _OLE) else (_read_csv(path, ""),)


def _read_workbook(path: Path) -> tuple[Sheet, ...]:
    _guard_size(path)
    guard_workbook(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheets = [(name, workbook.get_sheet_by_name(name)) for name in workbook.sheet_names]
        tables = [(name, sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges) for name, sheet in sheets]
    except (CalamineError, OverflowError, ValueError) as error:  # the last two of dates and durations out of range
        raise refuse("not_a_table", file=path.name, found=str(error)) from error
    return tuple(
        Sheet(
            file=path.name,
            name=name,
            rows=[[_plain(cell) for cell in row] for row in rows],
            merged=tuple(merged or ()),
        )
        for name, rows, merged in tables
    )


def _plain(cell: object) -> Cell:
    """Return numbers as Excel shows them: whole ones as int, blanks as None, dates as text."""
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    if isinstance(cell, int):
        return cell
    text = str(cell)
    return text if text.strip() else None


def _read_csv(path: Path, name: str) -> Sheet:
    _guard_size(path)
    content = path.read_bytes()
    if not content.strip():
        raise refuse("file_empty", file=path.name)
    text = _decode(content, path.name)
    delimiter = "\t" if text.split("\n", 1)[0].count("\t") > text.split("\n", 1)[0].count(",") else ","
    cells = text.count(delimiter) + text.count("\n") + 1
    if cells > MOST_CELLS:
        raise refuse("cells_too_many", file=path.name, found=f"{cells:,}", allowed=f"{MOST_CELLS:,}", far="")
    try:
        rows = [
            [cell if cell.strip() else None for cell in row]
            for row in csv.reader(io.StringIO(text), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise refuse("not_a_table", file=path.name, found=str(error)) from error
    return Sheet(file=path.name, name=name, rows=rows)


def _decode(content: bytes, file: str) -> str:
    """Decode UTF-8 (with or without a mark), UTF-16 with a mark, or GBK and its superset GB 18030."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\x00" in content:
        raise refuse("not_a_table", file=file, found="binary")
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refuse("wrong_encoding", file=file, allowed="UTF-8, GBK (GB 18030)")


def _guard_size(path: Path) -> None:
    size = path.stat().st_size
    if size == 0:
        raise refuse("file_empty", file=path.name)
    if size > _LARGEST_BYTES:
        raise refuse("file_too_large", file=path.name, found=size // 1_000_000, allowed=_LARGEST_BYTES // 1_000_000)
