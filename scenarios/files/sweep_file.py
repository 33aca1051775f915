"""A sweep's file (schema ``sweep/1``): a scenario, and the keys of it that vary."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from functools import reduce
from hashlib import sha256
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from sampler.domains import Steps
from sampler.errors import InputError, Mistake, refuse
from scenarios.files.document import Document, FromNumber
from scenarios.files.faults import mistakes_of
from scenarios.files.scenario_file import plain_decimal, scenario_document, scenario_tree
from scenarios.files.toml import Tree, merged, parse_toml
from scenarios.sweep import Cell, Sweep

MOST_CELLS = 100_000  # of a day each they would take centuries; of a second each, a day
_ORIGINS = ("file", "county", "synthetic")  # of a county; exactly one is stated
_RANGE = {"from", "to", "steps"}


class SweepDocument(Document):
    """A sweep's file."""

    schema_: Literal["sweep/1"] = Field(alias="schema")
    name: str = "sweep"
    scenario: str
    engine: Literal["auto", "exact", "conditional", "simulate"] = "auto"
    vary: dict[str, Any] = Field(default_factory=dict)


class VariedRange(Document):
    """Evenly spaced values of a key that varies, both ends included; whole numbers one by one where `steps` is left."""

    from_: Annotated[Decimal, FromNumber] = Field(alias="from")
    to: Annotated[Decimal, FromNumber]
    steps: Steps | None = None


def sweep_names() -> tuple[str, ...]:
    """Return the names of the shipped sweeps."""
    folder = files("scenarios.data").joinpath("sweeps")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_sweep(argument: str, *, engine: str | None = None) -> Sweep:
    """Return the sweep of a file or a shipped name.

    Parameters
    ----------
    argument : str
        A path to a sweep's file, or the name of a shipped one.
    engine : str, optional
        Replaces the sweep's.

    Raises
    ------
    InputError
        With every mistake found in the file and in its cells' scenarios, as far as they can be checked without their
        tables; ``sweep_without_points``, ``sweep_too_large``.

    Examples
    --------
    >>> nation = load_sweep("national-832")
    >>> nation.keys, len(nation.cells)
    (('frame.synthetic',), 832)
    """
    path = Path(argument)
    if not argument or "\0" in argument:
        raise refuse("no_such_name", found=argument)
    if path.suffix or len(path.parts) > 1:
        if not path.is_file():
            raise refuse("file_missing", file=argument)
        content, file, folder = path.read_bytes(), path.name, Path(os.path.realpath(path)).parent
    elif argument in sweep_names():
        content = files("scenarios.data").joinpath("sweeps", f"{argument}.toml").read_bytes()
        file, folder = f"{argument}.toml", Path.cwd()
    else:
        close = get_close_matches(argument, sweep_names(), n=1)
        nearest = close[0] if close else ""
        raise refuse("unknown_sweep", found=argument, nearest=nearest, allowed=", ".join(sweep_names()))
    tree = parse_toml(content, file)
    try:
        document = SweepDocument.model_validate(tree)
    except ValidationError as error:
        raise InputError(mistakes_of(error, SweepDocument, file)) from error
    base = _base(document.scenario, folder)
    axes = dict(_axes(document.vary, file))
    if not axes:
        raise refuse("sweep_without_points", file=file, key="vary")
    size = reduce(lambda so_far, values: so_far * len(values), axes.values(), 1)
    if size > MOST_CELLS:
        raise refuse("sweep_too_large", file=file, key="vary", found=f"{size:,}", allowed=f"{MOST_CELLS:,}")
    asked = engine or document.engine
    cells = tuple(_cells(base, axes, folder, file))
    digests = json.dumps([asked, *(cell.digest for cell in cells)])
    return Sweep(
        name=document.name,
        file=file,
        engine=asked,
        keys=tuple(axes),
        cells=cells,
        digest=sha256(digests.encode()).hexdigest(),
    )


def _base(scenario: str, folder: Path) -> Tree:
    """Return the keys of the scenario that the cells start from; a path is relative to the sweep's file."""
    path = Path(scenario)
    named = path.suffix or len(path.parts) > 1
    tree, _ = scenario_tree(str(folder / path) if named else scenario)
    return {"population": {"kind": "levels"}, **tree}  # the default of a scenario, so that its parts may vary


