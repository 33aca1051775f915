"""Variances from replicate weights: jackknife, Rao-Wu-Yue bootstrap, balanced half-samples (METHODS 2.5).

A replicate weighs the drawn villages anew, an estimate is computed from each, and V = sum_b c_b (theta_b - centre)^2.
What a jackknife is centred at is stated by the caller: at the mean of the replicates, as R's `survey` does by default,
at the estimate, as SAS does, or at the mean of the replicates of the same stratum.

No replicate of a sample without an event shows one, so every variance here is 0 there. It is given as 0, since that is
what the formula says, with ``informative`` False: the sample says nothing of the precision, and no interval may be made
of it. Below five events or so the variances are unstable; they are offered and are the default of no rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from estimators.interval import Floats
from estimators.variance import drawn_strata
from sampler.errors import refuse
from sampler.frame import Bools, Ints

_SAME = 1e-12  # replicates that differ by less than this share of the estimate differ by rounding


@dataclass(frozen=True, kw_only=True, eq=False)
class Replication:
    """How B replicates weigh m drawn villages.

    Parameters
    ----------
    factors : ndarray of float64, shape (B, m)
        What a replicate multiplies the weights of each village's households by.
    scales : ndarray of float64, shape (B,)
        c_b, finite population corrections inside.
    stratum : ndarray of int64, shape (B,), optional
        Stratum that a replicate changes, where it changes one.
    """

    factors: Floats
    scales: Floats
    stratum: Ints | None = None


class Centre(Protocol):
    """What replicates are compared with."""

    def __call__(self, replicates: Floats, value: Floats, replication: Replication) -> Floats:
        """Return the centre of each replicate, shape (R, B) or (R, 1)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Replicated:
    """Estimates of R samples with their replication variance; the arrays have shape (R,).

    Parameters
    ----------
    value : ndarray of float64
        Of the whole sample; NaN where the denominator is 0.
    variance : ndarray of float64
        Replication variance; NaN where a replicate has no denominator.
    informative : ndarray of bool
        Whether the replicates differ at all. Where they do not, the variance of 0 is no sign of precision.
    villages_with_event : ndarray of int64
        Drawn villages whose numerator is not 0.
    """

    value: Floats
    variance: Floats
    informative: Bools
    villages_with_event: Ints

    @property
    def standard_error(self) -> Floats:
        """Square root of the variance, shape (R,)."""
        return np.sqrt(self.variance)


def jackknife_1(clusters: int, *, fraction: float = 0.0) -> Replication:
    """Return the jackknife JK1 of an unstratified sample: one village left out, the others times m / (m - 1).

    Parameters
    ----------
    clusters : int
        Drawn villages, m.
    fraction : float, default 0
        Drawn share of all villages, f: V is multiplied by 1 - f.

    Raises
    ------
    InputError
        ``lonely_stratum`` for a single village.

    Examples
    --------
    >>> jackknife_1(2).factors, jackknife_1(2).scales
    (array([[0., 2.],
           [2., 0.]]), array([0.5, 0.5]))
    """
    return jackknife_n(np.zeros(clusters, dtype=np.int64), np.array([fraction]))


def jackknife_n(stratum: Ints, fraction: Floats) -> Replication:
    """Return the jackknife JKn: one village left out, the others of its stratum times m_h / (m_h - 1) (METHODS 2.5).

    Parameters
    ----------
    stratum : ndarray of int64, shape (m,)
        Stratum of each drawn village, ascending.
    fraction : ndarray of float64, shape (H,)
        Drawn share f_h of each stratum's villages: c_b = (1 - f_h) (m_h - 1) / m_h. A stratum drawn completely has no
        replicates.

    Raises
    ------
    InputError
        ``lonely_stratum``, with the index of the stratum.

    References
    ----------
    Wolter (2007) Introduction to Variance Estimation, chapter 4; Rust and Rao (1996) Stat. Methods Med. Res. 5:283.
    """
    left_out, scales = [], []
    factors = []
    for h, columns, size in _open_strata(stratum, fraction):
        own = np.ones((size, len(stratum)))
        own[:, columns] = size / (size - 1) * (1 - np.eye(size))
        factors.append(own)
        scales.append(np.full(size, (1 - fraction[h]) * (size - 1) / size))
        left_out.append(np.full(size, h))
    if not factors:
        return _no_replicates(len(stratum))
    return Replication(factors=np.concatenate(factors), scales=np.concatenate(scales), stratum=np.concatenate(left_out))


