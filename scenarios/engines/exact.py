"""The exact engine: `wrong_exit`, `missed` and `approval` for any county, `incidence` and `any` for small ones.

Each of the three ratio criteria fails when a sum of whole-number household scores is positive (METHODS 4.1); the law of
that sum follows from generating functions (METHODS 4.2). The incidence and `any` join groups and criteria and need
the joint law; where the county is too large for it they stay unanswered here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from estimators.policy import CRITERIA
from estimators.rules.official import decide
from sampler.population import Population
from scenarios.engines import scores
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.engines.joint import TooLargeError, joint_chances
from scenarios.engines.laws import ScoreLaw, chance_nothing, county_law, has_law
from scenarios.engines.scores import by_criterion, chance_empty, score_blocks
from scenarios.engines.threads import Progress
from scenarios.engines.tilting import RARE, rare_law
from scenarios.engines.weighted import weighs, weighted_bracket
from scenarios.scenario import Scenario, populations


def chances(
    scenarios: Sequence[Scenario], *, progress: Progress | None = None, seconds: bool = True
) -> tuple[Chance, ...]:
    """Return the chance of failing of each scenario, exactly.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Without grids (`Scenario.at`).
    progress : callable, optional
        Called with (done, all) as criteria are answered.
    seconds : bool, default True
        Whether to answer what takes seconds, and not fractions of one: weighted criteria.

    Returns
    -------
    tuple of Chance
        In the order of `scenarios`. What would take too long is None: ``incidence`` and
        ``any`` in a large county, a criterion whose limit has many digits. A weighted criterion is the middle of a
        bracket (METHODS 4.4), and `bound` its half; no tie of weighted scores is looked for, so `at_limit` is None.
    """
    truths = populations(scenarios)

    def answers(scenario: Scenario, criterion: str) -> bool:
        return (seconds or scenario.policy.weighting == "raw") and serves(scenario, criterion)

    ratios = by_criterion(ratio_chance, scenarios, truths, serves=answers, progress=progress)
    return tuple(_chance(*parts) for parts in zip(scenarios, truths, ratios, strict=True))


def serves(scenario: Scenario, criterion: str) -> bool:
    """Say whether a ratio criterion has an exact chance: a known law, and a design with a generating function."""
    known = weighs(scenario) or scores.serves(scenario, criterion)
    return known and scenario.plan_with_law is not None and has_law(scenario.plan.strata(scenario.frame))


@dataclass(frozen=True, kw_only=True)
class RatioChance:
    """What the law of a criterion's score says.

    Parameters
    ----------
    fails, at_limit, not_measured : float
        Chances that the criterion fails the county, stands at its limit, has a denominator of 0.
    bound : float
        Numerical error is below this.
    """

    fails: float
    at_limit: float | None
    not_measured: float
    bound: float


def ratio_chance(scenario: Scenario, population: Population, criterion: str) -> RatioChance:
    """Return the exact chances of one ratio criterion.

    Parameters
    ----------
    scenario : Scenario
        Gives plan and policy.
    population : Population
        The truth.
    criterion : {"wrong_exit", "missed", "approval"}

    Returns
    -------
    RatioChance
    """
    if scenario.policy.weighting == "weighted":
        return _weighted_chance(scenario, population, criterion)
    strata = scenario.plan.strata(scenario.frame)
    blocks = score_blocks(scenario, population, criterion)
    law, nothing = county_law(blocks, strata), chance_nothing(chance_empty(scenario, criterion), strata)
    # Where not even a tie is common, the law is computed again with the rare scores in its middle.
    rare = rare_law(blocks, strata) if nothing == 0 and law.above_zero() + law.at_zero() < RARE else None
    law = law if rare is None else rare
    # An unmeasured rate scores 0 too, but it is neither at its limit nor beyond it.
    tie = max(0.0, law.at_zero() - nothing)
    fails = min(1.0, law.above_zero() + tie) if scenario.policy.at_limit_fails else law.above_zero()
    return RatioChance(fails=fails, at_limit=tie, not_measured=nothing, bound=law.bound)


def _weighted_chance(scenario: Scenario, population: Population, criterion: str) -> RatioChance:
    """Return the middle of the bracket, less what a rate that is not measured adds to it under `at_limit_fails`."""
    bracket = weighted_bracket(scenario, population, criterion)
    nothing = chance_nothing(chance_empty(scenario, criterion), scenario.plan.strata(scenario.frame))
    unmeasured = nothing if scenario.policy.at_limit_fails else 0.0
    half = (bracket.high - bracket.low) / 2
    return RatioChance(
        fails=max(0.0, bracket.low + half - unmeasured),
        at_limit=None,
        not_measured=nothing,
        bound=half + bracket.bound,
    )


def _chance(scenario: Scenario, population: Population, ratios: Mapping[str, RatioChance]) -> Chance:
    fails: dict[str, float | None] = dict.fromkeys(QUESTIONS)
    at_limit: dict[str, float | None] = dict.fromkeys(CRITERIA)
    not_measured: dict[str, float | None] = dict.fromkeys(CRITERIA)
    for criterion, ratio in ratios.items():
        fails[criterion], at_limit[criterion], not_measured[criterion] = ratio.fails, ratio.at_limit, ratio.not_measured
    try:
        if scenario.two_stage is None or scenario.policy.weighting == "weighted":
            raise TooLargeError
        joint = joint_chances(population, scenario.two_stage, scenario.policy)
    except TooLargeError:
        if scenario.policy.incidence == "registered":
            fails["incidence"], at_limit["incidence"], not_measured["incidence"] = _registered(scenario)
    else:
        fails |= {name: joint["fails"][name] for name in ("any", "incidence")}
        at_limit["incidence"] = joint["at_limit"]["incidence"]
        not_measured["incidence"] = joint["not_measured"]["incidence"]
    return Chance(
        fails=fails,
        standard_error={name: None if value is None else 0.0 for name, value in fails.items()},
        at_limit=at_limit,
        not_measured=not_measured,
        engine={name: None if value is None else "exact" for name, value in fails.items()},
        bound=max((ratio.bound for ratio in ratios.values()), default=0.0),
    )


def score_law(scenario: Scenario, population: Population, criterion: str) -> ScoreLaw:
    """Return the law of a criterion's summed score; the county fails when the score is positive.

    Parameters
    ----------
    scenario : Scenario
        Gives plan and policy.
    population : Population
        The truth.
    criterion : {"wrong_exit", "missed", "approval"}

    Returns
    -------
    ScoreLaw
    """
    return county_law(score_blocks(scenario, population, criterion), scenario.plan.strata(scenario.frame))


def _registered(scenario: Scenario) -> tuple[float, float, float]:
    """Return the chances of an incidence that no sample enters: it fails or passes for certain."""
    none = (np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
    verdict = decide(
        scenario.policy,
        scenario.frame.group_persons.sum(axis=0),
        wrong_exit=none,
        missed=none,
        approval=none,
        wrong_exit_persons=none,
        missed_persons=none,
    )
    return (
        float(verdict.fails["incidence"][0]),
        float(verdict.at_limit["incidence"][0]),
        float(not verdict.measured["incidence"][0]),
    )
