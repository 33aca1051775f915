"""The county that a visitor looks at: the example or a list of theirs, and the scenario that they believe in."""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from scenarios.files.counties import county_of
from scenarios.files.scenario_file import ScenarioFile, scenario_document, scenario_of, scenario_tree
from scenarios.files.tables import County
from scenarios.files.toml import Tree

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv", ".txt")  # what may be uploaded: no scenario, which names other files
LARGEST_MB = 20
SPOT_CHECK = "national-2019-spot-check"
POLICIES = {"central": "national-2019-central", "west": "national-2019-west"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """A county as it was read.

    Parameters
    ----------
    name : str
        Of the file; empty for the example.
    file : str
        Named in messages.
    tree : dict
        What is stated about the scenario.
    county : County
        Its tables.
    """

    name: str
    file: str
    tree: Tree
    county: County

    def with_second_visits(self) -> Source:
        """Return the county under the shipped two-phase spot check instead of its own plan."""
        tree, _ = scenario_tree(SPOT_CHECK)
        return replace(self, tree={**self.tree, **{key: tree[key] for key in ("plan", "province")}})

    def scenario(self, changes: Mapping[str, Any]) -> ScenarioFile:
        """Return the scenario with some of its tables laid over, as a scenario file would state it.

        Parameters
        ----------
        changes : mapping of str to object
            By key of the scenario file; the keys of a table replace those of the same name.
        """
        tree = copy.deepcopy(self.tree)
        for key, value in changes.items():
            if isinstance(value, Mapping) and key != "grid":
                tree[key] = {**tree.get(key, {}), **value}
            else:
                tree[key] = value
        return scenario_of(tree, self.file, county=self.county)


def read_source(argument: str, name: str) -> Source:
    """Return the county of an uploaded list or of a shipped scenario.

    Raises
    ------
    InputError
        Those of `load_scenario`.
    """
    tree, file = scenario_tree(argument)
    county = county_of(scenario_document(tree, file).frame)
    scenario_of(tree, file, county=county)  # the rest is refused here and not on the page
    return Source(name=name, file=file, tree=tree, county=county)


def plain_name(name: str) -> str:
    r"""Return the last part of a file's name, short enough for any disk.

    Examples
    --------
    >>> plain_name("../../etc/名单.xlsx"), plain_name("C:\\a\\b.csv")
    ('名单.xlsx', 'b.csv')
    """
    last = PureWindowsPath(PurePosixPath(name.replace("\0", "")).name).name
    path = Path(last)
    return (path.stem.strip(". ")[:60] or "list") + path.suffix


class Upload:
    """A list on the disk while it is read; its folder is removed as soon as that is over."""

    def __init__(self, name: str, content: bytes) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="choucha-"))
        self.path = self.folder / plain_name(name)
        self.path.write_bytes(content)

    def remove(self) -> None:
        """Remove it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def beliefs(view: Mapping[str, Any], grid: Tree | None) -> dict[str, Any]:
    """Return what a view believes, as tables of a scenario file; nothing where it is what the scenario says anyway.

    Parameters
    ----------
    view : mapping of str to object
        See `view.read_address`.
    grid : dict or None
        The scenario's own grid; None for the default one.

    Examples
    --------
    >>> from scenarios.shells.web.view import defaults
    >>> beliefs(defaults(), None)
    {}
    >>> beliefs({**defaults(), "disapproval": Decimal("0.1")}, None)
    {'population': {'kind': 'levels', 'disapproval': Decimal('0.1')}}
    """
    usual = {"disapproval": Decimal("0.05"), "icc": Decimal("0.02"), "remote": Decimal(2)}
    named = {"disapproval": "disapproval", "icc": "icc", "remote": "remote_multiplier"}
    stated = {named[key]: view[key] for key, value in usual.items() if view[key] != value}
    changes: dict[str, Any] = {}
    if view["region"] != "central":
        changes["policy"] = {"name": POLICIES[view["region"]]}
    if view["how"] == "apart":
        values = sorted({*(Decimal(i) / 500 for i in range(21)), view["missed"]})
        stated["wrong_exit"] = view["wrong_exit"]
        changes["grid"] = {"missed": values}
    elif grid is not None:
        changes["grid"] = grid
    if stated:
        changes["population"] = {"kind": "levels", **stated}
    if view["seed"]:
        changes["seed"] = view["seed"]
    return changes


def plan_of_view(view: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan of a view as a table of a scenario file."""
    strata = [] if view["strata"] == "none" else str(view["strata"]).split(",")
    plan: dict[str, Any] = {
        "kind": "two-stage",
        "strata": strata,
        "villages": view["villages"],
        "take": {"exited": view["take"], "unregistered": view["take"], "remaining": 2},
    }
    if "remote" in strata:
        plan["remote_oversample"] = view["factor"]
    return plan
