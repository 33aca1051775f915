"""Systematic sampling with probability proportional to size, from a list in fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.design import Floats, Units
from sampler.frame import Ints
from sampler.selection.arcs import overlap
from sampler.selection.forms import forms
from sampler.selection.lattice import lattice
from sampler.selection.points import at_points
from sampler.streams import Words, word


@dataclass(frozen=True, kw_only=True, eq=False)
class PpsSystematic:
    """Units at which the cumulated inclusion probabilities pass u, u + 1, ..., u + n - 1, from a random start u.

    The order of the list decides which units can meet [1]_: there are at most N different samples, and most pairs of
    neighbours are never drawn together.

    Parameters
    ----------
    units : Units
        In the order of the list, with their inclusion probabilities.

    References
    ----------
    .. [1] Madow (1949). On the theory of systematic sampling, II. Annals of Mathematical Statistics 20:333-354.

    Examples
    --------
    >>> design = PpsSystematic(units=Units(chance=np.array([0.07, 0.17, 0.41, 0.61, 0.83, 0.91])))
    >>> design.joint().round(4)[0]
    array([0.07, 0.  , 0.  , 0.07, 0.07, 0.  ])
    """

    units: Units

    @property
    def first(self) -> Floats:
        """The wanted inclusion probabilities, shape (N,)."""
        return self.units.chance

    @cached_property
    def _lattice(self) -> tuple[Ints, Ints, int]:
        """Return where each unit's part of the cumulated probabilities begins, its length, and the bits of both."""
        lengths, bits = lattice(self.units.chance)
        return np.cumsum(lengths) - lengths, lengths, bits

    @cached_property
    def _list(self) -> tuple[Ints, Ints]:
        """Return the starts from which the sample changes, the first being 0, and the sample from each."""
        begin, _, bits = self._lattice
        starts = np.unique(np.concatenate([np.zeros(1, dtype=np.int64), begin % (1 << bits)]))
        points = starts[:, np.newaxis] + (np.arange(self.units.drawn) << bits)
        return starts, np.searchsorted(begin, points, side="right") - 1

    def joint(self) -> Floats:
        """Return the joint inclusion probabilities, shape (N, N).

        Unit i is drawn when the start lies in an arc of length pi_i on a circle of length 1; two units together where
        their arcs overlap. Many are 0.
        """
        begin, lengths, bits = self._lattice
        return overlap(begin % (1 << bits), lengths, 1 << bits) / 2.0**bits

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream in the order of the list, shape (R, n); word 0 is the start."""
        changes, samples = self._list
        start = (word(starts, 0) >> np.uint64(64 - self._lattice[2])).astype(np.int64)
        return samples.take(np.searchsorted(changes, start, side="right") - 1, axis=0)

    def expectation(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the mean over the samples of the products of their values, shape of one unit's values."""
        form, (starts, samples), bits = forms(), self._list, self._lattice[2]
        chance = np.diff(starts, append=1 << bits) / 2.0**bits
        return at_points(lambda part: form.expectation_of_list(samples, chance, part), values)
