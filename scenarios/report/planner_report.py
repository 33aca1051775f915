"""The report that a planner hands in: the answer first, then what it rests on, what to do, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import dropwhile
from math import hypot

from estimators.policy import CRITERIA
from sampler.error_model import ErrorModel
from sampler.frame import REMAINING
from scenarios.files.layout import Remark
from scenarios.messages import Catalogue, clean
from scenarios.provenance import provenance
from scenarios.questions.assurance import Assurance
from scenarios.questions.attribution import Carried
from scenarios.questions.briefing import Briefing
from scenarios.questions.curve import Curve
from scenarios.questions.error_counts import ErrorCount
from scenarios.questions.reach import chance_drawn
from scenarios.questions.tipping import SHARES
from scenarios.report.assurance_text import averaged_text
from scenarios.report.attribution_figure import foremost, risk_map_picture, share, township_picture
from scenarios.report.attribution_text import attribution_text
from scenarios.report.comparison_text import compared_headline, comparison_text
from scenarios.report.curve_figure import curve_picture
from scenarios.report.document import DataSheet, Document, Picture, Section
from scenarios.report.facts import tested
from scenarios.report.level_words import held_level, level_names, spoken_level, told_level
from scenarios.report.list_text import remarks_text, township_table
from scenarios.report.parts import Part, Table, Text
from scenarios.report.policy_text import policy_text
from scenarios.report.risk_text import (
    assumption_lines,
    drawn_notes,
    headline,
    number_notes,
    reading_notes,
    risk_table,
    scope_notes,
    tipping_words,
    truth_line,
)
from scenarios.report.setting import limit_sign, setting
from scenarios.report.verdict_words import assumed_level, verdict_at
from scenarios.report.words import chance as shown
from scenarios.report.words import chance_beside, percent, shown_chance
from scenarios.scenario import Level


@dataclass(frozen=True, kw_only=True, eq=False)
class Reported:
    """What a report is made from.

    Parameters
    ----------
    briefing : Briefing
        The answers.
    assumed : mapping of str to object
        Value of each assumed key, by dotted name.
    remarks : sequence of Remark
        What of the list was read otherwise than it stands.
    further : sequence of str, Text or Table
        What else was asked, as `choucha risk` tells it.
    believed : Assurance or None
        The chance given a provincial result, which belongs to the answer.
    made_on : date
        The day that stands on it.
    source : str
        Name of the list or scenario; empty for the embedded county.
    """

    briefing: Briefing
    assumed: Mapping[str, object]
    remarks: Sequence[Remark]
    further: Sequence[Part]
    believed: Assurance | None
    made_on: date
    source: str


def planner_report(found: Reported, words: Catalogue) -> Document:
    """Return the report.

    Parameters
    ----------
    found : Reported
        What it says.
    words : Catalogue
        Its language.
    """
    curve = found.briefing.curve
    frame, made = curve.scenario.frame, provenance(curve.scenario)
    name = clean(frame.name)
    of = words.say("report.of_list", file=clean(found.source)) if found.source else words.say("report.of_example")
    sections = (
        ("answer", _answer(found.briefing, words)),
        ("curve", _curve(found.briefing, words)),
        ("criteria", criteria_parts(found.briefing, words)),
        ("places", _places(found.briefing, words)),
        ("fix", _fix(found.briefing, words)),
        ("readings", _readings(found.briefing, words)),
        ("last_year", _last_year(found.briefing, words)),
        ("further", _without_first_blank(found.further)),
        ("plan", _plan(curve, words)),
        ("list", _list(curve, found.remarks, words)),
        ("assumptions", _assumptions(curve, found.assumed, words)),
        ("provenance", _provenance(curve, words)),
    )
    return Document(
        language=words.language,
        title=words.say("report.title", name=name),
        lines=(
            words.say("report.made_on", **_day(found.made_on, words)),
            of,
            *((words.say("risk.synthetic"),) if frame.synthetic else ()),
        ),
        answer=tuple(statements(found, words)),
        sections=tuple(_numbered(sections, words)),
        sheets=(_chances_sheet(curve, words), _villages_sheet(curve, words)),
        contents=words.say("report.contents"),
        page=words.say("report.page", page="{page}", pages="{pages}"),
        footer=words.say("report.footer", name=name, version=made.versions["choucha"], sha256=made.sha256[:12]),
    )


def _day(day: date, words: Catalogue) -> dict[str, str]:
    """Return a day's year, month and day as the language writes them: Chinese without leading zeros."""
    digits = 1 if words.language == "zh" else 2
    return {"year": f"{day.year}", "month": f"{day.month:0{digits}}", "day": f"{day.day:0{digits}}"}


