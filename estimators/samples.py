"""Totals, means and ratios of plain rows, with their covariance matrix (METHODS 2.1, 2.3, 2.4 and 2.6).

For whoever has weights, strata and clusters in columns: textbook samples, what other programs print, domains and linear
combinations of any kind. The kernel is that of `estimate`, stage after stage: the strata of a later stage are the
units of the stage before, and its variance is multiplied by the share of those that was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estimators.interval import Floats
from estimators.variance import Lonely, degrees_of_freedom, taylor_covariance
from sampler.draws import Observations, tally
from sampler.errors import InputError, Mistake, refuse
from sampler.frame import Bools, Ints

Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """One stage of selection, told row by row.

    Parameters
    ----------
    stratum, unit : array_like, shape (n,)
        Labels. Units of different strata, and strata of different units of the stage before, are different whatever
        their labels.
    sizes : array_like of int, shape (n,), optional
        Units that the row's stratum has, drawn or not. Without them units are taken as drawn with replacement: f = 0,
        and later stages add nothing.
    """

    stratum: ArrayLike
    unit: ArrayLike
    sizes: ArrayLike | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Rows of one sample with their design.

    Parameters
    ----------
    weights : array_like of float, shape (n,)
        w = 1 / pi of each row.
    stages : tuple of Stage
        From the first: villages in strata, then households in the groups of a village.
    lonely : {"fail", "adjust", "remove", "certainty", "average"}
        What a first-stage stratum with one drawn unit of several contributes, as in `taylor_variance`. At later stages
        a unit that stands alone adds 0 (METHODS 2.4), where R's `survey` applies its convention again.

    Raises
    ------
    InputError
        ``weight_not_positive`` for weights that are not finite numbers above 0, ``sizes_below_drawn`` for strata said
        to be smaller than what was drawn of them; each with its row, counted from 0.
    """

    weights: ArrayLike
    stages: tuple[Stage, ...]
    lonely: Lonely = "fail"

    def __post_init__(self) -> None:
        require_weights(self.weights)


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimates:
    """K estimates of one sample.

    Parameters
    ----------
    value : ndarray of float64, shape (K,)
        The estimates.
    covariance : ndarray of float64, shape (K, K)
        Their linearised covariance matrix.
    counted : ndarray of bool, shape (U, K)
        Which first-stage units have a row that counts for an estimate.
    stratum : ndarray of int64, shape (U,)
        Stratum of each unit, ascending.
    """

    value: Floats
    covariance: Floats
    counted: Bools
    stratum: Ints

    @property
    def standard_error(self) -> Floats:
        """Standard error of each estimate, shape (K,)."""
        error: Floats = np.sqrt(np.maximum(np.diag(self.covariance), 0))  # a contrast may leave -1e-33 of 0
        return error

    @property
    def df(self) -> Ints:
        """First-stage units that count less the strata that have one, shape (K,)."""
        return degrees_of_freedom(self.counted.T, self.stratum, int(self.stratum.max()) + 1).astype(np.int64)


def totals(sample: Sample, values: ArrayLike) -> Estimates:
    """Return the weighted totals sum w y of the columns of `values`, shape (n,) or (n, K).

    Examples
    --------
    >>> design = Sample(weights=[2, 2, 2, 2], stages=(Stage(stratum=[0] * 4, unit=[1, 1, 2, 2]),))
    >>> found = totals(design, [1, 3, 5, 7])
    >>> found.value, found.standard_error, found.df
    (array([32.]), array([16.]), array([1]))
    """
    y = _columns(values)
    scores = np.asarray(sample.weights, dtype=np.float64)[:, None] * y
    return _estimates(sample, scores.sum(axis=0), scores, np.ones(y.shape, dtype=bool))


def means(sample: Sample, values: ArrayLike) -> Estimates:
    """Return the Hájek means sum w y / sum w of the columns of `values`, shape (n,) or (n, K).

    Examples
    --------
    >>> design = Sample(weights=[1, 1, 1, 1], stages=(Stage(stratum=[0] * 4, unit=[1, 1, 2, 2]),))
    >>> found = means(design, [1, 3, 5, 7])
    >>> found.value, found.standard_error
    (array([4.]), array([2.]))
    """
    y = _columns(values)
    return ratios(sample, y, np.ones(y.shape))


