"""What `estimate` promises: batches, zero events, denominators, choices refused, and the trap of METHODS 2.2."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest
from strategies import even_county, policies

from estimators.estimate import Estimate, estimate
from estimators.intervals import INTERVALS
from estimators.policy import CRITERIA
from sampler.draws import Tally
from sampler.errors import InputError
from sampler.inspection import tallies
from sampler.plan import Plan
from sampler.population import Population
from scenarios import load
from scenarios.scenario import Scenario, populations

RATES = ("wrong_exit", "missed", "approval")


@cache
def example(level: str = "0.02", replicates: int = 2_000) -> tuple[Scenario, Population, Tally]:
    scenario = load("example").at({"wrong_exit": Decimal(level), "missed": Decimal(level)})
    (population,) = populations([scenario])
    numbers = np.arange(replicates, dtype=np.int64)
    return scenario, population, tallies(population, scenario.plan, seed=scenario.seed, replicates=numbers)


def county_persons() -> np.ndarray:
    persons: np.ndarray = example()[0].frame.group_persons.sum(axis=0)
    return persons


def first(tally: Tally, count: int = 1) -> Tally:
    few = {name: getattr(tally, name)[:count] for name in ("villages", "block_sizes", "moments")}
    return replace(tally, **few)


def arrays(one: Estimate) -> dict[str, np.ndarray]:
    return {
        field.name: getattr(one, field.name) for field in fields(one) if field.name not in ("confidence", "interval")
    }


def clean_sample(**options: Any) -> dict[str, Estimate]:
    """Return the estimates of a sample without an error, all approving."""
    frame = even_county(8, 4, households=10, persons=30)
    size = len(frame.household_persons)
    truth = Population(frame=frame, wrong_persons=np.zeros(size, dtype=np.int64), approves=np.ones(size, dtype=bool))
    plan = Plan(villages={"ordinary": 4, "remote": 3}, take={"exited": 5, "unregistered": 5})
    tally = tallies(truth, plan, seed=2, replicates=np.arange(3, dtype=np.int64))
    return dict(estimate(tally, policies(), group_persons=frame.group_persons.sum(axis=0), **options))


# --- batches --------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighting", ["raw", "weighted"])
@pytest.mark.parametrize("variance", ["ultimate_cluster", "two_stage"])
@pytest.mark.parametrize("interval", INTERVALS)
def test_a_batch_of_one_is_the_first_of_many(weighting: Any, variance: Any, interval: str) -> None:
    scenario, _, tally = example()
    options = {"weighting": weighting, "variance": variance, "interval": interval, "group_persons": county_persons()}
    many = estimate(tally, scenario.policy, **options)
    one = estimate(first(tally), scenario.policy, **options)
    for criterion in CRITERIA:
        for name, values in arrays(one[criterion]).items():
            assert np.array_equal(values, arrays(many[criterion])[name][:1], equal_nan=True), (criterion, name)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_criterion_asked_for_alone_is_the_same(criterion: str) -> None:
    scenario, _, tally = example()
    few = first(tally, 50)
    alone = estimate(few, scenario.policy, group_persons=county_persons(), criteria=[criterion])
    assert list(alone) == [criterion]
    together = arrays(estimate(few, scenario.policy, group_persons=county_persons())[criterion])
    for name, values in arrays(alone[criterion]).items():
        assert np.array_equal(values, together[name], equal_nan=True), name


def test_no_inspection_at_all_has_estimates_of_length_0() -> None:
    scenario, _, tally = example()
    found = estimate(first(tally, 0), scenario.policy, group_persons=county_persons())
    assert all(len(values) == 0 for one in found.values() for values in arrays(one).values())


def test_every_interval_lies_around_its_estimate_and_inside_0_and_1() -> None:
    scenario, _, tally = example()
    for interval in INTERVALS:
        found = estimate(tally, scenario.policy, group_persons=county_persons(), interval=interval)
        for criterion, one in found.items():
            assert one.interval == interval
            assert np.all((one.low >= 0) & (one.high <= 1)), (criterion, interval)
            assert np.all((one.low <= one.value) & (one.value <= one.high)), (criterion, interval)


def test_finite_population_corrections_narrow_the_error_on_average() -> None:
    # Of the villages 11% are drawn.
    scenario, _, tally = example()
    with_replacement = estimate(tally, scenario.policy)["wrong_exit"].standard_error
    two_stage = estimate(tally, scenario.policy, variance="two_stage")["wrong_exit"].standard_error
    assert 0.9 < (two_stage**2).mean() / (with_replacement**2).mean() < 1


# --- no events ------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighting", ["raw", "weighted"])
def test_without_an_event_the_upper_limit_is_above_0(weighting: str) -> None:
    found = clean_sample(weighting=weighting)
    for criterion in ("wrong_exit", "missed", "incidence"):
        assert np.all(found[criterion].standard_error == 0)
        assert np.all(found[criterion].high > found[criterion].value)
    assert np.all((found["wrong_exit"].value == 0) & (found["wrong_exit"].villages_with_event == 0))
    assert np.all((found["approval"].value == 1) & (found["approval"].high == 1) & (found["approval"].low < 1))


def test_without_an_event_the_design_effect_is_that_of_households() -> None:
    # Thirty persons in ten households: the floor is sum s^2 / sum s, and 3 where all have three.
    found = clean_sample()["wrong_exit"]
    assert np.all(found.design_effect >= 3)
    assert np.all(found.effective_size < 35 * 3 / found.design_effect + 1e-9)


def test_the_incidence_without_an_event_reaches_as_far_as_its_two_rates() -> None:
    found = clean_sample()
    # A third of the persons each; correlation 0 where there is no variance.
    reach = np.hypot(found["wrong_exit"].high, found["missed"].high) / 3
    assert np.allclose(found["incidence"].high, found["incidence"].value + reach, rtol=1e-12)


# --- what is not measured -------------------------------------------------------------------------


def test_the_incidence_needs_the_county() -> None:
    scenario, _, tally = example()
    assert not estimate(tally, scenario.policy)["incidence"].measured.any()
    assert np.isnan(estimate(tally, scenario.policy)["incidence"].value).all()


def test_a_group_that_is_not_visited_is_not_measured_and_may_be_anything_in_the_incidence() -> None:
    scenario, _, tally = example()
    moments = tally.moments.copy()
    moments[:, :, 2] = 0
    found = estimate(replace(tally, moments=moments), scenario.policy, group_persons=county_persons())
    assert not found["missed"].measured.any()
    assert np.isnan(found["missed"].high).all()
    persons = county_persons()
    assert found["incidence"].measured.all()
    assert np.allclose(
        found["incidence"].value, (persons[1] + persons[0] * found["wrong_exit"].value) / persons.sum(), rtol=1e-12
    )
    assert np.isnan(found["incidence"].standard_error).all()
    assert np.all(found["incidence"].high >= found["incidence"].value + persons[2] / persons.sum() - 1e-12)


def test_registered_incidence_is_known() -> None:
    scenario, _, tally = example()
    persons = county_persons()
    policy = replace(scenario.policy, incidence="registered")
    found = estimate(tally, policy, group_persons=persons)["incidence"]
    assert np.all(found.value == persons[1] / persons.sum())
    assert np.all((found.low == found.value) & (found.high == found.value) & (found.standard_error == 0))


def test_without_the_sizes_of_strata_and_blocks_there_is_no_correction_and_no_weight() -> None:
    scenario, _, tally = example()
    few = first(tally, 20)
    bare = replace(few, stratum_sizes=0 * few.stratum_sizes, block_sizes=0 * few.block_sizes)
    with_sizes = estimate(few, scenario.policy)
    for variance in ("ultimate_cluster", "two_stage"):
        found = estimate(bare, scenario.policy, variance=variance)  # type: ignore[arg-type]
        for criterion in RATES:
            assert np.array_equal(found[criterion].standard_error, with_sizes[criterion].standard_error)
            # All villages might have been clustered alike, so the design effect may only grow.
            assert np.all(found[criterion].design_effect >= with_sizes[criterion].design_effect)
    with pytest.raises(InputError) as caught:
        estimate(bare, scenario.policy, weighting="weighted")
    assert [m.code for m in caught.value.mistakes] == ["sizes_unknown"]


# --- the missed rate over whole villages ----------------------------------------------------------


@pytest.mark.parametrize("weighting", ["raw", "weighted"])
@pytest.mark.parametrize("unit", ["persons", "households"])
def test_the_village_denominator_has_a_value_and_no_interval(weighting: Any, unit: Any) -> None:
    scenario, _, tally = example()
    frame, units = scenario.frame, {"wrong_exit": "persons", "missed": unit, "approval": "households"}
    policy = replace(scenario.policy, missed_denominator="village", units=units)
    found = estimate(
        tally,
        policy,
        group_persons=county_persons(),
        unregistered=frame.unregistered,
        weighting=weighting,
    )
    whole = frame.group_persons if unit == "persons" else frame.group_households
    drawn = np.bincount(tally.stratum)[tally.stratum]
    expansion = tally.stratum_sizes[tally.stratum] / drawn if weighting == "weighted" else np.ones(len(drawn))
    wrong = tally.moments[:, :, 2, 3 if unit == "persons" else 1]
    if weighting == "weighted":
        wrong = wrong * expansion * tally.block_sizes[:, :, 2] / tally.moments[:, :, 2, 0]
    expected = wrong.sum(axis=1) / (expansion * whole[tally.villages, 2]).sum(axis=1)
    assert np.allclose(found["missed"].value, expected, rtol=1e-12)
    for name in ("standard_error", "low", "high", "effective_size"):
        assert np.isnan(getattr(found["missed"], name)).all()
        assert np.isnan(getattr(found["incidence"], name)).all()
    assert not np.isnan(found["incidence"].value).any()


def test_the_village_denominator_needs_the_village_list() -> None:
    scenario, _, tally = example()
    policy = replace(scenario.policy, missed_denominator="village")
    found = estimate(tally, policy, group_persons=county_persons())
    assert not found["missed"].measured.any()
    assert not found["incidence"].measured.any()


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"weighting": "heavy"}, "weighting"),
        ({"variance": "naive"}, "variance"),
        ({"lonely": "cheer"}, "lonely"),
        ({"interval": "guess"}, "interval"),
        ({"criteria": ["approval", "mood"]}, "criteria"),
        ({"confidence": 1.0}, "confidence"),
        ({"confidence": 0.0}, "confidence"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused(options: dict[str, Any], key: str) -> None:
    scenario, _, tally = example()
    with pytest.raises(InputError) as caught:
        estimate(first(tally), scenario.policy, **options)
    assert [(m.code, m.fields["key"]) for m in caught.value.mistakes] == [("outside_domain", key)]


def test_approval_in_persons_is_not_tallied() -> None:
    scenario, _, tally = example()
    units = {"wrong_exit": "persons", "missed": "persons", "approval": "persons"}
    with pytest.raises(InputError) as caught:
        estimate(first(tally), replace(scenario.policy, units=units))  # type: ignore[arg-type]
    assert [m.code for m in caught.value.mistakes] == ["unit_not_tallied"]


# --- METHODS 2.2: the raw formula under oversampling ----------------------------------------------


@pytest.mark.parametrize("criterion", ["wrong_exit", "missed"])
def test_the_raw_rate_is_above_the_county_s_and_the_weighted_one_is_not(criterion: str) -> None:
    scenario, population, tally = example()
    group = {"wrong_exit": 0, "missed": 2}[criterion]
    mine = scenario.frame.household_group == group
    truth = population.wrong_persons[mine].sum() / scenario.frame.household_persons[mine].sum()
    raw = estimate(tally, scenario.policy)[criterion].value
    weighted = estimate(tally, scenario.policy, weighting="weighted")[criterion]
    # Five standard errors of the simulation: a chance of 6e-7 each.
    noise = 5 / np.sqrt(len(raw))
    assert raw.mean() - weighted.value.mean() > noise * (raw - weighted.value).std(ddof=1)
    # Plus the bias of a ratio, at most its error times the coefficient of variation of its denominator
    # (Hartley and Ross 1954), here a weighted count of persons.
    visited = tally.moments[:, :, group, 2] * tally.block_sizes[:, :, group] / tally.moments[:, :, group, 0]
    whole = (visited * (tally.stratum_sizes / np.bincount(tally.stratum))[tally.stratum]).sum(axis=1)
    spread = weighted.value.std(ddof=1)
    bound = noise * spread + spread * whole.std(ddof=1) / whole.mean()
    assert abs(weighted.value.mean() - truth) < bound
    assert abs(raw.mean() - truth) > bound


@pytest.mark.parametrize("weighting", ["raw", "weighted"])
@pytest.mark.parametrize("criterion", RATES)
def test_the_variance_is_about_the_estimate_s_own_mean(weighting: Any, criterion: str) -> None:
    scenario, _, tally = example()
    found = estimate(tally, scenario.policy, weighting=weighting, variance="two_stage")[criterion]
    true = found.value.var(ddof=1)
    # The variance of 2,000 values is known to about 2 sqrt(2 / 2000) = 6%; linearisation adds its own few.
    assert (found.standard_error**2).mean() == pytest.approx(true, rel=0.12)
