"""What there is to say of a curve, in no language: counts, crossings, and which caveats apply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from estimators.policy import CRITERIA
from scenarios.engines.chance import QUESTIONS
from scenarios.questions.curve import Curve

TIPPING_SHARES = (Decimal("0.05"), Decimal("0.5"))


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """Where the chance of failing passes a share.

    Parameters
    ----------
    question : str
        ``any`` or a criterion.
    share : Decimal
        Of inspections that fail.
    low, high : Decimal or None
        Neighbouring error levels of the grid between which it passes; `low` is None when every level lies above,
        `high` is None when none does.
    """

    question: str
    share: Decimal
    low: Decimal | None
    high: Decimal | None


def crossings(curve: Curve) -> Iterator[Crossing]:
    """Yield where each answered question passes the tipping shares along a grid with a single axis."""
    if len(curve.scenario.grid) != 1:
        return
    values = curve.scenario.grid[0].values
    for question in QUESTIONS:
        chances = [chance.fails[question] for chance in curve.chances]
        if any(chance is None for chance in chances):
            continue
        for share in TIPPING_SHARES:
            above = [i for i, chance in enumerate(chances) if chance is not None and chance > share]
            if not above:
                yield Crossing(question=question, share=share, low=values[-1], high=None)
            else:
                first = above[0]
                yield Crossing(
                    question=question, share=share, low=values[first - 1] if first else None, high=values[first]
                )


def expected_households(curve: Curve) -> int:
    """Return how many households one inspection visits on average."""
    visited = curve.scenario.plan.visited_households(curve.scenario.frame).sum(axis=1)
    strata = curve.scenario.plan.strata(curve.scenario.frame)
    return round(sum(s.drawn * float(visited[s.villages].mean()) for s in strata))


def drawn_villages(curve: Curve) -> int:
    """Return how many villages one inspection draws."""
    return sum(stratum.drawn for stratum in curve.scenario.plan.strata(curve.scenario.frame))


def largest_tie(curve: Curve) -> float:
    """Return the largest chance, over levels and criteria, that a rate equals its limit."""
    return max((chance.at_limit[name] or 0.0 for chance in curve.chances for name in CRITERIA), default=0.0)


def unmeasured(curve: Curve) -> dict[str, float]:
    """Return the criteria that may have no denominator, with the largest chance of it."""
    largest = {name: max(chance.not_measured[name] or 0.0 for chance in curve.chances) for name in CRITERIA}
    return {name: chance for name, chance in largest.items() if chance > 0}
