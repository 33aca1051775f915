"""What there is to say of a curve, in no language: counts, and which caveats apply."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from estimators.policy import CRITERIA, Policy
from sampler.frame import Frame
from sampler.plan import Plan
from scenarios.engines.chance import QUESTIONS
from scenarios.engines.laws import has_law
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.questions.curve import Curve
from scenarios.scenario import Scenario


def expected_households(frame: Frame, plan: Plan) -> int:
    """Return how many households a two-stage plan visits on average, where all are at home."""
    visited = plan.visited_households(frame)
    if not plan.plain:
        blocks = 3 * frame.household_village + frame.household_group
        covered = _chance_covered(frame, plan)
        whole = np.bincount(blocks, weights=covered, minlength=visited.size).reshape(visited.shape)
        visited = whole + np.minimum(frame.group_households - whole, plan.takes())
    return round(float(plan.chance(frame) @ visited.sum(axis=1)))


def expected_visits(scenario: Scenario) -> int:
    """Return about how many households one inspection visits on average.

    A spot check visits a share of the questionnaires again; roundings within cells, and errors that are all visited,
    are left out.
    """
    frame, plan = scenario.frame, scenario.plan
    if isinstance(plan, Plan):
        return expected_households(frame, plan)
    again = float(plan.revisit_share) * expected_households(frame, plan.phase1)
    return round(again + expected_households(frame, plan.add_on))


def _chance_covered(frame: Frame, plan: Plan) -> NDArray[np.float64]:
    """Return the chance that a household of a drawn village is visited whatever the takes, shape (N,)."""
    key = (frame.household_key & plan.key_households).astype(np.float64)
    if plan.hamlets == 0 or frame.household_hamlet is None:
        return key
    hamlets = np.zeros(len(frame.codes), dtype=np.int64)
    np.maximum.at(hamlets, frame.household_village, frame.household_hamlet + 1)
    drawn = np.minimum(plan.hamlets / np.maximum(hamlets, 1), 1.0)[frame.household_village]
    covered: NDArray[np.float64] = drawn + (1 - drawn) * key
    return covered


def tested(policy: Policy) -> tuple[str, ...]:
    """Return the questions worth an answer: any criterion, and those that the policy tests."""
    return tuple(question for question in QUESTIONS if question == "any" or policy.tests(question))


def looks_for_errors(policy: Policy) -> bool:
    """Say whether wrongly exited or missed households matter to the policy."""
    return any(policy.tests(name) for name in ("wrong_exit", "missed", "incidence"))


def has_exact_reach(scenario: Scenario) -> bool:
    """Say whether the chance of a finding is exact for one population (`questions.reach.chance_of_finding`)."""
    return scenario.two_stage is not None and has_law(scenario.two_stage.strata(scenario.frame))


def drawn_villages(scenario: Scenario) -> int:
    """Return how many villages one inspection draws."""
    return sum(stratum.drawn for stratum in scenario.plan.strata(scenario.frame))


def largest_tie(curve: Curve) -> float | None:
    """Return the largest chance, over levels, that some rate equals its limit: at most the sum over criteria.

    None where ties of weighted rates were not looked for.
    """
    ties = [[chance.at_limit[name] for name in CRITERIA] for chance in curve.chances]
    weighted = curve.scenario.policy.weighting == "weighted"
    if weighted and any(tie is None for level in ties for tie in level):
        return None
    return min(1.0, max(sum(tie or 0.0 for tie in level) for level in ties))


def unmeasured(curve: Curve) -> dict[str, float]:
    """Return the tested criteria that may have no denominator, with the largest chance of it."""
    names = filter(curve.scenario.policy.tests, CRITERIA)
    largest = {name: max(chance.not_measured[name] or 0.0 for chance in curve.chances) for name in names}
    return {name: chance for name, chance in largest.items() if chance > 0}


def unserved(curve: Curve) -> dict[str, tuple[str, ...]]:
    """Return the questions that the engine asked left open, by reason.

    Returns
    -------
    dict of str to tuple of str
        ``joint``: the county is too large to enumerate all groups at once; ``single``: the conditional engine answers
        one criterion at a time; ``digits``: the limit has too many digits for an exact law.
    """
    found: dict[str, tuple[str, ...]] = {}
    for question in QUESTIONS:
        if all(answer.fails[question] is not None for answer in curve.chances):
            continue
        joined = question not in RATIO_CRITERIA
        reason = ("single" if curve.engine == "conditional" else "joint") if joined else "digits"
        found[reason] = (*found.get(reason, ()), question)
    return found
