"""The command as the end-to-end tests run it, and the small county they run it on."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from scenarios.shells.cli import main

ROOT = Path(__file__).resolve().parents[2]
RUN = "from scenarios.shells.cli import main; main()"
POLICIES = ROOT / "scenarios" / "data" / "policies"
CHINESE = re.compile(r"[\u3400-\u9fff]")
QUESTIONS = {"any", "wrong_exit", "missed", "incidence", "approval"}
CRITERIA = QUESTIONS - {"any"}

# Eight villages: code, village, township, remote, poor, then households and persons of the three groups.
HEADERS = (
    *("村编码", "村名", "乡镇", "偏远", "贫困村"),
    *("脱贫户数", "脱贫人数", "未脱贫户数", "未脱贫人数", "非建档立卡户数", "非建档立卡人数"),
)
VILLAGES: tuple[tuple[str | int, ...], ...] = (
    ("A1", "东湾村", "云岫镇", "否", "是", 10, 29, 0, 0, 20, 61),
    ("A2", "西坡村", "云岫镇", "否", "否", 8, 25, 1, 2, 22, 70),
    ("A3", "南沟村", "云岫镇", "否", "否", 9, 27, 0, 0, 18, 55),
    ("A4", "北岭村", "石泉乡", "否", "是", 12, 35, 2, 5, 25, 80),
    ("B1", "高峰村", "石泉乡", "是", "是", 11, 33, 1, 1, 15, 44),
    ("B2", "深谷村", "石泉乡", "是", "否", 7, 20, 0, 0, 16, 50),
    ("B3", "远山村", "柏树乡", "是", "是", 6, 19, 1, 3, 14, 40),
    ("B4", "老林村", "柏树乡", "否", "否", 10, 30, 0, 0, 21, 66),
)
SCENARIO = """
schema = "scenario/1"
name = "eight villages"
seed = 7

[frame]
file = "list.csv"

[plan]
villages = { ordinary = 2, remote = 1 }
take = { exited = 3, unregistered = 3, remaining = 1 }

[grid]
together = ["wrong_exit", "missed"]
wrong_exit = { from = 0, to = 0.1, steps = 3 }
"""


def as_csv(villages: Sequence[Sequence[str | int]] = VILLAGES) -> str:
    """Return a village list as CSV, with Chinese headers."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADERS, *villages])
    return text.getvalue()


def write_xlsx(path: Path) -> None:
    """Write the village list as an office keeps it: one sheet, whole numbers as numbers."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("村名单")
        for r, row in enumerate([HEADERS, *VILLAGES]):
            sheet.write_row(r, 0, row)


def write_scenario(folder: Path, text: str = SCENARIO) -> Path:
    """Write the village list and a scenario beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "list.csv").write_text(as_csv(), encoding="utf-8")
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    return folder / "scenario.toml"


def environment(**changed: str) -> dict[str, str]:
    """Return the environment without anything that says a language or an encoding, then changed."""
    unwanted = ("LC_", "LANG", "PYTHONIOENCODING", "PYTHONUTF8", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    return kept | {"PYTHONPATH": str(ROOT)} | changed


@dataclass(frozen=True)
class Answer:
    """What a run left behind; its output is UTF-8 and nothing else."""

    status: int
    out: str
    err: str


def run(*arguments: str, cwd: Path, **variables: str) -> Answer:
    """Run the command in its own process, redirected."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


class Inside:
    """Run the command in this process, in a folder of its own; quicker where the process is not the point."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        monkeypatch.chdir(folder)
        monkeypatch.setenv("LC_ALL", "C")

    def __call__(self, *arguments: str) -> Answer:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        out, err = self.capsys.readouterr()
        return Answer(int(stop.value.code or 0), out, err)

    def record(self, *arguments: str) -> dict[str, Any]:
        """Return the JSON of an answer."""
        answer = self("risk", *arguments, "--json", "answer.json")
        assert answer.status == 0, answer.err
        record: dict[str, Any] = json.loads((self.folder / "answer.json").read_text(encoding="utf-8"))
        return record
