"""One inspection as a results table, which `scenarios.files.observations` reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sampler.draws import Observations, tally
from sampler.errors import InputError, Mistake, refuse
from sampler.frame import GROUPS, Frame, Ints
from scenarios.files.atomic import write_atomically
from scenarios.files.columns import OBSERVATION_COLUMNS, in_language
from scenarios.files.sheets import Cell


def require_results_suffix(path: Path) -> None:
    """Refuse, before anything is computed, a name that does not end in .csv.

    Raises
    ------
    InputError
        ``results_suffix``.
    """
    if path.suffix.lower() != ".csv":
        raise refuse("results_suffix", file=path.name, found=path.suffix)


def write_observations(
    path: Path, observations: Observations, *, frame: Frame, strata: Sequence[str], households: Ints, language: str
) -> None:
    """Write the results of one inspection as CSV (UTF-8 with a mark, for Excel); `read_results` reads them.

    Parameters are those of `observations_table`. No XLSX is written: the dependencies hold no writer of it.

    Raises
    ------
    InputError
        ``results_suffix`` when the name does not end in .csv, ``village_not_visited``, ``cannot_write``.
    """
    require_results_suffix(path)
    table = observations_table(observations, frame=frame, strata=strata, households=households, language=language)
    text = io.StringIO()
    csv.writer(text).writerows([table[0], *table[1]])
    write_atomically(path, text.getvalue().encode("utf-8-sig"))


def observations_table(
    observations: Observations, *, frame: Frame, strata: Sequence[str], households: Ints, language: str
) -> tuple[list[str], list[list[Cell]]]:
    """Return the results of one inspection as a header and one row a visited household.

    Parameters
    ----------
    observations : Observations
        Of one replicate.
    frame : Frame
        The county that ``observations.villages`` points into.
    strata : sequence of str, length H
        Names of the strata.
    households : ndarray of int64, shape (n,)
        The visited households, as indices of the frame, called as `Frame.household_names` does. Township and village
        stand beside the code, because a village list without codes is matched by them.
    language : {"zh", "en"}
        Of headers, groups and the strata ``ordinary``, ``remote`` and ``all``.

    Returns
    -------
    tuple of list of str and list of lists
        Header and rows. Weights are (M_h / m_h)(N_gi / n_gi); they and the sizes are None where these are not known.

    Raises
    ------
    InputError
        ``village_not_visited`` for a drawn village without a visited household, which such a table cannot show.
    ValueError
        For several replicates.

    Examples
    --------
    >>> from sampler.frame import frame_from_counts
    >>> frame = frame_from_counts(name="x", codes=["a"], villages=["A"], townships=["T"], remote=[False],
    ...     group_households=np.array([[2, 0, 0]]), group_persons=np.array([[5, 0, 0]]))
    >>> one = np.array([0])
    >>> seen = Observations(villages=one[None], stratum=one, stratum_sizes=one + 1, block_sizes=np.array([[[2, 0, 0]]]),
    ...     replicate=one, slot=one, block=one, persons=one + 3, wrong_persons=one, approves=one == 0)
    >>> observations_table(seen, frame=frame, strata=["ordinary"], households=one + 1, language="zh")[1]
    [['普通', 'a', 'T', 'A', 'a-E2', '脱贫户', 3, 0, '是', 2.0, 1, 2]]
    """
    if len(observations.villages) != 1:
        raise ValueError("a results table holds one inspection")
    o, slot, group, villages = observations, observations.slot, observations.group, observations.villages[0]
    unseen = villages[np.bincount(slot, minlength=len(villages)) == 0]
    if len(unseen):
        raise InputError(Mistake("village_not_visited", {"found": frame.codes[village]}) for village in unseen)
    stratum = o.stratum[slot]
    available, there = o.stratum_sizes[stratum], o.block_sizes[0, slot, o.block]
    found = tally(observations).weights()
    weights = np.zeros(len(slot)) if found is None else np.round(found[0, slot, o.block], 6)
    codes = [frame.codes[village] for village in villages[slot]]
    columns: Mapping[str, Sequence[Cell]] = {
        "stratum": [strata[h] for h in stratum],
        "village_code": codes,
        "township": [frame.townships[village] for village in villages[slot]],
        "village": [frame.villages[village] for village in villages[slot]],
        "household_id": frame.household_names(households),
        "group": [GROUPS[g] for g in group],
        "persons": o.persons.tolist(),
        "wrong_persons": o.wrong_persons.tolist(),
        "approves": o.approves.tolist(),
        "weight": [weight or None for weight in weights.tolist()],
        "stratum_villages": [size or None for size in available.tolist()],
        "group_households": [size or None for size in there.tolist()],
    }
    return in_language(columns, OBSERVATION_COLUMNS, language)
