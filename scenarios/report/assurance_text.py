"""What the provincial result and a pre-check say of the chance of failing, as `choucha risk` tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scenarios.messages import Catalogue
from scenarios.questions.assurance import Assurance, Weighed, county_units
from scenarios.questions.chance_of_levels import Averaged
from scenarios.questions.curve import Curve
from scenarios.questions.precheck import Outcome, Prechecked, State
from scenarios.report.facts import tested
from scenarios.report.level_words import held_level, level_names
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import averaged_chance, chance, percent, simulated_chance


def assurance_text(found: Assurance, words: Catalogue) -> Iterator[Part]:
    """Yield the chance of failing given the provincial result.

    Parameters
    ----------
    found : Assurance
        The answer.
    words : Catalogue
        The language.
    """
    provincial, scenario = found.provincial, found.curve.scenario
    axis, unit = level_names(found.curve.axis, words), words.say(f"unit.{provincial.unit}")
    effect = float(provincial.design_effect or 1)
    yield ""
    yield Text(words.say("assurance.title"), style="bold")
    yield words.say(
        "assurance.result", wrong=f"{provincial.wrong:,}", checked=f"{provincial.checked:,}", unit=unit, axis=axis
    )
    yield words.say(
        f"assurance.effect_{found.design_effect_source}",
        effect=f"{effect:g}",
        checked=f"{provincial.checked:,}",
        effective=f"{provincial.checked / effect * float(provincial.discount):,.0f}",
        discount=f"{float(provincial.discount):g}",
        unit=unit,
    )
    if "any" in found.answer.fails:
        yield Text(words.say("assurance.headline", chance=averaged_text(found.answer.fails["any"])), style="bold")
    yield _discounts(found, words)
    yield words.say("assurance.note_discount")
    if found.county:
        units = county_units(scenario.frame, found.curve.axis, provincial.unit)
        yield words.say("assurance.note_county", units=f"{units:,}", unit=unit)
    else:
        yield words.say("assurance.note_law")
    if len(found.curve.axis) > 1:
        yield words.say("assurance.note_together")
    yield words.say("assurance.note_same")
    everything = [found.answer, *found.others]
    yield from _accuracy(
        [averaged for each in everything for averaged in each.fails.values()],
        max(each.points for each in everything),
        max(each.quadrature for each in everything),
        words,
    )
    yield from _held(found.curve, words)


def _discounts(found: Assurance, words: Catalogue) -> Table:
    table = Table()
    table.add_column(words.say("assurance.column_discount"), justify="right")
    questions = _columns(table, found.curve, found.answer.fails, found.limit, words)
    for each in sorted([found.answer, *found.others], key=lambda weighed: -weighed.discount):
        asked = "bold" if each is found.answer else ""
        table.add_row(f"{float(each.discount):g}", *_cells(each, questions), style=asked)
    return table


def _columns(
    table: Table, curve: Curve, fails: Mapping[str, Averaged], limit: float, words: Catalogue
) -> tuple[str, ...]:
    """Add the columns of what is believed and of the chances; return the questions that have one."""
    for key in ("mean", "upper"):
        table.add_column(words.say(f"assurance.column_{key}"), justify="right")
    table.add_column(words.say("assurance.column_above", limit=percent(limit)), justify="right")
    questions = tuple(question for question in tested(curve.scenario.policy) if question in fails)
    for question in questions:
        named = words.say(f"criterion.{question}")
        table.add_column(words.say("assurance.column_fails", criterion=named), justify="right")
    return questions


def _cells(state: Weighed | State, questions: Sequence[str]) -> Iterator[str]:
    yield from (_level(state.mean), _level(state.upper), chance(state.above))
    yield from (averaged_text(state.fails[question]) for question in questions)


def _level(level: float) -> str:
    return f"{level * 100:.2f}%"


def averaged_text(averaged: Averaged) -> str:
    """Return an averaged chance as it is read: simulated ones marked, one never seen as its bound."""
    if averaged.engine == "exact":
        return chance(averaged.chance)
    if averaged.engine == "simulate":
        return simulated_chance(averaged.chance, averaged.trials)
    return averaged_chance(averaged.chance)


def _accuracy(averages: Sequence[Averaged], points: int, quadrature: float, words: Catalogue) -> Iterator[str]:
    """Yield how far off the averages may be, and by what; what was never, or always, seen is told as a bound."""
    averages = [averaged for averaged in averages if 0 < averaged.chance < 1] or averages
    simulated = any(averaged.engine != "exact" for averaged in averages)
    yield words.say(
        "assurance.note_accuracy_simulated" if simulated else "assurance.note_accuracy_exact",
        interpolation=_points(max(averaged.interpolation for averaged in averages)),
        error=_points(max(averaged.standard_error for averaged in averages)),
        outside=_points(max(averaged.outside for averaged in averages)),
        points=f"{points:,}",
        quadrature=_points(quadrature),
    )


def _points(value: float) -> str:
    """Return a small share in percentage points, rounded up to two digits where it is not zero."""
    return f"{max(value * 100 + 0.0005, 0.001):.3f}" if value > 0 else "0"


def _held(curve: Curve, words: Catalogue) -> Iterator[str]:
    if held := held_level(curve, words):
        yield words.say("assurance.note_held", values=held)


def precheck_text(found: Prechecked, words: Catalogue) -> Iterator[Part]:
    """Yield what a pre-check is worth.

    Parameters
    ----------
    found : Prechecked
        The answer.
    words : Catalogue
        The language.
    """
    check, values = found.check, found.curve.scenario.grid[0].values
    axis = level_names(found.curve.axis, words)
    yield ""
    yield Text(words.say("precheck.title"), style="bold")
    yield words.say(
        "precheck.plan",
        households=f"{check.households:,}",
        villages=check.villages,
        each=check.per_village,
        sensitivity=percent(check.sensitivity),
    )
    if found.provincial is not None:
        discount = f"{float(found.provincial.discount):g}"
        yield words.say("precheck.prior_provincial", discount=discount)
    else:
        yield words.say("precheck.prior_grid", low=percent(min(values)), high=percent(max(values)), axis=axis)
    first = found.outcomes[0]
    yield Text(words.say("precheck.headline", any_found=chance(first.any_found)), style="bold")
    yield _outcomes(found, words)
    yield words.say("precheck.sizes")
    yield _sizes(found, words)
    yield words.say("precheck.note_random")
    yield words.say("precheck.note_level")
    everything = [*found.outcomes, *found.sizes]
    states = [found.before, *(each.after for each in everything)]
    yield from _accuracy(
        [averaged for state in states for averaged in state.fails.values()],
        max(each.points for each in everything),
        max(each.quadrature for each in everything),
        words,
    )
    if found.provincial is None:  # else the assurance above has said it
        yield from _held(found.curve, words)


def _outcomes(found: Prechecked, words: Catalogue) -> Table:
    table = Table()
    for key in ("found", "chance"):
        table.add_column(words.say(f"precheck.column_{key}"), justify="right")
    questions = _columns(table, found.curve, found.before.fails, found.limit, words)
    table.add_row(words.say("precheck.before"), "", *_cells(found.before, questions))
    for each in found.outcomes:
        counted = words.say("precheck.found", count=each.check.found)
        table.add_row(counted, chance(each.chance), *_cells(each.after, questions))
    return table


def _sizes(found: Prechecked, words: Catalogue) -> Table:
    table = Table()
    for key in ("households", "villages", "any"):
        table.add_column(words.say(f"precheck.column_{key}"), justify="right")
    questions = _columns(table, found.curve, found.before.fails, found.limit, words)
    for each in found.sizes:
        table.add_row(*_size(each), *_cells(each.after, questions))
    return table


def _size(outcome: Outcome) -> tuple[str, str, str]:
    return f"{outcome.check.households:,}", f"{outcome.check.villages:,}", chance(outcome.any_found)
