"""The error model of a county fitted to its own household results: levels, remote multiplier, correlation in villages.

The results say what was recorded, so the levels are rates of errors found: true rate times the chance that an error is
recognised and stands (METHODS 5.7). What too few errors say nothing of is left to the defaults, and named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from estimators.interval import normal_quantile
from estimators.limits import score_limits
from estimators.rates import Estimate
from sampler.draws import Observations
from sampler.errors import refuse
from sampler.frame import EXITED, UNREGISTERED, Bools, Ints

Floats = NDArray[np.float64]

KINDS = {"wrong_exit": EXITED, "missed": UNREGISTERED}
FEWEST = 5  # wrong households below which neither a multiplier nor a correlation is estimated (METHODS 2.5)
REPLICATES = 1_000
CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A parameter of the error model.

    Parameters
    ----------
    value : float or None
        The estimate; None where the results say nothing of it.
    low, high : float or None
        95% interval, where there is one.
    reason : str or None
        Why there is no value: ``few_errors``, ``one_kind_of_village``, ``one_household_a_village``,
        ``nobody_visited``.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What a county's results say of its error model.

    Parameters
    ----------
    levels : mapping of str to Fitted
        ``wrong_exit`` and ``missed`` in persons, ``approval`` in households; weighted where the sizes are known.
    weighted : bool
        Whether they are.
    households, wrong : mapping of str to int
        Households visited and wrong ones among them, by kind.
    remote_multiplier : Fitted
        Rate of wrong households in remote villages over that in the others, one for both kinds.
    icc : Fitted
        Correlation of errors of households of one kind in one village.
    whole : mapping of str to Fitted
        Share of the wrong households of several persons that are wrong as a whole, by kind.
    """

    levels: Mapping[str, Fitted]
    weighted: bool
    households: Mapping[str, int]
    wrong: Mapping[str, int]
    remote_multiplier: Fitted
    icc: Fitted
    whole: Mapping[str, Fitted]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """Visited exited and unregistered households: village, kind, whether the village is remote, the household wrong."""

    village: Ints
    kind: Ints
    remote: Bools
    wrong: Bools

    @property
    def cluster(self) -> Ints:
        """Households of one kind in one village belong together."""
        return self.village * len(KINDS) + self.kind


def fit(
    observations: Observations,
    remote: Bools,
    levels: Mapping[str, Fitted],
    *,
    weighted: bool,
    rng: np.random.Generator,
) -> Fit:
    """Fit the error model.

    Parameters
    ----------
    observations : Observations
        Of one evaluation.
    remote : ndarray of bool, shape (m,)
        Whether each drawn village is remote, in the order of its columns.
    levels : mapping of str to Fitted
        The estimated rates (`level_of`).
    weighted : bool
        Whether they are weighted.
    rng : numpy.random.Generator
        Of the bootstrap over villages.

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        ``fit_needs_households`` where no exited or unregistered household was visited.

    References
    ----------
    Liang, K.-Y. & Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models. Biometrika 73:13-22,
    with a log link, Poisson working variance and exchangeable correlation, and the robust covariance: Zou, G. (2004).
    A modified Poisson regression approach to prospective studies with binary data. Am. J. Epidemiol. 159:702-706.
    """
    rows = _rows(observations, remote)
    if not len(rows.wrong):
        raise refuse("fit_needs_households")
    several = observations.persons > 1
    wrong, whole = observations.wrong_persons > 0, observations.wrong_persons == observations.persons
    of = {name: observations.group == group for name, group in KINDS.items()}
    return Fit(
        levels=levels,
        weighted=weighted,
        households={name: int(members.sum()) for name, members in of.items()},
        wrong={name: int((members & wrong).sum()) for name, members in of.items()},
        remote_multiplier=_multiplier(rows),
        icc=_icc(rows, rng),
        whole={
            name: _share(int((m & wrong & several & whole).sum()), int((m & wrong & several).sum()))
            for name, m in of.items()
        },
    )


def _rows(observations: Observations, remote: Bools) -> _Rows:
    kinds = list(KINDS.values())
    counted = np.isin(observations.group, kinds)
    slot = observations.slot[counted]
    return _Rows(
        village=slot,
        kind=np.searchsorted(kinds, observations.group[counted]),
        remote=remote[slot],
        wrong=observations.wrong_persons[counted] > 0,
    )


def _multiplier(rows: _Rows) -> Fitted:
    """Return the ratio of the rates by a log-linear model of both kinds, clusters being households of a village."""
    if rows.remote.all() or not rows.remote.any():
        return Fitted(value=None, reason="one_kind_of_village")
    by = [int(rows.wrong[rows.remote == side].sum()) for side in (False, True)]
    if sum(by) < FEWEST or min(by) == 0:
        return Fitted(value=None, reason="few_errors")
    from statsmodels.genmod.cov_struct import Exchangeable  # noqa: PLC0415 - a second, for one command
    from statsmodels.genmod.families import Poisson  # noqa: PLC0415
    from statsmodels.genmod.generalized_estimating_equations import GEE  # noqa: PLC0415

    # A kind without a wrong household has no logarithm of its rate, and says nothing of the ratio.
    told = [k for k in range(len(KINDS)) if rows.wrong[rows.kind == k].any()]
    kept = np.isin(rows.kind, told)
    columns = [(rows.kind[kept] == k).astype(np.float64) for k in told]
    design = np.stack([*columns, rows.remote[kept].astype(np.float64)], axis=1)
    wrong = rows.wrong[kept].astype(np.float64)
    model = GEE(wrong, design, groups=rows.cluster[kept], family=Poisson(), cov_struct=Exchangeable())
    start = [*(np.log(wrong[column == 1].mean()) for column in columns), 0.0]
    found = model.fit(start_params=np.array(start), maxiter=200)
    log_ratio, error = float(found.params[-1]), float(found.bse[-1])
    half = normal_quantile(CONFIDENCE) * error
    return Fitted(value=exp(log_ratio), low=exp(log_ratio - half), high=exp(log_ratio + half))


