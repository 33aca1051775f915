"""What makes strata of a county's villages, and how a number of villages is shared out among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sampler.domains import Count, OversampleFactor, PositiveCount, describe, holds, require_domains
from sampler.errors import InputError, Mistake, refuse
from sampler.frame import Frame, Ints

Floats = NDArray[np.float64]

COLUMNS = ("remote", "poor_village", "township", "distance")


@dataclass(frozen=True, kw_only=True)
class Stratification:
    """The columns of the village table whose values, crossed, make the strata.

    Parameters
    ----------
    by : tuple of str
        Some of `COLUMNS`, in order; none for a single stratum, ``"all"``.
    distance_km : tuple of Decimal
        Rising inner limits of the bands of the distance from the county seat, for ``"distance"``; a village at a limit
        lies in the farther band.
    merge_below : int
        Strata with fewer villages are merged, the smallest first, with the neighbouring stratum that shares most of
        their leading values (of two alike with the smaller one): a stratum of one village has no variance.

    Raises
    ------
    InputError
        ``outside_domain`` for `merge_below`, ``strata_column`` for a column that does not exist, ``bands_missing`` and
        ``bands_not_rising`` for bands.
    """

    by: tuple[str, ...] = ("remote",)
    distance_km: tuple[Decimal, ...] = ()
    merge_below: Count = 0

    def __post_init__(self) -> None:
        require_domains(self)
        wrong = [
            Mistake("strata_column", {"key": "plan.strata", "found": column, "allowed": ", ".join(COLUMNS)})
            for column in self.by
            if column not in COLUMNS
        ]
        if len(set(self.by)) < len(self.by):
            wrong.append(Mistake("strata_twice", {"key": "plan.strata", "found": ", ".join(self.by)}))
        if ("distance" in self.by) != bool(self.distance_km):
            wrong.append(Mistake("bands_missing", {"key": "plan.distance_km"}))
        if any(near >= far for near, far in pairwise((Decimal(0), *self.distance_km))):
            wrong.append(Mistake("bands_not_rising", {"key": "plan.distance_km"}))
        if wrong:
            raise InputError(wrong)

    def labels(self, frame: Frame) -> tuple[tuple[str, ...], ...]:
        """Return the value of each column for each village, as V tuples.

        Raises
        ------
        InputError
            ``distance_missing`` where the list has no distances.
        """
        columns: list[list[str]] = []
        for column in self.by:
            if column == "township":
                columns.append(list(frame.townships))
            elif column == "distance":
                columns.append(self._bands(frame))
            else:
                names = {"remote": ("ordinary", "remote"), "poor_village": ("not_poor", "poor")}[column]
                flags = frame.remote if column == "remote" else frame.poor_village
                columns.append([names[flag] for flag in flags.astype(int).tolist()])
        return tuple(zip(*columns, strict=True)) if columns else (("all",),) * len(frame.codes)

    def _bands(self, frame: Frame) -> list[str]:
        if frame.distance_km is None:
            raise refuse("distance_missing", key="plan.strata", found="distance", allowed="distance_km")
        limits = [f"{limit.normalize():f}" for limit in self.distance_km]
        names = [f"0-{limits[0]}km", *(f"{near}-{far}km" for near, far in pairwise(limits)), f"{limits[-1]}km+"]
        band = np.searchsorted([float(limit) for limit in self.distance_km], frame.distance_km, side="right")
        return [names[b] for b in band.tolist()]

    def members(self, frame: Frame) -> dict[str, Ints]:
        """Return the villages of each stratum, by its name (crossed values joined by a stroke).

        Strata stand in the order of their columns' values: ordinary before remote, not poor before poor, nearer bands
        before farther ones, townships as they first appear. Merged strata are joined by a bar, the largest first.

        Examples
        --------
        >>> from sampler.frame import frame_from_counts
        >>> frame = frame_from_counts(name="x", codes="abc", villages="ABC", townships="TUT",
        ...     remote=[False, True, True], group_households=np.ones((3, 3), dtype=int),
        ...     group_persons=np.ones((3, 3), dtype=int))
        >>> {name: found.tolist() for name, found in Stratification(by=("remote", "township")).members(frame).items()}
        {'ordinary/T': [0], 'remote/T': [2], 'remote/U': [1]}
        """
        labels = self.labels(frame)
        ranks = [self._ranks(column, [label[k] for label in labels]) for k, column in enumerate(self.by)]
        keys = sorted(
            set(labels), key=lambda label: tuple(rank[part] for rank, part in zip(ranks, label, strict=False))
        )
        strata = [([key], [i for i, label in enumerate(labels) if label == key]) for key in keys]
        while len(strata) > 1 and min(len(villages) for _, villages in strata) < self.merge_below:
            strata = _with_smallest_merged(strata)
        return {
            "|".join("/".join(key) for key in parts): np.array(sorted(villages), dtype=np.int64)
            for parts, villages in strata
        }

    def _ranks(self, column: str, values: list[str]) -> dict[str, int]:
        if column == "distance":
            found = sorted(set(values), key=lambda name: float(name.split("-")[0].removesuffix("km+")))
        elif column == "township":
            found = list(dict.fromkeys(values))
        else:
            found = ["ordinary", "remote", "not_poor", "poor"]
        return {name: rank for rank, name in enumerate(found)}


_Merged = tuple[list[tuple[str, ...]], list[int]]  # labels, the largest part's first, and villages


def _with_smallest_merged(strata: list[_Merged]) -> list[_Merged]:
    """Return strata, in order, the smallest merged with the neighbour most like it."""
    smallest = min(range(len(strata)), key=lambda h: len(strata[h][1]))
    labels, _ = strata[smallest]

    def unlike(h: int) -> tuple[int, int]:
        shared = next((k for k, (a, b) in enumerate(zip(labels[0], strata[h][0][0], strict=True)) if a != b), 0)
        return -shared, len(strata[h][1])

    other = min((h for h in (smallest - 1, smallest + 1) if 0 <= h < len(strata)), key=unlike)
    large, small = sorted((strata[other], strata[smallest]), key=lambda stratum: -len(stratum[1]))
    merged = (large[0] + small[0], large[1] + small[1])
    place = min(other, smallest)
    return [*strata[:place], merged, *strata[place + 2 :]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Oversample:
    """Villages in all, shared out among the strata in proportion to their villages times a factor.

    Parameters
    ----------
    villages : int
        Villages to be drawn in the county; all of them where it has fewer.
    factors : mapping of str to Decimal
        Factor by value of a column (``{"remote": 2}``: a remote village is drawn twice as often as an ordinary one);
        1 where none is named, and in crossed strata the product. Merged strata have that of their largest part.
    """

    villages: PositiveCount
    factors: Mapping[str, OversampleFactor] = field(default_factory=lambda: {"remote": Decimal(2)})

    def __post_init__(self) -> None:
        require_domains(self)
        wrong = [
            Mistake(
                "outside_domain",
                {"key": f"oversample.{name}", "found": str(factor), "allowed": describe(OversampleFactor)},
            )
            for name, factor in self.factors.items()
            if not holds(factor, OversampleFactor)
        ]
        if wrong:
            raise InputError(wrong)

    def allocate(self, members: Mapping[str, Ints]) -> dict[str, int]:
        """Return the villages to be drawn by stratum.

        At least two are drawn from a stratum that has two, since a variance needs them, or one, where `villages`
        allows; what is left over by rounding goes to the largest fractions.

        Parameters
        ----------
        members : mapping of str to ndarray of int64
            The strata, as `Stratification.members` gives them.

        Examples
        --------
        >>> members = {"ordinary": np.arange(30), "remote": np.arange(30, 40)}
        >>> Oversample(villages=10).allocate(members)
        {'ordinary': 6, 'remote': 4}
        """
        sizes = np.array([len(villages) for villages in members.values()], dtype=np.int64)
        total = min(int(self.villages), int(sizes.sum()))
        weight = sizes * np.array([self._factor(name) for name in members])
        least = next(few for most in (2, 1, 0) if (few := np.minimum(sizes, most)).sum() <= total)
        wanted = _shared(total, weight, least.astype(np.float64), sizes.astype(np.float64))
        drawn = np.clip(np.floor(wanted + 1e-9), least, sizes).astype(np.int64)
        # Ties go to the later stratum, which is the remote one where there are two.
        order = sorted(range(len(sizes)), key=lambda h: (round(float(wanted[h] - drawn[h]), 9), h), reverse=True)
        while (missing := total - int(drawn.sum())) > 0:
            for h in [h for h in order if drawn[h] < sizes[h]][:missing]:
                drawn[h] += 1
        return dict(zip(members, drawn.tolist(), strict=True))

    def _factor(self, name: str) -> float:
        return float(np.prod([float(self.factors.get(part, 1)) for part in name.split("|", maxsplit=1)[0].split("/")]))


def _shared(total: int, weight: Floats, least: Floats, most: Floats) -> Floats:
    """Return shares in proportion to weight between bounds, which add up to `total`: the multiplier by bisection."""
    low, high = 0.0, (float(most.sum()) + 1) / float(weight[weight > 0].min(initial=np.inf))
    while low < (middle := (low + high) / 2) < high:  # until they are neighbours
        few = np.minimum(np.maximum(middle * weight, least), most).sum() < total
        low, high = (middle, high) if few else (low, middle)
    shares: Floats = np.clip(high * weight, least, most)
    return shares
