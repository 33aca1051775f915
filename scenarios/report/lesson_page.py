"""A lesson as one HTML file that needs nothing else: the draws inside, and a few lines of script that play them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from sampler.frame import GROUPS
from scenarios.figures.lesson_map import NAME_LINE, NAME_SIZE, Ground, ground
from scenarios.files.lesson_record import hundredths, lesson_record, packed
from scenarios.messages import Catalogue, clean
from scenarios.questions.lesson import Lesson
from scenarios.report.level_words import spoken_level
from scenarios.report.setting import limit_sign, provenance_line, setting
from scenarios.report.words import chance_range, percent, rate, shown_chance

# Sentences that the page fills by itself, with the places that it fills.
_SENTENCES = {
    "step_county": "",
    "step_villages": "drawn all",
    "step_households": "visited groups",
    "step_survey": "questionnaires",
    "step_recheck": "questionnaires desk revisited fresh",
    "step_found": "found asked rate drawn disapproving",
    "step_found_only": "found asked rate drawn",
    "step_estimate": "",
    "step_verdict": "",
    "no_verdict": "",
    "inspection": "number draws",
    "before": "draws",
    "count": "found asked unit",
    "interval": "low high",
    "so_far": "failed played share",
    "nothing_yet": "chance",
    "chance": "chance",
    "chance_line": "chance",
    "chart_any": "",
    "chart_rate": "criterion",
    "village": "number",
    "alternative_map": "number villages found",
    "alternative_share": "played share chance",
    "alternative_histogram": "played failed",
    "alternative_scale": "criterion value limit",
    "compare_wait": "",
    "compare_map": "number verdict",
    "play": "",
    "pause": "",
    "true_rate": "",
    "limit": "",
    "fails": "",
    "passes": "",
    "open": "",
    "common": "count",
}


def lesson_page(lesson: Lesson, words: Catalogue, *, command: str) -> bytes:
    """Return a lesson as HTML.

    Parameters
    ----------
    lesson : Lesson
        What is played.
    words : Catalogue
        The language of the whole page.
    command : str
        The command that draws the same inspections one by one, without the number.

    Returns
    -------
    bytes
        UTF-8; the same for the same arguments.
    """
    source, style, *scripts = map(_lean, ("lesson.html.j2", "lesson.css", "lesson_facts.js", "lesson.js"))
    script = "\n".join(scripts)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    frame = lesson.scenario.frame
    county = ground([clean(name) for name in frame.townships], frame.location_km)
    page = environment.from_string(source).render(
        say=lambda key, **fields: words.say(f"lesson.{key}", **fields),
        language="zh-CN" if words.language == "zh" else "en",
        # The page may run this script and this style, and ask nobody for anything.
        script=Markup(script),  # noqa: S704 - our own
        script_hash=_hash(script),
        style=Markup(style),  # noqa: S704 - our own
        style_hash=_hash(style),
        data=_embedded(lesson_record(lesson) | _places(county, frame.townships) | _told(lesson, words, command)),
        ground=county,
        name_size=NAME_SIZE,
        name_line=NAME_LINE,
        name=clean(frame.name),
        warning=words.say("risk.synthetic" if frame.synthetic else "lesson.own_list"),
        shading=words.say("map.no_coordinates" if frame.location_km is None else "map.shading"),
        ordinary=words.say("map.ordinary"),
        steps=_steps(lesson),
        draws=lesson.draws,
        assumed=_assumed(lesson, words),
        remote=words.say("map.remote") if frame.remote.any() else "",
        questions=[(name, words.say(f"criterion.{name}")) for name in ("any", *lesson.tested)],
        results=_results(lesson, words),
        limits={
            name: f"{limit_sign(lesson.scenario.policy, name)} {percent(lesson.scenario.policy.limits[name])}"
            for name in lesson.tested
        },
        notes=[*_notes(lesson, words), *setting(lesson.scenario, words), provenance_line(lesson.scenario, words).text],
        command=f"{command} --number 1",
    )
    return (page + "\n").encode()


def _lean(name: str) -> str:
    """Return a template without what only its writers read: indentation and lines of comment."""
    text = files("scenarios.data").joinpath("templates", name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode("ascii")


def _embedded(record: Mapping[str, Any]) -> Markup:
    """Return JSON that ends no element, whatever a name of somebody else's list holds."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - escaped above


def _steps(lesson: Lesson) -> list[str]:
    second = ["recheck"] if lesson.second_phase else []
    return ["county", "villages", "households", *second, "found", "estimate", "verdict"]


