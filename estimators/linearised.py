"""The ratios of tallies, linearised for the Taylor kernel, batched over replicates (METHODS 2.1, 2.3 and 2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

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
    households, events : ndarray of float64, shape (R, m)
        Visited households of each village, and those of them that are wrong or do not approve.
    """

    value: Floats
    measured: Bools
    scores: Floats
    blocks: Blocks | None
    size: Floats
    floor: Floats
    households: Floats
    events: Floats


def ratio_of_tally(
    tally: Tally, groups: slice, counted: Counted, *, weights: Floats | None = None, second_stage: bool = False
) -> Ratio:
    """Return the linearised ratio of what is counted in some groups.

    Parameters
    ----------
    tally : Tally
        Of R samples.
    groups : slice
        Groups whose visited households count.
    counted : {"persons", "households", "approvals"}
        Wrong persons among persons, wrong among visited households, or approving among visited households.
    weights : ndarray of float64, shape (R, m, 3), optional
        Weight of the households of each block; 1 when left out.
    second_stage : bool, default False
        Whether the second stage is wanted.

    Returns
    -------
    Ratio
    """
    blocks = tally.moments[:, :, groups]

    def by_village(name: str, factors: Floats | None = weights) -> Floats:
        """Return a moment summed over the groups, in whole numbers as long as no factor forbids it, shape (R, m)."""
        # Group by group: a sum over an axis of three is fifteen times as slow.
        parts: list[NDArray[Any]] = [blocks[:, :, g, MOMENTS.index(name)] for g in range(blocks.shape[2])]
        if factors is not None:
            parts = [factors[:, :, groups][:, :, g] * part for g, part in enumerate(parts)]
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
    if counted == "approvals":
        events = households - (village_d if weights is None else by_village(numerator, None))
    else:
        events = by_village("wrong_households", None)
    return Ratio(
        value=p,
        measured=measured,
        scores=(village_d - p[:, None] * village_s) / safe[:, None],
        blocks=_second_stage(tally, groups, counted, p, safe, weights) if second_stage else None,
        size=size,
        floor=np.where(measured, size * weighted_squares / safe**2, 1.0),
        households=households,
        events=events,
    )


def _second_stage(
    tally: Tally, groups: slice, counted: Counted, value: Floats, whole: Floats, weights: Floats | None
) -> Blocks:
    """Return the blocks of z = w (d - p s) / S."""

    def column(name: str) -> Floats:
        return tally.moments[:, :, groups, MOMENTS.index(name)].astype(np.float64)

    d, s, ss, sd, dd = (column(name) for name in _COLUMNS[counted])
    n, q = column("households"), value[:, None, None]
    spread = dd - 2 * q * sd + q**2 * ss - (d - q * s) ** 2 / np.maximum(n, 1)
    scale = (1.0 if weights is None else weights[:, :, groups]) / whole[:, None, None]
    return Blocks(
        squares=scale**2 * np.maximum(spread, 0),
        taken=n.astype(np.int64),
        available=tally.block_sizes[:, :, groups],
    )


def drawn_fraction(tally: Tally) -> Floats:
    """Return the drawn share m_h / M_h of each stratum's villages, 0 where M_h is given as 0: not known, shape (H,)."""
    drawn = np.bincount(tally.stratum, minlength=len(tally.stratum_sizes))
    return np.where(tally.stratum_sizes > 0, drawn / np.maximum(tally.stratum_sizes, 1), 0.0)


def design_weights(tally: Tally) -> Floats:
    """Return (M_h / m_h)(N_gi / n_gi) of each drawn village and group, shape (R, m, 3).

    0 where no household is visited: nobody there has a weight.

    Raises
    ------
    InputError
        ``sizes_unknown`` when a stratum's villages or a block's households are given as fewer than were visited.
    """
    visited = tally.moments[..., MOMENTS.index("households")]
    drawn = np.bincount(tally.stratum, minlength=len(tally.stratum_sizes))
    if np.any(tally.stratum_sizes < drawn) or np.any(tally.block_sizes < visited):
        raise refuse("sizes_unknown")
    second = np.where(visited > 0, tally.block_sizes / np.maximum(visited, 1), 0.0)
    first = 1 / drawn_fraction(tally)[tally.stratum]
    weights: Floats = first[:, None] * second
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
