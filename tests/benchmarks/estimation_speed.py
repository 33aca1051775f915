"""Samples estimated a second, beside R `survey` and Python `svy` on the same samples in the same run.

A sample is the visited households of one inspection, about 1,000 rows in memory. Everybody makes three weighted ratios
with their linearised standard errors (ultimate clusters) and 95% intervals; we sum the rows first and make the default
interval, which the others do not have.
"""

from __future__ import annotations

import csv
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.programs import estimates
from benchmarks.peers.result import RATES, Trouble
from benchmarks.timing import seconds
from estimators.estimate import Estimate, estimate
from estimators.policy import Policy
from sampler.draws import Observations, draw, observe, tally
from sampler.frame import EXITED, UNREGISTERED
from scenarios.files.scenario_file import load_scenario
from scenarios.scenario import populations

_SAMPLES, _OURS, _RUNS = 200, 2_000, 7
_WIDTH = 46


def report() -> Iterator[str]:
    """Yield the table."""
    cell = load_scenario("example").scenario.at({"wrong_exit": Decimal("0.02"), "missed": Decimal("0.02")})
    (population,) = populations([cell])

    def sampled(samples: int) -> Observations:
        draws = draw(cell.frame, cell.two_stage, seed=cell.seed, replicates=np.arange(samples))  # type: ignore[arg-type]
        return observe(draws, cell.frame, population.wrong_persons, population.approves)

    many = sampled(_OURS)
    speed = _OURS / statistics.median(seconds(lambda: _estimated(many, cell.policy), runs=_RUNS))
    few = sampled(_SAMPLES)
    ours = _estimated(few, cell.policy)
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder) / "samples.csv", few)
        found = estimates(Path(folder))
    rows = len(few.persons) / _SAMPLES
    title = f"samples of {rows:,.0f} rows estimated a second, one core"
    yield f"{title:<{_WIDTH + 10}}{'ours is':>10}  largest difference"
    yield f"{'choucha, rows summed, default interval':<{_WIDTH}}{speed:>10,.0f}"
    for name, text in found.items():
        yield _line(name, text, ours, speed)
    yield ""


def _estimated(observations: Observations, policy: Policy) -> Mapping[str, Estimate]:
    return estimate(tally(observations), policy, criteria=RATES, weighting="weighted", variance="ultimate_cluster")


def _line(name: str, text: str | Trouble, ours: Mapping[str, Estimate], speed: float) -> str:
    if isinstance(text, Trouble):
        return f"{name}: {text.what}; {text.message}"
    lines = [line.split(",") for line in text.splitlines()]
    told = {line[0]: line[1] for line in lines}
    theirs: NDArray[np.float64] = np.array([line[1:] for line in lines if line[0] == "errors"], dtype=float)
    own = np.stack([ours[rate].standard_error for rate in RATES], axis=1)
    worst = float(np.max(np.abs(theirs - own) / np.maximum(own, 1e-300)))
    title = f"{name} {told['version']}"
    return (
        f"{title:<{_WIDTH}}{float(told['speed']):>10,.0f}{speed / float(told['speed']):>8,.0f} x"
        f"  of {len(theirs) * len(RATES)} standard errors {worst:.0e}"
    )


def _write(path: Path, observations: Observations) -> None:
    """Write one row a visited household, with its weight."""
    o, summed = observations, tally(observations)
    weights = summed.weights()
    assert weights is not None
    exited, unregistered = o.group == EXITED, o.group == UNREGISTERED
    columns = {
        "sample": o.replicate,
        "stratum": o.stratum[o.slot],
        "village": o.villages[o.replicate, o.slot],
        "weight": weights[o.replicate, o.slot, o.block],
        "exit_wrong": o.wrong_persons * exited,
        "exit_asked": o.persons * exited,
        "missed_wrong": o.wrong_persons * unregistered,
        "missed_asked": o.persons * unregistered,
        "approves": o.approves.astype(int),
        "household": np.ones(len(o.persons), dtype=int),
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
