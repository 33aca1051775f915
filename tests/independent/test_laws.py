"""The law of a score against readable recursions, enumeration in fractions, and the untruncated transform."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import policies, simple_stratum

from estimators.rules.official import household_scores
from sampler.frame import Ints
from sampler.plan import Stratum
from sampler.symmetric import sample_law, sample_values
from scenarios.engines import block_laws as block_laws_room
from scenarios.engines import laws
from scenarios.engines.block_laws import BlockLaws, block_laws, readable_household_laws
from scenarios.engines.kernels import household_laws, village_sample
from scenarios.engines.laws import ScoreLaw, Tilting, chance_nothing, county_law

TWINS = 1e-14
seeds = st.integers(0, 2**32)

Block = tuple[tuple[int, ...], int]  # the households' scores, and how many are drawn
Sums = dict[int, Fraction]


# --- one recursion, written twice -----------------------------------------------------------------


@given(seeds)
def test_the_compiled_household_recursion_equals_the_readable_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 12, rng.integers(1, 8))
    takes = np.array([rng.integers(0, n + 1) for n in sizes], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    scores = np.concatenate([np.sort(rng.integers(0, rng.choice([2, 9, 60]), n)) for n in sizes]).astype(np.int64)
    widths = [int(scores[b - t : b].sum()) + 1 for b, t in zip(starts[1:], takes, strict=True)]
    law_starts = np.concatenate([[0], np.cumsum(widths)])
    perfect = np.zeros_like(scores), np.zeros(len(scores)), 0.0, np.zeros_like(takes)
    given = (scores, *perfect, starts, takes, law_starts)
    assert np.abs(household_laws(*given) - readable_household_laws(*given)).max() <= TWINS


@given(seeds)
def test_the_compiled_household_recursion_equals_the_readable_one_with_fieldwork(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 9, rng.integers(1, 8))
    takes = np.array([rng.integers(0, n + 1) for n in sizes], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    kinds = rng.integers(0, 3, starts[-1])  # households of a kind are alike, and stand together or do not
    scores, raises = rng.integers(0, 9, 3)[kinds], rng.integers(0, 30, 3)[kinds]
    chances = rng.choice([0.0, 1e-9, 0.2, 0.99], 3)[kinds]
    away = float(rng.choice([0.0, 0.3, 0.95]))
    absent = rng.integers(0, 9, len(takes))
    law_starts = np.concatenate([[0], np.cumsum(takes * 40 + 1)])
    given = (scores, raises, chances, away, absent, starts, takes, law_starts)
    assert np.abs(household_laws(*given) - readable_household_laws(*given)).max() <= TWINS


@given(seeds)
def test_the_compiled_village_recursion_equals_the_readable_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    villages, frequencies = int(rng.integers(0, 40)), int(rng.choice([1, 5, 128, 129, 300]))
    drawn = int(rng.integers(0, villages + 1))
    # Generating functions on the unit circle have modulus at most 1.
    values = np.sqrt(rng.random((villages, frequencies))) * np.exp(2j * np.pi * rng.random((villages, frequencies)))
    compiled = village_sample(values.astype(np.complex128), np.arange(len(values)), drawn)
    assert np.abs(compiled - sample_values(values, drawn)).max() <= TWINS


# --- one recursion against counting ---------------------------------------------------------------


def polynomial_mix(a: float, x: Counter[int] | None, b: float, unit: int, y: Counter[int]) -> Counter[int]:
    law: Counter[int] = Counter({score: a * chance for score, chance in (x or {}).items()})  # type: ignore[misc]
    for score, chance in y.items():
        law[score + unit] += b * chance  # type: ignore[assignment]
    return law


@given(st.integers(0, 25), st.integers(0, 25), st.data())
def test_zeros_and_ones_are_hypergeometric(ones: int, zeros: int, data: st.DataObject) -> None:
    drawn = data.draw(st.integers(0, ones + zeros))
    units = data.draw(st.permutations([1] * ones + [0] * zeros))
    law = sample_law(units, drawn, one=Counter({0: 1}), mix=polynomial_mix)
    for k in range(drawn + 1):
        assert abs(law[k] - comb(ones, k) * comb(zeros, drawn - k) / comb(ones + zeros, drawn)) <= TWINS


@given(st.lists(st.integers(-4, 9), max_size=9), st.data())
def test_every_sample_is_equally_likely(units: list[int], data: st.DataObject) -> None:
    drawn = data.draw(st.integers(0, len(units)))
    law = sample_law(units, drawn, one=Counter({0: 1}), mix=polynomial_mix)
    listed = Counter(sum(sample) for sample in combinations(units, drawn))
    assert {score for score, chance in law.items() if chance > 0} == set(listed)
    for score, ways in listed.items():
        assert abs(law[score] - ways / comb(len(units), drawn)) <= TWINS


# --- the county's law against enumeration in fractions --------------------------------------------


def sampled(units: Sequence[Sums], drawn: int) -> Sums:
    """Return the law of the sum over a simple random sample of units, by listing the samples."""
    total: Counter[int] = Counter()
    for sample in combinations(units, drawn):
        for score, chance in reduce(added, sample, {0: Fraction(1)}).items():
            total[score] += chance  # type: ignore[assignment]
    return {score: Fraction(chance, comb(len(units), drawn)) for score, chance in total.items()}


def added(one: Sums, other: Sums) -> Sums:
    both: dict[int, Fraction] = {}
    for a, chance_a in one.items():
        for b, chance_b in other.items():
            both[a + b] = both.get(a + b, Fraction(0)) + chance_a * chance_b
    return both


class SmallCounty:
    """A random county of a few villages in two strata, with G groups a village and scores of both signs."""

    def __init__(self, seed: int, *, score: int = 60) -> None:
        rng = np.random.default_rng(seed)
        numbers = (int(rng.integers(0, 5)), int(rng.integers(1, 4)))
        groups = int(rng.integers(1, 4))
        self.villages: list[list[Block]] = []
        for _ in range(sum(numbers)):
            row = []
            for _ in range(groups):
                size = int(rng.integers(0, 5))
                scores = tuple(int(s) for s in rng.integers(-score, score + 1, size))
                row.append((scores, int(rng.integers(0, size + 1))))
            self.villages.append(row)
        self.constants = [int(c) for c in rng.integers(-score, score + 1, sum(numbers)) * rng.integers(0, 2)]
        order = rng.permutation(sum(numbers))
        self.strata = tuple(
            simple_stratum(name, np.sort(members), int(rng.integers(0, len(members) + 1)))
            for name, members in zip(("ordinary", "remote"), np.split(order, [numbers[0]]), strict=True)
            if len(members)
        )

    def blocks(self) -> BlockLaws:
        scores = [s for row in self.villages for households, _ in row for s in households]
        return block_laws(
            np.array(scores, dtype=np.int64),
            np.array([[len(households) for households, _ in row] for row in self.villages]),
            np.array([[take for _, take in row] for row in self.villages]),
            np.array(self.constants, dtype=np.int64),
        )

    def enumerated(self) -> Sums:
        of_village = [
            reduce(
                added,
                (sampled([{score: Fraction(1)} for score in households], take) for households, take in row),
                {constant: Fraction(1)},
            )
            for row, constant in zip(self.villages, self.constants, strict=True)
        ]
        of_strata = (sampled([of_village[i] for i in s.villages], s.drawn) for s in self.strata)
        return reduce(added, of_strata, {0: Fraction(1)})


def assert_law(found: ScoreLaw, expected: Sums) -> None:
    """Assert the two chances asked for, and all others above the window's lower end, to the stated bound."""
    assert found.bound < 1e-12
    assert abs(found.above_zero() - float(sum(c for score, c in expected.items() if score > 0))) <= found.bound
    assert abs(found.at_zero() - float(expected.get(0, 0))) <= found.bound
    for i, chance in enumerate(found.chance):
        assert abs(chance - float(expected.get(found.lowest + i, 0))) <= found.bound
    if len(found.chance):
        kept = range(found.lowest, found.lowest + len(found.chance))
        assert sum(chance for score, chance in expected.items() if score not in kept) <= found.bound
    else:
        assert max(expected) < 0


