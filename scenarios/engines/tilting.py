"""Rare failure, exactly: the law of the score tilted until its mean is 0 (METHODS 4.3 and 4.8).

The transform is right to about 1e-13 of the largest chance, whatever is small beside it. Under the law tilted by
exp(theta t), with theta such that the mean score is 0, a positive score has a chance near one half; what is computed
there is divided by the same weights, so that P(T > 0) keeps its digits however small it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from sampler.plan import Stratum
from scenarios.engines.block_laws import BlockLaws
from scenarios.engines.laws import ScoreLaw, Tilting, county_law, sampled

Floats = NDArray[np.float64]

STEEPEST = 250.0  # largest logarithm that a tilt multiplies the chance of one village's sample by
RARE = 1e-10  # below this the untilted law has fewer than three digits


def rare_law(blocks: BlockLaws, strata: Sequence[Stratum]) -> ScoreLaw | None:
    """Return the law of the county's score, tilted so that scores above 0 are as likely as those below.

    Parameters
    ----------
    blocks : BlockLaws
        Of all V villages of the frame.
    strata : sequence of Stratum
        Which villages, and how many are drawn.

    Returns
    -------
    ScoreLaw or None
        None where no sample has a positive score, and where the tilted law has no numbers: beyond all floating point.
    """
    tilt = mean_zero(blocks, strata)
    if tilt is None:
        return None
    logs, tilted = _tilted(blocks, tilt)
    tilting = _tilting(logs, strata, tilt)
    if not np.isfinite(tilting.log_mass):
        return None
    return county_law(tilted, strata, tilting)


def mean_zero(blocks: BlockLaws, strata: Sequence[Stratum]) -> float | None:
    """Return the tilt under which the mean score is 0: where E exp(tilt T), which is convex, is least.

    None where no sample has a positive score; 0 where the mean is above 0 as it is.
    """
    highest = blocks.highest.sum(axis=1)
    if sum(int(np.sort(highest[s.villages])[::-1][: s.drawn].sum()) for s in strata) <= 0:
        return None

    def log_mass(tilt: float) -> float:
        return _tilting(log_moments(blocks, tilt), strata, tilt).log_mass

    # A positive score is possible, so the moment grows without bound in the end; powers beyond numbers are not needed.
    scale = max(1, int(np.abs(blocks.lowest).sum(axis=1).max()), int(np.abs(highest).max()))
    upper = 1.0 / scale
    while 2 * upper <= STEEPEST / scale and log_mass(2 * upper) < log_mass(upper):
        upper *= 2
    found = minimize_scalar(log_mass, bounds=(0.0, 2 * upper), method="bounded", options={"xatol": 1e-4 * upper})
    return float(found.x)


def log_moments(blocks: BlockLaws, tilt: float) -> Floats:
    """Return log E exp(tilt T) of each block, shape (V, G)."""
    starts, largest = blocks.starts[:-1], np.maximum(tilt * blocks.highest.ravel(), 0.0)
    # Powers are taken about the largest, so that none overflows.
    powers = blocks.chance * np.exp(tilt * blocks.score - largest[blocks.block])
    logs: Floats = (np.log(np.add.reduceat(powers, starts)) + largest).reshape(blocks.lowest.shape)
    return logs


def _tilted(blocks: BlockLaws, tilt: float) -> tuple[Floats, BlockLaws]:
    """Return the blocks' log moments, and their laws tilted and made whole again."""
    logs = log_moments(blocks, tilt)
    chance = blocks.chance * np.exp(tilt * blocks.score - logs.ravel()[blocks.block])
    return logs, replace(blocks, chance=chance)


def _tilting(logs: Floats, strata: Sequence[Stratum], tilt: float) -> Tilting:
    by_village = logs.sum(axis=1)
    odds, norms, log_mass = np.ones(len(by_village)), np.ones(len(strata)), 0.0
    for i, stratum in enumerate(strata):
        scale, norms[i] = _scaled(stratum, by_village)
        odds[stratum.villages] = np.exp(by_village[stratum.villages] - scale)
        log_mass += float(np.log(norms[i])) + stratum.drawn * scale
    return Tilting(tilt=tilt, log_mass=log_mass, odds=odds, norms=norms)


_HANDY = (1e-100, 1e100)  # far from where a product of odds would be no number


def _scaled(stratum: Stratum, by_village: Floats) -> tuple[float, float]:
    """Return what is taken from the logs of a stratum's villages, and its generating function at what is left."""
    scale = float(np.median(by_village))
    norm = _norm(stratum, by_village, scale)
    if _HANDY[0] < norm < _HANDY[1]:
        return scale, norm
    own = by_village[stratum.villages]
    low, high = float(own.min()), float(own.max())
    # Odds about the largest log are 1 at most, and about the smallest at least: between them lies a scale that serves.
    while not _HANDY[0] < norm < _HANDY[1] and low < (middle := (low + high) / 2) < high:
        scale, norm = middle, _norm(stratum, by_village, middle)
        low, high = (middle, high) if norm > 1 else (low, middle)
    return scale, norm


def _norm(stratum: Stratum, by_village: Floats, scale: float) -> float:
    with np.errstate(over="ignore", invalid="ignore"):  # told by the result
        norm = float(sampled(stratum, np.exp(by_village - scale)))
    return norm if np.isfinite(norm) else np.inf
