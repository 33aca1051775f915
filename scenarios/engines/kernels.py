"""The two hot loops of the exact engine, compiled. Their readable twins stand in `sampler.symmetric`.

Both are the normalised elementary-symmetric recursion of METHODS 4.2: with Q[k] the law of a simple random sample
of k among the first i units, adding unit i with generating function G gives

    Q[k] <- ((i - k) / i) Q[k] + (k / i) G Q[k - 1],   k = min(i, n) ... 1,   Q[0] = 1.

Every intermediate is itself a distribution, so nothing overflows and nothing cancels.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

_CHUNK = 128  # frequencies handled together: the working set of 30 villages then stays in the first-level cache


@numba.njit(cache=True, nogil=True)
def household_laws(
    scores: NDArray[np.int64],
    starts: NDArray[np.int64],
    takes: NDArray[np.int64],
    law_starts: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the law of the summed score of a simple random sample in each block of households.

    Parameters
    ----------
    scores : ndarray of int64, shape (N,)
        Ascending and non-negative inside each block.
    starts : ndarray of int64, shape (B + 1,)
        Where each block's households begin.
    takes : ndarray of int64, shape (B,)
        Households drawn in each block, at most as many as it has.
    law_starts : ndarray of int64, shape (B + 1,)
        Where each block's law goes; its length is the largest possible sum plus one.

    Returns
    -------
    ndarray of float64, shape (law_starts[-1],)
        The laws one after another: chance of each sum 0, 1, 2, ...
    """
    laws = np.zeros(law_starts[-1])
    for b in range(len(takes)):
        size, take = starts[b + 1] - starts[b], takes[b]
        width = law_starts[b + 1] - law_starts[b]
        table = np.zeros((take + 1, width))
        table[0, 0] = 1.0
        top = np.zeros(take + 1, dtype=np.int64)  # largest sum so far of a sample of k
        for i in range(1, size + 1):
            score = scores[starts[b] + i - 1]
            for k in range(min(i, take), max(1, take - (size - i)) - 1, -1):
                stay, join = (i - k) / i, k / i
                if stay == 0.0:
                    top[k] = -1
                for t in range(top[k] + 1):
                    table[k, t] *= stay
                for t in range(top[k - 1] + 1):
                    table[k, t + score] += join * table[k - 1, t]
                top[k] = max(top[k], top[k - 1] + score)
        laws[law_starts[b] : law_starts[b + 1]] = table[take]
    return laws


@numba.njit(cache=True, nogil=True)
def village_sample(real: NDArray[np.float64], imaginary: NDArray[np.float64], drawn: int) -> NDArray[np.complex128]:
    """Return the generating function of a simple random sample of villages at every frequency.

    Parameters
    ----------
    real, imaginary : ndarray of float64, shape (M, F)
        Generating functions of the M villages at F frequencies.
    drawn : int
        Villages drawn, 0..M.

    Returns
    -------
    ndarray of complex128, shape (F,)
    """
    villages, frequencies = real.shape
    result = np.empty(frequencies, dtype=np.complex128)
    re = np.empty((drawn + 1, _CHUNK))
    im = np.empty((drawn + 1, _CHUNK))
    for first in range(0, frequencies, _CHUNK):
        width = min(_CHUNK, frequencies - first)
        re[:] = 0.0
        im[:] = 0.0
        re[0] = 1.0
        for i in range(1, villages + 1):
            g, h = real[i - 1, first : first + width], imaginary[i - 1, first : first + width]
            for k in range(min(i, drawn), max(1, drawn - (villages - i)) - 1, -1):
                stay, join = (i - k) / i, k / i
                x, y, u, v = re[k], im[k], re[k - 1], im[k - 1]
                for f in range(width):
                    x[f] = stay * x[f] + join * (g[f] * u[f] - h[f] * v[f])
                    y[f] = stay * y[f] + join * (g[f] * v[f] + h[f] * u[f])
        for f in range(width):
            result[first + f] = complex(re[drawn, f], im[drawn, f])
    return result
