"""Simulated inspections a second: the compiled path, decided by the official rule, beside a hand-written numpy loop."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import numpy as np

from benchmarks.timing import seconds
from sampler import inspection
from sampler.frame import EXITED, UNREGISTERED
from sampler.population import Population
from scenarios.engines.simulate import outcomes
from scenarios.files.scenario_file import load_scenario
from scenarios.scenario import Scenario, populations

_INSPECTIONS = 100_000


def report() -> Iterator[str]:
    """Yield the table."""
    cell = load_scenario("example").scenario.at({"wrong_exit": Decimal("0.02"), "missed": Decimal("0.02")})
    (population,) = populations([cell])
    numbers = np.arange(_INSPECTIONS)
    visited = inspection.totals(population, cell.plan, seed=cell.seed, replicates=numbers[:200])[..., 0].sum() / 200
    yield f"{'inspections a second':<64} {'median':>10}  bar   ({visited:,.0f} households an inspection)"
    decided = _rate(lambda: outcomes(cell, population, numbers))
    yield _row("drawn, observed, tallied and decided, one core", decided, ">= 250,000")
    yield _row("drawn, observed and tallied by village with squares, one core", _rate(_by_village(cell, population), 5))
    halves = np.array_split(numbers, 2)
    with ThreadPoolExecutor(2) as pool:
        both = _rate(lambda: list(pool.map(lambda part: outcomes(cell, population, part), halves)))
    yield _row(f"the same decided on two cores ({both / decided:.2f} times one)", both)
    few = 2_000
    begun = time.perf_counter()
    failed = numpy_loop(cell, population, few)
    theirs = few / (time.perf_counter() - begun)
    ours = outcomes(cell, population, numbers).fails
    yield _row(f"peer: a hand-written numpy loop ({decided / theirs:.0f} times slower)", theirs)
    names = ("wrong_exit", "missed", "approval")
    told = ", ".join(f"{n} {ours[n].mean():.3f} / {f:.3f}" for n, f in zip(names, failed, strict=True))
    yield f"  shares failed, ours / numpy loop: {told}"


def _by_village(cell: Scenario, population: Population) -> Callable[[], object]:
    numbers = np.arange(_INSPECTIONS // 5)
    return lambda: inspection.tallies(population, cell.plan, seed=cell.seed, replicates=numbers)


def _rate(job: Callable[[], object], share: int = 1) -> float:
    return _INSPECTIONS / share / statistics.median(seconds(job, runs=5))


def _row(name: str, rate: float, bar: str = "") -> str:
    return f"{name:<64} {rate:>10,.0f}  {bar}"


def numpy_loop(cell: Scenario, population: Population, inspections: int) -> list[float]:
    """Return the shares of inspections that fail each ratio criterion: `Generator.choice` for every draw."""
    frame, rng = cell.frame, np.random.default_rng(1)
    takes = cell.plan.visited_households(frame)
    persons, wrong, approves = frame.household_persons, population.wrong_persons, population.approves
    starts = frame.offsets
    failed = np.zeros(3)
    for _ in range(inspections):
        chosen = []
        for stratum in cell.plan.strata(frame):
            for village in rng.choice(stratum.villages, stratum.drawn, replace=False):
                for group in range(3):
                    block = 3 * village + group
                    size, take = starts[block + 1] - starts[block], takes[village, group]
                    chosen.append((group, starts[block] + rng.choice(size, take, replace=False)))
        rows = {g: np.concatenate([r for group, r in chosen if group == g]) for g in range(3)}
        every = np.concatenate(list(rows.values()))
        failed += [
            50 * wrong[rows[EXITED]].sum() > persons[rows[EXITED]].sum(),
            50 * wrong[rows[UNREGISTERED]].sum() > persons[rows[UNREGISTERED]].sum(),
            10 * approves[every].sum() < 9 * len(every),
        ]
    return list(failed / inspections)
