"""One-sided bounds: which intervals have them, what they are, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from estimators.bounds import both_sides, bounds, require_bounds
from estimators.interval import simple_random_sample
from estimators.intervals import INTERVALS
from sampler.errors import InputError

BOUNDED = tuple(name for name, entry in INTERVALS.items() if entry.sides != "two")
SAMPLE = simple_random_sample(np.array([0.0, 3.0, 40.0]), np.full(3, 40.0), confidence=0.95)


@pytest.mark.parametrize("name", BOUNDED)
def test_a_bound_is_the_limit_of_the_interval_that_leaves_as_much_on_each_side(name: str) -> None:
    lower, upper = bounds(name, SAMPLE)
    low, high = INTERVALS[name](replace(SAMPLE, confidence=0.9))
    assert np.array_equal(lower, low)
    assert np.array_equal(upper, high)


@pytest.mark.parametrize("name", BOUNDED)
def test_a_bound_is_nearer_than_the_limit_of_the_same_confidence(name: str) -> None:
    lower, upper = bounds(name, SAMPLE)
    low, high = INTERVALS[name](SAMPLE)
    assert low[1] < lower[1] < SAMPLE.value[1] < upper[1] < high[1]


def test_149_units_without_an_event() -> None:
    # METHODS 3.4.
    summary = simple_random_sample(np.zeros(2), np.array([148.0, 149.0]), confidence=0.95)
    _, upper = bounds("korn_graubard", summary)
    assert upper[0] > 0.02 > upper[1]


def test_one_side_of_wilson_is_refused_by_name() -> None:
    for name in ("wilson", "uniform"):
        assert INTERVALS[name].sides == "two"
        with pytest.raises(InputError) as caught:
            bounds(name, SAMPLE)
        (mistake,) = caught.value.mistakes
        assert mistake.code == "outside_domain"
        assert mistake.fields["found"] == name
        assert name not in mistake.fields["allowed"].split(", ")
        assert "korn_graubard" in mistake.fields["allowed"]
    with pytest.raises(InputError):
        require_bounds("nothing", 0.95)


@pytest.mark.parametrize("confidence", [0.5, 0.4, 1.0, float("nan")])
def test_a_confidence_that_no_bound_has_is_refused(confidence: float) -> None:
    with pytest.raises(InputError) as caught:
        bounds("korn_graubard", replace(SAMPLE, confidence=confidence))
    assert caught.value.mistakes[0].fields["key"] == "confidence"


def test_the_confidence_of_both_sides_is_rounded_to_what_is_meant() -> None:
    assert [both_sides(confidence) for confidence in (0.9, 0.95, 0.975, 0.99)] == [0.8, 0.9, 0.95, 0.98]


def test_those_made_of_one_sided_bounds_say_so() -> None:
    assert {name for name, entry in INTERVALS.items() if entry.sides == "one"} == {"cai", "kott_liu"}
