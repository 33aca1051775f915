"""Inspections of a population, tallied: compiled where numba is at hand, else by the readable path.

Both give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sampler.draws import Tally, draw, draw_villages, household_moments, observe, tally, unequal_chance
from sampler.error_model import NestedPopulations
from sampler.fieldwork import Fieldwork, record
from sampler.frame import Frame, Ints
from sampler.plan import Plan
from sampler.population import Population
from sampler.recheck import SpotCheck, spot_check, tally_spot_check
from sampler.streams import Purpose, Words, stream_starts
from sampler.sums.inspections import Sums, compiled_sums
from sampler.sums.truths import alone

PERFECT = Fieldwork()

# Moments that share a word, with the bits of each: four in the first, three in the second. The number of households,
# the first moment, is counted apart.
_COUNT_BITS, _SQUARE_BITS = 16, 21
_ROWS = 400_000  # visited households held as rows at once, about: they then stay in the processor's cache


@dataclass(frozen=True, kw_only=True, eq=False)
class _Packed:
    """A population as the kernel reads it: few kinds of households, so their moments stay in the fastest cache."""

    kinds: NDArray[np.uint16]  # (N,)
    counts: Words  # (K,)
    squares: Words  # (K,)


def tallies(
    population: Population, plan: Plan | SpotCheck, *, seed: int, replicates: Ints, fieldwork: Fieldwork = PERFECT
) -> Tally:
    """Return the tallies of R inspections.

    Parameters
    ----------
    population : Population
        The truth.
    plan : Plan or SpotCheck
        What is planned; the visits of a spot check are those of its second phase.
    seed : int
        The scenario's seed.
    replicates : ndarray of int64, shape (R,)
        Numbers of the inspections. A few thousand at a time are the fastest: more outgrow the caches.
    fieldwork : Fieldwork, optional
        How the teams err.

    Returns
    -------
    Tally
        Bit for bit that of ``tally(observe(draw(...)))``.
    """
    frame = population.frame
    if isinstance(plan, SpotCheck):
        wrong, approves = population.wrong_persons, population.approves
        found = spot_check(frame, plan, wrong, approves, fieldwork=fieldwork, seed=seed, replicates=replicates)
        return tally_spot_check(found, frame, plan, approves).visited
    moments = None
    if fieldwork.perfect and plan.plain:
        villages = draw_villages(frame, plan, stream_starts(seed, Purpose.VILLAGES, replicates))
        moments = _compiled(population, plan, villages, seed, replicates, apart=True)
    if moments is None:
        draws = draw(frame, plan, seed=seed, replicates=replicates, away=fieldwork.away(population.wrong_persons))
        starts = stream_starts(seed, Purpose.FIELDWORK, replicates)
        recorded = record(fieldwork, draws, frame, population.wrong_persons, starts).recorded
        return tally(observe(draws, frame, population.wrong_persons, population.approves, recorded=recorded))
    strata = plan.strata(frame)
    return Tally(
        villages=villages,
        stratum=np.repeat(np.arange(len(strata)), [s.drawn for s in strata]),
        stratum_sizes=np.array([len(s.villages) for s in strata], dtype=np.int64),
        chance=unequal_chance(frame, plan, villages),
        block_sizes=frame.group_households.take(villages, axis=0),  # several times as fast as brackets
        moments=moments,
    )


def totals(
    population: Population, plan: Plan | SpotCheck, *, seed: int, replicates: Ints, fieldwork: Fieldwork = PERFECT
) -> Ints:
    """Return the official count of R inspections, summed over the drawn villages, shape (R, 3, 8).

    Those of ``tallies(...).totals()``, made faster without holding the villages apart.
    """
    counted: Ints = sums(population, plan, seed=seed, replicates=replicates, fieldwork=fieldwork).moments[:, 0]
    return counted


def sums(
    population: Population, plan: Plan | SpotCheck, *, seed: int, replicates: Ints, fieldwork: Fieldwork = PERFECT
) -> Sums:
    """Return the official counts of R inspections of one population with the villages they visit.

    Parameters are those of `tallies`.
    """
    if isinstance(plan, Plan) and fieldwork.perfect and plan.plain:
        villages = draw_villages(population.frame, plan, stream_starts(seed, Purpose.VILLAGES, replicates))
        moments = _compiled(population, plan, villages, seed, replicates, apart=False)
        if moments is not None:
            return Sums(villages=villages, moments=moments)
    return family_sums(alone(population), plan, seed=seed, replicates=replicates, fieldwork=fieldwork)


def family_sums(
    nested: NestedPopulations, plan: Plan | SpotCheck, *, seed: int, replicates: Ints, fieldwork: Fieldwork
) -> Sums:
    """Return the official counts of R inspections of each of M nested populations, all on the same draws.

    Parameters
    ----------
    nested : NestedPopulations
        The populations.
    plan, seed, replicates, fieldwork
        As in `tallies`.

    Returns
    -------
    Sums
        Bit for bit those of the populations' `tallies`.
    """
    compiled = compiled_sums(nested, plan, seed=seed, replicates=replicates, fieldwork=fieldwork)
    return compiled or readable_sums(nested, plan, seed=seed, replicates=replicates, fieldwork=fieldwork)


def readable_sums(
    nested: NestedPopulations, plan: Plan | SpotCheck, *, seed: int, replicates: Ints, fieldwork: Fieldwork
) -> Sums:
    """Return what `family_sums` returns, population by population."""
    at_once = max(1, int(_ROWS // max(1, _largest_visit(plan, nested.frame))))
    batches = np.split(replicates, range(at_once, len(replicates), at_once))
    moments, places, villages = [], [], np.zeros((0, 0), dtype=np.int64)
    for model in range(len(nested.places)):
        population = nested.population(model)
        parts = [tallies(population, plan, seed=seed, replicates=some, fieldwork=fieldwork) for some in batches]
        villages = np.concatenate([part.villages for part in parts])
        moments.append(np.concatenate([part.totals() for part in parts]))
        places.append([part.places for part in parts if part.places is not None])
    return Sums(
        villages=villages,
        moments=np.stack(moments, axis=1),
        places=np.stack([np.concatenate(each) for each in places], axis=1) if places[0] else None,
    )


def _largest_visit(plan: Plan | SpotCheck, frame: Frame) -> float:
    """Return about how many households one inspection meets."""
    plans = (plan.phase1, plan.add_on) if isinstance(plan, SpotCheck) else (plan,)
    return float(sum((each.chance(frame)[:, None] * each.visited_households(frame)).sum() for each in plans))


def _compiled(
    population: Population, plan: Plan, villages: Ints, seed: int, replicates: Ints, *, apart: bool
) -> Ints | None:
    """Return the moments that `inspect` finds, shape (R, m or 1, 3, 8), or None where it cannot serve."""
    try:
        from sampler.kernels import inspect  # noqa: PLC0415
    except ImportError:
        return None
    takes = plan.visited_households(population.frame).ravel()
    packed = _packed(population, plan)
    if packed is None:
        return None
    moments: Ints = inspect(
        villages,
        stream_starts(seed, Purpose.HOUSEHOLDS, replicates),
        population.frame.offsets,
        takes,
        packed.kinds,
        packed.counts,
        packed.squares,
        apart,
    ).transpose(2, 3, 0, 1)
    return moments


@lru_cache(maxsize=8)
def _packed(population: Population, plan: Plan) -> _Packed | None:
    """Pack what each household adds, or return None where the sum of a block could outgrow its bits."""
    takes = plan.visited_households(population.frame).ravel()
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
