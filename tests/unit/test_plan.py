"""The plan: villages by stratum, shared out when a total is given, and what a drawn village gives."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import even_county, small_frames

from sampler.errors import InputError
from sampler.frame import Frame
from sampler.plan import Oversample, Plan

totals = st.integers(1, 60)
factors = st.decimals("0.01", 100, places=2)
counties = st.tuples(st.integers(0, 40), st.integers(0, 40)).filter(any)


def of(ordinary: int, remote: int) -> Frame:
    return even_county(ordinary, remote, households=1, persons=1)


def strata(ordinary: int, remote: int) -> dict[str, np.ndarray]:
    """Return the villages of both strata, of an empty one too."""
    return {"ordinary": np.arange(ordinary), "remote": ordinary + np.arange(remote)}


@given(counties, totals, factors)
def test_shares_add_up_and_stay_inside_their_strata(sizes: tuple[int, int], total: int, factor: Decimal) -> None:
    ordinary, remote = sizes
    shares = Oversample(villages=total, factors={"remote": factor}).allocate(strata(ordinary, remote))
    assert shares["ordinary"] + shares["remote"] == min(total, ordinary + remote)
    assert 0 <= shares["ordinary"] <= ordinary
    assert 0 <= shares["remote"] <= remote


@given(counties, totals, factors)
def test_two_of_each_stratum_where_there_are_two_and_the_total_allows(
    sizes: tuple[int, int], total: int, factor: Decimal
) -> None:
    ordinary, remote = sizes
    shares = Oversample(villages=total, factors={"remote": factor}).allocate(strata(ordinary, remote))
    if total >= 4:
        assert shares["ordinary"] >= min(2, ordinary)
        assert shares["remote"] >= min(2, remote)
    if total in (2, 3):
        assert shares["ordinary"] >= min(1, ordinary)
        assert shares["remote"] >= min(1, remote)


def bounds(ordinary: int, remote: int, total: int) -> tuple[int, int]:
    """Return the fewest and most remote villages: two of each stratum first, and none twice."""
    return max(total - ordinary, min(2, remote, total // 2)), min(remote, total - min(2, ordinary, total // 2))


@given(counties, totals)
def test_factor_one_is_proportional_rounding(sizes: tuple[int, int], total: int) -> None:
    ordinary, remote = sizes
    drawn = min(total, sum(sizes))
    wanted = floor(Fraction(drawn * remote, ordinary + remote) + Fraction(1, 2))
    least, most = bounds(ordinary, remote, drawn)
    found = Oversample(villages=total, factors={"remote": Decimal(1)}).allocate(strata(ordinary, remote))["remote"]
    assert found == min(max(wanted, least), most)


@given(counties, totals, factors)
def test_remote_villages_are_drawn_factor_times_as_often_up_to_rounding(
    sizes: tuple[int, int], total: int, factor: Decimal
) -> None:
    ordinary, remote = sizes
    drawn = min(total, sum(sizes))
    wanted = drawn * Fraction(factor) * remote / (ordinary + Fraction(factor) * remote)
    least, most = bounds(ordinary, remote, drawn)
    found = Oversample(villages=total, factors={"remote": factor}).allocate(strata(ordinary, remote))["remote"]
    assert abs(found - min(max(wanted, least), most)) <= Fraction(1, 2)


@given(counties, totals, factors, factors)
def test_a_larger_factor_never_gives_fewer_remote_villages(
    sizes: tuple[int, int], total: int, one: Decimal, other: Decimal
) -> None:
    members = strata(*sizes)
    plans = [Oversample(villages=total, factors={"remote": factor}) for factor in sorted((one, other))]
    low, high = (plan.allocate(members)["remote"] for plan in plans)
    assert low <= high


def test_a_county_shaped_like_the_example() -> None:
    # 61 of 257 villages are remote and count twice.
    wanted = (Decimal(29) * 122 / (196 + 122)).quantize(Decimal(1), ROUND_HALF_UP)
    assert Oversample(villages=29).allocate(strata(196, 61)) == {"ordinary": 29 - int(wanted), "remote": int(wanted)}


@pytest.mark.parametrize(("villages", "factor"), [(0, 1), (-1, 1), (5, 0), (5, -1), (5, 101)])
def test_totals_and_factors_outside_their_domain_are_refused(villages: int, factor: int) -> None:
    with pytest.raises(InputError) as caught:
        Oversample(villages=villages, factors={"remote": Decimal(factor)})
    assert {m.code for m in caught.value.mistakes} == {"outside_domain"}


def test_strata_hold_each_village_once() -> None:
    frame = even_county(3, 2, households=1, persons=1)
    ordinary, remote = Plan(villages={"ordinary": 2, "remote": 0}).strata(frame)
    assert (ordinary.name, ordinary.villages.tolist(), ordinary.drawn) == ("ordinary", [0, 1, 2], 2)
    assert (remote.name, remote.villages.tolist(), remote.drawn) == ("remote", [3, 4], 0)


def test_a_stratum_without_villages_is_left_out() -> None:
    (stratum,) = Plan(villages={"ordinary": 2, "remote": 0}).strata(even_county(3, 0, households=1, persons=1))
    assert stratum.name == "ordinary"


@pytest.mark.parametrize(
    ("villages", "sizes", "codes"),
    [
        ({"ordinary": 1}, (2, 2), {"stratum_missing"}),
        ({}, (2, 2), {"stratum_missing"}),
        ({"ordinary": 1, "remote": 1}, (2, 0), {"no_remote_villages"}),
        ({"ordinary": 1, "remote": 1}, (0, 2), {"no_ordinary_villages"}),
        ({"ordinary": 3, "remote": 1}, (2, 2), {"too_many_villages"}),
        ({"ordinary": 3, "remote": 1}, (2, 0), {"too_many_villages", "no_remote_villages"}),
    ],
)
def test_plans_that_do_not_fit_the_county_are_refused(
    villages: dict[str, int], sizes: tuple[int, int], codes: set[str]
) -> None:
    with pytest.raises(InputError) as caught:
        Plan(villages=villages).strata(even_county(*sizes, households=1, persons=1))
    assert {m.code for m in caught.value.mistakes} == codes


@given(small_frames(), st.tuples(*[st.integers(0, 8)] * 3))
def test_a_village_gives_its_take_or_all_it_has(frame: Frame, takes: tuple[int, int, int]) -> None:
    plan = Plan(
        villages={"ordinary": 0, "remote": 0},
        take={"unregistered": takes[2], "exited": takes[0], "remaining": takes[1]},
    )
    assert plan.takes().tolist() == list(takes)
    visited = plan.visited_households(frame)
    for village, row in enumerate(frame.group_households.tolist()):
        assert visited[village].tolist() == [min(n, take) for n, take in zip(row, takes, strict=True)]


def test_a_group_left_out_is_not_visited() -> None:
    plan = Plan(villages={"ordinary": 1, "remote": 0}, take={"exited": 5})
    assert np.array_equal(plan.takes(), [5, 0, 0])
