"""Attribution: who carries the risk at one error level, and what putting villages right buys; exact where it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sampler.error_model import ErrorModel, nested_populations
from sampler.errors import refuse
from sampler.frame import Bools, Frame, Ints
from sampler.population import Population
from scenarios.engines import auto, exact
from scenarios.engines.chance import Chance
from scenarios.engines.marginal import Drops, drops, put_right
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.engines.threads import Progress, in_threads
from scenarios.questions.curve import Curve
from scenarios.scenario import GivenTruth, Level, Scenario, populations

Floats = NDArray[np.float64]

POPULATIONS = 48  # averaged over, where the model makes the truth
STEPS = 10  # villages put right one after another
SMALL = 0.05  # chance at which putting right ends


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What a part of the county adds to the chance of failing.

    Parameters
    ----------
    name : str
        Of the stratum or township; for a village, its name.
    villages : int
        Of the part.
    wrong_persons : float
        Wrong and missed persons there, on average where the truth is a model's.
    drop : mapping of str to float
        By criterion: the chance, less what it is once the part is right.
    error : mapping of str to float
        Standard errors; 0 where the truth is one population's.
    """

    name: str
    villages: int
    wrong_persons: float
    drop: Mapping[str, float]
    error: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One more village put right.

    Parameters
    ----------
    village : int
        Index in the frame.
    wrong_households, wrong_persons, disapproving : int
        What is put right there.
    chance : Chance
        The chance of failing then.
    """

    village: int
    wrong_households: int
    wrong_persons: int
    disapproving: int
    chance: Chance


@dataclass(frozen=True, kw_only=True, eq=False)
class Attribution:
    """Who carries the risk.

    Parameters
    ----------
    scenario : Scenario
        At its level.
    level : mapping of str to Decimal
        The error level; empty for a given truth.
    chance : mapping of str to float
        Of each criterion looked at: exact, or the average over populations.
    error : mapping of str to float
        Standard errors of these averages; 0 for one population.
    populations : int
        Averaged over; 0 where the truth is one population's.
    strata, townships : tuple of Carried
        Those that carry most first. Of one population, what putting the whole part right takes off; on average, the
        sum over its villages of what putting each right takes off.
    villages : tuple of Carried
        Of one population, the villages that carry most; empty on average, when nobody knows which err.
    before : Chance or None
        The chance of failing, every question answered, before anything is put right; None on average.
    steps : tuple of Step
        The best village to put right next, again and again; empty on average.
    """

    scenario: Scenario
    level: Level
    chance: Mapping[str, float]
    error: Mapping[str, float]
    populations: int
    strata: tuple[Carried, ...]
    townships: tuple[Carried, ...]
    villages: tuple[Carried, ...]
    before: Chance | None
    steps: tuple[Step, ...]


def attribution(
    scenario: Scenario, level: Level, *, steps: int = STEPS, shown: int = 10, progress: Progress | None = None
) -> Attribution:
    """Return who carries the risk at a level of a scenario.

    Parameters
    ----------
    scenario : Scenario
        With `averaged` settled or None; None averages where the truth is a model's.
    level : mapping of str to Decimal
        One of its error levels; empty for a given truth.
    steps : int
        Villages to be put right, at most.
    shown : int
        Villages listed, at most.
    progress : callable, optional
        Called with (done, all).

    Returns
    -------
    Attribution

    Raises
    ------
    InputError
        ``attribution_needs_law`` where no ratio criterion has an exact law: it is read off the law.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from scenarios import load
    >>> one = replace(load("example"), averaged=False)
    >>> found = attribution(one, {"wrong_exit": Decimal("0.01"), "missed": Decimal("0.01")}, steps=1)
    >>> len(found.townships), len(found.steps)
    (11, 1)
    """
    cell = scenario.at(level)
    criteria = attributable(cell)
    averaged = isinstance(cell.truth, ErrorModel) if cell.averaged is None else cell.averaged
    if averaged:
        return _averaged(cell, level, criteria, progress)
    return _of_one(cell, level, criteria, steps, shown, progress)


def attributable(scenario: Scenario) -> tuple[str, ...]:
    """Return the criteria whose chance can be attributed: those with an exact law of whole-number scores.

    Raises
    ------
    InputError
        ``attribution_needs_law`` where there is none.
    """
    found = criteria_with_law(scenario)
    if not found:
        raise refuse("attribution_needs_law", key="--why")
    return found


def criteria_with_law(scenario: Scenario) -> tuple[str, ...]:
    """Return the tested criteria whose whole-number scores have an exact law, perhaps none."""
    raw = scenario.policy.weighting == "raw"
    return tuple(c for c in RATIO_CRITERIA if raw and scenario.policy.tests(c) and exact.serves(scenario, c))


def nearest_to_even(answer: Curve) -> Level:
    """Return the level of a curve whose chance of failing on any criterion lies nearest one half."""
    away = [abs((chance.fails["any"] or 0.0) - 0.5) for chance in answer.chances]
    return answer.levels[int(np.argmin(away))]


# --- one population -------------------------------------------------------------------------------


def _of_one(
    cell: Scenario, level: Level, criteria: tuple[str, ...], steps: int, shown: int, progress: Progress | None
) -> Attribution:
    (population,) = populations([cell])
    lost = dict(zip(criteria, in_threads(lambda name: drops(cell, population, name), criteria), strict=True))
    parts = {**_strata(cell), **{("township", name): inside for name, inside in _townships(cell.frame).items()}}
    jobs = [(name, inside) for inside in parts.values() for name in criteria]

    def chance_without(job: tuple[str, Bools]) -> float:
        return exact.ratio_chance(cell, put_right(population, job[1]), job[0]).fails

    without = iter(in_threads(chance_without, jobs, progress=progress))
    carried = {
        key: _carried(
            key[1], inside, population.wrong_persons, cell.frame, {c: lost[c].chance - next(without) for c in criteria}
        )
        for key, inside in parts.items()
    }
    taken = _put_right_in_turn(cell, population, criteria, steps, progress)
    return Attribution(
        scenario=cell,
        level=level,
        chance={name: each.chance for name, each in lost.items()},
        error=dict.fromkeys(criteria, 0.0),
        populations=0,
        strata=_most_first([part for key, part in carried.items() if key[0] == "stratum"]),
        townships=_most_first([part for key, part in carried.items() if key[0] == "township"]),
        villages=_villages(cell, population, lost)[:shown],
        before=auto.chances([_with(cell, population)])[0],
        steps=taken,
    )


def _with(cell: Scenario, population: Population) -> Scenario:
    truth = GivenTruth(wrong_persons=population.wrong_persons, approves=population.approves)
    return replace(cell, truth=truth, averaged=False)


def _villages(cell: Scenario, population: Population, lost: Mapping[str, Drops]) -> tuple[Carried, ...]:
    frame = cell.frame
    each = []
    for v, name in enumerate(frame.villages):
        inside = np.arange(len(frame.codes)) == v
        own = {criterion: float(found.drops[v]) for criterion, found in lost.items()}
        each.append(_carried(name, inside, population.wrong_persons, frame, own))
    return _most_first([part for part in each if any(value > 0 for value in part.drop.values())])


def _put_right_in_turn(
    cell: Scenario, population: Population, criteria: tuple[str, ...], steps: int, progress: Progress | None
) -> tuple[Step, ...]:
    """Return the villages to put right, each time the one that takes most off the sum of the criteria's chances."""
    order: list[tuple[int, Population, Population]] = []
    now = population
    for done in range(steps):
        found = in_threads(lambda name, truth=now: drops(cell, truth, name), criteria)  # type: ignore[misc]
        total = np.sum([each.drops for each in found], axis=0)
        best = int(np.argmax(total))
        if sum(each.chance for each in found) < SMALL or total[best] <= 0:
            break
        then = put_right(now, np.arange(len(cell.frame.codes)) == best)
        order.append((best, now, then))
        now = then
        if progress:
            progress(done + 1, steps)
    answers = auto.chances([_with(cell, then) for _, _, then in order]) if order else ()
    return tuple(_step(village, before, answer) for (village, before, _), answer in zip(order, answers, strict=True))


