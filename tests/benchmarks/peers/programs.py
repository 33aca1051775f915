"""Other programs on the job: found or named as absent, run as processes, and what they say when they fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.peers.result import Result, Trouble, parsed

# How many inspections each is given, by how it is written: a few seconds' worth.
_INSPECTIONS = {
    ("R", "documented"): (200, 200),
    ("R", "fast"): (4_000, 500),
    ("svy", "documented"): (500, 500),
    ("svy", "fast"): (1_000, 500),
}
_NAMES = {
    ("R", "documented"): "R survey, drawn by sampling::strata",
    ("R", "fast"): "R survey, drawn by sampling::srswor",
    ("svy", "documented"): "Python svy, stages chained by add_stage",
    ("svy", "fast"): "Python svy, each stage drawn by itself",
}
_SCRIPTS = {"R": "inspections.R", "svy": "svy_inspections.py"}
_HOW = {
    "R": "install R with the packages survey and sampling (Debian: r-base-core r-cran-survey r-cran-sampling)",
    "svy": "make peers, or set CHOUCHA_PEERS to a python that has svy 0.35.0",
}
_ONE_CORE = dict.fromkeys(("POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS"), "1")
_PATIENCE = 600  # seconds


def others(folder: Path) -> list[Result | Trouble]:
    """Run every other program on the job that lies in a folder; one trouble a program that cannot be run."""
    found: list[Result | Trouble] = []
    for program in _SCRIPTS:
        command = _command(program)
        if isinstance(command, Trouble):
            found.append(command)
        else:
            found += [_inspected(program, command, idiom, folder) for idiom in ("documented", "fast")]
    return found


def estimates(folder: Path) -> dict[str, str | Trouble]:
    """Let every other program estimate the samples in a folder; what it printed, or why it did not, by name."""
    found: dict[str, str | Trouble] = {}
    for program, script in (("R", "estimates.R"), ("svy", "svy_estimates.py")):
        command, name = _command(program), {"R": "R survey", "svy": "Python svy"}[program]
        found[name] = (
            command
            if isinstance(command, Trouble)
            else _printed(name, program, [command, _beside(script), str(folder)])
        )
    return found


def _command(program: str) -> str | Trouble:
    return _rscript() if program == "R" else _python_with_svy()


def _beside(script: str) -> str:
    return str(Path(__file__).with_name(script))


def _rscript() -> str | Trouble:
    return shutil.which("Rscript") or Trouble(name="R", what="absent", message=_HOW["R"])


def _python_with_svy() -> str | Trouble:
    """Return the python of CHOUCHA_PEERS, else the running one, if it knows svy."""
    python = os.environ.get("CHOUCHA_PEERS") or sys.executable
    asked = "import importlib.util, sys; sys.exit(3 if importlib.util.find_spec('svy') is None else 0)"
    try:
        code = subprocess.run([python, "-c", asked], check=False, capture_output=True).returncode
    except OSError as error:
        return Trouble(name="Python svy", what="failed", message=f"CHOUCHA_PEERS: {error}")
    return Trouble(name="Python svy", what="absent", message=_HOW["svy"]) if code == 3 else python


def _inspected(program: str, command: str, idiom: str, folder: Path) -> Result | Trouble:
    name, times = _NAMES[program, idiom], _INSPECTIONS[program, idiom]
    text = _printed(name, program, [command, _beside(_SCRIPTS[program]), str(folder), idiom, *map(str, times)])
    if isinstance(text, Trouble):
        return text
    try:
        return parsed(name, text)
    except (KeyError, ValueError) as error:
        return Trouble(name=name, what="failed", message=f"its answer is not whole: {error!r}")


def _printed(name: str, program: str, line: list[str]) -> str | Trouble:
    """Return what a program prints."""
    try:
        done = subprocess.run(
            line, check=False, capture_output=True, encoding="utf-8", env=_environment(), timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Trouble(name=name, what="failed", message=str(error))
    if done.returncode:
        return Trouble(name=name, what="failed", message=f"{_said(done)} (if something is missing: {_HOW[program]})")
    return done.stdout


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """Return the end of what a program said when it failed."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip(" ^~\t")]
    return " ".join(lines[-3:]) or f"exit code {done.returncode}"


def _environment() -> Mapping[str, str]:
    """Return our environment with one core for everybody, as our own line has."""
    return {**os.environ, **_ONE_CORE}
