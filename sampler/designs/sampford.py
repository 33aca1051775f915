"""Sampford's sampling with unequal probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.design import Floats, Units
from sampler.frame import Ints
from sampler.selection.sequential import SequentialTable
from sampler.streams import Words
from sampler.symmetric import with_odds, with_odds_and_mark


@dataclass(frozen=True, kw_only=True, eq=False)
class Sampford:
    """A set S of n units has a chance proportional to (sum of 1 - pi over S) times (product of pi / (1 - pi) over S).

    Sampford drew the first unit with chance pi / n and the others with replacement in proportion to pi / (1 - pi),
    and began anew when a unit came twice [1]_. The same law is drawn here in one pass over the list: a set together
    with one of its units, marked, has a chance proportional to pi of the marked one times the others' pi / (1 - pi).

    Parameters
    ----------
    units : Units
        With their inclusion probabilities, which are met exactly.

    References
    ----------
    .. [1] Sampford (1967). On sampling without replacement with unequal probabilities of selection. Biometrika
       54:499-513.

    Examples
    --------
    >>> design = Sampford(units=Units(chance=np.array([0.2, 0.4, 0.6, 0.8])))
    >>> design.joint().diagonal().round(12)
    array([0.2, 0.4, 0.6, 0.8])
    """

    units: Units

    @property
    def first(self) -> Floats:
        """The wanted inclusion probabilities, shape (N,)."""
        return self.units.chance

    @cached_property
    def _table(self) -> SequentialTable:
        chance, drawn = self.units.chance, self.units.drawn
        if drawn in (0, len(chance)):
            return with_odds(np.ones(len(chance)), drawn)
        return with_odds_and_mark(chance / (1 - chance), chance, drawn)

    def joint(self) -> Floats:
        """Return the joint inclusion probabilities, shape (N, N), by recursions that subtract nothing."""
        return self._table.joint()

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream in the order of the list, shape (R, n); word i is unit i's."""
        return self._table.draw(starts)

    def expectation(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the generating function by the recursion with a marked unit, shape of one unit's values."""
        return self._table.expectation(values)
