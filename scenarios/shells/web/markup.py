"""Answers as HTML of the page. Every text is escaped: names come from a list that somebody else filled in."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from scenarios.messages import Catalogue
from scenarios.report.document import Picture
from scenarios.report.parts import Column, Part, Row, Table, Text


def parts_html(parts: Iterable[Part | Picture], words: Catalogue, *, rank: int = 3) -> str:
    """Return parts of an answer.

    Parameters
    ----------
    parts : iterable of str, Text, Table or Picture
        From top to bottom.
    words : Catalogue
        The language.
    rank : int, default 3
        Of the heading that a bold line is.

    Examples
    --------
    >>> from scenarios.messages import catalogue
    >>> parts_html([Text("a", style="bold"), "<b>"], catalogue("en"))
    '<h3>a</h3><p>&lt;b&gt;</p>'
    """
    return "".join(_part(part, words, rank) for part in parts)


def _part(part: Part | Picture, words: Catalogue, rank: int) -> str:
    if isinstance(part, Picture):
        return picture_html(part)
    if isinstance(part, Table):
        return table_html(part, words)
    if isinstance(part, Text):
        if "bold" in part.style:
            return f"<h{rank}>{escape(part.text)}</h{rank}>"
        return f'<p class="{escape(part.style)}">{escape(part.text)}</p>'
    return f"<p>{escape(part.strip())}</p>" if part.strip() else ""


def picture_html(shown: Picture) -> str:
    """Return a figure as an image with its alternative text."""
    source = b64encode(shown.png).decode("ascii")
    alternative = escape(shown.alternative_text, quote=True)
    return f'<figure tabindex="0"><img src="data:image/png;base64,{source}" alt="{alternative}"></figure>'


def table_html(table: Table, words: Catalogue) -> str:
    """Return a table, which scrolls by itself where the page is narrow."""
    heads = "".join(f'<th scope="col" class="{c.justify}">{escape(c.header)}</th>' for c in table.columns)
    head = f"<thead><tr>{heads}</tr></thead>" if any(table.headers) else ""
    body = "".join(_row(row, table.columns) for row in table.rows)
    foot = ""
    if table.has_footer:
        sums = "".join(f'<td class="{c.justify}">{escape(c.footer)}</td>' for c in table.columns)
        foot = f"<tfoot><tr>{sums}</tr></tfoot>"
    named = escape(words.say("web.table", columns=words.say("place.enumeration").join(filter(None, table.headers))))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{named}">'
        f"<table>{head}<tbody>{body}</tbody>{foot}</table></div>"
    )


def _row(row: Row, columns: Sequence[Column]) -> str:
    def cell(text: Text, column: Column) -> str:
        styles = " ".join(filter(None, [column.justify, "wide" if column.wide else "", text.style]))
        return f'<td class="{escape(styles)}">{escape(text.text)}</td>'

    cells = "".join(cell(text, column) for text, column in zip(row.cells, columns, strict=True))
    return f"<tr{' class=ends' if row.ends else ''}>{cells}</tr>"


def card_html(big: str, sentences: Sequence[str], label: str, *, name: str = "chance") -> str:
    """Return the answer that stands out: a number, and what it says in sentences; told when it changes."""
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return (
        f'<div class="answer" role="status"><p class="big"><span class="label">{escape(label)}</span> '
        f'<strong id="{name}">{escape(big)}</strong></p><div>{told}</div></div>'
    )


def heading_html(text: str, rank: int = 2) -> str:
    """Return a heading."""
    return f"<h{rank}>{escape(text)}</h{rank}>"


def note_html(text: str, kind: str = "note") -> str:
    """Return a remark of the page's own; what is wrong is told at once."""
    role = ' role="alert"' if kind == "wrong" else ""
    return f'<p class="{kind}"{role}>{escape(text)}</p>'
