"""Coverage of the intervals over error levels and intraclass correlations: what `docs/coverage.md` shows.

Run with ``make coverage``: twenty cells, 1,000 finite populations each and 20 samples of each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from estimators.intervals import INTERVALS
from scenarios import load
from scenarios.questions.coverage import Covered, coverage
from scenarios.scenario import Axis, Scenario

LEVELS = tuple(map(Decimal, ("0.002", "0.005", "0.01", "0.02", "0.03")))
CORRELATIONS = tuple(map(Decimal, ("0", "0.02", "0.05", "0.15")))
POPULATIONS, FEWER, DRAWS = 1_000, 200, 20
RATES = ("wrong_exit", "missed", "incidence")
INTRODUCTION = """\
Written by `make coverage`: the example county (synthetic; 17 ordinary and 12 remote villages, remote multiplier 2),
{populations} finite populations a cell and {draws} inspections of each, samples without a finding counted, nominal 95%,
variance with finite population corrections. Monte Carlo standard errors are from the scatter of populations. The bar:
at least 94% less 3 standard errors, at a mean width of at most 1.2 times the plain floor form where that covers. All
numbers are percentage points but the ratio of the widths, to the plain form's. Below (above): share of samples whose
interval lies wholly below (above) the rate it is held against; no finding: share of samples without one.

The default interval takes the largest of three design effects: the estimated one; the floor of households and weights,
n sum (w s)^2 / (sum w s)^2; and that of households alone, sum s^2 / sum s, times 1 + (n - 1)(1 - f) rho E / (E + 3),
rho being the ANOVA intraclass correlation of household errors (cut at 0), n the households of a village and E the wrong
households found. The repair of METHODS 3.4 multiplies the floor with the weights in it: weighted intervals are then up
to 1.3 times as wide as the plain form at an ICC of .15, and need not be."""

BAR = 0.94  # less 3 Monte Carlo standard errors
WIDEST = 1.2  # times the plain floor form, where that covers


def scenario(correlation: Decimal) -> Scenario:
    """Return the example county at the levels of the study, with an intraclass correlation."""
    example = load("example")
    return replace(
        example,
        truth=replace(example.truth, icc=correlation),
        grid=(Axis(keys=("wrong_exit", "missed"), values=LEVELS),),
    )


def study(populations: int, intervals: Sequence[str]) -> dict[tuple[Decimal, str, str, str, Decimal, str], Covered]:
    """Return each cell by correlation, criterion, weighting, target, level and interval."""
    found = {}
    for correlation in CORRELATIONS:
        answer = coverage(
            scenario(correlation), populations=populations, draws=DRAWS, intervals=intervals, criteria=RATES
        )
        for cell in answer.cells:
            level = cell.level["missed"]
            found[correlation, cell.criterion, cell.weighting, cell.target, level, cell.interval] = cell
    return found


def report(populations: int, fewer: int) -> Iterator[str]:
    """Yield the page, line by line."""
    main = study(populations, ("korn_graubard", "korn_graubard_plain"))
    yield "# Coverage of the intervals"
    yield ""
    yield INTRODUCTION.format(populations=f"{populations:,}", draws=DRAWS)
    for weighting, target, title in (
        ("weighted", "county", "The weighted rate against the county's true rate"),
        ("raw", "design_mean", "The raw rate against its own mean under the plan"),
        ("raw", "county", "The raw rate against the county's true rate (for information: it estimates something else)"),
    ):
        yield ""
        yield f"## {title}"
        yield ""
        heads = (
            "rate",
            "ICC",
            "true rate",
            "no finding",
            "coverage",
            "below",
            "above",
            "width",
            "ratio",
            "plain covers",
        )
        yield f"| {' | '.join(heads)} |"
        yield "|---|---|---|---|---|---|---|---|---|---|"
        for criterion in RATES:
            for correlation in CORRELATIONS:
                for level in LEVELS:
                    at = (correlation, criterion, weighting, target, level)
                    yield _row(
                        criterion, correlation, level, main[*at, "korn_graubard"], main[*at, "korn_graubard_plain"]
                    )
    short = [cell for key, cell in main.items() if key[5] == "korn_graubard" and _held(key) and not _covers(cell)]
    wide = [
        key
        for key, cell in main.items()
        if key[5] == "korn_graubard" and _held(key) and _covers(plain := main[*key[:5], "korn_graubard_plain"])
        and cell.width > WIDEST * plain.width
    ]  # fmt: skip
    yield ""
    yield f"Cells under the bar for coverage: {len(short)}."
    yield f"Cells wider than {WIDEST} times a plain form that covers: {len(wide)}."
    yield ""
    yield "## Other intervals"
    yield ""
    yield f"Wrong-exit rate, weighted, against the county's true rate; {fewer:,} populations a cell."
    yield "One-sided methods (cai, kott_liu) are measured as the two-sided intervals that they print."
    others = study(fewer, tuple(INTERVALS))
    yield ""
    yield (
        "| interval | "
        + " | ".join(f"ICC {c}, {_percent(level)}" for c in CORRELATIONS[1::2] for level in LEVELS)
        + " |"
    )
    yield "|---" * (1 + 2 * len(LEVELS)) + "|"
    for name in INTERVALS:
        cells = [
            others[c, "wrong_exit", "weighted", "county", level, name] for c in CORRELATIONS[1::2] for level in LEVELS
        ]
        yield (
            f"| {name} | " + " | ".join(f"{c.coverage * 100:.1f} ± {c.standard_error * 100:.1f}" for c in cells) + " |"
        )


def _held(key: Sequence[object]) -> bool:
    return (key[2], key[3]) in (("weighted", "county"), ("raw", "design_mean"))


def _covers(cell: Covered) -> bool:
    return cell.coverage + 3 * cell.standard_error >= BAR


def _row(criterion: str, correlation: Decimal, level: Decimal, cell: Covered, plain: Covered) -> str:
    covered = f"{cell.coverage * 100:.2f} ± {cell.standard_error * 100:.2f}"
    return (
        f"| {criterion} | {correlation} | {_percent(level)} | {cell.zero_events * 100:.0f}% | {covered} |"
        f" {cell.below * 100:.1f} | {cell.above * 100:.1f} | {cell.width * 100:.2f} | {cell.width / plain.width:.2f} |"
        f" {plain.coverage * 100:.1f} |"
    )


def _percent(level: Decimal) -> str:
    return f"{level * 100:.1f}%"


if __name__ == "__main__":
    populations, fewer = (int(number) for number in sys.argv[2:]) if len(sys.argv) > 2 else (POPULATIONS, FEWER)
    page = Path(sys.argv[1])
    page.parent.mkdir(exist_ok=True)
    page.write_text("\n".join(report(populations, fewer)) + "\n", encoding="utf-8")
