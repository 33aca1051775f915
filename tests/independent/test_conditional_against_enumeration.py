"""The conditional engine against the independent enumerator: exact given every sample of villages there is."""

from __future__ import annotations

import tomllib
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from itertools import combinations, product
from math import prod
from pathlib import Path

import enumerator
import numpy as np
import pytest
from tiny_counties import write_tiny_county

from scenarios.engines.conditional import given_villages
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.files.scenario_file import load_scenario
from scenarios.scenario import populations

TOLERANCE = 1e-12  # the bar of DESIGN section 7


def enumerated(path: Path) -> dict[str, list[list[Fraction]]]:
    """By criterion, one row a sample of villages: chances that it fails, stands at its limit, is not measured."""
    scenario = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    policy, take = enumerator.read_policy(scenario["policy"]), scenario["plan"]["take"]
    county = enumerator.read_county(path.parent / scenario["frame"]["file"])
    found: dict[str, list[list[Fraction]]] = {criterion: [] for criterion in RATIO_CRITERIA}
    for drawn in enumerator.village_samples(county, scenario["plan"]["villages"]):
        sums = []
        for group in enumerator.GROUPS:
            ways = [enumerator.household_samples(village.households[group], take.get(group, 0)) for village in drawn]
            sums.append(reduce(enumerator.added, ways, Counter([enumerator.Seen()])))
        whole = prod(ways.total() for ways in sums)
        rows = {criterion: [Fraction(0)] * 3 for criterion in RATIO_CRITERIA}
        for outcome in product(*(ways.items() for ways in sums)):
            probability = Fraction(prod(ways for _, ways in outcome), whole)
            seen = {group: total for group, (total, _) in zip(enumerator.GROUPS, outcome, strict=True)}
            rates = enumerator.measured_rates(policy, county, drawn, seen)
            for criterion, row in rows.items():
                rate = rates[criterion]
                row[0] += probability * enumerator.fails(criterion, rate, policy)
                row[1] += probability * (rate == policy.limits[criterion])
                row[2] += probability * (rate is None)
        for criterion, row in rows.items():
            found[criterion].append(row)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_exact_given_every_sample_of_villages(seed: int, tmp_path: Path) -> None:
    path = write_tiny_county(tmp_path, seed)
    expected = enumerated(path)
    scenario = load_scenario(str(path)).scenario
    (population,) = populations([scenario])
    strata = scenario.plan.strata(scenario.frame)
    # In the enumerator's order: the strata's samples crossed, each stratum in the order of the list.
    samples = list(product(*(combinations(stratum.villages.tolist(), stratum.drawn) for stratum in strata)))
    villages = np.array([[i for part in sample for i in part] for sample in samples], dtype=np.int64)
    for criterion in RATIO_CRITERIA:
        found = given_villages(scenario, population, criterion, villages.reshape(len(samples), -1))
        got = np.stack([found.fails, found.at_limit, found.not_measured], axis=1)
        wanted = np.array([[float(value) for value in row] for row in expected[criterion]])
        assert got.shape == wanted.shape
        assert np.abs(got - wanted).max() <= TOLERANCE, criterion
