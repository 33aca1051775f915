"""What every decision rule of the catalogue keeps to, on any sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import policies

from estimators.policy import CRITERIA, Policy
from estimators.rule import Evidence, Rule, Verdict
from estimators.rules import RULES, by_weighting
from estimators.rules.all_of import AllOf
from estimators.rules.upper_bound import UpperBound
from sampler.draws import MOMENTS, Observations, Tally, tally
from sampler.errors import InputError
from sampler.frame import EXITED, REMAINING, UNREGISTERED, Ints

MARGIN = {"upper_bound", "lower_bound", "three_way"}
every_rule = pytest.mark.parametrize("name", RULES)
LIMITS = [Fraction(1, 50), Fraction(1, 10), Fraction(1, 3), Fraction(1, 2)]


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Return what 1 to 3 samples of one or two strata tell, groups and villages without anybody among them."""
    drawn = draw(st.lists(st.integers(2, 3), min_size=1, max_size=2))
    stratum = np.repeat(np.arange(len(drawn)), drawn)
    replicates, m = draw(st.integers(1, 3)), len(stratum)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    visited = rng.integers(0, 4, (replicates, m, 3))
    slots = np.indices(visited.shape).reshape(3, -1).repeat(visited.ravel(), axis=1)
    persons: Ints = rng.integers(1, 7, slots.shape[1])
    rate = draw(st.sampled_from([0.0, 0.05, 0.3, 1.0]))
    wrong = rng.integers(1, persons + 1) * (rng.random(len(persons)) < rate) * (slots[2] != REMAINING)
    seen = Observations(
        villages=np.tile(np.arange(m), (replicates, 1)),
        stratum=stratum,
        stratum_sizes=np.array(drawn) + rng.integers(0, 9, len(drawn)),
        block_sizes=visited + rng.integers(0, 5, visited.shape),
        replicate=slots[0],
        slot=slots[1],
        block=slots[2],
        persons=persons,
        wrong_persons=wrong,
        approves=rng.random(len(persons)) >= rate / 2,
    )
    stated: dict[str, Any] = {
        "limits": {name: draw(st.sampled_from(LIMITS)) for name in CRITERIA},
        "at_limit_fails": draw(st.booleans()),
        "weighting": draw(st.sampled_from(["raw", "weighted"])),
        "missed_denominator": draw(st.sampled_from(["surveyed", "village"])),
        "incidence": draw(st.sampled_from(["blown_up", "registered"])),
    }
    listed = draw(st.booleans())
    return Evidence(
        tally=tally(seen),
        policy=Policy(name="any", **stated),
        group_persons=np.array([500, 10, 900]) if listed else None,
        unregistered={"persons": rng.integers(20, 90, m), "households": rng.integers(9, 30, m)} if listed else None,
        variance=draw(st.sampled_from(["ultimate_cluster", "two_stage"])),
    )


def part(evidence: Evidence, r: int) -> Evidence:
    """Return the evidence of one of the samples."""
    whole, rows = evidence.tally, slice(r, r + 1)
    one = replace(
        whole, villages=whole.villages[rows], block_sizes=whole.block_sizes[rows], moments=whole.moments[rows]
    )
    return replace(evidence, tally=one)


def parts_of(verdict: Verdict, name: str) -> dict[str, Any]:
    none = np.zeros_like(verdict.any)
    said = {key: getattr(verdict, key)[name] for key in ("fails", "at_limit", "measured")}
    return {**said, "undecided": verdict.undecided.get(name, none)}


@every_rule
@given(evidence=evidences())
def test_a_batch_says_what_its_samples_say_alone(name: str, evidence: Evidence) -> None:
    together = RULES[name](evidence)
    for r in range(len(evidence.tally.moments)):
        alone = RULES[name](part(evidence, r))
        for criterion in CRITERIA:
            for key, values in parts_of(together, criterion).items():
                assert values.dtype == np.bool_
                assert values.shape == (len(evidence.tally.moments),)
                assert values[r] == parts_of(alone, criterion)[key][0], (criterion, key)


@every_rule
@given(evidence=evidences())
def test_what_is_not_measured_neither_fails_nor_stands_open(name: str, evidence: Evidence) -> None:
    verdict = RULES[name](evidence)
    for criterion in CRITERIA:
        said = parts_of(verdict, criterion)
        assert not (said["fails"] & ~said["measured"]).any()
        assert not (said["undecided"] & ~said["measured"]).any()
        assert not (said["undecided"] & said["fails"]).any()
    assert np.array_equal(verdict.any, np.logical_or.reduce([verdict.fails[c] for c in CRITERIA]))
    assert not (verdict.open & verdict.any).any()


