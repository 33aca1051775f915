"""Visits, records and re-checks: the compiled rows are the readable ones, and the laws that both must keep."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import sampler
from sampler import draws as drawing
from sampler import fieldwork as recording
from sampler import inspection, kernels, recheck, sums, visits
from sampler.draws import Tally, draw
from sampler.fieldwork import Fieldwork
from sampler.frame import GROUPS, Bools, Frame, Ints
from sampler.plan import Plan
from sampler.population import Population
from sampler.recheck import ADD_ON, AGAIN, RecheckTally, SpotCheck, spot_check, tally_spot_check
from sampler.streams import Purpose, stream_starts, unit_interval, word
from sampler.sums import inspections

REPLICATES = np.array([0, 1, 2, 3, 4, 5, 9, 100_000], dtype=np.int64)
FEW = settings(max_examples=40)


class Situation(NamedTuple):
    population: Population
    plan: Plan
    spot_check: SpotCheck
    fieldwork: Fieldwork
    seed: int


@st.composite
def situations(draw_from: st.DrawFn, *, plain: bool = False, absence: bool = True) -> Situation:
    """Counties of up to six villages with empty groups and villages, key households and hamlets, and all that errs."""
    remote = draw_from(st.lists(st.booleans(), min_size=1, max_size=6))
    seed = draw_from(st.integers(0, 2**63 - 1))
    rng = np.random.default_rng(seed)
    population = random_population(rng, remote, most=draw_from(st.integers(1, 7)))
    there = {"ordinary": remote.count(False), "remote": remote.count(True)}
    take = st.fixed_dictionaries({group: st.integers(0, 5) for group in GROUPS})
    villages = {name: draw_from(st.integers(0, count)) for name, count in there.items()}
    parts = {} if plain else {"key_households": draw_from(st.booleans()), "hamlets": draw_from(st.integers(0, 3))}
    if not population.frame.household_key.any():
        parts.pop("key_households", None)  # the plan is refused where nobody is marked
    teams = st.builds(
        Fieldwork,
        sensitivity=shares,
        specificity=shares,
        appeal_overturns_true=shares,
        appeal_overturns_false=shares,
        absence=st.sampled_from([Decimal(0), Decimal("0.3"), Decimal("0.9")]) if absence else st.just(Decimal(0)),
        absence_odds_ratio=st.sampled_from([Decimal(1), Decimal(3)]),
        teams=st.integers(1, 3),
        team_icc=st.sampled_from([Decimal(0), Decimal("0.2")]),
        interference=st.sampled_from([(), ("township 0",)]),
        interference_sensitivity=shares,
    )
    return Situation(
        population=population,
        plan=Plan(villages=villages, take=draw_from(take), **parts),
        spot_check=SpotCheck(
            phase1=Plan(villages=villages, take=draw_from(take)),
            revisit_share=draw_from(st.sampled_from([Decimal("0.1"), Decimal("0.5"), Decimal(1)])),
            desk_share=draw_from(shares),
            all_errors=draw_from(st.booleans()),
            remote_villages=draw_from(st.integers(0, there["remote"])),
            remote_take=draw_from(take),
            province=draw_from(teams),
        ),
        fieldwork=draw_from(teams),
        seed=seed,
    )


shares = st.sampled_from([Decimal(0), Decimal("0.25"), Decimal("0.5"), Decimal("0.9"), Decimal(1)])


def random_population(rng: np.random.Generator, remote: list[bool], most: int) -> Population:
    households = rng.integers(0, most + 1, size=(len(remote), 3))
    persons = rng.integers(1, 6, size=households.sum())
    places = np.repeat(np.arange(households.size), households.ravel())
    hamlet = np.zeros(len(persons), dtype=np.int64)
    for village in range(len(remote)):
        inside = places // 3 == village
        hamlet[inside] = np.unique(rng.integers(0, 4, size=inside.sum()), return_inverse=True)[1]
    numbers = tuple(str(village) for village in range(len(remote)))
    frame = Frame(
        name="a county",
        codes=numbers,
        villages=numbers,
        townships=tuple(f"township {village % 2}" for village in range(len(remote))),
        remote=np.array(remote),
        poor_village=np.zeros(len(remote), dtype=bool),
        group_households=households,
        group_persons=np.bincount(places, weights=persons, minlength=households.size).astype(int).reshape(-1, 3),
        household_persons=persons,
        household_key=rng.random(len(persons)) < 0.3,
        household_hamlet=hamlet,
        sizes_synthesised=False,
    )
    wrong = rng.integers(0, persons + 1) * (rng.random(len(persons)) < 0.5) * (places % 3 != 1)
    return Population(frame=frame, wrong_persons=wrong, approves=rng.random(len(persons)) < 0.7)


def busy_county(share: str = "1") -> Situation:
    """A county where the add-on meets everybody that the re-visit has met."""
    population = random_population(np.random.default_rng(5), [False, True, True], most=6)
    take = dict.fromkeys(GROUPS, 9)
    villages = {"ordinary": 1, "remote": 2}
    return Situation(
        population=population,
        plan=Plan(villages=villages, take=take, key_households=True, hamlets=1),
        spot_check=SpotCheck(
            phase1=Plan(villages=villages, take=take),
            revisit_share=Decimal(share),
            remote_villages=2,
            remote_take=take,
            province=Fieldwork(specificity=Decimal("0.7")),
        ),
        fieldwork=Fieldwork(sensitivity=Decimal("0.5"), specificity=Decimal("0.5"), absence=Decimal("0.2")),
        seed=11,
    )


@contextmanager
def without_numba() -> Iterator[None]:
    """Make every import of the kernels fail, as on a machine without numba."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(sampler, "kernels", raising=False)
        patch.delattr(sums, "kernels", raising=False)
        for name in ("sampler.kernels", "sampler.sums.kernels"):
            patch.setitem(sys.modules, name, None)
        for module in (visits, recording):
            assert module._compiled() is None
        assert recheck._compiled("pick_rows") is recheck._compiled("met_rows") is drawing._compiled_sums() is None
        yield


