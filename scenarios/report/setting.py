"""What was asked, as every answer begins: the county, the plan, the rule set."""

from __future__ import annotations

from collections.abc import Iterator

from estimators.policy import CRITERIA, Policy
from sampler.designs import DESIGNS
from sampler.fieldwork import Fieldwork
from sampler.frame import GROUPS, Frame
from sampler.inspection import PERFECT
from sampler.plan import STRATA, Plan
from scenarios.files.policies import field_of
from scenarios.messages import Catalogue, clean
from scenarios.provenance import provenance
from scenarios.report.facts import expected_households, expected_visits
from scenarios.report.parts import Text
from scenarios.report.words import percent
from scenarios.scenario import Scenario


def setting(scenario: Scenario, words: Catalogue) -> Iterator[str]:
    """Yield the county, the plan and the rule set, one line each."""
    frame = scenario.frame
    persons = frame.group_persons.sum(axis=0)
    yield words.say(
        "risk.county",
        villages=len(frame.codes),
        townships=len(set(frame.townships)),
        remote=int(frame.remote.sum()),
        persons=f"{persons.sum():,}",
        **{group: f"{count:,}" for group, count in zip(GROUPS, persons, strict=True)},
    )
    if frame.sizes_synthesised:
        yield words.say("risk.sizes")
    joiner = words.say("place.joiner")
    yield from plan_lines(scenario, words)
    yield words.say(
        "risk.policy",
        title=scenario.policy.titles.get(words.language, scenario.policy.name),
        name=scenario.policy.name,
        limits=joiner.join(_limits(scenario.policy, words)),
    )
    if scenario.policy.overridden:
        names = joiner.join(
            f"{words.say(f'field.{name}')} {policy_value(scenario.policy, name, words)}"
            for name in scenario.policy.overridden
        )
        yield words.say("risk.policy_overridden", names=names)


def plan_lines(scenario: Scenario, words: Catalogue) -> Iterator[str]:
    """Yield what is planned, and how the teams err where they do."""
    frame, plan = scenario.frame, scenario.plan
    if isinstance(plan, Plan):
        yield words.say("risk.plan", **_two_stage(frame, plan, words))
        yield from _details(plan, words)
    else:
        yield words.say("risk.plan_phase1", **_two_stage(frame, plan.phase1, words))
        yield from _details(plan.phase1, words)
        yield from _fieldwork(plan.province, words, "risk.province")
        yield words.say("risk.plan_desk", share=percent(plan.desk_share))
        errors = words.say("risk.plan_all_errors" if plan.all_errors else "risk.plan_errors_alike")
        yield words.say("risk.plan_revisit", share=percent(plan.revisit_share), errors=errors)
        if plan.remote_villages:
            yield words.say("risk.plan_remote", **_two_stage(frame, plan.add_on, words))
        yield words.say("risk.plan_visits", visited=f"{expected_visits(scenario):,}")
        yield words.say("risk.plan_counted")
    yield from _fieldwork(scenario.fieldwork, words, "risk.fieldwork")


def _two_stage(frame: Frame, plan: Plan, words: Catalogue) -> dict[str, object]:
    joiner, strata = words.say("place.joiner"), plan.strata(frame)
    told = [
        words.say("risk.plan_stratum", drawn=s.drawn, available=len(s.villages), stratum=words.stratum(s.name))
        for s in strata
        if s.drawn or len(strata) <= len(STRATA)
    ]
    take = [
        words.say("risk.plan_take", group=words.say(f"group.{group}"), count=count)
        for group in GROUPS
        if (count := plan.take.get(group, 0))
    ]
    return {
        "drawn": sum(s.drawn for s in strata),
        "strata": joiner.join(told),
        "take": joiner.join(take) or words.say("risk.none"),
        "visited": f"{expected_households(frame, plan):,}",
    }


def _details(plan: Plan, words: Catalogue) -> Iterator[str]:
    """Yield how villages are selected where it is not by simple random sampling, and what is visited completely."""
    if plan.selection != "srs":
        size = words.say("risk.plan_equal") if plan.measure is None else words.say(f"size.{plan.measure}")
        yield words.say("risk.plan_selection", design=words.say(f"design.{plan.selection}"), size=size)
        for limitation in DESIGNS[plan.selection].limitations:
            yield words.say(f"limitation.{limitation}")
    if plan.key_households:
        yield words.say("risk.plan_key")
    if plan.hamlets:
        yield words.say("risk.plan_hamlets", hamlets=plan.hamlets)


def _fieldwork(fieldwork: Fieldwork, words: Catalogue, key: str) -> Iterator[str]:
    """Yield in which ways teams err."""
    told = [
        words.say(f"fieldwork.{name}", value=percent(value))
        for name in ("sensitivity", "specificity", "appeal_overturns_true", "appeal_overturns_false", "absence")
        if (value := getattr(fieldwork, name)) != getattr(PERFECT, name)
    ]
    if fieldwork.absence and fieldwork.absence_odds_ratio != 1:
        told.append(words.say("fieldwork.absence_odds_ratio", value=f"{float(fieldwork.absence_odds_ratio):g}"))
    if fieldwork.team_icc:
        told.append(words.say("fieldwork.team_icc", teams=fieldwork.teams, value=f"{float(fieldwork.team_icc):g}"))
    if fieldwork.interference:
        names = words.say("place.enumeration").join(clean(name) for name in fieldwork.interference)
        factor = percent(fieldwork.interference_sensitivity)
        told.append(words.say("fieldwork.interference", names=names, value=factor))
    if told:
        yield words.say(key, errors=words.say("place.joiner").join(told))


def _limits(policy: Policy, words: Catalogue) -> Iterator[str]:
    for name in filter(policy.tests, CRITERIA):
        sign, limit = limit_sign(policy, name), percent(policy.limits[name])
        yield words.say("risk.limit_rate", criterion=words.say(f"criterion.{name}"), sign=sign, limit=limit)


def limit_sign(policy: Policy, criterion: str) -> str:
    """Return the sign between a rate and its limit where the county fails."""
    if criterion == "approval":
        return "≤" if policy.at_limit_fails else "<"
    return "≥" if policy.at_limit_fails else ">"


def policy_value(policy: Policy, name: str, words: Catalogue) -> str:
    """Return a field of a policy as it is read."""
    value = field_of(policy, name)
    if name.startswith("limits."):
        tested = policy.tests(name.removeprefix("limits."))
        return percent(value) if tested else words.say("policies.untested")  # type: ignore[arg-type]
    if isinstance(value, bool):
        return words.say("policies.yes" if value else "policies.no")
    return words.say(f"policies.{value}")


def provenance_line(scenario: Scenario, words: Catalogue) -> Text:
    """Return what an answer was made with, as every answer ends."""
    made = provenance(scenario)
    version, digest = made.versions["choucha"], made.sha256[:12]
    return Text(words.say("risk.provenance", seed=made.seed, version=version, sha256=digest), style="dim")
