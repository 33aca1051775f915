"""The `choucha` command as its users meet it: in its own process, in both languages, on the files they have."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import string
import subprocess
import sys
import threading
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from choucha_command import (
    CHINESE,
    CRITERIA,
    POLICIES,
    QUESTIONS,
    ROOT,
    RUN,
    SCENARIO,
    VILLAGES,
    Inside,
    as_csv,
    environment,
    run,
    write_scenario,
    write_xlsx,
)

from scenarios.files.scenario_file import load_scenario
from scenarios.messages import LANGUAGES, catalogue

on_posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals as POSIX has them")


def rates_in(text: str) -> list[float]:
    """Return the first column of a table of chances, in percent."""
    return [float(found[1]) for found in re.finditer(r"^\s*([\d.]+)%\s.*%", text, flags=re.MULTILINE)]


# Help


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", [[], ["risk"], ["check"], ["policies"]], ids=" ".join)
def test_help_loads_nothing_heavy(command: list[str], language: str, tmp_path: Path) -> None:
    heavy = {"numpy", "pandas", "scipy", "matplotlib", "numba", "pydantic", "rich", "python_calamine"}
    code = (
        "import sys\n"
        "from scenarios.shells.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        f"    print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--lang", language, *command, "--help"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    out = done.stdout.decode("utf-8")
    assert done.returncode == 0
    assert done.stderr.decode("utf-8").strip() == "[]"
    words = catalogue(language)
    assert words.say("usage.usage") in out
    summary = words.say(f"help.{command[0]}" if command else "help.group")
    assert unwrapped(summary) in unwrapped(out)
    assert bool(CHINESE.search(out.replace("抽查", "", 1))) or language == "en"
    for english in ("Usage", "Options", "Show this message"):
        assert (english in out) <= (language == "en")


def unwrapped(text: str) -> str:
    """Return text without white space, however a terminal broke its lines."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_version_is_told_even_from_a_checkout(language: str, tmp_path: Path) -> None:
    answer = run("--lang", language, "--version", cwd=tmp_path)
    assert answer.status == 0, answer.err
    assert re.fullmatch(r"choucha \S.*\n", answer.out)


# The example, and what a terminal or a file gets


@pytest.mark.parametrize(("language", "invented"), [("en", "synthetic"), ("zh", "虚构")])
def test_risk_without_arguments_answers_for_the_example(language: str, invented: str, tmp_path: Path) -> None:
    answer = run("risk", cwd=tmp_path, **({"LANG": "zh_CN.UTF-8"} if language == "zh" else {}))
    assert answer.status == 0, answer.err
    assert rates_in(answer.out) == pytest.approx([step / 5 for step in range(21)])
    assert invented in answer.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"LANG": "C"},
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "gbk"},
        {"PYTHONIOENCODING": "cp936"},
        {"PYTHONIOENCODING": "ascii"},
    ],
    ids=str,
)
def test_redirected_output_is_utf8_whatever_the_environment(variables: dict[str, str], tmp_path: Path) -> None:
    write_scenario(tmp_path)
    answer = run("--lang", "zh", "check", "list.csv", cwd=tmp_path, **variables)
    assert answer.status == 0
    assert answer.err == ""
    for piece in ("读取无误", *(str(row[2]) for row in VILLAGES)):
        assert piece in answer.out
    assert not {"?", "\ufffd"} & set(answer.out)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "ascii"])
