"""A report before it has a format: sections of lines, tables and pictures, and the figures behind them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.report.parts import Part

Value = str | int | float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A figure in both of its formats.

    Parameters
    ----------
    svg, png : bytes
        The same figure: outlines for a screen, 200 dots an inch for a document.
    alternative_text : str
        For a reader who cannot see it.
    """

    svg: bytes
    png: bytes
    alternative_text: str

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """Show the figure in a notebook, with its description for a reader who cannot see it."""
        shown = {"image/png": b64encode(self.png).decode("ascii"), "text/plain": self.alternative_text}
        return shown, {"image/png": {"alt": self.alternative_text, "width": 640}}


@dataclass(frozen=True, kw_only=True, eq=False)
class Section:
    """A titled part of a report.

    Parameters
    ----------
    title : str
        With its number.
    name : str
        In a word or two, for a sheet's tab.
    parts : tuple of str, Text, Table or Picture
        From top to bottom; a bold `Text` is a heading of lower rank or a statement that stands out.
    """

    title: str
    name: str
    parts: tuple[Part | Picture, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class DataSheet:
    """Numbers in full, for a workbook.

    Parameters
    ----------
    name : str
        Of the sheet, at most 31 characters.
    headers : tuple of str
        One a column.
    rows : sequence of sequence of str, int, float or None
        Shares in [0, 1]; nothing where there is none.
    shares : frozenset of int
        Columns whose numbers are shares.
    """

    name: str
    headers: tuple[str, ...]
    rows: Sequence[Sequence[Value]]
    shares: frozenset[int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Document:
    """A report.

    Parameters
    ----------
    language : {"zh", "en"}
        Of all its text.
    title : str
        On its first line.
    lines : tuple of str
        Below the title: whose it is, of what day.
    answer : tuple of str
        The statement that it makes, which stands out.
    sections : tuple of Section
        In order; the first holds what the answer rests on.
    sheets : tuple of DataSheet
        For a workbook.
    contents, page, footer : str
        Title of the table of contents; ``{page}`` of ``{pages}``; what stands at the foot of each page.
    """

    language: str
    title: str
    lines: tuple[str, ...]
    answer: tuple[str, ...]
    sections: tuple[Section, ...]
    sheets: tuple[DataSheet, ...]
    contents: str
    page: str
    footer: str
