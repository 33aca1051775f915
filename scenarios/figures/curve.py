"""The operating characteristic: the chance of failing over error levels, drawn for a printed page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from scenarios.figures.fonts import DOTS_PER_INCH, Page, font_for, tall

Floats = NDArray[np.float64]
Curves = Mapping[str, Floats]

# Lengths are in inches, sizes of type in points. The width is fixed; the height grows with the text.
WIDTH, PLOT_HEIGHT, MARGIN = 16 / 2.54, 6.2 / 2.54, 0.18
NAME_ROOM, SWATCH, GAP, LEAD = 1.35, 0.32, 0.07, 0.26
TITLE, SUBTITLE, TEXT, NOTE = 13.0, 9.0, 8.5, 7.5
INK, SOFT, RULE, BAND, HALO = "#1a1a1a", "#595959", "#dedede", "#e2e2e2", withStroke(linewidth=2.5, foreground="white")


def _style(colour: str, width: float, dashes: tuple[float, ...], marker: str, face: str = "white") -> dict[str, Any]:
    line = {"color": colour, "linewidth": width, "linestyle": (0, dashes) if dashes else "-"}
    edge = {"markeredgecolor": colour, "markerfacecolor": face, "markeredgewidth": 1.1}
    return {**line, **edge, "marker": marker, "markersize": 4.2, "dash_capstyle": "butt"}


# Okabe-Ito colours; dashes and markers for grey print. Drawn in this order, coinciding curves show through.
_STYLES = {
    "any": _style("#000000", 2.6, (), "o", face="#000000"),
    "wrong_exit": _style("#D55E00", 1.5, (), "o"),
    "missed": _style("#0072B2", 1.5, (3.6, 2.0), "s"),
    "incidence": _style("#009E73", 1.5, (6.5, 1.6, 1.2, 1.6), "^"),
    "approval": _style("#CC79A7", 1.7, (1.1, 1.3), "D"),
}


@dataclass(frozen=True)
class _Plot:
    """The rectangle of the curves on the page, and the levels at its sides."""

    left: float
    right: float
    bottom: float
    top: float
    low: float
    high: float

    def place(self, level: float, chance: float) -> tuple[float, float]:
        across = (level - self.low) / (self.high - self.low) * (self.right - self.left)
        return self.left + across, self.bottom + chance * (self.top - self.bottom)


def oc_curve(
    levels: Sequence[float],
    chances: Mapping[str, Sequence[float | None]],
    *,
    words: Mapping[str, str],
    limit: float | None = None,
    spread: Sequence[float] | None = None,
    marks: Sequence[tuple[float, float, str]] = (),
) -> Figure:
    """Draw the chance of failing over error levels.

    Parameters
    ----------
    levels : sequence of float
        Error levels, shares in [0, 1), at least one.
    chances : mapping of str to sequence of float or None
        By question, one chance a level; None where no engine served it. A question of None only is left out.
    words : mapping of str to str
        ``title``, ``subtitle``, ``x``, ``y``, ``note``, the label of each question drawn and, with a limit,
        ``limit``. Ask ``covers`` whether the font has the characters; what it lacks is drawn as a stand-in.
    limit : float or None
        A share marked by a thin line; the axis reaches at least to it.
    spread : sequence of float or None
        Half the height of a band about the chance of ``any``, one a level; it stays inside [0, 1].
    marks : sequence of (float, float, str)
        Points to ring: level, chance and words.

    Returns
    -------
    Figure
        16 cm wide, about 10 cm high, and higher for long texts: no word is cut.

    Examples
    --------
    >>> words = {"title": "Risk", "subtitle": "", "x": "Error", "y": "Chance", "note": "", "missed": "Missed"}
    >>> len(oc_curve([0.0, 0.02], {"missed": [0.0, 0.5], "any": [None, None]}, words=words).axes[0].lines)
    1
    """
    order = np.argsort(levels, kind="stable")
    xs = np.asarray(levels, dtype=np.float64)[order]
    asked = {name: np.array(chances[name], dtype=np.float64) for name in sorted(chances, key=list(_STYLES).index)}
    curves = {name: ys.reshape(xs.shape)[order] for name, ys in asked.items() if np.isfinite(ys).any()}
    reach = np.array([*xs, *([] if limit is None else [limit]), *(level for level, *_ in marks)])
    every_word = "\n".join([*words.values(), *(text for *_, text in marks), "0123456789.%"])
    page = Page(Figure(figsize=(WIDTH, 1), dpi=DOTS_PER_INCH, facecolor="white"), font_for(every_word))
    names = {question: page.lines(words[question], TEXT, NAME_ROOM) for question in curves}
    plot = _lay_foot(page, words, names, reach)
    _lay_head(page, plot, words, limit)
    axes = _draw_curves(page, plot, xs, curves)
    if spread is not None and "any" in curves:
        half = np.asarray(spread, dtype=np.float64)[order]
        low, high = np.clip([curves["any"] - half, curves["any"] + half], 0, 1)
        axes.fill_between(xs, low, high, color=BAND, linewidth=0, zorder=0.4)
    _name_curves(page, plot, xs, curves, names)
    for mark in marks:
        _ring(page, plot, *mark)
    return page.figure


def _lay_foot(page: Page, words: Mapping[str, str], names: Mapping[str, Sequence[str]], reach: Floats) -> _Plot:
    """Set what stands below the plot and return the plot's place above it."""
    left = MARGIN + page.width(["100%"], TEXT) + 0.1
    column = max((page.width(lines, TEXT) for lines in names.values()), default=0.0)
    right = WIDTH - MARGIN - column - GAP - SWATCH - LEAD
    note = page.lines(words["note"], NOTE, WIDTH - 2 * MARGIN)
    across = page.lines(words["x"], TEXT, right - left)
    note_top = MARGIN + tall(note, NOTE)
    bottom = note_top + 0.12 + tall(across, TEXT) + 0.24
    page.put(MARGIN, note_top, note, NOTE, SOFT)
    page.put((left + right) / 2, bottom - 0.24, across, TEXT, SOFT, ha="center")
    low, high = float(reach.min()), float(reach.max())
    high += 0.01 if low == high else 0.0  # one level only
    return _Plot(left, right, bottom, bottom + PLOT_HEIGHT, low, high)


