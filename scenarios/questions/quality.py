"""Producer's and consumer's risk: the chance of failing a good county, and of passing a bad one (METHODS 7)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from sampler.errors import InputError, refuse
from scenarios.engines import model
from scenarios.engines.chance import Chance
from scenarios.engines.threads import Progress
from scenarios.questions.curve import ENGINES, Curve
from scenarios.scenario import Level


@dataclass(frozen=True, kw_only=True)
class RiskPoint:
    """Both risks where the further axes of the grid have one value each.

    Parameters
    ----------
    others : mapping of str to Decimal
        These values; empty where the grid has one axis.
    good, bad : Chance
        Chances of failing at the producer's and at the consumer's risk quality.
    """

    others: Level
    good: Chance
    bad: Chance


@dataclass(frozen=True, kw_only=True, eq=False)
class Quality:
    """The risks of both sides.

    Parameters
    ----------
    curve : Curve
        What was asked.
    prq, crq : Decimal
        Producer's and consumer's risk quality: levels along the grid's first axis of a good and of a bad county.
    points : tuple of RiskPoint
        One a combination of values of the further axes.
    """

    curve: Curve
    prq: Decimal
    crq: Decimal
    points: tuple[RiskPoint, ...]


def require_qualities(curve_axis: tuple[str, ...], prq: Decimal | None, crq: Decimal | None) -> None:
    """Refuse levels of quality that make no pair.

    Raises
    ------
    InputError
        ``option_needs`` where one of the two is missing, ``level_without_grid`` without an axis to take them along,
        ``risk_points_order`` where the good county is not better than the bad one.
    """
    if prq is None and crq is None:
        return
    if prq is None or crq is None:
        here, other = ("--crq", "--prq") if prq is None else ("--prq", "--crq")
        raise refuse("option_needs", key=here, allowed=other)
    if not curve_axis:
        raise refuse("level_without_grid", key="--prq", found=str(prq))
    if prq >= crq:
        raise refuse("risk_points_order", key="--prq, --crq", found=f"{prq} >= {crq}")


def quality(curve: Curve, prq: Decimal, crq: Decimal, *, progress: Progress | None = None) -> Quality:
    """Return the risks of both sides at stated levels of quality.

    Parameters
    ----------
    curve : Curve
        With a grid, along whose first axis the levels are taken.
    prq, crq : Decimal
        Producer's and consumer's risk quality, prq < crq.
    progress : callable, optional
        Called with (done, all).

    Raises
    ------
    InputError
        As `require_qualities`; ``outside_domain`` for a level that cannot be.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from scenarios import load
    >>> from scenarios.questions.curve import curve
    >>> from scenarios.scenario import Axis
    >>> few = Axis(keys=("wrong_exit", "missed"), values=(Decimal("0.005"), Decimal("0.02"), Decimal("0.04")))
    >>> asked = curve(replace(load("example"), averaged=False, grid=(few,)), engine="exact")
    >>> (found,) = quality(asked, Decimal("0.005"), Decimal("0.04")).points
    >>> found.good.fails["missed"] < 0.05, 1 - found.bad.fails["missed"] < 0.05
    (True, True)
    """
    require_qualities(curve.axis, prq, crq)
    further = curve.scenario.grid[1:]
    combinations = [
        {key: value for axis, value in zip(further, values, strict=True) for key in axis.keys}
        for values in product(*(axis.values for axis in further))
    ]
    levels = [{**dict.fromkeys(curve.axis, level), **others} for others in combinations for level in (prq, crq)]
    try:
        cells = [curve.scenario.at(level) for level in levels]
    except InputError as error:
        allowed = error.mistakes[0].fields.get("allowed", "")
        raise refuse("outside_domain", key="--prq, --crq", found=f"{prq}, {crq}", allowed=allowed) from error
    answers = model.chances(cells, progress=progress) if curve.scenario.averaged else ENGINES[curve.engine](cells)
    points = [
        RiskPoint(others=others, good=answers[2 * i], bad=answers[2 * i + 1]) for i, others in enumerate(combinations)
    ]
    return Quality(curve=curve, prq=prq, crq=crq, points=tuple(points))
