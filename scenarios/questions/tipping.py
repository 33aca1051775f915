"""Tipping levels: where along the grid's first axis the chance of failing passes 5% and 50%."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import log
from typing import Literal

from scenarios.engines import auto, exact, model
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.engines.threads import in_threads
from scenarios.scenario import Level, Scenario, populations

SHARES = (Decimal("0.05"), Decimal("0.5"))

_CLOSE = 0.0002  # a root is found when the exact chance is this near to the share ...
_CLOSE_SIMULATED = 0.005  # ... or the simulated one, whose standard error is of this size ...
_STRAIGHT = 1.5  # log-odds to each side of the share between which they rise along a straight line
_NARROW_SIMULATED = Decimal("0.0002")  # levels are written to a tenth of a percentage point
_NARROW = Decimal("0.000001")  # ... or the bracket this narrow


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
    how : {"exact", "simulate"}
        Whether the root was found on exact numbers or on simulated ones.
    """

    question: str
    share: Decimal
    level: float | None
    outside: Literal["above", "below"] | None
    how: Literal["exact", "simulate"]


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
    if scenario.averaged:
        return _averaged(scenario, first.keys, fixed, along)
    jobs = [(question, share) for question in QUESTIONS for share in SHARES if _answered(along, question)]

    def find(job: tuple[str, Decimal]) -> Tipping:
        question, share = job
        exactly = all(chance.engine[question] == "exact" for _, chance in along) and question in RATIO_CRITERIA

        def ask(value: Decimal) -> float:
            cell = scenario.at({**fixed, **dict.fromkeys(first.keys, value)})
            if exactly:
                return exact.ratio_chance(cell, populations([cell])[0], question).fails
            (answer,) = auto.chances([cell])
            return answer.fails[question] or 0.0

        return _find(question, share, along, ask, "exact" if exactly else "simulate")

    return tuple(in_threads(find, jobs))


def _averaged(
    scenario: Scenario, keys: Sequence[str], fixed: Level, along: Sequence[tuple[Decimal, Chance]]
) -> tuple[Tipping, ...]:
    """Return the tipping levels of an average over populations.

    All levels of a nested family cost little more than one, so the interpolated levels of all questions are asked
    together, and again until each bracket is narrow enough for a straight line of the log-odds. A level is simulated
    until the questions that ask for it are precise, and answers no others.
    """
    asked = [(question, share) for question in QUESTIONS for share in SHARES if _answered(along, question)]
    points, step = {question: list(along) for question, _ in asked}, 0
    while wanted := _unsettled(points, asked, halve=step % 3 == 2):
        step += 1
        cells = [scenario.at({**fixed, **dict.fromkeys(keys, value)}) for value in wanted]
        answers = model.averages(cells, asked=list(wanted.values()))
        for (value, questions), answer in zip(wanted.items(), answers, strict=True):
            for question in questions:
                points[question] = sorted([*points[question], (value, answer.chance)], key=lambda point: point[0])
    return tuple(
        Tipping(
            question=question,
            share=share,
            level=None if ends is None else float(_between(*ends, float(share))),
            outside=_outside(along, question, share),
            how="simulate",
        )
        for question, share in asked
        for ends in [_bracket(points[question], question, share)]
    )


def _unsettled(
    points: Mapping[str, Sequence[tuple[Decimal, Chance]]], asked: Sequence[tuple[str, Decimal]], *, halve: bool
) -> dict[Decimal, set[str]]:
    """Return a level inside each bracket in which the log-odds may not be straight, with the questions that ask for it.

    It is interpolated, or the middle.

    A bracket is done when both its chances lie near to the share, or one of them very near, or when it is narrow (in a
    small county the chance jumps).
    """
    wanted: dict[Decimal, set[str]] = {}
    for question, share in asked:
        ends = _bracket(points[question], question, share)
        if ends is None or _settled(ends, float(share)):
            continue
        (low, below), (high, above) = ends
        blind = halve or below == 0 or above == 1  # the log-odds of a simulated 0 or 1 are not known
        level = (low + high) / 2 if blind else _between(*ends, float(share))
        if level not in (low, high):
            wanted.setdefault(level, set()).add(question)
    return wanted


def _settled(ends: tuple[Point, Point], share: float) -> bool:
    (low, below), (high, above) = ends
    if min(abs(below - share), abs(above - share)) <= _CLOSE_SIMULATED or abs(high - low) <= _NARROW_SIMULATED:
        return True
    known = below > 0 and above < 1
    return known and max(abs(_logit(chance) - _logit(share)) for chance in (below, above)) <= _STRAIGHT


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
    ask: Callable[[Decimal], float],
    how: Literal["exact", "simulate"],
) -> Tipping:
    ends = _bracket(along, question, share)
    if ends is None:
        outside = _outside(along, question, share)
        return Tipping(question=question, share=share, level=None, outside=outside, how=how)
    level = float(_root(*ends, float(share), ask, _CLOSE if how == "exact" else _CLOSE_SIMULATED))
    return Tipping(question=question, share=share, level=level, outside=None, how=how)


Point = tuple[Decimal, float]


def _bracket(along: Sequence[tuple[Decimal, Chance]], question: str, share: Decimal) -> tuple[Point, Point] | None:
    """Return the neighbours between which the chance first passes the share, the lower chance first."""
    points = [(value, chance.fails[question] or 0.0) for value, chance in along]
    above = [chance > share for _, chance in points]
    turn = next((i for i in range(1, len(points)) if above[i] != above[i - 1]), None)
    if turn is None:
        return None
    ends = points[turn - 1], points[turn]
    return ends if above[turn] else (ends[1], ends[0])  # a chance may fall along an axis (icc)


def _outside(
    along: Sequence[tuple[Decimal, Chance]], question: str, share: Decimal
) -> Literal["above", "below"] | None:
    """Return on which side of the share the chance lies all along, None where it passes it."""
    if _bracket(along, question, share):
        return None
    return "above" if (along[0][1].fails[question] or 0.0) > share else "below"


def _logit(chance: float) -> float:
    held = min(max(chance, 1e-12), 1 - 1e-12)
    return log(held / (1 - held))


def _between(low: tuple[Decimal, float], high: tuple[Decimal, float], share: float) -> Decimal:
    """Return where the log-odds, drawn as a straight line, pass those of the share."""
    down, up = _logit(low[1]), _logit(high[1])
    part = (_logit(share) - down) / (up - down)
    return low[0] + (high[0] - low[0]) * Decimal(min(max(part, 0.0), 1.0))


def _root(
    low: tuple[Decimal, float],
    high: tuple[Decimal, float],
    share: float,
    ask: Callable[[Decimal], float],
    close: float,
) -> Decimal:
    """Return where a chance passes the share: interpolation of the log-odds, every third step a halving.

    It stops when the chance is as near to the share as asked, or the bracket narrower than `_NARROW` (in a small
    county the chance jumps).
    """
    step = 0
    while abs(high[0] - low[0]) > _NARROW:
        step += 1
        middle = (low[0] + high[0]) / 2 if step % 3 == 0 else _between(low, high, share)
        chance = ask(middle)
        if abs(chance - share) <= close:
            return middle
        low, high = ((middle, chance), high) if chance < share else (low, (middle, chance))
    return (low[0] + high[0]) / 2
