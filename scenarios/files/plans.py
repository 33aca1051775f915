"""From ``[plan]``, ``[fieldwork]`` and ``[province]`` to the plan of an inspection and the errors of its teams."""

from __future__ import annotations

from collections.abc import Mapping

from sampler.errors import refuse
from sampler.fieldwork import Fieldwork
from sampler.plan import Oversample, Plan
from sampler.recheck import SpotCheck
from sampler.stratify import Stratification
from scenarios.files.documents import DEFAULT_OVERSAMPLE, FieldworkDocument, SpotCheckDocument, TwoStageDocument

PlanStated = TwoStageDocument | SpotCheckDocument


def with_plan_defaults(plan: PlanStated, villages: int) -> PlanStated:
    """Return the plan with what depends on other keys filled in.

    Parameters
    ----------
    plan : TwoStageDocument or SpotCheckDocument
        As the user states it.
    villages : int
        Villages of the county: the default number of drawn ones is cut to it, a stated one is refused instead.

    Raises
    ------
    InputError
        ``too_many_villages``.
    """
    if isinstance(plan, SpotCheckDocument):
        filled = with_plan_defaults(plan.phase1, villages)
        return plan.model_copy(update={"phase1": filled})
    if isinstance(plan.villages, dict):
        return plan
    changes: dict[str, object] = {}
    if plan.remote_oversample is None and "remote" in plan.strata and "remote" not in plan.oversample:
        changes["remote_oversample"] = DEFAULT_OVERSAMPLE
    if plan.villages > villages:
        if "villages" in plan.model_fields_set:
            raise refuse("too_many_villages", key="plan.villages", found=plan.villages, allowed=villages)
        changes["villages"] = villages
    return plan.model_copy(update=changes)


def plan_of(document: PlanStated, province: FieldworkDocument | None) -> Plan | SpotCheck:
    """Return the plan that a scenario states.

    Raises
    ------
    InputError
        ``province_without_spot_check`` for errors of a province that surveys nothing; what the plans refuse.
    """
    if isinstance(document, SpotCheckDocument):
        return SpotCheck(
            phase1=_two_stage(document.phase1),
            desk_share=document.desk.share,
            revisit_share=document.revisit.share,
            all_errors=document.revisit.all_errors,
            remote_villages=document.remote.villages,
            remote_take=document.remote.take.model_dump(),
            province=fieldwork_of(province),
        )
    if province is not None:
        raise refuse("province_without_spot_check", key="province")
    return _two_stage(document)


def _two_stage(document: TwoStageDocument) -> Plan:
    if isinstance(document.villages, dict):
        villages: Mapping[str, int] | Oversample = document.villages
    else:
        villages = Oversample(villages=document.villages, factors=document.factors())
    return Plan(
        villages=villages,
        take=document.take.model_dump(),
        stratification=Stratification(
            by=tuple(document.strata), distance_km=tuple(document.distance_km), merge_below=document.merge_below
        ),
        selection=document.selection,
        size=document.size,
        certainty=document.certainty,
        certain=tuple(document.certain),
        key_households=document.key_households,
        hamlets=document.hamlets,
    )


def fieldwork_of(document: FieldworkDocument | None) -> Fieldwork:
    """Return how teams err; not at all where nothing is stated."""
    if document is None:
        return Fieldwork()
    stated = document.model_dump()
    return Fieldwork(**{**stated, "interference": tuple(stated["interference"])})
