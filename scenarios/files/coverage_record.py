"""Coverage as JSON, schema ``coverage/1``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scenarios.files.records import policy_record
from scenarios.provenance import provenance
from scenarios.questions.coverage import Coverage


def coverage_record(found: Coverage) -> dict[str, Any]:
    """Return the record of a measured coverage, ready for JSON.

    Parameters
    ----------
    found : Coverage
        What was measured.

    Returns
    -------
    dict
        ``{"schema": "coverage/1", "policy", "populations", "draws", "confidence", "lonely", "cells", "provenance"}``.
    """
    return {
        "schema": "coverage/1",
        "scenario": found.scenario.name,
        "synthetic": found.scenario.frame.synthetic,
        "policy": policy_record(found.scenario.policy),
        "populations": found.populations,
        "draws": found.draws,
        "confidence": found.confidence,
        "lonely": found.lonely,
        "cells": [
            vars(cell) | {"level": {key: float(value) for key, value in cell.level.items()}} for cell in found.cells
        ],
        "provenance": asdict(provenance(found.scenario)),
    }
