"""A second, naive estimator: one household at a time, in loops, written from METHODS 2 and 3.4, not from the code."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import even_county, policies, small_frames

from estimators.estimate import Estimate, estimate
from sampler.draws import draw, observe, tally
from sampler.errors import InputError
from sampler.frame import Frame
from sampler.plan import Plan

EXITED, UNREGISTERED = 0, 2
TOLERANCE = 1e-12
CONVENTIONS = ("adjust", "remove", "certainty", "average")


@dataclass(frozen=True)
class Household:
    """One visited household with its weight and the sizes that its design needs."""

    stratum: int
    village: int
    group: int
    s: int
    d: int
    approves: bool
    weight: float


@dataclass(frozen=True)
class Survey:
    """One sample: the visited households, drawn villages by stratum, M_h, and N and n of each block."""

    households: list[Household]
    drawn: dict[int, list[int]]
    villages: dict[int, int]
    there: dict[tuple[int, int], int]
    visited: dict[tuple[int, int], int]


def survey_of(observations: Any, replicate: int, *, weighted: bool) -> Survey:
    stratum = observations.stratum.tolist()
    drawn: dict[int, list[int]] = defaultdict(list)
    for village, h in enumerate(stratum):
        drawn[h].append(village)
    sizes = dict(enumerate(observations.stratum_sizes.tolist()))
    mine = [k for k in range(len(observations.persons)) if observations.replicate[k] == replicate]
    visited: dict[tuple[int, int], int] = defaultdict(int)
    for k in mine:
        visited[int(observations.slot[k]), int(observations.group[k])] += 1
    there = {
        (village, g): int(observations.block_sizes[replicate, village, g])
        for village in range(len(stratum))
        for g in range(3)
    }
    households = []
    for k in mine:
        village, g = int(observations.slot[k]), int(observations.group[k])
        h = stratum[village]
        weight = (sizes[h] / len(drawn[h])) * (there[village, g] / visited[village, g]) if weighted else 1.0
        s, d = int(observations.persons[k]), int(observations.wrong_persons[k])
        households.append(Household(h, village, g, s, d, bool(observations.approves[k]), weight))
    return Survey(households, dict(drawn), sizes, there, dict(visited))


def taylor(survey: Survey, z: list[float], variance: str, lonely: str) -> float:
    """Return V of METHODS 2.4 of the sum of the households' linearised values z."""
    village_z: dict[int, float] = defaultdict(float)
    blocks: dict[tuple[int, int], list[float]] = defaultdict(list)
    for household, value in zip(survey.households, z, strict=True):
        village_z[household.village] += value
        blocks[household.village, household.group].append(value)
    total = first_stage(survey, village_z, variance, lonely)
    for h, villages in survey.drawn.items():
        m, f = len(villages), len(villages) / survey.villages[h]
        households_are_clusters = m == survey.villages[h] or (m == 1 and lonely == "certainty")
        if variance == "two_stage" or households_are_clusters:
            f = 1.0 if households_are_clusters else f
            for village in villages:
                for g in range(3):
                    values, whole = blocks[village, g], survey.there[village, g]
                    total += f * within(values, whole if variance == "two_stage" else None)
    return total


def within(values: list[float], whole: int | None) -> float:
    """Return (1 - n/N) n/(n-1) sum (z - mean)^2 of one block, without the correction where N is None."""
    n = len(values)
    if n < 2:
        return 0.0
    mean = sum(values) / n
    return (1.0 if whole is None else 1 - n / whole) * n / (n - 1) * sum((value - mean) ** 2 for value in values)


