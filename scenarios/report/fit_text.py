"""The answer of `choucha fit`: the error model that a county's own results suggest."""

from __future__ import annotations

from collections.abc import Iterator

from sampler.frame import GROUPS
from scenarios.files.fit_record import unused_defaults
from scenarios.messages import Catalogue, clean
from scenarios.questions.fit import KINDS, Fit, Fitted
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import percent


def fit_text(found: Fit, words: Catalogue, file: str) -> Iterator[Part]:
    """Yield the answer of `choucha fit`.

    Parameters
    ----------
    found : Fit
        The answer.
    words : Catalogue
        The language.
    file : str
        Name of the results file.
    """
    yield Text(words.say("fit.title", file=clean(file)), style="bold")
    joiner = words.say("place.joiner")
    groups = (
        words.say(
            "fit.group",
            group=words.say(f"group.{GROUPS[KINDS[kind]]}"),
            households=f"{count:,}",
            wrong=f"{found.wrong[kind]:,}",
        )
        for kind, count in found.households.items()
    )
    yield words.say("fit.sample", groups=words.say("fit.joiner").join(groups))
    yield words.say("fit.weighted" if found.weighted else "fit.unweighted")
    yield _table(found, words)
    for key, reason in _reasons(found).items():
        yield words.say(f"fit.reason_{reason}", parameter=words.say(f"assumed.{key}"))
    defaults = {key: _value(key, float(value)) for key, value in unused_defaults(found).items()}
    kept = (f"{words.say(f'assumed.{key}')} {value}" for key, value in defaults.items())
    yield words.say("fit.defaults", values=joiner.join(kept))
    yield words.say("fit.method")
    yield words.say("fit.caveat")


def _parameters(found: Fit) -> dict[str, Fitted]:
    return {
        "population.icc": found.icc,
        "population.remote_multiplier": found.remote_multiplier,
        **{f"population.whole_household.{kind}": each for kind, each in found.whole.items()},
    }


def _reasons(found: Fit) -> dict[str, str]:
    return {key: each.reason for key, each in _parameters(found).items() if each.reason is not None}


def _table(found: Fit, words: Catalogue) -> Table:
    table = Table()
    table.add_column(words.say("fit.column_parameter"))
    for column in ("value", "interval"):
        table.add_column(words.say(f"fit.column_{column}"), justify="right")
    for name, each in found.levels.items():
        table.add_row(words.say(f"criterion.{name}"), *_cells("rate", each))
    for key, each in _parameters(found).items():
        table.add_row(words.say(f"assumed.{key}"), *_cells(key, each))
    return table


def _cells(key: str, each: Fitted) -> tuple[str, str]:
    if each.value is None:
        return "–", ""
    interval = f"{_value(key, each.low)} – {_value(key, each.high)}" if None not in (each.low, each.high) else ""
    return _value(key, each.value), interval


def _value(key: str, value: float | None) -> str:
    if value is None:
        return "–"
    if key == "rate":
        return f"{value * 100:.2f}%"
    if key.startswith("population.whole_household"):
        return percent(round(value, 3))
    return f"{value:.3g}"
