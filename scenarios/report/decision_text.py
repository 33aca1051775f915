"""From counts to the verdict in whole numbers, in words: nothing is rounded before it is compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from scenarios.files.field_form import Block, FormColumn
from scenarios.messages import Catalogue
from scenarios.questions.account_facts import Account, BlownUp, Decision
from scenarios.questions.inspection import Inspection
from scenarios.report.inspection_text import verdict_sentence
from scenarios.report.words import percent, rate

_MOST_DIGITS = 9
_COUNTED = ("households", "persons", "wrong_households", "wrong_persons", "approvals")


def decision_blocks(steps: Account, inspection: Inspection, words: Catalogue, *, after: int = 0) -> Iterator[Block]:
    """Yield what was counted, each criterion against its limit, and the verdict, numbered after other steps."""
    for number, block in enumerate(_decision(steps, inspection, words), start=after + 1):
        yield replace(block, heading=words.say("steps.heading", number=number, text=block.heading))


def _decision(steps: Account, inspection: Inspection, words: Catalogue) -> Iterator[Block]:
    spot = steps.recheck is not None
    yield Block(
        heading=words.say("steps.heading_counts"),
        lines=(words.say("steps.counts_spot" if spot else "steps.counts"),),
        columns=(
            FormColumn(header=words.say("steps.column_group")),
            *(FormColumn(header=words.say(f"steps.column_{name}"), kind="count") for name in _COUNTED),
        ),
        rows=tuple(
            (words.say(f"group.{each.group}"), *(getattr(each, name) for name in _COUNTED)) for each in steps.counts
        ),
    )
    lines = [line for each in steps.decisions for line in _criterion(each, steps, words)]
    yield Block(heading=words.say("steps.heading_rates"), lines=tuple(lines))
    yield Block(
        heading=words.say("steps.heading_verdict"),
        lines=(words.say("steps.any_fails"), verdict_sentence(inspection.assessment, words)),
    )


def _criterion(decision: Decision, steps: Account, words: Catalogue) -> Iterator[str]:
    name = words.say(f"criterion.{decision.criterion}")
    if not decision.denominator:
        yield words.say("steps.not_measured", criterion=name)
        return
    if decision.criterion == "incidence":
        yield _made_of(steps.blown_up, words)
    else:
        key = "steps.rate_missed_village" if _over_villages(decision, steps) else f"steps.rate_{decision.criterion}"
        yield words.say(
            key,
            criterion=name,
            unit=words.say(f"unit.{decision.unit}"),
            numerator=f"{decision.numerator:,}",
            denominator=f"{decision.denominator:,}",
            rate=rate(decision.numerator / decision.denominator, decision.limit),
        )
    yield _compared(decision, steps, words)


def _over_villages(decision: Decision, steps: Account) -> bool:
    return decision.criterion == "missed" and steps.denominator == "village"


def _made_of(blown_up: BlownUp, words: Catalogue) -> str:
    poor = blown_up.poor[0] / blown_up.poor[1]
    fields = {
        "criterion": words.say("criterion.incidence"),
        "remaining": f"{blown_up.remaining:,}",
        "rural": f"{blown_up.rural:,}",
        "rate": rate(poor / blown_up.rural),
    }
    if blown_up.registered:
        return words.say("steps.incidence_registered", **fields)
    return words.say(
        "steps.incidence",
        wrong_exit=_times(blown_up.wrong_exit, blown_up.exited, words),
        missed=_times(blown_up.missed, blown_up.unregistered, words),
        poor=f"{poor:,.2f}",
        **fields,
    )


def _times(found: tuple[int, int], persons: int, words: Catalogue) -> str:
    wrong, asked = found
    value = f"{wrong * persons / asked:,.2f}"
    return words.say("steps.blown_up", found=f"{wrong:,}/{asked:,}", persons=f"{persons:,}", value=value)


def _compared(decision: Decision, steps: Account, words: Catalogue) -> str:
    """Return the comparison with as many as the limit allows; which is more was decided in whole numbers."""
    limit = decision.limit
    if not decision.tested:
        return words.say("steps.untested")
    sign = ">" if decision.left > decision.right else "<" if decision.left < decision.right else "="
    place = {">": "above", "<": "below", "=": "at"}[sign]
    blown_up = steps.blown_up if decision.criterion == "incidence" else None
    found = Fraction(decision.numerator) if blown_up is None else Fraction(*blown_up.poor)
    whole = decision.denominator if blown_up is None else blown_up.rural
    return words.say(
        "steps.compared",
        limit=percent(limit),
        whole=f"{whole:,}",
        allowed=_written(limit * whole),
        found=_apart(found, limit * whole),
        sign=sign,
        place=words.say(f"steps.{place}"),
        result=words.say("estimate.fails" if decision.fails else "estimate.passes"),
    )


def _written(value: Fraction) -> str:
    """Return a number with at most six decimals, and no noughts behind them.

    Examples
    --------
    >>> _written(Fraction(1516, 50)), _written(Fraction(4614)), _written(Fraction(10_000, 3))
    ('30.32', '4,614', '3,333.333333')
    """
    text = f"{float(value):,.6f}"
    return text.rstrip("0").rstrip(".")


def _apart(value: Fraction, other: Fraction) -> str:
    """Return a number with two decimals where it has any, and more where it would be written like another one.

    Examples
    --------
    >>> _apart(Fraction(17), Fraction(30)), _apart(Fraction(30_001, 10_000), Fraction(3))
    ('17', '3.0001')
    """
    if value.denominator == 1:
        return f"{int(value):,}"
    digits = 2
    while value != other and digits < _MOST_DIGITS and round(value, digits) == round(other, digits):
        digits += 1
    return f"{float(value):,.{digits}f}"
