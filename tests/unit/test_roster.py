"""The lists of one inspection: they are the draw, with reserves that the same draw with a larger take would reach."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from choucha_command import write_scenario
from small_inspections import PLANS, at, scenario, spot

from sampler.plan import Plan
from sampler.recheck import SpotCheck, revisit_quota
from scenarios.files.scenario_file import load_scenario
from scenarios.questions.lists import Entry
from scenarios.questions.roster import roster


def households(entries: tuple[Entry, ...]) -> list[int]:
    return [entry.household for entry in entries]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_lists_are_the_draw(plan: str, number: int, tmp_path: Path) -> None:
    one = at(scenario(tmp_path, PLANS[plan]), number)
    lists = roster(one)
    assert [drawn.village for drawn in lists.villages] == one.draws.villages[0].tolist()
    assert [drawn.chance for drawn in lists.villages] == one.slot_chance.tolist()
    # Same households of each village, group and part, in the same random order.
    of_draw: dict[tuple[int, int, str], list[int]] = {}
    for slot, block, household in zip(one.draws.slot, one.draws.block, one.draws.households, strict=True):
        key = int(slot) + 1, int(block) % 3, one.draws.parts[int(block) // 3].name
        of_draw.setdefault(key, []).append(int(household))
    of_lists: dict[tuple[int, int, str], list[int]] = {}
    for entry in lists.visits:
        of_lists.setdefault((entry.number, entry.group, entry.part), []).append(entry.household)
    assert of_lists == of_draw
    assert [sum(drawn.wanted) for drawn in lists.villages] == [
        count for _, count in sorted(Counter(entry.number for entry in lists.visits).items())
    ]


@pytest.mark.parametrize("plan", PLANS)
def test_weights_are_the_estimators_own_and_one_over_the_probability(plan: str, tmp_path: Path) -> None:
    one = at(scenario(tmp_path, PLANS[plan]), 2)
    weights = one.assessment.tally.weights()
    assert weights is not None
    parts = [part.name for part in one.draws.parts]
    villages = {drawn.number: drawn for drawn in roster(one).villages}
    for entry in roster(one).visits:
        assert entry.chance is not None
        assert entry.weight == pytest.approx(weights[0, entry.number - 1, 3 * parts.index(entry.part) + entry.group])
        assert entry.weight * entry.chance == pytest.approx(1, rel=1e-12)
        assert entry.chance <= villages[entry.number].chance * (1 + 1e-12)


@pytest.mark.parametrize("plan", PLANS)
def test_reserves_come_next_in_the_same_order(plan: str, tmp_path: Path) -> None:
    case = scenario(tmp_path, PLANS[plan])
    assert isinstance(case.plan, Plan)
    few, more = (roster(at(case, 1), reserves=reserves) for reserves in (1, 4))
    assert few.visits == more.visits
    assert set(few.reserves) < set(more.reserves)
    assert not set(households(more.reserves)) & set(households(more.visits))
    for lists, most in ((few, 1), (more, 4)):
        by_block: dict[tuple[int, int], list[Entry]] = {}
        for entry in lists.reserves:
            by_block.setdefault((entry.number, entry.group), []).append(entry)
        for entries in by_block.values():
            assert [entry.order for entry in entries] == list(range(1, len(entries) + 1))
            assert len(entries) <= most
    # Whoever takes one more of each group visits exactly the first reserves on top.
    larger = replace(case.plan, take={group: count + 1 for group, count in case.plan.take.items() if count})
    enlarged = at(replace(case, plan=larger), 1)
    assert set(enlarged.draws.households.tolist()) == set(households(few.visits) + households(few.reserves))


def test_a_list_that_is_visited_completely_has_no_reserves(tmp_path: Path) -> None:
    plan = "villages = { ordinary = 3, remote = 2 }\ntake = { exited = 99, unregistered = 99, remaining = 99 }"
    lists = roster(at(scenario(tmp_path, plan), 1), reserves=5)
    assert lists.reserves == ()
    assert len(lists.visits) == sum(sum(drawn.there) for drawn in lists.villages)
    assert roster(at(scenario(tmp_path, PLANS["plain"]), 1), reserves=0).reserves == ()


def test_lists_do_not_depend_on_who_is_at_home(tmp_path: Path) -> None:
    here = at(scenario(tmp_path, PLANS["plain"]), 1)
    away = at(scenario(tmp_path, PLANS["plain"], fieldwork="absence = 0.4"), 1)
    assert (roster(here).visits, roster(here).reserves) == (roster(away).visits, roster(away).reserves)
    assert set(away.draws.households.tolist()) != set(here.draws.households.tolist())


def test_one_over_the_probability_adds_up_to_the_population_on_average(tmp_path: Path) -> None:
    """A law by enumeration: over every sample of a tiny county the sum of 1 / p is, on average, its households."""
    counts = np.array([[2, 0, 3], [1, 1, 2], [3, 0, 1], [2, 1, 0]])
    rows = [
        ("abcd"[i], "ABCD"[i], "T", 0, 0, *(part for count in counts[i] for part in (int(count), int(count) * 2)))
        for i in range(4)
    ]
    header = "village_code,village,township,remote,poor_village," + ",".join(
        f"{group}_{unit}" for group in ("exited", "remaining", "unregistered") for unit in ("households", "persons")
    )
    path = write_scenario(
        tmp_path,
        'schema = "scenario/1"\n[frame]\nfile = "list.csv"\n[population]\nkind = "levels"\nwrong_exit = 0\nmissed = 0\n'
        "[plan]\nvillages = { ordinary = 2, remote = 0 }\ntake = { exited = 1, remaining = 1, unregistered = 2 }\n",
    )
    (tmp_path / "list.csv").write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]), "utf-8")
    case = load_scenario(str(path)).scenario
    stated: dict[int, set[Fraction]] = {}
    for number in range(1, 61):
        for entry in roster(at(case, number)).visits:
            assert entry.chance is not None
            stated.setdefault(entry.household, set()).add(Fraction(entry.chance).limit_denominator(1000))
    assert sorted(stated) == list(range(int(counts.sum())))
    assert all(len(chances) == 1 for chances in stated.values())
    chance = {household: next(iter(chances)) for household, chances in stated.items()}
    frame, takes = case.frame, (1, 1, 2)
    mean, met = Fraction(0), Counter[int]()
    pairs = list(combinations(range(4), 2))
    for pair in pairs:
        blocks = [frame.block(village, group) for village in pair for group in range(3)]
        choices = [
            list(combinations(range(block.start, block.stop), min(takes[g % 3], block.stop - block.start)))
            for g, block in enumerate(blocks)
        ]
        samples = [[h for some in sample for h in some] for sample in product(*choices)]
        for sample in samples:
            share = Fraction(1, len(pairs) * len(samples))
            mean += share * sum(1 / chance[household] for household in sample)
            met.update(dict.fromkeys(sample, share))  # type: ignore[misc]
    assert mean == counts.sum()
    assert met == chance


# The spot check


@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("number", [1, 2, 5])
def test_the_lists_of_a_spot_check_are_its_draw(everything: bool, number: int, tmp_path: Path) -> None:
    one = at(spot(tmp_path, everything=everything), number)
    lists, found = roster(one), one.rechecked
    assert found is not None
    phase1 = found.questionnaires.draws
    assert sorted(households(lists.revisit)) == sorted(phase1.households[found.revisited].tolist())
    assert sorted(households(lists.desk)) == sorted(phase1.households[found.desk].tolist())
    assert sorted(households(lists.visits)) == sorted(found.fresh.households.tolist())
    assert [entry.household for entry in lists.visits if entry.again] == found.fresh.households[found.again].tolist()
    assert lists.fresh_from == phase1.villages.shape[1] + 1
    recorded = dict(zip(phase1.households.tolist(), found.questionnaires.recorded.tolist(), strict=True))
    assert all(entry.recorded == recorded[entry.household] for entry in (*lists.revisit, *lists.desk))


def test_cells_say_how_many_are_drawn_of_each(tmp_path: Path) -> None:
    one = at(spot(tmp_path), 3)
    lists, frame = roster(one), one.scenario.frame
    villages = {drawn.number: drawn.village for drawn in lists.villages}

    def cell(entry: Entry) -> tuple[str, bool]:
        return frame.townships[villages[entry.number]], bool(entry.recorded)

    for entries, name in ((lists.desk, "desk"), (lists.revisit, "revisit")):
        drawn = Counter(map(cell, entries))
        assert drawn == Counter({(c.township, c.error): getattr(c, name) for c in lists.cells})
    assert all(c.revisit == c.size for c in lists.cells if c.error)


@pytest.mark.parametrize("everything", [True, False])
def test_the_reserves_of_a_revisit_are_of_the_same_cell_and_next_in_order(everything: bool, tmp_path: Path) -> None:
    case = spot(tmp_path, everything=everything)
    one = at(case, 1)
    few, more = (roster(one, reserves=reserves) for reserves in (1, 3))
    assert set(few.revisit_reserves) < set(more.revisit_reserves)
    assert not set(households(more.revisit_reserves)) & set(households(more.revisit))
    left = {(c.township, c.error): c.size - c.revisit for c in more.cells}
    villages = {drawn.number: drawn.village for drawn in more.villages}
    cells = [(case.frame.townships[villages[e.number]], bool(e.recorded)) for e in more.revisit_reserves]
    assert Counter(cells) == Counter({key: min(3, count) for key, count in left.items() if count})
    assert isinstance(case.plan, SpotCheck)
    found = one.rechecked
    assert found is not None
    quotas = revisit_quota(case.plan, found.questionnaires.sizes)
    assert len(more.revisit) == quotas.sum()


def test_the_weights_of_a_spot_check_are_the_estimators(tmp_path: Path) -> None:
    one = at(spot(tmp_path), 4)
    weights = one.assessment.tally.phase2_weights
    assert weights is not None
    lists = roster(one)
    names = [part.name for part in one.draws.parts]
    for entry in (*lists.revisit, *lists.visits):
        listed = "add_on" if entry.number >= lists.fresh_from else f"revisit_{'error' if entry.recorded else 'clean'}"
        block = 3 * names.index("again" if entry.again else listed) + entry.group
        assert entry.weight == pytest.approx(weights[0, entry.number - 1, block], rel=1e-12)
        assert entry.chance is not None
        assert 0 < entry.chance <= 1
    # An ordinary village is reached by the province alone: there the weight is one over the probability.
    ordinary = {d.number for d in lists.villages if not one.scenario.frame.remote[d.village]}
    assert all(e.weight * e.chance == pytest.approx(1) for e in lists.revisit if e.number in ordinary)  # type: ignore[operator]


def test_the_lists_of_a_spot_check_do_not_depend_on_who_is_at_home(tmp_path: Path) -> None:
    here, away = (at(spot(tmp_path, fieldwork=text), 1) for text in ("", "absence = 0.4"))
    assert roster(here).revisit == roster(away).revisit
    assert roster(here).visits == roster(away).visits
    assert here.scenario.fieldwork.absence == 0
    assert away.scenario.fieldwork.absence == Decimal("0.4")
