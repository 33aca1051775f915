"""One pass for all numbers of villages says what asking for each number alone says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from sampler.errors import InputError
from scenarios import load
from scenarios.engines import exact
from scenarios.engines.by_villages import chance_by_villages
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.scenario import Scenario, populations

LEVEL = {"wrong_exit": Decimal("0.015"), "missed": Decimal("0.018"), "disapproval": Decimal("0.09")}


def cell(*, at_limit_fails: bool = False) -> Scenario:
    example = load("example")
    policy = replace(example.policy, at_limit_fails=at_limit_fails)
    return replace(example, policy=policy, averaged=False).at(LEVEL)


@pytest.mark.parametrize("criterion", RATIO_CRITERIA)
@pytest.mark.parametrize(("stratum", "most"), [("ordinary", 20), ("remote", 13)])
@pytest.mark.parametrize("at_limit_fails", [False, True])
def test_each_number_of_villages_has_its_own_chance(
    criterion: str, stratum: str, most: int, at_limit_fails: bool
) -> None:
    scenario = cell(at_limit_fails=at_limit_fails)
    (population,) = populations([scenario])
    found = chance_by_villages(scenario, population, criterion, stratum=stratum, most=most)
    assert found.shape == (most + 1,)
    plan: Any = scenario.plan
    for drawn in (0, 1, most // 2, most):
        alone = replace(scenario, plan=replace(plan, villages={**plan.villages, stratum: drawn}))
        expected = exact.ratio_chance(alone, population, criterion).fails
        assert abs(found[drawn] - expected) < 1e-11


def test_all_villages_at_once_leave_nothing_to_chance_but_households() -> None:
    scenario = cell()
    (population,) = populations([scenario])
    found = chance_by_villages(scenario, population, "missed", stratum="remote")
    assert len(found) == 62
    assert np.all((found >= 0) & (found <= 1))


def test_what_does_not_exist_is_refused() -> None:
    scenario = cell()
    (population,) = populations([scenario])
    with pytest.raises(InputError) as caught:
        chance_by_villages(scenario, population, "missed", stratum="hills")
    assert [m.code for m in caught.value.mistakes] == ["unknown_stratum"]
    with pytest.raises(InputError) as caught:
        chance_by_villages(scenario, population, "missed", stratum="remote", most=62)
    assert [m.code for m in caught.value.mistakes] == ["too_many_villages"]
    drawn_otherwise: Any = replace(scenario.plan, selection="systematic")  # type: ignore[type-var]
    with pytest.raises(ValueError, match="simple random"):
        chance_by_villages(replace(scenario, plan=drawn_otherwise), population, "missed", stratum="remote")
