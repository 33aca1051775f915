"""The record of the smallest plan, schema ``plan/1``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scenarios.planning.smallest import Smallest
from scenarios.provenance import provenance


def plan_record(found: Smallest) -> dict[str, Any]:
    """Return the record."""
    return {
        "schema": "plan/1",
        "scenario": found.scenario.name,
        "synthetic": found.scenario.frame.synthetic,
        "points": {key: float(value) for key, value in asdict(found.points).items()},
        "axis": list(found.scenario.grid[0].keys),
        "present": asdict(found.present),
        "found": asdict(found.found),
        "tried": [asdict(sized) for sized in found.tried],
        "provenance": asdict(provenance(found.scenario)),
    }
