"""Synthesised household sizes: totals to the person, the default mix where the mean is the default one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.household_sizes import DEFAULT_MIX, synthesise_sizes

blocks = st.integers(0, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(n, 12 * n)))


@given(st.lists(blocks, max_size=8))
def test_every_block_is_ascending_and_adds_up(given_blocks: list[tuple[int, int]]) -> None:
    sizes = synthesise_sizes([n for n, _ in given_blocks], [p for _, p in given_blocks])
    assert sizes.dtype == np.int64
    for households, persons in given_blocks:
        block, sizes = sizes[:households], sizes[households:]
        assert len(block) == households
        assert block.sum() == persons
        assert (block >= 1).all()
        assert (np.diff(block) >= 0).all()
    assert len(sizes) == 0


@given(st.lists(blocks, min_size=2, max_size=5))
def test_a_block_does_not_depend_on_its_company(given_blocks: list[tuple[int, int]]) -> None:
    together = synthesise_sizes([n for n, _ in given_blocks], [p for _, p in given_blocks])
    alone = [synthesise_sizes([n], [p]) for n, p in given_blocks]
    assert np.array_equal(together, np.concatenate(alone))


def test_the_default_mean_gives_the_default_mix() -> None:
    households = 10_000
    sizes = synthesise_sizes([households], [int(2.94 * households)])
    shares = np.bincount(sizes, minlength=7)[1:] / households
    # Each boundary between two sizes falls on a whole household, and one is moved to meet the total.
    assert np.abs(shares - DEFAULT_MIX).max() <= 2 / households


@pytest.mark.parametrize("mean", [1.3, 2.0, 2.5, 3.5, 4.0, 4.6])
def test_another_mean_tilts_the_mix_exponentially(mean: float) -> None:
    households = 100_000
    sizes = synthesise_sizes([households], [round(mean * households)])
    shares = np.bincount(sizes, minlength=7)[1:] / households
    # Shares over the mix are exp(a + t size): their logarithms lie on a line.
    seen = shares > 0.002  # of rarer sizes the count says too little
    assert seen.sum() >= 3
    assert np.abs(np.diff(np.log(shares / DEFAULT_MIX)[seen], 2)).max() < 0.02


@pytest.mark.parametrize("mean", [5.5, 6.0, 8.25])
def test_crowded_villages_have_larger_households_and_still_a_spread(mean: float) -> None:
    sizes = synthesise_sizes([400], [int(400 * mean)])
    assert sizes.mean() == pytest.approx(mean)
    assert sizes.std() > 0.5


def test_one_person_a_household() -> None:
    assert synthesise_sizes([5], [5]).tolist() == [1] * 5


@pytest.mark.parametrize(("households", "persons"), [([3], [2]), ([0], [1]), ([2, 3], [4, 2])])
def test_impossible_blocks_are_refused(households: list[int], persons: list[int]) -> None:
    with pytest.raises(ValueError, match="household"):
        synthesise_sizes(households, persons)


def test_no_block_gives_no_household() -> None:
    assert synthesise_sizes([], []).tolist() == []
