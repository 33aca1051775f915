"""Inspections of a population, tallied: compiled where numba is at hand, else by the readable path.

Both give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.draws import MOMENTS, Tally, draw, household_moments, observe, tally
from sampler.frame import GROUPS, Ints
from sampler.plan import Plan
from sampler.population import Population
from sampler.streams import Purpose, Words, stream_starts

# Moments that share a word, with the bits of each: four of 16 in the first, three of 21 in the second. The number of
# households is counted apart.
_FIRST = (("wrong_households", 16), ("persons", 16), ("wrong_persons", 16), ("approvals", 16))
_SECOND = (("persons_squared", 21), ("persons_times_wrong", 21), ("wrong_squared", 21))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Packed:
    """A population as the kernel reads it."""

    words: Words  # (N,)
    sums: Words  # (3V, 2)


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
        Numbers of the inspections.

    Returns
    -------
    Tally
        Bit for bit that of ``tally(observe(draw(...)))``.
    """
    frame = population.frame
    packed = _packed(population, plan, over_villages=False)
    kernel = _kernel()
    if packed is None or kernel is None:
        draws = draw(frame, plan, seed=seed, replicates=replicates)
        return tally(observe(draws, frame, population.wrong_persons, population.approves))
    villages, words = _run(kernel, population, plan, packed, seed, replicates, with_squares=True)
    strata = plan.strata(frame)
    return Tally(
        villages=villages,
        stratum=np.repeat(np.arange(len(strata)), [s.drawn for s in strata]),
        stratum_sizes=np.array([len(s.villages) for s in strata], dtype=np.int64),
        block_sizes=frame.group_households[villages],
        moments=_unpacked(words),
    )


def totals(population: Population, plan: Plan, *, seed: int, replicates: Ints) -> Ints:
    """Return the moments of R inspections summed over the drawn villages, shape (R, 3, 8).

    The first five are those of ``tallies(...).totals()``, made faster without holding the villages apart; the squares
    and products, which no decision needs, are 0.
    """
    packed = _packed(population, plan, over_villages=True)
    kernel = _kernel()
    if packed is None or kernel is None:
        sums = tallies(population, plan, seed=seed, replicates=replicates).totals()
        sums[..., len(_FIRST) + 1 :] = 0
        return sums
    _, words = _run(kernel, population, plan, packed, seed, replicates, with_squares=False)
    return _unpacked(words)[:, 0]


def _kernel() -> Any:  # numba's dispatcher has no type
    try:
        from sampler.kernels import inspect  # noqa: PLC0415
    except ImportError:
        return None
    return inspect


def _packed(population: Population, plan: Plan, *, over_villages: bool) -> _Packed | None:
    """Pack what each household adds, or return None where a sum could outgrow its bits."""
    frame = population.frame
    moments = household_moments(frame.household_persons, population.wrong_persons, population.approves)
    if not _fits(moments, population, plan, over_villages=over_villages):
        return None
    words, squares = (_word(moments, fields) for fields in (_FIRST, _SECOND))
    return _Packed(words=words, sums=np.stack([_block_sums(each, frame.offsets) for each in (words, squares)], axis=1))


def _word(moments: Ints, fields: tuple[tuple[str, int], ...]) -> Words:
    """Return each household's moments side by side in a word, the first lowest."""
    word = np.zeros(len(moments), dtype=np.uint64)
    shift = 0
    for name, bits in fields:
        word |= moments[:, MOMENTS.index(name)].astype(np.uint64) << np.uint64(shift)
        shift += bits
    return word


def _block_sums(words: Words, offsets: Ints) -> Words:
    # Modulo 2**64, so that differences of the running sum are exact.
    running = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(words, dtype=np.uint64)])
    sums: Words = running[offsets[1:]] - running[offsets[:-1]]
    return sums


def _fits(moments: Ints, population: Population, plan: Plan, *, over_villages: bool) -> bool:
    """Say whether no sum can outgrow its bits, from each block's largest household times its take."""
    frame = population.frame
    filled = np.flatnonzero(np.diff(frame.offsets))
    largest = np.zeros((len(frame.offsets) - 1, len(MOMENTS)), dtype=np.int64)
    largest[filled] = np.maximum.reduceat(moments, frame.offsets[filled], axis=0)
    bounds = largest.reshape(-1, len(GROUPS), len(MOMENTS)) * plan.visited_households(frame)[:, :, None]
    if over_villages:
        bounds = np.array([s.drawn * bounds[s.villages].max(axis=0) for s in plan.strata(frame)]).sum(axis=0)
    room = {name: 2**bits for name, bits in _FIRST + _SECOND}
    return all(bool((bounds[..., MOMENTS.index(name)] < most).all()) for name, most in room.items())


def _run(
    kernel: Any,
    population: Population,
    plan: Plan,
    packed: _Packed,
    seed: int,
    replicates: Ints,
    *,
    with_squares: bool,
) -> tuple[Ints, Words]:
    frame = population.frame
    strata = plan.strata(frame)
    villages, words = kernel(
        stream_starts(seed, Purpose.VILLAGES, replicates),
        stream_starts(seed, Purpose.HOUSEHOLDS, replicates),
        np.concatenate([s.villages for s in strata]),
        np.concatenate([[0], np.cumsum([len(s.villages) for s in strata])]),
        np.array([s.drawn for s in strata], dtype=np.int64),
        frame.offsets,
        plan.visited_households(frame).ravel(),
        packed.words,
        packed.sums,
        with_squares,
    )
    return villages, words


def _unpacked(words: NDArray[np.uint64]) -> Ints:
    """Return the moments of packed sums, shape (..., 8), in the order of `MOMENTS`."""
    moments = np.empty((*words.shape[:-1], len(MOMENTS)), dtype=np.int64)
    moments[..., MOMENTS.index("households")] = words[..., 0]
    for column, fields in ((1, _FIRST), (2, _SECOND)):
        shift = 0
        for name, bits in fields:
            field = (words[..., column] >> np.uint64(shift)) & np.uint64(2**bits - 1)
            moments[..., MOMENTS.index(name)] = field
            shift += bits
    return moments
