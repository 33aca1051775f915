"""The answer of `choucha coverage`: how often intervals hold what they estimate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scenarios.messages import Catalogue, clean
from scenarios.questions.coverage import Coverage, Covered
from scenarios.report.level_words import level_names, level_value
from scenarios.report.parts import Part, Table, Text
from scenarios.report.setting import setting
from scenarios.report.words import percent


def coverage_text(found: Coverage, words: Catalogue) -> Iterator[Part]:
    """Yield the answer of `choucha coverage`.

    Parameters
    ----------
    found : Coverage
        What was measured.
    words : Catalogue
        The language.
    """
    scenario = found.scenario
    yield Text(words.say("coverage.title", name=clean(scenario.frame.name)), style="bold")
    if scenario.frame.synthetic:
        yield words.say("risk.synthetic")
    yield from setting(scenario, words)
    yield words.say(
        "coverage.samples",
        populations=f"{found.populations:,}",
        draws=found.draws,
        confidence=percent(found.confidence),
        intervals=words.say("place.enumeration").join(dict.fromkeys(cell.interval for cell in found.cells)),
    )
    for criterion in dict.fromkeys(cell.criterion for cell in found.cells):
        yield ""
        yield Text(words.say(f"criterion.{criterion}"), style="bold")
        yield _table([cell for cell in found.cells if cell.criterion == criterion], found, words)
    yield words.say("coverage.note_error")
    yield words.say("coverage.note_target")
    yield words.say("coverage.note_zero")


def _table(cells: list[Covered], found: Coverage, words: Catalogue) -> Table:
    table = Table()
    # What does not depend on the levels (approval, often) is shown once, and a single interval is told above.
    first = [cell for cell in cells if cell.level == cells[0].level]
    alike = all(replace(cell, level=first[0].level) == first[i % len(first)] for i, cell in enumerate(cells))
    axes, shown = ((), first) if alike else (found.scenario.grid, cells)
    several = len({cell.interval for cell in cells}) > 1
    for axis in axes:
        table.add_column(level_names(axis.keys, words), justify="right")
    for column in ("rate", "interval", "target") if several else ("rate", "target"):
        table.add_column(words.say(f"coverage.column_{column}"))
    for column in ("coverage", "below", "above", "width", "zero", "bias"):
        table.add_column(words.say(f"coverage.column_{column}"), justify="right")
    for cell in shown:
        table.add_row(
            *(level_value(axis.keys[0], cell.level[axis.keys[0]]) for axis in axes),
            words.say(f"coverage.{cell.weighting}"),
            *((cell.interval,) if several else ()),
            words.say(f"coverage.{cell.target}"),
            Text(
                f"{cell.coverage * 100:.1f}±{cell.standard_error * 100:.1f}",
                style="red" if cell.coverage + 3 * cell.standard_error < found.confidence - _SLACK else "",
            ),
            *(f"{share * 100:.1f}" for share in (cell.below, cell.above)),
            *(f"{share * 100:.2f}" for share in (cell.width,)),
            f"{cell.zero_events * 100:.0f}",
            f"{cell.bias * 100:+.3f}",
        )
    return table


_SLACK = 0.01  # an interval may cover one point less than it says before it is marked
