"""The statistician's part: another plan beside the one in use, and the search for the plan that errs least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import streamlit as st

from scenarios.planning.candidates import TAKES, Space
from scenarios.planning.confirm import FRESH
from scenarios.planning.decision_risk import CONDITIONS
from scenarios.planning.tune import SHORTLIST
from scenarios.report.setting import plan_lines
from scenarios.scenario import Axis, Scenario
from scenarios.shells.web.app import section
from scenarios.shells.web.county import Source, beliefs, plan_of_view
from scenarios.shells.web.inputs import levels, number, percentage, source, whole
from scenarios.shells.web.jobs import Thoroughness
from scenarios.shells.web.markup import note_html, parts_html
from scenarios.shells.web.session import chosen, held, html, task, view, words
from scenarios.shells.web.shop import JOBS, workshop
from scenarios.shells.web.view import DEPTHS, LEAST_FACTOR, MOST_TAKE, STRATA

# The conditions at the ends of the range, which one is the worst for whatever plan.
EXTREME = {key: (values[0], values[-1]) for key, values in CONDITIONS.items()}

_COSTS = (20, 1)  # of a village and a household, as `choucha tune` has them

# What a search varies besides strata and takes, and how thoroughly it looks (`scenarios.planning.tune`).
_SEARCHES: Mapping[str, tuple[dict[str, Any], Thoroughness]] = {
    "quick": (
        {"factors": tuple(map(Decimal, (1, 2, 3))), "splits": (Decimal(1),), "shares": (Decimal(1),)},
        Thoroughness(conditions=EXTREME, shortlist=3, fresh=128),
    ),
    "thorough": ({}, Thoroughness(conditions=CONDITIONS, shortlist=SHORTLIST, fresh=FRESH)),
}


def statistician() -> None:
    """Show the part."""
    say = words()
    section(say.say("web.section_county"))
    found = source()
    if found is None:
        return
    section(say.say("web.section_beliefs"))
    loaded, level = levels(found)
    scenario = loaded.scenario
    if len(found.county.frame.codes) < 2:
        html(note_html(say.say("web.one_village"), "wrong"))
        return
    section(say.say("web.section_compare"))
    html(note_html(say.say("web.compare_note")))
    html(parts_html(plan_lines(scenario, say), say))
    other = _other_plan(found)
    _compared(_at(scenario, level[scenario.grid[0].keys[0]]), _at(other, level[scenario.grid[0].keys[0]]))
    section(say.say("web.section_tune"))
    html(note_html(say.say("web.tune_note")))
    _tuned(scenario)


def _other_plan(found: Source) -> Scenario:
    """Show the form of the other plan and return the scenario with it."""
    say, shown = words(), view()
    villages = len(found.county.frame.codes)
    shown["villages"] = min(int(shown["villages"]), villages)
    left, right = st.columns(2)
    with left:
        whole("villages", say.say("web.plan_villages", all=villages), 2, villages)
        whole("take", say.say("web.plan_take"), 1, MOST_TAKE)
    with right:
        chosen(
            "strata",
            say.say("web.plan_strata"),
            STRATA,
            lambda name: say.say(f"web.strata_{name.replace(',', '_')}"),
            listed=True,
        )
        if "remote" in str(shown["strata"]):
            number("factor", say.say("web.plan_factor"), float(LEAST_FACTOR), 100.0, 0.5)
    changes = {**beliefs(shown, found.tree.get("grid")), "plan": plan_of_view(shown), "name": say.say("web.plan_other")}
    tree = {key: value for key, value in found.tree.items() if key != "plan"}
    return replace(found, tree=tree).scenario(changes).scenario


def _at(scenario: Scenario, value: object) -> Scenario:
    """Return a scenario asked at one level of its axis."""
    axis = scenario.grid[0]
    return replace(scenario, grid=(Axis(keys=axis.keys, values=(value,)),))  # type: ignore[arg-type]


def _compared(first: Scenario, second: Scenario) -> None:
    say = words()
    html(note_html(say.say("web.other_note")))
    html(parts_html(plan_lines(second, say), say))
    first = replace(first, name=say.say("web.plan_present"))
    parts = task(
        "compare",
        (first.digest, second.digest, str(first.grid), say.language),
        lambda: workshop().start(f"{JOBS}:compare", first, second, say.language),
        ask=say.say("web.compare_begin"),
    )
    if parts is not None:
        html(parts_html(parts, say))


def _tuned(scenario: Scenario) -> None:
    say, shown = words(), view()
    left, right = st.columns(2)
    with left:
        percentage("good", say.say("web.tune_good"), "missed")
    with right:
        percentage("bad", say.say("web.tune_bad"), "missed")
    held("in_takes", shown["takes"].split(","))
    takes = st.multiselect(say.say("web.tune_takes"), [str(take) for take in TAKES], key="in_takes", placeholder="")
    chosen("depth", say.say("web.tune_depth"), DEPTHS, lambda name: say.say(f"web.tune_{name}"))
    if not takes:
        html(note_html(say.say("web.tune_no_takes"), "wrong"))
        return
    if shown["good"] >= shown["bad"]:
        html(note_html(say.say("web.tune_order"), "wrong"))
        return
    tried = tuple(sorted(int(each) for each in takes))
    shown["takes"] = ",".join(map(str, tried))
    varied, thoroughness = _SEARCHES[shown["depth"]]
    space = Space(takes=tried, **varied)
    made = task(
        "tune",
        (scenario.digest, shown["good"], shown["bad"], space, say.language),
        lambda: workshop().start(
            f"{JOBS}:search", scenario, shown["good"], shown["bad"], _COSTS, space, thoroughness, say.language
        ),
        ask=say.say("web.tune_begin"),
    )
    if made is not None:
        parts, drawn = made
        html(parts_html([drawn, *parts], say))
