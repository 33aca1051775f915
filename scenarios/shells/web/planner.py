"""The planner's part: the list, what is believed, the chance of failing, who carries it, what to fix, the report."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from scenarios.engines.chance import Chance
from scenarios.questions.briefing import Briefing
from scenarios.questions.curve import Curve
from scenarios.report.curve_figure import curve_picture
from scenarios.report.list_text import township_table
from scenarios.report.planner_report import criteria_parts
from scenarios.report.risk_text import headline, number_notes, reading_notes, risk_table
from scenarios.report.verdict_words import verdict_at
from scenarios.report.words import chance_beside, shown_chance
from scenarios.scenario import Level, Scenario
from scenarios.shells.web.app import section
from scenarios.shells.web.inputs import levels, source
from scenarios.shells.web.jobs import FORMATS, Made
from scenarios.shells.web.markup import card_html, note_html, parts_html
from scenarios.shells.web.session import html, remembered, task, view, words
from scenarios.shells.web.shop import JOBS, example, workshop
from scenarios.shells.web.work import Job

_KINDS = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def planner() -> None:
    """Show the part."""
    say = words()
    section(say.say("web.section_county"))
    found = source()
    if found is None:
        return
    with st.expander(say.say("web.list_read")):
        html(parts_html([township_table(found.county.frame, say)], say))
    section(say.say("web.section_beliefs"))
    loaded, level = levels(found)
    scenario = loaded.scenario
    section(say.say("web.section_answer"))
    answer = _curve_of(scenario, level)
    if answer is None:
        return
    _answer(answer, level)
    section(say.say("web.section_places"))
    html(note_html(say.say("web.places_note")))
    language = str(view()["lang"])
    made: Made | None = task(
        "report",
        (scenario.digest, tuple(level.items()), language),
        lambda: workshop().start(f"{JOBS}:report", loaded, answer, level, found.name, language),
        ask=say.say("web.places_begin"),
    )
    if made is not None:
        _places(made)


def _curve_of(scenario: Scenario, level: Level) -> Curve | None:
    """Return the chances of a scenario, from the shared answer of the example where it is that one."""
    shared = example()
    if shared.over and shared.state == "done" and shared.answer[1].scenario.digest == scenario.digest:
        answer: Curve = shared.answer[1]
        return answer
    at = scenario.points().index(level)
    found: Curve | None = task(
        "curve",
        scenario.digest,
        lambda: workshop().start(f"{JOBS}:risk", scenario),
        watch=lambda job: _so_far(job, at),
    )
    return found


def _so_far(job: Job, at: int) -> None:
    """Show the chance as far as it is known while it is still worked out."""
    if job.told is None:
        return
    say = words()
    chance: Chance = job.told[at]  # type: ignore[index]
    error = f"{(chance.standard_error['any'] or 0.0) * 100:.1f}"
    told = say.say("web.so_far", populations=chance.populations, inspections=f"{chance.inspections:,}", error=error)
    html(card_html(shown_chance(chance, "any", say), [told], say.say("web.chance_so_far"), name="so-far"))


def _answer(answer: Curve, level: Level) -> None:
    say = words()
    at = answer.levels.index(level)
    chance = answer.chances[at]
    spoken = level if view()["how"] == "alike" else {"wrong_exit": view()["wrong_exit"], **level}
    sentences = [*verdict_at(chance, spoken, say), *(part.text for part in headline(answer, say))]
    html(card_html(shown_chance(chance, "any", say), sentences, say.say("web.chance")))
    of = ("picture", answer.scenario.digest, tuple(level.items()), say.language)
    drawn = remembered(of, lambda: curve_picture(answer, say, level))
    if drawn is not None:
        html(parts_html([drawn], say))
    found = Briefing(curve=answer, level=level, stated=True, attribution=None, counts=None, comparison=None)
    html(parts_html([*criteria_parts(found, say), *_other_reading(answer, at)], say))
    with st.expander(say.say("web.all_levels")):
        html(parts_html([risk_table(answer, say), *reading_notes(answer, say), *number_notes(answer, say)], say))


def _other_reading(answer: Curve, at: int) -> Iterator[str]:
    """Yield the chance of the missed rate under the other reading of its denominator, which no source settles."""
    other = answer.other_denominator[at]
    if other is not None and answer.scenario.policy.tests("missed"):
        say, averaged = words(), bool(answer.scenario.averaged)
        told = chance_beside(other, answer.chances[at], say, exact=not averaged)
        visited = answer.scenario.policy.missed_denominator == "surveyed"
        yield say.say(f"web.reading_{'surveyed' if visited else 'village'}", chance=told)


def _places(made: Made) -> None:
    """Show who carries the risk and what to fix first, as the report has it, and offer the report."""
    say = words()
    wanted = {say.say(f"report.short_{key}") for key in ("places", "fix")}
    for part in made.document.sections:
        if part.name in wanted:
            html(parts_html(part.parts, say))
    section(say.say("web.section_report"))
    columns = st.columns(len(FORMATS))
    for column, suffix in zip(columns, FORMATS, strict=True):
        with column:
            st.download_button(
                say.say(f"web.download_{suffix[1:]}"),
                data=made.files[suffix],
                file_name=say.say("report.file") + suffix,
                mime=_KINDS[suffix],
                on_click="ignore",
                key=f"download{suffix}",
                width="stretch",
            )
