"""Wald's interval, for comparison with published tables only (METHODS 3.2: unusable for rare rates)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats, Summary, t_quantiles


def wald(summary: Summary) -> tuple[Floats, Floats]:
    """Return the estimate less and plus t_df standard errors, not cut at 0 and 1, as the references print it.

    Parameters
    ----------
    summary : Summary
        Of R rates.

    Returns
    -------
    low, high : ndarray of float64, shape (R,)
        May lie outside [0, 1]; they meet where the standard error is 0, as it is without an event.

    References
    ----------
    Newcombe (1998) Statistics in Medicine 17:857, method 1; with t_df, ``svyciprop(method = "mean")`` of R survey.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = wald(simple_random_sample(np.array([1.0]), np.array([29.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([-0.0319]), array([0.1009]))
    """
    half = np.zeros_like(summary.value)
    known = np.asarray(summary.standard_error > 0)
    # Nothing where the standard error is 0: infinity times 0 has no value when there are no degrees of freedom.
    np.multiply(t_quantiles(summary.df, summary.confidence), summary.standard_error, out=half, where=known)
    return summary.value - half, summary.value + half
