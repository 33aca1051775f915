"""The likelihood ratio interval (METHODS 3)."""

from __future__ import annotations

import numpy as np
from scipy.special import rel_entr

from estimators.interval import Floats, Summary, t_quantiles
from estimators.limits import falling_root


def likelihood(summary: Summary) -> tuple[Floats, Floats]:
    """Return the rates where twice the fall of the log likelihood is t_df^2, at n_e = p q / V.

    Without an event, n_e = n / floor. This is R's quasi-likelihood ratio, solved; R reads its limits from a spline
    through about ten points, up to 3% off, and divides by the dispersion n / (n - 1) that the variance holds already.

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
    ``svyciprop(method = "likelihood")`` of R survey 4.1; ``binom.confint(methods = "lrt")`` of R binom.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = likelihood(simple_random_sample(np.array([0.0, 4.0]), np.array([20.0, 20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0668]), array([0.0916, 0.4054]))
    """
    # Kept off 0 and infinity, whose products and differences have no value.
    value, size = summary.value, np.maximum(summary.estimated_size, 1e-300)
    threshold = np.minimum(t_quantiles(summary.df, summary.confidence) ** 2, 1e300)

    def above_the_estimate(p: Floats) -> Floats:
        left: Floats = threshold - 2 * size * (rel_entr(value, p) + rel_entr(1 - value, 1 - p))
        return left

    def below_the_estimate(p: Floats) -> Floats:
        return -above_the_estimate(p)

    low = falling_root(below_the_estimate, np.zeros_like(value), value)
    high = falling_root(above_the_estimate, value, np.ones_like(value))
    # With nothing but events the likelihood has no fall on the other side, and no end is reached by halving.
    return np.where(value > 0, np.minimum(low, value), 0.0), np.where(value < 1, np.maximum(high, value), 1.0)
