"""Soundness of a given sample: who was left out, tests of balance that hold their level, weights, reach."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
import pytest
from scipy.stats import beta, ttest_1samp
from strategies import county, policies

from estimators.variance import Lonely
from sampler.draws import Tally, draw, observe, tally
from sampler.errors import InputError
from sampler.frame import EXITED, GROUPS, Frame, Ints, frame_from_counts
from sampler.plan import Plan
from scenarios import load
from scenarios.questions.assessment import assess
from scenarios.questions.balance import balance
from scenarios.questions.detection import detection, failing_rates
from scenarios.questions.soundness import Soundness, soundness, weight_spreads

TAKE = {"exited": 3, "remaining": 1, "unregistered": 3}


def frame_of(ordinary: int, remote: int, seed: int = 1) -> Frame:
    """Return a county of four townships and villages of different sizes."""
    rng = np.random.default_rng(seed)
    villages = ordinary + remote
    households = rng.integers(4, 30, (villages, 3))
    names = [str(i) for i in range(villages)]
    return frame_from_counts(
        name="x",
        codes=names,
        villages=names,
        townships=[f"t{i % 4}" for i in range(villages)],
        remote=[i >= ordinary for i in range(villages)],
        poor_village=[i % 3 == 0 for i in range(villages)],
        group_households=households,
        group_persons=households * 2 + rng.integers(0, 30, (villages, 3)),
        distance_km=np.linspace(1, 60, villages),
    )


def sampled(frame: Frame, plan: Plan, number: int = 0) -> Tally:
    clean = np.zeros(len(frame.household_persons), dtype=np.int64)
    draws = draw(frame, plan, seed=4, replicates=np.array([number]))
    return tally(observe(draws, frame, clean, clean == 0))


def sound(frame: Frame, whole: Tally, strata: tuple[str, ...] = ("ordinary", "remote"), **stated: Any) -> Soundness:
    lonely: Lonely = "adjust"
    return soundness(assess(whole, policies(), strata=strata, frame=frame, lonely=lonely), strata, frame, **stated)


# --- who was left out -----------------------------------------------------------------------------


def test_townships_without_a_village_are_named_and_expected() -> None:
    frame = frame_of(16, 8)
    found = sound(frame, sampled(frame, Plan(villages={"ordinary": 2, "remote": 2}, take=TAKE))).coverage
    assert found is not None
    drawn = sampled(frame, Plan(villages={"ordinary": 2, "remote": 2}, take=TAKE)).villages[0]
    seen = {frame.townships[village] for village in drawn}
    assert found.townships == {f"t{i}": 6 for i in range(4) if f"t{i}" not in seen}
    assert found.townships_in_all == 4
    # Each township has 4 of the 16 ordinary and 2 of the 8 remote villages.
    assert found.expected == pytest.approx(4 * comb(12, 2) / comb(16, 2) * comb(6, 2) / comb(8, 2))
    assert (found.strata, found.groups) == ({}, ())


def test_a_stratum_and_a_group_that_nobody_visited_are_named() -> None:
    frame = frame_of(16, 8)
    plan = Plan(villages={"ordinary": 3, "remote": 0}, take={"exited": 3, "unregistered": 2})
    found = sound(frame, sampled(frame, plan)).coverage
    assert found is not None
    assert found.strata == {"remote": 8}
    assert found.groups == ("remaining",)


def test_strata_that_are_no_part_of_the_list_leave_no_expectation() -> None:
    frame = frame_of(16, 8)
    whole = sampled(frame, Plan(villages={"ordinary": 2, "remote": 2}, take=TAKE))
    found = sound(frame, whole, ("hills", "plain")).coverage
    assert found is not None
    assert found.expected is None


def test_without_a_list_only_weights_and_reach_are_told() -> None:
    frame = frame_of(16, 8)
    whole = sampled(frame, Plan(villages={"ordinary": 3, "remote": 3}, take=TAKE))
    found = soundness(assess(whole, policies(), strata=("a", "b")), ("a", "b"), None)
    assert (found.coverage, found.planned, found.balance) == (None, None, ())
    assert set(found.weights) == {*GROUPS, "all"}
    assert set(found.detection) == {"wrong_exit", "missed", "approval"}


def test_a_stated_plan_is_held_against_what_was_visited() -> None:
    scenario = load("example")
    frame, plan = scenario.frame, scenario.plan
    fewer = Plan(villages={"ordinary": 15, "remote": 12}, take=plan.take)  # type: ignore[union-attr]
    found = sound(frame, sampled(frame, fewer), stated=scenario).planned
    assert found is not None
    assert found.villages == {"ordinary": (17, 15), "remote": (12, 12)}
    assert found.nobody.nothing
    for other in (frame_of(16, 8), None):
        small = frame_of(16, 8)
        whole = sampled(small, Plan(villages={"ordinary": 3, "remote": 3}, take=TAKE))
        with pytest.raises(InputError) as caught:
            soundness(
                assess(whole, policies(), strata=("ordinary", "remote")), ("ordinary", "remote"), other, stated=scenario
            )
        assert [mistake.code for mistake in caught.value.mistakes] == ["plan_other_county"]


# --- balance --------------------------------------------------------------------------------------


def test_one_stratum_drawn_with_replacement_is_students_test() -> None:
    """Of few villages of very many, the corrections vanish, and SciPy's test is the same."""
    frame = frame_of(3_000, 1)
    plan = Plan(villages={"ordinary": 6, "remote": 1}, take=TAKE)
    drawn = sampled(frame, plan)
    ordinary = replace(
        drawn,
        villages=drawn.villages[:, :6],
        stratum=drawn.stratum[:6],
        stratum_sizes=np.array([10**9]),
        block_sizes=drawn.block_sizes[:, :6],
        moments=drawn.moments[:, :6],
    )
    rows = {row.variable: row for row in balance(ordinary, frame)}
    values = {
        "persons": frame.group_persons.sum(axis=1).astype(float),
        "distance_km": np.linspace(1, 60, 3_001),
        "poor_village": frame.poor_village.astype(float),
    }
    for name, value in values.items():
        expected = ttest_1samp(value[ordinary.villages[0]], value.mean())
        assert rows[name].t == pytest.approx(expected.statistic, rel=1e-6)
        assert rows[name].p == pytest.approx(expected.pvalue, rel=1e-6)
        assert rows[name].plain == pytest.approx(value[ordinary.villages[0]].mean())
        mean = rows[name].weighted
        assert mean is not None
        assert rows[name].difference == pytest.approx((mean - value.mean()) / value.std())


