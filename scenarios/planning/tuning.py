"""What a search over plans found: every plan tried, those judged closely, the one recommended, and its gain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sampler.plan import Plan
from sampler.recheck import SpotCheck
from sampler.stratify import Stratification
from scenarios.planning.confirm import Confirmed
from scenarios.planning.decision_risk import DecisionRisk
from scenarios.planning.fieldwork_cost import FieldWork
from scenarios.planning.race import score
from scenarios.planning.smallest import RiskPoints
from scenarios.planning.two_stage import StageCosts
from scenarios.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """A plan, what it costs, and what it risks.

    Parameters
    ----------
    name : {"present", "proportional", "neyman", "searched"}
        Where it comes from.
    plan : Plan or SpotCheck
        It.
    work : FieldWork
        Villages, households and days, on average.
    cost : float
        Spent, on average.
    risk : DecisionRisk
        Under the scenario's own condition first, then under the others that it was tried under: all of them where it
        was looked at closely.
    bias : float or None
        Of the raw missed rate, relative to the county's, where remote villages err as often as the scenario says; None
        for a spot check.
    width : float or None
        Mean width of the wider of both rates' 95 % intervals in the good county under the scenario's own condition;
        None where the plan was not looked at closely.
    """

    name: str
    plan: Plan | SpotCheck
    work: FieldWork
    cost: float
    risk: DecisionRisk
    bias: float | None
    width: float | None


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
    per_day : int
        Households that a team visits in a day.
    budget : float
        What may be spent.
    screened : tuple of Judged
        Every plan of the search, under the conditions that it was tried under.
    judged : tuple of Judged
        The plans in use, and the shortlist, under every condition; the least score (`race.score`) first.
    best : Judged
        Of those whose score lies within one standard error of the least (Breiman et al. 1984, section 3.4.3), the one
        with fewest strata, then with the least cost.
    confirmed : tuple of Confirmed
        The best and the plans in use, on populations that the search has not seen.
    """

    scenario: Scenario
    points: RiskPoints
    costs: StageCosts
    per_day: int
    budget: float
    screened: tuple[Judged, ...]
    judged: tuple[Judged, ...]
    best: Judged
    confirmed: tuple[Confirmed, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a closely judged plan, the one that errs least first."""
        return _frame(self.judged, self.scenario)

    def screened_frame(self) -> pd.DataFrame:
        """Return one row a plan of the search, those that went farthest first, then the one that errs least."""
        return _frame(sorted(self.screened, key=_place), self.scenario)

    def confirmed_frame(self) -> pd.DataFrame:
        """Return one row a confirmed plan."""
        import pandas as pd  # noqa: PLC0415 - half a second that the command line need not pay

        return pd.DataFrame(
            {name: value for name, value in vars(each).items() if not name.startswith("exact")}
            for each in self.confirmed
        )

    def undominated(self) -> tuple[Judged, ...]:
        """Return the closely judged plans that no other beats in cost, mean risk and worst risk at once."""
        return tuple(each for each in self.judged if not any(_beats(other, each) for other in self.judged))

    def best_by_strata(self) -> tuple[tuple[Stratification, Judged], ...]:
        """Return the best plan of every stratification, on as many populations each, the best first."""
        found: dict[Stratification, Judged] = {}
        for each in sorted(self.screened, key=_place):
            if isinstance(each.plan, Plan):
                found.setdefault(each.plan.stratification, each)
        return tuple(found.items())


def _place(each: Judged) -> tuple[int, int, float]:
    """Return how far a plan went in the race, and its score there."""
    under = each.risk.under
    return -under[0].populations, -len(under), score(np.array([one.both for one in under]))


def _frame(rows: Sequence[Judged], scenario: Scenario) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - half a second that the command line need not pay

    return pd.DataFrame(
        {
            "plan": each.name,
            **_of_plan(each.plan, scenario),
            "villages": each.work.villages,
            "households": each.work.households,
            "days": each.work.days,
            "cost": each.cost,
            "mean": each.risk.mean,
            "worst": each.risk.worst.both,
            "worst_error": each.risk.worst.error,
            "bias": each.bias,
            "width": each.width,
        }
        for each in rows
    )


def _of_plan(plan: Plan | SpotCheck, scenario: Scenario) -> dict[str, object]:
    if isinstance(plan, SpotCheck):
        return {"revisit_share": float(plan.revisit_share), "remote_villages": plan.remote_villages}
    drawn = {stratum.name: stratum.drawn for stratum in plan.strata(scenario.frame)}
    return {
        "strata": "+".join(plan.stratification.by),
        "drawn": drawn,
        **{f"take_{g}": n for g, n in plan.take.items()},
    }


def _beats(one: Judged, other: Judged) -> bool:
    ours, theirs = ((each.cost, each.risk.mean, each.risk.worst.both) for each in (one, other))
    return ours != theirs and all(a <= b for a, b in zip(ours, theirs, strict=True))
