"""Figures that the statistical specification prints, recomputed: by the code where it can, by scipy beside it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom, t

from estimators.rules.official import decide, household_scores
from sampler.draws import MOMENTS
from sampler.error_model import ErrorModel, synthesise_populations
from sampler.frame import EXITED
from sampler.household_sizes import DEFAULT_MIX, synthesise_sizes
from scenarios.engines import exact, model
from scenarios.engines.chance import QUESTIONS
from scenarios.files.policies import load_policy
from scenarios.files.scenario_file import load_scenario
from scenarios.scenario import Scenario, populations

# Visited exited persons: METHODS 4.7 says about 1,520 to 1,535, and its person-binomial column is that of 1,535.
PERSONS = 1_535

# METHODS 4.7: the person-binomial column, by true rate.
BINOMIAL = {"0.005": "0.0000", "0.01": "0.0003", "0.015": "0.063", "0.02": "0.503", "0.025": "0.904"}
BINOMIAL |= {"0.03": "0.993", "0.04": "1.000"}
# METHODS 4.7: intraclass correlation .02, remote multiplier 2.5, one generated population each, which moves a value by
# up to .05.
CLUSTERED = {"0.005": 0.0016, "0.01": 0.091, "0.015": 0.351, "0.02": 0.688, "0.025": 0.880}
CLUSTERED |= {"0.03": 0.957, "0.04": 0.997}
REALISATION = 0.05


def binomial_chance(rate: str) -> float:
    """Return the chance of failing if persons were wrong independently: more than 2% of them."""
    return float(binom.sf(PERSONS * 2 // 100, PERSONS, float(rate)))


def wrong_exit_chance(rate: str, *, multiplier: str = "2") -> tuple[Scenario, exact.RatioChance]:
    base = load_scenario("example").scenario
    assert isinstance(base.truth, ErrorModel)
    cell = replace(base, truth=replace(base.truth, remote_multiplier=Decimal(multiplier))).at(
        {"wrong_exit": Decimal(rate), "missed": Decimal(rate)}
    )
    (truth,) = populations([cell])
    return cell, exact.ratio_chance(cell, truth, "wrong_exit")


# --- 0.2 and 3.4: household sizes -----------------------------------------------------------------


def test_the_default_mix_has_mean_2_94_and_size_biased_mean_3_56() -> None:
    sizes = np.arange(1, 7)
    assert DEFAULT_MIX.sum() == pytest.approx(1)
    assert f"{DEFAULT_MIX @ sizes:.2f}" == "2.94"
    assert f"{DEFAULT_MIX @ sizes**2 / (DEFAULT_MIX @ sizes):.2f}" == "3.56"


def test_synthesised_households_have_the_floor_design_effect() -> None:
    sizes = synthesise_sizes([1_000], [2_940])
    # METHODS 3.4 with equal weights: n sum s^2 / (sum s)^2 persons, n = sum s.
    assert f"{(sizes**2).sum() / sizes.sum():.2f}" == "3.56"


# --- 4.1 and 4.7: the trap of independent persons -------------------------------------------------


@pytest.mark.parametrize("rate", BINOMIAL)
def test_the_person_binomial_column(rate: str) -> None:
    digits = len(BINOMIAL[rate]) - 2
    assert f"{binomial_chance(rate):.{digits}f}" == BINOMIAL[rate]


def test_a_person_binomial_understates_the_risk_of_a_good_county_by_orders_of_magnitude() -> None:
    # METHODS 4.7: by a factor of 90 to 360 at a true 1%, whatever population the errors fall into.
    cell, found = wrong_exit_chance("0.01")
    assert isinstance(cell.truth, ErrorModel)
    others = [
        synthesise_populations(cell.frame, [cell.truth], seed=cell.seed, replicate=replicate)[0]
        for replicate in range(1, 6)
    ]
    chances = [found.fails, *(exact.ratio_chance(cell, truth, "wrong_exit").fails for truth in others)]
    assert min(chances) > 90 * binomial_chance("0.01")


@pytest.mark.parametrize("rate", CLUSTERED)
def test_the_clustered_column_up_to_the_population(rate: str) -> None:
    _, found = wrong_exit_chance(rate, multiplier="2.5")
    assert abs(found.fails - CLUSTERED[rate]) <= 2 * REALISATION  # two populations, and each moves


# METHODS 4.7: remote villages like the others, by intraclass correlation; one generated population each.
ALIKE = {
    "0": {"0.01": 0.024, "0.015": 0.191, "0.02": 0.488, "0.025": 0.732, "0.03": 0.897, "0.04": 0.989},
    "0.02": {"0.01": 0.066, "0.015": 0.207, "0.02": 0.558, "0.025": 0.707, "0.03": 0.866, "0.04": 0.979},
    "0.05": {"0.01": 0.098, "0.015": 0.266, "0.02": 0.549, "0.025": 0.705, "0.03": 0.829, "0.04": 0.968},
}


@pytest.mark.parametrize("icc", ALIKE)
def test_the_columns_by_correlation_up_to_the_population(icc: str) -> None:
    base = load_scenario("example").scenario
    assert isinstance(base.truth, ErrorModel)
    alike = replace(base.truth, icc=Decimal(icc), remote_multiplier=Decimal(1))
    for rate, told in ALIKE[icc].items():
        cell = replace(base, truth=alike).at({"wrong_exit": Decimal(rate), "missed": Decimal(rate)})
        (truth,) = populations([cell])
        assert abs(exact.ratio_chance(cell, truth, "wrong_exit").fails - told) <= 2 * REALISATION


# METHODS 2.2: true rate -> mean raw rate, chance of failing by the raw and by the weighted rate; one population each.
OVERSAMPLED = {
    "0.01": (0.0121, 0.089, 0.046),
    "0.015": (0.0178, 0.340, 0.201),
    "0.02": (0.0243, 0.689, 0.474),
    "0.025": (0.0304, 0.887, 0.698),
    "0.03": (0.0353, 0.961, 0.871),
}


def test_the_raw_formula_under_oversampling() -> None:
    """The example county, remote multiplier 2.5: each figure lies as near as one population lies to the next."""
    numbers, comparisons = 16, len(OVERSAMPLED) * 3
    wide = t.isf(0.5e-4 / comparisons, numbers - 1) * np.sqrt(1 + 1 / numbers)
    base = load_scenario("example").scenario
    assert isinstance(base.truth, ErrorModel)
    remote = replace(base, truth=replace(base.truth, remote_multiplier=Decimal("2.5")))
    weighting = replace(remote, policy=replace(remote.policy, weighting="weighted"))
    shifts = []
    for rate, told in OVERSAMPLED.items():
        level = {"wrong_exit": Decimal(rate), "missed": Decimal(rate)}
        seen = [raw_rates(remote.at(level), number) for number in range(numbers)]
        raw = np.array([rates.mean() for rates in seen])
        fails = np.array([(rates > 0.02).mean() for rates in seen])
        weighted = model.shares([weighting.at(level)], range(numbers))[:, 0, QUESTIONS.index("wrong_exit")]
        for found, figure in zip((raw, fails, weighted), told, strict=True):
            assert abs(found.mean() - figure) < wide * found.std(ddof=1), (rate, figure, found.mean())
        assert raw.mean() > float(rate) * 1.1  # the trap: the rule looks where the county is weakest
        shifts.append(fails.mean() - weighted.mean())
    assert max(shifts) > 0.15


def raw_rates(cell: Scenario, number: int) -> np.ndarray:
    """Return the raw wrong-exit rates of the inspections of one population."""
    moments = model.sums_of(cell, number).moments[:, 0, EXITED]
    rates: np.ndarray = moments[:, MOMENTS.index("wrong_persons")] / moments[:, MOMENTS.index("persons")]
    return rates


def test_the_tie_at_the_limit_has_the_stated_mass() -> None:
    # METHODS 0.1: .0005 to .0008 near the limit in a sample of 1,500 persons.
    _, found = wrong_exit_chance("0.02")
    assert 0.00045 <= found.at_limit < 0.00085


def test_the_example_visits_as_many_persons_as_the_table_assumes() -> None:
    cell, _ = wrong_exit_chance("0.01")
    frame = cell.frame
    visited = cell.plan.visited_households(frame)[:, 0]
    mean = frame.group_persons[:, 0] / np.maximum(frame.group_households[:, 0], 1)
    expected = sum(s.drawn * float((visited * mean)[s.villages].mean()) for s in cell.plan.strata(frame))
    assert expected == pytest.approx(PERSONS, rel=0.05)


@pytest.mark.parametrize(("limit", "a", "b"), [("0.02", 1, 50), ("0.03", 3, 100), ("0.01", 1, 100)])
def test_limits_in_lowest_terms_make_the_rate_linear(limit: str, a: int, b: int) -> None:
    policy = load_policy("national-2019-central")
    policy = replace(policy, limits={**policy.limits, "wrong_exit": Fraction(limit)})
    persons, wrong = np.array([3, 4, 1, 6]), np.array([3, 0, 1, 2])
    assert household_scores(policy, "wrong_exit", wrong, persons).tolist() == (b * wrong - a * persons).tolist()


def test_approval_scores_ten_for_each_refusal_less_one_a_household() -> None:
    approves = np.array([1, 0, 1, 0])
    scores = household_scores(load_policy("national-2019-central"), "approval", approves, np.ones(4, dtype=np.int64))
    assert scores.tolist() == (10 * (1 - approves) - 1).tolist()


# --- 2.3: the combined limit binds first ----------------------------------------------------------


def test_a_county_far_from_both_limits_fails_by_its_incidence() -> None:
    # 1.5% remaining, 15% exited, the rest unregistered; both rates .6%: 2.09%.
    policy = load_policy("national-2019-central")
    rate = (np.array([6]), np.array([1_000]))
    counts = dict.fromkeys(("wrong_exit", "missed", "wrong_exit_persons", "missed_persons"), rate)
    persons = np.array([15_000, 1_500, 83_500])
    verdict = decide(policy, persons, approval=(np.array([95]), np.array([100])), **counts)
    failing = [name for name, fails in verdict.fails.items() if fails[0]]
    assert failing == ["incidence"]
    at = replace(policy, limits={**policy.limits, "incidence": Fraction("0.02091")})
    assert decide(at, persons, approval=rate, **counts).at_limit["incidence"][0]
