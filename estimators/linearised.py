"""The ratios of tallies, linearised for the Taylor kernel, batched over replicates (METHODS 2.1, 2.3 and 2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estimators.interval import Floats
from estimators.variance import Blocks, row_sums
from sampler.draws import MOMENTS, Tally
from sampler.errors import refuse
from sampler.frame import Bools

Counted = Literal["persons", "households", "approvals"]


class Kernel(Protocol):
    """The Taylor kernel with its stratification and conventions."""

    def __call__(self, scores: Floats, *, blocks: Blocks | None) -> Floats:
        """Return the variance of the sum of the scores, shape (R,)."""


class CovarianceKernel(Protocol):
    """The Taylor kernel of several estimates, with its stratification and conventions."""

    def __call__(self, scores: Floats, *, blocks: Sequence[Blocks] | None) -> Floats:
        """Return the covariance matrix of the sums of the scores, shape (R, K, K)."""


_ROUNDING = 1e-20  # variances of rates below it are 0
_COLUMNS: dict[Counted, tuple[str, str, str, str, str]] = {
    # Of what is counted, the moments that sum to d, s, s^2, s d and d^2 of the households.
    "persons": ("wrong_persons", "persons", "persons_squared", "persons_times_wrong", "wrong_squared"),
    "households": ("wrong_households", "households", "households", "wrong_households", "wrong_households"),
    "approvals": ("approvals", "households", "households", "approvals", "approvals"),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Ratio:
    """The ratio of R samples, linearised (METHODS 2.4: z = w (d - p s) / S).

    Parameters
    ----------
    value : ndarray of float64, shape (R,)
        Sum w d / sum w s, the raw ratio where w = 1; 0 where there is no denominator.
    measured : ndarray of bool, shape (R,)
        Whether there is a denominator.
    scores : ndarray of float64, shape (R, m)
        z summed by drawn village.
    blocks : Blocks or None
        The second stage of z.
    size, floor : ndarray of float64, shape (R,)
        Units observed, n, and the floor design effect n sum (w s)^2 / (sum w s)^2 (METHODS 3.4), 1 where n = 0.
    household_floor : ndarray of float64, shape (R,)
        The part of the floor that is due to households alone: as if all weights were 1.
    households, events : ndarray of float64, shape (R, m)
        Visited households of each village, and those of them that are wrong or do not approve.
    """

    value: Floats
    measured: Bools
    scores: Floats
    blocks: Blocks | None
    size: Floats
    floor: Floats
    household_floor: Floats
    households: Floats
    events: Floats


def ratio_of_tally(
    tally: Tally,
    blocks: slice | list[int],
    counted: Counted,
    *,
    weights: Floats | None = None,
    second_stage: bool = False,
) -> Ratio:
    """Return the linearised ratio of what is counted in some groups.

    Parameters
    ----------
    tally : Tally
        Of R samples.
    blocks : slice or list of int
        Blocks whose visited households count.
    counted : {"persons", "households", "approvals"}
        Wrong persons among persons, wrong among visited households, or approving among visited households.
    weights : ndarray of float64, shape (R, m, B), optional
        Weight of the households of each block; 1 when left out.
    second_stage : bool, default False
        Whether the second stage is wanted.

    Returns
    -------
    Ratio
    """
    moments = tally.moments[:, :, blocks]

    def by_village(name: str, factors: Floats | None = weights) -> Floats:
        """Return a moment summed over the blocks, in whole numbers as long as no factor forbids it, shape (R, m)."""
        # Block by block: a sum over an axis of three is fifteen times as slow.
        parts: list[NDArray[Any]] = [moments[:, :, b, MOMENTS.index(name)] for b in range(moments.shape[2])]
        if factors is not None:
            parts = [factors[:, :, blocks][:, :, b] * part for b, part in enumerate(parts)]
        total: Floats = sum(parts[1:], parts[0]).astype(np.float64)
        return total

    numerator, denominator, squares, *_ = _COLUMNS[counted]
    households = by_village("households", None)
    village_d = by_village(numerator)
    village_s = by_village(denominator)
    whole = row_sums(village_s)
    measured = whole > 0
    safe = np.where(measured, whole, 1.0)
    p = row_sums(village_d) / safe
    size = whole if weights is None else row_sums(by_village(denominator, None))
    weighted_squares = row_sums(by_village(squares, None if weights is None else weights**2))
    floor = np.where(measured, size * weighted_squares / safe**2, 1.0)
    if weights is None:
        household_floor = floor
    else:
        household_floor = np.where(measured, row_sums(by_village(squares, None)) / np.where(measured, size, 1.0), 1.0)
    if counted == "approvals":
        events = households - (village_d if weights is None else by_village(numerator, None))
    else:
        events = by_village("wrong_households", None)
    return Ratio(
        value=p,
        measured=measured,
        scores=(village_d - p[:, None] * village_s) / safe[:, None],
        blocks=_second_stage(tally, blocks, counted, p, safe, weights) if second_stage else None,
        size=size,
        floor=floor,
        household_floor=household_floor,
        households=households,
        events=events,
    )


def _second_stage(
    tally: Tally, blocks: slice | list[int], counted: Counted, value: Floats, whole: Floats, weights: Floats | None
) -> Blocks:
    """Return the blocks of z = w (d - p s) / S."""

    def column(name: str) -> Floats:
        return tally.moments[:, :, blocks][..., MOMENTS.index(name)].astype(np.float64)

    d, s, ss, sd, dd = (column(name) for name in _COLUMNS[counted])
    n, q = column("households"), value[:, None, None]
    spread = dd - 2 * q * sd + q**2 * ss - (d - q * s) ** 2 / np.maximum(n, 1)
    scale = (1.0 if weights is None else weights[:, :, blocks]) / whole[:, None, None]
    return Blocks(
        squares=scale**2 * np.maximum(spread, 0),
        taken=n.astype(np.int64),
        available=tally.block_sizes[:, :, blocks],
        which=tuple(np.arange(tally.block_sizes.shape[2])[blocks].tolist()),
    )


def village_sums(
    tally: Tally, blocks: slice | list[int], counted: Counted, *, weights: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return numerator and denominator of what is counted by drawn village, shape (R, m) each.

    The parameters are those of `ratio_of_tally`; their sums over the villages make the ratio, so a replicate that
    weighs villages anew (`estimators.replication`) needs no more.
    """
    numerator, denominator, *_ = (MOMENTS.index(name) for name in _COLUMNS[counted])
    moments = tally.moments[:, :, blocks]
    if weights is None:
        d, s = (moments[..., c].sum(axis=2).astype(np.float64) for c in (numerator, denominator))
    else:
        d, s = (np.einsum("rmb,rmb->rm", weights[:, :, blocks], moments[..., c]) for c in (numerator, denominator))
    return d, s


