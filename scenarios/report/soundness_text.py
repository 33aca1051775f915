"""Whether a sample is sound and represents the county, on a terminal (抽样科学性、样本代表性)."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.messages import Catalogue, clean
from scenarios.questions.balance import Balance
from scenarios.questions.soundness import ASSUMED_ICC, Coverage, Planned, Soundness
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import percent, rate

_HOLM = 0.05  # chance of any false alarm among all variables


def soundness_text(found: Soundness, words: Catalogue) -> Iterator[Part]:
    """Yield who could not be visited, whether the sample looks like the list, its weights, and what it could show.

    Parameters
    ----------
    found : Soundness
        All of it.
    words : Catalogue
        The language.
    """
    yield Text(words.say("sound.title"), style="bold")
    if found.coverage is None:
        yield words.say("sound.no_list")
    else:
        yield from _coverage(found.coverage, words)
    if found.planned is not None:
        yield from _planned(found.planned, words)
    if found.balance:
        yield ""
        yield from _balance(found.balance, words)
    yield ""
    yield from _weights(found, words)
    yield ""
    yield from _detection(found, words)


def _coverage(coverage: Coverage, words: Catalogue) -> Iterator[str]:
    joiner = words.say("place.enumeration")

    def counted(parts: dict[str, int]) -> str:
        return joiner.join(words.say("sound.place", name=name, villages=size) for name, size in parts.items())

    if coverage.townships:
        names = counted({clean(name): size for name, size in coverage.townships.items()})
        yield words.say(
            "sound.townships", count=len(coverage.townships), townships=coverage.townships_in_all, names=names
        )
    else:
        yield words.say("sound.townships_all", townships=coverage.townships_in_all)
    if coverage.expected is not None:
        yield words.say("sound.expected", expected=f"{coverage.expected:.1f}")
    if coverage.strata:
        names = counted({words.stratum(name): size for name, size in coverage.strata.items()})
        yield words.say("sound.strata", names=names)
    else:
        yield words.say("sound.strata_all")
    if coverage.groups:
        yield words.say("sound.groups", names=joiner.join(words.say(f"group.{name}") for name in coverage.groups))


def _planned(planned: Planned, words: Catalogue) -> Iterator[str]:
    for name, (drawn, seen) in planned.villages.items():
        key = "sound.as_planned" if drawn == seen else "sound.not_as_planned"
        yield words.say(key, stratum=words.stratum(name), planned=drawn, visited=seen)
    nobody = planned.nobody
    if nobody.nothing:
        yield words.say("sound.plan_reaches_all")
        return
    households = words.say("place.enumeration").join(
        words.say("sound.left", group=words.say(f"group.{group}"), households=f"{count:,}")
        for group, count in nobody.households.items()
        if count
    )
    yield words.say("sound.plan_leaves", households=households, villages=len(nobody.villages))
    if nobody.townships:
        names = words.say("place.enumeration").join(clean(name) for name in nobody.townships)
        yield words.say("sound.plan_leaves_townships", names=names)


def _balance(rows: tuple[Balance, ...], words: Catalogue) -> Iterator[Part]:
    yield Text(words.say("sound.balance"), style="bold")
    table = Table()
    table.add_column(words.say("sound.column_variable"))
    for column in ("county", "plain", "weighted", "difference", "p", "adjusted"):
        table.add_column(words.say(f"sound.column_{column}"), justify="right")
    none = words.say("risk.unavailable")
    for row in rows:
        values = (row.county, row.plain, row.weighted)
        told = [none if value is None else _in_unit(row.variable, value) for value in values]
        difference = none if row.difference is None else f"{round(row.difference, 2) + 0.0:+.2f}"
        chances = [none if p is None else f"{p:.3f}" for p in (row.p, row.adjusted)]
        style = "red" if row.adjusted is not None and row.adjusted < _HOLM else ""
        if row.weighted is not None and row.p is None:
            chances = [words.say("sound.fixed"), ""]
        name = words.say(f"sound.{row.variable}") if row.variable[:5] != "size_" else words.say(
            "sound.size", group=words.say(f"group.{row.variable[5:]}")
        )  # fmt: skip
        table.add_row(name, *told, difference, *chances, style=style)
    yield table
    yield words.say("sound.note_balance")
    tested = [row for row in rows if row.adjusted is not None]
    off = [row for row in tested if (row.adjusted or 0.0) < _HOLM]
    if off:
        yield words.say("sound.unbalanced", tests=len(tested), count=len(off))
    elif tested:
        yield words.say("sound.balanced", tests=len(tested))


def _in_unit(variable: str, value: float) -> str:
    """Return a mean as it is read: shares in percent."""
    if variable in ("remote", "poor_village", "exited_share"):
        return f"{value * 100:.1f}%"
    return f"{value:,.0f}" if variable == "persons" else f"{value:,.2f}"


def _weights(found: Soundness, words: Catalogue) -> Iterator[Part]:
    yield Text(words.say("sound.weights"), style="bold")
    if not found.weights:
        yield words.say("estimate.note_no_weights")
        return
    table = Table()
    table.add_column(words.say("sound.column_group"))
    for column in ("households", "smallest", "mean", "largest", "variation", "kish"):
        table.add_column(words.say(f"sound.column_{column}"), justify="right")
    for name, one in found.weights.items():
        table.add_row(
            words.say("sound.all") if name == "all" else words.say(f"group.{name}"),
            f"{one.households:,}",
            *(f"{value:,.1f}" for value in (one.smallest, one.mean, one.largest)),
            *(f"{value:.2f}" for value in (one.variation, one.kish)),
        )
    yield table
    yield words.say("sound.note_weights")


def _detection(found: Soundness, words: Catalogue) -> Iterator[Part]:
    yield Text(words.say("sound.detection"), style="bold")
    table = Table()
    table.add_column(words.say("sound.column_rate"))
    for column in ("units", "effective", "any_finding", "none_found", "limit", "even", "sure"):
        table.add_column(words.say(f"sound.column_{column}"), justify="right")
    none = words.say("risk.unavailable")
    for name, one in found.detection.items():
        rates = (one.any_finding, one.none_found)
        failing = [none if value is None else rate(value) for value in (one.even, one.sure)]
        table.add_row(
            words.say("sound.disapproval") if name == "approval" else words.say(f"criterion.{name}"),
            f"{one.units:,}",
            f"{one.effective:,.0f}",
            *(rate(value) for value in rates),
            percent(one.limit),
            *failing,
        )
    yield table
    yield words.say("sound.note_detection", icc=ASSUMED_ICC)
