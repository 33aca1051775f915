"""Coverage of the intervals of counts, by adding up the binomial law: no simulation, no error bar."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from estimators.bounds import bounds
from estimators.interval import Floats, simple_random_sample
from estimators.intervals import INTERVALS

RATES = np.arange(1, 200) / 200
RARE = np.arange(1, 101) / 1_000
SIZES = (5, 6, 8, 10, 15, 20, 30, 40, 50, 60)
# With counts there is no design, and all of these are Clopper and Pearson's.
EXACT = ("korn_graubard", "korn_graubard_r", "korn_graubard_nchs", "clopper_pearson", "hypergeometric")


@cache
def limits(name: str, size: int, confidence: float) -> tuple[Floats, Floats]:
    units = np.full(size + 1, float(size))
    return INTERVALS[name](simple_random_sample(np.arange(size + 1.0), units, confidence=confidence))


def missed(name: str, size: int, rates: Floats, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the chances that the rate lies below and above the interval."""
    low, high = limits(name, size, confidence)
    law = binom.pmf(np.arange(size + 1), size, rates[:, None])
    return (law * (rates[:, None] < low)).sum(axis=1), (law * (rates[:, None] > high)).sum(axis=1)


def coverage(name: str, size: int, rates: Floats = RATES) -> Floats:
    below, above = missed(name, size, rates)
    return 1 - below - above


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("size", SIZES)
def test_the_exact_intervals_cover_everywhere_and_on_each_side(name: str, size: int) -> None:
    for confidence in (0.9, 0.95):
        tail = (1 - confidence) / 2
        for side in missed(name, size, np.concatenate([RATES, RARE]), confidence):
            assert side.max() <= tail + 1e-12


@pytest.mark.parametrize("size", SIZES)
def test_wilson_with_continuity_covers_everywhere(size: int) -> None:
    assert coverage("wilson_continuity", size).min() >= 0.95


@pytest.mark.parametrize("name", ["wilson", "jeffreys", "uniform", "mid_p", "agresti_coull", "likelihood", "cai"])
@pytest.mark.parametrize("size", [20, 30, 40, 50, 60])
def test_the_mean_of_the_coverage_is_near_95_percent(name: str, size: int) -> None:
    covered = coverage(name, size)
    assert 0.945 < covered.mean() < 0.965
    assert covered.min() < 0.95  # but not everywhere


@pytest.mark.parametrize("size", SIZES)
def test_wald_fails(size: int) -> None:
    covered = coverage("wald", size)
    assert covered.mean() < 0.92
    assert covered.min() < 0.3
    assert coverage("arcsine", size).min() < 0.75  # and so does the arcsine close to 0


@pytest.mark.parametrize(
    ("rate", "size", "printed"), [(0.2, 30, 0.946), (0.2, 98, 0.928), (0.005, 591, 0.945), (0.005, 592, 0.792)]
)
def test_wald_s_luck_as_brown_cai_and_dasgupta_print_it(rate: float, size: int, printed: float) -> None:
    # Brown, Cai and DasGupta (2001) Statistical Science 16:101, section 2.
    assert round(coverage("wald", size, np.array([rate]))[0], 3) == printed


@pytest.mark.parametrize(("size", "population"), [(5, 12), (10, 40), (20, 50), (30, 31)])
def test_the_hypergeometric_interval_covers_every_small_population(size: int, population: int) -> None:
    events, units = np.arange(size + 1.0), np.full(size + 1, float(size))
    summary = simple_random_sample(events, units, confidence=0.95, population=np.full(size + 1, float(population)))
    low, high = INTERVALS["hypergeometric"](summary)
    binomial_low, binomial_high = INTERVALS["clopper_pearson"](summary)
    width, wider = (high - low).sum(), (binomial_high - binomial_low).sum()
    assert width < wider
    for marked in range(population + 1):
        law = hypergeom.pmf(np.arange(size + 1), population, marked, size)
        rate = marked / population
        assert law[rate < low - 1e-12].sum() <= 0.025 + 1e-9
        assert law[rate > high + 1e-12].sum() <= 0.025 + 1e-9


@pytest.mark.parametrize("size", [30, 60, 300])
def test_one_side_of_an_interval_that_has_bounds_keeps_its_promise_and_of_the_others_does_not(size: int) -> None:
    # Rare rates, one-sided 95%: the lower bound lies above the rate in at most so many samples, on average.
    rates = RARE if size < 300 else RARE / 2
    below = {name: missed(name, size, rates, 0.9)[0].mean() for name in INTERVALS}
    assert all(below[name] > 0.06 for name, entry in INTERVALS.items() if entry.sides == "two")
    for name in (*EXACT, "mid_p", "jeffreys", "agresti_coull", "cai", "kott_liu", "wilson_continuity"):
        assert INTERVALS[name].sides != "two"
        assert below[name] < 0.053
        assert missed(name, size, rates, 0.9)[1].mean() < 0.053


def test_of_wilson_and_the_uniform_prior_one_side_gives_what_the_other_takes() -> None:
    for name in ("wilson", "uniform"):
        below, above = missed(name, 60, RARE, 0.9)
        assert below.mean() > 3 * above.mean()
        assert below.max() > 0.16
        assert (below + above).mean() == pytest.approx(0.1, abs=0.015)


def test_bounds_are_exactly_those_whose_coverage_is_counted() -> None:
    events, size = np.arange(61.0), np.full(61, 60.0)
    found = bounds("mid_p", simple_random_sample(events, size, confidence=0.95))
    assert np.array_equal(found, limits("mid_p", 60, 0.9))
