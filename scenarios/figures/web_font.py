"""The characters of a page as a small font of its own, for machines that have no Chinese one."""

from __future__ import annotations

import io

from fontTools import subset

from scenarios.figures.fonts import packaged_font


def web_font(text: str) -> bytes | None:
    """Return the packaged font with the characters of a text alone, as WOFF; None where no font is packaged.

    Parameters
    ----------
    text : str
        What is to be shown.

    Examples
    --------
    >>> font = web_font("错退率")
    >>> font is not None and font[:4] == b"wOFF" and len(font) < 10_000
    True
    """
    path = packaged_font()
    if path is None:
        return None
    options = subset.Options(
        flavor="woff", layout_features=[], hinting=False, desubroutinize=True, name_IDs=[], recalc_timestamp=False
    )
    content = io.BytesIO()
    with subset.load_font(str(path), options) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=text)
        subsetter.subset(font)
        font.flavor = "woff"
        font.save(content)
    return content.getvalue()
