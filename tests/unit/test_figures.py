"""Figures: every character is drawn, nothing is read into a user's words, and a file is whole or absent."""

from __future__ import annotations

import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.text import Text
from PIL import Image

from sampler.errors import InputError
from scenarios.figures.curve import _apart, oc_curve
from scenarios.figures.fonts import FONT_VARIABLE, break_lines, cjk_font, covers, font_for, legible
from scenarios.figures.save import save_figure
from scenarios.figures.surface import SHARES, risk_surface

LEVELS = [step * 0.002 for step in range(21)]
QUESTIONS = {
    "any": "任一项",
    "wrong_exit": "错退率",
    "missed": "漏评率",
    "incidence": "综合贫困发生率",
    "approval": "群众认可度",
}
WORDS = {
    "title": "不合格概率随错误水平的变化",
    "subtitle": "云台县（虚构数据）· 抽29个村 · 约1100户",
    "x": "假定的真实错误率（错退率＝漏评率）",
    "y": "一次检查不合格的概率",
    "note": "示例县为虚构数据。限值、样本量之外的参数为假定。",
    "limit": "限值 2%",
    **QUESTIONS,
}
HOSTILE = "$x^2$ <script> & \u0007 -->"
SVG = "{http://www.w3.org/2000/svg}"
DEJAVU = FontProperties(fname=Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"))
DESCRIPTION = "不合格概率 <2%> & “更高”\n第二行"


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FONT_VARIABLE, raising=False)
    monkeypatch.setattr(fontManager, "ttflist", [])


def rising(middle: float) -> list[float | None]:
    return [1 / (1 + float(np.exp(-(level - middle) / 0.003))) for level in LEVELS]


def figure(**changes: Any) -> Figure:
    chances = {question: rising(0.01 + 0.003 * rank) for rank, question in enumerate(QUESTIONS)}
    asked = {"levels": LEVELS, "chances": chances, "words": WORDS, "limit": 0.02, **changes}
    return oc_curve(asked.pop("levels"), asked.pop("chances"), **asked)


def drawn_texts(drawn: Figure) -> list[Text]:
    return [text for text in drawn.findobj(Text) if text.get_text()]


def texts(drawn: Figure) -> list[str]:
    return [text.get_text() for text in drawn_texts(drawn)]


def description(png: Path) -> str:
    with Image.open(png) as image:
        return str(image.text["Description"])  # type: ignore[attr-defined]


