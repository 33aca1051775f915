"""`choucha draw --form` and `--steps` as their users meet them: who re-reads a form finds the draw, and can redo it."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from choucha_command import CHINESE, Inside, write_scenario
from python_calamine import CalamineWorkbook

from sampler.frame import GROUPS
from scenarios.files.scenario_file import load_scenario
from scenarios.messages import LANGUAGES, catalogue
from scenarios.questions.inspection import Inspection, inspect
from scenarios.questions.roster import roster

PLAIN = """
schema = "scenario/1"
name = "eight villages"
seed = 7
[frame]
file = "list.csv"
[population]
kind = "levels"
wrong_exit = 0.1
missed = 0.1
[plan]
villages = { ordinary = 3, remote = 2 }
take = { exited = 3, unregistered = 3, remaining = 1 }
"""
SPOT = """
schema = "scenario/1"
name = "spot"
seed = 7
[frame]
file = "list.csv"
[population]
kind = "levels"
wrong_exit = 0.2
missed = 0.2
[plan]
kind = "spot-check"
desk = { share = 0.2 }
revisit = { share = 0.4 }
remote = { villages = 2, take = { exited = 3, unregistered = 4 } }
[plan.phase1]
villages = { ordinary = 3, remote = 2 }
take = { exited = 6, unregistered = 8, remaining = 1 }
"""
Sheets = dict[str, list[list[Any]]]


def read(path: Path) -> Sheets:
    """Return the cells of a workbook or a folder of CSV files, by sheet."""
    if path.is_dir():
        return {
            file.stem[3:]: list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
            for file in sorted(path.iterdir())
        }
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def table(sheets: Sheets, key: str, language: str) -> list[dict[str, str]]:
    """Return the rows of a sheet's table, as text, by column."""
    words = catalogue(language)
    rows = sheets[words.say(f"form.sheet_{key}")]
    top = next(i for i, row in enumerate(rows) if row[0] == words.say("form.column_row"))
    texts = [[str(int(c)) if isinstance(c, float) and c.is_integer() else str(c) for c in row] for row in rows[top:]]
    names = {words.say(f"form.column_{n}"): n for n in COLUMNS} | {words.say("draw.column_chance"): "chance"}
    names |= {words.say("estimate.column_village_code"): "village_code"}
    return [
        {names.get(head, head): cell for head, cell in zip(texts[0], row, strict=True) if head} for row in texts[1:]
    ]


COLUMNS = (
    *("row", "stratum", "village_code", "township", "village", "group", "household_id", "persons", "key", "order"),
    *("rank", "chance", "weight", "recorded", "wrong_persons", "approves", "remarks", "once", "sound", "replaces"),
)


def drawn(path: Path, number: int = 1) -> Inspection:
    return inspect(load_scenario(str(path)).scenario, number=number, lonely="adjust")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("target", ["form.xlsx", "form"])
def test_the_form_holds_the_draw(language: str, target: str, inside: Inside) -> None:
    path = write_scenario(inside.folder, PLAIN)
    answer = inside("--lang", language, "draw", path.name, "--number", "3", "--form", target, "--reserves", "2")
    assert answer.status == 0, answer.err
    assert catalogue(language).say("draw.form_written", path=target) in answer.out
    one = drawn(path, 3)
    lists, frame = roster(one, reserves=2), one.scenario.frame
    sheets = read(inside.folder / target)
    villages = table(sheets, "villages", language)
    assert [row["village_code"] for row in villages] == [frame.codes[v] for v in one.draws.villages[0]]
    assert [float(row["chance"]) for row in villages] == pytest.approx(one.slot_chance.tolist())
    visits = table(sheets, "visits", language)
    assert sorted(row["household_id"] for row in visits) == sorted(frame.household_names(one.draws.households))
    assert [int(row["order"]) for row in visits] == [entry.order for entry in lists.visits]
    assert [float(row["chance"]) for row in visits] == pytest.approx([entry.chance for entry in lists.visits])
    assert all(float(row["chance"]) * float(row["weight"]) == pytest.approx(1) for row in visits)
    assert all(row["wrong_persons"] == row["approves"] == "" for row in visits)
    reserves = table(sheets, "reserves", language)
    names = frame.household_names(np.array([entry.household for entry in lists.reserves]))
    assert [(row["household_id"], int(row["rank"])) for row in reserves] == [
        (name, entry.order) for name, entry in zip(names, lists.reserves, strict=True)
    ]
    text = json.dumps(sheets, ensure_ascii=False)
    own = text
    for name in (*frame.townships, *frame.villages):
        own = own.replace(name, "")
    assert bool(CHINESE.search(own)) == (language == "zh")


