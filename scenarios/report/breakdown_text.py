"""The rates of parts of the county on a terminal: remote and ordinary villages, townships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from estimators.design_effects import RATIOS
from estimators.estimate import Estimate
from scenarios.messages import Catalogue, clean
from scenarios.questions.breakdown import Domain
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import rate


def breakdown_text(parts: Sequence[Domain], words: Catalogue) -> Iterator[Part]:
    """Yield the rates of parts of the county, raw and weighted, each with its interval; nothing where there are none.

    Parameters
    ----------
    parts : sequence of Domain
        The parts.
    words : Catalogue
        The language.
    """
    if not parts:
        return
    yield Text(words.say("parts.title"), style="bold")
    kinds = ["raw", *(["weighted"] if any(part.weighted for part in parts) else [])]
    table = Table()
    table.add_column(words.say("parts.column_part"))
    for column in ("villages", "households"):
        table.add_column(words.say(f"parts.column_{column}"), justify="right")
    for name in RATIOS:
        for kind in kinds:
            head = words.say(f"parts.column_{kind}", criterion=words.say(f"criterion.{name}"))
            table.add_column(head, justify="right")
    for i, part in enumerate(parts):
        told = words.stratum(part.name) if part.kind == "stratum" else clean(part.name)
        # Drawn of those there are, where that is known.
        villages = str(part.drawn) if part.villages is None else f"{part.drawn}/{part.villages}"
        estimates = [getattr(part, kind).get(name) for name in RATIOS for kind in kinds]
        last = i + 1 < len(parts) and parts[i + 1].kind != part.kind
        table.add_row(
            Text(told), villages, f"{part.households:,}", *(_cell(one, words) for one in estimates), ends=last
        )
    yield table
    yield words.say("parts.note")
    gone = words.say("place.enumeration").join(clean(part.name) for part in parts if not part.drawn)
    if gone:
        yield words.say("parts.note_nobody", names=gone)


def _cell(estimate: Estimate | None, words: Catalogue) -> str:
    """Return value and villages with a finding, and the interval below."""
    if estimate is None or not estimate.measured[0]:
        return words.say("risk.unavailable")
    value = words.say(
        "parts.value", value=rate(float(estimate.value[0])), villages=int(estimate.villages_with_event[0])
    )
    low, high = float(estimate.low[0]), float(estimate.high[0])
    if np.isnan(low):
        return value
    return f"{value}\n{words.say('parts.interval', low=f'{low * 100:.1f}', high=f'{high * 100:.1f}')}"
