"""Tipping levels: where along the grid's first axis the chance of failing passes 5% and 50%."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import log
from typing import Literal

from scenarios.engines import exact
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.engines.threads import in_threads
from scenarios.scenario import Level, Scenario, populations

SHARES = (Decimal("0.05"), Decimal("0.5"))

_CLOSE = Decimal("0.00002")  # a level is found when a step changes it by no more
_STEPS = 12


@dataclass(frozen=True, kw_only=True)
class Tipping:
    """Where a chance passes a share.

    Parameters
    ----------
    question : str
        ``any`` or a criterion.
    share : Decimal
        Of inspections that fail.
    level : float or None
        The error level; None when the chance does not pass the share inside the grid.
    outside : {"above", "below"} or None
        Whether the chance then lies above or below the share at every level of the grid.
    how : {"root", "interpolated"}
        Root finding on exact numbers, or interpolation between simulated ones.
    """

    question: str
    share: Decimal
    level: float | None
    outside: Literal["above", "below"] | None
    how: Literal["root", "interpolated"]


def tipping(scenario: Scenario, levels: Sequence[Level], chances: Sequence[Chance]) -> tuple[Tipping, ...]:
    """Return the tipping levels of every answered question.

    Parameters
    ----------
    scenario : Scenario
        With a grid; where it has further axes, these stay at their first values.
    levels : sequence of mapping of str to Decimal
        The grid's points.
    chances : sequence of Chance
        The answers there.

    Returns
    -------
    tuple of Tipping
        By question and share; empty without a grid, or with a single value on its first axis.
    """
    if not scenario.grid or len(scenario.grid[0].values) == 1:
        return ()
    first, rest = scenario.grid[0], scenario.grid[1:]
    fixed = {key: axis.values[0] for axis in rest for key in axis.keys}
    along = _along(first.keys[0], fixed, levels, chances)
    jobs = [(question, share) for question in QUESTIONS for share in SHARES if _answered(along, question)]

    def find(job: tuple[str, Decimal]) -> Tipping:
        question, share = job

        def exactly(value: Decimal) -> float:
            cell = scenario.at({**fixed, **dict.fromkeys(first.keys, value)})
            (population,) = populations([cell])
            return exact.ratio_chance(cell, population, question).fails

        return _find(question, share, along, exactly if question in exact.RATIO_CRITERIA else None)

    return tuple(in_threads(find, jobs))


def _along(
    key: str, fixed: Mapping[str, Decimal], levels: Sequence[Level], chances: Sequence[Chance]
) -> list[tuple[Decimal, Chance]]:
    """Return the points of the first axis, ascending, the others held at their first values."""
    points = [
        (level[key], chance)
        for level, chance in zip(levels, chances, strict=True)
        if all(level[name] == value for name, value in fixed.items())
    ]
    return sorted(points, key=lambda point: point[0])


def _answered(along: Sequence[tuple[Decimal, Chance]], question: str) -> bool:
    return all(chance.fails[question] is not None for _, chance in along)


def _find(
    question: str,
    share: Decimal,
    along: Sequence[tuple[Decimal, Chance]],
    exactly: Callable[[Decimal], float] | None,
) -> Tipping:
    values = [value for value, _ in along]
    chances = [chance.fails[question] or 0.0 for _, chance in along]
    simulated = any(chance.engine[question] == "simulate" for _, chance in along)
    how: Literal["root", "interpolated"] = "interpolated" if simulated or exactly is None else "root"
    above = next((i for i, chance in enumerate(chances) if chance > share), None)
    if above is None or above == 0:
        outside: Literal["above", "below"] = "below" if above is None else "above"
        return Tipping(question=question, share=share, level=None, outside=outside, how=how)
    low, high = (values[above - 1], chances[above - 1]), (values[above], chances[above])
    if how == "interpolated" or exactly is None:
        level = float(_between(low, high, float(share)))
    else:
        level = float(_root(low, high, float(share), exactly))
    return Tipping(question=question, share=share, level=level, outside=None, how=how)


def _logit(chance: float) -> float:
    held = min(max(chance, 1e-12), 1 - 1e-12)
    return log(held / (1 - held))


def _between(low: tuple[Decimal, float], high: tuple[Decimal, float], share: float) -> Decimal:
    """Return where the log-odds, drawn as a straight line, pass those of the share."""
    down, up = _logit(low[1]), _logit(high[1])
    part = (_logit(share) - down) / (up - down)
    return low[0] + (high[0] - low[0]) * Decimal(min(max(part, 0.0), 1.0))


def _root(
    low: tuple[Decimal, float], high: tuple[Decimal, float], share: float, exactly: Callable[[Decimal], float]
) -> Decimal:
    """Return the level at which a rising chance passes the share: log-odds interpolation, ever closer."""
    middle = _between(low, high, share)
    for _ in range(_STEPS):
        chance = exactly(middle)
        if chance < share:
            low = (middle, chance)
        else:
            high = (middle, chance)
        closer = _between(low, high, share)
        if abs(closer - middle) <= _CLOSE:
            return closer
        middle = closer
    return middle
