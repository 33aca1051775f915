"""Korn and Graubard's interval with a floor under the design effect: the default (METHODS 3.4)."""

from __future__ import annotations

from estimators.interval import Floats, Summary, beta_limits


def korn_graubard(summary: Summary) -> tuple[Floats, Floats]:
    """Return the Clopper-Pearson limits at the effective sample size.

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
    Korn and Graubard (1998) Survey Methodology 24:193. The floor and the part of the intraclass correlation in the
    design effect are this project's (METHODS 3.4): the estimated design effect is too small exactly when events are
    few, and there is none at all without an event.

    Examples
    --------
    No event among 1,500 persons who live in households of 3.56 (size-biased mean), 27 degrees of freedom:

    >>> import numpy as np
    >>> rate = {"value": np.zeros(1), "standard_error": np.zeros(1), "size": np.array([1_500.0])}
    >>> village = {"households": np.array([18.0]), "events": np.zeros(1), "icc": np.zeros(1)}
    >>> low, high = korn_graubard(Summary(**rate, **village, floor=np.array([3.56]), fpc=0.9, df=27, confidence=0.95))
    >>> float(low[0]), round(float(high[0]), 4)
    (0.0, 0.0095)
    """
    return beta_limits(summary.value, summary.effective_size, summary.confidence)
