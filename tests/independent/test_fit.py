"""The fitted error model: against plain loops, statsmodels' own correlation, and models whose parameters are known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from scipy.stats import binom, norm
from statsmodels.genmod.cov_struct import Exchangeable
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE
from strategies import even_county

from sampler.draws import Observations
from sampler.error_model import ErrorModel, nested_populations
from sampler.errors import InputError
from sampler.frame import Bools
from scenarios.questions import fit as room
from scenarios.questions.fit import Fitted, fit, moment_icc

LEVELS = {name: Fitted(value=0.01) for name in ("wrong_exit", "missed", "approval")}


def naive_icc(wrong: np.ndarray, cluster: np.ndarray, cell: np.ndarray) -> float:
    """Return the average product of standardised residuals over all pairs of a cluster."""
    means = {c: wrong[cell == c].mean() for c in np.unique(cell)}
    products, pairs = 0.0, 0
    for one in np.unique(cluster):
        rows = np.flatnonzero(cluster == one)
        mean = means[cell[rows[0]]]
        if mean in (0, 1):
            continue
        for i in rows:
            for j in rows:
                if i != j:
                    products += (wrong[i] - mean) * (wrong[j] - mean) / (mean * (1 - mean))
                    pairs += 1
    return products / pairs


@pytest.mark.parametrize("seed", range(20))
def test_the_correlation_of_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, size=12)
    cluster = np.repeat(np.arange(12), sizes)
    cell_of = rng.integers(0, 3, size=12)
    wrong = (rng.random(len(cluster)) < rng.choice([0.1, 0.4], size=12)[cluster]).astype(float)
    counts = np.bincount(cluster, weights=wrong, minlength=12)
    found = moment_icc(counts[None], sizes, cell_of)[0]
    assert found == pytest.approx(naive_icc(wrong, cluster, cell_of[cluster]), rel=1e-12)
    # A village drawn twice is two villages.
    times = rng.integers(0, 3, size=12)
    again = np.concatenate([np.flatnonzero(cluster == c) for c in np.repeat(np.arange(12), times)])
    names = np.repeat(np.arange(times.sum()), sizes[np.repeat(np.arange(12), times)])
    expected = naive_icc(wrong[again], names, cell_of[cluster][again])
    drawn = moment_icc((times * counts)[None], sizes, cell_of, times=times[None].astype(float))[0]
    assert drawn == pytest.approx(expected, rel=1e-12)


def test_the_correlation_is_that_of_gee() -> None:
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(80), 15)
    wrong = (rng.random(len(cluster)) < rng.beta(0.5, 9.5, size=80)[cluster]).astype(float)
    model = GEE(wrong, np.ones((len(wrong), 1)), groups=cluster, family=Binomial(), cov_struct=Exchangeable())
    model.fit()
    counts = np.bincount(cluster, weights=wrong)
    found = moment_icc(counts[None], np.full(80, 15), np.zeros(80, dtype=np.int64))[0]
    # They differ by GEE's degrees of freedom: one mean of 1,200 values and 8,400 pairs.
    assert found == pytest.approx(float(model.cov_struct.dep_params), rel=2e-3)


def visited(model: ErrorModel, number: int, villages: int = 150, each: int = 30) -> tuple[Observations, Bools]:
    """Return a visit of every household of a county of equal villages, a third of them remote."""
    remote = villages // 3
    frame = even_county(villages - remote, remote, households=each, persons=3 * each)
    truth = nested_populations(frame, [model], seed=11, replicate=number).population(0)
    rows = np.arange(len(truth.wrong_persons))
    seen = Observations(
        villages=np.arange(villages)[None],
        stratum=frame.remote.astype(np.int64),
        stratum_sizes=np.array([villages - remote, remote]),
        block_sizes=frame.group_households[None],
        replicate=np.zeros(len(rows), dtype=np.int64),
        slot=frame.household_village,
        block=frame.household_group,
        persons=frame.household_persons,
        wrong_persons=truth.wrong_persons,
        approves=truth.approves,
    )
    return seen, frame.remote


def test_a_known_model_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "REPLICATES", 20)  # the intervals are looked at below
    model = ErrorModel(
        wrong_exit=Decimal("0.06"),
        missed=Decimal("0.04"),
        icc=Decimal("0.08"),
        remote_multiplier=Decimal(3),
        whole_wrong_exit=Decimal("0.8"),
        whole_missed=Decimal("0.4"),
        totals="expected",
    )
    found = [
        fit(*visited(model, number), LEVELS, weighted=True, rng=np.random.default_rng(number)) for number in range(60)
    ]
    told = {
        "icc": [each.icc.value for each in found],
        "log multiplier": [np.log(each.remote_multiplier.value) for each in found],  # type: ignore[arg-type]
        "whole wrong exit": [each.whole["wrong_exit"].value for each in found],
        "whole missed": [each.whole["missed"].value for each in found],
    }
    true = {"icc": 0.08, "log multiplier": np.log(3), "whole wrong exit": 0.8, "whole missed": 0.4}
    for name, values in told.items():
        mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))  # type: ignore[arg-type]
        assert abs(mean - true[name]) < norm.isf(0.5e-6 / len(told)) * error, name
    # A correlation from 300 clusters and a ratio of two sums err by a part in so many: far inside the bound above.


def test_intervals_hold_what_they_estimate() -> None:
    model = ErrorModel(
        wrong_exit=Decimal("0.06"), missed=Decimal("0.06"), icc=Decimal("0.05"), remote_multiplier=Decimal(2)
    )
    held = {"icc": 0, "multiplier": 0}
    samples = 60
    for number in range(samples):
        found = fit(*visited(model, number, 60, 20), LEVELS, weighted=True, rng=np.random.default_rng(number))
        held["icc"] += found.icc.low <= 0.05 <= found.icc.high  # type: ignore[operator]
        held["multiplier"] += found.remote_multiplier.low <= 2 <= found.remote_multiplier.high  # type: ignore[operator]
    # Percentile intervals of a correlation are known to be short; what is told must not be far from 95%.
    for name, count in held.items():
        assert binom.cdf(count, samples, 0.88) > 0.5e-3, (name, count)


def test_what_too_few_errors_say_nothing_of() -> None:
    nobody = ErrorModel(wrong_exit=Decimal(0), missed=Decimal(0))
    found = fit(*visited(nobody, 0, 9, 4), LEVELS, weighted=False, rng=np.random.default_rng(1))
    assert found.icc == found.remote_multiplier == Fitted(value=None, reason="few_errors")
    assert all(each.reason == "few_errors" for each in found.whole.values())
    seen, remote = visited(ErrorModel(wrong_exit=Decimal("0.3"), missed=Decimal("0.3")), 0, 9, 4)
    found = fit(seen, np.zeros_like(remote), LEVELS, weighted=False, rng=np.random.default_rng(1))
    assert found.remote_multiplier.reason == "one_kind_of_village"
    assert found.icc.value is not None
    alone = replace_rows(seen, np.unique(seen.slot * 3 + seen.group, return_index=True)[1])
    found = fit(alone, remote, LEVELS, weighted=False, rng=np.random.default_rng(1))
    assert found.icc.reason in ("one_household_a_village", "few_errors")
    with pytest.raises(InputError, match="fit_needs_households"):
        fit(
            replace_rows(seen, np.array([], dtype=np.int64)),
            remote,
            LEVELS,
            weighted=False,
            rng=np.random.default_rng(1),
        )


def replace_rows(seen: Observations, rows: np.ndarray) -> Observations:
    columns = ("replicate", "slot", "block", "persons", "wrong_persons", "approves")
    return replace(seen, **{name: getattr(seen, name)[rows] for name in columns})
