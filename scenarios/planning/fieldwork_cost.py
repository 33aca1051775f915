"""What a plan costs in the field: villages travelled to, households visited, days of a team."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampler.frame import Frame
from sampler.plan import Plan
from sampler.recheck import SpotCheck
from scenarios.planning.two_stage import StageCosts

PER_DAY = 12  # households that a team visits in a day; assumed, no source says so


@dataclass(frozen=True, kw_only=True)
class FieldWork:
    """What a plan asks of the teams, on average over draws.

    Parameters
    ----------
    villages, households : float
        Travelled to, and visited there.
    days : float
        Days of one team, which finishes a village before it goes to the next.
    """

    villages: float
    households: float
    days: float

    def cost(self, costs: StageCosts) -> float:
        """Return what it costs, in the unit of `costs`."""
        return costs.village * self.villages + costs.household * self.households


def field_work(frame: Frame, plan: Plan | SpotCheck, *, per_day: int = PER_DAY) -> FieldWork:
    """Return the field work of a plan; of a spot check that of the university, the province's survey being given.

    Parameters
    ----------
    frame : Frame
        The county.
    plan : Plan or SpotCheck
        Its plan. Of a spot check the households that the province recorded as wrong, all of which may be visited again,
        are left out: how many they are is not known before.
    per_day : int
        Households that a team visits in a day.

    Examples
    --------
    >>> from scenarios import load
    >>> example = load("example")
    >>> work = field_work(example.frame, example.plan)
    >>> round(work.villages), round(work.households), round(work.days)
    (29, 1064, 99)
    """
    if isinstance(plan, SpotCheck):
        again = _two_stage(frame, plan.phase1, float(plan.revisit_share), per_day)
        if plan.remote_villages == 0:
            return again
        fresh = _two_stage(frame, plan.add_on, 1.0, per_day)
        return FieldWork(
            villages=again.villages + fresh.villages,
            households=again.households + fresh.households,
            days=again.days + fresh.days,
        )
    return _two_stage(frame, plan, 1.0, per_day)


def _two_stage(frame: Frame, plan: Plan, share: float, per_day: int) -> FieldWork:
    chance, visited = plan.chance(frame), share * plan.visited_households(frame).sum(axis=1)
    return FieldWork(
        villages=float(chance.sum()),
        households=float(chance @ visited),
        days=float(chance @ np.ceil(visited / per_day)),
    )


def expected_cost(frame: Frame, plan: Plan | SpotCheck, costs: StageCosts) -> float:
    """Return what a plan costs on average: its villages and the households visited in them.

    Examples
    --------
    >>> from scenarios import load
    >>> example = load("example")
    >>> round(expected_cost(example.frame, example.plan, StageCosts(village=20, household=1)))
    1644
    """
    return field_work(frame, plan).cost(costs)