def covariance_of_ratios(ratios: Sequence[Ratio], kernel: CovarianceKernel) -> Floats:
    """Return the covariance matrix of K ratios of the same samples, shape (R, K, K), by one pass over the villages.

    Parameters
    ----------
    ratios : sequence of K Ratio
        Of any groups, and of any subpopulations of one tally.
    kernel : CovarianceKernel
        `taylor_covariance` with its stratification and conventions.

    Raises
    ------
    InputError
        ``second_stage_shared`` as in `taylor_covariance`, where every ratio has a second stage.
    """
    stages = [ratio.blocks for ratio in ratios if ratio.blocks is not None]
    scores = np.stack([ratio.scores for ratio in ratios], axis=2)
    return kernel(scores, blocks=stages if len(stages) == len(ratios) else None)


def contrast_error(covariance: Floats, coefficients: ArrayLike) -> Floats:
    """Return the variance a' V a of a linear combination, shape (R,): the incidence has a = (P_E / P, P_N / P).

    Examples
    --------
    >>> contrast_error(np.array([[[4.0, 1.0], [1.0, 9.0]]]), [0.5, 1.0])
    array([11.])
    """
    a = np.asarray(coefficients, dtype=np.float64)
    error: Floats = np.einsum("k,rkl,l->r", a, covariance, a)
    return error


def drawn_fraction(tally: Tally) -> Floats:
    """Return the drawn share m_h / M_h of each stratum's villages, 0 where M_h is given as 0: not known, shape (H,)."""
    drawn = np.bincount(tally.stratum, minlength=len(tally.stratum_sizes))
    return np.where(tally.stratum_sizes > 0, drawn / np.maximum(tally.stratum_sizes, 1), 0.0)


def design_weights(tally: Tally) -> Floats:
    """Return the weight of each block's households, shape (R, m, B), as `Tally.weights` does.

    Raises
    ------
    InputError
        ``sizes_unknown`` when a stratum's villages or a block's households are given as fewer than were visited.
    """
    weights = tally.weights()
    if weights is None:
        raise refuse("sizes_unknown")
    return weights


def joint_error(
    ratios: tuple[Ratio, Ratio], shares: Floats, squared_errors: tuple[Floats, Floats], kernel: Kernel
) -> tuple[Floats, Floats]:
    """Return the variance of a_E p_E + a_N p_N and the correlation of the two through shared villages.

    Parameters
    ----------
    ratios : tuple of two Ratio
        Of different groups.
    shares : ndarray of float64, shape (2,)
        a_E and a_N.
    squared_errors : tuple of two ndarray of float64, shape (R,)
        Variance of each ratio.
    kernel : Kernel
        For the strata the scores lie in.

    Returns
    -------
    variance, correlation : ndarray of float64, shape (R,)
        One pass over the villages' scores of both (METHODS 2.3); the correlation is cut to [0, 1], and 0 where one of
        the variances is 0.
    """
    (one, other), (a, b) = ratios, shares
    blocks = None
    if one.blocks is not None and other.blocks is not None:
        pair = one.blocks, other.blocks
        blocks = Blocks(
            squares=np.concatenate([a**2 * pair[0].squares, b**2 * pair[1].squares], axis=2),
            taken=np.concatenate([part.taken for part in pair], axis=2),
            available=np.concatenate([part.available for part in pair], axis=2),
        )
    joint = kernel(a * one.scores + b * other.scores, blocks=blocks)
    apart = a**2 * squared_errors[0], b**2 * squared_errors[1]
    product = np.sqrt(apart[0] * apart[1])
    # Rounding may leave 1e-33 of a variance that is 0; a correlation made of it would be noise.
    defined = (product > 0) & (squared_errors[0] > _ROUNDING) & (squared_errors[1] > _ROUNDING)
    correlation = (joint - apart[0] - apart[1]) / (2 * np.where(defined, product, 1))
    return joint, np.where(defined, np.clip(correlation, 0, 1), 0.0)
