"""A policy: the dated definitions and limits of the four criteria (三率一度), with what backs each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from sampler.errors import InputError, Mistake
from sampler.frame import Unit

CRITERIA = ("wrong_exit", "missed", "incidence", "approval")

Denominator = Literal["surveyed", "village"]
Incidence = Literal["blown_up", "registered"]
Weighting = Literal["raw", "weighted"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """What backs one field of a policy, or a note to it.

    Parameters
    ----------
    texts : mapping of str to str
        The source in words, the reason for the assumption, or the note, by language code.
    url : str
        Where it was read; empty for an assumption, and where only mirrors of the dated original named can be reached.
    assumption : bool
        True when no source states the value.
    """

    texts: Mapping[str, str]
    url: str = ""
    assumption: bool = False


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How the four criteria are defined and decided.

    Parameters
    ----------
    name : str
        For example ``"national-2019-central"``.
    titles : mapping of str to str
        Title by language code.
    date : str
        Date of the latest statement it rests on, ISO 8601.
    limits : mapping of str to Fraction
        The limit of each criterion in `CRITERIA`, 0..1, exact.
    units : mapping of str to {"persons", "households"}
        What ``wrong_exit``, ``missed`` and ``approval`` count. The incidence is always in persons.
    missed_denominator : {"surveyed", "village"}
        Unregistered persons of the visited households, or all of the drawn villages.
    incidence : {"blown_up", "registered"}
        Whether the found rates are blown up to the county, or only registered poverty counts.
    at_limit_fails : bool
        Whether a rate equal to its limit fails.
    weighting : {"raw", "weighted"}
        Which rates decide: those of the households as they were visited, or those weighted to the county.
    sources : mapping of str to Source
        What backs each field, by its dotted name (``limits.missed``).
    notes : tuple of Source
        What else a reader must know: what a criterion stands for here, what the real rule demands beyond the limits.
    overridden : tuple of str
        Dotted names of fields a scenario changed.
    """

    name: str
    titles: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    limits: Mapping[str, Fraction]
    units: Mapping[str, Unit] = field(
        default_factory=lambda: MappingProxyType(
            {"wrong_exit": "persons", "missed": "persons", "approval": "households"}
        )
    )
    missed_denominator: Denominator = "surveyed"
    incidence: Incidence = "blown_up"
    at_limit_fails: bool = False
    weighting: Weighting = "raw"
    sources: Mapping[str, Source] = field(default_factory=dict)
    notes: tuple[Source, ...] = ()
    overridden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = [
            Mistake(
                "limit_outside",
                {"key": f"policy.limits.{name}", "found": str(float(limit)), "allowed": "0 <= x <= 1"},
            )
            for name, limit in self.limits.items()
            if not 0 <= limit <= 1
        ]
        wrong += [
            Mistake("limit_missing", {"key": f"policy.limits.{name}"}) for name in CRITERIA if name not in self.limits
        ]
        if wrong:
            raise InputError(wrong)

    def tests(self, criterion: str) -> bool:
        """Say whether a criterion can fail at all: a limit of 100% (approval: 0%) that may be reached switches it off.

        Examples
        --------
        >>> limits = {"wrong_exit": Fraction(3, 50), "missed": Fraction(1), "incidence": Fraction(1)}
        >>> policy = Policy(name="one criterion", limits=limits | {"approval": Fraction(0)})
        >>> [criterion for criterion in CRITERIA if policy.tests(criterion)]
        ['wrong_exit']
        """
        return self.at_limit_fails or self.limits[criterion] != (0 if criterion == "approval" else 1)

    def with_other_denominator(self) -> Policy:
        """Return the policy with the other reading of the missed rate's denominator, which no source settles."""
        return replace(self, missed_denominator="village" if self.missed_denominator == "surveyed" else "surveyed")
