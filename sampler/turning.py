"""The error level at which each household of a population turns wrong.

The propensity of a household's cell rises with the error level by the law of village effects; the household is wrong
once that reaches its own uniform u, and the level where it does is its turning level. Only households that turn near
the levels asked for are solved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import lru_cache

import numpy as np

from sampler.frame import EXITED, UNREGISTERED, Bools, Frame, Ints
from sampler.streams import Purpose, stream
from sampler.village_effect import Cells, Floats, Front, VillageEffect

ERROR_KINDS = ("wrong_exit", "missed", "disapproval")
_GROUP_OF_KIND = {"wrong_exit": EXITED, "missed": UNREGISTERED}


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What decides which households turn wrong first in one kind of error.

    Parameters
    ----------
    kind : str
        One of `ERROR_KINDS`.
    effect : VillageEffect
        Law of the village effects, of the catalogue `sampler.village_effects`.
    shared : float
        Correlation, on the normal scale, of a village's effects on the three kinds.
    whole : float
        Chance that an error takes the whole household.
    remote_multiplier, key_multiplier : float, default 1
        Rate of remote villages over that of ordinary ones, and of key households over that of the others.
    townships : tuple of (str, float), default empty
        Rate of the villages of a township over what it would be otherwise, by the township's name.
    """

    kind: str
    effect: VillageEffect
    shared: float
    whole: float
    remote_multiplier: float = 1.0
    key_multiplier: float = 1.0
    townships: tuple[tuple[str, float], ...] = ()


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
    >>> from sampler.village_effects.beta import BetaEffect
    >>> structure = Structure(kind="wrong_exit", effect=BetaEffect(icc=0.02), shared=0.5, whole=0.9)
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
    cells = _cells(frame, structure)
    normal = np.sqrt(structure.shared) * uniforms.shared_normal
    normal += np.sqrt(1 - structure.shared) * uniforms.own_normal[ERROR_KINDS.index(kind)]
    levels = _turning_levels(
        propensity,
        cells.of_household,
        Cells(normal=normal[cells.village], relative=cells.relative),
        structure.effect,
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
        largest_rate=float(cells.relative[cells.of_household].max(initial=0.0)),
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
    key: Bools  # (n,), key households
    weight: Ints  # (n,), persons, or 1 for disapproval


@lru_cache(maxsize=8)
def _may_turn(frame: Frame, kind: str) -> _MayTurn:
    if kind == "disapproval":
        members = np.arange(len(frame.household_persons))
        weight = np.ones(len(members), dtype=np.int64)
    else:
        members = np.flatnonzero(frame.household_group == _GROUP_OF_KIND[kind])
        weight = frame.household_persons[members]
    return _MayTurn(
        members=members,
        village=frame.household_village[members],
        key=frame.household_key[members],
        weight=weight,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _HouseholdCells:
    """The cells of the households that an error can strike: villages, or villages by key and other households."""

    of_household: Ints  # (n,)
    village: Ints  # (C,)
    relative: Floats  # (C,)


@lru_cache(maxsize=8)
def _cells(frame: Frame, structure: Structure) -> _HouseholdCells:
    may_turn, villages = _may_turn(frame, structure.kind), np.arange(len(frame.codes))
    multiplier = np.where(frame.remote, structure.remote_multiplier, 1.0) * _of_townships(frame, structure)
    cell = may_turn.village
    if structure.key_multiplier != 1 and may_turn.key.any():
        cell = cell + len(villages) * may_turn.key
        villages = np.tile(villages, 2)
        multiplier = np.concatenate([multiplier, multiplier * structure.key_multiplier])
    return _HouseholdCells(
        of_household=cell,
        village=villages,
        relative=_relative_rates(multiplier, cell, may_turn.weight, structure.whole),
    )


def _of_townships(frame: Frame, structure: Structure) -> Floats:
    """Return the multiplier of each village's township, shape (V,)."""
    multipliers = dict(structure.townships)
    return np.array([multipliers.get(name, 1.0) for name in frame.townships])


def _relative_rates(multiplier: Floats, cell: Ints, weight: Ints, whole: float) -> Floats:
    """Return the mean propensity of each cell's households over the county's person rate, shape (C,).

    Cells have their multipliers times one rate, and since some errors take one person only, more households must be
    wrong than the rate of persons says; on average over the county both cancel.

    Parameters
    ----------
    multiplier : ndarray of float64, shape (C,)
    cell, weight : ndarray of int64, shape (n,)
        Of the households: their cell, and their persons.
    whole : float
        Chance that an error takes the whole household.
    """
    households = np.bincount(cell, minlength=len(multiplier))
    persons = np.bincount(cell, weights=weight, minlength=len(multiplier))
    total = float(multiplier @ (whole * persons + (1 - whole) * households))
    return multiplier * (float(persons.sum()) / total if total > 0 else 1.0)


def village_rates(frame: Frame, structure: Structure) -> Floats:
    """Return the mean propensity of each village's households over the county's person rate, shape (V,).

    It is the rate of households at a small level: above 1 where some errors take one person only, since more households
    must then be wrong than the rate of persons says; 0 in a village without such households.

    Parameters
    ----------
    frame : Frame
        V villages.
    structure : Structure
        The kind of error.

    Examples
    --------
    >>> from sampler.frame import frame_from_counts
    >>> from sampler.village_effects.beta import BetaEffect
    >>> frame = frame_from_counts(name="two", codes=["a", "b"], villages=["A", "B"], townships=["T", "T"],
    ...     remote=[False, True], group_households=np.full((2, 3), 50), group_persons=np.full((2, 3), 150))
    >>> structure = Structure(kind="wrong_exit", effect=BetaEffect(icc=0.02), shared=0.5, whole=1, remote_multiplier=2)
    >>> village_rates(frame, structure).round(4).tolist()
    [0.6667, 1.3333]
    """
    may_turn, cells = _may_turn(frame, structure.kind), _cells(frame, structure)
    rates = np.bincount(may_turn.village, cells.relative[cells.of_household], minlength=len(frame.codes))
    return rates / np.maximum(np.bincount(may_turn.village, minlength=len(frame.codes)), 1)


def _turning_levels(
    propensity: Floats,
    cell: Ints,
    cells: Cells,
    effect: VillageEffect,
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
    cell : ndarray of int64, shape (n,)
        Its cell.
    cells : Cells
        All C of them.
    effect : VillageEffect
        The law of their propensities.
    lowest, highest : float
        The levels asked for.
    few, many : callable
        Say whether the households turned so far are no more than the lowest level needs, and as many as the highest
        needs; the range goes on down and up until they do.
    """
    if highest == 0 or len(propensity) == 0:
        return np.full(len(propensity), np.inf)

    def at(level: float) -> Front:
        return Front(level=level, reach=effect.quantile(cells, level))

    def turned(front: Front) -> Bools:
        # Where the quantile fails (nan) nobody is ruled out.
        return ~(propensity > front.reach[cell])

    top = 1 / float(cells.relative.min())
    ceiling = at(min(highest, top))
    while not many(turned(ceiling)) and ceiling.level < top:
        ceiling = at(min(1.25 * ceiling.level, top))
    floor = at(lowest)
    while floor.level > 0 and not few(turned(floor)):
        floor = at(0.75 * floor.level if floor.level > lowest / 4 else 0.0)
    below_floor = turned(floor)
    levels = np.where(below_floor, floor.level, np.inf)
    between = np.flatnonzero(turned(ceiling) & ~below_floor)
    levels[between] = effect.turning_levels(propensity[between], cell[between], cells, floor=floor, ceiling=ceiling)
    return levels
