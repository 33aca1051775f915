"""Parts of the record ``estimate/1``: parts of the county, design effects, a re-check, the soundness of the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from estimators.design_effects import design_effects
from estimators.estimate import Estimate
from estimators.policy import CRITERIA, Weighting
from estimators.rule import Verdict
from estimators.two_phase import Corrected
from scenarios.questions.assessment import Assessment
from scenarios.questions.breakdown import Domain
from scenarios.questions.second_visits import Rechecks
from scenarios.questions.soundness import Soundness

Number = float | None


def number(value: float) -> Number:
    """Return a number of JSON: none for what is not finite.

    Examples
    --------
    >>> number(float("nan")), number(0.5)
    (None, 0.5)
    """
    return float(value) if np.isfinite(value) else None


def rules_record(verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    """Return what each rule says of the first sample."""

    def of(verdict: Verdict, part: str) -> dict[str, bool]:
        said = getattr(verdict, part)
        return {name: bool(said[name][0]) if name in said else False for name in CRITERIA}

    return {
        rule: {
            "fails": bool(verdict.any[0]),
            "undecided": bool(verdict.open[0]),
            "criteria": of(verdict, "fails"),
            "criteria_undecided": of(verdict, "undecided"),
            "measured": of(verdict, "measured"),
        }
        for rule, verdict in verdicts.items()
    }


def design_effects_record(
    assessment: Assessment, estimates: Mapping[str, Estimate], weighting: Weighting
) -> dict[str, dict[str, Number]]:
    """Return the design effects of the ratio criteria in parts."""
    found = design_effects(assessment.tally, assessment.policy, estimates, weighting=weighting)
    parts = ("whole", "weighting", "households", "villages")
    return {name: {part: number(getattr(one, part)[0]) for part in parts} for name, one in found.items()}


def domains_record(parts: Sequence[Domain]) -> list[dict[str, Any]]:
    """Return the estimates of parts of the county."""

    def estimates(of: Mapping[str, Estimate]) -> dict[str, Any]:
        told = ("value", "standard_error", "df", "low", "high")
        return {
            name: {
                **{key: number(getattr(one, key)[0]) for key in told},
                "villages_with_finding": int(one.villages_with_event[0]),
            }
            for name, one in of.items()
        }

    return [
        {
            "kind": part.kind,
            "name": part.name,
            "villages": part.villages,
            "drawn": part.drawn,
            "households": part.households,
            "raw": estimates(part.raw),
            "weighted": estimates(part.weighted),
        }
        for part in parts
    ]


def rechecks_record(rechecks: Rechecks) -> dict[str, Any]:
    """Return what a re-check recorded, and the rates corrected by it."""

    def corrected(found: Corrected | None) -> dict[str, Number] | None:
        if found is None:
            return None
        told = ("value", "standard_error", "step", "largest_step")
        return {key: number(getattr(found, key)[0]) for key in told}

    counts = ("visited", "rechecked", "persons", "before", "now", "found", "withdrawn", "changed")
    return {
        "rates": {
            one.criterion: {
                **{name: getattr(one, name) for name in counts},
                "rate": number(one.rate),
                "corrected": corrected(one.corrected),
                "corrected_weighted": corrected(one.corrected_weighted),
            }
            for one in rechecks.rates
        },
        "approval": {
            name: getattr(rechecks, name) for name in ("asked", "approved_before", "approve_now", "answers_differ")
        },
    }


def soundness_record(found: Soundness) -> dict[str, Any]:
    """Return who could not be visited, the balance, the weights, and what the sample could show."""
    return {
        "coverage": None if found.coverage is None else asdict(found.coverage),
        "planned": None if found.planned is None else asdict(found.planned),
        "balance": [asdict(row) for row in found.balance],
        "weights": {name: asdict(one) for name, one in found.weights.items()},
        "detection": {name: asdict(one) for name, one in found.detection.items()},
    }
