"""The picture of one inspection: which villages were drawn, numbered as in the printed list, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sampler.frame import Bools
from scenarios.figures.fonts import DOTS_PER_INCH, Page, font_for, tall
from scenarios.figures.village_layouts import (
    CLEAR_SIZE,
    COUNT,
    DIGIT,
    MARGIN,
    NUMBER,
    POINT,
    SILL,
    WIDTH,
    Floats,
    Layout,
    Mark,
    chart_layout,
    make_marks,
    map_layout,
)
from scenarios.figures.village_page import DOTS, HALO, INK, SOFT, Look, lay_foot, lay_head, lay_villages

LAND = "#efefeb"

# Size, fill and edge of a mark tell apart what circle and triangle do not, so that grey print tells it too.
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
    bottom = lay_foot(page, words["note"], layout.inches_a_km)
    _draw(page, layout, np.array([MARGIN, bottom]), remote)
    lay_head(page, bottom + layout.height, words, _legend(remote, marks))
    return page.figure


def _draw(page: Page, layout: Layout, corner: Floats, remote: Bools) -> None:
    """Draw the villages of a layout, and mark the drawn ones."""
    lay_villages(page, layout, corner, remote, LAND)
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
    return {"marker": DOTS[remote]["marker"], "markersize": CLEAR_SIZE[remote], **fill}


def _write(page: Page, middle: Floats, digits: str, size: float, **look: Any) -> None:
    page.put(middle[0], middle[1] + tall([digits], size) / 2, [digits], size, INK, ha="center", zorder=6, **look)


def _legend(remote: Bools, marks: Sequence[Mark]) -> dict[str, list[Look]]:
    """Return samples of what is on the page, by the key of their words."""
    kinds = [kind for kind in (False, True) if (remote == kind).any()]
    samples = {("remote" if kind else "ordinary"): [DOTS[kind]] for kind in kinds}
    if marks:
        samples["drawn"] = [_look(kind, _CLEAR) for kind in kinds]
    if any(mark.found for mark in marks):
        samples["drawn_with_finding"] = [_look(kind, _FOUND) for kind in kinds]
    return samples
