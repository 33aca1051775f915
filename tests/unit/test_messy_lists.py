"""Village lists as offices keep them: read whole, with what was done told, or refused with all mistakes by cell."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from sampler.errors import InputError
from scenarios.files.tables import read_county

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))

HEAD = ["乡镇", "村名", "是否偏远", "是否贫困村"]
COUNTS = ["脱贫户数", "脱贫人数", "未脱贫户数", "未脱贫人数", "非建档立卡户数", "非建档立卡人数"]
ROWS: list[list[Any]] = [
    ["云溪镇", "甲村", "否", "是", 10, 29, 1, 2, 20, 61],
    ["云溪镇", "乙村", "否", "否", 8, 25, 0, 0, 22, 70],
    ["石桥乡", "丙村", "是", "否", 9, 27, 2, 5, 1215, 3644],
]
TOTALS = [27, 81, 3, 7, 1257, 3775]


def totals(path: Path) -> list[int]:
    frame = read_county(path).frame
    pairs = zip(frame.group_households.sum(axis=0), frame.group_persons.sum(axis=0), strict=True)
    return [int(count) for pair in pairs for count in pair]


def remarks(path: Path) -> Counter[str]:
    return Counter(remark.code for remark in read_county(path).remarks)


def workbook(path: Path, rows: Sequence[Sequence[Any]], merged: Sequence[tuple[int, int, int, int]] = ()) -> Path:
    """Write one sheet; a merged range takes the value of its first cell."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("名单")
        for first, left, last, right in merged:
            sheet.merge_range(first, left, last, right, rows[first][left])
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if cell is not None and not any(a <= r <= z and b <= c <= y for a, b, z, y in merged):
                    sheet.write(r, c, cell)
    return path


def text(path: Path, rows: Sequence[Sequence[Any]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    lines = [delimiter.join("" if cell is None else str(cell) for cell in row) for row in rows]
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return path


# --- the shipped ones -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["village_list_clean.xlsx", "village_list_gbk.csv", "village_list_messy.xlsx"])
def test_a_list_is_read_whole(name: str) -> None:
    frame = read_county(DATA / name).frame
    assert len(frame.codes) == EXPECTED["villages"]
    assert totals(DATA / name) == EXPECTED["totals"]
    assert int(frame.remote.sum()) == EXPECTED["remote"]
    assert len(set(frame.townships)) == 11
    assert not any(name != name.strip() or "\u3000" in name for name in frame.villages)


def test_what_was_done_to_the_messy_list_is_told() -> None:
    told = {remark.code: remark.fields for remark in read_county(DATA / "village_list_messy.xlsx").remarks}
    assert (told["joined_header"]["first"], told["joined_header"]["last"]) == (3, 4)
    assert told["filled_down"]["count"] == 257 - 11
    assert told["sums_skipped"]["count"] == 12
    assert told["remarks_skipped"] == {
        "file": "village_list_messy.xlsx", "sheet": "附件2 名单", "count": 1, "rows": "274"
    }  # fmt: skip
    assert {"dashes", "units"} <= told.keys()
    assert not read_county(DATA / "village_list_clean.xlsx").remarks


def test_the_broken_list_is_refused_with_all_its_mistakes_by_cell() -> None:
    with pytest.raises(InputError) as refused:
        read_county(DATA / "village_list_broken.xlsx")
    cells = [str(mistake.fields["cell"]) for mistake in refused.value.mistakes]
    assert cells == [cell for cell, _, _ in EXPECTED["broken"]]
    assert [mistake.code for mistake in refused.value.mistakes] == [
        "not_a_number",
        "negative",
        "blank",
        "not_yes_no",
        "fewer_persons_than_households",
        "repeated_village",
    ]


# --- messes of our own -------------------------------------------------------------------------------------


def test_a_title_and_a_unit_above_and_a_signature_below(tmp_path: Path) -> None:
    rows = [["2019 年名单"], ["单位：户、人"], [], [*HEAD, *COUNTS], *ROWS, [], ["填表人：", "审核人："], ["制表日期"]]
    path = workbook(tmp_path / "a.xlsx", rows, [(0, 0, 0, 9)])
    assert totals(path) == TOTALS
    assert remarks(path) == {"remarks_skipped": 1}


def test_headers_joined_without_merged_cells_in_a_gbk_file(tmp_path: Path) -> None:
    upper = [*HEAD, "脱贫户", None, "未脱贫户", None, "非建档立卡户", None]
    lower = [None] * 4 + ["户数", "人口数"] * 3
    path = text(tmp_path / "a.csv", [upper, lower, *ROWS], encoding="gbk")
    assert totals(path) == TOTALS
    assert remarks(path) == {"joined_header": 1}


def test_townships_written_once_without_merged_cells(tmp_path: Path) -> None:
    more = [["云溪镇", f"{name}村", "否", "否", 1, 3, 0, 0, 1, 3] for name in "丁戊己"]
    rows = [*ROWS[:2], *more, ROWS[2]]
    once = [[None if i and row[0] == rows[i - 1][0] else row[0], *row[1:]] for i, row in enumerate(rows)]
    path = text(tmp_path / "a.csv", [[*HEAD, *COUNTS], *once])
    assert list(read_county(path).frame.townships) == ["云溪镇"] * 5 + ["石桥乡"]


def test_a_single_forgotten_township_is_a_mistake(tmp_path: Path) -> None:
    rows = [ROWS[0], [None, *ROWS[1][1:]], ROWS[2]]
    with pytest.raises(InputError, match="blank"):
        read_county(workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *rows]))


