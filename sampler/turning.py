"""The error level at which each household of a population turns wrong.

The propensity of a household in village i at error level p is the quantile of Beta(mu (1-rho)/rho, (1-mu)(1-rho)/rho)
at the village's own uniform v_i, with mu = p times the stratum's relative rate; the household is wrong once that
reaches its own uniform u. Its turning level is therefore the root in p of I_u(mu (1-rho)/rho, (1-mu)(1-rho)/rho) =
v_i, with I the regularised incomplete beta function. Only households that turn near the levels asked for are solved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, ndtr, ndtri

from sampler.frame import EXITED, UNREGISTERED, Bools, Frame, Ints
from sampler.streams import Purpose, stream

Floats = NDArray[np.float64]

ERROR_KINDS = ("wrong_exit", "missed", "disapproval")
_GROUP_OF_KIND = {"wrong_exit": EXITED, "missed": UNREGISTERED}

_NODES = 4  # levels at which a village's quantile is tabulated for the first guess
_ROUNDS = 12  # steps of the root finder before a household is bisected


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What decides which households turn wrong first in one kind of error.

    Parameters
    ----------
    kind : str
        One of `ERROR_KINDS`.
    icc : float
        Intraclass correlation within villages.
    remote_multiplier : float
        Rate of remote villages over that of ordinary ones.
    shared : float
        Correlation, on the normal scale, of a village's effects on the three kinds.
    whole : float
        Chance that an error takes the whole household.
    """

    kind: str
    icc: float
    remote_multiplier: float
    shared: float
    whole: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Order:
    """The households of one kind in the order in which they turn wrong.

    Those that turn well below or above the levels asked for stand first or last, in no particular order; in place of
    their turning levels stand one that is below and infinity.

    Parameters
    ----------
    counted : int
        Persons (households for disapproval) of all that may turn.
    members : ndarray of int64, shape (n,)
        Household indices, in order.
    full : ndarray of int64, shape (n,)
        Wrong persons once the household has turned.
    reached : ndarray of int64, shape (n,)
        Sum of `full` over the household and those ahead of it.
    levels : ndarray of float64, shape (n,)
        Turning levels.
    largest_rate : float
        Largest propensity over the county's rate.
    """

    counted: int
    members: Ints
    full: Ints
    reached: Ints
    levels: Floats
    largest_rate: float


def nearest(level: Decimal, count: int) -> int:
    """Return the whole number nearest to a share of a count, halves up."""
    return int((level * count).to_integral_value(ROUND_HALF_UP))


def turning_order(
    frame: Frame, structure: Structure, *, seed: int, replicate: int, lowest: Decimal, highest: Decimal
) -> Order:
    """Return the order in which households turn wrong, right between two levels.

    Parameters
    ----------
    frame : Frame
        The county.
    structure : Structure
        The kind of error and its law.
    seed, replicate : int
        The scenario's seed and the number of the population.
    lowest, highest : Decimal
        The order is that of the turning levels wherever a total of errors between these levels cuts it.

    Returns
    -------
    Order

    Examples
    --------
    >>> from sampler.frame import frame_from_counts
    >>> frame = frame_from_counts(name="one village", codes=["a"], villages=["A"], townships=["T"], remote=[False],
    ...     group_households=np.array([[50, 0, 0]]), group_persons=np.array([[150, 0, 0]]))
    >>> structure = Structure(kind="wrong_exit", icc=0.02, remote_multiplier=2.0, shared=0.5, whole=0.9)
    >>> at = {"lowest": Decimal("0.01"), "highest": Decimal("0.05")}
    >>> order = turning_order(frame, structure, seed=1, replicate=0, **at)
    >>> order.counted, order.levels[:3].round(4).tolist(), order.reached[:3].tolist()
    (150, [0.0186, 0.0216, 0.0251], [2, 7, 8])
    """
    return _order(frame, structure, seed, replicate, _outwards(lowest, ROUND_FLOOR), _outwards(highest, ROUND_CEILING))


def _outwards(level: Decimal, rounding: str) -> Decimal:
    """Return the level rounded to one digit, so that near levels share one remembered order."""
    if level == 0:
        return Decimal(0)
    return level.quantize(Decimal(1).scaleb(level.adjusted()), rounding)


