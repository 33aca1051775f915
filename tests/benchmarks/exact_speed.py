"""The exact engine: given truth, 257 different villages, 29 drawn, persons; and a whole curve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import numpy as np

from benchmarks.plain import plain_chance
from benchmarks.timing import row, seconds
from sampler.frame import EXITED
from scenarios.engines import exact, model
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.files.scenario_file import load_scenario
from scenarios.questions.curve import curve, other_denominator
from scenarios.scenario import Scenario, populations


def report() -> Iterator[str]:
    """Yield the table."""
    scenario = load_scenario("example").scenario
    yield f"{'exact engine, seconds':<64} {'min':>8} {'median':>8} {'max':>8}  bar"
    for level in (Decimal("0.01"), Decimal("0.02"), Decimal("0.04")):
        cell = scenario.at({"wrong_exit": level, "missed": level})
        (truth,) = populations([cell])
        for criterion in RATIO_CRITERIA:
            times = seconds(lambda c=criterion, s=cell, t=truth: exact.ratio_chance(s, t, c))  # type: ignore[misc]
            yield row(f"{criterion}, given truth at {level}, one core", times, "<= 0.15")
    cell = scenario.at({"wrong_exit": Decimal("0.02"), "missed": Decimal("0.02")})
    (truth,) = populations([cell])
    village = replace(cell, policy=replace(cell.policy, limits={**cell.policy.limits}))
    other = other_denominator(village)
    yield row("missed, denominator of the drawn villages", seconds(lambda: exact.ratio_chance(other, truth, "missed")))
    yield from _peer(cell)
    one = replace(scenario, averaged=False)
    yield row("one population: 21 levels, all criteria and any, tipping, 2 cores", seconds(lambda: curve(one), runs=3))
    cells = [scenario.at(level) for level in scenario.points()]
    times = seconds(lambda: model.chances(cells), runs=3)
    yield row("model truth: 21 levels, all criteria and any, 2 cores", times, "<= 3")
    found = model.chances(cells)
    # What no population, or every one, showed is told as a bound of three in the number of populations.
    told = [
        chance.standard_error[question] or 0.0
        for chance in found
        for question, value in chance.fails.items()
        if value is not None and 0 < value < 1
    ]
    made = found[0].populations
    yield f"  {len(told)} chances, {made} populations, largest standard error {max(told):.4f} (bar .005)"


def _peer(cell: Scenario) -> Iterator[str]:
    (truth,) = populations([cell])
    frame, strata = cell.frame, cell.plan.strata(cell.frame)
    scores = 50 * truth.wrong_persons - frame.household_persons
    blocks = [scores[frame.block(i, EXITED)] for i in range(len(frame.codes))]
    takes = cell.plan.visited_households(frame)[:, EXITED]
    law = exact.score_law(cell, truth, "wrong_exit")
    length = 1 << int(np.ceil(np.log2(len(law.chance))))

    def job() -> float:
        return plain_chance(blocks, takes, [(s.villages, s.drawn) for s in strata], length, law.lowest)

    ours, theirs = exact.ratio_chance(cell, truth, "wrong_exit").fails, job()
    yield row("peer: wrong_exit at 0.02 in plain NumPy, the same numbers", seconds(job, runs=3))
    yield f"  ours {ours:.15f}, plain NumPy {theirs:.15f}, difference {abs(ours - theirs):.1e}"
