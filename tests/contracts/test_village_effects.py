"""Laws of village effects: each of the catalogue has the mean asked for, rises, and is solved where it turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from itertools import pairwise
from typing import get_args, get_type_hints

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import integrate
from scipy.stats import norm

from sampler.error_model import ErrorModel
from sampler.village_effect import Cells, Floats, Front, VillageEffect
from sampler.village_effects import EFFECTS
from sampler.village_effects.beta import BetaEffect
from sampler.village_effects.logit_normal import LogitNormalEffect, _nodes
from scenarios.files.documents import LevelsDocument

EPS = float(np.finfo(np.float64).eps)

# --- the laws of village effects, each as the others ------------------------------------------------

PARAMETERS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "beta": {"icc": (0.0, 0.001, 0.02, 0.4)},
    "logit_normal": {"effect_sd": (0.0, 0.3, 0.9, 2.5, 5.0)},
}
LAWS = [
    EFFECTS[name](**{parameter: value})
    for name, parameters in PARAMETERS.items()
    for parameter, values in parameters.items()
    for value in values
]
EVERY_LAW = pytest.mark.parametrize("law", LAWS, ids=str)
RELATIVE = np.array([0.3, 1.0, 2.5])


def test_every_law_of_the_catalogue_is_tested_and_can_be_stated() -> None:
    hints = get_type_hints(ErrorModel)
    assert set(PARAMETERS) == set(EFFECTS) == set(get_args(hints["village_effect"]))
    assert set(EFFECTS) == set(get_args(LevelsDocument.model_fields["village_effect"].annotation))
    own = {name: {each.name for each in fields(law)} for name, law in EFFECTS.items()}
    assert set.union(*own.values()) <= set(hints)
    assert sum(map(len, own.values())) == len(set.union(*own.values())), "a parameter belongs to one law"
    for name, parameters in own.items():
        stated = LevelsDocument(kind="levels", village_effect=name)  # type: ignore[arg-type]
        assert {p: getattr(stated, p) for p in parameters} == {p: getattr(ErrorModel, p) for p in parameters}
        assert all(getattr(stated, p) is None for p in set.union(*own.values()) - parameters)


def moment(law: VillageEffect, level: float, relative: float, power: int) -> tuple[float, float]:
    """Return the mean over villages of a power of the propensity, by Gauss-Legendre on pieces, and its error."""
    x, weight = np.polynomial.legendre.leggauss(12)
    sums = []
    for pieces in (100, 200):  # a law may be steep where its quantile passes one half
        edges = np.linspace(-9, 9, pieces + 1)
        half, middle = np.diff(edges)[:, None] / 2, (edges[1:] + edges[:-1])[:, None] / 2
        z = (middle + half * x).ravel()
        reach = law.quantile(Cells(normal=z, relative=np.full(len(z), relative)), level)
        sums.append(float((reach**power * norm.pdf(z) * (half * weight).ravel()).sum()))
    # Quantiles and turning levels are held to eleven digits (SciPy's beta quantile has about twelve).
    return sums[1], abs(sums[1] - sums[0]) + 2 * float(norm.cdf(-9.0)) + 1e-11 * sums[1]


@EVERY_LAW
@pytest.mark.parametrize("level", [0.0005, 0.02, 0.3])
def test_the_mean_over_villages_is_the_level(law: VillageEffect, level: float) -> None:
    for relative in RELATIVE:
        value, error = moment(law, level, float(relative), 1)
        assert abs(value - relative * level) <= error


@EVERY_LAW
def test_quantiles_rise_with_the_level_from_none_to_all(law: VillageEffect) -> None:
    cells = Cells(normal=np.linspace(-3, 3, 3), relative=RELATIVE)
    grid = np.concatenate([[0.0], np.geomspace(1e-4, 1 / RELATIVE.min(), 60)])
    reach = law.quantile(cells, grid)
    assert reach.shape == (3, 61)
    assert (np.diff(reach, axis=1) >= -4 * EPS).all()
    assert (reach[:, 0] == 0).all()
    assert (reach[:, -1] == 1).all()
    assert np.array_equal(reach, np.column_stack([law.quantile(cells, float(level)) for level in grid]))


@EVERY_LAW
def test_at_its_turning_level_a_household_is_just_reached(law: VillageEffect) -> None:
    rng = np.random.default_rng(4)
    normal = rng.standard_normal(60)
    cells = Cells(normal=np.concatenate([normal, normal]), relative=np.repeat([0.7, 2.1], 60))
    floor, ceiling = (Front(level=level, reach=law.quantile(cells, level)) for level in (0.004, 0.08))
    cell, u = rng.integers(0, 120, 40_000), rng.random(40_000)
    between = (u > floor.reach[cell]) & (u <= ceiling.reach[cell])
    cell, u = cell[between], u[between]
    assert len(u) > 400
    turning = law.turning_levels(u, cell, cells, floor=floor, ceiling=ceiling)
    assert (turning > floor.level * (1 - 1e-9)).all()
    assert (turning < ceiling.level * (1 + 1e-9)).all()

    def reach(scale: float) -> Floats:
        means = Cells(normal=cells.normal[cell], relative=cells.relative[cell] * turning * scale)
        return law.quantile(means, 1.0)

    # A little below its turning level the household is not yet reached, a little above it is: eleven digits.
    assert (reach(1 - 1e-11) < u).all()
    assert (reach(1 + 1e-11) >= u).all()


# --- logit-normal effects -----------------------------------------------------------------------------

sds = st.floats(0, 5)


def by_quad(x: float, sd: float) -> tuple[float, float]:
    """Return E expit(x + sd Z) by adaptive quadrature, and its error."""
    pieces = [-9.0, *sorted({-x / sd, 0.0, sd} if sd > 0 and abs(x / sd) < 8 else {0.0}), 9.0 + sd]
    parts = [
        integrate.quad(lambda z: norm.pdf(z) / (1 + np.exp(-x - sd * z)), a, b, epsabs=0, epsrel=1e-12, limit=500)
        for a, b in pairwise(pieces)
    ]
    value, error = np.array(parts).sum(axis=0)
    return float(value), float(error) + 2 * float(norm.cdf(-9.0)) * float(value)


@given(st.floats(-25, 10), sds)
@example(-10.0, 5.0)
@example(-25.0, 5.0)
@example(0.0, 0.001)
def test_mean_propensities_are_right_however_rare(x: float, sd: float) -> None:
    found = float(LogitNormalEffect(effect_sd=sd).mean(np.array([x]))[0])
    value, error = by_quad(x, sd)
    # The rule's own error, and a rounding for each of its positive terms.
    assert abs(found - value) <= error + (np.exp(-34) + len(_nodes(sd)[0]) * EPS) * value


@given(st.floats(1e-12, 1, exclude_max=True), sds)
@example(0.5, 5.0)
@example(1 - 1e-12, 5.0)
def test_log_odds_are_those_of_the_mean(mean: float, sd: float) -> None:
    law = LogitNormalEffect(effect_sd=sd)
    there = law.log_odds(np.array([mean]))
    back = float(law.mean(there)[0])
    rounding = 2 * len(_nodes(sd)[0]) * EPS
    # Newton's last step is at most 1e-12, of which the square is left; the log-odds themselves are rounded.
    assert abs(back - mean) <= rounding + 4 * EPS * max(1.0, abs(float(there[0]))) * mean * (1 - mean)


def test_log_odds_of_nobody_and_everybody() -> None:
    assert LogitNormalEffect(effect_sd=2.0).log_odds(np.array([0.0, 1.0])).tolist() == [-np.inf, np.inf]


def test_one_spread_clusters_more_where_errors_are_more_frequent() -> None:
    """Hund, Bedrick & Pagano 2015: a constant correlation and a constant standard deviation part with the level."""

    def icc(law: VillageEffect, level: float) -> tuple[float, float]:
        value, error = moment(law, level, 1.0, 2)
        scale = level * (1 - level)
        return (value - level**2) / scale, error / scale

    beta, logit = BetaEffect(icc=0.02), LogitNormalEffect(effect_sd=0.9)
    for level in (0.002, 0.02, 0.04):
        value, error = icc(beta, level)
        assert abs(value - 0.02) <= error
    found = {level: icc(logit, level) for level in (0.002, 0.02, 0.04)}
    assert found[0.04][0] - found[0.04][1] > 10 * (found[0.002][0] + found[0.002][1])
    # The default spread, in tenths, clusters as the default correlation does at 2%.
    away = [abs(icc(LogitNormalEffect(effect_sd=sd), 0.02)[0] - 0.02) for sd in (0.8, 0.9, 1.0)]
    assert away[1] == min(away)
    assert ErrorModel.effect_sd == Decimal("0.9")
