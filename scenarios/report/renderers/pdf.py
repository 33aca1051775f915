"""A report as PDF, set by Typst with the packaged font inside."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from scenarios.figures.fonts import packaged_font
from scenarios.report.document import Document, Picture
from scenarios.report.parts import Part, Table, Text

_SET_UP = """
#set page(paper: "a4", margin: (x: 2.4cm, y: 2.3cm))
#set page(footer: context align(center, text(8pt, {footer} + " · " + {page})))
#set text(font: ("Noto Sans SC", "Libertinus Serif"), size: 10pt, lang: {lang}, fill: rgb("#1a1a1a"))
#set par(leading: 0.75em, spacing: 0.75em)
#set document(title: {title}, author: "choucha", date: none)
#show heading.where(level: 1): set text(13pt)
#show heading.where(level: 1): set block(above: 1.8em, below: 0.8em)
#show heading.where(level: 2): set text(10.5pt)
#show heading.where(level: 2): set block(above: 1.2em, below: 0.6em)
#set table(stroke: (x: none, y: 0.4pt + rgb("#bfbfbf")), inset: (x: 4pt, y: 3pt))
#show table: set par(leading: 0.5em, spacing: 0.5em)
"""


def render(document: Document) -> bytes:
    """Return the report as a PDF file."""
    pictures: dict[str, bytes] = {}
    lines = [_head(document)]
    for section in document.sections:
        lines.append(f"#heading(level: 1, {_text(section.title)})")
        lines += [_part(part, pictures) for part in section.parts if part != ""]
    font = packaged_font()
    with TemporaryDirectory() as folder:
        for name, content in pictures.items():
            (Path(folder) / name).write_bytes(content)
        source = Path(folder) / "report.typ"
        source.write_text("\n".join(lines), encoding="utf-8")
        fonts = [font.parent] if font else []
        made: bytes = typst.compile(source, font_paths=fonts, ignore_system_fonts=bool(fonts))
    return made


def _head(document: Document) -> str:
    counted = {"{page}": "str(counter(page).get().first())", "{pages}": "str(counter(page).final().first())"}
    pieces = [piece for piece in re.split(r"(\{pages?\})", document.page) if piece]
    shown = " + ".join(counted.get(piece) or _text(piece) for piece in pieces)
    set_up = (
        _SET_UP.replace("{footer}", _text(document.footer))
        .replace("{page}", shown)
        .replace("{lang}", _text(document.language))
        .replace("{title}", _text(document.title))
    )
    lines = "\n\n".join(f"#{_text(line)}" for line in document.lines)
    answer = "\n\n".join(f"#{_text(line)}" for line in document.answer)
    return (
        f'{set_up}\n#align(center, text(17pt, weight: "bold", {_text(document.title)}))\n#v(0.6em)\n{lines}\n'
        f'#block(fill: rgb("#f2f2f2"), inset: 10pt, width: 100%, stroke: (left: 4pt + rgb("#1a1a1a")))'
        f'[#set text(11pt, weight: "bold")\n{answer}]\n'
    )


def _part(part: Part | Picture, pictures: dict[str, bytes]) -> str:
    if isinstance(part, Picture):
        name = f"figure{len(pictures) + 1}.svg"
        pictures[name] = part.svg
        return f"#image({_text(name)}, width: 16cm, alt: {_text(part.alternative_text)})"
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Text) and "bold" in part.style:
        return f"#heading(level: 2, {_text(part.text)})"
    text = part.text if isinstance(part, Text) else part
    return f"#par({_text(text.strip())})\n"


def _table(table: Table) -> str:
    columns = ", ".join("2fr" if column.wide else "auto" for column in table.columns)
    aligned = ", ".join(column.justify for column in table.columns)
    small = "8pt" if len(table.columns) > _MANY else "9pt"
    cells = [_text(cell.text) for row in table.rows for cell in row.cells]
    if any(table.headers):
        cells.insert(0, f"table.header({', '.join(f'strong({_text(header)})' for header in table.headers)})")
    if table.has_footer:
        cells += [f"strong({_text(column.footer)})" for column in table.columns]
    return f"#block[#set text({small})\n#table(columns: ({columns},), align: ({aligned},), {', '.join(cells)})]"


_MANY = 7  # columns, from which on a table is set smaller


def _text(text: str) -> str:
    r"""Return a text as a literal of Typst, so that no sign in it is read as markup.

    Examples
    --------
    >>> print(_text('#"a"'))
    "#\"a\""
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
