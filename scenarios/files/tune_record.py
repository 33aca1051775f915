"""The record of a search over plans, schema ``tune/1``."""

from __future__ import annotations

from typing import Any

from sampler.plan import Plan
from scenarios.planning.confirm import Confirmed
from scenarios.planning.decision_risk import Condition
from scenarios.planning.tuning import Judged, Tuning
from scenarios.provenance import provenance


def tune_record(found: Tuning) -> dict[str, Any]:
    """Return the record: the plan that errs least, those judged closely, and every plan that was tried."""
    made = provenance(found.scenario)
    return {
        "schema": "tune/1",
        "scenario": found.scenario.name,
        "synthetic": found.scenario.frame.synthetic,
        "good": float(found.points.good),
        "bad": float(found.points.bad),
        "costs": {"village": found.costs.village, "household": found.costs.household},
        "per_day": found.per_day,
        "budget": found.budget,
        "best": found.judged.index(found.best),
        "judged": [_judged(each, found) for each in found.judged],
        "undominated": [found.judged.index(each) for each in found.undominated()],
        "confirmed": {
            "populations": found.confirmed[0].populations,
            "exact_populations": found.confirmed[0].exact_populations,
            "plans": [_confirmed(each) for each in found.confirmed],
        },
        "screened": [_judged(each, found) for each in found.screened],
        "provenance": {"seed": made.seed, "versions": made.versions, "sha256": made.sha256},
    }


def _confirmed(each: Confirmed) -> dict[str, Any]:
    told = {key: value for key, value in vars(each).items() if not key.endswith("populations")}
    return {**told, "condition": _condition(each.condition), "exact": dict(each.exact)}


def _condition(condition: Condition) -> dict[str, float]:
    return {key: float(value) for key, value in condition.items()}


def _judged(each: Judged, found: Tuning) -> dict[str, Any]:
    plan = each.plan
    told: dict[str, Any]
    if isinstance(plan, Plan):
        told = {
            "strata": {stratum.name: stratum.drawn for stratum in plan.strata(found.scenario.frame)},
            "take": dict(plan.take),
        }
    else:
        told = {
            "revisit_share": float(plan.revisit_share),
            "remote_villages": plan.remote_villages,
            "remote_take": dict(plan.remote_take),
        }
    return {
        "name": each.name,
        **told,
        "villages": each.work.villages,
        "households": each.work.households,
        "days": each.work.days,
        "cost": each.cost,
        "width": each.width,
        "bias": each.bias,
        "mean": each.risk.mean,
        "worst": each.risk.worst.both,
        "under": [{**vars(under), "condition": _condition(under.condition)} for under in each.risk.under],
    }
