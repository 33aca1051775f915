"""The picture of one inspection: every drawn village once and legibly, every mark and the scale true to its place."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from scenarios import load
from scenarios.figures.board import Board, Box
from scenarios.figures.fonts import FONT_VARIABLE
from scenarios.figures.inspection_map import inspection_map
from scenarios.figures.save import save_figure
from scenarios.figures.village_layouts import COUNT, NUMBER, TEXT

CHINESE = {
    "title": "云台县抽查村分布",
    "subtitle": "第1份模拟名单 · 抽29个村 · 错退、漏评合计",
    "note": "示例县为虚构数据。底色仅示同一乡镇的村，不是行政界线。",
    "ordinary": "普通村",
    "remote": "偏远村",
    "drawn": "抽中村（旁为名单序号）",
    "drawn_with_finding": "查出有错（内为人数）",
}
ENGLISH = {
    "title": "Villages drawn in Yuntai County",
    "subtitle": "Simulated list no. 1, 29 villages, wrongly exited and missed persons",
    "note": "Invented data. Shading groups the villages of a township; it is not a boundary.",
    "ordinary": "Ordinary village",
    "remote": "Remote village",
    "drawn": "Drawn (beside it: number in the list)",
    "drawn_with_finding": "With wrong persons (inside: how many)",
}
LEGEND = ("ordinary", "remote", "drawn", "drawn_with_finding")


@dataclass(frozen=True)
class County:
    townships: Sequence[str]
    remote: NDArray[np.bool_]
    drawn: Sequence[int]
    found: Sequence[int]
    km: NDArray[np.float64]
    words: dict[str, str]


def county(
    villages: int = 60,
    townships: int = 6,
    drawn: int = 20,
    *,
    km: Callable[[np.random.Generator, int], NDArray[np.float64]] = lambda rng, n: rng.uniform(-30, 30, (n, 2)),
    name: str = "乡镇{}",
    remote: float = 0.3,
    most: int = 3,
    words: dict[str, str] = CHINESE,
) -> County:
    rng = np.random.default_rng(5)
    places = km(rng, villages)
    return County(
        [name.format(number) for number in np.sort(rng.integers(0, townships, villages))],
        rng.random(villages) < remote,
        rng.permutation(villages)[:drawn].tolist(),
        rng.integers(0, most, drawn).tolist(),
        places[np.lexsort((places[:, 1], places[:, 0].round(-1)))],  # townships lie together
        words,
    )


def example(words: dict[str, str] = CHINESE) -> County:
    frame = load("example").frame
    assert frame.location_km is not None
    rng = np.random.default_rng(3)
    drawn = [
        *rng.choice(np.flatnonzero(~frame.remote), 17, replace=False),
        *rng.choice(np.flatnonzero(frame.remote), 12, replace=False),
    ]
    found = rng.choice([0, 0, 0, 1, 2, 13], 29).tolist()
    names = frame.townships if words is CHINESE else [f"{name} Township"[1:] for name in frame.townships]
    return County(names, frame.remote, [int(village) for village in drawn], found, frame.location_km, words)


def one_place(_: object, villages: int) -> NDArray[np.float64]:
    return np.full((villages, 2), [104.5, 27.25])


COUNTIES = {
    "the example": example,
    "the example in English": lambda: example(ENGLISH),
    "one village": lambda: county(1, 1, 1, most=9),
    "one village, not drawn": lambda: county(1, 1, 0, words=ENGLISH),
    "none drawn": lambda: county(drawn=0),
    "all drawn": lambda: county(120, drawn=120),
    "all at one place": lambda: county(64, 30, 60, km=one_place, name="某某土家族苗族自治乡{}"),
    "shared places": lambda: county(km=lambda rng, n: rng.integers(0, 4, (n, 2)).astype(float), drawn=40),
    "along a road": lambda: county(km=lambda rng, n: rng.uniform(0, 90, (n, 1)) * [[1.0, 0.0]], most=150),
    "up a valley": lambda: county(km=lambda rng, n: rng.uniform(0, 0.4, (n, 1)) * [[0.0, 1.0]], words=ENGLISH),
    "none remote, nothing found": lambda: county(remote=0.0, most=1),
    "all remote": lambda: county(remote=1.0),
    "many": lambda: county(1000, 60, 100, words=ENGLISH, name="Township {} on the Upper River"),
    "long words": lambda: county(10, 3, 4, name="长名" * 30, words={key: text * 9 for key, text in CHINESE.items()}),
}
FORMS = ("map", "chart")


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FONT_VARIABLE, raising=False)
    monkeypatch.setattr(fontManager, "ttflist", [])


def draw(of: County, form: str = "map") -> Figure:
    return inspection_map(
        townships=of.townships,
        remote=of.remote,
        drawn=of.drawn,
        found=of.found,
        location_km=of.km if form == "map" else None,
        words=of.words,
    )


@pytest.fixture(params=[(name, form) for name in COUNTIES for form in FORMS], ids=", ".join, scope="module")
def drawn(request: pytest.FixtureRequest) -> tuple[County, Figure, str]:
    name, form = request.param
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv(FONT_VARIABLE, raising=False)
        monkeypatch.setattr(fontManager, "ttflist", [])
        of = COUNTIES[name]()
        return of, draw(of, form), form


def of_size(figure: Figure, size: float) -> list[Text]:
    return [text for text in figure.texts if text.get_fontsize() == size]


def numbers(figure: Figure) -> list[Text]:
    return of_size(figure, NUMBER)


def names(figure: Figure) -> list[Text]:
    """The townships' names; the legend's words, of the same size, lie as deep as all other words."""
    return [text for text in of_size(figure, TEXT) if text.get_zorder() == 4]


def counts(figure: Figure) -> list[Text]:
    return [text for text in of_size(figure, COUNT) if text.get_text().isdecimal()]


def marks(figure: Figure) -> list[Line2D]:
    """The marks of the drawn villages, as their numbers are."""
    return [line for line in figure.findobj(Line2D) if line.get_zorder() == 5]


def points(line: Line2D) -> NDArray[np.float64]:
    return np.asarray(line.get_xydata(), dtype=float)


def inches(text: Text) -> Box:
    figure = text.get_figure(root=True)
    assert figure is not None
    left, bottom, right, top = (float(side) / figure.dpi for side in text.get_window_extent().extents)
    return left, bottom, right, top


def mark_box(mark: Line2D) -> Box:
    (x, y), half = points(mark)[0].tolist(), (mark.get_markersize() + mark.get_markeredgewidth()) / 2 / 72
    return x - half, y - half, x + half, y + half


def overlap(one: Box, other: Box) -> bool:
    shared = (min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1]))
    return min(shared) > 1e-6


def touching(boxes: Sequence[Box]) -> list[tuple[Box, Box]]:
    return [pair for pair in combinations(boxes, 2) if overlap(*pair)]


def dots(figure: Figure, marker: str) -> NDArray[np.float64]:
    """The undrawn villages of a kind, (n, 2)."""
    (line,) = (line for line in figure.findobj(Line2D) if line.get_marker() == marker and line.get_zorder() == 1)
    return points(line)


# ---- what is drawn, in every county and both forms


def test_every_drawn_village_is_numbered_once(drawn: tuple[County, Figure, str]) -> None:
    of, figure, _ = drawn
    assert [text.get_text() for text in numbers(figure)] == [str(n + 1) for n in range(len(of.drawn))]
    assert [text.get_text() for text in counts(figure)] == [str(count) for count in of.found if count]
    assert len(marks(figure)) == len(of.drawn)
    assert len(dots(figure, "o")) + len(dots(figure, "^")) + len(of.drawn) == len(of.remote)


def test_no_number_stands_on_another_nor_on_a_name_or_mark(drawn: tuple[County, Figure, str]) -> None:
    _, figure, _ = drawn
    number_boxes, mark_boxes = [inches(text) for text in numbers(figure)], [mark_box(mark) for mark in marks(figure)]
    assert touching(number_boxes) == []
    assert touching(mark_boxes) == []
    words = [inches(text) for text in of_size(figure, TEXT)]
    for at, number in enumerate(number_boxes):
        assert not any(overlap(number, word) for word in words)
        others = mark_boxes[:at] + mark_boxes[at + 1 :]
        # The box of a line reaches below its digits by what a "p" would need.
        digits = (number[0], number[1] + 0.2 * NUMBER / 72, number[2], number[3])
        assert not any(overlap(digits, mark) for mark in others)
    assert not any(overlap(word, mark) for word in words for mark in mark_boxes)


def test_every_township_is_named_and_no_name_touches_another(drawn: tuple[County, Figure, str]) -> None:
    of, figure, _ = drawn
    lines = names(figure)
    assert touching([inches(text) for text in lines]) == []
    written = "".join(text.get_text() for text in lines).replace(" ", "")
    assert written == "".join(dict.fromkeys(of.townships)).replace(" ", "")


def test_all_words_are_on_the_page_and_none_is_small(drawn: tuple[County, Figure, str]) -> None:
    of, figure, _ = drawn
    wide, high = figure.get_size_inches()
    assert wide == 16 / 2.54
    for text in figure.texts:
        left, bottom, right, top = inches(text)
        assert 0 <= left < right <= wide, text.get_text()
        assert 0 <= bottom < top <= high, text.get_text()
        assert text.get_fontsize() >= 7
    villages = [(x, y, x, y) for x, y in [*dots(figure, "o"), *dots(figure, "^")]]
    for left, bottom, right, top in [*map(mark_box, marks(figure)), *villages]:
        assert 0.18 <= left <= right <= wide - 0.18
        assert 0.18 <= bottom <= top <= high
    written = "".join(text.get_text() for text in figure.texts).replace(" ", "")
    for key in ("title", "subtitle", "note"):
        assert of.words[key].replace(" ", "") in written


def test_a_number_stands_beside_its_mark(drawn: tuple[County, Figure, str]) -> None:
    _, figure, _ = drawn
    for text, mark in zip(numbers(figure), marks(figure), strict=True):
        across, along = (np.array(text.get_position()) - points(mark)[0]) * 72
        half = mark.get_markersize() / 2
        box = inches(text)
        assert abs(across) <= half + (box[2] - box[0]) * 36 + 3
        assert abs(along) <= 30
        assert max(abs(across), abs(along)) >= half


def test_the_kind_and_the_finding_of_each_drawn_village_show(drawn: tuple[County, Figure, str]) -> None:
    of, figure, _ = drawn
    for mark, village, found in zip(marks(figure), of.drawn, of.found, strict=True):
        assert mark.get_marker() == ("^" if of.remote[village] else "o")
        assert (to_rgb(mark.get_markerfacecolor()) != (1, 1, 1)) == (found > 0)
    with_findings = [mark for mark, found in zip(marks(figure), of.found, strict=True) if found]
    for mark, text in zip(with_findings, counts(figure), strict=True):
        (x, y), size = points(mark)[0] * 72, mark.get_markersize()
        left, bottom, right, _ = (72 * side for side in inches(text))
        floor = bottom + 0.2 * COUNT  # the box of a line reaches below its digits by what a "p" would need
        ceiling = floor + 0.7 * COUNT
        if mark.get_marker() == "^":
            assert y - size / 2 + 0.5 < floor
            assert right - left + 1 < y + size / 2 - ceiling  # what is left of the triangle's width up there
        else:
            assert np.hypot((right - left) / 2, max(ceiling - y, y - floor)) + 0.5 < size / 2
        assert abs((left + right) / 2 - x) < 0.5


def test_the_legend_has_what_is_on_the_page(drawn: tuple[County, Figure, str]) -> None:
    of, figure, _ = drawn
    there = (not of.remote.all(), of.remote.any(), len(of.drawn) > 0, any(of.found))
    written = "".join(text.get_text() for text in figure.texts).replace(" ", "")
    shown = tuple(of.words[key].replace(" ", "") in written for key in LEGEND)
    assert shown == there


# ---- the map


def scale_of(figure: Figure) -> tuple[float, float]:
    """Length of the scale's bar in inches, and what its label says, in km."""
    (bar,) = (line for line in figure.findobj(Line2D) if len(points(line)) == 4)
    (label,) = (text.get_text() for text in figure.texts if text.get_text().endswith(" km"))
    return float(np.ptp(points(bar)[:, 0])), float(label.removesuffix(" km"))


