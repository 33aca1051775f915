"""What each criterion counts: a numerator and a denominator a household, in the policy's unit."""

from __future__ import annotations

import numpy as np

from sampler.frame import EXITED, REMAINING, UNREGISTERED, Bools, Ints, Unit

# The groups whose visited households a criterion looks at.
GROUPS_COUNTED = {
    "wrong_exit": (EXITED,),
    "missed": (UNREGISTERED,),
    "approval": (EXITED, REMAINING, UNREGISTERED),
}


def numerators(criterion: str, unit: Unit, persons: Ints, wrong_persons: Ints, approves: Bools) -> Ints:
    """Return what each household adds to a criterion's numerator.

    Parameters
    ----------
    criterion : {"wrong_exit", "missed", "approval"}
        The incidence has no numerator of its own; it is made of the first two.
    unit : {"persons", "households"}
        A household counts as one and is wrong when it has a wrong person, or counts its persons.
    persons, wrong_persons : ndarray of int64, shape (N,)
        Persons, and wrong or missed persons, of each household.
    approves : ndarray of bool, shape (N,)
        Whether the household approves.

    Returns
    -------
    ndarray of int64, shape (N,)

    Examples
    --------
    >>> numerators("wrong_exit", "persons", np.array([3, 4]), np.array([1, 0]), np.array([True, False]))
    array([1, 0])
    """
    if criterion == "approval":
        return approves * denominators(unit, persons)
    return wrong_persons if unit == "persons" else (wrong_persons > 0).astype(np.int64)


def denominators(unit: Unit, persons: Ints) -> Ints:
    """Return what each visited household adds to a criterion's denominator, shape (N,)."""
    return persons if unit == "persons" else np.ones_like(persons)
