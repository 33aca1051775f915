"""What stands around the chance of failing, against enumeration, quadrature, plain counting and separate answers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from choucha_command import write_scenario
from scipy.integrate import quad
from scipy.stats import beta, norm
from tiny_counties import write_tiny_county

from sampler.draws import MOMENTS
from sampler.errors import InputError
from sampler.fieldwork import Fieldwork
from sampler.inspection import tallies
from scenarios.engines import auto, exact, model
from scenarios.engines.chance import QUESTIONS
from scenarios.files.scenario_file import load_scenario
from scenarios.questions import error_counts as counting
from scenarios.questions import paired as pairing
from scenarios.questions import sensitivity as hanging
from scenarios.questions import spread as spreading
from scenarios.questions.county_drawn import CountyDraw, chance_county_drawn
from scenarios.questions.curve import curve
from scenarios.questions.error_counts import error_counts
from scenarios.questions.paired import common_levels, paired
from scenarios.questions.precheck import grid_belief
from scenarios.questions.predictive import predictive, truly_beyond
from scenarios.questions.put_right import put_right_households
from scenarios.questions.quality import quality, require_qualities
from scenarios.questions.sensitivity import sensitivity
from scenarios.questions.spread import SHARES, spreads
from scenarios.scenario import GivenTruth, Scenario, populations

LEVEL = {"wrong_exit": Decimal("0.05"), "missed": Decimal("0.05")}


@pytest.fixture
def eight(tmp_path: Path) -> Scenario:
    """Return the county of eight villages, about one population."""
    return replace(load_scenario(str(write_scenario(tmp_path))).scenario, averaged=False)


# --- the county drawn -------------------------------------------------------------------------------


@pytest.mark.parametrize(("sizes", "drawn"), [((3, 2), 2), ((3, 2), 3), ((1, 4, 2), 5), ((2, 2, 3), 7)])
def test_county_drawn_by_listing_every_draw(sizes: tuple[int, ...], drawn: int) -> None:
    counties = [(p, i) for p, size in enumerate(sizes) for i in range(size)]
    draw = CountyDraw(drawn=drawn, counties=len(counties), provinces=len(sizes), sources={})
    chances = dict.fromkeys(counties, Fraction(0))
    firsts = list(product(*([(p, i) for i in range(size)] for p, size in enumerate(sizes))))
    for first in firsts:
        rest = [county for county in counties if county not in first]
        others = list(combinations(rest, drawn - len(sizes)))
        for more in others:
            for county in (*first, *more):
                chances[county] += Fraction(1, len(firsts) * len(others))
    assert sum(chances.values()) == drawn
    for (province, _), chance in chances.items():
        assert chance_county_drawn(draw, sizes[province]) == chance


@pytest.mark.parametrize("own", [0, 263])
def test_a_province_that_cannot_be_is_refused(own: int) -> None:
    with pytest.raises(InputError):
        chance_county_drawn(CountyDraw(drawn=60, counties=283, provinces=22, sources={}), own)


# --- both sides' risks --------------------------------------------------------------------------------


def test_risks_are_the_chances_at_their_levels(eight: Scenario) -> None:
    asked = curve(eight, engine="exact")
    (point,) = quality(asked, Decimal("0.02"), Decimal("0.08")).points
    for level, found in (("0.02", point.good), ("0.08", point.bad)):
        cell = eight.at(dict.fromkeys(LEVEL, Decimal(level)))
        (truth,) = populations([cell])
        for criterion in ("wrong_exit", "missed", "approval"):
            assert found.fails[criterion] == exact.ratio_chance(cell, truth, criterion).fails


@pytest.mark.parametrize(("prq", "crq"), [("0.02", "0.02"), ("0.03", "0.02"), ("0.02", None), (None, "0.02")])
def test_risk_points_in_the_wrong_order_are_refused(prq: str | None, crq: str | None) -> None:
    with pytest.raises(InputError):
        require_qualities(("wrong_exit",), *(None if each is None else Decimal(each) for each in (prq, crq)))


# --- predictive values --------------------------------------------------------------------------------


def test_predictive_values_by_quadrature(eight: Scenario) -> None:
    asked = curve(eight, engine="exact")
    found = predictive(asked)
    belief = grid_belief(asked)
    from scenarios.questions.chance_of_levels import chance_of_levels  # noqa: PLC0415

    chances = chance_of_levels(asked)
    whole = beta.cdf(belief.high, belief.a, belief.b)

    def mass(question: str, low: float, high: float) -> float:
        # With x = y^2 the density has no pole at 0.
        def density(y: float) -> float:
            fails = float(chances.at(question, np.array([y * y]))[0])
            return fails * beta.pdf(y * y, belief.a, belief.b) * 2 * y

        return quad(density, sqrt(low), sqrt(high), limit=400, epsabs=1e-10)[0] / whole

    for question in ("wrong_exit", "missed"):
        each, limit = found.questions[question], 0.02
        fails, fails_beyond = mass(question, 0, belief.high), mass(question, limit, belief.high)
        beyond = 1 - beta.cdf(limit, belief.a, belief.b) / whole
        assert each.exceeds == pytest.approx(beyond, abs=2e-4)
        assert each.fails == pytest.approx(fails, abs=2e-4)
        assert each.exceeds_given_fail == pytest.approx(fails_beyond / fails, abs=1e-3)
        meets = (1 - beyond) - (fails - fails_beyond)
        assert each.meets_given_pass == pytest.approx(meets / (1 - fails), abs=1e-3)


def test_what_is_truly_beyond_is_counted_in_the_population(eight: Scenario) -> None:
    from sampler.estimands import estimands  # noqa: PLC0415

    levels = [0.0, 0.01, 0.019, 0.021, 0.05]
    found = truly_beyond(eight, np.array(levels))
    for place, level in enumerate(levels):
        (truth,) = populations([eight.at(dict.fromkeys(LEVEL, Decimal(str(level))))])
        true = {name: float(rate) for name, rate in estimands(truth, eight.policy.units).items() if rate is not None}
        # The county has so few persons that a level is met to within half a person of each group.
        for name in ("wrong_exit", "missed", "incidence"):
            if abs(true[name] - float(eight.policy.limits[name])) > 0.004:
                assert found[name][place] == (true[name] > eight.policy.limits[name])


# --- what inspections see -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_spreads_are_those_of_plain_counts(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "INSPECTIONS", 400)
    scenario = load_scenario(str(write_tiny_county(tmp_path, seed))).scenario
    # In persons approval is not tallied, and so not simulated.
    units = {**scenario.policy.units, "approval": "households"}
    scenario = replace(scenario, policy=replace(scenario.policy, units=units))
    found = spreads(scenario, {})
    (truth,) = populations([scenario])
    seen = tallies(truth, scenario.plan, seed=scenario.seed, replicates=np.arange(400), fieldwork=scenario.fieldwork)
    sums = seen.totals()
    column = {name: sums[:, :, MOMENTS.index(name)] for name in ("households", "wrong_households", "approvals")}
    wrong, visited = column["wrong_households"].sum(axis=1), column["households"].sum(axis=1)
    assert found.found.mean == pytest.approx(wrong.mean())
    assert found.found.quantiles == tuple(np.quantile(wrong, SHARES))
    assert found.visited.mean == pytest.approx(visited.mean())
    with np.errstate(invalid="ignore", divide="ignore"):
        approval = column["approvals"].sum(axis=1) / visited
    known = approval[visited > 0]
    if len(known):
        assert found.rates["approval"].quantiles == pytest.approx(tuple(np.quantile(known, SHARES)))
        margin = found.margins["approval"].mean
        assert margin == pytest.approx(known.mean() - float(scenario.policy.limits["approval"]))
    # The share of negative margins is the share that fails (a rate at its limit is on neither side).
    fails = auto.chances([scenario])[0].fails["approval"]
    assert found.rates["approval"].measured == pytest.approx((visited > 0).mean())
    assert fails is not None


def test_errors_found_on_average_are_the_expected_number(eight: Scenario) -> None:
    cell = eight.at(LEVEL)
    (truth,) = populations([cell])
    plan = cell.plan
    strata = plan.strata(cell.frame)  # type: ignore[union-attr]
    drawn = np.zeros(len(cell.frame.codes))
    for stratum in strata:
        drawn[stratum.villages] = stratum.design.first
    visited = plan.visited_households(cell.frame) / np.maximum(cell.frame.group_households, 1)  # type: ignore[union-attr]
    chance = drawn[cell.frame.household_village] * visited[cell.frame.household_village, cell.frame.household_group]
    expected = float(chance[truth.wrong_persons > 0].sum())
    found = spreads(eight, LEVEL).found
    assert abs(found.mean - expected) < norm.isf(0.5e-6) * found.standard_error


# --- how many more ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 5, 9])
def test_errors_until_a_share_are_the_first_that_reach_it(seed: int, tmp_path: Path) -> None:
    scenario = load_scenario(str(write_tiny_county(tmp_path, seed))).scenario
    (truth,) = [scenario.truth]
    order = counting._right_ones(scenario, truth.wrong_persons)  # type: ignore[union-attr]
    assert (truth.wrong_persons[order] == 0).all()  # type: ignore[union-attr]
    found = error_counts(curve(scenario), {})
    for each in found.until:
        chances = []
        for more in range(len(order) + 1):
            wrong = truth.wrong_persons.copy()  # type: ignore[union-attr]
            wrong[order[:more]] = scenario.frame.household_persons[order[:more]]
            changed = replace(scenario, truth=replace(truth, wrong_persons=wrong))  # type: ignore[type-var]
            chances.append(auto.chances([changed])[0].fails["any"] or 0.0)
        reached = [more for more, chance in enumerate(chances) if chance >= float(each.share)]
        if each.at is None:
            assert not reached
        else:
            assert each.at.households - found.now.households == reached[0]


@pytest.mark.parametrize("number", [1, 2, 4, 1_000])
def test_the_best_order_is_found_by_trying_every_village(eight: Scenario, number: int) -> None:
    cell = eight.at(LEVEL)
    (truth,) = populations([cell])
    frame, wrong = cell.frame, truth.wrong_persons
    found = put_right_households(eight, LEVEL, number)
    assert found.of == (wrong > 0).sum()
    assert found.households == min(number, found.of)
    left, now, villages = found.households, wrong.copy(), 0

    def chances(persons: np.ndarray) -> float:
        changed = replace(truth, wrong_persons=persons)
        return sum(exact.ratio_chance(cell, changed, name).fails for name in ("wrong_exit", "missed", "approval"))

    while left:
        each = {}
        for village in range(len(frame.codes)):
            own = np.flatnonzero((frame.household_village == village) & (now > 0))
            if len(own):
                # A household put right changes no approval, so the criteria's own drop is what the village carries.
                without = now.copy()
                without[own] = 0
                each[village] = (chances(now) - chances(without)) / len(own)
        best = max(each, key=lambda v: each[v])
        own = np.flatnonzero((frame.household_village == best) & (now > 0))
        if len(own) > left:
            break
        now[own] = 0
        left, villages = left - len(own), villages + 1
    if not left:  # whole villages: which households of the last one are chosen does not matter
        assert found.villages == villages
        changed = replace(cell, truth=GivenTruth(wrong_persons=now, approves=truth.approves), averaged=False)
        (after,) = auto.chances([changed])
        for criterion in ("wrong_exit", "missed", "approval"):
            assert found.best.fails[criterion] == after.fails[criterion]
    if number == 1_000:
        assert found.best.fails["wrong_exit"] == found.best.fails["missed"] == 0


def test_one_error_less_does_not_reach_the_share(eight: Scenario) -> None:
    (truth,) = populations([eight.at({"wrong_exit": Decimal(0), "missed": Decimal(0)})])
    given_truth = GivenTruth(wrong_persons=truth.wrong_persons, approves=np.ones_like(truth.approves))
    scenario = replace(eight, truth=given_truth, grid=())
    order = counting._right_ones(scenario, truth.wrong_persons)
    found = error_counts(curve(scenario), {})

    def fails(more: int) -> float:
        wrong = truth.wrong_persons.copy()
        wrong[order[:more]] = scenario.frame.household_persons[order[:more]]
        (answer,) = auto.chances([replace(scenario, truth=replace(given_truth, wrong_persons=wrong))])
        return float(answer.fails["any"] or 0.0)

    for each in found.until:
        assert each.at is not None
        more = round(each.at.households - found.now.households)
        assert more > 0
        assert fails(more - 1) < float(each.share) <= fails(more)


# --- differences --------------------------------------------------------------------------------------------


def test_one_population_s_differences_are_exact(eight: Scenario) -> None:
    other = replace(eight, fieldwork=Fieldwork(sensitivity=Decimal("0.7")))
    cells = [eight.at(LEVEL), other.at(LEVEL)]
    _, found = paired(cells)
    truths = populations(cells)
    for criterion in ("wrong_exit", "missed", "approval"):
        old, new = (exact.ratio_chance(cell, truth, criterion).fails for cell, truth in zip(cells, truths, strict=True))
        assert (found[criterion].old, found[criterion].new) == (old, new)
        assert found[criterion].standard_error == 0


def test_averaged_differences_are_those_of_separate_answers(eight: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    first = replace(eight.at(LEVEL), averaged=True)
    second = replace(first, truth=replace(first.truth, remote_multiplier=Decimal(3)))  # type: ignore[type-var]
    monkeypatch.setattr(pairing, "MOST", 128)
    _, found = paired([first, second])
    apart = model.chances([first, second])
    for question in ("any", "wrong_exit", "missed", "incidence"):
        each = found[question]
        errors = [answer.standard_error[question] or 0.0 for answer in apart]
        separate = (apart[1].fails[question] or 0.0) - (apart[0].fails[question] or 0.0)
        assert abs(each.difference - separate) < norm.isf(0.5e-6 / 4) * sqrt(
            each.standard_error**2 + sum(e**2 for e in errors)
        )
        # What both have in common by luck drops out.
        assert each.standard_error < sqrt(sum(e**2 for e in errors))


def test_a_scenario_differs_from_itself_by_nothing(eight: Scenario) -> None:
    cell = replace(eight.at(LEVEL), averaged=True)
    first, again = paired([cell, cell])
    assert {each.difference for found in (first, again) for each in found.values()} == {0.0}


def test_scenarios_of_other_questions_are_refused(eight: Scenario) -> None:
    with pytest.raises(InputError, match="unlike_seeds"):
        paired([eight.at(LEVEL), replace(eight.at(LEVEL), seed=8)])
    with pytest.raises(InputError, match="unlike_truths"):
        paired([eight.at(LEVEL), replace(eight.at(LEVEL), averaged=True)])
    far = replace(eight, grid=(replace(eight.grid[0], values=(Decimal("0.5"),)),))
    with pytest.raises(InputError, match="no_common_level"):
        common_levels(eight, far)


def test_every_assumption_is_changed_one_at_a_time(eight: Scenario) -> None:
    found = sensitivity(eight, LEVEL)
    assert {each.key for each in found.changed} >= {"population.icc", "fieldwork.sensitivity", "population.disapproval"}
    assert "population.effect_sd" not in {each.key for each in found.changed}
    for each in found.changed:
        assert each.value != each.was
        assert each.differences["any"].old == found.chance["any"]
    (worse,) = [each for each in found.changed if each.key == "fieldwork.sensitivity" and each.value == Decimal("0.6")]
    other = replace(eight, fieldwork=Fieldwork(sensitivity=Decimal("0.6")))
    _, direct = paired([eight.at(LEVEL), other.at(LEVEL)])
    assert {q: worse.differences[q] for q in QUESTIONS} == {q: direct[q] for q in QUESTIONS}
    sizes = [abs(each.differences["any"].difference) for each in found.changed]
    assert max(sizes) == max(sizes[: len([e for e in found.changed if e.key == found.changed[0].key])])
    assert hanging.TRUTH.keys() & {"icc", "effect_sd"} == {"icc", "effect_sd"}
