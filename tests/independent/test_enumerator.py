"""The oracle against chances worked out by hand, and against what must hold in every county.

A household is written (persons, wrong persons, approves). Where no other policy is named it is the
`national-2019-central` one: limits of 2%, 2%, 2% and 90%, failing above (approval: below).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest
from enumerator import CRITERIA, enumerate_chances
from tiny_counties import HOUSEHOLD_COLUMNS, VILLAGE_COLUMNS, write_table, write_tiny_county

Households = Sequence[tuple[int, int, int]]


class Place(NamedTuple):
    """A village; its groups stand in the order of the village table."""

    exited: Households = ()
    remaining: Households = ()
    unregistered: Households = ()
    remote: int = 0


def write_scenario(
    folder: Path,
    county: list[Place],
    villages: str,
    take: str,
    policy: str = "",
    name: str = "national-2019-central",
) -> Path:
    """The three files of a county; `villages`, `take` and `policy` are lines of TOML."""
    village_rows: list[tuple[object, ...]] = []
    household_rows: list[tuple[object, ...]] = []
    for number, place in enumerate(county, start=1):
        code = f"{number:02d}"
        totals: list[int] = []
        for group in ("exited", "remaining", "unregistered"):
            households: Households = getattr(place, group)
            totals += [len(households), sum(persons for persons, _, _ in households)]
            for persons, wrong_persons, approves in households:
                household_id = len(household_rows)
                household_rows.append((household_id, code, group, persons, 0, wrong_persons, approves))
        village_rows.append((code, f"{number}村", "东乡", place.remote, 0, *totals))
    (folder / "county").mkdir()
    write_table(folder / "county" / "villages.csv", VILLAGE_COLUMNS, village_rows)
    write_table(folder / "county" / "households.csv", HOUSEHOLD_COLUMNS, household_rows)
    path = folder / "scenario.toml"
    path.write_text(
        f"""schema = "scenario/1"