@every_rule
def test_nobody_visited_is_nothing_measured(name: str) -> None:
    evidence = alike(households=0, wrong=0)
    verdict = RULES[name](replace(evidence, group_persons=None))
    assert not verdict.any[0]
    assert not verdict.open[0]
    assert not any(verdict.measured[criterion][0] for criterion in CRITERIA)


@every_rule
@pytest.mark.parametrize("weighting", ["raw", "weighted"])
def test_without_a_finding_only_doubt_can_fail(name: str, weighting: Any) -> None:
    """Small samples are in doubt, large ones are not, and the point rules never are."""
    small, large = (
        replace(alike(households=n, wrong=0), policy=policies(Fraction(1, 50), weighting=weighting)) for n in (2, 400)
    )
    small, large = (replace(e, policy=replace(e.policy, limits={**e.policy.limits, "approval": Fraction(9, 10)}))
                    for e in (small, large))  # fmt: skip
    verdict = RULES[name](small)
    assert verdict.fails["wrong_exit"][0] == (name == "upper_bound")
    assert parts_of(verdict, "wrong_exit")["undecided"][0] == (name == "three_way")
    sure = RULES[name](large)
    assert not sure.any[0]
    assert not sure.open[0]
    assert all(sure.measured[criterion][0] for criterion in CRITERIA)


@given(evidence=evidences())
def test_the_rules_stand_in_order(evidence: Evidence) -> None:
    """Proven implies found, found implies not excluded; the three-way rule is open exactly between."""
    point, said = by_weighting(evidence), {name: RULES[name](evidence) for name in MARGIN}
    for criterion in CRITERIA:
        fails = {name: verdict.fails[criterion] for name, verdict in said.items()}
        assert not (point.fails[criterion] & ~fails["upper_bound"]).any()
        assert not (fails["lower_bound"] & ~point.fails[criterion]).any()
        assert np.array_equal(fails["three_way"], fails["lower_bound"])
        undecided = said["upper_bound"].undecided[criterion] | said["lower_bound"].undecided[criterion]
        between = (fails["upper_bound"] & ~fails["lower_bound"]) | undecided
        assert np.array_equal(said["three_way"].undecided[criterion], between)
        both = RULES["official"](evidence).fails[criterion] & RULES["weighted"](evidence).fails[criterion]
        assert np.array_equal(RULES["all_of"](evidence).fails[criterion], both)


@every_rule
@given(evidence=evidences(), stricter=st.sampled_from(LIMITS))
def test_a_stricter_limit_lets_nothing_pass_that_failed(name: str, evidence: Evidence, stricter: Fraction) -> None:
    limits = {
        criterion: max(limit, 1 - stricter) if criterion == "approval" else min(limit, stricter)
        for criterion, limit in evidence.policy.limits.items()
    }
    before, after = (
        RULES[name](evidence),
        RULES[name](replace(evidence, policy=replace(evidence.policy, limits=limits))),
    )
    for criterion in CRITERIA:
        assert not (before.fails[criterion] & ~after.fails[criterion]).any()


@pytest.mark.parametrize("name", [name for name in RULES if name not in MARGIN])
@given(evidence=evidences(), data=st.data())
def test_one_more_finding_lets_nothing_pass_that_failed(name: str, evidence: Evidence, data: st.DataObject) -> None:
    """Of the point rules; with a margin a finding may narrow the interval (see below)."""
    wrong, persons, approvals = (MOMENTS.index(each) for each in ("wrong_persons", "persons", "approvals"))
    moments = evidence.tally.moments.copy()
    room = [tuple(at) for at in np.argwhere(moments[..., wrong] < moments[..., persons]) if at[2] != REMAINING]
    room += [(*at, "approves") for at in np.argwhere(moments[..., approvals] > 0)]
    assume(room)
    at = data.draw(st.sampled_from(room))
    moments[(*at[:3], approvals if len(at) > 3 else wrong)] += -1 if len(at) > 3 else 1
    after = RULES[name](replace(evidence, tally=replace(evidence.tally, moments=moments)))
    for criterion, failed in RULES[name](evidence).fails.items():
        assert not (failed & ~after.fails[criterion]).any()


