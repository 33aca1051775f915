"""The local pivotal method: samples well spread over the map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.design import Floats, Units
from sampler.errors import refuse
from sampler.frame import Ints
from sampler.selection.forms import forms
from sampler.selection.lattice import lattice
from sampler.streams import GOLDEN, Words, mix


@dataclass(frozen=True, kw_only=True, eq=False)
class LocalPivotal:
    """Two units that are each other's nearest compete for their probabilities until all are decided (LPM1) [1]_.

    A unit is chosen at random among the undecided ones; if it and its nearest neighbour are nearest to each other, one
    takes as much of both probabilities as it can and the other is left with the rest.

    Parameters
    ----------
    units : Units
        With their inclusion probabilities and coordinates.

    Raises
    ------
    InputError
        ``coordinates_missing`` where a unit has none.

    References
    ----------
    .. [1] Grafström, Lundström & Schelin (2012). Spatially balanced sampling through the pivotal method. Biometrics
       68:514-520.

    Examples
    --------
    Of two pairs of neighbours, one unit each:

    >>> place = np.array([[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]])
    >>> design = LocalPivotal(units=Units(chance=np.full(4, 0.5), location=place))
    >>> (design.draw(np.arange(5, dtype=np.uint64)) // 2).tolist()
    [[0, 1], [0, 1], [0, 1], [0, 1], [0, 1]]
    """

    units: Units

    def __post_init__(self) -> None:
        location = self.units.location
        missing = len(self.units.chance) if location is None else int((~np.isfinite(location)).any(axis=1).sum())
        if missing:
            raise refuse("coordinates_missing", found=missing, allowed=len(self.units.chance))

    @property
    def first(self) -> Floats:
        """The wanted inclusion probabilities, shape (N,)."""
        return self.units.chance

    @cached_property
    def _lattice(self) -> tuple[Ints, int]:
        return lattice(self.units.chance)

    @cached_property
    def _neighbours(self) -> NDArray[np.int32]:
        """Return each unit's others, the nearest first, shape (N, N - 1).

        Pairs at the same distance stand in an order of pairs, the same seen from either unit and without ties. So the
        first of all pairs is always nearest to each other, and the draw ends; and the order is a shuffled one, or on a
        grid all units would compete with those before them in the list.
        """
        location = np.zeros((0, 2)) if self.units.location is None else self.units.location
        number = np.arange(len(location), dtype=np.uint64)
        neighbours = np.zeros((len(location), max(len(location) - 1, 0)), dtype=np.int32)
        for i, place in enumerate(location):
            pair = np.minimum(number, number[i]) * np.uint64(len(location)) + np.maximum(number, number[i])
            nearest = np.lexsort((mix(pair * GOLDEN), ((location - place) ** 2).sum(axis=1)))
            neighbours[i] = nearest[nearest != i]
        return neighbours

    def joint(self) -> None:
        """Return None: nobody knows them; those of neighbours are near 0."""

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream in the order of the list, shape (R, n)."""
        lengths, bits = self._lattice
        sample: Ints = forms().pivotal(lengths, bits, self._neighbours, self.units.drawn, starts)
        return sample

    def expectation(self, values: NDArray[Any]) -> None:
        """Return None: nobody knows it."""
