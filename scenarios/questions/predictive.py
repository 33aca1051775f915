"""Predictive values: the chance that a county that failed truly exceeds a limit, and that one that passed meets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sampler.error_model import ErrorModel
from sampler.frame import EXITED, REMAINING, UNREGISTERED
from scenarios.questions.assurance import Provincial, belief_about, settled_result
from scenarios.questions.belief import Belief, settled
from scenarios.questions.chance_of_levels import ChanceOfLevels, chance_of_levels
from scenarios.questions.curve import Curve
from scenarios.questions.precheck import grid_belief
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """What a verdict says of the truth, for one question.

    Parameters
    ----------
    exceeds : float
        Chance, before the inspection, that the true rate lies beyond its limit.
    fails : float
        Chance that the inspection fails the county.
    exceeds_given_fail, meets_given_pass : float or None
        Chance that the true rate is beyond (not beyond) its limit where the inspection failed (passed) the county;
        None where that never happens.
    """

    exceeds: float
    fails: float
    exceeds_given_fail: float | None
    meets_given_pass: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictive:
    """What a verdict says of the truth.

    Parameters
    ----------
    curve : Curve
        The chances by error level.
    belief : Belief
        About the level before the inspection.
    prior : {"provincial", "grid"}
        Whether it comes from the province's result, or is Jeffreys' prior between the ends of the grid.
    provincial : Provincial or None
        The result.
    questions : mapping of str to Predicted
        By question.
    change : float
        How far the number that moved most moved when the points of the quadrature were last doubled.
    """

    curve: Curve
    belief: Belief
    prior: Literal["provincial", "grid"]
    provincial: Provincial | None
    questions: Mapping[str, Predicted]
    change: float


def predictive(
    curve: Curve, *, provincial: Provincial | None = None, chances: ChanceOfLevels | None = None
) -> Predictive:
    """Return the predictive values of a failed and of a passed inspection.

    Parameters
    ----------
    curve : Curve
        With a rate of wrong exits or missed households on the first axis of its grid.
    provincial : Provincial, optional
        What is known of the level beforehand. Without it the levels of the grid are weighed by Jeffreys' prior between
        its ends, which is an assumption.
    chances : ChanceOfLevels, optional
        The curve's chances at any level, where they are known already.

    Raises
    ------
    InputError
        ``assurance_needs_levels``; as `assurance.settled_result`.

    References
    ----------
    Hund, L. (2014). New tools for evaluating LQAS survey designs. Emerging Themes in Epidemiology 11:2.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from scenarios import load
    >>> from scenarios.questions.curve import curve
    >>> from decimal import Decimal
    >>> from scenarios.scenario import Axis
    >>> few = Axis(keys=("wrong_exit", "missed"), values=tuple(map(Decimal, ("0", "0.01", "0.02", "0.03", "0.04"))))
    >>> found = predictive(curve(replace(load("example"), averaged=False, grid=(few,)), engine="exact"))
    >>> missed = found.questions["missed"]
    >>> missed.exceeds_given_fail > missed.exceeds, missed.meets_given_pass > 1 - missed.exceeds
    (True, True)
    """
    known = settled_result(provincial, curve.scenario) if provincial else None
    belief = belief_about(known, curve.scenario) if known else grid_belief(curve)
    chances = chances or chance_of_levels(curve)

    def answers(points: int) -> dict[str, Predicted]:
        levels = belief.levels(points)
        beyond = truly_beyond(curve.scenario, levels)
        return {q: _predicted(beyond[q], chances.at(q, levels)) for q in chances.questions}

    found = settled(answers, lambda each: [v for p in each.values() for v in vars(p).values() if v is not None])
    return Predictive(
        curve=curve,
        belief=belief,
        prior="provincial" if known else "grid",
        provincial=known,
        questions=found.answer,
        change=found.change,
    )


def truly_beyond(scenario: Scenario, levels: Floats) -> dict[str, Bools]:
    """Return whether the county's true rates lie beyond their limits at each level of the grid's first axis.

    Parameters
    ----------
    scenario : Scenario
        With a grid; further axes stay at their first values.
    levels : ndarray of float64, shape (n,)

    Returns
    -------
    dict of str to ndarray of bool, shape (n,)
        By question; ``any`` where one criterion is. Levels are person rates of the county, which the model meets to
        the nearest person (exact totals) or on average.
    """
    fixed = {key: axis.values[0] for axis in scenario.grid[1:] for key in axis.keys}
    truth = scenario.at({**fixed, **dict.fromkeys(scenario.grid[0].keys, Decimal(0))}).truth
    assert isinstance(truth, ErrorModel)  # noqa: S101 - a grid needs levels
    rates = {
        key: levels if key in scenario.grid[0].keys else np.full(len(levels), float(getattr(truth, key)))
        for key in ("wrong_exit", "missed")
    }
    limits = {name: float(limit) for name, limit in scenario.policy.limits.items()}
    persons = scenario.frame.group_persons.sum(axis=0)
    wrong = rates["wrong_exit"] * persons[EXITED] + rates["missed"] * persons[UNREGISTERED]
    extra = np.zeros(len(levels)) if scenario.policy.incidence == "registered" else wrong
    beyond = {name: rates[name] > limits[name] for name in rates}
    beyond["incidence"] = (persons[REMAINING] + extra) / persons.sum() > limits["incidence"]
    beyond["approval"] = np.full(len(levels), 1 - float(truth.disapproval) < limits["approval"])
    beyond["any"] = np.any(list(beyond.values()), axis=0)
    return beyond


def _predicted(beyond: Bools, fails: Floats) -> Predicted:
    """Return the predictive values over levels of equal probability."""
    failing, passing = float(fails.mean()), float(1 - fails.mean())
    return Predicted(
        exceeds=float(beyond.mean()),
        fails=failing,
        exceeds_given_fail=float((fails * beyond).mean()) / failing if failing > 0 else None,
        meets_given_pass=float(((1 - fails) * ~beyond).mean()) / passing if passing > 0 else None,
    )
