"""Saved answers (schema ``risk/1``) read again, and the record of two of them compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sampler.errors import InputError, refuse
from scenarios.files.faults import mistakes_of
from scenarios.files.records import policy_record
from scenarios.messages import clean
from scenarios.provenance import provenance
from scenarios.questions.comparison import Comparison, SavedPoint, SavedRisk
from scenarios.questions.curve import averages_over_populations
from scenarios.scenario import Scenario

Probability = Annotated[float, Field(ge=0, le=1)]
StandardError = Annotated[float, Field(ge=0, le=1)]

# What a grid can move (`scenarios.files.documents.GridDocument`; the whole-household share moves both of its parts).
Parameter = Literal[
    "wrong_exit",
    "missed",
    "disapproval",
    "icc",
    "effect_sd",
    "remote_multiplier",
    "key_multiplier",
    "shared",
    "whole_wrong_exit",
    "whole_missed",
]
WrittenShare = Annotated[str, Field(pattern=r"^0\.\d{1,9}$")]

_MOST_BYTES = 20_000_000  # a record of a thousand levels has half a million
_MOST_DIGITS = 18


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"{digits[:_MOST_DIGITS]}…: too many digits")
    return int(digits)


def _bounded(tree: Any) -> Any:
    """Return a record whose texts hold nothing that cannot be shown or written again."""
    if isinstance(tree, dict):
        return {clean(key): _bounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_bounded(value) for value in tree]
    return clean(tree) if isinstance(tree, str) else tree


class _Part(BaseModel):
    """A part of a record that is read; what else stands there is left alone, as records grow."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class PointDocument(_Part):
    """One error level's answer."""

    level: dict[Parameter, float]
    chance: dict[str, Probability | None]
    standard_error: dict[str, StandardError | None]


class ProvenanceDocument(_Part):
    """What the answer was made with."""

    seed: int
    versions: dict[str, str]
    sha256: str


class RiskDocument(_Part):
    """A saved answer."""

    schema_: Literal["risk/1"] = Field(alias="schema")
    scenario: str
    synthetic: bool
    averaged: bool
    policy: dict[str, Any]
    points: list[PointDocument] = Field(min_length=1)
    tipping: dict[str, dict[WrittenShare, float | None]]
    provenance: ProvenanceDocument


def read_risk(path: Path) -> SavedRisk:
    """Return a saved answer.

    Parameters
    ----------
    path : Path
        As ``choucha risk --json`` wrote it.

    Raises
    ------
    InputError
        ``file_missing``; ``bad_json`` for what is no JSON; ``not_a_saved_risk`` for JSON of another sort;
        ``levels_unlike`` where not all points move the same parameters; one mistake for everything in a saved answer
        that is not as it should be.
    """
    if not path.is_file():
        raise refuse("file_missing", file=str(path))
    if path.stat().st_size > _MOST_BYTES:
        raise refuse("not_a_saved_risk", file=path.name, found=f"{path.stat().st_size:,} bytes")
    try:
        tree = _bounded(json.loads(path.read_bytes().decode("utf-8-sig"), parse_int=_whole))
    except (ValueError, RecursionError) as error:
        raise refuse("bad_json", file=path.name, found=str(error)) from error
    if not isinstance(tree, dict) or tree.get("schema") != "risk/1":
        found = tree.get("schema") if isinstance(tree, dict) else type(tree).__name__
        raise refuse("not_a_saved_risk", file=path.name, found=str(found))
    return saved(tree, path.name)


def saved(tree: Mapping[str, Any], name: str = "") -> SavedRisk:
    """Return a record of schema ``risk/1`` as a saved answer.

    Parameters
    ----------
    tree : mapping
        The record.
    name : str
        Of its file, for messages.

    Raises
    ------
    InputError
        As `read_risk`.
    """
    try:
        document = RiskDocument.model_validate(tree)
    except ValidationError as error:
        raise InputError(mistakes_of(error, RiskDocument, name)) from error
    keys = [set(point.level) for point in document.points]
    if any(each != keys[0] for each in keys):
        raise refuse("levels_unlike", file=name, key="points")
    return SavedRisk(
        name=document.scenario,
        synthetic=document.synthetic,
        averaged=document.averaged,
        policy=dict(_dotted(document.policy)),
        points=tuple(
            SavedPoint(
                level={str(key): value for key, value in point.level.items()},
                chance=point.chance,
                standard_error=point.standard_error,
            )
            for point in document.points
        ),
        tipping=document.tipping,
        seed=document.provenance.seed,
        versions=document.provenance.versions,
        sha256=document.provenance.sha256,
    )


def _dotted(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{key}.")
        elif key != "overridden":  # says which fields a scenario changed, not what they are
            yield f"{prefix}{key}", value


def described(scenario: Scenario) -> SavedRisk:
    """Return what a scenario is, as a saved answer would say it, without any points."""
    made = provenance(scenario)
    return SavedRisk(
        name=scenario.name,
        synthetic=scenario.frame.synthetic,
        averaged=averages_over_populations(scenario),
        policy=dict(_dotted(policy_record(scenario.policy))),
        points=(),
        tipping={},
        seed=made.seed,
        versions=made.versions,
        sha256=made.sha256,
    )


def comparison_record(found: Comparison) -> dict[str, Any]:
    """Return the record of a comparison, schema ``compare/1``."""
    return {
        "schema": "compare/1",
        **{side: _side(risk) for side, risk in (("old", found.old), ("new", found.new))},
        "paired": found.paired,
        "same_question": found.same_question,
        "rules_changed": {field: list(pair) for field, pair in found.rules_changed.items()},
        "versions_changed": {name: list(pair) for name, pair in found.versions_changed.items()},
        "levels_in_old_only": found.only_old,
        "levels_in_new_only": found.only_new,
        "points": [
            {
                "level": dict(level),
                "difference": {
                    question: None if each is None else asdict(each) | {"difference": each.difference}
                    for question, each in differences.items()
                },
            }
            for level, differences in zip(found.levels, found.differences, strict=True)
        ],
    }


def _side(risk: SavedRisk) -> dict[str, Any]:
    """Return whose answer one side is."""
    provenance = {"seed": risk.seed, "versions": dict(risk.versions), "sha256": risk.sha256}
    tipping = {question: dict(levels) for question, levels in risk.tipping.items()}
    return {
        "scenario": risk.name,
        "synthetic": risk.synthetic,
        "averaged": risk.averaged,
        "tipping": tipping,
        "provenance": provenance,
    }