def ratios(sample: Sample, numerators: ArrayLike, denominators: ArrayLike) -> Estimates:
    """Return the combined ratios sum w y / sum w x column by column, linearised as z = w (y - r x) / sum w x.

    Parameters
    ----------
    sample : Sample
        The rows' design.
    numerators, denominators : array_like of float, shape (n,) or (n, K)
        y and x. Domains are columns that are 0 outside (`in_domains`).

    Raises
    ------
    InputError
        ``nothing_counted`` when a weighted denominator is 0; ``lonely_stratum`` as in `taylor_variance`.

    References
    ----------
    Särndal, Swensson and Wretman (1992) section 5.6.

    Examples
    --------
    Shares of two domains and their difference:

    >>> design = Sample(weights=np.ones(6), stages=(Stage(stratum=np.zeros(6), unit=[1, 1, 2, 2, 3, 3]),))
    >>> y, x, domain = [1, 0, 1, 1, 0, 0], np.ones(6), np.array(list("ababab"))
    >>> shares = ratios(design, in_domains(y, domain), in_domains(x, domain))
    >>> shares.value.round(3), contrast(shares, [[1, -1]]).value.round(3)
    (array([0.667, 0.333]), array([0.333]))
    """
    y, x = _columns(numerators), _columns(denominators)
    w = np.asarray(sample.weights, dtype=np.float64)[:, None]
    whole = (w * x).sum(axis=0)
    if np.any(whole == 0):
        raise refuse("nothing_counted")
    value = (w * y).sum(axis=0) / whole
    return _estimates(sample, value, w * (y - value * x) / whole, x != 0)


def contrast(estimates: Estimates, coefficients: ArrayLike, *, constant: float | Floats = 0.0) -> Estimates:
    """Return linear combinations A t + c of K estimates, with variance A V A'.

    Parameters
    ----------
    estimates : Estimates
        t and V.
    coefficients : array_like of float, shape (L, K)
        A; the incidence of METHODS 2.3 has the one row (P_E / P, P_N / P).
    constant : float or ndarray of float64, shape (L,)
        c; for the incidence R / P.

    Returns
    -------
    Estimates
        L of them; their degrees of freedom are those of the units that count for any estimate that enters.
    """
    a = np.atleast_2d(np.asarray(coefficients, dtype=np.float64))
    return Estimates(
        value=a @ estimates.value + constant,
        covariance=a @ estimates.covariance @ a.T,
        counted=estimates.counted @ (a != 0).T,
        stratum=estimates.stratum,
    )


def in_domains(values: ArrayLike, domain: ArrayLike) -> Floats:
    """Return one column a domain, in ascending order of the labels: the value inside, 0 outside, shape (n, D).

    Examples
    --------
    >>> in_domains([1, 2, 3], ["b", "a", "b"])
    array([[0., 1.],
           [2., 0.],
           [0., 3.]])
    """
    labels = np.asarray(domain)
    columns: Floats = np.asarray(values, dtype=np.float64)[:, None] * (labels[:, None] == np.unique(labels))
    return columns


def sample_of_observations(
    observations: Observations, *, replicate: int = 0, weighted: bool, two_stage: bool = False, lonely: Lonely = "fail"
) -> tuple[Sample, Ints]:
    """Return one replicate of observations as a sample of rows.

    Parameters
    ----------
    observations : Observations
        Of R replicates.
    replicate : int
        Which of them.
    weighted : bool
        Whether rows have the weights of their blocks, or 1.
    two_stage : bool, default False
        Whether villages and households have finite population corrections, which sizes are needed for.
    lonely : str
        As in `Sample`.

    Returns
    -------
    Sample, ndarray of int64
        The design, and the rows of the observations it holds, in their order.
    """
    rows = np.flatnonzero(observations.replicate == replicate)
    slot, block = observations.slot[rows], observations.block[rows]
    stratum = observations.stratum[slot]
    weights: Floats = np.ones(len(rows))
    if weighted:
        of_blocks = tally(observations).weights()
        if of_blocks is None:
            raise refuse("sizes_unknown")
        weights = of_blocks[replicate, slot, block]
    villages, households = observations.stratum_sizes[stratum], observations.block_sizes[replicate, slot, block]
    stages = (
        Stage(stratum=stratum, unit=slot, sizes=villages if two_stage else None),
        Stage(stratum=block, unit=np.arange(len(rows)), sizes=households if two_stage else None),
    )
    return Sample(weights=weights, stages=stages, lonely=lonely), rows