def alike(*, households: int, wrong: int, villages: int = 8, limit: Fraction = Fraction(1, 50)) -> Evidence:
    """Return a sample whose villages all found the same: of so many households of 3 in each group, so many wrong."""
    moments = np.zeros((1, villages, 3, len(MOMENTS)), dtype=np.int64)
    moments[0, :, :, :6] = [households, 0, 3 * households, 0, households, 9 * households]
    for group in (EXITED, UNREGISTERED):
        moments[0, :, group, [1, 3, 6, 7]] = np.array([[wrong], [3 * wrong], [9 * wrong], [9 * wrong]])
    whole = Tally(
        villages=np.arange(villages)[None],
        stratum=np.zeros(villages, dtype=np.int64),
        stratum_sizes=np.array([80]),
        block_sizes=np.full((1, villages, 3), 500),
        moments=moments,
    )
    return Evidence(
        tally=whole,
        policy=policies(limit),
        group_persons=np.array([9_000, 0, 40_000]),
        unregistered={"persons": np.full(80, 500), "households": np.full(80, 500)},
    )


@every_rule
def test_villages_that_all_find_more_fail_sooner(name: str) -> None:
    failing = [bool(RULES[name](alike(households=20, wrong=k)).fails["wrong_exit"][0]) for k in range(21)]
    assert failing == sorted(failing)
    assert failing[20]


def test_findings_elsewhere_can_excuse_a_county_under_the_upper_bound() -> None:
    """What the docstring of the rule says: one more wrong household in every village that had none."""

    def fails(by_village: list[int]) -> bool:
        evidence = alike(households=20, wrong=0, limit=Fraction(3, 10))
        moments = evidence.tally.moments.copy()
        moments[0, :, EXITED, [1, 3, 6, 7]] = np.array([1, 3, 9, 9])[:, None] * by_village
        verdict = RULES["upper_bound"](replace(evidence, tally=replace(evidence.tally, moments=moments)))
        return bool(verdict.fails["wrong_exit"][0])

    assert fails([10, 0, 0, 0, 0, 0, 0, 0])
    assert not fails([10, 1, 1, 1, 1, 1, 1, 1])


@pytest.mark.parametrize("weighting", ["raw", "weighted"])
def test_rules_with_a_margin_judge_the_rates_of_the_policys_weighting(weighting: Any) -> None:
    """All wrong households live where a visited one stands for one, the clean ones where it stands for 50."""
    evidence = alike(households=10, wrong=0)
    moments, sizes = evidence.tally.moments.copy(), evidence.tally.block_sizes.copy()
    moments[0, :4, EXITED, [1, 3, 6, 7]] = np.array([10, 30, 90, 90])[:, None]
    sizes[0, :4] = 10
    policy = policies(Fraction(1, 3), weighting=weighting)
    evidence = replace(evidence, policy=policy, tally=replace(evidence.tally, moments=moments, block_sizes=sizes))
    assert RULES["official"](evidence).fails["wrong_exit"][0]
    assert not RULES["weighted"](evidence).fails["wrong_exit"][0]
    assert not RULES["all_of"](evidence).fails["wrong_exit"][0]
    assert by_weighting(evidence).fails["wrong_exit"][0] == (weighting == "raw")
    judged = evidence.estimates(0.9)
    assert judged is not None
    assert judged["wrong_exit"].value[0] == pytest.approx({"raw": 1 / 2, "weighted": 1 / 51}[weighting])
    assert not RULES["lower_bound"](evidence).fails["wrong_exit"][0] or weighting == "raw"


def test_of_approval_the_other_bound_decides() -> None:
    """Of 160 households 150 approve, 93.8%: beyond 90%, and the lower bound is not."""
    evidence = alike(households=20, wrong=0)
    moments = evidence.tally.moments.copy()
    moments[0, :, [EXITED, REMAINING]] = 0
    moments[0, ::2, UNREGISTERED, MOMENTS.index("approvals")] -= 2
    moments[0, 0, UNREGISTERED, MOMENTS.index("approvals")] -= 2
    evidence = replace(evidence, tally=replace(evidence.tally, moments=moments))

    def fails(rule: str, limit: str) -> bool:
        limits = {**evidence.policy.limits, "approval": Fraction(limit)}
        asked = replace(evidence, policy=replace(evidence.policy, limits=limits))
        return bool(RULES[rule](asked).fails["approval"][0])

    assert [fails("upper_bound", limit) for limit in ("0.5", "0.9", "0.95", "0.999")] == [False, True, True, True]
    assert [fails("official", limit) for limit in ("0.5", "0.9", "0.95", "0.999")] == [False, False, True, True]
    assert [fails("lower_bound", limit) for limit in ("0.5", "0.9", "0.95", "0.999")] == [False, False, False, True]