@pytest.fixture
def spot_forms(inside: Inside) -> tuple[Inside, Path]:
    path = write_scenario(inside.folder, SPOT)
    for language in LANGUAGES:
        for copy, flags in (("field", []), ("office", ["--office"])):
            target = f"{copy}-{language}.xlsx"
            answer = inside("--lang", language, "draw", path.name, "--form", target, *flags)
            assert answer.status == 0, answer.err
    return inside, path


def test_the_forms_of_a_spot_check(spot_forms: tuple[Inside, Path]) -> None:
    inside, path = spot_forms
    one = drawn(path)
    lists, frame, found = roster(one), one.scenario.frame, one.rechecked
    assert found is not None
    for language in LANGUAGES:
        field, office = (read(inside.folder / f"{copy}-{language}.xlsx") for copy in ("field", "office"))
        for sheets in (field, office):
            for key, households in (
                ("revisit", found.questionnaires.draws.households[found.revisited]),
                ("desk", found.questionnaires.draws.households[found.desk]),
                ("visits", found.fresh.households),
            ):
                names = sorted(row["household_id"] for row in table(sheets, key, language))
                assert names == sorted(frame.household_names(households)), key
            marked = [row["household_id"] for row in table(sheets, "visits", language) if row["once"]]
            assert marked == frame.household_names(found.fresh.households[found.again])
        # The office's copy tells what the province recorded; the field's neither that nor what would give it away.
        recorded = [row["recorded"] for row in table(office, "revisit", language)]
        assert recorded == [str(entry.recorded) for entry in lists.revisit]
        assert any(entry.recorded for entry in lists.revisit)
        for key in ("revisit", "desk"):
            for row in table(field, key, language):
                assert not {"recorded", "chance", "weight"} & set(row)
        assert catalogue(language).say("form.sheet_revisit_reserves") not in field
        assert len(table(office, "revisit_reserves", language)) == len(lists.revisit_reserves)


def test_whoever_runs_the_command_of_the_cover_gets_the_same_form(inside: Inside) -> None:
    path = write_scenario(inside.folder, PLAIN)
    asked = ["--number", "4", "--seed", "11", "--reserves", "1", "--lang", "en", "--lonely", "adjust"]
    for target in ("one.xlsx", "form"):
        assert inside("draw", path.name, *asked, "--form", target).status == 0
        before = read(inside.folder / target)
        told = next(row[1] for row in before["cover"] if row[0] == catalogue("en").say("form.cover_again"))
        command = told.removeprefix("Run: ").partition(" – ")[0]
        _, *arguments = shlex.split(command)
        files = {f: f.read_bytes() for f in inside.folder.rglob("*") if f.is_file() and target in str(f)}
        assert inside(*arguments).status == 0
        assert {f: f.read_bytes() for f in files} == files
        digest = load_scenario(str(path), seed=11).scenario.digest
        assert [catalogue("en").say("form.cover_sha256"), digest] in [row[:2] for row in before["cover"]]


