"""The page from top to bottom: language and part, the county, then what the part shows; at the end its address."""

from __future__ import annotations

import json
import os
from html import escape
from importlib.resources import files
from typing import Any

import streamlit as st

from sampler.errors import InputError
from scenarios.messages import LANGUAGES, default_language
from scenarios.shells.web.markup import heading_html, note_html
from scenarios.shells.web.session import chosen, held, html, view, words
from scenarios.shells.web.view import PARTS, address, read_address


def show() -> None:
    """Show the page once."""
    if "view" not in st.session_state:
        given = {key: str(value) for key, value in st.query_params.items()}
        st.session_state["view"], st.session_state["bad"] = read_address(given, _usual_language())
    shown = view()
    held("lang", shown["lang"])
    shown["lang"] = st.session_state["lang"]
    say = words()
    st.set_page_config(page_title=say.say("web.title"), layout="centered", menu_items=None)
    _dress()
    html(f'<h1>{escape(say.say("web.title"))}</h1><p class="lead">{escape(say.say("web.lead"))}</p>')
    language, part = st.columns([1, 2])
    with language:
        st.radio(say.say("web.language"), LANGUAGES, key="lang", horizontal=True, format_func=lambda name: _NAMES[name])
    with part:
        chosen("part", say.say("web.part"), PARTS, lambda name: say.say(f"web.part_{name}"))
    if st.session_state["bad"]:
        keys = say.say("place.enumeration").join(key[:40] for key in st.session_state["bad"][:12])
        html(note_html(say.say("web.bad_address", keys=keys)))
    try:
        _part(str(shown["part"]))
    except InputError as error:  # what was set cannot be: said where the part would stand
        html("".join(note_html(line, "wrong") for line in say.mistakes(error.mistakes)))
    except Exception as error:  # noqa: BLE001 - told by name, like every fault of ours; the rest of the page stays
        html(note_html(say.say("usage.internal", text=f"{type(error).__name__}: {error}"), "wrong"))
    html(f"<footer>{escape(say.say('web.footer'))}</footer>")
    _share()


def _usual_language() -> str:
    """Return the language of the command that serves the page."""
    stated = os.environ.get("CHOUCHA_WEB_LANGUAGE", "")
    return stated if stated in LANGUAGES else default_language()


_NAMES = {"zh": "中文", "en": "English"}


def _part(name: str) -> None:
    if name == "planner":
        from scenarios.shells.web.planner import planner  # noqa: PLC0415 - each part when it is looked at

        planner()
    elif name == "statistician":
        from scenarios.shells.web.statistician import statistician  # noqa: PLC0415

        statistician()
    else:
        from scenarios.shells.web.trainer import trainer  # noqa: PLC0415

        trainer()


def _dress() -> None:
    """Lay our style over Streamlit's, in words of the visitor's language, and say which language the page is in."""
    say = words()
    style = files("scenarios.data").joinpath("templates", "web.css").read_text(encoding="utf-8")
    texts = {
        "UPLOAD": say.say("web.upload_button"),
        "INSTRUCTION": say.say("web.upload_drop"),
        "TOO_LARGE": say.say("web.upload_too_large"),
        "SWIPE": say.say("web.swipe"),
    }
    for key, text in texts.items():
        style = style.replace(f"/*{key}*/", json.dumps(text, ensure_ascii=False))
    html(f"<style>{style}</style>")
    told = {
        "lang": "zh-CN" if view()["lang"] == "zh" else "en",
        "choose": texts["UPLOAD"],
        "tooLarge": texts["TOO_LARGE"],
    }
    told |= {key: say.say(f"web.upload_{key}") for key in ("chip_remove", "chip_add", "field")}
    script = files("scenarios.data").joinpath("templates", "web.js").read_text(encoding="utf-8")
    spoken = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    # In a block of its own: the script runs again for every language that is chosen.
    st.html(f"<script>{{\nconst words = {spoken};\n{script}}}</script>", unsafe_allow_javascript=True)


def _share() -> None:
    """Write the view into the address, so that it can be shared."""
    wanted: dict[str, Any] = address(view())
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def section(text: str) -> None:
    """Begin a section."""
    html(heading_html(text))
