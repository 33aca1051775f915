"""One simulated inspection, from who was drawn to the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from estimators.variance import Lonely
from sampler.draws import Draws, Observations, draw, observe, tally
from sampler.errors import InputError, refuse
from sampler.estimands import estimands
from sampler.population import Population
from scenarios.questions.assessment import Assessment, assess
from scenarios.questions.reach import Floats, chance_drawn
from scenarios.scenario import GivenTruth, Level, Scenario, populations


@dataclass(frozen=True, kw_only=True, eq=False)
class Inspection:
    """One inspection of a simulated county.

    Parameters
    ----------
    scenario : Scenario
        Without grid.
    level : mapping of str to Decimal
        The error level assumed; empty for a given truth.
    number : int
        Which inspection of the scenario's seed, from 1.
    population : Population
        The truth.
    draws : Draws
        Who was drawn; R = 1.
    observations : Observations
        What was seen.
    assessment : Assessment
        Estimates and verdict.
    truth : mapping of str to Fraction or None
        The true rates, by criterion.
    village_chance : ndarray of float64, shape (V,)
        Chance that each village is drawn.
    township_chance : mapping of str to float
        Chance that a village of each township is drawn.
    """

    scenario: Scenario
    level: Level
    number: int
    population: Population
    draws: Draws
    observations: Observations
    assessment: Assessment
    truth: Mapping[str, Fraction | None]
    village_chance: Floats
    township_chance: Mapping[str, float]


def middle_level(scenario: Scenario) -> Level:
    """Return the middle of the grid's first axis, with the other axes at their first values; empty without a grid."""
    return {
        key: axis.values[len(axis.values) // 2 if place == 0 else 0]
        for place, axis in enumerate(scenario.grid)
        for key in axis.keys
    }


def at_level(scenario: Scenario, value: Decimal | None) -> Level:
    """Return the level of one inspection: `value` along the grid's first axis, by default its middle.

    Raises
    ------
    InputError
        ``level_without_grid`` when a value is asked for and the scenario has no error levels to vary,
        ``outside_domain`` for a level that cannot be.
    """
    level = middle_level(scenario)
    if value is None:
        return level
    if not scenario.grid:
        raise refuse("level_without_grid", key="--level", found=str(value))
    chosen = {**level, **dict.fromkeys(scenario.grid[0].keys, value)}
    try:
        scenario.at(chosen)
    except InputError as error:
        allowed = error.mistakes[0].fields.get("allowed", "")
        raise refuse("outside_domain", key="--level", found=str(value), allowed=allowed) from error
    return chosen


def inspect(
    scenario: Scenario,
    *,
    level: Level | None = None,
    number: int = 1,
    interval: str = "korn_graubard",
    lonely: Lonely = "fail",
) -> Inspection:
    """Run one inspection.

    Parameters
    ----------
    scenario : Scenario
        Its seed decides truth and draws.
    level : mapping of str to Decimal, optional
        Error level; the grid's middle by default.
    number : int, default 1
        Which inspection of the seed: number n is replicate n - 1 of the simulating engine.
    interval, lonely
        As in `assess`.

    Returns
    -------
    Inspection
        The same for the same arguments.

    Examples
    --------
    >>> from scenarios import load
    >>> one = inspect(load("example"))
    >>> one.draws.villages.shape, one.assessment.raw["wrong_exit"].measured
    ((1, 29), array([ True]))
    """
    chosen = middle_level(scenario) if level is None else level
    cell = scenario.at({} if isinstance(scenario.truth, GivenTruth) else chosen)
    (population,) = populations([cell])
    frame = cell.frame
    draws = draw(frame, cell.plan, seed=cell.seed, replicates=np.array([number - 1], dtype=np.int64))
    observations = observe(draws, frame, population.wrong_persons, population.approves)
    assessment = assess(
        tally(observations),
        cell.policy,
        strata=[stratum.name for stratum in cell.plan.strata(frame)],
        frame=frame,
        interval=interval,
        lonely=lonely,
    )
    village_chance, township_chance = chance_drawn(cell)
    return Inspection(
        scenario=cell,
        level=chosen,
        number=number,
        population=population,
        draws=draws,
        observations=observations,
        assessment=assessment,
        truth=estimands(population, cell.policy.units),
        village_chance=village_chance,
        township_chance=township_chance,
    )
