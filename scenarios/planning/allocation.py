"""Allocation of a sample to strata: proportional, Neyman, by cost, power; whole numbers within bounds."""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampler.errors import refuse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def proportional(sizes: ArrayLike, total: float) -> Floats:
    """Return a sample shared out in proportion to the strata's sizes, not rounded.

    Parameters
    ----------
    sizes : array_like, shape (H,)
        Units of each stratum.
    total : float
        Units of the sample.

    Examples
    --------
    >>> proportional([16, 48], 24).tolist()
    [6.0, 18.0]
    """
    shares = np.asarray(sizes, dtype=np.float64)
    return np.asarray(total * shares / shares.sum())


def neyman(sizes: ArrayLike, deviations: ArrayLike, total: float) -> Floats:
    """Return the allocation of least variance for a given sample, n_h proportional to N_h S_h, not rounded.

    Parameters
    ----------
    sizes, deviations : array_like, shape (H,)
        Units of each stratum, and the standard deviation of their values there.
    total : float
        Units of the sample.

    References
    ----------
    Neyman (1934), JRSS 97:558; Cochran (1977), eq. 5.26.

    Examples
    --------
    >>> neyman([16, 48], [232.04, 74.71], 24).round(1).tolist()
    [12.2, 11.8]
    """
    return proportional(np.asarray(sizes, dtype=np.float64) * np.asarray(deviations, dtype=np.float64), total)


def optimal(
    sizes: ArrayLike,
    deviations: ArrayLike,
    costs: ArrayLike,
    *,
    budget: float | None = None,
    variance: float | None = None,
) -> Floats:
    """Return the allocation n_h proportional to N_h S_h / sqrt(c_h), for a budget or for a variance, not rounded.

    Parameters
    ----------
    sizes, deviations, costs : array_like, shape (H,)
        Units of each stratum, the standard deviation there, the cost of a unit.
    budget : float, optional
        What may be spent; or
    variance : float, optional
        The variance of the estimated total that is wanted.

    Raises
    ------
    InputError
        ``cost_not_positive``; ``allocation_needs_one`` unless exactly one of budget and variance is given.

    References
    ----------
    Cochran (1977), eqs. 5.24 and 5.25.

    Examples
    --------
    >>> optimal([100, 100], [2, 2], [1, 4], budget=30).round(6).tolist()
    [10.0, 5.0]
    """
    each = np.asarray(costs, dtype=np.float64)
    if (each <= 0).any():
        raise refuse("cost_not_positive", found=f"{each.min():g}")
    if (budget is None) == (variance is None):
        raise refuse("allocation_needs_one", allowed="budget, variance")
    totals = np.asarray(sizes, dtype=np.float64) * np.asarray(deviations, dtype=np.float64)
    ratio, whole = totals / np.sqrt(each), float((totals * np.sqrt(each)).sum())
    if budget is not None:
        return np.asarray(budget * ratio / whole)
    own = float((totals * np.asarray(deviations, dtype=np.float64)).sum())  # N_h S_h^2, of the correction
    assert variance is not None  # noqa: S101 - one of the two is given
    return np.asarray(ratio * whole / (variance + own))


def power(coefficients: ArrayLike, totals: ArrayLike, exponent: float, total: float) -> Floats:
    """Return the power allocation n_h proportional to CV_h X_h^q, between Neyman (q = 1) and equal precision (q = 0).

    Parameters
    ----------
    coefficients, totals : array_like, shape (H,)
        Coefficient of variation of each stratum, and the size X_h of its importance.
    exponent : float
        q in [0, 1].
    total : float
        Units of the sample.

    References
    ----------
    Bankier (1988), The American Statistician 42:174.

    Examples
    --------
    >>> power([1, 1], [100, 400], 0.5, 30).tolist()
    [10.0, 20.0]
    """
    return proportional(
        np.asarray(coefficients, dtype=np.float64) * np.asarray(totals, dtype=np.float64) ** exponent, total
    )


def variance_of_total(sizes: ArrayLike, deviations: ArrayLike, takes: ArrayLike) -> float:
    """Return the variance of an estimated total under stratified simple random sampling.

    Parameters
    ----------
    sizes, deviations, takes : array_like, shape (H,)
        Units of each stratum, the standard deviation there, and how many are taken.

    References
    ----------
    Cochran (1977), eq. 5.9.

    Examples
    --------
    >>> round(variance_of_total([16, 48], [53843**0.5, 5581**0.5], [6, 18]))
    1882293
    """
    size, take = (np.asarray(each, dtype=np.float64) for each in (sizes, takes))
    spread = np.asarray(deviations, dtype=np.float64) ** 2
    return float((size**2 * spread * (1 / take - 1 / size)).sum())


def sample_size(population_cv: float, wanted_cv: float, population: float | None = None) -> int:
    """Return the simple random sample whose mean has a coefficient of variation.

    Parameters
    ----------
    population_cv, wanted_cv : float
        Of the values, and of their mean.
    population : float, optional
        Its size; infinite where it is left out.

    References
    ----------
    Valliant, Dever & Kreuter (2018), eq. 3.3.

    Examples
    --------
    >>> sample_size(2, 0.05), sample_size(2, 0.05, 1000)
    (1600, 616)
    """
    bare = (population_cv / wanted_cv) ** 2
    # A ceiling that rounding error lifts above a whole number would ask for one unit too many.
    return ceil((bare if population is None else bare / (1 + bare / population)) * (1 - 1e-12))


def rounded(wanted: ArrayLike, least: ArrayLike, most: ArrayLike, total: int) -> Ints:
    """Return whole numbers next to those wanted, within bounds, that add up to a total.

    What a bound cuts off goes to the other strata in proportion to what they want; then the largest remainders are
    rounded up.

    Parameters
    ----------
    wanted : array_like, shape (H,)
        Positive numbers; only their proportions matter.
    least, most : array_like of int, shape (H,)
        Bounds of each stratum.
    total : int
        Of the sample.

    Raises
    ------
    InputError
        ``allocation_impossible`` where the bounds cannot add up to the total.

    Examples
    --------
    >>> rounded([6.4, 17.6], [2, 2], [16, 48], 24).tolist(), rounded([1, 99], [2, 2], [10, 20], 22).tolist()
    ([6, 18], [2, 20])
    """
    low, high = (np.asarray(each, dtype=np.int64) for each in (least, most))
    if not low.sum() <= total <= high.sum() or (low > high).any():
        raise refuse("allocation_impossible", found=f"{total:,}", allowed=f"{low.sum():,}-{high.sum():,}")
    shares = np.maximum(np.asarray(wanted, dtype=np.float64), 1e-300)
    exact = _within(shares, low, high, total)
    made = np.clip(np.floor(exact + 1e-9).astype(np.int64), low, high)
    for i in np.argsort(made - exact, kind="stable"):
        if made.sum() < total and made[i] < high[i]:
            made[i] += 1
    return made


def _within(shares: Floats, low: Ints, high: Ints, total: int) -> Floats:
    """Return scale * shares cut at both bounds, with the scale that makes them add up (bisection on its logarithm)."""
    below, above = -800.0, 800.0
    for _ in range(200):
        middle = (below + above) / 2
        made = np.clip(np.exp(np.log(shares) + middle), low, high)
        below, above = (middle, above) if made.sum() < total else (below, middle)
    return np.asarray(np.clip(np.exp(np.log(shares) + above), low, high))
