"""A report as one HTML file that needs nothing else: figures, style and, for a bare machine, its characters inside."""

from __future__ import annotations

from base64 import b64encode
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from scenarios.figures.web_font import web_font
from scenarios.report.document import Document, Picture
from scenarios.report.parts import Table, Text


def render(document: Document) -> bytes:
    """Return the report as HTML."""
    source = files("scenarios.data").joinpath("templates", "report.html.j2").read_text(encoding="utf-8")
    # Every text is escaped: names come from a list that somebody else filled in.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.tests |= {
        "picture": lambda part: isinstance(part, Picture),
        "table": lambda part: isinstance(part, Table),
        "standing_out": lambda part: isinstance(part, Text),
    }
    page = environment.from_string(source)
    made = page.render(document=document, encoded=_encoded, font="")
    font = web_font(made)
    return page.render(document=document, encoded=_encoded, font=_encoded(font) if font else "").encode()


def _encoded(content: bytes) -> str:
    return b64encode(content).decode("ascii")