name = "by hand"
seed = 1
[frame]
file = "county"
[population]
kind = "given"
[plan]
kind = "two-stage"
selection = "srs"
villages = {{ {villages} }}
take = {{ {take} }}
[policy]
name = "{name}"
{policy}
""",
        encoding="utf-8",
    )
    return path


def write_scenario_again(folder: Path, old: str, new: str) -> Path:
    """The scenario of the folder with one line changed."""
    path = folder / "scenario.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


# --- hand-computed chances -------------------------------------------------------------------------


@pytest.mark.parametrize(("at_limit_fails", "fails"), [("false", "1/4"), ("true", "1/2")])
def test_a_tie_fails_only_where_the_policy_says_so(tmp_path: Path, at_limit_fails: str, fails: str) -> None:
    # One of two villages, one of its two exited households: four inspections of 1/4 each. The rates seen are
    # 2/4 (the limit), 3/4 (above it), 0/3 and 0/1. The household with 3/4 is the one that does not approve.
    county = [Place(exited=[(4, 2, 1), (4, 3, 0)]), Place(exited=[(3, 0, 1), (1, 0, 1)])]
    policy = f"limits = {{ wrong_exit = 0.5, incidence = 1.0 }}\nat_limit_fails = {at_limit_fails}"
    result = enumerate_chances(write_scenario(tmp_path, county, "ordinary = 1, remote = 0", "exited = 1", policy))
    assert result["chance"] == {
        "any": Fraction(fails),
        "wrong_exit": Fraction(fails),
        "missed": 0,
        "incidence": 0,
        "approval": Fraction("1/4"),
    }
    assert result["at_limit"] == {"wrong_exit": Fraction("1/4"), "missed": 0, "incidence": 0, "approval": 0}
    assert result["not_measured"] == {"wrong_exit": 0, "missed": 1, "incidence": 0, "approval": 0}


@pytest.mark.parametrize(("at_limit_fails", "fails"), [("false", "0"), ("true", "1/2")])
def test_approval_at_its_limit_and_a_decimal_that_no_float_holds(
    tmp_path: Path, at_limit_fails: str, fails: str
) -> None:
    # One of two villages, all ten households of it: 9/10 approve, exactly 0.90, or 10/10.
    county = [Place(unregistered=[(1, 0, 1)] * 9 + [(1, 0, 0)]), Place(unregistered=[(1, 0, 1)] * 10)]
    policy = f"at_limit_fails = {at_limit_fails}"
    path = write_scenario(tmp_path, county, "ordinary = 1, remote = 0", "unregistered = 10", policy)
    result = enumerate_chances(path)
    assert result["chance"]["approval"] == Fraction(fails)
    assert result["at_limit"]["approval"] == Fraction("1/2")


def test_the_denominators_of_the_missed_rate(tmp_path: Path) -> None:
    # One village, 2 of 3 unregistered households of 2, 3 and 5 persons; both persons of the first are missed.
    # Visits (1/3 each): {2, 3} -> 2 of 5 persons; {2, 5} -> 2 of 7; {3, 5} -> 0 of 8; the village has 10.
    #   surveyed, limit 0.3: 2/5 above, 2/7 below, 0 below                                -> 1/3
    #   village,  limit 0.20: 2/10 at the limit, 2/10 at the limit, 0                     -> 0, tie 2/3
    #   surveyed by households, limit 0.5: 1 of 2, 1 of 2 at the limit, 0 of 2            -> 0, tie 2/3
    #   village by households, limit 0.3: 1/3 of the village's 3 households, twice; 0/3   -> 2/3, no tie
    county = [Place(unregistered=[(2, 2, 1), (3, 0, 1), (5, 0, 1)])]
    cases = [
        ('missed_denominator = "surveyed"\nlimits = { missed = 0.3 }', "1/3", "0"),
        ('missed_denominator = "village"\nlimits = { missed = 0.20 }', "0", "2/3"),
        ('units = { missed = "households" }\nlimits = { missed = 0.5 }', "0", "2/3"),
        (
            'missed_denominator = "village"\nunits = { missed = "households" }\nlimits = { missed = 0.3 }',
            "2/3",
            "0",
        ),
    ]
    for number, (policy, fails, tie) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = write_scenario(folder, county, "ordinary = 1, remote = 0", "unregistered = 2", policy)
        result = enumerate_chances(path)
        assert result["chance"]["missed"] == Fraction(fails), policy
        assert result["at_limit"]["missed"] == Fraction(tie), policy


def test_the_village_denominator_counts_the_drawn_villages_only(tmp_path: Path) -> None:
    # Two of three villages, all their unregistered households. Wrong persons and persons: 1/4, 0/6, 0/16.
    # Pairs (1/3 each): 1/10 at the limit, 1/20 below, 0/22 below. Over the whole county it would be 1/26.
    # With a take of 0 nothing can be found, but 0 of the village's persons is measured all the same.
    county = [
        Place(unregistered=[(4, 1, 1)]),
        Place(unregistered=[(6, 0, 1)]),
        Place(unregistered=[(16, 0, 1)]),
    ]
    policy = 'missed_denominator = "village"\nlimits = { missed = 0.1 }\nat_limit_fails = true'
    result = enumerate_chances(write_scenario(tmp_path, county, "ordinary = 2, remote = 0", "unregistered = 1", policy))
    assert result["chance"]["missed"] == result["at_limit"]["missed"] == Fraction("1/3")

    path = write_scenario_again(tmp_path, "take = { unregistered = 1 }", "take = {}")
    result = enumerate_chances(path)
    assert result["chance"]["missed"] == result["not_measured"]["missed"] == 0
    assert result["not_measured"]["approval"] == 1


def test_a_rate_not_measured_cannot_fail_and_counts_as_0_in_the_incidence(tmp_path: Path) -> None:
    # One of two villages. The first has one exited household, 2 of 4 persons wrong; the second has one
    # unregistered household, 1 of 5 persons wrong, and one remaining person, not visited. Rural: 4 + 5 + 1.
    #   first:  wrong_exit 1/2, missed not measured, incidence (1 + 1/2 x 4 + 0) / 10 = 0.3
    #   second: wrong_exit not measured, missed 1/5, incidence (1 + 0 + 1/5 x 5) / 10 = 0.2
    # Limits of 0 that fail when reached: what is not measured does not fail even there.
    county = [Place(exited=[(4, 2, 1)]), Place(unregistered=[(5, 1, 1)], remaining=[(1, 0, 1)])]
    policy = "limits = { wrong_exit = 0, missed = 0, incidence = 0.2 }\nat_limit_fails = true"
    take = "exited = 1, unregistered = 1"
    result = enumerate_chances(write_scenario(tmp_path, county, "ordinary = 1, remote = 0", take, policy))
    half = Fraction("1/2")
    assert result["chance"] == {"any": 1, "wrong_exit": half, "missed": half, "incidence": 1, "approval": 0}
    assert result["at_limit"] == {"wrong_exit": 0, "missed": 0, "incidence": half, "approval": 0}
    assert result["not_measured"] == {"wrong_exit": half, "missed": half, "incidence": 0, "approval": 0}


def test_the_incidence_takes_person_rates_and_county_totals(tmp_path: Path) -> None:
    # Both strata: one of two ordinary villages, the remote one for sure. Exited: A (1 of 4 wrong), B (0 of
    # 2), remote C (1 of 1 wrong). Unregistered: only in C, households of 3 persons (1 wrong) and of 9; one of
    # the two is visited. Remaining: 1 person in B. Rural: 7 + 12 + 1 = 20. Four inspections of 1/4 each.
    #   wrong_exit: A and C 2/5, B and C 1/3;  missed: 1/3 or 0/9 (`surveyed`), 1/12 or 0/12 (`village`)
    #   surveyed: (1 + 2/5 x 7 + 1/3 x 12)/20 = 7.8/20 = 0.39        (1 + 2/5 x 7)/20 = 3.8/20 = 0.19
    #             (1 + 1/3 x 7 + 1/3 x 12)/20 = 22/60 = 0.3666...    (1 + 1/3 x 7)/20 = 10/60 = 0.1666...
    #   village:  (1 + 2/5 x 7 + 1/12 x 12)/20 = 4.8/20 = 0.24       the same 0.19
    #             (1 + 1/3 x 7 + 1/12 x 12)/20 = 13/60 = 0.2166...   the same 0.1666...
    #   registered: 1/20 = 0.05, whatever is seen
    # The units of wrong_exit and missed do not matter to it.
    county = [
        Place(exited=[(4, 1, 1)]),
        Place(exited=[(2, 0, 1)], remaining=[(1, 0, 1)]),
        Place(exited=[(1, 1, 1)], unregistered=[(3, 1, 1), (9, 0, 1)], remote=1),
    ]
    cases = [
        ("limits = { incidence = 0.19 }", "1/2", "1/4"),
        ("limits = { incidence = 0.39 }", "0", "1/4"),
        ("limits = { incidence = 0.36 }", "1/2", "0"),
        ('limits = { incidence = 0.24 }\nmissed_denominator = "village"', "0", "1/4"),
        ('limits = { incidence = 0.2 }\nmissed_denominator = "village"', "1/2", "0"),
        ('limits = { incidence = 0.05 }\nincidence = "registered"', "0", "1"),
        ('limits = { incidence = 0.04 }\nincidence = "registered"', "1", "0"),
        (
            'limits = { incidence = 0.39 }\nunits = { wrong_exit = "households", missed = "households" }',
            "0",
            "1/4",
        ),
    ]
    for number, (policy, fails, tie) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        take = "exited = 1, unregistered = 1"
        result = enumerate_chances(write_scenario(folder, county, "ordinary = 1, remote = 1", take, policy))
        assert result["chance"]["incidence"] == Fraction(fails), policy
        assert result["at_limit"]["incidence"] == Fraction(tie), policy


def test_an_incidence_without_rural_persons_is_not_measured(tmp_path: Path) -> None:
    path = write_scenario(
        tmp_path, [Place(), Place()], "ordinary = 1, remote = 0", "exited = 1", "at_limit_fails = true"
    )
    result = enumerate_chances(path)
    assert set(result["chance"].values()) == {Fraction(0)}
    assert set(result["not_measured"].values()) == {Fraction(1)}


def test_the_western_policy_has_an_incidence_limit_of_3_percent(tmp_path: Path) -> None:
    # 3 remaining persons of 100: above the 2% of the centre, at the 3% of the west.
    county = [Place(remaining=[(3, 0, 1)], unregistered=[(97, 0, 1)])]
    for name, fails, tie in (("national-2019-central", 1, 0), ("national-2019-west", 0, 1)):
        folder = tmp_path / name
        folder.mkdir()
        path = write_scenario(folder, county, "ordinary = 1, remote = 0", "unregistered = 1", name=name)
        result = enumerate_chances(path)
        assert result["chance"]["incidence"] == fails
        assert result["at_limit"]["incidence"] == tie


def test_units_of_wrong_exit_and_approval(tmp_path: Path) -> None:
    # All are visited: exited (1 wrong of 4 persons, approves), (0 of 1, does not), remaining (5, does not).
    #   wrong_exit: 1/5 of the persons, 1/2 of the households
    #   approval: 1/3 of the households, 4/10 of the persons; all groups count
    county = [Place(exited=[(4, 1, 1), (1, 0, 0)], remaining=[(5, 0, 0)])]
    cases = [
        ("limits = { wrong_exit = 0.2, approval = 0.4 }", 1, 0, 1),
        ('limits = { wrong_exit = 0.5, approval = 0.4 }\nunits = { wrong_exit = "households" }', 1, 0, 1),
        ('limits = { wrong_exit = 0.3, approval = 0.4 }\nunits = { approval = "persons" }', 0, 1, 0),
        ("limits = { wrong_exit = 0.3, approval = 0.3 }", 0, 0, 0),
    ]
    for number, (policy, wrong_exit_tie, approval_tie, approval_fails) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        take = "exited = 3, remaining = 1"
        result = enumerate_chances(write_scenario(folder, county, "ordinary = 1, remote = 0", take, policy))
        assert result["at_limit"]["wrong_exit"] == wrong_exit_tie, policy
        assert result["at_limit"]["approval"] == approval_tie, policy
        assert result["chance"]["approval"] == approval_fails, policy


def test_households_that_look_alike_are_still_different_households(tmp_path: Path) -> None:
    # Both villages, one of three households in each, of which one is wrong in 1 of 2 persons: with 1/3 x 1/3
    # both are found (a rate of 2/4), with 2 x 1/3 x 2/3 one is (1/4), else none.
    three = [(2, 1, 1), (2, 0, 1), (2, 0, 1)]
    county = [Place(exited=three), Place(exited=three)]
    for limit, fails, tie in (("0.5", "0", "1/9"), ("0.25", "1/9", "4/9"), ("0.2", "5/9", "0")):
        folder = tmp_path / limit
        folder.mkdir()
        policy = f"limits = {{ wrong_exit = {limit} }}"
        result = enumerate_chances(write_scenario(folder, county, "ordinary = 2, remote = 0", "exited = 1", policy))
        assert result["chance"]["wrong_exit"] == Fraction(fails)
        assert result["at_limit"]["wrong_exit"] == Fraction(tie)


def test_any_is_not_the_product_of_passes(tmp_path: Path) -> None:
    # 2 of 4 ordinary villages, 1 of 2 remote ones: 6 x 2 samples. Wrong exits and missed persons are both in
    # the first ordinary village (drawn with 2/4), and one of its two exited households is visited: missed
    # fails with 1/2, wrong_exit with 1/2 x 1/2. The first remote village (drawn with 1/2) disapproves, as 1
    # household of 3 or 4. wrong_exit never fails without missed, so any = 1 - 1/2 x 1/2 = 3/4; the product of
    # the passes would give 1 - 3/4 x 1/2 x 1/2 = 13/16. The incidence cannot be above its limit of 1.
    clean = [(2, 0, 1)]
    county = [
        Place(exited=[(3, 3, 1), (3, 0, 1)], unregistered=[(2, 2, 1)]),
        Place(exited=clean),
        Place(exited=clean),
        Place(exited=clean),
        Place(unregistered=[(2, 0, 0)], remote=1),
        Place(unregistered=clean, remote=1),
    ]
    policy = "limits = { incidence = 1 }"
    take = "exited = 1, unregistered = 1"
    result = enumerate_chances(write_scenario(tmp_path, county, "ordinary = 2, remote = 1", take, policy))
    half, quarter = Fraction("1/2"), Fraction("1/4")
    assert result["chance"] == {
        "any": 3 * quarter,
        "wrong_exit": quarter,
        "missed": half,
        "incidence": 0,
        "approval": half,
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("villages = { ordinary = 1, remote = 0 }", "villages = { ordinary = 1 }"),
        ("villages = { ordinary = 1, remote = 0 }", "villages = { ordinary = 3, remote = 0 }"),
        ("take = { exited = 1 }", "take = { excited = 1 }"),
        ("take = { exited = 1 }", "take = { exited = 1 }\nremote_oversample = 2"),
        ('selection = "srs"', 'selection = "systematic"'),
        ('name = "national-2019-central"', 'name = "national-2019-central"\nweighting = "weighted"'),
        ('name = "national-2019-central"', 'name = "national-2019-central"\nlimits = { missing = 0.1 }'),
        ('name = "national-2019-central"', 'name = "national-2019-central"\nunits = { missed = "villages" }'),
    ],
)
def test_what_the_smallest_scenario_does_not_define_is_refused(tmp_path: Path, old: str, new: str) -> None:
    county = [Place(exited=[(1, 0, 1)]), Place(exited=[(1, 0, 1)])]
    write_scenario(tmp_path, county, "ordinary = 1, remote = 0", "exited = 1")
    with pytest.raises(ValueError, match=r"none of|omitted stratum|of 2 ordinary"):
        enumerate_chances(write_scenario_again(tmp_path, old, new))


def test_tables_that_disagree_are_refused(tmp_path: Path) -> None:
    path = write_scenario(tmp_path, [Place(exited=[(1, 0, 1)])], "ordinary = 1, remote = 0", "exited = 1")
    table = tmp_path / "county" / "households.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("exited,1,", "exited,2,"), encoding="utf-8")
    with pytest.raises(ValueError, match="the tables disagree"):
        enumerate_chances(path)


# --- what holds in every county --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_the_chances_of_a_random_county_hang_together(tmp_path: Path, seed: int) -> None:
    path = write_tiny_county(tmp_path, seed)
    text = path.read_text(encoding="utf-8")
    base = "\n".join(line for line in text.splitlines() if not line.startswith("at_limit_fails"))
    results = {}
    for at_limit_fails in ("false", "true"):  # [policy] is the last section
        path.write_text(f"{base}\nat_limit_fails = {at_limit_fails}\n", encoding="utf-8")
        results[at_limit_fails] = enumerate_chances(path)
    for result in results.values():
        each = [result["chance"][criterion] for criterion in CRITERIA]
        assert max(each) <= result["chance"]["any"] <= min(1, sum(each))
        for criterion in CRITERIA:
            fails, tie, absent = (result[key][criterion] for key in ("chance", "at_limit", "not_measured"))
            assert min(fails, tie, absent) >= 0
            assert max(fails, tie) + absent <= 1  # what is not measured neither fails nor is at a limit
    for criterion in CRITERIA:  # the boundary rule moves the ties and nothing else
        below, reached = results["false"]["chance"][criterion], results["true"]["chance"][criterion]
        assert reached - below == results["true"]["at_limit"][criterion] == results["false"]["at_limit"][criterion]


def test_the_random_counties_bring_out_the_rules(tmp_path: Path) -> None:
    # A comparison on counties where nothing can fail, tie or go unmeasured would prove nothing.
    results = [enumerate_chances(write_tiny_county(tmp_path / str(seed), seed)) for seed in range(60)]
    for criterion in CRITERIA:
        assert sum(0 < result["chance"][criterion] < 1 for result in results) >= 10
        assert sum(0 < result["at_limit"][criterion] < 1 for result in results) >= 4
    for criterion in ("wrong_exit", "missed"):
        assert any(0 < result["not_measured"][criterion] < 1 for result in results)
    assert sum(max(list(result["chance"].values())[1:]) < result["chance"]["any"] < 1 for result in results) >= 5


def test_a_seed_always_writes_the_same_county(tmp_path: Path) -> None:
    first, second = write_tiny_county(tmp_path / "first", 7), write_tiny_county(tmp_path / "second", 7)
    for name in ("scenario.toml", "county/villages.csv", "county/households.csv"):
        assert (first.parent / name).read_bytes() == (second.parent / name).read_bytes()
