"""The record of a search over plans, schema ``tune/1``."""

from __future__ import annotations

from typing import Any

from scenarios.planning.tune import Judged, Tuning
from scenarios.provenance import provenance


def tune_record(found: Tuning) -> dict[str, Any]:
    """Return the record: every plan screened, and those judged closely, the best first."""
    return {
        "schema": "tune/1",
        "scenario": found.scenario.name,
        "synthetic": found.scenario.frame.synthetic,
        "good": float(found.points.good),
        "bad": float(found.points.bad),
        "costs": {"village": found.costs.village, "household": found.costs.household},
        "budget": found.budget,
        "judged": [_judged(each, found) for each in found.judged],
        "undominated": [found.judged.index(each) for each in found.undominated()],
        "screened": [_judged(each, found) for each in found.screened],
        "provenance": {"seed": found.scenario.seed, **_provenance(found)},
    }


def _provenance(found: Tuning) -> dict[str, Any]:
    made = provenance(found.scenario)
    return {"versions": made.versions, "sha256": made.sha256}


def _judged(each: Judged, found: Tuning) -> dict[str, Any]:
    return {
        "name": each.name,
        "strata": {stratum.name: stratum.drawn for stratum in each.plan.strata(found.scenario.frame)},
        "take": dict(each.plan.take),
        "villages": each.villages,
        "households": each.households,
        "cost": each.cost,
        "bias": each.bias,
        "mean": each.risk.mean,
        "worst": each.risk.worst.both,
        "under": [
            {
                "condition": {key: float(value) for key, value in under.condition.items()},
                "producer": under.producer,
                "producer_error": under.producer_error,
                "consumer": under.consumer,
                "consumer_error": under.consumer_error,
            }
            for under in each.risk.under
        ],
    }
