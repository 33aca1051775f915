"""``[channels]`` of a scenario file: the other channels of an inspection, each in a table of its own, all optional."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sampler.channels import (
    Cadres,
    Channels,
    Consistency,
    Departments,
    Desk,
    Interviews,
    Score,
    ScoreItem,
    Unannounced,
)
from sampler.domains import Count, Points, PositiveCount
from sampler.errors import refuse
from scenarios.files.document import Document, FromNumber, PositiveShareIn, ShareIn

PointsIn = Annotated[Points, FromNumber]


class UnannouncedDocument(Document):
    """``[channels.unannounced]``: the county's chance of being drawn, as a share or as so many of so many counties."""

    county_share: ShareIn | None = None
    counties_drawn: Count | None = None
    exited_counties: PositiveCount | None = None
    villages: PositiveCount
    households: PositiveCount
    at_least: PositiveCount = 1
    detection: PositiveShareIn = Decimal(1)

    @model_validator(mode="after")
    def _one_chance(self) -> Self:
        counted = (self.counties_drawn is not None, self.exited_counties is not None)
        if counted not in ((True, True), (False, False)) or (self.county_share is None) != all(counted):
            raise PydanticCustomError("one_of", "one of", {"allowed": "county_share, counties_drawn + exited_counties"})
        return self

    def chance(self) -> Fraction:
        """Return the chance that the county is drawn.

        Raises
        ------
        InputError
            ``too_many_counties``.
        """
        if self.county_share is not None:
            return Fraction(self.county_share)
        drawn, counties = self.counties_drawn or 0, self.exited_counties or 1
        if drawn > counties:
            raise refuse("too_many_counties", key="channels.unannounced.counties_drawn", found=drawn, allowed=counties)
        return Fraction(drawn, counties)


class DepartmentsDocument(Document):
    """``[channels.departments]``: how well complaints and cross-checks flag, and what becomes of the flagged."""

    flags_wrong: ShareIn
    flags_right: ShareIn
    treatment: Literal["stratum", "leads", "counted"]


class CadresDocument(Document):
    """Cadres drawn, and available, in each place of a level."""

    drawn: Count
    of: PositiveCount


class InterviewsDocument(Document):
    """``[channels.interviews]``: villages and cadres drawn for the meetings."""

    villages: PositiveCount
    village_cadres: CadresDocument | None = None
    township_cadres: CadresDocument | None = None
    county_cadres: CadresDocument | None = None


class ConsistencyDocument(Document):
    """``[channels.consistency]``: the shift between the province's record and the re-visit."""

    limit: ShareIn | None = None


class DeskCheckDocument(Document):
    """``[channels.desk]``: what the desk check can show."""

    completion_errors: ShareIn | None = None
    recognises_disagreement: ShareIn | None = None
    fabricated: PositiveShareIn | None = None
    recognises_fabricated: PositiveShareIn | None = None

    @model_validator(mode="after")
    def _both_of_fabrication(self) -> Self:
        stated = {key: getattr(self, key) is not None for key in ("fabricated", "recognises_fabricated")}
        if len(set(stated.values())) > 1:
            raise PydanticCustomError("both_or_none", "both or none", {"allowed": ", ".join(stated)})
        return self


class ScoreItemDocument(Document):
    """``[[channels.score.items]]``: a deduction or a bonus, certain unless an event or a chance is stated."""

    name: str
    points: PointsIn
    event: Literal["exposed", "flagged_found", "shift", "fabrication", "interference"] | None = None
    chance: ShareIn | None = None

    @model_validator(mode="after")
    def _one_chance(self) -> Self:
        if self.event is not None and self.chance is not None:
            raise PydanticCustomError("at_most_one", "at most one", {"allowed": "event, chance"})
        return self


class ScoreDocument(Document):
    """``[channels.score]``: base points, deductions and bonuses."""

    base: PointsIn
    items: list[ScoreItemDocument] = Field(default_factory=list)
    interference_noticed: ShareIn | None = None


class ChannelsDocument(Document):
    """``[channels]``."""

    unannounced: UnannouncedDocument | None = None
    departments: DepartmentsDocument | None = None
    interviews: InterviewsDocument | None = None
    consistency: ConsistencyDocument | None = None
    desk: DeskCheckDocument | None = None
    score: ScoreDocument | None = None


def channels_of(document: ChannelsDocument | None) -> Channels | None:
    """Return the channels that a scenario states; None where it states none.

    Raises
    ------
    InputError
        ``too_many_counties``.
    """
    if document is None:
        return None
    desk, consistency, departments = document.desk, document.consistency, document.departments
    return Channels(
        unannounced=_unannounced(document.unannounced),
        departments=None if departments is None else Departments(**departments.model_dump()),
        interviews=_interviews(document.interviews),
        consistency=None if consistency is None else Consistency(**consistency.model_dump()),
        desk=None if desk is None else Desk(**desk.model_dump(exclude_none=True)),
        score=_score(document.score),
    )


def _unannounced(document: UnannouncedDocument | None) -> Unannounced | None:
    if document is None:
        return None
    return Unannounced(
        county_chance=document.chance(),
        villages=document.villages,
        households=document.households,
        at_least=document.at_least,
        detection=document.detection,
    )


def _interviews(document: InterviewsDocument | None) -> Interviews | None:
    if document is None:
        return None

    def cadres(stated: CadresDocument | None) -> Cadres | None:
        return None if stated is None else Cadres(**stated.model_dump())

    return Interviews(
        villages=document.villages,
        village_cadres=cadres(document.village_cadres),
        township_cadres=cadres(document.township_cadres),
        county_cadres=cadres(document.county_cadres),
    )


def _score(document: ScoreDocument | None) -> Score | None:
    if document is None:
        return None
    return Score(
        base=document.base,
        items=tuple(ScoreItem(**item.model_dump()) for item in document.items),
        interference_noticed=document.interference_noticed,
    )
