"""The parts of a design effect against sums over households, and that their product is the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from strategies import even_county, policies

from estimators.design_effects import RATIOS, design_effects, kish_effect
from estimators.estimate import estimate
from sampler.draws import Observations, draw, observe, tally
from sampler.frame import EXITED, UNREGISTERED
from sampler.plan import Plan

GROUPS = {"wrong_exit": (EXITED,), "missed": (UNREGISTERED,), "approval": (0, 1, 2)}


def seen(wrong: bool = True) -> Observations:
    frame = even_county(9, 5, households=12, persons=40)
    plan = Plan(villages={"ordinary": 4, "remote": 4}, take={"exited": 5, "remaining": 1, "unregistered": 6})
    generator = np.random.default_rng(3)
    persons = frame.household_persons
    some = generator.random(len(persons)) < 0.2
    drawn = draw(frame, plan, seed=5, replicates=np.arange(3))
    return observe(drawn, frame, np.where(some, persons, 0) * wrong, generator.random(len(persons)) < 0.9)


@pytest.mark.parametrize("weighting", ["raw", "weighted"])
def test_the_parts_are_sums_over_households(weighting: Any) -> None:
    rows, policy = seen(), policies()
    counts = tally(rows)
    weights = counts.weights()
    assert weights is not None
    estimates = estimate(counts, policy, criteria=RATIOS, weighting=weighting)
    found = design_effects(counts, policy, estimates, weighting=weighting)
    for name, replicate in ((name, r) for name in RATIOS for r in range(3)):
        mine = np.flatnonzero((rows.replicate == replicate) & np.isin(rows.block, GROUPS[name]))
        w = weights[replicate, rows.slot[mine], rows.block[mine]] if weighting == "weighted" else np.ones(len(mine))
        s = np.ones(len(mine)) if name == "approval" else rows.persons[mine].astype(float)
        one = found[name]
        assert one.visited[replicate] == len(mine)
        assert one.weighting[replicate] == pytest.approx(len(w) * (w**2).sum() / w.sum() ** 2, rel=1e-12)
        floor = s.sum() * ((w * s) ** 2).sum() / (w * s).sum() ** 2
        assert one.weighting[replicate] * one.households[replicate] == pytest.approx(floor, rel=1e-12)
        if weighting == "raw":
            assert one.households[replicate] == pytest.approx((s**2).sum() / s.sum(), rel=1e-12)
        product = one.weighting[replicate] * one.households[replicate] * one.villages[replicate]
        assert product == pytest.approx(estimates[name].design_effect[replicate], rel=1e-12)
        assert one.villages[replicate] >= 1 - 1e-12  # the whole is never below its floor
        # The effective size is no larger than n over the whole.
        assert estimates[name].effective_size[replicate] <= s.sum() / one.whole[replicate] + 1e-9


def test_without_an_event_the_whole_is_the_floor() -> None:
    counts, policy = tally(seen(wrong=False)), policies()
    found = design_effects(counts, policy, estimate(counts, policy, criteria=RATIOS), weighting="raw")
    for name in ("wrong_exit", "missed"):
        assert found[name].villages == pytest.approx(np.ones(3), rel=1e-12)


def test_nobody_visited_has_no_effect_of_weights() -> None:
    assert kish_effect(np.zeros((1, 2, 3), dtype=np.int64), np.zeros((1, 2, 3))).tolist() == [1.0]
