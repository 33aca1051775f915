"""Laws that every design of the catalogue keeps; a new one is picked up by itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, fields
from functools import cache
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from sampler.design import Design, Entry, Units, inclusion_probabilities, with_certain
from sampler.designs import DESIGNS
from sampler.errors import InputError
from sampler.frame import Ints
from sampler.streams import Purpose, stream_starts

Floats = NDArray[np.float64]

SAMPLES = 200_000
ERROR = 1e-6  # family-wise chance that the frequencies of any design on any frame fail although all is well
ROUNDING = 1e-12


# --- frames ---------------------------------------------------------------------------------------


def uneven(size: int, drawn: int) -> Floats:
    """Return unequal inclusion probabilities, none certain."""
    sizes = np.random.default_rng(size).lognormal(0, 0.6, size)
    while (chance := inclusion_probabilities(sizes, drawn)).max() == 1:
        sizes = np.sqrt(sizes)
    return chance


def grid(size: int) -> Floats:
    """Return places on a map where most distances are tied, and some places the same."""
    return np.random.default_rng(size).integers(0, 4, (size, 2)).astype(np.float64)


FRAMES: dict[str, Callable[[], Floats]] = {
    "six": lambda: np.array([0.07, 0.17, 0.41, 0.61, 0.83, 0.91]),
    "one drawn": lambda: uneven(6, 1),
    "all but one": lambda: uneven(6, 5),
    "alike": lambda: np.full(9, 4 / 9),
    "seven": lambda: uneven(7, 3),
    "pair": lambda: np.array([0.3, 0.7]),
    "thirty": lambda: uneven(30, 8),
}
SMALL = tuple(name for name in FRAMES if name != "thirty")  # all samples can be listed
EDGES = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 2), (5, 0), (5, 5), (700, 0), (700, 700)]  # all chances 0, or all 1


@cache
def design(name: str, frame: str) -> Design:
    return over(name, FRAMES[frame]())


def over(name: str, chance: Floats) -> Design:
    return DESIGNS[name].make(Units(chance=chance, location=grid(len(chance))))


@cache
def streams(count: int = SAMPLES) -> NDArray[np.uint64]:
    return stream_starts(20_190_711, Purpose.VILLAGES, np.arange(count))


@cache
def samples(name: str, frame: str) -> Ints:
    return design(name, frame).draw(streams())


def membership(sample: Ints, size: int) -> NDArray[np.float32]:
    """Return which units each sample contains, shape (R, N)."""
    inside = np.zeros((len(sample), size), dtype=np.float32)
    np.put_along_axis(inside, sample, 1, axis=1)
    return inside


def assert_frequencies(counts: NDArray[np.float64], chance: Floats, comparisons: int) -> None:
    """Hold counts of SAMPLES independent draws against their chances by exact binomial tails, Bonferroni over all."""
    # Rounding may have left a chance a hair outside [0, 1].
    chance = np.clip(chance, 0, 1)
    tail = np.minimum(stats.binom.cdf(counts, SAMPLES, chance), stats.binom.sf(counts - 1, SAMPLES, chance))
    assert tail.min() > ERROR / 2 / comparisons, (counts[tail.argmin()], SAMPLES * chance[tail.argmin()])


# All tests of frequencies: of units and pairs in every frame, and of whole samples in the small ones.
COMPARISONS = len(DESIGNS) * sum(
    len(chance) * (len(chance) + 1) // 2 + (comb(len(chance), round(chance.sum())) if frame in SMALL else 0)
    for frame, chance in ((frame, make()) for frame, make in FRAMES.items())
)

every_design = pytest.mark.parametrize("name", DESIGNS)
# What the limitations say is held against the designs themselves below.
WITH_JOINT = [name for name, entry in DESIGNS.items() if not {"no_joint", "joint_approximate"} & {*entry.limitations}]
WITH_LAW = [name for name, entry in DESIGNS.items() if "no_exact_chance" not in entry.limitations]
designs_with_joint = pytest.mark.parametrize("name", WITH_JOINT)
designs_with_law = pytest.mark.parametrize("name", WITH_LAW)
every_frame = pytest.mark.parametrize("frame", FRAMES)
small_frames = pytest.mark.parametrize("frame", SMALL)


# --- probabilities --------------------------------------------------------------------------------


@every_design
@every_frame
def test_first_order_probabilities_are_the_wanted_ones(name: str, frame: str) -> None:
    wanted = FRAMES[frame]()
    if DESIGNS[name].size == "ignored":
        wanted = np.full(len(wanted), round(wanted.sum()) / len(wanted))
    first = design(name, frame).first
    assert np.all((first > 0) & (first <= 1))
    assert np.abs(first - wanted).max() <= ROUNDING
    assert abs(first.sum() - round(wanted.sum())) <= ROUNDING


@designs_with_joint
@every_frame
def test_joint_probabilities_belong_to_samples_of_fixed_size(name: str, frame: str) -> None:
    joint, first = design(name, frame).joint(), design(name, frame).first
    assert joint is not None
    assert np.array_equal(joint, joint.T)
    assert np.abs(joint.diagonal() - first).max() <= ROUNDING
    assert np.abs(joint.sum(axis=1) - first.sum() * first).max() <= ROUNDING * len(first)
    lowest, highest = np.maximum(0, np.add.outer(first, first) - 1), np.minimum.outer(first, first)
    assert np.all((joint >= lowest - ROUNDING) & (joint <= highest + ROUNDING))


@every_design
def test_what_is_not_known_is_said(name: str) -> None:
    entry, made = DESIGNS[name], design(name, "seven")
    joint, values = made.joint(), np.ones(7)
    assert (joint is not None) == (name in WITH_JOINT)
    assert (made.expectation(values) is not None) == (name in WITH_LAW)
    if joint is not None:
        assert (np.min(joint) == 0) <= bool({"zero_joint", "small_joint"} & {*entry.limitations})


# --- draws ----------------------------------------------------------------------------------------


@every_design
@every_frame
def test_a_sample_is_n_different_units(name: str, frame: str) -> None:
    size, drawn = len(FRAMES[frame]()), round(FRAMES[frame]().sum())
    found = samples(name, frame)
    assert found.shape == (SAMPLES, drawn)
    assert found.dtype == np.int64
    assert np.all((found >= 0) & (found < size))
    assert np.all(np.diff(np.sort(found, axis=1), axis=1) > 0)


@every_design
@every_frame
def test_units_are_drawn_as_often_as_they_should(name: str, frame: str) -> None:
    inside = membership(samples(name, frame), len(FRAMES[frame]()))
    assert_frequencies(inside.sum(axis=0, dtype=np.float64), design(name, frame).first, COMPARISONS)


@designs_with_joint
@every_frame
def test_pairs_are_drawn_as_often_as_they_should(name: str, frame: str) -> None:
    joint = design(name, frame).joint()
    assert joint is not None
    inside = membership(samples(name, frame), len(joint))
    upper = np.triu_indices(len(joint), 1)  # float32 counts to 2**24 exactly
    assert_frequencies((inside.T @ inside)[upper].astype(np.float64), joint[upper], COMPARISONS)


@every_design
def test_a_sample_depends_on_its_stream_alone(name: str) -> None:
    made, starts = design(name, "thirty"), streams()[:300]
    whole = made.draw(starts)
    assert np.array_equal(made.draw(starts), whole)
    assert np.array_equal(made.draw(starts[:1]), whole[:1])
    assert np.array_equal(made.draw(starts[::-1]), whole[::-1])
    assert np.array_equal(over(name, FRAMES["thirty"]()).draw(starts), whole)
    assert made.draw(starts[:0]).shape == (0, 8)


@every_design
def test_other_streams_draw_other_samples(name: str) -> None:
    # A systematic sample of thirty has at most thirty values.
    assert len(np.unique(np.sort(design(name, "thirty").draw(streams()[:300]), axis=1), axis=0)) > 10


@every_design
@pytest.mark.parametrize("frame", [*FRAMES, *EDGES])
def test_the_compiled_draw_is_the_readable_one(
    name: str, frame: str | tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = FRAMES[frame]() if isinstance(frame, str) else edge(*frame)
    made, starts = over(name, chance), streams()[:200]
    values = np.random.default_rng(6).random((len(chance), 5))
    values = values * np.exp(2j * np.pi * values**2)
    compiled, expected = made.draw(starts), made.expectation(values)
    monkeypatch.setitem(sys.modules, "sampler.selection.kernels", None)  # as if numba were not installed
    readable, also = made.draw(starts), made.expectation(values)
    assert np.array_equal(compiled, readable)
    assert compiled.dtype == readable.dtype
    if expected is not None and also is not None:
        assert np.abs(expected - also).max() <= ROUNDING


def test_units_at_one_place_compete_in_pairs_all_over_the_list() -> None:
    """Where all distances are tied, many units are still nearest to each other, so that no draw takes long."""
    units = Units(chance=np.full(600, 0.5), location=np.zeros((600, 2)))
    made = DESIGNS["local_pivotal"].make(units)
    nearest = made._neighbours[:, 0]  # type: ignore[attr-defined]
    assert np.count_nonzero(nearest[nearest] == np.arange(600)) > 600 / 4
    assert made.draw(streams()[:10]).shape == (10, 300)


def test_a_larger_simple_random_sample_contains_the_smaller_one() -> None:
    few, more = (over("srs", np.full(30, n / 30)).draw(streams()[:100]) for n in (7, 16))
    assert np.array_equal(few, more[:, :7])


# --- the whole law on frames small enough to list it ----------------------------------------------


def listed(made: Design, size: int, drawn: int) -> tuple[Ints, Floats]:
    """Return all sets of n units with their chances: the generating function where only these units are worth 1.

    A sample of n units inside a set of n units is that set.
    """
    sets = np.array(list(combinations(range(size), drawn)), dtype=np.int64)
    worth = membership(sets, size).T.astype(np.float64)
    chance = made.expectation(worth)
    assert chance is not None
    return sets, chance


@designs_with_law
@small_frames
def test_the_generating_function_is_the_mean_over_the_samples(name: str, frame: str) -> None:
    made, size, drawn = design(name, frame), len(FRAMES[frame]()), round(FRAMES[frame]().sum())
    sets, chance = listed(made, size, drawn)
    assert np.all(chance >= 0)
    assert abs(chance.sum() - 1) <= ROUNDING
    rng = np.random.default_rng(1)
    turn = np.exp(2j * np.pi * rng.random((size, 2, 3)))
    for values in (rng.random((size, 4)), 5 * rng.random(size) - 2, turn):
        found = made.expectation(values)
        direct = np.tensordot(chance, values[sets].prod(axis=1), 1)
        assert found is not None
        assert found.shape == values.shape[1:]
        assert found.dtype == values.dtype
        assert np.abs(found - direct).max() <= ROUNDING * max(1, np.abs(direct).max())


@designs_with_law
@small_frames
def test_the_law_of_samples_has_the_stated_probabilities(name: str, frame: str) -> None:
    made, size, drawn = design(name, frame), len(FRAMES[frame]()), round(FRAMES[frame]().sum())
    sets, chance = listed(made, size, drawn)
    inside = membership(sets, size).astype(np.float64)
    assert np.abs(chance @ inside - made.first).max() <= ROUNDING
    joint = made.joint()
    assert joint is not None  # where the law is known, so are they
    assert np.abs((inside * chance[:, np.newaxis]).T @ inside - joint).max() <= ROUNDING


@designs_with_law
@small_frames
def test_horvitz_and_thompson_are_unbiased(name: str, frame: str) -> None:
    made, size, drawn = design(name, frame), len(FRAMES[frame]()), round(FRAMES[frame]().sum())
    sets, chance = listed(made, size, drawn)
    y = np.random.default_rng(2).normal(10, 4, size)
    total = chance @ (y / made.first)[sets].sum(axis=1)
    assert abs(total - y.sum()) <= ROUNDING * np.abs(y).sum()


@designs_with_law
@small_frames
def test_samples_are_drawn_as_often_as_they_should(name: str, frame: str) -> None:
    made, size, drawn = design(name, frame), len(FRAMES[frame]()), round(FRAMES[frame]().sum())
    sets, chance = listed(made, size, drawn)
    key = 1 << np.arange(size)
    counts = np.bincount(key[samples(name, frame)].sum(axis=1), minlength=1 << size)[key[sets].sum(axis=1)]
    assert counts.sum() == SAMPLES
    assert_frequencies(counts.astype(np.float64), chance, COMPARISONS)


@designs_with_law
def test_points_are_independent_of_one_another(name: str) -> None:
    # Many points are computed in parts.
    values = np.random.default_rng(3).random((30, 1_000)) + 0.5
    made = design(name, "thirty")
    whole, some = made.expectation(values), made.expectation(values[:, 700:703])
    assert whole is not None
    assert some is not None
    assert np.allclose(whole[700:703], some, rtol=1e-13, atol=0)


# --- at the edges ---------------------------------------------------------------------------------


def edge(size: int, drawn: int) -> Floats:
    return np.full(size, float(drawn > 0))


@every_design
@pytest.mark.parametrize(("size", "drawn"), EDGES)
def test_nothing_and_everything_can_be_drawn(name: str, size: int, drawn: int) -> None:
    made = over(name, edge(size, drawn))
    found = made.draw(streams()[:3])
    assert np.array_equal(np.sort(found, axis=1), np.tile(np.arange(drawn), (3, 1)))
    assert np.array_equal(made.first, edge(size, drawn))
    if size <= 5:
        joint, value = made.joint(), made.expectation(np.full((size, 2), 3.0))
        assert joint is None or np.array_equal(joint, np.full((size, size), float(drawn > 0)))
        assert value is None or np.allclose(value, 3.0**drawn, rtol=1e-14)


@every_design
@pytest.mark.parametrize(("size", "drawn"), [(4_096, 400), (2_048, 1_900), (1_024, 1), (1_024, 1_023)])
def test_large_frames_neither_overflow_nor_underflow(name: str, size: int, drawn: int) -> None:
    chance = uneven(size, drawn) if drawn < size / 2 else 1 - uneven(size, size - drawn)
    made = DESIGNS[name].make(Units(chance=chance, location=spread(size)))
    found = made.draw(streams()[:2])
    assert np.all(np.diff(np.sort(found, axis=1), axis=1) > 0)
    assert found.shape == (2, drawn)
    if (value := made.expectation(np.full((size, 1), 0.999))) is not None:
        assert np.allclose(value, 0.999**drawn, rtol=1e-12, atol=0)


@cache
def spread(size: int) -> Floats:
    return np.random.default_rng(4).random((size, 2))


@every_design
@given(st.data())
def test_any_probabilities_will_do(name: str, data: st.DataObject) -> None:
    """Probabilities as near to 0 and 1 as they may be."""
    logits = data.draw(st.lists(st.floats(-25, 25), min_size=2, max_size=9))
    drawn = data.draw(st.integers(1, len(logits) - 1))
    chance = shifted(np.array(logits), drawn)
    made = over(name, chance)
    wanted = np.full(len(chance), drawn / len(chance)) if DESIGNS[name].size == "ignored" else chance
    assert np.abs(made.first - wanted).max() <= ROUNDING
    assert np.all(np.diff(np.sort(made.draw(streams()[:20]), axis=1), axis=1) > 0)
    if (joint := made.joint()) is not None:
        assert np.abs(joint.diagonal() - wanted).max() <= ROUNDING
        assert np.abs(joint.sum(axis=1) - drawn * wanted).max() <= ROUNDING * len(chance)
        assert joint.min() >= 0


def shifted(logits: Floats, drawn: int) -> Floats:
    """Return probabilities with these logits, all moved as much as makes their sum `drawn`."""
    low, high = -80.0, 80.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if (1 / (1 + np.exp(-logits - middle))).sum() > drawn else (middle, high)
    return np.clip(1 / (1 + np.exp(-logits - low)), 1e-30, 1 - 2.0**-53)


# --- certain units --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, entry in DESIGNS.items() if entry.size != "ignored"])
def test_certain_units_are_in_every_sample(name: str) -> None:
    sizes = np.array([1.0, 40.0, 2.0, 3.0, 1.0, 60.0, 2.0])
    chance = inclusion_probabilities(sizes, 4)
    assert np.flatnonzero(chance == 1).tolist() == [1, 5]
    made = with_certain(DESIGNS[name], chance, grid(7))
    found = made.draw(streams()[:500])
    assert np.all(found[:, :2] == [1, 5])
    assert np.all(np.diff(np.sort(found, axis=1), axis=1) > 0)
    assert np.abs(made.first - chance).max() <= ROUNDING
    if (joint := made.joint()) is not None:
        assert np.abs(joint.sum(axis=1) - 4 * chance).max() <= ROUNDING
        assert np.array_equal(joint, joint.T)
    values = np.random.default_rng(5).random((7, 2))
    if (value := made.expectation(values)) is not None:
        inner = over(name, chance[chance < 1]).expectation(values[chance < 1])
        assert inner is not None
        assert np.allclose(value, values[1] * values[5] * inner, rtol=1e-14)


@every_design
def test_all_certain_and_none_certain_need_no_wrapping(name: str) -> None:
    for chance in (np.ones(4), np.zeros(4), np.full(4, 0.5)):
        assert with_certain(DESIGNS[name], chance, grid(4)).first.tolist() == chance.tolist()


# --- the catalogue --------------------------------------------------------------------------------


@every_design
def test_a_design_is_a_frozen_record_of_its_units(name: str) -> None:
    made = design(name, "six")
    assert [field.name for field in fields(made)] == ["units"]  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        made.units = None  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        DESIGNS[name].design(Units(chance=np.full(2, 0.5)))  # type: ignore[misc]


@every_design
def test_only_designs_on_the_map_ask_for_coordinates(name: str) -> None:
    blank = grid(4)
    blank[2, 1] = np.nan
    for place, missing in ((None, 4), (blank, 1)):
        units = Units(chance=np.full(4, 0.5), location=place)
        if DESIGNS[name].located:
            assert told(lambda u=units: DESIGNS[name].make(u)) == [  # type: ignore[misc]
                ("coordinates_missing", {"found": missing, "allowed": 4})
            ]
        else:
            assert DESIGNS[name].make(units).first.tolist() == [0.5] * 4


def told(job: Callable[[], object]) -> list[tuple[str, dict[str, object]]]:
    with pytest.raises(InputError) as caught:
        job()
    return [(mistake.code, dict(mistake.fields)) for mistake in caught.value.mistakes]


def refusals() -> Iterator[tuple[Callable[[], object], str, dict[str, object]]]:
    def units(*chance: float) -> Callable[[], object]:
        return lambda: Units(chance=np.array(chance))

    def sizes(*size: float, drawn: int, certainty: bool = True) -> Callable[[], object]:
        return lambda: inclusion_probabilities(np.array(size), drawn, certainty=certainty)

    outside = {"allowed": "0 < x <= 1"}
    yield units(0.5, -0.5, 1.0), "chance_outside", {"found": "-0.5", **outside}
    yield units(0.5, 0.5, 0.0), "chance_outside", {"found": "0", **outside}
    yield units(1.5, 0.5), "chance_outside", {"found": "1.5", **outside}
    yield units(np.nan, 0.5), "chance_outside", {"found": "nan", **outside}
    yield units(0.5, 1.0, 0.5), "chance_certain", {"found": 1}
    yield units(0.5, 0.6), "chance_sum", {"found": "1.1"}
    yield units(1e-12, 1e-13), "chance_sum", {"found": "1.1e-12"}
    yield sizes(1.0, 0.0, 2.0, drawn=1), "size_zero", {"found": "0", "unit": 1}
    yield sizes(1.0, 3.0, -2.0, drawn=1), "size_zero", {"found": "-2", "unit": 2}
    yield sizes(np.inf, 3.0, drawn=1), "size_zero", {"found": "inf", "unit": 0}
    yield sizes(1.0, 3.0, drawn=3), "too_many_units", {"found": 3, "allowed": 2}
    yield sizes(1.0, 1.0, 6.0, drawn=2, certainty=False), "expected_count_above_1", {"found": "1.5", "unit": 2}


@pytest.mark.parametrize(("job", "code", "said"), list(refusals()))
def test_what_cannot_be_drawn_is_refused_by_code(job: Callable[[], object], code: str, said: dict[str, object]) -> None:
    assert told(job) == [(code, said)]


def test_probabilities_follow_size_and_stop_at_1() -> None:
    chance = inclusion_probabilities(np.array([1.0, 2.0, 3.0, 30.0, 10.0, 4.0]), 3)
    # 30 of 50 times 3 is above 1; then 10 of 20 times 2 reaches it; one is left for 1, 2, 3 and 4.
    assert np.allclose(chance, [0.1, 0.2, 0.3, 1, 1, 0.4], rtol=1e-15)
    assert chance[3] == chance[4] == 1
    assert inclusion_probabilities(np.full(6, 0.3), 6).tolist() == [1] * 6  # 6 * 0.3 / sum is a hair short of 1
    assert inclusion_probabilities(np.array([0.0, 5.0]), 0).tolist() == [0, 0]
    assert np.allclose(inclusion_probabilities(np.array([1.0, 1.0, 2.0]), 1, certainty=False), [0.25, 0.25, 0.5])


def test_rounded_probabilities_are_evened_out() -> None:
    chance = Units(chance=np.array([0.333333333, 0.333333333, 0.333333333])).chance
    assert abs(chance.sum() - 1) < 1e-15
    chance = np.append(np.full(3, 1 - 1e-12), np.full(3, 1 / 3 - 1e-10))
    assert Units(chance=chance).chance.max() < 1


def test_units_cannot_be_changed() -> None:
    mine = np.full(4, 0.5)
    units = Units(chance=mine, location=grid(4))
    mine[0] = 0.25
    assert units.chance[0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        units.chance[0] = 0.25
    with pytest.raises(ValueError, match="two coordinates"):
        Units(chance=mine.round(), location=grid(3))


def test_an_entry_says_what_it_needs() -> None:
    assert DESIGNS["local_pivotal"].located
    assert {name for name, entry in DESIGNS.items() if entry.size == "ignored"} == {"srs", "systematic"}
    assert Entry(design=DESIGNS["srs"].design).limitations == ()
