"""What putting a given number of wrong households right buys: in the best order, and in no order at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sampler.errors import refuse
from sampler.frame import Ints
from sampler.population import Population
from sampler.streams import Purpose, stream
from scenarios.engines import auto
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.engines.marginal import drops
from scenarios.engines.threads import Progress, in_threads
from scenarios.questions.attribution import attributable
from scenarios.questions.curve import averages_over_populations
from scenarios.scenario import GivenTruth, Level, Scenario, populations

ORDERS = 8  # random orders averaged over


@dataclass(frozen=True, kw_only=True)
class PutRight:
    """What putting households right buys.

    Parameters
    ----------
    households, of : int
        Put right, of all that are wrong.
    villages : int
        Villages visited for it in the best order.
    before, best : Chance
        The chance of failing as it is, and after the best order: the village first whose errors carry most risk a
        wrong household, then the next.
    at_random : dict of str to float
        By question, the chance after as many at random, averaged over `ORDERS` orders.
    """

    households: int
    of: int
    villages: int
    before: Chance
    best: Chance
    at_random: dict[str, float]


def require_one_population(scenario: Scenario) -> None:
    """Refuse an average over populations: there nobody knows which households are wrong.

    Raises
    ------
    InputError
        ``fix_needs_one``; as `attributable`.
    """
    if averages_over_populations(scenario):
        raise refuse("fix_needs_one", key="--fix")
    attributable(scenario)


def put_right_households(
    scenario: Scenario, level: Level, number: int, *, progress: Progress | None = None
) -> PutRight:
    """Return what putting a number of wrong households right buys; approval stays as it is.

    Parameters
    ----------
    scenario : Scenario
        About one population.
    level : mapping of str to Decimal
        The error level; empty for a given truth.
    number : int
        Households to put right; all of them where fewer are wrong.
    progress : callable, optional
        Called with (done, all).

    Raises
    ------
    InputError
        As `require_one_population`.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from scenarios import load
    >>> one = replace(load("example"), averaged=False)
    >>> found = put_right_households(one, {"wrong_exit": Decimal("0.013"), "missed": Decimal("0.013")}, 60)
    >>> found.best.fails["missed"] < found.at_random["missed"] < found.before.fails["missed"]
    True
    """
    require_one_population(scenario.at(level))
    cell = replace(scenario.at(level), averaged=False)
    (truth,) = populations([cell])
    wrong = np.flatnonzero(truth.wrong_persons > 0)
    number = min(number, len(wrong))
    order = stream(cell.seed, Purpose.TRUTH)
    best, villages = _best(cell, truth, wrong, number, order.permutation(len(wrong)), progress)
    random = [_without(truth, order.permutation(wrong)[:number]) for _ in range(ORDERS)]
    before, after, *others = auto.chances([_given(cell, each) for each in (truth, best, *random)])
    return PutRight(
        households=number,
        of=len(wrong),
        villages=villages,
        before=before,
        best=after,
        at_random={q: float(np.mean([each.fails[q] or 0.0 for each in others])) for q in QUESTIONS},
    )


def _best(
    cell: Scenario, truth: Population, wrong: Ints, number: int, order: Ints, progress: Progress | None
) -> tuple[Population, int]:
    """Return the population with the households of the best villages put right, and how many villages that takes."""
    # A village's drop in the approval criterion is not what putting errors right buys.
    criteria = [name for name in attributable(cell) if name != "approval"]
    villages = cell.frame.household_village
    now, left, taken = truth, number, 0
    rank = np.empty(len(truth.wrong_persons), dtype=np.int64)
    rank[wrong] = order  # inside the last village households are taken in a random order
    while left > 0:
        found = in_threads(lambda name, at=now: drops(cell, at, name).drops, criteria)  # type: ignore[misc]
        still = np.flatnonzero(now.wrong_persons > 0)
        counts = np.bincount(villages[still], minlength=len(cell.frame.codes))
        each = np.where(counts > 0, np.sum(found, axis=0) / np.maximum(counts, 1), -np.inf)
        own = still[villages[still] == int(np.argmax(each))]
        chosen = own[np.argsort(rank[own], kind="stable")][:left]
        now, left, taken = _without(now, chosen), left - len(chosen), taken + 1
        if progress:
            progress(number - left, number)
    return now, taken


def _without(truth: Population, households: Ints) -> Population:
    wrong = truth.wrong_persons.copy()
    wrong[households] = 0
    return replace(truth, wrong_persons=wrong)


def _given(cell: Scenario, truth: Population) -> Scenario:
    return replace(cell, truth=GivenTruth(wrong_persons=truth.wrong_persons, approves=truth.approves), averaged=False)
