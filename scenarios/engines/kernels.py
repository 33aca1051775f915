"""The hot loops of the engines, compiled.

The first two serve the exact engine; their readable twins stand in `sampler.symmetric`. Both are the normalised
elementary-symmetric recursion of METHODS 4.2: with Q[k] the law of a simple random sample of k among the first i
units, adding unit i with generating function G gives

    Q[k] <- ((i - k) / i) Q[k] + (k / i) G Q[k - 1],   k = min(i, n) ... 1,   Q[0] = 1.

Every intermediate is itself a distribution, so nothing overflows and nothing cancels. Units with the same G can join
at once: x of a run of c such units are in the sample with the hypergeometric chance, and Q[k] becomes the sum over x of
that chance times G**x Q[k - x].

The last tallies inspections of nested populations; its readable twin stands in `scenarios.engines.model`.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from sampler.kernels import _shuffle

_CHUNK = 128  # frequencies handled together: the working set of 30 villages then stays in the first-level cache


# Chance that the kernels let go of, a number at a time: it keeps laws of rare records short, and rare failure exact.
_NEGLIGIBLE = 1e-80


@numba.njit(cache=True, nogil=True)
def household_laws(
    scores: NDArray[np.int64],
    raises: NDArray[np.int64],
    chances: NDArray[np.float64],
    away: float,
    absent_score: NDArray[np.int64],
    starts: NDArray[np.int64],
    takes: NDArray[np.int64],
    law_starts: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the law of the summed score of a simple random sample in each block of households.

    Parameters
    ----------
    scores : ndarray of int64, shape (N,)
        Non-negative; households that are alike stand together inside each block.
    raises : ndarray of int64, shape (N,)
        Non-negative; what is added to a household's score when it is recorded as wrong ...
    chances : ndarray of float64, shape (N,)
        ... and the chance of that, below 1.
    away : float
        Chance that nobody of a household is at home; the next in random order takes its place.
    absent_score : ndarray of int64, shape (B,)
        Non-negative; what each household adds that is missing from the sample because too few are at home.
    starts : ndarray of int64, shape (B + 1,)
        Where each block's households begin.
    takes : ndarray of int64, shape (B,)
        Households drawn in each block, at most as many as it has.
    law_starts : ndarray of int64, shape (B + 1,)
        Where each block's law goes; its length is at least the largest possible sum plus one.

    Returns
    -------
    ndarray of float64, shape (law_starts[-1],)
        The laws one after another: chance of each sum 0, 1, 2, ...
    """
    laws = np.zeros(law_starts[-1])
    most_taken = takes.max() if len(takes) else 0
    weights, records = np.empty(most_taken + 1), np.empty(most_taken + 1)
    for b in range(len(takes)):
        size, take, begin = starts[b + 1] - starts[b], takes[b], starts[b]
        width = law_starts[b + 1] - law_starts[b]
        table = np.zeros((take + 1, width))
        table[0, 0] = 1.0
        top = np.full(take + 1, -1)  # largest sum so far of a sample of k
        top[0] = 0
        seen = 0
        while seen < size:
            score, more, chance = scores[begin + seen], raises[begin + seen], chances[begin + seen]
            run = 1
            while (
                seen + run < size
                and scores[begin + seen + run] == score
                and raises[begin + seen + run] == more
                and chances[begin + seen + run] == chance
            ):
                run += 1
            # Below this k a sample can no longer grow to `take`; with doors closed it need not.
            lowest = 1 if away > 0 else max(1, take - (size - seen - run))
            for k in range(min(seen + run, take), lowest - 1, -1):
                fewest, most = max(0, k - seen), min(run, k)
                _hypergeometric(weights, run, seen, k, fewest, most)
                stay = weights[0] if fewest == 0 else 0.0
                for t in range(top[k] + 1):
                    table[k, t] *= stay
                for x in range(max(1, fewest), most + 1):
                    _binomial(records, x, chance)
                    for y in range(x + 1):
                        part = weights[x] * records[y]
                        if part <= _NEGLIGIBLE and chance > 0:
                            continue
                        shift = score * x + more * y
                        for t in range(top[k - x] + 1):
                            table[k, t + shift] += part * table[k - x, t]
                        top[k] = max(top[k], top[k - x] + shift)
                        if chance == 0:
                            break
                while chance > 0 and top[k] > 0 and table[k, top[k]] < _NEGLIGIBLE:
                    table[k, top[k]] = 0.0
                    top[k] -= 1
            seen += run
        if away == 0:
            laws[law_starts[b] : law_starts[b + 1]] = table[take]
            continue
        at_home = np.empty(size + 1)
        _binomial(at_home, size, 1 - away)
        for k in range(take + 1):
            met = at_home[k] if k < take else at_home[take:].sum()
            shift = law_starts[b] + (take - k) * absent_score[b]
            for t in range(top[k] + 1):
                laws[shift + t] += met * table[k, t]
    return laws


