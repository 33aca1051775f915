"""Two one-sided bounds for surveys, with the estimated third moment of the rate (METHODS 3.1)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats, Summary, normal_quantile
from estimators.limits import around


def kott_liu(summary: Summary) -> tuple[Floats, Floats]:
    """Return p + delta -+ sqrt(z^2 v + delta^2), delta = (z^2 / 3 + 1 / 6) m_3 / v, one tail each.

    v and m_3 are the estimated variance and third moment. Where the sample gives none, as without an event or with
    fewer than three villages in a stratum, the binomial law at n_e = min(n, n / max(deff, floor)) stands in for it:
    v = p q / n_e and m_3 / v = (1 - 2 p) / n_e. Without an event the upper bound is then (2 z^2 / 3 + 1 / 3) / n_e.

    Parameters
    ----------
    summary : Summary
        Of R rates.

    Returns
    -------
    low, high : ndarray of float64, shape (R,)
        Inside [0, 1].

    References
    ----------
    Kott and Liu (2009) International Statistical Review 77:251; Liu and Kott (2009) Journal of Official Statistics
    25:569.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = kott_liu(simple_random_sample(np.array([0.0, 4.0]), np.array([20.0, 20.0]), confidence=0.9))
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0815]), array([0.1069, 0.3826]))
    """
    value, z = summary.value, normal_quantile(summary.confidence)
    some = np.asarray(summary.plain_size > 0)
    size = np.where(some, summary.plain_size, 1.0)
    known = summary.has_error
    variance = np.where(known, summary.standard_error, 0.0) ** 2
    skewness = (1 - 2 * value) / size
    if summary.third_moment is not None:
        given = known & np.isfinite(summary.third_moment)
        skewness = np.where(given, summary.third_moment / np.where(given, variance, 1.0), skewness)
    variance = np.where(known, variance, value * (1 - value) / size)
    delta = (z * z / 3 + 1 / 6) * skewness
    half = np.sqrt(z * z * variance + delta**2)
    low, high = around(value, value + delta - half, value + delta + half)
    return np.where(some, low, 0.0), np.where(some, high, 1.0)
