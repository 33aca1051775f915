"""Simulated inspections a second, decided or with intervals, beside other programs on the same job in the same run."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.peers.job import write_job
from benchmarks.peers.numpy_loop import numpy_loop
from benchmarks.peers.programs import others
from benchmarks.peers.result import JOBS, RATES, Result, Trouble
from benchmarks.timing import seconds
from estimators.estimate import Estimate, estimate
from estimators.policy import CRITERIA
from sampler import inspection
from sampler.frame import Bools, Ints
from sampler.population import Population
from scenarios.engines.simulate import outcomes
from scenarios.files.scenario_file import load_scenario
from scenarios.scenario import Scenario, populations

_RUNS = 7
# By job: inspections timed, and how many are worked on at once. Tallies by village are large, so they go in batches.
_INSPECTIONS = {"decided": (100_000, 50_000), "intervals": (40_000, 4_000)}
_TITLES = {"decided": "decided by the four criteria", "intervals": "three raw rates, each with its 95% interval"}
_BARS = {"decided": 250_000, "intervals": 80_000}
_PEER_BARS = {"decided": 5_000, "intervals": 1_000}
_LOOP_BARS = {"decided": 100, "intervals": 40}
_WIDTH = 46


def report() -> Iterator[str]:
    """Yield the tables."""
    cell = load_scenario("example").scenario.at({"wrong_exit": Decimal("0.02"), "missed": Decimal("0.02")})
    (population,) = populations([cell])
    yield _described(cell, population)
    yield f"{'inspections a second':<{_WIDTH}}{'one core':>12}{'two cores':>12}{'scaling':>9}  bar"
    speed = {}
    for job in JOBS:
        one, two = (_speed(cell, population, job, cores) for cores in (1, 2))
        speed[job] = one
        yield f"{_TITLES[job]:<{_WIDTH}}{one:>12,.0f}{two:>12,.0f}{two / one:>9.2f}  >= {_BARS[job]:,}"
    loop = numpy_loop(cell, population, decided=5_000, intervals=5_000)
    with tempfile.TemporaryDirectory() as folder:
        write_job(Path(folder), cell, population)
        found = others(Path(folder))
    yield from _peers(_ours(cell, population, speed), [*found, loop])


def _described(cell: Scenario, population: Population) -> str:
    frame, strata = cell.frame, cell.plan.strata(cell.frame)
    few = inspection.totals(population, cell.plan, seed=cell.seed, replicates=np.arange(200))
    drawn = " and ".join(f"{s.drawn} of {len(s.villages)} {s.name}" for s in strata)
    return f"one inspection: {drawn} villages of {len(frame.codes)}, {few[..., 0].sum() / 200:,.0f} households, persons"


def _decided(cell: Scenario, population: Population, numbers: Ints) -> Mapping[str, Bools]:
    return outcomes(cell, population, numbers).fails


def _intervals(cell: Scenario, population: Population, numbers: Ints) -> Mapping[str, Estimate]:
    tally = inspection.tallies(population, cell.plan, seed=cell.seed, replicates=numbers)
    return estimate(tally, cell.policy, group_persons=cell.frame.group_persons.sum(axis=0), criteria=RATES)


def _speed(cell: Scenario, population: Population, job: str, cores: int) -> float:
    """Return inspections a second of wall time, the median of several runs."""
    inspections, at_once = _INSPECTIONS[job]
    batches = np.split(np.arange(inspections), inspections // at_once)
    work: Callable[[Ints], object] = partial(_decided if job == "decided" else _intervals, cell, population)

    def forget(numbers: Ints) -> None:
        work(numbers)

    def run() -> None:
        # New threads each run, as the engine has: two that wake each other may be kept on one core for a while.
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(forget, batches))

    return inspections / statistics.median(seconds(run, runs=_RUNS))


def _ours(cell: Scenario, population: Population, speed: Mapping[str, float]) -> Result:
    numbers = np.arange(20_000)
    fails, estimates = _decided(cell, population, numbers), _intervals(cell, population, numbers)
    return Result(
        name="choucha",
        versions={name: version(name) for name in ("choucha", "numba")},
        speed=speed,
        inspections=dict.fromkeys(JOBS, len(numbers)),
        failed={name: float(fails[name].mean()) for name in CRITERIA},
        errors={name: float(estimates[name].standard_error.mean()) for name in RATES},
    )


def _peers(ours: Result, found: Sequence[Result | Trouble]) -> Iterator[str]:
    results = [one for one in found if isinstance(one, Result)]
    yield ""
    columns = f"{'decided':>10}{'ours is':>10}{'bar':>10}{'intervals':>12}{'ours is':>10}{'bar':>10}"
    yield f"{'the same job, one core each, a second':<{_WIDTH}}{columns}"
    yield f"{ours.name:<{_WIDTH}}{ours.speed['decided']:>10,.0f}{'':>20}{ours.speed['intervals']:>12,.0f}"
    for one in found:
        yield _compared(ours, one) if isinstance(one, Result) else f"{one.name}: {one.what}; {one.message}"
    yield ""
    yield f"{'the same job? shares that fail':<{_WIDTH}}{'of':>10}" + "".join(f"{name:>12}" for name in CRITERIA)
    for one in (ours, *results):
        shares = "".join(f"{one.failed[name]:>12.3f}" for name in CRITERIA)
        yield f"{one.name:<{_WIDTH}}{one.inspections['decided']:>10,}{shares}"
    yield f"{'mean standard errors':<{_WIDTH}}{'of':>10}" + "".join(f"{name:>12}" for name in RATES)
    for one in (ours, *results):
        errors = "".join(f"{one.errors[name]:>12.5f}" for name in RATES)
        yield f"{one.name:<{_WIDTH}}{one.inspections['intervals']:>10,}{errors}"
    versions = {name: number for one in (ours, *results) for name, number in one.versions.items()}
    yield "versions: " + ", ".join(f"{name} {number}" for name, number in versions.items())
    yield ""


def _compared(ours: Result, peer: Result) -> str:
    bars = _LOOP_BARS if "numpy" in peer.versions else _PEER_BARS
    line = f"{peer.name:<{_WIDTH}}"
    for job, width in zip(JOBS, (10, 12), strict=True):
        times, bar = f"{ours.speed[job] / peer.speed[job]:,.0f} x", f">= {bars[job]:,}"
        line += f"{peer.speed[job]:>{width},.0f}{times:>10}{bar:>10}"
    return line