def _step(village: int, before: Population, answer: Chance) -> Step:
    inside = before.frame.household_village == village
    wrong = before.wrong_persons[inside]
    return Step(
        village=village,
        wrong_households=int((wrong > 0).sum()),
        wrong_persons=int(wrong.sum()),
        disapproving=int((~before.approves[inside]).sum()),
        chance=answer,
    )


# --- an average over populations --------------------------------------------------------------------


def _averaged(cell: Scenario, level: Level, criteria: tuple[str, ...], progress: Progress | None) -> Attribution:
    truth, frame = cell.truth, cell.frame
    if not isinstance(truth, ErrorModel):
        raise TypeError("only a truth made from error levels can be averaged over populations")

    def one(number: int) -> tuple[list[Drops], Ints]:
        population = nested_populations(frame, [truth], seed=cell.seed, replicate=number).population(0)
        return [drops(cell, population, name) for name in criteria], _by_village(frame, population.wrong_persons)

    made = in_threads(one, range(POPULATIONS), progress=progress)
    lost = {name: np.stack([found[i].drops for found, _ in made]) for i, name in enumerate(criteria)}
    chance = {name: np.array([found[i].chance for found, _ in made]) for i, name in enumerate(criteria)}
    wrong = np.mean([persons for _, persons in made], axis=0)

    def part(name: str, inside: Bools) -> Carried:
        sums = {criterion: values[:, inside].sum(axis=1) for criterion, values in lost.items()}
        return Carried(
            name=name,
            villages=int(inside.sum()),
            wrong_persons=float(wrong[inside].sum()),
            drop={criterion: float(values.mean()) for criterion, values in sums.items()},
            error={criterion: _standard_error(values) for criterion, values in sums.items()},
        )

    return Attribution(
        scenario=cell,
        level=level,
        chance={name: float(values.mean()) for name, values in chance.items()},
        error={name: _standard_error(values) for name, values in chance.items()},
        populations=POPULATIONS,
        strata=_most_first([part(name, inside) for (_, name), inside in _strata(cell).items()]),
        townships=_most_first([part(name, inside) for name, inside in _townships(frame).items()]),
        villages=(),
        before=None,
        steps=(),
    )


