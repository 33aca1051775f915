"""Jeffreys' interval, modified at its ends by Brown, Cai and DasGupta (METHODS 3.1)."""

from __future__ import annotations

import numpy as np

from estimators.beta import beta_quantiles
from estimators.interval import Floats, Summary, beta_limits
from estimators.limits import around


def jeffreys(summary: Summary) -> tuple[Floats, Floats]:
    """Return the quantiles of Beta(x + 1/2, n - x + 1/2) at n_e = min(n, n / max(deff, floor)).

    With no event the upper limit is the exact one, with one event or less the lower limit is 0; likewise from the other
    end. Design effects make less than one event of a few: from none to one the upper limit is at least that of none.

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
    Brown, Cai and DasGupta (2001) Statistical Science 16:101, the modified Jeffreys interval.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = jeffreys(simple_random_sample(np.array([0.0, 4.0]), np.array([20.0, 20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0715]), array([0.1684, 0.4082]))
    """
    value, size, tail = summary.value, summary.plain_size, (1 - summary.confidence) / 2
    events, others = size * value, size * (1 - value)
    _, high_of_none = beta_limits(np.zeros_like(events), size, summary.confidence)
    low = np.minimum(beta_quantiles(events + 0.5, others + 0.5, tail), 1 - high_of_none)
    high = np.maximum(beta_quantiles(events + 0.5, others + 0.5, 1 - tail), high_of_none)
    # A rate times n that is one event but for rounding is one event.
    few, few_others = events <= 1 + 1e-9, others <= 1 + 1e-9
    low = np.where(few & (value < 1), 0.0, low)
    high = np.where(few_others & (value > 0), 1.0, high)
    return around(value, low, high)
