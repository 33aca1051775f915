"""Households lie in blocks, one for each village and group; what is asked of all blocks at once."""

from __future__ import annotations

import numpy as np

from sampler.frame import Ints


def ascending(values: Ints, starts: Ints) -> Ints:
    """Return the values sorted inside each block.

    Parameters
    ----------
    values : ndarray of int64, shape (N,)
        One a household.
    starts : ndarray of int64, shape (B + 1,)
        Where each block begins.

    Examples
    --------
    >>> ascending(np.array([3, 1, 2, 9, 8]), np.array([0, 3, 5]))
    array([1, 2, 3, 8, 9])
    """
    if len(values) == 0:
        return values
    block = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    span = int(values.max()) - int(values.min()) + 1
    shift = block * span
    result: Ints = np.sort(values + shift) - shift
    return result


def smallest(ordered: Ints, starts: Ints) -> Ints:
    """Return each block's smallest value, 0 for an empty one; `ordered` as `ascending` returns it."""
    filled = np.diff(starts) > 0
    least = np.zeros(len(starts) - 1, dtype=np.int64)
    least[filled] = ordered[starts[:-1][filled]]
    return least


def largest_sums(ordered: Ints, starts: Ints, takes: Ints) -> Ints:
    """Return the largest sum that `takes` values of each block can have; `ordered` as `ascending` returns it.

    Examples
    --------
    >>> largest_sums(np.array([1, 2, 3, 8, 9]), np.array([0, 3, 5]), np.array([2, 1]))
    array([5, 9])
    """
    cumulated = np.concatenate([[0], np.cumsum(ordered)])
    sums: Ints = cumulated[starts[1:]] - cumulated[starts[1:] - takes]
    return sums
