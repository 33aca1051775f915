"""The curve as a figure: its words, its alternative text, its file."""

from __future__ import annotations

from pathlib import Path

from sampler.errors import refuse
from scenarios.engines.chance import QUESTIONS
from scenarios.figures.curve import oc_curve
from scenarios.figures.fonts import cjk_font
from scenarios.figures.save import save_figure
from scenarios.figures.surface import Drawing, risk_surface
from scenarios.messages import Catalogue, clean
from scenarios.questions.curve import Curve
from scenarios.report.document import Picture
from scenarios.report.facts import drawn_villages, expected_visits
from scenarios.report.level_words import RATES, level_names, level_value, told_level
from scenarios.report.pictures import SUFFIXES, drawn_language, picture
from scenarios.report.words import percent, shown_chance
from scenarios.scenario import Level, Scenario


def require_drawable(scenario: Scenario, path: Path) -> None:
    """Refuse, before anything is computed, what cannot be drawn.

    Raises
    ------
    InputError
        ``figure_suffix``, ``font_unreadable``, or ``figure_needs_curve`` when the grid is neither a curve nor a
        surface.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise refuse("figure_suffix", file=path.name, found=path.suffix, allowed=", ".join(SUFFIXES))
    axes = [len(set(axis.values)) for axis in scenario.grid]
    if len(axes) != 1 and (len(axes) != 2 or min(axes) < 2):
        raise refuse("figure_needs_curve", file=path.name, found=len(scenario.grid))
    cjk_font()  # refuses a font of the user's that cannot be used


def save_curve_figure(curve: Curve, words: Catalogue, path: Path) -> None:
    """Draw a curve and write it.

    Parameters
    ----------
    curve : Curve
        With a grid of one axis, or of two: a surface.
    words : Catalogue
        The language; English where no font has Chinese glyphs.
    path : Path
        With suffix .png or .svg.

    Raises
    ------
    InputError
        ``figure_suffix`` or ``cannot_write``.
    """
    figure, described = _drawn(curve, words)
    save_figure(figure, path, alternative_text=described)


def curve_picture(curve: Curve, words: Catalogue, marked: Level | None = None) -> Picture | None:
    """Return a curve, or a surface, for a report; None where the grid is neither.

    Parameters
    ----------
    curve : Curve
        The chances by error level.
    words : Catalogue
        The language; English where no font has Chinese glyphs.
    marked : mapping of str to Decimal, optional
        A level of the curve whose chance is ringed and told; nothing on a surface.
    """
    if not 1 <= len(curve.scenario.grid) <= 2 or any(len(set(axis.values)) < 2 for axis in curve.scenario.grid):
        return None
    figure, described = _drawn(curve, words, marked)
    return picture(figure, described)


def _drawn(curve: Curve, words: Catalogue, marked: Level | None = None) -> tuple[Drawing, str]:
    words = drawn_language(words)
    if len(curve.scenario.grid) > 1:
        return _surface(curve, words), _surface_alternative(curve, words)
    values = [float(value) for value in curve.scenario.grid[0].values]
    chances = {question: [answer.fails[question] for answer in curve.chances] for question in QUESTIONS}
    limits = {name: curve.scenario.policy.limits[name] for name in ("wrong_exit", "missed")}
    shared = float(limits["missed"]) if len(set(limits.values())) == 1 and "missed" in curve.axis else None
    spread = [answer.between.get("any") or 0.0 for answer in curve.chances] if curve.scenario.averaged else None
    marks = () if marked is None else _mark(curve, marked, words)
    figure = oc_curve(values, chances, words=_words(curve, words), limit=shared, spread=spread, marks=marks)
    return figure, " ".join([_alternative(curve, words), *(text for *_, text in marks)])


def _mark(curve: Curve, level: Level, words: Catalogue) -> tuple[tuple[float, float, str], ...]:
    """Return the point to ring: the chance of failing on any criterion at a level."""
    answer = curve.chances[curve.levels.index(level)]
    overall = answer.fails["any"]
    if overall is None:
        return ()
    told = words.say(
        "figure.mark", level=level_value(curve.axis[0], level[curve.axis[0]]), chance=shown_chance(answer, "any", words)
    )
    return ((float(level[curve.axis[0]]), overall, told),)


def _surface(curve: Curve, words: Catalogue) -> Drawing:
    """Return the chance that anything fails over both axes."""
    first, second = curve.scenario.grid
    chances = [answer.fails["any"] for answer in curve.chances]
    if None in chances:
        raise refuse("figure_unserved", found=curve.engine)
    rows = [chances[i : i + len(second.values)] for i in range(0, len(chances), len(second.values))]
    return risk_surface(
        [float(value) for value in first.values],
        [float(value) for value in second.values],
        rows,  # type: ignore[arg-type]
        words=_words(curve, words)
        | {
            "x": level_names(first.keys, words),
            "y": level_names(second.keys, words),
            "title": words.say("figure.surface_title"),
            "note": words.say("figure.surface_note", note=_words(curve, words)["note"]),
        },
        percent=(first.keys[0] in RATES, second.keys[0] in RATES),
    )


def _surface_alternative(curve: Curve, words: Catalogue) -> str:
    def told(level: Level) -> str:
        answer = curve.chances[curve.levels.index(level)]
        return words.say(
            "figure.surface_part", level=told_level(level, words), chance=shown_chance(answer, "any", words)
        )

    first, second = curve.scenario.grid
    corners = [
        {**dict.fromkeys(first.keys, x), **dict.fromkeys(second.keys, y)}
        for x in (first.values[0], first.values[-1])
        for y in (second.values[0], second.values[-1])
    ]
    parts = words.say("place.joiner").join(told(corner) for corner in corners)
    return words.say("figure.surface_alternative", name=clean(curve.scenario.frame.name), parts=parts)


def _words(curve: Curve, words: Catalogue) -> dict[str, str]:
    scenario = curve.scenario
    title = scenario.policy.titles.get(words.language, scenario.policy.name)
    synthetic = words.say("risk.synthetic") if scenario.frame.synthetic else ""
    return {question: words.say(f"criterion.{question}") for question in QUESTIONS} | {
        "title": words.say("figure.title"),
        "subtitle": words.say(
            "figure.subtitle",
            name=clean(scenario.frame.name),
            villages=drawn_villages(scenario),
            all=len(scenario.frame.codes),
            households=f"{expected_visits(scenario):,}",
        ),
        "x": words.say("figure.x", kinds=level_names(curve.axis, words)),
        "y": words.say("figure.y"),
        "limit": words.say("figure.limit", limit=percent(scenario.policy.limits["missed"])),
        "note": words.say("figure.note", policy=title, how=_how(curve, words), synthetic=synthetic).strip(),
    }


def _how(curve: Curve, words: Catalogue) -> str:
    """Return how the numbers came about."""
    if curve.scenario.averaged:
        return words.say("figure.averaged")
    made = {q: {answer.engine[q] for answer in curve.chances} for q in QUESTIONS}
    estimated = [question for question in QUESTIONS if made[question] & {"simulate", "conditional"}]
    if not estimated:
        return words.say("figure.exact")
    if all("exact" not in engines for engines in made.values()):
        return words.say("figure.simulated")
    names = words.say("place.enumeration").join(words.say(f"criterion.{question}") for question in estimated)
    return words.say("figure.partly_simulated", names=names)


def _alternative(curve: Curve, words: Catalogue) -> str:
    def told(position: int) -> str:
        answer = curve.chances[position]
        parts = [
            words.say(
                "figure.alternative_part",
                criterion=words.say(f"criterion.{question}"),
                chance=shown_chance(answer, question, words),
            )
            for question in QUESTIONS
            if answer.fails[question] is not None
        ]
        return words.say("place.joiner").join(parts)

    values = curve.scenario.grid[0].values
    described = words.say(
        "figure.alternative",
        name=clean(curve.scenario.frame.name),
        low=level_value(curve.axis[0], values[0]),
        high=level_value(curve.axis[0], values[-1]),
        low_text=told(0),
        high_text=told(-1),
    )
    return f"{described} {_how(curve, words)}"
