"""The scenario file, key by key. Domains come from `sampler.domains`; unknown keys are errors.

Every model is strict: a number in quotes, or a truth value where a number belongs, is a mistake and not a guess.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from sampler.domains import (
    Correlation,
    Count,
    ErrorLevel,
    Icc,
    OversampleFactor,
    PositiveCount,
    RemoteMultiplier,
    Seed,
    Share,
    Steps,
)


def _whole_to_decimal(value: Any) -> Any:
    """Let TOML's whole numbers stand where decimals may (``limit = 0``); truth values stay wrong."""
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


_FromNumber = BeforeValidator(_whole_to_decimal)
ShareIn = Annotated[Share, _FromNumber]
ErrorLevelIn = Annotated[ErrorLevel, _FromNumber]
IccIn = Annotated[Icc, _FromNumber]
CorrelationIn = Annotated[Correlation, _FromNumber]
RemoteMultiplierIn = Annotated[RemoteMultiplier, _FromNumber]
OversampleFactorIn = Annotated[OversampleFactor, _FromNumber]


class Document(BaseModel):
    """Base of all parts of a scenario file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class FrameDocument(Document):
    """``[frame]``: where the county comes from, exactly one of `file` and `county`."""

    file: str | None = None
    county: Literal["example"] | None = None
    name: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> FrameDocument:
        if (self.file is None) == (self.county is None):
            raise PydanticCustomError("one_of", "one of", {"allowed": "file, county"})
        return self


class GivenDocument(Document):
    """``[population] kind = "given"``: the truth columns of the household table."""

    kind: Literal["given"]


class WholeHousehold(Document):
    """Chance that an error takes the whole household, by kind."""

    wrong_exit: ShareIn = Decimal("0.9")
    missed: ShareIn = Decimal("0.7")


class LevelsDocument(Document):
    """``[population] kind = "levels"``: true county rates and how errors lie in the county."""

    kind: Literal["levels"]
    wrong_exit: ErrorLevelIn | None = None
    missed: ErrorLevelIn | None = None
    disapproval: ErrorLevelIn = Decimal("0.05")
    icc: IccIn = Decimal("0.02")
    remote_multiplier: RemoteMultiplierIn = Decimal(2)
    shared: CorrelationIn = Decimal("0.5")
    whole_household: WholeHousehold = WholeHousehold()
    totals: Literal["exact", "expected"] = "exact"
    averaged: bool | None = None


class VillagesDocument(Document):
    """Villages drawn by stratum; both must be named, 0 is allowed."""

    ordinary: Count
    remote: Count


class TakeDocument(Document):
    """Households visited in each drawn village, by group; 0 where a group is left out."""

    exited: Count = 0
    remaining: Count = 0
    unregistered: Count = 0


class PlanDocument(Document):
    """``[plan]``: the two-stage plan."""

    kind: Literal["two-stage"] = "two-stage"
    selection: Literal["srs"] = "srs"
    villages: VillagesDocument | PositiveCount = 29
    remote_oversample: OversampleFactorIn | None = None
    take: TakeDocument = TakeDocument(exited=18, unregistered=18, remaining=2)

    @model_validator(mode="after")
    def _factor_needs_a_total(self) -> PlanDocument:
        if self.remote_oversample is not None and isinstance(self.villages, VillagesDocument):
            raise PydanticCustomError("oversample_with_strata", "oversample", {"key": "remote_oversample"})
        return self


class LimitsDocument(Document):
    """Limits a scenario changes; the others stay as the policy has them."""

    wrong_exit: ShareIn | None = None
    missed: ShareIn | None = None
    incidence: ShareIn | None = None
    approval: ShareIn | None = None


class UnitsDocument(Document):
    """Units a scenario changes."""

    wrong_exit: Literal["persons", "households"] | None = None
    missed: Literal["persons", "households"] | None = None
    approval: Literal["persons", "households"] | None = None


class PolicyDocument(Document):
    """``[policy]``: a shipped policy, any field of which may be overridden."""

    name: str = "national-2019-central"
    limits: LimitsDocument = LimitsDocument()
    units: UnitsDocument = UnitsDocument()
    missed_denominator: Literal["surveyed", "village"] | None = None
    incidence: Literal["blown_up", "registered"] | None = None
    at_limit_fails: bool | None = None
    weighting: Literal["raw"] | None = None


class RangeDocument(Document):
    """Evenly spaced values, both ends included; `steps` is their number."""

    from_: Annotated[Decimal, _FromNumber] = Field(alias="from")
    to: Annotated[Decimal, _FromNumber]
    steps: Steps


Values = list[Annotated[Decimal, _FromNumber]] | RangeDocument


class GridDocument(Document):
    """``[grid]``: the error levels asked at; keys named in `together` move equally, the others are crossed."""

    together: list[Literal["wrong_exit", "missed", "disapproval"]] | None = None
    wrong_exit: Values | None = None
    missed: Values | None = None
    disapproval: Values | None = None
    icc: Values | None = None
    remote_multiplier: Values | None = None
    shared: Values | None = None
    whole_household: Values | None = None


class ScenarioDocument(Document):
    """A whole scenario file."""

    schema_: Literal["scenario/1"] = Field(alias="schema")
    name: str = "scenario"
    seed: Seed = 1
    frame: FrameDocument
    population: Annotated[GivenDocument | LevelsDocument, Field(discriminator="kind")] = LevelsDocument(kind="levels")
    plan: PlanDocument = PlanDocument()
    policy: PolicyDocument = PolicyDocument()
    grid: GridDocument | None = None
