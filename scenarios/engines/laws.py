"""The law of one criterion's summed score: from blocks to villages to strata, at all frequencies.

METHODS 4.2 and 4.3 give the generating functions and the transform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sampler.designs.srs import Srs
from sampler.frame import Ints
from sampler.plan import Stratum
from sampler.symmetric import sample_values
from scenarios.engines.block_laws import BlockLaws

Floats = NDArray[np.float64]

# Chance left outside the window of the transform, on each side. Rounding in double precision is of this order.
TAIL = 1e-15
# Villages x frequencies held at once in one chunk, in numbers of 16 bytes: bounds the memory at about 300 MB.
_CHUNK = 8_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreLaw:
    """The law of a score with whole-number values.

    Parameters
    ----------
    lowest : int
        Smallest value kept.
    chance : ndarray of float64, shape (K,)
        Chance of lowest, lowest + 1, ...
    bound : float
        Chance left out, plus what rounding may add up to, of scores from 0 on.
    tilt, log_mass : float, default 0
        The chance of score t is that of `chance` times exp(log_mass - tilt t): a tilted law holds rare scores to the
        same number of digits as an untilted one holds common ones.
    """

    lowest: int
    chance: Floats
    bound: float
    tilt: float = 0.0
    log_mass: float = 0.0

    def above_zero(self) -> float:
        """Return the chance of a positive score."""
        first = max(0, 1 - self.lowest)
        score = self.lowest + np.arange(first, len(self.chance))
        weights = np.exp(self.log_mass - self.tilt * score) if self.tilt else 1.0
        return float(np.clip((self.chance[first:] * weights).sum(), 0, 1))

    def at_zero(self) -> float:
        """Return the chance that the score is 0."""
        if not 0 <= -self.lowest < len(self.chance):
            return 0.0
        return float(np.clip(self.chance[-self.lowest] * np.exp(self.log_mass), 0, 1))


@dataclass(frozen=True, kw_only=True, eq=False)
class Tilting:
    """An exponential change of measure under which a positive score is no rare event (METHODS 4.3, 4.8).

    Parameters
    ----------
    tilt : float
        Chances of score t are multiplied by exp(tilt t).
    log_mass : float
        Logarithm of E exp(tilt T), the sum of what results.
    odds : ndarray of float64, shape (V,)
        The villages' own E exp(tilt T), up to a factor common to a stratum: samples are drawn with these odds.
    norms : ndarray of float64, shape (H,)
        The strata's generating functions at `odds`.
    """

    tilt: float
    log_mass: float
    odds: Floats
    norms: Floats


def county_law(blocks: BlockLaws, strata: Sequence[Stratum], tilting: Tilting | None = None) -> ScoreLaw:
    """Return the law of the county's summed score under samples of villages by stratum.

    Parameters
    ----------
    blocks : BlockLaws
        Of all V villages of the frame.
    strata : sequence of Stratum
        Which villages, and how many are drawn.
    tilting : Tilting, optional
        For the tilted law (METHODS 4.3); `blocks` are then the tilted ones.

    Returns
    -------
    ScoreLaw
        On a window outside which at most 2 `TAIL` of chance lies.
    """
    lowest, highest, outside = county_window(blocks, strata, tilting)
    tilt, log_mass = (0.0, 0.0) if tilting is None else (tilting.tilt, tilting.log_mass)
    if highest < 0:  # neither beyond the limit nor at it, up to the chance outside the window
        return ScoreLaw(lowest=lowest, chance=np.zeros(0), bound=outside * np.exp(log_mass))
    residues, short = circle(highest - lowest + 1, blocks.lowest.size)
    length = residues * short
    spectrum = np.empty(length if residues > 1 else length // 2 + 1, dtype=np.complex128)
    for residue, transforms in village_spectra(blocks, residues, short):
        values = transforms if tilting is None else transforms * tilting.odds[:, None]
        product = np.ones(transforms.shape[1], dtype=np.complex128)
        for i, stratum in enumerate(strata):
            product *= sampled(stratum, values) / (1.0 if tilting is None else tilting.norms[i])
        spectrum[residue::residues] = product
    chance = fft.irfft(spectrum, length) if residues == 1 else fft.ifft(spectrum).real
    return ScoreLaw(
        lowest=lowest,
        chance=np.roll(chance, -(lowest % length)),
        bound=(outside + rounding(len(blocks.lowest), length)) * float(np.exp(log_mass)),
        tilt=tilt,
        log_mass=log_mass,
    )


def village_spectra(blocks: BlockLaws, residues: int, short: int) -> Iterator[tuple[int, NDArray[np.complex128]]]:
    """Yield the transforms of the villages' laws on a circle of residues x short points, piece by piece.

    Parameters
    ----------
    blocks : BlockLaws
        Of all V villages.
    residues, short : int
        As `circle` gives them.

    Yields
    ------
    residue : int
        The frequencies are residue, residue + residues, ...; with a single residue only the non-negative half.
    transforms : ndarray of complex128, shape (V, F)
        E exp(-i w T) of each village's score T.
    """
    length = residues * short
    filled = np.flatnonzero(blocks.chance)
    block, score, weight = blocks.block[filled], blocks.score[filled], blocks.chance[filled]
    for residue in range(residues):
        # Whole-number phases: their rounding does not grow with the residue.
        turn = (2 * np.pi / length) * ((residue * (score % length)) % length).astype(np.float64)
        folded = _folded(blocks, block * short + score % short, weight, turn if residues > 1 else None, short)
        transforms = fft.fft(folded) if residues > 1 else fft.rfft(folded)
        yield residue, transforms.prod(axis=1) if transforms.shape[1] > 1 else np.ascontiguousarray(transforms[:, 0])


def circle(width: int, blocks: int) -> tuple[int, int]:
    """Return how many short transforms make up the circle, and their length.

    Frequencies r, r + R, r + 2R, ... together are one short transform: R residues keep the memory bounded.
    """
    residues = 1
    while True:
        short = int(fft.next_fast_len(-(-width // residues), real=residues == 1))
        if blocks * short <= _CHUNK or short == 1:
            return residues, short
        residues *= 2


def rounding(villages: int, length: int) -> float:
    """Return what rounding can add up to: every frequency passes V mixings and 4 log2 K steps of two transforms."""
    return float(2 * np.finfo(float).eps * (16 + villages + 4 * np.log2(max(length, 2))))


def _folded(
    blocks: BlockLaws, cell: Ints, weight: Floats, turn: Floats | None, short: int
) -> NDArray[np.complex128] | Floats:
    """Return the blocks' laws on a circle of `short` points, turned by one residue's phases, shape (V, G, short)."""
    shape, size = (*blocks.lowest.shape, short), blocks.lowest.size * short
    if turn is None:
        return np.bincount(cell, weights=weight, minlength=size).reshape(shape)
    real = np.bincount(cell, weights=weight * np.cos(turn), minlength=size)
    imaginary = np.bincount(cell, weights=-weight * np.sin(turn), minlength=size)
    return (real + 1j * imaginary).reshape(shape)


def county_window(
    blocks: BlockLaws, strata: Sequence[Stratum], tilting: Tilting | None = None
) -> tuple[int, int, float]:
    """Return the lowest and highest score kept of the county's, and the chance that it lies outside."""
    lowest, highest = blocks.lowest.sum(axis=1), blocks.highest.sum(axis=1)
    full_low = sum(int(np.sort(lowest[s.villages])[: s.drawn].sum()) for s in strata)
    full_high = sum(int(np.sort(highest[s.villages])[::-1][: s.drawn].sum()) for s in strata)

    def log_moment(by_village: Floats) -> Floats:
        values = by_village if tilting is None else by_village * tilting.odds[:, None]
        logs: Floats = sum((np.log(sampled(s, values)) for s in strata), np.zeros(1))
        return logs if tilting is None else logs - np.log(tilting.norms).sum()

    return chernoff_window(blocks, full_low, full_high, _spread(blocks, strata), log_moment)


