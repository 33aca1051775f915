"""Numbers printed in textbooks and by other programs, recomputed; inputs, sources and tolerances in data/."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import hypergeom

from estimators.interval import Summary, simple_random_sample
from estimators.intervals import INTERVALS
from estimators.intervals.arcsine import angles
from estimators.ratio import ratio_of_rows, total_of_rows

DATA = Path(__file__).parent / "data"
CASES = {case["id"]: case for case in json.loads((DATA / "published_estimates.json").read_text("utf-8"))["cases"]}


def rows(name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the columns of a data file, and what else it says."""
    table = json.loads((DATA / name).read_text("utf-8"))
    columns = zip(table["columns"], zip(*table["rows"], strict=True), strict=True)
    return {key: np.array(values) for key, values in columns}, table


def close(found: Any, case: str, key: str | None = None) -> bool:
    expected = CASES[case]["expected"] if key is None else CASES[case]["expected"][key]
    tolerance = CASES[case]["tolerance"]
    return bool(np.allclose(found, expected, rtol=tolerance.get("rel", 0), atol=tolerance.get("abs", 0)))


# --- intervals of counts --------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["ci-newcombe-wilson", "ci-newcombe-wilson-cc", "ci-newcombe-wald"])
def test_newcombe_1998_table_i(case: str) -> None:
    given = CASES[case]["inputs"]
    events, size = np.array(given["x_n"], dtype=np.float64).T
    summary = simple_random_sample(events, size, confidence=given["level"])
    ours = given["method"].replace("_cc", "_continuity")
    assert close(np.stack(INTERVALS[ours](summary), axis=1), case)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("clopper_pearson", "exact"),
        ("wilson", "wilson"),
        ("wald", "asymptotic"),
        ("agresti_coull", "agresti-coull"),
        ("logit", "logit"),
        ("likelihood", "lrt"),
    ],
)
def test_r_binom_4_of_20(name: str, theirs: str) -> None:
    given = CASES["ci-rbinom-4-20"]["inputs"]
    counts = np.array([given["x"]], dtype=np.float64), np.array([given["n"]], dtype=np.float64)
    summary = simple_random_sample(*counts, confidence=given["level"])
    assert close(np.ravel(INTERVALS[name](summary)), "ci-rbinom-4-20", theirs)


def test_brown_cai_dasgupta_modified_jeffreys_without_an_event() -> None:
    given = CASES["ci-bcd-modified-jeffreys-zero"]["inputs"]
    size = np.array(given["n"], dtype=np.float64)
    low, high = INTERVALS["jeffreys"](simple_random_sample(0 * size + given["x"], size, confidence=given["level"]))
    assert not low.any()
    assert close(high, "ci-bcd-modified-jeffreys-zero")


def test_samplingbook_3_of_10_from_50() -> None:
    given = CASES["ci-hypergeometric-wald"]["inputs"]
    size, marked = given["n"], given["m"]
    value, error, _ = ratio_of_rows(
        np.arange(size) < marked,
        np.ones(size),
        np.ones(size),
        np.zeros(size),
        np.arange(size),
        stratum_sizes=np.full(size, given["N"]),
    )
    assert close(value, "ci-hypergeometric-wald", "p")
    assert close(error, "ci-hypergeometric-wald", "se")
    counts = np.array([float(marked)]), np.array([float(size)])
    summary = simple_random_sample(*counts, confidence=given["level"], population=np.array([float(given["N"])]))
    with_error = replace(summary, standard_error=np.array([error]))
    assert close(np.ravel(INTERVALS["wald"](with_error)), "ci-hypergeometric-wald", "wald")
    # The package's vignette prints 4 and 32 for the exact limits: one unit too wide on each side (METHODS 3.1).
    low, high = INTERVALS["hypergeometric"](summary)
    assert (round(given["N"] * low[0]), round(given["N"] * high[0])) == (5, 31)
    law = hypergeom(given["N"], np.array([4, 5, 31, 32]), size)
    assert (law.sf(marked - 1) > 0.025).tolist()[:2] == [False, True]
    assert (law.cdf(marked) > 0.025).tolist()[2:] == [True, False]


