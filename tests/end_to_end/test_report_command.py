"""`choucha report`: a document to hand in, the same answer in every format and language, and harmless to open."""

from __future__ import annotations

import importlib.util
import io
import json
import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from choucha_command import CHINESE, SCENARIO, VILLAGES, Inside, as_csv, write_scenario
from docx.oxml.ns import qn
from fontTools.ttLib import TTFont

from scenarios.messages import LANGUAGES, Catalogue, catalogue

SUFFIXES = (".docx", ".html", ".xlsx", ".pdf")
SECTIONS = ("answer", "curve", "criteria", "places", "fix", "readings", "plan", "list", "assumptions", "provenance")
# One population, so that everything is exact and quick; what the errors are is the seed's.
ONE = SCENARIO.replace("[plan]", '[population]\nkind = "levels"\naveraged = false\n\n[plan]')


class Page(HTMLParser):
    """The text of an HTML page, its headings and tables, what it refers to, and what could run."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.headings: list[str] = []
        self.cells: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.sources: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.language: str | None = None
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self._open.append(tag)
        self.language = given.get("lang", self.language) if tag == "html" else self.language
        if tag == "img":
            self.pictures.append(given)
        self.sources += [str(given[name]) for name in ("src", "href") if name in given]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if not data.strip() or inside == "style":
            return
        self.texts.append(data.strip())
        if inside in ("h1", "h2", "h3"):
            self.headings.append(data.strip())
        if inside == "td":
            self.cells.append(data.strip())


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return one folder a language, with the report in every format and the answer as JSON."""
    made = {}
    for language in LANGUAGES:
        folder = tmp_path_factory.mktemp(language)
        write_scenario(folder, ONE)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv("LC_ALL", "C")
            _report(folder, language)
        made[language] = folder
    return made


def _report(folder: Path, language: str) -> None:
    from scenarios.shells.cli import main  # noqa: PLC0415

    targets = [part for suffix in SUFFIXES for part in ("--to", f"r{suffix}")]
    options = ("--county", "云岫县", "--json", "r.json", "--lang", language)
    with pytest.raises(SystemExit) as stop:
        main(["report", "scenario.toml", *targets, *options])
    assert stop.value.code == 0


def texts_of(folder: Path) -> dict[str, list[str]]:
    """Return every text of the three formats that can be read again."""
    document = docx.Document(str(folder / "r.docx"))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    book = openpyxl.load_workbook(folder / "r.xlsx")
    cells = [cell.value for page in book for row in page.iter_rows() for cell in row if isinstance(cell.value, str)]
    return {
        "docx": [line for text in lines for line in text.split("\n")],
        "html": Page((folder / "r.html").read_text(encoding="utf-8")).texts,
        "xlsx": cells,
    }