def test_without_sizes_nothing_weighted_is_measured() -> None:
    evidence = alike(households=10, wrong=10)
    bare = replace(evidence, tally=replace(evidence.tally, stratum_sizes=np.zeros(1, dtype=np.int64)))
    assert RULES["official"](bare).fails["wrong_exit"][0]
    for weighting in ("raw", "weighted"):
        asked = replace(bare, policy=replace(bare.policy, weighting=weighting))
        for name in ("weighted", *(MARGIN if weighting == "weighted" else ())):
            verdict = RULES[name](asked)
            assert not verdict.any[0]
            assert not any(verdict.measured[criterion][0] for criterion in CRITERIA)


def test_a_rate_without_an_interval_is_left_open_by_the_rules_with_a_margin() -> None:
    """The missed rate over whole villages has a value and no interval."""
    for wrong in (0, 20):
        evidence = alike(households=20, wrong=wrong, limit=Fraction(1, 20))
        evidence = replace(evidence, policy=replace(evidence.policy, missed_denominator="village"))
        found = RULES["official"](evidence).fails["missed"][0]
        assert found == (wrong == 20)
        assert RULES["upper_bound"](evidence).fails["missed"][0] == found
        assert RULES["upper_bound"](evidence).undecided["missed"][0] == (not found)
        assert not RULES["lower_bound"](evidence).fails["missed"][0]
        assert RULES["lower_bound"](evidence).undecided["missed"][0] == found
        assert RULES["three_way"](evidence).undecided["missed"][0]


@pytest.mark.parametrize("name", sorted(MARGIN))
@pytest.mark.parametrize("beside", [Fraction(1, 10**30), Fraction(0), Fraction(-1, 10**30)])
@pytest.mark.parametrize("at_limit_fails", [False, True])
def test_what_no_sample_enters_is_decided_by_whole_numbers(name: str, beside: Fraction, at_limit_fails: bool) -> None:
    """The registered incidence has no error, and no float tells it from a limit so near."""
    evidence = alike(households=20, wrong=0)
    limits = {**evidence.policy.limits, "incidence": Fraction(7, 100) + beside}
    policy = replace(evidence.policy, limits=limits, incidence="registered", at_limit_fails=at_limit_fails)
    verdict = RULES[name](replace(evidence, policy=policy, group_persons=np.array([43, 7, 50])))
    assert verdict.fails["incidence"][0] == (beside < 0 or (beside == 0 and at_limit_fails))
    assert not verdict.undecided["incidence"][0]


def test_a_combination_is_open_where_one_rule_is_and_the_others_fail() -> None:
    evidence = alike(households=20, wrong=1, limit=Fraction(1, 25))
    three_way, point = RULES["three_way"], by_weighting
    assert three_way(evidence).undecided["wrong_exit"][0]
    assert point(evidence).fails["wrong_exit"][0]
    both = AllOf(rules=(three_way, point))(evidence)
    assert both.undecided["wrong_exit"][0]
    assert not both.fails["wrong_exit"][0]
    passes: Rule = lambda asked: by_weighting(replace(asked, policy=policies(Fraction(1))))  # noqa: E731
    assert not AllOf(rules=(three_way, passes))(evidence).undecided["wrong_exit"][0]


def test_bounds_of_a_two_sided_interval_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        RULES["upper_bound"](replace(alike(households=20, wrong=1), interval="wilson"))
    assert [mistake.code for mistake in caught.value.mistakes] == ["outside_domain"]


@pytest.mark.parametrize("rule", [RULES["official"], RULES["weighted"]], ids=["official", "weighted"])
def test_approval_in_persons_is_refused(rule: Callable[[Evidence], Verdict]) -> None:
    evidence = alike(households=20, wrong=1)
    units: Any = {"wrong_exit": "persons", "missed": "persons", "approval": "persons"}
    with pytest.raises(InputError) as caught:
        rule(replace(evidence, policy=replace(evidence.policy, units=units)))
    assert [mistake.code for mistake in caught.value.mistakes] == ["unit_not_tallied"]


def test_more_confidence_excludes_less() -> None:
    sure, surer = (UpperBound(point=by_weighting, confidence=c) for c in (0.6, 0.999))
    evidence = alike(households=80, wrong=1)
    assert not sure(evidence).fails["wrong_exit"][0]
    assert surer(evidence).fails["wrong_exit"][0]
