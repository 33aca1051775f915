"""The chance of any finding and of being drawn, against enumeration and simulation."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from tiny_counties import write_tiny_county

from sampler import inspection
from scenarios import load
from scenarios.questions.reach import chance_drawn, chance_of_finding
from scenarios.scenario import populations


def test_finding_equals_simulation_on_the_example_county() -> None:
    inspections, error = 20_000, 1e-6
    levels = [Decimal("0.0002"), Decimal("0.0005"), Decimal("0.001")]
    cells = [load("example").at({"wrong_exit": level, "missed": level}) for level in levels]
    for cell, population in zip(cells, populations(cells), strict=True):
        sums = inspection.totals(population, cell.plan, seed=5, replicates=np.arange(inspections))
        count = int((sums[:, :, 1].sum(axis=1) > 0).sum())
        low = stats.beta.ppf(error / 6, count, inspections - count + 1)
        high = stats.beta.ppf(1 - error / 6, count + 1, inspections - count)
        assert low <= chance_of_finding(cell, population) <= high


@pytest.mark.parametrize("seed", range(12))
def test_drawn_chances_equal_enumeration(seed: int, tmp_path: Path) -> None:
    scenario = load(str(write_tiny_county(tmp_path, seed)))
    villages, townships = chance_drawn(scenario)
    samples = [()]
    for stratum in scenario.plan.strata(scenario.frame):
        picks = list(combinations(stratum.villages.tolist(), stratum.drawn))
        samples = [sample + pick for sample in samples for pick in picks]
    for i, chance in enumerate(villages):
        assert chance == pytest.approx(sum(i in sample for sample in samples) / len(samples), abs=1e-12)
    for township, chance in townships.items():
        hits = sum(any(scenario.frame.townships[i] == township for i in sample) for sample in samples)
        assert chance == pytest.approx(hits / len(samples), abs=1e-12)


def test_nothing_wrong_is_never_found() -> None:
    cell = load("example").at({"wrong_exit": Decimal(0), "missed": Decimal(0)})
    (population,) = populations([cell])
    assert chance_of_finding(cell, population) == 0
