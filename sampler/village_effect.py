"""What the laws of village effects share: how the propensity to be wrong differs between villages (METHODS 5.1).

A law turns a village's effect on the normal scale and the mean propensity of its households into their propensity,
which rises with the error level. The catalogue is `sampler.village_effects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sampler.frame import Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """C cells: households of one village that have one mean propensity. Cells of one village share its effect.

    Parameters
    ----------
    normal : ndarray of float64, shape (C,)
        The village's effect, standard normal over villages.
    relative : ndarray of float64, shape (C,)
        Mean propensity over the county's error level.
    """

    normal: Floats
    relative: Floats

    def mean(self, level: Floats | float) -> Floats:
        """Return the mean propensity at a level, shape (C,), or (C, K) for K levels; 1 from where it reaches that."""
        mean: Floats = np.minimum(np.multiply.outer(self.relative, level), 1.0)
        return mean


@dataclass(frozen=True, kw_only=True, eq=False)
class Front:
    """How far the propensities have risen at a level.

    Parameters
    ----------
    level : float
        The error level.
    reach : ndarray of float64, shape (C,)
        Propensity of each cell; a household whose uniform is no larger has turned wrong.
    """

    level: float
    reach: Floats


class VillageEffect(Protocol):
    """A law of village effects.

    An entry of the catalogue is a frozen dataclass whose fields are named like the parameters of `ErrorModel` that it
    reads.
    """

    def quantile(self, cells: Cells, level: Floats | float) -> Floats:
        """Return the propensity of each cell.

        Parameters
        ----------
        cells : Cells
            C cells.
        level : float, or ndarray of float64 of shape (K,)
            Error levels; the mean over villages of the propensity is ``cells.mean(level)``.

        Returns
        -------
        ndarray of float64, shape (C,) or (C, K)
            Rising with the level.
        """

    def turning_levels(self, propensity: Floats, cell: Ints, cells: Cells, *, floor: Front, ceiling: Front) -> Floats:
        """Return the level at which the propensity of each household's cell reaches its own uniform.

        Parameters
        ----------
        propensity : ndarray of float64, shape (n,)
            The households' uniforms.
        cell : ndarray of int64, shape (n,)
            Their cells.
        cells : Cells
            C cells.
        floor, ceiling : Front
            Every one of these households turns between the two.

        Returns
        -------
        ndarray of float64, shape (n,)
            To about 1e-13 of themselves.
        """
