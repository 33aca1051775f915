"""The interval of a uniform prior (METHODS 3.1)."""

from __future__ import annotations

from estimators.beta import beta_quantiles
from estimators.interval import Floats, Summary
from estimators.limits import around


def uniform(summary: Summary) -> tuple[Floats, Floats]:
    """Return the quantiles of Beta(x + 1, n - x + 1) at n_e = min(n, n / max(deff, floor)).

    Moved out to the estimate where they exclude it, so without an event the lower limit is 0. A two-sided device like
    Wilson's: of rare events its lower limit at 95% on one side is too high up to 29% of the time.

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
    Franco, Little, Louis and Slud (2019) Journal of Survey Statistics and Methodology 7:334.

    Examples
    --------
    >>> import numpy as np
    >>> from estimators.interval import simple_random_sample
    >>> low, high = uniform(simple_random_sample(np.array([0.0, 4.0]), np.array([20.0, 20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0822]), array([0.1611, 0.4191]))
    """
    tail = (1 - summary.confidence) / 2
    a = summary.plain_size * summary.value + 1
    b = summary.plain_size * (1 - summary.value) + 1
    return around(summary.value, beta_quantiles(a, b, tail), beta_quantiles(a, b, 1 - tail))
