"""The other channels of an inspection on a terminal, under a heading that says that none of it decides."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from estimators.policy import CRITERIA
from sampler.interviews import Meetings
from scenarios.engines.chance import QUESTIONS
from scenarios.messages import Catalogue, clean
from scenarios.questions.channel_facts import (
    QUANTILES,
    ChannelAnswers,
    Checked,
    Compared,
    Decided,
    FlaggedOnce,
    Informed,
    Visited,
)
from scenarios.report.level_words import told_level
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import averaged_chance, chance, percent, rate, simulated_chance
from scenarios.scenario import GivenTruth, Scenario

_MOST_SCORES = 8  # told one by one


def channels_text(answers: ChannelAnswers | None, words: Catalogue) -> Iterator[Part]:
    """Yield what the channels show, each under its name; nothing where none is stated.

    Parameters
    ----------
    answers : ChannelAnswers or None
        The answer.
    words : Catalogue
        The language.
    """
    if answers is None:
        return
    yield ""
    yield Text(words.say("channels.title"), style="bold")
    yield words.say("channels.none_decides")
    yield _level(answers, words)
    if answers.unannounced:
        yield from _titled("unannounced", words, _unannounced(answers, answers.unannounced, words))
    if answers.departments:
        yield from _titled("departments", words, _departments(answers, answers.departments, words))
    if answers.interviews:
        yield from _titled("interviews", words, interview_chances(answers.scenario, words))
    if answers.consistency:
        yield from _titled("consistency", words, _consistency(answers, answers.consistency, words))
    if answers.desk:
        yield from _titled("desk", words, _desk(answers.desk, words))
    if answers.score:
        yield from _titled("score", words, _score(answers, words))
    if answers.inspections:
        key = "channels.note_averaged" if answers.populations > 1 else "channels.note_simulated"
        yield words.say(key, inspections=f"{answers.inspections:,}", populations=answers.populations)


def _titled(name: str, words: Catalogue, lines: Iterator[Part]) -> Iterator[Part]:
    yield ""
    yield Text(words.say(f"channels.{name}"), style="bold")
    yield from lines


def _level(answers: ChannelAnswers, words: Catalogue) -> str:
    """Return what is taken to be true where the channels are asked."""
    truth = answers.scenario.truth
    if isinstance(truth, GivenTruth):
        return words.say("risk.truth_given")
    level: dict[str, object] = dict(answers.level)
    key = "channels.level" if level else "channels.level_stated"
    level = level or {name: getattr(truth, name) for name in ("wrong_exit", "missed", "disapproval")}
    populations = words.say(
        "channels.averaged" if answers.populations > 1 else "channels.one", seed=answers.scenario.seed
    )
    return words.say(key, levels=told_level(level, words), populations=populations)


def _simulated(answers: ChannelAnswers, value: float) -> str:
    return simulated_chance(value, answers.populations if answers.populations > 1 else answers.inspections)


def _unannounced(answers: ChannelAnswers, found: Visited, words: Catalogue) -> Iterator[str]:
    asked, exact = found.asked, answers.populations == 1

    def told(value: float) -> str:
        return chance(value) if exact else averaged_chance(value)

    yield words.say(
        "channels.unannounced_plan",
        county=percent(asked.county_chance),
        villages=asked.villages,
        households=asked.households,
        least=asked.at_least,
        detection=percent(asked.detection),
    )
    yield words.say(
        "channels.unannounced_met",
        least=asked.at_least,
        problems=f"{found.problem_villages:,.0f}",
        villages=len(answers.scenario.frame.codes),
        met=told(found.met),
        exposed=told(found.exposed),
        expected=f"{found.expected:.2g}",
    )
    yield words.say("channels.unannounced_in_all", chance=told(found.in_all))


def _departments(answers: ChannelAnswers, found: Informed, words: Catalogue) -> Iterator[Part]:
    asked = found.asked
    yield words.say(
        "channels.departments_flags",
        wrong_chance=percent(asked.flags_wrong),
        right_chance=percent(asked.flags_right),
        flagged=f"{found.flagged:,.1f}",
        wrong=f"{found.flagged_wrong:,.1f}",
    )
    yield words.say(f"channels.departments_{asked.treatment}")
    yield words.say(
        "channels.departments_visits",
        beside=f"{found.beside:,.1f}",
        found=f"{found.beside_found:,.1f}",
        chance=_simulated(answers, found.any_found),
    )
    if found.decided:
        yield _decided(answers, found.decided, words)
        yield words.say(f"channels.departments_note_{asked.treatment}")


def _decided(answers: ChannelAnswers, found: Decided, words: Catalogue) -> Table:
    table = Table()
    table.add_column(words.say("estimate.column_criterion"))
    columns = ["truth", "raw_without", "raw_with", *(["weighted"] if found.weighted else []), "fails_without", "fails"]
    for column in columns:
        table.add_column(words.say(f"channels.column_{column}"), justify="right")
    for question in (*CRITERIA, QUESTIONS[0]):
        rates = [found.truth, found.raw_without, found.raw, *([found.weighted] if found.weighted else [])]
        values = [each.get(question) for each in rates]
        table.add_row(
            words.say(f"criterion.{question}"),
            *(words.say("risk.unavailable") if value is None else rate(value) for value in values),
            _simulated(answers, found.fails_without[question]),
            _simulated(answers, found.fails[question]),
        )
    return table


def interview_chances(scenario: Scenario, words: Catalogue) -> Iterator[str]:
    """Yield how likely each village, and each cadre, is asked to the meetings."""
    channels = scenario.channels
    if channels is None or channels.interviews is None:
        return
    interviews, villages = channels.interviews, len(scenario.frame.codes)
    share = interviews.villages / villages
    yield words.say("channels.interviews_villages", drawn=interviews.villages, villages=villages, chance=chance(share))
    for level, cadres in interviews.levels():
        yield words.say(f"channels.interviews_{level}", drawn=cadres.drawn, of=cadres.of)


def meetings_text(meetings: Meetings | None, scenario: Scenario, words: Catalogue) -> Iterator[Part]:
    """Yield who is asked to the meetings of one inspection; nothing where none are stated."""
    if meetings is None:
        return
    frame = scenario.frame
    yield ""
    yield Text(words.say("channels.meetings_title"), style="bold")
    yield from interview_chances(scenario, words)
    table = Table()
    for column in ("township", "village", "cadres"):
        table.add_column(words.say(f"channels.column_{column}"))
    for village, numbers in zip(meetings.villages.tolist(), meetings.village_cadres, strict=True):
        table.add_row(
            Text(clean(frame.townships[village])), Text(clean(frame.villages[village])), _numbers(numbers, words)
        )
    for township, numbers in zip(meetings.townships, meetings.township_cadres, strict=True):
        if numbers:
            table.add_row(Text(clean(township)), words.say("channels.place_township"), _numbers(numbers, words))
    if meetings.county_cadres:
        table.add_row(words.say("channels.place_county"), "", _numbers(meetings.county_cadres, words))
    yield table
    yield words.say("channels.meetings_note")


def flagged_text(found: FlaggedOnce | None, words: Catalogue) -> Iterator[Part]:
    """Yield what other departments' information adds to one inspection; nothing where none is stated."""
    if found is None:
        return
    yield from _titled("departments_once", words, iter(()))
    yield words.say(f"channels.departments_{found.treatment}")
    counts = {"flagged": found.flagged, "beside": found.beside, "found": found.beside_found}
    yield words.say("channels.departments_counts", **{name: f"{count:,}" for name, count in counts.items()})
    if found.fails is not None:
        yield words.say("channels.departments_fails" if found.fails else "channels.departments_passes")


