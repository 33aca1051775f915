"""Every situation of `bad_input.toml`, in both languages: refused with the right words, and nothing is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from scenarios.files.columns import HOUSEHOLD_COLUMNS, VILLAGE_COLUMNS
from scenarios.messages import LANGUAGES, catalogue
from scenarios.shells.cli import main

ROOT = Path(__file__).resolve().parents[2]
_BOOK = tomllib.loads(Path(__file__).with_name("bad_input.toml").read_text(encoding="utf-8"))
TEXTS: Mapping[str, str] = {name: text.lstrip("\n") for name, text in _BOOK["texts"].items()}
CASES: Mapping[str, Mapping[str, Any]] = {case["id"]: case for case in _BOOK["case"]}
PARTS = {"id", "arguments", "status", "files", "mistakes", "lines", "en", "zh", "absent", "lang"}

CHINESE = re.compile(r"[\u3400-\u9fff]+")
# Chinese that an English message may show: what a table may hold, in the tables' own words.
COLUMNS = [*VILLAGE_COLUMNS.values(), *HOUSEHOLD_COLUMNS.values()]
TABLE_WORDS = " ".join(["是", "否", *(header for column in COLUMNS for header in column.headers)])
RUN = "from scenarios.shells.cli import main; main()"
LOCALES = {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}


def filled(text: str) -> str:
    """Return a text with `<digits:N>` replaced by N digits."""
    return re.sub(r"<digits:(\d+)>", lambda found: "9" * int(found[1]), text)


def content_of(stated: Mapping[str, Any]) -> bytes:
    """Return a text file's bytes."""
    if "hex" in stated:
        return bytes.fromhex(stated["hex"])
    text = TEXTS[stated["like"]] if "like" in stated else stated["text"]
    for old, new in stated.get("change", []):
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the text"
        text = text.replace(old, filled(new))
    return text.encode(stated.get("encoding", "utf-8"))


def write_workbook(path: Path, stated: Mapping[str, Any]) -> None:
    """Write one worksheet; ``#N/A`` becomes the error value."""
    top, left = stated.get("at", (0, 0))
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet(stated["sheet"])
        for r, row in enumerate(stated["xlsx"]):
            for c, cell in enumerate(row):
                if cell == "#N/A":
                    sheet.write_formula(top + r, left + c, "=NA()", None, cell)
                else:
                    sheet.write(top + r, left + c, cell)


def write_files(folder: Path, case: Mapping[str, Any]) -> None:
    """Lay out the files of a case."""
    for name, stated in case.get("files", {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "xlsx" in stated:
            write_workbook(path, stated)
        else:
            path.write_bytes(content_of(stated))


def listing(folder: Path) -> dict[str, bytes | None]:
    """Return everything below a folder: the bytes of each file, None for a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


@dataclass(frozen=True)
class Answer:
    """What a run of the command left behind."""

    status: int
    out: str
    err: str


def arguments_of(case: Mapping[str, Any], language: str) -> list[str]:
    """Return the command's arguments in a language."""
    stated = [filled(argument) for argument in case["arguments"]]
    return stated if case.get("lang") == "locale" else ["--lang", language, *stated]


def quotable(case: Mapping[str, Any], folder: Path) -> str:
    """Return all text that belongs to the user and may be quoted in a message of any language."""
    stated = [str(case["arguments"]), str(case.get("files", "")), *TEXTS.values(), str(folder), TABLE_WORDS]
    return filled(" ".join(stated))


def judge(case: Mapping[str, Any], language: str, answer: Answer, folder: Path) -> None:
    """Hold an answer against what its case asks for."""
    words = catalogue(language)
    told = "".join(line for line in answer.err.splitlines(keepends=True) if line.strip() != words.say("risk.compiling"))
    assert answer.status == case["status"], told
    assert answer.out == ""
    for piece in case[language]:
        assert piece in told, f"{piece!r} is not in {told!r}"
    for piece in case.get("absent", []):
        assert piece not in told
    assert "Traceback" not in told
    assert not re.search(r"\{\w*\}", told), f"a placeholder was left over in {told!r}"
    count = case.get("mistakes", 1)
    told_lines = case.get("lines", count)
    # What helps further stands below the mistakes.
    lines = [line for line in told.rstrip("\n").split("\n") if "--mark" not in line]
    if count > 1:
        assert lines[0] == words.say("check.mistakes", count=count)
        assert [line.startswith("  ") for line in lines[1:]] == [True] * told_lines, told
    else:
        assert lines[0].startswith(words.say("usage.error", text="")), told
        assert lines[1:] in ([], [line for line in lines[1:] if "--help" in line]), told
    for line in lines:
        own = [run for run in CHINESE.findall(line) if run not in quotable(case, folder)]
        assert bool(own) == (language == "zh"), f"the wrong language: {line!r}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_refused(
    name: str, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    write_files(tmp_path, case)
    before = listing(tmp_path)
    monkeypatch.chdir(tmp_path)
    for variable in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    # The language comes from the option; where a case leaves it to the locale, the locale states it.
    other = "en" if language == "zh" else "zh"
    monkeypatch.setenv("LANG", LOCALES[language if case.get("lang") == "locale" else other])
    with pytest.raises(SystemExit) as stop:
        main(arguments_of(case, language))
    out, err = capsys.readouterr()
    judge(case, language, Answer(int(stop.value.code or 0), out, err), tmp_path)
    assert listing(tmp_path) == before, "something was written"


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("text where a number belongs, in a workbook that starts further down", "zh"),
        ("two mistakes, both told", "en"),
        ("unknown key two tables deep in population", "zh"),
        ("unknown language", "zh"),
        ("unknown language", "en"),
        ("an option without its value", "zh"),
        ("a level that cannot be reached", "en"),
        ("missing list", "zh"),
    ],
)
def test_bad_input_is_refused_by_the_command(name: str, language: str, tmp_path: Path) -> None:
    case = CASES[name]
    folder = tmp_path / "folder"
    folder.mkdir()
    write_files(folder, case)
    before = listing(folder)
    variables = {
        key: value for key, value in os.environ.items() if not key.startswith(("LC_", "PYTHONIO", "PYTHONUTF8"))
    }
    run = subprocess.run(
        [sys.executable, "-c", RUN, *arguments_of(case, language)],
        cwd=folder,
        env=variables | {"PYTHONPATH": str(ROOT), "LANG": LOCALES[language]},
        capture_output=True,
        timeout=120,
        check=False,
    )
    judge(case, language, Answer(run.returncode, run.stdout.decode("utf-8"), run.stderr.decode("utf-8")), folder)
    assert listing(folder) == before, "something was written"


def test_cases_are_complete_and_told_apart() -> None:
    assert len(CASES) == len(_BOOK["case"]), "an id stands twice"
    for case in CASES.values():
        assert set(case) <= PARTS, case["id"]
        assert case["status"] == 2
        assert case["en"], case["id"]
        assert case["zh"], case["id"]
