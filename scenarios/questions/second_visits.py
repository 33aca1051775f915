"""What a re-check of an evaluation's households says of its first visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estimators.interval import Floats
from estimators.rechecked_rows import difference_of_rows
from estimators.two_phase import Corrected
from sampler.draws import Observations, tally
from sampler.frame import EXITED, UNREGISTERED, Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class SecondVisits:
    """What second visits recorded, one row a household of the observations; -1 where there was none.

    Parameters
    ----------
    wrong_persons, approves : ndarray of int64, shape (n,)
        Wrong or missed persons, and 1 or 0 for who approves.
    """

    wrong_persons: Ints
    approves: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """Both visits of the re-checked households of one group.

    Parameters
    ----------
    criterion : {"wrong_exit", "missed"}
        The rate they bear on.
    visited, rechecked : int
        Households visited, and those of them re-checked.
    persons, before, now : int
        Persons of the re-checked households, and what each visit recorded of them.
    found, withdrawn, changed : int
        Households that the second visit found wrong and the first did not, the other way round, and wrong to both with
        other numbers.
    rate, weighted_rate : float
        The raw and the weighted rate by the first visits to all households of the group; NaN where not known.
    corrected, corrected_weighted : Corrected or None
        That of the raw and of the weighted rate; None where nobody was re-checked or weights are not known.
    """

    criterion: str
    visited: int
    rechecked: int
    persons: int
    before: int
    now: int
    found: int
    withdrawn: int
    changed: int
    rate: float
    weighted_rate: float
    corrected: Corrected | None
    corrected_weighted: Corrected | None


@dataclass(frozen=True, kw_only=True)
class Rechecks:
    """All of a re-check.

    Parameters
    ----------
    rates : tuple of Compared
        Of the wrong exits and of the missed.
    asked, approved_before, approve_now, answers_differ : int
        Households whose approval was asked twice, those that approved to each visit, those that changed their answer.
    """

    rates: tuple[Compared, ...]
    asked: int
    approved_before: int
    approve_now: int
    answers_differ: int


def compared(observations: Observations, second: SecondVisits) -> Rechecks:
    """Compare the visits of re-checked households, and correct the rates by what the second ones recorded.

    Parameters
    ----------
    observations : Observations
        The first visits; R = 1.
    second : SecondVisits
        Row by row.
    """
    weights = tally(observations).weights()
    of_rows = None if weights is None else weights[0, observations.slot, observations.block]
    asked = second.approves >= 0
    before, now = observations.approves[asked], second.approves[asked] == 1
    return Rechecks(
        rates=tuple(
            _compared(observations, second, group, criterion, of_rows)
            for group, criterion in ((EXITED, "wrong_exit"), (UNREGISTERED, "missed"))
        ),
        asked=int(asked.sum()),
        approved_before=int(before.sum()),
        approve_now=int(now.sum()),
        answers_differ=int((before != now).sum()),
    )


def _compared(o: Observations, second: SecondVisits, group: int, criterion: str, weights: Floats | None) -> Compared:
    inside = o.group == group
    recorded, again, persons = o.wrong_persons[inside], second.wrong_persons[inside], o.persons[inside]
    twice = again >= 0
    x, y = recorded[twice], again[twice]

    def corrected(of_rows: Floats | None) -> Corrected:
        return difference_of_rows(o.slot[inside], o.stratum, persons, recorded, again, of_rows)

    return Compared(
        criterion=criterion,
        visited=int(inside.sum()),
        rechecked=int(twice.sum()),
        persons=int(persons[twice].sum()),
        before=int(x.sum()),
        now=int(y.sum()),
        found=int(((x == 0) & (y > 0)).sum()),
        withdrawn=int(((x > 0) & (y == 0)).sum()),
        changed=int(((x > 0) & (y > 0) & (x != y)).sum()),
        rate=_rate(recorded, persons, np.ones(len(persons))),
        weighted_rate=float("nan") if weights is None else _rate(recorded, persons, weights[inside]),
        corrected=corrected(None) if twice.any() else None,
        corrected_weighted=corrected(weights[inside]) if twice.any() and weights is not None else None,
    )


def _rate(recorded: Ints, persons: Ints, weights: Floats) -> float:
    whole = float(weights @ persons)
    return float(weights @ recorded) / whole if whole else float("nan")