def _numbers(numbers: tuple[int, ...], words: Catalogue) -> str:
    return words.say("place.enumeration").join(map(str, numbers)) or words.say("risk.unavailable")


def _consistency(answers: ChannelAnswers, found: Compared, words: Catalogue) -> Iterator[Part]:
    yield words.say("channels.consistency_plan", revisited=f"{found.revisited:,.0f}")
    table = Table()
    limit = found.asked.limit
    heads = [
        words.say("channels.column_group"),
        words.say("channels.column_mean"),
        words.say("channels.column_deviation"),
        *(words.say("channels.column_quantile", share=percent(q)) for q in QUANTILES),
        *([] if limit is None else [words.say("channels.column_exceeds", limit=percent(limit))]),
    ]
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left")
    for group, shift in found.shifts.items():
        cells = [_points(value) for value in (shift.mean, shift.deviation, *shift.quantiles)]
        cells += [] if shift.exceeds is None else [_simulated(answers, shift.exceeds)]
        table.add_row(words.say(f"channels.rate_{group}"), *cells)
    yield table
    if found.any_exceeds is not None:
        yield words.say("channels.consistency_any", chance=_simulated(answers, found.any_exceeds))
    low, middle, high = (percent(round(value, 5)) for value in found.disagreement)
    yield words.say("channels.consistency_disagreement", low=low, middle=middle, high=high)
    yield words.say("channels.consistency_note")