def test_what_the_strata_fix_is_not_tested() -> None:
    frame = frame_of(16, 8)
    (remote,) = (row for row in balance(sampled(frame, Plan(villages={"ordinary": 3, "remote": 3}, take=TAKE)), frame)
                 if row.variable == "remote")  # fmt: skip
    assert remote.county == pytest.approx(1 / 3)
    assert remote.plain == 0.5
    assert remote.weighted == pytest.approx(1 / 3)
    assert (remote.t, remote.p, remote.adjusted) == (None, None, None)


def test_holm_multiplies_the_smallest_by_their_number_and_never_falls() -> None:
    frame = frame_of(60, 20)
    rows = balance(sampled(frame, Plan(villages={"ordinary": 6, "remote": 5}, take=TAKE)), frame)
    tested = sorted((row for row in rows if row.p is not None), key=lambda row: row.p or 0)
    assert len(tested) > 4
    assert tested[0].adjusted == pytest.approx(min(1.0, len(tested) * (tested[0].p or 0)))
    adjusted = [row.adjusted or 0 for row in tested]
    assert adjusted == sorted(adjusted)
    assert all((row.p or 0) <= (row.adjusted or 0) <= 1 for row in tested)


def test_tests_of_random_draws_hold_their_level() -> None:
    """Of 400 faultless draws one in twenty tests shows p < 5%, and one draw in twenty has any alarm after Holm."""
    frame = frame_of(200, 60)
    plan = Plan(villages={"ordinary": 17, "remote": 12}, take=TAKE)
    alarms, any_alarm, tests = 0, 0, 0
    for number in range(400):
        rows = balance(sampled(frame, plan, number), frame)
        p = [row.p for row in rows if row.p is not None]
        alarms, tests = alarms + sum(each < 0.05 for each in p), tests + len(p)
        any_alarm += any(row.adjusted is not None and row.adjusted < 0.05 for row in rows)
    assert 0.035 < alarms / tests < 0.07
    assert any_alarm / 400 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_a_sample_near_the_county_seat_is_noticed() -> None:
    frame = frame_of(200, 60)
    whole = sampled(frame, Plan(villages={"ordinary": 17, "remote": 12}, take=TAKE))
    near = np.concatenate([np.arange(17), 200 + np.arange(12)])
    rows = {row.variable: row for row in balance(replace(whole, villages=near[None]), frame)}
    assert (rows["distance_km"].difference or 0) < -1
    assert (rows["distance_km"].adjusted or 1) < 0.001


