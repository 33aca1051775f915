"""Attribution as JSON, a part of ``risk/1``."""

from __future__ import annotations

from typing import Any

from scenarios.engines.chance import Chance
from scenarios.questions.attribution import Attribution, Carried


def attribution_record(found: Attribution) -> dict[str, Any]:
    """Return the record of an attribution, ready for JSON.

    Parameters
    ----------
    found : Attribution
        The answer.

    Returns
    -------
    dict
        ``{"level", "populations", "chance", "standard_error", "strata", "townships", "villages", "before", "steps"}``.
        What a part carries is its ``drop`` for one population, ``sum_of_village_drops`` on average over many: the
        first is what putting it right takes off, the second only says where to look.
    """
    frame, what = found.scenario.frame, "sum_of_village_drops" if found.populations else "drop"
    return {
        "level": {key: float(value) for key, value in found.level.items()},
        "populations": found.populations,
        "chance": dict(found.chance),
        "standard_error": dict(found.error),
        "strata": [_carried(part, what) for part in found.strata],
        "townships": [_carried(part, what) for part in found.townships],
        "villages": [_carried(part, what) for part in found.villages],
        "before": None if found.before is None else _chance(found.before),
        "steps": [
            {
                "village_code": frame.codes[step.village],
                "village": frame.villages[step.village],
                "township": frame.townships[step.village],
                "wrong_households": step.wrong_households,
                "wrong_persons": step.wrong_persons,
                "disapproving": step.disapproving,
            }
            | _chance(step.chance)
            for step in found.steps
        ],
    }


def _carried(part: Carried, what: str) -> dict[str, Any]:
    return {
        "name": part.name,
        "villages": part.villages,
        "wrong_persons": part.wrong_persons,
        what: dict(part.drop),
        "standard_error": dict(part.error),
    }


def _chance(answer: Chance) -> dict[str, Any]:
    return {
        "chance": dict(answer.fails),
        "chance_standard_error": dict(answer.standard_error),
        "engine": dict(answer.engine),
    }
