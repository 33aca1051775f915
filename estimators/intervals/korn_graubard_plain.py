"""Korn and Graubard's interval with the plain floor under the design effect (METHODS 3.4)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats, Summary, beta_limits


def korn_graubard_plain(summary: Summary) -> tuple[Floats, Floats]:
    """Return the Clopper-Pearson limits at n_e* = min(n, n / max(deff, floor) (t_{n-1} / t_df)^2).

    What the default adds to it is the part of the intraclass correlation in the design effect; without that the
    interval falls short where errors cluster much in villages (METHODS 3.4).

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
    Korn and Graubard (1998) Survey Methodology 24:193; the floor is this project's.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = korn_graubard_plain(simple_random_sample(np.array([4.0]), np.array([20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.0573]), array([0.4366]))
    """
    effective = np.minimum(summary.size, summary.plain_size * summary.t_factor)
    return beta_limits(summary.value, effective, summary.confidence)
