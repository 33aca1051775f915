"""Inclusion probabilities as whole numbers, so that cumulated sums neither drift nor miss a whole number.

Systematic draws, Chromy's procedure and the pivotal method turn on whether a sum of probabilities has passed a whole
number; in floating point 0.1 + 0.2 + 0.7 has not passed 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampler.frame import Ints


def lattice(chance: NDArray[np.float64]) -> tuple[Ints, int]:
    """Return inclusion probabilities in units of 2**-bits, and the bits.

    Parameters
    ----------
    chance : ndarray of float64, shape (N,)
        Inclusion probabilities; their sum is a whole number n up to rounding.

    Returns
    -------
    lengths : ndarray of int64, shape (N,)
        Their sum is n 2**bits exactly; the unit whose probability is nearest to a half takes up the rounding.
    bits : int
        As many as leave n 2**bits below 2**62: 53 or more up to n = 511.

    Examples
    --------
    >>> lengths, bits = lattice(np.array([0.1, 0.2, 0.7]))
    >>> int(lengths.sum()) == 2**bits, (lengths / 2**bits).tolist()
    (True, [0.1, 0.2, 0.7])
    """
    drawn = round(float(chance.sum()))
    bits = 62 - max(drawn, 1).bit_length()
    lengths: Ints = np.rint(np.ldexp(chance, bits)).astype(np.int64)
    if len(lengths):
        lengths[np.abs(chance - 0.5).argmin()] += (drawn << bits) - int(lengths.sum())
    return lengths, bits
