"""What the estimators of a re-check need of both records of the re-visited households (METHODS 1.4 h and 2.7).

The moments of what the re-visit found stand in `RecheckTally.visited`, those of phase 1 in its `province`; here are
the cross moments of the two records and how many questionnaires each cell had and gave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampler.frame import GROUPS, Frame, Ints
from sampler.recheck import CLEAN, ERROR, Rechecked, township_numbers

CROSS_MOMENTS = ("recorded", "recorded_squared", "recorded_times_wrong", "recorded_times_persons")


@dataclass(frozen=True, kw_only=True, eq=False)
class SecondPhase:
    """How R re-visits were drawn from phase 1, and what the province had recorded of the households they met.

    Parameters
    ----------
    cell : ndarray of int64, shape (R, m, 2)
        Cell of the clean and of the wrong questionnaires of each village that phase 1 drew.
    sizes, drawn : ndarray of int64, shape (R, C)
        Questionnaires of each cell, n_c, and how many of them were visited again, n_2c.
    cross : ndarray of int64, shape (R, m, 6, 4)
        Sums over the re-visited households by drawn village and block, in the order of `CROSS_MOMENTS`; blocks are the
        groups of the clean questionnaires, then those of the wrong ones, as in `RecheckTally.visited`.
    """

    cell: Ints
    sizes: Ints
    drawn: Ints
    cross: Ints


def second_phase_of(found: Rechecked, frame: Frame) -> SecondPhase:
    """Sum both records of the re-visited households of R spot checks."""
    phase1, rows, groups = found.questionnaires, found.revisited, len(GROUPS)
    draws = phase1.draws
    township, _ = township_numbers(frame)
    replicate, cell = draws.replicate[rows], phase1.cell[rows]
    before, now = phase1.recorded[rows], found.observations.wrong_persons[: len(rows)]
    persons = found.observations.persons[: len(rows)]
    block = groups * (cell % 2) + draws.block[rows] % groups
    cross = np.zeros((*draws.villages.shape, 2 * groups, len(CROSS_MOMENTS)), dtype=np.int64)
    values = np.stack([before, before**2, before * now, before * persons], axis=1)
    np.add.at(cross, (replicate, draws.slot[rows], block), values)
    drawn = np.zeros_like(phase1.sizes)
    np.add.at(drawn, (replicate, cell), 1)
    return SecondPhase(
        cell=2 * township[draws.villages][:, :, None] + np.array([CLEAN, ERROR]),
        sizes=phase1.sizes,
        drawn=drawn,
        cross=cross,
    )
