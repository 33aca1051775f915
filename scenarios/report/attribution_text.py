"""The answer of `choucha risk --why`: who carries the risk, and what putting villages right buys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scenarios.messages import Catalogue, clean
from scenarios.questions.attribution import SMALL, Attribution, Carried
from scenarios.report.facts import tested
from scenarios.report.level_words import spoken_level
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import averaged_chance, chance, percent, shown_chance

_LITTLE = 0.0005  # of a chance: it would be told as 0


def attribution_text(found: Attribution, words: Catalogue, *, chances: bool = True) -> Iterator[Part]:
    """Yield who carries the risk.

    Parameters
    ----------
    found : Attribution
        The answer.
    words : Catalogue
        The language.
    chances : bool, default True
        Whether to tell the chances themselves, which are averages over fewer populations than those of the curve.
    """
    yield ""
    yield Text(words.say("attribution.title"), style="bold")
    level = spoken_level(found.level, words)
    yield words.say("attribution.at_level", level=level) if level else words.say("attribution.at_given")
    yield words.say("attribution.averaged" if found.populations else "attribution.of_one", count=found.populations)
    if chances:
        yield _chances(found, words)
    yield words.say("attribution.note_sum" if found.populations else "attribution.note_drop")
    for kind in ("strata", "townships", "villages"):
        parts = getattr(found, kind)
        if parts:
            yield words.say(f"attribution.{kind}")
            yield _parts(found, parts, words, stratum=kind == "strata")
    if found.before is not None and found.steps:
        yield ""
        yield Text(words.say("attribution.fix_title"), style="bold")
        yield _steps(found, words)
        yield words.say("attribution.note_fix", small=percent(SMALL))


def _chances(found: Attribution, words: Catalogue) -> str:
    told = (f"{words.say(f'criterion.{name}')} {_told(found, name)}" for name in found.chance)
    return words.say("attribution.chances", chances=words.say("place.joiner").join(told))


def _told(found: Attribution, name: str) -> str:
    value, error = found.chance[name], found.error[name]
    if not found.populations:
        return chance(value)
    return averaged_chance(value) + (f"±{error * 100:.1f}" if error >= _LITTLE else "")


def _parts(found: Attribution, parts: Sequence[Carried], words: Catalogue, *, stratum: bool) -> Table:
    table = Table()
    table.add_column(words.say("attribution.column_part"))
    for column in ("villages", "wrong" if found.populations else "wrong_given"):
        table.add_column(words.say(f"attribution.column_{column}"), justify="right")
    carried = [name for name in found.chance if not found.populations or _whole(found, name) >= _LITTLE]
    for name in carried:
        named = words.say(f"criterion.{name}")
        shown = words.say("attribution.column_share", criterion=named) if found.populations else named
        table.add_column(shown, justify="right")
    largest = max(carried, key=lambda name: found.chance[name], default="")
    if found.populations and largest:
        named = words.say(f"criterion.{largest}")
        table.add_column(words.say("attribution.column_each", criterion=named), justify="right")
    for part in parts:
        shown = words.stratum(part.name) if stratum else clean(part.name)
        drops = [_share(found, part, name) if found.populations else _points(part.drop[name]) for name in carried]
        if found.populations and largest:
            drops.append(f"{part.drop[largest] / _whole(found, largest) / part.villages * 100:z.2f}%")
        table.add_row(shown, str(part.villages), f"{part.wrong_persons:,.0f}", *drops)
    return table


def _share(found: Attribution, part: Carried, name: str) -> str:
    """Return a part's share of what all villages carry, with its standard error."""
    whole = _whole(found, name)
    return f"{part.drop[name] / whole * 100:z.0f}%±{max(part.error[name] / whole * 100, 0.1):.1f}"


def _whole(found: Attribution, name: str) -> float:
    return sum(stratum.drop[name] for stratum in found.strata)


def _points(drop: float) -> str:
    """Return a drop in percentage points."""
    return f"{-drop * 100:+.1f}" if abs(drop) >= _LITTLE else "0"


def _steps(found: Attribution, words: Catalogue) -> Table:
    before, frame = found.before, found.scenario.frame
    assert before is not None  # noqa: S101 - the caller has looked
    questions = tested(found.scenario.policy)
    table = Table()
    for column in ("order", "township", "village"):
        table.add_column(words.say(f"attribution.column_{column}"), justify="right" if column == "order" else "left")
    table.add_column(words.say("attribution.column_right"), justify="right")
    for question in questions:
        table.add_column(words.say(f"criterion.{question}"), justify="right")
    table.add_row("0", "", words.say("attribution.as_it_is"), "", *(shown_chance(before, q, words) for q in questions))
    for i, step in enumerate(found.steps, start=1):
        table.add_row(
            str(i),
            clean(frame.townships[step.village]),
            clean(frame.villages[step.village]),
            words.say("attribution.right", households=step.wrong_households, persons=step.wrong_persons),
            *(shown_chance(step.chance, q, words) for q in questions),
        )
    return table
