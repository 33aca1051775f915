"""A form as an Excel workbook, set up to be printed: A4, landscape, as wide as the page, header rows repeated."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any

import xlsxwriter

from scenarios.files.field_form import Block, Form, FormColumn, FormSheet, is_formula
from scenarios.files.sheets import Cell

_CREATED = datetime(2020, 1, 1, tzinfo=UTC)  # fixed, so that the same draw gives the same workbook
_A4, _LINE_HEIGHT = 9, 16.5
_NARROWEST, _WIDEST, _WRAPPED = 6, 34, 96  # widths in half-width characters
_FILLED = {"fill": 20, "fill_count": 9, "fill_yes_no": 9}
_PAGE_WIDTH = 110  # about what A4 landscape holds at full size; lines of text are broken there
_FONT = "宋体"
_FORMATS: Mapping[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16},
    "heading": {"bold": True, "font_size": 12},
    "line": {"text_wrap": True, "valign": "top"},
    "header": {"bold": True, "border": 1, "bg_color": "#E7E6E6", "text_wrap": True, "align": "center"},
    "text": {"border": 1, "indent": 1},
    "label": {"border": 1, "indent": 1, "bold": True, "bg_color": "#E7E6E6", "text_wrap": True},
    "wrap": {"border": 1, "text_wrap": True, "indent": 1},
    "count": {"border": 1, "num_format": "#,##0"},
    "share": {"border": 1, "num_format": "0.00%"},
    "share_of": {"border": 1, "align": "right"},
    "weight": {"border": 1, "num_format": "0.00"},
    "fill": {"border": 1},
    "fill_count": {"border": 1},
    "fill_yes_no": {"border": 1, "align": "center"},
}
_TEXTS = ("line", "text", "label", "share_of", "wrap")


def workbook(form: Form) -> bytes:
    """Return a form as the bytes of an XLSX file; the same for the same form.

    Parameters
    ----------
    form : Form
        What it holds.
    """
    content = io.BytesIO()
    with xlsxwriter.Workbook(
        content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"title": form.sheets[0].title, "author": "choucha", "created": _CREATED})
        formats = {
            name: book.add_format({"font_name": _FONT, "valign": "vcenter", **look}) for name, look in _FORMATS.items()
        }
        formats |= {
            f"{name}'": book.add_format(
                {"font_name": _FONT, "valign": "vcenter", **_FORMATS[name], "quote_prefix": True}
            )
            for name in _TEXTS
        }
        for sheet in form.sheets:
            _Page(book.add_worksheet(sheet.name), sheet, form, formats).write()
    return content.getvalue()


class _Page:
    """A worksheet being written, row by row."""

    def __init__(self, page: Any, sheet: FormSheet, form: Form, formats: Mapping[str, Any]) -> None:
        self.page, self.sheet, self.form, self.formats = page, sheet, form, formats
        self.widths = list(_widths(sheet))
        self.row = 0

    def write(self) -> None:
        """Write the whole sheet."""
        self._set_up()
        self._text(self.sheet.title, "title", height=24)
        for block in self.sheet.blocks:
            if block.heading:
                self.row += 1
                self._text(block.heading, "heading")
            for line in block.lines:
                self._line(line)
            if block.columns:
                self._table(block)

    def _set_up(self) -> None:
        page = self.page
        page.set_landscape()
        page.set_paper(_A4)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.fit_to_pages(1, 0)  # one page wide; how many high is left open, which leaves page breaks in force
        footer = self.form.footer.replace("&", "&&")
        number = self.form.page.format(page="&P", pages="&N")
        page.set_footer(f"&L&8{footer}&R&8{number}")
        page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for column, width in enumerate(self.widths):
            page.set_column(column, column, width)

    def _text(self, text: str, look: str, height: float = 20) -> None:
        self.page.set_row(self.row, height)
        self.page.write_string(self.row, 0, text, self.formats[look])
        self.row += 1

    def _line(self, text: str) -> None:
        """Write a line of text over as many columns as fit a page."""
        last, width = 0, self.widths[0]
        while last + 1 < len(self.widths) and width + self.widths[last + 1] <= max(_PAGE_WIDTH, width):
            last += 1
            width += self.widths[last]
        look = self.formats["line'" if is_formula(text) else "line"]
        if last:
            self.page.merge_range(self.row, 0, self.row, last, "", look)
        self.page.write_string(self.row, 0, text, look)
        self.page.set_row(self.row, _height(text, width) + 4)
        self.row += 1

    def _table(self, block: Block) -> None:
        columns = block.columns
        if any(column.header for column in columns):
            lines = max(ceil(_width(c.header) / (self.widths[i] - 1)) for i, c in enumerate(columns))
            self.page.set_row(self.row, _LINE_HEIGHT * max(lines, 1) + 3)
            for i, column in enumerate(columns):
                self.page.write_string(self.row, i, column.header, self.formats["header"])
            if len(self.sheet.blocks) == 1:
                self.page.repeat_rows(self.row)
                self.page.freeze_panes(self.row + 1, 0)
                self.page.autofilter(self.row, 0, self.row + max(len(block.rows), 1), len(columns) - 1)
            self.row += 1
        self.page.set_h_pagebreaks([self.row + place for place in block.pages])
        for row in block.rows:
            heights = [_height(str(cell), self.widths[i]) for i, cell in enumerate(row) if columns[i].kind == "wrap"]
            self.page.set_row(self.row, max([_LINE_HEIGHT, *heights]))
            for i, cell in enumerate(row):
                self._cell(i, cell, columns[i])
            self.row += 1
        self._choices(block)

    def _cell(self, column: int, cell: Cell, kind: FormColumn) -> None:
        if cell is None or cell == "":
            self.page.write_blank(self.row, column, None, self.formats[kind.kind])
        elif isinstance(cell, str):
            look = kind.kind if kind.kind in _TEXTS else "text"
            self.page.write_string(self.row, column, cell, self.formats[f"{look}'" if is_formula(cell) else look])
        else:
            self.page.write_number(self.row, column, cell, self.formats[kind.kind])

    def _choices(self, block: Block) -> None:
        """Bind the cells that the team fills in to what may stand there."""
        if not block.rows:
            return
        first, last = self.row - len(block.rows), self.row - 1
        headers = [column.header for column in block.columns]
        for i, column in enumerate(block.columns):
            if column.kind == "fill_yes_no":
                allowed: dict[str, Any] = {"validate": "list", "source": [self.form.yes, self.form.no]}
            elif column.kind == "fill_count":
                upper = xlsxwriter.utility.xl_rowcol_to_cell(first, headers.index(column.upper), col_abs=True)
                allowed = {"validate": "integer", "criteria": "between", "minimum": 0, "maximum": f"={upper}"}
            else:
                continue
            self.page.data_validation(first, i, last, i, allowed)


def _width(text: str) -> int:
    """Return how many half-width characters a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def _height(text: str, width: float) -> float:
    return _LINE_HEIGHT * max(1, ceil(1.05 * _width(text) / max(width - 1, 1)))


