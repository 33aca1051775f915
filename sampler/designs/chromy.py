"""Chromy's sequential sampling with probability proportional to size, around the circle from a random start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.design import Floats, Units
from sampler.frame import Ints
from sampler.selection.circle import CircularTable
from sampler.selection.forms import forms
from sampler.selection.lattice import lattice
from sampler.streams import Words


@dataclass(frozen=True, kw_only=True, eq=False)
class Chromy:
    """Going round the list once, the units hit so far are never further than one from the cumulated probabilities.

    The unit to begin with is chosen in proportion to size, and the list is taken as a circle. With I and F the whole
    and the fractional part of the sum of probabilities from there, the hits after each unit are I, or I + 1 with
    chance F [1]_. The sample is spread over the list as a systematic one is, but for the random start any two units
    that are not too near can meet; those that are have small joint probabilities, or none.

    Parameters
    ----------
    units : Units
        In the order of the list, with their inclusion probabilities.

    References
    ----------
    .. [1] Chromy (1979). Sequential sample selection methods. Proceedings of the Survey Research Methods Section,
       American Statistical Association, 401-406.

    Examples
    --------
    >>> design = Chromy(units=Units(chance=np.array([0.2, 0.4, 0.6, 0.8])))
    >>> design.joint().diagonal().round(12)
    array([0.2, 0.4, 0.6, 0.8])
    """

    units: Units

    @property
    def first(self) -> Floats:
        """The wanted inclusion probabilities, shape (N,)."""
        return self.units.chance

    @cached_property
    def _table(self) -> CircularTable:
        lengths, bits = lattice(self.units.chance)
        return CircularTable(cumulated=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)]), bits=bits)

    def joint(self) -> Floats:
        """Return the joint inclusion probabilities, shape (N, N), summed over the N starts. Time N**3."""
        return self._table.joint()

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream in the order from its start, shape (R, n)."""
        table = self._table
        sample: Ints = forms().circular(table.cumulated, table.bits, self.units.drawn, starts)
        return sample

    def expectation(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the mean over the starts of products of 2 x 2 matrices, shape of one unit's values. Time N**2."""
        return self._table.expectation(values)
