"""No screen is half translated: what every command shows is in the language asked for, names and keys aside."""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from choucha_command import CHINESE, SCENARIO, VILLAGES, Inside, as_csv, run, write_xlsx

from scenarios import load
from scenarios.files.policies import load_policy, policy_names
from scenarios.messages import LANGUAGES, catalogue
from scenarios.report.parts import Table, Text
from scenarios.report.policy_text import policy_text
from scenarios.shells.cli import ENGINES, INTERVALS, LONELY, build

COMMANDS = tuple(build(catalogue("en")).commands)
ALL = SCENARIO.replace("list.csv", "名单.csv").replace("eight villages", "八个村")
ONE = ALL.replace("[plan]", '[population]\nkind = "levels"\naveraged = false\n\n[plan]')
SWEEP = """
schema = "sweep/1"
name = "批量"
scenario = "甲.toml"
[vary]
population.icc = [0, 0.1]
"""
ADJUST = ("--lonely", "adjust")
SCREENS = (
    ("risk", "八村.toml"),
    ("risk", "甲.toml", "--why", "--level", "0.05", "--fix", "2", "--spread"),
    ("risk", "甲.toml", "--what-if", "--prq", "1%", "--crq", "5%", "--predictive"),
    ("risk", "甲.toml", "--provincial", "1/100", "--precheck", "20", "--province-counties", "3"),
    ("risk", "抽查.toml", "--engine", "simulate"),
    ("draw", "甲.toml", "--level", "0.05", *ADJUST),
    ("draw", "甲.toml", "--steps", "--number", "3", *ADJUST),
    ("draw", "national-2019-spot-check", "--steps"),
    ("draw", "national-2019-other-channels"),
    ("report", "甲.toml", "--to", "报告.html"),
    ("lesson", "甲.toml", "--draws", "3", "--to", "报告.html", *ADJUST),
    ("check", "八村.toml"),
    ("check", "表.xlsx"),
    ("estimate", "结果.csv", "--list", "名单.csv", "--soundness", "--plan", "甲.toml", *ADJUST),
    ("fit", "结果.csv", "--list", "名单.csv", "--save", "拟合.toml"),
    ("coverage", "甲.toml", "--populations", "5", "--draws", "2", "--interval", "wilson", *ADJUST),
    ("compare", "甲.toml", "乙.toml"),
    ("compare", "旧.json", "新.json"),
    ("calibrate", "--replicates", "100"),
    ("sweep", "批.toml", "--store", "批.sqlite"),
    ("plan", "甲.toml", "--prq", "0.1%", "--crq", "30%", "--producer", "60%", "--consumer", "40%"),
    ("template", "空表.xlsx"),
)
FILES = ("八个村", "八村", "名单", "批量", "结果", "抽查", "拟合", "空表", "报告", "甲", "乙", "旧", "新", "表", "批")
# What has no name in the other language: the program and its files, keys, options and choices; libraries,
# distributions and people; addresses and rules cited; signs of a hash or a number.
CHOICES = "|".join([*ENGINES, *INTERVALS, *LONELY])
FOREIGN = re.compile(
    r"https?://\S+|--[\w-]+|choucha( \w+)?|\w+(?:[-._]\w+)+|\b[A-Z]{2,}\b|SHA-256|[0-9a-f]{10,}|\d+e-?\d+"
    rf"|Jeffreys|Rao|Kott|Korn|Graubard|Wilson|Clopper|Pearson|Wald|Poisson|Kish|\b(?:{CHOICES})\b"
    r"|Excel|Word|Parquet|Python|Windows|Holm|sqlite|SQLite|Dask|tcp|persons|households|pip install"
    rf"|\.[a-z]+\b|\[\w+\]|\{{ \w+ =|limits =|\b(?:all|as|{'|'.join(COMMANDS)})\b"
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the commands read."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "名单.csv").write_text(as_csv(), encoding="utf-8")
    write_xlsx(folder / "表.xlsx")
    changed = ONE.replace("remote = 1", "remote = 2")
    # The two-phase spot check at two low levels: where a chance passes 5% between them, its place would be looked for.
    check = files("scenarios.data").joinpath("library", "national-2019-spot-check.toml").read_text(encoding="utf-8")
    few = check.replace("to = 0.03, steps = 16", "to = 0.002, steps = 2")
    assert few != check
    for name, text in (("八村", ALL), ("甲", ONE), ("乙", changed), ("批", SWEEP), ("抽查", few)):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    for name, seed in (("旧", "7"), ("新", "8")):
        assert run("risk", "甲.toml", "--seed", seed, "--json", f"{name}.json", cwd=folder).status == 0
    seen = ("draw", "甲.toml", "--level", "0.1", "--observations", "结果.csv", *ADJUST)
    assert run(*seen, cwd=folder).status == 0
    return folder


def foreign_lines(text: str, language: str) -> list[str]:
    """Return the lines that hold words of the other language."""
    if language == "zh":
        return [line for line in text.splitlines() if re.search(r"[A-Za-z]{3,}", FOREIGN.sub("", line))]
    frame = load("example").frame
    names = {
        *FILES,
        *frame.townships,
        *frame.villages,
        frame.name,
        *(str(cell) for row in VILLAGES for cell in row[1:3]),
    }
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return [line for line in text.splitlines() if CHINESE.search(line)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_in_one_language(command: str, language: str, inside: Inside) -> None:
    answer = inside(command, "--help", "--lang", language)
    assert answer.status == 0
    assert foreign_lines(answer.out, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", SCREENS, ids=" ".join)
def test_a_screen_is_in_one_language(screen: tuple[str, ...], language: str, prepared: Path, inside: Inside) -> None:
    for path in prepared.iterdir():
        shutil.copy(path, inside.folder)
    answer = inside(*screen, "--lang", language)
    assert answer.status == 0, answer.err
    assert foreign_lines(answer.out, language) == []


@pytest.mark.parametrize("name", policy_names())
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_set_is_told_in_one_language(name: str, language: str) -> None:
    lines = []
    for part in policy_text(load_policy(name), catalogue(language)):
        if isinstance(part, Table):
            lines += [cell.text for row in part.rows for cell in row.cells]
        else:
            lines.append(part.text if isinstance(part, Text) else part)
    assert foreign_lines("\n".join(lines), language) == []
