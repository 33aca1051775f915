"""Model truth: the average over populations, tallied at all levels at once, with an honest error."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from strategies import county, even_county, policies, small_frames

from estimators.policy import CRITERIA, Policy
from sampler.draws import MOMENTS, draw, observe, tally
from sampler.error_model import ErrorModel, nested_populations, synthesise_populations
from sampler.frame import EXITED, UNREGISTERED, Frame, Ints
from sampler.inspection import totals
from sampler.plan import Plan
from scenarios import load
from scenarios.engines import exact, model, simulate, threads
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.scenario import GivenTruth, Scenario

FAMILY = 1e-6  # chance of a false alarm of a whole test, were its seed another
MODEL = ErrorModel(wrong_exit=Decimal("0.1"), missed=Decimal("0.1"), disapproval=Decimal("0.1"))


def scenario(frame: Frame, truth: ErrorModel, plan: Plan, policy: Policy, *, seed: int = 1) -> Scenario:
    return Scenario(name="x", seed=seed, frame=frame, truth=truth, plan=plan, policy=policy)


def example(*levels: str) -> list[Scenario]:
    whole = load("example")
    return [whole.at({"wrong_exit": Decimal(level), "missed": Decimal(level)}) for level in levels]


# --- one pass over a drawn sample gives the tally at every level ------------------------------------


def readable(frame: Frame, models: Sequence[ErrorModel], plan: Plan, seed: int, number: int, replicates: Ints) -> Ints:
    """Return the sums of each model's population by itself, along the readable path."""
    draws = draw(frame, plan, seed=seed, replicates=replicates)
    sums = []
    for each in models:
        (population,) = synthesise_populations(frame, [each], seed=seed, replicate=number)
        sums.append(tally(observe(draws, frame, population.wrong_persons, population.approves)).totals()[..., :5])
    return np.stack(sums, axis=1)


levels = st.decimals(0, "0.3", places=3) | st.sampled_from([Decimal(0), Decimal("0.02"), Decimal("0.021")])


@st.composite
def families(draw_from: st.DrawFn) -> tuple[Frame, list[ErrorModel], Plan]:
    frame = draw_from(small_frames())
    base = ErrorModel(
        wrong_exit=Decimal(0),
        missed=Decimal(0),
        icc=draw_from(st.sampled_from([Decimal(0), Decimal("0.02"), Decimal("0.4")])),
        remote_multiplier=draw_from(st.sampled_from([Decimal(1), Decimal("2.5")])),
        whole_wrong_exit=Decimal(1),
        whole_missed=draw_from(st.sampled_from([Decimal(1), Decimal("0.9")])),
        totals=draw_from(st.sampled_from(["exact", "expected"])),  # type: ignore[arg-type]
    )
    asked = draw_from(st.lists(st.tuples(levels, levels, levels), min_size=1, max_size=6))
    models = [replace(base, wrong_exit=e, missed=m, disapproval=d) for e, m, d in asked]
    remote = int(frame.remote.sum())
    villages = {
        "ordinary": draw_from(st.integers(0, len(frame.codes) - remote)),
        "remote": draw_from(st.integers(0, remote)),
    }
    take = {group: draw_from(st.integers(0, 7)) for group in ("exited", "remaining", "unregistered")}
    return frame, models, Plan(villages=villages, take=take)


@given(families(), st.integers(0, 2**63 - 1), st.integers(0, 3))
def test_all_levels_at_once_equal_each_by_itself(
    family: tuple[Frame, list[ErrorModel], Plan], seed: int, number: int
) -> None:
    frame, models, plan = family
    replicates = np.array([0, 1, 5, 100_000], dtype=np.int64)
    nested = nested_populations(frame, models, seed=seed, replicate=number)
    villages, sums = model.nested_sums(nested, plan, seed=seed, replicates=replicates)
    assert np.array_equal(villages, draw(frame, plan, seed=seed, replicates=replicates).villages)
    assert sums.dtype == np.int64
    assert np.array_equal(sums, readable(frame, models, plan, seed, number, replicates))
    plain_villages, plain_sums = model.readable_nested_sums(nested, plan, seed=seed, replicates=replicates)
    assert np.array_equal(villages, plain_villages)
    assert np.array_equal(sums, plain_sums)


