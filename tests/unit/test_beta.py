"""The fast quantiles of the beta law are scipy's, wherever they are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betaincinv

from estimators.beta import beta_quantiles

LEVELS = (1e-14, 0.005, 0.025, 0.25, 0.5, 0.75, 0.975, 0.995)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("largest", [30.0, 1e3, 1e6])  # as in inspections, of larger surveys, beyond the grid of starts
def test_quantiles_are_those_of_scipy(level: float, largest: float) -> None:
    rng = np.random.default_rng(1)
    a, b = np.exp(rng.uniform(np.log(0.05), np.log(largest), (2, 20_000)))
    expected = betaincinv(a, b, level)
    deviation = np.sqrt(a * b / (a + b + 1)) / (a + b)
    found = beta_quantiles(a, b, level)
    assert np.allclose(found, expected, rtol=1e-12, atol=0)
    assert np.all(np.abs(found - expected) <= 1e-11 * deviation + 1e-16)


def test_a_quantile_does_not_depend_on_those_asked_for_with_it() -> None:
    rng = np.random.default_rng(2)
    a, b = np.exp(rng.uniform(np.log(0.5), np.log(1e5), (2, 300)))
    together = beta_quantiles(a, b, 0.975)
    assert together.tolist() == [float(beta_quantiles(a[i : i + 1], b[i : i + 1], 0.975)[0]) for i in range(300)]


def test_of_no_rates_there_are_no_quantiles() -> None:
    assert beta_quantiles(np.zeros(0), np.zeros(0), 0.025).shape == (0,)
