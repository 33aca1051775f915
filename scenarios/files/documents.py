"""The scenario file, key by key. Domains come from `sampler.domains`; unknown keys are errors.

Every model is strict: a number in quotes, or a truth value where a number belongs, is a mistake and not a guess.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from sampler.domains import (
    Absence,
    Correlation,
    Count,
    CountyNumber,
    Distance,
    EffectSd,
    ErrorLevel,
    Icc,
    KeyMultiplier,
    OddsRatio,
    OversampleFactor,
    PositiveCount,
    RemoteMultiplier,
    Seed,
    Steps,
    TownshipMultiplier,
)
from scenarios.files.channels_documents import ChannelsDocument
from scenarios.files.document import Document, FromNumber, PositiveShareIn, ShareIn

ErrorLevelIn = Annotated[ErrorLevel, FromNumber]
IccIn = Annotated[Icc, FromNumber]
EffectSdIn = Annotated[EffectSd, FromNumber]
CorrelationIn = Annotated[Correlation, FromNumber]
RemoteMultiplierIn = Annotated[RemoteMultiplier, FromNumber]
KeyMultiplierIn = Annotated[KeyMultiplier, FromNumber]
TownshipMultiplierIn = Annotated[TownshipMultiplier, FromNumber]
OversampleFactorIn = Annotated[OversampleFactor, FromNumber]
AbsenceIn = Annotated[Absence, FromNumber]
OddsRatioIn = Annotated[OddsRatio, FromNumber]
DistanceIn = Annotated[Distance, FromNumber]


class FrameDocument(Document):
    """``[frame]``: where the county comes from, exactly one of `file`, `county` and `synthetic`."""

    file: str | None = None
    county: str | None = None
    synthetic: CountyNumber | None = None
    name: str | None = None
    key_share: ShareIn = Decimal(0)
    hamlets: Count = 0

    @model_validator(mode="after")
    def _one_origin(self) -> FrameDocument:
        if sum(origin is not None for origin in (self.file, self.county, self.synthetic)) != 1:
            raise PydanticCustomError("one_of", "one of", {"allowed": "file, county, synthetic"})
        return self


class GivenDocument(Document):
    """``[population] kind = "given"``: the truth columns of the household table."""

    kind: Literal["given"]


class WholeHousehold(Document):
    """Chance that an error takes the whole household, by kind."""

    wrong_exit: ShareIn = Decimal("0.9")
    missed: ShareIn = Decimal("0.7")


# The default of each village effect's own parameter; that of another stays out of the scenario.
_OF_EFFECT: dict[object, dict[str, Decimal]] = {
    "beta": {"icc": Decimal("0.02")},
    "logit_normal": {"effect_sd": Decimal("0.9")},
}


class LevelsDocument(Document):
    """``[population] kind = "levels"``: true county rates and how errors lie in the county."""

    kind: Literal["levels"]
    wrong_exit: ErrorLevelIn | None = None
    missed: ErrorLevelIn | None = None
    disapproval: ErrorLevelIn = Decimal("0.05")
    village_effect: Literal["beta", "logit_normal"] = "beta"
    icc: IccIn | None = None
    effect_sd: EffectSdIn | None = None
    remote_multiplier: RemoteMultiplierIn = Decimal(2)
    key_multiplier: KeyMultiplierIn = Decimal(1)
    townships: dict[str, TownshipMultiplierIn] = Field(default_factory=dict)
    shared: CorrelationIn = Decimal("0.5")
    whole_household: WholeHousehold = WholeHousehold()
    totals: Literal["exact", "expected"] = "exact"
    averaged: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_the_effect_s_own(cls, given: Any) -> Any:
        effect = given.get("village_effect", "beta") if isinstance(given, dict) else None
        return {**_OF_EFFECT[effect], **given} if effect in ("beta", "logit_normal") else given


class TakeDocument(Document):
    """Households visited in each drawn village, by group; 0 where a group is left out."""

    exited: Count = 0
    remaining: Count = 0
    unregistered: Count = 0


DEFAULT_OVERSAMPLE = Decimal(2)
StratumColumn = Literal["remote", "poor_village", "township", "distance"]


class TwoStageDocument(Document):
    """``[plan] kind = "two-stage"``: villages by stratum, then households by group in each drawn village."""

    kind: Literal["two-stage"] = "two-stage"
    strata: list[StratumColumn] = Field(default_factory=lambda: list[StratumColumn](("remote",)))
    distance_km: list[DistanceIn] = Field(default_factory=list)
    merge_below: Count = 0
    selection: str = "srs"
    size: str | None = None
    certainty: bool = True
    certain: list[str] = Field(default_factory=list)
    villages: dict[str, Count] | PositiveCount = 29
    remote_oversample: OversampleFactorIn | None = None
    oversample: dict[str, OversampleFactorIn] = Field(default_factory=dict)
    take: TakeDocument = TakeDocument(exited=18, unregistered=18, remaining=2)
    key_households: bool = False
    hamlets: Count = 0

    @model_validator(mode="after")
    def _factors_need_a_total(self) -> Self:
        for key in ("remote_oversample", "oversample"):
            if getattr(self, key) and isinstance(self.villages, dict):
                raise PydanticCustomError("oversample_with_strata", "oversample", {"key": key})
        return self

    def factors(self) -> dict[str, Decimal]:
        """Return the oversample factors by value of a column, where villages are shared out from a total."""
        remote = self.remote_oversample
        return {**({} if remote is None else {"remote": remote}), **self.oversample}


class DeskDocument(Document):
    """``[plan.desk]``: the desk check of the province's questionnaires."""

    share: ShareIn = Decimal("0.10")


