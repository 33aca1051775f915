"""Where to cut a continuous measure, such as remoteness, into strata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampler.errors import refuse
from scenarios.planning.allocation import neyman, variance_of_total

Floats = NDArray[np.float64]


def cumulative_root(values: ArrayLike, strata: int, *, classes: int = 50) -> Floats:
    """Return boundaries at equal steps of the cumulated square roots of class frequencies.

    Parameters
    ----------
    values : array_like, shape (N,)
        The measure of every unit.
    strata : int
        How many strata.
    classes : int, default 50
        Of equal width.

    Returns
    -------
    ndarray, shape (strata - 1,)
        Rising; a unit belongs to the first stratum whose boundary is not below it.

    Raises
    ------
    InputError
        ``strata_too_many``.

    References
    ----------
    Dalenius & Hodges (1959), JASA 54:88; Cochran (1977), section 5A.7.

    Examples
    --------
    >>> cumulative_root(np.arange(1, 101), 2, classes=10).tolist()
    [50.5]
    """
    x = _measure(values, strata)
    counts, edges = np.histogram(x, bins=classes)
    cumulated = np.cumsum(np.sqrt(counts))
    steps = cumulated[-1] * np.arange(1, strata) / strata
    return np.asarray([edges[int(np.argmin(np.abs(cumulated - step))) + 1] for step in steps])


def geometric(values: ArrayLike, strata: int) -> Floats:
    """Return boundaries in geometric progression, for very skewed positive measures.

    Parameters
    ----------
    values : array_like, shape (N,)
        The measure of every unit, above 0.
    strata : int
        How many strata.

    Raises
    ------
    InputError
        ``strata_too_many``, ``measure_not_positive``.

    References
    ----------
    Gunning & Horgan (2004), Survey Methodology 30:159.

    Examples
    --------
    >>> geometric([1, 3, 20, 40, 500, 1000], 3).round(6).tolist()
    [10.0, 100.0]
    """
    x = _measure(values, strata)
    if x.min() <= 0:
        raise refuse("measure_not_positive", found=f"{x.min():g}")
    return np.asarray(x.min() * (x.max() / x.min()) ** (np.arange(1, strata) / strata))


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Boundaries and what they are worth.

    Parameters
    ----------
    boundaries : tuple of float
        Rising.
    variance : float
        Of the estimated total of the measure, with Neyman's allocation.
    """

    boundaries: tuple[float, ...]
    variance: float


def variance_with(values: ArrayLike, boundaries: Sequence[float], total: int) -> float:
    """Return the variance of the estimated total of a measure that is cut at boundaries, under Neyman's allocation.

    Parameters
    ----------
    values : array_like, shape (N,)
        The measure of every unit.
    boundaries : sequence of float
        Rising.
    total : int
        Units of the sample.

    Returns
    -------
    float
        Infinite where a stratum has fewer than two units: its spread could not be estimated.
    """
    x = np.asarray(values, dtype=np.float64)
    stratum = np.searchsorted(np.asarray(boundaries), x, side="left")
    sizes = np.bincount(stratum, minlength=len(boundaries) + 1)
    if sizes.min() < 2:
        return float("inf")
    deviations = np.array([x[stratum == h].std(ddof=1) for h in range(len(sizes))])
    if not deviations.any():
        return 0.0
    takes = np.clip(neyman(sizes, deviations, total), min(2.0, total / len(sizes)), sizes)
    return variance_of_total(sizes, deviations, takes)


def search(values: ArrayLike, strata: int, total: int, *, rng: np.random.Generator, starts: int = 8) -> Cut:
    """Return the boundaries of least variance that a random search finds.

    Boundaries move by a few units at a time and stay where they lower the variance; the best of several starts, the
    rule of cumulated roots among them, is returned. Sethi's iteration of the same problem can cycle.

    Parameters
    ----------
    values : array_like, shape (N,)
        The measure of every unit.
    strata : int
        How many strata.
    total : int
        Units of the sample.
    rng : Generator
        Of the moves.
    starts : int, default 8
        How often it begins anew.

    References
    ----------
    Lavallée & Hidiroglou (1988), Survey Methodology 14:33; Kozak (2004), Statistics in Transition 6:797.

    Examples
    --------
    >>> values = np.concatenate([np.arange(20.0), 1000 + np.arange(20.0)])
    >>> cut = search(values, 2, 8, rng=np.random.default_rng(1))
    >>> 19 <= cut.boundaries[0] < 1000
    True
    """
    x = np.sort(_measure(values, strata))
    # Boundaries are places between units: moving them by units is all that matters.
    best = _of_places(x, _places(x, cumulative_root(x, strata)), total)
    for start in range(starts):
        places = _places(x, best[0]) if start == 0 else np.sort(rng.choice(np.arange(2, len(x) - 1), strata - 1, False))
        best = min(best, _climbed(x, places, total, rng), key=lambda found: found[1])
    return Cut(boundaries=tuple(float(each) for each in best[0]), variance=best[1])


_IDLE = 150  # moves in a row that gain nothing: the search has arrived


def _climbed(x: Floats, places: NDArray[np.int64], total: int, rng: np.random.Generator) -> tuple[Floats, float]:
    now, idle = _of_places(x, places, total), 0
    while idle < _IDLE:
        moved = places.copy()
        which = int(rng.integers(len(places)))
        step = int(rng.integers(1, 1 + max(1, len(x) // 20))) * (1 if rng.random() < 0.5 else -1)
        moved[which] = min(max(moved[which] + step, 1), len(x) - 1)
        moved.sort()
        then = _of_places(x, moved, total)
        if then[1] < now[1]:
            places, now, idle = moved, then, 0
        else:
            idle += 1
    return now


def _of_places(x: Floats, places: NDArray[np.int64], total: int) -> tuple[Floats, float]:
    boundaries = x[places - 1]
    return boundaries, variance_with(x, list(boundaries), total)


def _places(x: Floats, boundaries: Floats) -> NDArray[np.int64]:
    return np.clip(np.searchsorted(x, boundaries, side="right"), 1, len(x) - 1)


def _measure(values: ArrayLike, strata: int) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if not 2 <= strata <= max(len(x) // 2, 1) or np.ptp(x) == 0:
        raise refuse("strata_too_many", found=strata, allowed=len(x) // 2 if np.ptp(x) else 1)
    return x
