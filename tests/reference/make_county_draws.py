"""Makes data/county_draws.json: fixed inspections and re-checks of the example county, with few and with no events.

    PYTHONPATH=. .venv/bin/python tests/reference/make_county_draws.py

make_survey_fixtures.R reads the file and adds what R's `survey` makes of it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from sampler.draws import Observations, draw, observe
from sampler.error_model import ErrorModel, synthesise_populations
from sampler.fieldwork import Fieldwork
from sampler.frame import Frame
from sampler.plan import Plan
from sampler.recheck import SpotCheck, spot_check
from scenarios import load

DATA = Path(__file__).parent / "data"
TAKE = {"exited": 6, "remaining": 2, "unregistered": 6}
FULL = Plan(villages={"ordinary": 17, "remote": 12}, take=TAKE)
INSPECTIONS = {
    # name: (plan, error level of both kinds, number of the inspection)
    "no event": (FULL, "0.0004", 0),
    "one kind has no event": (FULL, "0.004", 16),
    "few events": (FULL, "0.006", 15),
    "some events": (FULL, "0.015", 3),
    "at the limit": (FULL, "0.02", 4),
    "above the limit": (FULL, "0.05", 5),
    "a lonely stratum": (replace(FULL, villages={"ordinary": 9, "remote": 1}), "0.03", 6),
    "certain villages": (replace(FULL, villages={"ordinary": 8, "remote": 6}), "0.03", 7),
}
COLUMNS = (
    "stratum",
    "village",
    "township",
    "group",
    "persons",
    "wrong",
    "approves",
    "stratum_villages",
    "block_households",
)


def rows_of(observations: Observations, frame: Frame) -> list[list[int]]:
    slot, group = observations.slot, observations.group
    stratum = observations.stratum[slot]
    townships = {name: i for i, name in enumerate(dict.fromkeys(frame.townships))}
    columns = (
        stratum,
        slot,
        np.array([townships[frame.townships[v]] for v in observations.villages[0]])[slot],
        group,
        observations.persons,
        observations.wrong_persons,
        observations.approves.astype(int),
        observations.stratum_sizes[stratum],
        observations.block_sizes[0, slot, observations.block],
    )
    return np.stack(columns, axis=1).tolist()


def inspection(frame: Frame, plan: Plan, level: str, number: int) -> dict[str, Any]:
    model = ErrorModel(wrong_exit=Decimal(level), missed=Decimal(level), disapproval=Decimal("0.04"))
    (population,) = synthesise_populations(frame, [model], seed=20190711)
    draws = draw(frame, plan, seed=20190711, replicates=np.array([number]))
    observations = observe(draws, frame, population.wrong_persons, population.approves)
    return {"villages": draws.villages[0].tolist(), "rows": rows_of(observations, frame)}


def recheck(frame: Frame, level: str, number: int) -> dict[str, Any]:
    """A spot check whose province misses a third of the errors; two of three questionnaires in ten are re-visited."""
    model = ErrorModel(wrong_exit=Decimal(level), missed=Decimal(level), disapproval=Decimal("0.04"))
    (population,) = synthesise_populations(frame, [model], seed=20190711)
    plan = SpotCheck(
        phase1=Plan(villages={"ordinary": 14, "remote": 8}, take=TAKE),
        revisit_share=Decimal("0.3"),
        remote_villages=4,
        remote_take={"exited": 4, "unregistered": 4},
        province=Fieldwork(sensitivity=Decimal("0.65"), specificity=Decimal("0.99")),
    )
    found = spot_check(
        frame,
        plan,
        population.wrong_persons,
        population.approves,
        fieldwork=Fieldwork(),
        seed=20190711,
        replicates=np.array([number]),
    )
    phase1 = found.questionnaires
    draws = phase1.draws
    again = np.zeros(len(phase1.cell), dtype=int)
    again[found.revisited] = 1
    now = np.full(len(again), -1)
    now[found.revisited] = found.observations.wrong_persons[: len(found.revisited)]
    observed = observe(draws, frame, phase1.recorded, population.approves, recorded=phase1.recorded)
    extra = np.stack([phase1.cell, again, now], axis=1).tolist()
    rows = [[*row, *more] for row, more in zip(rows_of(observed, frame), extra, strict=True)]
    return {"level": level, "number": number, "rows": rows}


def main() -> None:
    frame = load().frame
    named = [
        replace(frame_plan, certain=frame.codes[:4]) if name == "certain villages" else frame_plan
        for name, (frame_plan, _, _) in INSPECTIONS.items()
    ]
    made = {
        "about": "Made by make_county_draws.py: rows of visited households; of re-checks, rows of phase 1.",
        "columns": COLUMNS,
        "recheck_columns": (*COLUMNS, "cell", "again", "found"),
        "group_persons": frame.group_persons.sum(axis=0).tolist(),
        "inspections": {
            name: inspection(frame, plan, level, number)
            for plan, (name, (_, level, number)) in zip(named, INSPECTIONS.items(), strict=True)
        },
        "rechecks": {
            f"{level}, {n}": recheck(frame, level, n) for level, n in (("0.0003", 3), ("0.01", 1), ("0.04", 2))
        },
    }
    text = json.dumps(made, separators=(",", ":")).replace('"rows":', '\n"rows":').replace("]],", "]],\n")
    (DATA / "county_draws.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
