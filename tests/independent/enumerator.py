"""The chance of failing by brute force, in exact fractions: an oracle written from the contract alone.

DESIGN section 5 fixes the village table, the household table, the smallest scenario file and its 'Meaning'
to the letter, 'so that a second program can recompute it'. This is the second program. It shares no line
with the product, lists every sample there is, and refuses whatever goes beyond that smallest file and the
overrides of its policy. Words in single quotes are the contract's.
"""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from itertools import combinations, product
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

CRITERIA = ("wrong_exit", "missed", "incidence", "approval")
GROUPS = ("exited", "unregistered", "remaining")
STRATA = ("ordinary", "remote")  # the remote flag of the village table, 0 and 1, is the index
CENTRAL = {"wrong_exit": "0.02", "missed": "0.02", "incidence": "0.02", "approval": "0.90"}
LIMITS = {"national-2019-central": CENTRAL, "national-2019-west": {**CENTRAL, "incidence": "0.03"}}
UNITS = {"wrong_exit": "persons", "missed": "persons", "approval": "households"}


class Seen(NamedTuple):
    """What the visited households of one group add up to; a single household is one, too."""

    persons: int = 0
    wrong_persons: int = 0
    households: int = 0
    wrong_households: int = 0
    approving_households: int = 0
    approving_persons: int = 0


class Village(NamedTuple):
    """A row of the village table, with the rows of the household table that lie in it."""

    stratum: str
    totals: dict[str, int]
    households: dict[str, list[Seen]]


class Policy(NamedTuple):
    """The fields of a policy that decide a raw rate."""

    limits: dict[str, Fraction]
    at_limit_fails: bool
    missed_denominator: str
    incidence: str
    units: dict[str, str]


# --- what is read ---------------------------------------------------------------------------------


def one_of(value: Any, *allowed: Any) -> Any:
    """The value, if the contract knows it: a silent guess would make the oracle worthless."""
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {allowed}")
    return value


def read_policy(section: dict[str, Any]) -> Policy:
    """The named policy with the overrides of the section: 'any field of the policy may be overridden'."""
    for key in section:
        one_of(key, "name", "missed_denominator", "limits", "at_limit_fails", "incidence", "units")
    limits: dict[str, Any] = {**LIMITS[section["name"]], **section.get("limits", {})}
    units: dict[str, Any] = {**UNITS, **section.get("units", {})}
    for criterion in limits:
        one_of(criterion, *CRITERIA)
    for criterion in units:
        one_of(criterion, *UNITS)
    return Policy(
        # 'Decimals are read exactly': Fraction takes a Decimal, and the digits of a str, as they stand.
        limits={criterion: Fraction(limit) for criterion, limit in limits.items()},
        at_limit_fails=one_of(section.get("at_limit_fails", False), True, False),
        missed_denominator=one_of(section.get("missed_denominator", "surveyed"), "surveyed", "village"),
        incidence=one_of(section.get("incidence", "blown_up"), "blown_up", "registered"),
        units={criterion: one_of(unit, "persons", "households") for criterion, unit in units.items()},
    )


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_household(row: dict[str, str]) -> Seen:
    persons, wrong_persons = int(row["persons"]), int(row["wrong_persons"])
    approves = one_of(int(row["approves"]), 0, 1)
    if not 0 <= wrong_persons <= persons or (row["group"] == "remaining" and wrong_persons):
        raise ValueError(f"'wrong_persons' is 0..persons, and 0 in remaining households: {row}")
    return Seen(
        persons=persons,
        wrong_persons=wrong_persons,
        households=1,
        wrong_households=int(wrong_persons > 0),
        approving_households=approves,
        approving_persons=approves * persons,
    )


