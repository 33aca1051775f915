"""Which village each row of a results table is of: by code, else by township and name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from sampler.errors import InputError, Mistake, refuse
from sampler.frame import Frame
from scenarios.files.tables import County, Table, village_name

T = TypeVar("T")

_NAMES = ("township", "village")


@dataclass(frozen=True, kw_only=True)
class Villages:
    """The village of each of n rows.

    Parameters
    ----------
    column : {"village_code", "village"}
        The column that tells of the village, where mistakes about it are told.
    named : tuple of str, length n
        As the results name it: by its code, or by its `village_name`.
    codes : tuple of str, length n
        The code of the village list; what the results say where there is no list or the list lacks the village.
    wrong : tuple of Mistake
        Villages that the list lacks, or that it knows by another name.
    """

    column: str
    named: tuple[str, ...]
    codes: tuple[str, ...]
    wrong: tuple[Mistake, ...]


def match_villages(table: Table, county: County | None) -> Villages:
    """Return the village of each row.

    Codes go before names where both tables have them. The codes that a frame gives to the villages of a list without
    any are matched with no code of the results.

    Parameters
    ----------
    table : Table
        The results.
    county : County or None
        The village list, where there is one.

    Raises
    ------
    InputError
        ``village_not_named`` or ``blank`` where rows do not say which village they are of.
    """
    codes_listed = county is None or county.codes_listed
    by_name = all(_is_stated(table, column) for column in _NAMES)
    by_code = _is_stated(table, "village_code") and (codes_listed or not by_name)
    if not by_code and not by_name:
        raise refuse("village_not_named", file=table.sheet.file, sheet=table.sheet.name)
    unnamed = [mistake for column in (("village_code",) if by_code else _NAMES) for mistake in blanks(table, column)]
    if unnamed:
        raise InputError(unnamed)
    frame = None if county is None else county.frame
    if not by_code:
        return _by_name(table, frame)
    codes = tuple(table.typed("village_code", str))
    if not codes_listed:
        header = table.headers["village_code"]
        wrong = [Mistake("codes_not_listed", {"file": table.sheet.file, "sheet": table.sheet.name, "column": header})]
    else:
        wrong = [] if frame is None else [*_unknown_codes(table, codes, frame), *_other_names(table, codes, frame)]
    return Villages(column="village_code", named=codes, codes=codes, wrong=tuple(wrong))


def first_records(keys: Sequence[T]) -> dict[T, int]:
    """Return the first record of each key, in order.

    Examples
    --------
    >>> first_records(["b", "a", "b"])
    {'b': 0, 'a': 1}
    """
    first: dict[T, int] = {}
    for i, key in enumerate(keys):
        first.setdefault(key, i)
    return first


def blanks(table: Table, column: str, allowed: str = "text") -> Iterator[Mistake]:
    """Yield the blanks of a column that is blank in some rows and not in all."""
    if _is_stated(table, column):
        for i, value in enumerate(table.optional(column)):
            if value is None:
                yield Mistake("blank", {**table.place(i, column), "allowed": allowed})


def _is_stated(table: Table, column: str) -> bool:
    return any(value is not None for value in table.optional(column))


def _unknown_codes(table: Table, codes: Sequence[str], frame: Frame) -> Iterator[Mistake]:
    first, listed = first_records(codes), set(frame.codes)
    unknown = [i for code, i in first.items() if code not in listed]
    if len(unknown) == len(first) > 1:
        yield Mistake("villages_unknown", {**table.place(unknown[0], "village_code"), "found": len(first)})
        return
    for i in unknown:
        yield Mistake("unknown_village", {**table.place(i, "village_code"), "found": codes[i]})


def _other_names(table: Table, codes: Sequence[str], frame: Frame) -> Iterator[Mistake]:
    """Yield rows whose names are not the list's for their code, once a village."""
    listed = dict(zip(frame.codes, zip(frame.townships, frame.villages, strict=True), strict=True))
    told: set[str] = set()
    for i, stated in enumerate(zip(*(table.optional(column) for column in _NAMES), strict=True)):
        names = listed.get(codes[i], stated)
        other = [n for n, name in enumerate(stated) if name is not None and name != names[n]]
        if other and codes[i] not in told:
            told.add(codes[i])
            where, found = table.place(i, _NAMES[other[-1]]), stated[other[-1]]
            yield Mistake(
                "name_not_listed", {**where, "found": found, "village": codes[i], "allowed": village_name(*names)}
            )


def _by_name(table: Table, frame: Frame | None) -> Villages:
    named = tuple(map(village_name, *(table.typed(column, str) for column in _NAMES)))
    if frame is None:
        return Villages(column="village", named=named, codes=named, wrong=())
    listed = dict(zip(map(village_name, frame.townships, frame.villages), frame.codes, strict=True))
    codes = tuple(listed.get(name, name) for name in named)
    return Villages(column="village", named=named, codes=codes, wrong=tuple(_unknown_names(table, named, frame)))


def _unknown_names(table: Table, named: Sequence[str], frame: Frame) -> Iterator[Mistake]:
    first, listed = first_records(named), set(map(village_name, frame.townships, frame.villages))
    unknown = [i for name, i in first.items() if name not in listed]
    if len(unknown) == len(first) > 1:
        yield Mistake("villages_unknown_by_name", {**table.place(unknown[0], "village"), "found": len(first)})
        return
    for i in unknown:
        township, village = (str(table.values[column][i]) for column in _NAMES)
        where, nearest = table.place(i, "village"), _nearest(township, village, frame)
        yield Mistake("unknown_village_name", {**where, "found": village, "township": township, "nearest": nearest})


def _nearest(township: str, village: str, frame: Frame) -> str:
    """Return the only village of this name, else the most similar one of the township; nothing where none is."""
    names = list(zip(frame.townships, frame.villages, strict=True))
    same = [name for name in names if name[1] == village]
    similar = get_close_matches(village, [name for place, name in names if place == township], n=1)
    near = same if len(same) == 1 else [(township, name) for name in similar]
    return village_name(*near[0]) if near else ""