def test_households_picked_for_their_size_are_noticed() -> None:
    """The largest households of every village, where the draw should be random."""
    frame = frame_of(60, 20)
    plan = Plan(villages={"ordinary": 8, "remote": 8}, take=TAKE)
    draws = draw(frame, plan, seed=4, replicates=np.arange(1))
    largest = _largest(frame, draws.villages[0][draws.slot], draws.block)
    clean = np.zeros(len(frame.household_persons), dtype=np.int64)
    picked = tally(observe(replace(draws, households=largest), frame, clean, clean == 0))
    rows = {row.variable: row for row in balance(picked, frame)}
    assert (rows["size_exited"].adjusted or 1) < 0.01
    assert rows["size_exited"].plain > rows["size_exited"].county
    fair = {row.variable: row for row in balance(sampled(frame, plan), frame)}
    assert (fair["size_exited"].adjusted or 0) > 0.05


def _largest(frame: Frame, villages: Ints, groups: Ints) -> Ints:
    taken: dict[tuple[int, int], int] = {}
    found = []
    for village, group in zip(villages.tolist(), groups.tolist(), strict=True):
        rows = np.arange(*frame.offsets[3 * village + group : 3 * village + group + 2])
        order = rows[np.argsort(-frame.household_persons[rows], kind="stable")]
        found.append(order[taken.get((village, group), 0)])
        taken[village, group] = taken.get((village, group), 0) + 1
    return np.array(found)


def test_the_error_of_household_sizes_has_both_stages() -> None:
    """METHODS 2.4 written out for the persons of an exited household, most of the villages being drawn."""
    frame, drawn = frame_of(10, 6), {"ordinary": 8, "remote": 5}
    draws = draw(frame, Plan(villages=drawn, take=TAKE), seed=4, replicates=np.arange(1))
    clean = np.zeros(len(frame.household_persons), dtype=np.int64)
    seen = observe(draws, frame, clean, clean == 0)
    weights = tally(seen).weights()
    assert weights is not None
    (row,) = (row for row in balance(tally(seen), frame) if row.variable == "size_exited")
    exited = seen.group == EXITED
    slot, w, s = seen.slot[exited], weights[0, seen.slot, seen.block][exited], seen.persons[exited]
    mean = (w @ s) / w.sum()
    z = w * (s - mean) / w.sum()
    variance = 0.0
    for h, whole in enumerate((10, 6)):
        columns = np.flatnonzero(seen.stratum == h)
        f = len(columns) / whole
        sums = np.array([z[slot == column].sum() for column in columns])
        variance += (1 - f) * len(columns) * sums.var(ddof=1)
        for column in columns:
            own, there = z[slot == column], seen.block_sizes[0, column, EXITED]
            variance += f * (1 - len(own) / there) * len(own) * own.var(ddof=1)
    assert row.weighted == pytest.approx(mean)
    assert row.t == pytest.approx((mean - row.county) / np.sqrt(variance))


def test_without_sizes_there_is_a_mean_and_no_test() -> None:
    frame = frame_of(16, 8)
    whole = sampled(frame, Plan(villages={"ordinary": 3, "remote": 3}, take=TAKE))
    rows = balance(replace(whole, stratum_sizes=np.zeros(2, dtype=np.int64)), frame)
    assert rows
    assert all(row.weighted is None and row.p is None and np.isfinite(row.plain) for row in rows)


def test_one_village_gives_no_degrees_of_freedom() -> None:
    frame = county([False] * 5, np.full((5, 3), 6), np.array([[12, 13, 14 + i] for i in range(5)]))
    whole = sampled(frame, Plan(villages={"ordinary": 1, "remote": 0}, take=TAKE))
    assert all(row.p is None for row in balance(whole, frame, lonely="adjust"))


# --- weights --------------------------------------------------------------------------------------


def test_the_spread_of_the_weights_is_that_of_the_rows() -> None:
    frame = frame_of(16, 8)
    plan = Plan(villages={"ordinary": 3, "remote": 4}, take=TAKE)
    draws = draw(frame, plan, seed=4, replicates=np.arange(1))
    clean = np.zeros(len(frame.household_persons), dtype=np.int64)
    seen = observe(draws, frame, clean, clean == 0)
    whole = tally(seen)
    weights = whole.weights()
    assert weights is not None
    rows = weights[0, seen.slot, seen.block]
    found = weight_spreads(whole)
    for name, some in {"all": rows, "exited": rows[seen.group == EXITED]}.items():
        one = found[name]
        told = (one.households, one.smallest, one.largest, one.mean)
        assert told == pytest.approx((len(some), some.min(), some.max(), some.mean()))
        assert one.variation == pytest.approx(some.std() / some.mean())
        assert one.kish == pytest.approx(len(some) * (some**2).sum() / some.sum() ** 2)
    bare = replace(whole, stratum_sizes=np.zeros(2, dtype=np.int64))
    assert weight_spreads(bare) == {}


