"""An empty village list to be filled in: drop-downs, checked numbers, an example on a sheet of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from sampler.errors import refuse
from scenarios.files.atomic import write_atomically
from scenarios.files.columns import VILLAGE_COLUMNS

_ROWS = 1_000  # that are checked; a county has a few hundred villages
_CREATED = datetime(2020, 1, 1, tzinfo=UTC)  # fixed, so that the same form has the same bytes
_FONT = "宋体"
_LANGUAGES = ("en", "zh")  # in the order of a column's headers
_FLAGS, _MEASURES = ("remote", "poor_village"), ("distance_km", "x", "y")
_EXAMPLE: Sequence[Sequence[str | int | float]] = (
    ("A001", "南沟村", "云岫镇", "yes", "no", 49, 144, 2, 4, 235, 741, 23.8),
    ("A002", "东湾村", "云岫镇", "no", "yes", 157, 464, 0, 0, 240, 728, 33.6),
    ("B001", "高峰村", "石泉乡", "yes", "yes", 64, 171, 4, 6, 240, 772, 48.1),
)
COLUMNS = tuple(name for name in VILLAGE_COLUMNS if name not in ("x", "y"))


def write_template(path: Path, *, language: str, words: Mapping[str, str]) -> None:
    """Write the form.

    Parameters
    ----------
    path : Path
        With suffix .xlsx.
    language : {"zh", "en"}
        Of headers and answers.
    words : mapping of str to str
        ``sheet``, ``example``, ``guide`` (names of the sheets), ``yes``, ``no``, ``must``, ``may``, ``flag``,
        ``count``, ``measure``, ``text``, ``wrong`` and ``lines``, the lines of the guide, joined by line breaks.

    Raises
    ------
    InputError
        ``mark_suffix``, ``cannot_write``.
    """
    if path.suffix.lower() != ".xlsx":
        raise refuse("mark_suffix", file=path.name, found=path.suffix)
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"title": words["sheet"], "author": "choucha", "created": _CREATED})
        looks = {
            "must": book.add_format(_look(bold=True, bg_color="#D9E1F2")),
            "may": book.add_format(_look(bg_color="#F2F2F2")),
            "cell": book.add_format({"font_name": _FONT, "border": 1}),
            "line": book.add_format({"font_name": _FONT, "text_wrap": True, "valign": "top"}),
        }
        page = book.add_worksheet(words["sheet"])
        _header(page, language, words, looks)
        for column, name in enumerate(COLUMNS):
            page.data_validation(1, column, _ROWS, column, _validation(name, words))
        example = book.add_worksheet(words["example"])
        _header(example, language, words, looks)
        for r, row in enumerate(_EXAMPLE, start=1):
            for c, value in enumerate(row):
                example.write(r, c, words.get(str(value), value), looks["cell"])
        guide = book.add_worksheet(words["guide"])
        guide.set_column(0, 0, 100)
        for r, line in enumerate(words["lines"].split("\n")):
            guide.write_string(r, 0, line, looks["line"])
    write_atomically(path, content.getvalue())


def _look(**more: Any) -> dict[str, Any]:
    return {"font_name": _FONT, "border": 1, "text_wrap": True, "valign": "vcenter", "align": "center", **more}


def _header(page: Any, language: str, words: Mapping[str, str], looks: Mapping[str, Any]) -> None:
    page.freeze_panes(1, 3)
    page.set_row(0, 34)
    for column, name in enumerate(COLUMNS):
        required = "must" if VILLAGE_COLUMNS[name].required else "may"
        page.set_column(column, column, 13)
        page.write_string(0, column, VILLAGE_COLUMNS[name].headers[_LANGUAGES.index(language)], looks[required])
        page.write_comment(0, column, f"{words[required]} {words[_sort(name)]}", {"author": "choucha"})


def _sort(name: str) -> str:
    return "flag" if name in _FLAGS else "measure" if name in _MEASURES else "count" if _counts(name) else "text"


def _counts(name: str) -> bool:
    return VILLAGE_COLUMNS[name].counts


def _validation(name: str, words: Mapping[str, str]) -> dict[str, Any]:
    said = {"error_title": words["wrong"], "error_message": words[_sort(name)]}
    if name in _FLAGS:
        return {"validate": "list", "source": [words["yes"], words["no"]], **said}
    if _counts(name):
        return {"validate": "integer", "criteria": "between", "minimum": 0, "maximum": 10_000_000, **said}
    if name in _MEASURES:
        return {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 10_000, **said}
    return {"validate": "length", "criteria": "between", "minimum": 1, "maximum": 100, **said}
