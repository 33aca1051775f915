"""Laws over every shipped policy: cited or marked as an assumption, and open about what a scenario changed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from estimators.policy import CRITERIA, Policy, Source
from sampler.errors import InputError
from scenarios.files.documents import PolicyDocument
from scenarios.files.policies import field_of, load_policy, policy_names, policy_of

LANGUAGES = {"zh", "en"}
UNITS = ("wrong_exit", "missed", "approval")
FIELDS = (
    *(f"limits.{criterion}" for criterion in CRITERIA),
    *(f"units.{criterion}" for criterion in UNITS),
    *("missed_denominator", "incidence", "at_limit_fails", "weighting"),
)
OTHER: dict[str, dict[Any, Any]] = {
    "units": {"persons": "households", "households": "persons"},
    "missed_denominator": {"surveyed": "village", "village": "surveyed"},
    "incidence": {"blown_up": "registered", "registered": "blown_up"},
    "at_limit_fails": {False: True, True: False},
}

BORROWED = {  # schemes that are no county exit, and the criteria they can fail
    "sichuan-2021": {"wrong_exit", "missed", "approval"},
    "snap-qc": {"wrong_exit"},
    "lqas-5x10": {"approval"},
}
# Hosts that re-post official texts among spam: the original is cited by name and date, the copy never linked.
MIRRORS = {
    *("m.dddjmc.com", "0798ci.com", "wldsb.com", "416w.cn", "feifmx.com", "m.hanpaiyushua.com", "wjbbs.cn"),
    *("www.handmsg.com", "wanglu.net", "nongcun5.com", "m.timmybuy.com", "fs.ztjsxw.com", "jiangsulong.com"),
}

every_policy = pytest.mark.parametrize("name", policy_names())


def override(name: str, **fields: object) -> Policy:
    return policy_of(PolicyDocument.model_validate({"name": name, **fields}))


def stated(field: str, value: Any) -> dict[str, Any]:
    """Return the field as a scenario states it."""
    table, _, key = field.partition(".")
    return {table: {key: value} if key else value}


def as_stated(policy: Policy, field: str) -> Any:
    value: Any = field_of(policy, field)
    return Decimal(value.numerator) / value.denominator if field.startswith("limits") else value


def another(policy: Policy, field: str) -> Any:
    value = as_stated(policy, field)
    return 1 - value if field.startswith("limits") else OTHER[field.partition(".")[0]][value]


def test_what_the_design_promises_is_shipped() -> None:
    national = {"national-2017", "national-2019-central", "national-2019-west"}
    assert national | {"guizhou-2019", *BORROWED} <= set(policy_names())


@every_policy
def test_the_name_is_the_file_s(name: str) -> None:
    assert load_policy(name).name == name


@every_policy
def test_title_and_date(name: str) -> None:
    policy = load_policy(name)
    assert set(policy.titles) == LANGUAGES
    assert all(title.strip() for title in policy.titles.values())
    stated = date.fromisoformat(policy.date)
    assert stated <= date.today()
    for year in re.findall(r"20\d\d", name):
        assert stated.year - int(year) in (0, 1)  # outcomes are published in the year itself or the next


@every_policy
def test_every_field_is_backed_in_both_languages(name: str) -> None:
    sources = load_policy(name).sources
    assert set(sources) == set(FIELDS)
    for field, source in sources.items():
        assert set(source.texts) == LANGUAGES, field
        assert all(text.strip() for text in source.texts.values()), field


def backing(policy: Policy) -> dict[str, Source]:
    """Return every source and note of a policy."""
    return {**policy.sources, **{f"note {i}": note for i, note in enumerate(policy.notes, 1)}}


@every_policy
def test_what_is_no_assumption_can_be_looked_up(name: str) -> None:
    for field, source in backing(load_policy(name)).items():
        dated = all(re.search(r"\b20\d\d\b|20\d\d 年", text) for text in source.texts.values())
        assert source.assumption or source.url or dated, field


@every_policy
def test_links_lead_to_no_mirror(name: str) -> None:
    for field, source in backing(load_policy(name)).items():
        assert not source.url or source.url.startswith(("http://", "https://")), field
        assert urlsplit(source.url).hostname not in MIRRORS, field


@every_policy
def test_notes_are_in_both_languages_and_survive_an_override(name: str) -> None:
    policy = load_policy(name)
    assert override(name, at_limit_fails=not policy.at_limit_fails).notes == policy.notes
    for note in policy.notes:
        assert set(note.texts) == LANGUAGES
        assert all(text.strip() for text in note.texts.values())


@every_policy
def test_limits_are_exact_decimals(name: str) -> None:
    for criterion, limit in load_policy(name).limits.items():
        assert 10_000 % limit.denominator == 0, criterion  # a float would have a power of two beneath it


def test_west_differs_from_central_in_the_incidence_alone() -> None:
    central, west = load_policy("national-2019-central"), load_policy("national-2019-west")
    differing = {field for field in FIELDS if field_of(central, field) != field_of(west, field)}
    assert differing == {"limits.incidence"}
    assert {field for field in FIELDS if central.sources[field] != west.sources[field]} == {"limits.incidence"}


@every_policy
def test_county_exit_tests_all_four_criteria_and_other_schemes_say_what_they_leave_out(name: str) -> None:
    policy = load_policy(name)
    tested = {criterion for criterion in CRITERIA if policy.tests(criterion)}
    assert tested == BORROWED.get(name, set(CRITERIA))
    assert all(policy.sources[f"limits.{criterion}"].assumption for criterion in set(CRITERIA) - tested)
    assert policy.notes or name not in BORROWED


@every_policy
@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_limit_that_may_be_reached_switches_a_criterion_off_only_at_the_very_end(name: str, criterion: str) -> None:
    end = 0 if criterion == "approval" else 1
    off = {criterion: Decimal(end)}
    near = {criterion: abs(end - Decimal("0.0001"))}
    assert not override(name, limits=off, at_limit_fails=False).tests(criterion)
    assert override(name, limits=off, at_limit_fails=True).tests(criterion)
    assert override(name, limits=near, at_limit_fails=False).tests(criterion)


def test_guizhou_applies_the_national_limits_of_the_west() -> None:
    guizhou, west = load_policy("guizhou-2019"), load_policy("national-2019-west")
    assert all(field_of(guizhou, field) == field_of(west, field) for field in FIELDS)


def test_no_limit_of_the_post_evaluation_is_passed_off_as_known() -> None:
    assert all(source.assumption for source in load_policy("sichuan-2021").sources.values())


def test_the_lot_is_rejected_when_more_than_seven_of_fifty_are_not_vaccinated() -> None:
    policy = load_policy("lqas-5x10")
    assert policy.limits["approval"] == 1 - Fraction(7, 50)
    assert not policy.at_limit_fails


@every_policy
def test_a_policy_that_is_only_named_is_the_shipped_one(name: str) -> None:
    assert override(name) == load_policy(name)


@every_policy
@pytest.mark.parametrize("field", [field for field in FIELDS if field != "weighting"])
def test_a_changed_field_is_reported(name: str, field: str) -> None:
    base = load_policy(name)
    changed = override(name, **stated(field, another(base, field)))
    assert changed.overridden == (field,)
    assert as_stated(changed, field) == another(base, field)
    assert all(field_of(changed, other) == field_of(base, other) for other in FIELDS if other != field)


@every_policy
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_set_to_what_it_is_is_not_reported(name: str, field: str) -> None:
    base = load_policy(name)
    assert override(name, **stated(field, as_stated(base, field))).overridden == ()


@every_policy
def test_all_changed_fields_are_reported_together(name: str) -> None:
    base = load_policy(name)
    fields: dict[str, Any] = {"limits": {}, "units": {}}
    for field in FIELDS[:-1]:
        for table, value in stated(field, another(base, field)).items():
            fields[table] = {**fields[table], **value} if table in ("limits", "units") else value
    assert set(override(name, **fields).overridden) == set(FIELDS[:-1])


@every_policy
def test_an_override_leaves_the_shipped_policy_alone(name: str) -> None:
    before = {field: field_of(load_policy(name), field) for field in FIELDS}
    override(name, limits={"missed": Decimal("0.5")}, at_limit_fails=True)
    assert {field: field_of(load_policy(name), field) for field in FIELDS} == before
    assert load_policy(name).overridden == ()


def test_the_same_limit_in_other_digits_is_the_same_limit() -> None:
    assert override("national-2019-central", limits={"wrong_exit": Decimal("0.0200")}).overridden == ()


def test_an_unknown_policy_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        load_policy("national-2019-centre")
    (mistake,) = caught.value.mistakes
    assert (mistake.code, mistake.fields["nearest"]) == ("unknown_policy", "national-2019-central")


@pytest.mark.parametrize("fields", [{"weighting": "heavy"}, {"limits": {"wrong_exit": Decimal("1.01")}}, {"limit": {}}])
def test_overrides_that_mean_nothing_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        override("national-2019-central", **fields)
