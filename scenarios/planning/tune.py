"""Tuning a plan: many plans of a cost, judged by the risk of the decision and not by a coefficient of variation.

The plans race (`scenarios.planning.race`); the best are judged under every condition beside the plans in use. The
winner was picked for looking good on those populations, so that its gain is measured once more on populations that the
search has not seen (`scenarios.planning.confirm`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from math import sqrt

import numpy as np

from sampler.error_model import ErrorModel
from sampler.errors import refuse
from sampler.plan import Plan
from sampler.recheck import SpotCheck
from sampler.stratify import Stratification
from scenarios.engines.threads import Progress, in_threads
from scenarios.planning.candidates import Space, largest_within, plans_within
from scenarios.planning.confirm import confirm
from scenarios.planning.decision_risk import (
    Condition,
    DecisionRisk,
    Floats,
    levels_of,
    raw_bias,
    under_condition,
)
from scenarios.planning.fieldwork_cost import PER_DAY, expected_cost, field_work
from scenarios.planning.precision import interval_width
from scenarios.planning.race import LAST, Race, Recall, score
from scenarios.planning.smallest import RiskPoints
from scenarios.planning.tuning import Judged, Tuning
from scenarios.planning.two_stage import StageCosts
from scenarios.scenario import Scenario

SHORTLIST = 12


def require_tunable(scenario: Scenario) -> None:
    """Refuse a scenario whose plan cannot be varied.

    Raises
    ------
    InputError
        ``size_needs_levels``, ``size_needs_two_stages``.
    """
    if not isinstance(scenario.truth, ErrorModel) or not scenario.grid:
        raise refuse("size_needs_levels", key="grid")
    plan = scenario.plan
    if isinstance(plan, Plan) and (plan.certain or not any(s.drawn for s in plan.strata(scenario.frame))):
        raise refuse("size_needs_two_stages", key="plan")


def tune(
    scenario: Scenario,
    points: RiskPoints,
    under: Sequence[Condition],
    *,
    costs: StageCosts | None = None,
    per_day: int = PER_DAY,
    budget: float | None = None,
    space: Space | None = None,
    shortlist: int = SHORTLIST,
    fresh: int | None = None,
    progress: Progress | None = None,
    recall: Recall | None = None,
) -> Tuning:
    """Search for the plan whose decision errs least, under the worst condition, for what may be spent.

    Parameters
    ----------
    scenario : Scenario
        With an error model and a grid. Of a two-stage plan strata, factors, villages and takes are varied; of a spot
        check the re-visit share, the remote villages and their takes.
    points : RiskPoints
        Levels of a good and of a bad county; the bounds are not used.
    under : sequence of mapping of str to Decimal
        Conditions: values of parameters of the error model. The scenario's own is added.
    costs : StageCosts, optional
        Of a village and a household; 20 to 1 where they are left out.
    per_day : int
        Households that a team visits in a day.
    budget : float, optional
        What may be spent; what the scenario's plan costs where it is left out.
    space : Space, optional
        What is varied.
    shortlist : int, default 12
        Plans judged closely.
    fresh : int, optional
        Populations on which the gain is measured once more; 512 where it is left out.
    progress : callable, optional
        Called with (plans tried on a population, all, being about).
    recall : callable, optional
        Called with each piece of work in turn, so that a search that was stopped can go on.

    Raises
    ------
    InputError
        As `require_tunable`, `Space` and `plans_within`.
    """
    require_tunable(scenario)
    costs = StageCosts(village=20, household=1) if costs is None else costs
    budget = expected_cost(scenario.frame, scenario.plan, costs) if budget is None else budget
    plans = plans_within(scenario, budget, costs, space)
    own = _own_condition(scenario)
    conditions = [own, *(condition for condition in under if condition != own)]
    in_use = list(_in_use(scenario, budget, costs))
    race = Race(
        scenario=scenario,
        points=points,
        conditions=conditions,
        plans=plans,
        kinds=[plan.stratification if isinstance(plan, Plan) else plan.revisit_share for plan in plans],
        present=scenario.plan,
        recall=recall or (lambda work: work()),
        progress=progress,
    )
    chosen = race.run(shortlist, close=len(in_use) + shortlist)
    close = [*(plan for _, plan in in_use), *(plans[i] for i in chosen)]
    closely = race.errors(close, range(LAST))

    def width_of(plan: Plan | SpotCheck) -> float:
        good, _ = levels_of(scenario, points)
        return interval_width(replace(scenario, plan=plan).at({**own, **good}))

    widths = race.recall(lambda: np.array(in_threads(width_of, close)))

    judged = partial(_judged, scenario, costs, per_day)
    names = [*(name for name, _ in in_use), *["searched"] * len(chosen)]
    found = [
        judged(name, plan, list(zip(conditions, closely[:, :, place], strict=True)), float(widths[place]))
        for place, (name, plan) in enumerate(zip(names, close, strict=True))
    ]
    ahead = np.argsort([score(closely[:, :, place].sum(axis=2).mean(axis=1)) for place in range(len(close))])
    best = min(
        (found[place] for place in _tied(closely.sum(axis=3))),
        key=lambda each: (_strata(each.plan, scenario), each.cost),
    )
    held = [best, *(each for each in found if each.name != "searched" and each is not best)]
    return Tuning(
        scenario=scenario,
        points=points,
        costs=costs,
        per_day=per_day,
        budget=budget,
        screened=tuple(judged("searched", plan, race.seen(i)) for i, plan in enumerate(plans)),
        judged=tuple(found[place] for place in ahead),
        best=best,
        confirmed=confirm(scenario, [(each.name, each.risk) for each in held], points, fresh=fresh, recall=race.recall),
    )


def _judged(
    scenario: Scenario,
    costs: StageCosts,
    per_day: int,
    name: str,
    plan: Plan | SpotCheck,
    errors: Sequence[tuple[Condition, Floats]],
    width: float | None = None,
) -> Judged:
    """Return a plan with what it costs and risks, from its wrong decisions under each condition, shape (B, 2)."""
    assert isinstance(scenario.truth, ErrorModel)  # noqa: S101 - require_tunable has looked
    tried = replace(scenario, plan=plan)
    work = field_work(scenario.frame, plan, per_day=per_day)
    multiplier = float(scenario.truth.remote_multiplier)
    return Judged(
        name=name,
        plan=plan,
        work=work,
        cost=work.cost(costs),
        risk=DecisionRisk(plan=plan, under=tuple(under_condition(tried, *each) for each in errors)),
        bias=raw_bias(scenario.frame, plan, multiplier)["missed"] if isinstance(plan, Plan) else None,
        width=width,
    )


def _tied(sums: Floats) -> list[int]:
    """Return the plans whose score cannot be told from the least, from sums of both risks of shape (C, B, P)."""
    plans = range(sums.shape[2])
    worst = sums.mean(axis=1).argmax(axis=0)
    # A plan's score is a mean over populations, which all plans share, so that differences have errors of their own.
    scores = np.stack([(sums[worst[p], :, p] + sums[:, :, p].mean(axis=0)) / 2 for p in plans])
    above = scores - scores[scores.mean(axis=1).argmin()]
    error = above.std(axis=1, ddof=1) / np.sqrt(above.shape[1])
    return [p for p in plans if above[p].mean() <= error[p]]


def _strata(plan: Plan | SpotCheck, scenario: Scenario) -> int:
    return len(plan.strata(scenario.frame))


def _own_condition(scenario: Scenario) -> Condition:
    truth = scenario.truth
    assert isinstance(truth, ErrorModel)  # noqa: S101 - require_tunable has looked
    return {"icc": truth.icc, "remote_multiplier": truth.remote_multiplier}


def _in_use(scenario: Scenario, budget: float, costs: StageCosts) -> Iterator[tuple[str, Plan | SpotCheck]]:
    """Yield the scenario's plan, and at the budget the proportional one and Neyman's with the same takes."""
    plan, truth = scenario.plan, scenario.truth
    assert isinstance(truth, ErrorModel)  # noqa: S101 - require_tunable has looked
    yield "present", plan
    if not isinstance(plan, Plan) or not 0 < scenario.frame.remote.sum() < len(scenario.frame.remote):
        return
    # The standard deviation of a rare error is about the square root of its rate.
    neyman = Decimal(f"{sqrt(float(truth.remote_multiplier)):.4f}")
    by_remote = replace(plan, stratification=Stratification())
    for name, factor in (("proportional", Decimal(1)), ("neyman", neyman)):
        found = largest_within(scenario.frame, by_remote, {"remote": factor}, budget, costs)
        if found is not None:
            yield name, found
