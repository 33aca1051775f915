"""Populations made from error levels, when a county's truth is not known.

Every household has a *turning level*: the error level from which on it is wrong. Its propensity in village i at error
level p is the quantile of Beta(mu (1-rho)/rho, (1-mu)(1-rho)/rho) at the village's own uniform v_i, with mu = p times
the stratum's relative rate and rho the intraclass correlation; the household is wrong once the propensity reaches its
own uniform. The quantile grows with p, so populations are nested across error levels: a wrong household stays wrong at
any higher level, and rho is the same at every level. ARCHITECTURE.md says why this replaces a fixed order of
propensities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtr

from sampler.domains import Correlation, ErrorLevel, Icc, RemoteMultiplier, Share, require_domains
from sampler.errors import refuse
from sampler.frame import EXITED, UNREGISTERED, Bools, Frame, Ints
from sampler.population import Population
from sampler.streams import Purpose, stream

Floats = NDArray[np.float64]

ERROR_KINDS = ("wrong_exit", "missed", "disapproval")
_GROUP_OF_KIND = {"wrong_exit": EXITED, "missed": UNREGISTERED}


@dataclass(frozen=True, kw_only=True)
class ErrorModel:
    """What is assumed about a county whose truth is not known.

    Parameters
    ----------
    wrong_exit, missed : Decimal
        True person rates of the county, 0 <= rate < 1.
    disapproval : Decimal
        True share of all households that do not approve.
    icc : Decimal, default 0.02
        Intraclass correlation of household errors within villages.
    remote_multiplier : Decimal, default 2
        Error rate of remote villages over that of ordinary ones; approval has none.
    shared : Decimal, default 0.5
        Correlation, on the normal scale, of a village's effects on the three kinds.
    whole_wrong_exit, whole_missed : Decimal, default 0.9 and 0.7
        Chance that an error takes the whole household; otherwise it takes one person.
    totals : {"exact", "expected"}
        Whether the county meets the levels to the nearest person, or on average over populations.

    Notes
    -----
    Defaults as METHODS section 10 states them; no source gives them for a real county.
    """

    wrong_exit: ErrorLevel
    missed: ErrorLevel
    disapproval: ErrorLevel = Decimal("0.05")
    icc: Icc = Decimal("0.02")
    remote_multiplier: RemoteMultiplier = Decimal(2)
    shared: Correlation = Decimal("0.5")
    whole_wrong_exit: Share = Decimal("0.9")
    whole_missed: Share = Decimal("0.7")
    totals: Literal["exact", "expected"] = "exact"

    def __post_init__(self) -> None:
        require_domains(self)

    def structure(self, kind: str) -> _Structure:
        """Return what decides which households turn wrong first in one kind: all but levels and totals."""
        whole = {"wrong_exit": self.whole_wrong_exit, "missed": self.whole_missed}.get(kind, Decimal(1))
        return _Structure(
            kind=kind,
            icc=float(self.icc),
            remote_multiplier=1.0 if kind == "disapproval" else float(self.remote_multiplier),
            shared=float(self.shared),
            whole=float(whole),
        )


@dataclass(frozen=True, kw_only=True)
class _Structure:
    kind: str
    icc: float
    remote_multiplier: float
    shared: float
    whole: float


def synthesise_populations(
    frame: Frame, models: Sequence[ErrorModel], *, seed: int, replicate: int = 0
) -> tuple[Population, ...]:
    """Return one population for each model, all made from the same random numbers.

    Parameters
    ----------
    frame : Frame
        The county.
    models : sequence of ErrorModel
        Models that differ only in their levels give nested populations.
    seed : int
        The scenario's seed.
    replicate : int, default 0
        Number of the population; each has its own random numbers.

    Returns
    -------
    tuple of Population
        In the order of `models`.

    Raises
    ------
    InputError
        ``level_unreachable`` when even all households wrong do not reach a level.

    Examples
    --------
    >>> from sampler.frame import frame_from_counts
    >>> frame = frame_from_counts(name="one village", codes=["a"], villages=["A"], townships=["T"], remote=[False],
    ...     group_households=np.array([[50, 0, 50]]), group_persons=np.array([[150, 0, 150]]))
    >>> model = ErrorModel(wrong_exit=Decimal("0.02"), missed=Decimal("0.04"))
    >>> population, = synthesise_populations(frame, [model], seed=1)
    >>> population.wrong_persons[:50].sum(), population.wrong_persons[50:].sum()
    (np.int64(3), np.int64(6))
    """
    marks = {kind: _marks(frame, models, kind, seed, replicate) for kind in ERROR_KINDS}
    return tuple(
        Population(frame=frame, wrong_persons=wrong_exit + missed, approves=disapproval == 0)
        for wrong_exit, missed, disapproval in zip(*(marks[kind] for kind in ERROR_KINDS), strict=True)
    )


def _marks(frame: Frame, models: Sequence[ErrorModel], kind: str, seed: int, replicate: int) -> list[Ints]:
    """Return every household's wrong persons (1 for a household that disapproves), for each model."""
    highest: dict[_Structure, Decimal] = {}
    for model in models:
        structure = model.structure(kind)
        highest[structure] = max(highest.get(structure, Decimal(0)), getattr(model, kind))
    orders = {
        structure: _turning_order(frame, structure, seed, replicate, _at_least(level))
        for structure, level in highest.items()
    }
    return [_mark(orders[model.structure(kind)], model) for model in models]