def _numbered(sections: Iterable[tuple[str, Iterable[Part | Picture]]], words: Catalogue) -> Iterator[Section]:
    """Yield the sections that have something to say."""
    numerals = iter(words.say("report.numerals").split())
    for key, each in sections:
        parts = tuple(each)
        if parts:
            title = words.say(f"report.section_{key}")
            numbered = words.say("report.numbered", number=next(numerals), title=title)
            yield Section(title=numbered, name=words.say(f"report.short_{key}"), parts=parts)


# --- the answer -----------------------------------------------------------------------------------


def statements(reported: Reported, words: Catalogue) -> Iterator[str]:
    """Yield the answer in plain sentences: at the stated level, else over the levels; then where it tips."""
    found = reported.briefing
    curve = found.curve
    levels = [found.level] if found.stated else [curve.levels[i] for i in _landmarks(curve)]
    for level in levels:
        answer = curve.chances[curve.levels.index(level)]
        yield from verdict_at(answer, assumed_level(curve.scenario, level), words)
    yield from (part.text for part in headline(curve, words))
    if reported.believed is not None:
        yield from _given_the_province(reported.believed, words)
    if found.comparison is not None:
        yield from (words.say("report.compared", told=part.text) for part in compared_headline(found.comparison, words))


def _given_the_province(found: Assurance, words: Catalogue) -> Iterator[str]:
    """Yield the chance given the province's result, and given that it is trusted least."""
    weakest = min(found.others, key=lambda each: each.discount, default=found.answer)
    if "any" not in found.answer.fails:
        return
    yield words.say(
        "report.provincial",
        wrong=f"{found.provincial.wrong:,}",
        checked=f"{found.provincial.checked:,}",
        unit=words.say(f"unit.{found.provincial.unit}"),
        chance=_running(averaged_text(found.answer.fails["any"]), words),
        weak=_running(averaged_text(weakest.fails["any"]), words),
        discount=f"{float(weakest.discount):.0%}",
    )


def _running(chance: str, words: Catalogue) -> str:
    """Return a chance as it stands in a sentence."""
    return words.say("report.about", value=chance.removeprefix("≈")) if chance.startswith("≈") else f" {chance}"


def _landmarks(curve: Curve) -> list[int]:
    """Return the levels along the first axis whose chance lies nearest to one in twenty, half, nineteen in twenty."""
    held = {key: axis.values[0] for axis in curve.scenario.grid[1:] for key in axis.keys}
    along = [i for i, level in enumerate(curve.levels) if all(level[key] == value for key, value in held.items())]
    chances = {i: curve.chances[i].fails["any"] or 0.0 for i in along}
    nearest = {min(along, key=lambda i: abs(chances[i] - wanted)) for wanted in (0.05, 0.5, 0.95)}
    return sorted(nearest)


def _answer(found: Briefing, words: Catalogue) -> Iterator[Part]:
    curve = found.curve
    if found.curve.axis and not found.stated:
        yield words.say("report.level_unknown", axis=level_names(curve.axis, words))
    if found.counts is not None:
        if found.stated:
            yield words.say("report.now", **_counted(found.counts.now))
        for each in found.counts.until:
            if each.at is not None:
                yield words.say("report.until", share=percent(each.share), **_counted(each.at))
        if found.stated and any(each.at for each in found.counts.until):
            yield words.say(f"around.placed_{found.counts.placed}")
    yield words.say("report.once_drawn")
    yield truth_line(curve.scenario, words)


