"""Where the villages of a county stand on a page that draws them itself: numbers instead of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from sampler.frame import Ints
from scenarios.figures.fonts import DOTS_PER_INCH, Page, font_for
from scenarios.figures.village_layouts import INNER, TEXT, Floats, chart_layout, map_layout

UNITS = 144  # a unit of the page is half a point of type, so that whole numbers are exact enough

_LINE = 1.42  # as `fonts.tall`
_FIRST_BASE = 1.07  # of a line's size below its top: the middle of the line, and a third of a letter


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """A county without its inspection, in units of the page from the upper left corner.

    Parameters
    ----------
    width, height : int
        Of the whole.
    villages : ndarray of int64, shape (V, 2)
        Where each village stands.
    names : tuple of (lines, x, y, "middle" or "start")
        Of the townships, with the base line of the first line.
    lands : tuple of ndarray of int64, each of shape (n, 2)
        The outline around the villages of each township; none without coordinates.
    rules : tuple of int
        Heights of the lines between the rows of townships; none with coordinates.
    """

    width: int
    height: int
    villages: Ints
    names: tuple[tuple[tuple[str, ...], int, int, str], ...]
    lands: tuple[Ints, ...]
    rules: tuple[int, ...]


NAME_SIZE = round(TEXT * 2)
NAME_LINE = round(TEXT * 2 * _LINE)


def ground(townships: Sequence[str], location_km: Floats | None) -> Ground:
    """Lay a county out: on a map where there are coordinates, else in rows by township.

    Parameters
    ----------
    townships : sequence of str, length V
        Township of each village.
    location_km : ndarray of float64, shape (V, 2), or None
        East and north of any origin.

    Examples
    --------
    >>> county = ground(["East", "East", "West"], np.array([[0.0, 0.0], [4.0, 3.0], [2.0, 0.0]]))
    >>> bool(county.villages[0, 1] == county.villages[2, 1] > county.villages[1, 1]), len(county.lands)
    (True, 2)
    >>> [name[0] for name in ground(["East", "East", "West"], None).names]
    [('East',), ('West',)]
    """
    page = Page(Figure(dpi=DOTS_PER_INCH), font_for("\n".join(townships)))
    if location_km is None:
        layout = chart_layout(page, townships, [])
    else:
        layout = map_layout(page, townships, [], np.asarray(location_km, dtype=np.float64))

    def units(inches: Floats) -> Ints:
        turned: Ints = np.round((inches * [1, -1] + [0, layout.height]) * UNITS).astype(np.int64)
        return turned

    names = []
    for lines, (x, top), alignment in layout.names:
        place = units(np.array([x, top]))
        base = int(place[1]) + round(_FIRST_BASE * NAME_SIZE)
        names.append((tuple(lines), int(place[0]), base, "middle" if alignment == "center" else "start"))
    return Ground(
        width=round(INNER * UNITS),
        height=round(layout.height * UNITS),
        villages=units(layout.dots),
        names=tuple(names),
        lands=tuple(units(land) for land in layout.lands),
        rules=tuple(round((layout.height - rule) * UNITS) for rule in layout.rules),
    )
