"""A fitted error model as JSON, schema ``fit/1``, and as a scenario."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from sampler.domains import RemoteMultiplier, holds
from sampler.error_model import ErrorModel
from scenarios.files.scenario_file import ScenarioFile, scenario_of
from scenarios.provenance import library_versions
from scenarios.questions.fit import Fit, Fitted

_DEFAULTS = ErrorModel(wrong_exit=Decimal(0), missed=Decimal(0))


def fit_record(found: Fit, seed: int) -> dict[str, Any]:
    """Return the record of a fit.

    Parameters
    ----------
    found : Fit
        The answer.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict
        ``{"schema": "fit/1", "levels", "weighted", "households", "wrong_households", "remote_multiplier", "icc",
        "whole_household", "identified", "provenance"}``; a value that the results say nothing of is null, with the
        reason beside it.
    """
    return {
        "schema": "fit/1",
        "levels": {name: vars(each) for name, each in found.levels.items()},
        "weighted": found.weighted,
        "households": dict(found.households),
        "wrong_households": dict(found.wrong),
        "remote_multiplier": vars(found.remote_multiplier),
        "icc": vars(found.icc),
        "whole_household": {name: vars(each) for name, each in found.whole.items()},
        "identified": "true rate x share of errors found",
        "provenance": {"seed": seed, "versions": library_versions()},
    }


def fitted_scenario(found: Fit, village_list: Path, *, name: str, seed: int) -> ScenarioFile:
    """Return the scenario of a county whose error model is the fitted one; what is not told keeps its default.

    The level of a group in which nobody was visited is 0.

    Parameters
    ----------
    found : Fit
        The answer.
    village_list : Path
        Of the county.
    name : str
        Of the scenario.
    seed : int
        Of the scenario.
    """
    population: dict[str, Any] = {
        "kind": "levels",
        "wrong_exit": _decimal(found.levels["wrong_exit"], Decimal(0)),
        "missed": _decimal(found.levels["missed"], Decimal(0)),
    }
    approval = found.levels["approval"]
    if approval.value is not None:
        population["disapproval"] = _rounded(1 - approval.value)
    # A correlation below 0 is none that the model knows: villages then differ less than chance makes them.
    population["icc"] = max(Decimal(0), _decimal(found.icc, _DEFAULTS.icc))
    multiplier = _decimal(found.remote_multiplier, _DEFAULTS.remote_multiplier)
    population["remote_multiplier"] = multiplier if holds(multiplier, RemoteMultiplier) else _DEFAULTS.remote_multiplier
    whole = {kind: _rounded(each.value) for kind, each in found.whole.items() if each.value is not None}
    if whole:
        population["whole_household"] = whole
    tree = {
        "schema": "scenario/1",
        "name": name,
        "seed": seed,
        "frame": {"file": os.path.realpath(village_list)},
        "population": population,
    }
    return scenario_of(tree, village_list.name)


def _decimal(fitted: Fitted, default: Decimal) -> Decimal:
    return default if fitted.value is None else _rounded(fitted.value)


def _rounded(value: float) -> Decimal:
    return Decimal(f"{value:.4f}")


def unused_defaults(found: Fit) -> Mapping[str, Decimal]:
    """Return what a fitted scenario takes from the defaults, by dotted name."""
    fitted = {"population.icc": found.icc, "population.remote_multiplier": found.remote_multiplier}
    fitted |= {f"population.whole_household.{kind}": each for kind, each in found.whole.items()}
    defaults = {
        "population.icc": _DEFAULTS.icc,
        "population.remote_multiplier": _DEFAULTS.remote_multiplier,
        "population.whole_household.wrong_exit": _DEFAULTS.whole_wrong_exit,
        "population.whole_household.missed": _DEFAULTS.whole_missed,
        "population.shared": _DEFAULTS.shared,
    }
    return {key: value for key, value in defaults.items() if key not in fitted or fitted[key].value is None}