def section_titles(words: Catalogue) -> list[str]:
    return [words.say(f"report.section_{key}") for key in SECTIONS]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_format_has_every_section_and_the_answer(language: str, reports: dict[str, Path]) -> None:
    words, folder = catalogue(language), reports[language]
    record = json.loads((folder / "r.json").read_text(encoding="utf-8"))
    for kind, texts in texts_of(folder).items():
        assert words.say("report.title", name="云岫县") in texts, kind
        for title in section_titles(words):
            assert any(text.endswith(title) for text in texts), (kind, title)
        assert sum(text.endswith(words.say("report.section_last_year")) for text in texts) == 0
        assert any(record["provenance"]["sha256"] in text for text in texts), kind
        for name in ("wrong_exit", "missed", "incidence", "approval"):
            assert words.say(f"criterion.{name}") in texts, kind
    assert (folder / "r.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_formats_say_the_same(language: str, reports: dict[str, Path]) -> None:
    found = texts_of(reports[language])
    # Numbers of the workbook are numbers, and spaces of indents are set otherwise; every sentence is in all three.
    sentences = {kind: {text.strip() for text in texts if len(text) > 30} for kind, texts in found.items()}
    assert len(sentences["html"]) > 15
    own = sentences["html"] - {text for text in sentences["html"] if text.startswith("云岫县 · choucha")}
    assert own <= sentences["docx"]
    assert own <= sentences["xlsx"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_else(language: str, reports: dict[str, Path]) -> None:
    content = (reports[language] / "r.html").read_text(encoding="utf-8")
    page = Page(content)
    assert page.language == {"zh": "zh-CN", "en": "en"}[language]
    assert page.sources
    assert all(source.startswith(("#", "data:image/svg+xml;base64,")) for source in page.sources)
    assert {"script", "link", "iframe", "object"}.isdisjoint(page.tags)
    assert re.search(r"url\((?!data:)", content) is None
    assert all(len(str(picture["alt"])) > 40 for picture in page.pictures)
    assert len(page.pictures) == 2
    # The characters of the page are inside, for a machine without a Chinese font.
    inside = re.search(r"data:font/woff;base64,([A-Za-z0-9+/=]+)", content)
    assert inside is not None
    known = set(TTFont(io.BytesIO(b64decode(inside[1]))).getBestCmap())
    assert {mark for text in page.texts for mark in text if CHINESE.match(mark)} <= {chr(code) for code in known}


def test_the_word_document_is_built_as_word_wants_it(reports: dict[str, Path]) -> None:
    words = catalogue("zh")
    document = docx.Document(str(reports["zh"] / "r.docx"))
    headings = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert [text.partition("、")[2] for text in headings] == section_titles(words)
    assert [text.partition("、")[0] for text in headings] == [
        "一",
        "二",
        "三",
        "四",
        "五",
        "六",
        "七",
        "八",
        "九",
        "十",
    ]
    described = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert len(described) == 2
    assert all(CHINESE.search(text) for text in described)
    tables = document.tables[1:]  # the first is the box of the answer
    assert all(table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for table in tables)
    width = document.sections[0].page_width - document.sections[0].left_margin - document.sections[0].right_margin
    for table in tables:
        assert sum(column.width for column in table.columns) <= width * 1.001
    footer = document.sections[0].footer.paragraphs[0]._p.xml
    assert 'w:instr="PAGE"' in footer
    assert 'w:instr="NUMPAGES"' in footer


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workbook_holds_the_numbers_in_full(language: str, reports: dict[str, Path]) -> None:
    words, folder = catalogue(language), reports[language]
    record = json.loads((folder / "r.json").read_text(encoding="utf-8"))
    book = openpyxl.load_workbook(folder / "r.xlsx")
    page = book[words.say("report.sheet_chances")]
    header, *rows = page.iter_rows(values_only=True)
    assert len(rows) == len(record["points"])
    for row, point in zip(rows, record["points"], strict=True):
        told = dict(zip(header, row, strict=True))
        for name, chance in point["chance"].items():
            # A workbook holds fifteen digits.
            assert told[words.say("report.column_fails", criterion=words.say(f"criterion.{name}"))] == pytest.approx(
                chance, rel=1e-14, abs=1e-16
            )
    villages = list(book[words.say("report.sheet_villages")].iter_rows(min_row=2, values_only=True))
    assert {row[0]: row[4] for row in villages} == pytest.approx(record["drawn"]["villages"], rel=1e-14)
    # What the tables of the sections show as numbers are numbers.
    shares = [
        cell for row in book[words.say("report.short_curve")].iter_rows() for cell in row if "%" in cell.number_format
    ]
    assert len(shares) > 10
    assert all(isinstance(cell.value, int | float) and 0 <= cell.value <= 1 for cell in shares)


def test_no_line_of_a_report_is_in_the_other_language(reports: dict[str, Path]) -> None:
    names = {text for row in VILLAGES for text in row[1:3]} | {"云岫县"}
    for text in texts_of(reports["en"])["html"]:
        bare = text
        for name in sorted(map(str, names), key=len, reverse=True):
            bare = bare.replace(name, "")
        assert not CHINESE.search(bare), text
    # What has no Chinese name: the program, its files and keys, libraries, addresses, units of the trade.
    foreign = re.compile(
        r"https?://\S+|--\w+|choucha( \w+)?|\w+(?:[-.]\w+)+|SHA-256|python|numpy|scipy|numba|Excel|[0-9a-f]{12,}"
    )
    for text in texts_of(reports["zh"])["html"]:
        assert not re.search(r"[A-Za-z]{3,}", foreign.sub("", text)), text


def test_names_from_the_list_are_text_and_nothing_else(inside: Inside) -> None:
    evil = ("<script>alert(1)</script>", '=HYPERLINK("http://evil")', '#image("a")\'$x$', '"><img src=x onerror=a>')
    villages = [
        (code, evil[i] if i < len(evil) else name, evil[i % 2] if i < 2 else township, *rest)
        for i, (code, name, township, *rest) in enumerate(VILLAGES)
    ]
    write_scenario(inside.folder, ONE)
    Path("list.csv").write_text(as_csv(villages), encoding="utf-8")
    targets = [part for suffix in SUFFIXES for part in ("--to", f"r{suffix}")]
    answer = inside("report", "scenario.toml", *targets, "--lang", "zh", "--county", evil[0])
    assert answer.status == 0, answer.err
    page = Page(Path("r.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert len(page.pictures) == 2
    assert evil[0] in page.cells
    book = openpyxl.load_workbook("r.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell for cell in cells if cell.data_type == "f"] == []
    named = [cell for cell in cells if cell.value == evil[1]]
    assert named
    assert all(cell.quotePrefix for cell in named)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_report_has_the_same_bytes(suffix: str, reports: dict[str, Path], inside: Inside) -> None:
    write_scenario(inside.folder, ONE)
    answer = inside("report", "scenario.toml", "--to", f"again{suffix}", "--county", "云岫县", "--lang", "zh")
    assert answer.status == 0, answer.err
    assert Path(f"again{suffix}").read_bytes() == (reports["zh"] / f"r{suffix}").read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_name_three_files_are_written_and_none_is_overwritten(language: str, inside: Inside) -> None:
    words = catalogue(language)
    write_scenario(inside.folder, ONE)
    assert inside("report", "scenario.toml", "--lang", language).status == 0
    stem = words.say("report.file")
    files = {path.name: path.read_bytes() for path in Path().glob(f"{stem}.*")}
    assert set(files) == {f"{stem}{suffix}" for suffix in (".docx", ".html", ".xlsx")}
    again = inside("report", "scenario.toml", "--lang", language)
    assert (again.status, again.out) == (2, "")
    assert f"{stem}.docx" in again.err
    assert {path.name: path.read_bytes() for path in Path().glob(f"{stem}.*")} == files


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stated_level_stands_on_the_curve_and_first_in_the_answer(language: str, inside: Inside) -> None:
    write_scenario(inside.folder, ONE)
    told = ("--level", "0.03", "--json", "r.json", "--to", "r.html", "--lang", language)
    answer = inside("report", "scenario.toml", *told)
    assert answer.status == 0, answer.err
    points: list[dict[str, Any]] = json.loads(Path("r.json").read_text(encoding="utf-8"))["points"]
    assert [point["level"]["missed"] for point in points] == [0, 0.03, 0.05, 0.1]
    first = answer.out.splitlines()[0]
    assert "3%" in first
    assert first in Page(Path("r.html").read_text(encoding="utf-8")).texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_last_year_stands_beside_this_year(language: str, inside: Inside) -> None:
    words = catalogue(language)
    write_scenario(inside.folder, ONE)
    assert inside("report", "scenario.toml", "--to", "a.html", "--json", "old.json", "--seed", "8").status == 0
    answer = inside("report", "scenario.toml", "--to", "b.html", "--old", "old.json", "--lang", language)
    assert answer.status == 0, answer.err
    page = Page(Path("b.html").read_text(encoding="utf-8"))
    assert any(text.endswith(words.say("report.section_last_year")) for text in page.headings)
    assert words.say("compare.points") in page.texts
    assert inside("compare", "old.json", "b.html").status == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_further_asked_stands_in_the_report(language: str, inside: Inside) -> None:
    words = catalogue(language)
    write_scenario(inside.folder, ONE)
    asked = ("--fix", "2", "--spread", "--level", "0.05", "--provincial", "1/100")
    answer = inside("report", "scenario.toml", "--to", "r.html", "--lang", language, *asked)
    assert answer.status == 0, answer.err
    headings = Page(Path("r.html").read_text(encoding="utf-8")).headings
    for key in ("around.spread_title", "assurance.title", "attribution.fix_title"):
        assert words.say(key) in headings
    assert words.say("around.fixed_title", households="2") in headings


def test_a_pdf_asks_for_its_extra(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    write_scenario(inside.folder, ONE)
    find = importlib.util.find_spec
    monkeypatch.setattr("scenarios.report.renderers.find_spec", lambda name: None if name == "typst" else find(name))
    answer = inside("report", "scenario.toml", "--to", "r.docx", "--to", "r.pdf", "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert "choucha[pdf]" in answer.err
    assert not Path("r.docx").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--to", "r.doc"), ".html, .docx, .xlsx, .pdf"),
        (("--to", "r"), ".html, .docx, .xlsx, .pdf"),
        (("--to", "r.html", "--to", "r.html"), "r.html"),
        (("--to", "scenario.toml"), ".html, .docx, .xlsx, .pdf"),
        (("--old", "nowhere.json", "--to", "r.html"), "no such file"),
        (("--old", "list.csv", "--to", "r.html"), "list.csv"),
        (("--level", "7", "--to", "r.html"), "--level"),
        (("--what-if", "--to", "r.html", "--json", "r.html"), "r.html"),
    ],
)
def test_what_cannot_be_reported_is_refused_before_the_work(
    arguments: tuple[str, ...], told: str, inside: Inside
) -> None:
    write_scenario(inside.folder, ONE)
    before = sorted(path.name for path in Path().iterdir())
    answer = inside("report", "scenario.toml", "--lang", "en", *arguments)
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert sorted(path.name for path in Path().iterdir()) == before
