"""What there is to say of a curve, in no language: counts, and which caveats apply."""

from __future__ import annotations

from estimators.policy import CRITERIA
from scenarios.engines.chance import QUESTIONS
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.questions.curve import Curve
from scenarios.scenario import Scenario


def expected_households(scenario: Scenario) -> int:
    """Return how many households one inspection visits on average."""
    visited = scenario.plan.visited_households(scenario.frame).sum(axis=1)
    strata = scenario.plan.strata(scenario.frame)
    return round(sum(s.drawn * float(visited[s.villages].mean()) for s in strata))


def drawn_villages(scenario: Scenario) -> int:
    """Return how many villages one inspection draws."""
    return sum(stratum.drawn for stratum in scenario.plan.strata(scenario.frame))


def largest_tie(curve: Curve) -> float:
    """Return the largest chance, over levels, that some rate equals its limit: at most the sum over criteria."""
    return min(1.0, max(sum(chance.at_limit[name] or 0.0 for name in CRITERIA) for chance in curve.chances))


def unmeasured(curve: Curve) -> dict[str, float]:
    """Return the criteria that may have no denominator, with the largest chance of it."""
    largest = {name: max(chance.not_measured[name] or 0.0 for chance in curve.chances) for name in CRITERIA}
    return {name: chance for name, chance in largest.items() if chance > 0}


def unserved(curve: Curve) -> dict[str, tuple[str, ...]]:
    """Return the questions that the engine asked left open, by reason.

    Returns
    -------
    dict of str to tuple of str
        ``joint``: the county is too large to enumerate all groups at once; ``single``: the conditional engine answers
        one criterion at a time; ``digits``: the limit has too many digits for an exact law.
    """
    found: dict[str, tuple[str, ...]] = {}
    for question in QUESTIONS:
        if all(answer.fails[question] is not None for answer in curve.chances):
            continue
        joined = question not in RATIO_CRITERIA
        reason = ("single" if curve.engine == "conditional" else "joint") if joined else "digits"
        found[reason] = (*found.get(reason, ()), question)
    return found
