"""One county under every decision rule, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from estimators.policy import CRITERIA
from estimators.rule import Verdict
from scenarios.messages import Catalogue
from scenarios.questions.assessment import Assessment
from scenarios.report.parts import Part, Table, Text

_STYLES = {"fails": "red", "undecided": "yellow"}


def rules_text(assessment: Assessment, words: Catalogue) -> Iterator[Part]:
    """Yield the verdict under every rule of the catalogue, and what each of them asks.

    Parameters
    ----------
    assessment : Assessment
        The county.
    words : Catalogue
        The language.
    """
    yield Text(words.say("rules.title"), style="bold")
    table = Table()
    table.add_column(words.say("rules.column_rule"))
    for name in CRITERIA:
        table.add_column(words.say(f"criterion.{name}"), justify="right")
    table.add_column(words.say("rules.column_county"), justify="right")
    for rule, verdict in assessment.verdicts.items():
        name = words.say(f"rules.{rule}")
        told = words.say("rules.decides", rule=name) if rule == assessment.rule else name
        results = [*(criterion_result(verdict, name) for name in CRITERIA), county_result(assessment, verdict)]
        cells = [Text(words.say(f"estimate.{result}"), style=_STYLES.get(result, "")) for result in results]
        table.add_row(Text(told, style="bold" if rule == assessment.rule else ""), *cells)
    yield table
    for rule in assessment.verdicts:
        yield words.say(f"rules.note_{rule}", rule=words.say(f"rules.{rule}"))
    yield words.say(f"rules.note_margin_{assessment.policy.weighting}")


def criterion_result(verdict: Verdict, criterion: str) -> str:
    """Return ``fails``, ``undecided``, ``passes`` or ``not_measured``."""
    if verdict.fails[criterion][0]:
        return "fails"
    if not verdict.measured[criterion][0]:
        return "not_measured"
    undecided = criterion in verdict.undecided and verdict.undecided[criterion][0]
    return "undecided" if undecided else "passes"


def county_result(assessment: Assessment, verdict: Verdict) -> str:
    """Return ``fails``, ``undecided`` or ``passes``; nothing passes of which a part was not measured."""
    if verdict.any[0]:
        return "fails"
    settled = verdict.measured_all[0] and not verdict.open[0] and not assessment.unsettled
    return "passes" if settled else "undecided"
