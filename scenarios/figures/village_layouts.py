"""Where the villages of a county stand in a picture: on a map, or in rows by township; numbers beside the drawn ones.

Lengths are in inches, but in points of type (1/72 inch) for marks and for whatever is seated among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, hypot, pi

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from sampler.frame import Bools, Ints
from scenarios.figures.board import Board, Box
from scenarios.figures.fonts import Page, tall

Floats = NDArray[np.float64]
Place = tuple[float, float]
Lines = Sequence[str]

POINT = 1 / 72
WIDTH, MARGIN = 16 / 2.54, 0.18
INNER = WIDTH - 2 * MARGIN
TEXT, NUMBER, COUNT = 8.5, 8.0, 7.5
DIGIT = 0.73  # the height of a digit, in its size

# A mark without a count, by remoteness; the room for an edge, beside a number, and under the count in a triangle.
CLEAR_SIZE = {False: 7.0, True: 8.2}
EDGE, BESIDE, SILL = 0.8, 0.8, 1.8

# The map: its least and greatest height, the rim around its villages and that of a township's land.
LOW, HIGH, RIM, LAND_RIM = 2.4, 5.3, 0.22, 0.11

# A number covers dots rather than leave its village, but not another drawn village; a name avoids dots, on one line
# or on narrower ones (costs as in `Board.seat`; lengths of a line).
_LEAVING, _DOT, _DOT_UNDER_NAME, _DRAWN = 150.0, 1.0, 3.0, 8.0
MAP_NAMES = (1.3, 0.95)

# The chart: its widest name, the room above and below a township; between marks, and a row without a drawn village.
CHART_NAME, PAD, APART, LOW_ROW = 1.4, 0.06, 3.0, 11.0


@dataclass(frozen=True)
class Mark:
    """A drawn village: its place in the frame and in the list, what was found, and sizes in points."""

    village: int
    number: int
    found: int
    remote: bool
    size: float
    number_width: float

    @property
    def half(self) -> float:
        """Half of the mark's height and width, its edge included."""
        return self.size / 2 + EDGE


@dataclass(frozen=True)
class Layout:
    """Where everything stands, in inches from the lower left corner."""

    height: float
    dots: Floats  # (V, 2), drawn villages too
    marks: Sequence[tuple[Mark, Place, Place]]  # each with its place and its number's
    names: Sequence[tuple[Lines, Place, str]]  # a township's name, the top of its lines and their alignment
    lands: Sequence[Floats] = ()  # outlines, (n, 2)
    rules: Sequence[float] = ()  # heights
    inches_a_km: float = 0.0  # 0 where a scale has no meaning


def make_marks(page: Page, remote: Bools, drawn: Sequence[int], found: Sequence[int]) -> list[Mark]:
    """Return the marks of the drawn villages, in the order of the list, each large enough for its count."""
    marks = []
    for number, (village, count) in enumerate(zip(drawn, found, strict=True), 1):
        triangle = bool(remote[village])
        wide, high = page.width([str(count)], COUNT) / POINT, DIGIT * COUNT
        # A triangle of side s is s - y wide at height y; the count keeps a point from its edges.
        around = wide + high + SILL + 2.1 if triangle else hypot(wide, high) + 3.0
        size = around if count else CLEAR_SIZE[triangle]
        marks.append(Mark(village, number, count, triangle, size, page.width([str(number)], NUMBER) / POINT))
    return marks


