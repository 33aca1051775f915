"""The inspection's plan over a frame: strata, villages per stratum, and the take of households by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import numpy as np

from sampler.domains import Count, OversampleFactor, PositiveCount, describe, holds, require_domains
from sampler.errors import InputError, Mistake
from sampler.frame import GROUPS, Frame, Ints

STRATA = ("ordinary", "remote")


@dataclass(frozen=True, kw_only=True, eq=False)
class Stratum:
    """Villages from which a simple random sample is drawn.

    Parameters
    ----------
    name : str
        One of `STRATA`.
    villages : ndarray of int64, shape (M,)
        Indices of its villages in the frame.
    drawn : int
        Number of villages to be drawn, 0..M.
    """

    name: str
    villages: Ints
    drawn: int


@dataclass(frozen=True, kw_only=True)
class Oversample:
    """Villages in all, shared out so that a remote village is drawn `factor` times as often as an ordinary one.

    Parameters
    ----------
    villages : int
        Villages to be drawn in the county; all of them where it has fewer.
    factor : Decimal, default 2
        Sampling fraction of remote villages over that of ordinary ones.
    """

    villages: PositiveCount
    factor: OversampleFactor = Decimal(2)

    def __post_init__(self) -> None:
        require_domains(self)

    def allocate(self, frame: Frame) -> dict[str, int]:
        """Return the villages to be drawn by stratum.

        At least two are drawn from a stratum that has two, since a variance needs them, as far as `villages` allows.

        Examples
        --------
        >>> from sampler.frame import frame_from_counts
        >>> frame = frame_from_counts(name="x", codes=range(40), villages=range(40), townships=range(40),
        ...     remote=[i < 10 for i in range(40)], group_households=np.ones((40, 3), dtype=int),
        ...     group_persons=np.ones((40, 3), dtype=int))
        >>> Oversample(villages=10).allocate(frame)
        {'ordinary': 6, 'remote': 4}
        """
        remote = int(frame.remote.sum())
        ordinary = len(frame.codes) - remote
        total = min(self.villages, ordinary + remote)
        weighted = float(self.factor) * remote
        wanted = int(np.floor(total * weighted / (ordinary + weighted) + 0.5))
        least = max(total - ordinary, min(2, remote, total // 2))
        most = min(remote, total - min(2, ordinary, total // 2))
        drawn = min(max(wanted, least), most)
        return {"ordinary": total - drawn, "remote": drawn}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A two-stage plan: SRSWOR of villages by stratum, SRSWOR of households by drawn village and group.

    Parameters
    ----------
    villages : mapping of str to int, or Oversample
        Villages to be drawn by stratum (every stratum of the frame must be named), or in all.
    take : mapping of str to int
        Households to be drawn in each drawn village, by group; all of them where a village has fewer. A group
        that is not named is not visited.
    selection : {"srs"}
        How villages are selected inside a stratum.
    """

    villages: Mapping[str, Count] | Oversample
    take: Mapping[str, Count] = field(default_factory=dict)
    selection: Literal["srs"] = "srs"

    def __post_init__(self) -> None:
        named = {} if isinstance(self.villages, Oversample) else self.villages
        wrong = [
            Mistake("unknown_key", {"key": f"plan.{table}.{key}", "allowed": ", ".join(allowed)})
            for table, given, allowed in (("villages", named, STRATA), ("take", self.take, GROUPS))
            for key in given
            if key not in allowed
        ]
        wrong += [
            Mistake("outside_domain", {"key": f"plan.{table}.{key}", "found": str(value), "allowed": describe(Count)})
            for table, given in (("villages", named), ("take", self.take))
            for key, value in given.items()
            if not holds(value, Count)
        ]
        if wrong:
            raise InputError(wrong)

    def strata(self, frame: Frame) -> tuple[Stratum, ...]:
        """Return the strata of a frame with the villages to be drawn.

        Raises
        ------
        InputError
            ``stratum_missing`` when the plan does not name a stratum,
            ``no_remote_villages`` or ``no_ordinary_villages`` when it wants some where there are none,
            ``too_many_villages`` when it wants more than there are.
        """
        wanted = self.villages.allocate(frame) if isinstance(self.villages, Oversample) else self.villages
        members = {"ordinary": np.flatnonzero(~frame.remote), "remote": np.flatnonzero(frame.remote)}
        wrong = [mistake for name in STRATA for mistake in _mistakes(name, len(members[name]), wanted.get(name))]
        if wrong:
            raise InputError(wrong)
        return tuple(
            Stratum(name=name, villages=members[name], drawn=wanted[name]) for name in STRATA if len(members[name])
        )

    def takes(self) -> Ints:
        """Return the take of each group, in the order of `GROUPS`, shape (3,)."""
        return np.array([self.take.get(group, 0) for group in GROUPS], dtype=np.int64)

    def visited_households(self, frame: Frame) -> Ints:
        """Return how many households a drawn village gives by group, shape (V, 3)."""
        return np.minimum(frame.group_households, self.takes())


def _mistakes(name: str, available: int, wanted: int | None) -> list[Mistake]:
    if wanted is None:
        return [Mistake("stratum_missing", {"key": f"plan.villages.{name}", "allowed": available})]
    if wanted > 0 and available == 0:
        return [Mistake(f"no_{name}_villages", {"key": f"plan.villages.{name}", "found": wanted})]
    if wanted > available:
        return [Mistake("too_many_villages", {"key": f"plan.villages.{name}", "found": wanted, "allowed": available})]
    return []
