"""Inspections of a population, tallied: compiled where numba is at hand, else by the readable path.

Both give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.draws import Tally, draw, household_moments, observe, tally
from sampler.frame import Ints
from sampler.plan import Plan
from sampler.population import Population
from sampler.streams import Purpose, Words, stream_starts

# Moments that share a word, with the bits of each: four in the first, three in the second. The number of households,
# the first moment, is counted apart.
_COUNT_BITS, _SQUARE_BITS = 16, 21


@dataclass(frozen=True, kw_only=True, eq=False)
class _Packed:
    """A population as the kernel reads it: few kinds of households, so their moments stay in the fastest cache."""

    kinds: NDArray[np.uint16]  # (N,)
    counts: Words  # (K,)
    squares: Words  # (K,)


def tallies(population: Population, plan: Plan, *, seed: int, replicates: Ints) -> Tally:
    """Return the tallies of R inspections.

    Parameters
    ----------
    population : Population
        The truth.
    plan : Plan
        Two-stage plan.
    seed : int
        The scenario's seed.
    replicates : ndarray of int64, shape (R,)
        Numbers of the inspections. A few thousand at a time are the fastest: more outgrow the caches.

    Returns
    -------
    Tally
        Bit for bit that of ``tally(observe(draw(...)))``.
    """
    frame = population.frame
    found = _compiled(population, plan, seed, replicates, apart=True)
    if found is None:
        draws = draw(frame, plan, seed=seed, replicates=replicates)
        return tally(observe(draws, frame, population.wrong_persons, population.approves))
    villages, moments = found
    strata = plan.strata(frame)
    return Tally(
        villages=villages,
        stratum=np.repeat(np.arange(len(strata)), [s.drawn for s in strata]),
        stratum_sizes=np.array([len(s.villages) for s in strata], dtype=np.int64),
        block_sizes=frame.group_households.take(villages, axis=0),  # several times as fast as brackets
        moments=moments,
    )


def totals(population: Population, plan: Plan, *, seed: int, replicates: Ints) -> Ints:
    """Return the moments of R inspections summed over the drawn villages, shape (R, 3, 8).

    Those of ``tallies(...).totals()``, made faster without holding the villages apart.
    """
    found = _compiled(population, plan, seed, replicates, apart=False)
    if found is None:
        return tallies(population, plan, seed=seed, replicates=replicates).totals()
    return found[1][:, 0]


def _compiled(
    population: Population, plan: Plan, seed: int, replicates: Ints, *, apart: bool
) -> tuple[Ints, Ints] | None:
    """Return drawn villages and moments as `inspect` finds them, or None where it cannot serve."""
    try:
        from sampler.kernels import inspect  # noqa: PLC0415
    except ImportError:
        return None
    frame, strata = population.frame, plan.strata(population.frame)
    takes = plan.visited_households(frame).ravel()
    packed = _packed(population, takes)
    if packed is None:
        return None
    villages, moments = inspect(
        stream_starts(seed, Purpose.VILLAGES, replicates),
        stream_starts(seed, Purpose.HOUSEHOLDS, replicates),
        np.concatenate([s.villages for s in strata]),
        np.concatenate([[0], np.cumsum([len(s.villages) for s in strata])]),
        np.array([s.drawn for s in strata], dtype=np.int64),
        frame.offsets,
        takes,
        packed.kinds,
        packed.counts,
        packed.squares,
        apart,
    )
    return villages, moments.transpose(2, 3, 0, 1)


def _packed(population: Population, takes: Ints) -> _Packed | None:
    """Pack what each household adds, or return None where the sum of a block could outgrow its bits."""
    offsets, persons = population.frame.offsets, population.frame.household_persons
    filled = np.flatnonzero(np.diff(offsets))
    largest = np.maximum.reduceat(persons, offsets[filled]) if len(filled) else np.zeros(0, dtype=np.int64)
    # No moment of a household passes its persons, or one, squared: wrong persons are some of them.
    visited, largest = np.maximum(takes[filled], 1), np.maximum(largest, 1)
    if np.any(visited * largest >= 2**_COUNT_BITS) or np.any(visited * largest**2 >= 2**_SQUARE_BITS):
        return None
    base = int(persons.max(initial=0)) + 1
    keys = (persons * base + population.wrong_persons) * 2 + population.approves
    present = np.flatnonzero(np.bincount(keys))
    if len(present) > 2**16:
        return None
    kind_of = np.zeros(2 * base**2, dtype=np.uint16)
    kind_of[present] = np.arange(len(present))
    added = household_moments(present // 2 // base, present // 2 % base, present % 2 == 1).astype(np.uint64)
    return _Packed(
        kinds=kind_of[keys], counts=_word(added[:, 1:5], _COUNT_BITS), squares=_word(added[:, 5:], _SQUARE_BITS)
    )


def _word(moments: Words, bits: int) -> Words:
    """Return each row's moments side by side in a word, the first lowest."""
    shifts = np.arange(moments.shape[1], dtype=np.uint64) * np.uint64(bits)
    word: Words = np.bitwise_or.reduce(moments << shifts, axis=1)
    return word
