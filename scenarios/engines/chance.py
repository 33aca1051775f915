"""The answer of every engine: the chance of failing, criterion by criterion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

QUESTIONS = ("any", "wrong_exit", "missed", "incidence", "approval")


@dataclass(frozen=True, kw_only=True)
class Chance:
    """Chance that one inspection fails the county.

    Parameters
    ----------
    fails : mapping of str to float or None
        By question (``any`` and the four criteria); None where no engine asked could serve it.
    standard_error : mapping of str to float or None
        Of each; 0 where it is exact.
    at_limit : mapping of str to float or None
        Chance that the rate equals its limit, by criterion.
    not_measured : mapping of str to float or None
        Chance that the rate's denominator is 0, by criterion.
    engine : mapping of str to str or None
        Which engine made each number, ``exact`` or ``simulate``.
    bound : float
        Numerical error of the exact numbers is below this.
    inspections : int
        Simulated inspections behind the simulated numbers; 0 where there are none.
    failed : mapping of str to int
        How many of them failed, by simulated question.
    between : mapping of str to float or None
        By question, where the chance is an average over populations: the standard deviation of the chance between
        populations, that is, how far one county of the model lies from the average; None where it was not estimated,
        empty where the chance is that of one population. What the standard error has besides is due to the number
        of inspections.
    populations : int
        Populations averaged over; 0 where the chance is that of one population.
    """

    fails: Mapping[str, float | None]
    standard_error: Mapping[str, float | None]
    at_limit: Mapping[str, float | None]
    not_measured: Mapping[str, float | None]
    engine: Mapping[str, str | None]
    bound: float
    inspections: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    between: Mapping[str, float | None] = field(default_factory=dict)
    populations: int = 0