def rao_wu_yue(stratum: Ints, fraction: Floats, *, replicates: int, rng: np.random.Generator) -> Replication:
    """Return the rescaling bootstrap with m_h - 1 draws with replacement in each stratum.

    A village drawn k times has the factor 1 - l + l k m_h / (m_h - 1), l = sqrt(1 - f_h) (METHODS 2.5 with
    m*_h = m_h - 1), so that for totals the variance is, in expectation over the draws, that of `taylor_variance`.

    Parameters
    ----------
    stratum, fraction
        As in `jackknife_n`.
    replicates : int
        B, at least 2.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    Replication
        With c_b = 1 / (B - 1), to be centred at the mean of the replicates (`about_mean`).

    Raises
    ------
    InputError
        ``lonely_stratum``; ``outside_domain`` for fewer than two replicates.

    References
    ----------
    Rao, Wu and Yue (1992) Survey Methodology 18:209; Rao and Wu (1988) JASA 83:231 on the correction.

    Examples
    --------
    >>> weighed = rao_wu_yue(np.array([0, 0, 0]), np.zeros(1), replicates=4, rng=np.random.default_rng(1))
    >>> weighed.factors.sum(axis=1)
    array([3., 3., 3., 3.])
    """
    if replicates < 2:
        raise refuse("outside_domain", key="replicates", found=replicates, allowed="2 <= x")
    factors = np.ones((replicates, len(stratum)))
    for h, columns, size in _open_strata(stratum, fraction):
        hits = rng.multinomial(size - 1, np.full(size, 1 / size), size=replicates)
        spread = np.sqrt(1 - fraction[h])
        factors[:, columns] = 1 - spread + spread * size / (size - 1) * hits
    return Replication(factors=factors, scales=np.full(replicates, 1 / (replicates - 1)))


def balanced_half_samples(stratum: Ints, fraction: Floats) -> Replication:
    """Return balanced repeated replication (BRR) of a sample with two drawn villages in each stratum.

    Row by row of a Hadamard matrix one village of each stratum is doubled and the other left out, or, where f_h > 0,
    weighed by 1 +- sqrt(1 - f_h). For totals the variance is exactly that of `taylor_variance`.

    Parameters
    ----------
    stratum, fraction
        As in `jackknife_n`.

    Returns
    -------
    Replication
        B is the smallest power of two above the number of strata; c_b = 1 / B, to be centred at the estimate.

    Raises
    ------
    InputError
        ``pairs_needed``, with the stratum and how many villages it has; ``lonely_stratum``.

    References
    ----------
    McCarthy (1969) Rev. Int. Stat. Inst. 37:239; Wolter (2007) chapter 3. Sylvester's matrices serve every number of
    strata, at up to twice the replicates of the smallest Hadamard matrix.

    Examples
    --------
    >>> balanced_half_samples(np.array([0, 0]), np.zeros(1)).factors
    array([[2., 0.],
           [0., 2.]])
    """
    strata = list(_open_strata(stratum, fraction))
    for h, _, size in strata:
        if size != 2:
            raise refuse("pairs_needed", stratum=h, found=size)
    signs = _hadamard(len(strata) + 1)
    factors = np.ones((len(signs), len(stratum)))
    for column, (h, columns, _) in enumerate(strata, start=1):
        half = np.sqrt(1 - fraction[h]) * signs[:, column]
        factors[:, columns] = 1 + np.stack([half, -half], axis=1)
    return Replication(factors=factors, scales=np.full(len(signs), 1 / len(signs)))


def about_mean(replicates: Floats, value: Floats, replication: Replication) -> Floats:  # noqa: ARG001
    """Centre at the mean of all replicates, as R's `survey` does (``mse = FALSE``)."""
    centre: Floats = replicates.mean(axis=1, keepdims=True)
    return centre


def about_estimate(replicates: Floats, value: Floats, replication: Replication) -> Floats:  # noqa: ARG001
    """Centre at the estimate of the whole sample, as SAS does (R: ``mse = TRUE``); never below the other centres."""
    return value[:, None]