@lru_cache(maxsize=16)
def _order(frame: Frame, structure: Structure, seed: int, replicate: int, lowest: Decimal, highest: Decimal) -> Order:
    kind, uniforms, may_turn = structure.kind, _uniforms(frame, seed, replicate), _may_turn(frame, structure.kind)
    propensity = uniforms.disapproval if kind == "disapproval" else uniforms.error[may_turn.members]
    full = np.where(uniforms.whole[may_turn.members] < structure.whole, may_turn.weight, 1)
    counted = int(may_turn.weight.sum())
    villages = _Villages(
        normal=np.sqrt(structure.shared) * uniforms.shared_normal
        + np.sqrt(1 - structure.shared) * uniforms.own_normal[ERROR_KINDS.index(kind)],
        relative=_relative_rates(frame, structure),
        icc=structure.icc,
    )
    levels = _turning_levels(
        propensity,
        may_turn.village,
        villages,
        lowest=float(lowest),
        highest=float(highest),
        few=lambda turned: bool(full[turned].sum() <= nearest(lowest, counted)),
        many=lambda turned: bool(full[turned].sum() >= nearest(highest, counted)),
    )
    order = np.argsort(levels, kind="stable")
    return Order(
        counted=counted,
        members=may_turn.members[order],
        full=full[order],
        reached=np.cumsum(full[order]),
        levels=levels[order],
        largest_rate=float(villages.relative[may_turn.village].max(initial=0.0)),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Uniforms:
    """The random numbers of one population, drawn in a fixed order whatever the model."""

    shared_normal: Floats  # (V,)
    own_normal: Floats  # (3, V), by kind
    error: Floats  # (N,)
    disapproval: Floats  # (N,)
    whole: Floats  # (N,)


@lru_cache(maxsize=4)
def _uniforms(frame: Frame, seed: int, replicate: int) -> _Uniforms:
    rng = stream(seed, Purpose.TRUTH, replicate)
    villages, households = len(frame.codes), len(frame.household_persons)
    return _Uniforms(
        shared_normal=rng.standard_normal(villages),
        own_normal=rng.standard_normal((len(ERROR_KINDS), villages)),
        error=rng.random(households),
        disapproval=rng.random(households),
        whole=rng.random(households),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _MayTurn:
    """The households that an error of one kind can strike."""

    members: Ints  # (n,), indices in the frame
    village: Ints  # (n,)
    weight: Ints  # (n,), persons, or 1 for disapproval


@lru_cache(maxsize=8)
def _may_turn(frame: Frame, kind: str) -> _MayTurn:
    if kind == "disapproval":
        members = np.arange(len(frame.household_persons))
        weight = np.ones(len(members), dtype=np.int64)
    else:
        members = np.flatnonzero(frame.household_group == _GROUP_OF_KIND[kind])
        weight = frame.household_persons[members]
    return _MayTurn(members=members, village=frame.household_village[members], weight=weight)


@lru_cache(maxsize=8)
def _relative_rates(frame: Frame, structure: Structure) -> Floats:
    """Return the propensity of each village's households over the county's person rate, shape (V,).

    Remote households have the multiplier times the rate of ordinary ones, and since some errors take one person
    only, more households must be wrong than the rate of persons says; on average over the county both cancel.
    """
    may_turn = _may_turn(frame, structure.kind)
    multiplier = np.where(frame.remote, structure.remote_multiplier, 1.0)
    households = np.bincount(may_turn.village, minlength=len(multiplier))
    persons = np.bincount(may_turn.village, weights=may_turn.weight, minlength=len(multiplier))
    total = float(multiplier @ (structure.whole * persons + (1 - structure.whole) * households))
    return multiplier * (float(persons.sum()) / total if total > 0 else 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Villages:
    """The laws of the villages' propensities."""

    normal: Floats  # (V,), effect on the normal scale
    relative: Floats  # (V,), mean over the county's rate
    icc: float

    @property
    def concentration(self) -> float:
        return (1 - self.icc) / self.icc

    def quantile(self, level: Floats | float) -> Floats:
        """Return the propensity of each village at a level, shape (V,), or (V, K) for K levels."""
        mean = np.minimum(np.multiply.outer(self.relative, level), 1.0)
        if self.icc == 0:
            return mean
        effect = ndtr(self.normal).reshape(-1, *[1] * (mean.ndim - 1))
        inside = (mean > 0) & (mean < 1)
        beta = np.where(inside, mean, 0.5) * self.concentration
        propensity = betaincinv(beta, self.concentration - beta, effect)
        return np.where(inside, propensity, mean)


def _turning_levels(
    propensity: Floats,
    village: Ints,
    villages: _Villages,
    *,
    lowest: float,
    highest: float,
    few: Callable[[Bools], bool],
    many: Callable[[Bools], bool],
) -> Floats:
    """Return the level at which each household turns, or one below or above those asked for where it lies far off.

    Parameters
    ----------
    propensity : ndarray of float64, shape (n,)
        The household's uniform.
    village : ndarray of int64, shape (n,)
        Its village.
    villages : _Villages
        Their laws; an intraclass correlation of 0 gives a closed form.
    lowest, highest : float
        The levels asked for.
    few, many : callable
        Say whether the households turned so far are no more than the lowest level needs, and as many as the highest
        needs; the range goes on down and up until they do.
    """
    if highest == 0 or len(propensity) == 0:
        return np.full(len(propensity), np.inf)

    def turned(level: float) -> tuple[Floats, Bools]:
        reach = villages.quantile(level)
        # Where the quantile fails (nan) nobody is ruled out.
        return reach, ~(propensity > reach[village])

    top = 1 / float(villages.relative.min())
    ceiling = min(highest, top)
    upper, below_ceiling = turned(ceiling)
    while not many(below_ceiling) and ceiling < top:
        ceiling = min(1.25 * ceiling, top)
        upper, below_ceiling = turned(ceiling)
    floor = lowest
    lower, below_floor = turned(floor)
    while floor > 0 and not few(below_floor):
        floor = 0.75 * floor if floor > lowest / 4 else 0.0
        lower, below_floor = turned(floor)
    levels = np.where(below_floor, floor, np.inf)
    between = np.flatnonzero(below_ceiling & ~below_floor)
    if villages.icc == 0:
        levels[between] = propensity[between] / villages.relative[village[between]]
    else:
        nodes = np.linspace(floor, ceiling, _NODES)
        reach = np.column_stack([lower, villages.quantile(nodes[1:-1]), upper])
        levels[between] = _solved(propensity[between], village[between], villages, nodes, reach)
    return levels


def _solved(propensity: Floats, village: Ints, villages: _Villages, nodes: Floats, reach: Floats) -> Floats:
    """Return turning levels to about 1e-13 of themselves.

    Parameters
    ----------
    propensity : ndarray of float64, shape (n,)
    village : ndarray of int64, shape (n,)
    villages : _Villages
    nodes : ndarray of float64, shape (K,)
        Rising levels; every household turns between the first and the last.
    reach : ndarray of float64, shape (V, K)
        The villages' quantiles there.
    """
    relative, normal, concentration = villages.relative[village], villages.normal[village], villages.concentration

    def excess(root: Floats, at: Ints) -> Floats:
        mean = np.minimum(relative[at] * root**2, 1.0)
        beta = betainc(mean * concentration, (1 - mean) * concentration, propensity[at])
        distance: Floats = ndtri(beta) - normal[at]
        return distance

    # In the root of the level and on the normal scale the curve is nearly straight.
    with np.errstate(all="ignore"):
        levels = _roots(excess, np.sqrt(_guess(propensity, nodes, reach[village]))) ** 2
    stuck = np.flatnonzero(~np.isfinite(levels))
    levels[stuck] = _bisected(propensity[stuck], ndtr(normal[stuck]), relative[stuck], concentration, nodes[-1])
    return levels


def _guess(propensity: Floats, nodes: Floats, reach: Floats) -> Floats:
    """Return levels to about 0.1%: a polynomial through the village's quantiles at the nodes, shape (n, K).

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
        # The error of the new point is about the product of the errors of the three it comes from.
        settled = (np.abs(new - z) <= 1e-9 * z) & (np.abs(h) <= 1e-6)
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