def read_county(folder: Path) -> list[Village]:
    """The two tables; 'the household table must agree with the village table by village and group'."""
    columns = [f"{group}_{unit}" for group in GROUPS for unit in ("households", "persons")]
    county: dict[str, Village] = {}
    for row in read_table(folder / "villages.csv"):
        totals = {column: int(row[column]) for column in columns}
        households: dict[str, list[Seen]] = {group: [] for group in GROUPS}
        county[row["village_code"]] = Village(STRATA[one_of(int(row["remote"]), 0, 1)], totals, households)
    for row in read_table(folder / "households.csv"):
        county[row["village_code"]].households[row["group"]].append(read_household(row))
    for code, village in county.items():
        for group in GROUPS:
            listed = together(*village.households[group])
            stated = (village.totals[f"{group}_households"], village.totals[f"{group}_persons"])
            if (listed.households, listed.persons) != stated:
                raise ValueError(f"village {code}, {group}: the tables disagree")
    return list(county.values())


# --- every sample there is ------------------------------------------------------------------------


def together(*parts: Seen) -> Seen:
    return Seen(*(sum(column) for column in zip(*parts, strict=True)))


def village_samples(county: list[Village], numbers: dict[str, int]) -> list[tuple[Village, ...]]:
    """Every SRSWOR sample of villages, so many of each stratum independently: all are equally likely."""
    if set(numbers) != set(STRATA):
        raise ValueError("'an omitted stratum is an error', and there is no third")
    in_strata = [[village for village in county if village.stratum == stratum] for stratum in STRATA]
    for stratum, villages in zip(STRATA, in_strata, strict=True):
        if not 0 <= numbers[stratum] <= len(villages):
            raise ValueError(f"{numbers[stratum]} of {len(villages)} {stratum} villages")
    choices = [combinations(villages, numbers[s]) for s, villages in zip(STRATA, in_strata, strict=True)]
    return [ordinary + remote for ordinary, remote in product(*choices)]


def household_samples(households: list[Seen], take: int) -> Counter[Seen]:
    """'SRSWOR in each drawn village and group; all of them where a village has fewer'.

    All samples are listed; those that add up to the same are counted together.
    """
    return Counter(together(*sample) for sample in combinations(households, min(take, len(households))))


def added(first: Counter[Seen], second: Counter[Seen]) -> Counter[Seen]:
    """Every sample of the one with every sample of the other: the villages draw independently."""
    both: Counter[Seen] = Counter()
    for (a, ways_a), (b, ways_b) in product(first.items(), second.items()):
        both[together(a, b)] += ways_a * ways_b
    return both


# --- what the evaluator says ----------------------------------------------------------------------


def ratio(numerator: int, denominator: int) -> Fraction | None:
    """'A rate whose denominator is 0 is "not measured"': None."""
    return Fraction(numerator, denominator) if denominator else None


def wrong_exit_rate(exited: Seen, unit: str) -> Fraction | None:
    """'wrong persons / persons over the visited exited households'.

    By households: those with a wrong person / those visited.
    """
    if unit == "persons":
        return ratio(exited.wrong_persons, exited.persons)
    return ratio(exited.wrong_households, exited.households)


def missed_rate(unregistered: Seen, drawn: tuple[Village, ...], unit: str, denominator: str) -> Fraction | None:
    """'wrong persons found / unregistered persons of the visited households or of the drawn villages'.

    The policy says which; the persons of the drawn villages are 'from the village table'. By households
    likewise.
    """
    if unit == "persons":
        found, surveyed = unregistered.wrong_persons, unregistered.persons
    else:
        found, surveyed = unregistered.wrong_households, unregistered.households
    if denominator == "surveyed":
        return ratio(found, surveyed)
    return ratio(found, sum(village.totals[f"unregistered_{unit}"] for village in drawn))


def approval_rate(visited: Seen, unit: str) -> Fraction | None:
    """'approving / visited households of all groups', or the persons who live in them."""
    if unit == "persons":
        return ratio(visited.approving_persons, visited.persons)
    return ratio(visited.approving_households, visited.households)


def incidence_rate(
    county: list[Village], make_up: str, wrong_exit: Fraction | None, missed: Fraction | None
) -> Fraction | None:
    """'(remaining persons + wrong_exit x exited persons + missed x unregistered persons) / rural persons'.

    'Person rates always, the totals from the village table over the whole county'; a rate not measured
    'counts as 0 inside the incidence'. The make-up `registered` keeps the remaining persons alone.
    """
    exited, unregistered, remaining = (sum(v.totals[f"{g}_persons"] for v in county) for g in GROUPS)
    rural = exited + remaining + unregistered
    if rural == 0:
        return None
    if make_up == "registered":
        return Fraction(remaining, rural)
    return (remaining + (wrong_exit or 0) * exited + (missed or 0) * unregistered) / Fraction(rural)


