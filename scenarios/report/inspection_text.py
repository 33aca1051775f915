"""One inspection on a terminal, simulated or real: the verdict first, then the rates, then who was drawn and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from estimators.estimate import Estimate
from estimators.policy import CRITERIA
from sampler.draws import MOMENTS, Tally
from sampler.frame import EXITED, GROUPS, UNREGISTERED
from scenarios.messages import Catalogue, clean
from scenarios.questions.assessment import Assessment
from scenarios.questions.inspection import Inspection
from scenarios.report.level_words import told_level
from scenarios.report.parts import Part, Table, Text
from scenarios.report.rules_text import rules_text
from scenarios.report.setting import limit_sign, provenance_line, setting
from scenarios.report.words import chance, chance_range, percent, rate
from scenarios.scenario import GivenTruth


def draw_text(inspection: Inspection, words: Catalogue) -> Iterator[Part]:
    """Yield the answer of `choucha draw`.

    Parameters
    ----------
    inspection : Inspection
        What happened.
    words : Catalogue
        The language.
    """
    scenario = inspection.scenario
    title = words.say(
        "draw.title", name=clean(scenario.frame.name), number=f"{inspection.number:,}", seed=scenario.seed
    )
    yield Text(title, style="bold")
    if scenario.frame.synthetic:
        yield words.say("risk.synthetic")
    yield from setting(scenario, words)
    yield assumed_text(inspection, words)
    yield ""
    yield from verdict_text(inspection.assessment, words)
    yield estimate_table(inspection.assessment, words, inspection.truth)
    yield from estimate_notes(inspection.assessment, words)
    yield ""
    yield from rules_text(inspection.assessment, words)
    yield words.say("draw.note_again", next=inspection.number + 1)
    yield ""
    yield Text(words.say("draw.who"), style="bold")
    yield from _why(inspection, words)
    yield _village_table(inspection, words)
    yield _township_table(inspection, words)
    yield provenance_line(scenario, words)


def assumed_text(inspection: Inspection, words: Catalogue) -> str:
    """Return what is taken to be true of the county."""
    truth = inspection.scenario.truth
    if isinstance(truth, GivenTruth):
        return words.say("risk.truth_given")
    if not inspection.level:
        return words.say("draw.assumed_stated")
    return words.say("draw.assumed", levels=told_level(inspection.level, words))


def verdict_text(assessment: Assessment, words: Catalogue) -> Iterator[Part]:
    """Yield whether the county fails, and by which criteria."""
    colour = "red" if assessment.verdict.any[0] else "yellow" if assessment.unsettled else "green"
    yield Text(verdict_sentence(assessment, words), style=f"bold {colour}")


def verdict_sentence(assessment: Assessment, words: Catalogue) -> str:
    """Return the verdict in one sentence."""
    verdict, policy = assessment.verdict, assessment.policy
    failed = [name for name in CRITERIA if verdict.fails[name][0]]
    unsettled = words.say("place.enumeration").join(words.say(f"criterion.{name}") for name in assessment.unsettled)
    if not failed:
        return words.say("verdict.open", names=unsettled) if unsettled else words.say("verdict.passes")
    reasons = [
        words.say(
            "verdict.reason",
            criterion=words.say(f"criterion.{name}"),
            value=rate(float(assessment.deciding[name].value[0]), policy.limits[name]),
            sign="=" if verdict.at_limit[name][0] else limit_sign(policy, name),
            limit=percent(policy.limits[name]),
        )
        for name in failed
    ]
    return words.say("verdict.fails", reasons=words.say("place.joiner").join(reasons))


def estimate_table(
    assessment: Assessment, words: Catalogue, truth: Mapping[str, Fraction | None] | None = None
) -> Table:
    """Return the four criteria, raw and weighted side by side, with their intervals and, where known, the truth."""
    policy = assessment.policy
    table = Table()
    table.add_column(words.say("estimate.column_criterion"))
    columns = ["limit", "result", "raw", "interval_raw", *(["weighted", "interval"] if assessment.weighted else [])]
    columns += ["villages", *(["truth"] if truth else [])]
    confidence = percent(assessment.raw["approval"].confidence)
    for column in columns:
        head = words.say(f"estimate.column_{column}")
        table.add_column(head.replace("95%", confidence), justify="right")
    for name in CRITERIA:
        raw = assessment.raw[name]
        result = _result(assessment, name)
        cells: list[str | Text] = [
            percent(policy.limits[name]),
            Text(words.say(f"estimate.{result}"), style="red" if result == "fails" else ""),
            _value(raw, policy.limits[name] if assessment.rule == "official" else None, words),
            _interval(raw, words),
        ]
        if assessment.weighted:
            weighted = assessment.weighted[name]
            decides = policy.limits[name] if assessment.rule == "weighted" else None
            cells += [_value(weighted, decides, words), _interval(weighted, words)]
        cells.append(str(int(raw.villages_with_event[0])))
        if truth:
            true = truth[name]
            cells.append(words.say("risk.unavailable") if true is None else rate(float(true)))
        table.add_row(words.say(f"criterion.{name}"), *cells)
    return table


def _result(assessment: Assessment, criterion: str) -> str:
    verdict = assessment.verdict
    if verdict.fails[criterion][0]:
        return "fails"
    if not verdict.measured[criterion][0]:
        return "not_measured"
    return "in_part" if criterion in assessment.unsettled else "passes"


def _value(estimate: Estimate, limit: Fraction | None, words: Catalogue) -> str:
    return rate(float(estimate.value[0]), limit) if estimate.measured[0] else words.say("risk.unavailable")


def _interval(estimate: Estimate, words: Catalogue) -> str:
    low, high = float(estimate.low[0]), float(estimate.high[0])
    if np.isnan(low):
        return words.say("risk.unavailable")
    return words.say("estimate.interval", low=rate(low), high=rate(high))


def estimate_notes(assessment: Assessment, words: Catalogue) -> Iterator[str]:
    """Yield what the numbers mean and how they were made."""
    raw, policy = assessment.raw, assessment.policy
    yield words.say("estimate.note_raw")
    yield words.say("estimate.note_weighted" if assessment.weighted else "estimate.note_no_weights")
    yield words.say(f"rules.deciding_{assessment.rule}")
    yield from _uncovered(assessment, words)
    yield words.say("estimate.note_interval")
    for name in ("wrong_exit", "missed"):
        villages = int(raw[name].villages_with_event[0])
        if raw[name].measured[0] and 0 < villages < FEW_VILLAGES:
            yield words.say("estimate.note_few", villages=villages, criterion=words.say(f"criterion.{name}"))
    if "incidence" in assessment.unsettled and assessment.verdict.measured["incidence"][0]:
        yield words.say("estimate.note_in_part")
    if policy.missed_denominator == "village":
        yield words.say("estimate.note_village")
    yield words.say("estimate.note_denominator", reading=words.say(f"risk.reading_{policy.missed_denominator}"))
    if assessment.other_reading:
        other = assessment.other_reading
        yield words.say(
            "estimate.note_other_reading",
            reading=words.say(f"risk.reading_{other.policy.missed_denominator}"),
            missed=_value(other.raw["missed"], policy.limits["missed"], words),
            incidence=_value(other.raw["incidence"], policy.limits["incidence"], words),
            verdict=verdict_sentence(other, words),
        )
    if assessment.lonely_rule:
        yield words.say("estimate.note_lonely", rule=assessment.lonely_rule)
    yield words.say(
        "estimate.note_method",
        interval=words.say(f"interval.{raw['approval'].interval}"),
        variance=words.say(f"variance.{assessment.variance}"),
        df=f"{int(raw['approval'].df[0])}",
    )


def _uncovered(assessment: Assessment, words: Catalogue) -> Iterator[str]:
    """Yield which strata and groups of the county no estimate covers, because nobody there was visited."""
    strata = [words.stratum(name) for name in assessment.unvisited_strata]
    if strata:
        yield words.say("estimate.note_unvisited_strata", names=words.say("place.enumeration").join(strata))
    groups = [words.say(f"group.{name}") for name in assessment.unvisited_groups]
    if groups:
        yield words.say("estimate.note_unvisited_groups", names=words.say("place.enumeration").join(groups))


# With fewer villages with a finding than this the estimated error itself is a guess (METHODS 2.6).
FEW_VILLAGES = 5


def _why(inspection: Inspection, words: Catalogue) -> Iterator[str]:
    frame = inspection.scenario.frame
    for stratum in inspection.scenario.plan.strata(frame):
        yield words.say(
            "draw.why_stratum",
            drawn=stratum.drawn,
            available=len(stratum.villages),
            stratum=words.stratum(stratum.name),
            design=words.say(f"design.{stratum.selection}"),
            chance=chance_range(stratum.design.first),
        )
    yield words.say("draw.why_households")


FINDINGS = ("wrong_exit", "missed", "disapproving")


def _village_table(inspection: Inspection, words: Catalogue) -> Table:
    frame, villages = inspection.scenario.frame, inspection.draws.villages[0]
    strata = [words.stratum(stratum.name) for stratum in inspection.scenario.plan.strata(frame)]
    table = Table()
    table.add_column(words.say("draw.column_number"), justify="right")
    table.add_column(words.say("check.column_township"), footer=words.say("check.total"))
    table.add_column(words.say("draw.column_village"))
    table.add_column(words.say("draw.column_stratum"))
    table.add_column(words.say("draw.column_chance"), justify="right")
    found = found_by_village(inspection.assessment.tally)
    for g, group in enumerate(GROUPS):
        footer = f"{found['households'][:, g].sum():,}"
        head = words.say("draw.column_visited", group=words.say(f"group.{group}"))
        table.add_column(head, justify="right", footer=footer)
    for name in FINDINGS:
        head = words.say(f"draw.column_{name}")
        table.add_column(head, justify="right", footer=f"{found[name].sum():,}")
    for number, village in enumerate(villages):
        visited = [
            words.say("draw.visited", taken=found["households"][number, g], of=frame.group_households[village, g])
            for g in range(len(GROUPS))
        ]
        table.add_row(
            str(number + 1),
            Text(clean(frame.townships[village])),
            Text(clean(frame.villages[village])),
            strata[inspection.draws.stratum[number]],
            chance(float(inspection.slot_chance[number])),
            *visited,
            *(
                str(found[name][number]) if found[name][number] else "·"
                for name in ("wrong_exit", "missed", "disapproving")
            ),
        )
    return table


def found_by_village(tally: Tally) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    """Return what the first sample found in each drawn village.

    Returns
    -------
    dict of str to ndarray of int64
        ``households`` visited by group, shape (m, 3); ``wrong_exit`` and ``missed`` persons and ``disapproving``
        households, shape (m,).
    """
    moments = tally.official()[0]
    at = {name: moments[:, :, MOMENTS.index(name)] for name in ("households", "wrong_persons", "approvals")}
    return {
        "households": at["households"],
        "wrong_exit": at["wrong_persons"][:, EXITED],
        "missed": at["wrong_persons"][:, UNREGISTERED],
        "disapproving": (at["households"] - at["approvals"]).sum(axis=1),
    }


def _township_table(inspection: Inspection, words: Catalogue) -> Table:
    frame, villages = inspection.scenario.frame, inspection.draws.villages[0]
    table = Table()
    table.add_column(words.say("check.column_township"))
    for column in ("villages", "drawn", "township_chance"):
        table.add_column(words.say(f"draw.column_{column}"), justify="right")
    drawn: Sequence[str] = [frame.townships[i] for i in villages]
    for township, some in inspection.township_chance.items():
        table.add_row(
            Text(clean(township)), str(frame.townships.count(township)), str(drawn.count(township)), chance(some)
        )
    return table
