"""What every interval is made from, and the arithmetic that intervals share (METHODS 3.1 and 3.4).

An interval is a function from a `Summary` to its lower and upper limits; the catalogue is `estimators.intervals`, and
one-sided bounds for decisions are in `estimators.bounds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from estimators.beta import beta_quantiles

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_TABLE = 4_096  # degrees of freedom whose t quantiles are kept
_ROUNDING = 1e-7  # a standard error below it is what rounding leaves of 0: no county has one as small


@dataclass(frozen=True, kw_only=True, eq=False)
class Summary:
    """What intervals need of R estimated rates; the arrays have shape (R,) or broadcast to it.

    Parameters
    ----------
    value : ndarray of float64
        Estimated rate, 0..1.
    standard_error : ndarray of float64
        Its standard error; 0 or NaN where the sample gives none.
    size : ndarray of float64
        Units observed (persons or households), n.
    floor : ndarray of float64
        Design effect of households and weights alone, ``n sum (w s)^2 / (sum w s)^2``; it needs no outcome.
    households : ndarray of float64
        Mean of the visited households of a village that has any.
    events : ndarray of float64
        Households with an event, E.
    icc : ndarray of float64
        Intraclass correlation of household events, cut at 0.
    fpc : float or ndarray of float64
        Share of the villages that was not drawn, 1 - f.
    df : float or ndarray of float64
        Degrees of freedom, a whole number or infinity; at 0 nothing is known and the effective size is 0.
    confidence : float
        Confidence of the two-sided interval, inside (0, 1).
    household_floor : ndarray of float64, optional
        Design effect of households alone, ``sum s^2 / sum s``; that of households and weights where it is left out.
    third_moment : ndarray of float64, optional
        Estimated third central moment of the estimated rate, NaN where the sample gives none; what asks for it is said
        in the catalogue.
    population : ndarray of float64, optional
        Units that the sample was drawn from, N, at least n; without them as if there were infinitely many.

    Examples
    --------
    A simple random sample of 20 with 4 events has no design effect:

    >>> summary = simple_random_sample(np.array([4.0]), np.array([20.0]), confidence=0.95)
    >>> summary.design_effect, summary.effective_size
    (array([1.]), array([20.]))
    """

    value: Floats
    standard_error: Floats
    size: Floats
    floor: Floats
    households: Floats
    events: Floats
    icc: Floats
    fpc: float | Floats
    df: float | Floats
    confidence: float
    household_floor: Floats | None = None
    third_moment: Floats | None = None
    population: Floats | None = None

    @cached_property
    def plain_design_effect(self) -> Floats:
        """The estimated design effect, no smaller than its floor: max(n V / (p q), floor)."""
        spread = self.value * (1 - self.value)
        ratio = self.size * self.standard_error**2 / np.where(spread > 0, spread, np.inf)
        effect: Floats = np.fmax(ratio, self.floor)
        return effect

    @cached_property
    def design_effect(self) -> Floats:
        """The design effect of METHODS 3.4: no smaller than what the clustering of households implies."""
        certain = self.events / (self.events + 3)
        clustering = 1 + np.maximum(self.households - 1, 0) * self.fpc * self.icc * certain
        # Without the weights: with them the interval is up to 1.3 times as wide, for nothing (docs/coverage.md).
        households = self.floor if self.household_floor is None else self.household_floor
        effect: Floats = np.maximum(self.plain_design_effect, households * clustering)
        return effect

    @cached_property
    def effective_size(self) -> Floats:
        """Effective sample size n_e* of METHODS 3.4, in units: min(n, n / deff (t_{n-1} / t_df)^2)."""
        effective: Floats = np.minimum(self.size, self.size / self.design_effect * self.t_factor)
        return effective

    @cached_property
    def t_factor(self) -> Floats:
        """What the degrees of freedom make of an effective size: (t_{n-1} / t_df)^2, at most 1."""
        known = t_quantiles(np.maximum(self.size - 1, 1), self.confidence)
        # No design has more than n - 1 degrees of freedom; a summary of counts says that there are infinitely many.
        factor: Floats = np.minimum(known / t_quantiles(self.df, self.confidence), 1) ** 2
        return factor

    @cached_property
    def plain_size(self) -> Floats:
        """Effective sample size without a correction for df, in units: min(n, n / max(deff, floor))."""
        size: Floats = np.minimum(self.size, self.size / self.plain_design_effect)
        return size

    @cached_property
    def has_error(self) -> Bools:
        """Whether the sample gives a standard error: there are events and others, and villages differ."""
        some: Bools = (self.value > 0) & (self.value < 1) & np.asarray(self.standard_error > _ROUNDING)
        return some

    @cached_property
    def estimated_size(self) -> Floats:
        """Effective sample size by the estimated variance alone, p q / V, which may be above n: R's.

        Where the sample gives no variance, as without an event, the design effect is its floor: n / floor.
        """
        error = np.where(self.has_error, self.standard_error, 1.0)
        size: Floats = np.where(self.has_error, self.value * (1 - self.value) / error**2, self.size / self.floor)
        return size


class Interval(Protocol):
    """A two-sided interval, defined for every sample, also at 0 events and at nothing but events."""

    def __call__(self, summary: Summary) -> tuple[Floats, Floats]:
        """Return the lower and upper limits, shape (R,) each."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of the catalogue of intervals.

    Parameters
    ----------
    limits : Interval
        The two-sided interval; calling the entry calls it.
    sides : {"both", "one", "two"}, default "both"
        Whether a limit alone is a one-sided bound: of intervals with equal tails; of those made of two one-sided
        bounds; or not, because the errors on the two sides are uneven by design and only their sum is kept.
    error : {"floor", "estimated"}, default "floor"
        Whether the floor under the design effect is kept, or the estimated standard error is taken as it comes and the
        floor serves only where there is none.
    needs : {"third_moment", "population"}, optional
        What `Summary` may leave out and this interval asks for.
    """

    limits: Interval
    sides: Literal["both", "one", "two"] = "both"
    error: Literal["floor", "estimated"] = "floor"
    needs: Literal["third_moment", "population"] | None = None

    def __call__(self, summary: Summary) -> tuple[Floats, Floats]:
        """Return the lower and upper limits, shape (R,) each."""
        return self.limits(summary)


def simple_random_sample(
    events: Floats, size: Floats, *, confidence: float, population: Floats | None = None
) -> Summary:
    """Return the summary of binomial counts: no clusters, no weights, normal quantiles.

    Parameters
    ----------
    events, size : ndarray of float64, shape (R,)
        Events among units.
    confidence : float
        Confidence of the interval.
    population : ndarray of float64, shape (R,), optional
        Units that were drawn from, without replacement; it enters the hypergeometric interval alone.
    """
    value = events / size
    return Summary(
        value=value,
        standard_error=np.sqrt(value * (1 - value) / size),
        size=size,
        floor=np.ones_like(value),
        households=np.ones_like(value),
        events=events,
        icc=np.zeros_like(value),
        fpc=1.0,
        df=np.inf,
        confidence=confidence,
        third_moment=value * (1 - value) * (1 - 2 * value) / size**2,
        population=population,
    )


def t_quantiles(df: float | Floats, confidence: float) -> Floats:
    """Return the two-sided quantiles of Student's t; infinity where `df` is not positive.

    Parameters
    ----------
    df : float or ndarray of float64
        Whole numbers, or infinity.
    confidence : float
        Share between minus the quantile and the quantile.

    Examples
    --------
    >>> t_quantiles(np.array([0, 27, np.inf]), 0.95).round(4)
    array([   inf, 2.0518, 1.96  ])
    """
    degrees = np.asarray(df, dtype=np.float64)
    quantiles: Floats = _t_table(confidence)[np.clip(degrees, 0, _TABLE - 1).astype(np.intp)]
    large = degrees >= _TABLE
    if np.any(large):
        few, place = np.unique(degrees[large], return_inverse=True)
        finite = np.isfinite(few)
        level = (1 + confidence) / 2
        quantiles = np.array(quantiles)
        quantiles[large] = np.where(finite, stdtrit(np.where(finite, few, 1.0), level), ndtri(level))[place]
    return quantiles


@cache
def _t_table(confidence: float) -> Floats:
    table = np.full(_TABLE, np.inf)
    table[1:] = stdtrit(np.arange(1.0, _TABLE), (1 + confidence) / 2)
    table.flags.writeable = False
    return table


def normal_quantile(confidence: float) -> float:
    """Return the two-sided quantile of the normal law."""
    return float(ndtri((1 + confidence) / 2))


def beta_limits(value: Floats, size: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return the Clopper-Pearson limits of x = `size` `value` events among `size`, both of them real numbers.

    Parameters
    ----------
    value : ndarray of float64, shape (R,)
        Rate, 0..1.
    size : ndarray of float64, shape (R,)
        Units; at 0 the limits are 0 and 1.
    confidence : float
        Confidence of the interval.

    Returns
    -------
    low, high : ndarray of float64, shape (R,)
        Beta(tail; x, n - x + 1), 0 at x = 0, and Beta(1 - tail; x + 1, n - x), 1 at x = n (METHODS 3.1).

    Examples
    --------
    >>> low, high = beta_limits(np.array([0.0, 0.2]), np.array([149.0, 20.0]), 0.95)
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0573]), array([0.0245, 0.4366]))
    """
    value, size = np.broadcast_arrays(np.asarray(value, dtype=np.float64), np.asarray(size, dtype=np.float64))
    tail = (1 - confidence) / 2
    events, others = size * value, size * (1 - value)
    low, high = np.zeros(value.shape), np.ones(value.shape)
    some, not_all = events > 0, others > 0
    low[some] = beta_quantiles(events[some], others[some] + 1, tail)
    # No events: Beta(1 - tail; 1, n) in closed form. All events: the same from the other end.
    none = not_all & ~some
    high[none] = -np.expm1(np.log(tail) / others[none])
    between = some & not_all
    high[between] = beta_quantiles(events[between] + 1, others[between], 1 - tail)
    return low, high


