"""Freedom from error: the chance that a sample of a finite list shows enough positives, whatever the check misses.

The list has N units, N p* of them wrong if it is as bad as the design rate p*; n are drawn without replacement and
checked with sensitivity Se and specificity Sp; it is called wrong where at least `cut` are positive (METHODS 2.7, 7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from estimators.interval import Floats
from sampler.errors import refuse


@dataclass(frozen=True, kw_only=True)
class Check:
    """How a unit is checked.

    Parameters
    ----------
    sensitivity, specificity : float
        Chances that a wrong unit is found and that a right one is left alone.
    """

    sensitivity: float
    specificity: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A sample size and its rule.

    Parameters
    ----------
    size : int
        Units drawn, n.
    cut : int
        Positives from which on the list is called wrong.
    sensitivity, specificity : float
        Chances that a list at the design rate is called wrong, and one without errors is not.
    """

    size: int
    cut: int
    sensitivity: float
    specificity: float


def positives_law(population: int, wrong: int, size: int, check: Check) -> Floats:
    """Return the law of the number of positives, shape (n + 1,): hypergeometric draws, two binomial checks.

    Parameters
    ----------
    population, wrong : int
        N units, D of them wrong.
    size : int
        n units drawn without replacement.
    check : Check
        Sensitivity and specificity.

    References
    ----------
    Cameron and Baldock (1998) Preventive Veterinary Medicine 34:1.

    Examples
    --------
    One of two units, one of the two being wrong, checked without error:

    >>> positives_law(2, 1, 1, Check(sensitivity=1.0))
    array([0.5, 0.5])
    """
    if not 0 <= wrong <= population or not 0 <= size <= population:
        raise refuse("outside_domain", key="size", found=size, allowed=f"0 <= x <= {population}")
    law = np.zeros(size + 1)
    fewest, most = max(0, size - (population - wrong)), min(size, wrong)
    for y, chance in enumerate(_hypergeometric(population, wrong, size)[fewest : most + 1], start=fewest):
        found = np.convolve(_binomial(y, check.sensitivity), _binomial(size - y, 1 - check.specificity))
        law += chance * found
    return law


def survey_sensitivity(population: int, size: int, *, design_rate: float, cut: int, check: Check) -> float:
    """Return the chance that a list at the design rate is called wrong: P(positives >= cut).

    Parameters
    ----------
    population, size : int
        N and n.
    design_rate : float
        p*; round(N p*) units are wrong.
    cut : int
        Positives from which on the list is called wrong.
    check : Check
        Sensitivity and specificity.

    Examples
    --------
    >>> round(survey_sensitivity(150, 30, design_rate=0.1, cut=2, check=Check(sensitivity=0.9, specificity=0.98)), 3)
    0.871
    """
    return float(positives_law(population, round(population * design_rate), size, check)[cut:].sum())


def survey_sensitivity_large(size: int, *, design_rate: float, check: Check) -> float:
    """Return the chance of a positive among n of a list so long that draws are independent: 1 - (1 - p* Se)^n.

    Only for a specificity of 1; parameters as in `survey_sensitivity`.

    Examples
    --------
    >>> round(survey_sensitivity_large(300, design_rate=0.01, check=Check(sensitivity=0.95)), 3)
    0.943
    """
    if check.specificity != 1:
        raise refuse("outside_domain", key="specificity", found=check.specificity, allowed="1")
    return float(-np.expm1(size * np.log1p(-design_rate * check.sensitivity)))


def smallest_survey(
    population: int, *, design_rate: float, check: Check, sensitivity: float, specificity: float
) -> Survey | None:
    """Return the smallest sample with a rule of wanted sensitivity and specificity, None where there is none.

    Parameters
    ----------
    population : int
        N.
    design_rate, check
        As in `survey_sensitivity`.
    sensitivity, specificity : float
        Wanted chances that a list at the design rate is called wrong, and one without errors is not.

    Examples
    --------
    >>> wanted = {"design_rate": 0.2, "check": Check(sensitivity=0.9, specificity=0.98)}
    >>> found = smallest_survey(100, **wanted, sensitivity=0.9, specificity=0.9)
    >>> found.size, found.cut
    (18, 2)
    """
    wrong = round(population * design_rate)
    for size in range(1, population + 1):
        below_if_right = np.cumsum(positives_law(population, 0, size, check))
        cut = int(np.argmax(below_if_right >= specificity)) + 1  # the smallest cut is the most sensitive
        seen = 1 - float(positives_law(population, wrong, size, check)[:cut].sum())
        if seen >= sensitivity:
            return Survey(size=size, cut=cut, sensitivity=seen, specificity=float(below_if_right[cut - 1]))
    return None


def _binomial(size: int, chance: float) -> Floats:
    k = np.arange(size + 1)
    logs = gammaln(size + 1) - gammaln(k + 1) - gammaln(size - k + 1)
    law: Floats = np.exp(logs + xlogy(k, chance) + xlog1py(size - k, -chance))
    return law


def _hypergeometric(population: int, wrong: int, size: int) -> Floats:
    """Return the chances of 0..n wrong units in the sample, shape (n + 1,)."""

    def choose(n: int, k: Floats) -> Floats:
        inside = (k >= 0) & (k <= n)
        within = np.where(inside, k, 0)
        logs: Floats = np.where(inside, gammaln(n + 1) - gammaln(within + 1) - gammaln(n - within + 1), -np.inf)
        return logs

    y = np.arange(size + 1, dtype=np.float64)
    law: Floats = np.exp(
        choose(wrong, y) + choose(population - wrong, size - y) - choose(population, np.array(float(size)))
    )
    return law
