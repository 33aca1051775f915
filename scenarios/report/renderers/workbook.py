"""A report as a workbook: a sheet a section, numbers as numbers, and the figures behind them in full."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any

import xlsxwriter

from scenarios.files.field_form import is_formula
from scenarios.report.document import DataSheet, Document, Picture, Section
from scenarios.report.parts import Table, Text

_CREATED = datetime(2020, 1, 1, tzinfo=UTC)  # fixed, so that the same report has the same bytes
_FONT, _A4 = "宋体", 9
_LINE, _PIXELS = 16.5, 20  # height of a line in points, of a row in pixels
_NARROW, _BROAD, _WIDE, _PAGE = 8, 30, 60, 100  # widths in half-width characters
_NUMBER = re.compile(r"(?P<mark>[≈+−]?)(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<decimals>\.\d+)?(?P<percent>%?)")
_BORDER = {"border": 1, "border_color": "#BFBFBF"}


def render(document: Document) -> bytes:
    """Return the report as an XLSX file."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(
        content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"title": document.title, "author": "choucha", "created": _CREATED})
        looks = _Looks(book)
        for number, section in enumerate(document.sections):
            page = book.add_worksheet(section.name)
            _set_up(page, document)
            _Sheet(page, looks, section).write(document if number == 0 else None)
        for sheet in document.sheets:
            page = book.add_worksheet(sheet.name)
            _set_up(page, document)
            _data(page, looks, sheet)
    return content.getvalue()


class _Looks:
    """Formats by what they are made of, each made once."""

    def __init__(self, book: Any) -> None:
        self.book, self.made = book, {}  # type: ignore[var-annotated]

    def __call__(self, **look: Any) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format({"font_name": _FONT, "valign": "vcenter", **look})
        return self.made[key]


def _set_up(page: Any, document: Document) -> None:
    page.set_paper(_A4)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.hide_gridlines(2)
    number = document.page.format(page="&P", pages="&N")
    page.set_footer(f"&L&8{document.footer.replace('&', '&&')}&R&8{number}")
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


class _Sheet:
    """A section being written, row by row."""

    def __init__(self, page: Any, looks: _Looks, section: Section) -> None:
        self.page, self.looks, self.section = page, looks, section
        self.row, self.widths = 0, list(_widths([part for part in section.parts if isinstance(part, Table)]))
        for column, width in enumerate(self.widths):
            page.set_column(column, column, width)

    def write(self, document: Document | None) -> None:
        """Write the section, and before the first one what stands on the report's first page."""
        if document is not None:
            self._line(document.title, bold=True, font_size=16)
            for line in document.lines:
                self._line(line)
            for line in document.answer:
                self._line(line, bold=True, font_size=12, bg_color="#F2F2F2")
            self.row += 1
        self._line(self.section.title, bold=True, font_size=14)
        for part in self.section.parts:
            if isinstance(part, Picture):
                self._picture(part)
            elif isinstance(part, Table):
                self._table(part)
            else:
                text = part.text if isinstance(part, Text) else part
                self._line(text, bold=isinstance(part, Text) and "bold" in part.style)

    def _line(self, text: str, **look: Any) -> None:
        """Write a line over all columns, as high as it needs."""
        if not text:
            self.row += 1
            return
        made = self.looks(text_wrap=True, quote_prefix=is_formula(text), **look)
        if len(self.widths) > 1:
            self.page.merge_range(self.row, 0, self.row, len(self.widths) - 1, "", made)
        self.page.write_string(self.row, 0, text, made)
        size = look.get("font_size", 11) / 11
        lines = ceil(1.05 * size * _length(text) / (sum(self.widths) - 1))
        self.page.set_row(self.row, _LINE * size * max(lines, 1) + 2)
        self.row += 1

    def _picture(self, picture: Picture) -> None:
        scale = _SCALE
        options = {
            "image_data": io.BytesIO(picture.png),
            "x_scale": scale,
            "y_scale": scale,
            "description": picture.alternative_text,
            "object_position": 1,
        }
        self.page.insert_image(self.row, 0, "figure.png", options)
        self.row += ceil(_height(picture.png) * _SCALE * 96 / 200 / _PIXELS) + 1

    def _table(self, table: Table) -> None:
        if any(table.headers):
            header = self.looks(bold=True, text_wrap=True, align="center", bg_color="#E7E6E6", **_BORDER)
            lines = max(ceil(_length(text) / (self.widths[i] - 1)) for i, text in enumerate(table.headers))
            self.page.set_row(self.row, _LINE * max(lines, 1) + 3)
            for i, text in enumerate(table.headers):
                self.page.write_string(self.row, i, text, header)
            self.row += 1
        for row in table.rows:
            self._row([cell.text for cell in row.cells], table)
        if table.has_footer:
            self._row([column.footer for column in table.columns], table, bold=True)
        self.row += 1

    def _row(self, cells: Sequence[str], table: Table, **look: Any) -> None:
        heights = [ceil(_length(text) / max(self.widths[i] - 1, 1)) for i, text in enumerate(cells)]
        self.page.set_row(self.row, _LINE * max([1, *heights]))
        for i, text in enumerate(cells):
            align = table.columns[i].justify
            found = _number(text) if align == "right" else None
            if found is None:
                made = self.looks(align=align, text_wrap=True, quote_prefix=is_formula(text), **_BORDER, **look)
                self.page.write_string(self.row, i, text, made)
            else:
                value, form = found
                self.page.write_number(self.row, i, value, self.looks(num_format=form, **_BORDER, **look))
        self.row += 1