def _lay_head(page: Page, plot: _Plot, words: Mapping[str, str], limit: float | None) -> None:
    """Set what stands above the plot, the limit's word too, and give the page its height."""
    head = [("title", TITLE, INK, 0.05), ("subtitle", SUBTITLE, SOFT, 0.16), ("y", TEXT, SOFT, 0.0)]
    blocks = [(page.lines(words[key], size, WIDTH - 2 * MARGIN), size, colour, gap) for key, size, colour, gap in head]
    top = plot.top + 0.09
    if limit is not None:
        word = page.lines(words.get("limit", ""), TEXT, WIDTH / 2)
        x, half = plot.place(limit, 1.0)[0], page.width(word, TEXT) / 2
        page.line((x, x), (plot.bottom, top - 0.04), color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=-1)
        x = min(max(x, MARGIN + half), WIDTH - MARGIN - half)
        page.put(x, top + tall(word, TEXT), word, TEXT, SOFT, ha="center")
        # It shares the row of the axis's word where both have room.
        beside = len(word) == len(blocks[-1][0]) and x - half > MARGIN + page.width(blocks[-1][0], TEXT) + 0.2
        top += 0.0 if beside else tall(word, TEXT)
    for lines, size, colour, gap in reversed(blocks):
        top += (gap if lines else 0.0) + tall(lines, size)
        page.put(MARGIN, top, lines, size, colour)
    page.figure.set_size_inches(WIDTH, top + MARGIN)


