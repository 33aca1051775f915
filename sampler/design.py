"""A design: how a fixed number of units is selected, and with which probabilities.

The catalogue stands in `sampler.designs`; here is what its entries share.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sampler.errors import refuse
from sampler.frame import Ints
from sampler.streams import Words

Floats = NDArray[np.float64]

_WHOLE = 1e-9  # how near to a whole number the sum of inclusion probabilities must lie, a unit
_CERTAIN = 1e-12  # how near to 1 a probability computed from sizes counts as 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """What a design selects from: N units in the order of the list.

    Parameters
    ----------
    chance : ndarray of float64, shape (N,)
        Wanted first-order inclusion probabilities, inside (0, 1), or all 0 or all 1; their sum is a whole number.
    location : ndarray of float64, shape (N, 2), optional
        Map coordinates.

    Raises
    ------
    InputError
        ``chance_outside`` for probabilities outside (0, 1], ``chance_certain`` for a mixture of certain and uncertain
        units (`with_certain` sets the certain ones apart), ``chance_sum`` when they do not add up to a whole number.

    Examples
    --------
    >>> Units(chance=np.array([0.25, 0.75, 0.5, 0.5])).drawn
    2
    """

    chance: Floats
    location: Floats | None = None

    def __post_init__(self) -> None:
        chance = np.array(self.chance, dtype=np.float64)
        trivial = len(chance) == 0 or bool((chance == chance[0]).all() and chance[0] in (0, 1))
        if not trivial and not bool(((chance > 0) & (chance <= 1)).all()):
            worst = chance[~((chance > 0) & (chance <= 1))][0]
            raise refuse("chance_outside", found=f"{worst:g}", allowed="0 < x <= 1")
        if not trivial and bool((chance == 1).any()):
            raise refuse("chance_certain", found=int((chance == 1).sum()))
        chance = _evened(chance)
        if self.location is not None and np.shape(self.location) != (len(chance), 2):
            raise ValueError("every unit has two coordinates")
        for name, value in (("chance", chance), ("location", self.location)):
            if value is not None:
                frozen = np.array(value, dtype=np.float64)
                frozen.flags.writeable = False
                object.__setattr__(self, name, frozen)

    @property
    def drawn(self) -> int:
        """Units drawn, n."""
        return round(float(self.chance.sum()))


def _evened(chance: Floats) -> Floats:
    """Return probabilities that add up to a whole number, each moved in proportion to its p (1 - p).

    So none leaves (0, 1). What is moved is the rounding of those who wrote them down; designs take the sum to be exact.
    """
    total = fsum(chance)
    excess, room = total - round(total), chance * (1 - chance)
    if excess == 0:
        return chance
    if abs(excess) > min(_WHOLE * len(chance), float(room.sum()) / 2):
        raise refuse("chance_sum", found=f"{total:.9g}")
    evened: Floats = chance - excess * (room / room.sum())
    return evened


class Design(Protocol):
    """A design over given units, its tables made once; every entry of the catalogue makes one from `Units`."""

    @property
    def first(self) -> Floats:
        """First-order inclusion probabilities, shape (N,)."""

    def joint(self) -> Floats | None:
        """Return the joint inclusion probabilities, shape (N, N), the first-order ones on the diagonal.

        None where nobody knows them.
        """

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream, shape (R, n): indices of units, each once.

        Sample r depends on stream r alone, so that no batch and no thread can change it.
        """

    def expectation(self, values: NDArray[Any]) -> NDArray[Any] | None:
        """Return E prod of the sampled units' values: the design's generating function.

        Parameters
        ----------
        values : ndarray of float64 or complex128, shape (N, ...)
            What each unit brings, at any number of points.

        Returns
        -------
        ndarray, shape (...), or None where nobody knows it.
        """


class Maker(Protocol):
    """The class of a design."""

    def __call__(self, *, units: Units) -> Design:
        """Return the design over given units."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the catalogue.

    Parameters
    ----------
    design : callable
        From ``units=`` to the design; `make` calls it.
    size : {"ignored", "optional", "required"}
        Whether the inclusion probabilities may follow a measure of size; where they may not they are all equal.
    located : bool
        Whether the units need coordinates.
    limitations : tuple of str
        Codes of what a user must know (``no_joint``, ``zero_joint``, ``no_unbiased_variance``, ...), told with results.
    """

    design: Maker
    size: Literal["ignored", "optional", "required"] = "ignored"
    located: bool = False
    limitations: tuple[str, ...] = ()

    def make(self, units: Units) -> Design:
        """Return the design over given units."""
        return self.design(units=units)


