"""Domains: what each bound lets in, how it reads, and that a record names all its strays at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler import domains
from sampler.domains import describe, holds, require_domains
from sampler.errors import InputError

TINY = Decimal("1e-20")
# Domain: least, whether it belongs, most, whether it belongs.
BOUNDS: dict[str, tuple[Decimal | None, bool, Decimal | None, bool]] = {
    "Share": (Decimal(0), True, Decimal(1), True),
    "PositiveShare": (Decimal(0), False, Decimal(1), True),
    "ErrorLevel": (Decimal(0), True, Decimal(1), False),
    "Icc": (Decimal(0), True, Decimal(1), False),
    "Correlation": (Decimal(0), True, Decimal(1), True),
    "EffectSd": (Decimal(0), True, Decimal(5), True),
    "RemoteMultiplier": (Decimal(0), False, Decimal(100), True),
    "KeyMultiplier": (Decimal(0), False, Decimal(100), True),
    "TownshipMultiplier": (Decimal(0), False, Decimal(100), True),
    "OversampleFactor": (Decimal(0), False, Decimal(100), True),
    "Count": (Decimal(0), True, Decimal(10_000_000), True),
    "PositiveCount": (Decimal(1), True, Decimal(10_000_000), True),
    "Steps": (Decimal(2), True, Decimal(1001), True),
    "Seed": (Decimal(0), True, Decimal(2**63), False),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_to_the_last_digit(name: str) -> None:
    domain = getattr(domains, name)
    least, with_least, most, with_most = BOUNDS[name]
    assert least is not None
    assert holds(least, domain) is with_least
    assert not holds(least - TINY, domain)
    assert holds(least + TINY, domain)
    if most is None:
        assert holds(Decimal(10) ** 30, domain)
    else:
        assert holds(most, domain) is with_most
        assert not holds(most + TINY, domain)
        assert holds(most - (Decimal(1) if name == "Seed" else TINY), domain)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ErrorLevel", "0 <= x < 1"),
        ("PositiveShare", "0 < x <= 1"),
        ("Count", "0 <= x <= 10000000"),
        ("Steps", "2 <= x <= 1001"),
    ],
)
def test_domains_in_symbols(name: str, text: str) -> None:
    assert describe(getattr(domains, name)) == text


@given(st.fractions(-2, 3))
def test_exact_fractions_are_compared_exactly(value: Fraction) -> None:
    assert holds(value, domains.Share) is (0 <= value <= 1)
    assert holds(value, domains.ErrorLevel) is (0 <= value < 1)


def test_not_a_number_lies_nowhere() -> None:
    assert not any(holds(float("nan"), getattr(domains, name)) for name in BOUNDS)


@dataclass(frozen=True, kw_only=True)
class Record:
    share: domains.Share
    level: domains.ErrorLevel
    count: domains.Count
    limit: domains.Share | None = None
    name: str = "no domain"
    anything: int = -5


def test_a_record_inside_its_domains_is_let_through() -> None:
    require_domains(Record(share=Decimal(1), level=Decimal(0), count=3))


def test_what_may_be_left_out_has_a_domain_too() -> None:
    good = Record(share=Decimal(1), level=Decimal(0), count=3, limit=Decimal(0))
    require_domains(good)
    with pytest.raises(InputError) as caught:
        require_domains(replace(good, limit=Decimal(2)))
    assert [dict(m.fields) for m in caught.value.mistakes] == [{"key": "limit", "found": "2", "allowed": "0 <= x <= 1"}]


def test_all_strays_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        require_domains(Record(share=Decimal("1.1"), level=Decimal(1), count=-1))
    assert [dict(m.fields) for m in caught.value.mistakes] == [
        {"key": "share", "found": "1.1", "allowed": "0 <= x <= 1"},
        {"key": "level", "found": "1", "allowed": "0 <= x < 1"},
        {"key": "count", "found": "-1", "allowed": "0 <= x <= 10000000"},
    ]
    assert {m.code for m in caught.value.mistakes} == {"outside_domain"}
