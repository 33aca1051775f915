"""The product against the independent enumerator: all four criteria and `any`, to 1e-12, on random tiny counties."""

from __future__ import annotations

from pathlib import Path

import pytest
from enumerator import enumerate_chances
from tiny_counties import write_tiny_county

from scenarios.engines import exact
from scenarios.files.scenario_file import load_scenario

TOLERANCE = 1e-12  # the bar of DESIGN section 7


@pytest.mark.parametrize("seed", range(120))
def test_exact_engine_equals_enumeration(seed: int, tmp_path: Path) -> None:
    path = write_tiny_county(tmp_path, seed)
    expected = enumerate_chances(path)
    (found,) = exact.chances([load_scenario(str(path)).scenario])
    for kind, values in (
        ("chance", found.fails),
        ("at_limit", found.at_limit),
        ("not_measured", found.not_measured),
    ):
        for question, value in expected[kind].items():
            got = values[question]
            assert got is not None, (kind, question)
            assert abs(got - float(value)) <= TOLERANCE, (kind, question, got, float(value))
