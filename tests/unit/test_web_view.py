"""The address of a view: what it can hold, and that what it cannot harms nobody."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.domains import holds
from scenarios.messages import catalogue
from scenarios.report.parts import Table, Text
from scenarios.shells.web.county import plain_name
from scenarios.shells.web.markup import card_html, parts_html
from scenarios.shells.web.view import _FIELDS, _MODEL, address, defaults, largest, read_address, smallest


@given(st.dictionaries(st.one_of(st.sampled_from([*_FIELDS, "lang"]), st.text(max_size=5)), st.text(max_size=25)))
def test_any_address_gives_a_view(given_: dict[str, str]) -> None:
    view, wrong = read_address(given_, "zh")
    assert set(view) == {"lang", *defaults()}
    assert set(wrong) <= set(given_)
    assert read_address(address(view), "zh") == (view, [])


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("level", "1"),
        ("level", "NaN"),
        ("level", "-0.1"),
        ("seed", "1e3"),
        ("step", "0"),
        ("part", "x"),
        ("lang", "fr"),
        ("number", "９"),
        ("remote", "0"),
        ("factor", "101"),
        ("missed", "0" * 40),
    ],
)
def test_a_value_that_cannot_be_is_named(key: str, text: str) -> None:
    view, wrong = read_address({key: text}, "en")
    assert wrong == [key]
    assert view == {"lang": "en", **defaults()}


@pytest.mark.parametrize("name", ["wrong_exit", "missed", "disapproval", "icc", "remote_multiplier"])
def test_bounds_of_the_form_are_those_of_the_domain(name: str) -> None:
    assert holds(smallest(name), _MODEL[name])
    assert holds(largest(name), _MODEL[name])
    assert not holds(largest(name) + Decimal("0.001"), _MODEL[name])


def test_names_are_shown_and_never_run() -> None:
    nasty = "<script>alert(1)</script>&\"'<img src=x onerror=alert(1)>"
    table = Table()
    table.add_column(nasty, footer=nasty)
    table.add_row(nasty)
    made = parts_html([nasty, Text(nasty, style="bold"), table], catalogue("en")) + card_html(nasty, [nasty], nasty)
    assert "<script" not in made
    assert "<img" not in made


def test_a_name_stays_inside_its_folder() -> None:
    assert plain_name("..") == "list"
    assert plain_name("/a/b/../c.xlsx") == "c.xlsx"
    assert len(plain_name("名" * 300 + ".csv")) < 80
