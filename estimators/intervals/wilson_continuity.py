"""Wilson's score interval with the correction for continuity (METHODS 3.1)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats, Summary, normal_quantile
from estimators.limits import score_limits


def wilson_continuity(summary: Summary) -> tuple[Floats, Floats]:
    """Return the score limits of half an event less and half an event more, at n_e = min(n, n / max(deff, floor)).

    The same as the textbook's square roots, and defined with less than half an event, where they are not.

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
    Newcombe (1998) Statistics in Medicine 17:857, method 4.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = wilson_continuity(simple_random_sample(np.array([1.0]), np.array([29.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.0018]), array([0.1963]))
    """
    value, size, z = summary.value, summary.plain_size, normal_quantile(summary.confidence)
    half = 0.5 / np.maximum(size, 0.5)
    low, _ = score_limits(np.maximum(value - half, 0), size, z)
    _, high = score_limits(np.minimum(value + half, 1), size, z)
    return low, high