_SCALE = 0.9


def _number(text: str) -> tuple[float, str] | None:
    """Return the number that a text shows, and the format that shows it so; None for what is no plain number.

    Examples
    --------
    >>> _number("1,234"), _number("≈22.2%"), _number("<1.57%")
    ((1234.0, '#,##0'), (0.222, '"≈"0.0%'), None)
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    decimals = found["decimals"] or ""
    value = float(found["digits"].replace(",", "") + decimals)
    places = f".{'0' * (len(decimals) - 1)}" if decimals else ""
    whole = "#,##0" if "," in found["digits"] else "0"
    mark = found["mark"]
    if found["percent"]:
        value = round(value / 100, len(decimals) + 4)
    form = f"{whole}{places}{found['percent']}"
    if mark in "+−" and mark:
        return (-value if mark == "−" else value), f"+{form};−{form}"
    return value, f'"{mark}"{form}' if mark else form


def _data(page: Any, looks: _Looks, sheet: DataSheet) -> None:
    header = looks(bold=True, text_wrap=True, align="center", bg_color="#E7E6E6", **_BORDER)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.headers) - 1)
    page.set_row(0, 2 * _LINE)
    for column, text in enumerate(sheet.headers):
        longest = max((_length(str(row[column])) for row in sheet.rows if isinstance(row[column], str)), default=0)
        page.set_column(column, column, min(max(10, _length(text) / 2 + 3, longest + 2), _BROAD))
        page.write_string(0, column, text, header)
    for number, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, str):
                page.write_string(number, column, value, looks(quote_prefix=is_formula(value), **_BORDER))
            else:
                form = "0.0000%" if column in sheet.shares else "#,##0" if isinstance(value, int) else "General"
                page.write_number(number, column, value, looks(num_format=form, **_BORDER))


def _widths(tables: Sequence[Table]) -> Iterator[float]:
    """Yield the width of each column: what its cells take, and room for lines of text beside narrow tables."""
    whole = 0.0
    for i in range(max((len(table.columns) for table in tables), default=1)):
        width = max(_column_width(table, i) for table in tables if i < len(table.columns)) if tables else _NARROW
        whole += width
        yield width
    if whole < _PAGE:
        yield _PAGE - whole


def _column_width(table: Table, i: int) -> float:
    longest = max((_length(row.cells[i].text) for row in table.rows), default=0)
    return min(max(_NARROW, _length(table.headers[i]) / 2 + 3, longest + 2), _WIDE if table.columns[i].wide else _BROAD)


def _length(text: str) -> int:
    """Return how many half-width characters a text takes."""
    return sum(2 if unicodedata.east_asian_width(mark) in "WFA" else 1 for mark in text)


def _height(png: bytes) -> int:
    """Return the height of a PNG in pixels: the second number of its first chunk."""
    return int.from_bytes(png[20:24], "big")
