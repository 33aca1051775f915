"""The lists of one inspection: drawn villages, households in their random order, what two-stage draws make of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sampler.draws import Draws
from sampler.frame import GROUPS, Frame, Ints
from sampler.plan import Plan
from scenarios.questions.inspection import Inspection
from scenarios.questions.reach import Floats


@dataclass(frozen=True, kw_only=True)
class DrawnVillage:
    """A drawn village.

    Parameters
    ----------
    number : int
        Which of the drawn ones, from 1: stratum by stratum, in the order in which the design drew them.
    village : int
        Index in the frame.
    stratum, selection : str
        Its stratum and the design that drew it.
    chance : float
        Inclusion probability in its stratum.
    there, wanted : tuple of int
        Its households by group, and how many of them are to be visited; under a spot check, of the villages that the
        province drew, how many questionnaires there are.
    """

    number: int
    village: int
    stratum: str
    selection: str
    chance: float
    there: tuple[int, ...]
    wanted: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A household of a list.

    Parameters
    ----------
    household : int
        Index in the frame.
    number : int
        Number of its drawn village.
    group : int
        Index in `GROUPS`.
    part : str
        ``"ordinary"``, or what it is visited for completely (``"key"``, ``"hamlet"``); of a re-check the list's name.
    order : int
        Place in the random order of its village and group (a questionnaire: in its list), from 1.
    chance : float or None
        Inclusion probability: the village's times that of the household within the village, and after a second phase
        times that of its questionnaire. None for reserves, which have none of their own.
    weight : float or None
        What it stands for in the weighted rates; None for what enters none.
    recorded : int or None
        What the province recorded: wrong persons. None where it visited nobody.
    again : bool
        Whether it stands in the re-visit list too, so that it is visited once.
    """

    household: int
    number: int
    group: int
    part: str
    order: int
    chance: float | None = None
    weight: float | None = None
    recorded: int | None = None
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Questionnaires of one township and provincial result, of which the second phase draws.

    Parameters
    ----------
    township : str
        Its name.
    error : bool
        Whether the province recorded an error.
    size, desk, revisit : int
        Questionnaires, how many of them are checked at a desk, and how many households are visited again.
    """

    township: str
    error: bool
    size: int
    desk: int
    revisit: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Roster:
    """The lists of one inspection.

    Parameters
    ----------
    villages : tuple of DrawnVillage
        In order.
    visits, reserves : tuple of Entry
        Households to be visited, and those that stand in for them, by village, group and random order; of a spot check
        its fresh remote households.
    desk, revisit, revisit_reserves : tuple of Entry
        Of a spot check: questionnaires checked at a desk, households visited again, and those that stand in for them.
    cells : tuple of Cell
        Of a spot check.
    fresh_from : int
        Number of the first village that a spot check drew afresh; 1 where there is no spot check.
    """

    villages: tuple[DrawnVillage, ...]
    visits: tuple[Entry, ...]
    reserves: tuple[Entry, ...]
    desk: tuple[Entry, ...] = ()
    revisit: tuple[Entry, ...] = ()
    revisit_reserves: tuple[Entry, ...] = ()
    cells: tuple[Cell, ...] = ()
    fresh_from: int = 1


def with_reserves(plan: Plan, frame: Frame, reserves: int) -> Plan:
    """Return a plan whose takes leave reserves."""
    most = len(frame.household_persons)
    take = {group: min(few, most) + min(reserves, most) for group, few in plan.take.items() if few}
    return replace(plan, take=take)


def in_order(draws: Draws, takes: Ints) -> tuple[Ints, Ints]:
    """Return the rows that are visited, and those that are left over of each ordinary block."""
    rank = _rank(draws)
    ordinary = draws.block < len(GROUPS)
    spare = ordinary & (rank >= takes[draws.block % len(GROUPS)])
    return np.flatnonzero(~spare), np.flatnonzero(spare)


def _rank(draws: Draws) -> Ints:
    """Return the place of each row in its village and block, from 0, shape (n,); rows stand in order."""
    key = draws.slot * draws.block_sizes.shape[2] + draws.block
    first = np.r_[True, key[1:] != key[:-1]] if len(key) else np.zeros(0, dtype=bool)
    starts = np.flatnonzero(first)
    rank: Ints = np.arange(len(key)) - np.repeat(starts, np.diff(np.r_[starts, len(key)]))
    return rank


def drawn_villages(inspection: Inspection, draws: Draws, rows: Ints, before: int = 0) -> tuple[DrawnVillage, ...]:
    """Return the drawn villages, numbered after those before them."""
    frame = inspection.scenario.frame
    strata = inspection.scenario.plan.strata(frame)
    wanted = np.zeros((draws.villages.shape[1], len(GROUPS)), dtype=np.int64)
    np.add.at(wanted, (draws.slot[rows], draws.block[rows] % len(GROUPS)), 1)
    found = []
    for slot, village in enumerate(draws.villages[0].tolist()):
        stratum = strata[int(inspection.draws.stratum[before + slot])]
        found.append(
            DrawnVillage(
                number=before + slot + 1,
                village=village,
                stratum=stratum.name,
                selection=stratum.selection,
                chance=float(inspection.slot_chance[before + slot]),
                there=tuple(frame.group_households[village].tolist()),
                wanted=tuple(wanted[slot].tolist()),
            )
        )
    return tuple(found)


def entries_of(draws: Draws, rows: Ints, chance: Floats, before: int = 0) -> tuple[Entry, ...]:
    """Return the visited households of a two-stage draw; a weight is 1 over the inclusion probability."""
    taken = np.zeros(draws.block_sizes.shape[1:], dtype=np.int64)
    np.add.at(taken, (draws.slot[rows], draws.block[rows]), 1)
    rank = _rank(draws)
    found = []
    for row in rows.tolist():
        slot, block = int(draws.slot[row]), int(draws.block[row])
        own = float(chance[before + slot] * (taken[slot, block] / draws.block_sizes[0, slot, block]))
        found.append(
            Entry(
                household=int(draws.households[row]),
                number=before + slot + 1,
                group=block % len(GROUPS),
                part=draws.parts[block // len(GROUPS)].name,
                order=int(rank[row]) + 1,
                chance=own,
                weight=1 / own,
            )
        )
    return tuple(sorted(found, key=lambda entry: (entry.number, entry.group)))


def reserves_of(draws: Draws, rows: Ints, takes: Ints, before: int = 0) -> tuple[Entry, ...]:
    """Return the households that may stand in, village by village, in the random order of their group."""
    rank = _rank(draws)
    return tuple(
        Entry(
            household=int(draws.households[row]),
            number=before + int(draws.slot[row]) + 1,
            group=int(draws.block[row]),
            part="ordinary",
            order=int(rank[row] - takes[draws.block[row]]) + 1,
        )
        for row in rows.tolist()
    )
