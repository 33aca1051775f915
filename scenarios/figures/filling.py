"""Many inspections of one county as they come in: where a rate falls, and how often they have failed so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from scenarios.figures.fonts import DOTS_PER_INCH, Page, font_for, tall

Floats = NDArray[np.float64]

# Lengths are in inches, sizes of type in points.
WIDTH, MARGIN, HIGH, GAP = 16 / 2.54, 0.18, 1.9, 0.62
TITLE, SUBTITLE, TEXT = 13.0, 9.0, 8.5
INK, SOFT, RULE, PASSES, FAILS = "#1a1a1a", "#595959", "#dedede", "#b8cfe0", "#d55e00"
_BINS = 40


def filling(
    rates: Floats,
    share: Sequence[float] | Floats,
    *,
    limit: float,
    fails_above: bool,
    whole: int,
    words: Mapping[str, str],
) -> Figure:
    """Draw what inspections found so far.

    Parameters
    ----------
    rates : ndarray of float64
        A rate, one an inspection; what is not a number is left out.
    share : sequence of float
        Share of the first 1, 2, 3, ... inspections that failed.
    limit : float
        Of the rate.
    fails_above : bool
        Whether the rate fails above its limit; else below.
    whole : int
        Inspections there will be in the end.
    words : mapping of str to str
        ``title``, ``subtitle``, ``x`` and ``y`` of the rates, ``passes``, ``fails``, ``limit``, and ``number`` and
        ``share`` of the lower picture.

    Returns
    -------
    Figure
        16 cm wide.

    Examples
    --------
    >>> keys = ("title", "subtitle", "x", "y", "passes", "fails", "limit", "number", "share")
    >>> words = dict.fromkeys(keys, "")
    >>> found = filling(np.array([0.01, 0.03]), [0.0, 0.5], limit=0.02, fails_above=True, whole=10, words=words)
    >>> len(found.axes)
    2
    """
    page = Page(
        Figure(figsize=(WIDTH, 1), dpi=DOTS_PER_INCH, facecolor="white"),
        font_for("\n".join([*words.values(), "0123456789.%"])),
    )
    left = MARGIN + page.width(["100%"], TEXT) + 0.12
    lower = MARGIN + 2 * tall([""], TEXT) + 0.16
    upper = lower + HIGH + GAP + tall([""], TEXT)
    top = upper + HIGH + 0.12 + tall([""], TEXT)
    heads = [(page.lines(words[key], size, WIDTH - 2 * MARGIN), size, colour) for key, size, colour in _HEADS]
    whole_high = top + sum(tall(lines, size) + 0.06 for lines, size, _ in heads) + MARGIN
    page.figure.set_size_inches(WIDTH, whole_high)

    def room(bottom: float) -> Axes:
        place = (left / WIDTH, bottom / whole_high, (WIDTH - MARGIN - left) / WIDTH, HIGH / whole_high)
        return page.figure.add_axes(place, facecolor="none")

    _histogram(page, room(upper), rates, limit, fails_above, words)
    _running(page, room(lower), np.asarray(share, dtype=np.float64), whole)
    middle = (left + WIDTH - MARGIN) / 2
    for bottom, key in ((upper, "x"), (lower, "number")):
        page.put(middle, bottom - 0.24, page.lines(words[key], TEXT, WIDTH), TEXT, SOFT, ha="center")
    for bottom, key in ((upper, "y"), (lower, "share")):
        page.put(MARGIN, bottom + HIGH + 0.06 + tall([""], TEXT), page.lines(words[key], TEXT, WIDTH), TEXT, SOFT)
    y = whole_high - MARGIN
    for lines, size, colour in heads:
        page.put(MARGIN, y, lines, size, colour)
        y -= tall(lines, size) + 0.06
    return page.figure


_HEADS = (("title", TITLE, INK), ("subtitle", SUBTITLE, SOFT))


def _histogram(
    page: Page, axes: Axes, rates: Floats, limit: float, fails_above: bool, words: Mapping[str, str]
) -> None:
    """Draw how many inspections found which rate, those beyond the limit in another colour."""
    known = rates[np.isfinite(rates)]
    span = max(float(np.ptp(known)) if known.size else 0.0, abs(limit) * 0.5, 1e-6)
    step = max(span, limit if fails_above else 1 - limit) / (_BINS / 2)
    first = np.floor(((known.min() if known.size else limit) - limit) / step)
    last = np.ceil(((known.max() if known.size else limit) - limit) / step)
    edges = limit + step * np.arange(min(first, -1), max(last, 1) + 1)
    # A rate at the limit passes: it stands on the passing side of the edge.
    place = np.ceil((known - limit) / step - 1e-9) if fails_above else np.floor((known - limit) / step + 1e-9) + 1
    counts = np.bincount(
        (place - min(first, -1) - 1).clip(0, len(edges) - 2).astype(np.int64), minlength=len(edges) - 1
    )
    beyond = edges[:-1] >= limit - step / 2 if fails_above else edges[1:] <= limit + step / 2
    for side, colour, key in ((~beyond, PASSES, "passes"), (beyond, FAILS, "fails")):
        axes.bar(edges[:-1][side], counts[side], width=step, align="edge", color=colour, edgecolor="white", lw=0.4)
        at = 0.02 if (key == "passes") == fails_above else 0.98
        axes.text(
            at,
            0.97,
            words[key],
            transform=axes.transAxes,
            va="top",
            ha="left" if at < 0.5 else "right",
            color=INK,
            **page.type(TEXT),
        )
    axes.axvline(limit, color=INK, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.text(
        limit,
        1.01,
        words["limit"],
        transform=axes.get_xaxis_transform(),
        ha="center",
        va="bottom",
        color=SOFT,
        **page.type(TEXT),
    )
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, max(float(counts.max(initial=0)), 1.0) * 1.25)
    _dress(page, axes, percent_x=True)


def _running(page: Page, axes: Axes, share: Floats, whole: int) -> None:
    """Draw the share that has failed so far, with the band in which chance alone moves it."""
    count = np.arange(1, len(share) + 1)
    if len(share):
        half = 1.96 * np.sqrt(share[-1] * (1 - share[-1]) / count)
        axes.fill_between(
            count, np.clip(share[-1] - half, 0, 1), np.clip(share[-1] + half, 0, 1), color="#e2e2e2", lw=0
        )
        axes.plot(count, share, color=INK, linewidth=1.6)
    axes.set_xlim(1, max(whole, 2))
    axes.set_ylim(0, 1)
    _dress(page, axes, percent_x=False)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"], color=SOFT, **page.type(TEXT))


def _dress(page: Page, axes: Axes, *, percent_x: bool) -> None:
    low, high = axes.get_xlim()
    steps = [x for x in MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high) if low <= x <= high]
    told = [f"{100 * x:.6g}%" if percent_x else f"{x:,.0f}" for x in steps]
    axes.set_xticks(steps, told, color=SOFT, **page.type(TEXT))
    if percent_x:
        most = axes.get_ylim()[1]
        ticks = [y for y in MaxNLocator(nbins=4, integer=True).tick_values(0, most) if 0 <= y <= most]
        axes.set_yticks(ticks, [f"{y:,.0f}" for y in ticks], color=SOFT, **page.type(TEXT))
    axes.tick_params(length=3, width=0.6, color=SOFT)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set(color=SOFT, linewidth=0.8)
