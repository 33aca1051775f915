"""Acceptance sampling: single, double and cluster plans, their operating characteristic, the smallest that serves.

A county passes like a lot is accepted: when at most so many of the units looked at are wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, betaln, gammaln

from sampler.errors import refuse

Floats = NDArray[np.float64]

_MOST = 1_000_000  # units of a plan that is looked for


@dataclass(frozen=True, kw_only=True)
class SinglePlan:
    """So many units are looked at; the lot is accepted with at most so many wrong ones.

    Parameters
    ----------
    size : int
        Units looked at, n.
    accept : int
        Acceptance number c.
    population : int or None
        Units of the lot; None for a lot so large that units are independent.
    """

    size: int
    accept: int
    population: int | None = None

    def accepted(self, level: float) -> float:
        """Return the chance that a lot with a share of wrong units is accepted.

        Parameters
        ----------
        level : float
            The share; in a finite lot the nearest whole number of units is wrong.

        Examples
        --------
        >>> round(SinglePlan(size=20, accept=0).accepted(0.05), 8)
        0.35848592
        """
        if self.accept >= self.size:
            return 1.0
        if self.population is None:
            return float(bdtr(self.accept, self.size, level))
        return float(_hypergeometric(self.population, round(level * self.population), self.size, self.accept).sum())

    def level_at(self, chance: float) -> float:
        """Return the share of wrong units at which a large lot is accepted with a chance.

        Parameters
        ----------
        chance : float
            In (0, 1).

        Examples
        --------
        >>> round(SinglePlan(size=80, accept=2).level_at(0.5) * 100, 2)
        3.33
        """
        low, high = 0.0, 1.0
        for _ in range(60):  # the chance falls as the share rises
            middle = (low + high) / 2
            low, high = (middle, high) if bdtr(self.accept, self.size, middle) > chance else (low, middle)
        return (low + high) / 2


@dataclass(frozen=True, kw_only=True)
class DoublePlan:
    """A first sample decides where it is clear; else a second one is added to it.

    Parameters
    ----------
    first, second : int
        Units of each sample.
    accept, reject : int
        Of the first: accepted with at most `accept` wrong ones, rejected with at least `reject`.
    accept_both : int
        Acceptance number of both together.
    """

    first: int
    second: int
    accept: int
    reject: int
    accept_both: int

    def accepted(self, level: float) -> float:
        """Return the chance that a large lot with a share of wrong units is accepted.

        Examples
        --------
        >>> plan = DoublePlan(first=50, second=100, accept=1, reject=4, accept_both=4)
        >>> round(plan.accepted(0.02), 4)
        0.886
        """
        between = np.arange(self.accept + 1, self.reject)
        seen = _binomial(self.first, level, between)
        left = self.accept_both - between
        then = np.where(left >= 0, bdtr(np.maximum(left, 0), self.second, level), 0.0)
        return float(bdtr(self.accept, self.first, level) + (seen * then).sum())

    def average_size(self, level: float) -> float:
        """Return how many units are looked at on average."""
        between = np.arange(self.accept + 1, self.reject)
        return float(self.first + self.second * _binomial(self.first, level, between).sum())


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """So many units in each of so many clusters; accepted with at most so many wrong ones in all.

    Parameters
    ----------
    clusters, take : int
        Clusters, and units of each.
    accept : int
        Acceptance number.
    """

    clusters: int
    take: int
    accept: int

    def accepted(self, level: float, deviation: float) -> float:
        """Return the chance that a lot is accepted whose clusters' shares are beta distributed.

        Parameters
        ----------
        level, deviation : float
            Mean and standard deviation of the clusters' shares of wrong units.

        Raises
        ------
        InputError
            ``deviation_too_large`` where no distribution on [0, 1] has them.

        References
        ----------
        Pezzoli et al. (2010), Trop Med Int Health 15:540; Hedt-Gauthier et al. (2013), ETE 10:11.

        Examples
        --------
        >>> plan = ClusterPlan(clusters=5, take=10, accept=4)
        >>> round(plan.accepted(0.2, 0.0), 4), round(1 - plan.accepted(0.05, 0.1), 4)
        (0.0185, 0.1934)
        """
        law = _beta_binomial(self.take, level, deviation)
        whole = np.array([1.0])
        for _ in range(self.clusters):
            whole = np.convolve(whole, law)
        return float(whole[: self.accept + 1].sum())


@dataclass(frozen=True, kw_only=True)
class Points:
    """Two points that an operating characteristic must keep to.

    Parameters
    ----------
    good, producer : float
        Producer's risk quality, and the largest chance of rejecting a lot of that level.
    bad, consumer : float
        Consumer's risk quality, and the largest chance of accepting a lot of that level.
    """

    good: float
    producer: float
    bad: float
    consumer: float

    def __post_init__(self) -> None:
        if not 0 <= self.good < self.bad <= 1:
            raise refuse("points_order", found=f"{self.good:g}, {self.bad:g}")


def smallest_plan(points: Points, *, population: int | None = None) -> SinglePlan:
    """Return the single plan with fewest units that keeps to two points.

    Parameters
    ----------
    points : Points
        What it must keep to.
    population : int, optional
        Units of the lot.

    Raises
    ------
    InputError
        ``plan_not_found`` where a million units, or the whole lot, do not suffice.

    References
    ----------
    Guenther (1969), J Quality Technology 1:116: for each acceptance number the smallest n that serves the consumer,
    until it serves the producer too.

    Examples
    --------
    >>> smallest_plan(Points(good=0.05, producer=0.05, bad=0.15, consumer=0.1))
    SinglePlan(size=77, accept=7, population=None)
    """
    most = _MOST if population is None else population
    accept, size = 0, 1
    while size <= most:
        size = _smallest_for_consumer(points, accept, size, most, population)
        if size > most:
            break
        plan = SinglePlan(size=size, accept=accept, population=population)
        if 1 - plan.accepted(points.good) <= points.producer:
            return plan
        accept += 1
    raise refuse("plan_not_found", found=f"{most:,}")


def _smallest_for_consumer(points: Points, accept: int, least: int, most: int, population: int | None) -> int:
    """Return the smallest size from `least` on that accepts the bad lot seldom enough; more than `most` for none."""

    def serves(size: int) -> bool:
        plan = SinglePlan(size=size, accept=accept, population=population)
        return plan.accepted(points.bad) <= points.consumer

    if not serves(most):
        return most + 1
    low, high = least, least
    while not serves(high):
        low, high = high + 1, min(2 * high + 1, most)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if serves(middle) else (middle + 1, high)
    return low


def _binomial(size: int, chance: float, counts: NDArray[np.int64]) -> Floats:
    below = np.where(counts > 0, bdtr(np.maximum(counts - 1, 0), size, chance), 0.0)
    return np.asarray(bdtr(counts, size, chance) - below)


def _hypergeometric(population: int, wrong: int, size: int, most: int) -> Floats:
    """Return the chances of 0, 1, ..., `most` wrong units in a simple random sample."""
    counts = np.arange(max(0, size - (population - wrong)), min(most, wrong, size) + 1, dtype=np.float64)

    def choose(n: float, k: Floats | float) -> Floats:
        return np.asarray(gammaln(n + 1) - gammaln(np.asarray(k) + 1) - gammaln(n - np.asarray(k) + 1))

    logs = choose(wrong, counts) + choose(population - wrong, size - counts) - choose(population, float(size))
    return np.asarray(np.exp(logs))


def _beta_binomial(take: int, mean: float, deviation: float) -> Floats:
    counts = np.arange(take + 1)
    if deviation == 0 or mean in (0, 1):
        return _binomial(take, mean, counts)
    strength = mean * (1 - mean) / deviation**2 - 1
    if strength <= 0:
        raise refuse("deviation_too_large", found=f"{deviation:g}", allowed=f"{(mean * (1 - mean)) ** 0.5:.3g}")
    a, b = mean * strength, (1 - mean) * strength
    logs = gammaln(take + 1) - gammaln(counts + 1) - gammaln(take - counts + 1)
    return np.asarray(np.exp(logs + betaln(counts + a, take - counts + b) - betaln(a, b)))
