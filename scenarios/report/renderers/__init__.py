"""The formats of a report, one file each: a function from a document to the bytes of a file."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sampler.errors import refuse
from scenarios.report.document import Document

Renderer = Callable[[Document], bytes]

# Module of this folder, and the library that it needs, by suffix. What is not asked for is not imported.
RENDERERS = {
    ".html": ("html", "jinja2"),
    ".docx": ("word", "docx"),
    ".xlsx": ("workbook", "xlsxwriter"),
    ".pdf": ("pdf", "typst"),
}


def require_format(path: Path) -> None:
    """Refuse, before the work, a name whose suffix is no format, or one whose library is not installed.

    Raises
    ------
    InputError
        ``report_suffix``, ``pdf_extra``.
    """
    suffix = path.suffix.lower()
    if suffix not in RENDERERS:
        raise refuse("report_suffix", file=path.name, found=path.suffix, allowed=", ".join(RENDERERS))
    if find_spec(RENDERERS[suffix][1]) is None:
        raise refuse("pdf_extra", file=path.name)


def renderer(suffix: str) -> Renderer:
    """Return the renderer of a suffix.

    Examples
    --------
    >>> renderer(".html").__module__
    'scenarios.report.renderers.html'
    """
    module, _ = RENDERERS[suffix]
    made: Renderer = import_module(f"scenarios.report.renderers.{module}").render
    return made
