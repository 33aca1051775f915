"""Arithmetic that several intervals share (METHODS 3.1); `estimators.interval` has that of the default."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from estimators.interval import Floats, Summary, beta_limits

_HALVINGS = 64


def around(value: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return the limits cut at 0 and 1 and moved out to the estimate where they exclude it.

    Centres that are drawn towards 1/2 exclude an estimate of 0 or 1, and what rounding makes of either.

    Examples
    --------
    >>> low, high = around(np.array([0.0, 0.5]), np.array([0.01, 0.2]), np.array([0.1, 1.2]))
    >>> low, high
    (array([0. , 0.2]), array([0.1, 1. ]))
    """
    return np.maximum(np.minimum(low, value), 0.0), np.minimum(np.maximum(high, value), 1.0)


def exact_without_error(summary: Summary, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return the limits given, and those of the default where the sample gives no standard error.

    Parameters
    ----------
    summary : Summary
        Of R rates.
    low, high : ndarray of float64, shape (R,)
        Limits of a method that is not defined at a standard error of 0, as there is without an event.
    """
    known = summary.has_error
    if known.all():
        return low, high
    exact_low, exact_high = beta_limits(summary.value, summary.effective_size, summary.confidence)
    return np.where(known, low, exact_low), np.where(known, high, exact_high)


def score_limits(value: Floats, size: Floats, z: float) -> tuple[Floats, Floats]:
    """Return the roots of |value - p| = z sqrt(p (1 - p) / size), Wilson's limits.

    Parameters
    ----------
    value, size : ndarray of float64, shape (R,)
        Rate, 0..1, and units; at a size of 0 the limits are 0 and 1.
    z : float
        Normal quantile.

    Examples
    --------
    >>> low, high = score_limits(np.array([0.0, 0.2]), np.array([20.0, 20.0]), 1.96)
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0807]), array([0.1611, 0.416 ]))
    """
    # The textbook form multiplied by n, so that a sample of 0 gives 0 and 1.
    half = z * np.sqrt(size * value * (1 - value) + z * z / 4)
    low = (size * value + z * z / 2 - half) / (size + z * z)
    high = (size * value + z * z / 2 + half) / (size + z * z)
    # At no events and at nothing but events one limit is 0 or 1 but for rounding.
    return np.where(value > 0, np.maximum(low, 0.0), 0.0), np.where(value < 1, np.minimum(high, 1.0), 1.0)


def falling_root(function: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Return where functions that fall from above 0 to below 0 are 0, by halving; each element on its own.

    Parameters
    ----------
    function : callable
        Takes and returns an array of shape (R,).
    low, high : ndarray of float64, shape (R,)
        Brackets; where the function has one sign the root is the end nearer to 0.

    Examples
    --------
    >>> falling_root(lambda x: 2 - x**2, np.zeros(1), np.full(1, 2.0)).round(12)
    array([1.41421356])
    """
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = function(middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2
