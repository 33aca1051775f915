"""Many inspections of one county, one batch after another: how often they fail, and where their rates fall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimators.policy import CRITERIA
from sampler.errors import refuse
from scenarios.engines.chance import QUESTIONS
from scenarios.engines.simulate import outcomes, sums_of
from scenarios.questions.spread import rates_of
from scenarios.scenario import GivenTruth, Level, Scenario, populations

Floats = NDArray[np.float64]

_BATCH = 50


@dataclass(frozen=True, kw_only=True, eq=False)
class Repeated:
    """What inspections 1, 2, 3, ... of one population saw.

    Parameters
    ----------
    scenario : Scenario
        At its level.
    level : mapping of str to Decimal
        The error level; empty for a given truth.
    inspections : int
        How many.
    failed : mapping of str to int
        How many of them failed, by question.
    rates : mapping of str to ndarray of float64, shape (inspections,)
        By criterion; not a number where nothing was measured.
    share : ndarray of float64, shape (inspections,)
        Share of the first 1, 2, 3, ... inspections that failed on any criterion.
    """

    scenario: Scenario
    level: Level
    inspections: int
    failed: Mapping[str, int]
    rates: Mapping[str, Floats]
    share: Floats


def repeated(scenario: Scenario, level: Level, count: int) -> Iterator[Repeated]:
    """Yield what a growing number of inspections saw, up to a count.

    Inspection n is the one that `questions.inspection.inspect` shows under that number.

    Parameters
    ----------
    scenario : Scenario
        Its seed decides truth and draws.
    level : mapping of str to Decimal
        Error level; empty for a given truth.
    count : int
        Inspections in all, at least 1.

    Raises
    ------
    InputError
        ``spread_needs_raw`` where the policy decides by weighted rates.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from scenarios import load
    >>> level = {"wrong_exit": Decimal("0.012"), "missed": Decimal("0.012")}
    >>> [found.inspections for found in repeated(load("example"), level, 120)]
    [50, 100, 120]
    """
    if scenario.policy.weighting != "raw":
        raise refuse("spread_needs_raw", key="--spread")
    cell = scenario.at({} if isinstance(scenario.truth, GivenTruth) else level)
    (truth,) = populations([cell])
    fails: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in QUESTIONS}
    rates: dict[str, list[Floats]] = {name: [] for name in CRITERIA}
    for begin in range(0, count, _BATCH):
        numbers = np.arange(begin, min(begin + _BATCH, count))
        decided = outcomes(cell, truth, numbers).fails
        seen = rates_of(cell, sums_of(cell, truth, numbers))
        for name in QUESTIONS:
            fails[name].append(decided[name])
        for name in CRITERIA:
            rates[name].append(seen[name])
        failed = np.concatenate(fails["any"])
        yield Repeated(
            scenario=cell,
            level=level,
            inspections=len(failed),
            failed={name: int(np.concatenate(parts).sum()) for name, parts in fails.items()},
            rates={name: np.concatenate(parts) for name, parts in rates.items()},
            share=np.cumsum(failed) / np.arange(1, len(failed) + 1),
        )
