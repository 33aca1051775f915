"""The form: the list, and what is believed of the county. Bounds come from the declared domains."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import streamlit as st

from scenarios.files.scenario_file import ScenarioFile
from scenarios.report.list_text import remarks_text
from scenarios.report.words import percent
from scenarios.scenario import Level
from scenarios.shells.web.county import LARGEST_MB, SUFFIXES, Source, Upload, beliefs, plain_name
from scenarios.shells.web.markup import note_html, parts_html
from scenarios.shells.web.session import chosen, chosen_key, forget, held, html, task, view, words
from scenarios.shells.web.shop import JOBS, example, workshop
from scenarios.shells.web.view import HOW, REGIONS, largest, smallest
from scenarios.shells.web.work import Job

FROM = ("example", "list")


def source() -> Source | None:
    """Show where the county comes from, and return it; None while a list is read, or where it was refused."""
    say = words()
    view().setdefault("from", "example")
    if chosen("from", say.say("web.county"), FROM, lambda name: say.say(f"web.county_{name}")) == "example":
        html(note_html(say.say("risk.synthetic")))
        answer = task("example", "example", example)
        return None if answer is None else answer[0]
    given = st.file_uploader(say.say("web.upload", allowed=", ".join(SUFFIXES), most=LARGEST_MB), key="upload")
    if given is not None:
        name = plain_name(given.name)
        if not name.lower().endswith(SUFFIXES):
            st.session_state.pop("read", None)
            html(note_html(say.say("web.upload_kind", file=name, allowed=", ".join(SUFFIXES)), "wrong"))
            return None
        content = given.getvalue()
        of = ("list", name, hash(content))
        found: Source | None = task("list", of, lambda: _reading(name, content))
        st.session_state["read"] = found
    found = kept_list()
    if found is None:
        if given is None:
            html(note_html(say.say("web.upload_none")))
        return None
    html(note_html(say.say("web.upload_private")))
    if found.county.remarks:
        with st.expander(say.say("web.remarks", count=len(found.county.remarks)), expanded=True):
            html(parts_html(remarks_text(found.county.remarks, say), say))
    st.button(say.say("web.upload_remove"), key="remove", on_click=_remove)
    return found


def wants_list() -> bool:
    """Say whether a list of the visitor's is asked for instead of the example."""
    return bool(st.session_state.get(chosen_key("from"), view().get("from")) == "list")


def kept_list() -> Source | None:
    """Return the list of this session; None where there is none."""
    found: Source | None = st.session_state.get("read")
    return found


def _reading(name: str, content: bytes) -> Job:
    upload = Upload(name, content)
    return workshop().start(f"{JOBS}:read_list", str(upload.path), name, ended=upload.remove)


def _remove() -> None:
    """Forget the list and every answer about it."""
    for key in ("read", "done", "answers", "upload"):
        st.session_state.pop(key, None)
    for slot in list(st.session_state.get("tasks", {})):
        forget(slot)
    view()["from"] = st.session_state[chosen_key("from")] = "example"


def percentage(key: str, label: str, parameter: str, *, step: str = "0.1") -> None:
    """Show a share as a percentage that can be typed; its bounds are those of a parameter of the error model."""
    shown = view()
    held(f"in_{key}", float(shown[key] * 100))
    st.number_input(
        label,
        min_value=float(smallest(parameter) * 100),
        max_value=float(largest(parameter) * 100),
        step=float(step),
        format="%.1f",
        key=f"in_{key}",
    )
    shown[key] = plain(Decimal(str(round(st.session_state[f"in_{key}"], 3))) / 100)


def number(key: str, label: str, least: float, most: float, step: float) -> None:
    """Show a number that can be typed."""
    shown = view()
    held(f"in_{key}", float(shown[key]))
    st.number_input(label, min_value=least, max_value=most, step=step, format="%.2f", key=f"in_{key}")
    shown[key] = plain(Decimal(str(round(st.session_state[f"in_{key}"], 4))))


def whole(key: str, label: str, least: int, most: int) -> None:
    """Show a whole number that can be typed."""
    shown = view()
    held(f"in_{key}", int(shown[key]))
    st.number_input(label, min_value=least, max_value=most, step=1, key=f"in_{key}")
    shown[key] = int(st.session_state[f"in_{key}"])


def plain(value: Decimal) -> Decimal:
    """Return a decimal without trailing noughts, never in powers of ten.

    Examples
    --------
    >>> str(plain(Decimal("0.0500"))), str(plain(Decimal("10.0")))
    ('0.05', '10')
    """
    return Decimal(f"{value.normalize():f}")


def _begin_at_the_same_level() -> None:
    """Begin with both rates where they stood together, once they are set apart."""
    if st.session_state[chosen_key("how")] == "apart":
        for key in ("wrong_exit", "missed"):
            view()[key] = view()["level"]
            st.session_state[f"in_{key}"] = float(view()["level"] * 100)


def levels(found: Source, told: Literal["believed", "true"] = "believed") -> tuple[ScenarioFile, Level]:
    """Show what the error levels are held to be; return the scenario, and the level at which it is looked at."""
    say, shown = words(), view()
    left, right = st.columns(2)
    with left:
        chosen(
            "how", say.say("web.how"), HOW, lambda name: say.say(f"web.how_{name}"), changed=_begin_at_the_same_level
        )
    with right:
        chosen("region", say.say("web.region"), REGIONS, lambda name: say.say(f"web.region_{name}"), listed=True)
    place = st.container()
    with st.expander(say.say("web.assumptions")):
        html(note_html(say.say("web.assumptions_note")))
        percentage("disapproval", say.say("web.disapproval"), "disapproval", step="1")
        number("remote", say.say("web.remote"), 0.1, float(largest("remote_multiplier")), 0.5)
        number("icc", say.say("web.icc"), 0.0, float(largest("icc")), 0.01)
        whole("seed", say.say("web.seed"), 0, 2**53 - 1)
    with place:
        if shown["how"] == "apart":
            left, right = st.columns(2)
            with left:
                percentage("wrong_exit", say.say(f"web.{told}", rate=say.say("level.wrong_exit")), "wrong_exit")
            with right:
                percentage("missed", say.say(f"web.{told}", rate=say.say("level.missed")), "missed")
    loaded = found.scenario(beliefs(shown, found.tree.get("grid")))
    scenario = loaded.scenario
    if shown["how"] == "apart":
        return loaded, {"missed": shown["missed"]}
    values = scenario.grid[0].values
    if shown["level"] not in values:
        html(note_html(say.say("web.level_moved", level=percent(shown["level"]))))
        shown["level"] = min(values, key=lambda each: abs(each - shown["level"]))
    held("in_level", shown["level"])
    with place:
        st.select_slider(say.say(f"web.{told}_both"), options=list(values), key="in_level", format_func=percent)
    shown["level"] = st.session_state["in_level"]
    return loaded, dict.fromkeys(scenario.grid[0].keys, shown["level"])
