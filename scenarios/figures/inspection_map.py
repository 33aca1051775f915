"""The picture of one inspection: which villages were drawn, numbered as in the printed list, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, hypot, log10
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.patheffects import withStroke

from sampler.frame import Bools
from scenarios.figures.fonts import DOTS_PER_INCH, Page, font_for, tall
from scenarios.figures.village_layouts import (
    CLEAR_SIZE,
    COUNT,
    DIGIT,
    INNER,
    MARGIN,
    NUMBER,
    POINT,
    SILL,
    TEXT,
    WIDTH,
    Floats,
    Layout,
    Lines,
    Mark,
    chart_layout,
    make_marks,
    map_layout,
)

Look = dict[str, Any]
Entry = tuple[float, Lines, Sequence[Look]]  # of the legend: its left side, its words and its samples

# Lengths are in inches, sizes of type and marks in points.
TITLE, SUBTITLE, NOTE, SCALE = 13.0, 9.0, 7.5, 1.2
INK, SOFT, RULE, LAND, HALO = "#1a1a1a", "#595959", "#dedede", "#efefeb", withStroke(linewidth=2.0, foreground="white")

# Circle or triangle tells remoteness; size, fill and edge tell the rest, so that grey print tells it too.
_DOTS: dict[bool, Look] = {
    False: {"marker": "o", "markersize": 3.2, "markerfacecolor": "#b0b0b0", "markeredgewidth": 0.0},
    True: {"marker": "^", "markersize": 4.4, "markerfacecolor": "#8c8c8c", "markeredgewidth": 0.0},
}
_CLEAR: Look = {"markerfacecolor": "white", "markeredgecolor": "#0072B2", "markeredgewidth": 1.5}
_FOUND: Look = {"markerfacecolor": "#E69F00", "markeredgecolor": INK, "markeredgewidth": 1.0}


def inspection_map(
    *,
    townships: Sequence[str],
    remote: Bools,
    drawn: Sequence[int],
    found: Sequence[int],
    location_km: Floats | None,
    words: Mapping[str, str],
) -> Figure:
    """Draw which villages of a county one inspection reaches, and how many wrong persons it finds in each.

    Parameters
    ----------
    townships : sequence of str, length V
        Township of each village.
    remote : ndarray of bool, shape (V,)
        Which villages are remote; they are triangles.
    drawn : sequence of int
        Indices of the drawn villages, in the order of the printed list: the first is number 1.
    found : sequence of int
        Wrong persons found, one count a drawn village; it stands inside the village's mark.
    location_km : ndarray of float64, shape (V, 2), or None
        East and north of any origin. A mark that had to make room is led back to its village by a thin line.
        Without coordinates, a row a township has its villages in the order given.
    words : mapping of str to str
        ``title``, ``subtitle``, ``note``, and for the legend, which has what is on the page: ``ordinary``,
        ``remote``, ``drawn`` and ``drawn_with_finding``.

    Returns
    -------
    Figure
        16 cm wide and as high as it needs: no word is cut, and no number stands on another.

    Examples
    --------
    >>> keys = ("title", "subtitle", "note", "ordinary", "remote", "drawn", "drawn_with_finding")
    >>> picture = inspection_map(
    ...     townships=["East", "East", "West"],
    ...     remote=np.array([False, True, False]),
    ...     drawn=[2, 1],
    ...     found=[0, 3],
    ...     location_km=None,
    ...     words=dict.fromkeys(keys, ""),
    ... )
    >>> [text.get_text() for text in picture.texts]
    ['East', 'West', '1', '2', '3']
    """
    every_word = "\n".join([*words.values(), *townships, "0123456789. km"])
    page = Page(Figure(figsize=(WIDTH, 1), dpi=DOTS_PER_INCH, facecolor="white"), font_for(every_word))
    marks = make_marks(page, remote, drawn, found)
    if location_km is None:
        layout = chart_layout(page, townships, marks)
    else:
        layout = map_layout(page, townships, marks, np.asarray(location_km, dtype=np.float64))
    bottom = _lay_foot(page, words["note"], layout.inches_a_km)
    _draw(page, layout, np.array([MARGIN, bottom]), remote)
    _lay_head(page, bottom + layout.height, words, _legend(remote, marks))
    return page.figure


def _lay_foot(page: Page, note: str, inches_a_km: float) -> float:
    """Set the note, and above it the scale if there is one; return the height at which the picture stands."""
    lines = page.lines(note, NOTE, INNER)
    top = MARGIN + tall(lines, NOTE)
    page.put(MARGIN, top, lines, NOTE, SOFT)
    top += 0.12 if lines else 0.0
    if not inches_a_km:
        return top
    km = _round_length(SCALE / inches_a_km)
    end, line = MARGIN + km * inches_a_km, tall(["km"], NOTE)
    y = top + line / 2
    page.line((MARGIN, MARGIN, end, end), (y + 0.05, y, y, y + 0.05), color=SOFT, linewidth=0.9)
    page.put(end + 0.07, top + line, [f"{km:g} km"], NOTE, SOFT)
    return top + line + 0.06


def _round_length(most: float) -> float:
    """Return the longest of 1, 2 and 5 times a power of ten that a length allows."""
    power = 10.0 ** floor(log10(most))
    return max(power * step for step in (0.5, 1, 2, 5) if power * step <= most)  # 0.5: the logarithm is rounded


def _draw(page: Page, layout: Layout, corner: Floats, remote: Bools) -> None:
    """Draw the villages of a layout with its lower left corner at a place of the page."""
    for land in layout.lands:
        outline = Polygon(land + corner, facecolor=LAND, edgecolor="white", linewidth=1.2, zorder=0)
        outline.set_transform(page.figure.dpi_scale_trans)
        page.figure.add_artist(outline)
    for rule in layout.rules:
        y = float(rule + corner[1])
        page.line((MARGIN, WIDTH - MARGIN), (y, y), color=RULE, linewidth=0.6, zorder=0)
    undrawn = np.ones(len(remote), dtype=bool)
    undrawn[[mark.village for mark, *_ in layout.marks]] = False
    for kind, look in _DOTS.items():
        xs, ys = (layout.dots[undrawn & (remote == kind)] + corner).T
        page.line(xs, ys, linestyle="none", zorder=1, **look)
    for lines, (x, y), alignment in layout.names:
        page.put(x + corner[0], y + corner[1], lines, TEXT, SOFT, ha=alignment, zorder=4, path_effects=[HALO])
    for mark, place, number in layout.marks:
        _draw_mark(page, mark, layout.dots[mark.village] + corner, place + corner)
        _write(page, number + corner, str(mark.number), NUMBER, path_effects=[HALO])
    for mark, place, _ in layout.marks:
        if mark.found:
            drop = (mark.size / 2 - SILL - DIGIT * COUNT / 2) * POINT if mark.remote else 0.0
            _write(page, place + corner - [0.0, drop], str(mark.found), COUNT)


def _draw_mark(page: Page, mark: Mark, village: Floats, place: Floats) -> None:
    """Draw a mark, and lead it back to its village where it does not cover it."""
    (x, y), (x0, y0) = place, village
    if hypot(x - x0, y - y0) > mark.size / 2 * POINT:
        page.line((x0, x), (y0, y), color=SOFT, linewidth=0.5, zorder=3)
        page.line((x0,), (y0,), marker="o", markersize=1.8, color=INK, markeredgewidth=0.0, zorder=3)
    look = _look(mark.remote, _FOUND if mark.found else _CLEAR)
    page.line((x,), (y,), zorder=5, **(look | {"markersize": mark.size}))


def _look(remote: bool, fill: Look) -> Look:
    return {"marker": _DOTS[remote]["marker"], "markersize": CLEAR_SIZE[remote], **fill}


def _write(page: Page, middle: Floats, digits: str, size: float, **look: Any) -> None:
    page.put(middle[0], middle[1] + tall([digits], size) / 2, [digits], size, INK, ha="center", zorder=6, **look)


def _legend(remote: Bools, marks: Sequence[Mark]) -> dict[str, list[Look]]:
    """Return samples of what is on the page, by the key of their words."""
    kinds = [kind for kind in (False, True) if (remote == kind).any()]
    samples = {("remote" if kind else "ordinary"): [_DOTS[kind]] for kind in kinds}
    if marks:
        samples["drawn"] = [_look(kind, _CLEAR) for kind in kinds]
    if any(mark.found for mark in marks):
        samples["drawn_with_finding"] = [_look(kind, _FOUND) for kind in kinds]
    return samples


def _lay_head(page: Page, top: float, words: Mapping[str, str], legend: Mapping[str, Sequence[Look]]) -> None:
    """Set title, subtitle and legend above the picture, and give the page its height."""
    top += 0.12
    for row in reversed(_legend_rows(page, words, legend)):
        first = tall([""], TEXT)
        high = max(first, *(tall(lines, TEXT) for _, lines, _ in row))
        for x, lines, samples in row:
            right = x
            for look in samples:
                page.line((right + _slot(look) / 2,), (top + high - first / 2,), linestyle="none", **look)
                right += _slot(look)
            page.put(right + 0.04, top + high, lines, TEXT, INK)
        top += high + 0.03
    top += 0.08
    for key, size, colour, gap in (("subtitle", SUBTITLE, SOFT, 0.0), ("title", TITLE, INK, 0.05)):
        lines = page.lines(words[key], size, INNER)
        top += tall(lines, size) + (gap if lines else 0.0)
        page.put(MARGIN, top, lines, size, colour)
    page.figure.set_size_inches(WIDTH, top + MARGIN)


def _legend_rows(page: Page, words: Mapping[str, str], legend: Mapping[str, Sequence[Look]]) -> list[list[Entry]]:
    """Break the legend into rows no wider than the page."""
    rows: list[list[Entry]] = []
    x = WIDTH
    for key, samples in legend.items():
        lead = sum(map(_slot, samples)) + 0.04
        lines = page.lines(words[key], TEXT, INNER - lead)
        wide = lead + page.width(lines, TEXT)
        if x + wide > WIDTH - MARGIN:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, lines, samples))
        x += wide + 0.2
    return rows


def _slot(look: Look) -> float:
    """Return the width of a sample in the legend."""
    return float(look["markersize"] + look["markeredgewidth"] + 2.0) * POINT
