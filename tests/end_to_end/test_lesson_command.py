"""`choucha lesson`: one file that needs nothing else, in the language asked for, or a refusal."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from choucha_command import CHINESE, SCENARIO, VILLAGES, Inside, as_csv, write_scenario

from scenarios import load
from scenarios.messages import LANGUAGES, catalogue

ONE = SCENARIO.replace("[plan]", '[population]\nkind = "levels"\naveraged = false\n\n[plan]')
ASKED = ("scenario.toml", "--lonely", "adjust", "--draws", "20", "--to", "page.html")


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_written_in_one_language_and_names_no_other_place(language: str, inside: Inside) -> None:
    words = catalogue(language)
    answer = inside("lesson", "--draws", "30", "--lang", language)
    assert answer.status == 0, answer.err
    path = Path(words.say("lesson.file"))
    assert words.say("risk.saved", path=path) in answer.out
    page = path.read_text(encoding="utf-8")
    assert page.startswith(f'<!DOCTYPE html>\n<html lang="{"zh-CN" if language == "zh" else "en"}">')
    assert re.search(r"default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'", page)
    addresses = set(re.findall(r"[a-z]+://[^\s\"'<]*", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of SVG, which nobody opens
    assert not re.search(r"\bsrc=|url\(|@import|<link|fetch\(|XMLHttp", page)
    assert set(re.findall(r'href="([^"]*)"', page)) <= {"#land", "#truths", "#villages"}
    assert words.say("risk.synthetic") in page
    frame = load("example").frame
    if language == "en":
        for name in sorted({*frame.villages, *frame.townships, frame.name}, key=len, reverse=True):
            page = page.replace(name, "")
        lines = [line for line in page.splitlines() if CHINESE.search(line)]
        assert lines == []


def test_the_same_is_written_again(inside: Inside) -> None:
    for name in ("a.html", "b.html"):
        assert inside("lesson", "--draws", "5", "--level", "1%", "--to", name).status == 0
    assert Path("a.html").read_bytes() == Path("b.html").read_bytes()
    assert inside("lesson", "--draws", "5", "--level", "1%", "--seed", "3", "--to", "c.html").status == 0
    assert Path("c.html").read_bytes() != Path("a.html").read_bytes()
    assert Path("a.html").stat().st_size < 60_000


def test_the_chance_is_told_as_risk_tells_it(inside: Inside) -> None:
    write_scenario(inside.folder, ONE)
    assert inside("lesson", *ASKED, "--level", "0.05", "--lang", "en").status == 0
    data = data_of(Path("page.html").read_text(encoding="utf-8"))
    answer = inside("risk", "scenario.toml", "--json", "risk.json", "--lang", "en")
    points = json.loads(Path("risk.json").read_text(encoding="utf-8"))["points"]
    (point,) = (point for point in points if point["level"]["missed"] == 0.05)
    assert data["chance"] == {name: point["chance"][name] for name in data["chance"]}
    (row,) = (line for line in answer.out.splitlines() if line.strip().startswith("5%"))
    assert [text for text in data["chances"].values() if text not in row] == []
    assert f"chance of failing is {data['chances']['any']}" in inside("lesson", *ASKED, "--level", "0.05").out


def test_villages_of_ones_own_are_not_named(inside: Inside) -> None:
    write_scenario(inside.folder)
    assert inside("lesson", *ASKED, "--lang", "zh").status == 0
    page = Path("page.html").read_text(encoding="utf-8")
    assert catalogue("zh").say("lesson.own_list") in page
    assert catalogue("zh").say("lesson.not_real") in page
    assert [row[1] for row in VILLAGES if str(row[1]) in page] == []
    assert data_of(page)["names"] is None


def test_a_name_in_the_list_is_shown_as_text(inside: Inside) -> None:
    write_scenario(inside.folder)
    nasty = "</script><script>alert(1)</script>"
    (inside.folder / "list.csv").write_text(as_csv().replace("云岫镇", nasty), encoding="utf-8")
    assert inside("lesson", *ASKED).status == 0
    page = Path("page.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert nasty in data_of(page)["townships"]
    assert html.escape(nasty) in re.sub(r"</tspan><tspan[^>]*>", "", page)  # on the map, broken into lines


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--draws", "1"), "2 <= x <= 500"),
        (("--draws", "501"), "2 <= x <= 500"),
        (("--draws", "many"), "'--draws'"),
        (("--to", "page.htm"), "ends in .html"),
        (("--to", "list.csv"), "ends in .html"),
        (("--level", "2"), "--level"),
        (("--level", "x"), "--level"),
        (("--lonely", "fail"), "remote"),
        (("--policy", "nobody"), "nobody"),
        (("--to", "folder.html"), "folder.html"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_played_is_refused(options: tuple[str, ...], told: str, inside: Inside) -> None:
    write_scenario(inside.folder)
    Path("folder.html").mkdir()
    before = sorted(Path().iterdir())
    answer = inside("lesson", *ASKED, *options, "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert sorted(Path().iterdir()) == before


def test_a_page_that_stands_there_is_left_alone_unless_named(inside: Inside) -> None:
    path = Path("lesson.html")
    path.write_text("mine", encoding="utf-8")
    answer = inside("lesson", "--draws", "2", "--level", "1%", "--lang", "en")
    assert answer.status == 2
    assert "--to" in answer.err
    assert path.read_text(encoding="utf-8") == "mine"
    assert inside("lesson", "--draws", "2", "--level", "1%", "--to", "lesson.html").status == 0
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_an_input_is_never_overwritten(inside: Inside) -> None:
    write_scenario(inside.folder)
    Path("page.html").symlink_to("list.csv")
    answer = inside("lesson", *ASKED, "--lang", "en")
    assert answer.status == 2
    assert Path("list.csv").read_text(encoding="utf-8") == as_csv()


def test_a_second_phase_has_a_step_of_its_own(inside: Inside) -> None:
    assert inside("lesson", "national-2019-spot-check", "--draws", "3", "--level", "1%", "--to", "a.html").status == 0
    assert "recheck" in data_of(Path("a.html").read_text(encoding="utf-8"))["steps"]
    assert inside("lesson", "--draws", "3", "--level", "1%", "--to", "b.html").status == 0
    assert "recheck" not in data_of(Path("b.html").read_text(encoding="utf-8"))["steps"]
