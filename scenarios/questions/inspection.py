"""One simulated inspection, from who was drawn to the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from estimators.variance import Lonely
from sampler.draws import Draws, Observations, Tally, draw, observe, tally
from sampler.errors import InputError, refuse
from sampler.estimands import estimands
from sampler.fieldwork import record
from sampler.frame import Ints
from sampler.plan import Stratum
from sampler.population import Population
from sampler.recheck import Rechecked, SpotCheck, spot_check, tally_spot_check
from sampler.streams import Purpose, stream_starts
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
        What was recorded.
    suspected : ndarray of int64, shape (n,)
        Wrong persons suspected of each visited household, before any appeal.
    rechecked : Rechecked or None
        The two phases of a spot check.
    slot_chance : ndarray of float64, shape (m,)
        Inclusion probability of each drawn village in its stratum.
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
    suspected: Ints
    rechecked: Rechecked | None
    slot_chance: Floats
    assessment: Assessment
    truth: Mapping[str, Fraction | None]
    village_chance: Floats
    township_chance: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What R inspections drew, recorded and added up."""

    draws: Draws
    observations: Observations
    suspected: Ints
    tally: Tally
    rechecked: Rechecked | None


def see(cell: Scenario, population: Population, replicates: Ints) -> Seen:
    """Run the inspections of these numbers, from 0, on a population."""
    frame, plan, fieldwork = cell.frame, cell.plan, cell.fieldwork
    wrong, approves = population.wrong_persons, population.approves
    if isinstance(plan, SpotCheck):
        found = spot_check(frame, plan, wrong, approves, fieldwork=fieldwork, seed=cell.seed, replicates=replicates)
        return Seen(
            draws=found.visits,
            observations=found.observations,
            suspected=found.suspected,
            tally=tally_spot_check(found, frame, plan, approves).visited,
            rechecked=found,
        )
    draws = draw(frame, plan, seed=cell.seed, replicates=replicates, away=fieldwork.away(wrong))
    made = record(fieldwork, draws, frame, wrong, stream_starts(cell.seed, Purpose.FIELDWORK, replicates))
    observations = observe(draws, frame, wrong, approves, recorded=made.recorded)
    return Seen(
        draws=draws, observations=observations, suspected=made.suspected, tally=tally(observations), rechecked=None
    )


def _slot_chances(stratum: Stratum, draws: Draws, number: int) -> Floats:
    """Return the inclusion probabilities of a stratum's drawn villages."""
    place = {int(village): k for k, village in enumerate(stratum.villages)}
    drawn = draws.villages[0, draws.stratum == number]
    return stratum.design.first[[place[int(village)] for village in drawn]]


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
    seen = see(cell, population, np.array([number - 1], dtype=np.int64))
    assessment = assess(
        seen.tally,
        cell.policy,
        strata=[stratum.name for stratum in cell.plan.strata(frame)],
        frame=frame,
        interval=interval,
        lonely=lonely,
    )
    village_chance, township_chance = chance_drawn(cell)
    strata = cell.plan.strata(frame)
    return Inspection(
        scenario=cell,
        level=chosen,
        number=number,
        population=population,
        draws=seen.draws,
        observations=seen.observations,
        suspected=seen.suspected,
        rechecked=seen.rechecked,
        slot_chance=np.concatenate([np.zeros(0), *(_slot_chances(s, seen.draws, h) for h, s in enumerate(strata))]),
        assessment=assessment,
        truth=estimands(population, cell.policy.units),
        village_chance=village_chance,
        township_chance=township_chance,
    )
