"""Which households of the drawn villages are visited: the second stage, with its parts and its closed doors.

The households of one group of one village are shuffled. Those of a part that is visited completely (drawn hamlets, key
households) are visited whatever the shuffle, in the order of the list; of the others the first ones at home, until the
take is reached or the list ends. Whether somebody is at home has a random number of its own for each replicate and
household.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sampler.design import Floats
from sampler.frame import GROUPS, Frame, Ints
from sampler.plan import Plan
from sampler.streams import Words, below, unit_interval, word


@dataclass(frozen=True, kw_only=True, eq=False)
class Visits:
    """Visited households, one row each, sorted by replicate, slot and block.

    Parameters
    ----------
    households, replicate, slot, block : ndarray of int64, shape (n,)
        As in `sampler.draws.Draws`.
    block_sizes : ndarray of int64, shape (R, m, B)
        Households of each block, visited or not.
    """

    households: Ints
    replicate: Ints
    slot: Ints
    block: Ints
    block_sizes: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Rules:
    """What decides who is visited in a drawn village, as arrays over the frame.

    Parameters
    ----------
    offsets : ndarray of int64, shape (3V + 1,)
        Where each village's households of each group begin.
    takes : ndarray of int64, shape (3,)
        Households wanted of each group.
    key : ndarray of bool, shape (N,)
        Households that are visited because they are key households.
    hamlet : ndarray of int64, shape (N,)
        Number of each household's hamlet within its village.
    hamlet_first : ndarray of int64, shape (V + 1,)
        Hamlets of the villages before each village.
    hamlets : int
        Hamlets drawn of each village.
    key_part, hamlet_part, parts : int
        Numbers of these parts, and how many parts there are.
    away : ndarray of float64, shape (N,), or (0,)
        Chance that nobody is at home; empty where somebody always is.
    """

    offsets: Ints
    takes: Ints
    key: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    hamlet: Ints
    hamlet_first: Ints
    hamlets: int
    key_part: int
    hamlet_part: int
    parts: int
    away: Floats


def visit(
    frame: Frame,
    plan: Plan,
    *,
    villages: Ints,
    household_starts: Words,
    fieldwork_starts: Words,
    away: Floats | None = None,
) -> Visits:
    """Visit households of drawn villages.

    Parameters
    ----------
    frame : Frame
        The county.
    plan : Plan
        Takes and parts.
    villages : ndarray of int64, shape (R, m)
        Drawn villages of R replicates.
    household_starts, fieldwork_starts : ndarray of uint64, shape (R,)
        Word streams that shuffle households, and that say who is at home (word 2 j + 1 of household j).
    away : ndarray of float64, shape (N,), optional
        Chance that nobody of a household is at home; 0 where left out.

    Returns
    -------
    Visits
    """
    if plan.plain and away is None and _compiled() is None:
        return plain_visits(frame, plan, villages, household_starts)
    return visit_by(rules_of(frame, plan, away), villages, household_starts, fieldwork_starts)


def visit_by(rules: Rules, villages: Ints, household_starts: Words, fieldwork_starts: Words) -> Visits:
    """Visit households of drawn villages by rules made before; as `visit`."""
    walk = _compiled() or readable_visits
    columns, block_sizes = walk(villages, household_starts, fieldwork_starts, rules)
    replicate, slot, block, households = columns
    return Visits(households=households, replicate=replicate, slot=slot, block=block, block_sizes=block_sizes)


def rules_of(frame: Frame, plan: Plan, away: Floats | None) -> Rules:
    """Return the rules of a plan over a frame."""
    size = len(frame.household_persons)
    hamlet = frame.household_hamlet if plan.hamlets and frame.household_hamlet is not None else np.zeros(size, int)
    counts = np.zeros(len(frame.codes), dtype=np.int64)
    np.maximum.at(counts, frame.household_village, hamlet + 1)
    return Rules(
        offsets=frame.offsets,
        takes=plan.takes(),
        key=frame.household_key & plan.key_households,
        hamlet=np.asarray(hamlet, dtype=np.int64),
        hamlet_first=np.concatenate([[0], np.cumsum(counts)]),
        hamlets=int(plan.hamlets),
        key_part=1,
        hamlet_part=1 + plan.key_households,
        parts=1 + plan.key_households + (plan.hamlets > 0),
        away=np.zeros(0) if away is None else away,
    )


def shuffled(size: Ints | int, first: Ints | int, take: int, starts: Words, width: int) -> Ints:
    """Return the first `take` places of a shuffle of 0..size-1 for each stream, shape (R, take).

    Parameters
    ----------
    size, first : int or ndarray of int64, shape (R,)
        Length of the list, and first word of its run.
    take : int
        How many places.
    starts : ndarray of uint64, shape (R,)
        Word streams.
    width : int
        Largest size.
    """
    rows = np.arange(len(starts))
    places = np.tile(np.arange(width), (len(starts), 1))
    for k in range(take):
        other = k + below(starts, first, k, size - k)
        chosen = places[rows, other]
        places[rows, other] = places[rows, k]
        places[rows, k] = chosen
    return places[:, :take]


def plain_visits(frame: Frame, plan: Plan, villages: Ints, starts: Words) -> Visits:
    """Visit by the takes alone, all replicates of a block at once."""
    offsets, visited = frame.offsets, plan.visited_households(frame)
    rows = [np.zeros((0, 4), dtype=np.int64)]
    for village in np.unique(villages):
        replicate, slot = np.nonzero(villages == village)
        for group in range(len(GROUPS)):
            block, take = 3 * village + group, int(visited[village, group])
            first, size = int(offsets[block]), int(frame.group_households[village, group])
            places = first + shuffled(size, first, take, starts[replicate], size)
            keys = np.stack([replicate, slot, np.full(len(slot), group)], axis=1)
            rows.append(np.column_stack([np.repeat(keys, take, axis=0), places.ravel()]))
    table = np.concatenate(rows)
    replicate, slot, block, households = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))].T
    return Visits(
        households=households,
        replicate=replicate,
        slot=slot,
        block=block,
        block_sizes=frame.group_households[villages],
    )


def readable_visits(
    villages: Ints, household_starts: Words, fieldwork_starts: Words, rules: Rules
) -> tuple[Ints, Ints]:
    """Return rows of (replicate, slot, block, household), shape (4, n), and the block sizes, one village at a time."""
    rows: list[tuple[int, int, int, int, int]] = []
    block_sizes = np.zeros((*villages.shape, 3 * rules.parts), dtype=np.int64)
    for r, s in np.ndindex(*villages.shape):
        found = _village_visits(int(villages[r, s]), household_starts[r : r + 1], fieldwork_starts[r : r + 1], rules)
        rows += [(r, s, *row) for row in found[0]]
        block_sizes[r, s] = found[1]
    table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 5)
    return table[:, [0, 1, 2, 4]].T.copy(), block_sizes


def _village_visits(
    village: int, starts: Words, fieldwork: Words, rules: Rules
) -> tuple[list[tuple[int, int, int]], Ints]:
    """Return rows of (block, rank in it, household) and the block sizes of one village."""
    count = int(rules.hamlet_first[village + 1] - rules.hamlet_first[village])
    # Their words come after those of all households.
    first = int(rules.offsets[-1] + rules.hamlet_first[village])
    whole = set(shuffled(count, first, min(rules.hamlets, count), starts, count)[0].tolist())
    rows: list[tuple[int, int, int]] = []
    sizes = np.zeros(3 * rules.parts, dtype=np.int64)
    for group in range(3):
        begin, end = (int(rules.offsets[3 * village + group + i]) for i in (0, 1))
        taken = 0
        order = begin + shuffled(end - begin, begin, end - begin, starts, end - begin)[0]
        for rank, household in enumerate(order.tolist()):
            part = 0
            if int(rules.hamlet[household]) in whole:
                part = rules.hamlet_part
            elif rules.key[household]:
                part = rules.key_part
            block = 3 * part + group
            sizes[block] += 1
            at_home = (
                len(rules.away) == 0 or unit_interval(word(fieldwork, 2 * household + 1))[0] >= rules.away[household]
            )
            if at_home and (part > 0 or taken < rules.takes[group]):
                rows.append((block, household if part else rank, household))
                taken += part == 0
    return rows, sizes


def _compiled() -> Callable[[Ints, Words, Words, Rules], Any] | None:
    """Return the compiled walk, or None where numba cannot be imported."""
    try:
        from sampler.kernels import walk  # noqa: PLC0415
    except ImportError:
        return None

    def run(villages: Ints, household_starts: Words, fieldwork_starts: Words, rules: Rules) -> tuple[Ints, Ints]:
        rows, block_sizes = walk(villages, household_starts, fieldwork_starts, *vars(rules).values())
        return rows.T, block_sizes

    return run
