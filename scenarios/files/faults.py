"""Pydantic's errors as mistakes with stable codes, by dotted key, unknown keys with the nearest spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from sampler.errors import Mistake

_COMPARISONS = {
    "greater_than": ("gt", "x > {}"),
    "greater_than_equal": ("ge", "x >= {}"),
    "less_than": ("lt", "x < {}"),
    "less_than_equal": ("le", "x <= {}"),
}


def mistakes_of(error: ValidationError, model: type[BaseModel], file: str) -> tuple[Mistake, ...]:
    """Return one mistake for every place pydantic complains about.

    Parameters
    ----------
    error : ValidationError
        As raised while `model` read the file.
    model : type of BaseModel
        The document.
    file : str
        Name of the file, for the message.
    """
    found: dict[object, Mistake] = {}
    for detail in error.errors(include_url=False):
        mistake = _mistake(detail, model)
        # A value that fits no member of a union is reported once for each member; what says more than its type is told.
        before = found.get(mistake.fields["key"])
        if before is None or (before.code == "wrong_type" and mistake.code != "wrong_type"):
            found[mistake.fields["key"]] = mistake.at(file=file)
    # A union that fails complains of itself and of what is wrong inside; the inside says more.
    inner = [
        key for key in found if found[key].code != "wrong_type" or not any(str(k).startswith(f"{key}.") for k in found)
    ]
    return tuple(found[key] for key in inner)


def _mistake(detail: Any, model: type[BaseModel]) -> Mistake:
    location = [str(part) for part in detail["loc"]]
    kind, context = detail["type"], detail.get("ctx", {})
    models = list(_models_along(model, location))
    # The last step of an unknown key is the user's own word, whatever it looks like.
    steps, last = (location[:-1], location[-1:]) if kind == "extra_forbidden" else (location, [])
    key = ".".join([part for part in steps if not _is_union_tag(part)] + last)
    if kind == "extra_forbidden":
        names = [field.alias or name for name, field in models[-1].model_fields.items()]
        close = get_close_matches(location[-1], names, n=1)
        return Mistake("unknown_key", {"key": key, "nearest": close[0] if close else "", "allowed": ", ".join(names)})
    if kind in ("missing", "union_tag_not_found"):
        return Mistake("missing_key", {"key": key if kind == "missing" else f"{key}.kind"})
    if kind in _COMPARISONS:
        bound, text = _COMPARISONS[kind]
        code = "limit_outside" if key.startswith("policy.limits.") else "outside_domain"
        allowed = "0 <= x <= 1" if code == "limit_outside" else text.format(context[bound])
        return Mistake(code, {"key": key, "found": _shown(detail["input"]), "allowed": allowed})
    if kind in ("literal_error", "union_tag_invalid"):
        allowed = context.get("expected") or context.get("expected_tags", "")
        found = detail["input"].get("kind") if isinstance(detail["input"], dict) else detail["input"]
        return Mistake(
            "not_a_choice",
            {
                "key": key,
                "found": _shown(found),
                "allowed": str(allowed).replace(" or ", ", ").replace("'", ""),
            },
        )
    if kind in ("one_of", "at_most_one", "both_or_none", "oversample_with_strata"):
        return Mistake(kind, {"key": key, "allowed": context.get("allowed", "")})
    return Mistake("wrong_type", {"key": key, "found": _shown(detail["input"]), "allowed": _EXPECTED.get(kind, kind)})


_EXPECTED = {
    "decimal_type": "number", "is_instance_of": "number", "int_type": "whole number", "string_type": "text",
    "bool_type": "true, false", "model_type": "table", "list_type": "list", "dict_type": "table",
    "model_attributes_type": "table", "finite_number": "number", "float_type": "number", "too_short": "filled list",
    "string_pattern_mismatch": "share",
}  # fmt: skip


# What pydantic calls the members of our unions in a location.
_UNION_TAGS = re.compile(
    r"given|levels|two-stage|spot-check|RangeDocument|GivenDocument|LevelsDocument|TwoStageDocument|SpotCheckDocument"
    r"|dict\[.*\]|list\[.*\]|constrained-int|int|function-.*|\[key\]"  # the last: it is the key that is wrong
)


def _is_union_tag(part: str) -> bool:
    """Say whether a step of the location only names the member of a union."""
    return _UNION_TAGS.fullmatch(part) is not None


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _models_along(model: type[BaseModel], location: list[str]) -> Iterator[type[BaseModel]]:
    """Yield the document models that a location passes through, the whole one first."""
    yield model
    current = model
    for part in location:
        inner = list(_inner(next((f for n, f in current.model_fields.items() if part in (n, f.alias)), None)))
        named = [m for m in _members(current) if m.__name__ == part or (m.model_fields.get("kind") and _tag(m) == part)]
        chosen = inner[0] if len(inner) == 1 else named[0] if len(named) == 1 else None
        if chosen is not None:
            current = chosen
            yield current


def _members(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for field in model.model_fields.values():
        yield from _inner(field)


def _inner(field: FieldInfo | None) -> Iterator[type[BaseModel]]:
    def walk(annotation: object) -> Iterator[type[BaseModel]]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        for part in get_args(annotation):
            yield from walk(part)

    if field is not None:
        yield from walk(field.annotation)


def _tag(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["kind"].annotation)[0])
