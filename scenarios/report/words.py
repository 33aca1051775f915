"""How numbers and names are written, in every renderer alike."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil


def percent(value: Decimal | Fraction | float) -> str:
    """Return a share as a percentage with as many digits as it needs.

    Examples
    --------
    >>> percent(Decimal("0.02")), percent(Fraction(1, 200)), percent(0.0)
    ('2%', '0.5%', '0%')
    """
    return f"{float(value) * 100:.4g}%"


def chance(value: float, inspections: int = 0) -> str:
    """Return a chance as a percentage: two decimals, and never 0% or 100% for what can still happen.

    Parameters
    ----------
    value : float
        The chance.
    inspections : int, default 0
        Simulated inspections behind it; 0 for an exact number. A simulated one is marked, with one decimal, and at
        the ends of the range tells what so many inspections can rule out (three in R, at 95%).

    Examples
    --------
    >>> chance(0.12345), chance(1.6e-6), chance(0.0), chance(0.999999)
    ('12.35%', '<0.01%', '0%', '>99.99%')
    >>> chance(0.12345, 4000), chance(0.0, 4000), chance(1.0, 4000)
    ('≈12.3%', '<0.08%', '>99.92%')
    """
    if inspections:
        least = 3 / inspections
        if least <= value <= 1 - least:
            return f"≈{value * 100:.1f}%"
        hundredths = ceil(least * 10_000)  # rounded so that the bound still holds
        return f"<{hundredths / 100:.2f}%" if value < least else f">{100 - hundredths / 100:.2f}%"
    if value in (0, 1):
        return f"{value:.0%}"
    if value < 0.00005:
        return "<0.01%"
    return f"{value * 100:.2f}%" if value <= 0.99995 else ">99.99%"
