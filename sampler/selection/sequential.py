"""Designs drawn in one pass over the list, by a table of chances: draws, probabilities and generating function."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.frame import Ints
from sampler.selection.forms import forms
from sampler.selection.points import at_points
from sampler.streams import Words

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class SequentialTable:
    """A design drawn in one pass over the list: what happens to unit i in each state.

    Parameters
    ----------
    take, skip : ndarray of float64, shape (N, n + 1) or (N, 2 (n + 1))
        Chances that the unit is taken and not taken. State k has k units to draw. With a marker, these are the states
        in which the marked unit has been drawn; state n + 1 + k has k units to draw, the marked one among them.
    mark : ndarray of float64, shape (N, n + 1), or of length 0 without a marker
        Chance, in the states n + 1 + k, that the unit is taken and is the marked one. There take + skip + mark = 1.
    """

    take: Floats
    skip: Floats
    mark: Floats

    @property
    def drawn(self) -> int:
        """Units drawn, n."""
        return int(self.take.shape[1]) // (2 if len(self.mark) else 1) - 1

    @cached_property
    def thresholds(self) -> Floats:
        """Chance that the unit is taken, marked or not, shape of `take`: exactly 1 where it cannot be skipped."""
        whole = self.take.copy()
        if len(self.mark):
            whole[:, self.drawn + 1 :] += self.mark
        return np.where(self.skip == 0, 1.0, whole)

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream, shape (R, n), in the order of the list."""
        sample: Ints = forms().by_table(self.thresholds, self.mark, self.drawn, starts)
        return sample

    def _taken(self, i: int, states: Floats) -> Floats:
        """Return the law of the states after unit i is taken, times its chance; `states` (..., S) is the law before."""
        after = np.zeros_like(states)
        after[..., :-1] = (states * self.take[i])[..., 1:]
        if len(self.mark):
            last = self.drawn + 1
            after[..., : last - 1] += (states[..., last:] * self.mark[i])[..., 1:]
        return after

    def chances(self) -> tuple[Floats, Floats]:
        """Return each unit's chances of being in the sample and out of it, shape (N,); neither is 1 less the other."""
        states = np.zeros(self.take.shape[1])
        states[-1] = 1
        inside, outside = np.zeros(len(self.take)), np.zeros(len(self.take))
        for i in range(len(inside)):
            taken, skipped = self._taken(i, states), states * self.skip[i]
            inside[i], outside[i] = taken.sum(), skipped.sum()
            states = skipped + taken
        return inside, outside

    def first(self) -> Floats:
        """Return the first-order inclusion probabilities, shape (N,)."""
        return self.chances()[0]

    def joint(self) -> Floats:
        """Return the joint inclusion probabilities, shape (N, N), the first-order ones on the diagonal.

        Row i follows the states from where unit i was taken; nothing is subtracted. Time N**2 n / 2.
        """
        size = len(self.take)
        joint = np.zeros((size, size))
        # Before unit j. Row i < j: the law of the states when unit i was taken, times the chance of that; row j: the
        # law whatever was taken.
        states = np.zeros((size + 1, self.take.shape[1]))
        states[0, -1] = 1
        for j in range(size):
            taken = self._taken(j, states[: j + 1])
            joint[: j + 1, j] = joint[j, : j + 1] = taken.sum(axis=1)
            states[j + 1] = states[j] * self.skip[j] + taken[j]
            states[:j] = states[:j] * self.skip[j] + taken[:j]
            states[j] = taken[j]
        return joint

    def expectation(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return E prod of the sampled units' values, as in `sampler.design.Design.expectation`."""
        form = forms()
        return at_points(
            lambda part: form.expectation_by_table(self.take, self.skip, self.mark, self.drawn, part), values
        )