def test_full_width_digits_units_commas_and_dashes(tmp_path: Path) -> None:
    rows = [
        ["云溪镇", "甲村", "否", "是", "１０", "29人", "1户", "２人", "20户", "61"],
        ["云溪镇", "乙村　", "否", "否", "8 户", " 25 ", "—", "/", "22", "７０人"],
        ["石桥乡", " 丙村", "√", "×", "9", "27", "2", "5", "1,215", "3，644"],
    ]
    path = workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *rows])
    assert totals(path) == TOTALS
    assert read_county(path).frame.villages == ("甲村", "乙村", "丙村")
    assert {"dashes", "units"} <= set(remarks(path))


def test_sums_between_and_below_the_villages(tmp_path: Path) -> None:
    rows = [
        *ROWS[:2],
        ["小计", None, None, None, 18, 54, 1, 2, 42, 131],
        ROWS[2],
        [None, "小 计", None, None, 9, 27, 2, 5, 1215, 3644],
        ["全县合计", None, None, None, *TOTALS],
    ]
    path = workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *rows])
    assert totals(path) == TOTALS
    assert remarks(path) == {"sums_skipped": 1}


def test_a_sum_that_could_be_a_village_is_refused(tmp_path: Path) -> None:
    rows = [*ROWS, ["合计", "丁村", "否", "否", *TOTALS]]
    with pytest.raises(InputError, match="summary_row"):
        read_county(workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *rows]))


def test_another_sheet_first_and_other_columns_between(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        notes, sheet = book.add_worksheet("填表说明"), book.add_worksheet("Sheet3")
        notes.write(0, 0, "一、乡镇、村名须与公章一致。")
        for r, row in enumerate([[*HEAD, *COUNTS], *ROWS]):
            for c, cell in enumerate([r or "序号", row[0], "备注" if not r else None, *row[1:]]):
                sheet.write(r, c, cell)
    assert totals(path) == TOTALS


def test_a_mark_at_the_beginning_and_tabs(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        assert totals(text(tmp_path / f"{encoding}.txt.csv", [[*HEAD, *COUNTS], *ROWS], encoding, "\t")) == TOTALS


def test_headers_with_line_breaks_brackets_and_spaces(tmp_path: Path) -> None:
    head = ["乡（镇）", "行政村 名称", "是否\n偏远村", "是否贫困村", "脱贫\n户数", "脱贫户 人口", *COUNTS[2:]]
    assert totals(workbook(tmp_path / "a.xlsx", [head, *ROWS])) == TOTALS


def test_a_vertical_merge_of_every_plain_header(tmp_path: Path) -> None:
    rows = [
        [*HEAD, "脱贫", None, "未脱贫", None, "非建档立卡", None],
        [None] * 4 + ["户数", "人数"] * 3,
        *ROWS,
    ]
    merged = [*((0, c, 1, c) for c in range(4)), *((0, c, 0, c + 1) for c in (4, 6, 8)), (2, 0, 3, 0)]
    path = workbook(tmp_path / "a.xlsx", rows, merged)
    assert totals(path) == TOTALS
    assert remarks(path) == {"joined_header": 1, "filled_down": 1}


def test_a_long_remark_in_the_middle_of_the_list(tmp_path: Path) -> None:
    rows = [ROWS[0], ["以下为易地搬迁集中安置点所在的行政村，数据截至六月底"], *ROWS[1:]]
    path = workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *rows])
    assert totals(path) == TOTALS
    assert remarks(path) == {"remarks_skipped": 1}


