"""One inspection as JSON, schemas ``draw/1`` and ``estimate/1``. Households, being personal data, are never named."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from estimators.estimate import Estimate
from estimators.policy import CRITERIA
from sampler.draws import MOMENTS
from sampler.frame import GROUPS
from scenarios.files.observations import Results
from scenarios.files.records import policy_record
from scenarios.files.sample_records import (
    design_effects_record,
    domains_record,
    rechecks_record,
    rules_record,
    soundness_record,
)
from scenarios.provenance import provenance
from scenarios.questions.assessment import Assessment
from scenarios.questions.breakdown import breakdown
from scenarios.questions.inspection import Inspection
from scenarios.questions.second_visits import compared
from scenarios.questions.soundness import Soundness


def draw_record(inspection: Inspection) -> dict[str, Any]:
    """Return the record of a simulated inspection, ready for JSON.

    Parameters
    ----------
    inspection : Inspection
        What happened.

    Returns
    -------
    dict
        ``{"schema": "draw/1", "level", "number", "policy", "verdict", "estimates", "truth", "villages", "townships",
        "provenance"}``.
    """
    frame = inspection.scenario.frame
    drawn = inspection.draws.villages[0]
    strata = [stratum.name for stratum in inspection.scenario.plan.strata(frame)]
    return {
        "schema": "draw/1",
        "scenario": inspection.scenario.name,
        "synthetic": frame.synthetic,
        "number": inspection.number,
        "level": {key: float(value) for key, value in inspection.level.items()},
        **_assessed(inspection.assessment),
        "truth": {name: None if rate is None else float(rate) for name, rate in inspection.truth.items()},
        "villages": [
            {
                "village_code": frame.codes[village],
                "village": frame.villages[village],
                "township": frame.townships[village],
                "stratum": strata[stratum],
                "chance": float(chance),
                **found,
            }
            for village, stratum, chance, found in zip(
                drawn,
                inspection.draws.stratum,
                inspection.slot_chance,
                _by_village(inspection.assessment),
                strict=True,
            )
        ],
        "townships": {
            name: {"drawn": sum(frame.townships[i] == name for i in drawn), "chance": chance}
            for name, chance in inspection.township_chance.items()
        },
        "provenance": asdict(provenance(inspection.scenario)),
    }


def estimate_record(results: Results, assessment: Assessment, *, sound: Soundness | None = None) -> dict[str, Any]:
    """Return the record of a real inspection's results, ready for JSON.

    Parameters
    ----------
    results : Results
        What the file holds.
    assessment : Assessment
        What it says.
    sound : Soundness, optional
        Whether the sample is sound.

    Returns
    -------
    dict
        ``{"schema": "estimate/1", "policy", "verdict", "rules", "estimates", "design_effects", "domains", "recheck",
        "soundness", "villages"}``; the recheck and the soundness are none where there is none.
    """
    seen = results.observations
    return {
        "schema": "estimate/1",
        **_assessed(assessment),
        "design_effects": {
            "raw": design_effects_record(assessment, assessment.raw, "raw"),
            "weighted": assessment.weighted and design_effects_record(assessment, assessment.weighted, "weighted"),
        },
        "domains": domains_record(breakdown(assessment, results.strata, results.frame)),
        "recheck": None if results.second is None else rechecks_record(compared(seen, results.second)),
        "soundness": None if sound is None else soundness_record(sound),
        "villages": [
            {"village_code": results.codes[village], "stratum": results.strata[seen.stratum[slot]], **found}
            for slot, (village, found) in enumerate(zip(seen.villages[0], _by_village(assessment), strict=True))
        ],
    }


def _assessed(assessment: Assessment) -> dict[str, Any]:
    verdict = assessment.verdict
    return {
        "policy": policy_record(assessment.policy),
        "verdict": {
            "rule": assessment.rule,
            "fails": bool(verdict.any[0]),
            "unsettled": list(assessment.unsettled),
            "criteria": {name: bool(verdict.fails[name][0]) for name in CRITERIA},
            "at_limit": {name: bool(verdict.at_limit[name][0]) for name in CRITERIA},
            "measured": {name: bool(verdict.measured[name][0]) for name in CRITERIA},
        },
        "rules": rules_record(assessment.verdicts),
        "variance": assessment.variance,
        "lonely": assessment.lonely_rule,
        "unvisited": {"strata": list(assessment.unvisited_strata), "groups": list(assessment.unvisited_groups)},
        "readings": _other_reading(assessment),
        "estimates": {
            "raw": _estimates(assessment.raw),
            "weighted": None if assessment.weighted is None else _estimates(assessment.weighted),
        },
    }


def _other_reading(assessment: Assessment) -> dict[str, Any] | None:
    other = assessment.other_reading
    if other is None:
        return None
    return {
        "missed_denominator": other.policy.missed_denominator,
        "fails": bool(other.verdict.any[0]),
        "raw": {name: _estimate(other.raw[name])["value"] for name in ("missed", "incidence")},
    }


def _estimates(estimates: Any) -> dict[str, Any]:
    return {name: _estimate(estimates[name]) for name in CRITERIA}


def _estimate(estimate: Estimate) -> dict[str, Any]:
    def number(values: np.ndarray[Any, Any]) -> float | None:
        value = float(values[0])
        return value if np.isfinite(value) else None

    return {
        "value": number(estimate.value),
        "standard_error": number(estimate.standard_error),
        "df": number(estimate.df),
        "villages_with_finding": int(estimate.villages_with_event[0]),
        "design_effect": number(estimate.design_effect),
        "effective_size": number(estimate.effective_size),
        "low": number(estimate.low),
        "high": number(estimate.high),
        "confidence": estimate.confidence,
        "interval": estimate.interval,
    }


_TOLD = ("households", "wrong_households", "persons", "wrong_persons", "approvals")


def _by_village(assessment: Assessment) -> list[dict[str, Any]]:
    moments = assessment.tally.official()[0]
    return [
        {
            "groups": {
                group: {name: int(village[g, MOMENTS.index(name)]) for name in _TOLD} for g, group in enumerate(GROUPS)
            }
        }
        for village in moments
    ]
