"""Double sampling where both phases are simple random samples, from printed sums and counts (METHODS 2.7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sampler.errors import refuse


@dataclass(frozen=True, kw_only=True)
class PhaseVariance:
    """A variance by phase.

    Parameters
    ----------
    first, second : float
        Of the first phase, and of the second given the first.
    """

    first: float
    second: float

    @property
    def whole(self) -> float:
        """Sum of both."""
        return self.first + self.second


@dataclass(frozen=True, kw_only=True)
class StratifiedTotal:
    """The total of a stratified phase 2 with its variance."""

    value: float
    variance: PhaseVariance


def stratified_total(
    population: int, sizes: ArrayLike, drawn: ArrayLike, means: ArrayLike, variances: ArrayLike
) -> StratifiedTotal:
    """Return N sum_h w_ah ybar_h with its variance: phase 1 of n_a of N, phase 2 of n_h of the n_ah in each cell.

    Parameters
    ----------
    population : int
        N.
    sizes, drawn : array_like of int, shape (C,)
        n_ah and n_h.
    means, variances : array_like of float, shape (C,)
        ybar_h and s_h^2 of phase 2, s_h^2 with divisor n_h - 1.

    Returns
    -------
    StratifiedTotal
        V = N^2 sum w_ah^2 (1 - f_h) s_h^2 / n_h + N^2 (1 - f) / n_a [sum w_ah (1 - delta_h) s_h^2
        + n_a / (n_a - 1) sum w_ah (ybar_h - yhat)^2], delta_h = (1 / n_h) (n_a - n_ah) / (n_a - 1); the first
        term is that of phase 2.

    References
    ----------
    Särndal, Swensson and Wretman (1992) eq. 9.4.14.

    Examples
    --------
    >>> found = stratified_total(300, [12, 8], [5, 3], [3.0, 7.0], [2.5, 1.0])
    >>> found.value, round(found.variance.first, 2), round(found.variance.second, 2)
    (1380.0, 24072.63, 12450.0)
    """
    n_h, m_h, mean, s2 = (np.asarray(part, dtype=np.float64) for part in (sizes, drawn, means, variances))
    n = float(n_h.sum())
    share = n_h / n
    overall = float(share @ mean)
    delta = (n - n_h) / (n - 1) / m_h
    between = float(share @ (mean - overall) ** 2)
    first = population**2 * (1 - n / population) / n * (float(share @ ((1 - delta) * s2)) + n / (n - 1) * between)
    second = population**2 * float(share**2 @ ((1 - m_h / n_h) * s2 / m_h))
    return StratifiedTotal(value=population * overall, variance=PhaseVariance(first=first, second=second))


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What a simple random subsample of pairs adds up to.

    Parameters
    ----------
    size : int
        Pairs, n.
    x, y, xx, yy, xy : float
        Sums of x, y, x^2, y^2 and x y; x is known of all of phase 1, or of the population.
    """

    size: int
    x: float
    y: float
    xx: float
    yy: float
    xy: float

    def centred(self) -> tuple[float, float, float]:
        """Return the sums of squares and products about the means: of x, of y, of both."""
        n = self.size
        return self.xx - self.x**2 / n, self.yy - self.y**2 / n, self.xy - self.x * self.y / n


@dataclass(frozen=True, kw_only=True)
class AdjustedMean:
    """A mean adjusted by what is known of x.

    Parameters
    ----------
    value : float
        ybar + b (X - xbar).
    intercept, slope : float
        ybar - b xbar and b.
    variance : PhaseVariance
        (1/n_a - 1/N) s_y^2 and (1/n - 1/n_a) s_e^2, with divisors n - 1.
    """

    value: float
    intercept: float
    slope: float
    variance: PhaseVariance


