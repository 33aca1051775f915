"""Village lists as offices keep them are read whole, whichever form they come in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sampler.errors import InputError
from scenarios.files.columns import VILLAGE_COLUMNS, normalised
from scenarios.files.scenario_file import load_scenario
from scenarios.files.tables import read_county

DATA = Path(__file__).parents[1] / "data"
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["village_list_clean.xlsx", "village_list_gbk.csv"])
def test_an_offices_list_is_read_whole(name: str) -> None:
    frame = load_scenario(str(DATA / name)).scenario.frame
    households, persons = frame.group_households.sum(axis=0), frame.group_persons.sum(axis=0)
    assert len(frame.codes) == EXPECTED["villages"]
    assert np.stack([households, persons], axis=1).ravel().tolist() == EXPECTED["totals"]
    assert frame.remote.sum() == EXPECTED["remote"]
    assert frame.distance_km is not None
    assert not frame.synthetic


def test_workbook_and_csv_give_the_same_scenario() -> None:
    one, other = (load_scenario(str(DATA / f"village_list_{name}")) for name in ("clean.xlsx", "gbk.csv"))
    assert one.scenario.digest == other.scenario.digest


HEADER = "乡镇,村名,偏远,贫困村,脱贫户数,脱贫人口数,未脱贫户数,未脱贫人口数,非建档立卡户数,非建档立卡人口数"
ROWS = ["云岫镇,东湾村,否,是,10,29,0,0,20,61", "石泉乡,东湾村,是,否,7,20,1,2,16,50"]


def written(folder: Path, lines: list[str]) -> Path:
    path = folder / "list.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_villages_without_codes_go_by_their_names_in_whatever_row_they_stand(tmp_path: Path) -> None:
    plain = read_county(written(tmp_path, [HEADER, *ROWS]))
    assert plain.frame.codes == ("云岫镇 东湾村", "石泉乡 东湾村")
    assert not plain.codes_listed
    lower = read_county(written(tmp_path, ["某县村名单", "", HEADER, "", *ROWS]))
    assert lower.frame.codes == plain.frame.codes
    coded = read_county(written(tmp_path, [f"村编码,{HEADER}", *(f"{i},{row}" for i, row in enumerate(ROWS))]))
    assert (coded.frame.codes, coded.codes_listed) == (("0", "1"), True)


def test_persons_have_the_headers_that_offices_give_them(tmp_path: Path) -> None:
    expected = read_county(written(tmp_path, [HEADER, *ROWS])).frame.group_persons.tolist()
    assert expected == [[29, 0, 61], [20, 2, 50]]
    for word in ("人数", "人口", "户人口数"):
        path = written(tmp_path, [HEADER.replace("人口数", word), *ROWS])
        assert read_county(path).frame.group_persons.tolist() == expected


def test_no_header_of_a_village_list_means_two_columns() -> None:
    headers = [header for column in VILLAGE_COLUMNS.values() for header in set(map(normalised, column.headers))]
    assert len(headers) == len(set(headers))


def located(folder: Path, *places: tuple[float | str, float | str]) -> Path:
    return written(
        folder, [f"{HEADER},横坐标,纵坐标", *(f"{row},{x},{y}" for row, (x, y) in zip(ROWS, places, strict=True))]
    )


@pytest.mark.parametrize("places", [((110.2, 31.9), (110.7, 32.1)), ((73, 17), (82.9, 26.9)), ((136, 54), (130, 50))])
def test_degrees_are_no_kilometres(places: tuple[tuple[float, float], ...], tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_county(located(tmp_path, *places))
    assert [(m.code, m.fields["file"]) for m in caught.value.mistakes] == [("degrees", "list.csv")]


@pytest.mark.parametrize(
    "places",
    [
        ((110.2, 31.9), (0, 0)),
        ((80, 20), (90, 21)),  # as wide as no county is in degrees
        ((80, 20), (81, 30)),
        ((72.9, 20), (75, 21)),
        ((80, 20), (81, 16.9)),
        ((135, 20), (136.1, 21)),
        ((80, 54.1), (81, 50)),
        ((110.2, 31.9), ("", "")),  # with a blank among them coordinates are not used
    ],
)
def test_kilometres_are_taken(places: tuple[tuple[float | str, float | str], ...], tmp_path: Path) -> None:
    frame = read_county(located(tmp_path, *places)).frame
    assert (frame.location_km is None) == ("" in places[1])
