"""What an attacker, or a tired office, may give: one message, status 2, within seconds, and no file of theirs lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from choucha_command import SCENARIO, Inside, as_csv, write_scenario, write_xlsx
from openpyxl import load_workbook

ONE = SCENARIO.replace("[plan]", '[population]\nkind = "levels"\naveraged = false\n\n[plan]')


def refused(inside: Inside, *arguments: str) -> str:
    answer = inside(*arguments, "--lang", "en")
    assert (answer.status, answer.out) == (2, ""), answer
    assert "Traceback" not in answer.err
    return answer.err


def every_file() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    "arguments",
    [
        ("risk", "xlsx.toml", "--figure", "list.xlsx"),
        ("risk", "scenario.toml", "--json", "list.csv"),
        ("report", "xlsx.toml", "--to", "list.xlsx"),
        ("risk", "extending.toml", "--save", "scenario.toml"),
        ("report", "extending.toml", "--json", "list.csv", "--to", "r.html"),
        ("compare", "scenario.toml", "xlsx.toml", "--json", "list.xlsx"),
        ("coverage", "scenario.toml", "--json", "list.csv"),
        ("risk", "county", "--json", "county/villages.csv"),
        ("sweep", "grid.toml", "--export", "list.xlsx"),
    ],
    ids=" ".join,
)
def test_no_output_takes_the_place_of_what_is_read(arguments: tuple[str, ...], inside: Inside) -> None:
    write_scenario(inside.folder, ONE)
    write_xlsx(Path("list.xlsx"))
    Path("county").mkdir()
    Path("county/villages.csv").write_text(as_csv(), encoding="utf-8")
    Path("xlsx.toml").write_text(ONE.replace("list.csv", "list.xlsx"), encoding="utf-8")
    Path("extending.toml").write_text('extends = "scenario.toml"\nseed = 3\n', encoding="utf-8")
    Path("grid.toml").write_text('schema = "sweep/1"\nscenario = "xlsx.toml"\n[vary]\nseed = [1]\n', encoding="utf-8")
    before = every_file()
    refused(inside, *arguments)
    assert every_file() == before


def test_a_device_is_no_place_for_an_answer(inside: Inside) -> None:
    write_scenario(inside.folder, ONE)
    os.mkfifo("pipe.json")
    refused(inside, "risk", "scenario.toml", "--json", "pipe.json")
    assert Path("pipe.json").is_fifo()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[policy]\nlimits = { wrong_exit = 1e-9999999 }\n", "exponent"),
        ("[policy]\nlimits = { wrong_exit = 1e-99999999999999999999999 }\n", "exponent"),
        ("x" + ".x" * 200_000 + " = 1\n", "too many parts"),
        ("x = " + "[" * 100_000, "too deep"),
        ("x = " + "{a=" * 5_000, "too deep"),
        ('extends = "\\u0000"\n', "no such file"),
    ],
    ids=["tiny", "tinier", "dotted", "brackets", "braces", "null"],
)
def test_a_scenario_that_no_parser_could_hold_is_refused(text: str, told: str, inside: Inside) -> None:
    Path("a.toml").write_text(text, encoding="utf-8")
    assert told in refused(inside, "check", "a.toml")


def test_a_grid_of_more_levels_than_anybody_computes_is_refused(inside: Inside) -> None:
    steps = "\n".join(f"{key} = {{ from = 0, to = 0.5, steps = 1001 }}" for key in ("icc", "shared"))
    write_scenario(inside.folder, ONE + steps + "\n")
    assert "3,006,003" in refused(inside, "check", "scenario.toml")


def test_files_that_extend_one_another_without_end_are_refused(inside: Inside) -> None:
    for n in range(60):
        Path(f"{n}.toml").write_text(f'extends = "{n + 1}.toml"\n', encoding="utf-8")
    refused(inside, "check", "0.toml")


def test_names_that_the_system_refuses_are_told(inside: Inside) -> None:
    write_scenario(inside.folder, ONE)
    long = "a" * 300
    Path("l1.csv").symlink_to("l2.csv")
    Path("l2.csv").symlink_to("l1.csv")
    for arguments in (
        ("check", f"{long}.csv"),
        ("check", f"{long}.toml"),
        ("check", "l1.csv"),
        ("compare", f"{long}.json", f"{long}.json"),
        ("estimate", f"{long}.csv"),
        ("risk", "scenario.toml", "--json", f"{long}.json"),
    ):
        refused(inside, *arguments)


def test_a_mistake_in_a_merged_cell_is_marked_at_its_first_cell(inside: Inside) -> None:
    write_xlsx(Path("a.xlsx"))
    book = load_workbook("a.xlsx")
    page = book.active
    assert page is not None
    page["F3"] = None
    page.merge_cells("F2:F3")
    book.save("a.xlsx")
    answer = inside("check", "a.xlsx", "--mark", "b.xlsx", "--lang", "en")
    assert answer.status == 2
    marked = load_workbook("b.xlsx").active
    assert marked is not None
    assert marked["F2"].comment is not None


def test_a_saved_answer_with_signs_that_cannot_be_written_is_read_without_them(inside: Inside) -> None:
    write_scenario(inside.folder, ONE)
    assert inside("risk", "scenario.toml", "--json", "a.json").status == 0
    text = Path("a.json").read_text(encoding="utf-8")
    bad = text.replace('"scenario": "eight villages"', '"scenario": "\\ud800\\u0001eight"', 1)
    assert bad != text
    Path("b.json").write_text(bad, encoding="utf-8")
    answer = inside("compare", "a.json", "b.json", "--json", "c.json", "--lang", "en")
    assert answer.status == 0, answer.err
    report = inside("report", "scenario.toml", "--old", "b.json", "--to", "r.docx", "--lang", "en")
    assert report.status == 0, report.err
    Path("b.json").write_text(text.replace('"at_limit_fails": false', f'"zz": {"9" * 400}', 1), encoding="utf-8")
    assert "digits" in refused(inside, "compare", "a.json", "b.json")


def test_mistakes_without_end_are_told_as_far_as_anybody_reads(inside: Inside) -> None:
    write_scenario(inside.folder, ONE + "".join(f"unknown_{n} = 1\n" for n in range(5_000)))
    told = refused(inside, "check", "scenario.toml")
    assert len(told.splitlines()) < 2_100
    assert "3,000 more" in told