def inclusion_probabilities(size: Floats, drawn: int, *, certainty: bool = True) -> Floats:
    """Return inclusion probabilities in proportion to size, units too large made certain.

    Parameters
    ----------
    size : ndarray of float64, shape (N,)
        Measure of size, above 0.
    drawn : int
        Units to be drawn, 0..N.
    certainty : bool, default True
        Whether units whose expected count would pass 1 are taken for certain; otherwise they are refused.

    Returns
    -------
    ndarray of float64, shape (N,)
        n x / sum x; where that reaches 1 the unit has probability 1 and the others are computed anew from what is left,
        until none does.

    Raises
    ------
    InputError
        ``size_zero`` for a size that is not positive, ``too_many_units`` when more than N are wanted,
        ``expected_count_above_1`` where `certainty` is off.

    Examples
    --------
    >>> inclusion_probabilities(np.array([1.0, 1.0, 2.0, 8.0]), 2).round(4)
    array([0.25, 0.25, 0.5 , 1.  ])
    """
    size = np.asarray(size, dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(size) & (size > 0)))
    if len(bad) and drawn > 0:
        raise refuse("size_zero", found=f"{size[bad[0]]:g}", unit=int(bad[0]))
    if drawn > len(size):
        raise refuse("too_many_units", found=drawn, allowed=len(size))
    chance = np.zeros(len(size))
    certain = np.zeros(len(size), dtype=bool)
    while (left := drawn - int(certain.sum())) > 0:
        chance = np.where(certain, 1.0, left * size / size[~certain].sum())
        # Where as many are left as are to be drawn, rounding must not leave one of them a chance short of 1.
        passing = ~certain & ((chance >= 1 - _CERTAIN) | (left == int((~certain).sum())))
        if not passing.any():
            break
        if not certainty and (chance > 1).any():
            raise refuse("expected_count_above_1", found=f"{chance.max():.4g}", unit=int(chance.argmax()))
        certain |= passing
    return np.where(certain, 1.0, chance) if drawn else chance


@dataclass(frozen=True, kw_only=True, eq=False)
class WithCertain:
    """A design of which some units are certain: these first, then what the design draws of the others.

    Parameters
    ----------
    certain, others : ndarray of int64
        Indices of the units.
    design : Design
        Of the others.
    """

    certain: Ints
    others: Ints
    design: Design

    @property
    def first(self) -> Floats:
        """First-order inclusion probabilities, shape (N,)."""
        first = np.ones(len(self.certain) + len(self.others))
        first[self.others] = self.design.first
        return first

    def joint(self) -> Floats | None:
        """Return the joint inclusion probabilities; a certain unit and another one have the other's."""
        inner = self.design.joint()
        if inner is None:
            return None
        joint = np.minimum.outer(self.first, self.first)
        joint[np.ix_(self.others, self.others)] = inner
        return joint

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream, the certain units first."""
        fixed = np.broadcast_to(self.certain, (len(starts), len(self.certain)))
        return np.concatenate([fixed, self.others[self.design.draw(starts)]], axis=1)

    def expectation(self, values: NDArray[Any]) -> NDArray[Any] | None:
        """Return the product of the certain units' values times the design's of the others."""
        inner = self.design.expectation(values[self.others])
        if inner is None:
            return None
        whole: NDArray[Any] = values[self.certain].prod(axis=0) * inner
        return whole


def with_certain(entry: Entry, units_chance: Floats, location: Floats | None = None) -> Design:
    """Return a design whose units may be certain.

    Parameters
    ----------
    entry : Entry
        Of the catalogue.
    units_chance : ndarray of float64, shape (N,)
        Inclusion probabilities in (0, 1].
    location : ndarray of float64, shape (N, 2), optional
        Map coordinates.

    Returns
    -------
    Design
    """
    certain, others = np.flatnonzero(units_chance == 1), np.flatnonzero(units_chance != 1)
    if len(certain) in (0, len(units_chance)):
        return entry.make(Units(chance=units_chance, location=location))
    rest = Units(chance=units_chance[others], location=None if location is None else location[others])
    return WithCertain(certain=certain, others=others, design=entry.make(rest))
