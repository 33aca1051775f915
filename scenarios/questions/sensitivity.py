"""What the answer hangs on: one assumption changed at a time, everything else as it is, on common random numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from sampler.error_model import ErrorModel
from sampler.errors import InputError, refuse
from scenarios.engines.threads import Progress
from scenarios.questions.comparison import Difference
from scenarios.questions.curve import averages_over_populations
from scenarios.questions.paired import paired
from scenarios.scenario import Level, Scenario

# Low and high values of METHODS 5 ("Ranges"); an assumption already at one of them is only moved to the others.
TRUTH: Mapping[str, tuple[Decimal, ...]] = {
    "icc": (Decimal(0), Decimal("0.05"), Decimal("0.15")),
    "effect_sd": (Decimal("0.5"), Decimal("1.5")),
    "remote_multiplier": (Decimal(1), Decimal(4)),
    "shared": (Decimal(0), Decimal("0.9")),
    "disapproval": (Decimal("0.02"), Decimal("0.15")),
    "whole_wrong_exit": (Decimal("0.5"), Decimal(1)),
    "whole_missed": (Decimal("0.5"), Decimal(1)),
}
_DOTTED = {  # where a scenario file says it otherwise
    f"whole_{kind}": f"population.whole_household.{kind}" for kind in ("wrong_exit", "missed")
}
FIELDWORK: Mapping[str, tuple[Decimal, ...]] = {
    "sensitivity": (Decimal("0.6"), Decimal("0.9"), Decimal(1)),
    "specificity": (Decimal("0.99"), Decimal("0.999"), Decimal(1)),
    "absence": (Decimal(0), Decimal("0.05"), Decimal("0.2")),
}


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One assumption changed.

    Parameters
    ----------
    key : str
        Its dotted name in a scenario file.
    was, value : Decimal
        What the scenario has, and what is put in its place.
    differences : mapping of str to Difference
        By question: the chance as it is (`old`) and changed (`new`).
    """

    key: str
    was: Decimal
    value: Decimal
    differences: Mapping[str, Difference]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivity:
    """The chance of failing at one level, and what it becomes when one assumption is another.

    Parameters
    ----------
    scenario : Scenario
        At its level, with `averaged` settled.
    level : mapping of str to Decimal
        The error level.
    chance : mapping of str to float
        As it is, by question.
    changed : tuple of Changed
        The assumption that moves the chance on any criterion most first; the values of one stand together.
    """

    scenario: Scenario
    level: Level
    chance: Mapping[str, float]
    changed: tuple[Changed, ...]


def sensitivity(scenario: Scenario, level: Level, *, progress: Progress | None = None) -> Sensitivity:
    """Return what the chance of failing becomes when one assumption at a time is another.

    Parameters
    ----------
    scenario : Scenario
        With an `ErrorModel` for its truth.
    level : mapping of str to Decimal
        The error level; parameters that it states are not changed.
    progress : callable, optional
        Called with (done, all).

    Returns
    -------
    Sensitivity

    Raises
    ------
    InputError
        ``sensitivity_needs_levels`` for a given truth.
    """
    if not isinstance(scenario.truth, ErrorModel):
        raise refuse("sensitivity_needs_levels", key="--what-if")
    cell = replace(scenario.at(level), averaged=averages_over_populations(scenario))
    variants = list(_variants(cell, level))
    differences = paired([cell, *(variant for *_, variant in variants)], progress=progress)
    changed = [
        Changed(key=key, was=was, value=value, differences=found)
        for (key, was, value, _), found in zip(variants, differences[1:], strict=True)
    ]
    largest: dict[str, float] = {}
    for each in changed:
        largest[each.key] = max(largest.get(each.key, 0.0), abs(each.differences["any"].difference))
    order = list(largest)
    return Sensitivity(
        scenario=cell,
        level=level,
        chance={question: each.new for question, each in differences[0].items()},
        changed=tuple(sorted(changed, key=lambda each: (-largest[each.key], order.index(each.key), each.value))),
    )


def _variants(cell: Scenario, level: Level) -> Iterator[tuple[str, Decimal, Decimal, Scenario]]:
    """Yield each change: its dotted key, what was and what is, and the scenario; those that cannot be are left out."""
    truth = cell.truth
    assert isinstance(truth, ErrorModel)  # noqa: S101 - the caller has looked
    own = "effect_sd" if truth.village_effect == "beta" else "icc"  # the parameter of the effect that is not used
    for key, values in TRUTH.items():
        if key != own and key not in level:
            dotted = _DOTTED.get(key, f"population.{key}")
            yield from _changes(dotted, getattr(truth, key), values, _in_truth(cell, truth, key))
    for key, values in FIELDWORK.items():
        yield from _changes(f"fieldwork.{key}", getattr(cell.fieldwork, key), values, _in_fieldwork(cell, key))


def _in_truth(cell: Scenario, truth: ErrorModel, key: str) -> Callable[[Decimal], Scenario]:
    return lambda value: replace(cell, truth=replace(truth, **{key: value}))  # type: ignore[arg-type]


def _in_fieldwork(cell: Scenario, key: str) -> Callable[[Decimal], Scenario]:
    return lambda value: replace(cell, fieldwork=replace(cell.fieldwork, **{key: value}))  # type: ignore[arg-type]


def _changes(
    key: str, was: Decimal, values: tuple[Decimal, ...], change: Callable[[Decimal], Scenario]
) -> Iterator[tuple[str, Decimal, Decimal, Scenario]]:
    for value in values:
        if value == was:
            continue
        try:
            yield key, was, value, change(value)
        except InputError:  # a level that the changed model cannot reach: nothing to compare
            continue