def undrawn_km(of: County) -> NDArray[np.float64]:
    """Coordinates of the undrawn villages, as ``dots`` has them: the ordinary ones, then the remote ones."""
    undrawn = np.setdiff1d(np.arange(len(of.remote)), of.drawn)
    return np.concatenate([of.km[undrawn[~of.remote[undrawn]]], of.km[undrawn[of.remote[undrawn]]]])


@pytest.mark.parametrize("name", ["the example", "up a valley", "along a road", "many"])
def test_distances_are_true_in_both_directions_and_the_scale_says_so(name: str) -> None:
    of = COUNTIES[name]()
    figure = draw(of)
    page, km = np.concatenate([dots(figure, "o"), dots(figure, "^")]), undrawn_km(of)
    bar, length = scale_of(figure)
    np.testing.assert_allclose(page - page[0], (km - km[0]) * bar / length, atol=1e-9)
    assert 0.4 < bar <= 1.2 + 1e-9


def test_without_distances_there_is_no_scale() -> None:
    for name, form in (("all at one place", "map"), ("the example", "chart")):
        assert not any(text.get_text().endswith(" km") for text in draw(COUNTIES[name](), form).texts)


@pytest.mark.parametrize("name", ["the example", "shared places", "all at one place", "many"])
def test_a_mark_covers_its_village_or_a_line_leads_to_it(name: str) -> None:
    of = COUNTIES[name]()
    figure = draw(of)
    bar, length = (0.0, 1.0) if name == "all at one place" else scale_of(figure)
    first = np.concatenate([dots(figure, "o"), dots(figure, "^")])[0]
    villages = first + (of.km - undrawn_km(of)[0]) * bar / length
    leaders = [points(line) for line in figure.findobj(Line2D) if line.get_zorder() == 3]
    led = []
    for mark, village in zip(marks(figure), villages[of.drawn], strict=True):
        at = points(mark)[0]
        if np.hypot(*(at - village)) > mark.get_markersize() / 2 / 72 + 1e-9:
            led += [np.array([village, at]), village[None]]  # the line, and a dot at its end
    assert len(led) == len(leaders)
    for wanted, line in zip(led, leaders, strict=True):
        np.testing.assert_allclose(line, wanted, atol=1e-9)
    if name == "the example":
        assert len(led) <= 2 * 5


