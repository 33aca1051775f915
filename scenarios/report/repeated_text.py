"""Many inspections of one county in words and as a figure, and two of them side by side."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estimators.policy import CRITERIA
from scenarios.figures.filling import filling
from scenarios.messages import Catalogue, clean
from scenarios.questions.inspection import Inspection
from scenarios.questions.repeated import Repeated
from scenarios.report.document import Picture
from scenarios.report.facts import tested
from scenarios.report.inspection_text import verdict_sentence
from scenarios.report.level_words import spoken_level
from scenarios.report.parts import Part, Table
from scenarios.report.pictures import drawn_language, picture
from scenarios.report.words import percent, rate


def repeated_picture(found: Repeated, criterion: str, whole: int, words: Catalogue) -> Picture:
    """Return the figure of what inspections found so far.

    Parameters
    ----------
    found : Repeated
        What they found.
    criterion : str
        Whose rates are drawn.
    whole : int
        Inspections there will be in the end.
    words : Catalogue
        The language; English where no font has Chinese glyphs.
    """
    words = drawn_language(words)
    policy, named = found.scenario.policy, words.say(f"criterion.{criterion}")
    told = {
        "title": words.say("repeated.title", count=f"{found.inspections:,}"),
        "subtitle": words.say("repeated.subtitle", name=clean(found.scenario.frame.name)),
        "x": words.say("repeated.x", criterion=named),
        "y": words.say("repeated.y"),
        "passes": words.say("repeated.passes"),
        "fails": words.say("repeated.fails"),
        "limit": words.say("figure.limit", limit=percent(policy.limits[criterion])),
        "number": words.say("repeated.number"),
        "share": words.say("repeated.share"),
    }
    figure = filling(
        found.rates[criterion],
        found.share,
        limit=float(policy.limits[criterion]),
        fails_above=criterion != "approval",
        whole=whole,
        words=told,
    )
    known = found.rates[criterion][np.isfinite(found.rates[criterion])]
    spread = words.say(
        "repeated.alternative",
        criterion=named,
        low=rate(float(known.min())) if known.size else words.say("risk.unavailable"),
        high=rate(float(known.max())) if known.size else words.say("risk.unavailable"),
        share=f"{found.share[-1]:.1%}",
    )
    return picture(figure, f"{told['title']}\n{spread}")


def repeated_text(found: Repeated, words: Catalogue) -> Iterator[Part]:
    """Yield how many of the inspections failed, by question."""
    yield words.say("repeated.one_county", level=spoken_level(found.level, words) or words.say("compare.given"))
    table = Table()
    for column in ("criterion", "failed", "share"):
        table.add_column(words.say(f"repeated.column_{column}"), justify="left" if column == "criterion" else "right")
    for question in tested(found.scenario.policy):
        failed = found.failed[question]
        share = failed / found.inspections
        error = np.sqrt(max(share * (1 - share), 1 / (found.inspections + 4)) / found.inspections)
        table.add_row(words.say(f"criterion.{question}"), f"{failed:,}", f"{share:.1%} ± {1.96 * error:.1%}")
    yield table
    yield words.say("repeated.note")


def two_text(first: Inspection, second: Inspection, words: Catalogue) -> Iterator[Part]:
    """Yield two inspections of one county side by side, and why they differ.

    Parameters
    ----------
    first, second : Inspection
        Of the same scenario and level.
    words : Catalogue
        The language.
    """
    drawn = [set(each.draws.villages[0].tolist()) for each in (first, second)]
    yield words.say(
        "repeated.why",
        first=f"{first.number:,}",
        second=f"{second.number:,}",
        villages=first.draws.villages.shape[1],
        common=len(drawn[0] & drawn[1]),
    )
    table = Table()
    table.add_column(words.say("repeated.column_criterion"))
    for each in (first, second):
        table.add_column(words.say("repeated.column_found", number=f"{each.number:,}"), justify="right")
    for column in ("truth", "limit"):
        table.add_column(words.say(f"estimate.column_{column}"), justify="right")
    policy = first.scenario.policy
    for name in CRITERIA:
        if not policy.tests(name):
            continue
        true = first.truth[name]
        table.add_row(
            words.say(f"criterion.{name}"),
            *(_found(each, name, words) for each in (first, second)),
            words.say("risk.unavailable") if true is None else rate(float(true)),
            percent(policy.limits[name]),
        )
    yield table
    for each in (first, second):
        verdict = verdict_sentence(each.assessment, words)
        yield words.say("repeated.verdict", number=f"{each.number:,}", verdict=verdict)
    yield words.say("repeated.same_truth")


def _found(inspection: Inspection, name: str, words: Catalogue) -> str:
    estimate = inspection.assessment.deciding[name]
    return rate(float(estimate.value[0])) if estimate.measured[0] else words.say("risk.unavailable")
