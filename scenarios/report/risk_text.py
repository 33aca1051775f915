"""The answer of `choucha risk`: what was asked, the table, the caveats."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from estimators.policy import Policy
from scenarios.engines.chance import QUESTIONS
from scenarios.messages import Catalogue, clean
from scenarios.questions.curve import Curve, other_denominator
from scenarios.questions.reach import chance_drawn, unreachable
from scenarios.questions.tipping import SHARES, Tipping
from scenarios.report.facts import has_exact_reach, largest_tie, looks_for_errors, tested, unmeasured, unserved
from scenarios.report.level_words import RATES, held_level, level_names, level_value
from scenarios.report.parts import Part, Table, Text
from scenarios.report.policy_text import backing
from scenarios.report.setting import policy_value, provenance_line, setting
from scenarios.report.verdict_words import verdict_sentence
from scenarios.report.words import chance, chance_beside, chance_range, percent, rounded_up, shown_chance
from scenarios.scenario import GivenTruth, Scenario


def risk_text(curve: Curve, words: Catalogue, assumed: dict[str, object]) -> Iterator[Part]:
    """Yield the answer of `choucha risk`: what was asked, the table, the caveats.

    Parameters
    ----------
    curve : Curve
        The answer.
    words : Catalogue
        The language.
    assumed : dict
        Value of each assumed key, by dotted name.
    """
    scenario = curve.scenario
    yield Text(words.say("risk.title", name=clean(scenario.frame.name)), style="bold")
    if scenario.frame.synthetic:
        yield words.say("risk.synthetic")
    yield from (Text(sentence, style="bold") for sentence in verdict_sentence(curve, words))
    yield from headline(curve, words)
    yield ""
    yield from setting(scenario, words)
    yield truth_line(scenario, words)
    yield ""
    yield risk_table(curve, words)
    yield from tipping_parts(curve, words)
    yield from _notes(curve, words)
    yield ""
    yield from assumption_lines(scenario, words, assumed)
    yield provenance_line(scenario, words)


def truth_line(scenario: Scenario, words: Catalogue) -> str:
    """Return what is taken to be true, and whether the chances hold for one population or on average over many."""
    if isinstance(scenario.truth, GivenTruth):
        return words.say("risk.truth_given")
    rates = words.say("risk.truth_rates_levels")
    if not scenario.grid:
        stated = [
            f"{words.say(f'level.{key}')} {percent(getattr(scenario.truth, key))}"
            for key in ("wrong_exit", "missed", "disapproval")
        ]
        rates = words.say("place.joiner").join(stated)
    totals = words.say(f"value.{scenario.truth.totals}")
    key = "risk.truth_averaged" if scenario.averaged else "risk.truth_one"
    return words.say(key, rates=rates, totals=totals, seed=scenario.seed)


def _reading(scenario: Scenario, words: Catalogue) -> str:
    return words.say(f"risk.reading_{scenario.policy.missed_denominator}")


def risk_table(curve: Curve, words: Catalogue) -> Table:
    """Return the chances of failing, one row an error level."""
    table = Table()
    axes = curve.scenario.grid
    for axis in axes:
        table.add_column(level_names(axis.keys, words), justify="right")
    given = isinstance(curve.scenario.truth, GivenTruth)
    if not axes:
        table.add_column(words.say("risk.column_given" if given else "risk.column_single"))
    policy, questions = curve.scenario.policy, tested(curve.scenario.policy)
    for question in questions:
        table.add_column(words.say(f"criterion.{question}"), justify="right")
    if looks_for_errors(policy):
        table.add_column(words.say("risk.column_finding"), justify="right")
    if policy.tests("missed"):
        other_reading = other_denominator(curve.scenario).policy.missed_denominator
        table.add_column(words.say(f"risk.column_other_{other_reading}"), justify="right")
    exactly = has_exact_reach(curve.scenario)
    rows = zip(curve.levels, curve.chances, curve.finding, curve.other_denominator, strict=True)
    for level, answer, finding, other in rows:
        head = [level_value(axis.keys[0], level[axis.keys[0]]) for axis in axes] or [
            words.say("risk.row_given" if given else "risk.row_single")
        ]
        shown = [shown_chance(answer, question, words) for question in questions]
        if looks_for_errors(policy):
            never = {answer.engine["wrong_exit"], answer.engine["missed"]} == {"exact"}
            shown.append(chance_beside(finding, answer, words, exact=never or (exactly and not answer.populations)))
        if policy.tests("missed"):
            never = answer.engine["missed"] == "exact"
            shown.append(chance_beside(other, answer, words, exact=never or (exactly and not answer.populations)))
        table.add_row(*head, *shown)
    return table


def headline(curve: Curve, words: Catalogue) -> Iterator[Text]:
    """Yield the answer in one sentence, where the chance that anything fails passes both shares inside the grid."""
    levels = {each.share: each.level for each in curve.tipping if each.question == "any"}
    low, even = levels.get(SHARES[0]), levels.get(SHARES[1])
    if low is not None and even is not None and low < even:
        sentence = words.say(
            "risk.headline",
            axis=level_names(curve.axis, words),
            share=percent(SHARES[0]),
            low=_tipping_level(curve, low),
            even=_tipping_level(curve, even),
        )
        yield Text(sentence, style="bold")


def _tipping_level(curve: Curve, level: float) -> str:
    # Another spread of the errors over the villages moves the level by more than the next digit.
    return f"{level * 100:.1f}%" if curve.axis[0] in RATES else f"{level:.2g}"


def tipping_parts(curve: Curve, words: Catalogue) -> Iterator[Part]:
    """Yield the levels at which the chances pass 5% and 50%."""
    if not curve.tipping:
        return
    yield words.say("risk.tipping_title", axis=level_names(curve.axis, words))
    table = Table()
    table.add_column(words.say("estimate.column_criterion"))
    for share in SHARES:
        table.add_column(percent(share), justify="right")
    for question in [q for q in tested(curve.scenario.policy) if any(each.question == q for each in curve.tipping)]:
        table.add_row(words.say(f"criterion.{question}"), *tipping_words(curve, question, words))
    yield table
    if held := held_level(curve, words):
        yield words.say("risk.tipping_held", values=held)


def tipping_words(curve: Curve, question: str, words: Catalogue) -> list[str]:
    """Return where the chance of a question passes each share; – where it was not looked for."""
    found = {each.share: each for each in curve.tipping if each.question == question}
    if not curve.tipping:
        return []
    return [_tipping_cell(curve, found[share], words) if share in found else "–" for share in SHARES]


def _tipping_cell(curve: Curve, tipping: Tipping, words: Catalogue) -> str:
    if tipping.level is not None:
        return words.say("risk.tipping_at", level=_tipping_level(curve, tipping.level))
    highest = level_value(curve.axis[0], max(curve.scenario.grid[0].values))
    return words.say(f"risk.tipping_{tipping.outside}", high=highest)


def _notes(curve: Curve, words: Catalogue) -> Iterator[Part]:
    yield from number_notes(curve, words)
    yield from drawn_notes(curve.scenario, words)
    if len(set(curve.scenario.frame.townships)) > 1:
        yield words.say("risk.note_townships_all")
    yield from reading_notes(curve, words)
    yield from scope_notes(curve, words)


def number_notes(curve: Curve, words: Catalogue) -> Iterator[str]:
    """Yield how the numbers came about and how precise they are."""
    for reason, questions in unserved(curve).items():
        names = words.say("place.enumeration").join(words.say(f"criterion.{question}") for question in questions)
        yield words.say(f"risk.note_unserved_{reason}", names=names)
    yield from _engine_notes(curve, words)
    if looks_for_errors(curve.scenario.policy):
        yield words.say("risk.note_finding")


def reading_notes(curve: Curve, words: Catalogue) -> Iterator[str]:
    """Yield the other reading of each rule that no source settles, and how much hangs on it."""
    policy = curve.scenario.policy
    if policy.tests("missed"):
        other = _reading(other_denominator(curve.scenario), words)
        yield words.say("risk.note_reading", here=_reading(curve.scenario, words), other=other)
    way = words.say("risk.note_boundary_fails" if policy.at_limit_fails else "risk.note_boundary_passes")
    tie = largest_tie(curve)
    if tie is None:
        yield words.say("risk.note_boundary_weighted", fails_or_passes=way)
    else:
        yield words.say("risk.note_boundary", fails_or_passes=way, change=chance(tie))


def scope_notes(curve: Curve, words: Catalogue) -> Iterator[str]:
    """Yield what the answer leaves out, and what the rule set adds."""
    policy = curve.scenario.policy
    nothing = unmeasured(curve)
    if nothing:
        text = words.say("place.joiner").join(f"{words.say(f'criterion.{n}')} {chance(p)}" for n, p in nothing.items())
        yield words.say("risk.note_not_measured", text=text)
    if looks_for_errors(policy):
        yield words.say("risk.note_missed_members")
    for note in policy.notes:
        yield backing(note, words)


def drawn_notes(scenario: Scenario, words: Catalogue) -> Iterator[str]:
    """Yield the chance that a village of each stratum is drawn, and the least and most exposed township."""
    strata = [
        words.say(
            "risk.drawn_stratum",
            stratum=words.stratum(stratum.name),
            chance=chance_range(stratum.design.first),
        )
        for stratum in scenario.plan.strata(scenario.frame)
    ]
    yield words.say("risk.note_drawn", strata=words.say("place.joiner").join(strata))
    yield from unreachable_notes(scenario, words)
    townships = chance_drawn(scenario)[1]
    if len(townships) > 1:
        low, high = min(townships, key=townships.__getitem__), max(townships, key=townships.__getitem__)
        yield words.say(
            "risk.note_townships",
            low=clean(low),
            low_chance=chance(townships[low]),
            high=clean(high),
            high_chance=chance(townships[high]),
        )


def unreachable_notes(scenario: Scenario, words: Catalogue) -> Iterator[str]:
    """Yield what the plan can never visit; everybody should have a chance."""
    found = unreachable(scenario)
    if found.nothing:
        yield words.say("risk.note_all_reachable")
        return
    joiner = words.say("place.enumeration")
    counts = joiner.join(
        words.say("risk.unreachable_group", group=words.say(f"group.{group}"), count=f"{count:,}")
        for group, count in found.households.items()
        if count
    )
    yield words.say("risk.note_unreachable", households=counts)
    for key, names in (("townships", found.townships), ("villages", found.villages)):
        if names:
            told = joiner.join(clean(name) for name in names[:_MOST_NAMES])
            more = words.say("risk.unreachable_more", count=len(names)) if len(names) > _MOST_NAMES else ""
            yield words.say(f"risk.note_unreachable_{key}", names=told, more=more)


_MOST_NAMES = 12


def _engine_notes(curve: Curve, words: Catalogue) -> Iterator[str]:
    for engine in ("simulate", "conditional"):
        made = [(answer, q) for answer in curve.chances for q in QUESTIONS if answer.engine[q] == engine]
        if made:
            # What was never, or always, seen is told as a bound.
            seen = [(answer, q) for answer, q in made if 0 < (answer.fails[q] or 0.0) < 1]
            error = max((answer.standard_error[question] or 0.0 for answer, question in seen), default=0.0)
            fewest = min(answer.inspections for answer, _ in made)
            yield words.say(f"risk.note_{engine}", error=f"{error * 100:.1f}", inspections=f"{fewest:,}")
    if curve.scenario.averaged:
        spread = max(answer.between.get("any") or 0.0 for answer in curve.chances)
        populations = min(answer.populations for answer in curve.chances)
        yield words.say("risk.note_between", spread=f"{spread * 100:.0f}", populations=f"{populations:,}")
    if any(answer.engine[question] == "exact" for answer in curve.chances for question in QUESTIONS):
        bound = max(answer.bound for answer in curve.chances)
        yield words.say("risk.note_exact", bound=rounded_up(max(bound, 1e-15)))


def assumption_lines(scenario: Scenario, words: Catalogue, assumed: dict[str, object]) -> Iterator[str]:
    """Yield every value that was not stated, and every choice of the rule set that no source settles."""
    if assumed:
        yield words.say("risk.assumed_title")
    for key, value in assumed.items():
        label = words.say(f"assumed.{key.replace('.phase1.', '.')}")
        yield "  " + words.say("risk.assumed_line", label=label, value=_assumed_value(key, value, words))
    unsettled = [
        words.say("risk.unsettled", field=words.say(f"field.{name}"), value=policy_value(scenario.policy, name, words))
        for name, source in scenario.policy.sources.items()
        if source.assumption and _matters(name, scenario.policy)
    ]
    if unsettled:
        yield words.say("risk.policy_assumed", names=words.say("risk.list_joiner").join(unsettled))


def _matters(name: str, policy: Policy) -> bool:
    """Say whether a field of a policy bears on a criterion that it tests."""
    table, _, criterion = name.partition(".")
    if table in ("limits", "units"):
        return policy.tests(criterion)
    return policy.tests({"missed_denominator": "missed", "incidence": "incidence"}.get(name, "approval")) or name in (
        "at_limit_fails",
        "weighting",
    )


_SHARES = (
    "channels.unannounced.detection",
    "plan.desk.share",
    "population.disapproval",
    "population.whole_household.",
    "grid.wrong_exit.from",
    "grid.wrong_exit.to",
)


def _assumed_value(key: str, value: object, words: Catalogue) -> str:
    if key.endswith(".strata"):
        return words.say("place.enumeration").join(words.say(f"strata.{name}") for name in value)  # type: ignore[attr-defined]
    if isinstance(value, bool):
        return words.say("value.yes" if value else "value.no")
    if isinstance(value, list):
        return level_names(tuple(str(name) for name in value), words)
    if isinstance(value, Decimal) and key.startswith(_SHARES):
        return percent(value)
    return words.words.get(f"value.{value}", str(value))