def _widths(sheet: FormSheet) -> Iterator[float]:
    """Yield the width of each column: what its cells take, and half of what its header does."""
    tables = [block for block in sheet.blocks if block.columns]
    count = max((len(block.columns) for block in tables), default=1)
    whole = 0.0
    for i in range(count):
        width = max((_column_width(block, i) for block in tables if i < len(block.columns)), default=_NARROWEST)
        whole += width
        yield width
    if whole < _PAGE_WIDTH:  # room for lines of text beside narrow tables
        yield _PAGE_WIDTH - whole


def _column_width(block: Block, i: int) -> float:
    column = block.columns[i]
    # Latin words are not broken over lines; Chinese may be between any two characters, and is where it has no spaces.
    words = column.header.split(" ")
    unbroken = max(_width(word) for word in words) + 3 if len(words) > 1 or column.header.isascii() else 0
    head = max(_NARROWEST, unbroken, ceil(_width(column.header) / 2) + 2)
    if column.kind in _FILLED:
        return max(head, _FILLED[column.kind])
    cells: Sequence[int] = [_width(_shown(row[i], column.kind)) for row in block.rows]
    return min(max([head, *(size + 3 for size in cells)]), _WRAPPED if column.kind == "wrap" else _WIDEST)


def _shown(cell: Cell, kind: str) -> str:
    if isinstance(cell, float):
        return f"{cell:.2%}" if kind == "share" else f"{cell:,.2f}"
    return "" if cell is None else str(cell)
