"""Wilson's score interval at n over the design effect (METHODS 3.1)."""

from __future__ import annotations

from estimators.interval import Floats, Summary, normal_quantile
from estimators.limits import score_limits


def wilson(summary: Summary) -> tuple[Floats, Floats]:
    """Return the score limits at n_e = min(n, n / max(deff, floor)).

    A two-sided device: its errors near 0 offset each other, so one side of it is no one-sided bound (Kott 2017).

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
    Wilson (1927) JASA 22:209; Newcombe (1998) Statistics in Medicine 17:857, method 3.

    Examples
    --------
    >>> import numpy as np
    >>> from estimators.interval import simple_random_sample
    >>> low, high = wilson(simple_random_sample(np.array([15.0, 0.0]), np.array([148.0, 20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.0624, 0.    ]), array([0.1605, 0.1611]))
    """
    return score_limits(summary.value, summary.plain_size, normal_quantile(summary.confidence))
