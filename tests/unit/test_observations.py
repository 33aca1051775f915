"""Results of an evaluation: what is written is read again, sizes and weights mean one thing, headers are bilingual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import even_county, policies, small_frames

from estimators.estimate import estimate
from sampler.draws import Draws, Observations, Tally, draw, observe, tally
from sampler.errors import InputError
from sampler.frame import EXITED, GROUPS, REMAINING, UNREGISTERED, Frame
from sampler.plan import Plan
from scenarios.files.columns import OBSERVATION_COLUMNS, in_language, normalised
from scenarios.files.observations import Results, read_results
from scenarios.files.results_table import observations_table, write_observations

HEADER = (
    "stratum,village_code,household_id,group,persons,wrong_persons,approves,weight,stratum_villages,group_households"
)
# Two of four ordinary villages and one of two remote ones, read by hand.
BODY = """
remote,B1,b1,exited,3,1,1,,2,11
ordinary,A2,a3,unregistered,4,2,0,,4,22
ordinary,A1,a1,exited,2,0,1,,4,10
ordinary,A1,a2,exited,5,0,1,,,
"""
LIST = """
village_code,village,township,remote,poor_village,exited_households,exited_persons,remaining_households,remaining_persons,unregistered_households,unregistered_persons
A0,东湾村,云岫镇,0,1,10,29,0,0,20,61
A1,南沟村,云岫镇,0,0,10,27,0,0,18,55
A2,西坡村,云岫镇,0,0,8,25,1,2,22,70
A3,北岭村,石泉乡,0,1,12,35,2,5,25,80
B1,高峰村,石泉乡,1,1,11,33,1,1,15,44
B2,深谷村,石泉乡,1,0,7,20,0,0,16,50
"""


def read(folder: Path, text: str, village_list: str = "", encoding: str = "utf-8") -> Results:
    """Return what a results file of this text holds, perhaps with a village list beside it."""
    path, listed = folder / "results.csv", folder / "list.csv"
    path.write_text(text.lstrip("\n"), encoding=encoding)
    listed.write_text(village_list.lstrip("\n"), encoding="utf-8")
    return read_results(path, village_list=listed if village_list else None)


def without(column: str, text: str = HEADER + BODY) -> str:
    """Return a table without one of its columns."""
    rows = [line.split(",") for line in text.split("\n") if line]
    at = rows[0].index(column)
    return "\n".join(",".join(row[:at] + row[at + 1 :]) for row in rows)


# --- what the arrays say --------------------------------------------------------------------------


def test_columns_stand_by_stratum_and_rows_as_in_the_file(tmp_path: Path) -> None:
    results = read(tmp_path, HEADER + BODY)
    seen = results.observations
    assert (results.codes, results.strata, results.frame) == (("A2", "A1", "B1"), ("ordinary", "remote"), None)
    assert seen.villages.tolist() == [[0, 1, 2]]
    assert seen.stratum.tolist() == [0, 0, 1]
    assert seen.stratum_sizes.tolist() == [4, 2]
    assert seen.slot.tolist() == [2, 0, 1, 1]
    assert seen.group.tolist() == [EXITED, UNREGISTERED, EXITED, EXITED]
    assert (seen.persons.tolist(), seen.wrong_persons.tolist()) == ([3, 4, 2, 5], [1, 2, 0, 0])
    assert seen.approves.tolist() == [True, False, True, True]
    assert seen.replicate.tolist() == [0] * 4
    # One row that states a size is enough; groups without a row are not known.
    assert seen.block_sizes.tolist() == [[[0, 0, 22], [10, 0, 0], [11, 0, 0]]]


def test_with_a_village_list_villages_are_the_lists_and_no_size_is_unknown(tmp_path: Path) -> None:
    text = without("group_households", without("stratum_villages"))
    results = read(tmp_path, text, LIST)
    seen = results.observations
    assert results.codes == ("A0", "A1", "A2", "A3", "B1", "B2")
    assert seen.villages.tolist() == [[2, 1, 4]]
    assert seen.stratum_sizes.tolist() == [4, 2]
    assert seen.block_sizes.tolist() == [[[8, 1, 22], [10, 0, 18], [11, 1, 15]]]
    assert results.frame is not None
    assert results.frame.group_persons.sum() == 537


def test_the_list_gives_the_strata_where_the_results_tell_of_none(tmp_path: Path) -> None:
    for text in (without("stratum"), HEADER + BODY.replace("ordinary,", ",").replace("remote,", ",")):
        results = read(tmp_path, text, LIST)
        assert results.strata == ("ordinary", "remote")
        assert results.observations.stratum.tolist() == [0, 0, 1]


def test_without_list_and_strata_there_is_one_stratum(tmp_path: Path) -> None:
    results = read(tmp_path, without("stratum_villages", without("stratum")))
    assert (results.strata, results.observations.stratum_sizes.tolist()) == (("all",), [0])
    assert results.observations.stratum.tolist() == [0, 0, 0]


def test_a_county_that_was_not_stratified_says_so_with_its_list(tmp_path: Path) -> None:
    text = without("stratum_villages").replace("ordinary,", "全县,").replace("remote,", "全县,")
    results = read(tmp_path, text, LIST)
    assert (results.strata, results.observations.stratum_sizes.tolist()) == (("all",), [6])


def test_own_strata_keep_their_names_and_their_stated_sizes(tmp_path: Path) -> None:
    text = HEADER + BODY.replace("ordinary,", "山下,").replace("remote,", "山上,")
    for village_list in ("", LIST):
        results = read(tmp_path, text, village_list)
        assert results.strata == ("山上", "山下")
        assert results.observations.stratum.tolist() == [0, 1, 1]
        assert results.observations.stratum_sizes.tolist() == [2, 4]
    no_sizes = read(tmp_path, without("stratum_villages", text), LIST)
    assert no_sizes.observations.stratum_sizes.tolist() == [0, 0]
    # Beside names of one's own, "ordinary" is one of them and need not be the list's.
    mixed = read(tmp_path, HEADER + BODY.replace("ordinary,A2", "remote,A2").replace("remote,B1", "山上,B1"), LIST)
    assert mixed.strata == ("山上", "remote", "ordinary")


def test_a_stratum_of_the_list_in_which_nobody_was_visited_belongs_to_the_county(tmp_path: Path) -> None:
    text = "\n".join(line for line in (HEADER + BODY).split("\n") if "B1" not in line)
    results = read(tmp_path, text, LIST)
    assert (results.strata, results.observations.stratum_sizes.tolist()) == (("ordinary", "remote"), [4, 2])
    assert read(tmp_path, text).strata == ("ordinary",)


# --- villages by code or by name ------------------------------------------------------------------


NAMES = {"A1": "云岫镇,南沟村", "A2": "云岫镇,西坡村", "B1": "石泉乡,高峰村"}


def by_name(text: str = HEADER + BODY, *, codes: bool = False) -> str:
    """Return results with township and village, in place of the code or after it."""
    text = text.replace("village_code", f"{'village_code,' * codes}township,village")
    for code, name in NAMES.items():
        text = text.replace(f"{code},", f"{code},{name}," if codes else f"{name},")
    return text


def test_townships_and_names_serve_where_the_results_have_no_codes(tmp_path: Path) -> None:
    for village_list in (LIST, without("village_code", LIST)):
        results = read(tmp_path, by_name(), village_list)
        assert_same(results.observations, read(tmp_path, HEADER + BODY, LIST).observations)
    assert read(tmp_path, by_name(), LIST).codes == ("A0", "A1", "A2", "A3", "B1", "B2")


def test_without_a_list_a_village_is_its_township_and_its_name(tmp_path: Path) -> None:
    results = read(tmp_path, by_name())
    assert_same(results.observations, read(tmp_path, HEADER + BODY).observations)
    assert results.codes == ("云岫镇 西坡村", "云岫镇 南沟村", "石泉乡 高峰村")
    # The same name in another township is another village.
    other = read(tmp_path, by_name().replace("云岫镇,西坡村", "石泉乡,南沟村"))
    assert other.codes == ("石泉乡 南沟村", "云岫镇 南沟村", "石泉乡 高峰村")


def test_codes_go_before_names_where_both_tables_have_them(tmp_path: Path) -> None:
    results = read(tmp_path, by_name(codes=True), LIST)
    assert_same(results.observations, read(tmp_path, HEADER + BODY, LIST).observations)
    # A list that spells the villages of two codes the other way round is told, not followed.
    text = without("group_households", by_name(codes=True))
    swapped = LIST.replace("A1,", "A9,").replace("A2,", "A1,").replace("A9,", "A2,")
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, swapped)
    assert [mistake.code for mistake in caught.value.mistakes] == ["name_not_listed"] * 2


def test_names_need_not_stand_beside_every_code(tmp_path: Path) -> None:
    some = by_name(codes=True).replace("A1,云岫镇,南沟村", "A1,,").replace("B1,石泉乡,", "B1,,")
    assert_same(read(tmp_path, some, LIST).observations, read(tmp_path, HEADER + BODY, LIST).observations)


def test_a_column_of_codes_that_is_blank_is_none(tmp_path: Path) -> None:
    blank = by_name(codes=True)
    for code in NAMES:
        blank = blank.replace(f"{code},", ",")
    assert_same(read(tmp_path, blank, LIST).observations, read(tmp_path, HEADER + BODY, LIST).observations)


def test_codes_of_the_results_are_not_matched_with_a_list_without_codes(tmp_path: Path) -> None:
    """Neither with the rows of the list nor with the names that its villages go by."""
    listed = without("village_code", LIST)
    for codes in (("V0004", "V0003", "V0006"), ("云岫镇 西坡村", "云岫镇 南沟村", "石泉乡 高峰村")):
        text = HEADER + BODY
        for code, other in zip(("A2", "A1", "B1"), codes, strict=True):
            text = text.replace(f"{code},", f"{other},")
        with pytest.raises(InputError) as caught:
            read(tmp_path, text, listed)
        assert [mistake.code for mistake in caught.value.mistakes] == ["codes_not_listed"]


@pytest.mark.parametrize("codes", [False, True])
def test_rows_put_into_a_list_without_codes_change_nothing(codes: bool, tmp_path: Path) -> None:
    text = without("stratum_villages", by_name(codes=codes))
    lines = without("village_code", LIST).split("\n")
    before = read(tmp_path, text, "\n".join(lines))
    new = "古渡村,云岫镇,0,0,9,27,0,0,18,55"
    for changed, villages in (
        (["某县村名单", "", *lines], 4),  # a title above
        ([lines[0], new, *lines[1:]], 5),
        ([lines[0], *reversed(lines[1:])], 4),
    ):
        after = read(tmp_path, text, "\n".join(changed))
        assert_same(after.observations, before.observations, but=("villages", "stratum_sizes"))
        assert after.observations.stratum_sizes.tolist() == [villages, 2]
        drawn = [
            [results.codes[village] for village in results.observations.villages[0]] for results in (before, after)
        ]
        assert drawn[0] == drawn[1] == ["云岫镇 西坡村", "云岫镇 南沟村", "石泉乡 高峰村"]


def test_words_of_offices(tmp_path: Path) -> None:
    text = by_name().replace("approves", "是否认可")
    for words in (
        {"exited": "已脱贫户", "unregistered": "非贫困户（非建档立卡）"},
        {"exited": "已脱贫", "unregistered": "一般农户"},
        {"exited": "脱贫", "unregistered": "非贫困户"},
    ):
        said = text
        for group, word in words.items():
            said = said.replace(f"{group},", f"{word},")
        for row in range(1, 5):
            cells = (lines := said.split("\n"))[row].split(",")
            cells[7] = {"1": "认可", "0": "不认可"}.get(cells[7], cells[7])
            said = "\n".join([*lines[:row], ",".join(cells), *lines[row + 1 :]])
        assert said.count("认可,") == 4 + 1
        assert_same(read(tmp_path, said, LIST).observations, read(tmp_path, HEADER + BODY, LIST).observations)


# --- weights --------------------------------------------------------------------------------------


def weighted(*weights: str) -> str:
    lines = BODY.strip().split("\n")
    return "\n".join([HEADER, *(line.replace(",,", f",{w},", 1) for line, w in zip(lines, weights, strict=True))])


# 2/1 x 11/1, 4/2 x 22/1, and 4/2 x 10/2 twice
RIGHT = ("22", "44", "10", "10")


def test_weights_that_follow_from_the_sizes_are_taken(tmp_path: Path) -> None:
    for village_list in ("", LIST):
        assert read(tmp_path, weighted(*RIGHT), village_list).weights == pytest.approx([22, 44, 10, 10])
    rounded = read(tmp_path, weighted("22.1", "43.8", "9.96", "10"))
    assert rounded.weights == pytest.approx([22.1, 43.8, 9.96, 10])


def test_weights_that_do_not_are_one_mistake_with_the_first_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, weighted("22", "44.3", "10", "10.06"))
    (mistake,) = caught.value.mistakes
    assert mistake.code == "weight_disagrees"
    told = {name: mistake.fields[name] for name in ("row", "cell", "found", "allowed", "count", "rows")}
    assert told == {"row": 3, "cell": "H3", "found": "44.3", "allowed": "44", "count": 2, "rows": "3, 5"}


def test_weights_whose_sizes_are_not_known_are_kept_as_they_are(tmp_path: Path) -> None:
    for unknown in ("stratum_villages", "group_households"):
        results = read(tmp_path, without(unknown, weighted("1", "2.5", "3", "4")))
        assert results.weights == pytest.approx([1, 2.5, 3, 4])


def test_no_weights_is_none(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER + BODY).weights is None
    assert read(tmp_path, without("weight")).weights is None


# --- files ----------------------------------------------------------------------------------------


CHINESE = """抽样层,村代码,户编号,户类,人数,错退漏评人数,是否认可,权数,本层村数,该类户数,复核人数
偏远,B1,b1,脱贫户,３,1,是,,2,11,3
普通村,A2,a3,非建档立卡户,4,2,否,,4,22,4
普通,A1,a1,脱贫,2,0,√,,4,10,2
普通层,A1,a2,脱贫户,5,0,是,,4,10,5
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_chinese_headers_and_words_in_the_encodings_of_offices(encoding: str, tmp_path: Path) -> None:
    results = read(tmp_path, CHINESE, encoding=encoding)
    assert_same(results.observations, read(tmp_path, HEADER + BODY).observations)
    assert results.ignored == ("复核人数",)


