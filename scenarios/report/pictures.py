"""A figure as a report holds it: in both formats, with its description."""

from __future__ import annotations

from scenarios.figures.fonts import cjk_font
from scenarios.figures.save import rendered
from scenarios.figures.surface import Drawing
from scenarios.messages import Catalogue, catalogue
from scenarios.report.document import Picture

SUFFIXES = (".png", ".svg")


def picture(figure: Drawing, alternative_text: str) -> Picture:
    """Return a figure in both formats of a report."""
    png, svg = (rendered(figure, suffix, alternative_text=alternative_text) for suffix in SUFFIXES)
    return Picture(svg=svg, png=png, alternative_text=alternative_text)


def drawn_language(words: Catalogue) -> Catalogue:
    """Return the language of a figure's words: English where no font has Chinese glyphs."""
    return catalogue("en") if words.language == "zh" and cjk_font() is None else words
