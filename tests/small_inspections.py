"""Inspections of a county of eight villages that several tests share."""

from __future__ import annotations

from pathlib import Path

from choucha_command import write_scenario

from scenarios.files.scenario_file import load_scenario
from scenarios.questions.inspection import Inspection, inspect
from scenarios.scenario import Scenario

COUNTY = """
schema = "scenario/1"
seed = 7
[frame]
file = "list.csv"
{frame}
[population]
kind = "levels"
wrong_exit = 0.2
missed = 0.1
[plan]
{plan}
[fieldwork]
{fieldwork}
"""
PLANS = {
    "plain": "villages = { ordinary = 3, remote = 2 }\ntake = { exited = 4, unregistered = 5, remaining = 1 }",
    "pps": 'villages = { ordinary = 2, remote = 2 }\nselection = "sampford"\ntake = { exited = 3, unregistered = 3 }',
    "parts": "villages = { ordinary = 3, remote = 2 }\ntake = { exited = 2, unregistered = 3 }\n"
    "key_households = true\nhamlets = 1",
}
SPOT = """
kind = "spot-check"
desk = { share = 0.2 }
revisit = { share = 0.4, all_errors = ALL }
remote = { villages = 2, take = { exited = 3, unregistered = 4 } }
[plan.phase1]
villages = { ordinary = 3, remote = 2 }
take = { exited = 6, unregistered = 8, remaining = 1 }
[province]
sensitivity = 0.8
"""


def scenario(folder: Path, plan: str, *, fieldwork: str = "", frame: str = "key_share = 0.3\nhamlets = 3") -> Scenario:
    text = COUNTY.format(plan=plan, fieldwork=fieldwork, frame=frame)
    return load_scenario(str(write_scenario(folder, text))).scenario


def at(case: Scenario, number: int) -> Inspection:
    return inspect(case, number=number, lonely="adjust")


def spot(folder: Path, *, everything: bool = True, fieldwork: str = "") -> Scenario:
    return scenario(folder, SPOT.replace("ALL", str(everything).lower()), fieldwork=fieldwork, frame="")
