"""The Clopper-Pearson interval at n over the design effect (METHODS 3.1)."""

from __future__ import annotations

from estimators.interval import Floats, Summary, beta_limits


def clopper_pearson(summary: Summary) -> tuple[Floats, Floats]:
    """Return the exact binomial limits at n_e = min(n, n / max(deff, floor)), without a correction for df.

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
    Clopper and Pearson (1934) Biometrika 26:404.

    Examples
    --------
    >>> import numpy as np
    >>> from estimators.interval import simple_random_sample
    >>> low, high = clopper_pearson(simple_random_sample(np.array([4.0]), np.array([20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.0573]), array([0.4366]))
    """
    return beta_limits(summary.value, summary.plain_size, summary.confidence)
