"""Beliefs about the error level and the calibration, against published and worked figures."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from scenarios.files.calibrations import load_published
from scenarios.questions.assurance import Provincial, belief_of
from scenarios.questions.belief import Belief, beta_binomial
from scenarios.questions.calibrate import calibrate

CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in json.loads((Path(__file__).parent / "data" / "published_assurance.json").read_text("utf-8"))["cases"]
}
WORKED = ("mean", "upper", "above")


def test_lee_and_liu_s_predictive_probability() -> None:
    """The chance that a trial of 40 ends with P(p > p0) > theta, after 16 of 23 responded."""
    case = CASES["assurance-lee-liu"]
    given = case["inputs"]
    a, b = given["prior"][0] + given["x"], given["prior"][1] + given["n"] - given["x"]
    rest = given["nmax"] - given["n"]
    law = beta_binomial(rest, a, b)
    ends = [Belief(a=a + y, b=b + rest - y).above(given["p0"]) > given["theta"] for y in range(rest + 1)]
    assert float(law[ends].sum()) == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("name", ["provincial-4.7", "provincial-3.5", "provincial-1"])
def test_one_wrong_person_among_1500(name: str) -> None:
    case = CASES[name]
    given = case["inputs"]
    belief = belief_of(
        Provincial(wrong=given["wrong"], checked=given["checked"], design_effect=Decimal(given["design_effect"]))
    )
    told = {"mean": belief.mean, "upper": belief.upper(0.95), "above": belief.above(0.02)}
    for key in WORKED:
        if key in case["expected"]:
            # As printed: two digits, and one for the small chance.
            assert told[key] == pytest.approx(case["expected"][key], abs=5e-5)


def test_the_outcomes_of_2018() -> None:
    """245, 256 and 230 of 283 counties; odds ratio 7.1; k = .270, means .191, .121; 4e-6, and 5e-4 at the low end."""
    found = calibrate(load_published("national-2018"))
    assert found.table.none_found == (245, 256, 230)
    assert found.tables == 1
    assert found.table.odds_ratio == pytest.approx(7.1, abs=0.05)
    assert found.table.independent == pytest.approx(0.783, abs=5e-4)
    assert found.frailty.shape == pytest.approx(0.270, abs=5e-4)
    assert found.frailty.means["wrong_exit"] == pytest.approx(0.191, abs=5e-4)
    assert found.frailty.means["missed"] == pytest.approx(0.121, abs=5e-4)
    assert found.failing == 11
    assert found.failing_chance() == pytest.approx(4e-6, abs=5e-7)
    assert found.failing_chance(0.13) == pytest.approx(5e-4, abs=1e-4)


def test_the_outcomes_of_2017() -> None:
    """Shares in tenths of a county fit k = 3.1, means .28 and .16; whole counties another k: rounding decides."""
    found = calibrate(load_published("national-2017"))
    assert found.of_shares.shape == pytest.approx(3.1, abs=0.05)
    assert found.of_shares.means["wrong_exit"] == pytest.approx(0.28, abs=5e-3)
    assert found.of_shares.means["missed"] == pytest.approx(0.16, abs=5e-3)
    assert found.frailty.shape != pytest.approx(3.1, abs=0.3)
