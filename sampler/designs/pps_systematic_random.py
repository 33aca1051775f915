"""Systematic sampling with probability proportional to size, from a list put in random order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from sampler.design import Floats, Units
from sampler.frame import Ints
from sampler.selection.forms import forms
from sampler.selection.lattice import lattice
from sampler.streams import Words


@dataclass(frozen=True, kw_only=True, eq=False)
class PpsSystematicRandom:
    """The list is shuffled anew for each sample, then drawn from systematically in proportion to size.

    Each order has the wanted inclusion probabilities, so the mean over the orders has. The joint ones are known by the
    approximation of Hartley and Rao only [1]_, which is for many units and few draws; it is not offered here.

    Parameters
    ----------
    units : Units
        With their inclusion probabilities.

    References
    ----------
    .. [1] Hartley & Rao (1962). Sampling with unequal probabilities and without replacement. Annals of Mathematical
       Statistics 33:350-374.

    Examples
    --------
    >>> import numpy as np
    >>> design = PpsSystematicRandom(units=Units(chance=np.array([0.2, 0.4, 0.6, 0.8])))
    >>> design.draw(np.array([1, 2, 3], dtype=np.uint64)).shape
    (3, 2)
    """

    units: Units

    @property
    def first(self) -> Floats:
        """The wanted inclusion probabilities, shape (N,)."""
        return self.units.chance

    @cached_property
    def _lattice(self) -> tuple[Ints, int]:
        return lattice(self.units.chance)

    def joint(self) -> None:
        """Return None: nobody knows them without going through all orders."""

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream in the random order, shape (R, n)."""
        lengths, bits = self._lattice
        sample: Ints = forms().random_order(lengths, bits, self.units.drawn, starts)
        return sample

    def expectation(self, values: NDArray[Any]) -> None:
        """Return None: nobody knows it without going through all orders."""