def regression_mean(sums: Sums, known_mean: float, *, phase1_size: float, population: float = np.inf) -> AdjustedMean:
    """Return the regression estimate y1 + b1 (X1 - x1), the form of the federal SNAP quality control.

    Parameters
    ----------
    sums : Sums
        Of the subsample.
    known_mean : float
        X1, the mean of x over phase 1; over the population where x is known of everybody.
    phase1_size : float
        n_a; the population's size where x is known of everybody.
    population : float, default infinity
        N.

    Raises
    ------
    InputError
        ``nothing_counted`` when x does not vary in the subsample.

    References
    ----------
    7 CFR 275.23; Cochran (1977) chapter 12; Lohr (2021) Example 4.7, where x is known of everybody.

    Examples
    --------
    >>> pairs = Sums(size=4, x=10, y=9, xx=30, yy=23, xy=26)
    >>> regression_mean(pairs, 3.0, phase1_size=40, population=40).slope
    0.7
    """
    xx, _, xy = sums.centred()
    if xx <= 0:
        raise refuse("nothing_counted")
    return _adjusted(sums, known_mean, xy / xx, phase1_size, population)


def difference_mean(sums: Sums, known_mean: float, *, phase1_size: float, population: float = np.inf) -> AdjustedMean:
    """Return the difference estimate y1 + (X1 - x1); parameters as in `regression_mean`.

    Examples
    --------
    >>> pairs = Sums(size=4, x=10, y=9, xx=30, yy=23, xy=26)
    >>> difference_mean(pairs, 3.0, phase1_size=40).value
    2.75
    """
    return _adjusted(sums, known_mean, 1.0, phase1_size, population)


def _adjusted(sums: Sums, known_mean: float, b: float, phase1_size: float, population: float) -> AdjustedMean:
    n = sums.size
    xx, yy, xy = sums.centred()
    of_y, of_residuals = yy / (n - 1), (yy - 2 * b * xy + b**2 * xx) / (n - 1)
    intercept = (sums.y - b * sums.x) / n
    return AdjustedMean(
        value=intercept + b * known_mean,
        intercept=intercept,
        slope=b,
        variance=PhaseVariance(
            first=(1 / phase1_size - 1 / population) * of_y, second=(1 / n - 1 / phase1_size) * of_residuals
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Tenenbein:
    """A rate from a fallible classification of many and a true one of few.

    Parameters
    ----------
    value : float
        p = sum_j (N_j / N) (n_1j / n_.j).
    variance : PhaseVariance
        (p q / N) K and (p q / n)(1 - K).
    reliability : float
        K, the squared correlation of the fallible and the true class; NaN at p = 0 and 1, where the variance is 0 and
        says nothing.
    """

    value: float
    variance: PhaseVariance
    reliability: float


def tenenbein(classified: ArrayLike, checked: ArrayLike, true: ArrayLike) -> Tenenbein:
    """Return Tenenbein's estimate from double sampling.

    Parameters
    ----------
    classified : array_like of int, shape (J,)
        N_j, units of each fallible class, those checked among them.
    checked, true : array_like of int, shape (J,)
        n_.j of them checked without error, and n_1j of those found to have the trait.

    Raises
    ------
    InputError
        ``nothing_counted`` for a class of which nobody was checked.

    References
    ----------
    Tenenbein (1970) JASA 65:1350.

    Examples
    --------
    >>> found = tenenbein([300, 700], [30, 70], [24, 7])
    >>> round(found.value, 3), round(found.variance.whole**0.5, 4), round(found.reliability, 3)
    (0.31, 0.0348, 0.481)
    """
    many, few, events = (np.asarray(part, dtype=np.float64) for part in (classified, checked, true))
    if np.any(few == 0):
        raise refuse("nothing_counted")
    share, rates = many / many.sum(), events / few
    p = float(share @ rates)
    spread = p * (1 - p)
    reliability = float(share @ (rates - p) ** 2) / spread if spread > 0 else np.nan
    k = 0.0 if spread == 0 else reliability
    return Tenenbein(
        value=p,
        variance=PhaseVariance(first=spread * k / float(many.sum()), second=spread * (1 - k) / float(few.sum())),
        reliability=reliability,
    )


def best_checked_share(reliability: float, cost_ratio: float) -> float:
    """Return the share n / N to check, min{1, sqrt((c_f / c_t) (1 - K) / K)} (METHODS 2.7).

    Parameters
    ----------
    reliability : float
        K, above 0.
    cost_ratio : float
        Cost of a fallible classification over that of a true one, c_f / c_t.

    Examples
    --------
    >>> round(best_checked_share(0.8, 0.04), 3)
    0.1
    """
    return min(1.0, float(np.sqrt(cost_ratio * (1 - reliability) / reliability)))
