"""Laws that every interval of the catalogue keeps; a new one is picked up by itself."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.interval import Summary, beta_limits, simple_random_sample
from estimators.intervals import INTERVALS
from scenarios.messages import LANGUAGES, catalogue

# As the references print it, it is not cut at 0 and 1 and has no width without an event.
UNCUT = ("wald",)
SAFE = tuple(name for name in INTERVALS if name not in UNCUT)
# Below about one effective event or unit, which a design effect makes of a single one, their formulas turn back.
WHOLE_EVENTS = ("logit", "cai", "kott_liu")
SMOOTH = tuple(name for name in SAFE if name not in WHOLE_EVENTS)
CONFIDENCES = (0.5, 0.8, 0.9, 0.95, 0.99)


@st.composite
def designs(draw: st.DrawFn, *, consistent: bool = False) -> Summary:
    """Return a summary of rates from 0 to 1 under one design, in ascending order.

    A consistent one has the same design effect for every rate, also by its floor and in its third moment.
    """
    size = draw(st.integers(1, 3_000))
    value = np.array(sorted({0.0, 1.0, *draw(st.lists(st.floats(1e-6, 1 - 1e-6), max_size=6))}))
    floor = draw(st.floats(1, 6))
    effect = floor if consistent else draw(st.floats(0, 12))
    variance = effect * value * (1 - value) / size
    return Summary(
        value=value,
        standard_error=np.sqrt(variance),
        size=np.full(len(value), float(size)),
        floor=np.full(len(value), floor),
        households=np.full(len(value), draw(st.floats(1, 40))),
        events=np.full(len(value), float(draw(st.integers(0, 50)))),
        icc=np.full(len(value), draw(st.floats(0, 1))),
        fpc=draw(st.floats(0, 1)),
        df=draw(st.sampled_from([0.0, 1.0, 2.0, 27.0, 5_000.0, np.inf])),
        confidence=draw(st.sampled_from(CONFIDENCES)),
        third_moment=draw(st.sampled_from([None, variance * effect * (1 - 2 * value) / size])),
        population=draw(st.sampled_from([None, np.full(len(value), float(size + draw(st.integers(0, 5_000))))])),
    )


def complement(summary: Summary) -> Summary:
    turned = None if summary.third_moment is None else -summary.third_moment
    return replace(summary, value=1 - summary.value, third_moment=turned)


def counts(size: int, confidence: float, multiple: float | None = None) -> Summary:
    """Return the summary of 0 to `size` events in a simple random sample from so many times more units."""
    units = np.full(size + 1, float(size))
    population = None if multiple is None else np.round(units * multiple)
    return simple_random_sample(np.arange(size + 1.0), units, confidence=confidence, population=population)


@pytest.mark.parametrize("name", SAFE)
@given(designs())
def test_inside_0_and_1_and_around_the_estimate(name: str, summary: Summary) -> None:
    low, high = INTERVALS[name](summary)
    assert np.all((low >= 0) & (high <= 1))
    assert np.all((low <= summary.value) & (summary.value <= high))


@pytest.mark.parametrize("name", INTERVALS)
@given(designs())
def test_defined_at_no_events_and_at_nothing_but_events(name: str, summary: Summary) -> None:
    low, high = INTERVALS[name](summary)
    assert low.shape == high.shape == summary.value.shape
    assert not np.isnan(low).any()
    assert not np.isnan(high).any()
    if name in SAFE:
        # Of a small population drawn almost completely it may be certain that there is nothing.
        certain = name == "hypergeometric" and summary.population is not None
        assert low[0] == 0 < high[0] or (certain and high[0] == 0)
        assert low[-1] < 1 == high[-1] or (certain and low[-1] == 1)


@pytest.mark.parametrize("name", SMOOTH)
@given(designs(consistent=True))
def test_monotone_in_the_estimate(name: str, summary: Summary) -> None:
    low, high = INTERVALS[name](summary)
    # Beta quantiles are inverted to about 1e-13.
    assert np.all(np.diff(low) >= -1e-12)
    assert np.all(np.diff(high) >= -1e-12)


@pytest.mark.parametrize("name", SAFE)
@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize("multiple", [None, 1.0, 1.5, 10.0])
def test_monotone_in_whole_events(name: str, confidence: float, multiple: float | None) -> None:
    # The log odds turn back below z^2 / 4 events, which at 99% are more than one.
    for size in (1, 2, 3, 8, 29, 60) if (name, confidence) != ("logit", 0.99) else (1, 2, 3):
        low, high = INTERVALS[name](counts(size, confidence, multiple))
        assert np.all(np.diff(low) >= -1e-12), size
        assert np.all(np.diff(high) >= -1e-12), size


@pytest.mark.parametrize("name", [name for name in INTERVALS if name != "cai"])
@given(designs())
def test_wider_with_higher_confidence(name: str, summary: Summary) -> None:
    limits = [INTERVALS[name](replace(summary, confidence=confidence)) for confidence in CONFIDENCES]
    for (low, high), (lower, higher) in pairwise(limits):
        assert np.all(lower <= low + 1e-12)
        assert np.all(high <= higher + 1e-12)


@pytest.mark.parametrize("size", [10, 29, 60, 300])
def test_cai_is_wider_with_higher_confidence_from_two_events_on(size: int) -> None:
    limits = [INTERVALS["cai"](counts(size, confidence)) for confidence in CONFIDENCES]
    for (low, high), (lower, higher) in pairwise(limits):
        assert np.all(lower[2:] <= low[2:])
        assert np.all(high[:-2] <= higher[:-2])
    # One event is not enough.
    assert (limits[-1][0][1] > limits[-2][0][1]) == (size == 300)


@pytest.mark.parametrize("name", INTERVALS)
@given(designs())
def test_the_complement_has_the_complementary_limits(name: str, summary: Summary) -> None:
    low, high = INTERVALS[name](summary)
    other_low, other_high = INTERVALS[name](complement(summary))
    assert np.allclose(other_low, 1 - high, rtol=0, atol=1e-9)
    assert np.allclose(other_high, 1 - low, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", INTERVALS)
@given(designs())
def test_a_batch_has_the_intervals_of_its_members(name: str, summary: Summary) -> None:
    whole = INTERVALS[name](summary)
    arrays = {key: value[:1] for key, value in vars(summary).items() if isinstance(value, np.ndarray)}
    named = {field.name for field in fields(Summary)}  # not what is kept of earlier answers
    first = INTERVALS[name](replace(summary, **{key: value for key, value in arrays.items() if key in named}))
    assert [limit[0] for limit in whole] == [limit[0] for limit in first]


@pytest.mark.parametrize("name", SAFE)
def test_more_households_narrow_it_at_no_events(name: str) -> None:
    size = np.array([10.0, 100.0, 1_000.0])
    _, high = INTERVALS[name](simple_random_sample(np.zeros(3), size, confidence=0.95))
    assert np.all(np.diff(high) < 0)


@pytest.mark.parametrize("name", INTERVALS)
@pytest.mark.parametrize("rate", [0.02, 0.3])
def test_more_units_narrow_it_at_a_rate(name: str, rate: float) -> None:
    size = np.array([50.0, 100.0, 200.0, 1_000.0, 10_000.0])
    for population in (None, np.full(5, 20_000.0)):
        low, high = INTERVALS[name](simple_random_sample(rate * size, size, confidence=0.95, population=population))
        assert np.all(np.diff(high - low) < 0)


@pytest.mark.parametrize("name", SAFE)
def test_a_design_effect_widens_it(name: str) -> None:
    summary = simple_random_sample(np.array([0.0, 20.0]), np.array([1_000.0, 1_000.0]), confidence=0.95)
    plain = INTERVALS[name](summary)
    wide = INTERVALS[name](replace(summary, standard_error=2 * summary.standard_error))
    assert wide[0][1] < plain[0][1]
    assert wide[1][1] > plain[1][1]
    assert wide[1][0] == plain[1][0]  # without an event there is no error to double


@pytest.mark.parametrize("name", INTERVALS)
def test_the_catalogue_says_which_intervals_keep_the_floor(name: str) -> None:
    summary = simple_random_sample(np.array([0.0, 20.0]), np.array([1_000.0, 1_000.0]), confidence=0.95)
    (low, high), (lower, higher) = (INTERVALS[name](one) for one in (summary, replace(summary, floor=np.full(2, 4.0))))
    assert (lower[1] < low[1], higher[1] > high[1]) == 2 * (INTERVALS[name].error == "floor",)
    # Where there is no standard error the floor serves, but that NCHS forgets households and Wald everything.
    assert (higher[0] > high[0]) == (name not in ("korn_graubard_nchs", "wald"))


@pytest.mark.parametrize("name", INTERVALS)
def test_the_catalogue_says_what_an_interval_needs(name: str) -> None:
    summary = simple_random_sample(np.array([3.0]), np.array([40.0]), confidence=0.95, population=np.array([60.0]))
    for need in ("third_moment", "population"):
        less = INTERVALS[name](replace(summary, **{need: 0.5 * getattr(summary, need) + 25 * (need == "population")}))
        assert (np.ravel(less).tolist() != np.ravel(INTERVALS[name](summary)).tolist()) == (
            INTERVALS[name].needs == need
        )


def test_only_the_default_widens_with_the_intraclass_correlation() -> None:
    summary = simple_random_sample(np.array([20.0]), np.array([1_000.0]), confidence=0.95)
    clustered = replace(summary, households=np.array([18.0]), icc=np.array([0.1]))
    for name, interval in INTERVALS.items():
        width, wider = (np.subtract(*reversed(interval(one)))[0] for one in (summary, clustered))
        assert (wider > width) == (name == "korn_graubard")


def test_the_effective_size_is_never_above_the_units_observed() -> None:
    summary = simple_random_sample(np.array([0.0, 5.0]), np.array([50.0, 50.0]), confidence=0.95)
    tight = replace(summary, floor=np.full(2, 0.5), standard_error=0.1 * summary.standard_error)
    assert tight.effective_size.tolist() == tight.plain_size.tolist() == [50.0, 50.0]
    # But R's is, and NCHS cuts it.
    assert tight.estimated_size[1] == pytest.approx(5_000)
    for name, size in (("korn_graubard_r", 5_000.0), ("korn_graubard_nchs", 50.0)):
        expected = beta_limits(tight.value[1:], np.array([size]), 0.95)
        assert np.allclose(np.array(INTERVALS[name](tight))[:, 1:], expected, rtol=1e-9, atol=0)


def test_149_effective_units_without_an_event_bring_the_upper_bound_under_2_percent() -> None:
    # METHODS 3.4: a one-sided 95% bound, the upper limit of a 90% interval, is 1.990%.
    summary = simple_random_sample(np.zeros(2), np.array([148.0, 149.0]), confidence=0.9)
    _, high = INTERVALS["korn_graubard"](summary)
    assert high[0] > 0.02 > high[1]
    assert f"{high[1]:.3%}" == "1.990%"


@pytest.mark.parametrize(("effect", "persons"), [(4.27, 680), (3.56, 570)])
def test_persons_that_the_bound_needs_at_27_degrees_of_freedom(effect: float, persons: int) -> None:
    # METHODS 3.4: about 680 and 570 persons.
    size = np.arange(300.0, 900.0)
    summary = replace(simple_random_sample(0 * size, size, confidence=0.9), floor=np.full(len(size), effect), df=27.0)
    _, high = INTERVALS["korn_graubard"](summary)
    assert size[np.argmax(high < 0.02)] == pytest.approx(persons, rel=0.01)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", INTERVALS)
def test_it_has_a_name_in_both_languages(name: str, language: str) -> None:
    assert catalogue(language).say(f"interval.{name}")
