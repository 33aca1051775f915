"""What a view of the page shows, as it stands in its address: a view can be shared, and a bad address harms nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from sampler.domains import OversampleFactor, bounds, holds
from sampler.error_model import ErrorModel
from scenarios.messages import LANGUAGES
from scenarios.planning.candidates import TAKES

PARTS = ("planner", "statistician", "trainer")
STRATA = ("remote", "poor_village", "remote,poor_village", "none")
CRITERIA_SHOWN = ("missed", "wrong_exit", "incidence", "approval")
HOW = ("alike", "apart")
REGIONS = ("central", "west")
DEPTHS = ("quick", "thorough")
CHECKS = ("one_phase", "two_phase")
LEAST_FACTOR = Decimal("0.1")
MOST_VILLAGES, MOST_TAKE, MOST_NUMBER, MOST_STEP = 2_000, 200, 1_000_000, 40

Value = str | int | Decimal

_MODEL = get_type_hints(ErrorModel, include_extras=True)


def largest(parameter: str) -> Decimal:
    """Return the largest value of a parameter of the error model that a form with two decimals of a percent offers.

    Examples
    --------
    >>> str(largest("missed")), str(largest("remote_multiplier"))
    ('0.999', '100')
    """
    top = next(each for each in bounds(_MODEL[parameter]) if isinstance(each, Le | Lt))
    return Decimal(str(top.le)) if isinstance(top, Le) else Decimal(str(top.lt)) - Decimal("0.001")


def smallest(parameter: str) -> Decimal:
    """Return the smallest value of a parameter of the error model that a form offers.

    Examples
    --------
    >>> str(smallest("missed")), str(smallest("remote_multiplier"))
    ('0', '0.1')
    """
    bottom = next(each for each in bounds(_MODEL[parameter]) if isinstance(each, Ge | Gt))
    return Decimal(str(bottom.ge)) if isinstance(bottom, Ge) else Decimal(str(bottom.gt)) + Decimal("0.1")


def _one_of(*allowed: str) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        if text not in allowed:
            raise ValueError(text)
        return text

    return read


def _whole(least: int, most: int) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        if not (text.isascii() and text.isdigit() and len(text) <= 19 and least <= int(text) <= most):
            raise ValueError(text)
        return int(text)

    return read


def _parameter(name: str) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        return _decimal(text, lambda value: holds(value, _MODEL[name]) and smallest(name) <= value <= largest(name))

    return read


def _decimal(text: str, allowed: Callable[[Decimal], bool]) -> Decimal:
    try:
        value = Decimal(text) if len(text) <= 12 else Decimal("NaN")
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite() or not allowed(value):
        raise ValueError(text)
    return value


def _takes(text: str) -> Value:
    each = text.split(",")
    if len(set(each)) < len(each) or not set(each) <= {str(take) for take in TAKES}:
        raise ValueError(text)
    return text


def _factor(text: str) -> Value:
    return _decimal(text, lambda value: holds(value, OversampleFactor) and value >= LEAST_FACTOR)


# By key of the address: what it is when it is not there, and how it is read.
_FIELDS: Mapping[str, tuple[Value, Callable[[str], Value]]] = {
    "part": ("planner", _one_of(*PARTS)),
    "region": ("central", _one_of(*REGIONS)),
    "how": ("alike", _one_of(*HOW)),
    "level": (Decimal("0.012"), _parameter("missed")),
    "wrong_exit": (Decimal("0.01"), _parameter("wrong_exit")),
    "missed": (Decimal("0.01"), _parameter("missed")),
    "disapproval": (Decimal("0.05"), _parameter("disapproval")),
    "icc": (Decimal("0.02"), _parameter("icc")),
    "remote": (Decimal(2), _parameter("remote_multiplier")),
    "seed": (0, _whole(0, 2**53 - 1)),  # 0: the scenario's own
    "number": (1, _whole(1, MOST_NUMBER)),
    "check": ("one_phase", _one_of(*CHECKS)),
    "step": (1, _whole(1, MOST_STEP)),
    "shown": ("missed", _one_of(*CRITERIA_SHOWN)),
    "villages": (29, _whole(2, MOST_VILLAGES)),
    "take": (18, _whole(1, MOST_TAKE)),
    "strata": ("remote", _one_of(*STRATA)),
    "factor": (Decimal(2), _factor),
    "good": (Decimal("0.004"), _parameter("missed")),
    "bad": (Decimal("0.025"), _parameter("missed")),
    "takes": ("12,18,25", _takes),
    "depth": ("quick", _one_of(*DEPTHS)),
}


def defaults() -> dict[str, Value]:
    """Return the view of an address that says nothing, the language aside."""
    return {key: value for key, (value, _) in _FIELDS.items()}


def read_address(given: Mapping[str, str], language: str) -> tuple[dict[str, Value], list[str]]:
    """Return the view of an address, and the keys that hold nothing that can be used.

    Parameters
    ----------
    given : mapping of str to str
        The parameters of the address.
    language : {"zh", "en"}
        Where the address names none.

    Examples
    --------
    >>> view, wrong = read_address({"level": "0.02", "seed": "-1", "x": "1"}, "en")
    >>> str(view["level"]), view["seed"], wrong
    ('0.02', 0, ['seed', 'x'])
    """
    view: dict[str, Value] = {"lang": language, **defaults()}
    wrong = []
    for key, text in given.items():
        read = _one_of(*LANGUAGES) if key == "lang" else _FIELDS[key][1] if key in _FIELDS else None
        try:
            if read is None:
                raise ValueError(text)
            view[key] = read(text)
        except ValueError:
            wrong.append(key)
    return view, wrong


def address(view: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters of a view's address: what differs from an address that says nothing.

    Examples
    --------
    >>> address({"lang": "en", **defaults(), "number": 3})
    {'lang': 'en', 'number': '3'}
    """
    usual = defaults()
    kept = {key: view[key] for key in usual if key in view and view[key] != usual[key]}
    return {"lang": str(view["lang"]), **{key: str(value) for key, value in kept.items()}}
