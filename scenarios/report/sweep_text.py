"""The answer of `choucha sweep`: how far it is, and what the cells say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sampler.errors import Mistake
from scenarios.engines.chance import QUESTIONS
from scenarios.files.sweep_table import plain
from scenarios.messages import Catalogue, clean
from scenarios.report.level_words import level_axes, level_names, level_value, told_level
from scenarios.report.parts import Part, Table, Text
from scenarios.report.words import chance
from scenarios.sweep import Sweep

if TYPE_CHECKING:
    import pandas as pd

_SHORT = 60  # rows of a table that is shown whole
_MOST_REFUSED = 10  # cells named
_WORST = 5  # cells named of a longer one
_QUANTILES = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass(frozen=True, kw_only=True)
class Progressed:
    """How far a sweep is.

    Parameters
    ----------
    before, now : int
        Cells answered by earlier runs and by this one.
    seconds : float
        What all answers took, each on its worker.
    digest : str
        Of all answers.
    refused : mapping of int to sequence of Mistake
        Why, by number, for the cells that could not be answered.
    """

    before: int
    now: int
    seconds: float
    digest: str
    refused: Mapping[int, Sequence[Mistake]]


def sweep_text(sweep: Sweep, table: pd.DataFrame, so_far: Progressed, words: Catalogue) -> Iterator[Part]:
    """Yield the answer of `choucha sweep`.

    Parameters
    ----------
    sweep : Sweep
        What was asked.
    table : DataFrame
        `scenarios.files.sweep_table.sweep_table` of the answers so far.
    so_far : Progressed
        How far it is.
    words : Catalogue
        The language.
    """
    done = so_far.before + so_far.now
    yield Text(words.say("sweep.title", name=clean(sweep.name)), style="bold")
    yield words.say("sweep.done", done=f"{done:,}", all=f"{len(sweep.cells):,}", before=f"{so_far.before:,}")
    if done:
        yield words.say("sweep.seconds", each=f"{so_far.seconds / done:.2g}", all=f"{so_far.seconds / 60:,.1f}")
    left = len(sweep.cells) - done
    if left:
        remaining = "–" if not done else f"{so_far.seconds / done * left / 60:,.0f}"
        yield words.say("sweep.left", left=f"{left:,}", minutes=remaining)
    if done:
        yield from _answers(sweep, table, so_far, words)
    yield words.say("sweep.digest", digest=so_far.digest, scenario=sweep.digest[:12])


def _answers(sweep: Sweep, table: pd.DataFrame, so_far: Progressed, words: Catalogue) -> Iterator[Part]:
    answered = table[table["refused"].isna()]
    yield ""
    if len(answered) > _SHORT:
        yield words.say("sweep.spread_title")
        yield _spread(answered, words)
        yield from _worst(sweep, answered, words)
    elif len(answered):
        yield _whole(sweep, answered, words)
    yield from _refused(sweep, so_far.refused, words)
    if len(answered):
        yield from _notes(answered, words)


def _notes(answered: pd.DataFrame, words: Catalogue) -> Iterator[Part]:
    """Yield what a reader must know: which question was answered, what is invented, simulated or left out."""
    averaged = (answered["populations"] > 0).all()
    yield words.say("sweep.averaged" if averaged else "sweep.one_population")
    if answered["synthetic"].any():
        yield words.say("sweep.synthetic")
    yield words.say("sweep.simulated")
    if answered[list(QUESTIONS)].isna().any(axis=None):
        yield words.say("sweep.unserved")


def _levels(table: pd.DataFrame) -> list[str]:
    return [f"{key}_level" for key in _keys(table)]


def _keys(table: pd.DataFrame) -> list[str]:
    return [str(name).removesuffix("_level") for name in table.columns if str(name).endswith("_level")]


def _told(row: pd.Series, words: Catalogue) -> str:
    """Return the error level of a row, or that the truth is given."""
    level = {str(name).removesuffix("_level"): value for name, value in row.items() if str(name).endswith("_level")}
    return told_level({key: value for key, value in level.items() if value == value}, words) or words.say("sweep.given")  # noqa: PLR0124


def _spread(answered: pd.DataFrame, words: Catalogue) -> Table:
    """Return, for each error level, how the chance that anything fails is spread over the cells."""
    shown = Table()
    shown.add_column(words.say("compare.column_level"))
    for name in ("cells", "least", "tenth", "median", "ninth", "most", "even"):
        shown.add_column(words.say(f"sweep.column_{name}"), justify="right")
    levels = _levels(answered)
    groups = answered.groupby(levels, dropna=False, sort=False) if levels else [((), answered)]
    for _, rows in groups:
        quantiles = rows["any"].quantile(list(_QUANTILES))
        shown.add_row(
            _told(rows.iloc[0], words),
            f"{len(rows):,}",
            *(chance(float(value)) for value in quantiles),
            f"{int((rows['any'] > 0.5).sum()):,}",
        )
    return shown


def _worst(sweep: Sweep, answered: pd.DataFrame, words: Catalogue) -> Iterator[Part]:
    """Yield the cells that fail most easily, at the level where the chances differ most."""
    levels = _levels(answered)
    if levels:
        groups = answered.groupby(levels, dropna=False, sort=False)
        rows = max((rows for _, rows in groups), key=lambda each: float(each["any"].std() or 0))
    else:
        rows = answered
    yield words.say("sweep.worst_title", level=_told(rows.iloc[0], words))
    shown = Table()
    _varied_columns(shown, sweep, words)
    for column in ("villages", "persons"):
        shown.add_column(words.say(f"sweep.column_{column}"), justify="right")
    shown.add_column(words.say("criterion.any"), justify="right")
    for _, row in rows.nlargest(_WORST, "any").iterrows():
        counts = (f"{int(row[key]):,}" for key in ("villages", "rural_persons"))
        shown.add_row(*_varied(sweep, row), *counts, chance(float(row["any"])))
    yield shown


def _whole(sweep: Sweep, answered: pd.DataFrame, words: Catalogue) -> Table:
    shown = Table()
    _varied_columns(shown, sweep, words)
    levels = [{name: row[f"{name}_level"] for name in _keys(answered)} for _, row in answered.iterrows()]
    axes = level_axes(levels) if all(value == value for level in levels for value in level.values()) else []  # noqa: PLR0124
    for keys in axes:
        shown.add_column(level_names(keys, words), justify="right")
    for question in QUESTIONS:
        shown.add_column(words.say(f"criterion.{question}"), justify="right")
    before: list[str] = []
    for level, (_, row) in zip(levels, answered.iterrows(), strict=True):
        varied = _varied(sweep, row)
        shown.add_row(
            *(varied if varied != before else [""] * len(varied)),
            *(level_value(keys[0], level[keys[0]]) for keys in axes),
            *(_chance(row, question) for question in QUESTIONS),
        )
        before = varied
    return shown


def _chance(row: pd.Series, question: str) -> str:
    value = row[question]
    if value is None or value != value:  # noqa: PLR0124 - not a number: no engine asked could serve it
        return "–"
    return f"{'' if row[f'{question}_engine'] == 'exact' else '≈'}{chance(float(value))}"


def _varied_columns(shown: Table, sweep: Sweep, words: Catalogue) -> None:
    if _several_counties(sweep):
        shown.add_column(words.say("sweep.column_county"))
    for key in sweep.keys:
        shown.add_column(key)


def _several_counties(sweep: Sweep) -> bool:
    return any(key.startswith("frame.") for key in sweep.keys)


def _varied(sweep: Sweep, row: pd.Series) -> list[str]:
    county = [clean(str(row["county"]))] if _several_counties(sweep) else []
    return [*county, *(clean(f"{row[key]:g}" if isinstance(row[key], float) else str(row[key])) for key in sweep.keys)]


def _refused(sweep: Sweep, refused: Mapping[int, Sequence[Mistake]], words: Catalogue) -> Iterator[Part]:
    if not refused:
        return
    yield words.say("sweep.refused_title", count=f"{len(refused):,}")
    for number, mistakes in list(refused.items())[:_MOST_REFUSED]:
        cell = sweep.cells[number]
        varied = words.say("place.joiner").join(f"{key} = {clean(str(plain(cell.varied[key])))}" for key in sweep.keys)
        text = " ".join(words.mistake(each) for each in mistakes)
        yield words.say("sweep.refused", cell=number + 1, varied=varied, text=text)