def first_stage(survey: Survey, village_z: dict[int, float], variance: str, lonely: str) -> float:
    everyone = [v for villages in survey.drawn.values() for v in villages]
    grand = sum(village_z[v] for v in everyone) / max(len(everyone), 1)
    found, missing = [], 0
    for h, villages in survey.drawn.items():
        m, f = len(villages), len(villages) / survey.villages[h]
        left = 1 - f if variance == "two_stage" else 1.0
        if m == survey.villages[h]:
            found.append(0.0)
        elif m > 1:
            mean = sum(village_z[v] for v in villages) / m
            found.append(left * m / (m - 1) * sum((village_z[v] - mean) ** 2 for v in villages))
        elif lonely == "adjust":
            found.append(left * (village_z[villages[0]] - grand) ** 2)
        elif lonely == "average":
            missing += 1
        else:
            found.append(0.0)
    if missing:
        return sum(found) + missing * sum(found) / len(found) if found else float("nan")
    return sum(found)


def amounts(household: Household, criterion: str, unit: str) -> tuple[float, float, bool]:
    """Return numerator, denominator and whether there is an event; a denominator of 0 where it does not count."""
    groups = {"wrong_exit": (EXITED,), "missed": (UNREGISTERED,), "approval": (0, 1, 2)}[criterion]
    if household.group not in groups:
        return 0.0, 0.0, False
    if criterion == "approval":
        return float(household.approves), 1.0, not household.approves
    if unit == "households":
        return float(household.d > 0), 1.0, household.d > 0
    return float(household.d), float(household.s), household.d > 0


def linearised(survey: Survey, criterion: str, unit: str) -> tuple[float, list[float]] | None:
    parts = [amounts(household, criterion, unit) for household in survey.households]
    weights = [household.weight for household in survey.households]
    whole = sum(w * s for w, (_, s, _) in zip(weights, parts, strict=True))
    if whole == 0:
        return None
    p = sum(w * d for w, (d, _, _) in zip(weights, parts, strict=True)) / whole
    return p, [w * (d - p * s) / whole for w, (d, s, _) in zip(weights, parts, strict=True)]


def design_effect(survey: Survey, criterion: str, unit: str, p: float, squared_error: float) -> float:
    """Return deff_used of METHODS 3.4, its clustered branch on the floor of equal weights (ARCHITECTURE)."""
    parts = [(h, *amounts(h, criterion, unit)) for h in survey.households]
    parts = [part for part in parts if part[2] > 0]
    n = sum(s for _, _, s, _ in parts)
    floor = n * sum((h.weight * s) ** 2 for h, _, s, _ in parts) / sum(h.weight * s for h, _, s, _ in parts) ** 2
    hat = 0.0 if p in (0.0, 1.0) or np.isnan(squared_error) else n * squared_error / (p * (1 - p))
    errors = sum(event for _, _, _, event in parts)
    mean_households = len(parts) / len({h.village for h, *_ in parts})
    f = sum(len(v) for v in survey.drawn.values()) / sum(survey.villages.values())
    outcomes = [(h.stratum, h.village, float(event)) for h, _, _, event in parts]
    rho = anova(outcomes)
    clustering = 1 + (mean_households - 1) * (1 - f) * rho * errors / (errors + 3)
    return max(hat, floor, sum(s**2 for _, _, s, _ in parts) / n * clustering)


def anova(outcomes: list[tuple[int, int, float]]) -> float:
    """Return the stratum-pooled ANOVA intraclass correlation, at least 0."""
    within_squares = between_squares = weight = 0.0
    df_between = df_within = 0
    for h in {stratum for stratum, _, _ in outcomes}:
        here = [(v, y) for stratum, v, y in outcomes if stratum == h]
        villages = {v for v, _ in here}
        grand = sum(y for _, y in here) / len(here)
        sizes = []
        for village in villages:
            values = [y for v, y in here if v == village]
            mean = sum(values) / len(values)
            within_squares += sum((y - mean) ** 2 for y in values)
            between_squares += len(values) * (mean - grand) ** 2
            sizes.append(len(values))
        df_between += len(villages) - 1
        df_within += len(here) - len(villages)
        weight += len(here) - sum(size**2 for size in sizes) / len(here)
    if df_between == 0 or df_within == 0:
        return 0.0
    between, within, n0 = between_squares / df_between, within_squares / df_within, weight / df_between
    spread = between + (n0 - 1) * within
    return max(0.0, (between - within) / spread) if spread > 0 else 0.0


