"""Replication variances against loops over households that leave villages out, and against all bootstrap draws."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from estimators.replication import (
    about_estimate,
    about_mean,
    about_stratum_means,
    balanced_half_samples,
    jackknife_1,
    jackknife_n,
    rao_wu_yue,
    replicated_ratio,
    replicated_total,
)
from estimators.variance import taylor_variance
from sampler.errors import InputError

Household = tuple[int, int, float, int, int]  # stratum, village, weight, wrong persons, persons


def households(seed: int, villages: tuple[int, ...]) -> list[Household]:
    rng = np.random.default_rng(seed)
    found: list[Household] = []
    village = 0
    for h, count in enumerate(villages):
        for _ in range(count):
            for _ in range(int(rng.integers(1, 5))):
                s = int(rng.integers(1, 6))
                found.append((h, village, float(rng.integers(1, 30)), int(rng.integers(0, s + 1)), s))
            village += 1
    return found


def ratio(rows: list[Household], factor: dict[int, float]) -> float:
    above = below = 0.0
    for _, village, w, d, s in rows:
        above += factor.get(village, 1.0) * w * d
        below += factor.get(village, 1.0) * w * s
    return above / below


def by_village(rows: list[Household]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    count = 1 + max(village for _, village, *_ in rows)
    y, x, stratum = np.zeros(count), np.zeros(count), np.zeros(count, dtype=np.int64)
    for h, village, w, d, s in rows:
        y[village] += w * d
        x[village] += w * s
        stratum[village] = h
    return y, x, stratum


def naive_jackknife(rows: list[Household], fraction: list[float], centring: str) -> float:
    """Return sum_h (1 - f_h)(m_h - 1)/m_h sum_i (theta_(hi) - centre)^2."""
    members: dict[int, set[int]] = {}
    for h, village, *_ in rows:
        members.setdefault(h, set()).add(village)
    thetas: dict[tuple[int, int], float] = {}
    for h, villages in members.items():
        if fraction[h] == 1:
            continue
        for out in villages:
            factor = {v: (0.0 if v == out else len(villages) / (len(villages) - 1)) for v in villages}
            thetas[h, out] = ratio(rows, factor)
    total = 0.0
    for (h, _), theta in thetas.items():
        mine = [value for (stratum, _), value in thetas.items() if stratum == h]
        centre = {
            "about_estimate": ratio(rows, {}),
            "about_mean": sum(thetas.values()) / len(thetas),
            "about_stratum_means": sum(mine) / len(mine),
        }[centring]
        m = len(members[h])
        total += (1 - fraction[h]) * (m - 1) / m * (theta - centre) ** 2
    return total


@pytest.mark.parametrize("centre", [about_mean, about_estimate, about_stratum_means])
@pytest.mark.parametrize("seed", range(6))
def test_jackknives_equal_the_naive_ones(seed: int, centre: Any) -> None:
    villages = [(4,), (2, 3), (5, 2, 3), (2, 2), (3, 4), (6,)][seed]
    fraction = [0.0, 0.3, 1.0][: len(villages)] if seed % 2 else [0.25] * len(villages)
    rows = households(seed, villages)
    y, x, stratum = by_village(rows)
    plan = jackknife_n(stratum, np.array(fraction))
    if len(villages) == 1:
        one = jackknife_1(villages[0], fraction=fraction[0])
        assert np.array_equal(one.factors, plan.factors)
        assert np.array_equal(one.scales, plan.scales)
    # Several samples at once: the same villages, and others.
    found = replicated_ratio(plan, np.stack([y, x, y[::-1]]), np.stack([x, x, x[::-1]]), centre=centre)
    assert np.isclose(found.value[0], ratio(rows, {}), rtol=1e-12)
    assert np.isclose(found.variance[0], naive_jackknife(rows, fraction, centre.__name__), rtol=1e-10)
    assert found.variance[1] < 1e-28  # every household is an event
    assert found.informative.tolist()[:2] == [True, False]


class EveryDraw(np.random.Generator):
    """A source of randomness that lists all draws of a sample with replacement instead of drawing some."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))

    def multinomial(self, n: Any, pvals: Any, size: Any = None) -> Any:  # type: ignore[override]
        draws = np.array([np.bincount(hit, minlength=len(pvals)) for hit in product(range(len(pvals)), repeat=n)])
        return np.resize(draws, (size, len(pvals)))


@pytest.mark.parametrize("fraction", [0.0, 0.4])
@pytest.mark.parametrize("villages", [2, 3, 4])
def test_the_bootstrap_of_a_total_has_taylor_s_variance_over_all_draws(villages: int, fraction: float) -> None:
    values = np.random.default_rng(villages).normal(size=(3, villages))
    stratum, share = np.zeros(villages, dtype=np.int64), np.array([fraction])
    count = villages ** (villages - 1)
    plan = rao_wu_yue(stratum, share, replicates=count, rng=EveryDraw())
    found = replicated_total(plan, values, centre=about_mean).variance * (count - 1) / count
    assert np.allclose(found, taylor_variance(values, stratum, share, variance="two_stage"), rtol=1e-12)


