"""R's svyciprop on the same samples, to 1e-9: the package's schools, and the example county with few and no events.

Where we differ on purpose the test says how and by what: R's likelihood limits are read from a spline and take the
dispersion twice, its arcsine limits fold back at 0 and 1, and without an event it has no limits at all.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from strategies import policies

from estimators.estimate import Estimate, estimate
from estimators.interval import Summary
from estimators.intervals import INTERVALS
from estimators.intervals.arcsine import angles
from estimators.ratio import ratio_of_rows
from sampler.draws import Observations, tally
from sampler.frame import EXITED

DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "interval_limits.json").read_text("utf-8"))["cases"]
SCHOOLS = [case for case in CASES if case["data"].startswith("api")]
COUNTY = [case for case in CASES if not case["data"].startswith("api")]
# Ours, and svyciprop's methods that are the same formula.
SAME = {"korn_graubard_r": "beta", "logit": "xlogit", "wald": "mean"}


def some(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [case for case in cases if 0 < case["p"] < 1]


def called(case: dict[str, Any]) -> str:
    return " ".join(str(case[key]) for key in ("data", "outcome", "weighting", "level"))


def close(found: Any, expected: Any, rel: float = 1e-9) -> bool:
    return bool(np.allclose(np.ravel(found), np.ravel(expected), rtol=rel, atol=0))


@cache
def columns(name: str) -> dict[str, np.ndarray]:
    table = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    found = dict(zip(table["columns"], map(np.array, zip(*table["rows"], strict=True)), strict=True))
    if name == "apiclus1":
        ones = np.ones(len(table["rows"]))
        return {**found, "weight": table["pw"] * ones, "fpc": table["fpc"] * ones, "stratum": ones}
    _, stratum, taken = np.unique(found["stype"], return_inverse=True, return_counts=True)
    return {**found, "stratum": stratum, "dnum": np.arange(len(stratum)), "weight": found["fpc"] / taken[stratum]}


def summary(case: dict[str, Any], **changed: Any) -> Summary:
    """Return the summary of a school sample, by our own kernel."""
    data = columns(case["data"])
    name, sign, number = case["outcome"].split()
    event = {"==": np.equal, ">": np.greater, "<": np.less}[sign](data[name], float(number))
    design = data["weight"], data["stratum"], data["dnum"]
    value, error, df = ratio_of_rows(event, np.ones(len(event)), *design, stratum_sizes=data["fpc"])
    one = np.ones(1)
    given = {"value": value * one, "standard_error": error * one, "size": len(event) * one, "floor": one}
    given |= {"households": one, "events": event.sum() * one, "icc": 0 * one, "fpc": 1.0, "df": df}
    return Summary(**{**given, "confidence": case["level"], **changed})


@cache
def estimates(data: str, weighting: Any, interval: str, level: float) -> Estimate:
    """Return the wrong-exit rate of a county sample, by the way a real inspection takes."""
    table = json.loads((DATA / "interval_samples.json").read_text("utf-8"))
    rows = np.array(table["samples"][data]["rows"])
    read = dict(zip(table["columns"], rows.T, strict=True))
    slots, first = np.unique(read["village"], return_index=True)
    stratum = read["stratum"][first]
    blocks = np.zeros((1, len(slots), 3), dtype=np.int64)
    blocks[0, :, EXITED] = read["block_households"][first]
    sizes = [int(read["stratum_villages"][read["stratum"] == h][0]) for h in range(stratum.max() + 1)]
    nothing = np.zeros(len(rows), dtype=np.int64)
    seen = Observations(
        villages=slots[None],
        stratum=stratum,
        stratum_sizes=np.array(sizes),
        block_sizes=blocks,
        replicate=nothing,
        slot=read["village"],
        block=nothing + EXITED,
        persons=read["persons"],
        wrong_persons=read["wrong_persons"],
        approves=nothing == 0,
    )
    found = estimate(
        tally(seen), policies(), criteria=["wrong_exit"], weighting=weighting, interval=interval, confidence=level
    )
    return found["wrong_exit"]


def limits(case: dict[str, Any], interval: str) -> list[float]:
    one = estimates(case["data"], case["weighting"], interval, case["level"])
    return [float(one.low[0]), float(one.high[0])]


# --- the package's schools ------------------------------------------------------------------------


@pytest.mark.parametrize("case", SCHOOLS, ids=called)
def test_the_estimate_is_that_of_r(case: dict[str, Any]) -> None:
    found = summary(case)
    assert close(found.value, case["p"])
    assert close(found.standard_error, case["se"])
    assert found.df == case["df"]


@pytest.mark.parametrize("ours", SAME)
@pytest.mark.parametrize("case", some(SCHOOLS), ids=called)
def test_schools(case: dict[str, Any], ours: str) -> None:
    assert close(INTERVALS[ours](summary(case)), case["limits"][SAME[ours]])


@pytest.mark.parametrize("case", some(CASES), ids=called)
def test_r_has_one_logit_interval_by_two_ways(case: dict[str, Any]) -> None:
    # Iterated to the end "logit" is "xlogit"; as it stands it stops a little earlier.
    assert close(case["logit_converged"], case["limits"]["xlogit"])
    assert close(case["limits"]["logit"], case["limits"]["xlogit"], rel=1e-6)


@pytest.mark.parametrize("case", some(SCHOOLS), ids=called)
def test_arcsine_where_r_does_not_fold_back(case: dict[str, Any]) -> None:
    found = summary(case)
    low, high = case["uncut_angles"]
    assert close(angles(found), [low, high])
    # R takes the sine of any angle: of a negative one it is a positive lower limit.
    assert close(np.sin([low, high]) ** 2, case["limits"]["asin"])
    ours = np.ravel(INTERVALS["arcsine"](found))
    assert close(ours, np.where([low < 0, high > np.pi / 2], [0, 1], case["limits"]["asin"]))


def test_an_angle_is_negative_and_r_folds_it_back() -> None:
    folded = [case for case in some(CASES) if case["uncut_angles"][0] < 0]
    assert {case["outcome"] for case in folded} == {"ell == 0"}
    assert all(case["limits"]["asin"][0] > 0 for case in folded)


@pytest.mark.parametrize("case", some(SCHOOLS), ids=called)
def test_likelihood_is_the_root_of_r_s_own_deviance(case: dict[str, Any]) -> None:
    # R's deviance is divided by the dispersion n / (n - 1), which the linearised variance holds already.
    assert case["dispersion"] == pytest.approx(case["n"] / (case["n"] - 1), rel=1e-9)
    twice = summary(case, standard_error=np.array([case["se"] * np.sqrt(case["dispersion"])]))
    assert close(INTERVALS["likelihood"](twice), case["likelihood_root"])
    assert close(case["limits"]["likelihood"], case["likelihood_root"], rel=0.03)  # the spline
    assert close(INTERVALS["likelihood"](summary(case)), case["likelihood_root"], rel=0.03)


# --- the example county ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", COUNTY, ids=called)
def test_the_county_s_estimate_is_that_of_r(case: dict[str, Any]) -> None:
    found = estimates(case["data"], case["weighting"], "wald", case["level"])
    assert close(found.value, case["p"])
    assert close(found.standard_error, case["se"])
    assert found.df == case["df"]


@pytest.mark.parametrize("ours", SAME)
@pytest.mark.parametrize("case", some(COUNTY), ids=called)
def test_county(case: dict[str, Any], ours: str) -> None:
    # The estimate cuts Wald's limits at 0 and 1.
    assert close(limits(case, ours), np.clip(case["limits"][SAME[ours]], 0, 1))


@pytest.mark.parametrize("case", some(COUNTY), ids=called)
def test_county_by_arcsine_and_likelihood(case: dict[str, Any]) -> None:
    assert close(limits(case, "arcsine"), case["limits"]["asin"])
    assert close(limits(case, "likelihood"), case["likelihood_root"], rel=2 / case["n"])
    assert close(case["limits"]["likelihood"], case["likelihood_root"], rel=0.03)


def test_without_an_event_r_has_no_limits_and_ours_have() -> None:
    none = [case for case in CASES if case["p"] == 0]
    assert {case["data"] for case in none} == {"none", "apistrat"}
    for case in none:
        assert case["limits"]["mean"] == [0, 0]
        # What "logit" prints is where its iterations gave up.
        assert max(case["limits"]["logit"]) < 1e-11
        assert all(case["limits"][method] is None for method in ("likelihood", "asin", "beta", "xlogit"))
        for name in INTERVALS:
            low, high = limits(case, name) if case in COUNTY else np.ravel(INTERVALS[name](summary(case)))
            assert low == 0
            assert (high > 0.5 / case["n"]) == (name != "wald")
