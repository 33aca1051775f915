"""The true rates of a population: what an inspection is meant to find out."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from sampler.frame import EXITED, REMAINING, UNREGISTERED, Ints
from sampler.population import Population


def person_rate(population: Population, group: int) -> Fraction | None:
    """Return the true share of wrong persons in a group, exactly; None where the group has nobody.

    Parameters
    ----------
    population : Population
        The truth.
    group : int
        `EXITED` for the wrong-exit rate, `UNREGISTERED` for the missed rate.
    """
    members = population.frame.household_group == group
    return _ratio(population.wrong_persons[members], population.frame.household_persons[members])


def household_rate(population: Population, group: int) -> Fraction | None:
    """Return the true share of households of a group with a wrong person, exactly; None where there are none."""
    members = population.frame.household_group == group
    return _ratio((population.wrong_persons[members] > 0).astype(np.int64), np.ones(members.sum(), dtype=np.int64))


def estimands(population: Population, units: Mapping[str, str]) -> Mapping[str, Fraction | None]:
    """Return the true value of each criterion, exactly.

    Parameters
    ----------
    population : Population
        The truth.
    units : mapping of str to {"persons", "households"}
        What ``wrong_exit``, ``missed`` and ``approval`` count.

    Returns
    -------
    mapping of str to Fraction or None
        ``wrong_exit``, ``missed``, ``incidence`` (remaining, wrongly exited and missed persons over rural persons) and
        ``approval``; None where nobody is counted.

    Examples
    --------
    >>> from sampler.frame import frame_from_counts
    >>> frame = frame_from_counts(name="x", codes="a", villages="A", townships="T", remote=[False],
    ...     group_households=np.array([[2, 1, 1]]), group_persons=np.array([[4, 2, 4]]))
    >>> truth = Population(frame=frame, wrong_persons=np.array([1, 0, 0, 0]), approves=np.arange(4) != 2)
    >>> {name: str(value) for name, value in estimands(truth, {"wrong_exit": "persons"}).items()}
    {'wrong_exit': '1/4', 'missed': '0', 'incidence': '3/10', 'approval': '3/4'}
    """
    frame = population.frame
    persons = frame.household_persons
    rates = {"persons": person_rate, "households": household_rate}
    remaining = int(frame.group_persons[:, REMAINING].sum())
    rural = int(frame.group_persons.sum())
    weight = persons if units.get("approval", "households") == "persons" else np.ones_like(persons)
    return {
        "wrong_exit": rates[units.get("wrong_exit", "persons")](population, EXITED),
        "missed": rates[units.get("missed", "persons")](population, UNREGISTERED),
        "incidence": Fraction(remaining + int(population.wrong_persons.sum()), rural) if rural else None,
        "approval": _ratio(population.approves * weight, weight),
    }


def _ratio(top: Ints, bottom: Ints) -> Fraction | None:
    whole = int(bottom.sum())
    return Fraction(int(top.sum()), whole) if whole else None