def _standard_error(values: Floats) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


# --- parts ------------------------------------------------------------------------------------------


def _strata(cell: Scenario) -> dict[tuple[str, str], Bools]:
    every = np.arange(len(cell.frame.codes))
    return {("stratum", s.name): np.isin(every, s.villages) for s in cell.plan.strata(cell.frame)}


def _townships(frame: Frame) -> dict[str, Bools]:
    names = np.array(frame.townships)
    return {name: names == name for name in dict.fromkeys(frame.townships)}


def _by_village(frame: Frame, wrong_persons: Ints) -> Ints:
    counts: Ints = np.bincount(frame.household_village, weights=wrong_persons, minlength=len(frame.codes)).astype(
        np.int64
    )
    return counts


def _carried(name: str, inside: Bools, wrong_persons: Ints, frame: Frame, lost: Mapping[str, float]) -> Carried:
    return Carried(
        name=name,
        villages=int(inside.sum()),
        wrong_persons=float(_by_village(frame, wrong_persons)[inside].sum()),
        drop=dict(lost),
        error=dict.fromkeys(lost, 0.0),
    )


def _most_first(parts: Sequence[Carried]) -> tuple[Carried, ...]:
    total: Callable[[Carried], float] = lambda part: -sum(part.drop.values())  # noqa: E731
    return tuple(sorted(parts, key=total))
