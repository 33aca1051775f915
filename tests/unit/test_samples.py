"""Rows, domains of tallies and fallible checks: what is refused, and laws that hold whatever the numbers."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom
from strategies import even_county, policies

from estimators.estimate import estimate
from estimators.freedom import Check, positives_law, smallest_survey, survey_sensitivity
from estimators.linearised import covariance_of_ratios, drawn_fraction, ratio_of_tally
from estimators.misclassification import Trial, binomial_variance, lang_reiczigel, rogan_gladen
from estimators.samples import Sample, Stage, contrast, in_domains, ratios, sample_of_observations, totals
from estimators.simple_phases import Sums, difference_mean, regression_mean, tenenbein
from estimators.subpopulations import subpopulation
from estimators.variance import taylor_covariance
from sampler.draws import Observations, Tally, draw, observe, tally
from sampler.errors import InputError
from sampler.plan import Plan


def refused(job: Any) -> list[tuple[str, dict[str, Any]]]:
    with pytest.raises(InputError) as caught:
        job()
    return [(mistake.code, dict(mistake.fields)) for mistake in caught.value.mistakes]


def clustered(**options: Any) -> Sample:
    stage = Stage(stratum=["a", "a", "a", "b", "b"], unit=[1, 1, 2, 1, 2], sizes=options.pop("sizes", None))
    return Sample(**{"weights": [1, 2, 3, 4, 5]} | options, stages=(stage,))


def test_weights_are_positive_numbers() -> None:
    found = refused(lambda: clustered(weights=[1, 0, np.nan, np.inf, 5]))
    assert [(code, fields["row"]) for code, fields in found] == [("weight_not_positive", row) for row in (1, 2, 3)]


def test_a_stratum_is_no_smaller_than_its_sample() -> None:
    found = refused(lambda: totals(clustered(sizes=[2, 2, 2, 1, 1]), np.ones(5)))
    assert found == [("sizes_below_drawn", {"row": row, "found": 1.0, "allowed": 2}) for row in (3, 4)]


def test_a_lonely_stratum_of_rows_is_named_and_an_empty_ratio_refused() -> None:
    alone = Sample(weights=[1, 1, 1], stages=(Stage(stratum=[0, 0, 1], unit=[1, 2, 3]),))
    assert refused(lambda: totals(alone, [1, 2, 3])) == [("lonely_stratum", {"stratum": 1})]
    assert refused(lambda: ratios(clustered(), np.ones(5), np.zeros(5)))[0][0] == "nothing_counted"


def test_contrasts_of_rows() -> None:
    y, x = np.array([1.0, 0, 2, 3, 1]), np.array([2.0, 1, 2, 3, 4])
    sample, domain = clustered(), np.array([0, 1, 0, 1, 0])
    apart = ratios(sample, in_domains(y, domain), in_domains(x, domain))
    weights = np.array([1.0, 2, 3, 4, 5])
    share = [float(weights[domain == d] @ x[domain == d]) for d in (0, 1)]
    whole = ratios(sample, y, x)
    # The whole is the mean of its domains, with weights that are estimated too: the value agrees, the error does not.
    together = contrast(apart, np.array(share) / sum(share))
    assert np.allclose(together.value, whole.value)
    assert together.df[0] == whole.df[0] == 2
    assert apart.df.tolist() == [1, 0]  # a domain counts the clusters and strata where it has a member
    same = contrast(apart, [[1, 0], [0, 1], [1, -1]], constant=np.array([0.0, 0.0, 1.0]))
    assert np.allclose(same.covariance[:2, :2], apart.covariance)
    assert np.isclose(same.value[2], 1 + apart.value[0] - apart.value[1])


def test_a_lonely_unit_taken_for_certain_has_its_rows_as_clusters() -> None:
    n = 4
    stages = (
        Stage(stratum=[0, 0, 0, 0], unit=np.zeros(n), sizes=np.full(n, 9)),
        Stage(stratum=np.zeros(n), unit=np.arange(n), sizes=np.full(n, 8)),
    )
    y = np.array([1.0, 2, 4, 9])
    found = totals(Sample(weights=np.full(n, 18.0), stages=stages, lonely="certainty"), y)
    assert np.isclose(found.covariance[0, 0], (1 - n / 8) * n * np.var(18 * y, ddof=1))


def test_three_stages() -> None:
    """Townships, villages, households, each drawn from more; SSW's recursion in loops."""
    rng = np.random.default_rng(5)
    places = [(t, v, k) for t in range(3) for v in range(2) for k in range(3)]
    y = rng.normal(size=len(places))
    sizes = (10, 7, 5)
    township, village, household = np.array(places).T
    stages = tuple(
        Stage(stratum=np.zeros(len(y)), unit=unit, sizes=np.full(len(y), size))
        for unit, size in zip((township, village, household), sizes, strict=True)
    )
    weight = 10 / 3 * 7 / 2 * 5 / 3
    found = totals(Sample(weights=np.full(len(y), weight), stages=stages), y)
    z = weight * y.reshape(3, 2, 3)
    shares = (3 / 10, 2 / 7, 3 / 5)
    expected = (1 - shares[0]) * 3 * np.var(z.sum(axis=(1, 2)), ddof=1)
    expected += shares[0] * (1 - shares[1]) * 2 * np.var(z.sum(axis=2), axis=1, ddof=1).sum()
    expected += shares[0] * shares[1] * (1 - shares[2]) * 3 * np.var(z, axis=2, ddof=1).sum()
    assert np.isclose(found.covariance[0, 0], expected, rtol=1e-12)


