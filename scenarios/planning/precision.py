"""How wide the intervals are that a plan gives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from estimators.estimate import estimate
from sampler.error_model import ErrorModel, nested_populations
from sampler.frame import UNREGISTERED, Ints, Unit
from sampler.inspection import tallies
from scenarios.scenario import Scenario

POPULATIONS, DRAWS = 24, 25


def interval_width(scenario: Scenario, *, populations: int = POPULATIONS, draws: int = DRAWS) -> float:
    """Return the mean width of the 95 % interval of the wrong-exit or of the missed rate, whichever is wider.

    Parameters
    ----------
    scenario : Scenario
        Without grid, with an error model. The rates are weighted, their variance is that of ultimate clusters, and the
        interval Korn and Graubard's with its floor (METHODS 3.4).
    populations, draws : int
        Over which it is averaged: simulated populations, and samples of each.

    Returns
    -------
    float
        As a share of persons or households; NaN where no sample measures either rate.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from scenarios import load
    >>> cell = load("example").at({"wrong_exit": Decimal("0.01"), "missed": Decimal("0.01")})
    >>> 0.01 < interval_width(cell, populations=2, draws=5) < 0.05
    True
    """
    truth, frame = scenario.truth, scenario.frame
    if not isinstance(truth, ErrorModel):
        raise TypeError("intervals are averaged over the populations of an error model")
    criteria = [name for name in ("wrong_exit", "missed") if scenario.policy.tests(name)]
    unregistered: Mapping[Unit, Ints] = {
        "persons": frame.group_persons[:, UNREGISTERED],
        "households": frame.group_households[:, UNREGISTERED],
    }
    widths: dict[str, list[float]] = {name: [] for name in criteria}
    for number in range(populations):
        population = nested_populations(frame, [truth], seed=scenario.seed, replicate=number).population(0)
        tally = tallies(
            population,
            scenario.plan,
            seed=scenario.seed,
            replicates=number * draws + np.arange(draws),
            fieldwork=scenario.fieldwork,
        )
        found = estimate(
            tally,
            scenario.policy,
            group_persons=frame.group_persons.sum(axis=0),
            unregistered=unregistered,
            criteria=criteria,
            weighting="weighted",
            lonely="adjust",
        )
        for name in criteria:
            width = found[name].high - found[name].low
            widths[name] += width[np.isfinite(width)].tolist()
    means = [float(np.mean(each)) for each in widths.values() if each]
    return max(means, default=float("nan"))
