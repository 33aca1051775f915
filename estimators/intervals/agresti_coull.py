"""Agresti and Coull's interval at n over the design effect (METHODS 3.1)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats, Summary, normal_quantile
from estimators.limits import around


def agresti_coull(summary: Summary) -> tuple[Floats, Floats]:
    """Return Wald's limits with z^2 / 2 events and as many others added, at n_e = min(n, n / max(deff, floor)).

    It has Wilson's centre and contains Wilson's interval.

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
    Agresti and Coull (1998) The American Statistician 52:119.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = agresti_coull(simple_random_sample(np.array([0.0, 4.0]), np.array([20.0, 20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0749]), array([0.1898, 0.4218]))
    """
    z = normal_quantile(summary.confidence)
    size = summary.plain_size + z * z
    centre = (summary.plain_size * summary.value + z * z / 2) / size
    half = z * np.sqrt(centre * (1 - centre) / size)
    return around(summary.value, centre - half, centre + half)