def test_what_only_looks_like_a_number_is_refused(tmp_path: Path) -> None:
    cells = {
        "1,23": "not_a_number",
        "12.5％": "not_a_number",
        "500%": "not_a_number",
        "61①": "not_a_number",
        "6²": "not_a_number",
        "约30户": "not_a_number",
        "户": "not_a_number",
    }
    for cell, code in cells.items():
        rows = [[*ROWS[0][:4], cell, *ROWS[0][5:]], *ROWS[1:]]
        with pytest.raises(InputError) as refused:
            read_county(workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *rows]))
        assert (refused.value.mistakes[0].code, refused.value.mistakes[0].fields["cell"]) == (code, "E2")


# --- abuse ---------------------------------------------------------------------------------------------------


def refused_within(path: Path, megabytes: int) -> str:
    """Read a file in a process of its own whose memory is limited, and return the code of its refusal."""
    program = """if True:
        import resource, sys
        from pathlib import Path
        from sampler.errors import InputError
        from scenarios.files.tables import read_county
        import numpy
        more = int(sys.argv[2]) * 1_000_000
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (used + more, used + more))
        try:
            read_county(Path(sys.argv[1]))
        except InputError as error:
            print(error.mistakes[0].code)
    """
    arguments = [sys.executable, "-c", program, str(path), str(megabytes)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_a_workbook_that_unpacks_to_a_great_deal_is_refused_unread(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *ROWS])
    with ZipFile(path, "a", ZIP_DEFLATED) as packed, packed.open("xl/worksheets/sheet9.xml", "w") as part:
        for _ in range(300):
            part.write(bytes(1_000_000))
    assert path.stat().st_size < 1_000_000
    assert refused_within(path, 200) == "unpacked_too_large"


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *ROWS]).read_bytes()
    contents = {
        "cut.xlsx": whole[: len(whole) // 2],
        "picture.xlsx": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "locked.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000),  # how a workbook with a password begins
        "empty.zip.xlsx": b"PK\x05\x06" + bytes(18),
        "text.xlsx": "这不是表格".encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError) as refused:
            read_county(tmp_path / name)
        assert refused.value.mistakes[0].code in {"not_a_table", "no_header", "wrong_encoding"}, name


def test_script_and_formula_in_a_name_are_text(tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>村", "=HYPERLINK(1)村", "丙村"]
    rows = [[row[0], name, *row[2:]] for row, name in zip(ROWS, names, strict=True)]
    path = text(tmp_path / "a.csv", [[*HEAD, *COUNTS], *rows])
    assert read_county(path).frame.villages == tuple(names)


@pytest.mark.parametrize("name", ["big.csv", "big.xlsx"])
def test_a_file_of_more_than_50_megabytes_is_refused_unread(name: str, tmp_path: Path) -> None:
    with (tmp_path / name).open("wb") as file:
        file.write(b"PK\x03\x04" if name.endswith("xlsx") else "乡镇,村名".encode())
        file.truncate(50_000_001)
    assert refused_within(tmp_path / name, 20) == "file_too_large"


def repacked(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """Change a part of a workbook into what nobody would write."""
    with ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new, 1)
    with ZipFile(path, "w", ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("rows", "after", "code"),
    [
        ('<row r="20000"><c r="XFD20000"><v>1</v></c></row>', "", "cells_too_many"),
        ('<row r="6"><c r="ZZZZZZZ6"><v>1</v></c></row>', "", "cells_too_many"),
        ('<row r="9"><c r="A99999999999999999999"><v>1</v></c></row>', "", "cells_too_many"),
        ("<row><c><v>1</v></c></row>" * 4_100_000, "", "cells_too_many"),
        ("", "<mergeCells>" + '<mergeCell ref="A1:A1048576"/>' * 20 + "</mergeCells>", "merged_too_many"),
        ("", '<mergeCells><mergeCell ref="A1:A4294967295"/></mergeCells>', "merged_too_many"),
    ],
    ids=["far", "farther", "farthest", "many", "merged", "merged far"],
)
def test_a_small_workbook_that_wants_much_memory_is_refused(rows: str, after: str, code: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *ROWS])
    repacked(path, "xl/worksheets/sheet1.xml", b"</sheetData>", f"{rows}</sheetData>{after}".encode())
    assert refused_within(path, 300) == code


def test_a_long_text_that_many_cells_share_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *ROWS])
    repacked(path, "xl/sharedStrings.xml", b"<si><t>", b"<si><t>" + "长".encode() * 1_000_000)
    assert refused_within(path, 200) == "text_too_long"


