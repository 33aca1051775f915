"""From ``[population]`` to the truth it states: the household table's, or an error model that fits the county."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from sampler.error_model import ErrorModel
from sampler.errors import InputError, Mistake, refuse
from sampler.village_effects import EFFECTS
from scenarios.files.documents import GivenDocument, LevelsDocument
from scenarios.files.tables import County
from scenarios.scenario import Axis, GivenTruth


def truth_of(
    population: GivenDocument | LevelsDocument, axes: Sequence[Axis], county: County
) -> GivenTruth | ErrorModel:
    """Return the truth of a scenario; parameters that a grid moves stand at its first values.

    Parameters
    ----------
    population : GivenDocument or LevelsDocument
        As the user states it.
    axes : sequence of Axis
        The grid.
    county : County
        Whose truth it is.

    Raises
    ------
    InputError
        ``truth_missing``; ``parameter_of_other_effect``, ``no_key_households`` and ``unknown_township`` for what is
        stated but would change nothing.
    """
    if isinstance(population, GivenDocument):
        if county.truth is None:
            raise refuse("truth_missing", key="population.kind", found="given", allowed="wrong_persons, approves")
        return county.truth
    wrong = [*_of_another_effect(population, axes), *_without_key_households(population, axes, county)]
    stated = population.model_dump(exclude_none=True, exclude={"kind", "averaged", "whole_household"})
    whole = {f"whole_{kind}": share for kind, share in population.whole_household}
    moved = {key: axis.values[0] for axis in axes for key in axis.keys}
    truth = ErrorModel(**stated | whole | moved)
    try:
        truth.require_townships(county.frame)
    except InputError as error:
        wrong += [mistake.at(key=f"population.{mistake.fields['key']}") for mistake in error.mistakes]
    if wrong:
        raise InputError(wrong)
    return truth


def _of_another_effect(population: LevelsDocument, axes: Sequence[Axis]) -> Iterator[Mistake]:
    """Yield a mistake for every stated parameter of a village effect that is not the one stated."""
    moved = {key for axis in axes for key in axis.keys}
    own = {each.name for each in fields(EFFECTS[population.village_effect])}
    for effect, law in EFFECTS.items():
        for name in (each.name for each in fields(law) if each.name not in own):
            stated = {"population": getattr(population, name) is not None, "grid": name in moved}
            for table in (table for table, is_stated in stated.items() if is_stated):
                yield Mistake(
                    "parameter_of_other_effect",
                    {"key": f"{table}.{name}", "found": population.village_effect, "allowed": effect},
                )


def _without_key_households(population: LevelsDocument, axes: Sequence[Axis], county: County) -> Iterator[Mistake]:
    """Yield a mistake where the rate of key households is changed and the county has none marked."""
    if county.frame.household_key.any():
        return
    moved = (value for axis in axes if "key_multiplier" in axis.keys for value in axis.values)
    for table, values in (("population", [population.key_multiplier]), ("grid", [*moved])):
        changed = next((value for value in values if value != 1), None)
        if changed is not None:
            yield Mistake("no_key_households", {"key": f"{table}.key_multiplier", "found": str(changed)})
