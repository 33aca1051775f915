"""Rare failure, below 1e-8 and far below, against exact fractions: whatever is small beside it must not be lost.

Fractions hold any number of digits, so they stand where a higher precision is needed.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from functools import reduce
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import simple_stratum

from sampler.plan import Stratum
from scenarios.engines.block_laws import BlockLaws, Recording, block_laws
from scenarios.engines.laws import county_law
from scenarios.engines.tilting import rare_law

RELATIVE = 1e-10

Sums = dict[int, Fraction]


def times(one: Sums, other: Sums) -> Sums:
    both: dict[int, Fraction] = defaultdict(Fraction)
    for a, p in one.items():
        for b, q in other.items():
            both[a + b] += p * q
    return dict(both)


def sample_of(units: list[Sums], drawn: int) -> Sums:
    """Return the law of a simple random sample: elementary symmetric sums, divided by how many samples there are."""
    table: list[Sums] = [{0: Fraction(1)}] + [{} for _ in range(drawn)]
    ways = [1] + [0] * drawn
    for unit in units:
        for k in range(drawn, 0, -1):
            grown: dict[int, Fraction] = defaultdict(Fraction, table[k])
            for score, p in times(table[k - 1], unit).items():
                grown[score] += p
            table[k] = dict(grown)
            ways[k] += ways[k - 1]
    return {score: p / ways[drawn] for score, p in table[drawn].items()}


class RareCounty:
    """Fourteen villages of nine households in two strata, five households drawn in each; very few are wrong."""

    def __init__(self, seed: int, *, errors: int, accused: float = 0.0) -> None:
        rng = np.random.default_rng(seed)
        self.persons = rng.integers(1, 5, (14, 9))
        wrong = np.zeros(126, dtype=np.int64)
        wrong[rng.choice(126, errors, replace=False)] = 1
        self.wrong = wrong.reshape(14, 9) * self.persons
        self.chance = np.where(self.wrong > 0, 1.0, accused)
        order = rng.permutation(14)
        self.strata = [
            simple_stratum("ordinary", np.sort(order[:9]), int(rng.integers(3, 6))),
            simple_stratum("remote", np.sort(order[9:]), int(rng.integers(2, 4))),
        ]

    def blocks(self) -> BlockLaws:
        """Score 4 d - s: a limit of a quarter."""
        size, take = np.full((14, 1), 9), np.full((14, 1), 5)
        raises = 4 * np.where(self.wrong > 0, self.wrong, self.persons).ravel()
        recording = Recording(raises=raises, chance=self.chance.ravel())
        return block_laws(-self.persons.ravel(), size, take, np.zeros(14, dtype=np.int64), recording)

    def law(self) -> Sums:
        villages = []
        for persons, wrong, chance in zip(
            self.persons.tolist(), self.wrong.tolist(), self.chance.tolist(), strict=True
        ):
            households = []
            for s, d, p in zip(persons, wrong, chance, strict=True):
                one = Fraction(p)
                own = {-s: 1 - one, 4 * (d or s) - s: one}
                households.append({score: q for score, q in own.items() if q})
            villages.append(sample_of(households, 5))
        return reduce(
            times, (sample_of([villages[i] for i in s.villages], s.drawn) for s in self.strata), {0: Fraction(1)}
        )


def check(county: RareCounty) -> float:
    law = county.law()
    above = sum((p for score, p in law.items() if score > 0), Fraction(0))
    found = rare_law(county.blocks(), county.strata)
    if above == 0:
        assert found is None or found.above_zero() == 0.0
        return 1.0
    assert found is not None
    assert found.above_zero() == pytest.approx(float(above), rel=RELATIVE, abs=0)
    assert found.at_zero() == pytest.approx(float(law.get(0, Fraction(0))), rel=RELATIVE, abs=1e-10 * float(above))
    # The untilted law says the same to its own number of digits.
    assert county_law(county.blocks(), county.strata).above_zero() == pytest.approx(float(above), abs=1e-13)
    return float(above)


@pytest.mark.parametrize("seed", range(12))
def test_rare_failure_keeps_its_digits(seed: int) -> None:
    check(RareCounty(seed, errors=8 + seed % 4))


def test_the_counties_fail_rarely() -> None:
    chances = [check(RareCounty(seed, errors=8)) for seed in range(100, 112)]
    assert sum(chance < 1e-8 for chance in chances) >= 3


@pytest.mark.parametrize("accused", [1e-4, 1e-6, 1e-8])
def test_rare_accusations_keep_their_digits(accused: float) -> None:
    """A clean county that fails by false accusations alone, down to 1e-30."""
    chance = check(RareCounty(7, errors=0, accused=accused))
    assert chance < 1e-8


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_common_failure_has_the_same_chance_tilted(seed: int) -> None:
    check(RareCounty(seed, errors=60))


def test_what_cannot_fail_has_no_tilted_law() -> None:
    strata: list[Stratum] = [simple_stratum("ordinary", np.arange(3), 2)]
    blocks = block_laws(
        np.full(6, -2), np.full((3, 1), 2), np.ones((3, 1), dtype=np.int64), np.zeros(3, dtype=np.int64)
    )
    assert rare_law(blocks, strata) is None


def test_odds_that_no_product_of_floats_holds_keep_their_digits() -> None:
    """Most villages are clean, and one score above 0 is left: all hundred villages drawn are the wrong ones."""
    wrong = np.arange(300) % 3 == 0
    blocks = block_laws(
        np.where(wrong, 1, -101),
        np.ones((300, 1), dtype=np.int64),
        np.ones((300, 1), dtype=np.int64),
        np.zeros(300, dtype=np.int64),
    )
    found = rare_law(blocks, [simple_stratum("all", np.arange(300), 100)])
    assert found is not None
    assert found.above_zero() == pytest.approx(1 / comb(300, 100), rel=RELATIVE, abs=0)
