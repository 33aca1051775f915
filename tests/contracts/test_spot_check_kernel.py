"""The fused counts are those of the readable path, bit for bit: spot checks and two-stage inspections with all errors.

The readable path makes rows and tallies them, population by population; the kernels sum a whole family at once.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import policies, small_frames

from estimators.verdict import verdict_of_tally
from sampler import inspection
from sampler.draws import Tally, draw, observe, tally
from sampler.error_model import ErrorModel, NestedPopulations, nested_populations
from sampler.fieldwork import Fieldwork, record
from sampler.frame import GROUPS, REMAINING, Frame
from sampler.plan import Plan
from sampler.population import Population
from sampler.recheck import SpotCheck, spot_check, tally_spot_check
from sampler.streams import Purpose, stream_starts
from sampler.sums import inspections
from sampler.sums.inspections import Sums, compiled_sums
from sampler.sums.truths import alone, packed
from scenarios import load
from scenarios.engines import simulate

SHARES = st.sampled_from([Decimal(text) for text in ("0", "0.3", "0.95", "1")])
PLACES = 4  # of the levels of a random family


def readable(population: Population, plan: Plan | SpotCheck, fieldwork: Fieldwork, seed: int, numbers: np.ndarray):  # type: ignore[no-untyped-def]
    frame, wrong, approves = population.frame, population.wrong_persons, population.approves
    if isinstance(plan, SpotCheck):
        found = spot_check(frame, plan, wrong, approves, fieldwork=fieldwork, seed=seed, replicates=numbers)
        return tally_spot_check(found, frame, plan, approves).visited
    draws = draw(frame, plan, seed=seed, replicates=numbers, away=fieldwork.away(wrong))
    recorded = record(fieldwork, draws, frame, wrong, stream_starts(seed, Purpose.FIELDWORK, numbers)).recorded
    return tally(observe(draws, frame, wrong, approves, recorded=recorded))


def compiled(
    nested: NestedPopulations, plan: Plan | SpotCheck, fieldwork: Fieldwork, seed: int, numbers: np.ndarray
) -> Sums:
    found = compiled_sums(nested, plan, seed=seed, replicates=numbers, fieldwork=fieldwork)
    assert found is not None
    return found


def assert_same(found: Sums, model: int, expected: Tally) -> None:
    assert np.array_equal(found.villages, expected.villages)
    assert np.array_equal(found.moments[:, model], expected.totals())
    if expected.places is None:
        assert found.places is None
    else:
        assert found.places is not None
        assert np.array_equal(found.places[:, model], expected.places)


# --- small counties of every kind --------------------------------------------------------------------


@st.composite
def fieldworks(draw: st.DrawFn, frame: Frame) -> Fieldwork:
    some = st.sampled_from([Decimal("0"), Decimal("0.2"), Decimal("0.6")])
    return Fieldwork(
        sensitivity=draw(SHARES),
        specificity=draw(SHARES),
        appeal_overturns_true=draw(some),
        appeal_overturns_false=draw(some),
        absence=draw(some),
        absence_odds_ratio=draw(st.sampled_from([Decimal(1), Decimal("0.5"), Decimal(4)])),
        teams=draw(st.integers(1, 3)),
        team_icc=draw(st.sampled_from([Decimal(0), Decimal("0.2")])),
        interference=tuple(draw(st.sets(st.sampled_from(sorted(set(frame.townships)))))),
        interference_sensitivity=draw(SHARES),
    )


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    frame = draw(small_frames(most_villages=7, most_households=9))
    size = len(frame.household_persons)
    return replace(
        frame,
        townships=tuple(draw(st.sampled_from("ABC")) for _ in frame.codes),
        household_key=np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=bool),
        household_hamlet=np.array(draw(st.lists(st.integers(0, 2), min_size=size, max_size=size)), dtype=np.int64),
    )


@st.composite
def families(draw: st.DrawFn, frame: Frame) -> NestedPopulations:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    size, persons = len(frame.household_persons), frame.household_persons
    full = rng.integers(0, persons + 1)
    full[frame.household_group == REMAINING] = 0
    since = np.where(full > 0, rng.integers(0, PLACES + 1, size), PLACES)
    partial = np.flatnonzero((full > 1) & (since > 0) & (rng.random(size) < 0.3))
    partly = [(h, rng.integers(0, since[h]), rng.integers(1, full[h])) for h in partial]
    return NestedPopulations(
        frame=frame,
        places=rng.integers(0, PLACES, (draw(st.integers(1, 3)), 3)),
        wrong_from=since,
        wrong_persons=full,
        disapproves_from=rng.integers(0, PLACES + 1, size),
        partly=np.array(partly, dtype=np.int64).reshape(-1, 3),
    )


@st.composite
def drawn(draw: st.DrawFn, frame: Frame, *, whole: bool = False) -> Plan:
    there = {"ordinary": int((~frame.remote).sum()), "remote": int(frame.remote.sum())}
    return Plan(
        villages={name: draw(st.integers(0, count)) for name, count in there.items()},
        take={group: draw(st.integers(0, 10)) for group in GROUPS},
        key_households=whole and bool(frame.household_key.any()) and draw(st.booleans()),
        hamlets=draw(st.integers(0, 2)) if whole else 0,
    )


@st.composite
def spot_checks(draw: st.DrawFn, frame: Frame) -> SpotCheck:
    return SpotCheck(
        phase1=draw(drawn(frame)),
        desk_share=draw(st.sampled_from([Decimal(0), Decimal("0.1")])),
        revisit_share=draw(st.sampled_from([Decimal("0.1"), Decimal("0.48"), Decimal(1)])),
        all_errors=draw(st.booleans()),
        remote_villages=draw(st.integers(0, int(frame.remote.sum()))),
        remote_take={group: draw(st.integers(0, 10)) for group in GROUPS},
        province=draw(fieldworks(frame)),
    )


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_spot_checks_of_small_counties(data: st.DataObject) -> None:
    frame = data.draw(frames())
    plan, fieldwork, nested = data.draw(spot_checks(frame)), data.draw(fieldworks(frame)), data.draw(families(frame))
    seed, numbers = data.draw(st.integers(0, 2**63 - 1)), np.arange(3, 9)
    found = compiled(nested, plan, fieldwork, seed, numbers)
    for model in range(len(nested.places)):
        population = nested.population(model)
        expected = readable(population, plan, fieldwork, seed, numbers)
        assert_same(found, model, expected)
        assert_same(compiled(alone(population), plan, fieldwork, seed, numbers), 0, expected)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_two_stage_inspections_of_small_counties(data: st.DataObject) -> None:
    frame = data.draw(frames())
    plan, fieldwork = data.draw(drawn(frame, whole=True)), data.draw(fieldworks(frame))
    nested = data.draw(families(frame))
    seed, numbers = data.draw(st.integers(0, 2**63 - 1)), np.arange(3, 9)
    found = compiled(nested, plan, fieldwork, seed, numbers)
    for model in range(len(nested.places)):
        population = nested.population(model)
        expected = readable(population, plan, fieldwork, seed, numbers)
        assert_same(found, model, expected)
        assert_same(compiled(alone(population), plan, fieldwork, seed, numbers), 0, expected)


# --- the example county ------------------------------------------------------------------------------

FRAME = load("example").frame
TAKES = {"exited": 18, "unregistered": 18, "remaining": 2}
TWO_STAGE = Plan(villages={"ordinary": 17, "remote": 12}, take=TAKES)
SPOT_CHECK = SpotCheck(
    phase1=TWO_STAGE,
    revisit_share=Decimal("0.48"),
    remote_villages=10,
    remote_take=TAKES,
    province=Fieldwork(sensitivity=Decimal("0.9"), specificity=Decimal("0.995")),
)
ERRING = Fieldwork(
    sensitivity=Decimal("0.95"),
    specificity=Decimal("0.998"),
    absence=Decimal("0.1"),
    absence_odds_ratio=Decimal(2),
    team_icc=Decimal("0.02"),
    interference=FRAME.townships[:1],
    interference_sensitivity=Decimal("0.5"),
)
PLANS = {"spot-check": SPOT_CHECK, "two-stage": TWO_STAGE}


@pytest.fixture(scope="module")
def example() -> NestedPopulations:
    models = [ErrorModel(wrong_exit=Decimal(level), missed=Decimal(level)) for level in ("0", "0.013", "0.03")]
    return nested_populations(FRAME, models, seed=1)


@pytest.mark.parametrize("fieldwork", [Fieldwork(), ERRING], ids=["perfect", "erring"])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_example_county(plan: Plan | SpotCheck, fieldwork: Fieldwork, example: NestedPopulations) -> None:
    numbers = np.arange(40)
    found = compiled(example, plan, fieldwork, 1, numbers)
    for model in range(3):
        assert_same(found, model, readable(example.population(model), plan, fieldwork, 1, numbers))


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_without_numba_the_sums_are_the_same(
    plan: Plan | SpotCheck, example: NestedPopulations, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = np.arange(5)
    asked = {"seed": 1, "replicates": numbers, "fieldwork": ERRING}
    found = inspection.family_sums(example, plan, **asked)  # type: ignore[arg-type]
    monkeypatch.setattr(inspection, "compiled_sums", lambda *_, **__: None)
    monkeypatch.setattr(inspection, "_ROWS", 2_000)  # several batches
    plain = inspection.family_sums(example, plan, **asked)  # type: ignore[arg-type]
    assert np.array_equal(plain.moments, found.moments)
    assert np.array_equal(plain.villages, found.villages)
    assert (plain.places is None) == (found.places is None)
    if plain.places is not None:
        assert np.array_equal(plain.places, found.places)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_neither_batches_nor_their_order_change_a_sum(
    plan: Plan | SpotCheck, example: NestedPopulations, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = np.arange(60)
    whole = compiled(example, plan, ERRING, 1, numbers).moments
    shuffled = np.random.default_rng(1).permutation(numbers)
    parts = [compiled(example, plan, ERRING, 1, some).moments for some in np.array_split(shuffled, 7)]
    assert np.array_equal(np.concatenate(parts), whole[shuffled])
    monkeypatch.setattr(inspections, "_ROWS", 3_000)
    assert np.array_equal(compiled(example, plan, ERRING, 1, numbers).moments, whole)


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_threads_do_not_change_a_sum(plan: Plan | SpotCheck, threads: int, example: NestedPopulations) -> None:
    numbers = np.arange(80)

    def digest(parts: list[np.ndarray]) -> str:
        return hashlib.sha256(np.concatenate(parts).tobytes()).hexdigest()

    whole = digest([compiled(example, plan, ERRING, 1, numbers).moments])
    with ThreadPoolExecutor(threads) as pool:
        jobs = np.array_split(numbers, 8)
        parts = list(pool.map(lambda some: compiled(example, plan, ERRING, 1, some).moments, jobs))
    assert digest(parts) == whole


@pytest.mark.parametrize("denominator", ["surveyed", "village"])
@pytest.mark.parametrize("unit", ["persons", "households"])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_verdict_is_that_of_the_tally(
    plan: Plan | SpotCheck, unit: str, denominator: str, example: NestedPopulations
) -> None:
    policy = policies(missed_denominator=denominator)
    policy = replace(policy, units={**policy.units, "missed": unit})  # type: ignore[dict-item]
    found = simulate.decided(compiled(example, plan, ERRING, 1, np.arange(40)), FRAME, policy)
    for model in range(3):
        expected = verdict_of_tally(
            readable(example.population(model), plan, ERRING, 1, np.arange(40)),
            policy,
            group_persons=FRAME.group_persons.sum(axis=0),
            unregistered=FRAME.unregistered,
        )
        for name, fails in expected.fails.items():
            assert np.array_equal(found.fails[name][model::3], fails)
            assert np.array_equal(found.measured[name][model::3], expected.measured[name])


# --- what the kernels cannot hold --------------------------------------------------------------------


def test_what_outgrows_its_bits_is_left_to_the_readable_path(example: NestedPopulations) -> None:
    assert packed(example) is not None
    beyond = np.full_like(example.wrong_from, 9_000)
    assert packed(replace(example, disapproves_from=beyond)) is not None  # beyond all places: never
    assert packed(replace(example, places=np.full((1, 3), 9_000), disapproves_from=beyond)) is None