def villages_where(survey: Survey, criteria: tuple[str, ...], *, event: bool) -> set[tuple[int, int]]:
    found = set()
    for household in survey.households:
        for criterion in criteria:
            _, denominator, wrong = amounts(household, criterion, "persons")
            if denominator > 0 and (wrong or not event):
                found.add((household.stratum, household.village))
    return found


def freedom(survey: Survey, criteria: tuple[str, ...]) -> int:
    villages = villages_where(survey, criteria, event=False)
    return len(villages) - len({h for h, _ in villages})


@st.composite
def samples(draw_from: st.DrawFn) -> tuple[Frame, Any]:
    frame = draw_from(small_frames(most_villages=8, most_households=5))
    remote = int(frame.remote.sum())
    drawn = {
        "ordinary": draw_from(st.integers(0, len(frame.remote) - remote)),
        "remote": draw_from(st.integers(0, remote)),
    }
    take = {group: draw_from(st.integers(0, 5)) for group in ("exited", "remaining", "unregistered")}
    seed = draw_from(st.integers(0, 2**32))
    rng = np.random.default_rng(seed)
    share = draw_from(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    persons = frame.household_persons
    wrong = rng.integers(1, persons + 1) * (rng.random(len(persons)) < share) * (frame.household_group != 1)
    approves = rng.random(len(persons)) < draw_from(st.sampled_from([0.0, 0.7, 1.0]))
    draws = draw(frame, Plan(villages=drawn, take=take), seed=seed, replicates=np.arange(3))
    return frame, observe(draws, frame, wrong, approves)


def same(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))


@settings(max_examples=150)
@given(
    samples(),
    st.sampled_from(["raw", "weighted"]),
    st.sampled_from(["ultimate_cluster", "two_stage"]),
    st.sampled_from(CONVENTIONS),
    st.sampled_from(["persons", "households"]),
)
def test_rates_equal_the_naive_ones(sample: Any, weighting: Any, variance: Any, lonely: Any, unit: Any) -> None:
    frame, observations = sample
    policy = policies(units={"wrong_exit": unit, "missed": unit, "approval": "households"})
    options = {"weighting": weighting, "variance": variance, "lonely": lonely}
    found = estimate(tally(observations), policy, group_persons=frame.group_persons.sum(axis=0), **options)
    for r in range(3):
        survey = survey_of(observations, r, weighted=weighting == "weighted")
        for criterion in ("wrong_exit", "missed", "approval"):
            check_rate(found[criterion], r, survey, criterion, unit, variance, lonely)
        check_incidence(found["incidence"], r, survey, frame, variance, lonely)
        if unit == "persons" and found["incidence"].measured[r]:
            check_mover(found, r, survey, frame, variance, lonely)


def check_rate(found: Estimate, r: int, survey: Survey, criterion: str, unit: str, variance: str, lonely: str) -> None:
    naive = linearised(survey, criterion, unit)
    assert found.measured[r] == (naive is not None)
    assert found.df[r] == freedom(survey, (criterion,))
    assert found.villages_with_event[r] == len(villages_where(survey, (criterion,), event=True))
    if naive is None:
        assert np.isnan(found.value[r])
        return
    p, z = naive
    assert same(found.value[r], p)
    squared_error = taylor(survey, z, variance, lonely)
    # Squares are compared: rounding leaves about 1e-17 of a variance that is 0, and its root is no 0 to 1e-12.
    assert same(found.standard_error[r] ** 2, squared_error)
    assert same(found.design_effect[r], design_effect(survey, criterion, unit, p, squared_error))


