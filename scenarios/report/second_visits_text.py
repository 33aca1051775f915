"""A re-check on a terminal: where the visits disagree, and what the rates become."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estimators.two_phase import Corrected
from scenarios.messages import Catalogue
from scenarios.questions.second_visits import Compared, Rechecks
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import rate


def second_visits_text(rechecks: Rechecks, words: Catalogue) -> Iterator[Part]:
    """Yield what a re-check recorded and the rates corrected by it, each with the step in which it moves.

    Parameters
    ----------
    rechecks : Rechecks
        Both visits.
    words : Catalogue
        The language.
    """
    yield Text(words.say("recheck.title"), style="bold")
    for one in rechecks.rates:
        criterion = words.say(f"criterion.{one.criterion}")
        if not one.rechecked:
            yield words.say("recheck.none", criterion=criterion, visited=f"{one.visited:,}")
            continue
        yield words.say(
            "recheck.households",
            criterion=criterion,
            rechecked=f"{one.rechecked:,}",
            visited=f"{one.visited:,}",
            differ=one.found + one.withdrawn + one.changed,
            found=one.found,
            withdrawn=one.withdrawn,
            changed=one.changed,
            before=one.before,
            now=one.now,
            persons=f"{one.persons:,}",
        )
    if rechecks.asked:
        yield words.say(
            "recheck.approval",
            asked=f"{rechecks.asked:,}",
            before=rechecks.approved_before,
            now=rechecks.approve_now,
            differ=rechecks.answers_differ,
        )
    some = [one for one in rechecks.rates if one.corrected is not None]
    if not some:
        return
    yield _table(some, words)
    yield words.say("recheck.note")
    if any(each.uncovered_cells[0] for one in some if (each := one.corrected)):
        yield words.say("recheck.note_uncovered")


def _table(rates: list[Compared], words: Catalogue) -> Table:
    table = Table()
    table.add_column(words.say("recheck.column_rate"))
    for column in ("first", "corrected", "standard_error", "step"):
        table.add_column(words.say(f"recheck.column_{column}"), justify="right")
    for one in rates:
        for kind, corrected in (("raw", one.corrected), ("weighted", one.corrected_weighted)):
            if corrected is not None:
                name = words.say(f"recheck.{kind}", criterion=words.say(f"criterion.{one.criterion}"))
                first = rate(one.rate) if kind == "raw" else rate(one.weighted_rate)
                table.add_row(name, first, *_numbers(corrected, words))
    return table


def _numbers(corrected: Corrected, words: Catalogue) -> Iterator[str]:
    for value in (corrected.value[0], corrected.standard_error[0], corrected.step[0]):
        yield rate(float(value)) if np.isfinite(value) else words.say("risk.unavailable")
