"""Populations made from error levels: totals to the person, nested levels, and the law the model states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.special import betainc
from strategies import county, even_county, small_frames

from sampler import turning
from sampler.error_model import ERROR_KINDS, ErrorModel, nested_populations, synthesise_populations
from sampler.errors import InputError
from sampler.frame import EXITED, REMAINING, UNREGISTERED, Bools, Frame, Ints
from sampler.population import Population
from sampler.streams import Purpose, stream

FAMILY = 1e-3  # chance of a false alarm of a whole test, were its seed another

shares = st.decimals(0, 1, places=3)
levels = st.decimals(0, "0.6", places=4) | st.sampled_from([Decimal(0), Decimal("0.0001"), Decimal("0.02")])
iccs = st.sampled_from([Decimal(0), Decimal("0.001"), Decimal("0.02"), Decimal("0.3"), Decimal("0.9")])


@st.composite
def models(draw: st.DrawFn) -> ErrorModel:
    return ErrorModel(
        wrong_exit=draw(levels),
        missed=draw(levels),
        disapproval=draw(levels),
        icc=draw(iccs),
        remote_multiplier=draw(st.decimals("0.1", 20, places=1)),
        shared=draw(shares),
        whole_wrong_exit=Decimal(1),  # so that every level can be reached
        whole_missed=Decimal(1),
    )


def one(frame: Frame, model: ErrorModel, *, seed: int = 1, replicate: int = 0) -> Population:
    (population,) = synthesise_populations(frame, [model], seed=seed, replicate=replicate)
    return population


def nearest(level: Decimal, count: int) -> int:
    return int((level * count).quantize(Decimal(1), ROUND_HALF_UP))


def same(one: Population, other: Population) -> bool:
    return np.array_equal(one.wrong_persons, other.wrong_persons) and np.array_equal(one.approves, other.approves)


def within(lower: Population, upper: Population) -> bool:
    """Whether whoever is wrong in the one is as wrong, or more, in the other."""
    return bool((lower.wrong_persons <= upper.wrong_persons).all() and (lower.approves >= upper.approves).all())


# --- what holds in every county -------------------------------------------------------------------


@given(small_frames(), models(), st.integers(0, 2**63 - 1))
def test_totals_are_met_to_the_nearest_person(frame: Frame, model: ErrorModel, seed: int) -> None:
    population = one(frame, model, seed=seed)
    for group, level in ((EXITED, model.wrong_exit), (UNREGISTERED, model.missed)):
        members = frame.household_group == group
        assert population.wrong_persons[members].sum() == nearest(level, int(frame.group_persons[:, group].sum()))
    households = len(frame.household_persons)
    assert (~population.approves).sum() == nearest(model.disapproval, households)


def test_half_a_person_is_rounded_up() -> None:
    frame = county([False], np.array([[5, 0, 5]]), np.array([[10, 0, 10]]))
    model = ErrorModel(wrong_exit=Decimal("0.05"), missed=Decimal("0.0499"), disapproval=Decimal("0.25"))
    population = one(frame, model)
    assert population.wrong_persons[:5].sum() == 1  # 0.5
    assert population.wrong_persons[5:].sum() == 0  # 0.499
    assert (~population.approves).sum() == 3  # 2.5


@given(small_frames(), models(), shares, st.sampled_from(["exact", "expected"]), st.integers(0, 2**32))
def test_wrong_persons_stay_within_their_households(
    frame: Frame, model: ErrorModel, whole: Decimal, totals: str, seed: int
) -> None:
    # At most half the households wrong, one person each if need be: a level that can always be reached.
    few = {kind: getattr(model, kind) / 16 for kind in ("wrong_exit", "missed")}
    model = replace(model, **few, whole_wrong_exit=whole, whole_missed=whole, totals=totals)  # type: ignore[arg-type]
    population = one(frame, model, seed=seed)
    assert (population.wrong_persons >= 0).all()
    assert (population.wrong_persons <= frame.household_persons).all()
    assert not population.wrong_persons[frame.household_group == REMAINING].any()


@given(small_frames(), models(), st.lists(levels, min_size=2, max_size=6), st.integers(0, 2**32))
def test_a_wrong_household_stays_wrong_at_every_higher_level(
    frame: Frame, model: ErrorModel, grid: list[Decimal], seed: int
) -> None:
    grid = sorted(grid)
    rising = [replace(model, wrong_exit=level, missed=level, disapproval=level) for level in grid]
    together = synthesise_populations(frame, rising, seed=seed)
    assert all(within(lower, upper) for lower, upper in pairwise(together))


@given(small_frames(), models(), st.lists(levels, min_size=2, max_size=6), st.randoms(), st.integers(0, 2**32))
def test_a_population_does_not_depend_on_the_levels_asked_together(
    frame: Frame, model: ErrorModel, grid: list[Decimal], order: Random, seed: int
) -> None:
    asked = [replace(model, wrong_exit=level, missed=level, disapproval=level) for level in grid]
    alone = [one(frame, each, seed=seed) for each in asked]
    shuffled = list(range(len(asked)))
    order.shuffle(shuffled)
    together = synthesise_populations(frame, [asked[i] for i in shuffled], seed=seed)
    assert all(same(alone[i], population) for i, population in zip(shuffled, together, strict=True))


LARGE = even_county(30, 10, households=40, persons=118)


@pytest.mark.parametrize("totals", ["exact", "expected"])
@pytest.mark.parametrize("icc", ["0", "0.02", "0.4", "0.95"])
def test_levels_are_nested_across_grids_in_a_large_county(icc: str, totals: str) -> None:
    base = ErrorModel(wrong_exit=Decimal(0), missed=Decimal(0), icc=Decimal(icc), totals=totals)  # type: ignore[arg-type]

    def at(level: str) -> ErrorModel:
        return replace(base, wrong_exit=Decimal(level), missed=Decimal(level), disapproval=Decimal(level))

    coarse = ["0.4", "0", "0.013", "0.05"]
    fine = ["0.0001", "0.012", "0.014", "0.02", "0.0499", "0.0501"]
    populations = {
        Decimal(level): population
        for grid in (coarse, fine)
        for level, population in zip(
            grid, synthesise_populations(LARGE, [at(level) for level in grid], seed=5), strict=True
        )
    }
    rising = [populations[level] for level in sorted(populations)]
    assert all(within(lower, upper) for lower, upper in pairwise(rising))
    assert rising[0].wrong_persons.sum() == 0 < rising[-1].wrong_persons.sum()


def test_one_kind_s_level_leaves_the_other_kinds_alone() -> None:
    model = ErrorModel(wrong_exit=Decimal("0.03"), missed=Decimal("0.03"))
    base, other = one(LARGE, model), one(LARGE, replace(model, missed=Decimal("0.2"), disapproval=Decimal("0.3")))
    exited = LARGE.household_group == EXITED
    assert np.array_equal(base.wrong_persons[exited], other.wrong_persons[exited])
    assert not np.array_equal(base.wrong_persons, other.wrong_persons)


def test_each_seed_and_replicate_has_its_own_population() -> None:
    model = ErrorModel(wrong_exit=Decimal("0.05"), missed=Decimal("0.05"))
    made = [one(LARGE, model, seed=s, replicate=r) for s, r in ((1, 0), (1, 1), (2, 0))]
    assert not any(same(a, b) for a, b in ((made[0], made[1]), (made[0], made[2]), (made[1], made[2])))
    assert same(made[1], one(LARGE, model, seed=1, replicate=1))


def test_a_level_that_even_all_households_wrong_do_not_reach_is_refused() -> None:
    single = replace(ErrorModel(wrong_exit=Decimal("0.3"), missed=Decimal(0)), whole_wrong_exit=Decimal(0))
    frame = even_county(3, 1, households=10, persons=30)  # one wrong person in each household is a third
    population = one(frame, single)
    assert population.wrong_persons.sum() == 36
    assert population.wrong_persons.max() == 1
    for level in ("0.34", "0.5"):
        with pytest.raises(InputError) as caught:
            one(frame, replace(single, wrong_exit=Decimal(level)))
        (mistake,) = caught.value.mistakes
        assert mistake.code == "level_unreachable"
        assert dict(mistake.fields) == {"key": "wrong_exit", "found": level, "allowed": "0.3333"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wrong_exit", "1"),
        ("missed", "-0.01"),
        ("icc", "1"),
        ("remote_multiplier", "0"),
        ("shared", "1.01"),
        ("whole_missed", "2"),
    ],
)
def test_parameters_outside_their_domain_are_refused(field: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        replace(ErrorModel(wrong_exit=Decimal(0), missed=Decimal(0)), **{field: Decimal(value)})  # type: ignore[arg-type]
    assert [m.fields["key"] for m in caught.value.mistakes] == [field]


# --- against a plain second way: one household after the other, every turning level by bisection -----


def turning_level(propensity: float, effect: float, relative: float, icc: float) -> float:
    """Return the level at which the beta quantile at the village's uniform reaches the household's."""
    if icc == 0:
        return propensity / relative
    low, high = 0.0, 1 / relative
    for _ in range(80):
        middle = (low + high) / 2
        a, b = relative * middle * (1 - icc) / icc, (1 - relative * middle) * (1 - icc) / icc
        low, high = (low, middle) if b <= 0 or betainc(a, b, propensity) <= effect else (middle, high)
    return high


def plain_marks(frame: Frame, model: ErrorModel, kind: str, seed: int, replicate: int) -> Ints:
    """Return every household's wrong persons of one kind, or 1 for a household that does not approve."""
    rng = stream(seed, Purpose.TRUTH, replicate)
    shared, own = rng.standard_normal(len(frame.codes)), rng.standard_normal((3, len(frame.codes)))
    error, unhappy, whole = (rng.random(len(frame.household_persons)) for _ in range(3))
    r = float(model.shared)
    effect = stats.norm.cdf(np.sqrt(r) * shared + np.sqrt(1 - r) * own[ERROR_KINDS.index(kind)])
    group = {"wrong_exit": EXITED, "missed": UNREGISTERED}.get(kind)
    members = [j for j, g in enumerate(frame.household_group) if group is None or g == group]
    weight = {j: 1 if group is None else int(frame.household_persons[j]) for j in members}
    share = {"wrong_exit": float(model.whole_wrong_exit), "missed": float(model.whole_missed)}.get(kind, 1.0)
    multiplier = {j: float(model.remote_multiplier) if group is not None else 1.0 for j in members}
    multiplier = {j: m if frame.remote[frame.household_village[j]] else 1.0 for j, m in multiplier.items()}
    expected = sum(multiplier[j] * (share * weight[j] + 1 - share) for j in members)
    rows = []
    for j in members:
        relative = multiplier[j] * sum(weight.values()) / expected
        propensity = unhappy[j] if group is None else error[j]
        at = turning_level(float(propensity), float(effect[frame.household_village[j]]), relative, float(model.icc))
        rows.append((at, j, weight[j] if whole[j] < share else 1))
    marks, level = np.zeros(len(frame.household_persons), dtype=np.int64), getattr(model, kind)
    left = nearest(level, sum(weight.values()))
    for at, j, full in sorted(rows):
        if model.totals == "expected":
            marks[j] = full if at <= float(level) else 0
        else:
            marks[j] = min(full, left)
            left -= marks[j]
    return marks


