"""The two hot loops of the exact engine, compiled. Their readable twins stand in `sampler.symmetric`.

Both are the normalised elementary-symmetric recursion of METHODS 4.2: with Q[k] the law of a simple random sample
of k among the first i units, adding unit i with generating function G gives

    Q[k] <- ((i - k) / i) Q[k] + (k / i) G Q[k - 1],   k = min(i, n) ... 1,   Q[0] = 1.

Every intermediate is itself a distribution, so nothing overflows and nothing cancels. Units with the same G can join
at once: x of a run of c such units are in the sample with the hypergeometric chance, and Q[k] becomes the sum over x of
that chance times G**x Q[k - x].
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
    weights = np.empty(takes.max() + 1 if len(takes) else 1)
    for b in range(len(takes)):
        size, take, begin = starts[b + 1] - starts[b], takes[b], starts[b]
        width = law_starts[b + 1] - law_starts[b]
        table = np.zeros((take + 1, width))
        table[0, 0] = 1.0
        top = np.full(take + 1, -1)  # largest sum so far of a sample of k
        top[0] = 0
        seen = 0
        while seen < size:
            score = scores[begin + seen]
            run = 1
            while seen + run < size and scores[begin + seen + run] == score:
                run += 1
            for k in range(min(seen + run, take), max(1, take - (size - seen - run)) - 1, -1):
                fewest, most = max(0, k - seen), min(run, k)
                _hypergeometric(weights, run, seen, k, fewest, most)
                stay = weights[0] if fewest == 0 else 0.0
                for t in range(top[k] + 1):
                    table[k, t] *= stay
                for x in range(max(1, fewest), most + 1):
                    shift, part = score * x, weights[x]
                    for t in range(top[k - x] + 1):
                        table[k, t + shift] += part * table[k - x, t]
                    top[k] = max(top[k], top[k - x] + shift)
            seen += run
        laws[law_starts[b] : law_starts[b + 1]] = table[take]
    return laws


@numba.njit(cache=True, nogil=True, inline="always")
def _hypergeometric(weights, run, seen, k, fewest, most):  # type: ignore[no-untyped-def]
    """Fill in the chances that x of a sample of k are among the run, from the mode outwards so that none overflows."""
    mode = min(max((k + 1) * (run + 1) // (run + seen + 2), fewest), most)
    weights[mode] = 1.0
    total = 1.0
    for x in range(mode, most):
        weights[x + 1] = weights[x] * ((run - x) * (k - x)) / ((x + 1) * (seen - k + x + 1))
        total += weights[x + 1]
    for x in range(mode, fewest, -1):
        weights[x - 1] = weights[x] * (x * (seen - k + x)) / ((run - x + 1) * (k - x + 1))
        total += weights[x - 1]
    for x in range(fewest, most + 1):
        weights[x] /= total


@numba.njit(cache=True, nogil=True)
def village_sample(values: NDArray[np.complex128], villages: NDArray[np.int64], drawn: int) -> NDArray[np.complex128]:
    """Return the generating function of a simple random sample of villages at every frequency.

    Parameters
    ----------
    values : ndarray of complex128, shape (V, F)
        Generating functions of all villages at F frequencies.
    villages : ndarray of int64, shape (M,)
        Those of the stratum.
    drawn : int
        Villages drawn, 0..M.

    Returns
    -------
    ndarray of complex128, shape (F,)
    """
    size, frequencies = len(villages), values.shape[1]
    result = np.empty(frequencies, dtype=np.complex128)
    # Real and imaginary parts lie apart, so that the innermost loop is plain arithmetic on neighbours.
    re, im = np.empty((drawn + 1, _CHUNK)), np.empty((drawn + 1, _CHUNK))
    g, h = np.empty(_CHUNK), np.empty(_CHUNK)
    for first in range(0, frequencies, _CHUNK):
        width = min(_CHUNK, frequencies - first)
        re[:] = 0.0
        im[:] = 0.0
        re[0] = 1.0
        for i in range(1, size + 1):
            for f in range(width):
                g[f] = values[villages[i - 1], first + f].real
                h[f] = values[villages[i - 1], first + f].imag
            for k in range(min(i, drawn), max(1, drawn - (size - i)) - 1, -1):
                stay, join = (i - k) / i, k / i
                x, y, u, v = re[k], im[k], re[k - 1], im[k - 1]
                for f in range(width):
                    x[f] = stay * x[f] + join * (g[f] * u[f] - h[f] * v[f])
                    y[f] = stay * y[f] + join * (g[f] * v[f] + h[f] * u[f])
        for f in range(width):
            result[first + f] = complex(re[drawn, f], im[drawn, f])
    return result


@numba.njit(cache=True, nogil=True)
def sampled_events(
    values: NDArray[np.complex128], villages: NDArray[np.int64], weights: NDArray[np.complex128]
) -> NDArray[np.float64]:
    """Return the chances of events given the villages drawn, from their generating functions at every frequency.

    Parameters
    ----------
    values : ndarray of complex128, shape (V, F)
        Generating functions of all villages at F frequencies.
    villages : ndarray of int64, shape (R, m)
        The drawn villages of R samples.
    weights : ndarray of complex128, shape (E, F)
        What each frequency contributes to each event.

    Returns
    -------
    ndarray of float64, shape (R, E)
        Real part of the sum over frequencies of weight times product over villages.
    """
    (samples, drawn), (events, frequencies) = villages.shape, weights.shape
    result = np.zeros((samples, events))
    re, im = np.empty(_CHUNK), np.empty(_CHUNK)
    for first in range(0, frequencies, _CHUNK):
        width = min(_CHUNK, frequencies - first)
        for r in range(samples):
            re[:] = 1.0
            im[:] = 0.0
            for k in range(drawn):
                village = villages[r, k]
                for f in range(width):
                    value = values[village, first + f]
                    x, y = re[f], im[f]
                    re[f] = x * value.real - y * value.imag
                    im[f] = x * value.imag + y * value.real
            for e in range(events):
                total = 0.0
                for f in range(width):
                    weight = weights[e, first + f]
                    total += re[f] * weight.real - im[f] * weight.imag
                result[r, e] += total
    return result
