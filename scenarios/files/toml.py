"""TOML in with exact decimals, ``extends`` resolved; TOML out."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sampler.errors import refuse

Tree = dict[str, Any]


def parse_toml(content: bytes, file: str) -> Tree:
    """Return the tables of a TOML text, decimals exact.

    Raises
    ------
    InputError
        ``wrong_encoding`` or ``bad_toml`` with the place.
    """
    if len(content) > _LARGEST_BYTES:
        most = {"found": len(content) // 1_000_000, "allowed": _LARGEST_BYTES // 1_000_000}
        raise refuse("file_too_large", file=file, **most)
    if _DEEP_KEY.search(content):
        raise refuse("bad_toml", file=file, row=None, found="a key of too many parts")
    try:
        return tomllib.loads(content.decode("utf-8-sig"), parse_float=_decimal)
    except RecursionError as error:
        raise refuse("bad_toml", file=file, row=None, found="brackets too deep") from error
    except UnicodeDecodeError as error:
        raise refuse("wrong_encoding_toml", file=file) from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        raise refuse("bad_toml", file=file, row=int(place[1]) if place else None, found=str(error)) from error
    except ValueError as error:  # a whole number of thousands of digits
        raise refuse("bad_toml", file=file, row=None, found=str(error).partition(";")[0]) from error


_LARGEST_BYTES = 20_000_000
_DEEP_KEY = re.compile(rb"(?:[\w\"'-]+[ \t]*\.[ \t]*){30}")  # the parser takes the square of their number
_LONGEST_CHAIN = 20  # files that extend one another


def _decimal(text: str) -> Decimal:
    """Return a number exactly, unless no arithmetic could hold it.

    Raises
    ------
    ValueError
        For an exponent beyond 300 or more than 300 digits.
    """
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text[:40]}: too large an exponent") from error
    if number.is_finite() and (abs(number.adjusted()) > _WIDEST or len(number.as_tuple().digits) > _WIDEST):
        raise ValueError(f"{text[:40]}: too many digits or too large an exponent")
    return number


_WIDEST = 300


def read_toml(path: Path, *, seen: tuple[Path, ...] = ()) -> Tree:
    """Return a scenario's tables with those of the files it extends beneath them.

    A path in ``[frame] file`` is made absolute, relative to the file that states it.

    Raises
    ------
    InputError
        ``file_missing``, ``extends_itself``, and those of `parse_toml`.
    """
    path = Path(os.path.realpath(path))
    if path in seen or len(seen) > _LONGEST_CHAIN:
        raise refuse("extends_itself", file=path.name)
    if not path.is_file():
        raise refuse("file_missing", file=str(path))
    tree = parse_toml(path.read_bytes(), path.name)
    frame = tree.get("frame")
    if isinstance(frame, dict) and isinstance(frame.get("file"), str):
        if "\0" in frame["file"]:
            raise refuse("file_missing", file=frame["file"])
        frame["file"] = os.path.realpath(path.parent / frame["file"])
    base = tree.pop("extends", None)
    if base is None:
        return tree
    if not isinstance(base, str):
        raise refuse("wrong_type", file=path.name, key="extends", found=str(base), allowed="text")
    if "\0" in base:
        raise refuse("file_missing", file=base)
    beneath = read_toml(path.parent / base, seen=(*seen, path))
    for key in tree.keys() & beneath.keys():
        if _is_another(beneath[key], tree[key]):
            del beneath[key]
    return merged(beneath, tree)


def _is_another(base: object, over: object) -> bool:
    """Say whether a table states another thing of its sort (another kind, another county), not details of the same."""
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return False
    other_kind = over.get("kind", base.get("kind")) != base.get("kind")
    return other_kind or bool({"file", "county", "synthetic"} & over.keys())


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Tree:
    """Return `base` with `over` laid on it, table by table and key by key.

    Examples
    --------
    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return result
