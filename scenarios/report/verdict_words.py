"""The chance of failing in plain words: how many of ten inspections, and mostly for what."""

from __future__ import annotations

from collections.abc import Iterator

from estimators.policy import CRITERIA
from sampler.error_model import ErrorModel
from scenarios.engines.chance import Chance
from scenarios.messages import Catalogue
from scenarios.questions.curve import Curve
from scenarios.report.level_words import spoken_level
from scenarios.scenario import Level, Scenario

_NEVER, _RARE, _OFTEN, _ALWAYS = 0.0005, 0.05, 0.95, 0.9995
_MOSTLY = 0.5  # of the chance that anything fails: a criterion with less is not what it is mostly about

_CLEARLY = 1.25  # times the next one: criteria closer than this are about alike


def frequency(chance: float, words: Catalogue) -> str:
    """Return how often an inspection fails, as one would say it.

    Examples
    --------
    >>> from scenarios.messages import catalogue
    >>> frequency(0.004, catalogue("en")), frequency(0.31, catalogue("en"))
    ('fewer than 1 in 100 inspections fail', 'about 3 in 10 inspections fail')
    """
    if chance < _NEVER:
        return words.say("verdict_words.never")
    if chance > _ALWAYS:
        return words.say("verdict_words.always")
    if chance < 0.01:
        return words.say("verdict_words.below_one")
    if chance < _RARE or chance > _OFTEN:
        return words.say("verdict_words.of_hundred", count=f"{chance * 100:.0f}")
    return words.say("verdict_words.of_ten", count=f"{max(1, round(chance * 10))}")


def verdict_sentence(curve: Curve, words: Catalogue) -> Iterator[str]:
    """Yield the answer to a single error level, or a given truth, in one sentence; nothing for a curve."""
    if len(curve.chances) != 1:
        return
    (answer,), (level,) = curve.chances, curve.levels
    yield from verdict_at(answer, assumed_level(curve.scenario, level), words)


def assumed_level(scenario: Scenario, level: Level) -> Level:
    """Return the level of an answer: a grid's, else the rates that the error model is told; empty for a given truth."""
    if level or not isinstance(scenario.truth, ErrorModel):
        return level
    return {"wrong_exit": scenario.truth.wrong_exit, "missed": scenario.truth.missed}


def verdict_at(answer: Chance, level: Level, words: Catalogue) -> Iterator[str]:
    """Yield the answer at an error level in one sentence; nothing where no engine served it."""
    overall = answer.fails["any"]
    if overall is None:
        return
    told = {name: answer.fails[name] or 0.0 for name in CRITERIA}
    worst = max(told, key=lambda name: told[name])
    known = spoken_level(level, words)
    where = words.say("verdict_words.at_level", level=known) if known else words.say("verdict_words.as_given")
    second = sorted(told.values())[-2]
    if overall >= 0.01 and told[worst] >= _MOSTLY * overall and told[worst] >= _CLEARLY * second:
        reason = words.say("verdict_words.mostly", criterion=words.say(f"criterion.{worst}"))
    else:
        reason = ""
    yield words.say("verdict_words.sentence", where=where, frequency=frequency(overall, words), reason=reason)
