"""Published two-phase, misclassification and freedom-from-error numbers; inputs, sources and tolerances in data/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from estimators.double_sample import DoubleSample, expanded_ratio, expanded_total
from estimators.freedom import Check, smallest_survey, survey_sensitivity, survey_sensitivity_large
from estimators.misclassification import Trial, binomial_variance, rogan_gladen
from estimators.replication import about_mean, jackknife_n, replicated_ratio
from estimators.simple_phases import Sums, regression_mean, stratified_total

DATA = Path(__file__).parent / "data"
CASES = {
    case["id"]: case
    for name in ("published_phases", "published_estimates")
    for case in json.loads((DATA / f"{name}.json").read_text("utf-8"))["cases"]
}


def close(found: Any, case: str, key: str | None = None) -> bool:
    expected = CASES[case]["expected"] if key is None else CASES[case]["expected"][key]
    tolerance = CASES[case]["tolerance"]
    return bool(np.allclose(found, expected, rtol=tolerance.get("rel", 0), atol=tolerance.get("abs", 0)))


# --- two phases --------------------------------------------------------------------------------------


def test_sarndal_swensson_wretman_equation_9_4_14() -> None:
    given = CASES["est-two-phase-stratified"]["inputs"]
    means, variances = ([f(y) for y in given["y"]] for f in (np.mean, lambda y: np.var(y, ddof=1)))
    found = stratified_total(given["N"], given["n_phase1_h"], given["n_phase2_h"], means, variances).variance
    for ours, key in ((found.whole, "V"), (found.first, "V_phase1"), (found.second, "V_phase2")):
        assert close(ours, "est-two-phase-stratified", key)


def test_the_general_kernel_gives_equation_9_4_14() -> None:
    given = CASES["est-two-phase-stratified"]["inputs"]
    n = given["n_phase1"]
    cell = np.repeat([0, 1], given["n_phase1_h"])
    place = np.concatenate([np.arange(size) for size in given["n_phase1_h"]])
    drawn = place < np.array(given["n_phase2_h"])[cell]
    y = np.zeros(n)
    y[drawn] = np.concatenate(given["y"])
    sample = DoubleSample(
        weights=np.full(n, given["N"] / n),
        stratum=np.zeros(n),
        cluster=np.arange(n),
        cell=cell,
        drawn=drawn,
        stratum_sizes=np.full(n, given["N"]),
    )
    found = expanded_total(sample, y)
    for ours, key in ((found.variance, "V"), (found.first_phase, "V_phase1"), (found.second_phase, "V_phase2")):
        assert close(ours, "est-two-phase-stratified", key)


def test_two_stage_sampling_is_a_case_of_two_phase_sampling() -> None:
    # Phase 1 is the drawn clusters with all their units, phase 2 draws from each: R survey's own check of `twophase`.
    given = CASES["est-ssw-mu284"]["inputs"]
    sizes, taken = np.array(given["Ni"]), given["m"]
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    place = np.concatenate([np.arange(size) for size in sizes])
    y = np.zeros(len(cluster))
    y[place < taken] = np.ravel(given["y"])
    sample = DoubleSample(
        weights=np.full(len(y), given["N_psu"] / given["n_psu"]),
        stratum=np.zeros(len(y)),
        cluster=cluster,
        cell=cluster,
        drawn=place < taken,
        stratum_sizes=np.full(len(y), given["N_psu"]),
    )
    total, mean = expanded_total(sample, y), expanded_ratio(sample, y, np.ones(len(y)))
    assert close(total.value, "est-ssw-mu284", "total")
    assert close(total.standard_error, "est-ssw-mu284", "se")
    assert close(mean.value, "est-ssw-mu284", "mean")
    assert close(mean.standard_error, "est-ssw-mu284", "se_mean")


def test_lohr_example_4_7_dead_trees() -> None:
    given = CASES["est-lohr-deadtrees-regression"]["inputs"]
    sums = Sums(size=given["n"], x=given["sx"], y=given["sy"], xx=given["sxx"], yy=given["syy"], xy=given["sxy"])
    found = regression_mean(sums, given["xbar_U"], phase1_size=given["N"], population=given["N"])
    for ours, key in ((found.intercept, "b0"), (found.slope, "b1"), (found.value, "mean")):
        assert close(ours, "est-lohr-deadtrees-regression", key)
    assert close(np.sqrt(found.variance.whole), "est-lohr-deadtrees-regression", "se")
    assert found.variance.first == 0  # the mean of x is that of the population


def test_stockford_and_page_1984_service_in_vietnam() -> None:
    given = CASES["double-vietnam"]["inputs"]
    classified, checked, true = (np.array(given[key]) for key in ("classified", "checked", "true"))
    rates = true / checked
    n, population = int(classified.sum()), 10**12
    closed = stratified_total(population, classified, checked, rates, rates * (1 - rates) * checked / (checked - 1))
    assert close(closed.value / population, "double-vietnam", "value")
    assert close(np.sqrt(closed.variance.whole) / population, "double-vietnam", "se")
    cell = np.repeat([0, 1, 2], classified)
    place = np.concatenate([np.arange(size) for size in classified])
    sample = DoubleSample(
        weights=np.ones(n), stratum=np.zeros(n), cluster=np.arange(n), cell=cell, drawn=place < checked[cell]
    )
    found = expanded_ratio(sample, place < true[cell], np.ones(n))
    assert close(found.value, "double-vietnam", "value")
    assert close(found.standard_error, "double-vietnam", "se")


# --- replication -------------------------------------------------------------------------------------


def test_r_survey_jackknife_of_a_stratified_sample() -> None:
    table = json.loads((DATA / "apistrat.json").read_text("utf-8"))
    rows = sorted(table["rows"], key=lambda row: row[0])
    column = {key: np.array(values) for key, values in zip(table["columns"], zip(*rows, strict=True), strict=True)}
    _, first, stratum = np.unique(column["stype"], return_index=True, return_inverse=True)
    fraction = np.bincount(stratum) / column["fpc"][first]
    y, x = (column[key] / fraction[stratum] for key in ("api_stu", "enroll"))
    found = replicated_ratio(jackknife_n(stratum, fraction), y[None], x[None], centre=about_mean)
    assert close(found.value, "est-apistrat-combined-ratio", "ratio")
    assert close(found.standard_error, "est-apistrat-combined-ratio", "se_jkn")


# --- design effects ----------------------------------------------------------------------------------


def test_lohr_example_5_6_intraclass_correlation() -> None:
    # The printed ICC is 1 - K / (K - 1) SSW / SST with K the number of students. Ours is the analysis of variance one
    # (METHODS 3.4), 0.043 on the same sums of squares; it is cut at 0, and pooled over strata.
    algebra = json.loads((DATA / "lohr_cluster_totals.json").read_text("utf-8"))["algebra"]
    students, classes = sum(algebra["Mi"]), len(algebra["Mi"])
    assert close(1 - students / (students - 1) * algebra["ssw"] / algebra["sst"], "est-lohr-algebra", "icc")
    between = (algebra["sst"] - algebra["ssw"]) / (classes - 1)
    within = algebra["ssw"] / (students - classes)
    size = (students - sum(m**2 for m in algebra["Mi"]) / students) / (classes - 1)
    assert round((between - within) / (between + (size - 1) * within), 3) == 0.043


# --- misclassification and freedom -------------------------------------------------------------------


def test_cameron_and_baldock_survey_sensitivity() -> None:
    given = CASES["misclass-freecalc-150"]["inputs"]
    found = survey_sensitivity(
        given["N"],
        given["n"],
        design_rate=given["pstar"],
        cut=given["cut"],
        check=Check(sensitivity=given["se"], specificity=given["sp"]),
    )
    assert close(found, "misclass-freecalc-150")


def test_cameron_and_baldock_smallest_survey() -> None:
    given = CASES["misclass-freecalc-n"]["inputs"]
    found = smallest_survey(
        given["N"],
        design_rate=given["pstar"],
        check=Check(sensitivity=given["se"], specificity=given["sp"]),
        sensitivity=given["survey_se"],
        specificity=given["survey_sp"],
    )
    assert found is not None
    assert close(found.size, "misclass-freecalc-n", "n")
    assert close(found.cut - 1, "misclass-freecalc-n", "accept_number")


def test_freedom_from_disease_in_a_long_list() -> None:
    given = CASES["freedom-sep-binomial"]["inputs"]
    check = Check(sensitivity=given["se"])
    assert close(survey_sensitivity_large(given["n"], design_rate=given["pstar"], check=check), "freedom-sep-binomial")


@pytest.mark.parametrize("case", ["misclass-rogan-gladen-150", "misclass-three-herds"])
def test_rogan_and_gladen_1978(case: str) -> None:
    given = CASES[case]["inputs"]
    expected = np.atleast_1d(CASES[case]["expected"])
    herds = zip(*(np.atleast_1d(given[key]) for key in ("pos", "n", "se", "sp")), expected, strict=True)
    for positives, size, se, sp, percent in herds:
        apparent = np.array([positives / size])
        found = rogan_gladen(
            apparent,
            binomial_variance(apparent, np.array([size])),
            sensitivity=Trial(value=se),
            specificity=Trial(value=sp),
        )
        assert abs(100 * found.value[0] - percent) <= CASES[case]["tolerance"]["abs"]
        assert not found.outside[0]
