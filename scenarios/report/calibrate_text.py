"""The answer of `choucha calibrate`: what the published national outcomes say, and what they leave open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import isinf

from scenarios.messages import Catalogue
from scenarios.questions.calibrate import FOUND_SHARES, KINDS, Calibration
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import rounded_up


def calibrate_text(found: Sequence[Calibration], words: Catalogue) -> Iterator[Part]:
    """Yield the answer of `choucha calibrate`.

    Parameters
    ----------
    found : sequence of Calibration
        One a published outcome.
    words : Catalogue
        The language.
    """
    for each in found:
        yield Text(each.published.titles[words.language], style="bold")
        yield from _outcome(each, words)
        yield ""
    yield Text(words.say("calibrate.caveat_title"), style="bold")
    yield words.say("calibrate.caveat")


def _outcome(each: Calibration, words: Catalogue) -> Iterator[Part]:
    published, table = each.published, each.table
    shares = {name: _percent(getattr(published, name)) for name in ("no_wrong_exit", "no_missed", "neither")}
    yield words.say("calibrate.published", counties=published.counties, **shares)
    yield _counties(each, words)
    if each.tables > 1:
        yield words.say("calibrate.tables", count=f"{each.tables:,}")
    ratio = "∞" if isinf(table.odds_ratio) else f"{table.odds_ratio:.1f}"
    yield words.say("calibrate.association", ratio=ratio, independent=f"{table.independent * 100:.1f}%")
    low, high = (_shape(end) for end in each.interval)
    means = {kind: f"{each.frailty.means[kind]:.3f}" for kind in KINDS}
    replicates = f"{len(each.shapes):,}"
    shape = _shape(each.frailty.shape)
    yield words.say("calibrate.frailty", shape=shape, low=low, high=high, replicates=replicates, **means)
    if published.rounding * published.counties > 1:
        yield words.say("calibrate.rounding", shape=_shape(each.of_shares.shape))
    yield words.say(
        "calibrate.failing",
        households=each.failing,
        visited=published.households["wrong_exit"],
        chance=rounded_up(each.failing_chance()),
        lower=rounded_up(each.failing_chance(each.interval[0])),
    )
    yield words.say("calibrate.readings")
    yield _readings(each, words)
    at_limit = {kind: f"{each.found_share_at_limit(kind) * 100:.1f}%" for kind in KINDS}
    yield words.say("calibrate.at_limit", limit=_percent(published.limit), **at_limit)
    assumed = [key for key, source in published.sources.items() if source.assumption]
    for key in assumed:
        yield words.say("calibrate.assumed", text=published.sources[key].texts[words.language])


def _counties(each: Calibration, words: Catalogue) -> Table:
    table = Table()
    for column in ("row", "no_missed", "missed", "all"):
        table.add_column(words.say(f"calibrate.column_{column}"), justify="left" if column == "row" else "right")
    own = each.table
    rows = (
        ("no_wrong_exit", own.neither, own.missed_only),
        ("wrong_exit", own.wrong_exit_only, own.both),
        ("all", own.neither + own.wrong_exit_only, own.missed_only + own.both),
    )
    for name, without, with_missed in rows:
        table.add_row(words.say(f"calibrate.row_{name}"), *map(str, (without, with_missed, without + with_missed)))
    return table


def _readings(each: Calibration, words: Catalogue) -> Table:
    table = Table()
    for column in ("share", *KINDS):
        table.add_column(words.say(f"calibrate.column_{column}_rate"), justify="right")
    for share in FOUND_SHARES:
        rates = (f"{each.true_rate(kind, share) * 100:.2g}%" for kind in KINDS)
        table.add_row(_percent(share), *rates)
    return table


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"


def _shape(value: float) -> str:
    return "∞" if isinf(value) else f"{value:.3g}"