def test_the_default_is_clopper_pearson_where_there_is_no_design() -> None:
    events, size = np.arange(21.0), np.full(21, 20.0)
    summary = simple_random_sample(events, size, confidence=0.95)
    ours = np.array(INTERVALS["korn_graubard"](summary))
    assert np.allclose(ours, INTERVALS["clopper_pearson"](summary), rtol=1e-12, atol=0)


# --- intervals of a survey ------------------------------------------------------------------------


def svyciprop() -> Summary:
    columns, table = rows("apiclus1.json")
    ones = np.ones(len(columns["dnum"]))
    value, error, df = ratio_of_rows(
        columns["ell"] == 0, ones, table["pw"] * ones, ones, columns["dnum"], stratum_sizes=table["fpc"] * ones
    )
    return Summary(
        value=np.array([value]),
        standard_error=np.array([error]),
        size=np.array([float(len(ones))]),
        floor=np.ones(1),
        households=np.ones(1),
        events=np.zeros(1),
        icc=np.zeros(1),
        fpc=1.0,
        df=df,
        confidence=0.95,
    )


def test_r_svyciprop_estimate_and_mean_interval() -> None:
    summary = svyciprop()
    assert close(summary.value, "ci-svyciprop-ell0", "p")
    assert close(summary.standard_error, "ci-svyciprop-ell0", "se")
    assert summary.df == CASES["ci-svyciprop-ell0"]["expected"]["df"]
    assert close(np.ravel(INTERVALS["wald"](summary)), "ci-svyciprop-ell0", "mean")


def test_r_svyciprop_beta() -> None:
    summary = svyciprop()
    assert close(np.ravel(INTERVALS["korn_graubard_r"](summary)), "ci-svyciprop-ell0", "beta")
    # Here the estimated design effect is above its floor of 1 and the effective size below n, so ours are the same.
    for name in ("korn_graubard", "korn_graubard_nchs"):
        assert close(np.ravel(INTERVALS[name](summary)), "ci-svyciprop-ell0", "beta")


def test_r_svyciprop_xlogit_and_asin() -> None:
    summary = svyciprop()
    assert close(np.ravel(INTERVALS["logit"](summary)), "ci-svyciprop-ell0", "xlogit")
    # R's lower angle is negative and comes back as a positive limit; ours is cut at 0.
    assert close(np.sin(np.ravel(angles(summary))) ** 2, "ci-svyciprop-ell0", "asin")
    low, high = np.ravel(INTERVALS["arcsine"](summary))
    assert low == 0
    assert high == pytest.approx(CASES["ci-svyciprop-ell0"]["expected"]["asin"][1], rel=2e-6)


# --- ratios and totals ----------------------------------------------------------------------------


def test_lohr_example_5_6_algebra_classes() -> None:
    algebra = json.loads((DATA / "lohr_cluster_totals.json").read_text("utf-8"))["algebra"]
    count = len(algebra["Mi"])
    classes = np.full(count, algebra["N"])
    mean, error, df = ratio_of_rows(
        algebra["total"], algebra["Mi"], classes / count, np.zeros(count), algebra["class"], stratum_sizes=classes
    )
    assert close(mean, "est-lohr-algebra", "mean")
    assert close(error, "est-lohr-algebra", "se")
    assert df == count - 1