@given(seeds)
def test_the_county_s_law_equals_enumeration(seed: int) -> None:
    county = SmallCounty(seed)
    assert_law(county_law(county.blocks(), county.strata), county.enumerated())


@pytest.mark.parametrize("score", [1, 10_000])
@pytest.mark.parametrize("seed", range(5))
def test_narrow_and_wide_scores(seed: int, score: int) -> None:
    county = SmallCounty(seed, score=score)
    assert_law(county_law(county.blocks(), county.strata), county.enumerated())


@given(seeds)
def test_the_law_serves_without_the_compiler_too(seed: int) -> None:
    county = SmallCounty(seed)
    blocks = county.blocks()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block_laws_room, "_household_laws", lambda: readable_household_laws)
        patch.setattr(
            laws, "_village_sample", lambda: lambda values, chosen, drawn: sample_values(values[chosen], drawn)
        )
        readable = county.blocks()
        law = county_law(readable, county.strata)
    assert np.abs(readable.chance - blocks.chance).max() <= TWINS
    assert_law(law, county.enumerated())


@given(seeds)
def test_the_chance_that_nothing_is_counted(seed: int) -> None:
    county = SmallCounty(seed)
    counted = np.array([sum(take for _, take in row) for row in county.villages], dtype=np.int64)
    of_strata = (sampled([{int(counted[i]): Fraction(1)} for i in s.villages], s.drawn) for s in county.strata)
    expected = reduce(added, of_strata, {0: Fraction(1)}).get(0, Fraction(0))
    assert abs(chance_nothing((counted == 0).astype(float), county.strata) - float(expected)) <= TWINS


