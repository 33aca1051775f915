"""The third central moment of an estimated rate, which the Kott-Liu bounds ask for (METHODS 3.1)."""

from __future__ import annotations

import numpy as np

from estimators.interval import Floats
from estimators.variance import drawn_strata, row_sums
from sampler.frame import Ints


def third_moment(scores: Floats, stratum: Ints, fraction: Floats) -> Floats:
    """Return the estimated third central moment of the sum of the scores.

    Villages count as drawn with replacement, as in the ultimate cluster variance.

    Parameters
    ----------
    scores : ndarray of float64, shape (R, m)
        Linearised value of each drawn village.
    stratum : ndarray of int64, shape (m,)
        Stratum of each column, ascending.
    fraction : ndarray of float64, shape (H,)
        Drawn share of each stratum's villages.

    Returns
    -------
    ndarray of float64, shape (R,)
        sum_h m_h^2 / ((m_h - 1) (m_h - 2)) sum_i (z_hi - zbar_h)^3, unbiased for independent villages; NaN where a
        stratum has fewer than three drawn villages or is drawn completely.

    References
    ----------
    Liu and Kott (2009) Journal of Official Statistics 25:569.

    Examples
    --------
    >>> third_moment(np.array([[0.0, 0.0, 3.0]]), np.array([0, 0, 0]), np.array([0.1]))
    array([27.])
    """
    total = np.zeros(len(scores))
    for h, columns in drawn_strata(stratum, len(fraction)):
        size = columns.stop - columns.start
        if size < 3 or fraction[h] >= 1:
            return np.full(len(scores), np.nan)
        here = scores[:, columns]
        centred = here - (row_sums(here) / size)[:, None]
        total += size**2 / ((size - 1) * (size - 2)) * np.einsum("rm,rm,rm->r", centred, centred, centred)
    return total
