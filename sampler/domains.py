"""The domain of every parameter, declared once; validation, schema, forms and test strategies derive from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, GroupedMetadata, Gt, Interval, Le, Lt

from sampler.errors import InputError, Mistake

# Exact decimals outside (files, forms), exact fractions inside, floats only where arithmetic is floating anyway.
Share = Annotated[Decimal, Interval(ge=0, le=1)]
PositiveShare = Annotated[Decimal, Interval(gt=0, le=1)]
ErrorLevel = Annotated[Decimal, Interval(ge=0, lt=1)]
Icc = Annotated[Decimal, Interval(ge=0, lt=1)]
# Of log-odds; at 5 a village in six has over 100 times the odds of one in the middle.
EffectSd = Annotated[Decimal, Interval(ge=0, le=5)]
Correlation = Annotated[Decimal, Interval(ge=0, le=1)]
RemoteMultiplier = Annotated[Decimal, Interval(gt=0, le=100)]
KeyMultiplier = Annotated[Decimal, Interval(gt=0, le=100)]
TownshipMultiplier = Annotated[Decimal, Interval(gt=0, le=100)]
Absence = Annotated[Decimal, Interval(ge=0, lt=1)]
OddsRatio = Annotated[Decimal, Interval(gt=0, le=100)]
Distance = Annotated[Decimal, Interval(gt=0, le=10_000)]  # kilometres
OversampleFactor = Annotated[Decimal, Interval(gt=0, le=100)]
# No county has more people; a larger number is a slip that would only exhaust the memory.
Count = Annotated[int, Interval(ge=0, le=10_000_000)]
PositiveCount = Annotated[int, Interval(ge=1, le=10_000_000)]
Steps = Annotated[int, Interval(ge=2, le=1001)]
DesignEffect = Annotated[Decimal, Interval(ge=1, le=1000)]
Points = Annotated[Decimal, Interval(ge=-1000, le=1000)]  # of a score
CountyNumber = Annotated[int, Interval(ge=1, le=832)]  # of the synthetic counties
Seed = Annotated[int, Interval(ge=0, lt=2**63)]


def bounds(domain: object) -> Iterator[Ge | Gt | Le | Lt]:
    """Yield the single bounds of an annotated domain, whether given one by one or as an interval."""
    for item in get_args(domain)[1:] if get_origin(domain) is Annotated else ():
        if isinstance(item, GroupedMetadata):
            yield from (part for part in item if isinstance(part, Ge | Gt | Le | Lt))
        elif isinstance(item, Ge | Gt | Le | Lt):
            yield item


def describe(domain: object) -> str:
    """Return the domain in symbols, for example ``0 <= x < 1``.

    Examples
    --------
    >>> describe(ErrorLevel)
    '0 <= x < 1'
    """
    lower = next(
        (f"{b.ge} <= " if isinstance(b, Ge) else f"{b.gt} < " for b in bounds(domain) if isinstance(b, Ge | Gt)),
        "",
    )
    upper = next(
        (f" <= {b.le}" if isinstance(b, Le) else f" < {b.lt}" for b in bounds(domain) if isinstance(b, Le | Lt)),
        "",
    )
    return f"{lower}x{upper}"


def holds(value: Any, domain: object) -> bool:
    """Say whether a number lies in a domain.

    Examples
    --------
    >>> holds(1, ErrorLevel), holds(0, ErrorLevel)
    (False, True)
    """
    tests = {
        Ge: lambda b: value >= b.ge,
        Gt: lambda b: value > b.gt,
        Le: lambda b: value <= b.le,
        Lt: lambda b: value < b.lt,
    }
    if value != value:  # noqa: PLR0124 - not a number lies in no domain, and a decimal one cannot be compared
        return False
    return all(tests[type(bound)](bound) for bound in bounds(domain))


def require_domain(key: str, value: Any, domain: object) -> None:
    """Check one number.

    Raises
    ------
    InputError
        ``outside_domain``.
    """
    if not holds(value, domain):
        raise InputError([Mistake("outside_domain", {"key": key, "found": str(value), "allowed": describe(domain)})])


def require_domains(record: object) -> None:
    """Check every field of a dataclass that is declared with a domain, or as a mapping to values that have one.

    Raises
    ------
    InputError
        One ``outside_domain`` mistake a field, or a key of a mapping, all at once.
    """
    hints = get_type_hints(type(record), include_extras=True)
    wrong = [
        Mistake("outside_domain", {"key": key, "found": str(value), "allowed": describe(domain)})
        for name, hint in hints.items()
        for key, value, domain in _parts(name, getattr(record, name), hint)
        if isinstance(value, int | float | Decimal | Fraction) and not holds(value, domain)
    ]
    if wrong:
        raise InputError(wrong)


def _parts(name: str, value: object, hint: object) -> Iterator[tuple[str, object, object]]:
    """Yield a field, or each value of a mapping, with its dotted key and its domain."""
    if isinstance(value, Mapping):
        yield from ((f"{name}.{key}", item, get_args(hint)[-1]) for key, item in value.items())
    elif get_origin(hint) in (Union, UnionType):  # a domain or None
        yield from ((name, value, part) for part in get_args(hint) if part is not NoneType)
    else:
        yield name, value, hint
