"""How counties were drawn for the national spot check: dated, cited data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from estimators.policy import Source
from scenarios.files.calibrations import Number, Stated
from scenarios.files.document import Document
from scenarios.files.toml import parse_toml
from scenarios.questions.county_drawn import CountyDraw


class NationalCheckFile(Document):
    """A file of a national spot check: every field with its source."""

    schema_: Annotated[Literal["national-check/1"], Field(alias="schema")]
    drawn: Number
    counties: Number
    provinces: Number
    procedure: Stated


@cache
def load_county_draw() -> CountyDraw:
    """Return how counties were drawn in July 2019.

    Examples
    --------
    >>> load_county_draw().drawn
    60
    """
    content = files("scenarios.data").joinpath("national_check", "2019.toml").read_bytes()
    stated = NationalCheckFile.model_validate(parse_toml(content, "2019.toml"))
    parts: dict[str, Stated] = {key: getattr(stated, key) for key in ("drawn", "counties", "provinces", "procedure")}
    return CountyDraw(
        drawn=stated.drawn.value,
        counties=stated.counties.value,
        provinces=stated.provinces.value,
        sources={
            key: Source(texts=dict(each.source), url=each.url, assumption=each.assumption)
            for key, each in parts.items()
        },
    )