def _counted(count: ErrorCount) -> dict[str, str]:
    return {"households": f"{count.households:,.0f}", "persons": f"{count.persons:,.0f}"}


def _curve(found: Briefing, words: Catalogue) -> Iterator[Part | Picture]:
    curve = found.curve
    shown = curve_picture(curve, words, found.level if found.stated else None)
    if shown is not None:
        yield shown
    yield risk_table(curve, words)
    yield from number_notes(curve, words)


# --- which criterion, which places, what first --------------------------------------------------------


def criteria_parts(found: Briefing, words: Catalogue) -> Iterator[Part]:
    """Yield how likely each criterion is to fail at the level, and where each tips."""
    curve, policy = found.curve, found.curve.scenario.policy
    level = spoken_level(_with_held_rates(found), words)
    yield words.say("attribution.at_level", level=level) if level else words.say("attribution.at_given")
    table = Table()
    for column in ("criterion", "limit", "chance"):
        table.add_column(words.say(f"report.column_{column}"), justify="left" if column == "criterion" else "right")
    for each in SHARES if curve.tipping else ():
        table.add_column(words.say("report.column_tipping", share=percent(each)), justify="right")
    for question in tested(policy):
        limit = "" if question == "any" else f"{limit_sign(policy, question)} {percent(policy.limits[question])}"
        table.add_row(
            words.say(f"criterion.{question}"),
            limit,
            shown_chance(found.chance, question, words),
            *tipping_words(curve, question, words),
        )
    yield table
    told = {name: found.chance.fails[name] or 0.0 for name in CRITERIA if policy.tests(name)}
    worst = max(told, key=lambda name: told[name])
    if told[worst] > 0:
        chance = _running(shown_chance(found.chance, worst, words), words)
        yield words.say("report.worst", criterion=words.say(f"criterion.{worst}"), chance=chance)
    if worst == "incidence":
        yield words.say("report.incidence_why")
    if policy.tests("incidence"):
        persons = curve.scenario.frame.group_persons.sum(axis=0)
        still = int(persons[REMAINING])
        yield words.say("report.registered", remaining=f"{still:,}", share=percent(still / max(int(persons.sum()), 1)))
    truth = _error_model(found)
    if policy.tests("approval") and truth is not None and "population.disapproval" in curve.scenario.assumed:
        yield words.say("report.approval_assumed", share=percent(truth.disapproval))
    if held := held_level(curve, words):
        yield words.say("risk.tipping_held", values=held)


def _places(found: Briefing, words: Catalogue) -> Iterator[Part | Picture]:
    carried = found.attribution
    if carried is None:
        yield words.say("report.no_places")
        return
    truth = _error_model(found)
    if truth is not None and truth.remote_multiplier != 1 and carried.populations:
        yield words.say("report.places_assumed", multiplier=f"{float(truth.remote_multiplier):g}")
    if found.curve.scenario.policy.tests("incidence"):
        yield words.say("report.places_ratios")
    yield from filter(None, (risk_map_picture(carried, words), township_picture(carried, words)))
    yield from _before(attribution_text(carried, words, chances=False), words.say("attribution.fix_title"))


def _before(parts: Iterator[Part], title: str) -> Iterator[Part]:
    """Yield the parts behind the first title and before another one."""
    behind = list(dropwhile(lambda part: not isinstance(part, Text), parts))[1:]
    for part in behind:
        if isinstance(part, Text) and part.text == title:
            return
        yield part


def _fix(found: Briefing, words: Catalogue) -> Iterator[Part]:
    carried = found.attribution
    if carried is None:
        return
    named = {name: words.say(f"criterion.{name}") for name in carried.chance}
    errors = [name for name in ("wrong_exit", "missed") if name in carried.chance]
    if len(errors) == 2:
        first, second = sorted(errors, key=lambda name: -carried.chance[name])
        chances = (_running(shown_chance(found.chance, name, words), words) for name in (first, second))
        apart = carried.chance[first] - carried.chance[second]
        alike = apart <= 2 * hypot(carried.error[first], carried.error[second])
        key = "report.fix_both" if alike else f"report.fix_{first}"
        yield words.say(key, **dict(zip(("more", "less"), chances, strict=True)))
    criterion = foremost(carried)
    if carried.chance[criterion] > 0:
        yield from _concentrated(found, criterion, named[criterion], words)
    yield from _how_many(found, words)
    yield words.say("report.fix_list", sheet=words.say("report.sheet_villages"))
    title = words.say("attribution.fix_title")
    steps = list(
        dropwhile(lambda part: not (isinstance(part, Text) and part.text == title), attribution_text(carried, words))
    )
    yield from steps or [words.say("report.fix_unknown")]


