"""From cells to a frame: headers by meaning, values by column, every mistake with its row and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sampler.errors import Field, InputError, Mistake, refuse
from sampler.frame import GROUPS, Frame, frame_from_counts, mistakes_in_counts
from scenarios.files.columns import HOUSEHOLD_COLUMNS, VILLAGE_COLUMNS, Column, Value, has_unit, is_dash
from scenarios.files.layout import (
    Header,
    Records,
    Remark,
    fill_down,
    find_header,
    find_records,
    known_headers,
    positions,
)
from scenarios.files.sheets import Cell, Sheet, read_sheets
from scenarios.scenario import GivenTruth

# Where China lies in degrees, and more degrees than any county is wide.
_LONGITUDES, _LATITUDES, _WIDEST_DEGREES = (73, 136), (17, 54), 10
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class County:
    """What the tables hold.

    Parameters
    ----------
    frame : Frame
        The county.
    truth : GivenTruth or None
        The truth columns of the household table, where it has them.
    codes_listed : bool
        Whether the village list has codes. Where it has none, a village's code in the frame is its `village_name`,
        which is nothing that another table's codes could mean.
    remarks : tuple of Remark
        What was read otherwise than it stands, or not read.
    """

    frame: Frame
    truth: GivenTruth | None
    codes_listed: bool
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """Typed columns with the place each value came from.

    Parameters
    ----------
    sheet : Sheet
        Where the table stands.
    rows : tuple of int
        Row number of each record in the file, from 1.
    headers : mapping of str to str
        Header as the file has it, by column name.
    letters : mapping of str to str
        Column letter, by column name.
    values : mapping of str to list
        One value a record, by column name; columns the file lacks are absent.
    remarks : tuple of Remark
        What was read otherwise than it stands, or not read.
    wrong : tuple of Mistake
        One a cell that cannot be read; its value is None.
    """

    sheet: Sheet
    rows: tuple[int, ...]
    headers: Mapping[str, str]
    letters: Mapping[str, str]
    values: Mapping[str, list[Value]]
    remarks: tuple[Remark, ...] = ()
    wrong: tuple[Mistake, ...] = ()

    def place(self, record: int, column: str) -> dict[str, Field]:
        """Return where a value stands, as the fields of a mistake."""
        return {
            "file": self.sheet.file,
            "sheet": self.sheet.name,
            "row": self.rows[record],
            "column": self.headers.get(column, column),
            "cell": f"{self.letters.get(column, '')}{self.rows[record]}",
        }

    def typed(self, column: str, kind: type[T]) -> list[T]:
        """Return a column whose values are known to be of one type."""
        return [value for value in self.values[column] if isinstance(value, kind)]

    def optional(self, column: str) -> list[Value]:
        """Return a column that the file may lack; then all of it is blank."""
        return self.values.get(column) or [None] * len(self.rows)


_MOST_ROWS = 1_000_000  # of households
_MOST_VILLAGES = 20_000  # no county has a tenth of them
_MOST_HOUSEHOLDS = 10_000_000


def village_name(township: object, village: object) -> str:
    """Return what a village without a code is called: by its township and its name, whatever row it stands in.

    Examples
    --------
    >>> village_name("云岫镇", "南沟村")
    '云岫镇 南沟村'
    """
    return f"{township} {village}"


def read_county(path: Path, *, name: str | None = None, synthetic: bool = False) -> County:
    """Read a village list, or a folder or workbook with village and household tables.

    Parameters
    ----------
    path : Path
        CSV, XLSX or a folder with ``villages.csv`` and perhaps ``households.csv``.
    name : str, optional
        The county's name; the file's stem by default.
    synthetic : bool, default False
        Whether the county is invented.

    Returns
    -------
    County

    Raises
    ------
    InputError
        With every mistake found in the tables.
    """
    sheets = read_sheets(path)
    household_sheet = next((s for s in sheets if s.name == "households"), None)
    candidates = [s for s in sheets if s is not household_sheet]
    named = [s for s in candidates if s.name == "villages"] or candidates
    table = _first_table(named, path)
    label = name or path.stem
    mistakes = [*table.wrong, *_village_mistakes(table)]
    if mistakes:
        raise InputError(sorted(mistakes, key=lambda mistake: int(mistake.fields.get("row") or 0)))
    frame = _frame(table, label, synthetic=synthetic)
    if household_sheet is None:
        listed = "village_code" in table.values
        return County(frame=frame, truth=None, codes_listed=listed, remarks=table.remarks)
    households = parse_table(household_sheet, HOUSEHOLD_COLUMNS)
    county = _with_households(frame, table, households)
    return replace(county, remarks=(*table.remarks, *households.remarks))


def _first_table(sheets: Sequence[Sheet], path: Path) -> Table:
    """Parse the sheet whose header fits best."""
    sheet = best_sheet(sheets, VILLAGE_COLUMNS)
    if sheet is not None:
        table = parse_cells(sheet, VILLAGE_COLUMNS, most=_MOST_VILLAGES)
        return replace(table, remarks=(*table.remarks, *_other_lists(sheet, sheets)))
    if not any(any(cell is not None for cell in row) for sheet in sheets for row in sheet.rows):
        raise refuse("file_empty", file=path.name)
    raise refuse(
        "no_header",
        file=path.name,
        allowed=", ".join(c.headers[1] for c in VILLAGE_COLUMNS.values() if c.required),
    )


def _other_lists(read: Sheet, sheets: Sequence[Sheet]) -> Iterator[Remark]:
    """Yield that other sheets look like village lists too, those of the form's example aside."""
    others = [
        sheet.name
        for sheet in sheets
        if sheet is not read
        and sheet.name not in _EXAMPLES
        and (header := find_header(sheet, VILLAGE_COLUMNS)) is not None
        and known_headers(header, VILLAGE_COLUMNS) >= _LIST_HEADERS
        and find_records(sheet, header).rows
    ]
    if others:
        told = ", ".join(f"“{name}”" for name in others[:_MOST_ROWS_TOLD])
        yield Remark("other_lists", {"file": read.file, "sheet": read.name, "sheets": told})


