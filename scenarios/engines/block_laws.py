"""The law of a block's summed score: a simple random sample of one group's households in a village (METHODS 4.2, 4.3).

What fieldwork makes of a household, and closed doors, stand inside its generating function (METHODS 5.5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from sampler.blocks import ascending, largest_sums, smallest
from sampler.frame import Bools, Ints
from sampler.symmetric import sample_law

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class BlockLaws:
    """The laws of the summed score of each block (one group of one village), given that its village is drawn.

    Parameters
    ----------
    lowest : ndarray of int64, shape (V, G)
        Smallest score of each block.
    starts : ndarray of int64, shape (V * G + 1,)
        Where each block's law begins in `chance`.
    chance : ndarray of float64, shape (starts[-1],)
        Chance of lowest, lowest + 1, ... of each block, one after another.
    """

    lowest: Ints
    starts: Ints
    chance: Floats

    @property
    def highest(self) -> Ints:
        """Largest score of each block, shape (V, G)."""
        highest: Ints = self.lowest + (np.diff(self.starts) - 1).reshape(self.lowest.shape)
        return highest

    @property
    def block(self) -> Ints:
        """Block index of each entry of `chance`."""
        return np.repeat(np.arange(self.lowest.size), np.diff(self.starts))

    @property
    def score(self) -> Ints:
        """Score of each entry of `chance`."""
        score: Ints = np.arange(len(self.chance)) + (self.lowest.ravel() - self.starts[:-1])[self.block]
        return score


@dataclass(frozen=True, kw_only=True, eq=False)
class Recording:
    """What fieldwork makes of the households' scores (METHODS 5.5).

    Parameters
    ----------
    raises : ndarray of int64, shape (N,)
        What being recorded as wrong adds to each household's score; not negative.
    chance : ndarray of float64, shape (N,)
        The chance of that.
    away : float
        Chance that nobody of a household is at home: the next in random order takes its place.
    """

    raises: Ints
    chance: Floats
    away: float = 0.0

    def of(self, members: Bools) -> Recording:
        """Return that of some of the households."""
        return replace(self, raises=self.raises[members], chance=self.chance[members])


def block_laws(scores: Ints, sizes: Ints, takes: Ints, constant: Ints, recording: Recording | None = None) -> BlockLaws:
    """Return the law of each block's summed score, its households drawn by simple random sampling.

    Parameters
    ----------
    scores : ndarray of int64, shape (N,)
        Household scores, village by village and group by group.
    sizes, takes : ndarray of int64, shape (V, G)
        Households, and households drawn, of each block.
    constant : ndarray of int64, shape (V,)
        Added to the score of each village.
    recording : Recording, optional
        Without it scores are what they are, and everybody is at home.

    Returns
    -------
    BlockLaws
    """
    starts, taken = np.concatenate([[0], np.cumsum(sizes.ravel())]), takes.ravel()
    ordered, raises, chance, away = _in_runs(scores, starts, recording)
    block = np.repeat(np.arange(len(taken)), np.diff(starts))
    least = smallest(ordered, starts)
    if away > 0:  # a household that is missing from the sample scores 0
        least = np.minimum(least, 0)
    ordered = ordered - least[block]
    law_starts = np.concatenate([[0], np.cumsum(_widest(ordered + raises, -least, starts, taken, away) + 1)])
    lowest = (least * taken).reshape(sizes.shape)
    lowest[:, 0] += constant
    laws = _household_laws()(ordered, raises, chance, away, -least, starts, taken, law_starts)
    return BlockLaws(lowest=lowest, starts=law_starts, chance=laws)


def _widest(largest: Ints, absent_score: Ints, starts: Ints, taken: Ints, away: float) -> Ints:
    """Return the largest sum of each block, whoever is recorded and whoever is at home; or what lies above it."""
    ordered = ascending(largest, starts)
    if away == 0:
        return largest_sums(ordered, starts, taken)
    last = np.where(np.diff(starts) > 0, np.append(ordered, 0)[starts[1:] - 1], 0)
    widest: Ints = taken * np.maximum(last, absent_score)
    return widest


def _in_runs(scores: Ints, starts: Ints, recording: Recording | None) -> tuple[Ints, Ints, Floats, float]:
    """Return scores, raises and chances with households that are alike side by side, and the chance of absence."""
    if recording is None:
        return ascending(scores, starts), np.zeros_like(scores), np.zeros(len(scores)), 0.0
    sure = recording.chance >= 1
    scores = scores + recording.raises * sure
    chance = np.where(sure | (recording.raises == 0), 0.0, recording.chance)
    raises = recording.raises * (chance > 0)
    block = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    order = np.lexsort((chance, raises, scores, block))
    return scores[order], raises[order], chance[order], recording.away


def _household_laws() -> Callable[..., Floats]:
    """Return the compiled household recursion, or its readable twin where numba cannot be imported."""
    try:
        from scenarios.engines.kernels import household_laws  # noqa: PLC0415
    except ImportError:
        return readable_household_laws
    compiled: Callable[..., Floats] = household_laws
    return compiled


def readable_household_laws(
    scores: Ints,
    raises: Ints,
    chances: Floats,
    away: float,
    absent_score: Ints,
    starts: Ints,
    takes: Ints,
    law_starts: Ints,
) -> Floats:
    """Return what the compiled `household_laws` returns, by `sampler.symmetric` and dense polynomials."""

    def mix(a: float, x: Floats | None, b: float, household: int, y: Floats) -> Floats:
        score, more, chance = int(scores[household]), int(raises[household]), float(chances[household])
        own = np.zeros(score + more + 1)
        own[score] += 1 - chance
        own[score + more] += chance
        moved = b * np.convolve(own, y)
        if x is None:
            return moved
        longer = np.zeros(max(len(moved), len(x)))
        longer[: len(moved)] = moved
        longer[: len(x)] += a * x
        return longer

    laws = np.zeros(law_starts[-1])
    for b, take in enumerate(takes.tolist()):
        units = range(int(starts[b]), int(starts[b + 1]))
        sizes = range(take + 1) if away > 0 else [take]
        for k in sizes:
            met = _at_least(k, len(units), 1 - away) - (_at_least(k + 1, len(units), 1 - away) if k < take else 0.0)
            law = sample_law(units, k, one=np.ones(1), mix=mix)
            law = law[: len(law) if len(law) <= law_starts[b + 1] - law_starts[b] else np.flatnonzero(law)[-1] + 1]
            first = int(law_starts[b] + (take - k) * absent_score[b])
            laws[first : first + len(law)] += met * law
    return laws


def _at_least(k: int, size: int, chance: float) -> float:
    """Return the chance that a binomial count is at least k."""
    return 1.0 if k == 0 else float(bdtrc(k - 1, size, chance)) if k <= size else 0.0
