"""Tuning a plan: many plans of a cost, judged by the risk of the decision and not by a coefficient of variation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING

from sampler.error_model import ErrorModel
from sampler.errors import InputError, refuse
from sampler.frame import Frame
from sampler.plan import Oversample, Plan
from sampler.stratify import Stratification
from scenarios.engines.threads import Progress
from scenarios.planning.decision_risk import Condition, DecisionRisk, decision_risks, expected_cost, raw_bias
from scenarios.planning.smallest import RiskPoints, require_sizable
from scenarios.planning.two_stage import StageCosts
from scenarios.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

STRATA: tuple[tuple[str, ...], ...] = (("remote",), ("poor_village",), ("remote", "poor_village"))
FACTORS = tuple(map(Decimal, ("0.5", "0.7", "1", "1.5", "2", "3")))
TAKES = (8, 12, 18, 25, 35)
SHARES = tuple(map(Decimal, ("0.5", "0.75", "1")))  # of the budget
SHORTLIST = 6


@dataclass(frozen=True, kw_only=True)
class Space:
    """What is varied.

    Parameters
    ----------
    strata : tuple of tuple of str
        Columns that make strata.
    factors : tuple of Decimal
        Factors on the sampling fraction of remote villages.
    takes : tuple of int
        Households of each drawn village that are visited among the exited, and as many among the unregistered.
    shares : tuple of Decimal
        Of the budget that is spent.

    Raises
    ------
    InputError
        ``space_empty`` where one of them has nothing.
    """

    strata: tuple[tuple[str, ...], ...] = STRATA
    factors: tuple[Decimal, ...] = FACTORS
    takes: tuple[int, ...] = TAKES
    shares: tuple[Decimal, ...] = SHARES

    def __post_init__(self) -> None:
        for name in ("strata", "factors", "takes", "shares"):
            if not getattr(self, name):
                raise refuse("space_empty", key=name)


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """A plan, what it costs, and what it risks.

    Parameters
    ----------
    name : {"present", "proportional", "neyman", "searched"}
        Where it comes from.
    plan : Plan
        It.
    villages : int
        Drawn.
    households, cost : float
        Visited, and spent, on average.
    risk : DecisionRisk
        Under the scenario's own condition first, then under the others where it was looked at closely.
    bias : float
        Of the raw missed rate, relative to the county's, where remote villages err as often as the scenario says.
    """

    name: str
    plan: Plan
    villages: int
    households: float
    cost: float
    risk: DecisionRisk
    bias: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Tuning:
    """What the search found.

    Parameters
    ----------
    scenario : Scenario
        What was asked.
    points : RiskPoints
        Levels of a good and of a bad county.
    costs : StageCosts
        Of a village and a household.
    budget : float
        What may be spent.
    screened : tuple of Judged
        Every plan, under the scenario's own condition.
    judged : tuple of Judged
        The plans in use, and the shortlist, under every condition; the least worst-case sum of both risks first.
    """

    scenario: Scenario
    points: RiskPoints
    costs: StageCosts
    budget: float
    screened: tuple[Judged, ...]
    judged: tuple[Judged, ...]

    @property
    def best(self) -> Judged:
        """The plan with the least worst-case sum of both risks."""
        return self.judged[0]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a closely judged plan, the one that errs least first."""
        import pandas as pd  # noqa: PLC0415 - half a second that the command line need not pay

        return pd.DataFrame(
            {
                "plan": each.name,
                "villages": each.villages,
                "households": each.households,
                "cost": each.cost,
                "mean": each.risk.mean,
                "worst": each.risk.worst.both,
                "worst_error": each.risk.worst.error,
                "bias": each.bias,
            }
            for each in self.judged
        )

    def undominated(self) -> tuple[Judged, ...]:
        """Return the closely judged plans that no other beats in cost, mean risk and worst risk at once."""
        return tuple(each for each in self.judged if not any(_beats(other, each) for other in self.judged))


