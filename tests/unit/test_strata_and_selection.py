"""Plans over a frame: strata by any column, unequal chances, certain villages, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.designs import DESIGNS
from sampler.draws import draw
from sampler.errors import InputError
from sampler.frame import Frame, frame_from_counts, with_marks
from sampler.plan import CERTAIN, Plan
from sampler.stratify import Oversample, Stratification
from scenarios.messages import LANGUAGES, catalogue


def county(villages: int = 24, *, located: bool = True) -> Frame:
    """Return villages of rising size in three townships, every third remote, every fourth poor."""
    i = np.arange(villages)
    households = np.stack([4 + i, i % 3, 20 + 2 * i], axis=1)
    return frame_from_counts(
        name="x",
        codes=[f"c{k}" for k in i],
        villages=[f"v{k}" for k in i],
        townships=[("甲镇", "乙镇", "丙乡")[k % 3] for k in i],
        remote=i % 3 == 2,
        poor_village=i % 4 == 0,
        group_households=households,
        group_persons=3 * households,
        distance_km=i.astype(float) if located else None,
        location_km=np.stack([i % 5, i // 5], axis=1).astype(float) if located else None,
    )


def codes(error: pytest.ExceptionInfo[InputError]) -> set[str]:
    return {mistake.code for mistake in error.value.mistakes}


@pytest.mark.parametrize(
    "stratification",
    [
        Stratification(by=()),
        Stratification(),
        Stratification(by=("poor_village",)),
        Stratification(by=("township",)),
        Stratification(by=("remote", "poor_village")),
        Stratification(by=("township", "remote")),
        Stratification(by=("distance",), distance_km=(Decimal(5), Decimal("12.5"))),
        Stratification(by=("poor_village", "distance"), distance_km=(Decimal(10),)),
    ],
    ids=lambda each: "+".join(each.by) or "none",
)
def test_strata_hold_each_village_once_and_are_alike_inside(stratification: Stratification) -> None:
    frame = county()
    members, labels = stratification.members(frame), stratification.labels(frame)
    assert sorted(np.concatenate(list(members.values())).tolist()) == list(range(24))
    for name, villages in members.items():
        assert {"/".join(labels[i]) for i in villages} == {name}


def test_a_village_at_a_limit_lies_in_the_farther_band() -> None:
    members = Stratification(by=("distance",), distance_km=(Decimal(5), Decimal(12))).members(county())
    assert list(members) == ["0-5km", "5-12km", "12km+"]
    assert [members[name][0] for name in members] == [0, 5, 12]


@given(st.integers(1, 24), st.sampled_from(["0.5", "1", "2", "7"]), st.sampled_from(["1", "3"]))
def test_a_total_is_shared_out_among_crossed_strata(total: int, remote: str, poor: str) -> None:
    members = Stratification(by=("remote", "poor_village")).members(county())
    factors = {"remote": Decimal(remote), "poor": Decimal(poor)}
    shares = Oversample(villages=total, factors=factors).allocate(members)
    sizes = {name: len(villages) for name, villages in members.items()}
    assert sum(shares.values()) == total
    assert all(0 <= shares[name] <= sizes[name] for name in members)
    wanted = {name: sizes[name] * float(np.prod([float(factors.get(p, 1)) for p in name.split("/")])) for name in sizes}
    if total >= 2 * len(members):
        assert all(shares[name] >= min(2, sizes[name]) for name in members)
    free = [name for name in members if 2 < shares[name] < sizes[name]]
    for one in free:
        for other in free:
            # Sampling fractions follow the factors up to the rounding of two whole numbers.
            assert abs(shares[one] / wanted[one] - shares[other] / wanted[other]) <= 1 / wanted[one] + 1 / wanted[other]


@pytest.mark.parametrize("name", [name for name, entry in DESIGNS.items() if entry.size == "required"])
def test_large_villages_are_certain_and_stand_in_a_stratum_of_their_own(name: str) -> None:
    frame = county()
    sizes = frame.group_households[:, 0]
    plan = Plan(
        villages={"all": 18}, take={"exited": 2}, stratification=Stratification(by=()), selection=name,
        size="exited_households",
    )  # fmt: skip
    ordinary, certain = plan.strata(frame)
    assert certain.name == f"all/{CERTAIN}"
    assert certain.drawn == len(certain.villages) == 18 - ordinary.drawn
    assert sizes[certain.villages].min() > sizes[ordinary.villages].max()
    chance = plan.chance(frame)
    assert chance.sum() == pytest.approx(18)
    assert np.all(chance[certain.villages] == 1)
    assert np.allclose(chance[ordinary.villages] / sizes[ordinary.villages], chance[0] / sizes[0])
    drawn = draw(frame, plan, seed=3, replicates=np.arange(50))
    assert drawn.chance is not None
    assert np.array_equal(drawn.chance, chance[drawn.villages])
    assert all(set(certain.villages.tolist()) <= set(row) for row in drawn.villages.tolist())


def test_a_fixed_take_of_a_sample_in_proportion_to_size_has_equal_weights() -> None:
    frame = county()
    plan = Plan(
        villages={"all": 6}, take={"exited": 3}, stratification=Stratification(by=()),
        selection="conditional_poisson", size="exited_households",
    )  # fmt: skip
    draws = draw(frame, plan, seed=1, replicates=np.arange(40))
    assert draws.chance is not None
    sizes = frame.group_households[:, 0]
    weights = sizes[draws.villages] / 3 / draws.chance
    assert np.allclose(weights, sizes.sum() / (6 * 3))


def test_named_villages_are_drawn_whatever_the_design() -> None:
    frame = county()
    plan = Plan(villages={"ordinary": 5, "remote": 3}, take={"exited": 1}, certain=("c0", "c2", "c5"))
    names = {stratum.name: stratum.villages.tolist() for stratum in plan.strata(frame)}
    assert names["ordinary/certain"] == [0]
    assert names["remote/certain"] == [2, 5]
    draws = draw(frame, plan, seed=2, replicates=np.arange(30))
    assert all({0, 2, 5} <= set(row) and len(set(row)) == 8 for row in draws.villages.tolist())


def test_every_stratum_draws_its_number_and_no_village_twice() -> None:
    frame = county()
    for name in DESIGNS:
        plan = Plan(
            villages={"甲镇": 2, "乙镇": 3, "丙乡": 8}, stratification=Stratification(by=("township",)), selection=name
        )
        draws = draw(frame, plan, seed=5, replicates=np.arange(20))
        for h, stratum in enumerate(plan.strata(frame)):
            inside = np.isin(draws.villages[:, draws.stratum == h], stratum.villages)
            assert inside.shape[1] == stratum.drawn
            assert inside.all()
        assert all(len(set(row)) == len(row) for row in draws.villages.tolist())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"stratification": {"by": ("region",)}}, "strata_column"),
        ({"stratification": {"by": ("remote", "remote")}}, "strata_twice"),
        ({"stratification": {"by": ("distance",)}}, "bands_missing"),
        ({"stratification": {"distance_km": (Decimal(3),)}}, "bands_missing"),
        ({"stratification": {"by": ("distance",), "distance_km": (Decimal(3), Decimal(3))}}, "bands_not_rising"),
        ({"selection": "quota"}, "outside_domain"),
        ({"size": "acres"}, "outside_domain"),
        ({"size": "persons"}, "size_ignored"),
        ({"take": {"rich": 1}}, "unknown_key"),
        ({"take": {"exited": -1}}, "outside_domain"),
        ({"hamlets": -1}, "outside_domain"),
    ],
)
def test_plans_that_cannot_be_are_refused(changes: dict[str, object], code: str) -> None:
    def make() -> Plan:
        given = dict(changes)
        if "stratification" in given:
            given["stratification"] = Stratification(**given["stratification"])  # type: ignore[arg-type]
        return Plan(**({"villages": {"ordinary": 1, "remote": 1}} | given))  # type: ignore[arg-type]

    with pytest.raises(InputError) as caught:
        make()
    assert codes(caught) == {code}


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (Plan(villages={"ordinary": 2}), "stratum_missing"),
        (Plan(villages={"ordinary": 2, "remote": 1, "far": 1}), "unknown_stratum"),
        (Plan(villages={"ordinary": 99, "remote": 1}), "too_many_villages"),
        (Plan(villages={"ordinary": 2, "remote": 1}, certain=("nowhere",)), "unknown_certain"),
        (Plan(villages={"ordinary": 1, "remote": 1}, certain=("c0", "c1")), "certain_above_drawn"),
        (Plan(villages={"ordinary": 2, "remote": 1}, hamlets=1), "hamlets_missing"),
        (Plan(villages={"ordinary": 2, "remote": 1}, key_households=True), "key_missing"),
        (Plan(villages={"ordinary": 2, "remote": 1}, selection="local_pivotal"), "coordinates_missing"),
        (Plan(villages={"ordinary": 2, "remote": 1}, selection="sampford", size="remaining_persons"), "size_zero"),
        (
            Plan(villages={"all": 18}, stratification=Stratification(by=()), selection="sampford", certainty=False,
                 size="exited_households"),
            "expected_count_above_1",
        ),
        (Plan(villages={"0-5km": 1}, stratification=Stratification(by=("distance",), distance_km=(Decimal(5),))),
         "distance_missing"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_frames_that_a_plan_cannot_serve_are_refused(plan: Plan, code: str) -> None:
    with pytest.raises(InputError) as caught:
        plan.strata(county(located=False))
    assert codes(caught) == {code}
    for language in LANGUAGES:  # every mistake has a sentence, with the stratum where it lies in one
        assert all(catalogue(language).mistake(mistake) for mistake in caught.value.mistakes)
    if code in ("size_zero", "expected_count_above_1", "coordinates_missing", "certain_above_drawn"):
        assert all(mistake.fields["stratum"] for mistake in caught.value.mistakes)


def test_marks_are_spread_evenly() -> None:
    frame = with_marks(county(), key_share=0.25, hamlets=4)
    sizes = frame.group_households.ravel()
    key = np.add.reduceat(frame.household_key, frame.offsets[:-1][sizes > 0])
    assert np.all(np.abs(key - sizes[sizes > 0] / 4) < 1)
    assert frame.household_hamlet is not None
    assert set(frame.household_hamlet.tolist()) == {0, 1, 2, 3}
    assert np.array_equal(replace(frame).household_hamlet, frame.household_hamlet)


def test_strata_of_too_few_villages_are_merged_with_the_one_most_like_them() -> None:
    frame = county(25)
    apart = Stratification(by=("remote", "poor_village")).members(frame)
    sizes = {name: len(villages) for name, villages in apart.items()}
    assert sizes == {"ordinary/not_poor": 12, "ordinary/poor": 5, "remote/not_poor": 6, "remote/poor": 2}
    merged = Stratification(by=("remote", "poor_village"), merge_below=3).members(frame)
    assert list(merged) == ["ordinary/not_poor", "ordinary/poor", "remote/not_poor|remote/poor"]
    both = sorted([*apart["remote/not_poor"], *apart["remote/poor"]])
    assert merged["remote/not_poor|remote/poor"].tolist() == both
    # The first value decides before the size: 5 ordinary villages join 12 ordinary ones, not 8 remote ones.
    assert [len(v) for v in Stratification(by=("remote", "poor_village"), merge_below=6).members(frame).values()] == [
        17,
        8,
    ]
    assert len(Stratification(by=("remote", "poor_village"), merge_below=99).members(frame)) == 1
    # A merged stratum is drawn at the factor of its largest part.
    drawn = Oversample(villages=8, factors={"poor": Decimal(3)}).allocate(merged)
    assert drawn == {"ordinary/not_poor": 3, "ordinary/poor": 3, "remote/not_poor|remote/poor": 2}
    assert catalogue("en").stratum("remote/not_poor|remote/poor") == "remote, non-poor with remote, poor"


def test_a_negative_size_merges_nothing() -> None:
    with pytest.raises(InputError) as caught:
        Stratification(merge_below=-1)
    assert codes(caught) == {"outside_domain"}
