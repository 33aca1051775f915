"""Where the parts of a table stand in a sheet: headers of one row or two, records, sums and remarks.

Offices keep lists with a title above, headers joined across two rows, a township written once for all its villages,
sums after each township and remarks below. Nothing of this is guessed silently: what was read so is told (`Remark`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scenarios.files.columns import Column, normalised
from scenarios.files.sheets import Cell, Sheet

_HEADER_ROWS = 30  # a header further down is not looked for
_FEWEST_HEADERS = 3  # so many known headers make a row the header row
# A row that begins so, in one of its first cells, adds up others and is no village.
_SUMS = ("合计", "总计", "小计", "共计", "累计", "全县合计", "total", "subtotal")
_REMARKS = ("注", "说明", "备注", "填报", "填表", "制表", "审核", "单位", "审批", "联系", "日期", "note")
_FIRST_CELLS = 2


@dataclass(frozen=True, kw_only=True)
class Header:
    """The header of a table.

    Parameters
    ----------
    top, bottom : int
        Its first and last row, from 0; the same where it has one row.
    names : tuple of str or None
        What each column is called, the rows joined.
    """

    top: int
    bottom: int
    names: tuple[str | None, ...]


@dataclass(frozen=True)
class Remark:
    """Something that was read otherwise than it stands, or not read, and must be told.

    Parameters
    ----------
    code : str
        What: ``joined_header``, ``filled_down``, ``sums_skipped``, ``remarks_skipped``, ``dashes``, ``units``.
    fields : mapping of str to str or int
        Where and how often.
    """

    code: str
    fields: Mapping[str, str | int]


def find_header(sheet: Sheet, columns: Mapping[str, Column]) -> Header | None:
    """Return the first header that names three known columns or more, of two rows where together they name more.

    Parameters
    ----------
    sheet : Sheet
        The cells.
    columns : mapping of str to Column
        What is looked for.

    Examples
    --------
    >>> from scenarios.files.columns import VILLAGE_COLUMNS
    >>> rows = [["某县名单", None, None, None], ["乡镇", "村名", "脱贫", None], [None, None, "户数", "人数"]]
    >>> find_header(Sheet(file="a", name="b", rows=rows), VILLAGE_COLUMNS).names
    ('乡镇', '村名', '脱贫户数', '脱贫人数')
    """
    for top in range(min(_HEADER_ROWS, len(sheet.rows))):
        single = _texts(sheet.rows[top])
        alone = _known(single, columns)
        joined = _joined(sheet, top) if top + 1 < len(sheet.rows) else ()
        together = _known(joined, columns)
        below = _known(_texts(sheet.rows[top + 1]), columns) if joined else 0
        # Rows that each say as much by themselves are a header and what stands above or below it.
        more = together >= _FEWEST_HEADERS and together > max(alone, below)
        if more and _known_cells(sheet.rows[top], columns, joined):
            return Header(top=top, bottom=top + 1, names=joined)
        if alone >= _FEWEST_HEADERS:
            return Header(top=top, bottom=top, names=single)
    return None


def _texts(row: Sequence[Cell]) -> tuple[str | None, ...]:
    return tuple(None if cell is None else str(cell).strip() for cell in row)


def _known_cells(row: Sequence[Cell], columns: Mapping[str, Column], joined: Sequence[str | None]) -> bool:
    """Say whether every known header of a row is still known once it is joined with the row below."""
    known = _words(columns)
    return all(
        joined[i] is not None and normalised(joined[i]) in known
        for i, cell in enumerate(row)
        if cell is not None and normalised(cell) in known and i < len(joined)
    )


def _joined(sheet: Sheet, top: int) -> tuple[str | None, ...]:
    """Return the headers that a row and the one below it make: what stands over several columns belongs to each."""
    upper, lower = sheet.rows[top], sheet.rows[top + 1]
    names: list[str | None] = []
    above: str | None = None
    for i in range(max(len(upper), len(lower))):
        over, under = (row[i] if i < len(row) else None for row in (upper, lower))
        # A blank upper cell continues the one before it where something stands below.
        above = str(over).strip() if over is not None else above if under is not None else None
        parts = [part for part in (above, None if under is None else str(under).strip()) if part]
        names.append("".join(parts) or None)
    return tuple(names)


def _words(columns: Mapping[str, Column]) -> set[str]:
    return {normalised(header) for column in columns.values() for header in column.headers}


def _known(names: Sequence[str | None], columns: Mapping[str, Column]) -> int:
    known = _words(columns)
    return sum(name is not None and normalised(name) in known for name in names)


def known_headers(header: Header, columns: Mapping[str, Column]) -> int:
    """Return how many of a header's names are known."""
    return _known(header.names, columns)