def test_more_reserves_contain_the_fewer(inside: Inside) -> None:
    path = write_scenario(inside.folder, PLAIN)
    found = {}
    for reserves in ("1", "5"):
        assert inside("draw", path.name, "--lang", "en", "--form", "form", "--reserves", reserves).status == 0
        sheets = read(inside.folder / "form")
        found[reserves] = [{row["household_id"] for row in table(sheets, key, "en")} for key in ("visits", "reserves")]
    assert found["1"][0] == found["5"][0]
    assert found["1"][1] < found["5"][1]
    assert not found["5"][0] & found["5"][1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_that_was_filled_in_is_read_as_results(language: str, inside: Inside) -> None:
    path = write_scenario(inside.folder, PLAIN)
    assert inside("--lang", language, "draw", path.name, "--form", "form.xlsx", "--json", "draw.json").status == 0
    one = drawn(path)
    names = one.scenario.frame.household_names(one.draws.households)
    seen = dict(zip(names, zip(one.observations.wrong_persons, one.observations.approves, strict=True), strict=True))
    words = catalogue(language)
    book = openpyxl.load_workbook(inside.folder / "form.xlsx")
    sheet = book[words.say("form.sheet_visits")]
    rows = list(sheet.iter_rows())
    top = next(i for i, row in enumerate(rows) if row[0].value == words.say("form.column_row"))
    at = {cell.value: i for i, cell in enumerate(rows[top])}
    for row in rows[top + 1 :]:
        wrong, approves = seen[row[at[words.say("form.column_household_id")]].value]
        row[at[words.say("form.column_wrong_persons")]].value = int(wrong)
        row[at[words.say("form.column_approves")]].value = words.say("value.yes" if approves else "value.no")
    book.save(inside.folder / "filled.xlsx")
    answer = inside("--lang", language, "estimate", "filled.xlsx", "--list", "list.csv", "--json", "estimate.json")
    assert answer.status == 0, answer.err
    draw, estimate = (json.loads((inside.folder / f"{n}.json").read_text("utf-8")) for n in ("draw", "estimate"))
    for weighting in ("raw", "weighted"):
        for criterion, told in draw["estimates"][weighting].items():
            assert estimate["estimates"][weighting][criterion]["value"] == pytest.approx(told["value"]), criterion


def listed_households(folder: Path) -> dict[str, tuple[str, int]]:
    """Write a county whose household table calls its households by numbers of its own, in no order.

    Returns
    -------
    dict of str to tuple
        Village code and persons by number.
    """
    (folder / "county").mkdir()
    write_scenario(folder, PLAIN.replace("list.csv", "county"))
    frame = load_scenario(str(write_scenario(folder / "other", PLAIN))).scenario.frame
    (folder / "county" / "villages.csv").write_text((folder / "list.csv").read_text("utf-8"), "utf-8")
    rows = []
    for i, persons in enumerate(frame.household_persons.tolist()):
        code, group = frame.codes[frame.household_village[i]], GROUPS[frame.household_group[i]]
        rows.append((f"=户{i * 7919 % 1000:03}", code, group, persons))
    with (folder / "county" / "households.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("household_id", "village_code", "group", "persons"), *reversed(rows)])
    return {number: (code, persons) for number, code, _, persons in rows}


def test_the_form_carries_the_numbers_of_the_household_table_and_nothing_else_does(inside: Inside) -> None:
    numbers = listed_households(inside.folder)
    outputs = ["--form", "form.xlsx", "--json", "draw.json", "--figure", "map.svg", "--observations", "seen.csv"]
    answer = inside("--lang", "zh", "draw", "scenario.toml", *outputs)
    assert answer.status == 0, answer.err
    one = drawn(inside.folder / "scenario.toml")
    names = one.scenario.frame.household_names(one.draws.households)
    assert set(names) < set(numbers)
    sheets = read(inside.folder / "form.xlsx")
    visits = table(sheets, "visits", "zh")
    assert sorted(row["household_id"] for row in visits) == sorted(names)
    for row in visits:
        assert (row["village_code"], int(row["persons"])) == numbers[row["household_id"]]
    steps = inside("--lang", "zh", "draw", "scenario.toml", "--steps")
    for text in (answer.out, steps.out, *((inside.folder / n).read_text("utf-8") for n in ("draw.json", "map.svg"))):
        assert not [number for number in numbers if number.removeprefix("=") in text]
    assert all(number in (inside.folder / "seen.csv").read_text("utf-8-sig") for number in names)
    # Who is called what decides the list, and so the hash.
    before = one.scenario.digest
    table_ = inside.folder / "county" / "households.csv"
    table_.write_text(table_.read_text("utf-8").replace("=户", "=户号"), "utf-8")
    assert load_scenario(str(inside.folder / "scenario.toml")).scenario.digest != before


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", [PLAIN, SPOT, PLAIN + "[fieldwork]\nabsence = 0.4\n"], ids=["plain", "spot", "doors"])
def test_steps_say_how_the_draw_came_about(language: str, text: str, inside: Inside) -> None:
    path = write_scenario(inside.folder, text)
    answer = inside("--lang", language, "draw", path.name, "--steps", "--json", "draw.json")
    assert answer.status == 0, answer.err
    out = answer.out.replace("\n", "" if language == "zh" else " ")
    words, one = catalogue(language), drawn(path)
    told = json.loads((inside.folder / "draw.json").read_text("utf-8"))
    missed = one.assessment.tally.totals()[0, 2]
    pair = {"numerator": f"{missed[3]:,}", "denominator": f"{missed[2]:,}"}
    said = {"criterion": words.say("criterion.missed"), "unit": words.say("unit.persons"), "rate": ""}
    assert words.say("steps.rate_missed", **said, **pair).split(pair["denominator"])[0] in out
    allowed = f"{int(missed[2]) * 2 / 100:g}"
    whole = (
        f"{pair['denominator']}×2%＝{allowed}；" if language == "zh" else f"2% of {pair['denominator']} is {allowed}; "
    )
    assert f"{whole}{pair['numerator']} " in " ".join(out.split())
    assert words.say("verdict.fails", reasons="").rstrip("。. ") in out or not told["verdict"]["fails"]
    for village in told["villages"]:
        assert village["village"] in out
    assert (words.say("steps.heading_doors") in out) == ("absence" in text)
    assert (words.say("steps.heading_cells") in out) == ("spot-check" in text)
    first = words.say("steps.heading", number=1, text="")
    assert sum(line.startswith(first) for line in answer.out.split("\n")) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_tells_how_it_was_drawn_and_nothing_that_was_found(language: str, inside: Inside) -> None:
    path = write_scenario(inside.folder, PLAIN + "[fieldwork]\nabsence = 0.4\n")
    assert inside("--lang", language, "draw", path.name, "--form", "form").status == 0
    words = catalogue(language)
    sheets = read(inside.folder / "form")
    steps = json.dumps(sheets[words.say("form.sheet_steps")], ensure_ascii=False)
    assert words.say("steps.heading_villages_inspection") in steps
    for heading in ("doors", "counts", "rates", "verdict"):
        assert words.say(f"steps.heading_{heading}") not in steps


def test_a_household_may_be_called_by_a_formula(inside: Inside) -> None:
    listed_households(inside.folder)
    answer = inside("draw", "scenario.toml", "--lang", "en", "--form", "form.xlsx")
    assert answer.status == 0, answer.err
    assert formulas(openpyxl.load_workbook(inside.folder / "form.xlsx")) == []
    assert inside("draw", "scenario.toml", "--lang", "en", "--form", "form").status == 0
    rows = table(read(inside.folder / "form"), "visits", "en")
    assert all(row["household_id"].startswith("'=") for row in rows)


def formulas(book: Any) -> Sequence[str]:
    return [cell.coordinate for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
