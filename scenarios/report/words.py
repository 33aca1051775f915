"""How numbers and names are written, in every renderer alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

from scenarios.engines.chance import Chance
from scenarios.messages import Catalogue


def percent(value: Decimal | Fraction | float) -> str:
    """Return a share as a percentage with as many digits as it needs.

    Examples
    --------
    >>> percent(Decimal("0.02")), percent(Fraction(1, 200)), percent(0.0)
    ('2%', '0.5%', '0%')
    """
    return f"{float(value) * 100:.4g}%"


def chance_range(chances: Sequence[float] | NDArray[np.float64]) -> str:
    """Return a chance, or the lowest and the highest of several.

    Examples
    --------
    >>> chance_range([0.25, 0.25]), chance_range([0.1, 0.25])
    ('25.00%', '10.00%–25.00%')
    """
    low, high = chance(float(min(chances))), chance(float(max(chances)))
    return low if low == high else f"{low}–{high}"


def rate(value: float, limit: Fraction | None = None) -> str:
    """Return an estimated rate as a percentage: two decimals, and more where they would hide on which side it lies.

    Parameters
    ----------
    value : float
        A share.
    limit : Fraction, optional
        What it is held against.

    Examples
    --------
    >>> rate(0.02501), rate(0.020001), rate(0.020001, Fraction(1, 50)), rate(0.9)
    ('2.50%', '2.00%', '2.0001%', '90.00%')
    """
    digits = 2
    while limit is not None and digits < _MOST_DIGITS and _hides(value, limit, digits):
        digits += 1
    return f"{value * 100:.{digits}f}%"


_MOST_DIGITS = 9


def _hides(value: float, limit: Fraction, digits: int) -> bool:
    written = round(value * 100, digits)
    return abs(value - float(limit)) > 1e-12 and written == round(float(limit) * 100, digits)


def chance(value: float) -> str:
    """Return an exact chance as a percentage: two decimals, and never 0% or 100% for what can still happen.

    Examples
    --------
    >>> chance(0.12345), chance(1.6e-6), chance(0.0), chance(0.999999)
    ('12.35%', '<0.01%', '0%', '>99.99%')
    """
    if value in (0, 1):
        return f"{value:.0%}"
    if value < 0.00005:
        return "<0.01%"
    return f"{value * 100:.2f}%" if value <= 0.99995 else ">99.99%"


def simulated_chance(value: float, trials: int) -> str:
    """Return a simulated chance, marked; what was never seen, or always, as the bound at 95% (three in the trials).

    Parameters
    ----------
    value : float
        The estimate.
    trials : int
        Independent trials behind it: inspections of one population, or populations.

    Examples
    --------
    >>> simulated_chance(0.12345, 4000), simulated_chance(0.0003, 4000), simulated_chance(1e-5, 99_999)
    ('≈12.3%', '≈0.03%', '<0.01%')
    >>> simulated_chance(0.0, 4000), simulated_chance(1.0, 4000), simulated_chance(0.0, 192)
    ('<0.08%', '>99.92%', '<1.57%')
    """
    hundredths = ceil(30_000 / trials)  # rounded so that the bound still holds
    if value == 0:
        return f"<{hundredths / 100:.2f}%"
    if value == 1:
        return f">{100 - hundredths / 100:.2f}%"
    return averaged_chance(value)


def averaged_chance(value: float) -> str:
    """Return an average over draws, marked, with as many digits as its error allows.

    Examples
    --------
    >>> averaged_chance(0.12345), averaged_chance(3e-7), averaged_chance(0.0)
    ('≈12.3%', '<0.01%', '≈0%')
    """
    told = f"{value * 100:.1f}%" if 0.01 <= value <= 0.99 else chance(value)
    return told if told[0] in "<>" else f"≈{told}"


def rounded_up(bound: float) -> str:
    """Return a bound with one digit, never below itself.

    Examples
    --------
    >>> rounded_up(1.47e-13)
    '2e-13'
    """
    exponent = floor(log10(bound))
    return f"{ceil(bound / 10**exponent):d}e{exponent}"


def chance_beside(value: float | None, answer: Chance, words: Catalogue, *, exact: bool) -> str:
    """Return a chance that no engine names: exact for one population, simulated over many unless it cannot be."""
    if value is None:
        return words.say("risk.unavailable")
    return chance(value) if exact else _bounded(value, answer)


def _bounded(value: float, answer: Chance) -> str:
    """Return a simulated chance; what was never, or always, seen is bounded by the number of independent trials."""
    return simulated_chance(value, answer.populations or answer.inspections)


def shown_chance(answer: Chance, question: str, words: Catalogue) -> str:
    """Return a chance as it is read, simulated ones marked."""
    value = answer.fails[question]
    if value is None:
        return words.say("risk.unavailable")
    if answer.engine[question] == "simulate":
        return _bounded(value, answer)
    if answer.engine[question] == "conditional":
        return averaged_chance(value)
    return chance(value)


def shown_pass(answer: Chance, question: str, words: Catalogue) -> str:
    """Return the chance of passing as it is read, simulated ones marked."""
    fails = {name: None if value is None else 1 - value for name, value in answer.fails.items()}
    return shown_chance(replace(answer, fails=fails), question, words)
