"""What a plan risks: failing a good county and passing a bad one, under every condition the county may be in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from math import hypot

import numpy as np
from numpy.typing import NDArray

from sampler.frame import EXITED, UNREGISTERED, Frame
from sampler.plan import Plan
from sampler.recheck import SpotCheck
from scenarios.engines import model
from scenarios.engines.chance import QUESTIONS
from scenarios.planning.smallest import RiskPoints
from scenarios.scenario import Level, Scenario

Floats = NDArray[np.float64]

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
    populations : int
        Over which the risks are averaged.
    """

    condition: Condition
    producer: float
    producer_error: float
    consumer: float
    consumer_error: float
    populations: int

    @property
    def both(self) -> float:
        """The sum of both risks."""
        return self.producer + self.consumer

    @property
    def error(self) -> float:
        """Standard error of the sum, not below the true one.

        A population in which the good county fails more often is one in which the bad one passes less often, so that
        the errors of the two partly cancel.
        """
        return hypot(self.producer_error, self.consumer_error)


@dataclass(frozen=True, kw_only=True, eq=False)
class DecisionRisk:
    """What a plan risks.

    Parameters
    ----------
    plan : Plan or SpotCheck
        The plan.
    under : tuple of UnderCondition
        One a condition.
    """

    plan: Plan | SpotCheck
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


def decision_errors(
    scenario: Scenario,
    plans: Sequence[Plan | SpotCheck],
    points: RiskPoints,
    condition: Condition,
    populations: Sequence[int],
) -> Floats:
    """Return how often each plan decides wrongly in each population: all plans meet the same ones.

    Parameters
    ----------
    scenario : Scenario
        With an error model, and a grid whose first axis moves the levels of the points.
    plans : sequence of Plan or SpotCheck
        P, to be judged.
    points : RiskPoints
        Levels of a good and of a bad county.
    condition : mapping of str to Decimal
        Values of parameters of the error model.
    populations : sequence of int
        Their B numbers.

    Returns
    -------
    ndarray of float64, shape (B, P, 2)
        Share of the inspections of the population that fail the good county, and that pass the bad one.
    """
    cells = [
        replace(replace(scenario, plan=plan).at({**condition, **level}), averaged=True)
        for plan in plans
        for level in levels_of(scenario, points)
    ]
    fails = model.shares(cells, populations)[..., QUESTIONS.index("any")].reshape(len(populations), len(plans), 2)
    fails[..., 1] = 1 - fails[..., 1]
    return fails


def levels_of(scenario: Scenario, points: RiskPoints) -> tuple[Level, Level]:
    """Return the error levels of the good and of the bad county, along the grid's first axis."""
    good, bad = (dict.fromkeys(scenario.grid[0].keys, level) for level in (points.good, points.bad))
    return good, bad


def under_condition(scenario: Scenario, condition: Condition, errors: Floats) -> UnderCondition:
    """Return both risks of one plan from its wrong decisions in B populations, shape (B, 2)."""
    mean, error = errors.mean(axis=0), model.standard_errors(errors, model.inspections_each(scenario))
    return UnderCondition(
        condition=condition,
        producer=float(mean[0]),
        producer_error=float(error[0]),
        consumer=float(mean[1]),
        consumer_error=float(error[1]),
        populations=len(errors),
    )


def decision_risks(
    scenario: Scenario,
    plans: Sequence[Plan | SpotCheck],
    points: RiskPoints,
    under: Sequence[Condition],
    *,
    populations: Sequence[int] = range(model.LEAST),
) -> tuple[DecisionRisk, ...]:
    """Return the risks of plans under conditions, all of them on common random numbers.

    Parameters
    ----------
    scenario, plans, points, populations
        As in `decision_errors`.
    under : sequence of mapping of str to Decimal
        The conditions.

    Returns
    -------
    tuple of DecisionRisk
        In the order of `plans`.
    """
    seen = [decision_errors(scenario, plans, points, condition, populations) for condition in under]
    return tuple(
        DecisionRisk(
            plan=plan,
            under=tuple(
                under_condition(replace(scenario, plan=plan), condition, errors[:, place])
                for condition, errors in zip(under, seen, strict=True)
            ),
        )
        for place, plan in enumerate(plans)
    )


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