def map_layout(page: Page, townships: Sequence[str], marks: Sequence[Mark], km: Floats) -> Layout:
    """Lay the villages out by their coordinates (V, 2), on a sheet high enough for every label.

    Parameters
    ----------
    page : Page
        Measures the names.
    townships : sequence of str, length V
        Township of each village.
    marks : sequence of Mark
        The drawn villages; the first have the first choice of a place.
    km : ndarray of float64, shape (V, 2)
        East and north of any origin.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from scenarios.figures.fonts import font_for
    >>> page = Page(Figure(), font_for("A"))
    >>> layout = map_layout(page, ["A", "A"], [], np.array([[0.0, 0.0], [3.0, 4.0]]))
    >>> round(float(np.hypot(*np.diff(layout.dots, axis=0)[0])) / layout.inches_a_km, 9)
    5.0
    """
    names, home = _by_township(townships)
    # Labels seated one by one fill up to about two thirds of a sheet.
    needed = sum((2 * mark.half + mark.number_width) * (2 * mark.half + NUMBER) for mark in marks) * POINT**2
    needed += sum(page.width([name], TEXT) * tall([name], TEXT) for name in names)
    lowest = max(LOW, 1.5 * needed / INNER)
    while True:
        inches_a_km, dots, height = _fit(km, lowest)
        board = Board(INNER / POINT, height / POINT)
        placed = _seat_marks(board, marks, dots)
        named = _seat_names(page, board, names, home, dots) if placed is not None else None
        if placed is not None and named is not None:
            lands = [_land(dots[home == township]) for township in range(len(names))]
            return Layout(height, dots, placed, named, lands=lands, inches_a_km=inches_a_km)
        lowest = 1.3 * height


def chart_layout(page: Page, townships: Sequence[str], marks: Sequence[Mark]) -> Layout:
    """Lay the villages out in rows by township, in the order given; rows without a drawn village are low.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from scenarios.figures.fonts import font_for
    >>> page = Page(Figure(), font_for("AB"))
    >>> dots = chart_layout(page, ["A", "B", "A"], []).dots
    >>> bool(dots[0, 1] == dots[2, 1] > dots[1, 1]), bool(dots[0, 0] == dots[1, 0] < dots[2, 0])
    (True, True)
    """
    names, home = _by_township(townships)
    blocks = [page.lines(name, TEXT, CHART_NAME) for name in names]
    half = max((mark.half for mark in marks), default=0.0)
    column = max(page.width(lines, TEXT) for lines in blocks) + 0.2
    pitch = (max([2 * half, LOW_ROW, *(mark.number_width for mark in marks)]) + APART) * POINT
    a_row = max(floor((INNER - column) / pitch), 1)
    reached = np.zeros(len(home), dtype=bool)
    reached[[mark.village for mark in marks]] = True
    dots, tops, rules, y = np.empty((len(home), 2)), [], [], 0.0  # y falls; the height is known at the end
    for township, lines in enumerate(blocks):
        villages = np.flatnonzero(home == township)
        start = y = y - PAD
        for first in range(0, len(villages), a_row):
            row = villages[first : first + a_row]
            above, below = (half + 1 + NUMBER, half + 1) if reached[row].any() else (LOW_ROW / 2, LOW_ROW / 2)
            y -= above * POINT
            dots[row, 0], dots[row, 1] = column + (np.arange(len(row)) + 0.5) * pitch, y
            y -= below * POINT
        # The name's first line stands beside the first row.
        tops.append(min(float(dots[villages[0], 1]) + tall(lines[:1], TEXT) / 2, start))
        y = min(y, tops[-1] - tall(lines, TEXT)) - PAD
        rules.append(y)
    dots[:, 1] -= y
    lift = (half + 1 + NUMBER / 2) * POINT
    places = [(float(dots[mark.village, 0]), float(dots[mark.village, 1])) for mark in marks]
    return Layout(
        height=-y,
        dots=dots,
        marks=[(mark, place, (place[0], place[1] + lift)) for mark, place in zip(marks, places, strict=True)],
        names=[(lines, (0.0, top - y), "left") for lines, top in zip(blocks, tops, strict=True)],
        rules=[rule - y for rule in rules[:-1]],
    )


def _by_township(townships: Sequence[str]) -> tuple[list[str], Ints]:
    """Return the townships in the order given, and the rank of each village's, (V,)."""
    rank = {name: number for number, name in enumerate(dict.fromkeys(townships))}
    return list(rank), np.array([rank[name] for name in townships])