def test_rows_without_end_are_refused(tmp_path: Path) -> None:
    head = ",".join([*HEAD, *COUNTS]) + "\n"
    record = "镇,村,否,否" + ",1" * len(COUNTS) + "\n"
    for name, body, code in (
        ("empty.csv", "\n" * 5_000_000, "cells_too_many"),
        ("wide.csv", "," * 5_000_000, "cells_too_many"),
        ("many.csv", record * 25_000, "too_many_rows"),
    ):
        (tmp_path / name).write_text(head + body, encoding="utf-8")
        assert refused_within(tmp_path / name, 800) == code


def test_a_county_larger_than_any_is_refused(tmp_path: Path) -> None:
    rows = [[*row[:4], *([9_000_000] * len(COUNTS))] for row in ROWS]
    assert refused_within(text(tmp_path / "a.csv", [[*HEAD, *COUNTS], *rows]), 200) == "county_too_large"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e308])
def test_what_is_no_place_is_refused(value: float, tmp_path: Path) -> None:
    rows = [[*row, value] for row in ROWS]
    with pytest.raises(InputError) as refused:
        read_county(text(tmp_path / "a.csv", [[*HEAD, *COUNTS, "距县城公里"], *rows]))
    assert refused.value.mistakes[0].code in {"not_a_number", "too_many"}


def test_a_header_on_every_page_is_left_out_and_told(tmp_path: Path) -> None:
    head = [*HEAD, *COUNTS]
    county = read_county(workbook(tmp_path / "a.xlsx", [head, ROWS[0], head, *ROWS[1:]]))
    assert len(county.frame.codes) == len(ROWS)
    assert [(each.code, each.fields["rows"]) for each in county.remarks] == [("headers_skipped", "3")]


def test_invisible_marks_in_a_number_are_no_part_of_it(tmp_path: Path) -> None:
    rows = [[*ROWS[0][:4], f"{ROWS[0][4]}\u200b", *ROWS[0][5:]], *ROWS[1:]]
    plain = read_county(workbook(tmp_path / "a.xlsx", [[*HEAD, *COUNTS], *ROWS]))
    marked = read_county(workbook(tmp_path / "b.xlsx", [[*HEAD, *COUNTS], *rows]))
    assert (marked.frame.group_households == plain.frame.group_households).all()


def test_another_sheet_that_looks_like_a_list_is_told(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        for name in ("甲镇", "乙镇", "样例"):
            page = book.add_worksheet(name)
            for n, row in enumerate([[*HEAD, *COUNTS], *ROWS]):
                page.write_row(n, 0, row)
    (remark,) = read_county(tmp_path / "a.xlsx").remarks
    assert (remark.code, remark.fields["sheet"], remark.fields["sheets"]) == ("other_lists", "甲镇", "“乙镇”")