def test_the_bootstrap_comes_near_taylor_s_variance() -> None:
    stratum, share = np.repeat([0, 1, 2], [5, 3, 4]), np.array([0.1, 0.5, 1.0])
    values = np.random.default_rng(2).exponential(size=(4, 12))
    plan = rao_wu_yue(stratum, share, replicates=20_000, rng=np.random.default_rng(3))
    assert np.allclose(plan.factors.sum(axis=1), 12)
    assert np.all(plan.factors[:, 8:] == 1)  # drawn completely
    found = replicated_total(plan, values, centre=about_mean).variance
    # The variance of 20,000 nearly normal draws has a relative standard error of 1%; one in 1e9 lies six of them off.
    assert np.allclose(found, taylor_variance(values, stratum, share, variance="two_stage"), rtol=0.08)
    again = rao_wu_yue(stratum, share, replicates=20_000, rng=np.random.default_rng(3))
    assert np.array_equal(again.factors, plan.factors)


@given(st.integers(1, 9), st.integers(0, 2**32), st.sampled_from([0.0, 0.3]))
def test_half_samples_and_jackknives_of_totals_have_taylor_s_variance(strata: int, seed: int, fraction: float) -> None:
    stratum, share = np.repeat(np.arange(strata), 2), np.full(strata, fraction)
    values = np.random.default_rng(seed).normal(size=(2, 2 * strata))
    expected = taylor_variance(values, stratum, share, variance="two_stage")
    halves = balanced_half_samples(stratum, share)
    assert strata < len(halves.factors) <= max(2 * strata, 2)
    for centre in (about_estimate, about_mean):  # the half-samples of a total balance about it
        assert np.allclose(replicated_total(halves, values, centre=centre).variance, expected, rtol=1e-10)
    jackknifed = replicated_total(jackknife_n(stratum, share), values, centre=about_estimate)
    assert np.allclose(jackknifed.variance, expected, rtol=1e-10)


def test_balanced_half_samples_of_ratios_equal_the_naive_ones() -> None:
    rows = households(4, (2, 2, 2))
    y, x, stratum = by_village(rows)
    plan = balanced_half_samples(stratum, np.zeros(3))
    total = 0.0
    signs = [(1, 1, 1), (-1, 1, -1), (1, -1, -1), (-1, -1, 1)]  # any rows of an orthogonal array
    for sign in signs:
        factor = {2 * h + k: float(1 + (sign[h] if k == 0 else -sign[h])) for h in range(3) for k in range(2)}
        total += (ratio(rows, factor) - ratio(rows, {})) ** 2 / 4
    assert np.isclose(replicated_ratio(plan, y[None], x[None], centre=about_estimate).variance[0], total, rtol=1e-10)


def test_no_event_is_told_as_no_information() -> None:
    stratum, share = np.array([0, 0, 1, 1]), np.zeros(2)
    plans = (
        jackknife_n(stratum, share),
        balanced_half_samples(stratum, share),
        rao_wu_yue(stratum, share, replicates=30, rng=np.random.default_rng(1)),
    )
    for plan in plans:
        found = replicated_ratio(plan, np.zeros((1, 4)), np.ones((1, 4)), centre=about_mean)
        assert (found.variance[0], bool(found.informative[0]), found.villages_with_event[0]) == (0, False, 0)


def test_a_replicate_without_a_denominator_has_no_variance() -> None:
    found = replicated_ratio(jackknife_1(2), np.array([[1.0, 0.0]]), np.array([[2.0, 0.0]]), centre=about_mean)
    assert found.value[0] == 0.5
    assert np.isnan(found.variance[0])
    assert not found.informative[0]


def refused(job: Any) -> tuple[str, dict[str, Any]]:
    with pytest.raises(InputError) as caught:
        job()
    (mistake,) = caught.value.mistakes
    return mistake.code, dict(mistake.fields)


def test_designs_that_do_not_fit_are_refused() -> None:
    lonely = np.array([0, 0, 1]), np.zeros(2)
    assert refused(lambda: jackknife_n(*lonely)) == ("lonely_stratum", {"stratum": 1})
    assert refused(lambda: balanced_half_samples(np.array([0, 0, 0]), np.zeros(1)))[0] == "pairs_needed"
    few = refused(lambda: rao_wu_yue(np.array([0, 0]), np.zeros(1), replicates=1, rng=np.random.default_rng(1)))
    assert few[0] == "outside_domain"
    halves = balanced_half_samples(np.array([0, 0]), np.zeros(1))
    assert refused(lambda: replicated_total(halves, np.ones((1, 2)), centre=about_stratum_means))[0] == "outside_domain"


def test_a_county_drawn_completely_has_no_variance() -> None:
    plan = jackknife_n(np.array([0, 0]), np.ones(1))
    assert replicated_total(plan, np.ones((1, 2)), centre=about_mean).variance[0] == 0
