"""Beta village effects: the same intraclass correlation at every error level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv, ndtr, ndtri

from sampler.frame import Bools, Ints
from sampler.village_effect import Cells, Floats, Front

_NODES = 4  # levels at which a cell's quantile is tabulated for the first guess
_ROUNDS = 12  # steps of the root finder before a household is bisected


@dataclass(frozen=True, kw_only=True)
class BetaEffect:
    """Propensities follow Beta(mu (1-rho)/rho, (1-mu)(1-rho)/rho) over villages, mu the mean at the level.

    A household with uniform u in a village with uniform v turns at the root in mu of
    I_u(mu (1-rho)/rho, (1-mu)(1-rho)/rho) = v, I the regularised incomplete beta function.

    Parameters
    ----------
    icc : float
        Intraclass correlation rho of household errors, 0 <= icc < 1; 0 leaves no village effect.

    References
    ----------
    METHODS 5.1; the variance of the propensity is rho mu (1 - mu).

    Examples
    --------
    >>> cells = Cells(normal=np.array([-1.0, 0.0, 1.0]), relative=np.ones(3))
    >>> BetaEffect(icc=0.02).quantile(cells, 0.02).round(4).tolist()
    [0.0034, 0.0139, 0.037]
    """

    icc: float

    @property
    def _concentration(self) -> float:
        return (1 - self.icc) / self.icc

    def quantile(self, cells: Cells, level: Floats | float) -> Floats:
        """Return the propensity of each cell, as `VillageEffect` says."""
        mean = cells.mean(level)
        if self.icc == 0:
            return mean
        effect = ndtr(cells.normal).reshape(-1, *[1] * (mean.ndim - 1))
        inside = (mean > 0) & (mean < 1)
        beta = np.where(inside, mean, 0.5) * self._concentration
        propensity = betaincinv(beta, self._concentration - beta, effect)
        return np.where(inside, propensity, mean)

    def turning_levels(self, propensity: Floats, cell: Ints, cells: Cells, *, floor: Front, ceiling: Front) -> Floats:
        """Return the level at which each household turns, as `VillageEffect` says."""
        if self.icc == 0:
            levels: Floats = propensity / cells.relative[cell]
            return levels
        nodes = np.linspace(floor.level, ceiling.level, _NODES)
        reach = np.column_stack([floor.reach, self.quantile(cells, nodes[1:-1]), ceiling.reach])
        return _solved(propensity, cell, cells, self._concentration, nodes, reach)


def _solved(propensity: Floats, cell: Ints, cells: Cells, concentration: float, nodes: Floats, reach: Floats) -> Floats:
    """Return turning levels.

    Parameters
    ----------
    propensity : ndarray of float64, shape (n,)
    cell : ndarray of int64, shape (n,)
    cells : Cells
    concentration : float
        (1 - rho) / rho.
    nodes : ndarray of float64, shape (K,)
        Rising levels; every household turns between the first and the last.
    reach : ndarray of float64, shape (C, K)
        The cells' quantiles there.
    """
    relative, normal = cells.relative[cell], cells.normal[cell]

    def excess(root: Floats, at: Ints) -> Floats:
        mean = np.minimum(relative[at] * root**2, 1.0)
        beta = betainc(mean * concentration, (1 - mean) * concentration, propensity[at])
        distance: Floats = ndtri(beta) - normal[at]
        return distance

    # In the root of the level and on the normal scale the curve is nearly straight.
    with np.errstate(all="ignore"):
        levels = _roots(excess, np.sqrt(_guess(propensity, nodes, reach[cell]))) ** 2
    stuck = np.flatnonzero(~np.isfinite(levels))
    levels[stuck] = _bisected(propensity[stuck], ndtr(normal[stuck]), relative[stuck], concentration, nodes[-1])
    return levels


def _guess(propensity: Floats, nodes: Floats, reach: Floats) -> Floats:
    """Return levels to about 0.1%: a polynomial through the cell's quantiles at the nodes, shape (n, K).

    Towards small propensities x the level goes as -1 / log x, which is why it is interpolated in that.
    """
    at, here = -1 / np.log(reach), -1 / np.log(propensity)
    level = np.zeros(len(propensity))
    for i in range(len(nodes)):
        others = [j for j in range(len(nodes)) if j != i]
        level += nodes[i] * np.prod([(here - at[:, j]) / (at[:, i] - at[:, j]) for j in others], axis=0)
    after = (here[:, None] > at[:, 1:-1]).sum(axis=1)
    return np.clip(level, np.maximum(nodes[after], 1e-3 * nodes[-1]), nodes[after + 1])


def _roots(excess: Callable[[Floats, Ints], Floats], guess: Floats) -> Floats:
    """Return the positive root of each decreasing function by inverse quadratic interpolation, nan where it fails.

    Parameters
    ----------
    excess : callable
        ``excess(x, at)``: the values of the functions `at` at `x`.
    guess : ndarray of float64, shape (n,)
    """
    roots, at = np.full(len(guess), np.nan), np.arange(len(guess))
    x, f = guess, excess(guess, at)
    y = x * np.exp(np.clip(f / 4, -0.3, 0.3))
    g = excess(y, at)
    z = y - g * (y - x) / (g - f)
    for _ in range(_ROUNDS):
        h = excess(z, at)
        new = x * g * h / ((f - g) * (f - h)) + y * f * h / ((g - f) * (g - h)) + z * f * g / ((h - f) * (h - g))
        # The error of the new point is about the product of the errors of the three it comes from: below 1e-11 here.
        product = np.abs((new - x) * (new - y) * (new - z))
        settled = (product <= 1e-11 * new**3) & (np.abs(h) <= 1e-4)
        roots[at[settled]] = new[settled]
        on = ~settled & (new > 0) & np.isfinite(new)
        at, x, f, y, g, z = at[on], y[on], g[on], z[on], h[on], new[on]
        if len(at) == 0:
            break
    return roots


def _bisected(propensity: Floats, effect: Floats, relative: Floats, concentration: float, ceiling: float) -> Floats:
    """Return turning levels by bisection, for households that the faster way leaves; infinity above the ceiling."""

    def turned(level: Floats | float) -> Bools:
        mean = np.minimum(relative * level, 1.0)
        beta = betainc(mean * concentration, np.maximum(1 - mean, 1e-300) * concentration, propensity)
        reached: Bools = (mean >= 1) | (beta <= effect)
        return reached

    low, high = np.zeros(len(propensity)), np.full(len(propensity), ceiling)
    for _ in range(52 if len(propensity) else 0):
        middle = (low + high) / 2
        reached = turned(middle)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.where(turned(ceiling), high, np.inf)