def mover(
    shares: Floats, values: Sequence[Floats], limits: Sequence[tuple[Floats, Floats]], correlation: Floats
) -> tuple[Floats, Floats]:
    """Return how far the limits of a sum of two shared rates lie below and above it (METHODS 2.3).

    Parameters
    ----------
    shares : ndarray of float64, shape (2,)
        What each rate is multiplied by in the sum, a_g.
    values : sequence of two ndarray of float64, shape (R,)
        The rates.
    limits : sequence of two pairs of ndarray of float64, shape (R,)
        Lower and upper limits of each.
    correlation : ndarray of float64, shape (R,)
        Of the two rates, r.

    Returns
    -------
    below, above : ndarray of float64, shape (R,)
        sqrt(A^2 + B^2 + 2 r A B) with A = a_E (p_E - l_E), B = a_N (p_N - l_N); above with u - p.

    References
    ----------
    Zou and Donner (2008) Statistics in Medicine 27:1693, the method of variance estimates recovery.

    Examples
    --------
    >>> one, half = np.ones(1), np.full(1, 0.5)
    >>> below, above = mover(np.array([0.3, 0.4]), [half, half], [(0 * one, one), (0 * one, one)], 0 * one)
    >>> below.round(3), above.round(3)
    (array([0.25]), array([0.25]))
    """
    (a, b), (p, q), ((p_low, p_high), (q_low, q_high)) = shares, values, limits

    def distance(one: Floats, other: Floats) -> Floats:
        squared: Floats = np.sqrt(one**2 + other**2 + 2 * correlation * one * other)
        return squared

    return distance(a * (p - p_low), b * (q - q_low)), distance(a * (p_high - p), b * (q_high - q))
