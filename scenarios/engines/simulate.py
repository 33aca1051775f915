"""The simulating engine: inspections drawn at random, decided by the policy's rule, counted.

All scenarios of a seed meet the same draws (common random numbers). Batches have a fixed size and results do not depend
on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimators.policy import CRITERIA, Policy
from estimators.verdict import Verdict, verdict_of_sums, verdict_of_tally
from sampler.draws import MOMENTS, Tally
from sampler.frame import Bools, Frame, Ints
from sampler.inspection import sums, tallies, totals
from sampler.population import Population
from sampler.sums.inspections import Sums
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.engines.estimated import Estimated, proportion
from scenarios.engines.importance import rare_chances, serves
from scenarios.engines.threads import Progress, in_threads
from scenarios.scenario import Scenario, populations

BATCH = 4_000  # inspections between two looks at the error
MOST = 40_000  # inspections after which a chance is called small and left
FEW = 20  # failures below which a chance is too small for plain simulation (METHODS 4.8)


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcomes:
    """What the rule said of R inspections.

    Parameters
    ----------
    fails : mapping of str to ndarray of bool, shape (R,)
        By question (``any`` and the four criteria).
    at_limit, measured : mapping of str to ndarray of bool, shape (R,)
        By criterion.
    """

    fails: Mapping[str, Bools]
    at_limit: Mapping[str, Bools]
    measured: Mapping[str, Bools]


def outcomes(scenario: Scenario, population: Population, replicates: Ints) -> Outcomes:
    """Run inspections and decide them.

    Parameters
    ----------
    scenario : Scenario
        Plan, policy and seed.
    population : Population
        The truth.
    replicates : ndarray of int64, shape (R,)
        Numbers of the inspections.
    """
    verdict = _decided(scenario, population, replicates)
    return Outcomes(fails={"any": verdict.any, **verdict.fails}, at_limit=verdict.at_limit, measured=verdict.measured)


def _decided(scenario: Scenario, population: Population, replicates: Ints) -> Verdict:
    plan, seed, fieldwork = scenario.plan, scenario.seed, scenario.fieldwork
    if scenario.policy.weighting == "weighted":
        apart = tallies(population, plan, seed=seed, replicates=replicates, fieldwork=fieldwork)
        return decided_by_village(apart, scenario.frame, scenario.policy)
    return decided(sums_of(scenario, population, replicates), scenario.frame, scenario.policy)


def sums_of(scenario: Scenario, population: Population, replicates: Ints) -> Sums:
    """Return what R inspections of a population count; parameters are those of `outcomes`."""
    return sums(population, scenario.plan, seed=scenario.seed, replicates=replicates, fieldwork=scenario.fieldwork)


def decided_by_village(found: Tally, frame: Frame, policy: Policy) -> Verdict:
    """Decide R inspections whose villages are held apart, as weights need them."""
    persons = frame.group_persons
    return verdict_of_tally(found, policy, group_persons=persons.sum(axis=0), unregistered=frame.unregistered)


def decided(found: Sums, frame: Frame, policy: Policy) -> Verdict:
    """Decide R inspections of M populations; the verdicts stand inspection by inspection."""
    whole = found.unregistered(frame) if policy.missed_denominator == "village" else {}
    return verdict_of_sums(
        found.moments.reshape(-1, *found.moments.shape[2:]),
        policy,
        group_persons=frame.group_persons.sum(axis=0),
        unregistered={unit: count.ravel() for unit, count in whole.items()},
    )


def chance_of_finding(scenario: Scenario, population: Population) -> float:
    """Return the share of one batch of inspections that record a wrong household."""
    plan, seed, fieldwork = scenario.plan, scenario.seed, scenario.fieldwork
    found = totals(population, plan, seed=seed, replicates=np.arange(BATCH), fieldwork=fieldwork)
    return float((found[..., MOMENTS.index("wrong_households")].sum(axis=1) > 0).mean())


def chance_of_missed(scenario: Scenario, population: Population) -> float:
    """Return the share of one batch of inspections whose missed rate fails the county."""
    return float(outcomes(scenario, population, np.arange(BATCH)).fails["missed"].mean())


def _joined(parts: Sequence[Outcomes]) -> Outcomes:
    def together(name: str) -> dict[str, NDArray[np.bool_]]:
        keys = getattr(parts[0], name)
        return {key: np.concatenate([getattr(part, name)[key] for part in parts]) for key in keys}

    return Outcomes(fails=together("fails"), at_limit=together("at_limit"), measured=together("measured"))


def batches(scenario: Scenario, population: Population, enough: Callable[[Outcomes], bool]) -> Outcomes:
    """Run batches until ``enough(outcomes so far)`` or `MOST` inspections."""
    parts: list[Outcomes] = []
    for first in range(0, MOST, BATCH):
        parts.append(outcomes(scenario, population, np.arange(first, first + BATCH)))
        if enough(_joined(parts)):
            break
    return _joined(parts)


def rarely(
    scenario: Scenario, population: Population, seen: Outcomes, questions: Sequence[str]
) -> dict[str, Estimated]:
    """Return the chances of those questions that hardly any inspection answered with yes, by importance sampling.

    Parameters
    ----------
    scenario : Scenario
        Where samples of its plan can be tilted; elsewhere there is nothing to return.
    population : Population
        The truth.
    seen : Outcomes
        What plain simulation showed.
    questions : sequence of str
        To be looked at.
    """
    few = [q for q in questions if seen.fails[q].sum() < FEW and (q == "any" or scenario.policy.tests(q))]
    if not few or not serves(scenario):
        return {}
    return {q: found for q, found in rare_chances(scenario, population, few).items() if found.chance > 0}


def chances(scenarios: Sequence[Scenario], *, progress: Progress | None = None) -> tuple[Chance, ...]:
    """Return the chance of failing of each scenario, by simulation alone.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Without grids.
    progress : callable, optional
        Called with (done, all) after each scenario.

    Returns
    -------
    tuple of Chance
        Every question answered, each with its standard error.
    """
    jobs = list(zip(scenarios, populations(scenarios), strict=True))
    return tuple(in_threads(lambda job: _chance(*job), jobs, progress=progress))


def _chance(scenario: Scenario, population: Population) -> Chance:
    seen = batches(scenario, population, lambda so_far: all(proportion(so_far.fails[q]).precise for q in QUESTIONS))
    estimates = {question: proportion(seen.fails[question]) for question in QUESTIONS}
    estimates |= rarely(scenario, population, seen, QUESTIONS)
    return Chance(
        fails={question: estimate.chance for question, estimate in estimates.items()},
        standard_error={question: estimate.standard_error for question, estimate in estimates.items()},
        at_limit={name: float(seen.at_limit[name].mean()) for name in CRITERIA},
        not_measured={name: float(1 - seen.measured[name].mean()) for name in CRITERIA},
        engine=dict.fromkeys(QUESTIONS, "simulate"),
        bound=0.0,
        inspections=len(seen.fails["any"]),
        failed={question: int(seen.fails[question].sum()) for question in QUESTIONS},
    )
