"""The inspection's plan over a frame: strata, how villages are selected in them, and who is visited in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache

import numpy as np

from sampler.design import Design, Floats, Units, inclusion_probabilities
from sampler.designs import DESIGNS
from sampler.domains import Count, describe, holds
from sampler.errors import InputError, Mistake, refuse
from sampler.frame import GROUPS, Bools, Frame, Ints
from sampler.stratify import Oversample, Stratification

__all__ = ["SIZES", "STRATA", "Oversample", "Plan", "Stratum"]

STRATA = ("ordinary", "remote")
CERTAIN = "certain"  # what is added to the name of a stratum of villages that are drawn for certain

# Measures of size of a village, from its counts by group, shape (V, 3) each.
SIZES = ("persons", "households", *(f"{group}_{unit}" for group in GROUPS for unit in ("households", "persons")))


@dataclass(frozen=True, kw_only=True, eq=False)
class Stratum:
    """Villages from which a sample is drawn by a design.

    Parameters
    ----------
    name : str
        For example ``"remote"``; villages drawn for certain stand in a stratum of their own, ``"remote/certain"``.
    villages : ndarray of int64, shape (M,)
        Indices of its villages in the frame.
    drawn : int
        Number of villages to be drawn, 0..M.
    selection : str
        How: an entry of `sampler.designs.DESIGNS`.
    design : Design
        That design over these villages.
    """

    name: str
    villages: Ints
    drawn: int
    selection: str
    design: Design


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A two-stage plan: villages by stratum, then households by drawn village and group.

    Parameters
    ----------
    villages : mapping of str to int, or Oversample
        Villages to be drawn by stratum (every stratum of the frame must be named), or in all.
    take : mapping of str to int
        Households to be drawn by SRSWOR in each drawn village, by group; all of them where a village has fewer. A
        group that is not named is not visited.
    stratification : Stratification
        What makes the strata; ordinary and remote villages by default.
    selection : str
        How villages are selected inside a stratum: an entry of `sampler.designs.DESIGNS`.
    size : str, optional
        Measure of size, one of `SIZES`; for a design that needs one, persons where it is left out, and for one that can
        do without, equal probabilities.
    certainty : bool
        Whether villages too large for their stratum's sample are drawn for certain; otherwise they are refused.
    certain : tuple of str
        Codes of villages drawn for certain whatever the design (every village with a petition, say).
    key_households : bool
        Whether all key households (重点户) of drawn villages are visited; the takes then come from the others.
    hamlets : int
        Hamlets (村民小组) of each drawn village, drawn by SRSWOR, of which every household is visited; the takes then
        come from the others.

    Raises
    ------
    InputError
        ``unknown_key`` and ``outside_domain`` for takes, measures and designs that do not exist.
    """

    villages: Mapping[str, Count] | Oversample
    take: Mapping[str, Count] = field(default_factory=dict)
    stratification: Stratification = field(default_factory=Stratification)
    selection: str = "srs"
    size: str | None = None
    certainty: bool = True
    certain: tuple[str, ...] = ()
    key_households: bool = False
    hamlets: Count = 0

    def __post_init__(self) -> None:
        named = {} if isinstance(self.villages, Oversample) else self.villages
        wrong = [
            Mistake("unknown_key", {"key": f"plan.take.{key}", "allowed": ", ".join(GROUPS)})
            for key in self.take
            if key not in GROUPS
        ]
        wrong += [
            Mistake("outside_domain", {"key": f"plan.{key}", "found": found, "allowed": ", ".join(allowed)})
            for key, found, allowed in (("selection", self.selection, DESIGNS), ("size", self.size, SIZES))
            if found is not None and found not in allowed
        ]
        wrong += [
            Mistake("outside_domain", {"key": f"plan.{table}.{key}", "found": str(value), "allowed": describe(Count)})
            for table, given in (("villages", named), ("take", self.take))
            for key, value in given.items()
            if not holds(value, Count)
        ]
        if self.size in SIZES and self.selection in DESIGNS and DESIGNS[self.selection].size == "ignored":
            wrong.append(Mistake("size_ignored", {"key": "plan.size", "found": self.size, "allowed": self.selection}))
        if not holds(self.hamlets, Count):
            wrong.append(
                Mistake("outside_domain", {"key": "plan.hamlets", "found": self.hamlets, "allowed": describe(Count)})
            )
        if wrong:
            raise InputError(wrong)

    @property
    def measure(self) -> str | None:
        """Measure of size that the inclusion probabilities follow; None where they are equal within a stratum."""
        return self.size or ("persons" if DESIGNS[self.selection].size == "required" else None)

    @property
    def plain(self) -> bool:
        """Whether households are drawn by the takes alone, with no part that is visited completely."""
        return not self.key_households and self.hamlets == 0

    def strata(self, frame: Frame) -> tuple[Stratum, ...]:
        """Return the strata of a frame with the villages to be drawn; made once for each plan and frame.

        Raises
        ------
        InputError
            ``stratum_missing`` when the plan does not name a stratum, ``unknown_stratum`` when it names one that is
            not there (``no_remote_villages`` and ``no_ordinary_villages`` for these), ``too_many_villages`` when it
            wants more than there are, ``unknown_certain`` for a village that is not in the list, ``hamlets_missing``
            and ``key_missing`` for parts of which the frame marks nobody; what the design and the stratification
            refuse, with the stratum.
        """
        return _strata(self, frame)

    def chance(self, frame: Frame) -> Floats:
        """Return the chance that each village is drawn, shape (V,)."""
        chance = np.zeros(len(frame.codes))
        for stratum in self.strata(frame):
            chance[stratum.villages] = stratum.design.first
        return chance

    def takes(self) -> Ints:
        """Return the take of each group, in the order of `GROUPS`, shape (3,)."""
        return np.array([self.take.get(group, 0) for group in GROUPS], dtype=np.int64)

    def visited_households(self, frame: Frame) -> Ints:
        """Return how many households a drawn village gives by group under a plain plan, shape (V, 3)."""
        return np.minimum(frame.group_households, self.takes())


