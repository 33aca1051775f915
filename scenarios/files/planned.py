"""A scenario file with another plan."""

from __future__ import annotations

from typing import Any

from sampler.plan import Oversample, Plan
from sampler.recheck import SpotCheck
from scenarios.files.scenario_file import ScenarioFile


def with_plan(loaded: ScenarioFile, plan: Plan | SpotCheck) -> ScenarioFile:
    """Return a scenario file with a plan that search made from its own; villages are stated stratum by stratum.

    Parameters
    ----------
    loaded : ScenarioFile
        The scenario.
    plan : Plan or SpotCheck
        Of the same kind; what no search varies stays as it is.
    """
    stated = loaded.tree["plan"]
    if isinstance(plan, SpotCheck):
        changed = {
            **stated,
            "revisit": {**stated["revisit"], "share": plan.revisit_share},
            "remote": {**stated["remote"], "villages": plan.remote_villages, "take": dict(plan.remote_take)},
        }
    else:
        changed = _two_stage(stated, plan, loaded)
    return ScenarioFile(scenario=loaded.scenario, tree={**loaded.tree, "plan": changed}, remarks=loaded.remarks)


def _two_stage(stated: dict[str, Any], plan: Plan, loaded: ScenarioFile) -> dict[str, Any]:
    strata = plan.stratification
    members = strata.members(loaded.scenario.frame)
    drawn = plan.villages.allocate(members) if isinstance(plan.villages, Oversample) else dict(plan.villages)
    kept = {key: value for key, value in stated.items() if key not in ("remote_oversample", "oversample")}
    return {
        **kept,
        "strata": list(strata.by),
        "distance_km": list(strata.distance_km),
        "merge_below": strata.merge_below,
        "villages": drawn,
        "take": {**stated["take"], **plan.take},
    }
