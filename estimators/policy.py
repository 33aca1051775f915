"""A policy: the dated definitions and limits of the four criteria (三率一度), with what backs each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from sampler.errors import InputError, Mistake

CRITERIA = ("wrong_exit", "missed", "incidence", "approval")

Unit = Literal["persons", "households"]
Denominator = Literal["surveyed", "village"]
Incidence = Literal["blown_up", "registered"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """What backs one field of a policy.

    Parameters
    ----------
    texts : mapping of str to str
        The source in words, or the reason for the assumption, by language code.
    url : str
        Where it was read; empty for an assumption.
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
        Date from which it holds, ISO 8601.
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
    weighting : {"raw"}
        How the sample is summed to the county.
    sources : mapping of str to Source
        What backs each field, by its dotted name (``limits.missed``).
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
    weighting: Literal["raw"] = "raw"
    sources: Mapping[str, Source] = field(default_factory=dict)
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

    def with_other_denominator(self) -> Policy:
        """Return the policy with the other reading of the missed rate's denominator, which no source settles."""
        return replace(self, missed_denominator="village" if self.missed_denominator == "surveyed" else "surveyed")
