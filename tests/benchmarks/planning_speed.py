"""Plans a second: listed within a budget, judged by simulation, and each criterion of them computed exactly."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from benchmarks.timing import seconds
from sampler.error_model import ErrorModel, nested_populations
from scenarios import load
from scenarios.engines import exact, model
from scenarios.planning.candidates import plans_within
from scenarios.planning.decision_risk import decision_errors, levels_of
from scenarios.planning.fieldwork_cost import expected_cost
from scenarios.planning.race import FIRST
from scenarios.planning.smallest import RiskPoints
from scenarios.planning.two_stage import StageCosts

_PLANS = 128
_HALF = Decimal("0.5")
_POINTS = RiskPoints(good=Decimal("0.006"), producer=_HALF, bad=Decimal("0.02"), consumer=_HALF)
_COSTS = StageCosts(village=20, household=1)


def report() -> Iterator[str]:
    """Yield a table."""
    scenario = load("example")
    truth = scenario.truth
    assert isinstance(truth, ErrorModel)
    budget = expected_cost(scenario.frame, scenario.plan, _COSTS)
    listing = _middle(lambda: plans_within(scenario, budget, _COSTS))
    plans = plans_within(scenario, budget, _COSTS)
    some, condition = plans[:: max(len(plans) // _PLANS, 1)][:_PLANS], {"icc": truth.icc}
    judging = _middle(lambda: decision_errors(scenario, some, _POINTS, condition, range(FIRST)))
    cells = [replace(scenario, plan=plan).at(levels_of(scenario, _POINTS)[0]) for plan in some]
    population = nested_populations(scenario.frame, [truth], seed=1).population(0)
    criteria = [name for name in ("wrong_exit", "missed", "approval") if exact.serves(cells[0], name)]
    exactly = _middle(lambda: [exact.ratio_chance(cell, population, name) for cell in cells for name in criteria])
    inspections = len(some) * FIRST * 2 * model.inspections_each(scenario)
    yield f"plans a second, example county, {len(plans):,} plans within the budget of its own"
    yield f"  listed                                               {len(plans) / listing:>12,.0f}"
    yield f"  judged: 2 levels, {FIRST} populations, {model.inspections_each(scenario)} inspections each"
    yield f"                                                       {len(some) / judging:>12,.1f}"
    yield f"  inspections a second of these                        {inspections / judging:>12,.0f}"
    yield f"  {len(criteria)} criteria exact in one population, one core          {len(some) / exactly:>12,.1f}"
    yield ""


def _middle(job: Callable[[], object]) -> float:
    return statistics.median(seconds(job, runs=3))
