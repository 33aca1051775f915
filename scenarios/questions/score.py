"""The score: base points, deductions and bonuses, each certain or hanging on an event; it decides nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from sampler.channels import Score


@dataclass(frozen=True, kw_only=True)
class ScoreLaw:
    """The law of a score.

    Parameters
    ----------
    chances : tuple of float
        Chance that each item's points are given, in the order of the items.
    law : mapping of Decimal to float
        Chance of each score, rising.
    expected, deviation : float
        Its mean and standard deviation.
    """

    chances: tuple[float, ...]
    law: Mapping[Decimal, float]
    expected: float
    deviation: float


def score_law(score: Score, events: Mapping[str, float]) -> ScoreLaw:
    """Return the law of a score, different events taken as independent.

    Parameters
    ----------
    score : Score
        Base and items; items of one event come together.
    events : mapping of str to float
        Chance of each event that an item names.

    Examples
    --------
    >>> from sampler.channels import ScoreItem
    >>> items = (ScoreItem(name="a", points=Decimal("-2.5"), event="interference"),
    ...     ScoreItem(name="b", points=Decimal(1)))
    >>> found = score_law(Score(base=Decimal(100), items=items), {"interference": 0.5})
    >>> {float(score): p for score, p in found.law.items()}, found.expected
    ({98.5: 0.5, 101.0: 0.5}, 99.75)
    """
    together: dict[object, tuple[Decimal, float]] = {}
    chances = []
    for number, item in enumerate(score.items):
        chance = 1.0 if item.chance is None else float(item.chance)
        if item.event is not None:
            chance = events[item.event]
        chances.append(chance)
        key = number if item.event is None else item.event
        points = together.get(key, (Decimal(0), chance))[0] + item.points
        together[key] = points, chance
    law = {score.base: 1.0}
    for points, chance in together.values():
        after: dict[Decimal, float] = {}
        for value, p in law.items():
            for reached, part in ((value, p * (1 - chance)), (value + points, p * chance)):
                if part > 0:
                    after[reached] = after.get(reached, 0.0) + part
        law = after
    mean = sum(float(value) * p for value, p in law.items())
    square = sum((float(value) - mean) ** 2 * p for value, p in law.items())
    return ScoreLaw(
        chances=tuple(chances),
        law=dict(sorted(law.items())),
        expected=mean,
        deviation=sqrt(square),
    )
