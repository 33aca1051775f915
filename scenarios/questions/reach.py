"""What an inspection reaches: the chance of any finding at all, and of each village and township being drawn."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb

import numpy as np
from numpy.typing import NDArray

from sampler.frame import EXITED, UNREGISTERED
from sampler.population import Population
from sampler.symmetric import sample_values
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]


def chance_of_finding(scenario: Scenario, population: Population) -> float:
    """Return the chance that at least one wrongly exited or missed household is visited, exactly.

    Parameters
    ----------
    scenario : Scenario
        Gives the plan.
    population : Population
        The truth.

    Returns
    -------
    float
        1 less the chance that every drawn village shows a clean sample: given the village, C(N - W, n) / C(N, n) in
        each group of N households, W of them wrong, n visited.
    """
    frame = scenario.frame
    visited = scenario.plan.visited_households(frame)
    wrong = np.bincount(
        3 * frame.household_village + frame.household_group,
        weights=population.wrong_persons > 0,
        minlength=visited.size,
    ).reshape(visited.shape)
    clean = np.ones(len(frame.codes))
    for i in range(len(clean)):
        for g in (EXITED, UNREGISTERED):
            size, bad, take = int(frame.group_households[i, g]), int(wrong[i, g]), int(visited[i, g])
            clean[i] *= comb(size - bad, take) / comb(size, take)
    strata = scenario.plan.strata(frame)
    nothing = float(np.prod([sample_values(clean[s.villages], s.drawn) for s in strata]))
    # What can still happen is never told as certain.
    return min(1 - nothing, float(np.nextafter(1, 0))) if nothing else 1.0


def chance_drawn(scenario: Scenario) -> tuple[Floats, Mapping[str, float]]:
    """Return the chance that each village is drawn, and that each township has a village drawn.

    Parameters
    ----------
    scenario : Scenario
        Gives frame and plan.

    Returns
    -------
    villages : ndarray of float64, shape (V,)
        m / M of the village's stratum.
    townships : mapping of str to float
        1 less the product over strata of C(M - t, m) / C(M, m), t being the township's villages in the stratum.

    Examples
    --------
    >>> from scenarios import load
    >>> villages, townships = chance_drawn(load("example"))
    >>> round(float(villages.sum()), 9), len(townships)
    (29.0, 11)
    """
    frame = scenario.frame
    strata = scenario.plan.strata(frame)
    villages = np.zeros(len(frame.codes))
    missed = dict.fromkeys(frame.townships, 1.0)
    for stratum in strata:
        size = len(stratum.villages)
        villages[stratum.villages] = stratum.drawn / size
        members = [frame.townships[i] for i in stratum.villages]
        for township in missed:
            missed[township] *= comb(size - members.count(township), stratum.drawn) / comb(size, stratum.drawn)
    return villages, {township: 1 - chance for township, chance in missed.items()}
