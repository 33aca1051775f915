"""One Taylor kernel: the variance of a sum of linearised values over drawn clusters (METHODS 2.4 and 2.6).

    V = sum_h [ (1 - f_h) m_h / (m_h - 1) sum_i (z_hi - zbar_h)^2
                + f_h sum_i sum_g (1 - f_hig) n_hig / (n_hig - 1) sum_j (z_hij - zbar_hig)^2 ]

Strata h, drawn villages i, blocks g (the groups of a village), households j. What z is, a ratio's or a total's, is the
caller's affair; its weights are inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

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
    which : tuple of int, optional
        Numbers of the blocks, by which `taylor_covariance` sees that two estimates count the same households.
    """

    squares: Floats
    taken: Ints
    available: Ints
    which: tuple[int, ...] = ()


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
    finite = variance == "two_stage"
    terms, others = _first_stage(stratum, fraction, variance, lonely)
    total = np.zeros(len(scores))
    for columns, factor, alone in terms:
        if alone:
            total += factor * (scores[:, columns.start] - scores.mean(axis=1)) ** 2
        else:
            total += factor * _between(scores[:, columns])
    if others != 1:
        total *= others
    if blocks is not None:
        for columns, share in _second_stage(stratum, fraction, variance, lonely):
            total += share * _within(blocks, columns, finite=finite)
    return total


def taylor_covariance(
    scores: Floats,
    stratum: Ints,
    fraction: Floats,
    *,
    blocks: Sequence[Blocks] | None = None,
    variance: Variance = "ultimate_cluster",
    lonely: Lonely = "fail",
) -> Floats:
    """Return the estimated covariance matrix of the sums of K columns of scores; its diagonal is `taylor_variance`.

    Parameters
    ----------
    scores : ndarray of float64, shape (R, m, K)
        Linearised values of K estimates by drawn village.
    stratum, fraction, variance, lonely
        As in `taylor_variance`.
    blocks : sequence of K Blocks, optional
        The second stage of each estimate; their numbers `which` tell the blocks apart.

    Returns
    -------
    ndarray of float64, shape (R, K, K)

    Raises
    ------
    InputError
        As `taylor_variance`; ``second_stage_shared`` when two estimates count households of the same block, whose cross
        products blocks do not hold: rows do (`estimators.samples`).

    Examples
    --------
    Two estimates, one twice the other:

    >>> scores = np.array([[[1.0, 2.0], [3.0, 6.0]]])
    >>> taylor_covariance(scores, np.array([0, 0]), np.array([0.0]))
    array([[[ 4.,  8.],
            [ 8., 16.]]])
    """
    terms, others = _first_stage(stratum, fraction, variance, lonely)
    total = np.zeros((len(scores), scores.shape[2], scores.shape[2]))
    for columns, factor, alone in terms:
        here = scores[:, columns]
        size = here.shape[1]
        centred = here - (scores if alone else here).mean(axis=1, keepdims=True)
        total += (factor if alone else factor * size / (size - 1)) * np.einsum("rmk,rml->rkl", centred, centred)
    if others != 1:
        total *= others
    if blocks is not None:
        _require_apart(blocks)
        for columns, share in _second_stage(stratum, fraction, variance, lonely):
            for k, own in enumerate(blocks):
                total[:, k, k] += share * _within(own, columns, finite=variance == "two_stage")
    return total


class _Term(NamedTuple):
    """What a stratum adds at the first stage: its columns, their factor, and whether its one village stands alone."""

    columns: slice
    factor: float
    alone: bool


def _first_stage(stratum: Ints, fraction: Floats, variance: Variance, lonely: Lonely) -> tuple[list[_Term], float]:
    """Return the terms of the first stage, and what their sum is multiplied by for the strata left out."""
    for key, found, allowed in (("variance", variance, get_args(Variance)), ("lonely", lonely, get_args(Lonely))):
        if found not in allowed:
            raise refuse("outside_domain", key=key, found=found, allowed=", ".join(allowed))
    terms: list[_Term] = []
    left_out = 0
    strata = drawn_strata(stratum, len(fraction))
    for h, columns in strata:
        f = float(fraction[h])
        alone = columns.stop - columns.start == 1 and f < 1
        if alone and lonely == "fail":
            raise refuse("lonely_stratum", stratum=h)
        if f < 1 and (not alone or lonely == "adjust"):
            terms.append(_Term(columns, 1 - f * (variance == "two_stage"), alone))
        left_out += alone and lonely == "average"
    others = len(strata) - left_out
    return terms, (len(strata) / others if others else np.nan) if left_out else 1.0


def _second_stage(stratum: Ints, fraction: Floats, variance: Variance, lonely: Lonely) -> list[tuple[slice, float]]:
    """Return columns and factor f_h of the strata that have a second-stage term."""
    found: list[tuple[slice, float]] = []
    for h, columns in drawn_strata(stratum, len(fraction)):
        alone = columns.stop - columns.start == 1
        share = 1.0 if alone and lonely == "certainty" else float(fraction[h])
        if share == 1 or (variance == "two_stage" and share > 0):
            found.append((columns, share))
    return found


def _require_apart(blocks: Sequence[Blocks]) -> None:
    """Refuse estimates that count households of the same block of the same village."""
    for k, one in enumerate(blocks):
        for other in blocks[k + 1 :]:
            for b in set(one.which) & set(other.which):
                here, there = one.which.index(b), other.which.index(b)
                if np.any((one.taken[:, :, here] > 0) & (other.taken[:, :, there] > 0)):
                    raise refuse("second_stage_shared")


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
