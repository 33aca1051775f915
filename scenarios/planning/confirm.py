"""The winner of a search held against the plans in use, on populations that the search has not seen.

A plan that was picked among thousands for its risk looks better than it is. Here nothing is picked any more: the
difference of the sums of both risks is unbiased, and its error comes from the differences population by population.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from estimators.policy import CRITERIA
from sampler.error_model import ErrorModel, nested_populations
from scenarios.engines import exact, model
from scenarios.engines.threads import in_threads
from scenarios.planning.decision_risk import (
    Condition,
    DecisionRisk,
    Floats,
    decision_errors,
    levels_of,
    under_condition,
)
from scenarios.planning.smallest import RiskPoints
from scenarios.scenario import Scenario

FRESH = 512  # populations
_AN_EXACT_ONE = 16  # in so many


@dataclass(frozen=True, kw_only=True, eq=False)
class Confirmed:
    """A plan under the condition that was its worst in the search.

    Parameters
    ----------
    name : str
        Where it comes from.
    condition : mapping of str to Decimal
        The condition.
    both, error : float
        Producer's and consumer's risk added up, and the standard error of the sum.
    difference, difference_error : float
        By how much the sum lies above that of the first plan, and the standard error of that; 0 for the first.
    exact : mapping of str to tuple of two float
        For each criterion whose level the points move and that has an exact law under the plan: chance of failing the
        good county and of passing the bad one by it alone, exact in each population and averaged over them.
    populations, exact_populations : int
        Looked at; of these, for the exact chances.
    """

    name: str
    condition: Condition
    both: float
    error: float
    difference: float
    difference_error: float
    exact: Mapping[str, tuple[float, float]]
    populations: int
    exact_populations: int


def confirm(
    scenario: Scenario,
    plans: Sequence[tuple[str, DecisionRisk]],
    points: RiskPoints,
    *,
    fresh: int | None = None,
    recall: Callable[[Callable[[], Floats]], Floats] = lambda work: work(),
) -> tuple[Confirmed, ...]:
    """Return each plan under its worst condition, and how far its risks lie above those of the first.

    Parameters
    ----------
    scenario : Scenario
        As in `decision_errors`.
    plans : sequence of (str, DecisionRisk)
        Name and risks of each plan, the one that is held against the others first.
    points : RiskPoints
        Levels of a good and of a bad county.
    fresh : int, optional
        Populations looked at; 512 where it is left out.
    recall : callable, optional
        As in `tune`.
    """
    numbers = fresh_populations(FRESH if fresh is None else fresh)
    exactly = numbers[: max(len(numbers) // _AN_EXACT_ONE, 1)]
    errors = _errors(scenario, [risk for _, risk in plans], points, numbers, recall)
    sums = [each.sum(axis=1) for each in errors]
    found = []
    for (name, risk), seen, both in zip(plans, errors, sums, strict=True):
        tried = replace(scenario, plan=risk.plan)
        above = both - sums[0]
        under = under_condition(tried, risk.worst.condition, seen)
        found.append(
            Confirmed(
                name=name,
                condition=risk.worst.condition,
                both=under.both,
                error=under.error,
                difference=float(above.mean()),
                difference_error=float(above.std(ddof=1) / np.sqrt(len(above))),
                exact=_exactly(tried, points, risk.worst.condition, exactly),
                populations=len(numbers),
                exact_populations=len(exactly),
            )
        )
    return tuple(found)


def fresh_populations(count: int) -> range:
    """Return the numbers of populations that no search has used: it uses lower ones."""
    return range(model.MOST, model.MOST + count)


def _errors(
    scenario: Scenario,
    risks: Sequence[DecisionRisk],
    points: RiskPoints,
    numbers: Sequence[int],
    recall: Callable[[Callable[[], Floats]], Floats],
) -> list[Floats]:
    """Return the wrong decisions of each plan under its worst condition, shape (B, 2) each.

    Plans of one condition are looked at together: the populations are most of the work.
    """
    found: dict[int, Floats] = {}
    worst = [tuple(risk.worst.condition.items()) for risk in risks]
    for condition in dict.fromkeys(worst):
        members = [place for place, each in enumerate(worst) if each == condition]
        some = [risks[place].plan for place in members]
        seen = recall(partial(decision_errors, scenario, some, points, dict(condition), numbers))
        found.update((place, seen[:, i]) for i, place in enumerate(members))
    return [found[place] for place in range(len(risks))]


def _exactly(
    scenario: Scenario, points: RiskPoints, condition: Condition, numbers: Sequence[int]
) -> dict[str, tuple[float, float]]:
    """Return both risks by each criterion alone, of those that have an exact law."""
    cells = [scenario.at({**condition, **level}) for level in levels_of(scenario, points)]
    criteria = [
        name
        for name in scenario.grid[0].keys
        if name in CRITERIA and scenario.policy.tests(name) and all(exact.serves(cell, name) for cell in cells)
    ]
    models = [cell.truth for cell in cells if isinstance(cell.truth, ErrorModel)]

    def fails(number: int) -> list[list[float]]:
        nested = nested_populations(scenario.frame, models, seed=scenario.seed, replicate=number)
        truths = [nested.population(place) for place in range(len(cells))]
        return [
            [exact.ratio_chance(cell, truth, name).fails for cell, truth in zip(cells, truths, strict=True)]
            for name in criteria
        ]

    if not criteria:
        return {}
    mean = np.mean(in_threads(fails, list(numbers)), axis=0)
    return {name: (float(good), 1 - float(bad)) for name, (good, bad) in zip(criteria, mean, strict=True)}