@pytest.mark.parametrize("totals", ["exact", "expected"])
@pytest.mark.parametrize("number", [0, 7])
def test_all_levels_at_once_equal_each_by_itself_in_the_example_county(totals: str, number: int) -> None:
    cell = load("example")
    assert isinstance(cell.truth, ErrorModel)
    base = replace(cell.truth, totals=totals)  # type: ignore[arg-type]
    rates = [Decimal(level) for level in ("0.03", "0", "0.0101", "0.01")]
    models = [replace(base, wrong_exit=e, missed=m, disapproval=m + e) for e, m in product(rates, rates)]
    replicates = np.arange(40, dtype=np.int64)
    nested = nested_populations(cell.frame, models, seed=cell.seed, replicate=number)
    _, sums = model.nested_sums(nested, cell.plan, seed=cell.seed, replicates=replicates)
    assert np.array_equal(sums, readable(cell.frame, models, cell.plan, cell.seed, number, replicates))
    assert sums[..., 3].max() > 0


def test_the_kernel_is_compiled_and_its_draws_do_not_wear_out() -> None:
    # Household persons beyond 16 bits, all households visited, every replicate asked twice.
    frame = county([False, True], np.array([[4, 2, 5], [3, 0, 9]]), np.array([[400_000, 9, 12], [300_000, 0, 30]]))
    pytest.importorskip("numba")
    assert model._kernel() is not None
    plan = Plan(villages={"ordinary": 1, "remote": 1}, take={"exited": 9, "remaining": 9, "unregistered": 4})
    nested = nested_populations(frame, [MODEL], seed=1)
    replicates = np.array([3, 3, 0, 3], dtype=np.int64)
    _, sums = model.nested_sums(nested, plan, seed=1, replicates=replicates)
    assert np.array_equal(sums, readable(frame, [MODEL], plan, 1, 0, replicates))
    assert np.array_equal(sums[0], sums[3])
    assert (sums[:, 0, 0, 2] == 700_000).all()


# --- the average is the plain average over populations ----------------------------------------------

