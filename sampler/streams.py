"""Named randomness: one counter-based stream for each (seed, purpose, replicate), and nothing else in the key.

Designs and error levels are compared on common random numbers because neither enters a key. The generator is
Philox4x64-10 [1]_, whose published test vectors pin the numbers on every machine.

References
----------
.. [1] Salmon, Moraes, Dror & Shaw (2011). Parallel random numbers: as easy as 1, 2, 3. SC'11.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Purpose(IntEnum):
    """What a stream is for; the numbers are part of every published seed and never change."""

    TRUTH = 1
    VILLAGES = 2
    HOUSEHOLDS = 3
    FIELDWORK = 4
    RECHECK = 5
    IMPORTANCE = 6
    RESAMPLING = 7  # of published tables, not of inspections


def stream(seed: int, purpose: Purpose, replicate: int = 0) -> np.random.Generator:
    """Return the generator of one purpose and replicate.

    Parameters
    ----------
    seed : int
        The scenario's seed, 0 <= seed < 2**63.
    purpose : Purpose
        What the numbers are for.
    replicate : int, default 0
        Number of the population or inspection.

    Returns
    -------
    numpy.random.Generator
        At its start; 2**128 numbers are its own before the next replicate's begin.

    Examples
    --------
    >>> stream(1, Purpose.TRUTH).integers(10, size=3).tolist() == stream(1, Purpose.TRUTH).integers(10, size=3).tolist()
    True
    """
    return np.random.Generator(np.random.Philox(key=[seed, purpose.value], counter=[0, 0, replicate, 0]))


# Words: the same numbers for the vectorised path and the compiled one. SplitMix64 (Steele, Lea & Flood 2014, Fast
# splittable pseudorandom number generators, OOPSLA '14, figure 17) is a counter-based generator: word i of a stream is
# a mix of start + (i + 1) times the golden ratio, so any word can be had without those before it, and a kernel
# carries no state from replicate to replicate.

Words = NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def mix(state: Words) -> Words:
    """Return SplitMix64's output for each state; arithmetic is modulo 2**64."""
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    mixed: Words = state ^ (state >> np.uint64(31))
    return mixed


def stream_starts(seed: int, purpose: Purpose, replicates: NDArray[np.int64]) -> Words:
    """Return where the word stream of each replicate starts.

    Parameters
    ----------
    seed, purpose
        As in `stream`.
    replicates : ndarray of int64, shape (R,)
        Numbers of the replicates.

    Returns
    -------
    ndarray of uint64, shape (R,)
        Word number `replicate` of the stream that (seed, purpose) starts.
    """
    base = np.uint64(stream(seed, purpose).bit_generator.random_raw())
    return word(np.full(len(replicates), base), replicates)


def word(starts: Words, position: NDArray[np.int64] | int) -> Words:
    """Return the word at a position of each stream.

    Parameters
    ----------
    starts : ndarray of uint64, shape (R,)
        As `stream_starts` gives them.
    position : int or ndarray of int64, shape (R,)
        From 0.

    Examples
    --------
    >>> word(np.array([1234567], dtype=np.uint64), 0)
    array([6457827717110365317], dtype=uint64)
    """
    # An array, even of one: numpy warns when a scalar product wraps around, and wrapping is what is meant.
    steps = np.atleast_1d(np.asarray(position, dtype=np.uint64)) + np.uint64(1)
    return mix(starts + steps * GOLDEN)


def below(starts: Words, first: NDArray[np.int64] | int, k: int, bound: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Return a whole number below `bound` from half a word: number `k` of the run of words that begins at `first`.

    Parameters
    ----------
    starts : ndarray of uint64, shape (R,)
        Streams.
    first : int or ndarray of int64, shape (R,)
        First word of the run.
    k : int
        Number within the run; two share a word, the lower half first.
    bound : int or ndarray of int64, shape (R,)
        Above the largest value, at most 2**31.

    Returns
    -------
    ndarray of int64, shape (R,)
        Each value has a chance within bound / 2**32 of 1 / bound, relatively.
    """
    whole = word(starts, np.asarray(first) + (k >> 1))
    half = (whole >> np.uint64(32)) if k & 1 else (whole & np.uint64(0xFFFFFFFF))
    return ((half * np.asarray(bound, dtype=np.uint64)) >> np.uint64(32)).astype(np.int64)


def unit_interval(words: Words) -> NDArray[np.float64]:
    """Return numbers in [0, 1) from the upper 53 bits of words.

    Examples
    --------
    >>> unit_interval(np.array([0, 2**63], dtype=np.uint64))
    array([0. , 0.5])
    """
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
