"""Plans as points, what they cost against what they risk: drawn for a printed page, legible without colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scenarios.figures.fonts import DOTS_PER_INCH, Page, font_for, tall

# Lengths are in inches, sizes of type in points. The width is fixed; the height grows with the text.
WIDTH, PLOT_HEIGHT, MARGIN = 16 / 2.54, 6.4 / 2.54, 0.18
TITLE, SUBTITLE, TEXT, NOTE = 13.0, 9.0, 8.5, 7.5
INK, SOFT, RULE, CLOUD = "#1a1a1a", "#595959", "#dedede", "#8f8f8f"
_MARKERS = {"present": "s", "proportional": "^", "neyman": "D", "searched": "o"}


@dataclass(frozen=True, kw_only=True)
class Point:
    """One plan.

    Parameters
    ----------
    sort : {"present", "proportional", "neyman", "searched"}
        Its marker.
    cost, risk, error : float
        Where it stands; the error is that of the risk.
    told : str
        Words beside it; empty for none.
    best : bool
        Whether it is filled.
    """

    sort: str
    cost: float
    risk: float
    error: float
    told: str
    best: bool


def pareto(points: Sequence[Point], *, words: Mapping[str, str]) -> Figure:
    """Draw plans by cost and risk.

    Parameters
    ----------
    points : sequence of Point
        At least one.
    words : mapping of str to str
        ``title``, ``subtitle``, ``x``, ``y``, ``note`` and the name of each sort.

    Returns
    -------
    Figure
        16 cm wide.

    Examples
    --------
    >>> words = dict.fromkeys(("title", "subtitle", "x", "y", "note", "present"), "")
    >>> one = Point(sort="present", cost=10.0, risk=0.3, error=0.01, told="a", best=True)
    >>> len(pareto([one], words=words).axes[0].lines)
    3
    """
    every_word = "\n".join([*words.values(), *(point.told for point in points), "0123456789.%,"])
    page = Page(Figure(figsize=(WIDTH, 1), dpi=DOTS_PER_INCH, facecolor="white"), font_for(every_word))
    left, right = MARGIN + page.width(["100%"], TEXT) + 0.1, WIDTH - MARGIN - 0.15
    note = page.lines(words["note"], NOTE, WIDTH - 2 * MARGIN)
    bottom = MARGIN + tall(note, NOTE) + 0.62
    page.put(MARGIN, MARGIN + tall(note, NOTE), note, NOTE, SOFT)
    page.put((left + right) / 2, bottom - 0.24, page.lines(words["x"], TEXT, right - left), TEXT, SOFT, ha="center")
    top = bottom + PLOT_HEIGHT + 0.12
    top = _legend(page, points, words, left, top)
    head = (("y", TEXT, SOFT, 0.06), ("subtitle", SUBTITLE, SOFT, 0.16), ("title", TITLE, INK, 0.05))
    for key, size, colour, gap in head:
        lines = page.lines(words[key], size, WIDTH - 2 * MARGIN)
        top += (gap if lines else 0.0) + tall(lines, size)
        page.put(MARGIN, top, lines, size, colour)
    page.figure.set_size_inches(WIDTH, top + MARGIN)
    _draw(page, points, (left, bottom, right))
    return page.figure


def _legend(page: Page, points: Sequence[Point], words: Mapping[str, str], left: float, top: float) -> float:
    x = left
    height = tall([""], TEXT)
    for sort in [sort for sort in _MARKERS if any(point.sort == sort for point in points)]:
        look = _look(filled=False, small=sort == "searched")
        page.line((x + 0.06,), (top + height / 2,), marker=_MARKERS[sort], **look)
        named = page.lines(words[sort], TEXT, WIDTH)
        page.put(x + 0.18, top + height, named, TEXT, INK)
        x += 0.18 + page.width(named, TEXT) + 0.25
    return top + height


def _look(*, filled: bool, small: bool = False) -> dict[str, Any]:
    if small:  # thousands of them: a cloud, not circles on circles
        return {"markersize": 2.4, "color": CLOUD, "markeredgewidth": 0.0, "linestyle": "none"}
    return {
        "markersize": 6.5,
        "color": INK,
        "markerfacecolor": INK if filled else "white",
        "markeredgewidth": 1.1,
        "linestyle": "none",
    }


def _draw(page: Page, points: Sequence[Point], place: tuple[float, float, float]) -> None:
    left, bottom, right = place
    wide, high = page.figure.get_size_inches()
    costs, risks = np.array([p.cost for p in points]), np.array([p.risk for p in points])
    spread = max(float(np.ptp(costs)) * 0.12, 0.03 * float(costs.max()))
    axes = page.figure.add_axes(
        (left / wide, bottom / high, (right - left) / wide, PLOT_HEIGHT / high),
        facecolor="none",
        xlim=(costs.min() - spread, costs.max() + spread),
        ylim=(0.0, max(0.05, float(risks.max()) * 1.15)),
    )
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set(color=SOFT, linewidth=0.8)
    ticks = MaxNLocator(nbins=6).tick_values(*axes.get_xlim())
    inside = [tick for tick in ticks if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    axes.set_xticks(inside, [f"{tick:,.0f}" for tick in inside], color=SOFT, **page.type(TEXT))
    rows = [row for row in MaxNLocator(nbins=5).tick_values(*axes.get_ylim()) if 0 <= row <= axes.get_ylim()[1]]
    axes.set_yticks(rows, [f"{row * 100:.3g}%" for row in rows], color=SOFT, **page.type(TEXT))
    axes.tick_params(axis="x", length=3, width=0.6, color=SOFT)
    axes.tick_params(axis="y", length=0, pad=4)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    frontier = sorted((p.cost, p.risk) for p in points if not any(_dominates(o, p) for o in points))
    axes.plot(*zip(*frontier, strict=True), color=SOFT, linewidth=0.9, drawstyle="steps-post", zorder=2)
    for point in sorted(points, key=lambda each: (each.best, each.sort != "searched")):
        small = point.sort == "searched" and not point.best
        if not small:
            low, top = max(point.risk - point.error, 0.0), point.risk + point.error
            axes.plot((point.cost, point.cost), (low, top), color=SOFT, linewidth=0.9, zorder=2)
        look = _look(filled=point.best, small=small)
        axes.plot(point.cost, point.risk, marker=_MARKERS[point.sort], zorder=3, **look)
        if point.told:
            set_below: dict[str, Any] = {
                "xytext": (0, -24),
                "textcoords": "offset points",
                "ha": "center",
            }  # below, where no plan is
            axes.annotate(point.told, (point.cost, point.risk), color=INK, **set_below, **page.type(TEXT))


def _dominates(one: Point, other: Point) -> bool:
    return (one.cost, one.risk) != (other.cost, other.risk) and one.cost <= other.cost and one.risk <= other.risk
