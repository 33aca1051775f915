"""A report as a Word document: real headings, repeated header rows, described pictures, page numbers."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import docx
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from scenarios.report.document import Document, Picture, Section
from scenarios.report.parts import Part, Table, Text

# What every office has: Song for the text, Hei for headings; Western letters as the language is set.
_FONTS = {
    "zh": {"text": ("Times New Roman", "宋体"), "heading": ("Arial", "黑体")},
    "en": {"text": ("Times New Roman", "宋体"), "heading": ("Arial", "黑体")},
}
_WIDTH = 16.0  # cm between the margins of an A4 page
_GREY = "F2F2F2"
_INK = RGBColor(0x1A, 0x1A, 0x1A)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # so that the same report has the same bytes


def render(document: Document) -> bytes:
    """Return the report as a DOCX file."""
    made = docx.Document()
    _set_up(made, document)
    made.add_heading(document.title, level=0)
    for line in document.lines:
        made.add_paragraph(line)
    _box(made, document.answer)
    for section in document.sections:
        made.add_heading(section.title, level=1)
        _section(made, section)
    content = io.BytesIO()
    made.save(content)
    return _dated(content.getvalue())


def _set_up(made: Any, document: Document) -> None:
    made.core_properties.title = document.title
    made.core_properties.author = "choucha"
    made.core_properties.comments = ""
    made.core_properties.language = "zh-CN" if document.language == "zh" else "en-GB"
    page = made.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.5)
    page.top_margin, page.bottom_margin = Cm(2.4), Cm(2.2)
    fonts = _FONTS[document.language]
    for name, kind, size in (
        ("Normal", "text", 10.5),
        ("Title", "heading", 18),
        ("Heading 1", "heading", 14),
        ("Heading 2", "heading", 11.5),
    ):
        style = made.styles[name]
        _font(style.element.get_or_add_rPr(), fonts[kind])
        style.font.size = Pt(size)
        style.font.color.rgb = _INK
        style.font.bold = kind == "heading"
    text = made.styles["Normal"]
    text.paragraph_format.space_after = Pt(4)
    text.paragraph_format.line_spacing = 1.3
    for name in ("Heading 1", "Heading 2"):
        made.styles[name].paragraph_format.space_before = Pt(16 if name == "Heading 1" else 8)
        made.styles[name].paragraph_format.space_after = Pt(5)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    language.set(qn("w:eastAsia"), "zh-CN")
    text.element.get_or_add_rPr().append(language)
    _footer(page.footer.paragraphs[0], document)


def _font(properties: Any, names: tuple[str, str]) -> None:
    fonts = properties.get_or_add_rFonts()
    for key in list(fonts.attrib):  # themes would win over the names
        del fonts.attrib[key]
    for key in ("w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(key), names[0])
    fonts.set(qn("w:eastAsia"), names[1])


def _footer(paragraph: Any, document: Document) -> None:
    """Write the foot of every page; the numbers are fields that Word fills in."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    told = f"{document.footer} · {document.page}"
    before, _, rest = told.partition("{page}")
    between, _, after = rest.partition("{pages}")
    for text, field in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
        run = paragraph.add_run(text)
        run.font.size = Pt(8)
        if field:
            simple = OxmlElement("w:fldSimple")
            simple.set(qn("w:instr"), field)
            shown = OxmlElement("w:r")
            look = OxmlElement("w:rPr")
            size = OxmlElement("w:sz")
            size.set(qn("w:val"), "16")
            look.append(size)
            text_element = OxmlElement("w:t")
            text_element.text = "1"
            shown.extend([look, text_element])
            simple.append(shown)
            paragraph._p.append(simple)


def _box(made: Any, lines: tuple[str, ...]) -> None:
    """Write the answer in a shaded box."""
    cell = made.add_table(rows=1, cols=1, style="Table Grid").cell(0, 0)
    _shade(cell, _GREY)
    for number, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        run = paragraph.add_run(line)
        run.bold = True
        run.font.size = Pt(11.5)


def _section(made: Any, section: Section) -> None:
    for part in section.parts:
        if isinstance(part, Picture):
            _picture(made, part)
        elif isinstance(part, Table):
            _table(made, part)
        else:
            _line(made, part)


