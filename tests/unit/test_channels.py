"""The other channels: what is stated, what is drawn and flagged, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from estimators.estimate import estimate
from estimators.policy import CRITERIA, Policy
from estimators.verdict import verdict_of_tally
from sampler.channels import (
    Cadres,
    Channels,
    Consistency,
    Departments,
    Desk,
    Interviews,
    Score,
    ScoreItem,
    Unannounced,
)
from sampler.draws import MOMENTS
from sampler.errors import InputError
from sampler.fieldwork import Fieldwork
from sampler.flagged import FLAGGED, NOWHERE, draw_unflagged, flag_households, tally_unflagged, visit_flagged
from sampler.frame import REMAINING, UNREGISTERED, Frame, frame_from_counts, with_marks
from sampler.interviews import draw_meetings
from sampler.plan import Plan
from sampler.population import Population
from sampler.recheck import SpotCheck, Stream
from sampler.streams import Purpose, stream_starts, unit_interval, word
from scenarios import load
from scenarios.questions.channel_samples import Inspected, inspected, shifts
from scenarios.questions.channels import channel_answers, compared, meetings_of
from scenarios.scenario import GivenTruth, Scenario

R = np.arange(40)
TAKE = {"exited": 2, "unregistered": 2, "remaining": 1}
PLAN = Plan(villages={"ordinary": 2, "remote": 1}, take=TAKE)
SPOT = SpotCheck(
    phase1=PLAN, revisit_share=Decimal("0.5"), remote_villages=1, remote_take={"exited": 1, "unregistered": 1}
)
LIMITS = {**dict.fromkeys(CRITERIA, Fraction(1, 50)), "approval": Fraction(9, 10)}


def county() -> Frame:
    """Six villages, two of them remote, in two townships."""
    rng = np.random.default_rng(5)
    households = rng.integers(2, 6, size=(6, 3))
    households[:, REMAINING] = 1
    frame = frame_from_counts(
        name="six",
        codes="abcdef",
        villages="ABCDEF",
        townships="TTTUUU",
        remote=[False, False, True, False, True, False],
        group_households=households,
        group_persons=households * 3,
    )
    return with_marks(frame, key_share=0.3)


def truth(frame: Frame) -> Population:
    """A third of the households wrong."""
    wrong = np.where(np.arange(len(frame.household_persons)) % 3 == 0, frame.household_persons, 0)
    wrong[frame.household_group == REMAINING] = 0
    return Population(frame=frame, wrong_persons=wrong, approves=np.arange(len(wrong)) % 7 > 0)


def scenario(plan: Plan | SpotCheck = PLAN, *, channels: Channels | None = None, **changes: object) -> Scenario:
    frame = county()
    given = truth(frame)
    made = replace(
        load("example"),
        frame=frame,
        truth=GivenTruth(wrong_persons=given.wrong_persons, approves=given.approves),
        plan=plan,
        grid=(),
        averaged=False,
        policy=Policy(name="x", limits=LIMITS),
    )
    return replace(made, channels=channels, **changes)  # type: ignore[arg-type]


def departments(treatment: str, wrong: str = "0.6", right: str = "0.2") -> Departments:
    return Departments(flags_wrong=Decimal(wrong), flags_right=Decimal(right), treatment=treatment)  # type: ignore[arg-type]


def test_the_channels_have_streams_of_their_own() -> None:
    assert len({*Stream}) == len(Stream.__members__) == 7


def test_flags_are_common_over_levels_and_sources() -> None:
    frame = county()
    few, many = (truth(frame).wrong_persons * keep for keep in (0, 1))
    asked = departments("leads")
    low, high = (flag_households(asked, frame, wrong, seed=3, replicates=R) for wrong in (few, many))
    assert (high >= low).all()
    assert (high == low)[:, many == 0].all()
    assert not high[:, frame.household_group == REMAINING].any()
    better = flag_households(departments("leads", "0.9"), frame, many, seed=3, replicates=R)
    assert (better >= high).all()
    # The words are part of every published seed: those of the re-check stream's sub-stream 5, one a household.
    words = word(word(stream_starts(3, Purpose.RECHECK, R), 5)[:, None], np.arange(len(many)))
    right = (many == 0) & (frame.household_group != REMAINING)
    assert (high[:, right] == (unit_interval(words) < 0.2)[:, right]).all()
    again = flag_households(asked, frame, many, seed=3, replicates=R[7:9])
    assert (again == high[7:9]).all()


def seen_with(treatment: str, plan: Plan | SpotCheck, fieldwork: Fieldwork) -> tuple[Inspected, object, Scenario]:
    cell = scenario(plan, fieldwork=fieldwork)
    frame, population = cell.frame, truth(cell.frame)
    wrong, approves = population.wrong_persons, population.approves
    base, asked = inspected(cell, population, R), departments(treatment)
    flags = flag_households(asked, frame, wrong, seed=cell.seed, replicates=R)
    draws, sums = base.draws, base.tally
    if treatment == "stratum":
        assert isinstance(plan, Plan)
        draws = draw_unflagged(frame, plan, flags, seed=cell.seed, replicates=R, away=fieldwork.away(wrong))
        sums = tally_unflagged(draws, frame, approves, wrong[draws.households])
    found = visit_flagged(
        asked, sums, draws, flags, frame, wrong, approves, fieldwork=fieldwork, seed=cell.seed, replicates=R
    )
    return replace(base, draws=draws), found, cell


@pytest.mark.parametrize(
    ("treatment", "plan"),
    [("stratum", PLAN), ("leads", PLAN), ("counted", PLAN), ("leads", SPOT), ("counted", SPOT)],
)
@pytest.mark.parametrize("fieldwork", [Fieldwork(), Fieldwork(absence=Decimal("0.3"))])
def test_every_household_is_visited_once_and_counted_where_it_belongs(
    treatment: str, plan: Plan | SpotCheck, fieldwork: Fieldwork
) -> None:
    base, found, cell = seen_with(treatment, plan, fieldwork)
    frame, wrong = cell.frame, truth(cell.frame).wrong_persons
    total = found.tally.totals()[..., MOMENTS.index("wrong_persons")]  # type: ignore[attr-defined]
    # Somebody is at home by word 2 j + 1 of the fieldwork's stream, as everywhere.
    at_home = unit_interval(
        word(stream_starts(cell.seed, Purpose.FIELDWORK, R)[:, None], 2 * np.arange(len(wrong)) + 1)
    )
    homes = at_home >= float(fieldwork.absence)
    for r in range(len(R)):
        sample = set(base.draws.households[base.draws.replicate == r].tolist())
        beside = found.households[found.replicate == r].tolist()  # type: ignore[attr-defined]
        flagged = set(np.flatnonzero(found.flags[r]).tolist())  # type: ignore[attr-defined]
        assert len(beside) == len(set(beside))
        assert not sample & set(beside)
        assert set(beside) <= flagged
        assert set(beside) == {h for h in flagged - sample if homes[r, h]}
        if treatment == "stratum":
            assert not sample & flagged
        counted = sample | (set(beside) if treatment == "counted" else set())
        for group in range(3):
            members = [h for h in counted if frame.household_group[h] == group]
            assert total[r, group] == wrong[members].sum()


def test_the_column_of_the_flagged_is_no_village() -> None:
    _, found, _ = seen_with("counted", PLAN, Fieldwork())
    sums = found.tally  # type: ignore[attr-defined]
    assert (sums.villages[:, -1] == NOWHERE).all()
    assert not sums.places[:, -1].any()
    assert sums.places[:, :-1].all()
    assert sums.parts[-1].name == FLAGGED
    assert sums.stratum_sizes[-1] == 1


@pytest.mark.parametrize("unit", ["persons", "households"])
@pytest.mark.parametrize("treatment", ["stratum", "leads", "counted"])
def test_whole_villages_do_not_take_in_the_column_that_is_none(treatment: str, unit: str) -> None:
    _, found, cell = seen_with(treatment, PLAN, Fieldwork())
    sums, frame = found.tally, cell.frame  # type: ignore[attr-defined]
    policy = Policy(
        name="x",
        limits=LIMITS,
        missed_denominator="village",
        units={"wrong_exit": "persons", "missed": unit, "approval": "households"},  # type: ignore[dict-item]
    )
    counts = frame.group_persons if unit == "persons" else frame.group_households
    persons = {
        "group_persons": frame.group_persons.sum(axis=0),
        "unregistered": frame.unregistered,
    }
    value = estimate(sums, policy, criteria=["missed"], lonely="remove", **persons)["missed"].value
    seen = sums.totals()[:, UNREGISTERED, MOMENTS.index(f"wrong_{unit}")]
    whole = np.array([counts[drawn[:-1], UNREGISTERED].sum() for drawn in sums.villages])
    assert value == pytest.approx(seen / whole, abs=1e-15)
    fails = verdict_of_tally(sums, policy, **persons).fails["missed"]
    assert fails.tolist() == [50 * s > w for s, w in zip(seen.tolist(), whole.tolist(), strict=True)]


def test_a_stratum_of_the_flagged_stands_for_itself() -> None:
    _, found, cell = seen_with("stratum", PLAN, Fieldwork())
    weights = found.tally.weights()  # type: ignore[attr-defined]
    last = weights[:, -1, -3:]
    assert set(np.unique(last)) <= {0.0, 1.0}
    # The weights of all visited households of a group add up, on average, to the county's households.
    visited = found.tally.visited  # type: ignore[attr-defined]
    assert (weights[visited == 0] == 0).all()
    flags = found.flags  # type: ignore[attr-defined]
    frame = cell.frame
    for r in range(len(R)):
        drawn = found.tally.villages[r, :-1]  # type: ignore[attr-defined]
        stands = (weights[r, :-1] * visited[r, :-1]).sum(axis=1)
        left = np.array([(~flags[r] & (frame.household_village == v)).sum() for v in drawn])
        share = np.where(frame.remote[drawn], 2 / 1, 4 / 2)
        assert stands == pytest.approx(left * share)


def test_leads_change_no_rate() -> None:
    base, found, _ = seen_with("leads", PLAN, Fieldwork())
    assert (found.tally.totals() == base.tally.totals()).all()  # type: ignore[attr-defined]


def test_shifts_are_those_of_the_rows() -> None:
    province = Fieldwork(sensitivity=Decimal("0.5"), specificity=Decimal("0.8"))
    cell = scenario(replace(SPOT, province=province))
    base = inspected(cell, truth(cell.frame), R)
    assert base.rechecked is not None
    assert base.recheck is not None
    seen, rows = base.rechecked, base.rechecked.revisited
    phase1 = seen.questionnaires
    found = shifts(base.recheck)
    for r in range(len(R)):
        for c, group in enumerate((0, UNREGISTERED)):
            own = [
                i
                for i, row in enumerate(rows)
                if phase1.draws.replicate[row] == r
                and cell.frame.household_group[phase1.draws.households[row]] == group
            ]
            households = phase1.draws.households[rows[own]]
            assert found["persons"][r, c] == cell.frame.household_persons[households].sum()
            assert found["before"][r, c] == phase1.recorded[rows[own]].sum()
            assert found["now"][r, c] == seen.observations.wrong_persons[own].sum()


def test_a_shift_at_its_limit_does_not_pass_it() -> None:
    persons = np.array([[100, 50], [100, 50], [100, 0]])
    sample = {
        "now": np.array([[3, 0], [4, 0], [1, 0]]),
        "before": np.array([[1, 1], [1, 1], [4, 0]]),
        "persons": persons,
        "revisited": np.array([4, 4, 4]),
        "disagreeing": np.array([0, 1, 2]),
    }
    found = compared(Consistency(limit=Decimal("0.02")), sample)
    assert found.shifts["exited"].mean == pytest.approx((0.02 + 0.03 - 0.03) / 3)
    assert found.shifts["exited"].exceeds == pytest.approx(2 / 3)
    assert found.shifts["unregistered"].exceeds == 0
    assert found.shifts["unregistered"].measured == pytest.approx(2 / 3)
    assert found.any_exceeds == pytest.approx(2 / 3)
    assert found.disagreement[1] == 0.25
    assert compared(Consistency(), sample).any_exceeds is None


@pytest.mark.parametrize(
    ("province", "sign"),
    [({}, 0), ({"sensitivity": Decimal("0.3")}, 1), ({"specificity": Decimal("0.5")}, -1)],
)
def test_a_changed_standard_shows_as_a_shift(province: dict[str, Decimal], sign: int) -> None:
    channels = Channels(consistency=Consistency(limit=Decimal(0)))
    answer = channel_answers(scenario(replace(SPOT, province=Fieldwork(**province)), channels=channels))
    assert answer is not None
    assert answer.consistency is not None
    for shift in answer.consistency.shifts.values():
        assert np.sign(shift.mean) == sign
        assert (shift.exceeds == 0) == (sign == 0)
        low, middle, high = shift.quantiles
        assert low <= middle <= high


def test_the_main_answer_and_the_draws_do_not_see_the_channels() -> None:
    channels = Channels(departments=departments("counted"), interviews=Interviews(villages=2))
    with_them, without = scenario(channels=channels), scenario()
    one, other = (inspected(cell, truth(cell.frame), R).tally.moments for cell in (with_them, without))
    assert (one == other).all()


def test_meetings_are_drawn_evenly_and_again_alike() -> None:
    frame = county()
    asked = Interviews(
        villages=2, village_cadres=Cadres(drawn=1, of=3), township_cadres=Cadres(drawn=2, of=4), county_cadres=None
    )
    many = [draw_meetings(frame, asked, seed=1, replicate=r) for r in range(3000)]
    counts = np.bincount(np.concatenate([one.villages for one in many]), minlength=6)
    assert abs(counts - 1000).max() < 5 * np.sqrt(3000 * (1 / 3) * (2 / 3))
    numbers = np.bincount([n for one in many for drawn in one.village_cadres for n in drawn], minlength=4)
    assert numbers[0] == 0
    assert abs(numbers[1:] - 2000).max() < 5 * np.sqrt(6000 * (1 / 3) * (2 / 3))
    assert all(len(set(one.villages.tolist())) == 2 for one in many)
    assert all(set(one.townships) == {frame.townships[i] for i in one.villages} for one in many)
    # Cadres of different villages, and of different townships, are drawn apart.
    assert abs(np.mean([one.village_cadres[0] == one.village_cadres[1] for one in many]) - 1 / 3) < 5 * 0.5 / 50
    pairs = [one.township_cadres for one in many if len(one.townships) == 2]
    assert abs(np.mean([a == b for a, b in pairs]) - 1 / 6) < 5 * 0.5 / np.sqrt(len(pairs))
    again = draw_meetings(frame, asked, seed=1, replicate=5)
    assert (again.villages == many[5].villages).all()
    assert again.village_cadres == many[5].village_cadres
    cell = scenario(channels=Channels(interviews=asked))
    first = meetings_of(cell, 6)
    assert first is not None
    assert (first.villages == draw_meetings(frame, asked, seed=cell.seed, replicate=5).villages).all()
    assert meetings_of(scenario(), 1) is None


ITEM = ScoreItem(name="a", points=Decimal(-1), event="shift")


@pytest.mark.parametrize(
    ("channels", "plan", "codes"),
    [
        (
            Channels(unannounced=Unannounced(county_chance=Fraction(1), villages=7, households=1)),
            PLAN,
            ["channel_villages"],
        ),
        (Channels(interviews=Interviews(villages=7)), PLAN, ["channel_villages"]),
        (
            Channels(interviews=Interviews(villages=1, county_cadres=Cadres(drawn=3, of=2))),
            PLAN,
            ["too_many_cadres"],
        ),
        (Channels(consistency=Consistency(), desk=Desk()), PLAN, ["channel_without_spot_check"] * 2),
        (Channels(departments=departments("stratum")), SPOT, ["flags_need_plain"]),
        (Channels(departments=departments("stratum")), replace(PLAN, key_households=True), ["flags_need_plain"]),
        (Channels(score=Score(base=Decimal(1), items=(ITEM,))), SPOT, ["event_without_limit"]),
        (
            Channels(score=Score(base=Decimal(1), items=(ITEM,)), consistency=Consistency()),
            SPOT,
            ["event_without_limit"],
        ),
        *[
            (Channels(score=Score(base=Decimal(1), items=(replace(ITEM, event=event),))), SPOT, [code])
            for event, code in (
                ("exposed", "event_without_channel"),
                ("flagged_found", "event_without_channel"),
                ("fabrication", "event_without_fabricated"),
                ("interference", "event_without_interference"),
            )
        ],
    ],
)
def test_what_cannot_be_served_is_refused(channels: Channels, plan: Plan | SpotCheck, codes: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        scenario(plan, channels=channels)
    assert [mistake.code for mistake in refused.value.mistakes] == codes


@pytest.mark.parametrize(
    "make",
    [
        lambda: departments("pooled"),
        lambda: departments("leads", "1.5"),
        lambda: Unannounced(county_chance=Fraction(2), villages=1, households=1),
        lambda: Unannounced(county_chance=Fraction(1), villages=0, households=1),
        lambda: Desk(fabricated=Decimal(0)),
        lambda: Cadres(drawn=1, of=0),
        lambda: Score(base=Decimal(1), interference_noticed=Decimal(2)),
    ],
)
def test_what_cannot_be_is_refused(make: object) -> None:
    with pytest.raises(InputError):
        make()  # type: ignore[operator]
