"""Wald's interval on the log odds (METHODS 3.1)."""

from __future__ import annotations

import numpy as np
from scipy.special import expit
from scipy.special import logit as log_odds

from estimators.interval import Floats, Summary, t_quantiles
from estimators.limits import around, exact_without_error


def logit(summary: Summary) -> tuple[Floats, Floats]:
    """Return the log odds less and plus t_df se / (p q), turned back; without a standard error, the default's limits.

    With less than about one effective event the upper limit rises again as events vanish: the standard error of the log
    odds grows without end.

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
    ``svyciprop(method = "xlogit")`` of R survey 4.1; its ``"logit"`` fits the same number by iteration.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = logit(simple_random_sample(np.array([4.0]), np.array([20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.0771]), array([0.4278]))
    """
    p = np.where(summary.has_error, summary.value, 0.5)
    error = np.where(summary.has_error, summary.standard_error, 1.0)
    half = t_quantiles(summary.df, summary.confidence) * error / (p * (1 - p))
    low, high = around(p, expit(log_odds(p) - half), expit(log_odds(p) + half))
    return exact_without_error(summary, low, high)