class RevisitDocument(Document):
    """``[plan.revisit]``: the field re-visit of a share of the province's households."""

    share: PositiveShareIn
    all_errors: bool = True


class RemoteDocument(Document):
    """``[plan.remote]``: fresh households from remote villages."""

    villages: Count = 0
    take: TakeDocument = TakeDocument()


class SpotCheckDocument(Document):
    """``[plan] kind = "spot-check"``: the province's survey, its desk check and re-visit, fresh remote households."""

    kind: Literal["spot-check"]
    phase1: TwoStageDocument
    desk: DeskDocument = DeskDocument()
    revisit: RevisitDocument
    remote: RemoteDocument = RemoteDocument()


def _as_two_stage(value: Any) -> Any:
    """Let a plan that names no kind be the two-stage one."""
    return {"kind": "two-stage", **value} if isinstance(value, dict) else value


PlanDocument = Annotated[
    TwoStageDocument | SpotCheckDocument, Field(discriminator="kind"), BeforeValidator(_as_two_stage)
]


class FieldworkDocument(Document):
    """``[fieldwork]`` and ``[province]``: how the teams that visit households err."""

    sensitivity: ShareIn = Decimal(1)
    specificity: ShareIn = Decimal(1)
    appeal_overturns_true: ShareIn = Decimal(0)
    appeal_overturns_false: ShareIn = Decimal(0)
    absence: AbsenceIn = Decimal(0)
    absence_odds_ratio: OddsRatioIn = Decimal(1)
    teams: PositiveCount = 10
    team_icc: IccIn = Decimal(0)
    interference: list[str] = Field(default_factory=list)
    interference_sensitivity: ShareIn = Decimal(1)


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
    weighting: Literal["raw", "weighted"] | None = None


class RangeDocument(Document):
    """Evenly spaced values, both ends included; `steps` is their number."""

    from_: Annotated[Decimal, FromNumber] = Field(alias="from")
    to: Annotated[Decimal, FromNumber]
    steps: Steps


Values = list[Annotated[Decimal, FromNumber]] | RangeDocument


class GridDocument(Document):
    """``[grid]``: the error levels asked at; keys named in `together` move equally, the others are crossed."""

    together: list[Literal["wrong_exit", "missed", "disapproval"]] | None = None
    wrong_exit: Values | None = None
    missed: Values | None = None
    disapproval: Values | None = None
    icc: Values | None = None
    effect_sd: Values | None = None
    remote_multiplier: Values | None = None
    key_multiplier: Values | None = None
    shared: Values | None = None
    whole_household: Values | None = None


class ScenarioDocument(Document):
    """A whole scenario file."""

    schema_: Literal["scenario/1"] = Field(alias="schema")
    name: str = "scenario"
    seed: Seed = 1
    frame: FrameDocument
    population: Annotated[GivenDocument | LevelsDocument, Field(discriminator="kind")] = LevelsDocument(kind="levels")
    plan: PlanDocument = TwoStageDocument()
    fieldwork: FieldworkDocument | None = None
    province: FieldworkDocument | None = None
    channels: ChannelsDocument | None = None
    policy: PolicyDocument = PolicyDocument()
    grid: GridDocument | None = None
