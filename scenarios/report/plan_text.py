"""The answer of `choucha plan`: how small an inspection may be."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.messages import Catalogue, clean
from scenarios.planning.smallest import Sized, Smallest
from scenarios.report.facts import expected_households
from scenarios.report.level_words import spoken_level
from scenarios.report.parts import Part, Table, Text
from scenarios.report.setting import provenance_line, setting
from scenarios.report.words import percent


def plan_text(found: Smallest, words: Catalogue) -> Iterator[Part]:
    """Yield the smallest plan, what it is held to, and the sizes that were computed.

    Parameters
    ----------
    found : Smallest
        The answer.
    words : Catalogue
        The language.
    """
    scenario, points = found.scenario, found.points
    keys = scenario.grid[0].keys
    yield Text(words.say("plan.title", name=clean(scenario.frame.name)), style="bold")
    if scenario.frame.synthetic:
        yield words.say("risk.synthetic")
    drawn = found.found.strata.items()
    each = (words.say("plan.stratum", stratum=words.stratum(name), drawn=count) for name, count in drawn)
    strata = words.say("place.joiner").join(each)
    households = expected_households(scenario.frame, found.plan)
    yield Text(
        words.say("plan.headline", villages=found.found.villages, strata=strata, households=f"{households:,}"),
        style="bold",
    )
    for side, level, bound in (
        ("good", points.good, points.producer),
        ("bad", points.bad, points.consumer),
    ):
        told = spoken_level(dict.fromkeys(keys, level), words)
        yield words.say(f"plan.point_{side}", level=told, bound=percent(bound))
    yield words.say("plan.present", villages=found.present.villages, **_risks(found.present))
    yield ""
    yield from setting(scenario, words)
    yield ""
    yield _table(found, words)
    yield words.say("plan.note")
    yield provenance_line(scenario, words)


def _risks(sized: Sized) -> dict[str, str]:
    return {
        "producer": _risk(sized.producer, sized.producer_error),
        "consumer": _risk(sized.consumer, sized.consumer_error),
    }


def _risk(risk: float, error: float) -> str:
    return f"{risk * 100:.1f}%±{error * 100:.1f}"


def _table(found: Smallest, words: Catalogue) -> Table:
    table = Table()
    for column in ("villages", "producer", "consumer", "keeps"):
        table.add_column(words.say(f"plan.column_{column}"), justify="left" if column == "keeps" else "right")
    for sized in found.tried:
        exceeds = sized.exceeds(found.points)
        told = words.say("plan.keeps") if not exceeds else words.say(f"plan.exceeds_{'_'.join(exceeds)}")
        style = "bold" if sized is found.found else ""
        table.add_row(f"{sized.villages}", *_risks(sized).values(), told, style=style)
    return table