def _at_least(level: Decimal) -> Decimal:
    """Return the next higher of 1/16, 1/8, ... 1: near levels then share one remembered order."""
    step = Decimal(1)
    while step / 2 >= max(level, Decimal("0.0625")):
        step /= 2
    return step


@dataclass(frozen=True, kw_only=True, eq=False)
class _Order:
    """Households in the order in which they turn wrong.

    Households that turn above the levels asked for stand last, in no particular order.
    """

    kind: str
    counted: int  # persons (households for disapproval) of all that may turn
    households: int  # of the frame
    members: Ints  # household indices, in order
    full: Ints  # wrong persons once the household has turned
    before: Ints  # sum of `full` over those ahead
    levels: Floats  # turning levels
    largest_rate: float  # largest propensity over the county's rate


def _mark(order: _Order, model: ErrorModel) -> Ints:
    level: Decimal = getattr(model, order.kind)
    mark = np.zeros(order.households, dtype=np.int64)
    if model.totals == "expected":
        if order.largest_rate * float(level) > 1:
            # No propensity can pass 1, so that the average would silently fall short.
            most = f"{1 / order.largest_rate:.4f}"
            raise refuse("level_unreachable", key=order.kind, found=str(level), allowed=most)
        mark[order.members] = np.where(order.levels <= float(level), order.full, 0)
        return mark
    total, reachable = _nearest(level, order.counted), int(order.full.sum())
    if total > reachable:
        most = f"{reachable / order.counted:.4f}"
        raise refuse("level_unreachable", key=order.kind, found=str(level), allowed=most)
    # The last household to turn gives only the persons still missing.
    mark[order.members] = np.clip(total - order.before, 0, order.full)
    return mark


