"""Ratios and totals of plain rows, for readers who have weights, strata and clusters in columns (METHODS 2.1, 2.4).

One number at a time; `estimators.samples` gives several with their covariance, and further stages.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from estimators.samples import Estimates, Sample, Stage, ratios, totals
from estimators.variance import Lonely

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
    sample = _sample(weights, stratum, cluster, stratum_sizes, cluster_sizes, lonely)
    return _single(ratios(sample, numerator, denominator))


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
    return _single(totals(_sample(weights, stratum, cluster, stratum_sizes, cluster_sizes, lonely), numerator))


def _sample(
    weights: ArrayLike,
    stratum: ArrayLike,
    cluster: ArrayLike,
    stratum_sizes: ArrayLike | None,
    cluster_sizes: ArrayLike | None,
    lonely: Lonely,
) -> Sample:
    """Return rows in clusters in strata as a sample; rows are drawn from a cluster without further strata."""
    stages = [Stage(stratum=stratum, unit=cluster, sizes=stratum_sizes)]
    if cluster_sizes is not None:
        rows = len(np.asarray(weights))
        stages.append(Stage(stratum=np.zeros(rows), unit=np.arange(rows), sizes=cluster_sizes))
    return Sample(weights=weights, stages=tuple(stages), lonely=lonely)


def _single(found: Estimates) -> Result:
    return float(found.value[0]), float(found.standard_error[0]), int(found.df[0])
