"""The compiled inspection is the readable one: the same villages and tallies, whatever the plan, seed or threads."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampler import inspection
from sampler.draws import Tally, draw, observe, tally
from sampler.error_model import ErrorModel, synthesise_populations
from sampler.frame import REMAINING, Frame, frame_from_counts
from sampler.plan import Plan
from sampler.population import Population
from scenarios import load
from scenarios.scenario import populations


def readable(population: Population, plan: Plan, seed: int, replicates: np.ndarray) -> Tally:
    draws = draw(population.frame, plan, seed=seed, replicates=replicates)
    return tally(observe(draws, population.frame, population.wrong_persons, population.approves))


def same(one: Tally, other: Tally) -> bool:
    return all(np.array_equal(value, vars(other)[name]) for name, value in vars(one).items())


@st.composite
def situations(draw_from: st.DrawFn) -> tuple[Population, Plan, int]:
    villages = draw_from(st.integers(2, 9))
    households = np.array(draw_from(st.lists(st.integers(0, 12), min_size=3 * villages, max_size=3 * villages)))
    extra = np.array(draw_from(st.lists(st.integers(0, 30), min_size=3 * villages, max_size=3 * villages)))
    persons = np.where(households > 0, households + extra, 0)
    remote = draw_from(st.lists(st.booleans(), min_size=villages, max_size=villages))
    frame = frame_from_counts(
        name="x",
        codes=[str(i) for i in range(villages)],
        villages=[str(i) for i in range(villages)],
        townships=["T"] * villages,
        remote=remote,
        group_households=households.reshape(-1, 3),
        group_persons=persons.reshape(-1, 3),
    )
    seed = draw_from(st.integers(0, 2**63 - 1))
    rng = np.random.default_rng(seed)
    size = len(frame.household_persons)
    population = Population(
        frame=frame,
        wrong_persons=rng.integers(0, frame.household_persons + 1) * (frame.household_group != 1),
        approves=rng.random(size) < 0.8,
    )
    count = sum(remote)
    drawn = {
        "ordinary": draw_from(st.integers(0, villages - count)),
        "remote": draw_from(st.integers(0, count)),
    }
    take = {group: draw_from(st.integers(0, 14)) for group in ("exited", "remaining", "unregistered")}
    return population, Plan(villages=drawn, take=take), seed


@settings(max_examples=60)
@given(situations())
def test_kernel_equals_readable_path(situation: tuple[Population, Plan, int]) -> None:
    population, plan, seed = situation
    replicates = np.array([0, 1, 2, 7, 100_000], dtype=np.int64)
    expected = readable(population, plan, seed, replicates)
    assert same(inspection.tallies(population, plan, seed=seed, replicates=replicates), expected)
    sums = inspection.totals(population, plan, seed=seed, replicates=replicates)
    assert np.array_equal(sums, expected.totals())


def example() -> tuple[Population, Plan, int]:
    scenario = load("example").at({"wrong_exit": Decimal("0.02"), "missed": Decimal("0.03")})
    (population,) = populations([scenario])
    return population, scenario.plan, scenario.seed


def test_kernel_equals_readable_path_on_the_example_county() -> None:
    population, plan, seed = example()
    replicates = np.arange(300, dtype=np.int64)
    assert same(
        inspection.tallies(population, plan, seed=seed, replicates=replicates),
        readable(population, plan, seed, replicates),
    )


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_and_batches_do_not_change_a_tally(threads: int) -> None:
    population, plan, seed = example()
    whole = inspection.totals(population, plan, seed=seed, replicates=np.arange(1_000, dtype=np.int64))
    parts = np.array_split(np.arange(1_000, dtype=np.int64), 7)
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda part: inspection.totals(population, plan, seed=seed, replicates=part), parts))
    joined = np.concatenate(found)
    assert hashlib.sha256(joined.tobytes()).digest() == hashlib.sha256(whole.tobytes()).digest()


def test_sums_too_large_for_the_packed_words_take_the_readable_path() -> None:
    # One village of 70 households of 1,000 persons, all visited: 70,000 persons outgrow 16 bits.
    frame: Frame = frame_from_counts(
        name="x",
        codes=["a", "b"],
        villages=["a", "b"],
        townships=["T", "T"],
        remote=[False, False],
        group_households=np.array([[70, 0, 3], [70, 0, 3]]),
        group_persons=np.array([[70_000, 0, 9], [70_000, 0, 9]]),
    )
    model = ErrorModel(wrong_exit=Decimal("0.5"), missed=Decimal("0.5"))
    (population,) = synthesise_populations(frame, [model], seed=3)
    plan = Plan(villages={"ordinary": 1, "remote": 0}, take={"exited": 69, "unregistered": 2})
    replicates = np.arange(20, dtype=np.int64)
    found = inspection.tallies(population, plan, seed=3, replicates=replicates)
    assert same(found, readable(population, plan, 3, replicates))
    assert found.totals()[:, 0, 2].max() > 2**16


def test_sums_that_just_fit_the_packed_words_are_the_readable_ones() -> None:
    # Two households of 1,000 persons, all of them wrong: squares of about 2,000,000 in 21 bits, next to others.
    frame: Frame = frame_from_counts(
        name="x",
        codes=["a", "b"],
        villages=["a", "b"],
        townships=["T", "T"],
        remote=[False, False],
        group_households=np.array([[5, 2, 3], [5, 2, 3]]),
        group_persons=np.array([[5_000, 2_000, 3_000], [5_000, 2_000, 3_000]]),
    )
    size = len(frame.household_persons)
    wrong = np.where(frame.household_group == REMAINING, 0, frame.household_persons)
    population = Population(frame=frame, wrong_persons=wrong, approves=np.ones(size, dtype=bool))
    plan = Plan(villages={"ordinary": 2, "remote": 0}, take={"exited": 2, "remaining": 2, "unregistered": 2})
    replicates = np.arange(20, dtype=np.int64)
    found = inspection.tallies(population, plan, seed=3, replicates=replicates)
    assert same(found, readable(population, plan, 3, replicates))
    assert 0.9 * 2**21 < found.moments.max() < 2**21


def test_a_larger_sample_contains_the_smaller_one() -> None:
    population, _, seed = example()
    replicates = np.arange(20, dtype=np.int64)

    def drawn(villages: int, take: int) -> tuple[np.ndarray, set[tuple[int, int]]]:
        plan = Plan(villages={"ordinary": villages, "remote": 2}, take={"exited": take})
        draws = draw(population.frame, plan, seed=seed, replicates=replicates)
        return draws.villages, set(zip(draws.replicate.tolist(), draws.households.tolist(), strict=True))

    few_villages, few = drawn(5, 4)
    more_villages, more = drawn(9, 7)
    assert np.array_equal(few_villages[:, :5], more_villages[:, :5])
    assert few <= more


def test_failure_is_monotone_in_the_level_inspection_by_inspection() -> None:
    scenario = load("example")
    cells = [scenario.at(level) for level in scenario.points()]
    replicates = np.arange(200, dtype=np.int64)
    before = None
    for cell, population in zip(cells, populations(cells), strict=True):
        sums = inspection.totals(population, cell.plan, seed=cell.seed, replicates=replicates)
        wrong = sums[:, (0, 2), 3]
        assert before is None or np.all(wrong >= before)
        before = wrong
    assert before is not None
    assert before.min() > 0
