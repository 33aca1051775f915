"""What was asked, as every answer begins: the county, the plan, the rule set."""

from __future__ import annotations

from collections.abc import Iterator

from estimators.policy import CRITERIA, Policy
from sampler.frame import GROUPS
from scenarios.files.policies import field_of
from scenarios.messages import Catalogue
from scenarios.report.facts import drawn_villages, expected_households
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
    strata = [
        words.say("risk.plan_stratum", drawn=s.drawn, available=len(s.villages), stratum=words.say(f"stratum.{s.name}"))
        for s in scenario.plan.strata(frame)
    ]
    take = [
        words.say("risk.plan_take", group=words.say(f"group.{group}"), count=count)
        for group in GROUPS
        if (count := scenario.plan.take.get(group, 0))
    ]
    joiner = words.say("place.joiner")
    yield words.say(
        "risk.plan",
        drawn=drawn_villages(scenario),
        strata=joiner.join(strata),
        take=joiner.join(take) or words.say("risk.none"),
        visited=f"{expected_households(scenario):,}",
    )
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


def _limits(policy: Policy, words: Catalogue) -> Iterator[str]:
    for name in CRITERIA:
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
        return percent(value)  # type: ignore[arg-type]
    if isinstance(value, bool):
        return words.say("policies.yes" if value else "policies.no")
    return words.say(f"policies.{value}")