def test_names_leave_the_villages_in_view_where_there_is_room() -> None:
    figure = draw(example())
    for left, bottom, right, top in map(inches, names(figure)):
        for x, y in [*dots(figure, "o"), *dots(figure, "^")]:
            assert not (left < x < right and bottom < y < top)


def test_a_village_with_room_keeps_its_place() -> None:
    of = county(9, 3, 9, km=lambda _, n: np.stack([np.arange(n) % 3, np.arange(n) // 3], axis=1) * 10.0)
    figure = draw(of)
    at = np.array([points(mark)[0] for mark in marks(figure)])
    scale = np.ptp(at[:, 0]) / 20
    np.testing.assert_allclose(at - at[0], (of.km[of.drawn] - of.km[of.drawn[0]]) * scale, atol=1e-9)


# ---- the chart


def test_the_chart_has_the_villages_in_order() -> None:
    of = county(200, 5, 25)
    of = replace(of, townships=of.townships[::-1])
    figure = draw(of, "chart")
    undrawn = np.ones(200, dtype=bool)
    undrawn[of.drawn] = False
    at = np.empty((200, 2))
    at[undrawn & ~of.remote], at[undrawn & of.remote] = dots(figure, "o"), dots(figure, "^")
    at[of.drawn] = [points(mark)[0] for mark in marks(figure)]
    reading = np.lexsort((at[:, 0], -at[:, 1].round(6)))
    np.testing.assert_array_equal(reading, np.arange(200))
    starts = [text.get_position()[1] for text in names(figure)]
    first = [at[of.townships.index(name), 1] for name in dict.fromkeys(of.townships)]
    np.testing.assert_allclose(starts, np.array(first) - 0.36 * TEXT / 72, atol=1e-9)


def test_villages_of_a_township_need_not_follow_one_another() -> None:
    of = replace(county(4, 1, 0, remote=0.0), townships=["A", "B", "A", "B"])
    rows = dots(draw(of, "chart"), "o")[:, 1]
    assert rows[0] == rows[2] > rows[1] == rows[3]


# ---- colours, words, files


def luminance(colour: object) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: object, other: object) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_grey_print_tells_all_apart() -> None:
    of = example()
    figure = draw(of)
    with_finding, clear = (
        [mark for mark, n in zip(marks(figure), of.found, strict=True) if (n > 0) is k] for k in (True, False)
    )
    assert min(mark.get_markersize() for mark in with_finding) > max(mark.get_markersize() for mark in clear)
    for text, mark in zip(counts(figure), with_finding, strict=True):
        assert contrast(text.get_color(), mark.get_markerfacecolor()) >= 7
        assert contrast(mark.get_markeredgecolor(), "white") >= 7
    for mark in clear:
        assert contrast(mark.get_markeredgecolor(), "white") >= 4.5
    assert min(mark.get_markersize() for mark in clear) > 1.5 * 4.4
    assert all(contrast(text.get_color(), "white") >= 4.5 for text in figure.texts)


def test_a_hostile_name_is_drawn_to_the_letter(tmp_path: Path) -> None:
    of = replace(county(3, 1, 2), townships=["$x^2$ <b>&"] * 3, words={**CHINESE, "title": "$\\frac$ \U0001f600"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for form in FORMS:
            figure = draw(of, form)
            save_figure(figure, tmp_path / "map.svg", alternative_text="")
            assert {"$x^2$ <b>&", "$\\frac$ 〓"} <= {text.get_text() for text in figure.texts}


def test_a_latin_font_of_the_users_does_not_garble_a_chinese_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FONT_VARIABLE, str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")))
    of = replace(county(3, 1, 1, words=ENGLISH), townships=["云岫镇"] * 3)
    assert [text.get_text() for text in names(draw(of))] == ["云岫镇"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_same_inspection_is_the_same_file(form: str, suffix: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for file in files:
        save_figure(draw(example(), form), file, alternative_text="地图")
    assert files[0].read_bytes() == files[1].read_bytes()


def test_pyplot_is_never_loaded(tmp_path: Path) -> None:
    program = """if True:
        import sys
        import numpy as np
        from pathlib import Path
        from scenarios.figures.inspection_map import inspection_map
        from scenarios.figures.save import save_figure
        words = dict.fromkeys(("title", "subtitle", "note", "ordinary", "remote", "drawn", "drawn_with_finding"), "村")
        county = {"townships": ["乡"], "remote": np.array([True]), "drawn": [0], "found": [1], "words": words}
        for km in (None, np.zeros((1, 2))):
            save_figure(inspection_map(**county, location_km=km), Path(sys.argv[1]), alternative_text="")
        sys.exit("matplotlib.pyplot" in sys.modules)
    """
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "map.png")], check=True, cwd=root)


# ---- the board

LABELS = st.lists(
    st.tuples(st.floats(0, 90), st.floats(0, 70), st.floats(0.5, 9), st.floats(0.5, 9)), min_size=1, max_size=12
)


@settings(max_examples=60)
@given(LABELS)
def test_labels_on_a_board_never_overlap(labels: list[tuple[float, float, float, float]]) -> None:
    board = Board(90, 70)
    seated: list[Box] = []
    for x, y, across, along in labels:
        ways = [[(-across, -along, across, along)], [(across, 0.0, 2 * across, along)]]
        seat = board.seat((x, y), ways)
        if seat is None:
            continue
        right, up, way = seat
        box = ways[way][0]
        moved = (x + right + box[0], y + up + box[1], x + right + box[2], y + up + box[3])
        assert not any(overlap(moved, other) for other in seated)
        assert min(moved) >= -1e-9
        assert moved[2] <= 90 + 1e-9
        assert moved[3] <= 70 + 1e-9
        seated.append(moved)
    assert seated


def test_a_label_covers_what_costs_least() -> None:
    here, beside = [(-3.0, -3.0, 3.0, 3.0)], [(3.0, -3.0, 9.0, 3.0)]

    def seat(weight: float, *, leaving: float = 0.0, back: float = 0.0) -> tuple[int, int, int] | None:
        board = Board(60, 60)
        for each in (weight, -back):
            board.keep_in_view((30.0, 30.0), (-1.0, -1.0, 1.0, 1.0), each)
        return board.seat((30.0, 30.0), [here, beside] if not leaving else [here], leaving=leaving)

    assert seat(0.0) == (0, 0, 0)
    assert seat(5.0) == (0, 0, 1)
    assert seat(5.0, back=5.0) == (0, 0, 0)
    assert seat(50.0, leaving=1000.0) == (0, 0, 0)
    assert seat(50.0, leaving=1.0) == (0, -4, 0)


def test_a_full_board_says_so() -> None:
    board = Board(20, 10)
    label = [(0.0, 0.0, 10.0, 10.0)]
    assert [board.seat((0.0, 0.0), [label]) for _ in range(3)] == [(0, 0, 0), (10, 0, 0), None]
    assert board.seat((0.0, 0.0), [[(0.0, 0.0, 21.0, 1.0)]]) is None
