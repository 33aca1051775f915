"""Ratios and totals of plain rows, for readers who have weights, strata and clusters in columns (METHODS 2.1, 2.4).

The same Taylor kernel as `estimate`, so that what other programs and textbooks print can be held against it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estimators.interval import Floats
from estimators.variance import Blocks, Lonely, degrees_of_freedom, taylor_variance
from sampler.errors import refuse
from sampler.frame import Ints

Result = tuple[float, float, int]  # value, standard error, degrees of freedom


def ratio_of_rows(
    numerator: ArrayLike,
    denominator: ArrayLike,
    weights: ArrayLike,
    stratum: ArrayLike,
    cluster: ArrayLike,
    *,
    stratum_sizes: ArrayLike | None = None,
    cluster_sizes: ArrayLike | None = None,
    lonely: Lonely = "fail",
) -> Result:
    """Return the combined ratio sum w y / sum w x with its linearised standard error.

    Parameters
    ----------
    numerator, denominator, weights : array_like of float, shape (n,)
        y, x and w = 1 / pi of each row; a mean has x = 1.
    stratum, cluster : array_like, shape (n,)
        Labels; clusters of different strata are different whatever their labels.
    stratum_sizes : array_like of int, shape (n,), optional
        Clusters that the row's stratum has, M_h; without them f_h = 0.
    cluster_sizes : array_like of int, shape (n,), optional
        Rows that the row's cluster has, N_i; with them (and `stratum_sizes`) the second-stage term is added.
    lonely : {"fail", "adjust", "remove", "certainty", "average"}
        As in `taylor_variance`.

    Returns
    -------
    value, standard_error : float
        The ratio and its standard error.
    df : int
        Clusters less strata.

    Raises
    ------
    InputError
        ``lonely_stratum`` as in `taylor_variance`; ``nothing_counted`` when the weighted denominator is 0.

    Examples
    --------
    The mean of four rows in two clusters:

    >>> ratio_of_rows([1, 3, 5, 7], [1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0], [1, 1, 2, 2])
    (4.0, 2.0, 1)
    """
    y, x, w = (np.asarray(part, dtype=np.float64) for part in (numerator, denominator, weights))
    whole = float(w @ x)
    if whole == 0:
        raise refuse("nothing_counted")
    value = float(w @ y) / whole
    scores = w * (y - value * x) / whole
    return value, *_error_of_rows(scores, stratum, cluster, stratum_sizes, cluster_sizes, lonely)


def total_of_rows(
    numerator: ArrayLike,
    weights: ArrayLike,
    stratum: ArrayLike,
    cluster: ArrayLike,
    *,
    stratum_sizes: ArrayLike | None = None,
    cluster_sizes: ArrayLike | None = None,
    lonely: Lonely = "fail",
) -> Result:
    """Return the weighted total sum w y with its standard error; parameters as in `ratio_of_rows`.

    Examples
    --------
    >>> total_of_rows([1, 3, 5, 7], [2, 2, 2, 2], [0, 0, 0, 0], [1, 1, 2, 2])
    (32.0, 16.0, 1)
    """
    scores = np.asarray(weights, dtype=np.float64) * np.asarray(numerator, dtype=np.float64)
    return float(scores.sum()), *_error_of_rows(scores, stratum, cluster, stratum_sizes, cluster_sizes, lonely)


def _error_of_rows(
    scores: Floats,
    stratum: ArrayLike,
    cluster: ArrayLike,
    stratum_sizes: ArrayLike | None,
    cluster_sizes: ArrayLike | None,
    lonely: Lonely,
) -> tuple[float, int]:
    """Return standard error and degrees of freedom of the sum of the rows' scores."""
    row_stratum, unit, unit_stratum = _labels(stratum, cluster)
    count, strata = len(unit_stratum), int(unit_stratum[-1]) + 1
    taken = np.bincount(unit, minlength=count)
    sums: Floats = np.bincount(unit, scores, count).astype(np.float64)
    blocks = None
    if cluster_sizes is not None:
        squares: Floats = np.bincount(unit, (scores - (sums / taken)[unit]) ** 2, count).astype(np.float64)
        blocks = Blocks(
            squares=squares[None, :, None],
            taken=taken[None, :, None],
            available=_of_first_row(cluster_sizes, unit, count)[None, :, None].astype(np.int64),
        )
    fraction = np.zeros(strata)
    if stratum_sizes is not None:
        fraction = np.bincount(unit_stratum, minlength=strata) / _of_first_row(stratum_sizes, row_stratum, strata)
    # Where f_h is 0 the two-stage form is that of the ultimate cluster.
    found = taylor_variance(sums[None], unit_stratum, fraction, blocks=blocks, variance="two_stage", lonely=lonely)
    df = degrees_of_freedom(np.ones((1, count), dtype=bool), unit_stratum, strata)
    return float(np.sqrt(found[0])), int(df[0])


def _labels(stratum: ArrayLike, cluster: ArrayLike) -> tuple[Ints, Ints, Ints]:
    """Return stratum and cluster of each row, and the stratum of each cluster, as numbers in ascending order."""
    _, row_stratum = np.unique(np.asarray(stratum), return_inverse=True)
    clusters, row_cluster = np.unique(np.asarray(cluster), return_inverse=True)
    pairs, unit = np.unique(row_stratum * len(clusters) + row_cluster, return_inverse=True)
    return row_stratum, unit, pairs // len(clusters)


def _of_first_row(values: ArrayLike, place: Ints, count: int) -> NDArray[np.float64]:
    """Return the value of the first row of each place, shape (count,)."""
    _, first = np.unique(place, return_index=True)
    result: NDArray[np.float64] = np.asarray(values, dtype=np.float64)[first[:count]]
    return result
