"""Assurance and pre-check as JSON: the tables ``assurance`` and ``precheck`` of a ``risk/1`` record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scenarios.questions.assurance import Assurance, Provincial, Weighed
from scenarios.questions.chance_of_levels import Averaged
from scenarios.questions.precheck import Outcome, PreCheck, Prechecked, State


def assurance_record(found: Assurance) -> dict[str, Any]:
    """Return the record of an assurance.

    Parameters
    ----------
    found : Assurance
        The answer.

    Returns
    -------
    dict
        ``{"provincial", "prior", "level_is", "limit", "answer", "other_discounts"}``.
    """
    return {
        "axis": list(found.curve.axis),
        "provincial": _provincial(found.provincial) | {"design_effect_source": found.design_effect_source},
        "prior": "jeffreys",
        "level_is": "county_rate" if found.county else "model_rate",
        "limit": found.limit,
        "answer": _weighed(found.answer),
        "other_discounts": [_weighed(each) for each in found.others],
    }


def precheck_record(found: Prechecked) -> dict[str, Any]:
    """Return the record of a pre-check.

    Parameters
    ----------
    found : Prechecked
        The answer.

    Returns
    -------
    dict
        ``{"check", "prior", "limit", "before", "outcomes", "sizes_with_nothing_found"}``.
    """
    return {
        "axis": list(found.curve.axis),
        "check": _check(found.check),
        "prior": found.prior,
        "limit": found.limit,
        "before": _state(found.before),
        "outcomes": [_outcome(each) for each in found.outcomes],
        "sizes_with_nothing_found": [_outcome(each) for each in found.sizes],
    }


def _provincial(result: Provincial) -> dict[str, Any]:
    return {
        "wrong": result.wrong,
        "checked": result.checked,
        "unit": result.unit,
        "design_effect": None if result.design_effect is None else float(result.design_effect),
        "discount": float(result.discount),
    }


def _weighed(weighed: Weighed) -> dict[str, Any]:
    return {
        "discount": float(weighed.discount),
        "mean": weighed.mean,
        "upper_95": weighed.upper,
        "above_limit": weighed.above,
        "chance": _chances(weighed.fails),
        "points": weighed.points,
        "quadrature": weighed.quadrature,
    }


def _chances(fails: Mapping[str, Averaged]) -> dict[str, Any]:
    return {question: dict(vars(averaged)) for question, averaged in fails.items()}


def _check(check: PreCheck) -> dict[str, Any]:
    return {
        "households": check.households,
        "villages": check.villages,
        "per_village": check.per_village,
        "sensitivity": float(check.sensitivity),
        "found": check.found,
    }


def _state(state: State) -> dict[str, Any]:
    return {
        "mean": state.mean,
        "upper_95": state.upper,
        "above_limit": state.above,
        "chance": _chances(state.fails),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "check": _check(outcome.check),
        "chance": outcome.chance,
        "any_found": outcome.any_found,
        "after": _state(outcome.after),
        "points": outcome.points,
        "quadrature": outcome.quadrature,
    }
