"""Wald's interval on the arcsine of the root of the rate (METHODS 3.1)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats, Summary, t_quantiles
from estimators.limits import around


def arcsine(summary: Summary) -> tuple[Floats, Floats]:
    """Return the squared sines of `angles`, cut where they leave the quarter turn.

    R does not cut: a negative angle comes back as a positive lower limit, which may lie above the estimate.

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
    ``svyciprop(method = "asin")`` of R survey 4.1, where the lower angle is not negative.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = arcsine(simple_random_sample(np.array([0.0, 4.0]), np.array([20.0, 20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0586]), array([0.0473, 0.3981]))
    """
    low, high = (np.sin(np.clip(angle, 0, np.pi / 2)) ** 2 for angle in angles(summary))
    return around(summary.value, low, high)


def angles(summary: Summary) -> tuple[Floats, Floats]:
    """Return arcsin(sqrt(p)) less and plus t_df se / (2 sqrt(p q)); without a standard error it is that of the floor.

    Parameters
    ----------
    summary : Summary
        Of R rates.

    Returns
    -------
    low, high : ndarray of float64, shape (R,)
        Angles, of which 0 to pi / 2 mean something.
    """
    size = np.asarray(summary.estimated_size)
    centre = np.arcsin(np.sqrt(summary.value))
    # V = p q / n_e, so the half width is t / (2 sqrt(n_e)).
    half = t_quantiles(summary.df, summary.confidence) / (2 * np.sqrt(np.where(size > 0, size, np.nan)))
    half = np.where(size > 0, half, np.inf)
    return centre - half, centre + half
