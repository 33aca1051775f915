"""A figure as a file: PNG or SVG, the same bytes for the same figure, with its description inside."""

from __future__ import annotations

import io
import re
import threading
from pathlib import Path
from xml.sax.saxutils import escape

import matplotlib
from matplotlib.figure import Figure

from sampler.errors import refuse
from scenarios.figures.fonts import DOTS_PER_INCH
from scenarios.files.atomic import write_atomically

__all__ = ["Figure", "rendered", "save_figure"]

# rc_context saves and restores settings that all threads share; two at once could leave one's settings behind.
_settings = threading.Lock()

# XML 1.0 has no way to write these, not even as a reference.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def save_figure(figure: Figure, path: Path, *, alternative_text: str) -> None:
    """Write a figure as PNG (200 dots an inch) or SVG (text as outlines, so that it needs no font).

    Parameters
    ----------
    figure : Figure
        What ``oc_curve`` and its like return.
    path : Path
        The suffix chooses the format; missing folders are made, and the file appears whole or not at all.
    alternative_text : str
        What a reader who cannot see the figure is told; its first line is the title in an SVG.

    Raises
    ------
    InputError
        ``figure_suffix`` for another suffix, ``cannot_write`` with the system's reason.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_figure(Figure(), Path(folder, "empty.svg"), alternative_text="An empty figure")
    ...     b"<title>An empty figure</title>" in Path(folder, "empty.svg").read_bytes()
    True
    """
    write_atomically(path, rendered(figure, path.suffix.lower(), alternative_text=alternative_text))


def rendered(figure: Figure, suffix: str, *, alternative_text: str) -> bytes:
    """Return a figure as the bytes of a file; see `save_figure`.

    Parameters
    ----------
    figure : Figure
        To be drawn.
    suffix : {".png", ".svg"}
        The format.
    alternative_text : str
        Stands inside.

    Raises
    ------
    InputError
        ``figure_suffix`` for another suffix.
    """
    renderers = {".png": _png, ".svg": _svg}
    render = renderers.get(suffix)
    if render is None:
        raise refuse("figure_suffix", found=suffix, allowed=", ".join(renderers))
    with _settings, matplotlib.rc_context({"savefig.bbox": None, "savefig.transparent": False}):
        return render(figure, _NOT_XML.sub("", alternative_text).strip())


def _png(figure: Figure, description: str) -> bytes:
    buffer = io.BytesIO()
    # Without "Software" the bytes do not change with a new matplotlib that draws the same.
    metadata = {"Description": description, "Software": None}
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, facecolor="white", metadata=metadata)
    return buffer.getvalue()


def _svg(figure: Figure, description: str) -> bytes:
    buffer = io.BytesIO()
    metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "choucha", "svg.id": None}):
        figure.savefig(buffer, format="svg", facecolor="white", metadata=metadata)
    # The declarations name an outside address and must not stand inside a page; a reader needs neither.
    drawing = re.sub(r"\A.*?(?=<svg)", "", buffer.getvalue().decode(), count=1, flags=re.DOTALL)
    title = escape(description.partition("\n")[0])
    words = f"\n <title>{title}</title>\n <desc>{escape(description)}</desc>"
    return re.sub(r"\A<svg([^>]*)>", lambda tag: f'<svg role="img"{tag[1]}>{words}', drawing, count=1).encode()