# --- tallies ---------------------------------------------------------------------------------------------


def observed(plan: Plan, seed: int = 3) -> Observations:
    frame = even_county(6, 4, households=8, persons=24)
    size = len(frame.household_persons)
    rng = np.random.default_rng(seed)
    wrong = (rng.random(size) < 0.3) * frame.household_persons * (frame.household_group != 1)
    return observe(draw(frame, plan, seed=seed, replicates=np.arange(2)), frame, wrong, rng.random(size) < 0.8)


PLAN = Plan(villages={"ordinary": 3, "remote": 2}, take={"exited": 3, "unregistered": 4, "remaining": 1})


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("two_stage", [False, True])
def test_rows_and_tallies_say_the_same(weighted: bool, two_stage: bool) -> None:
    seen = observed(PLAN)
    found = estimate(
        tally(seen),
        policies(),
        weighting="weighted" if weighted else "raw",
        variance="two_stage" if two_stage else "ultimate_cluster",
    )
    for replicate in range(2):
        sample, rows = sample_of_observations(seen, replicate=replicate, weighted=weighted, two_stage=two_stage)
        mine = seen.group[rows] == 0
        ours = ratios(sample, seen.wrong_persons[rows] * mine, seen.persons[rows] * mine)
        assert np.isclose(found["wrong_exit"].value[replicate], ours.value[0], rtol=1e-12)
        assert np.isclose(found["wrong_exit"].standard_error[replicate], ours.standard_error[0], rtol=1e-12)
        assert found["wrong_exit"].df[replicate] == ours.df[0]


def test_domains_of_a_tally_add_up() -> None:
    summed = tally(observed(PLAN))
    remote = np.arange(10) >= 6
    inside, outside = subpopulation(summed, villages=remote), subpopulation(summed, villages=~remote)
    assert np.array_equal(inside.totals() + outside.totals(), summed.totals())
    assert np.array_equal(inside.places, np.tile([False, False, False, True, True], (2, 1)))
    assert inside.weights() is not None
    assert np.array_equal(inside.weights()[:, 3:], summed.weights()[:, 3:])  # type: ignore[index]


def test_key_households_are_a_domain() -> None:
    key = Tally(
        villages=np.array([[0, 1]]),
        stratum=np.array([0, 0]),
        stratum_sizes=np.array([5]),
        parts=tally_parts(),
        block_sizes=np.full((1, 2, 6), 9),
        moments=np.arange(96).reshape(1, 2, 6, 8),
    )
    only = subpopulation(key, parts={"key"})
    assert np.all(only.moments[:, :, :3] == 0)
    assert np.array_equal(only.moments[:, :, 3:], key.moments[:, :, 3:])
    assert refused(lambda: subpopulation(key, parts={"kez"}))[0][1]["found"] == "kez"


def tally_parts() -> Any:
    from sampler.draws import ORDINARY, Part  # noqa: PLC0415

    return ORDINARY, Part(name="key")


def test_estimates_that_share_households_have_no_second_stage_in_a_tally() -> None:
    summed = tally(observed(PLAN))
    kernel = partial(taylor_covariance, stratum=summed.stratum, fraction=drawn_fraction(summed), variance="two_stage")
    exited = ratio_of_tally(summed, slice(0, 1), "persons", second_stage=True)
    approval = ratio_of_tally(summed, slice(0, 3), "approvals", second_stage=True)
    assert refused(lambda: covariance_of_ratios([exited, approval], kernel)) == [("second_stage_shared", {})]
    remote = np.arange(10) >= 6
    apart = [
        ratio_of_tally(subpopulation(summed, villages=inside), slice(0, 1), "persons", second_stage=True)
        for inside in (remote, ~remote)
    ]
    assert covariance_of_ratios(apart, kernel).shape == (2, 2, 2)


# --- fallible checks -------------------------------------------------------------------------------------