# --- what could be shown --------------------------------------------------------------------------


def singles(villages: int) -> Tally:
    """Return a sample of one exited household of one person in each of many villages of very many."""
    moments = np.zeros((1, villages, 3, 8), dtype=np.int64)
    moments[0, :, EXITED] = [1, 0, 1, 0, 1, 1, 0, 0]
    return Tally(
        villages=np.arange(villages)[None],
        stratum=np.zeros(villages, dtype=np.int64),
        stratum_sizes=np.array([10**9]),
        block_sizes=np.full((1, villages, 3), 50),
        moments=moments,
    )


def test_independent_persons_obey_the_rule_of_three() -> None:
    found = detection(singles(500), policies(), "wrong_exit", None)
    assert found is not None
    assert (found.units, found.households) == (500, 500)
    assert found.effective == pytest.approx(500)
    assert (1 - found.any_finding) ** 500 == pytest.approx(0.05)
    assert found.any_finding == pytest.approx(3 / 500, rel=0.01)
    assert found.none_found == pytest.approx(1 - 0.05 ** (1 / 500), rel=1e-6)
    assert found.limit == 0.02
    assert detection(singles(500), policies(), "missed", None) is None
    approval = detection(singles(500), policies(Fraction(9, 10)), "approval", None)
    assert approval is not None
    assert approval.limit == pytest.approx(0.1)
    assert approval.even == pytest.approx(0.1, abs=0.002)


@pytest.mark.parametrize("size", [300, 500, 1_000])
def test_failing_rates_lie_between_the_two_binomial_tails(size: int) -> None:
    even, sure = failing_rates(size, 0.02)
    assert even is not None
    assert sure is not None
    passed = size // 50  # the official rule fails with more
    for rate, chance in ((even, 0.5), (sure, 0.95)):
        low, high = (beta.cdf(rate, passed + k, size - passed + 1 - k) for k in (1, 0))  # P(X > passed), P(X >= passed)
        assert low < chance < high


def test_the_denominator_of_whole_villages_puts_the_limit_out_of_reach() -> None:
    frame = frame_of(16, 8)
    whole = sampled(frame, Plan(villages={"ordinary": 3, "remote": 4}, take=TAKE))
    surveyed, village = (
        detection(whole, policies(missed_denominator=reading), "missed", frame) for reading in ("surveyed", "village")
    )
    assert surveyed is not None
    assert village is not None
    assert surveyed.sure is not None
    assert village.sure is None or village.sure > surveyed.sure
    assert village.any_finding == surveyed.any_finding
    alone = detection(whole, policies(missed_denominator="village"), "missed", None)
    assert alone is not None
    assert (alone.even, alone.sure) == (None, None)


def test_what_is_told_is_what_simulation_shows() -> None:
    """On the example county, for wrong exits: 0.67% found at least once, 3.6% failing, each in about 95% of draws."""
    from decimal import Decimal  # noqa: PLC0415

    from sampler.error_model import nested_populations  # noqa: PLC0415
    from sampler.inspection import tallies  # noqa: PLC0415

    scenario = load("example")

    def seen(level: str) -> tuple[float, float, float]:
        """Return the mean found rate, the share of inspections with a finding, and that of failing ones."""
        cell = scenario.at({"wrong_exit": Decimal(level), "missed": Decimal(level)})
        counts = []
        for b in range(30):
            nested = nested_populations(cell.frame, [cell.truth], seed=1, replicate=b)  # type: ignore[list-item]
            numbers = 100 * b + np.arange(100)
            found = tallies(nested.population(0), cell.plan, seed=1, replicates=numbers).totals()
            counts.append(found[:, EXITED, [3, 2]])
        wrong, persons = np.concatenate(counts).T
        return float((wrong / persons).mean()), float((wrong > 0).mean()), float((50 * wrong > persons).mean())

    whole = sampled(scenario.frame, scenario.plan)  # type: ignore[arg-type]
    found = detection(whole, scenario.policy, "wrong_exit", scenario.frame)
    assert found is not None
    assert found.sure is not None
    rate, any_finding, _ = seen("0.0058")
    assert rate == pytest.approx(found.any_finding, rel=0.08)
    assert any_finding == pytest.approx(0.95, abs=0.02)
    rate, _, fails = seen("0.0315")
    assert rate == pytest.approx(found.sure, rel=0.04)
    assert fails == pytest.approx(0.95, abs=0.03)