def _axes(vary: Mapping[str, Any], file: str, prefix: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Yield each key that varies with its values; keys may be written with dots or as tables in tables."""
    for key, given in vary.items():
        dotted = f"{prefix}{key}"
        if isinstance(given, Mapping) and not _RANGE & given.keys():
            yield from _axes(given, file, f"{dotted}.")
        elif isinstance(given, Mapping):
            yield dotted, _spaced(given, file, dotted)
        elif isinstance(given, list) and given:
            yield dotted, given
        elif isinstance(given, list):
            raise refuse("sweep_without_points", file=file, key=f"vary.{dotted}")
        else:
            raise refuse("wrong_type", file=file, key=f"vary.{dotted}", found=str(given), allowed="list")


def _spaced(given: Mapping[str, Any], file: str, key: str) -> list[int | Decimal]:
    try:
        stated = VariedRange.model_validate(given)
    except ValidationError as error:
        raise InputError(
            Mistake(m.code, {**m.fields, "key": f"vary.{key}.{m.fields.get('key', '')}"})
            for m in mistakes_of(error, VariedRange, file)
        ) from error
    steps = stated.steps
    if steps is None:
        distance = stated.to - stated.from_
        if distance != int(distance) or not 0 <= distance < MOST_CELLS:
            raise refuse("range_needs_steps", file=file, key=f"vary.{key}", found=f"{stated.from_} - {stated.to}")
        steps = int(distance) + 1
    if steps == 1:
        return [_whole(stated.from_)]
    step = (stated.to - stated.from_) / (steps - 1)
    return [_whole((stated.from_ + step * i).normalize() + 0) for i in range(steps)]


def _whole(value: Decimal) -> int | Decimal:
    """Return a whole number as one: counts are not decimals in a scenario's file."""
    return int(value) if value == value.to_integral_value() else value


def _cells(base: Tree, axes: Mapping[str, Sequence[Any]], folder: Path, file: str) -> Iterator[Cell]:
    contents: dict[str, str] = {}
    wrong: dict[tuple[str, str], Mistake] = {}
    for number, values in enumerate(product(*axes.values())):
        varied = dict(zip(axes, values, strict=True))
        tree = reduce(lambda so_far, item: _with(so_far, item[0], item[1], folder), varied.items(), base)
        try:
            scenario_document(tree, file)
        except InputError as error:
            # One mistake spoils many cells; it is told once.
            wrong |= {(m.code, json.dumps(dict(m.fields), default=str)): m for m in error.mistakes}
            continue
        yield Cell(number=number, varied=varied, tree=tree, digest=_digest(tree, contents))
    if wrong:
        raise InputError(wrong.values())


def _with(tree: Tree, key: str, value: Any, folder: Path) -> Tree:
    """Return a scenario's keys with one of them replaced."""
    steps = key.split(".")
    if steps[0] == "frame" and steps[-1] in _ORIGINS:
        kept = {name: each for name, each in tree.get("frame", {}).items() if name not in _ORIGINS}
        tree = {**tree, "frame": kept}
        if steps[-1] == "file" and isinstance(value, str):
            value = os.path.realpath(folder / value)
    replaced: Any = value
    if isinstance(value, Mapping):  # a table stands for itself and is not laid over another
        tree = _without(tree, steps)
    for step in reversed(steps):
        replaced = {step: replaced}
    return merged(tree, replaced)


def _without(tree: Tree, steps: Sequence[str]) -> Tree:
    first, *rest = steps
    if first not in tree:
        return tree
    if not rest:
        return {key: value for key, value in tree.items() if key != first}
    return {**tree, first: _without(tree[first], rest)} if isinstance(tree[first], Mapping) else tree


def _digest(tree: Tree, contents: dict[str, str]) -> str:
    """Return the SHA-256 of a cell's scenario; of a county's file the content counts, not the path."""
    frame = tree.get("frame", {})
    if "file" in frame:
        path = frame["file"]
        if path not in contents:
            contents[path] = _content(Path(path))
        frame = {**frame, "file": contents[path]}
    canonical = {**tree, "frame": frame}
    return sha256(json.dumps(canonical, sort_keys=True, default=plain_decimal, ensure_ascii=False).encode()).hexdigest()


def _content(path: Path) -> str:
    if not path.exists():
        raise refuse("file_missing", file=str(path))
    parts = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
    digest = sha256()
    for part in parts:
        digest.update(part.name.encode() + b"\0" + sha256(part.read_bytes()).digest())
    return digest.hexdigest()
