"""What is believed about the error level: a beta law, as it stands or of the units that nobody has looked at yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincc, betaincinv

Floats = NDArray[np.float64]
Answer = TypeVar("Answer")

JEFFREYS = 0.5  # both parameters of the prior before anything was seen (METHODS 4.9)
FEWEST_POINTS = 200  # of equal probability; doubled until nothing changes any more (METHODS 4.9)
ENOUGH_POINTS = 6_400  # before which nothing counts as settled: a tail of 1 in 12,800 may lie beyond the last point
MOST_POINTS = 51_200


@dataclass(frozen=True, kw_only=True)
class Belief:
    """A law of the error level, between 0 and 1 or between two levels.

    Parameters
    ----------
    a, b : float
        Parameters of the beta law.
    wrong, checked : int, default 0
        Units that were looked at, and how many of them were wrong. Used with `units`.
    units : int, optional
        Units of the county. The level is then the county's own rate (wrong + D) / units, where D, the wrong ones among
        the units that nobody has looked at, is beta-binomial; without it, the level is the rate of the law itself.
    low, high : float, default 0 and 1
        Levels outside are ruled out beforehand; without `units` only.

    References
    ----------
    METHODS 4.9 and 5.6; the predictive law is that of Lee, J. J. & Liu, D. D. (2008), Clinical Trials 5:93-106, eq. 2.

    Examples
    --------
    One wrong person among 1,500, which say as much as 319 independent ones: mean, 95% upper limit, chance above 2%.

    >>> belief = Belief(a=0.5 + 1 / 4.7, b=0.5 + 1499 / 4.7)
    >>> round(belief.mean, 4), round(belief.upper(0.95), 4), round(belief.above(0.02), 4)
    (0.0022, 0.0075, 0.0007)
    """

    a: float
    b: float
    wrong: int = 0
    checked: int = 0
    units: int | None = None
    low: float = 0.0
    high: float = 1.0

    @cached_property
    def _law(self) -> Floats:
        """Chances of 0, 1, ... wrong ones among the units not looked at."""
        assert self.units is not None  # noqa: S101 - asked for by the finite branches only
        return beta_binomial(self.units - self.checked, self.a, self.b)

    @cached_property
    def _cumulative(self) -> Floats:
        summed: Floats = np.cumsum(self._law)
        return summed

    @property
    def _ends(self) -> tuple[float, float]:
        """Chances, before the ends are cut off, of lying below each end."""
        return float(betainc(self.a, self.b, self.low)), float(betainc(self.a, self.b, self.high))

    def quantile(self, shares: Floats | float) -> Floats:
        """Return the levels below or at which the given shares of the law lie."""
        shares = np.asarray(shares, dtype=np.float64)
        if self.units is None:
            below, up_to = self._ends
            level: Floats = betaincinv(self.a, self.b, below + shares * (up_to - below))
            return level
        rest = np.searchsorted(self._cumulative, shares)
        rate: Floats = (self.wrong + np.minimum(rest, len(self._law) - 1)) / self.units
        return rate

    def levels(self, points: int) -> Floats:
        """Return levels of equal probability: the quantiles of (i + 1/2) / points, shape (points,)."""
        return self.quantile((np.arange(points) + 0.5) / points)

    @property
    def mean(self) -> float:
        """The mean level."""
        if self.units is None:
            # x Beta(a, b) is a / (a + b) Beta(a + 1, b).
            below, up_to = self._ends
            inside = betainc(self.a + 1, self.b, self.high) - betainc(self.a + 1, self.b, self.low)
            return float(self.a / (self.a + self.b) * inside / (up_to - below))
        return (self.wrong + (self.units - self.checked) * self.a / (self.a + self.b)) / self.units

    def upper(self, confidence: float) -> float:
        """Return the level that is passed with a chance of 1 - confidence."""
        return float(self.quantile(confidence))

    def above(self, level: float) -> float:
        """Return the chance that the level lies above a given one."""
        if self.units is None:
            below, up_to = self._ends
            return float(max(betaincc(self.a, self.b, max(level, self.low)) - (1 - up_to), 0.0) / (up_to - below))
        # The rest exceeds level x units - wrong; a hair is taken off so that a rate equal to the level is not above it.
        first = int(np.floor(level * self.units * (1 + 1e-12))) - self.wrong + 1
        return float(self._law[max(first, 0) :].sum())


def beta_binomial(units: int, a: float, b: float) -> Floats:
    """Return the beta-binomial law: chances of 0 ... units successes.

    Parameters
    ----------
    units : int
        Trials, 0 or more.
    a, b : float
        Parameters of the beta law of their chance.

    Returns
    -------
    ndarray of float64, shape (units + 1,)

    Notes
    -----
    By p(d + 1) / p(d) = (n - d)(d + a) / ((d + 1)(n - d - 1 + b)), summed as logarithms and normalised: no difference
    of large logarithms of gamma functions is taken.

    Examples
    --------
    >>> beta_binomial(2, 1.0, 1.0).round(6).tolist()
    [0.333333, 0.333333, 0.333333]
    """
    d = np.arange(units, dtype=np.float64)
    steps = np.log((units - d) * (d + a) / ((d + 1) * (units - d - 1 + b)))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    law = np.exp(logs - logs.max())
    normalised: Floats = law / law.sum()
    return normalised


@dataclass(frozen=True, kw_only=True)
class Settled(Generic[Answer]):
    """An answer that more points do not change.

    Parameters
    ----------
    answer : object
        The answer.
    points : int
        Points behind it.
    change : float
        How far the number that moved most moved when the points were last doubled.
    """

    answer: Answer
    points: int
    change: float


def settled(ask: Callable[[int], Answer], numbers: Callable[[Answer], Sequence[float]]) -> Settled[Answer]:
    """Ask with 200 equal-probability points and double them until no number changes.

    Parameters
    ----------
    ask : callable
        ``ask(points)``: the answer from so many points.
    numbers : callable
        ``numbers(answer)``: the numbers in it.

    Returns
    -------
    Settled
        With 6,400 points at least and 51,200 at most; when no number changes by more than 1e-5 or a thousandth of
        itself.

    Examples
    --------
    >>> settled(lambda points: 1 / points, lambda answer: [answer])
    Settled(answer=1.953125e-05, points=51200, change=1.953125e-05)
    >>> settled(lambda points: 0.25, lambda answer: [answer]).points
    6400
    """
    points, before = FEWEST_POINTS, np.asarray(numbers(ask(FEWEST_POINTS)), dtype=np.float64)
    while True:
        points *= 2
        answer = ask(points)
        now = np.asarray(numbers(answer), dtype=np.float64)
        change = np.abs(now - before)
        still = points >= ENOUGH_POINTS and bool(np.all(change <= np.maximum(_CLOSE, _CLOSE_SHARE * np.abs(now))))
        if still or points >= MOST_POINTS:
            return Settled(answer=answer, points=points, change=float(change.max(initial=0.0)))
        before = now


_CLOSE, _CLOSE_SHARE = 1e-5, 1e-3
