"""Whether a given sample is sound and represents the county: the evaluation's own first step (抽样科学性、样本代表性).

Four questions, none of which looks at what was found: who could not be visited, whether the sample looks like the list,
how unequal the weights are, and what the sample could and could not have shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from estimators.design_effects import RATIOS, kish_effect
from sampler.draws import MOMENTS, Tally
from sampler.errors import refuse
from sampler.frame import GROUPS, Bools, Frame
from sampler.recheck import SpotCheck
from scenarios.questions.assessment import Assessment
from scenarios.questions.balance import Balance, balance
from scenarios.questions.detection import ASSUMED_ICC, Detection, detection
from scenarios.questions.reach import Unreachable, unreachable
from scenarios.scenario import Scenario

__all__ = ["ASSUMED_ICC", "Coverage", "Planned", "Soundness", "WeightSpread", "soundness"]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Who was not visited, and who could not be.

    Parameters
    ----------
    townships : mapping of str to int
        Townships without a drawn village, with the villages they have.
    townships_in_all : int
        Townships of the county.
    expected : float or None
        Townships that simple random sampling in the strata leaves out on average; None where strata are no part of the
        list.
    strata : mapping of str to int
        Strata without a drawn village, with the villages they have: these had no chance under any such design.
    groups : tuple of str
        Groups of the county without a visited household.
    """

    townships: Mapping[str, int]
    townships_in_all: int
    expected: float | None
    strata: Mapping[str, int]
    groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WeightSpread:
    """How unequal the weights of the visited households are.

    Parameters
    ----------
    households : int
        Visited households.
    smallest, largest, mean : float
        Households that one of them stands for.
    variation : float
        Coefficient of variation, root of L.
    kish : float
        1 + L: by how much unequal weights alone raise the variance.
    """

    households: int
    smallest: float
    largest: float
    mean: float
    variation: float
    kish: float


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A stated plan against what was visited.

    Parameters
    ----------
    villages : mapping of str to tuple of two int
        Planned and visited villages by the plan's strata; empty for a spot check, whose visits are not its villages.
    nobody : Unreachable
        Who had no chance under the plan.
    """

    villages: Mapping[str, tuple[int, int]]
    nobody: Unreachable


@dataclass(frozen=True, kw_only=True)
class Soundness:
    """All that can be said of a sample before its findings are looked at.

    Parameters
    ----------
    coverage : Coverage or None
        None without a village list.
    planned : Planned or None
        None without a stated plan.
    balance : tuple of Balance
        Empty without a village list.
    weights : mapping of str to WeightSpread
        By group, and ``all``; empty where weights are not known.
    detection : mapping of str to Detection
        By ratio criterion, those that have a visited household.
    """

    coverage: Coverage | None
    planned: Planned | None
    balance: tuple[Balance, ...]
    weights: Mapping[str, WeightSpread]
    detection: Mapping[str, Detection]


def soundness(
    assessment: Assessment, strata: Sequence[str], frame: Frame | None, *, stated: Scenario | None = None
) -> Soundness:
    """Say whether a sample is sound and represents the county.

    Parameters
    ----------
    assessment : Assessment
        Of the sample; its findings are not looked at.
    strata : sequence of str, length H
        Names of its strata.
    frame : Frame or None
        The county.
    stated : Scenario, optional
        The plan by which the sample is said to have been drawn, for the same county.

    Raises
    ------
    InputError
        ``plan_other_county`` for a plan of another list of villages, or without a list to hold it against.
    """
    tally = assessment.tally
    if stated is not None and (frame is None or set(stated.frame.codes) != set(frame.codes)):
        raise refuse("plan_other_county", key="--plan", found=stated.frame.name)
    return Soundness(
        coverage=None if frame is None else _coverage(assessment, strata, frame),
        planned=None if stated is None or frame is None else _planned(tally, stated, frame),
        balance=() if frame is None else balance(tally, frame, lonely=assessment.lonely),
        weights=weight_spreads(tally),
        detection={
            name: found for name in RATIOS if (found := detection(tally, assessment.policy, name, frame)) is not None
        },
    )


def _coverage(assessment: Assessment, strata: Sequence[str], frame: Frame) -> Coverage:
    tally = assessment.tally
    seen = {frame.townships[village] for village in tally.villages[0]}
    names = list(dict.fromkeys(frame.townships))
    drawn = np.bincount(tally.stratum, minlength=len(strata))
    members = _members(tally, strata, frame)
    expected = None
    if members is not None:
        townships = np.array(frame.townships)
        expected = sum(
            float(np.prod([_none_of(int(inside[townships == name].sum()), int(inside.sum()), int(m))
                           for inside, m in zip(members, drawn, strict=True)]))
            for name in names
        )  # fmt: skip
    return Coverage(
        townships={name: frame.townships.count(name) for name in names if name not in seen},
        townships_in_all=len(names),
        expected=expected,
        strata={
            name: int(size) for name, size, m in zip(strata, tally.stratum_sizes, drawn, strict=True) if size > m == 0
        },
        groups=assessment.unvisited_groups,
    )


def _none_of(inside: int, villages: int, drawn: int) -> float:
    """Return the chance that a simple random sample has none of the villages `inside`."""
    return comb(villages - inside, drawn) / comb(villages, drawn)


def _members(tally: Tally, strata: Sequence[str], frame: Frame) -> list[Bools] | None:
    """Return the villages of each stratum where the list says so: the strata are the list's, or there is one."""
    by_name = {"ordinary": ~frame.remote, "remote": frame.remote, "all": np.ones(len(frame.codes), dtype=bool)}
    members = [by_name[name] for name in strata if name in by_name]
    known = len(members) == len(strata) and all(
        int(inside.sum()) == size for inside, size in zip(members, tally.stratum_sizes.tolist(), strict=True)
    )
    return members if known else None


def _planned(tally: Tally, stated: Scenario, frame: Frame) -> Planned:
    villages: dict[str, tuple[int, int]] = {}
    if not isinstance(stated.plan, SpotCheck):
        visited = {frame.codes[village] for village in tally.villages[0]}
        for stratum in stated.plan.strata(stated.frame):
            seen = sum(stated.frame.codes[village] in visited for village in stratum.villages)
            villages[stratum.name] = (stratum.drawn, seen)
    return Planned(villages=villages, nobody=unreachable(stated))


def weight_spreads(tally: Tally) -> Mapping[str, WeightSpread]:
    """Return how unequal the weights are, by group and for ``all``; empty where they are not known.

    Parameters
    ----------
    tally : Tally
        R = 1.
    """
    weights = tally.weights()
    if weights is None:
        return {}
    columns = {**{name: (g,) for g, name in enumerate(GROUPS)}, "all": tuple(range(len(GROUPS)))}
    found = {}
    for name, groups in columns.items():
        blocks = tally.blocks(groups, weighted=True)
        n, w = tally.moments[:, :, blocks, MOMENTS.index("households")], weights[:, :, blocks]
        households = int(n.sum())
        if households:
            kish = float(kish_effect(n, w)[0])
            found[name] = WeightSpread(
                households=households,
                smallest=float(w[n > 0].min()),
                largest=float(w[n > 0].max()),
                mean=float((n * w).sum() / households),
                variation=float(np.sqrt(max(kish - 1, 0.0))),
                kish=kish,
            )
    return found
