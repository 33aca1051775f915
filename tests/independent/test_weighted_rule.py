"""The weighted rule against plain fractions from rows of households, above all at the limit; domains from rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import policies

from estimators.estimate import estimate
from estimators.policy import CRITERIA, Policy, Weighting
from estimators.rule import Evidence
from estimators.rules.weighted import weighted
from sampler.draws import Observations, Part, Tally, tally
from sampler.frame import EXITED, REMAINING, UNREGISTERED, frame_from_counts
from scenarios.questions.assessment import Assessment, assess
from scenarios.questions.breakdown import breakdown

TIE = Fraction(1, 10**9)


@dataclass(frozen=True)
class Home:
    """A visited household: where, of what group, and what was recorded."""

    village: int
    group: int
    persons: int
    wrong: int
    approves: bool


@dataclass(frozen=True)
class Sample:
    """One sample as an office has it: rows, and sizes beside them."""

    homes: tuple[Home, ...]
    strata: tuple[int, ...]  # of the drawn villages, ascending
    stratum_sizes: tuple[int, ...]
    block_sizes: tuple[tuple[int, int, int], ...]
    listed: tuple[int, ...]  # unregistered persons of the drawn villages

    def weight(self, home: Home) -> Fraction:
        drawn = Counter(self.strata)
        visited = Counter((each.village, each.group) for each in self.homes)
        stratum = self.strata[home.village]
        of_village = Fraction(self.stratum_sizes[stratum], drawn[stratum])
        return of_village * Fraction(self.block_sizes[home.village][home.group], visited[home.village, home.group])

    def tally(self) -> Tally:
        one = np.zeros(len(self.homes), dtype=np.int64)
        return tally(
            Observations(
                villages=np.arange(len(self.strata))[None],
                stratum=np.array(self.strata),
                stratum_sizes=np.array(self.stratum_sizes),
                block_sizes=np.array(self.block_sizes)[None],
                replicate=one,
                slot=np.array([home.village for home in self.homes], dtype=np.int64),
                block=np.array([home.group for home in self.homes], dtype=np.int64),
                persons=np.array([home.persons for home in self.homes], dtype=np.int64),
                wrong_persons=np.array([home.wrong for home in self.homes], dtype=np.int64),
                approves=np.array([home.approves for home in self.homes], dtype=bool),
            )
        )


@st.composite
def samples(draw: st.DrawFn, *, large: bool = False) -> Sample:
    """Return one or two strata; if large two, each with several drawn of many villages."""
    drawn = draw(st.lists(st.integers(1 + large, 3), min_size=1 + large, max_size=2))
    strata = tuple(h for h, m in enumerate(drawn) for _ in range(m))
    homes, sizes = [], []
    for village in range(len(strata)):
        taken = [draw(st.integers(0, 4)) for _ in range(3)]
        sizes.append(tuple(n + draw(st.integers(0, 30)) for n in taken))
        for group, n in enumerate(taken):
            for _ in range(n):
                persons = draw(st.integers(1, 7))
                wrong = 0 if group == REMAINING else draw(st.sampled_from([0, 0, 1, persons]))
                homes.append(Home(village, group, persons, wrong, draw(st.booleans())))
    return Sample(
        homes=tuple(homes),
        strata=strata,
        stratum_sizes=tuple(m + draw(st.integers(30 * large, 40)) for m in drawn),
        block_sizes=tuple(sizes),  # type: ignore[arg-type]
        listed=tuple(draw(st.integers(0, 300)) for _ in strata),
    )


def count(policy: Policy, criterion: str, home: Home, *, persons: bool = False) -> tuple[int, int] | None:
    """Return what a household adds to numerator and denominator of a rate, None where it is of no concern."""
    if criterion == "approval":
        return int(home.approves), 1
    if home.group != {"wrong_exit": EXITED, "missed": UNREGISTERED}[criterion]:
        return None
    if persons or policy.units[criterion] == "persons":
        return home.wrong, home.persons
    return int(home.wrong > 0), 1


def sums(sample: Sample, policy: Policy, criterion: str, *, persons: bool = False) -> tuple[Fraction, Fraction]:
    """Return numerator and denominator of a weighted rate."""
    top, bottom = Fraction(0), Fraction(0)
    for home in sample.homes:
        counted = count(policy, criterion, home, persons=persons)
        if counted is not None:
            top += sample.weight(home) * counted[0]
            bottom += sample.weight(home) * counted[1]
    if criterion == "missed" and policy.missed_denominator == "village":
        drawn = Counter(sample.strata)
        in_persons = persons or policy.units["missed"] == "persons"
        whole = sample.listed if in_persons else [sizes[UNREGISTERED] for sizes in sample.block_sizes]
        bottom = sum(
            (Fraction(sample.stratum_sizes[h], drawn[h]) * n for h, n in zip(sample.strata, whole, strict=True)),
            Fraction(0),
        )
    return top, bottom


def ratios(sample: Sample, policy: Policy, persons: tuple[int, int, int]) -> dict[str, tuple[Fraction, Fraction]]:
    found = {name: sums(sample, policy, name) for name in ("wrong_exit", "missed", "approval")}
    poor = Fraction(persons[REMAINING])
    if policy.incidence == "blown_up":
        for name, group in (("wrong_exit", EXITED), ("missed", UNREGISTERED)):
            top, bottom = sums(sample, policy, name, persons=True)
            poor += persons[group] * (top / bottom if bottom else 0)
    return found | {"incidence": (poor, Fraction(sum(persons)))}


def assert_agrees(sample: Sample, policy: Policy, persons: tuple[int, int, int]) -> None:
    evidence = Evidence(
        tally=sample.tally(),
        policy=policy,
        group_persons=np.array(persons),
        unregistered={
            "persons": np.array(sample.listed),
            "households": np.array([sizes[UNREGISTERED] for sizes in sample.block_sizes]),
        },
    )
    verdict = weighted(evidence)
    for name, (top, bottom) in ratios(sample, policy, persons).items():
        limit = policy.limits[name]
        b, a = limit.denominator, limit.numerator
        excess, scale = b * top - a * bottom, b * top + a * bottom
        tie = abs(excess) <= TIE * scale
        # Not told apart in floating point from the edge of the tie itself.
        assume(excess == 0 or not TIE * scale / 2 < abs(excess) < 2 * TIE * scale)
        measured = bottom > 0
        beyond = (excess < 0 if name == "approval" else excess > 0) and not tie
        assert verdict.measured[name][0] == measured, name
        assert verdict.at_limit[name][0] == (measured and tie), name
        assert verdict.fails[name][0] == (measured and (beyond or (tie and policy.at_limit_fails))), name


@given(sample=samples(), data=st.data())
def test_the_rule_equals_plain_fractions(sample: Sample, data: st.DataObject) -> None:
    stated: dict[str, Any] = {
        "at_limit_fails": data.draw(st.booleans()),
        "missed_denominator": data.draw(st.sampled_from(["surveyed", "village"])),
        "incidence": data.draw(st.sampled_from(["blown_up", "registered"])),
        "units": {
            "wrong_exit": data.draw(st.sampled_from(["persons", "households"])),
            "missed": data.draw(st.sampled_from(["persons", "households"])),
            "approval": "households",
        },
    }
    persons = data.draw(st.tuples(*[st.integers(0, 100_000)] * 3))
    policy = policies(**stated)
    limits = {}
    for name, (top, bottom) in ratios(sample, policy, persons).items():
        # Often the limit is the rate itself: a tie that floating point must not miss.
        rate = min(top / bottom, Fraction(1)) if bottom else Fraction(1, 2)
        beside = data.draw(st.sampled_from([Fraction(0), Fraction(0), Fraction(1, 10**6), -Fraction(1, 10**6)]))
        limits[name] = data.draw(
            st.sampled_from([min(max(rate + beside, Fraction(0)), Fraction(1)), Fraction(1, 50), Fraction(1, 3)])
        )
    assert_agrees(sample, replace(policy, limits=limits), persons)


@pytest.mark.parametrize("at_limit_fails", [False, True])
def test_a_tie_of_thirds_is_a_tie(at_limit_fails: bool) -> None:
    """The weights are 35/3 and 245/3: no float holds them, and the limit is the rate to the letter."""
    homes = [Home(0, EXITED, 1, int(i == 0), True) for i in range(3)]
    homes += [Home(1, EXITED, 7, 0, True) for _ in range(3)]
    sample = Sample(tuple(homes), (0, 0), (7,), ((10, 0, 0), (70, 0, 0)), (0, 0))
    top, bottom = sums(sample, policies(), "wrong_exit")
    policy = policies(top / bottom, at_limit_fails=at_limit_fails)
    verdict = weighted(Evidence(tally=sample.tally(), policy=policy))
    assert verdict.at_limit["wrong_exit"][0]
    assert verdict.fails["wrong_exit"][0] == at_limit_fails
    beside = policies(top / bottom - Fraction(1, 10**7))
    assert weighted(Evidence(tally=sample.tally(), policy=beside)).fails["wrong_exit"][0]


def test_parts_that_do_not_enter_the_weighted_estimates_do_not_decide() -> None:
    """An add-on counted by the officials alone, and a part that only weighted estimates take."""
    homes = tuple(Home(v, EXITED, 4, 0, True) for v in (0, 1) for _ in range(3))
    plain = Sample(homes, (0, 0), (10,), ((9, 0, 0), (9, 0, 0)), (0, 0)).tally()
    wrong = plain.moments.copy()
    wrong[..., EXITED, [1, 3, 6, 7]] = [3, 12, 48, 48]
    for raw, enters in ((True, False), (False, True)):
        both = replace(
            plain,
            parts=(Part(name="ordinary"), Part(name="more", raw=raw, weighted=enters)),
            block_sizes=np.concatenate([plain.block_sizes, plain.block_sizes], axis=2),
            moments=np.concatenate([plain.moments, wrong], axis=2),
        )
        verdict = weighted(Evidence(tally=both, policy=policies()))
        assert verdict.fails["wrong_exit"][0] == enters


# --- domains ---------------------------------------------------------------------------------------


def naive(sample: Sample, inside: set[int], criterion: str, *, weigh: bool) -> tuple[float, float, int] | None:
    """Return rate, standard error and villages with a finding of a domain, villages drawn as with replacement."""
    policy = policies()
    rows = [
        (home, float(sample.weight(home)) if weigh else 1.0, *counted)
        for home in sample.homes
        if home.village in inside and (counted := count(policy, criterion, home)) is not None
    ]
    whole = sum(w * s for _, w, _, s in rows)
    if not whole:
        return None
    value = sum(w * d for _, w, d, _ in rows) / whole
    scores = dict.fromkeys(range(len(sample.strata)), 0.0)  # every drawn village stays
    for home, w, d, s in rows:
        scores[home.village] += w * (d - value * s) / whole
    variance = 0.0
    for h in set(sample.strata):
        z = [score for village, score in scores.items() if sample.strata[village] == h]
        mean = sum(z) / len(z)
        variance += len(z) / (len(z) - 1) * sum((each - mean) ** 2 for each in z)
    wrong = {home.village for home, _, d, _ in rows if (not home.approves if criterion == "approval" else d > 0)}
    return value, variance**0.5, len(wrong)


def assessed(sample: Sample) -> tuple[Assessment, Any]:
    """Return the sample assessed in a county whose villages it is, one township each two villages."""
    households = np.maximum(np.array(sample.block_sizes), 1)
    rest = [(h, size - sample.strata.count(h)) for h, size in enumerate(sample.stratum_sizes)]
    strata = [*sample.strata, *(h for h, more in rest for _ in range(more))]
    counts = np.concatenate([households, np.ones((len(strata) - len(households), 3), dtype=np.int64)])
    names = [str(i) for i in range(len(strata))]
    frame = frame_from_counts(
        name="x",
        codes=names,
        villages=names,
        townships=[f"t{i // 2}" for i in range(len(strata))],
        remote=[h == 1 for h in strata],
        group_households=counts,
        group_persons=3 * counts,
    )
    return assess(sample.tally(), policies(), strata=("ordinary", "remote"), frame=frame), frame


@given(sample=samples(large=True))
def test_domains_equal_the_naive_ones(sample: Sample) -> None:
    assessment, frame = assessed(sample)
    assert assessment.variance == "ultimate_cluster"  # so few of the villages are drawn
    parts = breakdown(assessment, ("ordinary", "remote"), frame)
    assert [part.name for part in parts[:2]] == ["ordinary", "remote"]
    assert sum(part.households for part in parts[:2]) == sum(part.households for part in parts[2:]) == len(sample.homes)
    for part in parts:
        member = (
            frame.remote == (part.name == "remote")
            if part.kind == "stratum"
            else np.array(frame.townships) == part.name
        )
        inside = {v for v in range(len(sample.strata)) if member[v]}
        assert part.drawn == len(inside)
        for weigh, found in ((False, part.raw), (True, part.weighted)):
            for criterion in ("wrong_exit", "missed", "approval"):
                expected = naive(sample, inside, criterion, weigh=weigh)
                if criterion not in found:
                    assert expected is None
                    continue
                one = found[criterion]
                assert one.measured[0] == (expected is not None)
                if expected is not None:
                    got = (one.value[0], one.standard_error[0], one.villages_with_event[0])
                    assert got == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_parts_of_a_design_effect_make_the_whole() -> None:
    from estimators.design_effects import design_effects, kish_effect  # noqa: PLC0415

    rng = np.random.default_rng(3)
    homes = tuple(
        Home(
            v, g, p := int(rng.integers(1, 7)), p * int(g != REMAINING and rng.random() < 0.2), bool(rng.random() < 0.8)
        )
        for v in range(6)
        for g in range(3)
        for _ in range(4)
    )
    sample = Sample(homes, (0, 0, 0, 1, 1, 1), (90, 40), tuple((10 + v, 8, 30 * v + 9) for v in range(6)), (0,) * 6)
    weights = [float(sample.weight(home)) for home in homes]
    weightings: tuple[Weighting, ...] = ("raw", "weighted")
    for weighting in weightings:
        found = estimate(sample.tally(), policies(), weighting=weighting)
        parts = design_effects(sample.tally(), policies(), found, weighting=weighting)
        for criterion, group in (("wrong_exit", EXITED), ("missed", UNREGISTERED)):
            one = parts[criterion]
            w = [
                x if weighting == "weighted" else 1.0
                for x, home in zip(weights, homes, strict=True)
                if home.group == group
            ]
            s = [home.persons for home in homes if home.group == group]
            kish = len(w) * sum(x * x for x in w) / sum(w) ** 2
            floor = (
                sum(s)
                * sum((x * y) ** 2 for x, y in zip(w, s, strict=True))
                / sum(x * y for x, y in zip(w, s, strict=True)) ** 2
            )
            assert one.weighting[0] == pytest.approx(kish)
            assert one.weighting[0] * one.households[0] == pytest.approx(floor)
            assert one.weighting[0] * one.households[0] * one.villages[0] == pytest.approx(one.whole[0])
            assert one.whole[0] == found[criterion].design_effect[0]
            assert one.visited[0] == len(w)
        assert parts["approval"].households[0] == pytest.approx(1)
        assert parts["approval"].visited[0] == len(homes)
    assert kish_effect(np.zeros((1, 2, 3), dtype=np.int64), np.ones((1, 2, 3))).tolist() == [1.0]
    assert set(CRITERIA) > set(parts)
