"""Key households, townships and single-person errors in the error model, under every law of village effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import even_county, small_frames

from sampler.domains import KeyMultiplier, TownshipMultiplier, describe
from sampler.error_model import ERROR_KINDS, ErrorModel, nested_populations, synthesise_populations
from sampler.errors import InputError
from sampler.frame import EXITED, UNREGISTERED, Frame
from sampler.population import Population
from sampler.village_effects import EFFECTS

TOWNSHIPS = ("云岫镇", "石泉乡", "柏树乡")

levels = st.decimals(0, "0.6", places=4) | st.sampled_from([Decimal(0), Decimal("0.0001"), Decimal("0.02")])
shares = st.decimals(0, 1, places=3)
multipliers = st.decimals("0.1", 20, places=1)


def with_marks(frame: Frame, townships: list[str], keys: list[bool]) -> Frame:
    return replace(frame, townships=tuple(townships), household_key=np.array(keys, dtype=bool))


@st.composite
def marked_frames(draw: st.DrawFn) -> Frame:
    """Return small counties with townships and key households."""
    frame = draw(small_frames())
    townships = [draw(st.sampled_from(TOWNSHIPS)) for _ in frame.codes]
    return with_marks(frame, townships, [draw(st.booleans()) for _ in frame.household_persons])


@st.composite
def models(draw: st.DrawFn, *, whole: st.SearchStrategy[Decimal] = shares) -> ErrorModel:
    """Return models with every option; they name all townships, so that each county lacks some."""
    return ErrorModel(
        wrong_exit=draw(levels),
        missed=draw(levels),
        disapproval=draw(levels),
        village_effect=draw(st.sampled_from(["beta", "logit_normal"])),  # type: ignore[arg-type]
        icc=draw(st.sampled_from([Decimal(0), Decimal("0.02"), Decimal("0.9")])),
        effect_sd=draw(st.sampled_from([Decimal(0), Decimal("0.9"), Decimal(5)])),
        remote_multiplier=draw(multipliers),
        key_multiplier=draw(multipliers),
        townships={name: draw(multipliers) for name in draw(st.sets(st.sampled_from(TOWNSHIPS)))},
        shared=draw(shares),
        whole_wrong_exit=draw(whole),
        whole_missed=draw(whole),
    )


def fitting(model: ErrorModel, frame: Frame) -> ErrorModel:
    """Return the model without the townships that the county lacks."""
    return replace(model, townships={k: v for k, v in model.townships.items() if k in frame.townships})


def one(frame: Frame, model: ErrorModel, *, seed: int = 1, replicate: int = 0) -> Population:
    (population,) = synthesise_populations(frame, [model], seed=seed, replicate=replicate)
    return population


def same(one: Population, other: Population) -> bool:
    return np.array_equal(one.wrong_persons, other.wrong_persons) and np.array_equal(one.approves, other.approves)


def within(lower: Population, upper: Population) -> bool:
    return bool((lower.wrong_persons <= upper.wrong_persons).all() and (lower.approves >= upper.approves).all())


LARGE = with_marks(
    even_county(30, 10, households=40, persons=118),
    [TOWNSHIPS[i % 3] for i in range(40)],
    [i % 7 == 0 for i in range(40 * 3 * 40)],
)


def base(**changes: object) -> ErrorModel:
    level = dict.fromkeys(ERROR_KINDS, Decimal("0.03"))
    return replace(ErrorModel(**level), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("totals", ["exact", "expected"])
def test_without_spread_the_laws_make_the_same_populations(totals: str) -> None:
    logit = one(LARGE, base(village_effect="logit_normal", effect_sd=Decimal(0), totals=totals))
    beta = one(LARGE, base(icc=Decimal(0), totals=totals))
    assert same(logit, beta)
    assert not same(logit, one(LARGE, base(village_effect="logit_normal", totals=totals)))


# --- in every county, with every option -----------------------------------------------------------


@given(marked_frames(), models(whole=st.just(Decimal(1))), st.integers(0, 2**63 - 1))
def test_exact_totals_are_met_whatever_the_multipliers(frame: Frame, model: ErrorModel, seed: int) -> None:
    model = fitting(model, frame)
    population = one(frame, model, seed=seed)
    for group, level in ((EXITED, model.wrong_exit), (UNREGISTERED, model.missed)):
        persons = int(frame.group_persons[:, group].sum())
        wrong = int(population.wrong_persons[frame.household_group == group].sum())
        assert 2 * abs(wrong - level * persons) <= 1


@given(
    marked_frames(),
    models(),
    st.lists(levels, min_size=2, max_size=6),
    st.sampled_from(["exact", "expected"]),
    st.integers(0, 2**32),
)
def test_a_wrong_household_stays_wrong_at_every_higher_level(
    frame: Frame, model: ErrorModel, grid: list[Decimal], totals: Literal["exact", "expected"], seed: int
) -> None:
    # A level low enough to be reached, whatever the multipliers and one person a household only.
    grid = sorted(level / (16 if totals == "exact" else 2_000) for level in grid)
    model = replace(fitting(model, frame), totals=totals)
    rising = [replace(model, wrong_exit=level, missed=level, disapproval=level) for level in grid]
    together = nested_populations(frame, rising, seed=seed)
    populations = [together.population(i) for i in range(len(grid))]
    assert all(within(lower, upper) for lower, upper in pairwise(populations))
    # Asked by itself, each is the same; so nesting holds between grids too.
    assert all(same(one(frame, each, seed=seed), found) for each, found in zip(rising, populations, strict=True))


@pytest.mark.parametrize("totals", ["exact", "expected"])
@pytest.mark.parametrize("effect", EFFECTS)
def test_levels_are_nested_in_a_large_county(effect: str, totals: str) -> None:
    model = base(
        village_effect=effect,
        totals=totals,
        key_multiplier=Decimal(3),
        townships={TOWNSHIPS[1]: Decimal(4)},
        whole_wrong_exit=Decimal(0),
    )
    grid = [Decimal(level) for level in ("0", "0.0001", "0.012", "0.02", "0.0201", "0.04")]
    rising = [replace(model, wrong_exit=level, missed=level, disapproval=level) for level in grid]
    populations = [one(LARGE, each, seed=5) for each in rising]
    assert all(within(lower, upper) for lower, upper in pairwise(populations))
    assert populations[0].wrong_persons.sum() == 0 < populations[-1].wrong_persons.sum()


# --- what multipliers mean ---------------------------------------------------------------------------


@given(marked_frames(), models(), multipliers, st.integers(0, 2**32))
def test_a_multiplier_of_everybody_is_none(frame: Frame, model: ErrorModel, factor: Decimal, seed: int) -> None:
    few = {kind: getattr(model, kind) / 40 for kind in ERROR_KINDS}
    model = replace(fitting(model, frame), **few)
    plain = one(frame, replace(model, townships={}), seed=seed)
    assert same(plain, one(frame, replace(model, townships=dict.fromkeys(frame.townships, factor)), seed=seed))
    for keys in (np.zeros_like(frame.household_key), np.ones_like(frame.household_key)):
        other = replace(frame, household_key=keys)
        unmarked = one(other, replace(model, key_multiplier=Decimal(1)), seed=seed)
        assert same(unmarked, one(other, replace(model, key_multiplier=factor), seed=seed))


@pytest.mark.parametrize("totals", ["exact", "expected"])
@pytest.mark.parametrize("effect", EFFECTS)
def test_remote_villages_by_any_name_err_as_often(effect: str, totals: str) -> None:
    """The remote villages made one township, or all their households key ones: three ways to one population."""
    remote = LARGE.remote
    frame = replace(
        LARGE,
        townships=tuple("山区乡" if far else "平川镇" for far in remote),
        household_key=remote[LARGE.household_village],
    )
    no_one = base(village_effect=effect, totals=totals, remote_multiplier=Decimal(1))
    three = Decimal(3)
    known = one(frame, replace(no_one, remote_multiplier=three))
    assert same(known, one(frame, replace(no_one, townships={"山区乡": three})))
    assert same(known, one(frame, replace(no_one, key_multiplier=three)))
    assert same(known, one(frame, replace(no_one, townships={"平川镇": 1 / three})))
    assert not same(known, one(frame, no_one))


def test_multipliers_multiply() -> None:
    model = base(remote_multiplier=Decimal(2), key_multiplier=Decimal(3), townships={TOWNSHIPS[0]: Decimal(5)})
    marks = replace(
        LARGE,
        townships=tuple(
            f"{name}{'远' if far else ''}" for name, far in zip(LARGE.townships, LARGE.remote, strict=True)
        ),
    )
    by_township = {name: Decimal(1) for name in marks.townships} | {f"{name}远": Decimal(2) for name in TOWNSHIPS}
    by_township |= {TOWNSHIPS[0]: Decimal(5), f"{TOWNSHIPS[0]}远": Decimal(10)}
    other = replace(model, remote_multiplier=Decimal(1), townships=by_township)
    assert same(one(LARGE, model), one(marks, other))


def test_approval_has_no_multiplier() -> None:
    several = base(
        remote_multiplier=Decimal(3), key_multiplier=Decimal(3), townships={TOWNSHIPS[0]: Decimal(3)}, totals="expected"
    )
    plain = base(remote_multiplier=Decimal(1), totals="expected")
    assert np.array_equal(one(LARGE, several).approves, one(LARGE, plain).approves)
    assert not np.array_equal(one(LARGE, several).wrong_persons, one(LARGE, plain).wrong_persons)


def test_one_bad_township_takes_the_errors_from_the_others() -> None:
    bad = np.array([name == TOWNSHIPS[0] for name in LARGE.townships])[LARGE.household_village]
    shares_of_bad = [
        one(LARGE, base(townships={TOWNSHIPS[0]: Decimal(m)})).wrong_persons[bad].sum() for m in ("0.01", "1", "100")
    ]
    totals = [one(LARGE, base(townships={TOWNSHIPS[0]: Decimal(m)})).wrong_persons.sum() for m in ("0.01", "1", "100")]
    assert len(set(totals)) == 1
    assert shares_of_bad[0] < 0.1 * shares_of_bad[1]
    assert shares_of_bad[2] > 0.9 * totals[2]


# --- errors of one person ------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("totals", ["exact", "expected"])
def test_no_whole_household_errs_where_none_shall(totals: str, effect: str) -> None:
    """One household, one person: the finding of the February survey, as the only kind of error (`whole` of 0)."""
    model = base(whole_wrong_exit=Decimal(0), whole_missed=Decimal(0), totals=totals, village_effect=effect)
    population = one(LARGE, model)
    assert set(population.wrong_persons) == {0, 1}
    assert LARGE.household_persons[population.wrong_persons > 0].max() > 1
    if totals == "exact":
        for group in (EXITED, UNREGISTERED):
            persons = int(LARGE.group_persons[:, group].sum())
            households = LARGE.household_group == group
            assert population.wrong_persons[households].sum() == round(0.03 * persons)


@given(marked_frames(), models(whole=st.just(Decimal(0))), st.integers(0, 2**32))
def test_every_household_can_have_its_one_person_wrong(frame: Frame, model: ErrorModel, seed: int) -> None:
    households, persons = frame.group_households.sum(axis=0), frame.group_persons.sum(axis=0)
    assume(persons[EXITED] > 0)
    # The most there can be, rounded down to what a level of four digits says.
    most = Decimal(int(10_000 * households[EXITED] // persons[EXITED])) / 10_000
    model = replace(fitting(model, frame), wrong_exit=min(most, Decimal("0.9999")), missed=Decimal(0))
    wrong = one(frame, model, seed=seed).wrong_persons[frame.household_group == EXITED]
    assert wrong.max(initial=0) <= 1
    assert 2 * abs(int(wrong.sum()) - model.wrong_exit * int(persons[EXITED])) <= 1


# --- the record ------------------------------------------------------------------------------------------


def test_models_are_hashed_and_grouped_by_what_their_townships_say() -> None:
    stated = {TOWNSHIPS[1]: Decimal(3), TOWNSHIPS[0]: Decimal(2)}
    model = base(townships=stated)
    turned = base(townships=dict(reversed(stated.items())))
    assert model == turned
    assert hash(model) == hash(turned)
    assert model.family == turned.family
    assert hash(model.family) != hash(base().family)
    for change in (
        {"townships": {TOWNSHIPS[1]: Decimal(3)}},
        {"key_multiplier": Decimal(2)},
        {"village_effect": "logit_normal"},
        {"effect_sd": Decimal(1)},
    ):
        assert replace(model, **change).family != model.family  # type: ignore[arg-type]
    stated[TOWNSHIPS[2]] = Decimal(7)
    assert model == turned, "a model keeps what it was made with"


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"effect_sd": Decimal("5.01")}, ["effect_sd"]),
        ({"effect_sd": Decimal("-0.1")}, ["effect_sd"]),
        ({"key_multiplier": Decimal(0)}, ["key_multiplier"]),
        ({"townships": {"甲": Decimal(0), "乙": Decimal(1), "丙": Decimal(101)}}, ["townships.甲", "townships.丙"]),
    ],
)
def test_parameters_outside_their_domain_are_refused(changes: Mapping[str, object], keys: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        base(**changes)
    assert [mistake.fields["key"] for mistake in caught.value.mistakes] == keys
    assert {mistake.code for mistake in caught.value.mistakes} == {"outside_domain"}
    if "townships" in changes:
        assert {m.fields["allowed"] for m in caught.value.mistakes} == {describe(TownshipMultiplier)}
        assert describe(TownshipMultiplier) == describe(KeyMultiplier) == "0 < x <= 100"


def test_townships_that_the_county_lacks_are_refused_with_the_nearest() -> None:
    model = base(townships={"云袖镇": Decimal(2), TOWNSHIPS[1]: Decimal(2), "别处": Decimal(3)})
    with pytest.raises(InputError) as caught:
        nested_populations(LARGE, [model], seed=1)
    assert [(m.code, m.fields["key"], m.fields["nearest"]) for m in caught.value.mistakes] == [
        ("unknown_township", "townships.云袖镇", "云岫镇"),
        ("unknown_township", "townships.别处", ""),
    ]


def test_an_expected_level_that_a_bad_township_cannot_reach_is_refused() -> None:
    model = base(townships={TOWNSHIPS[0]: Decimal(100)}, totals="expected", remote_multiplier=Decimal(1))
    with pytest.raises(InputError) as caught:
        one(LARGE, replace(model, wrong_exit=Decimal("0.5")))
    (mistake,) = caught.value.mistakes
    assert mistake.code == "level_unreachable"
    # 14 of 40 villages err 100 times as often as the rest; then all their households are wrong.
    persons, counted = LARGE.household_persons, LARGE.household_group == EXITED
    bad = np.array([name == TOWNSHIPS[0] for name in LARGE.townships])[LARGE.household_village]
    weight = 0.9 * persons + 0.1
    most = (weight[counted & bad].sum() + weight[counted & ~bad].sum() / 100) / persons[counted].sum()
    assert mistake.fields["allowed"] == f"{most:.4f}"
