"""What there is to say of a curve, in no language: counts, and which caveats apply."""

from __future__ import annotations

from estimators.policy import CRITERIA
from scenarios.questions.curve import Curve


def expected_households(curve: Curve) -> int:
    """Return how many households one inspection visits on average."""
    visited = curve.scenario.plan.visited_households(curve.scenario.frame).sum(axis=1)
    strata = curve.scenario.plan.strata(curve.scenario.frame)
    return round(sum(s.drawn * float(visited[s.villages].mean()) for s in strata))


def drawn_villages(curve: Curve) -> int:
    """Return how many villages one inspection draws."""
    return sum(stratum.drawn for stratum in curve.scenario.plan.strata(curve.scenario.frame))


def largest_tie(curve: Curve) -> float:
    """Return the largest chance, over levels, that some rate equals its limit: at most the sum over criteria."""
    return min(1.0, max(sum(chance.at_limit[name] or 0.0 for name in CRITERIA) for chance in curve.chances))


def unmeasured(curve: Curve) -> dict[str, float]:
    """Return the criteria that may have no denominator, with the largest chance of it."""
    largest = {name: max(chance.not_measured[name] or 0.0 for chance in curve.chances) for name in CRITERIA}
    return {name: chance for name, chance in largest.items() if chance > 0}