def check_incidence(found: Estimate, r: int, survey: Survey, frame: Frame, variance: str, lonely: str) -> None:
    persons = frame.group_persons.sum(axis=0)
    rural = int(persons.sum())
    assert found.measured[r] == (rural > 0)
    if rural == 0:
        return
    value, z, known = persons[1] / rural, [0.0] * len(survey.households), True
    for criterion, group in (("wrong_exit", EXITED), ("missed", UNREGISTERED)):
        naive, share = linearised(survey, criterion, "persons"), persons[group] / rural
        known &= naive is not None or share == 0
        if naive is not None:
            value += share * naive[0]
            z = [before + share * now for before, now in zip(z, naive[1], strict=True)]
    assert same(found.value[r], value)
    assert found.df[r] == freedom(survey, ("wrong_exit", "missed"))
    expected = taylor(survey, z, variance, lonely) if known else float("nan")
    assert same(found.standard_error[r] ** 2, expected)


def check_mover(found: Any, r: int, survey: Survey, frame: Frame, variance: str, lonely: str) -> None:
    """Compare the interval of the incidence with METHODS 2.3, made of its two rates' limits."""
    persons = frame.group_persons.sum(axis=0)
    below, above, scores = [], [], []
    for criterion, group in (("wrong_exit", EXITED), ("missed", UNREGISTERED)):
        share, naive = persons[group] / persons.sum(), linearised(survey, criterion, "persons")
        p = 0.0 if naive is None else naive[0]
        low = 0.0 if naive is None else float(found[criterion].low[r])
        high = 1.0 if naive is None else float(found[criterion].high[r])
        below.append(share * (p - low))
        above.append(share * (high - p))
        scores.append([0.0] * len(survey.households) if naive is None else naive[1])
    one, other = (taylor(survey, z, variance, lonely) for z in scores)
    correlation = 0.0
    if one > 1e-20 and other > 1e-20:
        both = taylor(survey, [x + y for x, y in zip(*scores, strict=True)], variance, lonely)
        correlation = min(1.0, max(0.0, (both - one - other) / (2 * (one * other) ** 0.5)))
    incidence = found["incidence"]
    down = (below[0] ** 2 + below[1] ** 2 + 2 * correlation * below[0] * below[1]) ** 0.5
    up = (above[0] ** 2 + above[1] ** 2 + 2 * correlation * above[0] * above[1]) ** 0.5
    assert np.isclose(incidence.low[r], max(0.0, incidence.value[r] - down), rtol=0, atol=1e-9)
    assert np.isclose(incidence.high[r], min(1.0, incidence.value[r] + up), rtol=0, atol=1e-9)


def sample_of(ordinary: int, remote: int) -> Any:
    """Return two samples of a county of three ordinary and three remote villages, none of them with an error."""
    frame = even_county(3, 3, households=4, persons=10)
    plan = Plan(villages={"ordinary": ordinary, "remote": remote}, take={"exited": 2, "unregistered": 2})
    size = len(frame.household_persons)
    draws = draw(frame, plan, seed=5, replicates=np.arange(2))
    return tally(observe(draws, frame, np.zeros(size, dtype=np.int64), np.ones(size, dtype=bool)))


def test_a_lonely_stratum_is_named() -> None:
    with pytest.raises(InputError) as caught:
        estimate(sample_of(2, 1), policies())
    assert [(m.code, m.fields["stratum"]) for m in caught.value.mistakes] == [("lonely_stratum", 1)]


@pytest.mark.parametrize("lonely", CONVENTIONS)
def test_every_convention_serves_a_lonely_stratum(lonely: Any) -> None:
    found = estimate(sample_of(2, 1), policies(), lonely=lonely)
    assert np.all(found["wrong_exit"].df == 1)
    assert np.all((found["wrong_exit"].low == 0) & (found["wrong_exit"].high > 0) & (found["wrong_exit"].high < 1))


def test_without_degrees_of_freedom_everything_is_possible() -> None:
    found = estimate(sample_of(1, 1), policies(), lonely="average")
    assert np.all(np.isnan(found["wrong_exit"].standard_error))
    assert np.all((found["wrong_exit"].low == 0) & (found["wrong_exit"].high == 1))
