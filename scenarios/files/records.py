"""Answers as JSON, schema ``risk/1``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from estimators.policy import Policy
from scenarios.files.atomic import write_atomically
from scenarios.provenance import provenance
from scenarios.questions.curve import Curve
from scenarios.questions.reach import chance_drawn


def risk_record(curve: Curve) -> dict[str, Any]:
    """Return the record of a curve, ready for JSON.

    Parameters
    ----------
    curve : Curve
        The answer.

    Returns
    -------
    dict
        ``{"schema": "risk/1", "policy", "engine_requested", "averaged", "points", "readings", "tipping", "drawn",
        "provenance"}``; a number no engine could serve is null.
    """
    frame = curve.scenario.frame
    villages, townships = chance_drawn(curve.scenario)
    return {
        "schema": "risk/1",
        "scenario": curve.scenario.name,
        "synthetic": curve.scenario.frame.synthetic,
        "policy": policy_record(curve.scenario.policy),
        "engine_requested": curve.engine,
        "averaged": curve.scenario.averaged,
        "points": [
            {
                "level": {key: float(value) for key, value in level.items()},
                "chance": dict(chance.fails),
                "standard_error": dict(chance.standard_error),
                "at_limit": dict(chance.at_limit),
                "not_measured": dict(chance.not_measured),
                "engine": dict(chance.engine),
                "any_finding": finding,
                "bound": chance.bound,
                "inspections": chance.inspections,
                "failed": dict(chance.failed),
                "between": dict(chance.between),
                "populations": chance.populations,
            }
            for level, chance, finding in zip(curve.levels, curve.chances, curve.finding, strict=True)
        ],
        "readings": {
            "missed": {curve.scenario.policy.with_other_denominator().missed_denominator: list(curve.other_denominator)}
        },
        "tipping": {
            question: {str(each.share): each.level for each in curve.tipping if each.question == question}
            for question in dict.fromkeys(each.question for each in curve.tipping)
        },
        "drawn": {
            "villages": dict(zip(frame.codes, villages.tolist(), strict=True)),
            "townships": dict(townships),
        },
        "assumed": list(curve.scenario.assumed),
        "provenance": asdict(provenance(curve.scenario)),
    }


def policy_record(policy: Policy) -> dict[str, Any]:
    """Return the part of a record that says what rule set was used."""
    return {
        "name": policy.name,
        "limits": {name: float(limit) for name, limit in policy.limits.items()},
        "units": dict(policy.units),
        "missed_denominator": policy.missed_denominator,
        "incidence": policy.incidence,
        "at_limit_fails": policy.at_limit_fails,
        "weighting": policy.weighting,
        "overridden": list(policy.overridden),
    }


def write_json(record: dict[str, Any], path: Path) -> None:
    """Write a record as JSON, whole or not at all.

    Raises
    ------
    InputError
        ``cannot_write``.
    """
    write_atomically(path, (json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode())
