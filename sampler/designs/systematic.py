"""Systematic sampling with equal probabilities and a fractional interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.design import Floats, Units
from sampler.frame import Ints
from sampler.selection.arcs import overlap
from sampler.selection.forms import forms
from sampler.selection.points import at_points
from sampler.streams import Words, below


@dataclass(frozen=True, kw_only=True, eq=False)
class Systematic:
    """Units floor((r + k N) / n), k = 0 ... n - 1, from a random start r among 0 ... N - 1.

    Everything is in whole numbers, so every unit has probability n / N exactly whether or not n divides N.

    Parameters
    ----------
    units : Units
        Only their order and how many are drawn matters.

    Examples
    --------
    >>> design = Systematic(units=Units(chance=np.full(5, 0.4)))
    >>> design.joint().round(4)[0]
    array([0.4, 0. , 0.2, 0.2, 0. ])
    >>> design.draw(np.array([1, 2, 3], dtype=np.uint64)).shape
    (3, 2)
    """

    units: Units

    @property
    def first(self) -> Floats:
        """The same for all, n / N, shape (N,)."""
        size = len(self.units.chance)
        return np.full(size, self.units.drawn / max(size, 1))

    @cached_property
    def _samples(self) -> Ints:
        """Return the different samples, all with the same chance: starts within a common divisor of n and N agree."""
        size, drawn = len(self.units.chance), self.units.drawn
        starts = np.arange(0, max(size, 1), self._step)[:, np.newaxis]
        return (starts + size * np.arange(drawn)) // max(drawn, 1)

    @property
    def _step(self) -> int:
        return max(gcd(len(self.units.chance), self.units.drawn), 1)

    def joint(self) -> Floats:
        """Return the joint inclusion probabilities, shape (N, N).

        Unit i is drawn when the start lies in an arc of length n that begins at i n on a circle of length N; two units
        together where their arcs overlap.
        """
        size, drawn = len(self.units.chance), self.units.drawn
        begin = np.arange(size) * drawn % max(size, 1)
        return overlap(begin, np.full(size, drawn), size) / max(size, 1)

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream in the order of the list, shape (R, n); word 0 has the start."""
        begin = below(starts, 0, 0, len(self.units.chance))
        return self._samples.take(begin // self._step, axis=0)

    def expectation(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the mean over the samples of the products of their values, shape of one unit's values."""
        form, samples = forms(), self._samples
        chance = np.full(len(samples), 1 / len(samples))
        return at_points(lambda part: form.expectation_of_list(samples, chance, part), values)
