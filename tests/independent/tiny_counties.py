"""Random counties so small that every sample can be listed: the playground of the enumerator.

The files follow DESIGN section 5 to the letter: village table, household table, the smallest scenario file.
Groups without households, takes of 0, strata without villages and limits that a small sample often hits
exactly are wanted: there the rules bite.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations, product
from math import comb, prod
from pathlib import Path
from random import Random
from typing import NamedTuple

GROUPS = ("exited", "remaining", "unregistered")  # the order of the village table's columns
STRATA = ("ordinary", "remote")
MOST_SAMPLES = 30_000  # the enumerator lists about so many in a second
TOTALS = [f"{group}_{unit}" for group in GROUPS for unit in ("households", "persons")]
VILLAGE_COLUMNS = ["village_code", "village", "township", "remote", "poor_village", *TOTALS]
HOUSEHOLD_COLUMNS = ["household_id", "village_code", "group", "persons", "key", "wrong_persons", "approves"]


class Household(NamedTuple):
    persons: int
    wrong_persons: int
    approves: int


class Village(NamedTuple):
    remote: int
    households: dict[str, list[Household]]


def random_household(rng: Random, group: str) -> Household:
    """1..5 persons; often all of them are wrong or none; 'remaining households have `wrong_persons` 0'."""
    persons = rng.randint(1, 5)
    wrong = 0 if group == "remaining" else rng.choice((0, 0, 0, persons, rng.randint(0, persons)))
    return Household(persons, wrong, int(rng.random() < 0.8))


def random_village(rng: Random, remote: int) -> Village:
    """0..4 households a group, at least one in all; few in `remaining`, lest the incidence fail of itself."""
    sizes = dict.fromkeys(GROUPS, 0)
    while not any(sizes.values()):
        sizes = {group: rng.choice((0, 1, 2, 3, 3, 4)) for group in GROUPS}
        sizes["remaining"] = rng.choice((0, 0, 1, 1, 2, 4))
    return Village(remote, {g: [random_household(rng, g) for _ in range(size)] for g, size in sizes.items()})


def number_of_samples(county: list[Village], villages: dict[str, int], take: dict[str, int]) -> int:
    """How many inspections the plan can lead to: what the enumerator has to list."""

    def ways(village: Village) -> int:
        sizes = {group: len(households) for group, households in village.households.items()}
        return prod(comb(size, min(take.get(group, 0), size)) for group, size in sizes.items())

    choices = [
        combinations([ways(village) for village in county if village.remote == remote], villages[stratum])
        for remote, stratum in enumerate(STRATA)
    ]
    return sum(prod(ordinary) * prod(remote) for ordinary, remote in product(*choices))


def shrink(county: list[Village], villages: dict[str, int], take: dict[str, int]) -> None:
    """Drop households where the draw has most choice, until every sample can be listed.

    A group that leaves a choice has two households or more, so no village is emptied.
    """
    while number_of_samples(county, villages, take) > MOST_SAMPLES:
        groups = [(village.households[group], take.get(group, 0)) for village in county for group in GROUPS]
        most, _ = max(groups, key=lambda pair: comb(len(pair[0]), min(pair[1], len(pair[0]))))
        most.pop()


def persons_in(county: list[Village], *groups: str) -> int:
    return sum(household.persons for village in county for group in groups for household in village.households[group])


def round_off(county: list[Village], rng: Random) -> None:
    """Take single persons away until the rural persons have no prime factor but 2 and 5.

    Only then can the incidence, a fraction of them, often equal a limit that is a decimal.
    """
    groups = [village.households[group] for village in county for group in GROUPS]
    while 10**9 % persons_in(county, *GROUPS):
        large = [(group, place) for group in groups for place, household in enumerate(group) if household.persons > 1]
        if not large:
            return
        group, place = rng.choice(large)
        persons, wrong_persons, approves = group[place]
        group[place] = Household(persons - 1, min(wrong_persons, persons - 1), approves)


def decimal_text(value: Fraction) -> str | None:
    """The value as a decimal of six places, or None where that would not be exact."""
    text = f"{float(value):.6f}"
    return text if Fraction(text) == value else None


def incidence_limits(county: list[Village]) -> list[str]:
    """Decimals that the incidence can well equal: its value where the two rates are simple fractions.

    A limit chosen without looking at the county's totals would hardly ever be hit.
    """
    exited, remaining, unregistered = (persons_in(county, group) for group in GROUPS)
    rural = exited + remaining + unregistered
    simple = [Fraction(share) for share in ("0", "0", "0.2", "0.25", "0.5", "1")]
    values = ((remaining + x * exited + y * unregistered) / rural for x, y in product(simple, simple))
    return [text for value in values if (text := decimal_text(value))]


def policy_lines(rng: Random, county: list[Village]) -> list[str]:
    """The [policy] section: every field of it is now and then left to its default."""
    lines = ["[policy]", f'name = "national-2019-{rng.choice(("central", "central", "west"))}"']
    if rng.random() < 0.8:
        lines.append(f'missed_denominator = "{rng.choice(("surveyed", "village"))}"')
    if rng.random() < 0.8:
        lines.append(f"at_limit_fails = {rng.choice(('true', 'false'))}")
    rates = ("0", "0.02", "0.2", "0.25", "0.4", "0.5", "0.5", "0.5", "0.6", "0.75", "1")
    choices = {
        "wrong_exit": rates,
        "missed": rates,
        "incidence": incidence_limits(county) or rates,
        "approval": ("0", "0.5", "0.5", "0.6", "0.6", "0.75", "0.75", "0.8", "0.90", "1"),
    }
    limits = {criterion: rng.choice(choice) for criterion, choice in choices.items() if rng.random() < 0.93}
    if limits:
        lines.append(f"limits = {inline_table(limits)}")
    if rng.random() < 0.3:
        lines.append(f'incidence = "{rng.choice(("registered", "blown_up"))}"')
    if rng.random() < 0.4:
        units = {c: rng.choice(('"persons"', '"households"')) for c in ("wrong_exit", "missed", "approval")}
        lines.append(f"units = {inline_table({c: unit for c, unit in units.items() if rng.random() < 0.8})}")
    return lines


def inline_table(items: dict[str, str] | dict[str, int]) -> str:
    return "{ " + ", ".join(f"{key} = {value}" for key, value in items.items()) + " }" if items else "{}"


def write_table(path: Path, columns: list[str], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_county(folder: Path, county: list[Village], rng: Random) -> None:
    """villages.csv and households.csv, the one the sums of the other; codes are text, hence the zeros."""
    villages: list[tuple[object, ...]] = []
    households: list[tuple[object, ...]] = []
    for number, village in enumerate(county, start=1):
        code, totals = f"{number:03d}", []
        for group in GROUPS:
            listed = village.households[group]
            totals += [len(listed), sum(household.persons for household in listed)]
            for persons, wrong_persons, approves in listed:
                household_id = f"h{len(households) + 1:03d}"
                # The smallest scenario file has no rule for key households, so there are none.
                households.append((household_id, code, group, persons, 0, wrong_persons, approves))
        township = rng.choice(("东乡", "西乡"))
        villages.append((code, f"{township}{number}村", township, village.remote, rng.randint(0, 1), *totals))
    write_table(folder / "villages.csv", VILLAGE_COLUMNS, villages)
    write_table(folder / "households.csv", HOUSEHOLD_COLUMNS, households)


def write_tiny_county(folder: Path, seed: int) -> Path:
    """A random tiny county and a random scenario on it.

    Parameters
    ----------
    folder
        Where `scenario.toml` and the folder `county` of the two tables are written; made if it is not there.
    seed
        The same seed writes the same files.

    Returns
    -------
    Path
        The scenario file.
    """
    rng = Random(seed)
    numbers = (0, 0)
    while sum(numbers) < 2:
        numbers = (rng.randint(0, 4), rng.randint(0, 3))
    county = [random_village(rng, remote) for remote, number in enumerate(numbers) for _ in range(number)]
    rng.shuffle(county)  # a stratum is told by the flag, not by the place in the table
    villages = {
        stratum: rng.choice((rng.randint(0, number), (number + 1) // 2))  # all or none not too often
        for stratum, number in zip(STRATA, numbers, strict=True)
    }
    take = {group: rng.choice((0, 1, 1, 1, 2, 2, 2, 3)) for group in GROUPS if rng.random() < 0.95}
    shrink(county, villages, take)
    round_off(county, rng)

    (folder / "county").mkdir(parents=True, exist_ok=True)
    write_county(folder / "county", county, rng)
    lines = [
        'schema = "scenario/1"',
        f'name = "tiny-{seed}"',
        f"seed = {seed}",
        "[frame]",
        'file = "county"',
        "[population]",
        'kind = "given"',
        "[plan]",
        'kind = "two-stage"',
        'selection = "srs"',
        f"villages = {inline_table(villages)}",
        f"take = {inline_table(take)}",
        *policy_lines(rng, county),
    ]
    path = folder / "scenario.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
