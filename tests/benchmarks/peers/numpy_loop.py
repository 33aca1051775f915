"""The inspections as one writes them by hand in numpy: a loop, `Generator.choice` for every draw."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtrit

from benchmarks.peers.result import RATES, Result
from estimators.policy import CRITERIA
from sampler.frame import EXITED, UNREGISTERED
from sampler.population import Population
from scenarios.scenario import Scenario

_PARTS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class _County:
    """What the loop reads: of each household, what it adds to the three rates above and below the line."""

    found: NDArray[np.int64]  # (N, 3)
    asked: NDArray[np.int64]  # (N, 3)
    starts: list[int]  # of blocks, 3V + 1
    takes: list[list[int]]  # of villages and groups
    strata: list[tuple[NDArray[np.int64], int]]
    persons: list[int]
    limits: NDArray[np.float64]


def numpy_loop(cell: Scenario, population: Population, *, decided: int, intervals: int) -> Result:
    """Run both jobs.

    Parameters
    ----------
    cell : Scenario
        Frame, plan and limits.
    population : Population
        The truth.
    decided, intervals : int
        Inspections of each job.
    """
    county, rng = _county(cell, population), np.random.default_rng(1)
    fast, fails = _timed(lambda: _decided(county, _visited(county, rng)), decided)
    slow, limits = _timed(lambda: _intervals(county, _visited(county, rng)), intervals)
    return Result(
        name="hand-written numpy loop",
        versions={"numpy": version("numpy"), "scipy": version("scipy")},
        speed={"decided": fast, "intervals": slow},
        inspections={"decided": len(fails), "intervals": len(limits)},
        failed=dict(zip(CRITERIA, fails.mean(axis=0), strict=True)),
        errors=dict(zip(RATES, limits[:, 0].mean(axis=0), strict=True)),
    )


def _county(cell: Scenario, population: Population) -> _County:
    frame, group = cell.frame, cell.frame.household_group
    exited, unregistered = group == EXITED, group == UNREGISTERED
    wrong, persons = population.wrong_persons, frame.household_persons
    found = [wrong * exited, wrong * unregistered, population.approves.astype(np.int64)]
    return _County(
        found=np.stack(found, axis=1),
        asked=np.stack([persons * exited, persons * unregistered, np.ones_like(persons)], axis=1),
        starts=frame.offsets.tolist(),
        takes=cell.plan.visited_households(frame).tolist(),
        strata=[(stratum.villages, stratum.drawn) for stratum in cell.plan.strata(frame)],
        persons=frame.group_persons.sum(axis=0).tolist(),
        limits=np.array([float(cell.policy.limits[name]) for name in CRITERIA]),
    )


def _visited(county: _County, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return the visited households of each drawn village, ordinary villages first."""
    visited = []
    for villages, drawn in county.strata:
        for village in rng.choice(villages, drawn, replace=False).tolist():
            rows = []
            for group, take in enumerate(county.takes[village]):
                start, stop = county.starts[3 * village + group], county.starts[3 * village + group + 1]
                rows.append(start + rng.choice(stop - start, take, replace=False))
            visited.append(np.concatenate(rows))
    return visited


def _decided(county: _County, visited: list[NDArray[np.int64]]) -> NDArray[np.bool_]:
    """Return whether each criterion fails, shape (4,)."""
    rows = np.concatenate(visited)
    wrong_exit, missed, approval = county.found[rows].sum(axis=0) / county.asked[rows].sum(axis=0)
    exited, remaining, unregistered = county.persons
    incidence = (remaining + wrong_exit * exited + missed * unregistered) / sum(county.persons)
    fails: NDArray[np.bool_] = np.array([wrong_exit, missed, incidence, -approval]) > county.limits * [1, 1, 1, -1]
    return fails


def _intervals(county: _County, visited: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return standard error, lower and upper limit of each rate, shape (3, 3): Taylor and plain Korn-Graubard."""
    rows = np.concatenate(visited)
    edges = np.cumsum([0, *(len(village) for village in visited[:-1])])
    d, s = np.add.reduceat(county.found[rows], edges), np.add.reduceat(county.asked[rows], edges)
    size = s.sum(axis=0)
    rate = d.sum(axis=0) / size
    z = (d - rate * s) / size
    variance, first, df = np.zeros(3), 0, 0
    for _, drawn in county.strata:
        part = z[first : first + drawn]
        variance += drawn / (drawn - 1) * ((part - part.mean(axis=0)) ** 2).sum(axis=0)
        first, df = first + drawn, df + drawn - 1
    ratio = (stdtrit(size - 1, 0.975) / stdtrit(df, 0.975)) ** 2
    # Without an event there is no design effect: the sample counts as it is.
    effective = np.minimum(size, np.where(variance > 0, rate * (1 - rate) / np.maximum(variance, 1e-300) * ratio, size))
    events, others = rate * effective, (1 - rate) * effective
    low = np.where(events > 0, betaincinv(np.maximum(events, 1e-300), others + 1, 0.025), 0)
    high = np.where(others > 0, betaincinv(events + 1, np.maximum(others, 1e-300), 0.975), 1)
    return np.stack([np.sqrt(variance), low, high])


def _timed(inspect: Callable[[], NDArray[np.generic]], times: int) -> tuple[float, NDArray[np.generic]]:
    """Return the median speed of five parts after one inspection to warm up, and what they found."""
    inspect()
    part, speeds, found = times // _PARTS, [], []
    for _ in range(_PARTS):
        begun = time.perf_counter()
        found += [inspect() for _ in range(part)]
        speeds.append(part / (time.perf_counter() - begun))
    return statistics.median(speeds), np.array(found)
