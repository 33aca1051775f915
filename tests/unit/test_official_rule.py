"""The official rule against plain fractions, above all where a rate stands exactly at its limit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import policies

from estimators.counts import GROUPS_COUNTED, denominators, numerators
from estimators.policy import CRITERIA, Policy
from estimators.rule import Verdict
from estimators.rules.official import decide, household_scores
from sampler.errors import InputError
from sampler.frame import EXITED, REMAINING, UNREGISTERED, Ints

ADVERSARIAL = [Fraction(1, 50), Fraction(3, 100), Fraction(1, 3), Fraction("0.07"), Fraction("0.0213")]
CENTRAL = policies()
Counts = tuple[int, int]  # numerator and denominator


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one inspection counted."""

    wrong_exit: Counts
    missed: Counts
    approval: Counts
    wrong_exit_persons: Counts
    missed_persons: Counts


def of(wrong_exit: Counts = (0, 10), missed: Counts = (0, 10), approval: Counts = (10, 10)) -> Sample:
    """Return a sample whose policy counts persons."""
    return Sample(
        wrong_exit=wrong_exit,
        missed=missed,
        approval=approval,
        wrong_exit_persons=wrong_exit,
        missed_persons=missed,
    )


def decided(policy: Policy, group_persons: tuple[int, int, int], *samples: Sample) -> Verdict:
    ratios: dict[str, Any] = {
        name: tuple(np.array([getattr(sample, name)[part] for sample in samples], dtype=np.int64) for part in (0, 1))
        for name in Sample.__dataclass_fields__
    }
    return decide(policy, np.array(group_persons, dtype=np.int64), **ratios)


def rates(policy: Policy, group_persons: tuple[int, int, int], sample: Sample) -> dict[str, Fraction | None]:
    """Return the rates as DESIGN section 5 defines them, None where a denominator is 0."""

    def rate(counts: Counts) -> Fraction | None:
        return Fraction(*counts) if counts[1] else None

    rural = sum(group_persons)
    found = Fraction(group_persons[REMAINING])
    if policy.incidence == "blown_up":
        found += (rate(sample.wrong_exit_persons) or 0) * group_persons[EXITED]
        found += (rate(sample.missed_persons) or 0) * group_persons[UNREGISTERED]
    return {
        "wrong_exit": rate(sample.wrong_exit),
        "missed": rate(sample.missed),
        "incidence": found / rural if rural else None,
        "approval": rate(sample.approval),
    }


def assert_agrees(policy: Policy, group_persons: tuple[int, int, int], *samples: Sample) -> None:
    verdict = decided(policy, group_persons, *samples)
    for i, sample in enumerate(samples):
        failing = []
        for criterion, rate in rates(policy, group_persons, sample).items():
            limit = policy.limits[criterion]
            at_limit = rate is not None and rate == limit
            beyond = rate is not None and (rate < limit if criterion == "approval" else rate > limit)
            fails = beyond or (at_limit and policy.at_limit_fails)
            assert verdict.measured[criterion][i] == (rate is not None), criterion
            assert verdict.at_limit[criterion][i] == at_limit, criterion
            assert verdict.fails[criterion][i] == fails, criterion
            failing.append(fails)
        assert verdict.any[i] == any(failing)