@lru_cache(maxsize=16)
def _turning_order(frame: Frame, structure: _Structure, seed: int, replicate: int, upto: Decimal) -> _Order:
    """Return the order in which households turn wrong, known at least up to a level."""
    uniforms = _uniforms(frame, seed, replicate)
    kind = structure.kind
    if kind == "disapproval":
        members = np.arange(len(frame.household_persons))
        weight, propensity = np.ones(len(members), dtype=np.int64), uniforms.disapproval
    else:
        members = np.flatnonzero(frame.household_group == _GROUP_OF_KIND[kind])
        weight, propensity = frame.household_persons[members], uniforms.error[members]
    full = np.where(uniforms.whole[members] < structure.whole, weight, 1)
    village = frame.household_village[members]
    effect = ndtr(
        np.sqrt(structure.shared) * uniforms.shared_normal
        + np.sqrt(1 - structure.shared) * uniforms.own_normal[ERROR_KINDS.index(kind)]
    )
    wanted = _nearest(upto, int(weight.sum()))
    relative = _relative_rates(
        np.where(frame.remote[village], structure.remote_multiplier, 1.0), weight, structure.whole
    )
    levels = _turning_levels(
        propensity,
        effect[village],
        relative,
        structure.icc,
        upto=float(upto),
        enough=lambda turned: bool(full[turned].sum() >= wanted),
    )
    order = np.argsort(levels, kind="stable")
    return _Order(
        kind=kind,
        counted=int(weight.sum()),
        households=len(frame.household_persons),
        members=members[order],
        full=full[order],
        before=np.cumsum(full[order]) - full[order],
        levels=levels[order],
        largest_rate=float(relative.max(initial=0.0)),
    )


@dataclass(frozen=True, kw_only=True)
class _Uniforms:
    """The random numbers of one population, drawn in a fixed order whatever the model."""

    shared_normal: Floats  # (V,)
    own_normal: Floats  # (3, V), by kind
    error: Floats  # (N,)
    disapproval: Floats  # (N,)
    whole: Floats  # (N,)


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


def _nearest(level: Decimal, count: int) -> int:
    return int((level * count).to_integral_value(ROUND_HALF_UP))


def _relative_rates(multiplier: Floats, persons: Ints, whole: float) -> Floats:
    """Return each household's propensity over the county's person rate.

    Remote households have `multiplier` times the rate of ordinary ones, and since some errors take one person
    only, more households must be wrong than the rate of persons says; on average over the county both cancel.
    """
    expected = whole * persons + (1 - whole)
    total = float(multiplier @ expected)
    return multiplier * (float(persons.sum()) / total if total > 0 else 1.0)


def _turning_levels(
    propensity: Floats,
    effect: Floats,
    relative: Floats,
    icc: float,
    *,
    upto: float,
    enough: Callable[[Bools], bool],
) -> Floats:
    """Return the error level at which each household turns wrong, infinity where that lies further up than needed.

    Parameters
    ----------
    propensity, effect, relative : ndarray of float64, shape (n,)
        The household's uniform, its village's uniform and its relative rate.
    icc : float
        Intraclass correlation; 0 gives a closed form.
    upto : float
        The highest level asked for.
    enough : callable
        Says whether the households that have turned suffice; the search goes on upwards until they do.
    """
    if upto == 0 or len(propensity) == 0:
        return np.full(len(propensity), np.inf)
    if icc == 0:
        return propensity / relative
    concentration = (1 - icc) / icc

    def turned(level: Floats | float, at: Ints | slice = slice(None)) -> Bools:
        mean = np.minimum(relative[at] * level, 1.0)
        # The beta quantile at the village's uniform has reached the household's uniform.
        beta = betainc(mean * concentration, np.maximum(1 - mean, 1e-300) * concentration, propensity[at])
        reached: Bools = (mean >= 1) | (beta <= effect[at])
        return reached

    highest = 1 / float(relative.min())
    ceiling = min(upto, highest)
    while not enough(turned(ceiling)) and ceiling < highest:
        ceiling = min(2 * ceiling, highest)
    candidates = np.flatnonzero(turned(ceiling))
    low, high = np.zeros(len(candidates)), np.full(len(candidates), ceiling)
    for _ in range(52):
        middle = (low + high) / 2
        is_turned = turned(middle, candidates)
        low, high = np.where(is_turned, low, middle), np.where(is_turned, middle, high)
    levels = np.full(len(propensity), np.inf)
    levels[candidates] = high
    return levels