_EXAMPLES = ("样例", "example")  # as the form that is handed out calls it
_LIST_HEADERS = 8  # of the ten that a list needs


def best_sheet(sheets: Sequence[Sheet], columns: Mapping[str, Column]) -> Sheet | None:
    """Return the sheet whose header row has most of the columns, the first of equals; None where no sheet has one.

    Results may name villages as the village list does, so a header that fits is not yet the right one.
    """
    fitting = [(sheet, header) for sheet in sheets if (header := find_header(sheet, columns)) is not None]
    best = max(fitting, key=lambda found: known_headers(found[1], columns), default=None)
    return None if best is None else best[0]


def parse_table(sheet: Sheet, columns: Mapping[str, Column]) -> Table:
    """Return the typed columns of a sheet.

    Raises
    ------
    InputError
        As `parse_cells`, or one mistake a bad cell.
    """
    table = parse_cells(sheet, columns)
    if table.wrong:
        raise InputError(table.wrong)
    return table


def parse_cells(sheet: Sheet, columns: Mapping[str, Column], *, most: int = _MOST_ROWS) -> Table:
    """Return the columns of a sheet with the mistakes of single cells, so that others can be looked for too.

    Raises
    ------
    InputError
        ``no_header``, ``missing_column``, ``village_not_named``, ``repeated_column``, ``no_rows``.
    """
    header = find_header(sheet, columns)
    if header is None:
        raise refuse(
            "no_header",
            file=sheet.file,
            sheet=sheet.name,
            allowed=", ".join(c.headers[0] for c in columns.values() if c.required),
        )
    at, headers = _columns_at(sheet, header, columns)
    found = find_records(sheet, header)
    if not found.rows:
        raise refuse("no_rows", file=sheet.file, sheet=sheet.name)
    if len(found.rows) > most:
        raise refuse(
            "too_many_rows", file=sheet.file, sheet=sheet.name, found=f"{len(found.rows):,}", allowed=f"{most:,}"
        )
    once = {name: fill_down(sheet, found.rows, at[name]) for name in at if columns[name].written_once}
    table = Table(
        sheet=sheet,
        rows=tuple(n + 1 for n in found.rows),
        headers=headers,
        letters={name: _letter(position) for name, position in at.items()},
        values={name: [] for name in at},
        remarks=tuple(_remarks(sheet, header, found, headers, once, _tidied(sheet, found.rows, at, columns))),
    )
    mistakes = []
    for record, n in enumerate(found.rows):
        row = sheet.rows[n]
        for name, position in at.items():
            cell = row[position] if position < len(row) else None
            value = columns[name].parse(once.get(name, {}).get(n) if cell is None else cell)
            if isinstance(value, Mistake):
                mistakes.append(value.at(**table.place(record, name)))
            table.values[name].append(None if isinstance(value, Mistake) else value)
    mistakes += [
        Mistake("summary_row", {"file": sheet.file, "sheet": sheet.name, "row": n + 1})
        for n in found.sums
        if _is_record(sheet.rows[n], at, columns)
    ]
    return replace(table, wrong=tuple(mistakes))


