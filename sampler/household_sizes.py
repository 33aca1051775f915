"""Household sizes where only a village's households and persons are known.

No randomness: the sizes follow the default mix, tilted to the village's own mean, so the same list always gives
the same households. Totals are met exactly. The mix is an assumption (no source states one for these counties).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

Floats = NDArray[np.float64]

# Shares of households with 1..6 persons; mean 2.94, sum of squares over sum 3.56.
DEFAULT_MIX = np.array([0.16, 0.25, 0.26, 0.19, 0.10, 0.04])

# A mean above this cannot come from 1..6 persons with any spread left; the mix is then shifted upwards.
_LARGEST_TILTED_MEAN = 5.0


def _tilted_shares(means: Floats, sizes: Floats) -> Floats:
    """Return the default mix times exp(t * size) in each block, t such that the mean is met (by bisection).

    Parameters
    ----------
    means : ndarray of float64, shape (B,)
        Wanted means.
    sizes : ndarray of float64, shape (B, 6)
        The six sizes that each block uses.
    """
    low, high = np.full(len(means), -60.0), np.full(len(means), 60.0)
    shares = np.broadcast_to(DEFAULT_MIX, sizes.shape)
    for _ in range(60):
        tilt = (low + high) / 2
        shares = softmax(np.log(DEFAULT_MIX) + tilt[:, None] * sizes, axis=1)
        short = (shares * sizes).sum(axis=1) < means
        low, high = np.where(short, tilt, low), np.where(short, high, tilt)
    return shares


def synthesise_sizes(households: ArrayLike, persons: ArrayLike) -> NDArray[np.int64]:
    """Return plausible household sizes for blocks (one group of one village each) of known totals.

    Parameters
    ----------
    households : array_like of int, shape (B,)
        Number of households of each block, 0 or more.
    persons : array_like of int, shape (B,)
        Their persons in all; at least one a household, 0 when there are none.

    Returns
    -------
    numpy.ndarray of int64, shape (sum of households,)
        Block after block, each ascending and summing to its persons.

    Raises
    ------
    ValueError
        If a block has fewer persons than households, or persons without households.

    Examples
    --------
    >>> synthesise_sizes([8, 2], [23, 2])
    array([1, 2, 2, 3, 3, 3, 4, 5, 1, 1])
    """
    households, persons = np.asarray(households, dtype=np.int64), np.asarray(persons, dtype=np.int64)
    if np.any((persons < households) | ((households == 0) & (persons > 0))):
        raise ValueError("every household has at least one person, and every person a household")
    means = persons / np.maximum(households, 1)
    smallest = 1 + np.maximum(0, np.ceil(means - _LARGEST_TILTED_MEAN))
    sizes = smallest[:, None] + np.arange(len(DEFAULT_MIX))
    cumulated = np.cumsum(_tilted_shares(means, sizes), axis=1)
    blocks = [_block(int(n), int(p), c, s) for n, p, c, s in zip(households, persons, cumulated, sizes, strict=True)]
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.int64)


def _block(households: int, persons: int, cumulated: Floats, sizes: Floats) -> NDArray[np.int64]:
    """Read the sizes off the cumulated shares at evenly spread points, then meet the total."""
    middles = (np.arange(households) + 0.5) / max(households, 1)
    picked = sizes[np.minimum(np.searchsorted(cumulated, middles), len(sizes) - 1)].astype(np.int64)
    # Rounding leaves a few persons over, or takes too many: they are spread evenly over the households.
    while (missing := persons - int(picked.sum())) != 0:
        movable = np.arange(households) if missing > 0 else np.flatnonzero(picked > 1)
        count = min(abs(missing), len(movable))
        picked[movable[(np.arange(count) * len(movable)) // count]] += 1 if missing > 0 else -1
    return np.sort(picked)
