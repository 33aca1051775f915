"""Shipped policies: dated, cited data; a scenario may override any field, and the policy then says so."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from estimators.policy import Denominator, Incidence, Policy, Source
from sampler.errors import InputError, refuse
from sampler.frame import Unit
from scenarios.files.document import Document, ShareIn
from scenarios.files.documents import PolicyDocument
from scenarios.files.faults import mistakes_of
from scenarios.files.toml import parse_toml, read_toml


class _Words(Document):
    zh: str
    en: str


class _Stated(Document):
    """One field of a policy with what backs it."""

    source: _Words
    url: str = ""
    assumption: bool = False


class _Note(Document):
    """What else a reader must know: what a criterion stands for here, what the real rule demands beyond the limits."""

    text: _Words
    url: str = ""
    assumption: bool = False


class _Limit(_Stated):
    value: ShareIn


class _Limits(Document):
    wrong_exit: _Limit
    missed: _Limit
    incidence: _Limit
    approval: _Limit


class _Unit(_Stated):
    value: Literal["persons", "households"]


class _Units(Document):
    wrong_exit: _Unit
    missed: _Unit
    approval: _Unit


class _MissedDenominator(_Stated):
    value: Literal["surveyed", "village"]


class _Incidence(_Stated):
    value: Literal["blown_up", "registered"]


class _AtLimitFails(_Stated):
    value: bool


class _Weighting(_Stated):
    value: Literal["raw", "weighted"]


class PolicyFile(Document):
    """A policy file: every field with its source, then notes."""

    schema_: Annotated[Literal["policy/1"], Field(alias="schema")]
    name: str
    date: str
    title: _Words
    limits: _Limits
    units: _Units
    missed_denominator: _MissedDenominator
    incidence: _Incidence
    at_limit_fails: _AtLimitFails
    weighting: _Weighting
    notes: list[_Note] = Field(default=[])


def policy_names() -> tuple[str, ...]:
    """Return the names of the shipped policies."""
    folder = files("scenarios.data").joinpath("policies")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def load_policy(name: str) -> Policy:
    """Return a shipped policy.

    Raises
    ------
    InputError
        ``unknown_policy`` with the nearest name.

    Examples
    --------
    >>> load_policy("national-2019-west").limits["incidence"]
    Fraction(3, 100)
    """
    if name not in policy_names():
        close = get_close_matches(name, policy_names(), n=1)
        raise refuse("unknown_policy", found=name, nearest=close[0] if close else "", allowed=", ".join(policy_names()))
    content = files("scenarios.data").joinpath("policies", f"{name}.toml").read_bytes()
    stated = PolicyFile.model_validate(parse_toml(content, f"{name}.toml"))
    limits, units = dict(stated.limits), dict(stated.units)
    singles = {key: getattr(stated, key) for key in ("missed_denominator", "incidence", "at_limit_fails", "weighting")}
    backed: dict[str, _Stated] = {
        **{f"limits.{key}": limit for key, limit in limits.items()},
        **{f"units.{key}": unit for key, unit in units.items()},
        **singles,
    }
    return Policy(
        name=stated.name,
        titles=dict(stated.title),
        date=stated.date,
        limits={key: Fraction(limit.value) for key, limit in limits.items()},
        units={key: unit.value for key, unit in units.items()},
        sources={
            key: Source(texts=dict(each.source), url=each.url, assumption=each.assumption)
            for key, each in backed.items()
        },
        notes=tuple(Source(texts=dict(each.text), url=each.url, assumption=each.assumption) for each in stated.notes),
        **{key: single.value for key, single in singles.items()},
    )


def policy_named(argument: str) -> Policy:
    """Return a shipped policy, or the one that a scenario file states with all its overrides.

    Parameters
    ----------
    argument : str
        A shipped name, or the path of a ``.toml`` file with a table ``[policy]``.

    Raises
    ------
    InputError
        ``unknown_policy``, or every mistake in the file's table.
    """
    if not argument.lower().endswith(".toml"):
        return load_policy(argument)
    path = Path(argument)
    stated = read_toml(path).get("policy", {})
    try:
        return policy_of(PolicyDocument.model_validate(stated))
    except ValidationError as error:
        raise InputError(mistakes_of(error, PolicyDocument, path.name)) from error


def policy_of(document: PolicyDocument) -> Policy:
    """Return the policy a scenario names, with the scenario's overrides."""
    base = load_policy(document.name)
    limits: dict[str, Decimal] = {key: value for key, value in document.limits if value is not None}
    units: dict[str, Unit] = {key: value for key, value in document.units if value is not None}
    changed: dict[str, Any] = {}
    denominator: Denominator | None = document.missed_denominator
    incidence: Incidence | None = document.incidence
    for key, value in (
        ("missed_denominator", denominator),
        ("incidence", incidence),
        ("at_limit_fails", document.at_limit_fails),
        ("weighting", document.weighting),
    ):
        if value is not None:
            changed[key] = value
    fields = vars(base) | changed
    fields["limits"] = {**base.limits, **{key: Fraction(value) for key, value in limits.items()}}
    fields["units"] = {**base.units, **units}
    policy = Policy(**fields)
    differing = tuple(name for name in base.sources if field_of(policy, name) != field_of(base, name))
    return replace(policy, overridden=differing)


def field_of(policy: Policy, name: str) -> object:
    """Return a policy's field by its dotted name (``limits.missed``)."""
    table, _, key = name.partition(".")
    value = getattr(policy, table)
    return value[key] if key else value