def _points(value: float) -> str:
    """Return a shift in percentage points."""
    return f"{value * 100:.2f}"


def _desk(found: Checked, words: Catalogue) -> Iterator[str]:
    asked = found.asked
    yield words.say("channels.desk_checked", checked=f"{found.checked:,.0f}", share=rate(found.contradicting))
    if found.disagreement is not None and asked.recognises_disagreement is not None:
        recognised = percent(asked.recognises_disagreement)
        yield words.say("channels.desk_disagreement", chance=recognised, share=f"{found.disagreement * 100:.2g}%")
    if found.completion is not None and found.completion_any is not None and asked.completion_errors is not None:
        yield words.say(
            "channels.desk_completion",
            share=percent(asked.completion_errors),
            count=f"{found.completion:,.1f}",
            chance=averaged_chance(found.completion_any),
        )
    if found.exposed is not None and asked.fabricated is not None:
        yield words.say(
            "channels.desk_fabricated",
            share=percent(asked.fabricated),
            recognised=percent(asked.recognises_fabricated),
            chance=averaged_chance(found.exposed),
        )


def _score(answers: ChannelAnswers, words: Catalogue) -> Iterator[Part]:
    channels, law = answers.scenario.channels, answers.score
    if channels is None or channels.score is None or law is None:
        return
    score = channels.score
    yield words.say("channels.score_base", base=_number(score.base))
    if score.interference_noticed is not None:
        names = words.say("place.enumeration").join(clean(name) for name in answers.scenario.fieldwork.interference)
        noticed = percent(score.interference_noticed)
        yield words.say("channels.score_interference", townships=names, chance=noticed)
    table = Table()
    for column in ("item", "points", "event", "chance"):
        head = words.say(f"channels.column_{column}")
        table.add_column(head, justify="right" if column in ("points", "chance") else "left")
    for item, given in zip(score.items, law.chances, strict=True):
        event = item.event or ("own" if item.chance is not None else "certain")
        stated = item.event is None
        told = percent(given) if stated else averaged_chance(given)
        table.add_row(Text(clean(item.name)), f"{item.points:+g}", words.say(f"channels.event_{event}"), told)
    if score.items:
        yield table
    expected, spread = f"{law.expected:.2f}", f"{law.deviation:.2f}"
    yield words.say("channels.score_expected", expected=expected, deviation=spread)
    if 1 < len(law.law) <= _MOST_SCORES:
        told_law = [
            words.say("channels.score_value", score=_number(value), chance=averaged_chance(p))
            for value, p in law.law.items()
        ]
        yield words.say("channels.score_law", law=words.say("risk.list_joiner").join(told_law))
    yield words.say("channels.score_note")


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"