def _draw_curves(page: Page, plot: _Plot, xs: Floats, curves: Curves) -> Axes:
    wide, high = page.figure.get_size_inches()
    place = (plot.left / wide, plot.bottom / high, (plot.right - plot.left) / wide, PLOT_HEIGHT / high)
    axes = page.figure.add_axes(place, facecolor="none", xlim=(plot.low, plot.high), ylim=(0.0, 1.0))
    wanted = MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10]).tick_values(plot.low, plot.high)
    steps = [step for step in wanted if plot.low - 1e-12 <= step <= plot.high + 1e-12]
    axes.set_xticks(steps, [f"{100 * step:.6g}%" for step in steps], color=SOFT, **page.type(TEXT))
    quarters = (0.0, 0.25, 0.5, 0.75, 1.0)
    axes.set_yticks(quarters, [f"{100 * share:.0f}%" for share in quarters], color=SOFT, **page.type(TEXT))
    axes.tick_params(axis="x", length=3, width=0.6, color=SOFT, pad=2.5, direction="out")
    axes.tick_params(axis="y", length=0, pad=4)
    axes.grid(visible=False)
    axes.hlines(quarters[1:], plot.low, plot.high, color=RULE, linewidth=0.6, zorder=0.5, clip_on=False)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set(color=SOFT, linewidth=0.8)
    for rank, (question, ys) in enumerate(curves.items()):
        # Markers of different curves stand at different levels; where every point has one, they show through.
        step = 1 if len(xs) < 10 or np.isnan(ys).any() else 5
        look = _STYLES[question] | ({"markerfacecolor": "none"} if step == 1 and question != "any" else {})
        axes.plot(xs, ys, markevery=(rank % step, step), clip_on=False, zorder=3 + rank, **look)
    return axes


def _name_curves(page: Page, plot: _Plot, xs: Floats, curves: Curves, names: Mapping[str, Sequence[str]]) -> None:
    """Name each curve beside its end; where ends meet, the names move apart and a thin line leads to each."""
    last = {question: np.flatnonzero(np.isfinite(ys))[-1] for question, ys in curves.items()}
    ends = {question: plot.place(float(xs[at]), float(curves[question][at])) for question, at in last.items()}
    falling = sorted(curves, key=lambda question: -round(ends[question][1], 2))  # ties keep the order of questions
    room = [tall(names[question], TEXT) + 0.03 for question in falling]
    middles = _apart([ends[question][1] for question in falling], room, plot.bottom - 0.1, plot.top + 0.1)
    start = plot.right + LEAD
    for question, y in zip(falling, middles, strict=True):
        x, end = ends[question]
        if x > plot.right - 0.01:  # across the plot it would look like a curve
            page.line((x + 0.05, start - 0.02), (end, y), color=SOFT, linewidth=0.5)
        page.line((start, start + SWATCH / 2, start + SWATCH), (y, y, y), markevery=[1], **_STYLES[question])
        page.put(start + SWATCH + GAP, y + tall(names[question], TEXT) / 2, names[question], TEXT, INK)


def _apart(wanted: Sequence[float], room: Sequence[float], bottom: float, top: float) -> Floats:
    """Move the middles of a falling row of names as far as keeps them from touching."""
    below = np.cumsum(room) - np.asarray(room) / 2  # how far each would lie under the top of one tight stack
    stacks = np.minimum.accumulate(np.minimum(np.asarray(wanted) + below, top))
    return np.asarray(np.maximum(stacks, bottom + sum(room)) - below)


def _ring(page: Page, plot: _Plot, level: float, chance: float, text: str) -> None:
    """Ring a point; curves rise, so its words stand up and to the left, where the plot is empty."""
    x, y = plot.place(level, chance)
    page.line((x,), (y,), marker="o", markersize=8, color=INK, markerfacecolor="none", markeredgewidth=1.0, zorder=20)
    lines = page.lines(text, TEXT, plot.right - plot.left)
    right = max(x - 0.1, plot.left + page.width(lines, TEXT) + 0.05)
    top = min(y + (0.02 if right < x else 0.09) + tall(lines, TEXT), plot.top + 0.05)
    page.put(right, top, lines, TEXT, INK, ha="right", zorder=21, path_effects=[HALO])
