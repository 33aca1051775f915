"""Weighted ratio criteria: exact up to a bracket (METHODS 4.4).

With the weight w of a block's households the criterion fails when the sum of w (b d - a s) is positive. Within a block
the score b d - a s is a whole number whose law is known; the weighted scores of villages are rounded to a lattice, down
for a chance that is too low and up for one that is too high,

    P(T_down > 0) <= P(T > 0) <= P(T_up > 0),

and the step is halved until the two lie close together. Rounding villages, not households, keeps the lattice coarse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estimators.counts import GROUPS_COUNTED
from estimators.rules.official import household_scores
from sampler.frame import Ints
from sampler.plan import Stratum
from sampler.population import Population
from scenarios.engines.block_laws import BlockLaws
from scenarios.engines.laws import county_law
from scenarios.engines.scores import counted, plan_with_law, score_blocks
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]

CLOSE = 0.002  # widest bracket that is not narrowed any more
_FINEST = 2_000_000  # points of the lattice at most


@dataclass(frozen=True, kw_only=True)
class Bracket:
    """A chance between two computed ones."""

    low: float
    high: float
    bound: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Villages:
    """The laws of the villages' weighted scores: the values of village v are score[starts[v] : starts[v + 1]]."""

    score: Floats
    chance: Floats
    village: Ints


def weighs(scenario: Scenario) -> bool:
    """Say whether the weights of visited households are known before anybody knocks: those of closed doors are not."""
    return scenario.policy.weighting == "weighted" and scenario.fieldwork.absence == 0


def weighted_bracket(scenario: Scenario, population: Population, criterion: str) -> Bracket:
    """Return the chance that a ratio criterion fails under a policy that weighs.

    Parameters
    ----------
    scenario : Scenario
        Gives plan and policy.
    population : Population
        The truth.
    criterion : {"wrong_exit", "missed", "approval"}

    Returns
    -------
    Bracket
        At most `CLOSE` wide, but where the score takes the value 0 with a chance of its own, or the lattice would grow
        beyond what a machine holds.
    """
    strata = scenario.plan.strata(scenario.frame)
    villages = _village_scores(scenario, population, criterion)
    drawn, spread = sum(s.drawn for s in strata), _spread(villages, strata)
    # A normal score of this spread gives a bracket of 0.4 drawn step / spread; a little less is tried first.
    step = CLOSE * spread / (0.5 * max(drawn, 1)) if spread > 0 else 1.0
    before = np.inf
    while True:
        bracket = _bracket(villages, strata, step, at_limit_fails=scenario.policy.at_limit_fails)
        width = bracket.high - bracket.low
        points = float(np.ptp(villages.score)) * drawn / step if len(villages.score) else 0.0
        # A finer lattice does not part a score from 0 that is 0.
        if width <= CLOSE or width > 0.9 * before or points > _FINEST:
            return bracket
        # The width is nearly proportional to the step.
        step, before = step * max(0.25, min(0.8, 0.9 * CLOSE / width)), width


def _bracket(villages: _Villages, strata: tuple[Stratum, ...], step: float, *, at_limit_fails: bool) -> Bracket:
    ends, bound = [], 0.0
    for rounded in (np.floor, np.ceil):
        law = county_law(_on_lattice(villages, rounded(villages.score / step).astype(np.int64)), strata)
        ends.append(law.above_zero() + (law.at_zero() if at_limit_fails else 0.0))
        bound = max(bound, law.bound)
    return Bracket(low=min(ends[0], 1.0), high=min(ends[1], 1.0), bound=bound)


def _on_lattice(villages: _Villages, place: Ints) -> BlockLaws:
    count = int(villages.village[-1]) + 1 if len(villages.village) else 0
    lowest, highest = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(lowest, villages.village, place)
    np.maximum.at(highest, villages.village, place)
    starts = np.concatenate([[0], np.cumsum(highest - lowest + 1)])
    cell = starts[villages.village] + place - lowest[villages.village]
    chance = np.bincount(cell, weights=villages.chance, minlength=int(starts[-1])).astype(np.float64)
    return BlockLaws(lowest=lowest[:, None], starts=starts, chance=chance)


def _spread(villages: _Villages, strata: tuple[Stratum, ...]) -> float:
    """Return the standard deviation of the county's score, about."""
    mean = np.bincount(villages.village, weights=villages.chance * villages.score)
    second = np.bincount(villages.village, weights=villages.chance * villages.score**2)
    variance = second - mean**2
    return float(np.sqrt(sum(s.drawn * float(variance[s.villages].mean() + mean[s.villages].var()) for s in strata)))


def _village_scores(scenario: Scenario, population: Population, criterion: str) -> _Villages:
    """Return the laws of the villages' weighted scores, the blocks of each added up."""
    frame, policy, plan = scenario.frame, scenario.policy, plan_with_law(scenario)
    groups, chance = GROUPS_COUNTED[criterion], plan.chance(frame)
    visited = plan.visited_households(frame)[:, groups]
    by_village = criterion == "missed" and policy.missed_denominator == "village"
    blocks = score_blocks(_unweighted(scenario), population, criterion)
    constant = np.zeros(len(frame.codes))
    if by_village:
        whole = household_scores(policy, criterion, np.zeros_like(chance, dtype=np.int64), counted(scenario, criterion))
        blocks = replace(blocks, lowest=blocks.lowest - whole[:, None] * (np.arange(len(groups)) == 0))
        constant = whole / np.where(chance > 0, chance, 1)
    weight = frame.group_households[:, groups] / np.maximum(visited, 1) / np.where(chance > 0, chance, 1)[:, None]
    scores, chances, owner = [], [], []
    for v, (own_score, own_chance) in enumerate(_sums(blocks, weight)):
        scores.append(own_score + constant[v])
        chances.append(own_chance)
        owner.append(np.full(len(own_score), v))
    return _Villages(
        score=np.concatenate([np.zeros(0), *scores]),
        chance=np.concatenate([np.zeros(0), *chances]),
        village=np.concatenate([np.zeros(0, dtype=np.int64), *owner]),
    )


def _sums(blocks: BlockLaws, weight: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield the values of each village's weighted score with their chances."""
    groups = blocks.lowest.shape[1]
    for v, weights in enumerate(weight):
        score, chance = np.zeros(1), np.ones(1)
        for g in range(groups):
            first, last = blocks.starts[v * groups + g], blocks.starts[v * groups + g + 1]
            filled = np.flatnonzero(blocks.chance[first:last])
            own = weights[g] * (blocks.lowest[v, g] + filled)
            score = (score[:, None] + own).ravel()
            chance = (chance[:, None] * blocks.chance[first:last][filled]).ravel()
        yield score, chance


def _unweighted(scenario: Scenario) -> Scenario:
    return replace(scenario, policy=replace(scenario.policy, weighting="raw"))
