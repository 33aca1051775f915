"""Tipping levels in households: how many more wrong ones until the chance of failing reaches a share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from sampler.error_model import ErrorModel, nested_populations
from sampler.frame import REMAINING, Ints
from sampler.streams import Purpose, stream
from scenarios.engines import auto
from scenarios.engines.threads import Progress
from scenarios.questions.curve import Curve
from scenarios.questions.tipping import SHARES
from scenarios.scenario import GivenTruth, Level, Scenario

POPULATIONS = (
    8  # counted over, where a model makes the truth: the number of persons is exact, that of households nearly
)


@dataclass(frozen=True, kw_only=True)
class ErrorCount:
    """Wrong households and persons of the county.

    Parameters
    ----------
    households, persons : float
        Exited and unregistered households with a wrong or missed person, and these persons.
    """

    households: float
    persons: float


@dataclass(frozen=True, kw_only=True)
class Until:
    """How far it is to a share of failed inspections.

    Parameters
    ----------
    share : Decimal
        The chance of failing on any criterion.
    at : ErrorCount or None
        What the county has when the share is reached; None where it is not reached.
    """

    share: Decimal
    at: ErrorCount | None


@dataclass(frozen=True, kw_only=True)
class ErrorCounts:
    """Wrong households now, and until each share.

    Parameters
    ----------
    now : ErrorCount
        At the level asked for, or in the given truth.
    until : tuple of Until
        By share.
    placed : {"model", "random"}
        Whether further errors lie as the error model lays them, or at random among the right households.
    """

    now: ErrorCount
    until: tuple[Until, ...]
    placed: str


def error_counts(curve: Curve, level: Level, *, progress: Progress | None = None) -> ErrorCounts:
    """Return how many wrong households there are, and how many when 5% and 50% of inspections fail.

    Parameters
    ----------
    curve : Curve
        With its tipping levels; or of a given truth, to which errors are then added one household after another, in a
        random order of the scenario's seed.
    level : mapping of str to Decimal
        What `ErrorCounts.now` speaks of; empty for a given truth.
    progress : callable, optional
        Called with (done, all).
    """
    scenario = curve.scenario
    if isinstance(scenario.truth, GivenTruth):
        return _of_given(scenario, scenario.truth, progress)
    levels = {each.share: each.level for each in curve.tipping if each.question == "any"}
    until = []
    for share in SHARES:
        found = levels.get(share)
        there = None if found is None else {**level, **dict.fromkeys(curve.axis, Decimal(f"{found:.6f}"))}
        until.append(Until(share=share, at=None if there is None else _of_model(scenario.at(there))))
    return ErrorCounts(now=_of_model(scenario.at(level)), until=tuple(until), placed="model")


def _of_model(cell: Scenario) -> ErrorCount:
    truth = cell.truth
    assert isinstance(truth, ErrorModel)  # noqa: S101 - the caller has looked
    wrong = [
        nested_populations(cell.frame, [truth], seed=cell.seed, replicate=number).population(0).wrong_persons
        for number in range(POPULATIONS)
    ]
    return ErrorCount(
        households=float(np.mean([(each > 0).sum() for each in wrong])),
        persons=float(np.mean([each.sum() for each in wrong])),
    )


def _of_given(scenario: Scenario, truth: GivenTruth, progress: Progress | None) -> ErrorCounts:
    order = _right_ones(scenario, truth.wrong_persons)

    def with_more(more: int) -> GivenTruth:
        wrong = truth.wrong_persons.copy()
        wrong[order[:more]] = scenario.frame.household_persons[order[:more]]
        return replace(truth, wrong_persons=wrong)

    def fails(more: int) -> float:
        (answer,) = auto.chances([replace(scenario, truth=with_more(more), grid=())])
        return float(answer.fails["any"] or 0.0)

    until = []
    for done, share in enumerate(SHARES):
        more = _first_reaching(fails, float(share), len(order))
        until.append(Until(share=share, at=None if more is None else _count(with_more(more).wrong_persons)))
        if progress:
            progress(done + 1, len(SHARES))
    return ErrorCounts(now=_count(truth.wrong_persons), until=tuple(until), placed="random")


def _count(wrong: Ints) -> ErrorCount:
    return ErrorCount(households=float((wrong > 0).sum()), persons=float(wrong.sum()))


def _right_ones(scenario: Scenario, wrong: Ints) -> Ints:
    """Return the exited and unregistered households that are right, in a random order of the seed."""
    right = np.flatnonzero((wrong == 0) & (scenario.frame.household_group != REMAINING))
    ordered: Ints = stream(scenario.seed, Purpose.TRUTH).permutation(right)
    return ordered


def _first_reaching(fails: Callable[[int], float], share: float, most: int) -> int | None:
    """Return the smallest number of further errors with which a share of the inspections fails; None where none does.

    Examples
    --------
    >>> _first_reaching(lambda more: more / 1000, 0.05, 5000), _first_reaching(lambda more: 0.0, 0.05, 5000)
    (50, None)
    """
    if fails(0) >= share:
        return 0
    below, enough = 0, min(16, most)
    while fails(enough) < share:
        if enough == most:
            return None
        below, enough = enough, min(4 * enough, most)
    while enough - below > 1:
        middle = (below + enough) // 2
        below, enough = (below, middle) if fails(middle) >= share else (middle, enough)
    return enough