def _is_record(row: Sequence[Cell], at: Mapping[str, int], columns: Mapping[str, Column]) -> bool:
    """Say whether a row that looks like a sum could be a record: then nobody but the office knows what it is."""
    cells = {name: row[position] if position < len(row) else None for name, position in at.items()}
    return all(not isinstance(columns[name].parse(cell), Mistake) for name, cell in cells.items())


def _tidied(
    sheet: Sheet, rows: Sequence[int], at: Mapping[str, int], columns: Mapping[str, Column]
) -> Iterator[tuple[str, str, int]]:
    """Yield what was read otherwise than it stands, column by column: code, header's name, cells."""
    for name, position in at.items():
        cells = [sheet.rows[n][position] for n in rows if position < len(sheet.rows[n])]
        for code, sort in (("dashes", is_dash), ("units", has_unit)):
            count = sum(sort(cell) for cell in cells) if columns[name].counts else 0
            if count:
                yield code, name, count


def _remarks(
    sheet: Sheet,
    header: Header,
    found: Records,
    headers: Mapping[str, str],
    once: Mapping[str, Mapping[int, Cell]],
    tidied: Iterator[tuple[str, str, int]],
) -> Iterator[Remark]:
    where: dict[str, str | int] = {"file": sheet.file, "sheet": sheet.name}
    if header.bottom > header.top:
        yield Remark("joined_header", {**where, "first": header.top + 1, "last": header.bottom + 1})
    for name, cells in once.items():
        if cells:
            yield Remark("filled_down", {**where, "column": headers[name], "count": len(cells)})
    skipped = {"headers_skipped": found.headers, "sums_skipped": found.sums, "remarks_skipped": found.remarks}
    for code, rows in skipped.items():
        if rows:
            told = ", ".join(str(n + 1) for n in rows[:_MOST_ROWS_TOLD]) + (" …" if len(rows) > _MOST_ROWS_TOLD else "")
            yield Remark(code, {**where, "count": len(rows), "rows": told})
    for code, name, count in tidied:
        yield Remark(code, {**where, "column": headers[name], "count": count})


_MOST_ROWS_TOLD = 5


def filled(sheet: Sheet, column: Column, row: int) -> str:
    """Return the header of a column as the file has it where its cell is filled in a row (from 1), else nothing."""
    cells = sheet.rows[row - 1]
    for above in sheet.rows[: row - 1]:
        for position in positions(above, column):
            if position < len(cells) and cells[position] is not None:
                return str(above[position]).strip()
    return ""


