"""What the exact engine costs as the county grows, or the inspection: time and memory, and the same simulated."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import numpy as np

from benchmarks.timing import seconds
from sampler.frame import Frame, frame_from_counts
from scenarios.engines import exact
from scenarios.engines.by_villages import chance_by_villages
from scenarios.engines.simulate import outcomes
from scenarios.files.scenario_file import load_scenario
from scenarios.scenario import Scenario, populations

_VILLAGES, _DRAWN, _INSPECTIONS = (64, 257, 1_024, 4_096), (10, 29, 60, 120), 20_000
_LEVEL = {"wrong_exit": Decimal("0.02"), "missed": Decimal("0.02")}


def report() -> Iterator[str]:
    """Yield the tables."""
    example = load_scenario("example").scenario
    yield f"{'missed, exact, one core':<44} {'seconds':>9} {'peak MB':>9}  simulated inspections a second"
    for villages in _VILLAGES:
        yield _line(f"29 of {villages:,} villages", _cell(example, villages, 29))
    for drawn in _DRAWN:
        yield _line(f"{drawn} of 257 villages", _cell(example, 257, drawn))
    cell = example.at(_LEVEL)
    (truth,) = populations([cell])
    one_pass = min(seconds(lambda: chance_by_villages(cell, truth, "missed", stratum="ordinary", most=60), runs=3))
    yield f"{'all of 0 to 60 ordinary villages in one pass':<44} {one_pass:>9.3f}"
    yield ""


def _line(name: str, cell: Scenario) -> str:
    (truth,) = populations([cell])
    least = min(seconds(lambda: exact.ratio_chance(cell, truth, "missed"), runs=3))
    tracemalloc.start()
    exact.ratio_chance(cell, truth, "missed")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    simulated = min(seconds(lambda: outcomes(cell, truth, np.arange(_INSPECTIONS)), runs=3))
    return f"{name:<44} {least:>9.3f} {peak / 1e6:>9.0f}  {_INSPECTIONS / simulated:,.0f}"


def _cell(example: Scenario, villages: int, drawn: int) -> Scenario:
    """Return the example at 2%, its villages repeated or cut, and so many drawn, remote ones as often as the others."""
    frame = _of_size(example.frame, villages)
    remote = round(drawn * float(frame.remote.mean()))
    plan = replace(example.plan, villages={"ordinary": drawn - remote, "remote": remote})  # type: ignore[type-var]
    return replace(example, frame=frame, plan=plan, averaged=False).at(_LEVEL)


def _of_size(frame: Frame, villages: int) -> Frame:
    own = np.arange(villages) % len(frame.codes)
    return frame_from_counts(
        name=f"{villages} villages",
        codes=[str(i) for i in range(villages)],
        villages=[str(i) for i in range(villages)],
        townships=[frame.townships[i] for i in own],
        remote=frame.remote[own],
        group_households=frame.group_households[own],
        group_persons=frame.group_persons[own],
        synthetic=True,
    )
