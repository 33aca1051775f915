"""Chromy's procedure around a circle: joint probabilities and generating function, summed over the starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.frame import Ints
from sampler.selection.forms import forms
from sampler.selection.points import at_points
from sampler.selection.readable import chromy_step

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class CircularTable:
    """The steps of Chromy's procedure from each start.

    The hits after a unit are the whole part of the cumulated probabilities, or one more: then the procedure is ahead.

    Parameters
    ----------
    cumulated : ndarray of int64, shape (N + 1,)
        Inclusion probabilities times 2**bits, cumulated from 0 to n 2**bits.
    bits : int
        As `sampler.selection.lattice.lattice` chooses them.
    """

    cumulated: Ints
    bits: int

    @property
    def size(self) -> int:
        """Units, N."""
        return len(self.cumulated) - 1

    def starts(self) -> Floats:
        """Return the chance of each start, in proportion to size, shape (N,)."""
        whole = max(int(self.cumulated[-1]), 1)
        return np.diff(self.cumulated) / whole if self.cumulated[-1] else np.full(self.size, 1 / max(self.size, 1))

    def joint(self) -> Floats:
        """Return the joint inclusion probabilities, shape (N, N), the first-order ones on the diagonal."""
        ordered = np.zeros((self.size, self.size))  # by the unit that comes first and the one that comes later
        for begin in self._some_starts():
            self._add_joint(ordered, begin)
        joint = ordered + ordered.T
        np.fill_diagonal(joint, ordered.diagonal())
        return joint

    def _add_joint(self, ordered: Floats, begin: Ints) -> None:
        # Not ahead and ahead before unit t: in row 0 whatever was hit; in row 1 + i with unit i from the start hit,
        # times the chance of that.
        states = np.zeros((2, self.size + 1, len(begin)))
        states[0, 0] = self.starts()[begin]
        for t in range(self.size):
            unit, crossing, chance, other = chromy_step(self.cumulated, self.bits, begin, t)
            behind, ahead = states[0, : t + 1], states[1, : t + 1]
            hit_behind = np.where(crossing, behind, behind * chance)
            hit_ahead = np.where(crossing, ahead * chance, 0)
            hits = hit_behind + hit_ahead
            ordered[unit, unit] += hits[0]
            ordered[(begin + np.arange(t)[:, np.newaxis]) % self.size, unit] += hits[1:]
            after_hit = np.where(crossing, hit_behind, 0), np.where(crossing, hit_ahead, hit_behind)
            after_miss = np.where(crossing, ahead, behind) * other, np.where(crossing, 0, ahead)
            for state, hit, miss in zip(states, after_hit, after_miss, strict=True):
                state[: t + 1] = hit + miss
                state[t + 1] = hit[0]

    def expectation(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return E prod of the sampled units' values, as in `sampler.design.Design.expectation`."""
        form, share = forms(), self.starts()
        if not self.size:
            return np.ones(values.shape[1:])
        return at_points(lambda part: form.expectation_around(self.cumulated, self.bits, share, part), values)

    def _some_starts(self) -> list[Ints]:
        """Return the starts in parts, so that an array over them and all units stays small."""
        count = max(1, -(-(self.size**2) // 2**16))
        return np.array_split(np.arange(self.size), min(count, max(self.size, 1)))
