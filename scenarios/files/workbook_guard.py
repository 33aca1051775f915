"""What a packed workbook would unfold into, looked at before it is read: a few bytes can ask for any memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile, is_zipfile

from sampler.errors import refuse

_LARGEST_UNPACKED = 250_000_000  # bytes
MOST_CELLS = 4_000_000  # with something in them
_MOST_COVERED = 12_000_000  # of the rectangles around them: what is between is read too
_LONGEST_TEXT = 32_767  # characters of a cell, as Excel has it
_CHUNK, _OVERLAP = 1 << 20, 100

_PLACE = re.compile(rb'[\s"\']r="([A-Z]+)([0-9]+)"')
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_MERGED = re.compile(rb'mergeCell[^>]{0,40}?\sref="([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)"')


@dataclass
class _Extent:
    """What was found in one part of a workbook so far."""

    cells: int = 0
    row: int = 0
    column: int = 0
    merged: int = 0
    far: str = field(default="")

    @property
    def covered(self) -> int:
        return self.row * self.column


def guard_workbook(path: Path) -> None:
    """Refuse a packed workbook that would fill the memory.

    Parameters
    ----------
    path : Path
        A workbook; one that is not packed (an old .xls) is bounded by its size.

    Raises
    ------
    InputError
        ``unpacked_too_large``, ``cells_too_many``, ``merged_too_many``, ``text_too_long``, ``not_a_table``.
    """
    if not is_zipfile(path):
        return
    try:
        with ZipFile(path) as packed:
            parts = packed.infolist()
            unpacked = sum(part.file_size for part in parts)
            if unpacked > _LARGEST_UNPACKED:
                millions = {"found": unpacked // 1_000_000, "allowed": _LARGEST_UNPACKED // 1_000_000}
                raise refuse("unpacked_too_large", file=path.name, **millions)
            if any(part.filename.lower().endswith("sheet1.bin") for part in parts):
                raise refuse("not_a_table", file=path.name, found="XLSB")
            found = []
            for part in parts:
                if part.filename.lower().endswith("sharedstrings.xml"):
                    with packed.open(part) as content:
                        _guard_texts(content, path)
                elif "/worksheets/" in part.filename.lower() and part.filename.lower().endswith(".xml"):
                    with packed.open(part) as content:
                        found.append(_extent(content))
    except (BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:  # encrypted parts are a RuntimeError
        raise refuse("not_a_table", file=path.name, found=str(error)) from error
    _guard_extents(found, path)


def _guard_extents(found: list[_Extent], path: Path) -> None:
    covered, cells, merged = (sum(getattr(each, what) for each in found) for what in ("covered", "cells", "merged"))
    if covered > _MOST_COVERED or cells > MOST_CELLS:
        far = max(found, key=lambda each: each.covered).far
        most = MOST_CELLS if cells > MOST_CELLS else _MOST_COVERED
        raise refuse("cells_too_many", file=path.name, found=f"{max(covered, cells):,}", allowed=f"{most:,}", far=far)
    if merged > _MOST_COVERED:
        raise refuse("merged_too_many", file=path.name, found=f"{merged:,}", allowed=f"{_MOST_COVERED:,}")


def _chunks(content: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Yield pieces that overlap, and where what is new in each begins."""
    before = b""
    while piece := content.read(_CHUNK):
        yield before + piece, len(before)
        before = piece[-_OVERLAP:]


def _extent(content: IO[bytes]) -> _Extent:
    extent = _Extent()
    for piece, new in _chunks(content):
        # A match that ends before what is new was counted with the piece before.
        extent.cells += sum(found.end() > new for found in _CELL.finditer(piece))
        for found in _PLACE.finditer(piece):
            row, column = _number(found[2]), _column(found[1])
            if row * column > extent.row * extent.column:
                extent.far = (found[1] + found[2][:12]).decode()
            extent.row, extent.column = max(extent.row, row), max(extent.column, column)
        for found in _MERGED.finditer(piece):
            if found.end() > new:
                high = _number(found[4]) - _number(found[2]) + 1
                extent.merged += high * (_column(found[3]) - _column(found[1]) + 1)
        if extent.merged > _MOST_COVERED or extent.cells > MOST_CELLS:
            break
    return extent


def _guard_texts(content: IO[bytes], path: Path) -> None:
    """Refuse a text longer than a cell can hold: written once, it may stand in a million cells."""
    length = 0
    for piece, new in _chunks(content):
        ends = [found.end() for found in re.finditer(rb"</(?:\w+:)?si>", piece) if found.end() > new]
        pieces = [end - start for start, end in zip([new - length, *ends], ends, strict=False)]
        length = len(piece) - (ends[-1] if ends else new - length)
        # A character takes up to four bytes, or ten as a reference; formats of parts of it take as much again.
        if max([length, *pieces]) > 20 * _LONGEST_TEXT:
            raise refuse("text_too_long", file=path.name, allowed=f"{_LONGEST_TEXT:,}")


def _number(digits: bytes) -> int:
    return int(digits[:12])


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters[:8]:
        number = 26 * number + letter - 64
    return number
