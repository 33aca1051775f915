"""The domain of every parameter, declared once; validation, schema, forms and test strategies derive from it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from annotated_types import Ge, GroupedMetadata, Gt, Interval, Le, Lt

from sampler.errors import InputError, Mistake

# Exact decimals outside (files, forms), exact fractions inside, floats only where arithmetic is floating anyway.
Share = Annotated[Decimal, Interval(ge=0, le=1)]
PositiveShare = Annotated[Decimal, Interval(gt=0, le=1)]
ErrorLevel = Annotated[Decimal, Interval(ge=0, lt=1)]
Icc = Annotated[Decimal, Interval(ge=0, lt=1)]
Correlation = Annotated[Decimal, Interval(ge=0, le=1)]
RemoteMultiplier = Annotated[Decimal, Interval(gt=0, le=100)]
OversampleFactor = Annotated[Decimal, Interval(gt=0, le=100)]
# No county has more people; a larger number is a slip that would only exhaust the memory.
Count = Annotated[int, Interval(ge=0, le=10_000_000)]
PositiveCount = Annotated[int, Interval(ge=1, le=10_000_000)]
Steps = Annotated[int, Interval(ge=2, le=1001)]
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


def require_domains(record: object) -> None:
    """Check every field of a dataclass that is declared with a domain.

    Raises
    ------
    InputError
        One ``outside_domain`` mistake a field, all at once.
    """
    hints = get_type_hints(type(record), include_extras=True)
    wrong = [
        Mistake("outside_domain", {"key": name, "found": str(value), "allowed": describe(hint)})
        for name, hint in hints.items()
        if isinstance(value := getattr(record, name), int | float | Decimal | Fraction) and not holds(value, hint)
    ]
    if wrong:
        raise InputError(wrong)