def test_too_few_positives_are_flagged_and_useless_checks_refused() -> None:
    rate = np.array([0.02])
    found = rogan_gladen(
        rate, binomial_variance(rate, np.array([100])), sensitivity=Trial(value=0.9), specificity=Trial(value=0.95)
    )
    assert found.outside[0]
    assert found.value[0] < 0
    useless = {"sensitivity": Trial(value=0.5, size=10), "specificity": Trial(value=0.5, size=10)}
    assert refused(lambda: rogan_gladen(rate, rate, **useless))[0][0] == "check_uninformative"
    known = {"sensitivity": Trial(value=0.9), "specificity": Trial(value=0.9)}
    assert refused(lambda: lang_reiczigel(rate, rate, **known, confidence=0.95))[0][0] == "outside_domain"


@pytest.mark.parametrize("truth", [0.0, 0.02, 0.1, 0.4])
def test_lang_and_reiczigel_cover(truth: float) -> None:
    # Exact coverage over all results of the sample (n = 200) and both trials (50 and 100).
    se, sp, n = 0.9, 0.95, 200
    x = np.arange(n + 1)
    positives = binom.pmf(x, n, truth * se + (1 - truth) * (1 - sp))
    covered = 0.0
    for k, chance in enumerate(binom.pmf(np.arange(51), 50, se)):
        for j, other in enumerate(binom.pmf(np.arange(101), 100, sp)):
            if chance * other < 1e-7:
                continue
            low, high = lang_reiczigel(
                x.astype(np.float64), np.full(n + 1, float(n)), sensitivity=Trial(value=k / 50, size=50),
                specificity=Trial(value=j / 100, size=100), confidence=0.95,
            )  # fmt: skip
            covered += chance * other * float(positives @ ((low <= truth) & (truth <= high)))
    assert covered > 0.94


def test_regression_and_difference_of_a_subsample() -> None:
    x, y = np.array([0.0, 1, 4, 2, 3]), np.array([0.0, 2, 3, 2, 5])
    sums = Sums(size=5, x=x.sum(), y=y.sum(), xx=x @ x, yy=y @ y, xy=x @ y)
    b = np.cov(x, y)[0, 1] / np.var(x, ddof=1)
    for make, slope in ((regression_mean, b), (difference_mean, 1.0)):
        found = make(sums, 2.5, phase1_size=50, population=400)
        assert np.isclose(found.value, y.mean() + slope * (2.5 - x.mean()))
        assert np.isclose(found.variance.first, (1 / 50 - 1 / 400) * np.var(y, ddof=1))
        assert np.isclose(found.variance.second, (1 / 5 - 1 / 50) * np.var(y - slope * x, ddof=1))
    same = Sums(size=3, x=6, y=1, xx=12, yy=1, xy=2)
    assert refused(lambda: regression_mean(same, 2.0, phase1_size=9))[0][0] == "nothing_counted"


def test_tenenbein_s_reliability_is_a_squared_correlation() -> None:
    found = tenenbein([300, 700], [30, 70], [24, 7])
    fallible, true = np.array([1, 1, 0, 0]), np.array([1, 0, 1, 0])
    weights = np.array([0.3 * 0.8, 0.3 * 0.2, 0.7 * 0.1, 0.7 * 0.9])
    a, b = fallible - weights @ fallible, true - weights @ true
    correlation = weights @ (a * b) / np.sqrt(weights @ a**2 * (weights @ b**2))
    assert np.isclose(found.reliability, correlation**2)
    assert np.isnan(tenenbein([300, 700], [30, 70], [0, 0]).reliability)
    assert refused(lambda: tenenbein([3, 7], [3, 0], [1, 0]))[0][0] == "nothing_counted"


def test_the_law_of_positives_over_all_samples() -> None:
    check, wrong = Check(sensitivity=0.7, specificity=0.9), {0, 1}
    law = np.zeros(4)
    samples = list(combinations(range(5), 3))
    for sample in samples:
        one = np.ones(1)
        for unit in sample:
            chance = check.sensitivity if unit in wrong else 1 - check.specificity
            one = np.convolve(one, [1 - chance, chance])
        law += one / len(samples)
    assert np.allclose(positives_law(5, 2, 3, check), law, rtol=1e-12)


def test_a_list_may_be_too_short_for_any_rule() -> None:
    wanted = {"design_rate": 0.1, "check": Check(sensitivity=0.5), "sensitivity": 0.99, "specificity": 0.9}
    assert smallest_survey(10, **wanted) is None
    assert survey_sensitivity(10, 10, design_rate=0.1, cut=1, check=Check(sensitivity=1.0)) == pytest.approx(1)
    assert refused(lambda: positives_law(5, 1, 6, Check(sensitivity=1.0)))[0][0] == "outside_domain"