def positions(names: Sequence[Cell], column: Column) -> list[int]:
    """Return where a row of names has those of a column."""
    accepted = {normalised(header) for header in column.headers}
    return [i for i, cell in enumerate(names) if cell is not None and normalised(cell) in accepted]


@dataclass(frozen=True, kw_only=True)
class Records:
    """The rows below a header.

    Parameters
    ----------
    rows : tuple of int
        Rows of records, from 0.
    sums, remarks, headers : tuple of int
        Rows that add up others, rows of text, and the header again: not read.
    """

    rows: tuple[int, ...]
    sums: tuple[int, ...]
    remarks: tuple[int, ...]
    headers: tuple[int, ...]


def find_records(sheet: Sheet, header: Header) -> Records:
    """Tell the records below a header from sums, remarks and blank rows.

    Examples
    --------
    >>> rows = [["乡镇", "村名"], ["甲镇", "东村"], ["小计", None], ["注：以上为示例", None]]
    >>> found = find_records(Sheet(file="a", name="b", rows=rows), Header(top=0, bottom=0, names=("乡镇", "村名")))
    >>> found.rows, found.sums, found.remarks
    ((1,), (2,), (3,))
    """
    sorts: dict[str, list[int]] = {"rows": [], "sums": [], "remarks": [], "headers": []}
    heads = {_texts(sheet.rows[n]) for n in range(header.top, header.bottom + 1)}
    for n in range(header.bottom + 1, len(sheet.rows)):
        sort = "headers" if _texts(sheet.rows[n]) in heads else _sort(sheet.rows[n])
        if sort:
            sorts[sort].append(n)
    return Records(**{sort: tuple(found) for sort, found in sorts.items()})


def _sort(row: Sequence[Cell]) -> str | None:
    filled = [cell for cell in row if cell is not None]
    if not filled:
        return None
    if any(_begins(cell, _SUMS) for cell in row[:_FIRST_CELLS]):
        return "sums"
    text = isinstance(filled[0], str) and len(filled) <= _FIRST_CELLS
    return "remarks" if text and (_begins(filled[0], _REMARKS) or _long(filled)) else "rows"


def _begins(cell: Cell, words: tuple[str, ...]) -> bool:
    return isinstance(cell, str) and normalised(cell).startswith(words)


def _long(filled: Sequence[Cell]) -> bool:
    """Say whether a row is a single sentence and no name."""
    return len(filled) == 1 and len(normalised(filled[0])) > _LONGEST_NAME


_LONGEST_NAME = 16  # characters of a village's or township's name


def fill_down(sheet: Sheet, rows: Sequence[int], position: int) -> dict[int, Cell]:
    """Return what stands in a column that names each group once: merged, or left blank below its first row.

    Parameters
    ----------
    sheet : Sheet
        With its merged ranges.
    rows : sequence of int
        Rows of records.
    position : int
        The column.

    Returns
    -------
    dict of int to cell
        By row, where a blank is filled. A blank cell that is not merged is filled only where most of the column is
        written so; elsewhere it is a blank.
    """
    column = {n: (sheet.rows[n][position] if position < len(sheet.rows[n]) else None) for n in rows}
    merged = dict(_merged(sheet, position))
    blanks = [n for n in rows if column[n] is None]
    habit = len(blanks) > len(rows) / 2
    filled: dict[int, Cell] = {}
    before: Cell = None
    for n in rows:
        if column[n] is not None:
            before = column[n]
        elif n in merged:
            filled[n] = merged[n]
            before = merged[n]
        elif habit and before is not None:
            filled[n] = before
    return {n: cell for n, cell in filled.items() if cell is not None}


def _merged(sheet: Sheet, position: int) -> Iterator[tuple[int, Cell]]:
    """Yield each row that a merged range covers in a column, with what the range holds."""
    for (top, left), (bottom, right) in sheet.merged:
        if left <= position <= right and top < len(sheet.rows):
            row = sheet.rows[top]
            for n in range(top + 1, min(bottom + 1, len(sheet.rows))):
                yield n, row[left] if left < len(row) else None
