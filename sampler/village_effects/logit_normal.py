"""Logit-normal village effects: the same standard deviation of the log-odds at every error level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, pi

import numpy as np
from scipy.special import expit, logit

from sampler.frame import Ints
from sampler.village_effect import Cells, Floats, Front

_STEPS = 100  # of Newton's method; it takes about six


@dataclass(frozen=True, kw_only=True)
class LogitNormalEffect:
    """The propensity of a village with normal effect z is expit(a + tau z), with a such that its mean over z is mu.

    With m(x) = E expit(x + tau Z), Z standard normal, a household with uniform u turns when logit(u) - tau z reaches a:
    at the mean mu = m(logit(u) - tau z), in closed form. The intraclass correlation is about tau^2 mu (1 - mu) for a
    rare error and small tau, so that it rises with the level where beta effects keep it.

    Parameters
    ----------
    effect_sd : float
        Standard deviation tau of a village's log-odds, 0 <= effect_sd <= 5; 0 leaves no village effect.

    References
    ----------
    Hund, L., Bedrick, E. J. & Pagano, M. (2015). Choosing a cluster sampling design for lot quality assurance sampling
    surveys. PLoS ONE 10:e0129564: a constant correlation and a constant standard deviation make different designs.
    METHODS 5.1.

    Examples
    --------
    >>> cells = Cells(normal=np.array([-1.0, 0.0, 1.0]), relative=np.ones(3))
    >>> LogitNormalEffect(effect_sd=1.0).quantile(cells, 0.02).round(4).tolist()
    [0.0047, 0.0126, 0.0336]
    """

    effect_sd: float

    def quantile(self, cells: Cells, level: Floats | float) -> Floats:
        """Return the propensity of each cell, as `VillageEffect` says."""
        mean = cells.mean(level)
        effect = cells.normal.reshape(-1, *[1] * (mean.ndim - 1))
        few, place = np.unique(mean, return_inverse=True)
        propensity: Floats = expit(self.log_odds(few)[place].reshape(mean.shape) + self.effect_sd * effect)
        return propensity

    def turning_levels(self, propensity: Floats, cell: Ints, cells: Cells, *, floor: Front, ceiling: Front) -> Floats:  # noqa: ARG002 - what is solved in closed form needs no ends
        """Return the level at which each household turns, as `VillageEffect` says."""
        levels: Floats = self.mean(logit(propensity) - self.effect_sd * cells.normal[cell]) / cells.relative[cell]
        return levels

    def mean(self, log_odds: Floats) -> Floats:
        """Return m(x) = E expit(x + tau Z), the mean propensity where a village in the middle has log-odds x.

        Parameters
        ----------
        log_odds : ndarray of float64, shape (n,)

        Returns
        -------
        ndarray of float64, shape (n,)
            To about 1e-15 of themselves, however rare.

        Examples
        --------
        >>> LogitNormalEffect(effect_sd=1.0).mean(np.array([-4.0, 0.0])).round(6).tolist()
        [0.028104, 0.5]
        """
        mean = np.zeros_like(log_odds)
        for shift, weight in zip(*_nodes(self.effect_sd), strict=True):
            mean += weight * expit(log_odds + shift)
        return mean

    def log_odds(self, mean: Floats) -> Floats:
        """Return a(mu), the inverse of `mean`; minus infinity for 0 and infinity for 1.

        Parameters
        ----------
        mean : ndarray of float64, shape (n,)
            0 <= mean <= 1.

        Examples
        --------
        >>> LogitNormalEffect(effect_sd=1.0).log_odds(np.array([0.0, 0.02])).round(4).tolist()
        [-inf, -4.3602]
        """
        # The curve is odd about one half, and small means are the precise ones.
        rare = np.minimum(mean, 1 - mean)
        found = np.full(rare.shape, -np.inf)
        inside = np.flatnonzero(rare > 0)
        goal = logit(rare[inside])
        x, at = goal.copy(), np.arange(len(goal))
        for _ in range(_STEPS):
            reached, slope = self._mean_and_slope(x[at])
            # On the logit scale the curve is nearly straight, its slope is below 1, and it is concave on this side, so
            # that from the first step on Newton's method comes up to the root from below.
            step = (logit(reached) - goal[at]) * reached * (1 - reached) / slope
            x[at] -= step
            at = at[np.abs(step) > 1e-12 * np.maximum(np.abs(x[at]), 1.0)]
            if len(at) == 0:
                break
        found[inside] = x
        return np.where(mean > 0.5, -found, found)

    def _mean_and_slope(self, x: Floats) -> tuple[Floats, Floats]:
        mean, slope = np.zeros_like(x), np.zeros_like(x)
        for shift, weight in zip(*_nodes(self.effect_sd), strict=True):
            p = expit(x + shift)
            mean += weight * p
            slope += weight * p * (1 - p)
        return mean, slope


@lru_cache(maxsize=64)
def _nodes(effect_sd: float) -> tuple[list[float], list[float]]:
    """Return shifts tau z and weights, of sum 1, for a mean over standard normal z.

    The trapezoidal rule converges geometrically for a function that is analytic in a strip about the line (Trefethen &
    Weideman 2014, SIAM Review 56:385); expit(x + tau z) has its poles at pi / tau from it, which with this step leaves
    an error of about exp(-34). Gauss-Hermite of order 128 is right to nine digits only at tau = 3.
    """
    step = min(0.5, pi**2 / (21 * effect_sd)) if effect_sd > 0 else 0.5
    # Where the error is rare, expit(x + tau z) times the density is a normal density about tau: a tail of 1e-17 is cut.
    half = ceil((8.5 + effect_sd) / step)
    z = step * np.arange(-half, half + 1)
    weight = np.exp(-(z**2) / 2)
    return (effect_sd * z).tolist(), (weight / weight.sum()).tolist()
