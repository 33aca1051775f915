"""Korn and Graubard's interval as R's package survey has it (METHODS 3.1)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats, Summary, beta_limits

_MOST = 1e12  # effective units, beyond which beta quantiles are not computed


def korn_graubard_r(summary: Summary) -> tuple[Floats, Floats]:
    """Return the Clopper-Pearson limits at n_e = (p q / V) (t_{n-1} / t_df)^2, above n where the variance says so.

    Where R has none, without an event or with nothing else, the design effect is its floor.

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
    ``svyciprop(method = "beta")`` of R survey 4.1; Korn and Graubard (1998) Survey Methodology 24:193.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = korn_graubard_r(simple_random_sample(np.array([4.0]), np.array([20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.0573]), array([0.4366]))
    """
    size = np.minimum(summary.estimated_size * summary.t_factor, _MOST)
    return beta_limits(summary.value, size, summary.confidence)
