"""The plans that a budget pays for: strata, factors, villages and takes varied; of a spot check, its re-visits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sampler.errors import InputError, refuse
from sampler.frame import Frame
from sampler.plan import Oversample, Plan
from sampler.recheck import SpotCheck
from sampler.stratify import Stratification
from scenarios.planning.fieldwork_cost import expected_cost
from scenarios.planning.stratifications import favoured, stratifications
from scenarios.planning.two_stage import StageCosts
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]

FACTORS = tuple(map(Decimal, ("0.5", "0.7", "1", "1.5", "2", "3")))
TAKES = (8, 12, 18, 25, 35)
SPLITS = tuple(map(Decimal, ("0.5", "1", "2")))
SHARES = tuple(map(Decimal, ("0.5", "0.75", "1")))
REVISITS = tuple(map(Decimal, ("0.05", "0.1", "0.15", "0.2", "0.3", "0.5")))


@dataclass(frozen=True, kw_only=True)
class Space:
    """What is varied.

    Parameters
    ----------
    strata : tuple of Stratification, optional
        What makes strata; `stratifications` of the county where it is left out.
    factors : tuple of Decimal
        Factors on the sampling fraction of the villages that `favoured` names.
    takes : tuple of int
        Households of each drawn village: the mean of those visited among the exited and among the unregistered.
    splits : tuple of Decimal
        Exited households for each unregistered one.
    shares : tuple of Decimal
        Of the budget that is spent.
    revisits : tuple of Decimal
        Shares of the province's questionnaires whose households are visited again; of a spot check alone.

    Raises
    ------
    InputError
        ``space_empty`` where one of them has nothing.
    """

    strata: tuple[Stratification, ...] | None = None
    factors: tuple[Decimal, ...] = FACTORS
    takes: tuple[int, ...] = TAKES
    splits: tuple[Decimal, ...] = SPLITS
    shares: tuple[Decimal, ...] = SHARES
    revisits: tuple[Decimal, ...] = REVISITS

    def __post_init__(self) -> None:
        for name in ("strata", "factors", "takes", "splits", "shares", "revisits"):
            if getattr(self, name) == ():
                raise refuse("space_empty", key=name)


def plans_within(
    scenario: Scenario, budget: float, costs: StageCosts, space: Space | None = None
) -> tuple[Plan | SpotCheck, ...]:
    """Return every plan of a space that a budget pays for, each with as many villages as it pays for.

    Parameters
    ----------
    scenario : Scenario
        Gives the county, and everything of the plan that is not varied. Of a spot check the province's survey is not
        varied: the university decides on re-visits and on its own remote villages.
    budget : float
        What may be spent.
    costs : StageCosts
        Of a village and a household.
    space : Space, optional
        What is varied; the default one where it is left out.

    Raises
    ------
    InputError
        ``budget_too_small`` where it pays for no plan, with what the cheapest costs.

    Examples
    --------
    >>> from scenarios import load
    >>> example = load("example")
    >>> costs = StageCosts(village=20, household=1)
    >>> only = Space(strata=(Stratification(),), takes=(18,), splits=(Decimal(1),), shares=(Decimal(1),))
    >>> found = plans_within(example, 1644, costs, only)
    >>> len(found), max(expected_cost(example.frame, plan, costs) for plan in found) <= 1644
    (6, True)
    """
    space = Space() if space is None else space
    if isinstance(scenario.plan, SpotCheck):
        plans, cheapest = _spot_checks(scenario.frame, scenario.plan, budget, costs, space)
    else:
        plans, cheapest = _two_stage(scenario, budget, costs, space)
    if not plans:
        raise refuse("budget_too_small", found=f"{budget:,.0f}", allowed=f"{cheapest:,.0f}")
    return tuple(plans)


def _two_stage(
    scenario: Scenario, budget: float, costs: StageCosts, space: Space
) -> tuple[list[Plan | SpotCheck], float]:
    frame, plan = scenario.frame, scenario.plan
    assert isinstance(plan, Plan)  # noqa: S101 - the caller has looked
    strata = space.strata
    if strata is None:
        strata = stratifications(frame, drawn=sum(s.drawn for s in plan.strata(frame)), seed=scenario.seed)
    found: dict[object, Plan | SpotCheck] = {}
    cheapest = float("inf")
    for by in strata:
        value = favoured(by, frame)
        for factor in space.factors:
            if value is None and factor != 1:  # a factor would do nothing
                continue
            sizes = _Sizes(
                frame, replace(plan, stratification=by), {} if factor == 1 or value is None else {value: factor}
            )
            for takes, share in product(_takes(plan, space), space.shares):
                taken = {**plan.take, **takes}
                villages, least = sizes.largest(taken, float(share) * budget, costs)
                cheapest = min(cheapest, least)
                if villages is not None:
                    affordable = sizes.plan(villages, taken)
                    key = (by, sizes.drawn(villages), tuple(takes.items()))
                    found.setdefault(key, affordable)
    return list(found.values()), cheapest


def _takes(plan: Plan, space: Space) -> Iterator[dict[str, int]]:
    """Yield takes of the groups that the plan visits, each once."""
    groups = [group for group in ("exited", "unregistered") if plan.take.get(group)]
    seen = set()
    for take, split in product(space.takes, space.splits):
        exited = max(round(2 * take * split / (1 + split)), 1)
        taken = {"exited": exited, "unregistered": max(2 * take - exited, 1)} if len(groups) == 2 else {}
        taken = taken or dict.fromkeys(groups, take)
        if tuple(taken.items()) not in seen:
            seen.add(tuple(taken.items()))
            yield taken


class _Sizes:
    """The sizes of a plan whose strata and factors are given; which villages are drawn depends on no take."""

    def __init__(self, frame: Frame, plan: Plan, factors: Mapping[str, Decimal]) -> None:
        self._frame, self._plan, self._factors = frame, plan, factors
        self._chances: dict[int, Floats] = {}
        members = plan.stratification.members(frame)
        self._least = sum(min(2, len(villages)) for villages in members.values())

    def plan(self, villages: int, take: Mapping[str, int]) -> Plan:
        return replace(self._plan, villages=Oversample(villages=villages, factors=self._factors), take=take)

    def drawn(self, villages: int) -> tuple[int, ...]:
        return tuple(s.drawn for s in self.plan(villages, self._plan.take).strata(self._frame))

    def largest(self, take: Mapping[str, int], budget: float, costs: StageCosts) -> tuple[int | None, float]:
        """Return the most villages that a budget pays for, or None, and what the smallest plan costs."""
        visited = replace(self._plan, take=take).visited_households(self._frame).sum(axis=1)
        each = costs.village + costs.household * visited

        def cost(villages: int) -> float:
            if villages not in self._chances:
                self._chances[villages] = self.plan(villages, self._plan.take).chance(self._frame)
            return float(self._chances[villages] @ each)

        low, high = self._least, len(self._frame.codes)
        try:
            least = cost(low)
        except InputError:  # the county has no such villages for the plan's design
            return None, float("inf")
        if least > budget:
            return None, least
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (low, middle - 1) if cost(middle) > budget else (middle, high)
        return low, least


def largest_within(
    frame: Frame, plan: Plan, factors: Mapping[str, Decimal], budget: float, costs: StageCosts
) -> Plan | None:
    """Return a plan with as many villages as a budget pays for, shared out by factors; None where it pays for none.

    Parameters
    ----------
    frame : Frame
        The county.
    plan : Plan
        With its strata and takes.
    factors : mapping of str to Decimal
        As `Oversample` has them.
    budget : float
        What may be spent.
    costs : StageCosts
        Of a village and a household.
    """
    sizes = _Sizes(frame, plan, factors)
    villages, _ = sizes.largest(plan.take, budget, costs)
    return None if villages is None else sizes.plan(villages, plan.take)


def _spot_checks(
    frame: Frame, plan: SpotCheck, budget: float, costs: StageCosts, space: Space
) -> tuple[list[Plan | SpotCheck], float]:
    """Return the spot checks that a budget pays for, each with as many remote villages as it pays for."""
    found: dict[object, Plan | SpotCheck] = {}
    cheapest = float("inf")
    # A plan without remote villages says nothing of their takes: those groups then that the province visits.
    stated = plan.remote_take if any(plan.remote_take.values()) else plan.phase1.take
    groups = [group for group in ("exited", "unregistered") if stated.get(group)]
    for revisit, take, share in product(space.revisits, space.takes, space.shares):
        changed = replace(plan, revisit_share=revisit, remote_take={**plan.remote_take, **dict.fromkeys(groups, take)})
        low, high = -1, int(frame.remote.sum())
        cheapest = min(cheapest, expected_cost(frame, replace(changed, remote_villages=0), costs))
        while low < high:
            middle = (low + high + 1) // 2
            spent = expected_cost(frame, replace(changed, remote_villages=middle), costs)
            low, high = (low, middle - 1) if spent > float(share) * budget else (middle, high)
        if low >= 0:
            key = (revisit, low, take if low else None)
            found.setdefault(key, replace(changed, remote_villages=low))
    return list(found.values()), cheapest