def _line(made: Any, part: Part) -> None:
    if isinstance(part, Text) and "bold" in part.style:
        made.add_heading(part.text, level=2)
        return
    text = part.text if isinstance(part, Text) else str(part)
    if text.strip():
        paragraph = made.add_paragraph(text.strip())
        if text.startswith("  "):
            paragraph.paragraph_format.left_indent = Cm(0.7)


def _picture(made: Any, picture: Picture) -> None:
    paragraph = made.add_paragraph()
    shape = paragraph.add_run().add_picture(io.BytesIO(picture.png), width=Cm(_WIDTH))
    properties = shape._inline.docPr
    properties.set("descr", picture.alternative_text)


def _table(made: Any, table: Table) -> None:
    headed = any(table.headers)
    rows = (
        *((table.headers,) if headed else ()),
        *([cell.text for cell in row.cells] for row in table.rows),
        *(([column.footer for column in table.columns],) if table.has_footer else ()),
    )
    shown = made.add_table(rows=len(rows), cols=len(table.columns), style="Table Grid")
    shown.alignment = WD_TABLE_ALIGNMENT.CENTER
    shown.autofit = False
    size = 8.0 if len(table.columns) > _MANY else 9.0
    widths = _widths(table, size)
    bold = {(r, c) for r, row in enumerate(table.rows) for c, cell in enumerate(row.cells) if "bold" in cell.style}
    for column, width in zip(shown.columns, widths, strict=True):
        column.width = Cm(width)
    cells = shown._cells
    for place, cell in enumerate(cells):
        row, column = divmod(place, len(table.columns))
        cell.width = Cm(widths[column])
        head = headed and row == 0
        cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.line_spacing = 1.1
        if head:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _shade(cell, _GREY)
        elif table.columns[column].justify == "right":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = paragraph.add_run(rows[row][column])
        run.font.size = Pt(size)
        run.bold = head or (table.has_footer and row == len(rows) - 1) or (row - headed, column) in bold
    for number, row in enumerate(shown.rows):
        _row(row, repeated=headed and number == 0)
    made.add_paragraph().paragraph_format.space_after = Pt(2)


_MANY = 7  # columns, from which on a table is set smaller


def _widths(table: Table, size: float) -> list[float]:
    """Return the width of each column in cm: no word is broken where there is room, and wide tables fill the page."""
    each = 0.52 * size * 2.54 / 72  # a half-width character
    least, wanted = [], []
    for place, column in enumerate(table.columns):
        texts = [column.header, column.footer, *(row.cells[place].text for row in table.rows)]
        words = [word for text in texts for word in _words(text)]
        least.append(max(map(_length, words), default=1) * each + _PADDING)
        whole = max(_length(column.header) / (1 if column.header.isascii() else 2), *map(_length, texts[1:]))
        wanted.append(max(least[-1], min(whole, _LONGEST) * each + _PADDING))
    spare = _WIDTH - sum(least)
    if spare <= 0:
        return [width * _WIDTH / sum(least) for width in least]
    more = [want - have for want, have in zip(wanted, least, strict=True)]
    share = min(1.0, spare / sum(more)) if sum(more) else 0.0
    return [have + share * extra for have, extra in zip(least, more, strict=True)]


_PADDING, _LONGEST = 0.45, 70  # cm inside a cell; half-width characters of a line


def _words(text: str) -> list[str]:
    """Return what of a text is not broken over lines: its words, and of Chinese a few characters."""
    return [word if word.isascii() or _NUMBER.search(word) else word[:_TOGETHER] for word in text.split(" ")]


_NUMBER, _TOGETHER = re.compile(r"\d"), 5


_FULL = "≈±×→−“”‘’…—"  # as wide as a Chinese character in a Chinese face


def _length(text: str) -> float:
    """Return the length of a text in half-width characters, those of Western letters as wide as they are set."""
    return sum(2.1 if ord(mark) > 0x2E7F or mark in _FULL else 1.2 for mark in text)


def _row(row: Any, *, repeated: bool) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if repeated:
        properties.append(OxmlElement("w:tblHeader"))


def _shade(cell: Any, colour: str) -> None:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), colour)
    cell._tc.get_or_add_tcPr().append(shade)


def _dated(content: bytes) -> bytes:
    """Return a DOCX file with a fixed date on every part."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return made.getvalue()
