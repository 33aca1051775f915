"""Village lists as offices keep them are read whole, whichever form they come in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scenarios.files.scenario_file import load_scenario

DATA = Path(__file__).parents[1] / "data"
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["village_list_clean.xlsx", "village_list_gbk.csv"])
def test_an_offices_list_is_read_whole(name: str) -> None:
    frame = load_scenario(str(DATA / name)).scenario.frame
    households, persons = frame.group_households.sum(axis=0), frame.group_persons.sum(axis=0)
    assert len(frame.codes) == EXPECTED["villages"]
    assert np.stack([households, persons], axis=1).ravel().tolist() == EXPECTED["totals"]
    assert frame.remote.sum() == EXPECTED["remote"]
    assert frame.distance_km is not None
    assert not frame.synthetic


def test_workbook_and_csv_give_the_same_scenario() -> None:
    one, other = (load_scenario(str(DATA / f"village_list_{name}")) for name in ("clean.xlsx", "gbk.csv"))
    assert one.scenario.digest == other.scenario.digest
