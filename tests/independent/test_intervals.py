"""Second, naive versions of intervals: one sample at a time, from METHODS 3.1, with Python's own numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint
from strategies import policies

from estimators.estimate import estimate
from estimators.interval import simple_random_sample
from estimators.intervals import INTERVALS
from estimators.third_moment import third_moment
from sampler.draws import MOMENTS, Tally
from sampler.frame import EXITED

CONFIDENCES = (0.8, 0.9, 0.95, 0.99)


def ours(name: str, events: float, size: float, confidence: float, population: float | None = None) -> list[float]:
    many = None if population is None else np.array([float(population)])
    counts = np.array([float(events)]), np.array([float(size)])
    return np.ravel(INTERVALS[name](simple_random_sample(*counts, confidence=confidence, population=many))).tolist()


# --- hypergeometric -------------------------------------------------------------------------------


def hypergeometric_by_listing(events: int, size: int, population: int, tail: Fraction) -> tuple[float, float]:
    """Return the limits by looking at every K, in exact fractions."""

    def chance(marked: int, values: range) -> Fraction:
        ways = sum(comb(marked, x) * comb(population - marked, size - x) for x in values)
        return Fraction(ways, comb(population, size))

    lowest = min(k for k in range(population + 1) if chance(k, range(events, size + 1)) > tail)
    highest = max(k for k in range(population + 1) if chance(k, range(events + 1)) > tail)
    return lowest / population, highest / population


@pytest.mark.parametrize(
    ("size", "population"), [(1, 1), (1, 2), (1, 4), (1, 20), (1, 40), (3, 3), (4, 9), (10, 50), (12, 13), (7, 40)]
)
@pytest.mark.parametrize("confidence", ["0.5", "0.8", "0.9", "0.95", "0.99"])
def test_hypergeometric(size: int, population: int, confidence: str) -> None:
    # One of 4, 20 or 40: some tail is exactly the level's, and is not above it.
    tail = (1 - Fraction(confidence)) / 2
    for events in range(size + 1):
        low, high = hypergeometric_by_listing(events, size, population, tail)
        # A rate between two whole numbers of marked units is not cut off by them.
        expected = min(low, events / size), max(high, events / size)
        assert ours("hypergeometric", events, size, float(confidence), population) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("wrong", [0, 1, 3, 10])
@pytest.mark.parametrize("stated", [50, 0])
def test_hypergeometric_of_a_village_drawn_for_certain(wrong: int, stated: int) -> None:
    # One stratum of households, drawn without replacement: the design is a simple random sample.
    moments = np.zeros((1, 1, 3, len(MOMENTS)), dtype=np.int64)
    for name, count in {"households": 10, "wrong_households": wrong, "persons": 10, "wrong_persons": wrong}.items():
        moments[0, 0, EXITED, MOMENTS.index(name)] = count
    sample = Tally(
        villages=np.array([[0]]),
        stratum=np.array([0]),
        stratum_sizes=np.array([1]),
        block_sizes=np.full((1, 1, 3), stated),
        moments=moments,
    )
    policy = policies(units={"wrong_exit": "households"})
    found = estimate(sample, policy, criteria=["wrong_exit"], interval="hypergeometric")["wrong_exit"]
    limits = [found.low[0], found.high[0]]
    if stated:
        assert limits == pytest.approx(hypergeometric_by_listing(wrong, 10, 50, Fraction(1, 40)), abs=1e-12)
    elif wrong == 0:  # without sizes there are infinitely many
        assert limits == pytest.approx(ours("clopper_pearson", 0, 10, 0.95), abs=1e-12)


def test_hypergeometric_of_a_large_population_is_nearly_binomial() -> None:
    for events in (0, 1, 20, 150, 299, 300):
        found = ours("hypergeometric", events, 300, 0.95, 2_000_000)
        assert found == pytest.approx(ours("clopper_pearson", events, 300, 0.95), abs=2e-4)


# --- Cai ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 3, 5, 8, 20, 60, 1_000])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_cai(size: int, confidence: float) -> None:
    k = NormalDist().inv_cdf((1 + confidence) / 2)
    eta, gamma1, gamma2 = k**2 / 3 + 1 / 6, -(13 / 18 * k**2 + 17 / 18), k**2 / 18 + 7 / 36
    for events in range(size + 1):
        p = events / size
        centre = (events + eta) / (size + 2 * eta)
        # In a small sample no more than half of p q is taken away.
        kept = gamma1 if size > -2 * gamma1 else -size / 2
        half = k * sqrt(p * (1 - p) + (kept * p * (1 - p) + gamma2) / size) / sqrt(size)
        expected = max(0, min(p, centre - half)), min(1, max(p, centre + half))
        assert ours("cai", events, size, confidence) == pytest.approx(expected, abs=1e-13)


# --- Kott and Liu ---------------------------------------------------------------------------------


def kott_liu_by_villages(villages: list[tuple[int, int, int]], confidence: float) -> tuple[float, float]:
    """Return the limits from (stratum, persons, wrong persons) of each village, unweighted."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    persons, wrong = sum(s for _, s, _ in villages), sum(d for *_, d in villages)
    p = wrong / persons
    v = m3 = 0.0
    for h in {h for h, *_ in villages}:
        scores = [(d - p * s) / persons for stratum, s, d in villages if stratum == h]
        m = len(scores)
        mean = sum(scores) / m
        v += m / (m - 1) * sum((score - mean) ** 2 for score in scores)
        m3 += m**2 / ((m - 1) * (m - 2)) * sum((score - mean) ** 3 for score in scores)
    delta = (z**2 / 3 + 1 / 6) * m3 / v
    half = sqrt(z**2 * v + delta**2)
    return max(0, p + delta - half), min(1, p + delta + half)


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 3)), min_size=6, max_size=12),
    st.sampled_from(CONFIDENCES),
)
@settings(max_examples=50)
def test_kott_liu(drawn: list[tuple[int, int]], confidence: float) -> None:
    villages = [(int(i >= len(drawn) // 2), s, min(d, s)) for i, (s, d) in enumerate(drawn)]
    stratum = np.array([h for h, *_ in villages])
    moments = np.zeros((1, len(villages), 3, len(MOMENTS)), dtype=np.int64)
    for name, values in {
        "households": [s for _, s, _ in villages],
        "persons": [s for _, s, _ in villages],
        "persons_squared": [s for _, s, _ in villages],
        "wrong_persons": [d for *_, d in villages],
        "wrong_households": [d for *_, d in villages],
        "persons_times_wrong": [d for *_, d in villages],
        "wrong_squared": [d for *_, d in villages],
    }.items():
        moments[0, :, EXITED, MOMENTS.index(name)] = values
    sample = Tally(
        villages=np.arange(len(villages))[None],
        stratum=stratum,
        stratum_sizes=np.array([100, 100]),
        block_sizes=np.full((1, len(villages), 3), 50),
        moments=moments,
    )
    options = {"criteria": ["wrong_exit"], "interval": "kott_liu", "confidence": confidence}
    found = estimate(sample, policies(), **options)["wrong_exit"]
    if found.standard_error[0] > 1e-9:
        expected = kott_liu_by_villages(villages, confidence)
        assert [found.low[0], found.high[0]] == pytest.approx(expected, abs=1e-12)


def test_without_an_event_kott_liu_is_the_binomial_form() -> None:
    # (2 z^2 / 3 + 1 / 3) / n: at a one-sided 95% 2.14 / n, where the exact bound is 3.00 / n.
    low, high = ours("kott_liu", 0, 1_000, 0.9)
    assert low == 0
    assert 1_000 * high == pytest.approx(2 * 1.6448536**2 / 3 + 1 / 3, rel=1e-7)


def test_the_third_moment_is_unbiased() -> None:
    values = [Fraction(0), Fraction(0), Fraction(1), Fraction(5)]
    count = 3
    mean = sum(values) / len(values)
    truth = count * sum((value - mean) ** 3 for value in values) / len(values)
    samples = np.array([[float(value) for value in sample] for sample in product(values, repeat=count)])
    found = third_moment(samples, np.zeros(count, dtype=np.int64), np.array([0.0]))
    assert found.mean() == pytest.approx(float(truth), rel=1e-12)


def test_the_third_moment_adds_over_strata_and_is_unknown_for_two_villages_or_all() -> None:
    scores = np.array([[0.0, 0.0, 3.0, 0.0, 0.0, 3.0]])
    pair = np.array([0, 0, 0, 1, 1, 1])
    assert third_moment(scores, pair, np.array([0.1, 0.1])).tolist() == [54.0]
    assert np.isnan(third_moment(scores, np.array([0, 0, 1, 1, 1, 1]), np.array([0.1, 0.1]))).all()
    assert np.isnan(third_moment(scores, pair, np.array([0.1, 1.0]))).all()


# --- mid-P, and what another package has ----------------------------------------------------------


@pytest.mark.parametrize("size", [1, 5, 20, 60])
@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_mid_p(size: int, confidence: float) -> None:
    tail = (1 - confidence) / 2
    for events in range(size + 1):

        def at_most(p: float, x: int = events) -> float:
            return float(binom.cdf(x - 1, size, p) + binom.pmf(x, size, p) / 2)

        low = brentq(lambda p: 1 - at_most(p) - tail, 0, 1, xtol=1e-14) if events > 0 else 0
        high = brentq(lambda p: at_most(p) - tail, 0, 1, xtol=1e-14) if events < size else 1
        assert ours("mid_p", events, size, confidence) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("clopper_pearson", "beta"),
        ("korn_graubard", "beta"),
        ("wilson", "wilson"),
        ("agresti_coull", "agresti_coull"),
        ("wald", "normal"),
        ("jeffreys", "jeffreys"),
    ],
)
@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_statsmodels(name: str, theirs: str, confidence: float) -> None:
    size = 40
    # Jeffreys' is modified at its ends, which theirs is not.
    for events in range(2, size - 1) if name == "jeffreys" else range(size + 1):
        expected = proportion_confint(events, size, 1 - confidence, theirs)
        # They cut Wald's at 0 and 1.
        found = np.clip(ours(name, events, size, confidence), 0, 1)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-15)
