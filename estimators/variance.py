"""One Taylor kernel: the variance of a sum of linearised values over drawn clusters (METHODS 2.4 and 2.6).

    V = sum_h [ (1 - f_h) m_h / (m_h - 1) sum_i (z_hi - zbar_h)^2
                + f_h sum_i sum_g (1 - f_hig) n_hig / (n_hig - 1) sum_j (z_hij - zbar_hig)^2 ]

Strata h, drawn villages i, blocks g (the groups of a village), households j. What z is, a ratio's or a total's, is the
caller's affair; its weights are inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from estimators.interval import Floats
from sampler.errors import refuse
from sampler.frame import Ints

Variance = Literal["ultimate_cluster", "two_stage"]
Lonely = Literal["fail", "adjust", "remove", "certainty", "average"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Blocks:
    """The second stage of R samples: households in the blocks of each drawn village, shape (R, m, G) each.

    Parameters
    ----------
    squares : ndarray of float64
        Sum over the visited households of (z - mean z of the block)^2.
    taken : ndarray of int64
        Households visited, n.
    available : ndarray of int64
        Households there are, N; 0 where not known.
    """

    squares: Floats
    taken: Ints
    available: Ints


def taylor_variance(
    scores: Floats,
    stratum: Ints,
    fraction: Floats,
    *,
    blocks: Blocks | None = None,
    variance: Variance = "ultimate_cluster",
    lonely: Lonely = "fail",
) -> Floats:
    """Return the estimated variance of the sum of the scores.

    Parameters
    ----------
    scores : ndarray of float64, shape (R, m)
        Linearised value of each drawn village, its households summed; 0 where the village has none that counts.
    stratum : ndarray of int64, shape (m,)
        Stratum of each column, ascending.
    fraction : ndarray of float64, shape (H,)
        Drawn share f_h of each stratum's villages, 0 where not known. At 1 the stratum is drawn completely: nothing is
        left to chance at the first stage, it is never lonely, and its households are the clusters.
    blocks : Blocks, optional
        The second stage; without it, its term is 0.
    variance : {"ultimate_cluster", "two_stage"}
        The first term with f_h = 0 (villages as if drawn with replacement), or both terms. A completely drawn stratum
        has the second term alone, with f_hig = 0 under ``ultimate_cluster``.
    lonely : {"fail", "adjust", "remove", "certainty", "average"}
        What a stratum with one drawn village of several contributes at the first stage: an error, its squared distance
        from the mean of all villages, nothing, nothing but its households as clusters, or the mean of the other strata.

    Returns
    -------
    ndarray of float64, shape (R,)
        NaN under ``average`` when no other stratum has a variance.

    Raises
    ------
    InputError
        ``lonely_stratum``, with the index of the stratum; ``outside_domain`` for a name that is not one of the above.

    References
    ----------
    Särndal, Swensson and Wretman (1992) eq. 4.3.22; Lumley (2010) Complex Surveys, section 3.2.1 on lonely clusters.

    Examples
    --------
    Two strata, two villages each:

    >>> scores = np.array([[1.0, 3.0, 5.0, 5.0]])
    >>> taylor_variance(scores, np.array([0, 0, 1, 1]), np.array([0.1, 0.2]))
    array([4.])
    """
    for key, found, allowed in (("variance", variance, get_args(Variance)), ("lonely", lonely, get_args(Lonely))):
        if found not in allowed:
            raise refuse("outside_domain", key=key, found=found, allowed=", ".join(allowed))
    finite = variance == "two_stage"
    total = np.zeros(len(scores))
    left_out = 0
    strata = drawn_strata(stratum, len(fraction))
    for h, columns in strata:
        f = float(fraction[h])
        alone = columns.stop - columns.start == 1 and f < 1
        if alone and lonely == "fail":
            raise refuse("lonely_stratum", stratum=h)
        if f < 1 and not alone:
            total += (1 - f * finite) * _between(scores[:, columns])
        if alone and lonely == "adjust":
            total += (1 - f * finite) * (scores[:, columns.start] - scores.mean(axis=1)) ** 2
        left_out += alone and lonely == "average"
    if left_out:
        others = len(strata) - left_out
        total *= len(strata) / others if others else np.nan
    if blocks is not None:
        for h, columns in strata:
            alone = columns.stop - columns.start == 1
            share = 1.0 if alone and lonely == "certainty" else float(fraction[h])
            if share == 1 or (finite and share > 0):
                total += share * _within(blocks, columns, finite=finite)
    return total


def drawn_strata(stratum: Ints, strata: int) -> list[tuple[int, slice]]:
    """Return (stratum, its columns) for the strata of which a village is drawn.

    Examples
    --------
    >>> drawn_strata(np.array([0, 0, 2]), 3)
    [(0, slice(0, 2, None)), (2, slice(2, 3, None))]
    """
    edges = np.searchsorted(stratum, np.arange(strata + 1)).tolist()
    return [(h, slice(edges[h], edges[h + 1])) for h in range(strata) if edges[h] < edges[h + 1]]


def row_sums(values: Floats) -> Floats:
    """Return the sum of each row, shape (R,); on short rows twice as fast as ``values.sum(axis=1)``."""
    sums: Floats = np.einsum("rm->r", values)
    return sums


def _between(scores: Floats) -> Floats:
    """Return m / (m - 1) times the squared deviations of one stratum's villages, shape (R,)."""
    size = scores.shape[1]
    centred = scores - (row_sums(scores) / size)[:, None]
    result: Floats = size / (size - 1) * np.einsum("rm,rm->r", centred, centred)
    return result


