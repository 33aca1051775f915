"""Beliefs, the law of what a pre-check finds, and averaged chances: against fractions, quadrature and listing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from math import comb, factorial

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, norm

from sampler.fieldwork import Fieldwork
from scenarios import load
from scenarios.files.calibrations import load_published
from scenarios.questions.assurance import Assurance, Provincial, assurance
from scenarios.questions.belief import Belief, beta_binomial
from scenarios.questions.calibrate import Counties, Frailty, Published, calibrate, tables_of
from scenarios.questions.curve import Curve, curve
from scenarios.questions.finding_law import finding_law
from scenarios.questions.precheck import PreCheck, precheck
from scenarios.scenario import Axis

LEVELS = tuple(map(Decimal, ("0", "0.005", "0.01", "0.015", "0.02", "0.03", "0.04")))


def rising(a: Fraction, n: int) -> Fraction:
    product = Fraction(1)
    for i in range(n):
        product *= a + i
    return product


@pytest.mark.parametrize(("units", "a", "b"), [(0, "1/2", "1/2"), (7, "1/2", "5/2"), (25, "3/4", "40")])
def test_the_beta_binomial_law_in_fractions(units: int, a: str, b: str) -> None:
    one, other = Fraction(a), Fraction(b)
    law = beta_binomial(units, float(one), float(other))
    for d in range(units + 1):
        exact = comb(units, d) * rising(one, d) * rising(other, units - d) / rising(one + other, units)
        assert law[d] == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "low", "high"), [(0.5, 20.5, 0.0, 1.0), (1.5, 300.0, 0.0, 0.02), (3.0, 80.0, 0.01, 0.2)]
)
def test_a_belief_by_quadrature(a: float, b: float, low: float, high: float) -> None:
    belief = Belief(a=a, b=b, low=low, high=high)

    def integral(upper: float, power: int = 0) -> float:
        # With x = y^2 the density has no pole at 0.
        return quad(lambda y: y ** (2 * power) * beta.pdf(y * y, a, b) * 2 * y, low**0.5, upper**0.5, limit=400)[0]

    whole = integral(high)
    assert belief.mean == pytest.approx(integral(high, 1) / whole, rel=1e-7)
    for level in (low + 0.3 * (high - low), low + 0.7 * (high - low)):
        assert belief.above(level) == pytest.approx(1 - integral(level) / whole, abs=1e-7)
    upper = belief.upper(0.95)
    assert integral(upper) / whole == pytest.approx(0.95, abs=1e-7)


def test_a_belief_about_the_county_s_own_rate_counts_the_units_left() -> None:
    belief = Belief(a=0.5, b=12.5, wrong=2, checked=10, units=30)
    law = {
        Fraction(2 + d, 30): float(
            comb(20, d) * rising(Fraction(1, 2), d) * rising(Fraction(25, 2), 20 - d) / rising(Fraction(13), 20)
        )
        for d in range(21)
    }
    assert sum(law.values()) == pytest.approx(1)
    assert belief.mean == pytest.approx(sum(float(rate) * p for rate, p in law.items()), rel=1e-12)
    assert belief.above(0.1) == pytest.approx(sum(p for rate, p in law.items() if rate > Fraction(1, 10)), rel=1e-10)
    whole, level = 0.0, belief.upper(0.95)
    for rate, p in sorted(law.items()):
        whole += p
        if whole >= 0.95:
            assert level == pytest.approx(float(rate))
            break


# --- what a pre-check finds -------------------------------------------------------------------------


def test_what_a_pre_check_finds_by_listing_villages() -> None:
    """Six villages of three propensities, four of them drawn: binomials integrated by quadrature, samples listed."""
    example = load("example")
    truth = replace(example.truth, icc=Decimal("0.1"), whole_wrong_exit=Decimal(1))  # type: ignore[type-var]
    keep = np.array([0, 1, 2, 200, 201, 256])
    frame = example.frame
    from sampler.frame import frame_from_counts  # noqa: PLC0415

    small = frame_from_counts(
        name="six",
        codes=[str(i) for i in range(6)],
        villages=[str(i) for i in range(6)],
        townships=["T"] * 6,
        remote=[False, False, False, True, True, True],
        group_households=frame.group_households[keep],
        group_persons=frame.group_persons[keep],
    )
    plan = replace(example.plan, villages={"ordinary": 1, "remote": 1})  # type: ignore[type-var]
    scenario = replace(example, frame=small, truth=truth, plan=plan)
    check = PreCheck(households=11, per_village=3, sensitivity=Decimal("0.8"))  # three villages of 3, one of 2
    level, most = 0.03, 4
    found = finding_law(scenario, ("wrong_exit",), check, np.array([level]), most)[0]
    households = small.group_households[:, 0]
    persons, multiplier = small.group_persons[:, 0], np.where(small.remote, 2.0, 1.0)
    relative = multiplier * persons.sum() / (multiplier * persons).sum()

    @lru_cache
    def village(v: int, seen: int) -> tuple[float, ...]:
        mean = level * relative[v]
        concentration = (1 - 0.1) / 0.1
        law = beta(mean * concentration, (1 - mean) * concentration)

        def term(k: int) -> float:
            def at(z: float) -> float:
                p = 0.8 * law.ppf(norm.cdf(z))
                return float(comb(seen, k) * p**k * (1 - p) ** (seen - k) * norm.pdf(z))

            return quad(at, -8, 8, limit=200)[0]

        return tuple(term(k) for k in range(seen + 1))

    expected, ways = np.zeros(most + 1), 0
    for sample in combinations(range(6), 4):
        for last in sample:  # the village with the households left over is any of them
            law = np.ones(1)
            for v in sample:
                law = np.convolve(law, village(v, min(int(households[v]), 2 if v == last else 3)))
            expected[: min(most + 1, len(law))] += law[: most + 1]
            ways += 1
    assert found == pytest.approx(expected / ways, abs=2e-6)


# --- averaged chances -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answered() -> Curve:
    example = load("example")
    grid = (Axis(keys=("wrong_exit",), values=LEVELS),)
    truth = replace(example.truth, missed=Decimal(0))  # type: ignore[type-var]
    return curve(replace(example, truth=truth, grid=grid, averaged=False), engine="exact")


def assured(answered: Curve, **stated: Decimal) -> Assurance:
    return assurance(answered, Provincial(wrong=3, checked=900, design_effect=Decimal("4.5"), **stated))


def test_the_averaged_chance_is_the_sum_over_the_county_s_rates(answered: Curve) -> None:
    """By the law of every possible number of wrong persons, on straight lines between many levels."""
    found = assured(answered)
    persons = int(answered.scenario.frame.group_persons[:, 0].sum())
    weight = 1 / 4.5
    law = beta_binomial(persons - 900, 0.5 + 3 * weight, 0.5 + 897 * weight)
    rates = (3 + np.arange(len(law))) / persons
    levels = [float(level) for level in LEVELS]
    chances = [chance.fails["wrong_exit"] for chance in answered.chances]
    straight = float(law @ np.interp(rates, levels, chances))  # type: ignore[arg-type]
    told = found.answer.fails["wrong_exit"]
    # Straight lines between the grid's levels miss a bent curve by about what halving its step changes, and more.
    assert abs(told.chance - straight) <= 4 * told.interpolation + 0.02
    assert told.engine == "exact"
    assert told.standard_error == 0
    assert found.answer.mean == pytest.approx(float(law @ rates), rel=1e-9)
    assert found.answer.above == pytest.approx(float(law[rates > 0.02].sum()), abs=1e-9)


def test_less_weight_leaves_more_doubt(answered: Curve) -> None:
    full, half = assured(answered), assured(answered, discount=Decimal("0.5"))
    assert half.answer.upper > full.answer.upper
    assert half.answer.discount == Decimal("0.5")
    assert {each.discount for each in half.others} == {Decimal("0.2"), Decimal(1)}


def test_a_clean_pre_check_lowers_the_chance_and_a_bad_one_raises_it(answered: Curve) -> None:
    found = precheck(answered, PreCheck(households=300))
    chances = [outcome.after.fails["wrong_exit"].chance for outcome in found.outcomes]
    assert chances == sorted(chances)
    before = found.before.fails["wrong_exit"].chance
    assert chances[0] < before
    # The chance before is the average of those after, over what may be found: those shown are a part of it.
    shown = sum(outcome.chance * after for outcome, after in zip(found.outcomes, chances, strict=True))
    rest = 1 - sum(outcome.chance for outcome in found.outcomes)
    assert shown <= before <= shown + rest
    sizes = [outcome.after.fails["wrong_exit"].chance for outcome in found.sizes]
    assert sizes == sorted(sizes, reverse=True)


def test_households_that_are_never_recognised_teach_less(answered: Curve) -> None:
    sure, unsure = (
        precheck(answered, PreCheck(households=200, found=0, sensitivity=Decimal(text))).outcomes[0].after.mean
        for text in ("1", "0.3")
    )
    assert sure < unsure
    assert Fieldwork().perfect  # the pre-check's own sensitivity is not the inspection's


# --- calibration ------------------------------------------------------------------------------------


def test_every_table_that_rounds_is_listed() -> None:
    published = replace(load_published("national-2017"), counties=40, rounding=Decimal("0.05"))
    found = {(t.neither, t.missed_only, t.wrong_exit_only, t.both) for t in tables_of(published)}
    expected = set()
    for neither in range(41):
        for missed_only in range(41 - neither):
            for wrong_exit_only in range(41 - neither - missed_only):
                table = Counties(
                    neither=neither,
                    missed_only=missed_only,
                    wrong_exit_only=wrong_exit_only,
                    both=40 - neither - missed_only - wrong_exit_only,
                )
                stated = (published.no_wrong_exit, published.no_missed, published.neither)
                if all(
                    abs(Decimal(count) / 40 - share) <= Decimal("0.025")
                    for count, share in zip(table.none_found, stated, strict=True)
                ):
                    expected.add((neither, missed_only, wrong_exit_only, table.both))
    assert found == expected
    assert len(found) > 3


def test_the_fitted_frailty_gives_the_table_back() -> None:
    found = calibrate(load_published("national-2018"), replicates=100)
    k, means = found.frailty.shape, found.frailty.means

    def none(rate: float) -> float:
        """Integrate exp(-rate g) over the gamma law of g, of mean 1 and shape k."""
        return quad(lambda x: np.exp(-rate * x**4) * gamma_density(x**4, k) * 4 * x**3, 0, 4, limit=500)[0]

    table = found.table
    assert none(means["wrong_exit"]) == pytest.approx(245 / 283, abs=1e-6)
    assert none(means["missed"]) == pytest.approx(256 / 283, abs=1e-6)
    assert none(means["wrong_exit"] + means["missed"]) == pytest.approx(230 / 283, abs=1e-6)
    assert table.counties == 283


def gamma_density(g: float, k: float) -> float:
    from scipy.stats import gamma  # noqa: PLC0415

    return float(gamma.pdf(g, k, scale=1 / k)) if g > 0 else 0.0


def test_counties_that_are_all_alike_are_poisson() -> None:
    alike = Frailty(shape=float("inf"), means={"wrong_exit": 2.0})
    expected = 1 - sum(np.exp(-2.0) * 2.0**k / factorial(k) for k in range(4))
    assert alike.at_least("wrong_exit", 4) == pytest.approx(expected, rel=1e-12)
    nearly = Frailty(shape=1e7, means={"wrong_exit": 2.0})
    assert nearly.at_least("wrong_exit", 4) == pytest.approx(expected, rel=1e-5)


def test_the_bootstrap_is_seeded() -> None:
    published: Published = load_published("national-2018")
    one, same, other = (calibrate(published, seed=seed, replicates=200).shapes for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
