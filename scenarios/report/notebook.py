"""Answers as a notebook shows them: in words and tables, or as a figure with its description."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

from sampler.frame import Frame
from scenarios.messages import Catalogue, catalogue
from scenarios.questions.attribution import Attribution
from scenarios.questions.curve import Curve
from scenarios.questions.inspection import Inspection
from scenarios.report.attribution_figure import township_picture
from scenarios.report.attribution_text import attribution_text
from scenarios.report.curve_figure import curve_picture
from scenarios.report.document import Picture
from scenarios.report.inspection_figure import inspection_picture
from scenarios.report.inspection_text import assumed_text, estimate_table, verdict_text
from scenarios.report.list_text import township_table
from scenarios.report.parts import Part, Table, Text
from scenarios.report.risk_text import headline, tipping_parts
from scenarios.report.setting import setting
from scenarios.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Told:
    """An answer in words and tables.

    Parameters
    ----------
    parts : tuple of str, Text or Table
        From top to bottom.

    Examples
    --------
    >>> table = Table()
    >>> table.add_column("township")
    >>> table.add_row("A & B")
    >>> Told((Text("One", "bold"), table))
    One
    township
    A & B
    >>> Told((table,))._repr_html_()
    '<table><tr><th>township</th></tr><tr><td>A &amp; B</td></tr></table>'
    """

    parts: tuple[Part, ...]

    def __repr__(self) -> str:
        """Return the lines, the cells of a row two blanks apart."""
        return "\n".join(line for part in self.parts for line in _lines(part))

    def _repr_html_(self) -> str:
        return "\n".join(map(_html, self.parts))


def _lines(part: Part) -> Iterable[str]:
    if isinstance(part, Table):
        rows = [part.headers, *([cell.text for cell in row.cells] for row in part.rows)]
        return ["  ".join(row) for row in rows]
    return [part.text if isinstance(part, Text) else part]


def _html(part: Part) -> str:
    if isinstance(part, Table):
        sides = [' style="text-align:right"' if column.justify == "right" else "" for column in part.columns]
        cells = [[("th", header) for header in part.headers]]
        cells += [[("td", cell.text) for cell in row.cells] for row in part.rows]
        rows = (
            "".join(f"<{tag}{side}>{escape(text)}</{tag}>" for (tag, text), side in zip(row, sides, strict=True))
            for row in cells
        )
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
    if isinstance(part, Text):
        return f"<p><strong>{escape(part.text)}</strong></p>" if "bold" in part.style else f"<p>{escape(part.text)}</p>"
    return f"<p>{escape(part)}</p>" if part else ""


def _curve(answer: Curve, words: Catalogue) -> Iterable[Part]:
    return (*headline(answer, words), *tipping_parts(answer, words))


def _inspection(answer: Inspection, words: Catalogue) -> Iterable[Part]:
    table = estimate_table(answer.assessment, words, answer.truth)
    return (*verdict_text(answer.assessment, words), assumed_text(answer, words), table)


# An answer's class, and what tells or draws it; a new answer is one line.
TELLERS: dict[type, Callable[[Any, Catalogue], Iterable[Part]]] = {
    Scenario: setting,
    Frame: lambda frame, words: [township_table(frame, words)],
    Curve: _curve,
    Attribution: partial(attribution_text, chances=False),
    Inspection: _inspection,
}
DRAWERS: dict[type, Callable[[Any, Catalogue], Picture | None]] = {
    Curve: curve_picture,
    Attribution: township_picture,
    Inspection: inspection_picture,
}


def tell(answer: Scenario | Frame | Curve | Attribution | Inspection, *, language: str = "en") -> Told:
    """Return the short form of an answer in words and tables.

    Parameters
    ----------
    answer : Scenario, Frame, Curve, Attribution or Inspection
        What is asked, the village list, or what came out.
    language : {"zh", "en"}
        Of the words.

    Examples
    --------
    >>> from scenarios import load
    >>> str(tell(load("example"))).partition(";")[0]
    '257 villages in 11 townships (61 remote)'
    """
    return Told(tuple(TELLERS[type(answer)](answer, catalogue(language))))


def figure(answer: Curve | Attribution | Inspection, *, language: str = "en") -> Picture | None:
    """Return an answer as a figure; None where there is nothing to draw.

    Parameters
    ----------
    answer : Curve, Attribution or Inspection
        What came out.
    language : {"zh", "en"}
        Of the words; English where no font has Chinese glyphs.
    """
    return DRAWERS[type(answer)](answer, catalogue(language))
