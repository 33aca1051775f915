"""An evaluation's rates corrected by a re-check of some of its households, from one sample's rows (METHODS 2.7)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats
from estimators.two_phase import Corrected, Phases, first_phase_variance, second_phase_variance
from sampler.frame import Ints

_RESULTS = 2  # what the first visit recorded: nothing, or something


def difference_of_rows(
    slot: Ints, stratum: Ints, persons: Ints, recorded: Ints, rechecked: Ints, weights: Floats | None = None
) -> Corrected:
    """Return the rate of one group with what the second visit changed, b = 1.

    p = [sum_a w y~ + sum_2 w n_c / n_2c (y - y~)] / sum_a w s. How the re-checked households were chosen is not in the
    rows: they are taken as drawn at random among those of which the first visit recorded nothing, and among those of
    which it recorded something; these are the two cells c.

    Parameters
    ----------
    slot : ndarray of int64, shape (n,)
        Drawn village of each household of the group, as the column of `stratum`.
    stratum : ndarray of int64, shape (m,)
        Stratum of each drawn village, ascending.
    persons, recorded : ndarray of int64, shape (n,)
        s and y~: persons, and what the first visit recorded of them.
    rechecked : ndarray of int64, shape (n,)
        y, what the second visit recorded; below 0 where there was none.
    weights : ndarray of float64, shape (n,), optional
        w; 1 where left out, so that the raw rate is corrected.

    Returns
    -------
    Corrected
        R = 1. Villages are taken as drawn with replacement; the variance is NaN where a stratum has one drawn village.
        A step is that of a household which the first visit found clean; NaN where none of these was re-checked.

    Examples
    --------
    Four clean households of 5 persons, two of them re-checked, one then wrong: 5 more of 20 persons, twice over.

    >>> five = np.full(4, 5)
    >>> found = difference_of_rows(np.array([0, 0, 1, 1]), np.zeros(2, int), five, 0 * five, np.array([5, -1, 0, -1]))
    >>> found.value, found.step
    (array([0.5]), array([0.5]))
    """
    w = np.ones(len(slot)) if weights is None else weights
    s, x, seen = persons.astype(np.float64), recorded.astype(np.float64), rechecked >= 0
    y = np.where(seen, rechecked, 0).astype(np.float64)
    result = (recorded > 0).astype(np.int64)
    entry, entries = _RESULTS * slot + result, _RESULTS * len(stratum)
    phases = Phases(
        stratum=stratum,
        fraction=np.zeros(int(stratum.max(initial=-1)) + 1),
        unit=np.repeat(np.arange(len(stratum)), _RESULTS),
        cell=np.tile(np.arange(_RESULTS), len(stratum))[None],
        sizes=np.bincount(result, minlength=_RESULTS)[None],
        drawn=np.bincount(result[seen], minlength=_RESULTS)[None],
        pool=np.arange(_RESULTS),
    )
    whole = float(w @ s)
    scale = w * seen / (whole or 1.0)
    expansion = phases.expansion()[0][result]  # the first entries are the cells

    def by_entry(values: Floats) -> Floats:
        sums: Floats = np.bincount(entry, values, entries).astype(np.float64)
        return sums[None]

    value = (w @ x) / (whole or 1.0) + float((scale * expansion) @ (y - x))
    z, e = scale * (y - value * s), scale * (y - x)
    alone = bool((np.bincount(stratum) == 1).any())
    clean = seen & (result == 0)
    steps = (scale * expansion * s)[clean]

    def one(number: float) -> Floats:
        return np.array([number if whole else np.nan])

    return Corrected(
        value=one(float(value)),
        first_phase=one(np.nan) if alone else first_phase_variance(phases, by_entry(z), by_entry(z**2)),
        second_phase=second_phase_variance(phases, by_entry(e), by_entry(e**2)),
        slope=np.ones(1),
        step=one(float(steps.mean()) if len(steps) else np.nan),
        largest_step=one(float(steps.max()) if len(steps) else np.nan),
        lonely_cells=phases.lonely.sum(axis=1),
        uncovered_cells=phases.uncovered.sum(axis=1),
    )
