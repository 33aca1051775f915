"""Shares as bars, the largest on top, with their errors: drawn for a printed page, legible without colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scenarios.figures.fonts import DOTS_PER_INCH, Page, font_for, tall

# Lengths are in inches, sizes of type in points. The width is fixed; the height grows with the bars.
WIDTH, MARGIN, ROW, THICK = 16 / 2.54, 0.18, 0.27, 0.15
TITLE, SUBTITLE, TEXT, NOTE = 13.0, 9.0, 8.5, 7.5
INK, SOFT, BAR = "#1a1a1a", "#595959", "#4d4d4d"
NAME_ROOM, VALUE_ROOM = 2.2, 1.0


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar.

    Parameters
    ----------
    name, told : str
        What stands before and behind it.
    value, error : float
        Its length, and half that of its error line; shares.
    """

    name: str
    told: str
    value: float
    error: float


def bars(shown: Sequence[Bar], *, words: Mapping[str, str]) -> Figure:
    """Draw shares as horizontal bars in the order given.

    Parameters
    ----------
    shown : sequence of Bar
        At least one.
    words : mapping of str to str
        ``title``, ``subtitle``, ``note``.

    Returns
    -------
    Figure
        16 cm wide.

    Examples
    --------
    >>> words = {"title": "Risk", "subtitle": "", "note": ""}
    >>> figure = bars([Bar(name="a", told="60%", value=0.6, error=0.02)], words=words)
    >>> round(float(figure.get_size_inches()[0]), 1)
    6.3
    """
    every_word = "\n".join([*words.values(), *(f"{bar.name}{bar.told}" for bar in shown)])
    page = Page(Figure(figsize=(WIDTH, 1), dpi=DOTS_PER_INCH, facecolor="white"), font_for(every_word))
    note = page.lines(words["note"], NOTE, WIDTH - 2 * MARGIN)
    names = [page.lines(bar.name, TEXT, NAME_ROOM) for bar in shown]
    left = MARGIN + max(page.width(lines, TEXT) for lines in names) + 0.12
    behind = max(page.width([bar.told], TEXT) for bar in shown) + 0.1
    whole = max(max(bar.value + bar.error, 0.0) for bar in shown) or 1.0
    scale = (WIDTH - MARGIN - left - max(behind, VALUE_ROOM)) / whole
    page.put(MARGIN, MARGIN + tall(note, NOTE), note, NOTE, SOFT)
    bottom = MARGIN + tall(note, NOTE) + 0.12
    heights = [max(ROW, tall(lines, TEXT) + 0.04) for lines in names]
    top = bottom + sum(heights)
    middle = top
    for bar, lines, high in zip(shown, names, heights, strict=True):
        y = middle - high / 2
        middle -= high
        page.put(left - 0.1, y + tall(lines, TEXT) / 2, lines, TEXT, INK, ha="right")
        _bar(page, left, y, bar, scale)
        told = page.lines(bar.told, TEXT, WIDTH)
        start = left + max(bar.value + bar.error, 0.0) * scale + 0.08
        page.put(start, y + tall(told, TEXT) / 2, told, TEXT, INK)
    page.line((left, left), (bottom, top), color=SOFT, linewidth=0.8)
    for key, size, colour, gap in (("subtitle", SUBTITLE, SOFT, 0.14), ("title", TITLE, INK, 0.05)):
        lines = page.lines(words[key], size, WIDTH - 2 * MARGIN)
        top += (gap if lines else 0.0) + tall(lines, size)
        page.put(MARGIN, top, lines, size, colour)
    page.figure.set_size_inches(WIDTH, top + MARGIN)
    return page.figure


def _bar(page: Page, left: float, y: float, bar: Bar, scale: float) -> None:
    place = (left, y - THICK / 2)
    page.figure.add_artist(
        Rectangle(place, max(bar.value, 0.0) * scale, THICK, transform=page.figure.dpi_scale_trans, color=BAR, lw=0)
    )
    if bar.error > 0:
        low, high = (left + max(bar.value + side * bar.error, 0.0) * scale for side in (-1, 1))
        page.line((low, high), (y, y), color="white", linewidth=2.6)
        page.line((low, high), (y, y), color=INK, linewidth=1.0)
