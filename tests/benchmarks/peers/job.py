"""The job as two tables any program can read: the county's households, and the plan with its limits."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sampler.frame import GROUPS
from sampler.plan import STRATA
from sampler.population import Population
from scenarios.scenario import Scenario

_COLUMNS = ("village", "township", "stratum", "group", "persons", "wrong_persons", "approves")


def write_job(folder: Path, cell: Scenario, population: Population) -> None:
    """Write ``households.csv``, one row a household, and ``plan.csv`` of keys and numbers.

    Parameters
    ----------
    folder : Path
        Where to.
    cell : Scenario
        Frame, plan and limits; the peers know the default policy alone (persons, missed over the surveyed).
    population : Population
        The truth.
    """
    frame = cell.frame
    village, (ordinary, remote) = frame.household_village, STRATA
    columns = (
        village,
        np.array(frame.townships)[village],
        np.where(frame.remote, remote, ordinary)[village],
        np.array(GROUPS)[frame.household_group],
        frame.household_persons,
        population.wrong_persons,
        population.approves.astype(int),
    )
    _write(folder / "households.csv", _COLUMNS, zip(*(column.tolist() for column in columns), strict=True))
    numbers = {f"drawn.{stratum.name}": stratum.drawn for stratum in cell.plan.strata(frame)}
    numbers |= {f"take.{group}": take for group, take in zip(GROUPS, cell.plan.takes().tolist(), strict=True)}
    limits = {f"limit.{name}": float(limit) for name, limit in cell.policy.limits.items()}
    _write(folder / "plan.csv", ("key", "value"), (numbers | limits).items())


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
