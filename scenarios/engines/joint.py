"""The joint law of everything the rule counts, for counties small enough: exact `incidence` and `any`.

A law is a list of whole-number vectors with their chances. Vectors are packed into single integers whose sum is the
packed sum, and the recursion of `sampler.symmetric` runs over households and over villages as it does elsewhere: the
enumeration of all samples, with equal sums merged as soon as they meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from estimators.counts import GROUPS_COUNTED, denominators, numerators
from estimators.policy import CRITERIA, Policy
from estimators.rule import Verdict
from estimators.rules.official import decide
from sampler.blocks import ascending, largest_sums
from sampler.frame import GROUPS, UNREGISTERED, Ints
from sampler.plan import Plan
from sampler.population import Population
from sampler.symmetric import sample_law

# Most samples of villages with which a county still counts as small: C(M, m), multiplied over strata.
MOST_VILLAGE_SAMPLES = 1_000_000
# Largest number of vectors a law may hold before the county counts as too large (an answer then takes seconds).
LARGEST_LAW = 200_000
# Largest number of pairs merged in one step.
_LARGEST_STEP = 2_000_000


class TooLargeError(Exception):
    """The county has too many different samples for its joint law."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Law:
    """Packed vectors, ascending and different, with their chances."""

    keys: Ints
    chances: NDArray[np.float64]


_ONE = _Law(keys=np.zeros(1, dtype=np.int64), chances=np.ones(1))


def joint_chances(population: Population, plan: Plan, policy: Policy) -> Mapping[str, Mapping[str, float]]:
    """Return the chances of failing, of standing at the limit and of not being measured.

    Parameters
    ----------
    population : Population
        The truth, given.
    plan : Plan
        The two-stage plan.
    policy : Policy
        Definitions and limits.

    Returns
    -------
    mapping
        ``fails`` (``any`` and the four criteria), ``at_limit`` and ``not_measured`` (the four criteria).

    Raises
    ------
    TooLargeError
        When villages are not drawn by SRSWOR, or in more than `MOST_VILLAGE_SAMPLES` ways, or when a law has more than
        `LARGEST_LAW` vectors.
    """
    if (
        plan.selection != "srs"
        or prod(comb(len(s.villages), s.drawn) for s in plan.strata(population.frame)) > MOST_VILLAGE_SAMPLES
    ):
        raise TooLargeError
    columns = _columns(population, policy)
    radix = _radix(population, plan, columns)
    law = _county(population, plan, columns, radix)
    totals = dict(zip(columns, np.unravel_index(law.keys, tuple(radix)), strict=True))
    ratios = {ratio: (totals[ratio, 0], totals[ratio, 1]) for ratio in RATIOS if (ratio, 0) in totals}
    for name in ("wrong_exit", "missed"):
        ratios.setdefault(f"{name}_persons", ratios[name])
    verdict = decide(policy, population.frame.group_persons.sum(axis=0), **ratios)
    return _sum_up(verdict, law.chances)


RATIOS = ("wrong_exit", "missed", "approval", "wrong_exit_persons", "missed_persons")


