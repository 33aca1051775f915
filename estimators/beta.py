"""Quantiles of the beta law, one Halley step from an interpolated start: half the time of ``scipy.special.betaincinv``.

Two quantiles a rate are most of the work of its interval. Where the start is not close, scipy answers.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, betaln, expit, logit

Floats = NDArray[np.float64]

# The grid of starts over log a and log b. It begins below the parameters it serves, 1 and more, because a spline is
# poor at its edge.
_FIRST, _LAST, _STEP = np.log(0.5), np.log(30_000.0), 0.1
# Largest distance of the start from the level, relatively to the tail: a step leaves about its third power.
_CLOSE = 2e-5


def beta_quantiles(a: Floats, b: Floats, level: float) -> Floats:
    """Return the quantiles of Beta(a, b) at a level.

    Parameters
    ----------
    a, b : ndarray of float64, shape (R,)
        Above 0.
    level : float
        Inside (0, 1).

    Returns
    -------
    ndarray of float64, shape (R,)
        Within about 1e-14 of the exact ones, relatively.

    References
    ----------
    Press, Teukolsky, Vetterling and Flannery (2007) Numerical Recipes, section 6.4: Halley's method with the density
    and its logarithmic derivative.

    Examples
    --------
    >>> beta_quantiles(np.array([1.0, 5.0]), np.array([1.0, 16.0]), 0.975).round(4)
    array([0.975 , 0.4366])
    """
    tail = min(level, 1 - level)
    x = expit(_start(np.log(a), np.log(b), round(tail, 12), upper=level > 0.5))
    excess = betainc(a, b, x) - level
    close = (np.minimum(a, b) >= 1) & (np.abs(excess) <= _CLOSE * tail)
    with np.errstate(all="ignore"):  # of those that are not close
        newton = excess / np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - betaln(a, b))
        x = x - newton / (1 - newton / 2 * ((a - 1) / x - (b - 1) / (1 - x)))
    far = ~close
    if far.any():
        x[far] = betaincinv(a[far], b[far], level)
    result: Floats = x
    return result


def _start(log_a: Floats, log_b: Floats, tail: float, *, upper: bool) -> Floats:
    """Return about the log odds of the quantile; the upper one of (a, b) is the lower one of (b, a) negated."""
    from scipy.ndimage import map_coordinates  # noqa: PLC0415 - heavy

    places = (np.stack([log_b, log_a] if upper else [log_a, log_b]) - _FIRST) / _STEP
    odds: Floats = map_coordinates(_table(tail), places, order=3, mode="nearest", prefilter=False)
    return -odds if upper else odds


@lru_cache(maxsize=16)
def _table(tail: float) -> Floats:
    """Return the spline coefficients of the log odds of the quantiles at a tail, by log a and log b."""
    from scipy.ndimage import spline_filter  # noqa: PLC0415 - heavy

    grid = np.exp(np.arange(_FIRST, _LAST, _STEP))
    coefficients: Floats = spline_filter(logit(betaincinv(grid[:, None], grid[None, :], tail)), order=3)
    coefficients.flags.writeable = False
    return coefficients
