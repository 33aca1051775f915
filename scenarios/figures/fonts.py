"""Type: which font writes Chinese on this machine, what it can show, and how its lines are set on a page."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from unicodedata import category

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.lines import Line2D

from sampler.errors import refuse

FONT_VARIABLE = "CHOUCHA_FONT"
DOTS_PER_INCH = 200

# Simplified forms first; the "JP" faces are the whole of Noto CJK where only the collection's first face is listed.
SYSTEM_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei"),
    *("Noto Sans CJK JP", "Source Han Sans"),
)

# A font that has these is taken for one that writes Chinese.
_COMMON = "县村户率概不合格抽查错退漏评认可度贫困（）：。"

_WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_OPENING = "（《〈「『【“‘"
_CLOSING = "，。、；：！？）》〉」』】”’…—％‰%,.;:!?)"
_PIECE = re.compile(rf"\s+|[{_OPENING}]*(?:[^\s{_WIDE}{_OPENING}]+|\S)[{_CLOSING}]*")


def cjk_font() -> FontProperties | None:
    """Return the font for Chinese: the user's, the packaged one, one of the system's, or None.

    Raises
    ------
    InputError
        ``font_unreadable`` when the user's font (environment variable ``CHOUCHA_FONT``, a path) is no font.

    Examples
    --------
    >>> font = cjk_font()
    >>> font is not None and covers(font, "错退率")
    True
    """
    return next((font for font in _candidates() if covers(font, _COMMON)), None)


def font_for(text: str) -> FontProperties:
    """Return the first font that has all of a text, else the Chinese one, else matplotlib's own."""
    own = FontProperties(fname=Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"))
    whole = (font for font in (*_candidates(), own) if covers(font, _printable(text)))
    return next(whole, None) or cjk_font() or own


def covers(font: FontProperties, text: str) -> bool:
    r"""Tell whether a font has a glyph for every character of a text; a line break needs none.

    Examples
    --------
    >>> covers(FontProperties(fname=matplotlib.get_data_path() + "/fonts/ttf/DejaVuSans.ttf"), "a\nb 率")
    False
    """
    return _glyphs(findfont(font)).issuperset(map(ord, text.replace("\n", "")))


def legible(font: FontProperties, text: str) -> str:
    r"""Return a text without control characters, with 〓 (or "?") for each that the font cannot show.

    An empty box reads as a fault of the machine; 〓 is the printers' mark for a missing character.

    Examples
    --------
    >>> legible(font_for("a"), "a\u0007\tb")
    'a b'
    """
    glyphs = _glyphs(findfont(font))
    sign = "〓" if ord("〓") in glyphs else "?"
    return "".join(mark if mark == "\n" or ord(mark) in glyphs else sign for mark in _printable(text))


def break_lines(text: str, room: float, width: Callable[[str], float]) -> list[str]:
    """Break a text into lines: between Chinese characters or at spaces, never before closing punctuation.

    Parameters
    ----------
    text : str
        Its own line breaks are kept. An empty one has no lines.
    room, width : float, callable
        Length of a line, and of a piece of text in the same unit.

    Examples
    --------
    >>> break_lines("限值（2%）为假定。", 5, len)
    ['限值', '（2%）为', '假定。']
    """
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for piece in _PIECE.findall(paragraph):
            if line and width((line + piece).rstrip()) > room:
                lines.append(line.rstrip())
                line = ""
            line = (line + piece).lstrip()
            while len(line) > 1 and width(line.rstrip()) > room:  # one word longer than a line
                fit = next(n for n in range(1, len(line)) if width(line[: n + 1]) > room)
                lines.append(line[:fit])
                line = line[fit:]
        lines.append(line.rstrip())
    return lines


def tall(lines: Sequence[str], size: float) -> float:
    """Return the height of lines of a size in points, in inches."""
    return len(lines) * size * 1.42 / 72


@dataclass(frozen=True)
class Page:
    """A figure and its font; places are in inches from the lower left corner, sizes of type in points."""

    figure: Figure
    font: FontProperties

    def __post_init__(self) -> None:
        FigureCanvasAgg(self.figure)  # measures the type

    def type(self, size: float) -> dict[str, Any]:
        """Return what every text is made with: no formula is read into a user's ``$``."""
        font = self.font.copy()
        font.set_size(size)
        return {"fontproperties": font, "parse_math": False, "usetex": False}

    def width(self, lines: Sequence[str], size: float) -> float:
        """Return the width of the longest line."""
        widest = 0.0
        for line in lines:
            trial = self.figure.text(0, 0, line, **self.type(size))
            widest = max(widest, trial.get_window_extent().width)
            trial.remove()
        return widest / self.figure.dpi

    def lines(self, text: str, size: float, room: float) -> list[str]:
        """Break a text into lines of a width."""
        return break_lines(legible(self.font, text), room, lambda line: self.width([line], size))

    def put(self, x: float, top: float, lines: Sequence[str], size: float, colour: str, **look: Any) -> None:
        """Set lines one below the other."""
        for number, line in enumerate(lines):
            # The middle of a Chinese character lies .36 of its size above the base line.
            base = top - tall(lines, size) * (number + 0.5) / len(lines) - 0.36 * size / 72
            look |= {"color": colour, "transform": self.figure.dpi_scale_trans}
            self.figure.text(x, base, line, **self.type(size), **look)

    def line(self, xs: Sequence[float], ys: Sequence[float], **look: Any) -> None:
        """Draw a line through points of the page."""
        self.figure.add_artist(Line2D(xs, ys, transform=self.figure.dpi_scale_trans, **look))


def _candidates() -> Iterator[FontProperties]:
    wanted = os.environ.get(FONT_VARIABLE)
    if wanted:
        font = FontProperties(fname=Path(wanted).expanduser())
        try:
            _glyphs(findfont(font))
        except (OSError, RuntimeError) as error:  # a file that is no font is a RuntimeError of FreeType
            raise refuse("font_unreadable", file=wanted, found=str(error)) from error
        yield font
    packaged = packaged_font()
    if packaged is not None:
        yield FontProperties(fname=packaged)
    listed = {entry.name for entry in fontManager.ttflist}
    for name in SYSTEM_FONTS:
        if name in listed:
            # The path found this way keeps the face of a collection (.ttc), which a bare file name would lose.
            yield FontProperties(fname=findfont(FontProperties(family=name)))


def packaged_font() -> Path | None:
    """Return the file of the font that comes with the program; None where a distribution leaves it out."""
    with suppress(ImportError):
        from pylopdf_fonts_zh_cn import sans_path  # noqa: PLC0415

        return Path(sans_path())
    return None


def _printable(text: str) -> str:
    lines = text.replace("\t", " ").splitlines()
    return "\n".join("".join(mark for mark in line if category(mark) not in ("Cc", "Cf")) for line in lines)


@lru_cache(maxsize=16)
def _glyphs(path: str) -> frozenset[int]:
    return frozenset(get_font(path).get_charmap())