@numba.njit(cache=True, nogil=True, inline="always")
def _binomial(records, size, chance):  # type: ignore[no-untyped-def]
    """Fill in the chances of 0 .. `size` records, from the mode outwards so that none overflows."""
    if chance <= 0 or chance >= 1:
        records[: size + 1] = 0.0
        records[0 if chance <= 0 else size] = 1.0
        return
    odds, mode = chance / (1 - chance), min(int((size + 1) * chance), size)
    records[mode] = 1.0
    total = 1.0
    for y in range(mode, size):
        records[y + 1] = records[y] * odds * (size - y) / (y + 1)
        total += records[y + 1]
    for y in range(mode, 0, -1):
        records[y - 1] = records[y] * y / ((size - y + 1) * odds)
        total += records[y - 1]
    for y in range(size + 1):
        records[y] /= total


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
def sample_slopes(values: NDArray[np.complex128], drawn: int) -> NDArray[np.complex128]:
    """Return the derivatives of a simple random sample's generating function by every unit's own.

    Its readable twin stands in `scenarios.engines.marginal`.
    """
    size, points = values.shape
    slopes = np.empty((size, points), dtype=np.complex128)
    # All tables of the recursion forwards, then the derivatives by them backwards.
    tables = np.zeros((size + 1, drawn + 1, _CHUNK), dtype=np.complex128)
    adjoint, summed = np.empty((drawn + 1, _CHUNK), dtype=np.complex128), np.empty(_CHUNK, dtype=np.complex128)
    tables[:, 0] = 1.0
    for first in range(0, points, _CHUNK):
        width = min(_CHUNK, points - first)
        for i in range(1, size + 1):
            for k in range(1, min(i, drawn) + 1):
                stay, join = (i - k) / i, k / i
                now, same, fewer = tables[i, k], tables[i - 1, k], tables[i - 1, k - 1]
                for f in range(width):
                    now[f] = stay * same[f] + join * values[i - 1, first + f] * fewer[f]
        adjoint[:] = 0.0
        adjoint[drawn] = 1.0
        for i in range(size, 0, -1):
            summed[:] = 0.0
            # Upwards, so that what belongs to k - 1 is added before k itself is changed.
            for k in range(1, min(i, drawn) + 1):
                stay, join = (i - k) / i, k / i
                above, below, fewer = adjoint[k], adjoint[k - 1], tables[i - 1, k - 1]
                for f in range(width):
                    part = above[f] * join
                    summed[f] += part * fewer[f]
                    below[f] += part * values[i - 1, first + f]
                    above[f] *= stay
            for f in range(width):
                slopes[i - 1, first + f] = summed[f]
    return slopes


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


@numba.njit(cache=True, nogil=True)
def inspect_nested(
    villages: NDArray[np.int64],
    household_starts: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    takes: NDArray[np.int64],
    kinds: NDArray[np.uint32],
    quiet: int,
    events: NDArray[np.int64],
    partly: NDArray[np.int64],
    places: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Visit households in R inspections of nested populations, all levels on the same draws.

    Parameters
    ----------
    villages, household_starts, offsets, takes
        As in `sampler.kernels.inspect`, whose draws these are.
    kinds : ndarray of uint32, shape (N,)
        Below `quiet`, the persons of a household that is right and approves at every level; else `quiet` plus the
        number of its event.
    quiet : int
        Above all persons of a household.
    events : ndarray of int64, shape (E, 5)
        Of the household: persons, the place from which on it is wrong, its wrong persons then, the place from which
        on it does not approve, and its row of `partly` (0 for none).
    partly : ndarray of int64, shape (P, L)
        Wrong persons at places where a household is wrong in part; the first row is 0. Places are below L, and L
        means never.
    places : ndarray of int64, shape (M, 3)
        Of the levels of each of M models: of wrong exits, missed persons and disapproval.

    Returns
    -------
    ndarray of int64, shape (R, M, 3, 5)
        The first five of `sampler.draws.MOMENTS` by inspection, model and group.
    """
    (replicates, total), levels = villages.shape, partly.shape[1]
    sums = np.empty((replicates, len(places), 3, 5), dtype=np.int64)
    shuffled = kinds.copy()
    swaps = np.empty((takes.max() if len(takes) else 0) + 2, dtype=np.uint32)
    seen = np.empty((3, 2), dtype=np.int64)  # households, persons
    # What each place adds to the one before: wrong households, wrong persons, households that do not approve.
    added = np.empty((3, levels + 1, 3), dtype=np.int64)
    for r in range(replicates):
        seen[:] = 0
        added[:] = 0
        for s in range(total):
            for g in range(3):
                block = 3 * villages[r, s] + g
                take, first = takes[block], np.uint64(offsets[block])
                _shuffle(swaps, household_starts[r], first, offsets[block + 1] - offsets[block], take)
                persons = np.int64(0)
                for k in range(np.uint64(take)):
                    j = first + swaps[k]
                    kind = np.int64(shuffled[j])
                    shuffled[j] = shuffled[first + k]
                    if kind < quiet:
                        persons += kind
                        continue
                    event = np.uint64(kind - quiet)
                    persons += events[event, 0]
                    since, unhappy, row = events[event, 1], events[event, 3], events[event, 4]
                    added[g, since, 0] += 1
                    added[g, since, 1] += events[event, 2]
                    added[g, unhappy, 2] += 1
                    for place in range(levels if row else 0):
                        if partly[row, place]:
                            added[g, place, 0] += 1
                            added[g, place, 1] += partly[row, place]
                            added[g, place + 1, 0] -= 1
                            added[g, place + 1, 1] -= partly[row, place]
                for k in range(np.uint64(take)):
                    shuffled[first + swaps[k]] = kinds[first + swaps[k]]
                seen[g, 0] += take
                seen[g, 1] += persons
        for g in range(3):
            for place in range(1, levels):
                for n in range(3):
                    added[g, place, n] += added[g, place - 1, n]
            for i in range(len(places)):
                wrong = places[i, 0] if g == 0 else places[i, 1]
                sums[r, i, g, 0] = seen[g, 0]
                sums[r, i, g, 1] = added[g, wrong, 0]
                sums[r, i, g, 2] = seen[g, 1]
                sums[r, i, g, 3] = added[g, wrong, 1]
                sums[r, i, g, 4] = seen[g, 0] - added[g, places[i, 2], 2]
    return sums