def _fit(km: Floats, lowest: float) -> tuple[float, Floats, float]:
    """Return the inches a km, the villages' places (V, 2) and the height; all at one place have no scale: 0."""
    span = np.ptp(km, axis=0)
    room = np.array([INNER, max(HIGH, lowest)]) - 2 * RIM
    scale = float(min(room[span > 0] / span[span > 0], default=0.0))
    height = max(lowest, scale * float(span[1]) + 2 * RIM)
    middle = (km.min(axis=0) + km.max(axis=0)) / 2
    return scale, (km - middle) * scale + np.array([INNER, height]) / 2, height


def _seat_marks(board: Board, marks: Sequence[Mark], dots: Floats) -> list[tuple[Mark, Place, Place]] | None:
    """Seat each mark with its number; None when there is no room."""
    villages = _keep_dots(board, dots, _DOT)
    for mark in marks:
        board.keep_in_view(villages[mark.village], _box((0.0, 0.0), mark.half, mark.half), _DRAWN)
    placed = []
    for mark in marks:
        x, y = villages[mark.village]
        own = _box((0.0, 0.0), mark.half, mark.half)
        board.keep_in_view((x, y), own, -_DRAWN)
        sides = _sides(mark)
        numbers = [_box(side, mark.number_width / 2, NUMBER / 2) for side in sides]
        seat = board.seat((x, y), [[own, number] for number in numbers], leaving=_LEAVING)
        if seat is None:
            return None
        x, y, (across, along) = x + seat[0], y + seat[1], sides[seat[2]]
        placed.append((mark, (x * POINT, y * POINT), ((x + across) * POINT, (y + along) * POINT)))
    return placed


def _keep_dots(board: Board, dots: Floats, weight: float) -> list[Place]:
    """Keep the dots in view as far as their weight goes, and return them in points."""
    villages = [(float(x), float(y)) for x, y in dots / POINT]
    for village in villages:
        board.keep_in_view(village, _box((0.0, 0.0), 2.0, 2.0), weight)
    return villages


def _sides(mark: Mark) -> list[Place]:
    """Return where a number can stand around its mark: at the sides, then the corners; a triangle has no lower ones."""
    across, along = BESIDE + mark.number_width / 2, NUMBER / 2
    side = (0.8 if mark.remote else 1.0) * mark.half + across  # a triangle is narrower higher up
    corner_x, corner_y = 0.6 * mark.half + across, 0.6 * mark.half + along
    corners = [(x, y) for y in (corner_y, -corner_y) for x in (corner_x, -corner_x) if y > 0 or not mark.remote]
    return [(side, 0.0), (-side, 0.0), (0.0, mark.half + along), (0.0, -mark.half - along), *corners]


def _seat_names(
    page: Page, board: Board, names: Sequence[str], home: Ints, dots: Floats
) -> list[tuple[Lines, Place, str]] | None:
    """Seat the townships' names amid their villages; None when there is no room."""
    _keep_dots(board, dots, _DOT_UNDER_NAME - _DOT)
    placed: list[tuple[Lines, Place, str]] = []
    for township, name in enumerate(names):
        x, y = (float(middle) for middle in np.median(dots[home == township], axis=0) / POINT)
        ways = [page.lines(name, TEXT, room) for room in MAP_NAMES]
        sizes = [(page.width(lines, TEXT) / POINT, tall(lines, TEXT) / POINT) for lines in ways]
        seat = board.seat((x, y), [[_box((0.0, 0.0), wide / 2, high / 2)] for wide, high in sizes])
        if seat is None:
            return None
        top = y + seat[1] + sizes[seat[2]][1] / 2
        placed.append((ways[seat[2]], ((x + seat[0]) * POINT, top * POINT), "center"))
    return placed


def _box(middle: Place, across: float, along: float) -> Box:
    return middle[0] - across, middle[1] - along, middle[0] + across, middle[1] + along


def _land(places: Floats) -> Floats:
    """Return the outline (n, 2) of a township: the convex hull of a circle around each of its villages."""
    angles = np.arange(24) * pi / 12
    circle = LAND_RIM * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    points = (places[:, None, :] + circle).reshape(-1, 2)
    return np.asarray(points[ConvexHull(points).vertices])