def _beats(one: Judged, other: Judged) -> bool:
    ours, theirs = ((each.cost, each.risk.mean, each.risk.worst.both) for each in (one, other))
    return ours != theirs and all(a <= b for a, b in zip(ours, theirs, strict=True))


def plans_within(scenario: Scenario, budget: float, costs: StageCosts, space: Space | None = None) -> tuple[Plan, ...]:
    """Return every plan of a space that a budget pays for, each with as many villages as it pays for.

    Parameters
    ----------
    scenario : Scenario
        Gives the county, and everything of the plan that is not varied.
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
    >>> found = plans_within(example, 1644, costs, Space(takes=(18,), shares=(Decimal(1),)))
    >>> len(found), max(expected_cost(example.frame, plan, costs) for plan in found) <= 1644
    (13, True)
    """
    space = Space() if space is None else space
    frame, found, cheapest = scenario.frame, {}, float("inf")
    for by, factor, take, share in product(space.strata, space.factors, space.takes, space.shares):
        if "remote" not in by and factor != 1:  # without its stratum a factor would do nothing
            continue
        try:
            least = _varied(scenario, by, factor, take, 2 ** (len(by) + 1))
            least.strata(frame)
        except InputError:  # the county has no such villages, or no such column
            continue
        cheapest = min(cheapest, expected_cost(frame, least, costs))
        plan = _affordable(scenario, by, factor, take, float(share) * budget, costs)
        if plan is not None:
            drawn = tuple((stratum.name, stratum.drawn) for stratum in plan.strata(frame))
            found[(drawn, take)] = plan
    if not found:
        raise refuse("budget_too_small", found=f"{budget:,.0f}", allowed=f"{cheapest:,.0f}")
    return tuple(found.values())


def _varied(scenario: Scenario, by: tuple[str, ...], factor: Decimal, take: int, villages: int) -> Plan:
    plan = scenario.plan
    assert isinstance(plan, Plan)  # noqa: S101 - the caller has looked
    taken = {**plan.take, **{group: take for group in ("exited", "unregistered") if plan.take.get(group)}}
    factors = {"remote": factor} if factor != 1 else {}
    return replace(
        plan,
        villages=Oversample(villages=villages, factors=factors),
        take=taken,
        stratification=Stratification(by=by),
    )


def _affordable(
    scenario: Scenario, by: tuple[str, ...], factor: Decimal, take: int, budget: float, costs: StageCosts
) -> Plan | None:
    """Return the plan with most villages within a budget; None where two a stratum are too dear."""
    frame = scenario.frame
    low, high = 2 * len(Stratification(by=by).members(frame)) - 1, len(frame.codes)
    while low < high:
        middle = (low + high + 1) // 2
        dear = expected_cost(frame, _varied(scenario, by, factor, take, middle), costs) > budget
        low, high = (low, middle - 1) if dear else (middle, high)
    return None if low < 2 * len(Stratification(by=by).members(frame)) else _varied(scenario, by, factor, take, low)


