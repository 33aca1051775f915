"""Units that a random start on a circle decides about."""

from __future__ import annotations

import numpy as np

from sampler.frame import Ints


def overlap(begin: Ints, length: Ints, circle: int) -> Ints:
    """Return the length that each two arcs of a circle have in common, shape (N, N).

    Parameters
    ----------
    begin : ndarray of int64, shape (N,)
        Where the arcs begin, 0..circle-1.
    length : ndarray of int64, shape (N,)
        0..circle.
    circle : int
        Its length.

    Examples
    --------
    >>> overlap(np.array([0, 4]), np.array([5, 3]), 6).tolist()
    [[5, 2], [2, 3]]
    """
    apart = (begin[np.newaxis, :] - begin[:, np.newaxis]) % max(circle, 1)
    one, other = length[:, np.newaxis], length[np.newaxis, :]
    # The other arc meets the first one before it ends, and again after going round.
    before, after = np.minimum(one - apart, other), np.minimum(apart + other - circle, one)
    common: Ints = np.maximum(before, 0) + np.maximum(after, 0)
    return common
