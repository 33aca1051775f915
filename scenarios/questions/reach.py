"""What an inspection reaches: the chance of any finding at all, and of each village and township being drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from sampler.frame import EXITED, GROUPS, UNREGISTERED, Bools, Frame, Ints
from sampler.plan import Plan, Stratum
from sampler.population import Population
from sampler.recheck import SpotCheck
from sampler.streams import Purpose, stream_starts
from scenarios.engines.laws import has_law, sampled
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]

_DRAWS = 20_000  # samples of villages where nobody knows a chance of their design


def chance_of_finding(scenario: Scenario, population: Population) -> float | None:
    """Return the chance that at least one wrongly exited or missed household is visited, exactly.

    Parameters
    ----------
    scenario : Scenario
        Gives the plan.
    population : Population
        The truth.

    Returns
    -------
    float or None
        1 less the chance that every drawn village shows a clean sample: given the village, C(N - W, n) / C(N, n) in
        each group of N households, W of them wrong, n visited. None where that is not all there is to it: after a
        second phase, with errors of fieldwork, or under a design without a generating function.
    """
    frame, plan = scenario.frame, scenario.two_stage
    if plan is None or not has_law(plan.strata(frame)):
        return None
    visited = plan.visited_households(frame)
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
    nothing = float(np.prod([sampled(s, clean) for s in plan.strata(frame)]))
    # What can still happen is never told as certain.
    return min(1 - nothing, float(np.nextafter(1, 0))) if nothing else 1.0


def chance_drawn(scenario: Scenario) -> tuple[Floats, Mapping[str, float]]:
    """Return the chance that each village is drawn, and that each township has a village drawn.

    Parameters
    ----------
    scenario : Scenario
        Gives frame and plan; under a spot check a village is drawn by the province or afresh.

    Returns
    -------
    villages : ndarray of float64, shape (V,)
        Inclusion probabilities.
    townships : mapping of str to float
        1 less the chance that no village of the township is drawn: exact where the design has a generating function,
        elsewhere the share of 20,000 samples.

    Examples
    --------
    >>> from scenarios import load
    >>> villages, townships = chance_drawn(load("example"))
    >>> round(float(villages.sum()), 9), len(townships)
    (29.0, 11)
    """
    frame = scenario.frame
    names = list(dict.fromkeys(frame.townships))
    outside = np.array([[township != name for name in names] for township in frame.townships], dtype=np.float64)
    none, missed = np.ones(len(frame.codes)), np.ones(len(names))
    for stratum in scenario.plan.strata(frame):
        none[stratum.villages] *= 1 - stratum.design.first
        missed *= _none_of(stratum, outside, scenario.seed)
    return 1 - none, dict(zip(names, (1 - missed).tolist(), strict=True))


def _none_of(stratum: Stratum, outside: Floats, seed: int) -> Floats:
    """Return the chance that every drawn village lies outside each township, shape (T,)."""
    found = stratum.design.expectation(outside[stratum.villages])
    if found is None:
        drawn = stratum.design.draw(stream_starts(seed, Purpose.VILLAGES, np.arange(_DRAWS)))
        found = outside[stratum.villages][drawn].prod(axis=1).mean(axis=0)
    chances: Floats = np.asarray(found, dtype=np.float64)
    return chances


@dataclass(frozen=True, kw_only=True)
class Unreachable:
    """What an inspection can never visit.

    Parameters
    ----------
    townships, villages : tuple of str
        Townships none of whose households can be visited, and villages of other townships of which that is true.
    households : mapping of str to int
        Households by group, of these and of all other villages.
    """

    townships: tuple[str, ...]
    villages: tuple[str, ...]
    households: Mapping[str, int]

    @property
    def nothing(self) -> bool:
        """Whether everybody can be visited."""
        return not any(self.households.values())


def unreachable(scenario: Scenario) -> Unreachable:
    """Return what has no chance of being visited: everybody should have one (所有的贫困户都有可能被抽中).

    Examples
    --------
    >>> from scenarios import load
    >>> unreachable(load("example")).nothing
    True
    """
    frame, plan = scenario.frame, scenario.plan
    if isinstance(plan, SpotCheck):
        reached = _reached(frame, plan.phase1) | _reached(frame, plan.add_on)
    else:
        reached = _reached(frame, plan)
    blocks = 3 * frame.household_village + frame.household_group
    met = np.bincount(blocks, weights=reached, minlength=frame.group_households.size).reshape(-1, 3)
    left: Ints = frame.group_households - met.astype(np.int64)
    empty = (met.sum(axis=1) == 0) & (frame.group_households.sum(axis=1) > 0)
    gone = [t for t in dict.fromkeys(frame.townships) if empty[[name == t for name in frame.townships]].all()]
    return Unreachable(
        townships=tuple(gone),
        villages=tuple(frame.villages[i] for i in np.flatnonzero(empty) if frame.townships[i] not in gone),
        households=dict(zip(GROUPS, left.sum(axis=0).tolist(), strict=True)),
    )


def _reached(frame: Frame, plan: Plan) -> Bools:
    """Say of each household whether a plan can visit it, shape (N,)."""
    wanted = (plan.takes() > 0)[frame.household_group]
    if plan.key_households:
        wanted |= frame.household_key
    if plan.hamlets:
        wanted[:] = True
    reached: Bools = wanted & (plan.chance(frame) > 0)[frame.household_village]
    return reached