def chernoff_window(
    blocks: BlockLaws, full_low: int, full_high: int, spread: float, log_moment: Callable[[Floats], Floats]
) -> tuple[int, int, float]:
    """Return the lowest and highest score kept, and the chance that the score lies outside.

    The window is the full range, or what Chernoff's bound P(T >= t) <= E exp(x (T - t)) leaves of it at `TAIL`.

    Parameters
    ----------
    blocks : BlockLaws
        Of all V villages.
    full_low, full_high : int
        The full range.
    spread : float
        Standard deviation of the score, about; it sets the scale of x.
    log_moment : callable
        From the villages' E exp(x T), shape (V, X), to the logarithm of the sample's, or a bound of it, shape (X,).
    """
    if spread == 0:
        return full_low, full_high, 0.0
    steps = np.concatenate([-np.geomspace(1, 12, 6), np.geomspace(1, 12, 6)]) / spread
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        powers = np.exp(np.outer(np.arange(int(np.diff(blocks.starts).max())), steps))
        moments = np.array([blocks.chance[a:b] @ powers[: b - a] for a, b in pairwise(blocks.starts)])
        moments *= np.exp(np.outer(blocks.lowest.ravel(), steps))
        by_village = moments.reshape(*blocks.lowest.shape, len(steps)).prod(axis=1)
        reach = (log_moment(by_village) - np.log(TAIL)) / steps
    above, below = reach[np.isfinite(reach) & (steps > 0)], reach[np.isfinite(reach) & (steps < 0)]
    low = max(full_low, int(np.floor(below.max()))) if len(below) else full_low
    high = min(full_high, int(np.ceil(above.min()))) if len(above) else full_high
    return low, high, TAIL * ((high < full_high) + (low > full_low))


