"""The results of a real inspection on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sampler.frame import GROUPS
from scenarios.files.observations import Results
from scenarios.messages import Catalogue, clean
from scenarios.questions.assessment import Assessment
from scenarios.questions.breakdown import breakdown
from scenarios.questions.second_visits import compared
from scenarios.questions.soundness import Soundness
from scenarios.report.breakdown_text import breakdown_text
from scenarios.report.inspection_text import FINDINGS, estimate_notes, estimate_table, found_by_village, verdict_text
from scenarios.report.list_text import remarks_text
from scenarios.report.parts import Part, Table, Text
from scenarios.report.precision_text import precision_text
from scenarios.report.rules_text import rules_text
from scenarios.report.second_visits_text import second_visits_text
from scenarios.report.soundness_text import soundness_text


def results_text(
    results: Results, assessment: Assessment, words: Catalogue, file: str, *, sound: Soundness | None = None
) -> Iterator[Part]:
    """Yield the answer of `choucha estimate`.

    Parameters
    ----------
    results : Results
        What the file holds.
    assessment : Assessment
        What it says.
    words : Catalogue
        The language.
    file : str
        Name of the file.
    sound : Soundness, optional
        Whether the sample is sound.
    """
    policy = assessment.policy
    yield Text(words.say("estimate.title", file=clean(file)), style="bold")
    yield from _sample(results, words)
    yield words.say("estimate.policy", title=policy.titles.get(words.language, policy.name), name=policy.name)
    yield from remarks_text(results.remarks, words)
    if results.ignored:
        names = words.say("place.enumeration").join(clean(name) for name in results.ignored)
        yield words.say("estimate.ignored", names=names)
    yield ""
    yield from verdict_text(assessment, words)
    yield estimate_table(assessment, words)
    yield from estimate_notes(assessment, words)
    if results.weights is not None:
        yield words.say("estimate.note_stated_weights")
    yield ""
    yield from rules_text(assessment, words)
    yield ""
    yield from precision_text(assessment, words)
    yield ""
    yield from breakdown_text(breakdown(assessment, results.strata, results.frame), words)
    if results.second is not None:
        yield ""
        yield from second_visits_text(compared(results.observations, results.second), words)
    if sound is not None:
        yield ""
        yield from soundness_text(sound, words)
    yield ""
    yield _village_table(results, assessment, words)


def _sample(results: Results, words: Catalogue) -> Iterator[str]:
    seen = results.observations
    drawn = np.bincount(seen.stratum, minlength=len(results.strata))
    parts = []
    for name, visited, available in zip(results.strata, drawn, seen.stratum_sizes, strict=True):
        told = words.stratum(name)
        key = "estimate.stratum" if available else "estimate.stratum_unknown"
        parts.append(words.say(key, drawn=int(visited), available=int(available), stratum=told))
    yield words.say(
        "estimate.sample",
        households=f"{len(seen.persons):,}",
        villages=seen.villages.shape[1],
        strata=words.say("place.joiner").join(parts),
    )
    frame = results.frame
    if frame is None:
        yield words.say("estimate.no_list")
    else:
        persons = f"{int(frame.group_persons.sum()):,}"
        yield words.say("estimate.list", name=clean(frame.name), villages=len(frame.codes), persons=persons)


def _village_table(results: Results, assessment: Assessment, words: Catalogue) -> Table:
    frame, found = results.frame, found_by_village(assessment.tally)
    table = Table()
    table.add_column(words.say("estimate.column_village_code"), footer=words.say("check.total"))
    if frame is not None:
        table.add_column(words.say("check.column_township"))
        table.add_column(words.say("draw.column_village"))
    table.add_column(words.say("draw.column_stratum"))
    for g, group in enumerate(GROUPS):
        head = words.say("draw.column_visited", group=words.say(f"group.{group}"))
        table.add_column(head, justify="right", footer=f"{found['households'][:, g].sum():,}")
    for name in FINDINGS:
        head = words.say(f"draw.column_{name}")
        table.add_column(head, justify="right", footer=f"{found[name].sum():,}")
    seen = results.observations
    for slot, village in enumerate(seen.villages[0]):
        stratum = results.strata[seen.stratum[slot]]
        named = [] if frame is None else [Text(clean(frame.townships[village])), Text(clean(frame.villages[village]))]
        table.add_row(
            Text(clean(results.codes[village])),
            *named,
            words.stratum(stratum),
            *(str(count) for count in found["households"][slot]),
            *(str(found[name][slot] or "·") for name in FINDINGS),
        )
    return table
