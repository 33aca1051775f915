"""What stands around the chance of failing as JSON: further tables of a ``risk/1`` record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from math import isnan
from typing import Any

from scenarios.engines.chance import Chance
from scenarios.questions.comparison import Difference
from scenarios.questions.county_drawn import CountyDraw
from scenarios.questions.error_counts import ErrorCounts
from scenarios.questions.predictive import Predictive
from scenarios.questions.put_right import PutRight
from scenarios.questions.quality import Quality
from scenarios.questions.sensitivity import Sensitivity
from scenarios.questions.spread import SHARES, Spread, Spreads
from scenarios.scenario import Level


def drawn_record(draw: CountyDraw, own: int, chance: Fraction) -> dict[str, Any]:
    """Return ``county_drawn``: the chance that the county itself is drawn, and what it rests on."""
    return {
        "chance": float(chance),
        "counties_of_the_province": own,
        "drawn": draw.drawn,
        "counties": draw.counties,
        "provinces": draw.provinces,
        "assumed": [key for key, source in draw.sources.items() if source.assumption],
    }


def quality_record(found: Quality) -> dict[str, Any]:
    """Return ``quality``: producer's and consumer's risk by question, one point a value of the further axes."""
    return {
        "axis": list(found.curve.axis),
        "prq": float(found.prq),
        "crq": float(found.crq),
        "points": [
            {
                "level": _level(point.others),
                "producers_risk": dict(point.good.fails),
                "consumers_risk": {q: None if p is None else 1 - p for q, p in point.bad.fails.items()},
                "producers_risk_standard_error": dict(point.good.standard_error),
                "consumers_risk_standard_error": dict(point.bad.standard_error),
                "engine": _engines(point.good, point.bad),
            }
            for point in found.points
        ],
    }


def _engines(good: Chance, bad: Chance) -> dict[str, list[str | None]]:
    return {question: [good.engine[question], bad.engine[question]] for question in good.engine}


def spread_record(found: Spreads, counts: ErrorCounts) -> dict[str, Any]:
    """Return ``spread``: the distribution over inspections of rates, margins and errors found; the county's errors."""
    until = {str(each.share): None if each.at is None else asdict(each.at) for each in counts.until}
    return {
        "level": _level(found.level),
        "populations": found.populations,
        "inspections": found.inspections,
        "rates": {name: _spread(each) for name, each in found.rates.items()},
        "margins": {name: _spread(each) for name, each in found.margins.items()},
        "wrong_households_found": _spread(found.found),
        "households_visited": _spread(found.visited),
        "wrong_in_county": asdict(counts.now),
        "wrong_in_county_until": until,
        "further_errors_placed": counts.placed,
    }


def _spread(each: Spread) -> dict[str, Any]:
    return {
        "mean": _number(each.mean),
        "standard_error": _number(each.standard_error),
        "quantiles": {str(share): _number(value) for share, value in zip(SHARES, each.quantiles, strict=True)},
        "measured": each.measured,
    }


def _number(value: float) -> float | None:
    return None if isnan(value) else value


def fixed_record(found: PutRight, level: Level) -> dict[str, Any]:
    """Return ``put_right``: the chances before and after households are put right, in the best order and at random."""
    return {
        "level": _level(level),
        "households": found.households,
        "wrong_households": found.of,
        "villages": found.villages,
        "before": dict(found.before.fails),
        "best_order": dict(found.best.fails),
        "at_random": dict(found.at_random),
    }


def sensitivity_record(found: Sensitivity) -> dict[str, Any]:
    """Return ``what_if``: the chances when one assumption at a time is another, with the error of the difference."""
    return {
        "level": _level(found.level),
        "chance": dict(found.chance),
        "changed": [
            {
                "key": each.key,
                "was": float(each.was),
                "value": float(each.value),
                "difference": _differences(each.differences),
            }
            for each in found.changed
        ],
    }


def _differences(found: Mapping[str, Difference]) -> dict[str, dict[str, float]]:
    return {question: asdict(each) | {"difference": each.difference} for question, each in found.items()}


def predictive_record(found: Predictive) -> dict[str, Any]:
    """Return ``predictive``: what a verdict says of the truth, by question."""
    return {
        "axis": list(found.curve.axis),
        "prior": found.prior,
        "questions": {question: vars(each) for question, each in found.questions.items()},
        "quadrature": found.change,
    }


def _level(level: Level) -> dict[str, float]:
    return {key: float(value) for key, value in level.items()}
