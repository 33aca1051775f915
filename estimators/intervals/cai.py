"""Two one-sided bounds, corrected to the second order (METHODS 3.1)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats, Summary, normal_quantile
from estimators.limits import around


def cai(summary: Summary) -> tuple[Floats, Floats]:
    """Return the corrected lower and upper bounds, one tail each, at n_e = min(n, n / max(deff, floor)).

    U = (x + eta) / (n + 2 eta) + z sqrt(p q + (gamma_1 p q + gamma_2) / n) / sqrt(n) with eta = z^2 / 3 + 1 / 6,
    gamma_1 = -(13 z^2 / 18 + 17 / 18), gamma_2 = z^2 / 18 + 7 / 36. An expansion in 1 / n: where n is so small that
    gamma_1 would take more than half of p q, half is left. With fewer than two effective events the lower bound is not
    to be relied on, nor the upper one with fewer than two others; without an event the lower one is 0.

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
    Cai (2005) Journal of Statistical Planning and Inference 131:63; Hall (1982) Biometrika 69:647.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = cai(simple_random_sample(np.array([0.0, 4.0]), np.array([20.0, 20.0]), confidence=0.9))
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0846]), array([0.0966, 0.3733]))
    """
    value, size, z = summary.value, summary.plain_size, normal_quantile(summary.confidence)
    eta = z * z / 3 + 1 / 6
    gamma_1, gamma_2 = -(13 * z * z / 18 + 17 / 18), z * z / 18 + 7 / 36
    centre = (size * value + eta) / (size + 2 * eta)
    known = np.asarray(size > 0)
    spread = value * (1 - value) * np.maximum(size + gamma_1, size / 2) + gamma_2
    half = np.where(known, z * np.sqrt(spread) / np.where(known, size, 1.0), 1.0)
    return around(value, centre - half, centre + half)