def about_stratum_means(replicates: Floats, value: Floats, replication: Replication) -> Floats:  # noqa: ARG001
    """Centre at the mean of the replicates of the same stratum (METHODS 2.5); for JK1 and JKn."""
    if replication.stratum is None:
        raise refuse("outside_domain", key="centre", found="about_stratum_means", allowed="jackknife_1, jackknife_n")
    same = (replication.stratum[:, None] == replication.stratum).astype(np.float64)
    centre: Floats = replicates @ (same / same.sum(axis=0))
    return centre


def replicated_ratio(
    replication: Replication, numerators: Floats, denominators: Floats, *, centre: Centre
) -> Replicated:
    """Return the ratios of R samples with their replication variance.

    Parameters
    ----------
    replication : Replication
        Of the m villages.
    numerators, denominators : ndarray of float64, shape (R, m)
        Weighted sums of y and x by drawn village (`estimators.linearised.village_sums`).
    centre : Centre
        `about_mean`, `about_estimate` or `about_stratum_means`.

    Returns
    -------
    Replicated

    Examples
    --------
    One sample of three villages without any event, and one with:

    >>> found = replicated_ratio(jackknife_1(3), np.array([[0.0, 0, 0], [1, 0, 0]]), np.full((2, 3), 9.0),
    ...     centre=about_mean)
    >>> found.standard_error.round(4), found.informative
    (array([0.   , 0.037]), array([False,  True]))
    """
    value = _divided(numerators.sum(axis=1), denominators.sum(axis=1))
    replicates = _divided(numerators @ replication.factors.T, denominators @ replication.factors.T)
    return _replicated(replication, value, replicates, numerators, centre)


def replicated_total(replication: Replication, values: Floats, *, centre: Centre) -> Replicated:
    """Return the totals of R samples with their replication variance; `values` are weighted village sums, (R, m)."""
    return _replicated(replication, values.sum(axis=1), values @ replication.factors.T, values, centre)


def replicated_variance(replication: Replication, replicates: Floats, value: Floats, *, centre: Centre) -> Floats:
    """Return sum_b c_b (theta_b - centre)^2 of any statistic, shape (R,).

    Parameters
    ----------
    replication : Replication
        Whose scales are used.
    replicates : ndarray of float64, shape (R, B)
        The statistic in each replicate.
    value : ndarray of float64, shape (R,)
        The statistic of the whole samples.
    centre : Centre
        As in `replicated_ratio`.
    """
    if replicates.shape[1] == 0:
        return np.zeros(len(value))
    variance: Floats = (replicates - centre(replicates, value, replication)) ** 2 @ replication.scales
    return variance


def _replicated(
    replication: Replication, value: Floats, replicates: Floats, numerators: Floats, centre: Centre
) -> Replicated:
    spread = np.ptp(replicates, axis=1) if replicates.shape[1] else np.zeros(len(value))
    return Replicated(
        value=value,
        variance=replicated_variance(replication, replicates, value, centre=centre),
        informative=spread > _SAME * np.abs(value),
        villages_with_event=(numerators != 0).sum(axis=1),
    )


def _divided(numerator: Floats, denominator: Floats) -> Floats:
    """Return the quotient, NaN where the denominator is 0."""
    quotient: Floats = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def _open_strata(stratum: Ints, fraction: Floats) -> list[tuple[int, slice, int]]:
    """Return (stratum, columns, villages) of the strata that were not drawn completely; none of them lonely."""
    found = [(h, columns, columns.stop - columns.start) for h, columns in drawn_strata(stratum, len(fraction))]
    found = [each for each in found if fraction[each[0]] < 1]
    for h, _, size in found:
        if size == 1:
            raise refuse("lonely_stratum", stratum=h)
    return found


def _no_replicates(villages: int) -> Replication:
    return Replication(factors=np.zeros((0, villages)), scales=np.zeros(0), stratum=np.zeros(0, dtype=np.int64))


def _hadamard(least: int) -> Floats:
    """Return Sylvester's matrix of the smallest order that is a power of two and no smaller than `least`."""
    matrix = np.ones((1, 1))
    while len(matrix) < least:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix
