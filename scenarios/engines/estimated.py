"""A simulated chance with its standard error: counted, or by regression on events whose chances are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sampler.frame import Bools

_LARGEST_ERROR = 0.005  # standard error a chance must reach ...
_RELATIVE_ERROR = 0.05  # ... or this part of the chance itself, whichever is smaller ...
_SMALLEST_ERROR = 0.0005  # ... but no smaller than this (METHODS 4.8)


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """An estimated chance.

    Parameters
    ----------
    chance, standard_error : float
        The estimate and its standard error.
    """

    chance: float
    standard_error: float

    @property
    def precise(self) -> bool:
        """Whether the error is small enough to stop."""
        wanted = min(_LARGEST_ERROR, max(_RELATIVE_ERROR * self.chance, _SMALLEST_ERROR))
        return self.standard_error <= wanted


def proportion(events: Bools) -> Estimated:
    """Return the share of events with its standard error, taken at the Agresti-Coull share so that it is never 0.

    Examples
    --------
    >>> proportion(np.zeros(96, dtype=bool)).standard_error
    0.014
    """
    count, size = int(events.sum()), len(events)
    share = (count + 2) / (size + 4)
    return Estimated(chance=count / size, standard_error=float(np.sqrt(share * (1 - share) / (size + 4))))


def controlled(events: Bools, controls: Sequence[Bools], means: Sequence[float]) -> Estimated:
    """Return the chance of events by regression on control variates of known means.

    Parameters
    ----------
    events : ndarray of bool, shape (R,)
        What is estimated.
    controls : sequence of ndarray of bool, shape (R,)
        Events on the same inspections whose chances are known exactly.
    means : sequence of float
        Their chances.

    Returns
    -------
    Estimated
        The regression estimator of Glasserman (2003) Monte Carlo Methods in Financial Engineering, eq. 4.18, and its
        residual standard error; the plain proportion's where a residual is 0.
    """
    plain = proportion(events)
    used = [(control, mean) for control, mean in zip(controls, means, strict=True) if 0 < control.mean() < 1]
    if not used:
        return plain
    outcome = events.astype(np.float64)
    matrix = np.stack([control.astype(np.float64) for control, _ in used], axis=1)
    known = np.array([mean for _, mean in used])
    centred = matrix - matrix.mean(axis=0)
    slopes, *_ = np.linalg.lstsq(centred, outcome - outcome.mean(), rcond=None)
    residual = outcome - outcome.mean() - centred @ slopes
    freedom = len(outcome) - len(used) - 1
    error = float(np.sqrt(residual @ residual / freedom / len(outcome)))
    chance = float(outcome.mean() + (known - matrix.mean(axis=0)) @ slopes)
    if error < 1e-12:  # the controls explain every event seen; one not seen may yet differ
        error = proportion(np.zeros(len(outcome), dtype=bool)).standard_error
    return Estimated(chance=min(1.0, max(0.0, chance)), standard_error=error)
