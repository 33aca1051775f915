"""The other channels as JSON, beside an answer and never inside it."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from sampler.interviews import Meetings
from scenarios.questions.channel_facts import ChannelAnswers, FlaggedOnce, Visited
from scenarios.scenario import Scenario


def channels_record(answers: ChannelAnswers | None) -> dict[str, Any]:
    """Return ``{"channels": ...}``, or nothing where no channel is stated.

    Returns
    -------
    dict
        By channel, those that are stated: what was asked under ``"asked"``, then what it shows. ``"level"`` is the
        error level, ``"decides"`` says that none of it does.
    """
    if answers is None:
        return {}
    found: dict[str, Any] = {
        "decides": "nothing",
        "level": {key: float(value) for key, value in answers.level.items()},
        "populations": answers.populations,
        "inspections": answers.inspections,
    }
    if answers.unannounced:
        found["unannounced"] = _visited(answers.unannounced, answers.scenario)
    for name in ("departments", "consistency", "desk"):
        channel = getattr(answers, name)
        if channel is not None:
            found[name] = _plain(asdict(channel))
    if answers.interviews:
        villages = len(answers.scenario.frame.codes)
        found["interviews"] = {
            "asked": _plain(asdict(answers.interviews)),
            "village_chance": answers.interviews.villages / villages,
        }
    if answers.score:
        found["score"] = _score(answers)
    return {"channels": found}


def _visited(visited: Visited, scenario: Scenario) -> dict[str, Any]:
    record: dict[str, Any] = _plain({key: value for key, value in asdict(visited).items() if key != "by_village"})
    return record | {"by_village": dict(zip(scenario.frame.codes, visited.by_village.tolist(), strict=True))}


def _score(answers: ChannelAnswers) -> dict[str, Any]:
    channels, law = answers.scenario.channels, answers.score
    assert channels is not None and channels.score is not None and law is not None  # noqa: S101, PT018 - it has a score
    items = [
        {**_plain(asdict(item)), "chance": chance}
        for item, chance in zip(channels.score.items, law.chances, strict=True)
    ]
    return {
        "base": float(channels.score.base),
        "items": items,
        "expected": law.expected,
        "deviation": law.deviation,
        "law": [{"score": float(score), "chance": chance} for score, chance in law.law.items()],
    }


def flagged_record(found: FlaggedOnce | None) -> dict[str, Any]:
    """Return ``{"departments": ...}`` of one inspection; nothing where none is stated."""
    return {} if found is None else {"departments": asdict(found)}


def meetings_record(meetings: Meetings | None, scenario: Scenario) -> dict[str, Any]:
    """Return ``{"interviews": ...}``: who is asked to the meetings; nothing where none are stated."""
    if meetings is None:
        return {}
    frame = scenario.frame
    return {
        "interviews": {
            "villages": [
                {
                    "village_code": frame.codes[i],
                    "village": frame.villages[i],
                    "township": frame.townships[i],
                    "cadres": list(numbers),
                }
                for i, numbers in zip(meetings.villages.tolist(), meetings.village_cadres, strict=True)
            ],
            "townships": {
                name: list(numbers) for name, numbers in zip(meetings.townships, meetings.township_cadres, strict=True)
            },
            "county": list(meetings.county_cadres),
        }
    }


def _plain(value: Any) -> Any:
    """Return a value in the types that JSON has."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return float(value) if isinstance(value, Decimal | Fraction | np.floating) else value