def _icc(rows: _Rows, rng: np.random.Generator) -> Fitted:
    """Return the exchangeable correlation about the means of kind and remoteness, with its bootstrap over villages."""
    if rows.wrong.sum() < FEWEST:
        return Fitted(value=None, reason="few_errors")
    _, cluster = np.unique(rows.cluster, return_inverse=True)
    sizes = np.bincount(cluster)
    if sizes.max() < 2:
        return Fitted(value=None, reason="one_household_a_village")
    counts = np.bincount(cluster, weights=rows.wrong).astype(np.float64)
    first = np.unique(cluster, return_index=True)[1]
    cell = rows.kind[first] * 2 + rows.remote[first]
    village = np.unique(rows.village[first], return_inverse=True)[1]
    value = float(moment_icc(counts[None].astype(np.float64), sizes, cell)[0])
    # Whole villages are drawn again, of each sort as many as there were.
    draws = _resampled(village, rows.remote[first], rng)
    again = moment_icc(draws * counts, sizes, cell, times=draws)
    known = again[np.isfinite(again)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) > REPLICATES / 2 else (np.nan, np.nan)
    return Fitted(value=value, low=_known(low), high=_known(high))


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _resampled(village: Ints, remote: Bools, rng: np.random.Generator) -> Floats:
    """Return how often each cluster's village is drawn again, shape (REPLICATES, clusters)."""
    times = np.zeros((REPLICATES, int(village.max()) + 1))
    for side in (False, True):
        own = np.unique(village[remote == side])
        if len(own):
            times[:, own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=REPLICATES)
    drawn: Floats = times[:, village]
    return drawn


def moment_icc(counts: Floats, sizes: Ints | Floats, cell: Ints, *, times: Floats | None = None) -> Floats:
    """Return the exchangeable correlation of 0/1 values from sums by cluster, about the means of their cells.

    Parameters
    ----------
    counts : ndarray of float64, shape (R, C)
        Ones of each of C clusters; times how often it was drawn again, in R replicates.
    sizes : ndarray, shape (C,) or (R, C)
        Values of each cluster.
    cell : ndarray of int64, shape (C,)
        Clusters of a cell have one mean.
    times : ndarray of float64, shape (R, C), optional
        How often each cluster was drawn again; once where left out.

    Returns
    -------
    ndarray of float64, shape (R,)
        Products of the residuals of all pairs of a cluster over what they would be were the values equal: the moment
        equation of GEE's exchangeable correlation without its degrees of freedom.

    Examples
    --------
    >>> alike = moment_icc(np.array([[0.0, 4.0]]), np.array([4, 4]), np.array([0, 0]))
    >>> float(alike[0])
    1.0
    """
    times = np.ones_like(counts) if times is None else times
    sizes = np.broadcast_to(np.asarray(sizes, dtype=np.float64), counts.shape)
    once = np.divide(counts, times, out=np.zeros_like(counts), where=times > 0)
    products, pairs = np.zeros(len(counts)), np.zeros(len(counts))
    for one in np.unique(cell):
        inside = cell == one
        n, y, t = sizes[:, inside], once[:, inside], times[:, inside]
        whole = (t * n).sum(axis=1, keepdims=True)
        mean = np.divide((t * y).sum(axis=1, keepdims=True), whole, out=np.zeros_like(whole), where=whole > 0)
        squares = y * (1 - mean) ** 2 + (n - y) * mean**2
        variance = mean * (1 - mean)
        kept = (variance > 0).astype(np.float64)
        scaled = ((y - n * mean) ** 2 - squares) / np.where(variance > 0, variance, 1.0)
        products += (kept * t * scaled).sum(axis=1)
        pairs += (kept * t * n * (n - 1)).sum(axis=1)
    found: Floats = np.divide(products, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)
    return found


def _share(wrong: int, of: int) -> Fitted:
    """Return a share with Wilson's interval, as if the households were independent."""
    if of < FEWEST:
        return Fitted(value=None, reason="few_errors")
    low, high = score_limits(np.array([wrong / of]), np.array([float(of)]), normal_quantile(CONFIDENCE))
    return Fitted(value=wrong / of, low=float(low[0]), high=float(high[0]))


def level_of(estimate: Estimate) -> Fitted:
    """Return the level that an estimate of one sample says."""
    if not estimate.measured[0]:
        return Fitted(value=None, reason="nobody_visited")
    return Fitted(value=float(estimate.value[0]), low=float(estimate.low[0]), high=float(estimate.high[0]))
