"""The mid-P interval: Clopper and Pearson's with half of the probability of what was seen (METHODS 3)."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaln

from estimators.beta import beta_quantiles
from estimators.interval import Floats, Summary
from estimators.limits import falling_root

_STEPS, _CLOSE = 6, 1e-12


def mid_p(summary: Summary) -> tuple[Floats, Floats]:
    """Return the rates p at which P(X < x) + P(X = x) / 2 is a tail, at n_e = min(n, n / max(deff, floor)).

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
    Lancaster (1961) JASA 56:223; Berry and Armitage (1995) The Statistician 44:417.

    Examples
    --------
    >>> from estimators.interval import simple_random_sample
    >>> low, high = mid_p(simple_random_sample(np.array([0.0, 4.0]), np.array([20.0, 20.0]), confidence=0.95))
    >>> low.round(4), high.round(4)
    (array([0.   , 0.067]), array([0.1391, 0.4149]))
    """
    value, size = np.broadcast_arrays(summary.value, summary.plain_size)
    tail = (1 - summary.confidence) / 2
    return 1 - _upper(1 - value, size, tail), _upper(value, size, tail)


def _upper(value: Floats, size: Floats, tail: float) -> Floats:
    """Return the upper limit, a beta function of real x and n - x."""
    events, others = size * value, size * (1 - value)
    upper = np.ones(value.shape)
    # No events: (1 - p)^n / 2 = tail. Tails of a half and more do not occur: there is no event on the other side.
    none = (events <= 0) & (others > 0)
    upper[none] = -np.expm1(np.log(2 * tail) / others[none])
    some = (events > 0) & (others > 0)
    x, y = events[some], others[some]

    # P(X <= x) = tail lies above, P(X < x) = tail below.
    upper[some] = _root(x, y, beta_quantiles(x, y + 1, 1 - tail), beta_quantiles(x + 1, y, 1 - tail), tail)
    return upper


def _root(x: Floats, y: Floats, low: Floats, high: Floats, tail: float) -> Floats:
    """Return where the excess over the tail is 0, by Newton's method; where it has not arrived, by halving."""
    p = low
    for _ in range(_STEPS):
        with np.errstate(all="ignore"):  # of those that do not arrive
            slope = np.exp(x * np.log(p) + (y - 1) * np.log1p(-p) - betaln(x + 1, y))
            slope += np.exp((x - 1) * np.log(p) + y * np.log1p(-p) - betaln(x, y + 1))
            p = np.clip(p + 2 * _excess(p, x, y, tail) / slope, low, high)
    far = ~(np.abs(_excess(p, x, y, tail)) <= _CLOSE * tail)
    if far.any():
        p[far] = falling_root(lambda q: _excess(q, x[far], y[far], tail), low[far], high[far])
    return p


def _excess(p: Floats, x: Floats, y: Floats, tail: float) -> Floats:
    at_most, below = betainc(y, x + 1, 1 - p), betainc(y + 1, x, 1 - p)
    excess: Floats = (at_most + below) / 2 - tail
    return excess