def _how_many(found: Briefing, words: Catalogue) -> Iterator[str]:
    """Yield how many wrong households must become right for the chance to fall from one half to one in twenty."""
    reached = {} if found.counts is None else {each.share: each.at for each in found.counts.until}
    few, many = (reached.get(share) for share in SHARES)
    if found.stated and found.counts is not None:
        chance = _running(shown_chance(found.chance, "any", words), words)
        yield words.say("report.fix_now", chance=chance, **_counted(found.counts.now))
    if few is not None and many is not None and few.households < many.households:
        yield words.say(
            "report.fix_counts",
            many=f"{many.households:,.0f}",
            few=f"{few.households:,.0f}",
            high=percent(SHARES[1]),
            low=percent(SHARES[0]),
        )


def _with_held_rates(found: Briefing) -> Level:
    """Return the level with the rates that the grid does not move."""
    truth = _error_model(found)
    return found.level if truth is None else {"wrong_exit": truth.wrong_exit, "missed": truth.missed, **found.level}


def _error_model(found: Briefing) -> ErrorModel | None:
    """Return the error model of a report; None where the truth is given."""
    truth = found.curve.scenario.truth
    return truth if isinstance(truth, ErrorModel) else None


def _concentrated(found: Briefing, criterion: str, named: str, words: Catalogue) -> Iterator[str]:
    """Yield where the risk stands closer than the villages do."""
    carried = found.attribution
    assert carried is not None  # noqa: S101 - the caller has looked
    villages = len(carried.scenario.frame.codes)

    def part(each: Carried) -> float:
        return each.villages / villages

    def told(value: float) -> str:
        return f"{value * 100:.0f}%"

    if carried.populations:
        for each in carried.strata:
            own = share(carried, each, criterion)
            if len(carried.strata) > 1 and own > _CLOSER * part(each):
                stratum = words.stratum(each.name)
                shares = {"villages": told(part(each)), "share": told(own)}
                yield words.say("report.fix_stratum", stratum=stratum, criterion=named, **shares)
    first = sorted(carried.townships, key=lambda each: -share(carried, each, criterion))[:_FIRST]
    if len(carried.townships) > _FIRST:
        names = words.say("place.enumeration").join(clean(each.name) for each in first)
        if carried.populations:
            shares = {
                "villages": told(sum(part(each) for each in first)),
                "share": told(sum(share(carried, each, criterion) for each in first)),
            }
            yield words.say("report.fix_townships", names=names, criterion=named, **shares)
        else:
            yield words.say("report.fix_townships_one", names=names, criterion=named)


_CLOSER = 1.2  # times its share of the villages: less is no reason to look there first
_FIRST = 3  # townships named


# --- both readings, last year, the plan ---------------------------------------------------------------


def _readings(found: Briefing, words: Catalogue) -> Iterator[Part]:
    curve = found.curve
    yield words.say("report.readings")
    yield from reading_notes(curve, words)
    place = curve.levels.index(found.level)
    if curve.scenario.policy.tests("missed"):
        exact = found.chance.engine["missed"] == "exact"
        other = chance_beside(curve.other_denominator[place], found.chance, words, exact=exact)
        level, here = told_level(found.level, words), _running(shown_chance(found.chance, "missed", words), words)
        key = "report.both" if level else "report.both_given"
        yield words.say(key, here=here, other=_running(other, words), **({"level": level} if level else {}))


def _last_year(found: Briefing, words: Catalogue) -> Iterator[Part]:
    if found.comparison is not None:
        yield from comparison_text(found.comparison, words)