def _told(lesson: Lesson, words: Catalogue, command: str) -> dict[str, Any]:
    """Return the words and names with which the page tells the numbers."""
    frame, policy = lesson.scenario.frame, lesson.scenario.policy
    sentences = {
        key: words.say(f"lesson.{key}", **{name: f"{{{name}}}" for name in fields.split()})
        for key, fields in _SENTENCES.items()
    }
    sentences["step_villages"] = " ".join([*_strata(lesson, words), sentences["step_villages"]])
    sentences |= {
        f"verdict_{key}": words.say(f"verdict.{key}", **{name: f"{{{name}}}" for name in fields})
        for key, fields in (("passes", ()), ("fails", ("reasons",)), ("open", ("names",)))
    }
    reason = ("criterion", "value", "sign", "limit")
    sentences["reason"] = words.say("verdict.reason", **{name: f"{{{name}}}" for name in reason})
    sentences |= {
        "beyond": words.say("estimate.fails"),
        "joiner": words.say("place.joiner"),
        "enumeration": words.say("place.enumeration"),
    }
    return {
        "steps": _steps(lesson),
        "words": sentences,
        "command": command,
        "groups": [words.say(f"group.{name}") for name in GROUPS],
        "told": {
            name: {
                "label": words.say(f"criterion.{name}"),
                "limit_text": percent(policy.limits[name]),
                "sign": limit_sign(policy, name),
                "unit": words.say(f"unit.{policy.units.get(name, 'persons')}"),
                "exact": _exact(lesson, name),
            }
            for name in lesson.tested
        },
        "any": words.say("criterion.any"),
        "chances": {name: shown_chance(lesson.chance, name, words) for name in ("any", *lesson.tested)},
        # Who passes this file on shall not spread that a real village has failed.
        "names": [clean(name) for name in frame.villages] if frame.synthetic else None,
    }


def _places(county: Ground, townships: Sequence[str]) -> dict[str, Any]:
    """Return where each village stands, and in which township."""
    rank = {name: number for number, name in enumerate(dict.fromkeys(townships))}
    home = np.array([rank[name] for name in townships])
    return {"places": packed([*county.villages.T, home]), "townships": [clean(name) for name in rank]}


def _exact(lesson: Lesson, name: str) -> dict[int, str]:
    """Return the rates that need more than two decimals to show on which side of the limit they lie, by inspection."""
    estimate, limit = lesson.assessment.deciding[name], lesson.scenario.policy.limits[name]
    written = {n: rate(float(value), limit) for n, value in enumerate(estimate.value) if estimate.measured[n]}
    return {n: text for n, text in written.items() if text != f"{hundredths(float(estimate.value[n])) / 100:.2f}%"}


def _strata(lesson: Lesson, words: Catalogue) -> list[str]:
    scenario = lesson.scenario
    return [
        words.say(
            "lesson.stratum",
            stratum=words.stratum(stratum.name),
            available=len(stratum.villages),
            drawn=stratum.drawn,
            chance=chance_range(stratum.design.first),
        )
        for stratum in scenario.plan.strata(scenario.frame)
        if stratum.drawn
    ]


def _assumed(lesson: Lesson, words: Catalogue) -> str:
    """Return what is true of the county, as a sentence has it."""
    spoken = spoken_level(lesson.level, words)
    return spoken or words.say("lesson.truth_given")


def _results(lesson: Lesson, words: Catalogue) -> list[tuple[str, str, str, str]]:
    """Return, for who runs no script: question, truth, how many failed, and the chance."""
    verdict = lesson.assessment.verdict
    rows = []
    for name in ("any", *lesson.tested):
        failed = int((verdict.any if name == "any" else verdict.fails[name]).sum())
        truth = None if name == "any" else lesson.truth[name]
        rows.append(
            (
                words.say(f"criterion.{name}"),
                words.say("risk.unavailable") if truth is None else rate(float(truth)),
                words.say("lesson.failed", failed=failed, draws=lesson.draws, share=f"{failed / lesson.draws:.1%}"),
                shown_chance(lesson.chance, name, words),
            )
        )
    return rows


def _notes(lesson: Lesson, words: Catalogue) -> list[str]:
    """Return how the numbers came about."""
    chance = lesson.chance
    errors = [error for name, error in chance.standard_error.items() if error and chance.engine[name] != "exact"]
    notes = [words.say("lesson.note_exact")]
    if chance.inspections:
        error = f"{max(errors, default=0.0) * 100:.2g}"
        notes.append(words.say("lesson.note_simulated", inspections=f"{chance.inspections:,}", error=error))
    weighting = "weighted" if lesson.assessment.rule == "weighted" else "raw"
    return [
        *notes,
        words.say("lesson.note_truth"),
        words.say(f"estimate.note_{weighting}"),
        words.say("estimate.note_interval"),
    ]


def played(lesson: Lesson, words: Catalogue) -> str:
    """Return in one sentence what the page comes to: how many inspections fail, and the chance of it."""
    failed = int(lesson.assessment.verdict.any.sum())
    return words.say(
        "lesson.told",
        failed=failed,
        draws=lesson.draws,
        share=f"{failed / lesson.draws:.1%}",
        chance=shown_chance(lesson.chance, "any", words),
    )
