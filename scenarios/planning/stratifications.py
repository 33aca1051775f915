"""The stratifications that a county's list permits, for comparison."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from sampler.errors import InputError
from sampler.frame import Frame
from sampler.stratify import Stratification
from scenarios.planning.boundaries import cumulative_root, geometric, search

MERGE_BELOW = 2  # a stratum of one village has no variance
_BANDS = (2, 3)


def stratifications(frame: Frame, *, drawn: int, seed: int = 0) -> tuple[Stratification, ...]:
    """Return every stratification that is worth comparing: none, each column alone, some crossed, bands of distance.

    Parameters
    ----------
    frame : Frame
        The county.
    drawn : int
        Villages of the sample, for which boundaries are optimised.
    seed : int
        Of the search for boundaries.

    Returns
    -------
    tuple of Stratification
        Those that make different strata, lonely ones merged.

    Examples
    --------
    >>> from scenarios import load
    >>> [each.by for each in stratifications(load("example").frame, drawn=29)][:4]
    [(), ('remote',), ('poor_village',), ('remote', 'poor_village')]
    """
    columns: list[tuple[str, ...]] = [(), ("remote",), ("poor_village",), ("remote", "poor_village"), ("township",)]
    wanted = [Stratification(by=by, merge_below=MERGE_BELOW) for by in columns]
    for limits in _limits(frame, drawn, seed):
        wanted.append(Stratification(by=("distance",), distance_km=limits, merge_below=MERGE_BELOW))
        if len(limits) == 1:
            wanted.append(Stratification(by=("remote", "distance"), distance_km=limits, merge_below=MERGE_BELOW))
    found: dict[frozenset[tuple[int, ...]], Stratification] = {}
    for each in wanted:
        found.setdefault(frozenset(tuple(villages.tolist()) for villages in each.members(frame).values()), each)
    return tuple(found.values())


def _limits(frame: Frame, drawn: int, seed: int) -> list[tuple[Decimal, ...]]:
    """Return limits of bands of the distance by cumulated roots, in geometric progression, and of least variance."""
    if frame.distance_km is None:
        return []
    found: list[tuple[Decimal, ...]] = []
    for bands in _BANDS:
        try:
            cuts = [
                cumulative_root(frame.distance_km, bands),
                *([geometric(frame.distance_km, bands)] if frame.distance_km.min() > 0 else []),
                np.asarray(search(frame.distance_km, bands, drawn, rng=np.random.default_rng(seed)).boundaries),
            ]
        except InputError:  # too few different distances for so many bands
            continue
        for cut in cuts:
            limits = [frame.distance_km[frame.distance_km > boundary] for boundary in cut]
            if all(len(beyond) for beyond in limits):
                # A village at a limit lies in the farther band: its limit is the nearest distance there.
                rising = tuple(dict.fromkeys(Decimal(str(beyond.min())) for beyond in limits))
                if rising[0] > 0:
                    found.append(rising)
    return list(dict.fromkeys(found))


def favoured(stratification: Stratification, frame: Frame) -> str | None:
    """Return the value whose villages a factor may favour: remote, else the farthest band, else poor; None for none.

    Examples
    --------
    >>> from scenarios import load
    >>> favoured(Stratification(by=("poor_village", "remote")), load("example").frame)
    'remote'
    """
    if "remote" in stratification.by:
        return "remote"
    if "distance" in stratification.by:
        place = stratification.by.index("distance")
        last = list(stratification.members(frame))[-1]
        return last.split("|")[0].split("/")[place]
    return "poor" if "poor_village" in stratification.by else None
