"""Laws that every interval of the catalogue keeps; a new one is picked up by itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.interval import Summary, simple_random_sample
from estimators.intervals import INTERVALS

# As the references print it, it is not cut at 0 and 1 and has no width without an event.
UNCUT = ("wald",)
SAFE = tuple(name for name in INTERVALS if name not in UNCUT)
CONFIDENCES = (0.5, 0.8, 0.9, 0.95, 0.99)


@st.composite
def designs(draw: st.DrawFn) -> Summary:
    """Return a summary of rates from 0 to 1 under one design, in ascending order."""
    size = draw(st.integers(1, 3_000))
    value = np.array(sorted({0.0, 1.0, *draw(st.lists(st.floats(1e-6, 1 - 1e-6), max_size=6))}))
    effect = draw(st.floats(0, 12))
    return Summary(
        value=value,
        standard_error=np.sqrt(effect * value * (1 - value) / size),
        size=np.full(len(value), float(size)),
        floor=np.full(len(value), draw(st.floats(1, 6))),
        households=np.full(len(value), draw(st.floats(1, 40))),
        events=np.full(len(value), float(draw(st.integers(0, 50)))),
        icc=np.full(len(value), draw(st.floats(0, 1))),
        fpc=draw(st.floats(0, 1)),
        df=draw(st.sampled_from([0.0, 1.0, 2.0, 27.0, 5_000.0, np.inf])),
        confidence=draw(st.sampled_from(CONFIDENCES)),
    )


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
        assert low[0] == 0 < high[0]
        assert low[-1] < 1 == high[-1]


@pytest.mark.parametrize("name", SAFE)
@given(designs())
def test_monotone_in_the_estimate(name: str, summary: Summary) -> None:
    low, high = INTERVALS[name](summary)
    # Beta quantiles are inverted to about 1e-13.
    assert np.all(np.diff(low) >= -1e-12)
    assert np.all(np.diff(high) >= -1e-12)


@pytest.mark.parametrize("name", INTERVALS)
@given(designs())
def test_wider_with_higher_confidence(name: str, summary: Summary) -> None:
    limits = [INTERVALS[name](replace(summary, confidence=confidence)) for confidence in CONFIDENCES]
    for (low, high), (lower, higher) in pairwise(limits):
        assert np.all(lower <= low + 1e-12)
        assert np.all(high <= higher + 1e-12)


@pytest.mark.parametrize("name", INTERVALS)
@given(designs())
def test_the_complement_has_the_complementary_limits(name: str, summary: Summary) -> None:
    low, high = INTERVALS[name](summary)
    other_low, other_high = INTERVALS[name](replace(summary, value=1 - summary.value))
    assert np.allclose(other_low, 1 - high, rtol=0, atol=1e-9)
    assert np.allclose(other_high, 1 - low, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", INTERVALS)
@given(designs())
def test_a_batch_has_the_intervals_of_its_members(name: str, summary: Summary) -> None:
    whole = INTERVALS[name](summary)
    arrays = {key: value[:1] for key, value in vars(summary).items() if isinstance(value, np.ndarray)}
    first = INTERVALS[name](
        replace(
            summary,
            **{key: arrays[key] for key in ("value", "standard_error", "size", "floor")},
            **{key: arrays[key] for key in ("households", "events", "icc")},
        )
    )
    assert [limit[0] for limit in whole] == [limit[0] for limit in first]


@pytest.mark.parametrize("name", SAFE)
def test_more_households_narrow_it_at_no_events(name: str) -> None:
    size = np.array([10.0, 100.0, 1_000.0])
    _, high = INTERVALS[name](simple_random_sample(np.zeros(3), size, confidence=0.95))
    assert np.all(np.diff(high) < 0)


@pytest.mark.parametrize("name", SAFE)
def test_a_design_effect_widens_it(name: str) -> None:
    summary = simple_random_sample(np.array([0.0, 20.0]), np.array([1_000.0, 1_000.0]), confidence=0.95)
    for changed in ({"floor": np.full(2, 4.0)}, {"standard_error": 2 * summary.standard_error}):
        (low, high), (lower, higher) = (INTERVALS[name](one) for one in (summary, replace(summary, **changed)))
        assert lower[1] < low[1]
        assert higher[1] > high[1]
        assert (higher[0] > high[0]) == ("floor" in changed)  # without an event there is no error to double


def test_only_the_default_widens_with_the_intraclass_correlation() -> None:
    summary = simple_random_sample(np.array([20.0]), np.array([1_000.0]), confidence=0.95)
    clustered = replace(summary, households=np.array([18.0]), icc=np.array([0.1]))
    for name, interval in INTERVALS.items():
        width, wider = (np.subtract(*reversed(interval(one)))[0] for one in (summary, clustered))
        assert (wider > width) == (name == "korn_graubard")


def test_the_effective_size_is_never_above_the_units_observed() -> None:
    summary = simple_random_sample(np.array([0.0, 5.0]), np.array([50.0, 50.0]), confidence=0.95)
    tight = replace(summary, floor=np.full(2, 0.5), standard_error=0.1 * summary.standard_error)
    assert tight.effective_size.tolist() == [50.0, 50.0]


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
