"""Boundaries of strata: the search finds what trying all of them finds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from sampler.errors import InputError
from scenarios.planning.boundaries import cumulative_root, geometric, search, variance_with


def test_the_search_finds_the_best_of_all_boundaries() -> None:
    rng = np.random.default_rng(7)
    for _ in range(5):
        values = np.sort(rng.gamma(0.8, 20, 24))
        best = min(variance_with(values, [values[i - 1], values[j - 1]], 8) for i, j in combinations(range(2, 23), 2))
        found = search(values, 3, 8, rng=np.random.default_rng(1))
        assert found.variance == pytest.approx(best, rel=1e-9)
        assert variance_with(values, found.boundaries, 8) == found.variance


def test_the_search_is_no_worse_than_the_rules_it_begins_with() -> None:
    values = np.random.default_rng(3).lognormal(3, 0.9, 257)
    found = search(values, 4, 29, rng=np.random.default_rng(2))
    for boundaries in (cumulative_root(values, 4), geometric(values, 4)):
        assert found.variance <= variance_with(values, list(boundaries), 29)
    again = search(values, 4, 29, rng=np.random.default_rng(2))
    assert again == found


def test_a_uniform_measure_is_cut_into_equal_parts() -> None:
    values = np.arange(1_000.0)
    assert cumulative_root(values, 4, classes=100) == pytest.approx([250, 500, 750], abs=11)


def test_strata_that_cannot_be_made_are_refused() -> None:
    for broken in (lambda: cumulative_root([1, 1, 1, 1], 2), lambda: cumulative_root([1, 2, 3], 2)):
        with pytest.raises(InputError, match="strata_too_many"):
            broken()
    with pytest.raises(InputError, match="measure_not_positive"):
        geometric([0, 1, 2, 3], 2)
    assert variance_with([1, 2, 3, 4], [1], 2) == float("inf")
