"""The answer of `choucha compare`: two saved answers side by side."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.engines.chance import QUESTIONS
from scenarios.messages import Catalogue, clean
from scenarios.questions.comparison import Comparison, Difference, SavedRisk
from scenarios.report.level_words import level_axes, level_names, level_value, told_level
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import chance, percent


def comparison_text(found: Comparison, words: Catalogue) -> Iterator[Part]:
    """Yield the answer of `choucha compare`: what changed in one sentence, the reservations, the tables.

    Parameters
    ----------
    found : Comparison
        The answer.
    words : Catalogue
        The language.
    """
    names = {"old": clean(found.old.name), "new": clean(found.new.name)}
    yield Text(words.say("compare.title_paired" if found.paired else "compare.title", **names), style="bold")
    if found.old.synthetic or found.new.synthetic:
        yield words.say("compare.synthetic")
    yield from compared_headline(found, words)
    yield from _reservations(found, words)
    yield ""
    yield _differences(found, words)
    yield words.say("compare.points")
    if any(each and not each.told_apart for row in found.differences for each in row.values()):
        yield words.say("compare.brackets_paired" if found.paired else "compare.brackets")
    for side, count in (("old", found.only_old), ("new", found.only_new)):
        if count:
            yield words.say(f"compare.only_{side}", count=count)
    yield from _tipping(found, words)


def compared_headline(found: Comparison, words: Catalogue) -> Iterator[Text]:
    """Yield what became of the chance that anything fails, where it was nearest to one half and so moves most."""
    answered = [
        (level, each)
        for level, row in zip(found.levels, found.differences, strict=True)
        if (each := row["any"]) is not None
    ]
    if not answered:
        return
    level, each = min(answered, key=lambda pair: abs(pair[1].old - 0.5))
    move = "same" if each.difference == 0 else "rises" if each.difference > 0 else "falls"
    yield Text(
        words.say(
            f"compare.{move if each.told_apart or move == 'same' else 'unclear'}",
            level=told_level(level, words) or words.say("compare.given"),
            old=chance(each.old),
            new=chance(each.new),
            points=_points(each),
        ),
        style="bold",
    )


def _reservations(found: Comparison, words: Catalogue) -> Iterator[Part]:
    """Yield what else differs between the two and may be the reason."""
    if found.old.sha256 == found.new.sha256:
        yield words.say("compare.same_scenario")
    if not found.same_question:
        truths = {
            side: words.say("compare.averaged" if risk.averaged else "compare.one_population")
            for side, risk in (("old", found.old), ("new", found.new))
        }
        yield words.say("compare.other_question", **truths)
    for field, (old, new) in found.rules_changed.items():
        name = words.words.get(f"field.{field}", field)
        yield words.say("compare.rule", field=name, old=_rule(field, old, words), new=_rule(field, new, words))
    for name, (before, after) in found.versions_changed.items():
        missing = words.say("compare.none")
        yield words.say("compare.version", name=clean(name), old=clean(before or missing), new=clean(after or missing))


def _rule(field: str, value: object, words: Catalogue) -> str:
    if value is None:
        return words.say("compare.none")
    if isinstance(value, bool):
        return words.say("policies.yes" if value else "policies.no")
    if isinstance(value, int | float):
        return percent(value) if field.startswith("limits.") else f"{value:g}"
    return words.words.get(f"policies.{value}", clean(str(value)))


def _differences(found: Comparison, words: Catalogue) -> Table:
    """Return one row a level: both chances that anything fails, then the difference of each question."""
    table = Table()
    axes = level_axes(found.levels)
    for keys in axes:
        table.add_column(level_names(keys, words), justify="right")
    if not axes:
        table.add_column(words.say("compare.column_level"))
    any_of = words.say("criterion.any")
    for side in ("old", "new"):
        table.add_column(words.say(f"compare.column_{side}", criterion=any_of), justify="right")
    for question in QUESTIONS:
        criterion = words.say(f"criterion.{question}")
        table.add_column(words.say("compare.column_difference", criterion=criterion), justify="right")
    for level, row in zip(found.levels, found.differences, strict=True):
        overall = row["any"]
        both = ["–", "–"] if overall is None else [chance(overall.old), chance(overall.new)]
        told = [level_value(keys[0], level[keys[0]]) for keys in axes] or [words.say("compare.given")]
        table.add_row(*told, *both, *(_points(row[question]) for question in QUESTIONS))
    return table


def _points(each: Difference | None) -> str:
    """Return a difference in percentage points, in brackets where it may be chance alone.

    Examples
    --------
    >>> _points(Difference(old=0.5, new=0.379, standard_error=0.004))
    '−12.1'
    >>> _points(Difference(old=0.5, new=0.501, standard_error=0.004))
    '(+0.1)'
    >>> _points(Difference(old=0, new=0, standard_error=0))
    '0'
    """
    if each is None:
        return "–"
    size = abs(each.difference) * 100
    digits = f"{size:.1f}" if size >= 0.05 else "<0.1" if size > 0 else "0"
    sign = "" if size == 0 else "+" if each.difference > 0 else "−"
    return f"{sign}{digits}" if each.told_apart or each.standard_error == 0 else f"({sign}{digits})"


def _tipping(found: Comparison, words: Catalogue) -> Iterator[Part]:
    """Yield where the chances pass the shares in both answers, if both say so."""
    if found.paired or not all(risk.points[0].level for risk in (found.old, found.new)):
        return
    questions = [each for each in QUESTIONS if each in found.old.tipping and each in found.new.tipping]
    shares = [
        share
        for share in dict.fromkeys(share for each in questions for share in found.old.tipping[each])
        if all(share in found.new.tipping[each] for each in questions)
    ]
    if not shares:
        return
    yield ""
    yield words.say("compare.tipping_title")
    table = Table()
    table.add_column(words.say("estimate.column_criterion"))
    for share in shares:
        table.add_column(percent(float(share)), justify="right")
    for question in questions:
        cells = [
            words.say("compare.tipping", old=_level(found.old, question, share, words), new=new)
            for share in shares
            for new in [_level(found.new, question, share, words)]
        ]
        table.add_row(words.say(f"criterion.{question}"), *cells)
    yield table
    yield words.say("compare.tipping_note")


def _level(risk: SavedRisk, question: str, share: str, words: Catalogue) -> str:
    """Return where a chance passes a share, as the first parameter of the answer's levels is read."""
    level = risk.tipping[question][share]
    if level is None:
        return words.say("compare.not_passed")
    return level_value(next(iter(risk.points[0].level)), float(f"{level:.2g}"))
