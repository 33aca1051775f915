"""The trainer's part: one inspection step by step on the map, why the next one differs, and a thousand of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from scenarios.files.field_form import Block
from scenarios.questions.account import account
from scenarios.questions.inspection import Inspection, inspect
from scenarios.report.account_text import block_table, drawing_blocks
from scenarios.report.decision_text import decision_blocks
from scenarios.report.inspection_figure import inspection_picture
from scenarios.report.inspection_text import assumed_text, estimate_table, verdict_sentence
from scenarios.report.parts import Part, Text
from scenarios.report.repeated_text import repeated_picture, repeated_text, two_text
from scenarios.scenario import Level, Scenario
from scenarios.shells.web.app import section
from scenarios.shells.web.county import Source
from scenarios.shells.web.inputs import kept_list, levels, source, wants_list, whole
from scenarios.shells.web.markup import card_html, note_html, parts_html
from scenarios.shells.web.session import chosen, html, remembered, task, view, words
from scenarios.shells.web.shop import JOBS, workshop
from scenarios.shells.web.view import CHECKS, CRITERIA_SHOWN, MOST_NUMBER
from scenarios.shells.web.work import Job

THOUSAND = 1_000


def trainer() -> None:
    """Show the part."""
    say = words()
    section(say.say("web.section_truth"))
    html(note_html(say.say("web.truth_note")))
    with st.expander(say.say("web.county_and_truth"), expanded=kept_list() is None and wants_list()):
        found = source()
        if found is not None:
            loaded, level = levels(found := _as_checked(found), "true")
    if found is None:
        return
    scenario = loaded.scenario
    section(say.say("web.section_draw"))
    _choose()
    one = _inspected(scenario, level, int(view()["number"]))
    html(note_html(assumed_text(one, say)))
    _steps(one)
    section(say.say("web.section_differ"))
    with st.expander(say.say("web.differ_reveal", first=f"{one.number:,}", second=f"{one.number + 1:,}")):
        html(parts_html(two_text(one, _inspected(scenario, level, one.number + 1), say), say))
    section(say.say("web.section_thousand"))
    _thousand(scenario, level)


def _as_checked(found: Source) -> Source:
    """Show the choice of the spot check, and return the county under it."""
    say = words()
    if chosen("check", say.say("web.check"), CHECKS, lambda name: say.say(f"web.check_{name}")) == "one_phase":
        return found
    html(note_html(say.say("web.check_note")))
    return found.with_second_visits()


def _choose() -> None:
    """Show which inspection it is, and the button for the next one."""
    say = words()
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with right:
        st.button(say.say("web.draw_again"), key="draw_again", type="primary", on_click=_next, width="stretch")
    with left:
        whole("number", say.say("web.number"), 1, MOST_NUMBER)


def _next() -> None:
    view()["number"] = st.session_state["in_number"] = min(int(view()["number"]) + 1, MOST_NUMBER)
    _to(1)


def _to(step: int) -> None:
    view()["step"] = st.session_state["in_step"] = step


def _inspected(scenario: Scenario, level: Level, number: int) -> Inspection:
    of = ("inspection", scenario.digest, tuple(level.items()), number)
    found: Inspection = remembered(of, lambda: inspect(scenario, level=level, number=number, lonely="adjust"))
    return found


def _blocks(one: Inspection) -> tuple[list[Block], int]:
    """Return the steps from the list to the verdict, and how many of them come before anything is counted."""
    say, told = words(), account(one)
    drawing = list(drawing_blocks(told, one, say))
    return [*drawing, *decision_blocks(told, one, say, after=len(drawing))], len(drawing)


def _steps(one: Inspection) -> None:
    """Show one step, and the map as far as it is drawn by then."""
    say, shown = words(), view()
    blocks, drawing = _blocks(one)
    last = len(blocks) + 1  # the last one has the estimates and the verdict
    # What the slider was moved to, or where it is not there yet what the address says; another plan has other steps.
    step = min(int(st.session_state.get("in_step", shown["step"])), last)
    _to(step)
    back, middle, on = st.columns([1, 3, 1], vertical_alignment="bottom")
    with back:
        st.button(say.say("web.back"), key="back", disabled=step == 1, on_click=_to, args=(step - 1,), width="stretch")
    with middle:
        st.slider(say.say("web.step", last=last), 1, last, key="in_step")
    with on:
        st.button(say.say("web.on"), key="on", disabled=step == last, on_click=_to, args=(step + 1,), width="stretch")
    shown["step"] = int(st.session_state["in_step"])
    villages_at = _villages_at(blocks)
    seen = "county" if step < villages_at else "drawn" if step <= drawing else "found"
    of = ("map", one.scenario.digest, tuple(one.level.items()), one.number, seen, say.language)
    if step == last:
        verdict = verdict_sentence(one.assessment, say)
        html(card_html(say.say(_outcome(one)), [verdict], say.say("web.verdict", number=one.number)))
        parts: Sequence[Part] = [
            Text(say.say("web.estimates"), style="bold"),
            estimate_table(one.assessment, say, one.truth),
            say.say("web.weighting_note"),
        ]
    else:
        block = blocks[step - 1]
        parts = [Text(block.heading, style="bold"), *block.lines, *([block_table(block)] if block.columns else [])]
    drawn = remembered(of, lambda: inspection_picture(one, say, seen=seen))  # type: ignore[arg-type]
    html(parts_html([*parts[:1], drawn, *parts[1:]], say))


def _outcome(one: Inspection) -> str:
    if one.assessment.verdict.any[0]:
        return "web.fails"
    return "web.open" if one.assessment.unsettled else "web.passes"


def _villages_at(blocks: Sequence[Block]) -> int:
    """Return the step at which villages are drawn: the third, behind the list and its strata."""
    return min(3, len(blocks))


def _thousand(scenario: Scenario, level: Level) -> None:
    say = words()
    html(note_html(say.say("web.thousand_note")))
    criterion = chosen(
        "shown", say.say("web.thousand_shown"), CRITERIA_SHOWN, lambda name: say.say(f"criterion.{name}"), listed=True
    )

    def watch(job: Job) -> None:
        if job.told is not None:
            html(parts_html([repeated_picture(job.told, criterion, THOUSAND, say)], say))  # type: ignore[arg-type]

    found = task(
        "thousand",
        (scenario.digest, tuple(level.items())),
        lambda: workshop().start(f"{JOBS}:repeat", scenario, level, THOUSAND),
        ask=say.say("web.thousand_begin"),
        watch=watch,
    )
    if found is not None:
        html(parts_html([repeated_picture(found, criterion, THOUSAND, say), *repeated_text(found, say)], say))
