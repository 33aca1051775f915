"""Every design of the catalogue in the engines: exact chances, simulated inspections and given villages agree."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from scipy.stats import binom, norm

from sampler.designs import DESIGNS
from sampler.draws import draw_villages
from sampler.streams import Purpose, stream_starts
from scenarios import load
from scenarios.engines import auto, conditional, exact, simulate
from scenarios.engines.laws import has_law
from scenarios.engines.scores import RATIO_CRITERIA
from scenarios.questions.reach import chance_drawn, chance_of_finding
from scenarios.scenario import Scenario, populations

INSPECTIONS, DRAWS = 12_000, 400
# One false alarm in a million runs of all comparisons together.
COMPARISONS = len(DESIGNS) * 3 * len(RATIO_CRITERIA)
ERROR = 1e-6 / COMPARISONS
KNOWN = [name for name, entry in DESIGNS.items() if "no_exact_chance" not in entry.limitations]


def cell(name: str) -> Scenario:
    scenario = load("example")
    plan = replace(scenario.plan, selection=name)
    return replace(scenario, plan=plan, averaged=False).at(
        {"wrong_exit": Decimal("0.02"), "missed": Decimal("0.018"), "disapproval": Decimal("0.09")}
    )


@pytest.mark.parametrize("name", DESIGNS)
def test_exact_and_simulated_chances_agree(name: str) -> None:
    scenario = cell(name)
    (population,) = populations([scenario])
    strata = scenario.plan.strata(scenario.frame)
    assert has_law(strata) == (name in KNOWN)
    seen = simulate.outcomes(scenario, population, np.arange(INSPECTIONS))
    starts = stream_starts(scenario.seed, Purpose.VILLAGES, np.arange(DRAWS))
    villages = draw_villages(scenario.frame, scenario.plan, starts)
    compared = 0
    for criterion in RATIO_CRITERIA:
        failed = int(seen.fails[criterion].sum())
        given = conditional.given_villages(scenario, population, criterion, villages).fails
        error = given.std(ddof=1) / np.sqrt(DRAWS)
        if name in KNOWN:
            known = exact.ratio_chance(scenario, population, criterion).fails
            assert binom.cdf(failed, INSPECTIONS, known) > ERROR / 2
            assert binom.sf(failed - 1, INSPECTIONS, known) > ERROR / 2
            # Skewed means are nearer to normal than this bound supposes: chances here lie well inside (0, 1).
            assert abs(given.mean() - known) <= norm.isf(ERROR / 2) * error
        else:
            share = failed / INSPECTIONS
            both = np.hypot(error, np.sqrt(share * (1 - share) / INSPECTIONS))
            assert abs(given.mean() - share) <= norm.isf(ERROR / 2) * both
        compared += 0.01 < failed / INSPECTIONS < 0.99
    assert compared >= 2  # the comparison compares something


@pytest.mark.parametrize("name", DESIGNS)
def test_auto_answers_every_question_and_says_how(name: str) -> None:
    (answer,) = auto.chances([cell(name)])
    assert all(value is not None for value in answer.fails.values())
    for criterion in RATIO_CRITERIA:
        assert answer.engine[criterion] == ("exact" if name in KNOWN else "simulate")


@pytest.mark.parametrize("name", DESIGNS)
def test_chances_of_villages_and_townships_add_up(name: str) -> None:
    scenario = cell(name)
    villages, townships = chance_drawn(scenario)
    assert villages.sum() == pytest.approx(29)
    for township, chance in townships.items():
        members = [villages[i] for i, other in enumerate(scenario.frame.townships) if other == township]
        # Boole and Frechet, up to the noise of those that are simulated.
        assert max(members) - 0.02 <= chance <= min(1.0, sum(members)) + 0.02
    finding = chance_of_finding(scenario, populations([scenario])[0])
    assert (finding is None) == (name not in KNOWN)
    if finding is not None:
        seen = simulate.chance_of_finding(scenario, populations([scenario])[0])
        assert abs(seen - finding) <= norm.isf(ERROR / 2) * np.sqrt(finding * (1 - finding) / simulate.BATCH) + 1e-3
