"""Published allocations and acceptance plans; the numbers and their sources stand in ``data/planning.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenarios.planning.acceptance import ClusterPlan, SinglePlan
from scenarios.planning.allocation import neyman, optimal, sample_size, variance_of_total
from scenarios.planning.bethel import cheapest

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "planning.json").read_text(encoding="utf-8"))


def case(name: str) -> tuple[dict[str, Any], Any]:
    return CASES[name]["inputs"], CASES[name]["expected"]


def test_allocations_of_valliant_dever_and_kreuter() -> None:
    given, expected = case("alloc-practools")
    sizes, deviations, costs = (given[key] for key in ("Nh", "Sh", "ch"))
    total, rel = sum(sizes), CASES["alloc-practools"]["tolerance"]["rel"]
    wanted = {
        "neyman": neyman(sizes, deviations, given["n_total"]),
        "totcost": optimal(sizes, deviations, costs, budget=given["budget"]),
        "totvar": optimal(sizes, deviations, costs, variance=(given["cv0"] * given["ybarU"] * total) ** 2),
    }
    for name, takes in wanted.items():
        assert takes == pytest.approx(expected[name], rel=rel)
        error = variance_of_total(sizes, deviations, takes) ** 0.5 / total
        assert error == pytest.approx(expected[f"se_{name}"], rel=rel)


def test_sample_sizes_for_a_coefficient_of_variation() -> None:
    given, expected = case("design-ncont")
    wanted = [round(0.01 + 0.02 * step, 2) for step in range(len(expected))]
    assert [sample_size(given["CVpop"], cv) for cv in wanted] == expected


def test_variances_of_cochrans_cities() -> None:
    given, expected = case("alloc-cochran-cities")
    sizes, deviations = given["N_h"], np.sqrt(given["S2_h"])
    proportional, equal = given["allocations"]
    tolerance = CASES["alloc-cochran-cities"]["tolerance"]["abs"]
    assert variance_of_total(sizes, deviations, proportional) == pytest.approx(expected["V_prop"], abs=tolerance)
    assert variance_of_total(sizes, deviations, equal) == pytest.approx(expected["V_equal_optimum"], abs=tolerance)
    whole = [sum(sizes)]
    random = variance_of_total(whole, [given["S2"] ** 0.5], [given["n"]])
    assert random == pytest.approx(expected["V_ran"], abs=tolerance)


def test_bethels_example_in_samplingstrata() -> None:
    given, expected = case("alloc-bethel-samplingstrata")
    sizes = np.array(given["strata"]["N"], dtype=float)
    terms, allowed, totals = [], [], []
    for variable, wanted in zip("12", given["cv_targets"], strict=True):
        means, deviations = (np.array(given["strata"][f"{letter}{variable}"]) for letter in "MS")
        total = float((sizes * means).sum())
        terms.append(sizes**2 * deviations**2)
        allowed.append((wanted * total) ** 2 + float((sizes * deviations**2).sum()))
        totals.append(total)
    least = np.full(len(sizes), given["min_per_stratum"])
    found = cheapest(terms, allowed, np.ones(len(sizes)), least=least, most=sizes.astype(int))
    # The continuous optimum was computed independently of this code (METHODS 6).
    assert found.continuous.sum() == pytest.approx(161.08, abs=0.005)
    assert found.used.max() <= 1
    assert found.takes.sum() <= expected["package_total"]
    package = np.array(given["package_allocation"])
    assert package.sum() == expected["package_total"]
    for variable, total, told in zip("12", totals, expected["package_cv"], strict=True):
        variance = variance_of_total(sizes, given["strata"][f"S{variable}"], package)
        assert variance**0.5 / total == pytest.approx(
            told, abs=CASES["alloc-bethel-samplingstrata"]["tolerance"]["abs"]
        )
    # No stratum can have one unit less.
    for h in np.flatnonzero(found.takes > least):
        fewer = found.takes.copy()
        fewer[h] -= 1
        assert any((np.array(terms) / fewer).sum(axis=1) > np.array(allowed))


def test_operating_characteristics_of_single_plans() -> None:
    given, expected = case("oc-assess-20-0")
    plan = SinglePlan(size=given["n"], accept=given["c"])
    assert [plan.accepted(level) for level in given["pd"]] == pytest.approx(expected, abs=5.1e-9)
    given, expected = case("oc-planesmuestra")
    found = [SinglePlan(size=size, accept=accept).accepted(level) for size, accept, level in given["plans"]]
    assert found == pytest.approx(expected, rel=1e-6)
    given, expected = case("oc-milstd105e-J-aql1")
    plan = SinglePlan(size=given["n"], accept=given["Ac"])
    assert [100 * plan.level_at(chance) for chance in given["Pa"]] == pytest.approx(expected, rel=0.006)


def test_the_claims_of_pezzolis_cluster_plans() -> None:
    given, _ = case("lqas-cluster-pezzoli")
    for each in given["plans"]:
        plan = ClusterPlan(clusters=5, take=10, accept=each["d"])
        for deviation, alpha, beta in ((0, 0.05, 0.20), (0.1, 0.10, 0.25)):
            # Half a point of rounding in the abstract's "5%": 5.48% without clustering for one of the plans.
            assert plan.accepted(1 - each["lower"], deviation) <= alpha + 0.005
            assert 1 - plan.accepted(1 - each["target"], deviation) <= beta
