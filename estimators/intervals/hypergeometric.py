"""Exact limits of a simple random sample from a small county (METHODS 3.1)."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from estimators.interval import Floats, Summary, beta_limits
from estimators.limits import around

_TIE = 1e-9  # a tail that is exactly the level's but for rounding is not above it


def hypergeometric(summary: Summary) -> tuple[Floats, Floats]:
    """Return the smallest and largest K / N whose tail beyond the events seen is above (1 - confidence) / 2.

    Meant for one stratum drawn without replacement. Under a design effect the effective size is cut to whole units and
    the events are rounded outwards; without `Summary.population` there are infinitely many units and the limits are
    Clopper and Pearson's, at n_e = min(n, n / max(deff, floor)).

    Parameters
    ----------
    summary : Summary
        Of R rates.

    Returns
    -------
    low, high : ndarray of float64, shape (R,)
        Inside [0, 1].

    References
    ----------
    Wright (1991) Exact Confidence Bounds when Sampling from Small Finite Universes, Springer.

    Examples
    --------
    3 of 10 drawn from 50: between 5 and 31 of them.

    >>> from estimators.interval import simple_random_sample
    >>> few = simple_random_sample(np.array([3.0]), np.array([10.0]), confidence=0.95, population=np.array([50.0]))
    >>> low, high = hypergeometric(few)
    >>> 50 * low, 50 * high
    (array([5.]), array([31.]))
    """
    if summary.population is None:
        return beta_limits(summary.value, summary.plain_size, summary.confidence)
    # The estimated variance of a simple random sample is p q / (n - 1), which is no design effect.
    known = np.maximum(summary.size, 1)
    effect = np.maximum(summary.plain_design_effect * (1 - 1 / known), summary.floor)
    value, size = np.broadcast_arrays(summary.value, np.floor(np.minimum(1, 1 / effect) * summary.size + 1e-9))
    population = np.maximum(np.round(summary.population), size)
    tail = (1 - summary.confidence) / 2 * (1 + _TIE)
    most = np.ceil(size * value - 1e-9)
    most_others = np.ceil(size * (1 - value) - 1e-9)
    high = _largest(most, size, population, tail) / np.maximum(population, 1)
    low = 1 - _largest(most_others, size, population, tail) / np.maximum(population, 1)
    return around(value, np.where(size > 0, low, 0.0), np.where(size > 0, high, 1.0))


def _largest(events: Floats, size: Floats, population: Floats, tail: float) -> Floats:
    """Return the largest K at which P(X <= events) is above the tail, shape (R,)."""
    low, high = events, population - (size - events)  # the first is possible, more than the last is not
    while np.any(low < high):
        middle = np.ceil((low + high) / 2)
        possible = _at_most(events, size, middle, population) > tail
        low, high = np.where(possible, middle, low), np.where(possible, high, middle - 1)
    return low


def _at_most(events: Floats, size: Floats, marked: Floats, population: Floats) -> Floats:
    """Return P(X <= events) for X of `size` drawn from a population of which some are marked, shape (R,)."""
    # The sum from its largest term is of the shorter tail: beyond the middle, that of the units that are not marked.
    swap = events > size / 2
    last = np.where(swap, size - events - 1, events)
    total = _lower_sum(last, size, np.where(swap, population - marked, marked), population)
    return np.where(swap, 1 - total, total)


def _lower_sum(last: Floats, size: Floats, marked: Floats, population: Floats) -> Floats:
    """Return the sum of the hypergeometric probabilities of 0..last, by their ratios from the last one down."""

    def choose(whole: Floats, part: Floats) -> Floats:
        logarithm: Floats = gammaln(whole + 1) - gammaln(part + 1) - gammaln(whole - part + 1)
        return logarithm

    first = np.maximum(size - (population - marked), 0)
    start = np.minimum(last, marked)
    there = start >= first
    i = np.where(there, start, first)
    term = choose(marked, i) + choose(population - marked, size - i) - choose(population, size)
    term = np.where(there, np.exp(term), 0.0)
    total = np.zeros_like(term)
    while np.any(term > 0):
        total = total + term
        ratio = i * (population - marked - size + i) / ((marked - i + 1) * (size - i + 1))
        # What no longer changes the sum is left out once the terms fall.
        term = np.where((i > first) & ((ratio >= 1) | (term * ratio > 1e-18 * total)), term * ratio, 0.0)
        i = np.maximum(i - 1, first)
    return total
