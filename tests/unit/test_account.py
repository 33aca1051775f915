"""The account of an inspection: every number in it is one that the inspection itself was made with."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from small_inspections import PLANS, at, scenario, spot

from estimators.policy import CRITERIA
from sampler.frame import GROUPS
from scenarios import load
from scenarios.questions.account import account
from scenarios.questions.inspection import inspect
from scenarios.questions.roster import roster

POLICIES = {
    "as it is": {},
    "whole villages": {"missed_denominator": "village"},
    "registered": {"incidence": "registered"},
    "households": {"units": {"wrong_exit": "households", "missed": "households", "approval": "households"}},
    "at the limit": {"at_limit_fails": True},
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("plan", ["plain", "parts", "spot"])
def test_whole_numbers_decide_as_the_rule_does(plan: str, policy: str, tmp_path: Path) -> None:
    case = spot(tmp_path) if plan == "spot" else scenario(tmp_path, PLANS[plan])
    limits = {"wrong_exit": Fraction(1, 5), "missed": Fraction(1, 10), "incidence": Fraction(7, 50)}
    rules = replace(case.policy, limits={**case.policy.limits, **limits}, **POLICIES[policy])  # type: ignore[arg-type]
    seen = set()
    for number in range(1, 13):
        one = at(replace(case, policy=rules), number)
        decisions = account(one).decisions
        assert [each.criterion for each in decisions] == list(CRITERIA)
        for each in decisions:
            raw = one.assessment.raw[each.criterion]
            assert bool(raw.measured[0]) == (each.denominator > 0)
            assert each.numerator / each.denominator == pytest.approx(float(raw.value[0]), rel=1e-12)
            beyond = each.left < each.right if each.criterion == "approval" else each.left > each.right
            assert each.at_limit == (each.left == each.right)
            assert each.fails == (beyond or (rules.at_limit_fails and each.at_limit))
            assert each.limit == rules.limits[each.criterion]
            seen.add((each.criterion, each.fails))
    assert len(seen) > len(CRITERIA) or plan == "spot", "some criterion must go either way"


def test_the_example_of_a_comparison() -> None:
    (missed,) = (each for each in account(inspect(load("example"))).decisions if each.criterion == "missed")
    assert (missed.numerator, missed.denominator, missed.limit) == (56, 1587, Fraction(1, 50))
    assert (missed.left, missed.right, missed.fails) == (2800, 1587, True)


def test_counts_are_those_of_the_visits(tmp_path: Path) -> None:
    one = at(scenario(tmp_path, PLANS["plain"]), 2)
    seen = one.observations
    for g, each in enumerate(account(one).counts):
        rows = seen.group == g
        assert each.group == GROUPS[g]
        assert each.households == rows.sum()
        assert each.persons == seen.persons[rows].sum()
        assert each.wrong_persons == seen.wrong_persons[rows].sum()
        assert each.wrong_households == (seen.wrong_persons[rows] > 0).sum()
        assert each.approvals == seen.approves[rows].sum()


def test_a_total_is_shared_out_as_told(tmp_path: Path) -> None:
    plan = "villages = 5\nremote_oversample = 2\ntake = { exited = 2, unregistered = 2 }"
    (stage,) = account(at(scenario(tmp_path, plan), 1)).stages
    assert stage.total == 5
    told = [(a.stratum, a.villages, int(a.factor), int(a.weighted), a.drawn) for a in stage.allocations]
    assert told == [("ordinary", 5, 1, 5, 2), ("remote", 3, 2, 6, 3)]
    assert [a.share for a in stage.allocations] == pytest.approx([25 / 11, 30 / 11])
    assert [s.drawn for s in stage.strata] == [a.drawn for a in stage.allocations]


def test_the_chance_of_a_village_follows_its_size(tmp_path: Path) -> None:
    (stage,) = account(at(scenario(tmp_path, PLANS["pps"]), 1)).stages
    by_name = {stratum.name: stratum for stratum in stage.strata}
    for drawn, size in zip(stage.villages, stage.sizes, strict=True):
        stratum = by_name[drawn.stratum]
        if stratum.measure is not None:
            assert drawn.chance == pytest.approx(stratum.drawn * size / stratum.size, rel=1e-9)


@pytest.mark.parametrize("plan", PLANS)
def test_who_was_visited_is_who_was_drawn_less_the_absent_plus_those_who_stood_in(plan: str, tmp_path: Path) -> None:
    one = at(scenario(tmp_path, PLANS[plan], fieldwork="absence = 0.4"), 1)
    frame, lists = one.scenario.frame, roster(one)
    visited = {entry.household for entry in lists.visits}
    stand_ins = account(one).stand_ins
    assert stand_ins
    for each in stand_ins:
        start = frame.block(each.village, each.group).start - 1
        absent, instead = ({start + place for place in places} for places in (each.absent, each.instead))
        assert absent <= visited
        assert not instead & visited
        assert len(instead) <= len(absent)
        visited = visited - absent | instead
    assert visited == set(one.draws.households.tolist())


def test_those_who_stand_in_are_the_next_of_the_list(tmp_path: Path) -> None:
    """Nobody after the last one visited was asked: whoever stood in comes from the reserves, in their order."""
    one = at(scenario(tmp_path, PLANS["plain"], fieldwork="absence = 0.4"), 2)
    frame, reserves = one.scenario.frame, roster(one, reserves=99).reserves
    order = {entry.household: entry.order for entry in reserves}
    for each in account(one).stand_ins:
        start = frame.block(each.village, each.group).start - 1
        ranks = [order[start + place] for place in each.instead]
        assert ranks == sorted(ranks)


def test_a_shuffle_is_told_by_places_of_the_list(tmp_path: Path) -> None:
    one = at(scenario(tmp_path, PLANS["plain"]), 1)
    shuffle = account(one).shuffle
    assert shuffle is not None
    start = one.scenario.frame.block(shuffle.village, shuffle.group).start - 1
    rows = (one.draws.villages[0][one.draws.slot] == shuffle.village) & (one.draws.block == shuffle.group)
    assert [start + place for place in shuffle.places] == one.draws.households[rows].tolist()
    assert not set(shuffle.places) & set(shuffle.reserves)
    assert max(shuffle.places + shuffle.reserves) <= shuffle.size


def test_the_second_phase_is_told(tmp_path: Path) -> None:
    one = at(spot(tmp_path, fieldwork="absence = 0.3"), 1)
    steps = account(one)
    found = one.rechecked
    assert steps.recheck is not None
    assert found is not None
    phase1 = found.questionnaires
    assert steps.recheck.questionnaires == len(phase1.cell) == sum(cell.size for cell in steps.recheck.cells)
    assert steps.recheck.errors == np.count_nonzero(phase1.recorded)
    assert steps.recheck.twice == found.again.sum()
    planned = sum(cell.revisit for cell in steps.recheck.cells)
    assert len(found.revisited) == planned - steps.recheck.absent + steps.recheck.instead
    assert steps.recheck.absent > 0
    assert [stage.name for stage in steps.stages] == ["province", "fresh"]