def tune(
    scenario: Scenario,
    points: RiskPoints,
    under: Sequence[Condition],
    *,
    costs: StageCosts | None = None,
    budget: float | None = None,
    space: Space | None = None,
    shortlist: int = SHORTLIST,
    progress: Progress | None = None,
) -> Tuning:
    """Search for the plan whose decision errs least, under the worst condition, for what may be spent.

    Every plan is judged under the scenario's own condition; the best go on a shortlist and are judged under all
    conditions, beside the plan in use, the proportional one and Neyman's. All of them meet the same households, so that
    plans are compared on common random numbers.

    Parameters
    ----------
    scenario : Scenario
        With a two-stage plan, an error model and a grid.
    points : RiskPoints
        Levels of a good and of a bad county; the bounds are not used.
    under : sequence of mapping of str to Decimal
        Conditions: values of parameters of the error model.
    costs : StageCosts, optional
        Of a village and a household; 20 to 1 where they are left out.
    budget : float, optional
        What may be spent; what the scenario's plan costs where it is left out.
    space : Space, optional
        What is varied.
    shortlist : int, default 6
        Plans judged closely.
    progress : callable, optional
        Called with (plans judged, all).

    Raises
    ------
    InputError
        As `require_sizable`, `Space` and `plans_within`.
    """
    require_sizable(scenario)
    plan, frame = scenario.plan, scenario.frame
    assert isinstance(plan, Plan)  # noqa: S101 - require_sizable has looked
    costs = StageCosts(village=20, household=1) if costs is None else costs
    budget = expected_cost(frame, plan, costs) if budget is None else budget
    plans = plans_within(scenario, budget, costs, space)
    whole = len(plans) + shortlist + 3

    def shifted(by: int) -> Progress | None:
        return None if progress is None else (lambda done, _: progress(by + done, whole))

    own = (_own_condition(scenario),)
    screened = [
        _judged("searched", scenario, risk, costs)
        for risk in decision_risks(scenario, plans, points, own, progress=shifted(0))
    ]
    chosen = sorted(screened, key=lambda each: each.risk.mean)[:shortlist]
    in_use = list(_in_use(scenario, budget, costs))
    closely = decision_risks(
        scenario,
        [*(each for _, each in in_use), *(each.plan for each in chosen)],
        points,
        [*own, *(condition for condition in under if condition != own[0])],
        progress=shifted(len(plans)),
    )
    names = [*(name for name, _ in in_use), *["searched"] * len(chosen)]
    judged = [_judged(name, scenario, risk, costs) for name, risk in zip(names, closely, strict=True)]
    return Tuning(
        scenario=scenario,
        points=points,
        costs=costs,
        budget=budget,
        screened=tuple(screened),
        judged=tuple(sorted(judged, key=lambda each: each.risk.worst.both)),
    )


def _own_condition(scenario: Scenario) -> Condition:
    truth = scenario.truth
    assert isinstance(truth, ErrorModel)  # noqa: S101 - require_sizable has looked
    return {"icc": truth.icc, "remote_multiplier": truth.remote_multiplier}


def _in_use(scenario: Scenario, budget: float, costs: StageCosts) -> Iterator[tuple[str, Plan]]:
    """Yield the scenario's plan, and at the budget the proportional one and Neyman's with the same takes."""
    plan, truth = scenario.plan, scenario.truth
    assert isinstance(plan, Plan)  # noqa: S101 - require_sizable has looked
    assert isinstance(truth, ErrorModel)  # noqa: S101
    yield "present", plan
    take = max(plan.take.get("exited", 0), plan.take.get("unregistered", 0))
    # The standard deviation of a rare error is about the square root of its rate.
    neyman = Decimal(f"{sqrt(float(truth.remote_multiplier)):.4f}")
    for name, factor in (("proportional", Decimal(1)), ("neyman", neyman)):
        found = _affordable(scenario, ("remote",), factor, take, budget, costs)
        if found is not None:
            yield name, found


def _judged(name: str, scenario: Scenario, risk: DecisionRisk, costs: StageCosts) -> Judged:
    frame, plan = scenario.frame, risk.plan
    truth = scenario.truth
    assert isinstance(truth, ErrorModel)  # noqa: S101 - require_sizable has looked
    return Judged(
        name=name,
        plan=plan,
        villages=sum(stratum.drawn for stratum in plan.strata(frame)),
        households=_households(frame, plan),
        cost=expected_cost(frame, plan, costs),
        risk=risk,
        bias=raw_bias(frame, plan, float(truth.remote_multiplier))["missed"],
    )


def _households(frame: Frame, plan: Plan) -> float:
    return float(plan.chance(frame) @ plan.visited_households(frame).sum(axis=1))
