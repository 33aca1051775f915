"""How numbers and names are written, in every renderer alike."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from fractions import Fraction


def clean(text: str) -> str:
    r"""Return a name from a user's file without control characters, which could move a terminal's cursor.

    Examples
    --------
    >>> clean("红\x1b[2J溪")
    '红[2J溪'
    """
    return "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


def percent(value: Decimal | Fraction | float) -> str:
    """Return a share as a percentage with as many digits as it needs.

    Examples
    --------
    >>> percent(Decimal("0.02")), percent(Fraction(1, 200)), percent(0.0)
    ('2%', '0.5%', '0%')
    """
    return f"{float(value) * 100:.4g}%"


def chance(value: float) -> str:
    """Return a chance as a percentage: two decimals, and never 0% or 100% for what can still happen.

    Examples
    --------
    >>> chance(0.12345), chance(1.6e-6), chance(0.0), chance(0.999999)
    ('12.35%', '<0.01%', '0%', '>99.99%')
    """
    if value == 0:
        return "0%"
    if value < 0.00005:
        return "<0.01%"
    if value > 0.99995:
        return ">99.99%" if value < 1 else "100%"
    return f"{value * 100:.2f}%"