def same(one: object, other: object) -> bool:
    """Say whether two records hold the same numbers, bit for bit."""
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)]  # type: ignore[arg-type]
    return all(
        same(a, b) if isinstance(a, Tally) else a == b if a is None or isinstance(a, tuple) else identical(a, b)
        for a, b in pairs
    )


def identical(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and np.array_equal(one, other)


def draws_of(situation: Situation, plan: Plan | None = None, away: Any = None) -> drawing.Draws:
    frame = situation.population.frame
    return draw(frame, plan or situation.plan, seed=situation.seed, replicates=REPLICATES, away=away)


def away_of(situation: Situation) -> Any:
    return situation.fieldwork.away(situation.population.wrong_persons)


def at_home(situation: Situation) -> Bools:
    """Say of each replicate and household whether the national team meets somebody, shape (R, N)."""
    starts = stream_starts(situation.seed, Purpose.FIELDWORK, REPLICATES)
    away, size = away_of(situation), len(situation.population.wrong_persons)
    if away is None or size == 0:
        return np.ones((len(REPLICATES), size), dtype=bool)
    return np.stack([unit_interval(word(starts, 2 * h + 1)) >= away[h] for h in range(size)], axis=1).reshape(-1, size)


def rechecked(situation: Situation) -> tuple[recheck.Rechecked, RecheckTally]:
    population, plan = situation.population, situation.spot_check
    frame, wrong, approves = population.frame, population.wrong_persons, population.approves
    found = spot_check(
        frame, plan, wrong, approves, fieldwork=situation.fieldwork, seed=situation.seed, replicates=REPLICATES
    )
    return found, tally_spot_check(found, frame, plan, approves)


def tallies_of(situation: Situation, plan: Plan | SpotCheck) -> Tally:
    made: dict[str, Any] = {"seed": situation.seed, "replicates": REPLICATES, "fieldwork": situation.fieldwork}
    return inspection.tallies(situation.population, plan, **made)


# --- compiled equals readable ----------------------------------------------------------------------


def test_both_paths_are_there() -> None:
    """A machine without numba would compare the readable path with itself."""
    assert visits._compiled() is not None
    assert recording._compiled() is kernels.record_rows
    assert recheck._compiled("pick_rows") is kernels.pick_rows
    assert recheck._compiled("met_rows") is kernels.met_rows
    assert drawing._compiled_sums() is kernels.tally_rows
    for kernel in (kernels.walk, kernels.record_rows, kernels.pick_rows, kernels.met_rows, kernels.tally_rows):
        assert hasattr(kernel, "py_func"), "not compiled"


@FEW
@given(situations())
def test_walk_equals_readable_visits(situation: Situation) -> None:
    frame, walk = situation.population.frame, visits._compiled()
    assert walk is not None
    villages = draws_of(situation).villages
    household_starts = stream_starts(situation.seed, Purpose.HOUSEHOLDS, REPLICATES)
    fieldwork_starts = stream_starts(situation.seed, Purpose.FIELDWORK, REPLICATES)
    for away in (None, away_of(situation)):
        rules = visits.rules_of(frame, situation.plan, away)
        compiled = walk(villages, household_starts, fieldwork_starts, rules)
        readable = visits.readable_visits(villages, household_starts, fieldwork_starts, rules)
        assert all(identical(a, b) for a, b in zip(compiled, readable, strict=True))


@FEW
@given(situations(plain=True))
def test_plain_visits_are_the_readable_ones(situation: Situation) -> None:
    frame, villages = situation.population.frame, draws_of(situation).villages
    starts = stream_starts(situation.seed, Purpose.HOUSEHOLDS, REPLICATES)
    plain = visits.plain_visits(frame, situation.plan, villages, starts)
    rules = visits.rules_of(frame, situation.plan, None)
    rows, sizes = visits.readable_visits(villages, starts, starts, rules)
    assert np.array_equal([plain.replicate, plain.slot, plain.block, plain.households], rows)
    assert np.array_equal(plain.block_sizes, sizes)


@FEW
@given(situations(), st.booleans())
def test_pick_rows_equals_readable(situation: Situation, closed: bool) -> None:
    population = situation.population
    made = {"seed": situation.seed, "replicates": REPLICATES}
    phase1 = recheck.questionnaires(population.frame, situation.spot_check, population.wrong_persons, **made)
    starts = stream_starts(situation.seed, Purpose.RECHECK, REPLICATES)
    homes = stream_starts(situation.seed, Purpose.FIELDWORK, REPLICATES)
    away = np.linspace(0, 0.9, len(population.wrong_persons)) if closed else np.zeros(0)
    wanted = recheck.quota(situation.spot_check.revisit_share, phase1.sizes)
    rows = (phase1.draws.replicate, phase1.cell, phase1.draws.households, phase1.sizes, wanted, starts, homes, away)
    compiled, readable = kernels.pick_rows(*rows), recheck.readable_pick_rows(*rows)
    assert identical(np.sort(compiled), np.sort(readable))


@FEW
@given(st.integers(0, 2**32), st.integers(0, 60), st.integers(0, 60), st.integers(1, 9))
def test_met_rows_equals_readable(seed: int, old: int, new: int, households: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [column for n in (old, new) for column in (np.sort(rng.integers(0, 5, n)), rng.integers(0, households, n))]
    assert identical(kernels.met_rows(*rows, households), recheck.readable_met_rows(*rows, households))


@FEW
@given(situations())
def test_record_rows_equals_readable(situation: Situation) -> None:
    population, found = situation.population, draws_of(situation, away=away_of(situation))
    starts = stream_starts(situation.seed, Purpose.FIELDWORK, REPLICATES)
    rows = (situation.fieldwork, found, population.frame, population.wrong_persons, starts)
    compiled = recording.record(*rows)
    with without_numba():
        readable = recording.record(*rows)
    assert identical(compiled.suspected, readable.suspected)
    assert identical(compiled.recorded, readable.recorded)


@FEW
@given(situations())
def test_tally_rows_equals_readable(situation: Situation) -> None:
    population, found = situation.population, draws_of(situation)
    h, shape = found.households, (*found.block_sizes.shape, len(drawing.MOMENTS))
    columns = population.frame.household_persons[h], population.wrong_persons[h], population.approves[h]
    compiled, readable = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    kernels.tally_rows(found.replicate, found.slot, found.block, *columns, compiled)
    drawing.readable_sums(found.replicate, found.slot, found.block, *columns, readable)
    assert identical(compiled, readable)


@FEW
@given(situations())
def test_inspections_are_the_same_without_numba(situation: Situation) -> None:
    """From end to end, the two-stage one and the spot check, weights included."""
    compiled = tallies_of(situation, situation.plan), tallies_of(situation, situation.spot_check)
    _, whole = rechecked(situation)
    with without_numba():
        readable = tallies_of(situation, situation.plan), tallies_of(situation, situation.spot_check)
        _, again = rechecked(situation)
    assert same(compiled[0], readable[0])
    assert same(compiled[1], readable[1])
    assert same(whole, again)


# --- the laws ---------------------------------------------------------------------------------------


@FEW
@given(situations())
def test_takes_are_reached_where_doors_open_and_never_passed(situation: Situation) -> None:
    frame, plan = situation.population.frame, situation.plan
    found, home = draws_of(situation, away=away_of(situation)), at_home(situation)
    visited = np.bincount(
        np.ravel_multi_index((found.replicate, found.slot, found.block), found.block_sizes.shape),
        minlength=found.block_sizes.size,
    ).reshape(found.block_sizes.shape)
    assert np.all(visited <= found.block_sizes)
    for r, s in np.ndindex(*found.villages.shape):
        here = found.villages[r, s]
        mine = (found.replicate == r) & (found.slot == s)
        for group in range(3):
            inside = np.arange(len(frame.household_persons))[frame.block(here, group)]
            others = set(inside.tolist())
            full = found.households[mine & (found.block % 3 == group) & (found.block >= 3)]
            others -= set(full.tolist())
            assert visited[r, s, group] == min(plan.takes()[group], home[r, sorted(others)].sum())
        assert found.block_sizes[r, s].reshape(-1, 3).sum(axis=0).tolist() == frame.group_households[here].tolist()


@FEW
@given(situations())
def test_nobody_is_visited_twice_and_nobody_absent_is_met(situation: Situation) -> None:
    found, home = draws_of(situation, away=away_of(situation)), at_home(situation)
    assert len({*zip(found.replicate.tolist(), found.households.tolist(), strict=True)}) == len(found.households)
    assert home[found.replicate, found.households].all()
    again = rechecked(situation)[0].visits
    assert home[again.replicate, again.households].all()
    once = again.block // 3 != AGAIN
    pairs = [*zip(again.replicate[once].tolist(), again.households[once].tolist(), strict=True)]
    assert len(set(pairs)) == len(pairs)
    more = {*zip(again.replicate[~once].tolist(), again.households[~once].tolist(), strict=True)}
    revisit = again.block // 3 < ADD_ON
    assert more <= {*zip(again.replicate[revisit].tolist(), again.households[revisit].tolist(), strict=True)}


@FEW
@given(situations())
def test_whole_parts_are_visited_wherever_somebody_is_at_home(situation: Situation) -> None:
    """Key households always are; a hamlet is visited completely or not at all, but for the takes."""
    frame, plan = situation.population.frame, situation.plan
    found, home = draws_of(situation, away=away_of(situation)), at_home(situation)
    hamlet = frame.household_hamlet
    assert hamlet is not None
    hamlet_part = len(drawing.parts_of(plan)) - 1 if plan.hamlets else -1
    for r, s in np.ndindex(*found.villages.shape):
        inside = np.flatnonzero(frame.household_village == found.villages[r, s])
        mine = (found.replicate == r) & (found.slot == s)
        visited = set(found.households[mine].tolist())
        if plan.key_households:
            assert set(inside[frame.household_key[inside] & home[r, inside]].tolist()) <= visited
        chosen = set(hamlet[found.households[mine & (found.block // 3 == hamlet_part)]].tolist())
        assert len(chosen) <= plan.hamlets
        for number in chosen:
            assert set(inside[(hamlet[inside] == number) & home[r, inside]].tolist()) <= visited


@FEW
@given(situations(), st.integers(1, 4))
def test_a_larger_take_contains_the_smaller_one(situation: Situation, more: int) -> None:
    larger = replace(situation.plan, take={g: situation.plan.take.get(g, 0) + more for g in GROUPS})
    few, many = (draws_of(situation, plan, away_of(situation)) for plan in (situation.plan, larger))
    pairs = [{*zip(d.replicate.tolist(), d.households.tolist(), strict=True)} for d in (few, many)]
    assert pairs[0] <= pairs[1]


@FEW
@given(situations(absence=False), st.integers(0, 2**32), st.booleans())
def test_findings_are_monotone_in_the_level(situation: Situation, more: int, plain: bool) -> None:
    """Replicate by replicate, without false alarms: a higher level finds what a lower one does, and more.

    Absence may be there as long as it is independent of the truth.
    """
    low = situation.population
    plan = replace(situation.plan, key_households=False, hamlets=0) if plain else situation.plan
    rng = np.random.default_rng(more)
    added = rng.integers(0, low.frame.household_persons - low.wrong_persons + 1)
    high = replace(low, wrong_persons=low.wrong_persons + added * (low.frame.household_group != 1))
    sharp = replace(situation.fieldwork, specificity=Decimal(1), absence=Decimal("0.3"), absence_odds_ratio=Decimal(1))
    for fieldwork in (Fieldwork(), sharp):
        made: dict[str, Any] = {"seed": situation.seed, "replicates": REPLICATES, "fieldwork": fieldwork}
        few, many = (inspection.totals(population, plan, **made) for population in (low, high))
        assert np.all(few[..., (1, 3)] <= many[..., (1, 3)])
        assert np.array_equal(few[..., (0, 2, 4)], many[..., (0, 2, 4)])


@FEW
@given(situations(), st.integers(0, 4))
def test_better_fieldwork_finds_all_that_worse_fieldwork_finds(situation: Situation, step: int) -> None:
    better = replace(situation.fieldwork, sensitivity=Decimal(1), specificity=Decimal(1))
    worse = replace(better, sensitivity=Decimal(step) / 5)
    found, starts = draws_of(situation), stream_starts(situation.seed, Purpose.FIELDWORK, REPLICATES)
    truth = situation.population.wrong_persons
    few, many = (
        recording.record(teams, found, situation.population.frame, truth, starts).recorded for teams in (worse, better)
    )
    assert np.all(few <= many)


def records_by_household(found: recheck.Rechecked) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
    """Return what is recorded of the re-visited households, and of those met again by the add-on."""
    keys = [*zip(found.visits.replicate.tolist(), found.visits.households.tolist(), strict=True)]
    recorded = dict(enumerate(found.observations.wrong_persons.tolist()))
    part = found.visits.block // 3
    one, other = np.flatnonzero(part < ADD_ON).tolist(), np.flatnonzero(part == AGAIN).tolist()
    return {keys[i]: recorded[i] for i in one}, {keys[i]: recorded[i] for i in other}


@FEW
@given(situations())
def test_a_household_met_twice_has_one_record(situation: Situation) -> None:
    first, second = records_by_household(rechecked(situation)[0])
    assert all(first[key] == value for key, value in second.items())


def test_a_household_met_twice_has_one_record_whatever_the_teams() -> None:
    situation = busy_county()
    teams = replace(situation.fieldwork, teams=3, team_icc=Decimal("0.5"))
    first, second = records_by_household(rechecked(situation._replace(fieldwork=teams))[0])
    assert all(first[key] == value for key, value in second.items())


def test_the_add_on_meets_households_again() -> None:
    _, second = records_by_household(rechecked(busy_county())[0])
    assert len(second) > 50
    assert {0} < set(second.values())


@FEW
@example(busy_county("0.25"))
@example(busy_county("0.5"))
@given(situations())
def test_cells_give_their_quota_or_all_that_are_met(situation: Situation) -> None:
    found, home = rechecked(situation)[0], at_home(situation)
    phase1, plan = found.questionnaires, situation.spot_check
    assert np.array_equal(phase1.cell % 2, phase1.recorded > 0)
    marks = np.zeros(len(phase1.cell), dtype=bool)
    marks[found.revisited] = True
    for r, c in np.argwhere(phase1.sizes > 0):
        inside = (phase1.draws.replicate == r) & (phase1.cell == c)
        size = int(phase1.sizes[r, c])
        assert inside.sum() == size
        least = max(1, int(plan.revisit_share * size + Decimal("0.5")))
        wanted = size if plan.all_errors and c % 2 else least
        assert marks[inside].sum() == min(wanted, home[r, phase1.draws.households[inside]].sum())
        desk = 0 if plan.desk_share == 0 else max(1, int(plan.desk_share * size + Decimal("0.5")))
        assert found.desk[inside].sum() == desk


# --- batches, threads and seeds ---------------------------------------------------------------------


def batches(situation: Situation, plan: Plan | SpotCheck, parts: list[Ints], threads: int) -> Ints:
    made: dict[str, Any] = {"seed": situation.seed, "fieldwork": situation.fieldwork}
    with ThreadPoolExecutor(threads) as pool:
        found = pool.map(lambda some: inspection.totals(situation.population, plan, replicates=some, **made), parts)
        return np.concatenate([*found])


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("kind", ["plan", "spot_check"])
def test_threads_and_batches_do_not_change_a_total(threads: int, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    situation = busy_county()
    plan, replicates = getattr(situation, kind), np.arange(500, dtype=np.int64)
    whole = batches(situation, plan, [replicates], 1)
    assert np.array_equal(batches(situation, plan, np.array_split(replicates, 7), threads), whole)
    assert np.array_equal(batches(situation, plan, [replicates[::-1]], threads), whole[::-1])
    for module in (inspection, inspections):  # so that totals are made in many pieces
        monkeypatch.setattr(module, "_ROWS", 1_000)
    assert np.array_equal(batches(situation, plan, [replicates], threads), whole)
    with without_numba():
        assert np.array_equal(batches(situation, plan, [replicates], 1), whole)


@FEW
@given(situations())
def test_a_seed_says_it_all(situation: Situation) -> None:
    for plan in (situation.plan, situation.spot_check):
        assert same(tallies_of(situation, plan), tallies_of(situation, plan))
    other = busy_county()
    one, two = (rechecked(other._replace(seed=seed))[1] for seed in (11, 12))
    assert not same(one, two)
