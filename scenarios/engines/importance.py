"""Rare failure by importance sampling: `any` and `incidence`, whose laws nobody has (METHODS 4.8).

A tilt multiplies the chance of every sample by exp of a sum over its households. Tilted, the village stage is
conditional Poisson sampling with the villages' own moments as odds, and the household stage again with the households',
so that samples can be drawn and their likelihood ratio is exact. One tilt for each criterion makes its failure common;
together they are a mixture [1]_, under which no sample that fails has a large weight.

References
----------
.. [1] Veach & Guibas (1995). Optimally combining sampling techniques for Monte Carlo rendering. SIGGRAPH '95: the
   balance heuristic, eq. 14. Owen & Zhou (2000). Safe and effective importance sampling. JASA 95:135-143.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from estimators.counts import GROUPS_COUNTED, denominators, numerators
from estimators.rules.official import household_scores, verdict_of_sums
from sampler.designs.srs import Srs
from sampler.draws import MOMENTS
from sampler.frame import EXITED, REMAINING, UNREGISTERED, Ints, Unit
from sampler.population import Population
from sampler.selection.sequential import SequentialTable
from sampler.streams import Purpose, Words, stream_starts, word
from sampler.symmetric import with_odds
from scenarios.engines.block_laws import block_laws
from scenarios.engines.estimated import Estimated
from scenarios.engines.laws import sampled
from scenarios.engines.scores import RATIO_CRITERIA, score_blocks
from scenarios.engines.tilting import STEEPEST, log_moments, mean_zero
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]

BATCH = 1_000  # samples of each tilt between two looks at the error
MOST = 8_000
PRECISE = 0.05  # standard error as a part of the chance


@dataclass(frozen=True, kw_only=True, eq=False)
class Tilt:
    """One change of measure.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (N,)
        Of the households.
    constant : ndarray of float64, shape (V,)
        What each village adds to them whoever is visited: its share of a denominator of whole villages.
    by_village : ndarray of float64, shape (V,)
        Logarithm of each village's moment: of E exp(sum of its visited households' log odds).
    log_mass : float
        Logarithm of the same of the whole inspection.
    """

    log_odds: Floats
    constant: Floats
    by_village: Floats
    log_mass: float


def serves(scenario: Scenario) -> bool:
    """Say whether samples can be tilted: two stages of simple random sampling, perfect fieldwork, raw rates."""
    plan = scenario.two_stage
    if plan is None or scenario.policy.weighting == "weighted" or scenario.policy.units["approval"] == "persons":
        return False
    return all(isinstance(s.design, Srs) for s in plan.strata(scenario.frame))


def rare_chances(scenario: Scenario, population: Population, questions: Sequence[str]) -> Mapping[str, Estimated]:
    """Return the chances of questions that simple simulation hardly ever answers with yes.

    Parameters
    ----------
    scenario : Scenario
        That `serves` serves.
    population : Population
        The truth.
    questions : sequence of str
        ``any`` or criteria.

    Returns
    -------
    mapping of str to Estimated
        Unbiased, with standard errors from the scatter within each tilt.
    """
    tilts = list(_tilts(scenario, population))
    if not tilts:  # no sample fails
        return {question: Estimated(chance=0.0, standard_error=0.0) for question in questions}
    values: list[Floats] = []
    for first in range(0, MOST, BATCH):
        numbers = np.arange(first, first + BATCH)
        values.append(
            np.stack([_weighed(scenario, population, tilts, c, numbers, questions) for c in range(len(tilts))])
        )
        found = {q: _mean(np.concatenate([part[:, i] for part in values], axis=1)) for i, q in enumerate(questions)}
        if all(each.standard_error <= PRECISE * each.chance for each in found.values()):
            break
    return found


def _mean(values: Floats) -> Estimated:
    """Return the mean over tilts of the means of their samples, shape (C, R)."""
    tilts, size = values.shape
    error = float(np.sqrt((values.var(axis=1, ddof=1) / size).sum())) / tilts
    return Estimated(chance=float(values.mean()), standard_error=error)


def _tilts(scenario: Scenario, population: Population) -> Iterator[Tilt]:
    """Yield a tilt for every criterion that a sample can fail."""
    policy, frame = scenario.policy, scenario.frame
    for criterion in filter(policy.tests, RATIO_CRITERIA):
        blocks = score_blocks(scenario, population, criterion)
        tilt = mean_zero(blocks, scenario.plan.strata(frame))
        if tilt is None:
            continue
        unit, wrong = policy.units[criterion], population.wrong_persons
        by_village = criterion == "missed" and policy.missed_denominator == "village"
        top = numerators(criterion, unit, frame.household_persons, wrong, population.approves)
        bottom = denominators(unit, frame.household_persons) * (not by_village)
        counted = np.isin(frame.household_group, GROUPS_COUNTED[criterion])
        log_odds = np.asarray(tilt * household_scores(policy, criterion, top, bottom) * counted, dtype=np.float64)
        whole = frame.unregistered[policy.units["missed"]] * by_village
        none = np.zeros_like(whole)
        constant = np.asarray(tilt * household_scores(policy, criterion, none, whole), dtype=np.float64)
        yield _tilt(scenario, log_odds, constant, log_moments(blocks, tilt).sum(axis=1))
    if policy.tests("incidence") and policy.incidence == "blown_up":
        yield from _incidence_tilt(scenario, population)


def _incidence_tilt(scenario: Scenario, population: Population) -> Iterator[Tilt]:
    """Yield the tilt under which the persons found, blown up by expected denominators, reach the limit on average."""
    frame, plan, wrong = scenario.frame, scenario.two_stage, population.wrong_persons
    assert plan is not None  # noqa: S101 - `serves` has looked
    strata, whole = plan.strata(frame), frame.group_persons.sum(axis=0)
    wanted = float(scenario.policy.limits["incidence"]) * float(whole.sum()) - float(whole[REMAINING])
    visited, chance = plan.visited_households(frame), plan.chance(frame)
    share = chance[:, None] * visited / np.maximum(frame.group_households, 1)
    village_whole = scenario.policy.missed_denominator == "village"
    units = np.zeros(3)
    for group in (EXITED, UNREGISTERED):
        seen = chance[:, None] if village_whole and group == UNREGISTERED else share
        asked = float((seen * frame.group_persons)[:, group].sum())
        units[group] = whole[group] / asked if asked > 0 else 0.0
    found = block_laws(wrong, frame.group_households, visited, np.zeros(len(frame.codes), dtype=np.int64))

    def by_village(tilt: float) -> Floats:
        moments = sum((log_moments(found, tilt * units[g])[:, g] for g in (EXITED, UNREGISTERED)), np.zeros(1))
        return np.asarray(moments, dtype=np.float64)

    def excess(tilt: float) -> float:
        """Return the mean of what is found, less what is wanted: the derivative of the logarithm of the moment."""
        step = 1e-4 * tilt
        ends = [_log_mass(strata, by_village(at)) for at in (tilt - step, tilt + step)]
        return (ends[1] - ends[0]) / (2 * step) - wanted

    most = float((found.highest * units).sum(axis=1).max(initial=0.0))
    if most == 0:
        return
    steepest = STEEPEST / most
    lower, upper = 1e-4 * steepest, 1e-2 * steepest
    if wanted <= 0 or excess(lower) >= 0:
        tilt = lower  # common enough as it is
    else:
        while excess(upper) < 0:
            if 2 * upper > steepest:
                return  # what is found hardly reaches the limit, or never
            upper *= 2
        tilt = float(brentq(excess, lower, upper, xtol=1e-4 * upper))
    log_odds: Floats = tilt * units[frame.household_group] * wrong
    yield _tilt(scenario, log_odds, np.zeros(len(frame.codes)), by_village(tilt))


def _tilt(scenario: Scenario, log_odds: Floats, constant: Floats, by_village: Floats) -> Tilt:
    log_mass = _log_mass(scenario.plan.strata(scenario.frame), by_village)
    return Tilt(log_odds=log_odds, constant=constant, by_village=by_village, log_mass=log_mass)


def _log_mass(strata: Sequence[object], by_village: Floats) -> float:
    middle = float(np.median(by_village))
    odds = np.exp(by_village - middle)
    return float(sum(np.log(float(sampled(s, odds))) + s.drawn * middle for s in strata))  # type: ignore[attr-defined,arg-type]


def _weighed(
    scenario: Scenario,
    population: Population,
    tilts: Sequence[Tilt],
    which: int,
    numbers: Ints,
    questions: Sequence[str],
) -> Floats:
    """Return, for samples of one tilt, failure times likelihood ratio to the mixture of all, shape (Q, R)."""
    starts = word(stream_starts(scenario.seed, Purpose.IMPORTANCE, numbers), which)
    villages = _villages(scenario, tilts[which], starts)
    moments, logs = _households(scenario, population, tilts, which, villages, starts)
    frame, policy = scenario.frame, scenario.policy
    whole: dict[Unit, Ints] = {}
    if policy.missed_denominator == "village":
        whole = {unit: count[villages].sum(axis=1) for unit, count in frame.unregistered.items()}
    verdict = verdict_of_sums(moments, policy, group_persons=frame.group_persons.sum(axis=0), unregistered=whole)
    fails = {"any": verdict.any, **verdict.fails}
    ratios = logs - np.array([tilt.log_mass for tilt in tilts])[:, None]
    largest = ratios.max(axis=0)
    weight = np.exp(-largest) / np.exp(ratios - largest).mean(axis=0)
    return np.stack([fails[question] * weight for question in questions])


def _villages(scenario: Scenario, tilt: Tilt, starts: Words) -> Ints:
    parts = []
    for h, stratum in enumerate(scenario.plan.strata(scenario.frame)):
        table = _table(tilt.by_village[stratum.villages], stratum.drawn)
        parts.append(stratum.villages[table.draw(word(starts, h))])
    return np.concatenate(parts, axis=1)


def _table(log_odds: Floats, drawn: int) -> SequentialTable:
    """Return the table of conditional Poisson sampling, or, where all odds are equal, of simple random sampling."""
    size = len(log_odds)
    if size == 0 or np.ptp(log_odds) > 0:
        return with_odds(np.exp(log_odds - log_odds.max(initial=0.0)), drawn)
    # Of those left k are still to draw: the next one is among them with chance k / left.
    left, k = size - np.arange(size)[:, None], np.arange(drawn + 1)[None]
    take = np.minimum(k / left, 1.0)
    return SequentialTable(take=take, skip=1 - take, mark=np.zeros((0, 0)))


def _households(
    scenario: Scenario, population: Population, tilts: Sequence[Tilt], which: int, villages: Ints, starts: Words
) -> tuple[Ints, Floats]:
    """Return the moments of R inspections, shape (R, 3, 8), and their households' summed log odds, shape (C, R)."""
    frame, plan = scenario.frame, scenario.two_stage
    assert plan is not None  # noqa: S101 - `serves` has looked
    visited, offsets, strata = plan.visited_households(frame), frame.offsets, len(plan.strata(frame))
    moments = np.zeros((len(villages), 3, len(MOMENTS)), dtype=np.int64)
    logs = np.stack([tilt.constant[villages].sum(axis=1) for tilt in tilts])
    wrong, persons = population.wrong_persons, frame.household_persons
    columns = {
        "households": np.ones_like(persons),
        "wrong_households": (wrong > 0).astype(np.int64),
        "persons": persons,
        "wrong_persons": wrong,
        "approvals": population.approves.astype(np.int64),
    }
    places = [MOMENTS.index(name) for name in columns]
    table_of = np.stack(list(columns.values()), axis=1)
    odds = np.stack([tilt.log_odds for tilt in tilts], axis=1)
    for village in np.unique(villages).tolist():
        rows = np.flatnonzero((villages == village).any(axis=1))
        for group in range(3):
            b = 3 * village + group
            take, first, last = int(visited[village, group]), int(offsets[b]), int(offsets[b + 1])
            if take == 0:
                continue
            table = _table(tilts[which].log_odds[first:last], take)
            drawn = first + table.draw(word(starts[rows], strata + b))
            moments[rows[:, None], group, places] += table_of[drawn].sum(axis=1)
            logs[:, rows] += odds[drawn].sum(axis=1).T
    return moments, logs