def _plan(curve: Curve, words: Catalogue) -> Iterator[Part]:
    yield from setting(curve.scenario, words)
    yield from drawn_notes(curve.scenario, words)
    table = Table()
    table.add_column(words.say("check.column_township"))
    for column in ("villages", "drawn"):
        table.add_column(words.say(f"report.column_{column}"), justify="right")
    townships = curve.scenario.frame.townships
    for name, chance in chance_drawn(curve.scenario)[1].items():
        table.add_row(clean(name), f"{townships.count(name):,}", shown(chance))
    yield table


def _list(curve: Curve, remarks: Sequence[Remark], words: Catalogue) -> Iterator[Part]:
    frame = curve.scenario.frame
    key = "check.sizes_synthesised" if frame.sizes_synthesised else "check.sizes_listed"
    yield words.say(key, households=f"{len(frame.household_persons):,}")
    yield township_table(frame, words)
    yield from remarks_text(remarks, words)


# --- what it rests on ---------------------------------------------------------------------------------


def _assumptions(curve: Curve, assumed: Mapping[str, object], words: Catalogue) -> Iterator[Part]:
    yield from assumption_lines(curve.scenario, words, dict(assumed))
    yield from scope_notes(curve, words)
    yield from policy_text(curve.scenario.policy, words)


def _provenance(curve: Curve, words: Catalogue) -> Iterator[Part]:
    made = provenance(curve.scenario)
    yield words.say("report.provenance", seed=made.seed, sha256=made.sha256)
    yield words.say(
        "report.versions", versions=words.say("place.joiner").join(f"{k} {v}" for k, v in made.versions.items())
    )
    yield words.say("report.again")


def _without_first_blank(parts: Sequence[Part]) -> Sequence[Part]:
    return parts[1:] if parts and parts[0] == "" else parts


# --- numbers in full ------------------------------------------------------------------------------------


def _chances_sheet(curve: Curve, words: Catalogue) -> DataSheet:
    keys = [key for axis in curve.scenario.grid for key in axis.keys]
    questions = tested(curve.scenario.policy)
    names = [words.say(f"criterion.{question}") for question in questions]
    headers = (
        *(words.say("report.column_level", level=words.say(f"level.{key}")) for key in keys),
        *(words.say("report.column_fails", criterion=name) for name in names),
        *(words.say("report.column_error", criterion=name) for name in names),
        *(words.say("report.column_engine", criterion=name) for name in names),
    )
    rows = [
        (
            *(float(level[key]) for key in keys),
            *(answer.fails[question] for question in questions),
            *(answer.standard_error[question] for question in questions),
            *(words.say(f"engine.{answer.engine[question] or 'none'}") for question in questions),
        )
        for level, answer in zip(curve.levels, curve.chances, strict=True)
    ]
    shares = {i for i, key in enumerate(keys) if key in ("wrong_exit", "missed", "disapproval")}
    shares |= set(range(len(keys), len(keys) + 2 * len(questions)))
    return DataSheet(name=words.say("report.sheet_chances"), headers=headers, rows=rows, shares=frozenset(shares))


def _villages_sheet(curve: Curve, words: Catalogue) -> DataSheet:
    scenario = curve.scenario
    frame, drawn = scenario.frame, chance_drawn(scenario)[0]
    strata = {int(v): stratum.name for stratum in scenario.plan.strata(frame) for v in stratum.villages}
    headers = tuple(
        words.say(f"report.column_{key}")
        for key in ("code", "township", "village", "stratum", "drawn", "households", "persons")
    )
    rows = [
        (
            clean(code),
            clean(frame.townships[i]),
            clean(frame.villages[i]),
            words.stratum(strata[i]) if i in strata else "",
            float(drawn[i]),
            int(frame.group_households[i].sum()),
            int(frame.group_persons[i].sum()),
        )
        for i, code in enumerate(frame.codes)
    ]
    return DataSheet(name=words.say("report.sheet_villages"), headers=headers, rows=rows, shares=frozenset({4}))
