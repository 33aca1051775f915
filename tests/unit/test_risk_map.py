"""The map of risk: its classes hold what they say, and every township has its number and its shade."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.patches import Polygon

from scenarios import load
from scenarios.figures.risk_map import SHADES, class_limits, risk_map
from scenarios.messages import LANGUAGES, catalogue
from scenarios.questions.attribution import Attribution, attribution
from scenarios.report.attribution_figure import risk_map_picture, township_picture

WORDS = {"title": "Risk", "subtitle": "", "note": "", "ordinary": "ordinary", "remote": "remote"}


@given(st.lists(st.floats(min_value=1e-6, max_value=1.0), min_size=1))
def test_classes_reach_from_nought_to_the_largest_and_none_is_left_over(values: list[float]) -> None:
    limits = class_limits(values)
    assert limits[0] == 0
    assert limits[-2] < max(values) <= limits[-1] * (1 + 1e-8)
    assert 1 <= len(limits) - 1 <= len(SHADES)
    widths = [after - before for before, after in pairwise(limits)]
    assert max(widths) == pytest.approx(min(widths))


def luminance(colour: object) -> float:
    red, green, blue = to_rgb(colour)  # type: ignore[arg-type]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_shades_grow_darker_in_grey_print_too() -> None:
    grey = [luminance(shade) for shade in SHADES]
    assert all(lighter - darker > 0.08 for lighter, darker in pairwise(grey))


def test_a_township_that_carries_more_is_darker() -> None:
    carried = {"a": 0.02, "b": 0.5, "c": 0.27, "d": -0.01}
    drawn = risk_map(
        townships=["a", "a", "b", "c", "d"],
        remote=np.array([False, True, False, False, False]),
        carried=carried,
        told={name: f"{value:.0%}" for name, value in carried.items()},
        location_km=np.array([[0, 0], [1, 1], [9, 9], [0, 9], [9, 0]], dtype=float),
        classes=["one", "two", "three", "four", "five"],
        words=WORDS,
    )
    lands = [each for each in drawn.get_children() if isinstance(each, Polygon)]
    grey = dict(zip(carried, (luminance(each.get_facecolor()[:3]) for each in lands), strict=True))
    assert sorted(grey, key=lambda name: -grey[name]) in (["a", "d", "c", "b"], ["d", "a", "c", "b"])
    told = [text.get_text() for text in drawn.texts]
    assert {"a 2%", "b 50%", "c 27%", "d -1%", "remote", "five"} <= set(told)


@pytest.fixture(scope="module")
def one_county() -> Attribution:
    one = replace(load("example"), averaged=False)
    return attribution(one, {"wrong_exit": Decimal("0.012"), "missed": Decimal("0.012")}, steps=0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_tells_what_the_bars_tell(one_county: Attribution, language: str) -> None:
    map_, bars_ = (draw(one_county, catalogue(language)) for draw in (risk_map_picture, township_picture))
    assert map_ is not None
    assert bars_ is not None
    assert map_.png != bars_.png
    assert map_.alternative_text.splitlines()[2] == bars_.alternative_text.splitlines()[2]


def test_without_coordinates_there_is_no_map(one_county: Attribution) -> None:
    scenario = one_county.scenario
    nowhere = replace(one_county, scenario=replace(scenario, frame=replace(scenario.frame, location_km=None)))
    assert risk_map_picture(nowhere, catalogue("zh")) is None


def test_where_nothing_is_carried_there_is_no_map(one_county: Attribution) -> None:
    nothing = tuple(replace(part, drop=dict.fromkeys(part.drop, 0.0)) for part in one_county.townships)
    assert risk_map_picture(replace(one_county, townships=nothing), catalogue("zh")) is None