# --- one transform, cut in pieces -----------------------------------------------------------------


def medium_county(seed: int, *, heavy: int = 1) -> tuple[BlockLaws, tuple[Stratum, ...]]:
    """Return 60 villages of 30 households; scores as at a limit of 2%, in three villages `heavy` times as large."""
    rng = np.random.default_rng(seed)
    persons = rng.integers(1, 7, (60, 30))
    wrong = persons * (rng.random(persons.shape) < 0.02)
    scores = 50 * wrong - persons
    scores[rng.choice(60, 3, replace=False)] *= heavy
    sizes, takes = np.full((60, 1), 30), np.full((60, 1), 12)
    blocks = block_laws(scores.ravel(), sizes, takes, np.zeros(60, dtype=np.int64))
    strata = (
        simple_stratum("ordinary", np.arange(40), 9),
        simple_stratum("remote", np.arange(40, 60), 6),
    )
    return blocks, strata


@pytest.mark.parametrize(("chunk", "pieces"), [(60 * 1_000, 2), (60 * 300, 8), (60 * 20, 16)])
def test_cutting_the_transform_into_residues_changes_nothing(
    chunk: int, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks, strata = medium_county(1)
    whole = county_law(blocks, strata)
    turns: list[bool] = []
    folded = laws._folded

    def spy(*arguments: Any) -> Any:
        turns.append(arguments[3] is not None)
        return folded(*arguments)

    monkeypatch.setattr(laws, "_folded", spy)
    monkeypatch.setattr(laws, "_CHUNK", chunk)
    cut = county_law(blocks, strata)
    assert len(turns) >= pieces
    assert all(turns)
    assert cut.lowest == whole.lowest
    both = min(len(cut.chance), len(whole.chance))  # beyond the window the one may be padded longer than the other
    assert np.abs(cut.chance[:both] - whole.chance[:both]).max() <= whole.bound
    assert abs(cut.above_zero() - whole.above_zero()) <= whole.bound + cut.bound
    assert abs(cut.at_zero() - whole.at_zero()) <= whole.bound + cut.bound


@pytest.mark.parametrize("width", [100, 125, 128, 675, 1_125, 2_109])
def test_no_piece_of_the_transform_is_larger_than_a_chunk(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # A limit of 0.0213 gives the example county a window whose fastest length, 2,109,375, is odd.
    sizes: list[int] = []
    folded = laws._folded

    def spy(*arguments: Any) -> Any:
        found = folded(*arguments)
        sizes.append(found.size)
        return found

    monkeypatch.setattr(laws, "_folded", spy)
    monkeypatch.setattr(laws, "_CHUNK", 64)
    one = np.ones((1, 1), dtype=np.int64)
    blocks = block_laws(np.array([0, width - 1]), 2 * one, one, np.zeros(1, dtype=np.int64))
    law = county_law(blocks, (simple_stratum("ordinary", np.zeros(1, dtype=np.int64), 1),))
    assert_law(law, {0: Fraction(1, 2), width - 1: Fraction(1, 2)})
    assert max(sizes) <= 64


@given(seeds)
@example(9)
def test_small_counties_in_residues_equal_enumeration(seed: int) -> None:
    county = SmallCounty(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(laws, "_CHUNK", 16)
        assert_law(county_law(county.blocks(), county.strata), county.enumerated())


# --- what the window leaves out -------------------------------------------------------------------


def full_window(blocks: BlockLaws, strata: Sequence[Stratum], _: Tilting | None) -> tuple[int, int, float]:
    """Return a window that no score can leave."""
    ends = [(blocks.lowest.sum(axis=1)[s.villages], blocks.highest.sum(axis=1)[s.villages], s.drawn) for s in strata]
    low = sum(int(np.sort(lowest)[:drawn].sum()) for lowest, _, drawn in ends)
    high = sum(int(np.sort(highest)[len(highest) - drawn :].sum()) for _, highest, drawn in ends)
    return low, high, 0.0


@pytest.mark.parametrize("heavy", [1, 4, 8])
@pytest.mark.parametrize("seed", range(3))
def test_the_window_leaves_out_no_more_than_it_says(seed: int, heavy: int, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks, strata = medium_county(seed, heavy=heavy)
    truncated = county_law(blocks, strata)
    monkeypatch.setattr(laws, "county_window", full_window)
    full = county_law(blocks, strata)
    allowed = truncated.bound + full.bound
    assert allowed < 1e-12
    assert abs(truncated.above_zero() - full.above_zero()) <= allowed
    assert abs(truncated.at_zero() - full.at_zero()) <= allowed
    first = truncated.lowest - full.lowest
    outside = np.delete(full.chance, np.s_[max(first, 0) : first + len(truncated.chance)])
    assert outside.sum() <= allowed
    assert len(truncated.chance) < len(full.chance)  # else the test would say nothing


@pytest.mark.parametrize("seed", range(3))
def test_a_wider_tail_gives_a_wider_bound_that_still_holds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # With a tail of 1e-6 the rounding no longer hides what the window leaves out.
    blocks, strata = medium_county(seed, heavy=8)
    full = county_law(blocks, strata)
    monkeypatch.setattr(laws, "TAIL", 1e-6)
    truncated = county_law(blocks, strata)
    assert 1e-6 <= truncated.bound < 3e-6
    assert len(truncated.chance) < len(full.chance)
    assert abs(truncated.above_zero() - full.above_zero()) <= truncated.bound
    assert abs(truncated.at_zero() - full.at_zero()) <= truncated.bound
    assert np.abs(truncated.chance.sum() - 1) <= 1e-12  # what is left out is folded back in, not lost


# --- what rounding adds ---------------------------------------------------------------------------


@pytest.mark.parametrize("heavy", [1, 8])
def test_the_bound_covers_the_rounding_of_the_transform(heavy: int) -> None:
    """The same law by polynomials: sums and products of chances, where nothing can cancel."""
    blocks, strata = medium_county(4, heavy=heavy)
    found = county_law(blocks, strata)
    floor = int(blocks.lowest.min())

    def mix(
        a: float,
        x: np.ndarray | None,
        b: float,
        unit: np.ndarray,
        y: np.ndarray,  # type: ignore[type-arg]
    ) -> np.ndarray:  # type: ignore[type-arg]
        law = b * np.convolve(unit, y)
        if x is not None:
            law = np.pad(law, (0, max(0, len(x) - len(law))))
            law[: len(x)] += a * x
        return law

    # Each village's law on the scores floor, floor + 1, ...
    units = [
        np.pad(blocks.chance[start:stop], (int(low) - floor, 0))
        for low, start, stop in zip(blocks.lowest[:, 0], blocks.starts[:-1], blocks.starts[1:], strict=True)
    ]
    law = np.ones(1)
    for stratum in strata:
        law = np.convolve(law, sample_law([units[i] for i in stratum.villages], stratum.drawn, one=np.ones(1), mix=mix))
    zero = -floor * sum(stratum.drawn for stratum in strata)
    assert abs(found.above_zero() - law[zero + 1 :].sum()) <= found.bound
    assert abs(found.at_zero() - law[zero]) <= found.bound


# --- a limit with a large denominator -------------------------------------------------------------


@pytest.mark.parametrize("limit", ["0.0213", "0.00625", "0.3333"])
@pytest.mark.parametrize("seed", range(4))
def test_a_limit_with_a_large_denominator(seed: int, limit: str) -> None:
    """The law of whole-number scores against rates in fractions: not the score, the rate itself is enumerated."""
    rng = np.random.default_rng(seed)
    policy = policies(Fraction(limit))
    villages = [[(int(s), int(s * (rng.random() < 0.3))) for s in rng.integers(1, 6, 4)] for _ in range(4)]
    flat: Ints = np.array([household for village in villages for household in village], dtype=np.int64)
    scores = household_scores(policy, "wrong_exit", flat[:, 1], flat[:, 0])
    stratum = simple_stratum("ordinary", np.arange(4), 2)
    blocks = block_laws(scores, np.full((4, 1), 4), np.full((4, 1), 3), np.zeros(4, dtype=np.int64))
    found = county_law(blocks, (stratum,))
    failing = ways = 0
    for one, other in combinations(villages, 2):
        for first in combinations(one, 3):
            for second in combinations(other, 3):
                persons, wrong = map(sum, zip(*first, *second, strict=True))
                failing += Fraction(wrong, persons) > Fraction(limit)
                ways += 1
    assert failing > 0
    assert abs(found.above_zero() - failing / ways) <= found.bound < 1e-12