def test_columns_about_rechecks_are_named_and_not_read(tmp_path: Path) -> None:
    lines = (HEADER + BODY).strip().split("\n")
    text = "\n".join([lines[0] + ",recheck_persons,note,Recheck_wrong", *(line + ",x,y,z" for line in lines[1:])])
    results = read(tmp_path, text)
    assert results.ignored == ("recheck_persons", "Recheck_wrong")
    assert_same(results.observations, read(tmp_path, HEADER + BODY).observations)


def test_optional_columns_may_be_left_out(tmp_path: Path) -> None:
    for column in ("household_id", "weight", "stratum_villages", "group_households"):
        assert len(read(tmp_path, without(column)).observations.slot) == 4


def cells(text: str) -> list[list[str | int]]:
    return [[int(c) if c.isdigit() else c for c in line.split(",")] for line in text.strip().split("\n")]


def workbook(path: Path, sheets: dict[str, list[list[str | int]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                sheet.write_row(r, 0, row)
    return path


@pytest.mark.parametrize("names", [["村名单", "入户"], ["入户", "村名单"]])
def test_results_and_list_in_one_workbook_are_told_apart_by_their_headers(names: list[str], tmp_path: Path) -> None:
    tables = {"村名单": cells(without("village_code", LIST)), "入户": cells(by_name())}
    path = workbook(tmp_path / "book.xlsx", {name: tables[name] for name in names})
    results = read_results(path, village_list=path)
    assert_same(results.observations, read(tmp_path, HEADER + BODY, LIST).observations)


@pytest.mark.parametrize("name", ["observations", "观测", "入户结果", "Sheet9"])
def test_a_workbook_may_hold_the_list_beside_the_results(name: str, tmp_path: Path) -> None:
    titled = [["某县入户结果"], [], *cells(HEADER + BODY)]
    path = workbook(tmp_path / "book.xlsx", {"说明": [["说明"]], "villages": cells(LIST), name: titled})
    results = read_results(path)
    assert results.codes == ("A0", "A1", "A2", "A3", "B1", "B2")
    assert_same(results.observations, read(tmp_path, HEADER + BODY, LIST).observations)


def test_the_sheet_with_a_telling_name_goes_first(tmp_path: Path) -> None:
    other = cells(HEADER + BODY)[:2]
    path = workbook(tmp_path / "book.xlsx", {"Sheet1": other, "观测": cells(HEADER + BODY)})
    assert len(read_results(path).observations.slot) == 4
    # A household table has most of the columns and is none of results.
    path = workbook(tmp_path / "book.xlsx", {"households": other, "Sheet1": cells(HEADER + BODY)})
    assert len(read_results(path).observations.slot) == 4


def test_a_list_that_is_named_goes_before_the_one_beside(tmp_path: Path) -> None:
    short = [row for row in cells(LIST) if row[0] not in ("A0", "A3", "B2")]
    text = without("stratum_villages")
    path = workbook(tmp_path / "book.xlsx", {"observations": cells(text), "villages": short})
    (tmp_path / "list.csv").write_text(LIST.lstrip(), encoding="utf-8")
    assert read_results(path).observations.stratum_sizes.tolist() == [2, 1]
    named = read_results(path, village_list=tmp_path / "list.csv")
    assert named.observations.stratum_sizes.tolist() == [4, 2]


def test_no_header_of_the_table_means_two_columns() -> None:
    headers = [header for column in OBSERVATION_COLUMNS.values() for header in set(map(normalised, column.headers))]
    assert len(headers) == len(set(headers))


# --- what is written is read ----------------------------------------------------------------------


def assert_same(one: Any, other: Any, *, but: Sequence[str] = ()) -> None:
    """Compare two records of arrays."""
    for field in fields(one):
        if field.name not in but:
            left, right = getattr(one, field.name), getattr(other, field.name)
            if not isinstance(left, np.ndarray):
                assert left == right, field.name
                continue
            assert left.dtype == right.dtype, field.name
            assert np.array_equal(left, right), field.name


@st.composite
def inspections(draw_from: st.DrawFn) -> tuple[Frame, tuple[str, ...], Draws, Observations]:
    """Return one inspection of a small county, each drawn village with a visited household."""
    frame = draw_from(small_frames())
    sizes = {"ordinary": int((~frame.remote).sum()), "remote": int(frame.remote.sum())}
    villages = {name: draw_from(st.integers(min(size, 1), size)) for name, size in sizes.items()}
    plan = Plan(villages=villages, take={group: draw_from(st.integers(0, 4)) for group in GROUPS})
    draws = draw(frame, plan, seed=draw_from(st.integers(0, 99)), replicates=np.arange(1, dtype=np.int64))
    assume(len(np.unique(draws.slot)) == draws.villages.shape[1])
    rng = np.random.default_rng(draw_from(st.integers(0, 99)))
    wrong = rng.integers(0, frame.household_persons + 1) * (rng.random(len(frame.household_persons)) < 0.3)
    wrong[frame.household_group == REMAINING] = 0
    approves = rng.random(len(wrong)) < 0.8
    strata = tuple(stratum.name for stratum in plan.strata(frame))
    return frame, strata, draws, observe(draws, frame, wrong, approves)


def estimates(of: Tally, frame: Frame, weighting: Any, variance: Any) -> dict[str, Any]:
    found = estimate(
        of,
        policies(),
        group_persons=frame.group_persons.sum(axis=0),
        weighting=weighting,
        variance=variance,
        lonely="adjust",
    )
    return {f"{name} {part}": value for name, one in found.items() for part, value in vars(one).items()}


@given(inspections(), st.sampled_from(["zh", "en"]))
def test_what_is_written_is_read_again(made: tuple[Frame, tuple[str, ...], Draws, Observations], language: str) -> None:
    frame, strata, draws, seen = made
    with TemporaryDirectory() as folder:
        path, listed = Path(folder) / "new" / "results.csv", Path(folder) / "list.csv"
        write_observations(path, seen, frame=frame, strata=strata, households=draws.households, language=language)
        frame.to_frame().to_csv(listed, index=False)
        with_list, alone = read_results(path, village_list=listed), read_results(path)
    assert with_list.strata == alone.strata == strata
    assert with_list.codes == frame.codes
    assert_same(with_list.observations, seen)
    assert_same(alone.observations, seen, but=("villages", "block_sizes"))
    assert alone.codes == tuple(frame.codes[village] for village in seen.villages[0])
    # Without a list only the blocks somebody was visited in are known.
    visited = tally(seen).moments[..., 0] > 0
    assert np.array_equal(alone.observations.block_sizes, np.where(visited, seen.block_sizes, 0))
    assert np.array_equal(tally(alone.observations).moments, tally(seen).moments)
    for weighting in ("raw", "weighted"):
        for variance in ("ultimate_cluster", "two_stage"):
            whole = estimates(tally(seen), frame, weighting, variance)
            for again in (with_list, alone):
                for name, value in estimates(tally(again.observations), frame, weighting, variance).items():
                    np.testing.assert_array_equal(value, whole[name], err_msg=name)


@given(inspections(), st.sampled_from(["zh", "en"]), st.sampled_from(["", "village_code", "names"]))
def test_what_is_written_is_read_with_a_list_without_codes(
    made: tuple[Frame, tuple[str, ...], Draws, Observations], language: str, left_out: str
) -> None:
    frame, strata, draws, seen = made
    names = tuple(f"a township {village}" for village in frame.villages)
    uncoded = Frame(**vars(frame) | {"codes": names})
    gone = {"": (), "names": ("township", "village")}.get(left_out, (left_out,))
    headers = {in_language({name: []}, OBSERVATION_COLUMNS, language)[0][0] for name in gone}
    header, rows = observations_table(
        seen, frame=uncoded, strata=strata, households=draws.households, language=language
    )
    keep = [i for i, name in enumerate(header) if name not in headers]
    text = "\n".join(",".join("" if row[i] is None else str(row[i]) for i in keep) for row in [header, *rows])
    with TemporaryDirectory() as folder:
        path, listed = Path(folder) / "results.csv", Path(folder) / "list.csv"
        path.write_text(text, encoding="utf-8")
        frame.to_frame().drop(columns="village_code").to_csv(listed, index=False)
        alone = read_results(path)
        if left_out == "names":
            with pytest.raises(InputError):
                read_results(path, village_list=listed)
        else:
            with_list = read_results(path, village_list=listed)
            assert with_list.codes == names
            assert_same(with_list.observations, seen)
    assert_same(alone.observations, seen, but=("villages", "block_sizes"))
    assert alone.codes == tuple(names[village] for village in seen.villages[0])


@given(inspections())
def test_written_weights_weigh_as_the_sizes_do(made: tuple[Frame, tuple[str, ...], Draws, Observations]) -> None:
    frame, strata, draws, seen = made
    assume(len(seen.slot) > 0)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "results.csv"
        write_observations(path, seen, frame=frame, strata=strata, households=draws.households, language="en")
        weights = read_results(path).weights
    assert weights is not None
    moments = tally(seen).moments
    drawn = np.bincount(seen.stratum)[seen.stratum]
    for i, (j, g) in enumerate(zip(seen.slot, seen.group, strict=True)):
        expected = seen.stratum_sizes[seen.stratum[j]] / drawn[j] * seen.block_sizes[0, j, g] / moments[0, j, g, 0]
        assert weights[i] == pytest.approx(expected, rel=1e-6)


def inspection(villages: int = 2) -> tuple[Frame, Draws, Observations]:
    frame = even_county(4, 0, households=5, persons=15)
    plan = Plan(villages={"ordinary": villages, "remote": 0}, take={"exited": 2, "remaining": 1, "unregistered": 5})
    draws = draw(frame, plan, seed=3, replicates=np.arange(1, dtype=np.int64))
    nobody = np.zeros(len(frame.household_persons), dtype=np.int64)
    return frame, draws, observe(draws, frame, nobody, nobody == 0)


def test_households_are_called_by_village_group_and_number() -> None:
    frame, draws, seen = inspection()
    _, rows = observations_table(seen, frame=frame, strata=["ordinary"], households=draws.households, language="en")
    names = [str(row[4]) for row in rows]
    assert len(set(names)) == len(names) == 16
    village = frame.codes[seen.villages[0, 0]]
    assert {name for name in names if name.startswith(f"{village}-U")} == {f"{village}-U{k}" for k in range(1, 6)}
    numbers = draws.households - frame.offsets[3 * seen.villages[0][seen.slot] + seen.group] + 1
    places = zip(frame.codes, frame.townships, frame.villages, strict=True)
    assert {tuple(row[1:4]) for row in rows} <= set(places)
    assert names == [
        f"{frame.codes[seen.villages[0, j]]}-{'ERU'[g]}{k}"
        for j, g, k in zip(seen.slot, seen.group, numbers, strict=True)
    ]


def test_each_language_writes_its_own_words_and_a_mark_for_excel(tmp_path: Path) -> None:
    frame, draws, seen = inspection()
    path = tmp_path / "results.csv"
    for language, header, words in (
        (
            "en",
            HEADER.replace("household_id", "township,village,household_id"),
            ["ordinary", "exited", "remaining", "unregistered"],
        ),
        (
            "zh",
            "层,村编码,乡镇,村名,户编号,户类,人数,错误人数,认可,权数,本层村数,该类户数",
            ["普通", "脱贫户", "未脱贫户", "非建档立卡户", "是"],
        ),
    ):
        write_observations(path, seen, frame=frame, strata=["ordinary"], households=draws.households, language=language)
        content = path.read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        first, rest = content.decode("utf-8-sig").split("\r\n", 1)
        assert first == header
        assert all(f"{word}," in rest for word in words)


def test_sizes_that_are_not_known_are_left_blank() -> None:
    frame, draws, seen = inspection()
    unknown = Observations(**vars(seen) | {"stratum_sizes": np.array([0]), "block_sizes": seen.block_sizes * 0})
    for observations, sizes in ((seen, (4, 5)), (unknown, (None, None))):
        _, rows = observations_table(
            observations, frame=frame, strata=["ordinary"], households=draws.households, language="en"
        )
        assert tuple(rows[0][10:]) == sizes
        assert rows[0][9] == (None if sizes[0] is None else 4 / 2 * 5 / 2)


def test_the_writer_refuses_what_it_cannot_show(tmp_path: Path) -> None:
    frame, draws, seen = inspection()
    given_to = {"frame": frame, "strata": ["ordinary"], "language": "en"}
    with pytest.raises(InputError) as caught:
        write_observations(tmp_path / "results.xlsx", seen, households=draws.households, **given_to)
    assert [mistake.code for mistake in caught.value.mistakes] == ["results_suffix"]
    few = seen.slot == 0
    rows = ("replicate", "slot", "block", "persons", "wrong_persons", "approves")
    first = Observations(**vars(seen) | {name: getattr(seen, name)[few] for name in rows})
    with pytest.raises(InputError) as caught:
        write_observations(tmp_path / "results.csv", first, households=draws.households[few], **given_to)
    assert [mistake.code for mistake in caught.value.mistakes] == ["village_not_visited"]
    assert caught.value.mistakes[0].fields["found"] == frame.codes[seen.villages[0, 1]]
    twice = Observations(**vars(seen) | {"villages": np.repeat(seen.villages, 2, axis=0)})
    with pytest.raises(ValueError, match="one inspection"):
        write_observations(tmp_path / "results.csv", twice, households=draws.households, **given_to)
    assert list(tmp_path.iterdir()) == []