def _columns_at(sheet: Sheet, header: Header, columns: Mapping[str, Column]) -> tuple[dict[str, int], dict[str, str]]:
    row = header.names
    found = {name: positions(row, column) for name, column in columns.items()}
    at: dict[str, int] = {}
    headers: dict[str, str] = {}
    mistakes = []
    where: dict[str, Field] = {"file": sheet.file, "sheet": sheet.name, "row": header.top + 1}
    for name, column in columns.items():
        if len(found[name]) > 1:
            mistakes.append(Mistake("repeated_column", {**where, "column": str(row[found[name][1]])}))
        elif found[name]:
            at[name], headers[name] = found[name][0], str(row[found[name][0]]).strip()
        elif column.instead:
            if not all(found[other] for other in column.instead):
                mistakes.append(Mistake("village_not_named", where))
        elif column.required:
            mistakes.append(
                Mistake("missing_column", {**where, "column": column.headers[1], "allowed": column.headers[0]})
            )
    if mistakes:
        raise InputError(mistakes)
    return at, headers


def _letter(position: int) -> str:
    letters = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _counts(table: Table, what: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.array([table.typed(f"{group}_{what}", int) for group in GROUPS], dtype=np.int64).T


def _village_mistakes(table: Table) -> Iterator[Mistake]:
    """Yield what is wrong between cells; cells that could not be read are left out of it."""
    households, persons = (_readable_counts(table, what) for what in ("households", "persons"))
    known = (households >= 0) & (persons >= 0)
    for i, mistake in mistakes_in_counts(np.where(known, households, 0), np.where(known, persons, 0)):
        yield mistake.at(**table.place(i, str(mistake.fields["column"])))
    pairs = zip(table.values["township"], table.values["village"], strict=True)
    names = [None if None in (township, village) else village_name(township, village) for township, village in pairs]
    yield from _repeated(table, "village", names)
    if "village_code" in table.values:
        yield from _repeated(
            table, "village_code", [None if c is None else str(c) for c in table.values["village_code"]]
        )
    total = int(np.maximum(households, 0).sum())
    if total > _MOST_HOUSEHOLDS:
        where = {"file": table.sheet.file, "sheet": table.sheet.name}
        yield Mistake("county_too_large", {**where, "found": f"{total:,}", "allowed": f"{_MOST_HOUSEHOLDS:,}"})
    x, y = _measures(table, "x"), _measures(table, "y")
    if x and y and _within(x, _LONGITUDES) and _within(y, _LATITUDES):
        yield Mistake("degrees", {"file": table.sheet.file, "sheet": table.sheet.name})


def _within(values: Sequence[float], limits: tuple[float, float]) -> bool:
    return limits[0] <= min(values) and max(values) <= limits[1] and max(values) - min(values) < _WIDEST_DEGREES


def _measures(table: Table, column: str) -> list[float] | None:
    """Return a column of numbers; None where it is absent or has a blank."""
    values = table.values.get(column)
    if values is None or any(value is None for value in values):
        return None
    return [float(value) for value in values if isinstance(value, int | float)]


def _village_names(table: Table) -> list[str]:
    return list(map(village_name, table.typed("township", str), table.typed("village", str)))


def _readable_counts(table: Table, what: str) -> NDArray[np.int64]:
    """Return the counts of each village and group, -1 where a cell could not be read."""
    columns = [[-1 if v is None else v for v in table.values[f"{group}_{what}"]] for group in GROUPS]
    return np.array(columns, dtype=np.int64).T


def _repeated(table: Table, column: str, values: Sequence[str | None]) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for i, value in enumerate(values):
        if value is None:
            continue
        if value in first:
            where = table.place(i, column)
            yield Mistake(f"repeated_{column}", {**where, "found": value, "first_row": table.rows[first[value]]})
        else:
            first[value] = i


def _frame(table: Table, name: str, *, synthetic: bool) -> Frame:
    x, y, distance = (_measures(table, column) for column in ("x", "y", "distance_km"))
    codes = table.typed("village_code", str) if "village_code" in table.values else _village_names(table)
    return frame_from_counts(
        name=name,
        codes=codes,
        villages=table.typed("village", str),
        townships=table.typed("township", str),
        remote=table.typed("remote", bool),
        poor_village=table.typed("poor_village", bool),
        group_households=_counts(table, "households"),
        group_persons=_counts(table, "persons"),
        synthetic=synthetic,
        distance_km=None if distance is None else np.array(distance),
        location_km=None if x is None or y is None else np.array([x, y]).T,
    )


def _with_households(frame: Frame, villages: Table, table: Table) -> County:
    """Replace the synthesised households by the listed ones, sorted as the frame wants them."""
    if "village_code" not in villages.values:
        where: dict[str, Field] = {"file": table.sheet.file, "sheet": table.sheet.name}
        raise refuse("households_without_listed_codes", **where, column=table.headers["village_code"])
    village = {code: i for i, code in enumerate(frame.codes)}
    codes, groups = table.typed("village_code", str), table.typed("group", str)
    persons = np.array(table.typed("persons", int), dtype=np.int64)
    mistakes = [
        Mistake("unknown_village", {**table.place(i, "village_code"), "found": code})
        for i, code in enumerate(codes)
        if code not in village
    ]
    mistakes += _repeated(table, "household_id", table.typed("household_id", str))
    mistakes += [
        Mistake("household_without_persons", table.place(int(i), "persons")) for i in np.flatnonzero(persons == 0)
    ]
    mistakes += _truth_mistakes(table, groups, persons)
    if mistakes:
        raise InputError(mistakes)
    at = np.array([3 * village[code] + GROUPS.index(group) for code, group in zip(codes, groups, strict=True)])
    mistakes = list(_disagreements(frame, villages, at, persons))
    if mistakes:
        raise InputError(mistakes)
    order = np.argsort(at, kind="stable")
    numbers = table.typed("household_id", str)
    key = table.typed("key", bool) if "key" in table.values else [False] * len(codes)
    listed = Frame(
        **{
            **vars(frame),
            "household_persons": persons[order],
            "household_key": np.array(key, dtype=bool)[order],
            "household_ids": tuple(numbers[i] for i in order),
            "household_hamlet": _hamlets(table, codes, order),
            "sizes_synthesised": False,
        }
    )
    truth = None
    if "wrong_persons" in table.values and "approves" in table.values:
        truth = GivenTruth(
            wrong_persons=np.array(table.typed("wrong_persons", int), dtype=np.int64)[order],
            approves=np.array(table.typed("approves", bool), dtype=bool)[order],
        )
    return County(frame=listed, truth=truth, codes_listed=True)


def _hamlets(table: Table, codes: Sequence[str], order: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return the number of each household's hamlet within its village, as they appear; None without a column."""
    if "hamlet" not in table.values:
        return None
    numbers: dict[str, dict[str, int]] = {}
    of = [
        (found := numbers.setdefault(code, {})).setdefault(name, len(found))
        for code, name in zip(codes, table.typed("hamlet", str), strict=True)
    ]
    return np.array(of, dtype=np.int64)[order]


def _truth_mistakes(
    table: Table, groups: Sequence[str], persons: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> Iterator[Mistake]:
    if "wrong_persons" not in table.values:
        return
    for i, wrong in enumerate(table.typed("wrong_persons", int)):
        if wrong > persons[i]:
            yield Mistake(
                "wrong_above_persons",
                {**table.place(i, "wrong_persons"), "found": wrong, "allowed": int(persons[i])},
            )
        elif wrong and groups[i] == "remaining":
            yield Mistake("wrong_in_remaining", {**table.place(i, "wrong_persons"), "found": wrong, "allowed": 0})


def _disagreements(
    frame: Frame,
    villages: Table,
    at: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    persons: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> Iterator[Mistake]:
    """Yield where the household table does not add up to the village table, by village and group."""
    blocks = frame.group_households.size
    for what, listed, stated in (
        ("households", np.bincount(at, minlength=blocks), frame.group_households.ravel()),
        (
            "persons",
            np.bincount(at, weights=persons, minlength=blocks).astype(np.int64),
            frame.group_persons.ravel(),
        ),
    ):
        for block in np.flatnonzero(listed != stated):
            column = f"{GROUPS[block % 3]}_{what}"
            yield Mistake(
                "tables_disagree",
                {
                    **villages.place(int(block) // 3, column),
                    "found": int(stated[block]),
                    "allowed": int(listed[block]),
                },
            )