def _sum_up(verdict: Verdict, chances: NDArray[np.float64]) -> Mapping[str, Mapping[str, float]]:
    def total(events: NDArray[np.bool_]) -> float:
        return float(min(1.0, chances[events].sum()))

    return {
        "fails": {"any": total(verdict.any)} | {name: total(verdict.fails[name]) for name in CRITERIA},
        "at_limit": {name: total(verdict.at_limit[name]) for name in CRITERIA},
        "not_measured": {name: total(~verdict.measured[name]) for name in CRITERIA},
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class _Column:
    """One component of the vectors: what a household of each group adds, and what a drawn village adds by itself."""

    household: Ints  # (N,), 0 in groups the criterion does not look at
    village: Ints  # (V,)


def _columns(population: Population, policy: Policy) -> dict[tuple[str, int], _Column]:
    """Return numerator (0) and denominator (1) of each ratio; person ratios only beside household criteria."""
    frame = population.frame
    none = np.zeros(len(frame.codes), dtype=np.int64)
    columns = {}
    for ratio in RATIOS:
        criterion = ratio.removesuffix("_persons")
        if ratio != criterion and policy.units[criterion] == "persons":
            continue
        unit = "persons" if ratio != criterion else policy.units[criterion]
        counted = np.isin(frame.household_group, GROUPS_COUNTED[criterion])
        top = numerators(criterion, unit, frame.household_persons, population.wrong_persons, population.approves)
        columns[ratio, 0] = _Column(household=top * counted, village=none)
        if criterion == "missed" and policy.missed_denominator == "village":
            whole = frame.group_persons if unit == "persons" else frame.group_households
            columns[ratio, 1] = _Column(household=0 * top, village=whole[:, UNREGISTERED])
        else:
            columns[ratio, 1] = _Column(household=denominators(unit, frame.household_persons) * counted, village=none)
    return columns


def _radix(population: Population, plan: Plan, columns: Mapping[tuple[str, int], _Column]) -> Ints:
    """Return one more than the largest possible total of each column; their product bounds the packed key."""
    frame = population.frame
    strata = plan.strata(frame)
    visited = plan.visited_households(frame)
    tops = []
    for column in columns.values():
        ordered = ascending(column.household, frame.offsets)
        village = column.village + largest_sums(ordered, frame.offsets, visited.ravel()).reshape(visited.shape).sum(
            axis=1
        )
        tops.append(1 + sum(int(np.sort(village[s.villages])[::-1][: s.drawn].sum()) for s in strata))
    if np.prod(np.array(tops, dtype=object)) >= 2**62:
        raise TooLargeError
    return np.array(tops, dtype=np.int64)


def _county(population: Population, plan: Plan, columns: Mapping[tuple[str, int], _Column], radix: Ints) -> _Law:
    frame = population.frame
    place = np.append(np.cumprod(radix[::-1])[-2::-1], 1)
    household = np.stack([column.household for column in columns.values()], axis=1) @ place
    village = np.stack([column.village for column in columns.values()], axis=1) @ place
    visited = plan.visited_households(frame)
    laws = []
    for i in range(len(frame.codes)):
        law = _Law(keys=village[i : i + 1], chances=np.ones(1))
        for g in range(len(GROUPS)):
            units = [_Law(keys=np.array([key]), chances=np.ones(1)) for key in household[frame.block(i, g)]]
            law = _product(law, sample_law(units, int(visited[i, g]), one=_ONE, mix=_mix))
        laws.append(law)
    county = _ONE
    for stratum in plan.strata(frame):
        members = [laws[i] for i in stratum.villages]
        county = _product(county, sample_law(members, stratum.drawn, one=_ONE, mix=_mix))
    return county


def _product(x: _Law, y: _Law) -> _Law:
    """Return the law of the sum of two independent vectors."""
    if len(x.keys) * len(y.keys) > _LARGEST_STEP:
        raise TooLargeError
    return _merged(np.add.outer(x.keys, y.keys).ravel(), np.multiply.outer(x.chances, y.chances).ravel())


def _mix(a: float, x: _Law | None, b: float, g: _Law, y: _Law) -> _Law:
    """Return a x + b g y."""
    moved = _product(g, y)
    if x is None:
        return _Law(keys=moved.keys, chances=b * moved.chances)
    return _merged(np.concatenate([x.keys, moved.keys]), np.concatenate([a * x.chances, b * moved.chances]))


def _merged(keys: Ints, chances: NDArray[np.float64]) -> _Law:
    different, where = np.unique(keys, return_inverse=True)
    if len(different) > LARGEST_LAW:
        raise TooLargeError
    summed = np.bincount(where, weights=chances, minlength=len(different))
    return _Law(keys=different, chances=summed.astype(np.float64))
