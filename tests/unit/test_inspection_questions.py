"""True rates, one inspection, its assessment: the small laws that the commands stand on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import get_args

import numpy as np
import pytest

from estimators.intervals import INTERVALS
from estimators.policy import CRITERIA
from estimators.variance import Lonely
from sampler.draws import tally
from sampler.errors import InputError
from sampler.estimands import estimands, household_rate, person_rate
from sampler.frame import EXITED, REMAINING, UNREGISTERED, frame_from_counts
from sampler.population import Population
from scenarios import load
from scenarios.questions.assessment import assess, default_variance
from scenarios.questions.curve import ENGINES
from scenarios.questions.inspection import at_level, inspect, middle_level
from scenarios.report.words import rate
from scenarios.shells import cli


def random_population(seed: int) -> Population:
    rng = np.random.default_rng(seed)
    households = rng.integers(0, 4, size=(5, 3))
    households[0] = 0
    persons = np.array([[rng.integers(n, 4 * n + 1) if n else 0 for n in row] for row in households])
    frame = frame_from_counts(
        name="x",
        codes="abcde",
        villages="ABCDE",
        townships="TTTUU",
        remote=[False, True, False, True, False],
        group_households=households,
        group_persons=persons,
    )
    wrong = rng.integers(0, frame.household_persons + 1)
    wrong[frame.household_group == REMAINING] = 0
    return Population(frame=frame, wrong_persons=wrong, approves=rng.random(len(wrong)) < 0.7)


def one_by_one(population: Population) -> dict[str, Fraction | None]:
    """The true rates, household by household, as the contract words them."""
    count = dict.fromkeys(("exited", "wrong", "asked", "missed", "remaining", "rural", "homes", "approving"), 0)
    frame = population.frame
    for j, persons in enumerate(frame.household_persons.tolist()):
        group, bad = int(frame.household_group[j]), int(population.wrong_persons[j])
        count["rural"] += persons
        count["homes"] += 1
        count["approving"] += int(population.approves[j])
        if group == EXITED:
            count["exited"] += persons
            count["wrong"] += bad
        elif group == UNREGISTERED:
            count["asked"] += persons
            count["missed"] += bad
        else:
            count["remaining"] += persons
    poor = count["remaining"] + count["wrong"] + count["missed"]

    def share(top: int, bottom: int) -> Fraction | None:
        return Fraction(top, bottom) if bottom else None

    return {
        "wrong_exit": share(count["wrong"], count["exited"]),
        "missed": share(count["missed"], count["asked"]),
        "incidence": share(poor, count["rural"]),
        "approval": share(count["approving"], count["homes"]),
    }


@pytest.mark.parametrize("seed", range(25))
def test_true_rates_household_by_household(seed: int) -> None:
    population = random_population(seed)
    assert dict(estimands(population, {})) == one_by_one(population)


def test_true_rates_in_the_other_unit() -> None:
    population = random_population(3)
    units = {"wrong_exit": "households", "missed": "households", "approval": "persons"}
    found = estimands(population, units)
    for name, group in (("wrong_exit", EXITED), ("missed", UNREGISTERED)):
        members = population.frame.household_group == group
        wrong = int((population.wrong_persons[members] > 0).sum())
        assert found[name] == household_rate(population, group) == Fraction(wrong, int(members.sum()))
        assert found[name] != person_rate(population, group)
    persons = population.frame.household_persons
    assert found["approval"] == Fraction(int(persons[population.approves].sum()), int(persons.sum()))


def test_nobody_has_no_rate() -> None:
    population = random_population(0)
    empty = frame_from_counts(
        name="x",
        codes="a",
        villages="A",
        townships="T",
        remote=[False],
        group_households=np.zeros((1, 3), dtype=np.int64),
        group_persons=np.zeros((1, 3), dtype=np.int64),
    )
    nobody = replace(population, frame=empty, wrong_persons=np.zeros(0, np.int64), approves=np.zeros(0, bool))
    assert set(estimands(nobody, {}).values()) == {None}


def test_an_inspection_reports_the_truth_it_was_drawn_from() -> None:
    one = inspect(load("example"), level={"wrong_exit": Decimal("0.03"), "missed": Decimal("0.01")})
    assert dict(one.truth) == one_by_one(one.population)
    assert dict(one.level) == {"wrong_exit": Decimal("0.03"), "missed": Decimal("0.01")}


def test_the_default_level_is_the_middle_of_the_grid() -> None:
    scenario = load("example")
    assert set(middle_level(scenario).values()) == {Decimal("0.02")}
    assert set(at_level(scenario, Decimal("0.01")).values()) == {Decimal("0.01")}
    assert at_level(scenario, None) == middle_level(scenario)


def test_a_level_needs_a_grid() -> None:
    with pytest.raises(InputError) as caught:
        at_level(load("example").at({}), Decimal("0.01"))
    assert [mistake.code for mistake in caught.value.mistakes] == ["level_without_grid"]


def test_more_than_a_tenth_of_the_villages_takes_finite_population_corrections() -> None:
    one = inspect(load("example"))  # 29 of 257 villages
    assert one.assessment.variance == "two_stage"
    whole = one.assessment.tally
    assert default_variance(replace(whole, stratum_sizes=2 * whole.stratum_sizes)) == "ultimate_cluster"
    assert default_variance(replace(whole, stratum_sizes=0 * whole.stratum_sizes)) == "ultimate_cluster"
    assert default_variance(replace(whole, block_sizes=0 * whole.block_sizes)) == "ultimate_cluster"


def test_unknown_sizes_leave_the_weighted_rates_out() -> None:
    one = inspect(load("example"))
    unknown = replace(one.assessment.tally, stratum_sizes=0 * one.assessment.tally.stratum_sizes)
    found = assess(unknown, one.assessment.policy, strata=("ordinary", "remote"))
    assert found.weighted is None
    for name in ("wrong_exit", "missed", "approval"):
        assert found.raw[name].value == one.assessment.raw[name].value
    assert not found.verdict.measured["incidence"][0]
    assert not found.raw["incidence"].measured[0]


def test_the_order_of_rows_does_not_matter() -> None:
    one = inspect(load("example"))
    seen = one.observations
    order = np.random.default_rng(1).permutation(len(seen.persons))
    rows = {name: getattr(seen, name)[order] for name in ("replicate", "slot", "block", "persons", "wrong_persons")}
    shuffled = tally(replace(seen, **rows, approves=seen.approves[order]))
    assert np.array_equal(shuffled.moments, one.assessment.tally.moments)


def test_the_command_line_knows_every_entry_of_the_catalogues() -> None:
    assert set(cli.INTERVALS) == set(INTERVALS)
    assert set(get_args(Lonely)) == set(cli.LONELY)
    assert set(cli.ENGINES) == set(ENGINES)


def test_a_written_rate_never_hides_on_which_side_of_the_limit_it_lies() -> None:
    limit = Fraction(1, 50)
    for persons in range(900, 1_100):
        found = persons * limit.numerator // limit.denominator
        for events in (found, found + 1):
            value = Fraction(events, persons)
            written = Fraction(rate(float(value), limit).rstrip("%")) / 100
            assert (written > limit) == (value > limit)
            assert (written < limit) == (value < limit)


def test_all_criteria_are_assessed() -> None:
    one = inspect(load("example"))
    assert set(one.assessment.raw) == set(CRITERIA)
    assert one.assessment.weighted is not None
    assert set(one.assessment.weighted) == set(CRITERIA)