def test_chinese_needs_only_the_packaged_font(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(figure(marks=[(0.01, 0.5, "一半：1%")]), tmp_path / "curve.png", alternative_text="")
    assert "NotoSansSC" in str(font_for("率").get_file())
    with Image.open(tmp_path / "curve.png") as image:
        wide, high = image.size
    assert wide == int(16 / 2.54 * 200)
    assert 9.0 < high / 200 * 2.54 < 12.5


def test_the_font_is_the_users_then_the_packaged_then_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = cjk_font()
    assert packaged is not None
    file = str(packaged.get_file())
    monkeypatch.setenv(FONT_VARIABLE, file.replace("Sans", "Serif"))
    user = cjk_font()
    assert user is not None
    assert "NotoSerifSC" in str(user.get_file())
    monkeypatch.setenv(FONT_VARIABLE, str(DEJAVU.get_file()))  # writes no Chinese: passed over for Chinese only
    assert cjk_font() == packaged
    assert font_for("Limit") == DEJAVU
    monkeypatch.delenv(FONT_VARIABLE)

    monkeypatch.setitem(sys.modules, "pylopdf_fonts_zh_cn", None)
    assert cjk_font() is None
    assert font_for("Chance of failing") == DEJAVU
    fontManager.addfont(file)  # the list is this test's own
    system = cjk_font()
    assert system is not None
    assert str(system.get_file()) == file


@pytest.mark.parametrize("content", [None, b"not a font"])
def test_a_user_font_that_is_none_is_refused(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my.ttf"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(FONT_VARIABLE, str(path))
    with pytest.raises(InputError) as caught:
        cjk_font()
    assert caught.value.mistakes[0].code == "font_unreadable"
    assert caught.value.mistakes[0].fields["file"] == str(path)


def test_covers_knows_what_a_font_lacks() -> None:
    packaged = cjk_font()
    assert packaged is not None
    assert covers(packaged, "错退率 2%\n漏评率")
    assert not covers(packaged, "错退率\U0001f600")
    assert not covers(packaged, "a\u0007")
    assert not covers(DEJAVU, "率")
    assert covers(DEJAVU, "rate")


def test_a_character_that_no_font_has_is_neither_a_box_nor_a_warning() -> None:
    drawn = figure(words={**WORDS, "title": "\U0001f600村\u202e"})
    assert "〓村" in texts(drawn)
    drawn.canvas.draw()
    assert legible(DEJAVU, "率 a") == "? a"


def test_a_hostile_title_is_drawn_to_the_letter(tmp_path: Path) -> None:
    words = dict.fromkeys(WORDS, HOSTILE)
    drawn = figure(words=words, marks=[(0.01, 0.5, HOSTILE)])
    assert texts(drawn).count("$x^2$ <script> &  -->") >= 4  # the bell has no shape and is left out
    assert not any(text.get_parse_math() or text.get_usetex() for text in drawn_texts(drawn))
    save_figure(drawn, tmp_path / "curve.png", alternative_text=HOSTILE)
    assert description(tmp_path / "curve.png") == HOSTILE.replace("\u0007", "")
    save_figure(drawn, tmp_path / "curve.svg", alternative_text=HOSTILE)
    content = (tmp_path / "curve.svg").read_text(encoding="utf-8")
    assert "<script" not in content
    assert ElementTree.fromstring(content).findtext(f"{SVG}desc") == HOSTILE.replace("\u0007", "")  # noqa: S314


def test_questions_without_an_answer_are_left_out() -> None:
    chances = {"any": [None] * 21, "missed": [None, *rising(0.02)[1:]], "approval": [0.0] * 21}
    shown = texts(figure(chances=chances))
    assert "任一项" not in shown
    assert "错退率" not in shown
    assert {"漏评率", "群众认可度", "限值 2%"} <= set(shown)
    assert len(figure(chances=chances).axes[0].lines) == 2
    figure(chances={"any": [None] * 21}).canvas.draw()


def test_curves_are_told_apart_without_colour() -> None:
    lines = figure().axes[0].lines
    assert len({line.get_color() for line in lines}) == 5
    # `any` is the boldest; its whole line and filled marker differ from all others.
    assert len({(line.get_marker(), line.get_markerfacecolor()) for line in lines}) == 5
    assert max(lines, key=lambda line: line.get_linewidth()) is lines[0]


def test_a_band_follows_the_chance_of_any_and_stays_a_chance() -> None:
    drawn = oc_curve([0.02, 0.0, 0.01], {"any": [0.95, 0.0, 0.5]}, words=WORDS, spread=[0.1, 0.0, 0.2])
    (band,) = drawn.axes[0].collections[1:]  # the first are the quarter lines
    outline = {tuple(np.round(point, 9)) for point in band.get_paths()[0].vertices}
    assert {(0.0, 0.0), (0.01, 0.3), (0.01, 0.7), (0.02, 0.85), (0.02, 1.0)} <= outline
    plain = oc_curve([0.0, 0.01], {"any": [0.0, 0.5]}, words=WORDS)
    assert len(plain.axes[0].collections) == 1
    alone = oc_curve([0.0, 0.01], {"missed": [0.0, 0.5]}, words=WORDS, spread=[0.1, 0.1])
    assert len(alone.axes[0].collections) == 1


def test_levels_need_not_be_many_or_in_order() -> None:
    figure(levels=[0.02], chances={"any": [0.5]}).canvas.draw()
    line = figure(levels=[0.02, 0.0], chances={"any": [0.5, 0.1]}).axes[0].lines[0]
    np.testing.assert_array_equal(line.get_xydata(), [[0.0, 0.1], [0.02, 0.5]])
    with pytest.raises(ValueError, match="reshape"):
        figure(chances={"any": [0.1]})
    with pytest.raises(ValueError, match="typo"):
        figure(chances={"typo": [0.1] * 21})


@pytest.mark.parametrize("lengthen", [1, 6])
def test_no_word_is_cut(lengthen: int) -> None:
    words = {name: word * lengthen for name, word in WORDS.items()}
    drawn = figure(words=words, marks=[(0.0, 0.0, "起点" * lengthen), (0.04, 1.0, "终点" * lengthen)])
    drawn.canvas.draw()
    page = drawn.bbox
    for text in drawn_texts(drawn):
        box = text.get_window_extent()
        assert page.x0 <= box.x0 < box.x1 <= page.x1, text.get_text()
        assert page.y0 <= box.y0 < box.y1 <= page.y1, text.get_text()
    assert "".join(texts(drawn)).count("抽29个村") >= lengthen - 1


@given(st.text(alphabet="限值（2%）。，“” ab\n", max_size=60), st.integers(1, 12))
def test_lines_keep_every_character_and_their_width(text: str, room: int) -> None:
    lines = break_lines(text, room, len)
    assert all(len(line) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_punctuation_stays_with_its_word() -> None:
    assert break_lines("示例县为虚构数据。限值", 8, len) == ["示例县为虚构数", "据。限值"]
    assert break_lines("the limit is 2%", 9, len) == ["the limit", "is 2%"]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 0.1)), min_size=1, max_size=5))
def test_names_do_not_touch(names: list[tuple[float, float]]) -> None:
    wanted = sorted((place for place, _ in names), reverse=True)
    room = [high for _, high in names]
    places = _apart(wanted, room, 0.0, 1.0)
    tops, bottoms = places + np.array(room) / 2, places - np.array(room) / 2
    assert tops[0] <= 1 + 1e-9
    assert bottoms[-1] >= -1e-9
    assert (bottoms[:-1] >= tops[1:] - 1e-9).all()


