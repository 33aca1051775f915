"""What stands around the chance of failing, as `choucha risk` tells it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isnan

from scenarios.messages import Catalogue
from scenarios.questions.comparison import Difference
from scenarios.questions.county_drawn import CountyDraw
from scenarios.questions.error_counts import ErrorCounts
from scenarios.questions.predictive import Predictive
from scenarios.questions.put_right import PutRight
from scenarios.questions.quality import Quality
from scenarios.questions.sensitivity import Changed, Sensitivity
from scenarios.questions.spread import Spread, Spreads
from scenarios.report.facts import tested
from scenarios.report.level_words import RATES, level_names, spoken_level, told_level
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import averaged_chance, percent, shown_chance, shown_pass
from scenarios.scenario import Level


def drawn_text(draw: CountyDraw, own: int, chance: Fraction, words: Catalogue) -> Iterator[Part]:
    """Yield the chance that the county itself is drawn."""
    yield ""
    yield words.say(
        "around.drawn",
        own=own,
        chance=f"{float(chance) * 100:.1f}%",
        drawn=draw.drawn,
        counties=draw.counties,
        provinces=draw.provinces,
    )
    yield words.say("calibrate.assumed", text=draw.sources["procedure"].texts[words.language])


def quality_text(found: Quality, words: Catalogue) -> Iterator[Part]:
    """Yield producer's and consumer's risk, and the indifference level."""
    yield ""
    yield Text(words.say("around.quality_title"), style="bold")
    axis, levels = level_names(found.curve.axis, words), {"prq": percent(found.prq), "crq": percent(found.crq)}
    yield words.say("around.quality", axis=axis, **levels)
    several = bool(found.points[0].others)
    table = Table()
    if several:
        table.add_column(words.say("around.column_others"))
    table.add_column(words.say("estimate.column_criterion"))
    table.add_column(words.say("around.column_producer", **levels), justify="right")
    table.add_column(words.say("around.column_consumer", **levels), justify="right")
    for point in found.points:
        for place, question in enumerate(tested(found.curve.scenario.policy)):
            table.add_row(
                *([told_level(point.others, words) if place == 0 else ""] if several else []),
                words.say(f"criterion.{question}"),
                shown_chance(point.good, question, words),
                shown_pass(point.bad, question, words),
            )
    yield table
    even = [each.level for each in found.curve.tipping if each.question == "any" and float(each.share) == _EVEN]
    if even and even[0] is not None:
        level = f"{even[0] * 100:.1f}%" if found.curve.axis[0] in RATES else f"{even[0]:.2g}"
        yield words.say("around.indifference", axis=axis, level=level)
    yield words.say("around.quality_note")


_EVEN = 0.5


def spread_text(found: Spreads, counts: ErrorCounts, words: Catalogue) -> Iterator[Part]:
    """Yield what inspections see: the rates and their margins, the errors found, how far it is to a failure."""
    yield ""
    yield Text(words.say("around.spread_title"), style="bold")
    level = spoken_level(found.level, words)
    yield words.say("attribution.at_level", level=level) if level else words.say("attribution.at_given")
    policy = found.scenario.policy
    table = Table()
    table.add_column(words.say("estimate.column_criterion"))
    for column in ("limit", "mean", "low", "quarter", "median", "three_quarters", "high", "margin"):
        table.add_column(words.say(f"around.column_{column}"), justify="right")
    for name, rates in found.rates.items():
        if not policy.tests(name):
            continue
        margin = found.margins[name]
        table.add_row(
            words.say(f"criterion.{name}"),
            percent(policy.limits[name]),
            _rate(rates.mean),
            *(_rate(value) for value in rates.quantiles),
            words.say("around.range", low=_points(margin.quantiles[0]), high=_points(margin.quantiles[-1])),
        )
    yield table
    yield words.say("around.spread_note", inspections=f"{found.inspections:,}", populations=f"{found.populations:,}")
    yield words.say(
        "around.found",
        mean=f"{found.found.mean:.1f}",
        visited=f"{found.visited.mean:,.0f}",
        low=_count(found.found, 0),
        high=_count(found.found, -1),
    )
    yield from _counts(counts, words)


def _rate(value: float) -> str:
    return "–" if isnan(value) else f"{value * 100:.2f}%"


def _points(value: float) -> str:
    return "–" if isnan(value) else f"{value * 100:+.2f}".replace("-", "−")


def _count(spread: Spread, place: int) -> str:
    return f"{spread.quantiles[place]:.0f}"


def _counts(counts: ErrorCounts, words: Catalogue) -> Iterator[Part]:
    now = counts.now
    yield words.say("around.now", households=f"{now.households:,.0f}", persons=f"{now.persons:,.0f}")
    for each in counts.until:
        share = percent(each.share)
        if each.at is None:
            yield words.say("around.until_never", share=share)
            continue
        more = each.at.households - now.households
        key = "around.until" if more > 0 else "around.until_passed"
        told = {"households": f"{each.at.households:,.0f}", "persons": f"{each.at.persons:,.0f}"}
        yield words.say(key, share=share, more=f"{abs(more):,.0f}", **told)
    yield words.say(f"around.placed_{counts.placed}")


def fixed_text(found: PutRight, level: Level, words: Catalogue) -> Iterator[Part]:
    """Yield what putting households right buys."""
    yield ""
    yield Text(words.say("around.fixed_title", households=f"{found.households:,}"), style="bold")
    told = spoken_level(level, words)
    yield words.say("attribution.at_level", level=told) if told else words.say("attribution.at_given")
    yield words.say(
        "around.fixed",
        households=f"{found.households:,}",
        of=f"{found.of:,}",
        villages=found.villages,
        before=shown_chance(found.before, "any", words),
        best=shown_chance(found.best, "any", words),
        random=averaged_chance(found.at_random["any"]),
    )
    yield words.say("around.fixed_note")


def sensitivity_text(found: Sensitivity, words: Catalogue) -> Iterator[Part]:
    """Yield what the chance becomes when one assumption is another."""
    yield ""
    yield Text(words.say("around.what_if_title"), style="bold")
    yield words.say("attribution.at_level", level=spoken_level(found.level, words))
    questions = tested(found.scenario.policy)
    table = Table()
    table.add_column(words.say("around.column_assumption"))
    table.add_column(words.say("around.column_value"), justify="right")
    for question in questions:
        table.add_column(words.say(f"criterion.{question}"), justify="right")
    table.add_row(words.say("around.as_it_is"), "", *(averaged_chance(found.chance[q]) for q in questions))
    before = ""
    for each in found.changed:
        table.add_row(
            _assumption(each, words) if each.key != before else "",
            words.say("compare.tipping", old=_value(each, each.was), new=_value(each, each.value)),
            *(_moved(each.differences[question]) for question in questions),
        )
        before = each.key
    yield table
    yield words.say("around.what_if_note")


def _assumption(each: Changed, words: Catalogue) -> str:
    return words.say(f"assumed.{each.key}" if each.key.startswith("population.") else f"around.{each.key}")


_NUMBERS = ("population.icc", "population.effect_sd", "population.remote_multiplier", "population.shared")


def _value(each: Changed, value: object) -> str:
    return f"{float(value):g}" if each.key in _NUMBERS else percent(value)  # type: ignore[arg-type]


def _moved(each: Difference) -> str:
    """Return how many percentage points a chance moved, in brackets where that may be chance alone.

    Examples
    --------
    >>> _moved(Difference(old=0.1, new=0.0626, standard_error=0.004))
    '−3.7'
    >>> _moved(Difference(old=0.1, new=0.1, standard_error=0))
    '0'
    """
    size = abs(each.difference) * 100
    if size < 0.05:
        return "0" if size == 0 else "≈0"
    told = f"{'+' if each.difference > 0 else '−'}{size:.1f}"
    return told if each.told_apart else f"({told})"


def predictive_text(found: Predictive, words: Catalogue) -> Iterator[Part]:
    """Yield what a verdict says of the truth."""
    yield ""
    yield Text(words.say("around.predictive_title"), style="bold")
    ends = found.curve.scenario.grid[0].values
    yield words.say(
        f"around.prior_{found.prior}",
        axis=level_names(found.curve.axis, words),
        low=percent(min(ends)),
        high=percent(max(ends)),
        mean=f"{found.belief.mean * 100:.2f}%",
    )
    table = Table()
    table.add_column(words.say("estimate.column_criterion"))
    for column in ("exceeds", "fails", "given_fail", "given_pass"):
        table.add_column(words.say(f"around.column_{column}"), justify="right")
    for question, each in found.questions.items():
        if question != "any" and not found.curve.scenario.policy.tests(question):
            continue
        shares = (each.exceeds, each.fails, each.exceeds_given_fail, each.meets_given_pass)
        table.add_row(words.say(f"criterion.{question}"), *("–" if s is None else averaged_chance(s) for s in shares))
    yield table
    yield words.say("around.predictive_note")
