"""From what the user names (nothing, a village list, a scenario file, a shipped name) to a scenario, and back."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from importlib.resources import files
from math import prod
from pathlib import Path
from typing import Any, get_type_hints

import tomli_w
from pydantic import ValidationError

from estimators.policy import Policy
from sampler.designs import DESIGNS
from sampler.domains import describe, holds
from sampler.error_model import ErrorModel
from sampler.errors import InputError, Mistake, refuse
from scenarios.files.atomic import write_atomically
from scenarios.files.channels_documents import channels_of
from scenarios.files.counties import county_of
from scenarios.files.documents import (
    GridDocument,
    LevelsDocument,
    RangeDocument,
    ScenarioDocument,
    SpotCheckDocument,
)
from scenarios.files.faults import mistakes_of
from scenarios.files.layout import Remark
from scenarios.files.plans import fieldwork_of, plan_of, with_plan_defaults
from scenarios.files.policies import policy_of
from scenarios.files.tables import County
from scenarios.files.toml import Tree, parse_toml, read_toml
from scenarios.files.truth import truth_of
from scenarios.scenario import Axis, GivenTruth, Scenario

DEFAULT_GRID = {
    "together": ["wrong_exit", "missed"],
    "wrong_exit": {"from": Decimal(0), "to": Decimal("0.04"), "steps": 21},
}


@dataclass(frozen=True, kw_only=True)
class ScenarioFile:
    """A scenario with the file that states it in full.

    Parameters
    ----------
    scenario : Scenario
        The frozen record.
    tree : dict
        Every key of the scenario file, defaults included; what `save_scenario` writes.
    remarks : tuple of Remark
        What of the county's tables was read otherwise than it stands, or not read.
    """

    scenario: Scenario
    tree: Tree
    remarks: tuple[Remark, ...] = ()


def scenario_names() -> tuple[str, ...]:
    """Return the names of the shipped scenarios."""
    folder = files("scenarios.data").joinpath("library")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_scenario(
    argument: str | None = None, *, seed: int | None = None, policy: str | None = None, county: str | None = None
) -> ScenarioFile:
    """Return the scenario a user names.

    Parameters
    ----------
    argument : str, optional
        A path (it has a suffix or a separator, or is a folder) to a scenario file or a village list, or the name of
        a shipped scenario; the embedded example county by default.
    seed : int, optional
        Replaces the scenario's.
    policy : str, optional
        Name of a shipped policy; it takes the place of the scenario's, fields that the scenario overrides and all.
    county : str, optional
        Replaces the county's name, which is else that of the file or as the scenario states it.

    Returns
    -------
    ScenarioFile

    Raises
    ------
    InputError
        With every mistake found.

    Examples
    --------
    >>> load_scenario("example").scenario.frame.group_persons.sum()
    np.int64(230700)
    """
    tree, file = scenario_tree("example" if argument is None else argument)
    if seed is not None:
        tree["seed"] = seed
    if policy is not None:
        tree["policy"] = {"name": policy}
    if county is not None and isinstance(tree.get("frame"), dict):  # anything else is refused with the other mistakes
        tree["frame"]["name"] = county
    return scenario_of(tree, file)


def scenario_tree(name: str) -> tuple[Tree, str]:
    """Return the keys of the scenario a user names, as `load_scenario` takes it, and the file they stand in.

    Raises
    ------
    InputError
        Where nothing has that name or it cannot be read; the keys themselves are not looked at.
    """
    path = Path(name)
    if not name or "\0" in name:
        raise refuse("no_such_name", found=name)
    if not (path.suffix or len(path.parts) > 1 or path.is_dir()):
        if name not in scenario_names():
            close = get_close_matches(name, scenario_names(), n=1)
            raise refuse(
                "unknown_scenario",
                found=name,
                nearest=close[0] if close else "",
                allowed=", ".join(scenario_names()),
            )
        content = files("scenarios.data").joinpath("library", f"{name}.toml").read_bytes()
        return parse_toml(content, f"{name}.toml"), f"{name}.toml"
    if path.suffix.lower() == ".toml":
        return read_toml(path), path.name
    return {"schema": "scenario/1", "name": path.stem, "frame": {"file": os.path.realpath(path)}}, path.name


def scenario_document(tree: Tree, file: str) -> ScenarioDocument:
    """Return what a scenario states, checked as far as that goes without its tables.

    Raises
    ------
    InputError
        With every mistake found.
    """
    try:
        document = _with_defaults(ScenarioDocument.model_validate(tree))
        if document.grid:
            axes = _axes(document.grid)
            points = prod(len(axis.values) for axis in axes)
            if points > _MOST_POINTS:
                raise refuse("too_many_points", key="grid", found=f"{points:,}", allowed=f"{_MOST_POINTS:,}")
            _require_grid_domains(axes)
    except ValidationError as error:
        raise InputError(mistakes_of(error, ScenarioDocument, file)) from error
    except InputError as error:
        raise InputError(m.at(file=file) for m in error.mistakes) from error
    return document


_MOST_POINTS = 20_000  # of a grid: hours of computing


def scenario_of(tree: Tree, file: str, *, county: County | None = None) -> ScenarioFile:
    """Return the scenario of a file's keys.

    Parameters
    ----------
    tree : dict
        The keys.
    file : str
        Named in messages.
    county : County, optional
        What ``[frame]`` names, where it was read before.

    Raises
    ------
    InputError
        With every mistake found.
    """
    document = scenario_document(tree, file)
    try:
        county = county or county_of(document.frame)
        plan = with_plan_defaults(document.plan, len(county.frame.codes))
        document = document.model_copy(update={"plan": plan})
        scenario = Scenario(
            name=document.name,
            seed=document.seed,
            frame=county.frame,
            truth=truth_of(document.population, _axes(document.grid) if document.grid else (), county),
            plan=plan_of(document.plan, document.province),
            fieldwork=fieldwork_of(document.fieldwork),
            channels=channels_of(document.channels),
            policy=policy_of(document.policy),
            grid=_axes(document.grid) if document.grid else (),
            averaged=document.population.averaged if isinstance(document.population, LevelsDocument) else False,
        )
    except InputError as error:
        raise InputError(m if "file" in m.fields else m.at(file=file) for m in error.mistakes) from error
    full = document.model_dump(by_alias=True, exclude_none=True) | {"policy": _policy_tree(scenario.policy)}
    stated = set(_leaves(tree))
    assumed = tuple(
        key
        for key in _leaves(full)
        if not any(key == s or key.startswith(f"{s}.") for s in stated)
        and not _does_nothing(key, value_of(full, key), document)
        # What the policy says is the policy's, with its own sources and assumptions.
        and (key == "policy.name" or not key.startswith("policy."))
    )
    return ScenarioFile(
        scenario=replace(scenario, assumed=assumed, digest=_digest(full, scenario)),
        tree=full,
        remarks=county.remarks,
    )


def _does_nothing(key: str, value: object, document: ScenarioDocument) -> bool:
    """Say whether a default switches something off, so that nobody assumed anything."""
    if key.startswith(("fieldwork.", "province.")):
        return True  # what is not stated there does not err
    if key.endswith(("plan.certainty", "phase1.certainty")):
        plan = document.plan.phase1 if isinstance(document.plan, SpotCheckDocument) else document.plan
        return plan.size is None and DESIGNS[plan.selection].size != "required"
    if key == "plan.phase1.kind":
        return True  # there is no other
    return key.startswith(("frame.", "plan.", "channels.")) and value in (0, False, [], {})


def _policy_tree(policy: Policy) -> Tree:
    """Return every field of a policy, so that a saved scenario means the same whatever becomes of the shipped one."""
    return {
        "name": policy.name,
        "missed_denominator": policy.missed_denominator,
        "incidence": policy.incidence,
        "at_limit_fails": policy.at_limit_fails,
        "weighting": policy.weighting,
        "limits": {key: Decimal(limit.numerator) / Decimal(limit.denominator) for key, limit in policy.limits.items()},
        "units": dict(policy.units),
    }


def _with_defaults(document: ScenarioDocument) -> ScenarioDocument:
    """Fill in the default grid."""
    grid = document.grid
    levels = document.population
    if isinstance(levels, LevelsDocument):
        if grid is None and levels.wrong_exit is None and levels.missed is None:
            grid = GridDocument.model_validate(DEFAULT_GRID)
        moved = {key for axis in (_axes(grid) if grid else ()) for key in axis.keys}
        missing = [key for key in ("wrong_exit", "missed") if getattr(levels, key) is None and key not in moved]
        if missing:
            raise InputError(Mistake("missing_key", {"key": f"population.{key}"}) for key in missing)
    return document.model_copy(update={"grid": grid})


def _axes(grid: GridDocument) -> tuple[Axis, ...]:
    """Return the axes, that of `together` first; its values stand under one of its keys."""
    together = tuple(grid.together or ())
    given = {key: _values(key, value) for key, value in grid if key != "together" and value is not None}
    axes = []
    if together:
        holders = [key for key in together if key in given]
        if len(holders) > 1:
            raise refuse("grid_twice", key=f"grid.{holders[1]}", found=", ".join(holders))
        values = given[holders[0]] if holders else _values("grid", GridDocument.model_validate(DEFAULT_GRID).wrong_exit)
        axes.append(Axis(keys=together, values=values))
    for key, values in given.items():
        if key not in together:
            keys = ("whole_wrong_exit", "whole_missed") if key == "whole_household" else (key,)
            axes.append(Axis(keys=keys, values=values))
    if not axes:
        raise refuse("grid_empty", key="grid")
    return tuple(axes)


def _values(key: str, given: list[Decimal] | RangeDocument | None) -> tuple[Decimal, ...]:
    if isinstance(given, RangeDocument):
        step = (given.to - given.from_) / (given.steps - 1)
        return tuple((given.from_ + step * i).normalize() + 0 for i in range(given.steps))
    if not given:
        raise refuse("grid_empty", key=f"grid.{key}")
    return tuple(given)


def _require_grid_domains(axes: tuple[Axis, ...]) -> None:
    hints = get_type_hints(ErrorModel, include_extras=True)
    wrong = [
        Mistake("outside_domain", {"key": f"grid.{key}", "found": str(value), "allowed": describe(hints[key])})
        for axis in axes
        for key in axis.keys[:1]
        for value in axis.values
        if not holds(value, hints[key])
    ]
    if wrong:
        raise InputError(wrong)


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _digest(tree: Tree, scenario: Scenario) -> str:
    """Return the SHA-256 of the scenario in canonical form; of its tables the content counts, not the path."""
    frame, truth = scenario.frame, scenario.truth
    canonical = {key: value for key, value in tree.items() if key not in ("name", "frame")}
    digest = hashlib.sha256(json.dumps(canonical, sort_keys=True, default=plain_decimal, ensure_ascii=False).encode())
    digest.update(json.dumps([frame.codes, frame.villages, frame.townships], ensure_ascii=False).encode())
    if frame.household_ids is not None:  # they decide whom a field form names
        digest.update(json.dumps(frame.household_ids, ensure_ascii=False).encode())
    arrays = [
        frame.remote,
        frame.poor_village,
        frame.group_households,
        frame.group_persons,
        frame.household_persons,
        frame.household_key,
    ]
    if frame.household_hamlet is not None:
        arrays.append(frame.household_hamlet)
    if isinstance(truth, GivenTruth):
        arrays += [truth.wrong_persons, truth.approves]
    for array in arrays:
        digest.update(array.astype("<i8").tobytes())
    return digest.hexdigest()


def plain_decimal(value: Decimal) -> str:
    """Return a decimal written the same way however it was spelled (2, 2.0), for canonical JSON."""
    return f"{value.normalize():f}"


def save_scenario(file: ScenarioFile, path: Path) -> None:
    """Write the scenario in full, defaults included; the county's file relative to it where that is possible.

    Raises
    ------
    InputError
        ``cannot_write``.
    """
    require_scenario_suffix(path)
    tree = json.loads(json.dumps(file.tree, default=lambda value: {"decimal": str(value)}), object_hook=_decimals)
    if "file" in tree["frame"]:
        with suppress(ValueError):  # another drive on Windows: the path stays absolute
            tree["frame"]["file"] = Path(
                os.path.relpath(tree["frame"]["file"], Path(os.path.realpath(path)).parent)
            ).as_posix()
    write_atomically(path, tomli_w.dumps(tree).encode())


def require_scenario_suffix(path: Path) -> None:
    """Refuse to save a scenario under a name that would not be read as one."""
    if path.suffix.lower() != ".toml":
        raise refuse("save_suffix", file=path.name, found=path.suffix)


def _decimals(table: dict[str, Any]) -> Any:
    return Decimal(table["decimal"]) if table.keys() == {"decimal"} else table


def value_of(tree: Tree, key: str) -> object:
    """Return the value at a dotted key.

    Examples
    --------
    >>> value_of({"plan": {"villages": 29}}, "plan.villages")
    29
    """
    value: Any = tree
    for part in key.split("."):
        value = value[part]
    return value
