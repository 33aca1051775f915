"""How precise the rates are, and why: standard errors with what stands behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from estimators.design_effects import DesignEffect, design_effects
from estimators.estimate import Estimate
from estimators.policy import CRITERIA, Weighting
from scenarios.messages import Catalogue
from scenarios.questions.assessment import Assessment
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import rate

_COLUMNS = (
    *("criterion", "rates", "standard_error", "villages", "df", "effective"),
    *("whole", "weighting", "households", "neighbours"),
)
_NUMBERS = _COLUMNS[2:]


def precision_text(assessment: Assessment, words: Catalogue) -> Iterator[Part]:
    """Yield the standard error of each rate, the villages with a finding behind it, and its design effect in parts.

    Parameters
    ----------
    assessment : Assessment
        The sample.
    words : Catalogue
        The language.
    """
    yield Text(words.say("precision.title"), style="bold")
    table = Table()
    for column in _COLUMNS:
        head = words.say(f"precision.column_{column}")
        table.add_column(head, justify="right" if column in _NUMBERS else "left")
    sets: list[tuple[Weighting, Mapping[str, Estimate]]] = [("raw", assessment.raw)]
    if assessment.weighted:
        sets.append(("weighted", assessment.weighted))
    effects = {
        weighting: design_effects(assessment.tally, assessment.policy, found, weighting=weighting)
        for weighting, found in sets
    }
    for name in CRITERIA:
        for weighting, found in sets:
            told = words.say(f"criterion.{name}") if weighting == "raw" else ""
            kind = words.say(f"precision.{weighting}")
            table.add_row(told, kind, *_cells(found[name], effects[weighting].get(name), words))
    yield table
    yield words.say("precision.note")


def _cells(estimate: Estimate, effect: DesignEffect | None, words: Catalogue) -> Iterator[str]:
    none = words.say("risk.unavailable")

    def shown(value: float, digits: int) -> str:
        return f"{value:,.{digits}f}" if np.isfinite(value) else none

    error = float(estimate.standard_error[0])
    yield rate(error) if np.isfinite(error) else none
    yield str(int(estimate.villages_with_event[0]))
    yield shown(float(estimate.df[0]), 0)
    yield shown(float(estimate.effective_size[0]), 0)
    parts = (effect.whole, effect.weighting, effect.households, effect.villages) if effect else ()
    yield from (shown(float(part[0]), 2) if np.isfinite(effect.whole[0]) else none for part in parts if effect)
    yield from (none for _ in range(4 - len(parts)))
