"""Shipped outcomes of national evaluations: dated, cited data; and calibrations as JSON, schema ``calibration/1``."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from math import isinf
from typing import Annotated, Any, Literal

from pydantic import Field

from estimators.policy import Source
from sampler.domains import PositiveCount
from sampler.errors import refuse
from scenarios.files.document import Document, PositiveShareIn, ShareIn
from scenarios.files.toml import parse_toml
from scenarios.provenance import library_versions
from scenarios.questions.calibrate import FOUND_SHARES, KINDS, Calibration, Frailty, Published


class _Words(Document):
    zh: str
    en: str


class Stated(Document):
    """What a source states, or an assumption in its place."""

    source: _Words
    url: str = ""
    assumption: bool = False


class Number(Stated):
    """A whole number with its source."""

    value: PositiveCount


class _Limit(Stated):
    value: PositiveShareIn


class _Shares(Stated):
    no_wrong_exit: ShareIn
    no_missed: ShareIn
    neither: ShareIn
    rounding: PositiveShareIn


class PublishedFile(Document):
    """A file of a published outcome: every field with its source."""

    schema_: Annotated[Literal["calibration/1"], Field(alias="schema")]
    name: str
    date: str
    title: _Words
    counties: Number
    shares: _Shares
    exited_households: Number
    unregistered_households: Number
    limit: _Limit


def published_names() -> tuple[str, ...]:
    """Return the names of the shipped outcomes, the latest first."""
    folder = files("scenarios.data").joinpath("calibration")
    names = (entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(names, reverse=True))


@cache
def load_published(name: str) -> Published:
    """Return a shipped outcome.

    Raises
    ------
    InputError
        ``unknown_outcome`` with the nearest name.

    Examples
    --------
    >>> load_published("national-2018").neither
    Decimal('0.8127')
    """
    if name not in published_names():
        close = get_close_matches(name, published_names(), n=1)
        allowed = ", ".join(published_names())
        raise refuse("unknown_outcome", found=name, nearest=close[0] if close else "", allowed=allowed)
    content = files("scenarios.data").joinpath("calibration", f"{name}.toml").read_bytes()
    stated = PublishedFile.model_validate(parse_toml(content, f"{name}.toml"))
    backed = {key: getattr(stated, key) for key in ("counties", "shares", *_HOUSEHOLDS.values(), "limit")}
    return Published(
        name=stated.name,
        date=stated.date,
        titles=dict(stated.title),
        counties=stated.counties.value,
        no_wrong_exit=stated.shares.no_wrong_exit,
        no_missed=stated.shares.no_missed,
        neither=stated.shares.neither,
        rounding=stated.shares.rounding,
        households={kind: getattr(stated, key).value for kind, key in _HOUSEHOLDS.items()},
        limit=stated.limit.value,
        sources={
            key: Source(texts=dict(each.source), url=each.url, assumption=each.assumption)
            for key, each in backed.items()
        },
    )


_HOUSEHOLDS = {"wrong_exit": "exited_households", "missed": "unregistered_households"}


def calibration_record(found: list[Calibration], seed: int) -> dict[str, Any]:
    """Return the record of calibrations, ready for JSON.

    Parameters
    ----------
    found : list of Calibration
        The answers.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict
        ``{"schema": "calibration/1", "outcomes", "provenance"}``; a shape that is null is infinite: no association.
    """
    return {
        "schema": "calibration/1",
        "identified": "true rate x share of errors found",
        "outcomes": [_outcome(each) for each in found],
        "provenance": {"seed": seed, "versions": library_versions()},
    }


def _outcome(each: Calibration) -> dict[str, Any]:
    published = each.published
    return {
        "name": published.name,
        "date": published.date,
        "counties": vars(each.table) | {"all": each.table.counties},
        "tables_that_round_to_the_shares": each.tables,
        "odds_ratio": _finite(each.table.odds_ratio),
        "neither_if_independent": each.table.independent,
        "frailty": _frailty(each.frailty),
        "frailty_of_the_shares": _frailty(each.of_shares),
        "shape_95": [_finite(end) for end in each.interval],
        "replicates": len(each.shapes),
        "fails_from_households": each.failing,
        "chance_of_failing": each.failing_chance(),
        "chance_of_failing_at_lower_shape": each.failing_chance(each.interval[0]),
        "found_rate": {kind: each.found_rate(kind) for kind in KINDS},
        "true_rate_by_share_found": {
            str(share): {kind: each.true_rate(kind, share) for kind in KINDS} for share in FOUND_SHARES
        },
        "share_found_at_limit": {kind: each.found_share_at_limit(kind) for kind in KINDS},
        "assumed": [key for key, source in published.sources.items() if source.assumption],
    }


def _frailty(frailty: Frailty) -> dict[str, Any]:
    return {"shape": _finite(frailty.shape), "means": dict(frailty.means)}


def _finite(value: float) -> float | None:
    return None if isinf(value) else value
