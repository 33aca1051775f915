"""Answers on a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text as RichText

from scenarios.report.parts import Part, Table, Text


def show(console: Console, *parts: Part) -> None:
    """Print parts one below the other; text is taken literally, never as markup."""
    console.print(Group(*(_rendered(part) for part in parts)))


def _rendered(part: Part) -> RenderableType:
    if isinstance(part, Table):
        return _table(part)
    return RichText(part.text, style=part.style) if isinstance(part, Text) else RichText(part)


def _table(table: Table) -> RichTable:
    headed = any(table.headers)
    shown = RichTable(
        box=box.SIMPLE_HEAD if headed else None,
        pad_edge=False,
        show_header=headed,
        show_footer=table.has_footer,
    )
    sentences = any(column.wide for column in table.columns)
    for column in table.columns:
        shown.add_column(
            RichText(column.header),
            footer=RichText(column.footer),
            justify=column.justify,
            overflow="fold",
            ratio=(2 if column.wide else 1) if sentences and headed else None,
        )
    for row in table.rows:
        shown.add_row(*(RichText(cell.text, style=cell.style) for cell in row.cells), end_section=row.ends)
    return shown
