"""A surface: the chance of failing over two parameters, as contours that read in grey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from scenarios.figures.fonts import DOTS_PER_INCH, Page, font_for, tall

Floats = NDArray[np.float64]
Drawing = Figure  # for those who save it and import no matplotlib

# Lengths are in inches, sizes of type in points.
WIDTH, PLOT_HEIGHT, MARGIN = 16 / 2.54, 7.2 / 2.54, 0.18
TITLE, SUBTITLE, TEXT, NOTE = 13.0, 9.0, 8.5, 7.5
INK, SOFT = "#1a1a1a", "#595959"
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)  # contours
# From white to a middle grey: numbers printed on the darkest part stay legible.
SHADES = ("#ffffff", "#f2f2f2", "#e2e2e2", "#cfcfcf", "#bababa", "#a5a5a5")


def risk_surface(
    xs: Sequence[float], ys: Sequence[float], chances: Sequence[Sequence[float]], *, words: Mapping[str, str],
    percent: tuple[bool, bool],
) -> Figure:  # fmt: skip
    """Draw the chance of failing over two parameters.

    Parameters
    ----------
    xs, ys : sequence of float
        Values of the two parameters, two different ones or more each, in any order.
    chances : sequence of sequence of float
        One row a value of `xs`, one chance a value of `ys`.
    words : mapping of str to str
        ``title``, ``subtitle``, ``x``, ``y``, ``note``.
    percent : tuple of bool
        Whether `xs` and `ys` are shares, told in percent.

    Returns
    -------
    Figure
        16 cm wide: shades and contours at 5%, 25%, 50%, 75% and 95%, each with its number.

    Examples
    --------
    >>> words = {"title": "Risk", "subtitle": "", "x": "Error", "y": "ICC", "note": ""}
    >>> figure = risk_surface([0, 0.02], [0, 0.1], [[0.0, 0.1], [0.9, 1.0]], words=words, percent=(True, False))
    >>> len(figure.axes)
    1
    """
    order_x, order_y = np.argsort(xs, kind="stable"), np.argsort(ys, kind="stable")
    x, y = np.asarray(xs, dtype=np.float64)[order_x], np.asarray(ys, dtype=np.float64)[order_y]
    surface = np.asarray(chances, dtype=np.float64)[np.ix_(order_x, order_y)].T
    page = Page(
        Figure(figsize=(WIDTH, 1), dpi=DOTS_PER_INCH, facecolor="white"),
        font_for("\n".join([*words.values(), "0123456789.%"])),
    )
    left, right = MARGIN + page.width(["100.0%"], TEXT) + 0.1, WIDTH - MARGIN - 0.1
    note = page.lines(words["note"], NOTE, WIDTH - 2 * MARGIN)
    across = page.lines(words["x"], TEXT, right - left)
    note_top = MARGIN + tall(note, NOTE)
    bottom = note_top + 0.12 + tall(across, TEXT) + 0.24
    page.put(MARGIN, note_top, note, NOTE, SOFT)
    page.put((left + right) / 2, bottom - 0.24, across, TEXT, SOFT, ha="center")
    top = bottom + PLOT_HEIGHT
    head_top = _lay_head(page, words, top + 0.09)
    page.figure.set_size_inches(WIDTH, head_top + MARGIN)
    _draw(page, (left, right, bottom, top), x, y, surface, percent)
    return page.figure


def _lay_head(page: Page, words: Mapping[str, str], top: float) -> float:
    """Set what stands above the plot, from below; return where it ends."""
    head = [("title", TITLE, INK, 0.05), ("subtitle", SUBTITLE, SOFT, 0.16), ("y", TEXT, SOFT, 0.0)]
    blocks = [(page.lines(words[key], size, WIDTH - 2 * MARGIN), size, colour, gap) for key, size, colour, gap in head]
    for lines, size, colour, gap in reversed(blocks):
        top += (gap if lines else 0.0) + tall(lines, size)
        page.put(MARGIN, top, lines, size, colour)
    return top


def _draw(
    page: Page, plot: tuple[float, float, float, float], x: Floats, y: Floats, surface: Floats,
    percent: tuple[bool, bool],
) -> Axes:  # fmt: skip
    left, right, bottom, top = plot
    wide, high = page.figure.get_size_inches()
    place = (left / wide, bottom / high, (right - left) / wide, (top - bottom) / high)
    axes = page.figure.add_axes(place, xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    axes.contourf(x, y, surface, levels=[-0.001, *SHARES, 1.001], colors=SHADES)
    inside = [share for share in SHARES if surface.min() < share < surface.max()]
    if inside:
        widths = [1.8 if share == 0.5 else 0.9 for share in inside]
        lines = axes.contour(x, y, surface, levels=inside, colors=INK, linewidths=widths)
        for share, path in zip(inside, lines.get_paths(), strict=True):
            # At the middle of the line; matplotlib's own labels measure themselves in a font that may not be there.
            points = np.asarray(path.vertices, dtype=np.float64)
            middle = points[len(points) // 2]
            halo = [withStroke(linewidth=3.0, foreground="white")]
            told = f"{share * 100:.0f}%"
            look = {"color": INK, "ha": "center", "va": "center", "path_effects": halo} | page.type(TEXT)
            axes.text(middle[0], middle[1], told, **look)
    for name, values, share in (("x", x, percent[0]), ("y", y, percent[1])):
        wanted = MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]).tick_values(values[0], values[-1])
        steps = [step for step in wanted if values[0] - 1e-12 <= step <= values[-1] + 1e-12]
        names = [f"{100 * step:.6g}%" if share else f"{step:.6g}" for step in steps]
        {"x": axes.set_xticks, "y": axes.set_yticks}[name](steps, names, color=SOFT, **page.type(TEXT))
    axes.tick_params(length=3, width=0.6, color=SOFT, pad=2.5, direction="out")
    axes.spines[["left", "right", "top", "bottom"]].set(color=SOFT, linewidth=0.6)
    return axes
