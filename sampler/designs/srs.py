"""Simple random sampling without replacement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.design import Floats, Units
from sampler.frame import Ints
from sampler.selection.forms import forms
from sampler.streams import Words
from sampler.symmetric import sample_values


@dataclass(frozen=True, kw_only=True, eq=False)
class Srs:
    """Every set of n units has the same chance; a larger sample of the same stream contains the smaller one.

    Parameters
    ----------
    units : Units
        Only how many there are and how many are drawn matters.

    Examples
    --------
    >>> design = Srs(units=Units(chance=np.full(4, 0.5)))
    >>> design.joint().round(4)[0]
    array([0.5   , 0.1667, 0.1667, 0.1667])
    >>> design.draw(np.array([1, 2, 3], dtype=np.uint64)).shape
    (3, 2)
    """

    units: Units

    @property
    def first(self) -> Floats:
        """The same for all, n / N, shape (N,)."""
        size = len(self.units.chance)
        return np.full(size, self.units.drawn / max(size, 1))

    def joint(self) -> Floats:
        """Return n (n - 1) / (N (N - 1)) off the diagonal, shape (N, N)."""
        size, drawn = len(self.units.chance), self.units.drawn
        joint = np.full((size, size), drawn * (drawn - 1) / max(size * (size - 1), 1))
        np.fill_diagonal(joint, self.first)
        return joint

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream in the order of the draws, shape (R, n): a partial Fisher-Yates."""
        sample: Ints = forms().shuffled(len(self.units.chance), self.units.drawn, starts)
        return sample

    def expectation(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return e_n(values) / C(N, n), shape of one unit's values."""
        return sample_values(values, self.units.drawn)
