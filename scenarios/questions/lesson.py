"""A lesson: many inspections of one county whose truth is known, and the chance that they are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from estimators.policy import CRITERIA
from estimators.variance import Lonely
from sampler.errors import refuse
from sampler.estimands import estimands
from sampler.frame import EXITED, UNREGISTERED, Ints
from sampler.recheck import Rechecked
from scenarios.engines import auto, simulate
from scenarios.engines.chance import Chance
from scenarios.questions.assessment import Assessment, assess
from scenarios.questions.inspection import at_level, see
from scenarios.scenario import GivenTruth, Level, Scenario, populations

# Inspections by which a level is chosen; their numbers lie beyond any lesson's, so that the choice favours no verdict.
_TRIED = np.arange(1_000_000, 1_000_400)


@dataclass(frozen=True, kw_only=True, eq=False)
class SecondPhase:
    """How large the parts of a two-phase spot check came out, one count an inspection.

    Parameters
    ----------
    first_phase : int
        So many columns of the drawn villages are those of phase 1; the others are those of the add-on.
    questionnaires, desk, revisited, fresh : ndarray of int64, shape (R,)
        The province's questionnaires, those checked at a desk, households visited again, and fresh remote ones.
    """

    first_phase: int
    questionnaires: Ints
    desk: Ints
    revisited: Ints
    fresh: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """R inspections of one county: the same truth, other draws, other verdicts.

    Parameters
    ----------
    scenario : Scenario
        Without grid.
    level : mapping of str to Decimal
        The error level assumed; empty for a given truth.
    wrong_by_village : ndarray of int64, shape (V,)
        The truth: wrongly exited and missed persons of each village.
    persons_by_village : ndarray of int64, shape (V,)
        Exited and unregistered persons of each village, who can be among them.
    truth : mapping of str to Fraction or None
        The true rates, by criterion.
    assessment : Assessment
        Estimates and verdicts of the R inspections; inspection n is that of ``choucha draw --number n``.
    second_phase : SecondPhase or None
        The re-check, where the plan has one.
    chance : Chance
        Of failing, for this one population.
    """

    scenario: Scenario
    level: Level
    wrong_by_village: Ints
    persons_by_village: Ints
    truth: Mapping[str, Fraction | None]
    assessment: Assessment
    second_phase: SecondPhase | None
    chance: Chance

    @property
    def draws(self) -> int:
        """How many inspections there are."""
        return len(self.assessment.tally.villages)

    @property
    def tested(self) -> tuple[str, ...]:
        """The criteria that can fail the county."""
        return tuple(filter(self.scenario.policy.tests, CRITERIA))


def lesson(scenario: Scenario, *, level: Decimal | None = None, draws: int = 200, lonely: Lonely = "fail") -> Lesson:
    """Run the first inspections of a scenario's seed, and ask the engines for the chance that one of them fails.

    Parameters
    ----------
    scenario : Scenario
        Its seed decides truth and draws.
    level : Decimal, optional
        Error level along the grid's first axis; by default the one where passing and failing are most alike.
    draws : int, default 200
        R.
    lonely
        As in `assess`.

    Returns
    -------
    Lesson
        The same for the same arguments.

    Raises
    ------
    InputError
        ``nothing_drawn`` for a plan that draws no village; as `at_level` and `assess`.

    Examples
    --------
    >>> from scenarios import load
    >>> shown = lesson(load("national-2017"), draws=20)
    >>> shown.assessment.tally.villages.shape, 0.3 < shown.chance.fails["any"] < 0.7
    ((20, 29), True)
    """
    chosen = telling_level(scenario) if level is None else at_level(scenario, level)
    cell = scenario.at({} if isinstance(scenario.truth, GivenTruth) else chosen)
    (population,) = populations([cell])
    frame = cell.frame
    strata = cell.plan.strata(frame)
    if not any(stratum.drawn for stratum in strata):
        raise refuse("nothing_drawn", key="plan.villages")
    seen = see(cell, population, np.arange(draws, dtype=np.int64))
    return Lesson(
        scenario=cell,
        level=chosen,
        wrong_by_village=np.bincount(
            frame.household_village, weights=population.wrong_persons, minlength=len(frame.codes)
        ).astype(np.int64),
        persons_by_village=frame.group_persons[:, [EXITED, UNREGISTERED]].sum(axis=1),
        truth=estimands(population, cell.policy.units),
        assessment=assess(
            seen.tally, cell.policy, strata=[stratum.name for stratum in strata], frame=frame, lonely=lonely
        ),
        second_phase=None if seen.rechecked is None else _second_phase(seen.rechecked, draws),
        chance=auto.chances([cell])[0],
    )


def telling_level(scenario: Scenario) -> Level:
    """Return the level of the grid's first axis at which passing and failing are most alike; empty without a grid.

    Where most inspections end alike a class does not see that the draw decides.
    """
    if not scenario.grid:
        return {}
    levels = [at_level(scenario, value) for value in scenario.grid[0].values]
    cells = [scenario.at(level) for level in levels]
    failing = [
        float(simulate.outcomes(cell, population, _TRIED).fails["any"].mean())
        for cell, population in zip(cells, populations(cells), strict=True)
    ]
    return levels[int(np.argmin(np.abs(np.array(failing) - 0.5)))]


def _second_phase(found: Rechecked, draws: int) -> SecondPhase:
    paper = found.questionnaires.draws

    def count(replicates: Ints) -> Ints:
        return np.bincount(replicates, minlength=draws)

    return SecondPhase(
        first_phase=paper.villages.shape[1],
        questionnaires=count(paper.replicate),
        desk=count(paper.replicate[found.desk]),
        revisited=count(paper.replicate[found.revisited]),
        fresh=count(found.fresh.replicate[~found.again]),
    )