def _within(blocks: Blocks, columns: slice, *, finite: bool) -> Floats:
    """Return the second-stage term of one stratum without its factor f_h, shape (R,)."""
    taken, available = blocks.taken[:, columns], blocks.available[:, columns]
    remaining = 1 - taken / np.maximum(available, 1) * (available > 0) if finite else np.ones(taken.shape)
    factor = np.where(taken > 1, remaining * taken / np.maximum(taken - 1, 1), 0.0)
    result: Floats = np.einsum("rmg,rmg->r", factor, blocks.squares[:, columns])
    return result


def degrees_of_freedom(counted: NDArray[np.bool_], stratum: Ints, strata: int) -> Floats:
    """Return the drawn villages that count less the strata that have one (METHODS 2.6).

    Parameters
    ----------
    counted : ndarray of bool, shape (R, m)
        Whether a village has a visited household of the groups concerned.
    stratum : ndarray of int64, shape (m,)
        Stratum of each column, ascending.
    strata : int
        Number of strata, H.

    Returns
    -------
    ndarray of float64, shape (R,)

    Examples
    --------
    >>> degrees_of_freedom(np.array([[True, True, False, True]]), np.array([0, 0, 0, 1]), 2)
    array([1.])
    """
    ones = counted.astype(np.float64)
    df = np.zeros(len(counted))
    for _, columns in drawn_strata(stratum, strata):
        df += np.maximum(row_sums(ones[:, columns]) - 1, 0)
    return df


def intraclass_correlation(households: Floats, events: Floats, stratum: Ints, strata: int) -> Floats:
    """Return the ANOVA intraclass correlation of household events, pooled over strata and cut at 0 (METHODS 3.4).

    Parameters
    ----------
    households, events : ndarray of float64, shape (R, m)
        Visited households of each village, and those of them with an event.
    stratum : ndarray of int64, shape (m,)
        Stratum of each column, ascending.
    strata : int
        Number of strata, H.

    Returns
    -------
    ndarray of float64, shape (R,)
        (MSB - MSW) / (MSB + (n0 - 1) MSW), where the mean squares are pooled over the strata and n0 is the number of
        households a village counts for; 0 where it is not defined.

    References
    ----------
    Searle, Casella and McCulloch (1992) Variance Components, section 3.6 (unbalanced one-way classification).

    Examples
    --------
    All events in one of two villages:

    >>> intraclass_correlation(np.array([[3.0, 3.0]]), np.array([[3.0, 0.0]]), np.array([0, 0]), 1)
    array([1.])
    """
    explained = np.divide(events**2, households, out=np.zeros(events.shape), where=households > 0)
    between, weight = np.zeros(len(events)), np.zeros(len(events))
    for _, columns in drawn_strata(stratum, strata):
        here = households[:, columns]
        size = row_sums(here)
        safe = np.maximum(size, 1)
        between += row_sums(explained[:, columns]) - row_sums(events[:, columns]) ** 2 / safe
        weight += size - np.einsum("rm,rm->r", here, here) / safe
    counted = households > 0
    df_between = degrees_of_freedom(counted, stratum, strata)
    df_within = row_sums(households) - row_sums(counted.astype(np.float64))
    defined = (df_between > 0) & (df_within > 0)
    mean_between = np.maximum(between, 0) / np.where(defined, df_between, 1)
    mean_within = np.maximum(row_sums(events) - row_sums(explained), 0) / np.where(defined, df_within, 1)
    spread = mean_between + (weight / np.where(defined, df_between, 1) - 1) * mean_within
    defined &= spread > 0
    ratio = (mean_between - mean_within) / np.where(defined, spread, 1)
    return np.where(defined, np.clip(ratio, 0, 1), 0.0)