def measured_rates(
    policy: Policy, county: list[Village], drawn: tuple[Village, ...], seen: dict[str, Seen]
) -> dict[str, Fraction | None]:
    """The raw rates of one inspection, each in the unit of the policy."""
    exited, unregistered = seen["exited"], seen["unregistered"]
    return {
        "wrong_exit": wrong_exit_rate(exited, policy.units["wrong_exit"]),
        "missed": missed_rate(unregistered, drawn, policy.units["missed"], policy.missed_denominator),
        "incidence": incidence_rate(
            county,
            policy.incidence,
            wrong_exit_rate(exited, "persons"),
            missed_rate(unregistered, drawn, "persons", policy.missed_denominator),
        ),
        "approval": approval_rate(together(*seen.values()), policy.units["approval"]),
    }


def fails(criterion: str, rate: Fraction | None, policy: Policy) -> bool:
    """Rates fail above the limit, approval below; a rate not measured 'cannot fail'.

    '`at_limit_fails = true`: rates fail at >=, approval at <=.'
    """
    if rate is None:
        return False
    limit = policy.limits[criterion]
    if rate == limit:
        return policy.at_limit_fails
    return rate < limit if criterion == "approval" else rate > limit


# --- the chances ----------------------------------------------------------------------------------


def enumerate_chances(scenario_path: Path) -> dict[str, dict[str, Fraction]]:
    """The chance that any criterion fails, that each one does, is at its limit, is not measured.

    Parameters
    ----------
    scenario_path
        A scenario file of the smallest kind: truth `given`, plan `two-stage`, selection `srs`, and a frame
        that is a folder with the two tables as CSV.

    Returns
    -------
    dict
        `chance` by `any` and criterion, `at_limit` and `not_measured` by criterion: exact probabilities.
    """
    scenario = tomllib.loads(scenario_path.read_text(encoding="utf-8"), parse_float=Decimal)
    for key in scenario:
        one_of(key, "schema", "name", "seed", "frame", "population", "plan", "policy")
    plan, take = scenario["plan"], scenario["plan"]["take"]
    one_of(scenario["schema"], "scenario/1")
    one_of(scenario["population"], {"kind": "given"})
    one_of(plan, {"kind": "two-stage", "selection": "srs", "villages": plan["villages"], "take": take})
    for group in take:
        one_of(group, *GROUPS)
    policy = read_policy(scenario["policy"])
    county = read_county(scenario_path.parent / scenario["frame"]["file"])

    chance = dict.fromkeys(("any", *CRITERIA), Fraction(0))
    at_limit = dict.fromkeys(CRITERIA, Fraction(0))
    not_measured = dict.fromkeys(CRITERIA, Fraction(0))
    samples_of_villages = village_samples(county, plan["villages"])
    for drawn in samples_of_villages:
        sums = []
        for group in GROUPS:
            number = take.get(group, 0)  # 'An omitted take is 0.'
            in_villages = [household_samples(village.households[group], number) for village in drawn]
            sums.append(reduce(added, in_villages, Counter([Seen()])))
        # In the drawn villages all samples of households are equally likely, so it is enough to count them.
        all_ways = prod(ways.total() for ways in sums)
        for outcome in product(*(ways.items() for ways in sums)):
            probability = Fraction(prod(ways for _, ways in outcome), all_ways * len(samples_of_villages))
            seen = {group: total for group, (total, _) in zip(GROUPS, outcome, strict=True)}
            rates = measured_rates(policy, county, drawn, seen)
            failed = [criterion for criterion in CRITERIA if fails(criterion, rates[criterion], policy)]
            for criterion in failed + ["any"] * bool(failed):
                chance[criterion] += probability
            for criterion in CRITERIA:
                at_limit[criterion] += probability * (rates[criterion] == policy.limits[criterion])
                not_measured[criterion] += probability * (rates[criterion] is None)
    return {"chance": chance, "at_limit": at_limit, "not_measured": not_measured}