def _columns(values: ArrayLike) -> Floats:
    """Return values as columns, shape (n, K)."""
    y = np.asarray(values, dtype=np.float64)
    return y[:, None] if y.ndim == 1 else y


def _estimates(sample: Sample, value: Floats, scores: Floats, counted: Bools) -> Estimates:
    first = sample.stages[0]
    stratum = nested(np.zeros(len(scores), dtype=np.int64), first.stratum)
    unit = nested(stratum, first.unit)
    return Estimates(
        value=value,
        covariance=covariance_of_scores(sample, scores),
        counted=_sums(counted, unit) > 0,
        stratum=of_first_row(stratum, unit),
    )


def covariance_of_scores(sample: Sample, scores: Floats) -> Floats:
    """Return the covariance matrix of the sums of K columns of weighted scores, shape (K, K) (METHODS 2.4).

    Parameters
    ----------
    sample : Sample
        The design.
    scores : ndarray of float64, shape (n, K)
        z, its weights inside.

    References
    ----------
    Särndal, Swensson and Wretman (1992) eq. 4.3.22, stage after stage.
    """
    total = np.zeros((scores.shape[1], scores.shape[1]))
    above, share = np.zeros(len(scores), dtype=np.int64), np.ones(len(scores))
    for depth, stage in enumerate(sample.stages):
        stratum = nested(above, stage.stratum)
        unit = nested(stratum, stage.unit)
        unit_stratum = of_first_row(stratum, unit)
        drawn = np.bincount(unit_stratum)
        fraction = drawn_shares(stage.sizes, stratum, drawn)
        lonely: Lonely = "remove" if depth else sample.lonely
        sums = _sums(np.sqrt(share)[:, None] * scores, unit)
        total += taylor_covariance(sums[None], unit_stratum, fraction, variance="two_stage", lonely=lonely)[0]
        if lonely == "certainty":
            fraction = np.where(drawn == 1, 1.0, fraction)  # the rows of a lonely unit are the clusters
        share = share * fraction[stratum]
        above = unit
        if not share.any():
            break
    return total


def require_weights(weights: ArrayLike) -> None:
    """Refuse weights that are not finite numbers above 0, each with its row."""
    w = np.asarray(weights, dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(w) & (w > 0))).tolist()
    if bad:
        raise InputError(Mistake("weight_not_positive", {"row": i, "found": float(w[i])}) for i in bad)


def drawn_shares(stratum_sizes: ArrayLike | None, stratum: Ints, drawn: Ints) -> Floats:
    """Return the drawn share of each stratum's units, shape (H,): 0 without sizes, which stand by row."""
    if stratum_sizes is None:
        return np.zeros(len(drawn))
    sizes = np.asarray(stratum_sizes, dtype=np.float64)
    small = np.flatnonzero(~(sizes >= drawn[stratum])).tolist()
    if small:
        raise InputError(
            Mistake("sizes_below_drawn", {"row": i, "found": float(sizes[i]), "allowed": int(drawn[stratum[i]])})
            for i in small
        )
    return drawn / of_first_row(sizes, stratum)


def nested(above: Ints, labels: ArrayLike) -> Ints:
    """Return the number of each row's label inside what lies above it, ascending with it, shape (n,)."""
    names, inverse = np.unique(np.asarray(labels), return_inverse=True)
    numbers: Ints = np.unique(above * len(names) + inverse, return_inverse=True)[1].astype(np.int64)
    return numbers


def _sums(values: NDArray[np.float64] | Bools, place: Ints) -> Floats:
    """Return the sums of the rows of each place, shape (count, K)."""
    summed = np.zeros((int(place.max()) + 1, values.shape[1]))
    np.add.at(summed, place, values)
    return summed


def of_first_row(values: NDArray[Number], place: Ints) -> NDArray[Number]:
    """Return the value of the first row of each place, shape (count,)."""
    _, first = np.unique(place, return_index=True)
    return values[first]