@pytest.mark.parametrize("suffix", [".png", ".svg", ".SVG"])
def test_the_same_figure_is_the_same_file(suffix: str, tmp_path: Path) -> None:
    drawn = figure()
    files = [tmp_path / "new" / folder / f"curve{suffix}" for folder in "abc"]
    for each, file in zip((drawn, drawn, figure()), files, strict=True):
        save_figure(each, file, alternative_text=DESCRIPTION)
    assert len({file.read_bytes() for file in files}) == 1
    assert [file.name for file in files[0].parent.iterdir()] == [files[0].name]  # no temporary file is left


def test_the_description_is_inside(tmp_path: Path) -> None:
    for suffix in (".png", ".svg"):
        save_figure(figure(), tmp_path / f"curve{suffix}", alternative_text=DESCRIPTION)
    assert description(tmp_path / "curve.png") == DESCRIPTION
    content = (tmp_path / "curve.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(content)  # noqa: S314 - our own file
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root.findtext(f"{SVG}title") == DESCRIPTION.splitlines()[0]
    assert root.findtext(f"{SVG}desc") == DESCRIPTION
    assert root.find(f".//{SVG}text") is None  # outlines: nothing to look for on a bare machine
    assert "<!DOCTYPE" not in content
    assert "dc:date" not in content


@pytest.mark.parametrize("name", ["curve.pdf", "curve"])
def test_another_suffix_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        save_figure(figure(), tmp_path / "new" / name, alternative_text="")
    (mistake,) = caught.value.mistakes
    assert mistake.code == "figure_suffix"
    assert mistake.fields == {"found": Path(name).suffix, "allowed": ".png, .svg"}
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "curve.png"
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no paper")

    drawn = figure()
    monkeypatch.setattr(drawn, "savefig", fail)
    with pytest.raises(RuntimeError, match="no paper"):
        save_figure(drawn, path, alternative_text="")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_settings_of_the_process_are_left_alone(tmp_path: Path) -> None:
    before = matplotlib.rcParams.copy()

    def work(number: int) -> None:
        save_figure(figure(), tmp_path / f"{number}.svg", alternative_text="")

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert matplotlib.rcParams.copy() == before
    assert len({(tmp_path / f"{number}.svg").read_bytes() for number in range(4)}) == 1


def test_pyplot_is_never_loaded(tmp_path: Path) -> None:
    program = """if True:
        import sys
        from pathlib import Path
        from scenarios.figures.curve import oc_curve
        from scenarios.figures.save import save_figure
        from scenarios.figures.surface import risk_surface
        words = dict.fromkeys(("title", "subtitle", "x", "y", "note", "any"), "率")
        for name in sys.argv[1:]:
            save_figure(oc_curve([0, 0.02], {"any": [0, 1]}, words=words), Path(name), alternative_text="")
            chances = [[0, 0], [1, 1]]
            surface = risk_surface([0, 1], [0, 1], chances, words=words, percent=(True, True))
            save_figure(surface, Path(name), alternative_text="")
        sys.exit("matplotlib.pyplot" in sys.modules)
    """
    files = [str(tmp_path / name) for name in ("curve.png", "curve.svg")]
    subprocess.run([sys.executable, "-c", program, *files], check=True, cwd=Path(__file__).resolve().parents[2])


def test_a_surface_has_its_contours_where_the_chances_are() -> None:
    xs, ys = [0.0, 0.01, 0.02, 0.03], [0.1, 0.0]
    chances = [[0.0, 0.0], [0.3, 0.2], [0.7, 0.8], [1.0, 1.0]]
    words = {key: WORDS[key] for key in ("title", "subtitle", "x", "y")} | {"note": "说明"}
    figure = risk_surface(xs, ys, chances, words=words, percent=(True, False))
    (axes,) = figure.axes
    (lines,) = [each for each in axes.collections if len(each.levels) == len(SHARES)]  # type: ignore[attr-defined]
    for share, path in zip(SHARES, lines.get_paths(), strict=True):
        for level, y in path.vertices:
            # Along either side the chance is linear between neighbouring levels; y = 0 is the second column.
            side = [row[1] for row in chances] if y < 0.05 else [row[0] for row in chances]
            if y in (0.0, 0.1):
                assert np.interp(level, xs, side) == pytest.approx(share, abs=1e-9)
    shown = {text.get_text() for text in axes.texts}
    assert shown == {"5%", "25%", "50%", "75%", "95%"}
    assert [text.get_text() for text in axes.get_xticklabels()][-1] == "3%"
    assert [text.get_text() for text in axes.get_yticklabels()][-1] == "0.1"


def test_a_flat_surface_is_drawn_without_contours() -> None:
    words = dict.fromkeys(("title", "subtitle", "x", "y", "note"), "a")
    figure = risk_surface([0.0, 0.1], [0.0, 1.0], [[0.0, 0.0], [0.0, 0.0]], words=words, percent=(True, True))
    assert not figure.axes[0].texts
