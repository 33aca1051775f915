"""What one visitor's session holds: the view, the list, answers already worked out, and work under way."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import streamlit as st

from scenarios.messages import Catalogue, catalogue
from scenarios.shells.web.markup import note_html
from scenarios.shells.web.shop import workshop
from scenarios.shells.web.work import Job

_MOST_ANSWERS = 8
_AT_ONCE = 0.15  # seconds in which quick work is waited for, so that no bar flickers


def view() -> dict[str, Any]:
    """Return the view, to be read and changed."""
    shown: dict[str, Any] = st.session_state["view"]
    return shown


def words() -> Catalogue:
    """Return the visitor's language."""
    return catalogue(str(view()["lang"]))


def html(text: str) -> None:
    """Show HTML of ours."""
    if text:
        st.html(text)


def held(key: str, value: Any) -> None:
    """Give a widget its value before it is shown, where it has none of its own yet."""
    if key not in st.session_state:
        st.session_state[key] = value


def chosen(
    name: str,
    label: str,
    options: Sequence[str],
    told: Callable[[str], str],
    *,
    listed: bool = False,
    changed: Callable[[], None] | None = None,
) -> str:
    """Show a choice of the view, and return it.

    Parameters
    ----------
    name : str
        Key of the view.
    label : str
        What stands before it.
    options : sequence of str
        What can be chosen.
    told : callable
        Words for an option.
    listed : bool, default False
        Whether the options stand in a list that opens.
    changed : callable, optional
        Called when another one is chosen.
    """
    key = chosen_key(name)
    held(key, view()[name])
    if listed:
        st.selectbox(label, options, key=key, format_func=told, on_change=changed)
    else:
        st.radio(label, options, key=key, horizontal=True, format_func=told, on_change=changed)
    view()[name] = st.session_state[key]
    return str(view()[name])


def chosen_key(name: str) -> str:
    """Return where the page keeps a choice: Streamlit knows options by their words, so that each language has its own.

    What is chosen in one language would be lost in the other.
    """
    return f"{name}_{view()['lang']}"


def remembered(key: Hashable, work: Callable[[], Any]) -> Any:
    """Return an answer of this session, worked out once; the oldest give way."""
    answers: dict[Hashable, Any] = st.session_state.setdefault("answers", {})
    if key not in answers:
        answers[key] = work()
        while len(answers) > _MOST_ANSWERS:
            answers.pop(next(iter(answers)))
    return answers[key]


def task(
    slot: str, of: Hashable, start: Callable[[], Job], *, ask: str = "", watch: Callable[[Job], None] | None = None
) -> Any:
    """Return the answer of long work, or None while there is none; shows its progress and a button that ends it.

    Parameters
    ----------
    slot : str
        Where on the page; one piece of work at a time stands there.
    of : hashable
        What the work is of; when that changes, work under way is ended.
    start : callable
        Hands the work over.
    ask : str, optional
        On the button that begins it; begins by itself where left out.
    watch : callable, optional
        Shows what the work tells on the way.
    """
    answers: dict[Hashable, Any] = st.session_state.setdefault("done", {}).setdefault(slot, {})
    tasks: dict[str, tuple[Hashable, Job]] = st.session_state.setdefault("tasks", {})
    if of in answers:
        return answers[of]
    if slot in tasks and tasks[slot][0] != of:
        workshop().cancel(tasks.pop(slot)[1])
    if slot not in tasks:
        if ask and not st.button(ask, key=f"begin_{slot}", type="primary"):
            return None
        tasks[slot] = (of, start())
    job = tasks[slot][1]
    job.finished.wait(_AT_ONCE)
    if not job.over:
        _watched(slot, watch)
        return None
    if job.state == "done":
        answers[of] = job.answer
        tasks.pop(slot)
        while len(answers) > _MOST_ANSWERS:
            answers.pop(next(iter(answers)))
        return job.answer
    _ended(slot, job)
    return None


def _ended(slot: str, job: Job) -> None:
    """Say why there is no answer, and offer to try again."""
    say = words()
    if job.state == "refused":
        lines = say.mistakes(job.mistakes[:200])
        html("".join(note_html(line, "wrong") for line in lines))
        return
    told = say.say("web.cancelled") if job.state == "cancelled" else say.say("usage.internal", text=job.fault)
    html(note_html(told, "note" if job.state == "cancelled" else "wrong"))
    st.button(say.say("web.again"), key=f"again_{slot}", on_click=forget, args=(slot,))


def forget(slot: str) -> None:
    """End the work of a slot, and take it off."""
    found = st.session_state.get("tasks", {}).pop(slot, None)
    if found is not None:
        workshop().cancel(found[1])


@st.fragment(run_every=0.4)
def _watched(slot: str, watch: Callable[[Job], None] | None) -> None:
    found = st.session_state.get("tasks", {}).get(slot)
    if found is None or found[1].over:
        st.rerun()
    job, say = found[1], words()
    done, whole = job.progress or (0, 0)
    share = min(done / whole, 1.0) if whole else 0.0
    text = say.say("web.waiting") if job.state == "waiting" else say.say("web.working", share=f"{share * 100:.0f}")
    st.progress(share, text=text)
    st.button(say.say("web.cancel"), key=f"cancel_{slot}", on_click=workshop().cancel, args=(job,))
    if watch is not None:
        watch(job)
