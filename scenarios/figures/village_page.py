"""What stands around the villages of a picture: title, subtitle and legend above, scale and note below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

import numpy as np
from matplotlib.patches import Polygon
from matplotlib.patheffects import withStroke

from sampler.frame import Bools
from scenarios.figures.fonts import Page, tall
from scenarios.figures.village_layouts import INNER, MARGIN, POINT, TEXT, WIDTH, Floats, Layout, Lines

Look = dict[str, Any]
Entry = tuple[float, Lines, Sequence[Look]]  # of the legend: its left side, its words and its samples

# Lengths are in inches, sizes of type and marks in points.
TITLE, SUBTITLE, NOTE, SCALE = 13.0, 9.0, 7.5, 1.2
INK, SOFT, RULE, HALO = "#1a1a1a", "#595959", "#dedede", withStroke(linewidth=2.0, foreground="white")

# Circle or triangle tells remoteness.
DOTS: dict[bool, Look] = {
    False: {"marker": "o", "markersize": 3.2, "markerfacecolor": "#b0b0b0", "markeredgewidth": 0.0},
    True: {"marker": "^", "markersize": 4.4, "markerfacecolor": "#8c8c8c", "markeredgewidth": 0.0},
}


def lay_foot(page: Page, note: str, inches_a_km: float) -> float:
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


def lay_villages(page: Page, layout: Layout, corner: Floats, remote: Bools, land: str | Sequence[str]) -> None:
    """Draw the townships and the villages that have no mark, the layout's lower left corner at a place of the page.

    The colour of the land is one for all, or one a township in the order of the layout.
    """
    colours = [land] * len(layout.lands) if isinstance(land, str) else land
    for outline, colour in zip(layout.lands, colours, strict=True):
        drawn = Polygon(outline + corner, facecolor=colour, edgecolor="white", linewidth=1.2, zorder=0)
        drawn.set_transform(page.figure.dpi_scale_trans)
        page.figure.add_artist(drawn)
    for rule in layout.rules:
        y = float(rule + corner[1])
        page.line((MARGIN, WIDTH - MARGIN), (y, y), color=RULE, linewidth=0.6, zorder=0)
    unmarked = np.ones(len(remote), dtype=bool)
    unmarked[[mark.village for mark, *_ in layout.marks]] = False
    for kind, look in DOTS.items():
        xs, ys = (layout.dots[unmarked & (remote == kind)] + corner).T
        page.line(xs, ys, linestyle="none", zorder=1, **look)
    for lines, (x, y), alignment in layout.names:
        page.put(x + corner[0], y + corner[1], lines, TEXT, SOFT, ha=alignment, zorder=4, path_effects=[HALO])


def lay_head(page: Page, top: float, words: Mapping[str, str], legend: Mapping[str, Sequence[Look]]) -> None:
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
