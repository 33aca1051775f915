"""The answer on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from estimators.policy import Policy, Source
from sampler.frame import GROUPS, Frame
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.files.layout import Remark
from scenarios.messages import Catalogue, clean
from scenarios.provenance import provenance
from scenarios.questions.curve import Curve, other_denominator
from scenarios.questions.reach import chance_drawn, unreachable
from scenarios.questions.tipping import SHARES, Tipping
from scenarios.report.facts import has_exact_reach, largest_tie, looks_for_errors, tested, unmeasured, unserved
from scenarios.report.level_words import RATES, held_level, level_names, level_value
from scenarios.report.parts import Part, Table, Text
from scenarios.report.setting import policy_value, setting
from scenarios.report.verdict_words import verdict_sentence
from scenarios.report.words import averaged_chance, chance, chance_range, percent, rounded_up, simulated_chance
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
    yield from _headline(curve, words)
    yield ""
    yield from setting(scenario, words)
    yield _truth(scenario, words)
    yield ""
    yield _risk_table(curve, words)
    yield from _tipping(curve, words)
    yield from _notes(curve, words)
    yield from _assumptions(scenario, words, assumed)
    made = provenance(scenario)
    version, digest = made.versions["choucha"], made.sha256[:12]
    yield Text(words.say("risk.provenance", seed=made.seed, version=version, sha256=digest), style="dim")


def _truth(scenario: Scenario, words: Catalogue) -> str:
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


def _risk_table(curve: Curve, words: Catalogue) -> Table:
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
            shown.append(_written(finding, answer, words, exact=never or (exactly and not answer.populations)))
        if policy.tests("missed"):
            never = answer.engine["missed"] == "exact"
            shown.append(_written(other, answer, words, exact=never or (exactly and not answer.populations)))
        table.add_row(*head, *shown)
    return table


def _written(value: float | None, answer: Chance, words: Catalogue, *, exact: bool) -> str:
    """Return what no engine names: exact for one population, simulated on average over many unless it cannot be."""
    if value is None:
        return words.say("risk.unavailable")
    return chance(value) if exact else _simulated(value, answer)


def _simulated(value: float, answer: Chance) -> str:
    """Return a simulated chance; what was never, or always, seen is bounded by the number of independent trials."""
    return simulated_chance(value, answer.populations or answer.inspections)


def shown_chance(answer: Chance, question: str, words: Catalogue) -> str:
    """Return a chance as it is read, simulated ones marked."""
    value = answer.fails[question]
    if value is None:
        return words.say("risk.unavailable")
    if answer.engine[question] == "simulate":
        return _simulated(value, answer)
    if answer.engine[question] == "conditional":
        return averaged_chance(value)
    return chance(value)


def shown_pass(answer: Chance, question: str, words: Catalogue) -> str:
    """Return the chance of passing as it is read, simulated ones marked."""
    fails = {name: None if value is None else 1 - value for name, value in answer.fails.items()}
    return shown_chance(replace(answer, fails=fails), question, words)


def _headline(curve: Curve, words: Catalogue) -> Iterator[Part]:
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


def _tipping(curve: Curve, words: Catalogue) -> Iterator[Part]:
    """Yield the levels at which the chances pass 5% and 50%."""
    if not curve.tipping:
        return
    yield words.say("risk.tipping_title", axis=level_names(curve.axis, words))
    table = Table()
    table.add_column(words.say("estimate.column_criterion"))
    for share in SHARES:
        table.add_column(percent(share), justify="right")
    for question in [q for q in tested(curve.scenario.policy) if any(each.question == q for each in curve.tipping)]:
        cells = [_tipping_cell(curve, each, words) for each in curve.tipping if each.question == question]
        table.add_row(words.say(f"criterion.{question}"), *cells)
    yield table
    if held := held_level(curve, words):
        yield words.say("risk.tipping_held", values=held)


def _tipping_cell(curve: Curve, tipping: Tipping, words: Catalogue) -> str:
    if tipping.level is not None:
        return words.say("risk.tipping_at", level=_tipping_level(curve, tipping.level))
    highest = level_value(curve.axis[0], max(curve.scenario.grid[0].values))
    return words.say(f"risk.tipping_{tipping.outside}", high=highest)


def _notes(curve: Curve, words: Catalogue) -> Iterator[Part]:
    policy = curve.scenario.policy
    for reason, questions in unserved(curve).items():
        names = words.say("place.enumeration").join(words.say(f"criterion.{question}") for question in questions)
        yield words.say(f"risk.note_unserved_{reason}", names=names)
    yield from _engine_notes(curve, words)
    if looks_for_errors(policy):
        yield words.say("risk.note_finding")
    yield from _drawn(curve.scenario, words)
    if policy.tests("missed"):
        other = _reading(other_denominator(curve.scenario), words)
        yield words.say("risk.note_reading", here=_reading(curve.scenario, words), other=other)
    way = words.say("risk.note_boundary_fails" if policy.at_limit_fails else "risk.note_boundary_passes")
    tie = largest_tie(curve)
    if tie is None:
        yield words.say("risk.note_boundary_weighted", fails_or_passes=way)
    else:
        yield words.say("risk.note_boundary", fails_or_passes=way, change=chance(tie))
    nothing = unmeasured(curve)
    if nothing:
        text = words.say("place.joiner").join(f"{words.say(f'criterion.{n}')} {chance(p)}" for n, p in nothing.items())
        yield words.say("risk.note_not_measured", text=text)
    if looks_for_errors(policy):
        yield words.say("risk.note_missed_members")
    for note in policy.notes:
        yield _backing(note, words)


def _drawn(scenario: Scenario, words: Catalogue) -> Iterator[str]:
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


def _assumptions(scenario: Scenario, words: Catalogue, assumed: dict[str, object]) -> Iterator[str]:
    if assumed:
        yield ""
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


def policy_text(policy: Policy, words: Catalogue) -> Iterator[Part]:
    """Yield a policy with the source of every field, assumptions marked."""
    title = policy.titles.get(words.language, policy.name)
    yield Text(words.say("policies.title", name=policy.name, title=title), style="bold")
    yield words.say("policies.date", date=policy.date)
    table = Table()
    for column in ("field", "value", "source"):
        table.add_column(words.say(f"policies.column_{column}"), wide=column == "source")
    for name, source in policy.sources.items():
        value = policy_value(policy, name, words)
        if name.startswith("limits."):
            criterion = name.removeprefix("limits.")
            way = "under" if criterion == "approval" else "over"
            value = words.say(f"policies.{way if policy.tests(criterion) else 'untested'}", limit=value)
        table.add_row(words.say(f"field.{name}"), value, _backing(source, words))
    yield table
    if policy.notes:
        yield words.say("policies.notes")
        notes = Table()
        notes.add_column()
        notes.add_column()
        for note in policy.notes:
            notes.add_row(" ·", _backing(note, words))
        yield notes
        yield ""


def _backing(source: Source, words: Catalogue) -> Text:
    """Return a source or a note as it is read: the mark of an assumption, the words, the address."""
    mark = f"【{words.say('policies.assumption')}】" if source.assumption else ""
    return Text(f"{mark}{source.texts[words.language]} {source.url}".strip())


def remarks_text(remarks: Sequence[Remark], words: Catalogue) -> Iterator[Part]:
    """Yield what of a list was read otherwise than it stands, or not read."""
    if remarks:
        yield words.say("remark.title")
    for each in remarks:
        told = {key: clean(value) if isinstance(value, str) else f"{value:,}" for key, value in each.fields.items()}
        yield f"  {words.say(f'remark.{each.code}', **told)}"


def check_text(frame: Frame, words: Catalogue, file: str) -> Iterator[Part]:
    """Yield what a village list holds: its counts by township and in all."""
    yield Text(words.say("check.title", file=clean(file)), style="bold")
    yield words.say("check.county", name=clean(frame.name))
    yield words.say(
        "check.villages",
        villages=len(frame.codes),
        townships=len(set(frame.townships)),
        remote=int(frame.remote.sum()),
        poor=int(frame.poor_village.sum()),
    )
    key = "check.sizes_synthesised" if frame.sizes_synthesised else "check.sizes_listed"
    yield words.say(key, households=f"{len(frame.household_persons):,}")
    yield _township_table(frame, words)


def _township_table(frame: Frame, words: Catalogue) -> Table:
    table = Table()
    sums = [len(frame.codes), int(frame.remote.sum())]
    for g in range(len(GROUPS)):
        sums += [int(frame.group_households[:, g].sum()), int(frame.group_persons[:, g].sum())]
    heads = [words.say("check.column_villages"), words.say("check.column_remote")]
    for group in GROUPS:
        named = words.say(f"group.{group}")
        heads += [words.say("check.column_households", group=named), words.say("check.column_persons", group=named)]
    table.add_column(words.say("check.column_township"), footer=words.say("check.total"))
    for head, total in zip(heads, sums, strict=True):
        table.add_column(head, footer=f"{total:,}", justify="right")
    for township in dict.fromkeys(frame.townships):
        members = [i for i, name in enumerate(frame.townships) if name == township]
        row = [len(members), int(frame.remote[members].sum())]
        for g in range(len(GROUPS)):
            row += [int(frame.group_households[members, g].sum()), int(frame.group_persons[members, g].sum())]
        table.add_row(Text(clean(township)), *(f"{count:,}" for count in row))
    return table