def village_size(frame: Frame, measure: str) -> Floats:
    """Return a measure of size of each village, shape (V,).

    Examples
    --------
    >>> from sampler.frame import frame_from_counts
    >>> frame = frame_from_counts(name="x", codes="a", villages="A", townships="T", remote=[False],
    ...     group_households=np.array([[2, 1, 3]]), group_persons=np.array([[5, 2, 9]]))
    >>> village_size(frame, "persons"), village_size(frame, "exited_households")
    (array([16.]), array([2.]))
    """
    group, _, unit = measure.rpartition("_")
    counts = frame.group_persons if unit == "persons" else frame.group_households
    size: Floats = (counts[:, GROUPS.index(group)] if group else counts.sum(axis=1)).astype(np.float64)
    return size


@lru_cache(maxsize=512)
def _strata(plan: Plan, frame: Frame) -> tuple[Stratum, ...]:
    members = plan.stratification.members(frame)
    _require_marks(plan, frame)
    certain = _certain(plan, frame)
    wanted = plan.villages.allocate(members) if isinstance(plan.villages, Oversample) else plan.villages
    strata: list[Stratum] = []
    wrong = [mistake for name in wanted if name not in members for mistake in _not_there(name, wanted[name], members)]
    for name, villages in members.items():
        try:
            _require_drawable(name, len(villages), wanted.get(name))
            strata += _parts(plan, frame, name, villages, certain[villages], wanted[name])
        except InputError as error:
            wrong += [m if "stratum" in m.fields or "key" in m.fields else m.at(stratum=name) for m in error.mistakes]
    if wrong:
        raise InputError(wrong)
    return tuple(strata)


def _require_marks(plan: Plan, frame: Frame) -> None:
    """Refuse parts of which the frame marks nobody."""
    wrong = []
    if plan.hamlets and frame.household_hamlet is None:
        wrong.append(Mistake("hamlets_missing", {"key": "plan.hamlets", "found": plan.hamlets}))
    if plan.key_households and not frame.household_key.any():
        wrong.append(Mistake("key_missing", {"key": "plan.key_households"}))
    if wrong:
        raise InputError(wrong)


def _certain(plan: Plan, frame: Frame) -> Bools:
    """Say of each village whether the plan names it, shape (V,)."""
    unknown = sorted(set(plan.certain) - set(frame.codes))
    if unknown:
        raise InputError(Mistake("unknown_certain", {"key": "plan.certain", "found": code}) for code in unknown)
    named = set(plan.certain)
    return np.array([code in named for code in frame.codes], dtype=bool)


def _parts(plan: Plan, frame: Frame, name: str, villages: Ints, named: Bools, drawn: int) -> list[Stratum]:
    """Return a stratum, and the one of its certain villages where there are some."""
    entry = DESIGNS[plan.selection]
    left = drawn - int(named.sum())
    if left < 0:
        raise refuse("certain_above_drawn", found=int(named.sum()), allowed=drawn)
    chance = np.ones(len(villages))
    if plan.measure is None:
        chance[~named] = left / max(int((~named).sum()), 1)
    else:
        size = village_size(frame, plan.measure)[villages]
        try:
            chance[~named] = inclusion_probabilities(size[~named], left, certainty=plan.certainty)
        except InputError as error:
            codes = [frame.villages[i] for i in villages[~named]]
            raise InputError(
                m.at(village=codes[int(unit)]) if (unit := m.fields.get("unit")) is not None else m
                for m in error.mistakes
            ) from error
    if left == int((~named).sum()):
        chance[:] = 1.0  # the whole stratum is drawn: nothing is set apart
    sure = (chance == 1.0) & bool((chance != 1.0).any())
    found = []
    for suffix, some in (("", ~sure), (f"/{CERTAIN}", sure)):
        if some.any():
            units = Units(chance=chance[some], location=_location(entry.located, frame, villages[some]))
            selection = "srs" if suffix else plan.selection
            found.append(
                Stratum(
                    name=name + suffix,
                    villages=villages[some],
                    drawn=units.drawn,
                    selection=selection,
                    design=DESIGNS[selection].make(units),
                )
            )
    return found


def _location(located: bool, frame: Frame, villages: Ints) -> Floats | None:
    return None if not located or frame.location_km is None else frame.location_km[villages]


def _not_there(name: str, wanted: int, members: Mapping[str, Ints]) -> list[Mistake]:
    """Return the mistake of naming a stratum that the frame has not; 0 villages of an empty one are no mistake."""
    if set(members) <= set(STRATA) and name in STRATA:
        return [Mistake(f"no_{name}_villages", {"key": f"plan.villages.{name}", "found": wanted})] if wanted else []
    close = get_close_matches(name, members, n=1)
    where = {"key": f"plan.villages.{name}", "nearest": close[0] if close else "", "allowed": ", ".join(members)}
    return [Mistake("unknown_stratum", where)]


def _require_drawable(name: str, available: int, wanted: int | None) -> None:
    if wanted is None:
        raise refuse("stratum_missing", key=f"plan.villages.{name}", allowed=available)
    if wanted > available:
        raise refuse("too_many_villages", key=f"plan.villages.{name}", found=wanted, allowed=available)
