"""The other channels held against plain counting: every sample, flag and recognition listed, in fractions.

Nothing of the project's arithmetic is used here: only its answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import chain, combinations, product
from math import prod, sqrt
from random import Random
from statistics import NormalDist

import numpy as np
import pytest

from estimators.policy import CRITERIA, Policy
from sampler.channels import Channels, Departments, Desk, Score, ScoreItem, Unannounced
from sampler.fieldwork import Fieldwork
from sampler.frame import REMAINING, Frame, frame_from_counts
from sampler.plan import Plan
from sampler.population import Population
from sampler.recheck import Questionnaires, SpotCheck
from scenarios import load
from scenarios.questions import channel_samples
from scenarios.questions import channels as channel_questions
from scenarios.questions.channels import channel_answers
from scenarios.questions.exposure import exposure, fabrication_exposed
from scenarios.questions.score import score_law
from scenarios.scenario import GivenTruth, Scenario


def six() -> Frame:
    """Six villages, three of them remote."""
    sizes = np.random.default_rng(2).integers(1, 4, size=(6, 3))
    return frame_from_counts(
        name="six",
        codes="abcdef",
        villages="ABCDEF",
        townships="TTUUTU",
        remote=[False, False, False, True, True, True],
        group_households=sizes,
        group_persons=2 * sizes,
    )


def subsets(things: Sequence[int], size: int) -> list[tuple[int, ...]]:
    return list(combinations(things, size))


def marked(things: Sequence[int], chance: Sequence[Fraction]) -> Iterator[tuple[Fraction, set[int]]]:
    """Every set of things that can be marked, each by itself, with its chance."""
    for pattern in product((False, True), repeat=len(things)):
        weight = prod((p if on else 1 - p for on, p in zip(pattern, chance, strict=True)), start=Fraction(1))
        if weight:
            yield weight, {thing for thing, on in zip(things, pattern, strict=True) if on}


# Unannounced visits


def exposed_by_listing(
    villages: list[tuple[int, int]], visited: int, looked: int, least: int, detection: Fraction
) -> tuple[list[Fraction], Fraction, Fraction]:
    """Chance that each village is exposed once visited; that one is; that a problem village is visited."""
    each = []
    for households, wrong in villages:
        samples = subsets(range(households), min(looked, households))
        found = Fraction(0)
        for sample in samples:
            bad = [h for h in sample if h < wrong]
            found += sum(p for p, seen in marked(bad, [detection] * len(bad)) if len(seen) >= least)
        each.append(found / len(samples))
    draws = subsets(range(len(villages)), visited)
    exposed = sum(1 - prod((1 - each[v] for v in draw), start=Fraction(1)) for draw in draws) / len(draws)
    met = Fraction(sum(any(villages[v][1] >= least for v in draw) for draw in draws), len(draws))
    return each, exposed, met


@pytest.mark.parametrize("seed", range(12))
def test_unannounced_visits(seed: int) -> None:
    rng = Random(seed)
    villages = [(size, rng.randint(0, size)) for size in (rng.randint(1, 5) for _ in range(rng.randint(2, 5)))]
    visited, looked, least = rng.randint(1, len(villages)), rng.randint(1, 4), rng.randint(1, 2)
    detection = rng.choice((Fraction(1), Fraction(3, 4), Fraction(1, 8)))
    each, exposed, met = exposed_by_listing(villages, visited, looked, least, detection)
    asked = Unannounced(
        county_chance=Fraction(1, 3),
        villages=visited,
        households=looked,
        at_least=least,
        detection=Decimal(str(float(detection))),
    )
    found = exposure(asked, np.array([v[0] for v in villages]), np.array([v[1] for v in villages]))
    assert found.by_village == pytest.approx([float(value) for value in each], abs=1e-14)
    assert found.exposed == pytest.approx(float(exposed), abs=1e-14)
    assert found.met == pytest.approx(float(met), abs=1e-14)
    assert found.expected == pytest.approx(float(visited * sum(each) / len(each)), abs=1e-14)
    assert found.problem_villages == sum(wrong >= least for _, wrong in villages)


# Fabricated questionnaires


def fabrication_by_listing(cells: list[tuple[int, int, int]], made_up: int, chance: Fraction) -> Fraction:
    """Cells of (questionnaires, the team's, drawn): every choice of the made-up ones and of those on the desk."""
    names = [[(c, k) for k in range(size)] for c, (size, _, _) in enumerate(cells)]
    team = [(c, k) for c, (_, own, _) in enumerate(cells) for k in range(own)]
    total, ways = Fraction(0), 0
    for fabricated in combinations(team, made_up):
        for desk in product(*(combinations(cell, taken) for cell, (_, _, taken) in zip(names, cells, strict=True))):
            lying = set(fabricated) & set(chain.from_iterable(desk))
            total += 1 - (1 - chance) ** len(lying)
            ways += 1
    return total / ways


@pytest.mark.parametrize("seed", range(30))
def test_fabricated_questionnaires(seed: int) -> None:
    rng = Random(seed)
    cells = []
    for _ in range(rng.randint(1, 3)):
        size = rng.randint(1, 4)
        cells.append((size, rng.randint(size // 2, size), rng.randint(0, size)))
    own = sum(cell[1] for cell in cells)
    made_up, chance = rng.randint(0, own), rng.choice((Fraction(1), Fraction(1, 4)))
    columns = (np.array(column) for column in zip(*cells, strict=True))
    found = fabrication_exposed(*columns, made_up, float(chance))
    assert found == pytest.approx(float(fabrication_by_listing(cells, made_up, chance)), abs=1e-14)


def test_a_team_in_the_province_s_sample_and_what_the_desk_sees() -> None:
    frame = six()
    wrong = np.where(np.arange(len(frame.household_persons)) % 3 == 0, frame.household_persons, 0)
    wrong[frame.household_group == REMAINING] = 0
    province = Fieldwork(sensitivity=Decimal("0.5"), specificity=Decimal("0.9"))
    plan = SpotCheck(
        phase1=Plan(villages={"ordinary": 2, "remote": 1}, take={"exited": 2, "unregistered": 2}),
        desk_share=Decimal("0.3"),
        revisit_share=Decimal("0.5"),
        province=province,
    )
    desk = Desk(fabricated=Decimal("0.3"), recognises_fabricated=Decimal("0.25"))
    scenario = Scenario(
        name="six",
        seed=4,
        frame=frame,
        truth=GivenTruth(wrong_persons=wrong, approves=wrong == 0),
        plan=plan,
        policy=Policy(name="x", limits={**dict.fromkeys(CRITERIA, LIMIT), "approval": Fraction(0)}),
        averaged=False,
        channels=Channels(desk=desk),
    )
    population = Population(frame=frame, wrong_persons=wrong, approves=wrong == 0)
    inspections = 2 * channel_samples.DESKS
    base = channel_samples.inspected(scenario, population, np.arange(inspections))
    assert base.rechecked is not None
    found = channel_samples.desk_check(scenario, population, base.rechecked, desk)
    phase1, on_desk = base.rechecked.questionnaires, base.rechecked.desk
    for r in range(inspections):
        rows = np.flatnonzero(phase1.draws.replicate == r)
        false = [i for i in rows if phase1.recorded[i] != wrong[phase1.draws.households[i]]]
        assert found["checked"][r] == on_desk[rows].sum()
        assert found["contradicting"][r] == on_desk[false].sum()
        assert np.isnan(found["exposed"][r]) == (r % channel_samples.DESKS > 0)
        if r % channel_samples.DESKS:
            continue
        each = []
        home = frame.household_village[phase1.draws.households]
        for village in sorted(set(home[rows].tolist())):  # at most ten villages: each has a team of its own
            own = rows[home[rows] == village]
            cells = [
                (
                    int((phase1.cell[rows] == c).sum()),
                    int((phase1.cell[own] == c).sum()),
                    on_desk_of(phase1, on_desk, rows, c),
                )
                for c in range(phase1.sizes.shape[1])
            ]
            made_up = int(Fraction(3, 10) * len(own) + Fraction(1, 2))
            each.append(fabrication_by_listing([cell for cell in cells if cell[0]], made_up, Fraction(1, 4)))
        assert found["exposed"][r] == pytest.approx(float(sum(each) / len(each)), abs=1e-14)


def on_desk_of(phase1: Questionnaires, on_desk: np.ndarray, rows: np.ndarray, cell: int) -> int:
    return int(on_desk[rows[phase1.cell[rows] == cell]].sum())


# The score


@pytest.mark.parametrize("seed", range(8))
def test_scores(seed: int) -> None:
    rng = Random(seed)
    names = ("exposed", "shift", "interference")
    events = {name: Fraction(rng.randint(0, 8), 8) for name in names}
    items, own = [], []
    for number in range(rng.randint(0, 5)):
        kind = rng.choice(("certain", "own", "event", "event"))
        points = Fraction(rng.randint(-10, 4), 2)
        chance = Fraction(rng.randint(0, 4), 4)
        item = {"name": str(number), "points": Decimal(str(float(points)))}
        if kind == "own":
            item["chance"] = Decimal(str(float(chance)))
        if kind == "event":
            item["event"] = rng.choice(names)
        items.append(ScoreItem(**item))  # type: ignore[arg-type]
        own.append((points, chance if kind == "own" else Fraction(1), item.get("event")))
    law: dict[Fraction, Fraction] = {}
    for p, happened in marked(range(3), [events[name] for name in names]):
        given = [(points, chance) for points, chance, event in own if event is None or names.index(event) in happened]
        for q, kept in marked(range(len(given)), [chance for _, chance in given]):
            value = 100 + sum((given[k][0] for k in kept), start=Fraction(0))
            law[value] = law.get(value, Fraction(0)) + p * q
    found = score_law(Score(base=Decimal(100), items=tuple(items)), {name: float(p) for name, p in events.items()})
    assert {Fraction(value) for value in found.law} == {value for value, p in law.items() if p}
    for value, p in found.law.items():
        assert p == pytest.approx(float(law[Fraction(value)]), abs=1e-14)
    assert found.expected == pytest.approx(float(sum(value * p for value, p in law.items())))


# Flagged households, in the three treatments: all flags, all draws, on a county of three villages

PERSONS = 2  # of every household
VILLAGES = (  # stratum, exited households, unregistered households: 1 is wrong
    ("ordinary", (1, 0), (0, 0)),
    ("ordinary", (0, 0), (1, 0)),
    ("remote", (1, 0), ()),
)
DRAWN = {"ordinary": 1, "remote": 1}
TAKE = 1
LIMIT = Fraction(1, 4)
FLAGS = {1: Fraction(1, 2), 0: Fraction(1, 4)}  # chance of being flagged, by wrong or not
HOUSEHOLDS = [
    (v, group, wrong) for v, village in enumerate(VILLAGES) for group in (0, 1) for wrong in village[1 + group]
]


def tiny(treatment: str) -> Scenario:
    sizes = np.array([[len(exited), 0, len(others)] for _, exited, others in VILLAGES])
    frame = frame_from_counts(
        name="tiny",
        codes="abc",
        villages="ABC",
        townships="TTT",
        remote=[village[0] == "remote" for village in VILLAGES],
        group_households=sizes,
        group_persons=PERSONS * sizes,
    )
    wrong = np.array([PERSONS * wrong for _, _, wrong in HOUSEHOLDS])
    frame = replace(frame, household_persons=np.full(len(wrong), PERSONS))
    base = load("example")
    return Scenario(
        name="tiny",
        seed=base.seed,
        frame=frame,
        truth=GivenTruth(wrong_persons=wrong, approves=np.ones(len(wrong), dtype=bool)),
        plan=Plan(villages=DRAWN, take={"exited": TAKE, "unregistered": TAKE}),
        policy=Policy(name="x", limits={**dict.fromkeys(CRITERIA, LIMIT), "approval": Fraction(0)}),
        averaged=False,
        channels=Channels(
            departments=Departments(
                flags_wrong=Decimal(str(float(FLAGS[1]))),
                flags_right=Decimal(str(float(FLAGS[0]))),
                treatment=treatment,  # type: ignore[arg-type]
            )
        ),
    )


def samples(left_out: set[int]) -> Iterator[tuple[Fraction, list[tuple[int, Fraction]]]]:
    """Every sample of the households that are not left out: its chance, its households and their weights."""
    strata = {name: [v for v, village in enumerate(VILLAGES) if village[0] == name] for name in DRAWN}
    for draw in product(*(subsets(strata[name], DRAWN[name]) for name in DRAWN)):
        chance = prod((Fraction(1, len(subsets(strata[name], DRAWN[name]))) for name in DRAWN), start=Fraction(1))
        blocks = []
        for v in chain.from_iterable(draw):
            expansion = Fraction(len(strata[VILLAGES[v][0]]), DRAWN[VILLAGES[v][0]])
            for group in (0, 1):
                members = [h for h, row in enumerate(HOUSEHOLDS) if row[:2] == (v, group) and h not in left_out]
                taken = min(TAKE, len(members))
                ways = subsets(members, taken)
                weight = expansion * Fraction(len(members), taken) if taken else Fraction(0)
                blocks.append([(Fraction(1, len(ways)), [(h, weight) for h in way]) for way in ways])
        for pick in product(*blocks):
            yield chance * prod(p for p, _ in pick), [row for _, rows in pick for row in rows]


def ratio(rows: Sequence[tuple[int, Fraction]], group: int) -> Fraction | None:
    own = [(HOUSEHOLDS[h][2], weight) for h, weight in rows if HOUSEHOLDS[h][1] == group]
    whole = sum(weight for _, weight in own)
    return Fraction(sum(wrong * weight for wrong, weight in own)) / whole if whole else None


def listed(treatment: str) -> dict[str, Fraction]:
    """Chance that the wrong-exit rate fails, and mean rates over the inspections that measure them."""
    found = dict.fromkeys(
        ("fails", "beside", "beside_squared", "any_found", "raw", "raw_measured", "weighted", "weighted_measured"),
        Fraction(0),
    )
    chance = [FLAGS[wrong] for _, _, wrong in HOUSEHOLDS]
    for p, flagged in marked(range(len(HOUSEHOLDS)), chance):
        for q, rows in samples(flagged if treatment == "stratum" else set()):
            seen = {h for h, _ in rows}
            beside = [(h, Fraction(1)) for h in sorted(flagged - seen)]
            raw = [(h, Fraction(1)) for h in seen] + (beside if treatment == "counted" else [])
            weighted = rows + (beside if treatment == "stratum" else [])
            found["beside"] += p * q * len(beside)
            found["beside_squared"] += p * q * len(beside) ** 2
            found["any_found"] += p * q * any(HOUSEHOLDS[h][2] for h in flagged)
            for name, value in (("raw", ratio(raw, 0)), ("weighted", ratio(weighted, 0))):
                if value is not None:
                    found[name] += p * q * value
                    found[f"{name}_measured"] += p * q
                    found["fails"] += p * q * (name == "raw" and value > LIMIT)
    return found


@pytest.mark.parametrize("treatment", ["stratum", "leads", "counted"])
def test_flagged_households(treatment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inspections = 10_000
    monkeypatch.setattr(channel_questions, "INSPECTIONS", inspections)
    monkeypatch.setattr(channel_questions, "_AT_ONCE", 1_000)
    answer = channel_answers(tiny(treatment))
    assert answer is not None
    assert answer.departments is not None
    found, exact = answer.departments, {name: float(value) for name, value in listed(treatment).items()}
    decided = found.decided
    assert (decided is None) == (treatment == "leads")
    held = [(found.any_found, exact["any_found"], 0.5)]
    held.append((found.beside, exact["beside"], sqrt(exact["beside_squared"] - exact["beside"] ** 2)))
    if decided is not None:
        held.append((decided.fails["wrong_exit"], exact["fails"], 0.5))
        held.append((decided.fails_without["wrong_exit"], float(listed("leads")["fails"]), 0.5))
        raw = decided.raw["wrong_exit"]
        assert raw is not None
        held.append((raw, exact["raw"] / exact["raw_measured"], 0.5 / sqrt(exact["raw_measured"])))
    if treatment == "stratum":
        assert decided is not None
        assert decided.weighted is not None
        weighted = decided.weighted["wrong_exit"]
        assert weighted is not None
        held.append((weighted, exact["weighted"] / exact["weighted_measured"], 0.5 / sqrt(exact["weighted_measured"])))
    # At most six comparisons in each of three tests; all pass but once in 1,000 runs, and the seed is fixed.
    bound = NormalDist().inv_cdf(1 - 1e-3 / 2 / 18)
    for value, expected, deviation in held:
        assert abs(value - expected) <= bound * deviation / sqrt(inspections)


# Interference noticed


def test_interference_is_noticed() -> None:
    frame = six()
    townships = frame.townships
    drawn = {"ordinary": 2, "remote": 1}
    wrong = np.zeros(len(frame.household_persons), dtype=np.int64)
    item = ScoreItem(name="x", points=Decimal("-2.5"), event="interference")
    scenario = Scenario(
        name="six",
        seed=1,
        frame=frame,
        truth=GivenTruth(wrong_persons=wrong, approves=wrong == 0),
        plan=Plan(villages=drawn, take={"exited": 1}),
        policy=Policy(name="x", limits={**dict.fromkeys(CRITERIA, LIMIT), "approval": Fraction(0)}),
        fieldwork=Fieldwork(interference=("T",)),
        averaged=False,
        channels=Channels(score=Score(base=Decimal(100), items=(item,), interference_noticed=Decimal("0.25"))),
    )
    draws = list(product(subsets([0, 1, 2], 2), subsets([3, 4, 5], 1)))
    noticed = sum(
        1 - Fraction(3, 4) ** sum(townships[v] == "T" for v in chain.from_iterable(draw)) for draw in draws
    ) / len(draws)
    answer = channel_answers(scenario)
    assert answer is not None
    assert answer.score is not None
    assert answer.inspections == 0
    assert answer.score.chances == (pytest.approx(float(noticed), abs=1e-14),)
    assert answer.score.expected == pytest.approx(100 - 2.5 * float(noticed))
    # Where villages are drawn without a known law, the simulated samples count the villages themselves.
    population = Population(frame=frame, wrong_persons=wrong, approves=wrong == 0)
    seen = channel_samples.inspected(scenario, population, np.arange(30))
    counted = channel_samples.sample(scenario, population, np.arange(30))["interfering"]
    assert counted.tolist() == [sum(townships[v] == "T" for v in drawn) for drawn in seen.draws.villages]