VARIANTS: Mapping[str, Mapping[str, object]] = {
    "as it is": {},
    "over all unregistered persons of the villages": {"missed_denominator": "village"},
    "in households": {"units": {"wrong_exit": "households", "missed": "households", "approval": "households"}},
    "both, and at the limit": {
        "missed_denominator": "village",
        "units": {"wrong_exit": "households", "missed": "households", "approval": "households"},
        "at_limit_fails": True,
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_shares_are_those_of_populations_inspected_one_by_one(variant: str) -> None:
    cells = [
        replace(each, policy=replace(each.policy, **VARIANTS[variant]))  # type: ignore[arg-type]
        for each in example("0.03", "0.002", "0.012")
    ]
    numbers = (0, 1, 5)
    found = model.shares([replace(each, policy=cells[0].policy) for each in cells], numbers)
    assert found.shape == (3, 3, 15)
    for i, cell in enumerate(cells):
        for b, number in enumerate(numbers):
            assert isinstance(cell.truth, ErrorModel)
            (population,) = synthesise_populations(cell.frame, [cell.truth], seed=cell.seed, replicate=number)
            own = np.arange(number * model.INSPECTIONS, (number + 1) * model.INSPECTIONS)
            seen = simulate.outcomes(cell, population, own)
            other = replace(cell, policy=cell.policy.with_other_denominator())
            sums = totals(population, cell.plan, seed=cell.seed, replicates=own)
            found_any = sums[:, (EXITED, UNREGISTERED), MOMENTS.index("wrong_households")].sum(axis=1) > 0
            assert found[b, i].tolist() == (
                [seen.fails[question].mean() for question in QUESTIONS]
                + [seen.at_limit[name].mean() for name in CRITERIA]
                + [(~seen.measured[name]).mean() for name in CRITERIA]
                + [found_any.mean(), simulate.outcomes(other, population, own).fails["missed"].mean()]
            )


def test_chances_are_means_over_populations_with_both_components(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST", 2 * model.BATCH)
    cells = example("0.02", "0.004")
    numbers = range(2 * model.BATCH)
    seen = model.shares(cells, numbers)
    said: list[tuple[int, int]] = []
    for i, chance in enumerate(model.chances(cells, progress=lambda done, all_: said.append((done, all_)))):
        assert chance.populations == len(numbers)
        assert chance.inspections == len(numbers) * model.INSPECTIONS
        for q, question in enumerate(QUESTIONS):
            shares = seen[:, i, q]
            within = (shares * (1 - shares)).mean() / (model.INSPECTIONS - 1)
            between = chance.between[question]
            assert chance.fails[question] == pytest.approx(shares.mean())
            assert chance.failed[question] == round(shares.sum() * model.INSPECTIONS)
            assert between == pytest.approx(np.sqrt(max(shares.var(ddof=1) - within, 0)))
            assert chance.engine[question] == "simulate"
            error = chance.standard_error[question]
            assert error is not None
            assert error >= max(shares.std(ddof=1) / np.sqrt(len(numbers)), 1e-9) * (1 - 1e-12)  # but for rounding
    assert said[-1] == (len(numbers), len(numbers))


def test_scenarios_keep_their_places_whatever_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST", model.BATCH)
    one, two = example("0.012", "0.02")
    other = replace(two, truth=replace(two.truth, icc=Decimal("0.1")))  # type: ignore[arg-type]
    together = model.chances([two, other, one])
    alone = [model.chances([each])[0] for each in (two, other, one)]
    assert list(together) == alone
    assert len({chance.fails["any"] for chance in together}) == 3


def test_many_models_are_decided_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = example("0.03", "0.002", "0.012", "0", "0.02")
    whole = model.shares(cells, range(2))
    monkeypatch.setattr(model, "_TOGETHER", 2)
    assert np.array_equal(model.shares(cells, range(2)), whole)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_threads_do_not_change_a_share(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = example("0.01", "0.03")
    whole = np.stack([model._shares_of_one(cells, number) for number in range(6)])
    monkeypatch.setattr(threads, "cpu_count", lambda: count)
    assert hashlib.sha256(model.shares(cells, range(6)).tobytes()).digest() == hashlib.sha256(whole.tobytes()).digest()


def test_without_numba_the_shares_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "INSPECTIONS", 20)
    cells = example("0.01", "0.03")
    compiled = model.shares(cells, [2])
    monkeypatch.setattr(model, "_kernel", lambda: None)
    assert np.array_equal(model.shares(cells, [2]), compiled)


def test_a_given_truth_has_no_model() -> None:
    (cell,) = example("0.01")
    size = len(cell.frame.household_persons)
    given_truth = GivenTruth(wrong_persons=np.zeros(size, dtype=np.int64), approves=np.ones(size, dtype=bool))
    with pytest.raises(TypeError):
        model.chances([replace(cell, truth=given_truth)])


# --- the average is that of the model, and the error is honest --------------------------------------

TINY = even_county(6, 4, households=12, persons=30)
TINY_PLAN = Plan(villages={"ordinary": 3, "remote": 2}, take={"exited": 6, "unregistered": 6})
LIMITS = {"wrong_exit": Fraction(1, 10), "missed": Fraction(1, 10), "incidence": Fraction(2, 5)}
TINY_POLICY = Policy(name="x", limits={**LIMITS, "approval": Fraction(9, 10)})


def tiny(seed: int, *, totals: str) -> list[Scenario]:
    base = replace(MODEL, icc=Decimal("0.3"), totals=totals)  # type: ignore[arg-type]
    truths = [replace(base, wrong_exit=Decimal(level), missed=Decimal(level)) for level in ("0.04", "0.1")]
    return [scenario(TINY, truth, TINY_PLAN, TINY_POLICY, seed=seed) for truth in truths]


@pytest.mark.parametrize("totals", ["exact", "expected"])
def test_means_of_disjoint_seeds_scatter_as_their_standard_errors_say(totals: str) -> None:
    seeds, populations = 40, 40
    seen = np.stack([model.shares(tiny(seed, totals=totals), range(populations)) for seed in range(100, 100 + seeds)])
    seen = seen[..., : len(QUESTIONS)]
    errors = np.stack([model.standard_errors(each, model.INSPECTIONS) for each in seen])
    ratio = seen.mean(axis=1).var(axis=0, ddof=1) / (errors**2).mean(axis=0)
    # Means of many populations are nearly normal: the analysis of variance's F, shared out over cells and sides.
    tail = FAMILY / ratio.size / 2
    low, high = stats.f.ppf([tail, 1 - tail], seeds - 1, seeds * (populations - 1))
    assert low < ratio.min()
    assert ratio.max() < high
    # The test would see errors that took all inspections for independent ones.
    share = seen.mean(axis=(0, 1))
    naive = share * (1 - share) / populations / model.INSPECTIONS
    assert (seen.mean(axis=1).var(axis=0, ddof=1) / naive).max() > 2 * high


def test_shares_of_a_population_are_those_of_its_exact_chance_and_between_is_their_spread() -> None:
    cells = tiny(3, totals="exact")
    numbers = range(40)
    seen = model.shares(cells, numbers)
    served = ("wrong_exit", "missed", "approval")
    known = np.empty((len(numbers), len(cells), len(served)))
    for b, (i, cell) in product(numbers, enumerate(cells)):
        assert isinstance(cell.truth, ErrorModel)
        (population,) = synthesise_populations(cell.frame, [cell.truth], seed=cell.seed, replicate=b)
        truth = GivenTruth(wrong_persons=population.wrong_persons, approves=population.approves)
        (chance,) = exact.chances([replace(cell, truth=truth)])
        known[b, i] = [chance.fails[question] for question in served]
    shares = seen[..., [QUESTIONS.index(question) for question in served]]
    counts = np.round(shares * model.INSPECTIONS)
    tails = np.minimum(
        stats.binom.cdf(counts, model.INSPECTIONS, known), stats.binom.sf(counts - 1, model.INSPECTIONS, known)
    )
    assert tails.min() > FAMILY / known.size / 2
    # Given the chances p, the estimated variance between is off by 2 cov(p, e) and by var(e) less its mean.
    noise = (known * (1 - known)).mean(axis=0) / model.INSPECTIONS
    spread = known.var(axis=0, ddof=1)
    error = np.sqrt((4 * spread * noise + 2 * noise**2) / (len(numbers) - 1))
    score = (model.between_populations(shares, model.INSPECTIONS) ** 2 - spread) / error
    bound = stats.norm.isf(FAMILY / score.size / 2)
    assert np.abs(score).max() < bound
    assert (spread / error > bound).any()  # an estimate of nothing would be seen


def chances_by_hand(households: int, persons: int, visited: Sequence[int], truth: ErrorModel) -> dict[str, float]:
    """Return the model's chances where households err independently and are all as large, by counting the ways.

    Parameters
    ----------
    households, persons : int
        Of the county, by group; all three groups are alike.
    visited : sequence of int
        Households visited by group.
    """
    size, limit = persons // households, Fraction(1, 10)
    found = {}
    for kind, whole, n in (
        ("wrong_exit", truth.whole_wrong_exit, visited[0]),
        ("missed", truth.whole_missed, visited[2]),
    ):
        level, one = float(getattr(truth, kind)), float(whole)
        rate = level * size / (one * size + 1 - one)  # of households, so that persons are wrong at the level
        law: dict[int, float] = {}
        for all_of_them in range(n + 1):
            for single in range(n - all_of_them + 1):
                ways = stats.multinomial.pmf(
                    [all_of_them, single, n - all_of_them - single], n, [rate * one, rate * (1 - one), 1 - rate]
                )
                total = size * all_of_them + single
                law[total] = law.get(total, 0.0) + float(ways)
        found[kind] = law
    asked = sum(visited)
    unhappy = {k: float(stats.binom.pmf(k, asked, float(truth.disapproval))) for k in range(asked + 1)}
    chance = dict.fromkeys(QUESTIONS, 0.0)
    for (wrong, p), (missed, q) in product(found["wrong_exit"].items(), found["missed"].items()):
        rates = Fraction(wrong, size * visited[0]), Fraction(missed, size * visited[2])
        fails = {
            "wrong_exit": rates[0] > limit,
            "missed": rates[1] > limit,
            "incidence": (persons + rates[0] * persons + rates[1] * persons) / (3 * persons) > Fraction(2, 5),
        }
        few = sum(r for k, r in unhappy.items() if Fraction(asked - k, asked) < Fraction(9, 10))
        for name, does in fails.items():
            chance[name] += p * q * does
        chance["any"] += p * q * (1.0 if any(fails.values()) else few)
        chance["approval"] += p * q * few
    return chance


def test_independent_households_have_the_chances_counted_by_hand() -> None:
    frame = even_county(5, 0, households=8, persons=24)
    frame = replace(frame, household_persons=np.full(5 * 3 * 8, 3))
    plan = Plan(villages={"ordinary": 2, "remote": 0}, take={"exited": 5, "remaining": 2, "unregistered": 6})
    base = replace(MODEL, icc=Decimal(0), totals="expected", disapproval=Decimal("0.04"))
    truths = [replace(base, wrong_exit=Decimal(e), missed=Decimal(m)) for e, m in (("0.05", "0.02"), ("0.1", "0.12"))]
    cells = [scenario(frame, truth, plan, TINY_POLICY, seed=9) for truth in truths]
    # The estimate's scatter is nearly normal over as many populations.
    seen = model.shares(cells, range(300))[..., : len(QUESTIONS)]
    errors = model.standard_errors(seen, model.INSPECTIONS)
    bound = stats.norm.isf(FAMILY / errors.size / 2)
    for truth, mean, error in zip(truths, seen.mean(axis=0), errors, strict=True):
        known = chances_by_hand(40, 120, (10, 4, 12), truth)
        for question, value, spread in zip(QUESTIONS, mean, error, strict=True):
            assert abs(value - known[question]) < bound * spread, (question, value, known[question], spread)
            assert 0.01 < known[question] < 0.99


def test_clustered_households_have_the_beta_binomial_chance() -> None:
    # One household of one person each: the wrong ones among n of a village follow the beta-binomial law.
    frame = even_county(8, 0, households=20, persons=20)
    plan = Plan(villages={"ordinary": 3, "remote": 0}, take={"exited": 10, "unregistered": 15})
    icc = 0.25
    truth = replace(MODEL, icc=Decimal(str(icc)), totals="expected")
    cells = [scenario(frame, truth, plan, policies(Fraction(1, 10)), seed=4)]
    seen = model.shares(cells, range(300))[:, 0]
    errors = model.standard_errors(seen, model.INSPECTIONS)
    bound = stats.norm.isf(FAMILY / 2 / 2)
    for question, n in (("wrong_exit", 10), ("missed", 15)):
        concentration = (1 - icc) / icc
        law = stats.betabinom.pmf(np.arange(n + 1), n, 0.1 * concentration, 0.9 * concentration)
        three = np.convolve(np.convolve(law, law), law)
        known = three[np.arange(3 * n + 1) * 10 > 3 * n].sum()
        column = QUESTIONS.index(question)
        assert abs(seen[:, column].mean() - known) < bound * errors[column]


# --- when it stops -----------------------------------------------------------------------------------


def test_it_goes_on_until_every_question_is_precise() -> None:
    cells = tiny(5, totals="exact")
    (one, two) = model.chances(cells)
    assert one.populations == two.populations
    assert one.populations % model.BATCH == 0
    for chance in (one, two):
        for question in QUESTIONS:
            value, error = chance.fails[question], chance.standard_error[question]
            assert value is not None
            assert error is not None
            assert error > 0
            assert simulate.Estimated(chance=value, standard_error=error).precise or chance.populations == model.MOST


def test_what_cannot_fail_is_exactly_nothing() -> None:
    truth = replace(MODEL, wrong_exit=Decimal(0), missed=Decimal(0), disapproval=Decimal(0))
    policy = replace(TINY_POLICY, limits={**TINY_POLICY.limits, "incidence": Fraction(1, 2)})
    (chance,) = model.chances([scenario(TINY, truth, TINY_PLAN, policy)])
    assert set(chance.fails.values()) == set(chance.standard_error.values()) == {0.0}
    assert set(chance.engine.values()) == {"exact"}
    assert set(chance.between.values()) == {0.0}
    assert chance.not_measured == dict.fromkeys(CRITERIA, 0.0)


def test_a_limit_of_nothing_can_fail_even_a_county_without_errors() -> None:
    truth = replace(MODEL, wrong_exit=Decimal(0), missed=Decimal(0))
    policy = replace(TINY_POLICY, limits={**TINY_POLICY.limits, "missed": Fraction(0)}, at_limit_fails=True)
    asked = scenario(TINY, truth, TINY_PLAN, policy)
    assert "missed" not in model.impossible(asked)
    (chance,) = model.chances([asked])
    assert chance.fails["missed"] == 1.0
    assert (chance.standard_error["missed"] or 0.0) > 0


def test_what_no_population_showed_is_not_told_by_its_inspections() -> None:
    """A county inspected in full: each population fails for certain or never, so that populations are the trials."""
    frame = even_county(6, 0, households=10, persons=30)
    plan = Plan(villages={"ordinary": 6, "remote": 0}, take={"exited": 10, "unregistered": 10})
    truth = replace(MODEL, wrong_exit=Decimal("0.003"), missed=Decimal(0), totals="expected")
    policy = replace(TINY_POLICY, limits={**TINY_POLICY.limits, "wrong_exit": Fraction(1, 50)})
    asked = [scenario(frame, truth, plan, policy, seed=seed) for seed in range(1, 9)]
    found = [model.chances([each])[0] for each in asked]
    values = np.array([each.fails["wrong_exit"] for each in found], dtype=np.float64)
    errors = np.array([each.standard_error["wrong_exit"] for each in found], dtype=np.float64)
    assert all(each.populations >= model.LEAST for each in found)
    assert 0.01 < values.mean() < 0.1
    many = model.shares(asked[:1], range(4_000))[:, 0, QUESTIONS.index("wrong_exit")].mean()
    bound = stats.norm.isf(FAMILY / len(asked) / 2)
    assert (np.abs(values - many) <= bound * errors).all(), (values, errors, many)
    nothing = model.standard_errors(np.zeros((100, 1)), model.INSPECTIONS)
    assert nothing[0] >= 1 / 100  # of the order of one population more


# --- the chances on the way -------------------------------------------------------------------------


def test_the_chances_on_the_way_end_in_the_answer() -> None:
    told: list[tuple[Chance, ...]] = []
    answers = model.averages(example("0.005", "0.013"), so_far=told.append)
    populations = [chances[0].populations for chances in told]
    assert populations == list(range(model.BATCH, answers[0].chance.populations, model.BATCH))
    for chances in told:
        for early, late in zip(chances, answers, strict=True):
            error = early.standard_error["any"] or 0.0
            assert error >= (late.chance.standard_error["any"] or 0.0)
            # Both are averages over the same populations as far as the early one goes.
            bound = error * stats.norm.isf(FAMILY / (2 * len(told) * len(answers)))
            assert abs((early.fails["any"] or 0.0) - (late.chance.fails["any"] or 0.0)) < bound


def test_of_several_families_nothing_is_told_on_the_way() -> None:
    first, second = example("0.01", "0.013")
    assert isinstance(second.truth, ErrorModel)
    other = replace(second, truth=replace(second.truth, icc=Decimal("0.1")))
    told: list[tuple[Chance, ...]] = []
    model.averages([first, other], so_far=told.append)
    assert told == []