@st.composite
def counts(draw: st.DrawFn, limit: Fraction | None = None) -> Counts:
    """Return counts up to a million; given a limit, often at it or one person beside it; sometimes nobody counted."""
    if limit is not None and draw(st.booleans()):
        times = draw(st.integers(1, 1_000_000 // limit.denominator))
        top, bottom = times * limit.numerator, times * limit.denominator
        return min(bottom, max(0, top + draw(st.sampled_from([-1, 0, 0, 1])))), bottom
    bottom = draw(st.integers(0, 1_000_000) | st.sampled_from([0, 1, 2, 999_999, 1_000_000]))
    return draw(st.integers(0, bottom)), bottom


limits = (
    st.sampled_from(ADVERSARIAL) | st.fractions(0, 1, max_denominator=10_000) | st.sampled_from([0, 1]).map(Fraction)
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Policy, tuple[int, int, int], list[Sample]]:
    given_limits = {criterion: draw(limits) for criterion in CRITERIA}
    policy = Policy(
        name="any policy",
        limits=given_limits,
        at_limit_fails=draw(st.booleans()),
        incidence=draw(st.sampled_from(["blown_up", "registered"])),
    )
    persons = draw(st.tuples(*[st.integers(0, 1_000_000)] * 3) | st.just((0, 0, 0)))
    samples = [
        Sample(
            wrong_exit=draw(counts(given_limits["wrong_exit"])),
            missed=draw(counts(given_limits["missed"])),
            approval=draw(counts(given_limits["approval"])),
            wrong_exit_persons=draw(counts()),
            missed_persons=draw(counts()),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    # No decimal would meet such an incidence by chance: the limit is the incidence of a sample, or a little beside it.
    if persons != (0, 0, 0) and draw(st.booleans()):
        incidence = rates(policy, persons, samples[0])["incidence"]
        beside = draw(st.sampled_from([Fraction(0), Fraction(1, 10**30), Fraction(-1, 10**30)]))
        assert incidence is not None
        policy = replace(
            policy, limits={**given_limits, "incidence": min(max(incidence + beside, Fraction(0)), Fraction(1))}
        )
    return policy, persons, samples


@given(cases())
def test_the_rule_equals_plain_fractions(case: tuple[Policy, tuple[int, int, int], list[Sample]]) -> None:
    policy, persons, samples = case
    assert_agrees(policy, persons, *samples)


@pytest.mark.parametrize("at_limit_fails", [False, True])
@pytest.mark.parametrize("limit", ADVERSARIAL, ids=str)
@pytest.mark.parametrize("criterion", ["wrong_exit", "missed", "approval"])
def test_one_person_decides_at_the_limit(criterion: str, limit: Fraction, at_limit_fails: bool) -> None:
    policy = replace(CENTRAL, limits={**CENTRAL.limits, criterion: limit}, at_limit_fails=at_limit_fails)
    for times in (1, 7, 1_000_000 // limit.denominator):
        top, bottom = times * limit.numerator, times * limit.denominator
        below, at, above = (
            decided(policy, (100, 0, 900), of(**{criterion: (top + step, bottom)})) for step in (-1, 0, 1)
        )
        beyond, short = (below, above) if criterion == "approval" else (above, below)
        assert beyond.fails[criterion][0]
        assert not short.fails[criterion][0]
        assert at.fails[criterion][0] == at_limit_fails
        assert [bool(v.at_limit[criterion][0]) for v in (below, at, above)] == [False, True, False]


def test_two_per_cent_of_persons_whose_float_is_not_two_per_cent() -> None:
    # In floating point 0.07 x 100 exceeds 7, and 0.02 x s misses a whole number for many an s.
    seven = replace(CENTRAL, limits={**CENTRAL.limits, "wrong_exit": Fraction("0.07")}, at_limit_fails=True)
    assert decided(seven, (1, 0, 1), of(wrong_exit=(7, 100))).fails["wrong_exit"][0]
    samples = [of(wrong_exit=(k, 50 * k)) for k in range(1, 20_001)]
    assert decided(CENTRAL, (1, 0, 1), *samples).at_limit["wrong_exit"].all()


@pytest.mark.parametrize("at_limit_fails", [False, True])
@pytest.mark.parametrize("limit", [Fraction(0), Fraction(1, 50), Fraction(1)], ids=str)
def test_what_is_not_measured_cannot_fail(limit: Fraction, at_limit_fails: bool) -> None:
    policy = policies(limit or Fraction(0), at_limit_fails=at_limit_fails)
    verdict = decided(policy, (0, 0, 0), of((0, 0), (0, 0), (0, 0)))
    assert not verdict.any[0]
    for criterion in CRITERIA:
        assert not verdict.measured[criterion][0]
        assert not verdict.at_limit[criterion][0]
        assert not verdict.fails[criterion][0]


def test_an_unmeasured_rate_counts_as_nothing_in_the_incidence() -> None:
    # 10 + 5% of 500 + nothing = 35 of 1,000.
    policy = replace(CENTRAL, limits={**CENTRAL.limits, "incidence": Fraction(35, 1000)})
    verdict = decided(policy, (500, 10, 490), of(wrong_exit=(5, 100), missed=(0, 0)))
    assert verdict.at_limit["incidence"][0]
    assert verdict.measured["incidence"][0]


def test_the_two_make_ups_of_the_incidence() -> None:
    # Registered 15 of 1,000; blown up 15 + 2% of 485 + 1% of 500 = 29.7.
    persons, sample = (485, 15, 500), of(wrong_exit=(2, 100), missed=(1, 100))
    for make_up, value in (("blown_up", Fraction(297, 10_000)), ("registered", Fraction(15, 1_000))):
        at = replace(CENTRAL, incidence=make_up, limits={**CENTRAL.limits, "incidence": value})  # type: ignore[arg-type]
        above = replace(at, limits={**at.limits, "incidence": value - Fraction(1, 10**12)})
        assert decided(at, persons, sample).at_limit["incidence"][0]
        assert not decided(at, persons, sample).fails["incidence"][0]
        assert decided(above, persons, sample).fails["incidence"][0]


def test_the_incidence_takes_persons_where_the_criteria_take_households() -> None:
    sample = replace(of(wrong_exit=(0, 10), missed=(0, 10)), wrong_exit_persons=(1, 10), missed_persons=(2, 10))
    policy = replace(CENTRAL, limits={**CENTRAL.limits, "incidence": Fraction(15, 100)})
    assert decided(policy, (500, 0, 500), sample).at_limit["incidence"][0]


def test_counts_beyond_64_bits_inside_the_incidence() -> None:
    limit = Fraction(1, 10**9)
    policy = replace(CENTRAL, limits={**CENTRAL.limits, "incidence": limit})
    assert_agrees(policy, (10**6, 1, 10**6), of((1, 10**6), (1, 10**6)), of((0, 10**6), (0, 10**6)))


@given(
    st.sampled_from(["wrong_exit", "missed", "approval"]),
    limits,
    st.lists(st.integers(1, 9).flatmap(lambda s: st.tuples(st.integers(0, s), st.just(s))), min_size=1, max_size=30),
)
def test_summed_scores_have_the_sign_of_rate_less_limit(
    criterion: str, limit: Fraction, households: list[Counts]
) -> None:
    policy = replace(CENTRAL, limits={**CENTRAL.limits, criterion: limit})
    top, bottom = np.array(households).T
    score = int(household_scores(policy, criterion, top, bottom).sum())
    excess = Fraction(int(top.sum()), int(bottom.sum())) - limit
    assert np.sign(score) == np.sign(-excess if criterion == "approval" else excess)


def test_what_each_criterion_counts() -> None:
    persons, wrong, approves = np.array([3, 4, 2]), np.array([1, 0, 2]), np.array([True, False, True])

    def both(criterion: str, unit: Any) -> tuple[list[int], list[int]]:
        top: Ints = numerators(criterion, unit, persons, wrong, approves)
        return top.tolist(), denominators(unit, persons).tolist()

    assert both("wrong_exit", "persons") == ([1, 0, 2], [3, 4, 2])
    assert both("missed", "households") == ([1, 0, 1], [1, 1, 1])
    assert both("approval", "households") == ([1, 0, 1], [1, 1, 1])
    assert both("approval", "persons") == ([3, 0, 2], [3, 4, 2])
    assert GROUPS_COUNTED == {
        "wrong_exit": (EXITED,),
        "missed": (UNREGISTERED,),
        "approval": (EXITED, REMAINING, UNREGISTERED),
    }


@pytest.mark.parametrize("limit", [Fraction(-1, 10**9), Fraction(10**9 + 1, 10**9)])
def test_limits_outside_0_to_1_are_refused(limit: Fraction) -> None:
    with pytest.raises(InputError) as caught:
        policies(limit)
    assert [m.code for m in caught.value.mistakes] == ["limit_outside"] * 4


def test_all_missing_limits_are_named() -> None:
    with pytest.raises(InputError) as caught:
        Policy(name="half", limits={"wrong_exit": Fraction(1, 50), "approval": Fraction(9, 10)})
    assert {m.fields["key"] for m in caught.value.mistakes} == {"policy.limits.missed", "policy.limits.incidence"}
