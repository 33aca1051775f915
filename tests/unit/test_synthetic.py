"""Made-up counties: the stated totals are met to the person, and the map keeps its promises."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sampler.errors import InputError
from sampler.synthetic import LARGEST_VILLAGE, SMALLEST_VILLAGE, SPACING, CountyTotals, synthetic_villages

ROOT = Path(__file__).resolve().parents[2]
COUNTIES = ROOT / "scenarios" / "data" / "counties"
GROUPS = ("exited", "remaining", "unregistered")
COLUMNS = [
    *("village_code", "village", "township", "remote", "poor_village"),
    *(f"{group}_{unit}" for group in GROUPS for unit in ("households", "persons")),
    *("distance_km", "x", "y"),
]
REAL_TOWNSHIPS = {
    "城关",
    "黄堡",
    "后坪",
    "龙坪",
    "店垭",
    "马良",
    "歇马",
    "马桥",
    "寺坪",
    "过渡湾",
    "两峪",
    "尧治河",
}

SMALL = CountyTotals(
    townships=(("霞溪镇", 12), ("杉坪镇", 3), ("雾岭乡", 5)),
    rural_persons=18_000,
    exited_persons=4_100,
    remaining_persons=70,
    remote_villages=5,
    poor_villages=6,
    persons_per_exited_household=2.9,
    persons_per_remaining_household=1.9,
    persons_per_unregistered_household=3.1,
    area_km2=260.0,
)


class County:
    """The columns of a made-up county as arrays by name."""

    def __init__(self, totals: CountyTotals, seed: int) -> None:
        self.columns = synthetic_villages(totals, rng=np.random.default_rng(seed))

    def __getitem__(self, name: str) -> NDArray[Any]:
        return np.asarray(self.columns[name])


@st.composite
def small_totals(draw: st.DrawFn) -> CountyTotals:
    """Counties of 1 to 30 villages, down to groups of nobody and up to the limits of what is allowed."""
    counts = draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    villages = sum(counts)
    rural = draw(st.integers(SMALLEST_VILLAGE * villages, LARGEST_VILLAGE * villages))
    registered = draw(st.integers(0, 8 * rural // 10))
    remaining = draw(st.integers(0, min(registered, 4 * rural // 10)) | st.integers(0, min(registered, 9)))
    size = st.floats(1, 10)
    return CountyTotals(
        townships=tuple((f"{name}镇", n) for name, n in zip("甲乙丙丁戊", counts, strict=False)),
        rural_persons=rural,
        exited_persons=registered - remaining,
        remaining_persons=remaining,
        remote_villages=draw(st.integers(0, villages)),
        poor_villages=draw(st.integers(0, villages)),
        persons_per_exited_household=draw(size),
        persons_per_remaining_household=draw(size),
        persons_per_unregistered_household=draw(size),
        area_km2=draw(st.floats(4, 40)) * villages,
    )


@settings(max_examples=80, deadline=None)
@given(small_totals(), st.integers(0, 2**32))
def test_what_is_stated_holds_whatever_the_randomness(totals: CountyTotals, seed: int) -> None:
    county = County(totals, seed)
    assert list(county.columns) == COLUMNS
    for group, households in zip(GROUPS, totals.households, strict=True):
        assert county[f"{group}_households"].sum() == households
        assert county[f"{group}_persons"].sum() == getattr(totals, f"{group}_persons")
        assert (county[f"{group}_persons"] >= county[f"{group}_households"]).all()
        assert ((county[f"{group}_households"] > 0) == (county[f"{group}_persons"] > 0)).all()
    rural = sum((county[f"{group}_persons"] for group in GROUPS), np.zeros(totals.villages, int))
    assert rural.min() >= SMALLEST_VILLAGE
    assert rural.max() <= LARGEST_VILLAGE
    assert Counter(county.columns["township"]) == dict(totals.townships)
    assert county["remote"].sum() == totals.remote_villages
    assert county["poor_village"].sum() == totals.poor_villages
    assert set(np.unique([county["remote"], county["poor_village"]])) <= {0, 1}
    for name in ("village_code", "village"):
        assert len(set(county.columns[name])) == totals.villages


@settings(max_examples=80, deadline=None)
@given(small_totals(), st.integers(0, 2**32))
def test_the_map_keeps_its_promises_whatever_the_randomness(totals: CountyTotals, seed: int) -> None:
    county = County(totals, seed)
    distance, remote = county["distance_km"], county["remote"] == 1
    if 0 < remote.sum() < totals.villages:
        assert distance[remote].min() >= distance[~remote].max()
    straight = np.hypot(county["x"], county["y"])
    half = 0.05 + 1e-9  # distances are rounded
    assert (distance >= 1.3 * straight - half).all()
    assert (distance <= 1.6 * straight + half).all()
    tenths = np.rint(10 * np.stack([county["x"], county["y"]], axis=1)).astype(int)
    assert np.array_equal(tenths / 10, np.stack([county["x"], county["y"]], axis=1))
    places = np.concatenate([np.zeros((1, 2), int), tenths])  # the county seat keeps its distance as well
    squared = ((places[:, None] - places) ** 2).sum(axis=2)
    assert squared[~np.eye(len(places), dtype=bool)].min() >= SPACING**2


def test_the_same_generator_makes_the_same_county_and_another_does_not() -> None:
    one, same, other = County(SMALL, 1), County(SMALL, 1), County(SMALL, 2)
    assert all(np.array_equal(one[name], same[name]) for name in COLUMNS)
    assert not np.array_equal(one["exited_persons"], other["exited_persons"])
    assert not np.array_equal(one["x"], other["x"])


def test_a_village_is_not_named_after_a_township() -> None:
    crowded = replace(SMALL, townships=(("云坪镇", 400), ("霞湾乡", 400)), rural_persons=720_000, area_km2=9_000.0)
    assert not {"云坪村", "霞湾村"} & set(County(crowded, 1).columns["village"])


def test_a_township_of_one_village_finds_room_beside_one_of_hundreds() -> None:
    townships = (("云坪镇", 1), ("霞湾镇", 400), *((f"{name}乡", 1) for name in "甲乙丙丁戊己庚辛壬癸"))
    lopsided = replace(SMALL, townships=townships, rural_persons=400_000, area_km2=4.0 * 411)
    assert Counter(County(lopsided, 1).columns["township"]) == dict(townships)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("townships", ()),
        ("townships", (("霞溪镇", 19), ("霞溪镇", 1))),
        ("rural_persons", 20 * SMALLEST_VILLAGE - 1),
        ("rural_persons", 20 * LARGEST_VILLAGE + 1),
        ("exited_persons", 14_400),
        ("exited_persons", -1),
        ("remaining_persons", 7_300),
        ("remote_villages", 21),
        ("poor_villages", 21),
        ("persons_per_exited_household", 0.9),
        ("area_km2", 79.9),
        ("area_km2", float("nan")),
    ],
)
def test_impossible_totals_are_refused(field: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        replace(SMALL, **{field: value})  # type: ignore[arg-type]
    assert field in {mistake.fields["key"] for mistake in caught.value.mistakes}
    assert {mistake.code for mistake in caught.value.mistakes} == {"outside_domain"}


def test_a_township_without_villages_is_refused() -> None:
    with pytest.raises(InputError):
        replace(SMALL, townships=(("霞溪镇", 20), ("杉坪镇", 0)))


def test_more_villages_than_names_are_refused() -> None:
    many = replace(SMALL, townships=(("霞溪镇", 1_000),), rural_persons=900_000, area_km2=9_000.0)
    with pytest.raises(InputError):
        County(many, 1)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_example", COUNTIES / "make_example.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def example() -> dict[str, list[str]]:
    text = (COUNTIES / "example" / "villages.csv").read_bytes().decode("utf-8")
    assert "\r" not in text
    header, *rows = csv.reader(io.StringIO(text))
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))


def test_the_script_reproduces_the_committed_county_byte_for_byte(script: ModuleType, tmp_path: Path) -> None:
    committed = COUNTIES / "example" / "villages.csv"
    assert script.main([], folder=tmp_path) == 0
    assert (tmp_path / "villages.csv").read_bytes() == committed.read_bytes()
    assert script.main(["--check"], folder=committed.parent) == 0


def test_check_tells_a_difference(script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["--check"], folder=tmp_path) == 1
    (tmp_path / "villages.csv").write_text(script.example_csv().replace("T01V001", "T01V000"), encoding="utf-8")
    assert script.main(["--check"], folder=tmp_path) == 1
    assert "villages.csv" in capsys.readouterr().err


def test_the_example_county_has_the_stated_shape(example: dict[str, list[str]]) -> None:
    number = {name: np.array(example[name], float) for name in COLUMNS[3:]}
    assert list(example) == COLUMNS
    assert list(Counter(example["township"]).values()) == [20, 29, 13, 10, 17, 39, 49, 30, 26, 13, 11]
    persons = sum((number[f"{group}_persons"] for group in GROUPS), np.zeros(257))
    assert [persons.sum(), number["exited_persons"].sum(), number["remaining_persons"].sum()] == [
        230_700,
        53_100,
        900,
    ]
    assert [number["remote"].sum(), number["poor_village"].sum()] == [61, 64]
    remote, poor = number["remote"] == 1, number["poor_village"] == 1
    assert number["distance_km"][remote].min() > number["distance_km"][~remote].max()  # no tie at the cut
    assert persons[remote].mean() < persons[~remote].mean()
    share = number["exited_persons"] / persons
    assert share[remote].mean() > share[~remote].mean()
    assert share[poor].mean() > share[~poor].mean()
    assert poor[remote].mean() > poor[~remote].mean()
    assert 1 / 3 < (number["remaining_households"] > 0).mean() < 1 / 2
    assert np.quantile(persons, 0.9) > 2 * np.quantile(persons, 0.1)


def test_the_example_county_bears_no_real_township_name(example: dict[str, list[str]]) -> None:
    names = {name[:-1] for name in (*example["township"], *example["village"])}
    assert not names & REAL_TOWNSHIPS
    assert len(set(example["village"])) == len(set(example["village_code"])) == 257
    assert not set(example["village"]) & set(example["township"])
