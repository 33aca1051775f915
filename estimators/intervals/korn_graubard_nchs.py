"""Korn and Graubard's interval as the United States' health statistics have it (METHODS 3.1)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats, Summary, beta_limits


def korn_graubard_nchs(summary: Summary) -> tuple[Floats, Floats]:
    """Return the Clopper-Pearson limits at n_e = (p q / V) (t_{n-1} / t_df)^2, no larger than n.

    Without a standard error, as without an event, n_e is n before the factor of the degrees of freedom: households are
    forgotten, and the interval covers .78 to .82 of the time where 95% are asked (METHODS 3.3).

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
    National Center for Health Statistics (2017) Data presentation standards for proportions, Vital and Health
    Statistics 2(175).

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = korn_graubard_nchs(simple_random_sample(np.array([0.0]), np.array([20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.]), array([0.1684]))
    """
    size = np.where(summary.has_error, summary.estimated_size, summary.size)
    return beta_limits(summary.value, np.minimum(size * summary.t_factor, summary.size), summary.confidence)