def test_lohr_example_5_7_schools() -> None:
    schools = json.loads((DATA / "lohr_cluster_totals.json").read_text("utf-8"))["schools"]
    taken, sizes = schools["m"], np.repeat(schools["Mi"], schools["m"])
    # Students whose mean and variance in each school are those printed: half of them above it, half below.
    sign = np.tile([1.0, -1.0], taken // 2)
    scores = np.concatenate(
        [
            mean + sign * np.sqrt(s2 * (taken - 1) / taken)
            for mean, s2 in zip(schools["math_mean"], schools["math_s2"], strict=True)
        ]
    )
    count = len(schools["Mi"])
    design = sizes / taken * schools["N"] / count, np.zeros(len(scores)), np.repeat(np.arange(count), taken)
    both = {"stratum_sizes": np.full(len(scores), schools["N"]), "cluster_sizes": sizes}
    total, error, _ = total_of_rows(scores, *design, **both)
    assert close(total, "est-lohr-schools", "total")
    assert close(error, "est-lohr-schools", "se_total")
    mean, error_of_mean, _ = ratio_of_rows(scores, np.ones(len(scores)), *design, **both)
    assert close(mean, "est-lohr-schools", "mean")
    assert close(error_of_mean, "est-lohr-schools", "se_mean")
    _, between, _ = total_of_rows(scores, *design, stratum_sizes=both["stratum_sizes"])
    assert round(100 * between**2 / error**2, 1) == CASES["est-lohr-schools"]["expected"]["between_pct"]


def test_sarndal_swensson_wretman_example_4_3_2() -> None:
    given = CASES["est-ssw-mu284"]["inputs"]
    y = np.ravel(given["y"])
    sizes = np.repeat(given["Ni"], given["m"])
    weights = sizes / given["m"] * given["N_psu"] / given["n_psu"]
    design = weights, np.zeros(len(y)), np.repeat(np.arange(given["n_psu"]), given["m"])
    both = {"stratum_sizes": np.full(len(y), given["N_psu"]), "cluster_sizes": sizes}
    total, error, _ = total_of_rows(y, *design, **both)
    assert close(total, "est-ssw-mu284", "total")
    assert close(error, "est-ssw-mu284", "se")
    mean, error_of_mean, _ = ratio_of_rows(y, np.ones(len(y)), *design, **both)
    assert close(mean, "est-ssw-mu284", "mean")
    assert close(error_of_mean, "est-ssw-mu284", "se_mean")


def test_r_survey_ratio_of_a_cluster_sample() -> None:
    columns, table = rows("apiclus1.json")
    ones = np.ones(len(columns["dnum"]))
    design = table["pw"] * ones, ones, columns["dnum"]
    sizes = table["fpc"] * ones
    ratio, error, _ = ratio_of_rows(columns["api_stu"], columns["enroll"], *design, stratum_sizes=sizes)
    assert close(ratio, "est-apiclus1-ratio", "ratio")
    assert close(error, "est-apiclus1-ratio", "se")
    mean, error_of_mean, _ = ratio_of_rows(columns["api00"], ones, *design, stratum_sizes=sizes)
    assert close(mean, "est-apiclus1-ratio", "mean_api00")
    # Printed to five digits, which is coarser than the case's relative tolerance.
    assert f"{error_of_mean:.3f}" == str(CASES["est-apiclus1-ratio"]["expected"]["se_mean"])


def test_r_survey_combined_ratio_of_a_stratified_sample() -> None:
    columns, _ = rows("apistrat.json")
    sizes, schools = columns["fpc"], np.arange(len(columns["fpc"]))
    taken = {name: np.sum(columns["stype"] == name) for name in ("E", "M", "H")}
    weights = sizes / np.array([taken[name] for name in columns["stype"]])
    design = weights, columns["stype"], schools
    ratio, error, df = ratio_of_rows(columns["api_stu"], columns["enroll"], *design, stratum_sizes=sizes)
    assert close(ratio, "est-apistrat-combined-ratio", "ratio")
    assert close(error, "est-apistrat-combined-ratio", "se_taylor")
    assert df == len(schools) - 3
    mean, error_of_mean, _ = ratio_of_rows(columns["api00"], np.ones(len(schools)), *design, stratum_sizes=sizes)
    assert f"{mean:.2f}" == str(CASES["est-apistrat-combined-ratio"]["expected"]["mean_api00"])
    assert close(error_of_mean, "est-apistrat-combined-ratio", "se_mean")


def test_sas_stratified_cluster_sample_of_ice_cream_spending() -> None:
    given = CASES["est-sas-icecream-cluster"]["inputs"]
    grade, group = np.array(given["grade"]), np.array(given["group"])
    sizes = np.array([given["groups_in_population"][str(g)] for g in grade])
    drawn = {g: len(set(group[grade == g])) for g in set(grade.tolist())}
    weights = sizes / np.array([drawn[g] for g in grade.tolist()])
    mean, error, df = ratio_of_rows(given["spending"], np.ones(len(grade)), weights, grade, group, stratum_sizes=sizes)
    assert close(mean, "est-sas-icecream-cluster", "mean")
    assert close(error, "est-sas-icecream-cluster", "se")
    assert df == sum(drawn.values()) - len(drawn)