def _spread(blocks: BlockLaws, strata: Sequence[Stratum]) -> float:
    """Return the standard deviation of the county's score, without finite population corrections."""
    block, score = blocks.block, blocks.score
    means = np.bincount(block, weights=blocks.chance * score)
    variances = np.bincount(block, weights=blocks.chance * (score - means[block]) ** 2)
    mean, variance = (part.reshape(blocks.lowest.shape).sum(axis=1) for part in (means, variances))
    return float(np.sqrt(sum(s.drawn * float(variance[s.villages].mean() + mean[s.villages].var()) for s in strata)))


def chance_nothing(empty: Floats, strata: Sequence[Stratum]) -> float:
    """Return the chance that no drawn village brings anything to a denominator.

    Parameters
    ----------
    empty : ndarray of float64, shape (V,)
        Chance that each village, once drawn, brings nothing.
    strata : sequence of Stratum
        Which villages, and how many are drawn.
    """
    return float(np.prod([sampled(s, empty) for s in strata]))


def sampled(stratum: Stratum, values: NDArray[Any]) -> NDArray[Any]:
    """Return the generating function of a stratum's sample of villages.

    Parameters
    ----------
    stratum : Stratum
        Whose design has a generating function (`has_law`).
    values : ndarray of float64 or complex128, shape (V, ...)
        The villages' generating functions at any number of points.

    Returns
    -------
    ndarray, shape (...)
    """
    if isinstance(stratum.design, Srs) and np.iscomplexobj(values):
        compiled: NDArray[Any] = _village_sample()(values, stratum.villages, stratum.drawn)
        return compiled
    found = stratum.design.expectation(values[stratum.villages])
    if found is None:
        raise TypeError("nobody knows the generating function of this design")
    return found


def has_law(strata: Sequence[Stratum]) -> bool:
    """Say whether the design of every stratum has a generating function."""
    return all(s.design.expectation(np.ones((len(s.villages), 1))) is not None for s in strata)


def _village_sample() -> Callable[[NDArray[np.complex128], Ints, int], NDArray[np.complex128]]:
    """Return the compiled village recursion, or its readable twin where numba cannot be imported."""
    try:
        from scenarios.engines.kernels import village_sample  # noqa: PLC0415
    except ImportError:
        return lambda values, villages, drawn: sample_values(values[villages], drawn)
    compiled: Callable[[NDArray[np.complex128], Ints, int], NDArray[np.complex128]] = village_sample
    return compiled


def needs_compiling() -> bool:
    """Say whether the kernels have yet to be compiled on this machine."""
    try:
        from scenarios.engines.kernels import village_sample  # noqa: PLC0415
    except ImportError:
        return False
    return not any(Path(str(village_sample.stats.cache_path)).glob("kernels.village_sample-*.nbi"))
