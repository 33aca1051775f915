"""Conditional Poisson sampling: maximum entropy for given inclusion probabilities."""

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
from sampler.symmetric import with_odds

_CLOSE = 1e-14  # how near the inclusion probabilities must come to the wanted ones
_STEPS = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class ConditionalPoisson:
    """A set S of n units has a chance proportional to the product of its units' odds.

    The odds are solved so that the inclusion probabilities are the wanted ones. Of all designs with these it has the
    greatest entropy [1]_.

    Parameters
    ----------
    units : Units
        With their inclusion probabilities.

    References
    ----------
    .. [1] Chen, Dempster & Liu (1994). Weighted finite population sampling to maximize entropy. Biometrika 81:457-469.

    Examples
    --------
    The joint probability of the first two units in an example of Tillé's (2006):

    >>> design = ConditionalPoisson(units=Units(chance=np.array([0.07, 0.17, 0.41, 0.61, 0.83, 0.91])))
    >>> round(float(design.joint()[0, 1]), 4)
    0.0049
    """

    units: Units

    @property
    def first(self) -> Floats:
        """The wanted inclusion probabilities, shape (N,)."""
        return self.units.chance

    @cached_property
    def odds(self) -> Floats:
        """Odds of the units, shape (N,), as `odds_for` solves them."""
        return odds_for(self.units.chance, self.units.drawn)

    @cached_property
    def _table(self) -> SequentialTable:
        return with_odds(self.odds, self.units.drawn)

    def joint(self) -> Floats:
        """Return the joint inclusion probabilities, shape (N, N), by recursions that subtract nothing."""
        return self._table.joint()

    def draw(self, starts: Words) -> Ints:
        """Return one sample for each word stream in the order of the list, shape (R, n); word i is unit i's."""
        return self._table.draw(starts)

    def expectation(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return e_n(odds times values) / e_n(odds), shape of one unit's values."""
        return self._table.expectation(values)


def odds_for(chance: Floats, drawn: int) -> Floats:
    """Return odds that give wanted inclusion probabilities to conditional Poisson sampling.

    Parameters
    ----------
    chance : ndarray of float64, shape (N,)
        Wanted probabilities, inside (0, 1), or all 0 or all 1.
    drawn : int
        Their sum, n.

    Returns
    -------
    ndarray of float64, shape (N,)
        In closed form for n = 1 and n = N - 1. Otherwise by the fixed point w <- w (odds of wanted / odds of achieved)
        (Chen, Dempster & Liu 1994), with the exponent 2/3 where it does not contract by itself.

    Notes
    -----
    With C the covariance matrix of the inclusion indicators and D its diagonal, a small error e of the log odds becomes
    (I - D^-1 C) e. D^-1 C is the normalised Laplacian of a graph (its rows add up to 0, and C is not positive off the
    diagonal), so its eigenvalues lie in [0, 2] and add up to N; the 0 belongs to a factor common to all odds, which
    means nothing. One near 2 makes the plain iteration oscillate for ever, and leaves the others near 1 on average: the
    exponent 2/3 divides errors of both kinds by three.

    Examples
    --------
    >>> odds_for(np.array([0.3, 0.7]), 1)
    array([0.3, 0.7])
    """
    if drawn in (0, len(chance)):
        return np.ones(len(chance))
    if drawn == 1:
        return chance.copy()
    if drawn == len(chance) - 1:
        return 1 / (1 - chance)
    odds = wanted = chance / (1 - chance)
    exponent, best, closest = 1.0, odds, np.inf
    for _ in range(_STEPS):
        inside, outside = with_odds(odds, drawn).chances()
        error = float(np.abs(inside - chance).max())
        if error > closest / 3:
            exponent = 2 / 3
        if error < closest:
            best, closest = odds, error
        if error < _CLOSE:
            break
        odds = odds * (wanted * outside / inside) ** exponent
    return best
