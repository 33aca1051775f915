"""Populations made from error levels, when a county's truth is not known.

Every household has a *turning level* (`sampler.turning`): the error level from which on it is wrong. Populations are
therefore nested across error levels: a wrong household stays wrong at any higher level. ARCHITECTURE.md says why this
replaces a fixed order of propensities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from difflib import get_close_matches
from typing import Literal

import numpy as np

from sampler.domains import (
    Correlation,
    EffectSd,
    ErrorLevel,
    Icc,
    KeyMultiplier,
    RemoteMultiplier,
    Share,
    TownshipMultiplier,
    require_domains,
)
from sampler.errors import InputError, Mistake, refuse
from sampler.frame import Frame, Ints
from sampler.population import Population
from sampler.turning import ERROR_KINDS, Order, Structure, nearest, turning_order
from sampler.village_effects import EFFECTS

__all__ = ["ERROR_KINDS", "ErrorModel", "NestedPopulations", "nested_populations", "synthesise_populations"]


@dataclass(frozen=True, kw_only=True)
class ErrorModel:
    """What is assumed about a county whose truth is not known.

    Parameters
    ----------
    wrong_exit, missed : Decimal
        True person rates of the county, 0 <= rate < 1.
    disapproval : Decimal
        True share of all households that do not approve.
    village_effect : {"beta", "logit_normal"}
        How villages differ: by a constant intraclass correlation, or by a constant standard deviation of log-odds.
    icc : Decimal, default 0.02
        Intraclass correlation of household errors within villages; read by beta effects only.
    effect_sd : Decimal, default 0.9
        Standard deviation of the villages' log-odds; read by logit-normal effects only. The default clusters errors as
        much as the default `icc` does where 2% of the households are wrong (METHODS 5.1, integrated).
    remote_multiplier : Decimal, default 2
        Error rate of remote villages over that of ordinary ones; approval has none.
    key_multiplier : Decimal, default 1
        Error rate of key households over that of others of the same village; approval has none.
    townships : mapping of str to Decimal, default empty
        Error rate of the villages of a township, by its name, over what it would be otherwise: one bad township.
        Approval has none.
    shared : Decimal, default 0.5
        Correlation, on the normal scale, of a village's effects on the three kinds.
    whole_wrong_exit, whole_missed : Decimal, default 0.9 and 0.7
        Chance that an error takes the whole household; otherwise it takes one person.
    totals : {"exact", "expected"}
        Whether the county meets the levels to the nearest person, or on average over populations.

    Notes
    -----
    Defaults as METHODS section 10 states them; no source gives them for a real county. Multipliers say how rates
    compare, not how high they are: the county's person rate is the level whatever they are.

    Examples
    --------
    >>> model = ErrorModel(wrong_exit=Decimal("0.02"), missed=Decimal("0.02"), village_effect="logit_normal")
    >>> model.structure("missed").effect
    LogitNormalEffect(effect_sd=0.9)
    """

    wrong_exit: ErrorLevel
    missed: ErrorLevel
    disapproval: ErrorLevel = Decimal("0.05")
    village_effect: Literal["beta", "logit_normal"] = "beta"
    icc: Icc = Decimal("0.02")
    effect_sd: EffectSd = Decimal("0.9")
    remote_multiplier: RemoteMultiplier = Decimal(2)
    key_multiplier: KeyMultiplier = Decimal(1)
    # A mapping has no hash; equal models have equal hashes without it.
    townships: Mapping[str, TownshipMultiplier] = field(default_factory=dict, hash=False)
    shared: Correlation = Decimal("0.5")
    whole_wrong_exit: Share = Decimal("0.9")
    whole_missed: Share = Decimal("0.7")
    totals: Literal["exact", "expected"] = "exact"

    def __post_init__(self) -> None:
        require_domains(self)
        object.__setattr__(self, "townships", dict(sorted(self.townships.items())))  # our own, in one order

    @property
    def family(self) -> tuple[object, ...]:
        """Everything but the levels: models of one family make nested populations."""
        rest = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in ERROR_KINDS}
        return tuple((rest | {"townships": tuple(self.townships.items())}).values())

    def structure(self, kind: str) -> Structure:
        """Return what decides which households turn wrong first in one kind: all but levels and totals."""
        law = EFFECTS[self.village_effect]
        effect = law(**{each.name: float(getattr(self, each.name)) for each in fields(law)})
        if kind == "disapproval":
            return Structure(kind=kind, effect=effect, shared=float(self.shared), whole=1.0)
        return Structure(
            kind=kind,
            effect=effect,
            shared=float(self.shared),
            whole=float({"wrong_exit": self.whole_wrong_exit, "missed": self.whole_missed}[kind]),
            remote_multiplier=float(self.remote_multiplier),
            key_multiplier=float(self.key_multiplier),
            townships=tuple((name, float(multiplier)) for name, multiplier in self.townships.items()),
        )

    def require_townships(self, frame: Frame) -> None:
        """Check that every township named is one of the county's.

        Raises
        ------
        InputError
            One ``unknown_township`` mistake a name, with the nearest of the county's.
        """
        known = sorted(set(frame.townships))
        wrong = [
            Mistake(
                "unknown_township",
                {
                    "key": f"townships.{name}",
                    "found": name,
                    "nearest": next(iter(get_close_matches(name, known, n=1)), ""),
                    "allowed": ", ".join(known),
                },
            )
            for name in self.townships
            if name not in known
        ]
        if wrong:
            raise InputError(wrong)


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
        ``level_unreachable`` when even all households wrong do not reach a level; ``unknown_township``.

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
    families: dict[tuple[object, ...], list[int]] = {}
    for i, model in enumerate(models):
        families.setdefault(model.family, []).append(i)
    made: dict[int, Population] = {}
    for members in families.values():
        nested = nested_populations(frame, [models[i] for i in members], seed=seed, replicate=replicate)
        made.update({i: nested.population(place) for place, i in enumerate(members)})
    return tuple(made[i] for i in range(len(models)))


@dataclass(frozen=True, kw_only=True, eq=False)
class NestedPopulations:
    """The populations of a family of M models, held as the level from which on each household is wrong.

    The different levels of each kind of error, rising, are numbered 0, 1, ...; these numbers are called places.

    Parameters
    ----------
    frame : Frame
        V villages, N households.
    places : ndarray of int64, shape (M, 3)
        Places of each model's levels, by kind in the order of `ERROR_KINDS`.
    wrong_from : ndarray of int64, shape (N,)
        First place at which the household has all its wrong persons; as many as there are places where it never has.
    wrong_persons : ndarray of int64, shape (N,)
        Its wrong persons from then on; 0 in remaining households.
    disapproves_from : ndarray of int64, shape (N,)
        First place at which it does not approve.
    partly : ndarray of int64, shape (P, 3)
        Exact totals end inside a household: household, place, and the fewer persons it has wrong at that place.
    """

    frame: Frame
    places: Ints
    wrong_from: Ints
    wrong_persons: Ints
    disapproves_from: Ints
    partly: Ints

    def population(self, model: int) -> Population:
        """Return the population of one model, by its position."""
        place = np.array([self.places[model, 0], -1, self.places[model, 1]])[self.frame.household_group]
        wrong = np.where(self.wrong_from <= place, self.wrong_persons, 0)
        household, at, persons = self.partly.T
        here = at == place[household]
        wrong[household[here]] = persons[here]
        return Population(frame=self.frame, wrong_persons=wrong, approves=self.disapproves_from > self.places[model, 2])


def nested_populations(
    frame: Frame, models: Sequence[ErrorModel], *, seed: int, replicate: int = 0
) -> NestedPopulations:
    """Return the populations of models that differ in their levels alone.

    Parameters
    ----------
    frame : Frame
        The county.
    models : sequence of ErrorModel
        One or more of one `ErrorModel.family`.
    seed, replicate : int
        As in `synthesise_populations`, whose populations these are.

    Returns
    -------
    NestedPopulations

    Raises
    ------
    InputError
        ``level_unreachable`` and ``unknown_township`` as in `synthesise_populations`.

    Examples
    --------
    >>> from sampler.frame import frame_from_counts
    >>> frame = frame_from_counts(name="one village", codes=["a"], villages=["A"], townships=["T"], remote=[False],
    ...     group_households=np.array([[50, 0, 50]]), group_persons=np.array([[150, 0, 150]]))
    >>> levels = [Decimal(level) for level in ("0", "0.02", "0.04")]
    >>> models = [ErrorModel(wrong_exit=level, missed=level) for level in levels]
    >>> nested = nested_populations(frame, models, seed=1)
    >>> [int(nested.population(i).wrong_persons.sum()) for i in range(3)]
    [0, 6, 12]
    >>> np.bincount(nested.wrong_from).tolist()  # households by the place of the level at which they turn
    [0, 2, 2, 96]
    """
    if len({model.family for model in models}) != 1:
        raise ValueError("nested populations are those of one family")
    models[0].require_townships(frame)
    size = len(frame.household_persons)
    places = np.empty((len(models), len(ERROR_KINDS)), dtype=np.int64)
    wrong_from, wrong_persons = np.full(size, len(models)), np.zeros(size, dtype=np.int64)
    disapproves_from, partly = np.empty(size, dtype=np.int64), np.zeros((0, 3), dtype=np.int64)
    for k, kind in enumerate(ERROR_KINDS):
        asked: list[Decimal] = [getattr(model, kind) for model in models]
        levels = sorted(set(asked))
        places[:, k] = [levels.index(level) for level in asked]
        order = turning_order(
            frame,
            models[0].structure(kind),
            seed=seed,
            replicate=replicate,
            lowest=next((level for level in levels if level > 0), Decimal(0)),
            highest=levels[-1],
        )
        if models[0].totals == "expected":
            first = _first_expected(order, levels, kind)
        else:
            first, rest = _first_exact(order, levels, kind)
            partly = np.concatenate([partly, rest])
        if kind == "disapproval":
            disapproves_from[order.members] = first
        else:
            wrong_from[order.members], wrong_persons[order.members] = first, order.full
    return NestedPopulations(
        frame=frame,
        places=places,
        wrong_from=wrong_from,
        wrong_persons=wrong_persons,
        disapproves_from=disapproves_from,
        partly=partly,
    )


def _first_expected(order: Order, levels: Sequence[Decimal], kind: str) -> Ints:
    """Return the place at which each household of an order turns wrong, every one by itself."""
    for level in levels:
        # No propensity can pass 1, so that the average would silently fall short.
        if order.largest_rate * float(level) > 1:
            raise _unreachable(kind, level, 1 / order.largest_rate)
    return np.searchsorted([float(level) for level in levels], order.levels)


def _first_exact(order: Order, levels: Sequence[Decimal], kind: str) -> tuple[Ints, Ints]:
    """Return the place at which each household is wrong in full, and the rows of those that are so in part before.

    Households turn until the total is reached; the last to turn gives only the persons still missing.
    """
    totals = np.array([nearest(level, order.counted) for level in levels])
    reachable = int(order.full.sum())
    for level, total in zip(levels, totals, strict=True):
        if total > reachable:
            raise _unreachable(kind, level, reachable / order.counted)
    last = np.searchsorted(order.reached, totals, side="right")
    place = np.flatnonzero(last < len(order.members))
    last = last[place]
    missing = totals[place] - (order.reached - order.full)[last]
    partly = np.stack([order.members[last], place, missing], axis=1)[missing > 0]
    return np.searchsorted(totals, order.reached), partly


def _unreachable(kind: str, level: Decimal, most: float) -> InputError:
    return refuse("level_unreachable", key=kind, found=str(level), allowed=f"{most:.4f}")
