"""A copy of the user's own workbook with the cells that are wrong in red, and what is wrong with each as a note."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sampler.errors import Mistake, refuse
from scenarios.files.atomic import write_atomically

_ZIP = b"PK\x03\x04"
_RED, _AUTHOR = "FFFFC7CE", "choucha"
_CELL = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")
_WIDTH, _HEIGHT = 320, 110  # of a note, in points


def require_markable(source: Path, target: Path) -> None:
    """Refuse what cannot be marked: only a workbook of today's format has cells that can be coloured.

    Raises
    ------
    InputError
        ``mark_needs_workbook``, ``mark_suffix``.
    """
    with source.open("rb") as file:
        magic = file.read(4)
    if magic != _ZIP:
        raise refuse("mark_needs_workbook", file=source.name)
    if target.suffix.lower() != ".xlsx":
        raise refuse("mark_suffix", file=target.name, found=target.suffix)


def write_marked(source: Path, target: Path, told: Sequence[tuple[Mistake, str]]) -> int:
    """Write the copy.

    Parameters
    ----------
    source, target : Path
        The user's workbook, which is left as it is, and the copy.
    told : sequence of (Mistake, str)
        Mistakes with what is said of each; those that name no cell of a sheet are left out.

    Returns
    -------
    int
        Cells marked.

    Raises
    ------
    InputError
        ``cannot_write``; ``not_a_table`` for a workbook that cannot be opened to be written.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 - only here, and slow to load
    from openpyxl.comments import Comment  # noqa: PLC0415
    from openpyxl.styles import PatternFill  # noqa: PLC0415

    sentences = _by_cell(told)
    try:
        book = load_workbook(source)
    except Exception as error:  # openpyxl raises whatever its parsers do
        raise refuse("not_a_table", file=source.name, found=type(error).__name__) from error
    for (sheet, cell), texts in sentences.items():
        page = book[sheet]
        # Only the first cell of a merged range can be marked.
        first = next((each.coord.partition(":")[0] for each in page.merged_cells.ranges if cell in each), cell)
        page[first].fill = PatternFill(start_color=_RED, end_color=_RED, fill_type="solid")
        page[first].comment = Comment("\n".join(texts), _AUTHOR, width=_WIDTH, height=_HEIGHT)
    if sentences:
        first = next(iter(sentences))[0]
        book.active = book.sheetnames.index(first)
    content = io.BytesIO()
    book.save(content)
    write_atomically(target, content.getvalue())
    return len(sentences)


def _by_cell(told: Sequence[tuple[Mistake, str]]) -> Mapping[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for mistake, sentence in told:
        sheet, cell = str(mistake.fields.get("sheet") or ""), str(mistake.fields.get("cell") or "")
        if sheet and _CELL.fullmatch(cell):
            found.setdefault((sheet, cell), []).append(sentence)
    return found