@given(
    small_frames(),
    models(),
    st.sampled_from([Decimal(x) for x in ("0", "0.000001", "0.001", "0.02", "0.1", "0.3", "0.9", "0.999")]),
    st.booleans(),
    st.integers(0, 2**63 - 1),
    st.integers(0, 5),
)
def test_populations_are_those_made_household_by_household(
    frame: Frame, model: ErrorModel, icc: Decimal, exact: bool, seed: int, replicate: int
) -> None:
    model = replace(model, icc=icc)
    if not exact:  # few enough for a propensity to reach them
        fewer = {kind: getattr(model, kind) / 40 for kind in ERROR_KINDS}
        model = replace(model, **fewer, whole_missed=Decimal("0.7"), totals="expected")
    population = one(frame, model, seed=seed, replicate=replicate)
    marks = {kind: plain_marks(frame, model, kind, seed, replicate) for kind in ERROR_KINDS}
    assert np.array_equal(population.wrong_persons, marks["wrong_exit"] + marks["missed"])
    assert np.array_equal(population.approves, marks["disapproval"] == 0)


@pytest.mark.parametrize("icc", ["0.001", "0.02", "0.1", "0.4", "0.95"])
@pytest.mark.parametrize("level", ["0.004", "0.05", "0.6"])
def test_turning_levels_are_right_to_the_last_digits(icc: str, level: str) -> None:
    structure = ErrorModel(wrong_exit=Decimal(0), missed=Decimal(0), icc=Decimal(icc)).structure("missed")
    order = turning.turning_order(
        UNEVEN, structure, seed=5, replicate=1, lowest=Decimal("0.002"), highest=Decimal(level)
    )
    rng = stream(5, Purpose.TRUTH, 1)
    shared, own = rng.standard_normal(len(UNEVEN.codes)), rng.standard_normal((3, len(UNEVEN.codes)))
    error = rng.random(len(UNEVEN.household_persons))
    effect = stats.norm.cdf(np.sqrt(0.5) * shared + np.sqrt(0.5) * own[1])
    ordinary, remote = (
        rate / 0.01
        for rate in household_rates(
            replace(MODEL, missed=Decimal("0.01"), remote_multiplier=Decimal(2), whole_missed=Decimal("0.7")),
            UNREGISTERED,
        )
    )
    solved = np.flatnonzero(np.isfinite(order.levels) & (order.levels > 0.002))
    assert len(solved) > 0
    for place in solved[:: max(1, len(solved) // 100)]:
        j, village = order.members[place], UNEVEN.household_village[order.members[place]]
        relative = remote if UNEVEN.remote[village] else ordinary
        known = turning_level(float(error[j]), float(effect[village]), relative, float(icc))
        assert order.levels[place] == pytest.approx(known, rel=1e-11)


# --- nested populations -----------------------------------------------------------------------------


def test_nested_populations_hold_each_level_once() -> None:
    base = ErrorModel(wrong_exit=Decimal(0), missed=Decimal(0))
    rates = [Decimal(x) for x in ("0.04", "0", "0.01")]
    asked = [replace(base, wrong_exit=e, missed=m) for e in rates for m in rates]
    nested = nested_populations(LARGE, asked, seed=2, replicate=3)
    assert nested.places.tolist() == [[e, m, 0] for e in (2, 0, 1) for m in (2, 0, 1)]
    assert len(nested.partly) <= 4  # at most one household for each positive level
    assert all(same(nested.population(i), one(LARGE, each, seed=2, replicate=3)) for i, each in enumerate(asked))


def test_models_of_two_families_are_not_nested() -> None:
    model = ErrorModel(wrong_exit=Decimal("0.01"), missed=Decimal("0.01"))
    other = replace(model, icc=Decimal("0.1"))
    assert replace(model, missed=Decimal("0.2"), disapproval=Decimal(0)).family == model.family != other.family
    with pytest.raises(ValueError, match="one family"):
        nested_populations(LARGE, [model, other], seed=1)


# --- the law of the model, by simulation ----------------------------------------------------------
#
# Each column below has mean 0 by the model as METHODS 5 states it. Its mean over independent populations is held
# against Student's quantile, shared out over the columns by Bonferroni: no tolerance is chosen by hand.


def assert_means_are_zero(columns: NDArray[np.float64]) -> None:
    replicates, tests = columns.shape
    spread = columns.std(axis=0, ddof=1) / np.sqrt(replicates)
    assert (spread > 0).all()
    assert np.abs(columns.mean(axis=0) / spread).max() <= stats.t.ppf(1 - FAMILY / 2 / tests, replicates - 1)


REPLICATES = 120
# Villages of unlike sizes; no village without a household of a group.
SIZES = np.array([[n, 3, n + 5] for n in (20, 35, 50, 65)] * 10)
UNEVEN = county(
    ([False] * 3 + [True]) * 10, SIZES, np.array([[58, 4, 70], [90, 5, 140], [160, 6, 150], [180, 7, 200]] * 10)
)
MODEL = ErrorModel(
    wrong_exit=Decimal("0.08"),
    missed=Decimal("0.05"),
    disapproval=Decimal("0.1"),
    icc=Decimal("0.2"),
    remote_multiplier=Decimal("2.5"),
    totals="expected",
)


@pytest.fixture(scope="module")
def truths() -> list[Population]:
    return [one(UNEVEN, MODEL, seed=11, replicate=r) for r in range(REPLICATES)]


# Villages hardly differ but for their remoteness, so that little else blurs the multiplier.
CALM = replace(MODEL, icc=Decimal("0.005"), remote_multiplier=Decimal(4))


@pytest.fixture(scope="module")
def calm_truths() -> list[Population]:
    return [one(UNEVEN, CALM, seed=12, replicate=r) for r in range(REPLICATES)]


def household_rates(model: ErrorModel, group: int) -> tuple[float, float]:
    """Return the chance that an ordinary and a remote household is wrong, from METHODS 5.1 and 5.2.

    A wrong household loses all its persons with the chance of its kind, else one; persons are wrong at the county's
    level on average.
    """
    level, whole = {
        EXITED: (model.wrong_exit, model.whole_wrong_exit),
        UNREGISTERED: (model.missed, model.whole_missed),
    }[group]
    multiplier, lost = Fraction(model.remote_multiplier), Fraction(0)
    for household in np.flatnonzero(UNEVEN.household_group == group):
        remote = UNEVEN.remote[UNEVEN.household_village[household]]
        persons = whole * int(UNEVEN.household_persons[household]) + (1 - whole)
        lost += Fraction(persons) * (multiplier if remote else 1)
    ordinary = Fraction(level) * int(UNEVEN.group_persons[:, group].sum()) / lost
    return float(ordinary), float(ordinary * multiplier)


CASES = ((EXITED, "wrong_exit", "whole_wrong_exit"), (UNREGISTERED, "missed", "whole_missed"))


def test_expected_totals_are_unbiased(truths: Sequence[Population]) -> None:
    columns = []
    for group, kind, _ in CASES:
        members = UNEVEN.household_group == group
        persons = int(UNEVEN.group_persons[:, group].sum())
        columns.append([p.wrong_persons[members].sum() / persons - float(getattr(MODEL, kind)) for p in truths])
    columns.append([(~p.approves).mean() - float(MODEL.disapproval) for p in truths])
    assert_means_are_zero(np.array(columns).T)


def remote_columns(truths: Sequence[Population], model: ErrorModel) -> NDArray[np.float64]:
    remote = UNEVEN.remote[UNEVEN.household_village]
    columns = []
    for group in (EXITED, UNREGISTERED):
        for stratum, rate in zip((~remote, remote), household_rates(model, group), strict=True):
            members = stratum & (UNEVEN.household_group == group)
            columns.append([(p.wrong_persons[members] > 0).mean() - rate for p in truths])
    for stratum in (~remote, remote):  # approval has no multiplier
        columns.append([(~p.approves[stratum]).mean() - float(model.disapproval) for p in truths])
    return np.array(columns).T


def test_remote_households_are_wrong_multiplier_times_as_often(
    truths: Sequence[Population], calm_truths: Sequence[Population]
) -> None:
    assert_means_are_zero(np.hstack([remote_columns(truths, MODEL), remote_columns(calm_truths, CALM)]))


def test_the_check_of_the_multiplier_would_see_a_tenth_more(calm_truths: Sequence[Population]) -> None:
    with pytest.raises(AssertionError):
        assert_means_are_zero(remote_columns(calm_truths, replace(CALM, remote_multiplier=Decimal("4.4"))))


def test_households_lose_all_their_persons_or_one(truths: Sequence[Population]) -> None:
    columns = []
    for group, _, whole in CASES:
        larger = (UNEVEN.household_group == group) & (UNEVEN.household_persons > 1)
        persons = UNEVEN.household_persons[larger]
        for p in truths:
            wrong = p.wrong_persons[larger]
            assert np.isin(wrong[wrong > 0], np.concatenate([[1], np.unique(persons)])).all()
            assert ((wrong == 0) | (wrong == 1) | (wrong == persons)).all()
        share = float(getattr(MODEL, whole))
        columns.append(
            [
                float(((p.wrong_persons[larger] == persons) - share * (p.wrong_persons[larger] > 0)).mean())
                for p in truths
            ]
        )
    assert_means_are_zero(np.array(columns).T)


def pair_excess(wrong: Bools, village: Ints, rate: NDArray[np.float64], icc: float) -> float:
    """Return the sum over pairs of one village of (x - mu)(y - mu) - icc mu (1 - mu), with mean 0 by METHODS 5.1."""
    error = wrong - rate
    sums, squares = np.bincount(village, weights=error), np.bincount(village, weights=error**2)
    size, mean = np.bincount(village), np.bincount(village, weights=rate) / np.maximum(np.bincount(village), 1)
    pairs = size * (size - 1)
    return float(((sums**2 - squares - pairs * icc * mean * (1 - mean)).sum()) / pairs.sum())


def icc_columns(truths: Sequence[Population], icc: float) -> NDArray[np.float64]:
    remote = UNEVEN.remote[UNEVEN.household_village]
    columns = []
    for group, _, _ in CASES:
        ordinary_rate, remote_rate = household_rates(MODEL, group)
        for flag, rate in ((False, ordinary_rate), (True, remote_rate)):
            members = (remote == flag) & (UNEVEN.household_group == group)
            village, rates = UNEVEN.household_village[members], np.full(members.sum(), rate)
            columns.append([pair_excess(p.wrong_persons[members] > 0, village, rates, icc) for p in truths])
    everyone = np.full(len(remote), float(MODEL.disapproval))
    columns.append([pair_excess(~p.approves, UNEVEN.household_village, everyone, icc) for p in truths])
    return np.array(columns).T


def test_the_intraclass_correlation_is_that_of_the_model(truths: Sequence[Population]) -> None:
    assert_means_are_zero(icc_columns(truths, float(MODEL.icc)))


def test_the_check_of_the_intraclass_correlation_would_see_a_third_more(truths: Sequence[Population]) -> None:
    with pytest.raises(AssertionError):
        assert_means_are_zero(icc_columns(truths, 4 / 3 * float(MODEL.icc)))


# --- how the kinds share their villages -----------------------------------------------------------

CROWDED = even_county(16, 0, households=1_000, persons=1_000)


def wrong_by_village(frame: Frame, shared: str, *, replicate: int = 0) -> tuple[Ints, Ints]:
    """Return the wrong exited and the missed households of each village; both kinds have the same rate."""
    model = ErrorModel(
        wrong_exit=Decimal("0.2"),
        missed=Decimal("0.2"),
        icc=Decimal("0.3"),
        shared=Decimal(shared),
        totals="expected",
    )
    wrong = one(frame, model, seed=3, replicate=replicate).wrong_persons > 0
    found = []
    for group in (EXITED, UNREGISTERED):
        members = frame.household_group == group
        found.append(np.bincount(frame.household_village[members], weights=wrong[members]).astype(np.int64))
    return found[0], found[1]


def test_fully_shared_effects_are_the_same_for_both_kinds() -> None:
    exits, missed = wrong_by_village(CROWDED, "1")
    # A village's two counts are then two binomials of one chance: given their sum, hypergeometric.
    chances = [stats.fisher_exact([[x, 1_000 - x], [y, 1_000 - y]]).pvalue for x, y in zip(exits, missed, strict=True)]
    assert min(chances) > FAMILY / len(chances)
    # Where the counts are too far apart for chance, the two kinds rank the villages alike.
    apart = [
        (i, j)
        for i in range(16)
        for j in range(16)
        if stats.fisher_exact([[exits[i], 1_000 - exits[i]], [exits[j], 1_000 - exits[j]]]).pvalue < FAMILY / 16**2 / 2
        and exits[i] < exits[j]
    ]
    assert len(apart) > 60  # of 120 pairs
    assert all(missed[i] < missed[j] for i, j in apart)


def test_partly_shared_effects_are_not_the_same() -> None:
    exits, missed = wrong_by_village(CROWDED, "0.5")
    chances = [stats.fisher_exact([[x, 1_000 - x], [y, 1_000 - y]]).pvalue for x, y in zip(exits, missed, strict=True)]
    assert min(chances) < FAMILY / len(chances)


def test_effects_that_are_not_shared_are_independent() -> None:
    frame = even_county(40, 0, households=20, persons=20)
    correlations = {
        shared: np.array(
            [[np.corrcoef(*wrong_by_village(frame, shared, replicate=r))[0, 1]] for r in range(REPLICATES // 2)]
        )
        for shared in ("0", "0.5")
    }
    assert_means_are_zero(correlations["0"])  # villages are exchangeable, so the mean is exactly 0
    with pytest.raises(AssertionError):
        assert_means_are_zero(correlations["0.5"])
    assert correlations["0.5"].mean() > 0


def test_the_kinds_are_named_as_the_levels_are() -> None:
    assert set(ERROR_KINDS) <= set(ErrorModel.__dataclass_fields__)


def test_expected_totals_refuse_a_level_no_propensity_reaches() -> None:
    frame = even_county(10, 10, households=30, persons=90)
    model = ErrorModel(
        wrong_exit=Decimal("0.9"), missed=Decimal("0.01"), remote_multiplier=Decimal(2), totals="expected"
    )
    with pytest.raises(InputError) as refused:
        synthesise_populations(frame, [model], seed=1)
    assert refused.value.mistakes[0].code == "level_unreachable"