def test_redirected_mistakes_are_utf8_whatever_the_environment(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(as_csv().replace("29", "二九"), encoding="utf-8")
    answer = run("--lang", "zh", "check", "bad.csv", cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert answer.status == 2
    assert answer.out == ""
    assert "第 2 行，“脱贫人数”列" in answer.err
    assert "“二九”" in answer.err


@pytest.mark.parametrize("encoding", ["gbk", "cp936"])
def test_risk_on_a_gbk_environment_is_utf8_when_redirected(encoding: str, tmp_path: Path) -> None:
    write_scenario(tmp_path)
    answer = run("--lang", "zh", "risk", "scenario.toml", cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert answer.status == 0, answer.err
    assert rates_in(answer.out) == [0, 5, 10]
    assert "错退率" in answer.out


def at_a_terminal(*arguments: str, cwd: Path, encoding: str) -> tuple[int, bytes]:
    """Run the command at a terminal of some encoding: its status and all that the terminal was sent."""
    import pty  # noqa: PLC0415 - only where there are terminals

    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, *arguments],
            cwd=cwd,
            env=environment(PYTHONIOENCODING=encoding, TERM="xterm", COLUMNS="100"),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
    finally:
        os.close(theirs)
    sent = b""
    with process, os.fdopen(ours, "rb", buffering=0) as screen:
        try:
            while piece := screen.read(65536):
                sent += piece
        except OSError:  # the other side has hung up
            pass
    return process.returncode, sent


@on_posix
@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_a_terminal_of_another_encoding_never_crashes(encoding: str, tmp_path: Path) -> None:
    villages = [(*row[:2], f"{row[2]}👍ᡐ", *row[3:]) for row in VILLAGES]  # GBK has neither sign
    write_scenario(tmp_path)
    (tmp_path / "list.csv").write_text(as_csv(villages), encoding="utf-8")
    commands = [
        ("check", "list.csv"),
        ("check", "没有👍.csv"),
        *([("risk", "scenario.toml")] if encoding == "gbk" else []),
    ]
    for arguments in commands:
        status, sent = at_a_terminal("--lang", "zh", *arguments, cwd=tmp_path, encoding=encoding)
        assert status == (2 if "没有👍.csv" in arguments else 0), sent
        assert b"Traceback" not in sent
        if encoding == "gbk":
            assert CHINESE.search(sent.decode(encoding)), "all of it is of the terminal's encoding"


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.GB18030"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
    ids=str,
)
def test_the_locale_chooses_the_language(variables: dict[str, str], language: str, tmp_path: Path) -> None:
    answer = run("policies", "nothing", cwd=tmp_path, **variables)
    assert answer.status == 2
    assert bool(CHINESE.search(answer.err)) == (language == "zh")


@pytest.mark.parametrize("place", ["before the command", "after the command", "with an equals sign"])
def test_the_option_chooses_the_language(place: str, inside: Inside) -> None:
    write_scenario(inside.folder)
    for language in LANGUAGES:
        option = [f"--lang={language}"] if "equals" in place else ["--lang", language]
        answer = inside(*option, "check", "list.csv") if "before" in place else inside("check", "list.csv", *option)
        assert answer.status == 0
        assert catalogue(language).say("check.column_township") in answer.out


# The answer as JSON; the same county in every form


def numbers(record: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the numbers of an answer, in order."""
    kinds = ("level", "chance", "standard_error", "at_limit", "not_measured")
    return [tuple(tuple(sorted(point[kind].items())) for kind in kinds) for point in record["points"]]


def test_json_has_the_keys_of_the_contract(inside: Inside) -> None:
    write_scenario(inside.folder)
    record = inside.record("scenario.toml", "--engine", "exact")
    assert record["schema"] == "risk/1"
    assert record["engine_requested"] == "exact"
    assert set(record) >= {"policy", "points", "tipping", "provenance"}
    assert record["policy"]["name"] == "national-2019-central"
    assert [point["level"] for point in record["points"]] == [
        {"wrong_exit": rate, "missed": rate} for rate in (0.0, 0.05, 0.1)
    ]
    for point in record["points"]:
        assert set(point["chance"]) == set(point["standard_error"]) == set(point["engine"]) == QUESTIONS
        assert set(point["at_limit"]) == set(point["not_measured"]) == CRITERIA
        known = {name: chance for name, chance in point["chance"].items() if chance is not None}
        assert known
        assert all(0 <= chance <= 1 for chance in known.values())
        assert all(point["standard_error"][name] == 0 for name in known)
        assert all(point["engine"][name] == "exact" for name in known)
        if "any" in known:
            largest, total = max(known[name] for name in CRITERIA), sum(known[name] for name in CRITERIA)
            assert largest - 1e-9 <= known["any"] <= total + 1e-9
    nobody_wrong = record["points"][0]["chance"]
    assert nobody_wrong["wrong_exit"] == nobody_wrong["missed"] == 0
    provenance = record["provenance"]
    assert provenance["seed"] == 7
    assert {"choucha", "python", "numpy"} <= set(provenance["versions"])
    assert re.fullmatch(r"[0-9a-f]{64}", provenance["sha256"])


def test_json_names_the_crossing_levels(inside: Inside) -> None:
    write_scenario(inside.folder)
    assert inside.record("scenario.toml")["tipping"], "the contract has the tipping levels in the record"


def test_json_never_carries_a_household_id(inside: Inside) -> None:
    folder = write_household_county(inside.folder)
    inside.record(str(folder))
    assert "户甲" not in (inside.folder / "answer.json").read_text(encoding="utf-8")


def write_household_county(above: Path) -> Path:
    """Write a folder with a village and a household table, and a scenario that takes its truth from it."""
    folder = above / "county"
    folder.mkdir()
    villages = (("A1", "东湾村", "云岫镇", 0, 0, 2, 5, 1, 2, 2, 6), ("B1", "深谷村", "石泉乡", 1, 0, 1, 3, 0, 0, 2, 7))
    (folder / "villages.csv").write_text(as_csv(villages), encoding="utf-8")
    households = [
        ("A1", "脱贫户", 2, 1, "是"), ("A1", "脱贫户", 3, 0, "否"), ("A1", "未脱贫户", 2, 0, "是"),
        ("A1", "非建档立卡户", 2, 2, "是"), ("A1", "非建档立卡户", 4, 0, "是"), ("B1", "脱贫户", 3, 0, "是"),
        ("B1", "非建档立卡户", 3, 0, "否"), ("B1", "非建档立卡户", 4, 0, "是"),
    ]  # fmt: skip
    lines = ["户编号,村编码,户类,人数,错误人数,认可"]
    lines += [f"户甲{i}," + ",".join(map(str, household)) for i, household in enumerate(households)]
    (folder / "households.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (above / "given.toml").write_text(
        'schema = "scenario/1"\n[frame]\nfile = "county"\n[population]\nkind = "given"\n'
        "[plan]\nvillages = { ordinary = 1, remote = 1 }\ntake = { exited = 9, unregistered = 9, remaining = 9 }\n",
        encoding="utf-8",
    )
    return folder


def test_a_given_truth_visited_in_full_is_decided_for_certain(inside: Inside) -> None:
    write_household_county(inside.folder)
    record = inside.record("given.toml")
    (point,) = record["points"]
    assert point["level"] == {}
    # All households are visited: 1 of 8 exited persons, 2 of 13 unregistered ones and 2 of 8 households are wrong.
    assert point["chance"] == pytest.approx(dict.fromkeys(QUESTIONS, 1.0))
    checked = inside("--lang", "en", "check", "given.toml")
    assert "3 wrong persons, 6 approving households" in checked.out


def test_the_same_county_in_every_form_has_the_same_answer(inside: Inside) -> None:
    folder = inside.folder
    write_xlsx(folder / "名单.xlsx")
    (folder / "gbk.csv").write_bytes(as_csv().encode("gbk"))
    (folder / "utf8.csv").write_bytes(as_csv().encode("utf-8-sig"))
    (folder / "county").mkdir()
    (folder / "county" / "villages.csv").write_text(as_csv(), encoding="utf-8")
    forms = ["名单.xlsx", "gbk.csv", "utf8.csv", "county"]
    answers = {form: inside.record(form, "--engine", "exact") for form in forms}
    first = answers["名单.xlsx"]
    assert len(first["points"]) == 21
    for form, record in answers.items():
        assert numbers(record) == numbers(first), form
        assert record["provenance"]["sha256"] == first["provenance"]["sha256"], form
        assert record["synthetic"] is False
    # What Excel calls "Unicode text", and a CSV as Windows writes it, are read as the same county.
    (folder / "utf16.txt").write_bytes(as_csv().replace(",", "\t").encode("utf-16"))
    (folder / "crlf.csv").write_bytes(as_csv().replace("\n", "\r\n").encode("utf-8"))
    for form in ("utf16.txt", "crlf.csv"):
        assert load_scenario(form).scenario.digest == first["provenance"]["sha256"], form


def test_another_county_has_another_hash(tmp_path: Path) -> None:
    path = write_scenario(tmp_path)
    digests = set()
    for old, new in (
        ("", ""),
        ("云岫镇", "云袖镇"),
        (",10,29,", ",10,30,"),
        ("B4,", "B5,"),
        ("柏树乡,否", "柏树乡,是"),
    ):
        path.with_name("list.csv").write_text(as_csv().replace(old, new), encoding="utf-8")
        digests.add(load_scenario(str(path)).scenario.digest)
    assert len(digests) == 5


def test_a_seed_gives_its_own_numbers(inside: Inside) -> None:
    write_scenario(inside.folder)
    one, again, other = (inside.record("scenario.toml", "--seed", seed) for seed in ("1", "1", "2"))
    assert numbers(one) == numbers(again)
    assert one["provenance"] == again["provenance"]
    assert one["provenance"]["seed"] == 1
    assert numbers(one) != numbers(other)
    assert one["provenance"]["sha256"] != other["provenance"]["sha256"]


def test_another_process_gives_the_same_numbers(inside: Inside) -> None:
    write_scenario(inside.folder)
    record = inside.record("scenario.toml")
    answer = run("risk", "scenario.toml", "--json", "own.json", cwd=inside.folder, PYTHONHASHSEED="12345")
    assert answer.status == 0, answer.err
    assert json.loads((inside.folder / "own.json").read_text(encoding="utf-8")) == record


def test_a_saved_scenario_gives_the_same_answer(inside: Inside) -> None:
    folder = inside.folder
    write_xlsx(folder / "名单.xlsx")
    exact = ("--engine", "exact")
    first = inside.record("名单.xlsx", "--seed", "5", "--save", "saved.toml", "--save", "saved.toml", *exact)
    inside.record("名单.xlsx", "--seed", "5", "--save", "deep/er/saved.toml", *exact)
    for saved in ("saved.toml", "deep/er/saved.toml"):
        record = inside.record(saved, *exact)
        assert numbers(record) == numbers(first), saved
        assert record["provenance"] == first["provenance"], saved
        assert record["assumed"] == [], "a saved scenario states everything"
    inside.record("saved.toml", "--save", "again.toml", *exact)
    assert (folder / "again.toml").read_bytes() == (folder / "saved.toml").read_bytes()
    stated = tomllib.loads((folder / "saved.toml").read_text(encoding="utf-8"))
    assert stated["frame"]["file"] == "名单.xlsx"
    assert stated["seed"] == 5


def test_a_saved_scenario_moves_with_its_list(inside: Inside) -> None:
    folder = inside.folder
    write_scenario(folder / "old")
    first = inside.record("old/scenario.toml", "--save", "old/saved.toml")
    (folder / "old").rename(folder / "new")
    record = inside.record("new/saved.toml")
    assert numbers(record) == numbers(first)
    assert record["provenance"]["sha256"] == first["provenance"]["sha256"]


def test_the_example_saved_gives_the_same_hash(inside: Inside) -> None:
    write_scenario(inside.folder, 'schema = "scenario/1"\n[frame]\ncounty = "example"\n[grid]\nwrong_exit = [0.01]\n'
                   'missed = [0.01]\n')  # fmt: skip
    first = inside.record("scenario.toml", "--save", "saved.toml")
    assert inside.record("saved.toml")["provenance"]["sha256"] == first["provenance"]["sha256"]
    assert first["synthetic"] is True


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_single_level_is_named_in_the_answer(language: str, inside: Inside) -> None:
    single = SCENARIO.partition("[grid]")[0] + '[population]\nkind = "levels"\nwrong_exit = 0.031\nmissed = 0.017\n'
    write_scenario(inside.folder, single)
    answer = inside("--lang", language, "risk", "scenario.toml")
    assert answer.status == 0
    assert "3.1%" in answer.out
    assert "1.7%" in answer.out
    assert "农户表" not in answer.out.replace("没有农户表", ""), "no household table was given"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_changed_or_assumed_is_said(language: str, inside: Inside) -> None:
    write_scenario(inside.folder, SCENARIO + '[policy]\nmissed_denominator = "village"\nlimits = { missed = 0.015 }\n')
    words = catalogue(language)
    answer = inside("--lang", language, "risk", "scenario.toml")
    assert "1.5%" in answer.out
    changed = next(line for line in answer.out.split("\n") if words.say("field.limits.missed") in line)
    assert changed.startswith(words.say("risk.policy_overridden", names="")[:4])
    for key in ("population.icc", "population.disapproval"):
        assert words.say(f"assumed.{key}") in answer.out
    for key in ("plan.villages", "seed"):
        assert f"  {words.say(f'assumed.{key}')}" not in answer.out.split(words.say("risk.assumed_title"))[1]


# Figures


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_are_drawn(language: str, inside: Inside) -> None:
    write_scenario(inside.folder)
    targets = ["--figure", "curve.png", "--figure", "figures/curve.svg"]
    answer = inside("--lang", language, "risk", "scenario.toml", *targets)
    assert answer.status == 0, answer.err
    png = (inside.folder / "curve.png").read_bytes()
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png.endswith(b"IEND\xaeB`\x82")
    svg = ElementTree.fromstring((inside.folder / "figures" / "curve.svg").read_bytes())  # noqa: S314 - our own
    assert svg.tag.rpartition("}")[2] == "svg"
    (title,) = (part for part in svg if part.tag.rpartition("}")[2] == "title")
    assert "list" in (title.text or "")
    assert bool(CHINESE.search(title.text or "")) == (language == "zh")
    for name in ("curve.png", str(Path("figures", "curve.svg"))):
        assert catalogue(language).say("risk.saved", path=name) in answer.out
    assert [path.name for path in inside.folder.rglob("*") if path.name.startswith(".")] == []


# check, policies


@pytest.mark.parametrize("language", LANGUAGES)
def test_check_counts_a_list(language: str, inside: Inside) -> None:
    write_xlsx(inside.folder / "名单.xlsx")
    words = catalogue(language)
    answer = inside("--lang", language, "check", "名单.xlsx")
    assert answer.status == 0
    assert words.say("check.title", file="名单.xlsx") in answer.out
    assert words.say("check.villages", villages=8, townships=3, remote=3, poor=4) in answer.out
    rows = {cells[0]: cells[1:] for line in answer.out.split("\n") if len(cells := line.split()) == 9}
    for township in ("云岫镇", "石泉乡", "柏树乡", words.say("check.total")):
        members = [row for row in VILLAGES if row[2] == township] or VILLAGES
        counts = [len(members), sum(row[3] == "是" for row in members)]
        counts += [sum(int(row[column]) for row in members) for column in range(5, 11)]
        assert rows[township] == [str(count) for count in counts]


@pytest.mark.parametrize("language", LANGUAGES)
def test_check_reads_a_scenario(language: str, inside: Inside) -> None:
    write_scenario(inside.folder)
    answer = inside("--lang", language, "check", "scenario.toml")
    assert answer.status == 0
    said = {"name": "eight villages", "points": 3, "policy": "national-2019-central", "seed": 7}
    assert catalogue(language).say("check.scenario", **said) in answer.out


@pytest.mark.parametrize("language", LANGUAGES)
def test_policies_are_listed_with_every_assumption_marked(language: str, inside: Inside) -> None:
    words = catalogue(language)
    mark = words.say("policies.assumption")
    everything = inside("--lang", language, "policies")
    assert everything.status == 0
    for path in POLICIES.glob("*.toml"):
        policy = tomllib.loads(path.read_text(encoding="utf-8"))
        assert words.say("policies.title", name=policy["name"], title=policy["title"][language]) in everything.out
        one = inside("--lang", language, "policies", path.stem)
        assert one.status == 0
        assert one.out in everything.out
        backed = {
            **{f"limits.{key}": value for key, value in policy["limits"].items()},
            **{f"units.{key}": value for key, value in policy["units"].items()},
            **{key: value for key, value in policy.items() if isinstance(value, dict) and "source" in value},
        }
        marked = {key for key, value in backed.items() if value.get("assumption")}
        assert marked, "no policy is settled in full"
        assert one.out.count(mark) == len(marked) + sum(
            note.get("assumption", False) for note in policy.get("notes", [])
        )
        for key in backed:
            label = words.say(f"field.{key}")[:18]
            (line,) = (line for line in one.out.split("\n") if line.strip().startswith(label))
            assert (mark in line) == (key in marked), key


def test_policies_names_a_shipped_one(tmp_path: Path) -> None:
    answer = run("policies", "national-2019-west", cwd=tmp_path)
    assert answer.status == 0, answer.err
    assert "national-2019-west" in answer.out
    assert "3%" in answer.out  # the west's limit of the incidence
    assert "ASSUMPTION" in answer.out


# Interruptions


@on_posix
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_interrupted_computation_leaves_nothing(language: str, tmp_path: Path) -> None:
    grid = '[grid]\ntogether = ["wrong_exit", "missed"]\nwrong_exit = { from = 0, to = 0.04, steps = 1001 }\n'
    path = write_scenario(tmp_path, f'schema = "scenario/1"\n[frame]\ncounty = "example"\n{grid}')
    before = sorted(tmp_path.rglob("*"))
    targets = ["--json", "out/answer.json", "--save", "saved.toml", "--figure", "curve.png"]
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "--lang", language, "risk", path.name, "--verbose", *targets],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Interrupts may be ignored where the tests themselves run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    assert process.stdout is not None
    assert process.stderr is not None
    guard = threading.Timer(100, process.kill)
    guard.start()
    told = b""
    while b"1001 points" not in told:  # said when the computation begins
        line = process.stderr.readline()
        assert line, told
        told += line
    try:
        process.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    out, rest = process.communicate(timeout=90)
    guard.cancel()
    told += rest
    assert process.returncode == 130, told
    assert out == b""
    assert b"Traceback" not in told
    assert catalogue(language).say("usage.interrupted") in told.decode("utf-8")
    assert sorted(tmp_path.rglob("*")) == before


@on_posix
@pytest.mark.parametrize("arguments", [["check", "list.csv"], ["risk", "scenario.toml"], ["--help"]], ids=" ".join)
def test_a_reader_that_hangs_up_is_no_fault(arguments: list[str], tmp_path: Path) -> None:
    write_scenario(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "--lang", "en", *arguments],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()  # as `| head -1` does, but certainly before anything is written
    told = process.stderr.read().decode("utf-8").replace(catalogue("en").say("risk.compiling"), "")
    process.stderr.close()
    status = process.wait(timeout=60)
    assert told.strip() == ""
    assert status != 1, "1 is a fault of ours"


@on_posix
def test_the_first_line_is_enough_for_head(tmp_path: Path) -> None:
    write_scenario(tmp_path)
    command = f'"{sys.executable}" -c "{RUN}" --lang en check list.csv | head -1'
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment(), capture_output=True, timeout=60, check=False
    )
    assert done.stdout.decode("utf-8") == catalogue("en").say("check.title", file="list.csv") + "\n"
    assert done.stderr == b""


# Hostile text

HOSTILE = ("[red]x", "\x1b[2J", "\x1b]0;title\x07", "=cmd()", "{0}", "长" * 3000, "a\u202eb", "[/bold]")


def hostile_list() -> str:
    """Return a village list whose names would like to be something else."""
    villages = [(f"H{i}", name, f"乡{name}", *VILLAGES[i % 8][3:]) for i, name in enumerate(HOSTILE)]
    return as_csv(villages)


def harmful(text: str) -> set[str]:
    """Return the characters of a text that move a cursor, hide or reverse."""
    return {char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cf")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_are_shown_harmlessly(language: str, inside: Inside) -> None:
    (inside.folder / "list.csv").write_text(hostile_list(), encoding="utf-8")
    answer = inside("--lang", language, "check", "list.csv")
    assert answer.status == 0, answer.err
    assert harmful(answer.out) == set()
    for shown in ("乡[red]x", "乡=cmd()", "乡{0}", "乡ab", "乡[/bold]"):
        assert shown in answer.out
    widths = [sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) for line in answer.out.split("\n")]
    assert max(widths) <= 120
    heads = {cells[0]: cells for line in answer.out.split("\n") if (cells := line.split())}
    # However long a name, the numbers beside it stay readable.
    assert heads[catalogue(language).say("check.total")][1:3] == ["8", "3"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_are_computed_with(language: str, inside: Inside) -> None:
    write_scenario(inside.folder, SCENARIO.replace('"eight villages"', '"\\u001b[2J[red]{0}"'))
    (inside.folder / "list.csv").write_text(hostile_list(), encoding="utf-8")
    answer = inside("--lang", language, "risk", "scenario.toml", "--json", "out.json", "--figure", "curve.svg")
    assert answer.status == 0, answer.err
    assert harmful(answer.out) == set()
    assert json.loads((inside.folder / "out.json").read_text(encoding="utf-8"))["scenario"] == "\x1b[2J[red]{0}"


def test_a_hostile_scenario_name_is_checked_harmlessly(inside: Inside) -> None:
    write_scenario(inside.folder, SCENARIO.replace('"eight villages"', '"x\\u001b[2Jy [red]{0}"'))
    answer = inside("--lang", "en", "check", "scenario.toml")
    assert answer.status == 0
    assert "[red]{0}" in answer.out
    assert harmful(answer.out) == set()


@pytest.mark.skipif(os.name != "posix", reason="such a name no other system has")
def test_a_hostile_file_name_is_shown_harmlessly(inside: Inside) -> None:
    name = "x\x1b]0;title\x07y.csv"
    (inside.folder / name).write_text(as_csv(), encoding="utf-8")
    for file, status in ((name, 0), (f"no{name}", 2)):
        answer = inside("--lang", "en", "check", file)
        assert answer.status == status
        assert harmful(answer.out + answer.err) == set()


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "\x1b[2J", "a\u202eb", "[red]{0}{found}"])
def test_hostile_cells_are_refused_harmlessly(text: str, inside: Inside) -> None:
    (inside.folder / "list.csv").write_text(as_csv().replace(",29,", f",x{text}y,"), encoding="utf-8")
    answer = inside("--lang", "en", "check", "list.csv")
    assert answer.status == 2
    assert "cell G2" in answer.err
    assert harmful(answer.err) == set()
    if text.startswith("["):
        assert text in answer.err


@on_posix
def test_a_terminal_is_never_sent_a_users_control_characters(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(hostile_list(), encoding="utf-8")
    (tmp_path / "bad.csv").write_text(as_csv().replace(",29,", ",x\x1b[2Jy,"), encoding="utf-8")
    for file in ("list.csv", "bad.csv"):
        _, sent = at_a_terminal("--lang", "en", "check", file, cwd=tmp_path, encoding="utf-8")
        assert b"[2J" in sent
        assert b"\x1b[2J" not in sent
        assert b"\x1b]" not in sent


# The two catalogues, and what the code asks of them


def placeholders(text: str) -> set[str]:
    """Return the names in braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def sources() -> Iterator[tuple[str, ast.AST]]:
    """Yield every node of the three packages with the file it stands in."""
    for package in ("sampler", "estimators", "scenarios"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node


def text_patterns(node: ast.expr) -> list[str]:
    """Return regular expressions for what a text in the code may be; none where it is not written out there."""
    match node:
        case ast.Constant(value=str(text)):
            return [re.escape(text)]
        case ast.JoinedStr(values=parts):
            return ["".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".+" for p in parts)]
        case ast.IfExp(body=body, orelse=other):
            return text_patterns(body) + text_patterns(other)
    return []


def raised() -> Iterator[tuple[str, ast.Call, list[str]]]:
    """Yield every `refuse(...)` and `Mistake(...)`: where, the call, and patterns of its code."""
    for place, node in sources():
        match node:
            case ast.Call(func=ast.Name(id="refuse" | "Mistake"), args=[code, *_]):
                yield place, node, text_patterns(code)


def sentences(language: str) -> dict[str, str]:
    """Return the sentences about mistakes, by code."""
    words = catalogue(language).words
    return {key.removeprefix("mistake."): text for key, text in words.items() if key.startswith("mistake.")}


def test_the_catalogues_have_the_same_keys_and_placeholders() -> None:
    zh, en = (catalogue(language).words for language in ("zh", "en"))
    assert set(zh) == set(en)
    assert all(isinstance(text, str) and text.strip() for text in [*zh.values(), *en.values()])
    assert {key: placeholders(text) for key, text in zh.items()} == {
        key: placeholders(text) for key, text in en.items()
    }


def test_each_catalogue_is_in_its_language() -> None:
    chinese_in_english = {key for key, text in catalogue("en").words.items() if CHINESE.search(text)}
    assert chinese_in_english <= {"help.group"}, "only the program's own name"
    bare = [re.sub(r"\{\w+\}", "", text) for text in catalogue("zh").words.values()]
    assert [text for text in bare if re.search("[A-Za-z]{3}", text) and not CHINESE.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mistake_that_is_raised_has_a_sentence(language: str) -> None:
    known = sentences(language)
    asked = [(place, pattern) for place, _, patterns in raised() for pattern in patterns]
    assert len(asked) > 40, "the search has lost sight of the code"
    assert [found for found in asked if not any(re.fullmatch(found[1], code) for code in known)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_about_a_mistake_is_used(language: str) -> None:
    patterns = [pattern for _, _, found in raised() for pattern in found]
    # A code may also travel in a variable, a table or an error of pydantic's before it becomes a Mistake.
    told = {node.value for _, node in sources() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    unused = {
        code
        for code in sentences(language)
        if code not in told and not any(re.fullmatch(pattern, code) for pattern in patterns)
    }
    assert unused == set()


def given_fields(call: ast.Call) -> set[str] | None:
    """Return the fields a raised mistake is given, None where the code does not write them out."""
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    fields = {keyword.arg for keyword in call.keywords if keyword.arg}
    for argument in call.args[1:]:
        if not isinstance(argument, ast.Dict):
            return None
        fields |= {str(key.value) for key in argument.keys if isinstance(key, ast.Constant)}
    return fields


def test_every_mistake_brings_what_its_sentence_needs() -> None:
    known = sentences("en")
    lacking = []
    for place, call, patterns in raised():
        fields = given_fields(call)
        for code, text in known.items():
            if fields is not None and any(re.fullmatch(pattern, code) for pattern in patterns):
                lacking += [(place, code, name) for name in placeholders(text) - fields]
    assert lacking == []


def test_every_text_that_is_asked_for_exists() -> None:
    known = catalogue("en").words
    asked = []
    for place, node in sources():
        match node:
            case ast.Call(func=ast.Attribute(attr="say"), args=[key, *_]):
                asked += [(place, pattern) for pattern in text_patterns(key)]
    assert len(asked) > 40, "the search has lost sight of the code"
    assert [found for found in asked if not any(re.fullmatch(found[1], key) for key in known)] == []


def test_every_text_is_asked_for() -> None:
    # A key stands written out somewhere, or a text of the code makes it: one that begins with its table's name.
    exact, made = set(), set()
    for _, node in sources():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            exact.add(node.value)
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            first = str(node.values[0].value)
            if re.match(r"[a-z_]+\.", first):
                made.add("".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".+" for p in node.values))
    pattern = re.compile("|".join(made))
    known = {key for key in catalogue("en").words if not key.startswith("mistake.")}
    assert {key for key in known if key not in exact and not pattern.fullmatch(key)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_takes_any_field_by_name(language: str) -> None:
    words = catalogue(language)
    for key, text in words.words.items():
        names = placeholders(text)
        said = words.say(key, **{name: f"<{name}>" for name in names})
        assert all(f"<{name}>" in said for name in names)
        # A message about a key of a scenario has a field of that name.
        assert words.say(key, **dict.fromkeys(names | {"key", "language", "words"}, "")) is not None
