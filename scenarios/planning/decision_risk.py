"""What a plan risks: failing a good county and passing a bad one, under every condition the county may be in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from math import hypot

import numpy as np

from sampler.error_model import ErrorModel
from sampler.frame import EXITED, UNREGISTERED, Frame
from sampler.plan import Plan
from scenarios.engines import model
from scenarios.engines.threads import Progress
from scenarios.planning.smallest import RiskPoints
from scenarios.planning.two_stage import StageCosts
from scenarios.scenario import Level, Scenario

Condition = Mapping[str, Decimal]

# Low, middle and high values of METHODS 5 ("Ranges") of what a planner does not know.
CONDITIONS: Mapping[str, tuple[Decimal, ...]] = {
    "icc": (Decimal(0), Decimal("0.02"), Decimal("0.1")),
    "remote_multiplier": (Decimal(1), Decimal(2), Decimal(4)),
}


@dataclass(frozen=True, kw_only=True)
class UnderCondition:
    """Both risks under one condition.

    Parameters
    ----------
    condition : mapping of str to Decimal
        Value by parameter of the error model.
    producer, consumer : float
        Chance of failing the good county and of passing the bad one, averaged over populations.
    producer_error, consumer_error : float
        Standard errors.
    """

    condition: Condition
    producer: float
    producer_error: float
    consumer: float
    consumer_error: float

    @property
    def both(self) -> float:
        """The sum of both risks."""
        return self.producer + self.consumer

    @property
    def error(self) -> float:
        """Standard error of the sum; the two are of different counties, which share their random numbers."""
        return hypot(self.producer_error, self.consumer_error)


@dataclass(frozen=True, kw_only=True, eq=False)
class DecisionRisk:
    """What a plan risks.

    Parameters
    ----------
    plan : Plan
        The plan.
    under : tuple of UnderCondition
        One a condition.
    """

    plan: Plan
    under: tuple[UnderCondition, ...]

    @property
    def worst(self) -> UnderCondition:
        """The condition with the largest sum of both risks."""
        return max(self.under, key=lambda each: each.both)

    @property
    def mean(self) -> float:
        """Both risks added up, on average over the conditions."""
        return float(np.mean([each.both for each in self.under]))


def conditions(values: Mapping[str, Sequence[Decimal]] = CONDITIONS) -> tuple[Condition, ...]:
    """Return every combination of values.

    Examples
    --------
    >>> len(conditions())
    9
    """
    return tuple(dict(zip(values, combination, strict=True)) for combination in product(*values.values()))


def decision_risks(
    scenario: Scenario,
    plans: Sequence[Plan],
    points: RiskPoints,
    under: Sequence[Condition],
    *,
    progress: Progress | None = None,
) -> tuple[DecisionRisk, ...]:
    """Return the risks of plans under conditions, all of them on common random numbers.

    Parameters
    ----------
    scenario : Scenario
        With an error model, and a grid whose first axis moves the levels of the points.
    plans : sequence of Plan
        To be judged.
    points : RiskPoints
        Levels of a good and of a bad county.
    under : sequence of mapping of str to Decimal
        Values of parameters of the error model.
    progress : callable, optional
        Called with (plans done, plans).

    Returns
    -------
    tuple of DecisionRisk
        In the order of `plans`.
    """
    if not isinstance(scenario.truth, ErrorModel):
        raise TypeError("risks at levels need a truth made from error levels")
    levels: list[Level] = [dict.fromkeys(scenario.grid[0].keys, level) for level in (points.good, points.bad)]
    found = []
    for done, plan in enumerate(plans, start=1):
        cells = [
            replace(replace(scenario, plan=plan).at({**condition, **level}), averaged=True)
            for condition in under
            for level in levels
        ]
        chances = [each.chance for each in model.averages(cells, asked=[{"any"}] * len(cells))]
        pairs = zip(chances[::2], chances[1::2], strict=True)
        found.append(
            DecisionRisk(
                plan=plan,
                under=tuple(
                    UnderCondition(
                        condition=condition,
                        producer=float(good.fails["any"] or 0.0),
                        producer_error=float(good.standard_error["any"] or 0.0),
                        consumer=1 - float(bad.fails["any"] or 0.0),
                        consumer_error=float(bad.standard_error["any"] or 0.0),
                    )
                    for condition, (good, bad) in zip(under, pairs, strict=True)
                ),
            )
        )
        if progress:
            progress(done, len(plans))
    return tuple(found)


def expected_cost(frame: Frame, plan: Plan, costs: StageCosts) -> float:
    """Return what a plan costs on average: its villages and the households visited in them.

    Examples
    --------
    >>> from scenarios import load
    >>> example = load("example")
    >>> round(expected_cost(example.frame, example.plan, StageCosts(village=20, household=1)))
    1644
    """
    chance, visited = plan.chance(frame), plan.visited_households(frame).sum(axis=1)
    return float(costs.village * chance.sum() + costs.household * (chance @ visited))


def raw_bias(frame: Frame, plan: Plan, multiplier: float) -> Mapping[str, float]:
    """Return by how much the raw rate of each kind of error lies above the county's, relative to it.

    The raw rate adds up visited persons without weights. Where remote villages err more and are drawn more often, it
    expects more than the county has: E(raw) / p = sum(w m) / sum(w) : sum(P m) / sum(P) over villages, w the persons
    expected to be visited, P all persons, m the multiplier of the village.

    Parameters
    ----------
    frame : Frame
        The county.
    plan : Plan
        The plan.
    multiplier : float
        How many times as often remote villages err.

    Returns
    -------
    dict of str to float
        For ``wrong_exit`` and ``missed``; 0 without a bias, and where nobody is visited.

    References
    ----------
    METHODS 2.2; Cochran (1977), section 5A.2.

    Examples
    --------
    >>> from scenarios import load
    >>> example = load("example")
    >>> {name: round(bias, 3) for name, bias in raw_bias(example.frame, example.plan, 2).items()}
    {'wrong_exit': 0.132, 'missed': 0.221}
    """
    chance, visited = plan.chance(frame), plan.visited_households(frame)
    times = np.where(frame.remote, multiplier, 1.0)
    found = {}
    for name, group in (("wrong_exit", EXITED), ("missed", UNREGISTERED)):
        households, persons = frame.group_households[:, group], frame.group_persons[:, group]
        size = np.divide(persons, households, out=np.zeros(len(households)), where=households > 0)
        weight = chance * visited[:, group] * size
        if weight.sum() == 0 or persons.sum() == 0:
            found[name] = 0.0
            continue
        found[name] = float(((weight @ times) / weight.sum()) / ((persons @ times) / persons.sum()) - 1)
    return found
