"""Scenarios held against one another on common random numbers: the difference of their chances, with its own error.

Scenarios of one seed meet the same populations and, as far as their plans go alike, the same villages and households
(`sampler.streams`). What two of them have in common by luck drops out of their difference, whose error is therefore
taken from the differences themselves, population by population.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sampler.errors import refuse
from sampler.population import Population
from scenarios.engines import auto, model
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.engines.simulate import outcomes
from scenarios.engines.threads import Progress
from scenarios.questions.comparison import Comparison, Difference, SavedRisk
from scenarios.questions.curve import averages_over_populations
from scenarios.scenario import Level, Scenario, populations

Floats = NDArray[np.float64]

BATCH, MOST = 64, 512  # populations
ENOUGH = 0.004  # standard error of every difference at which no more populations are asked
INSPECTIONS = 16_384  # of one population


def paired(scenarios: Sequence[Scenario], *, progress: Progress | None = None) -> tuple[Mapping[str, Difference], ...]:
    """Return how far the chances of failing of several scenarios lie from those of the first.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Without grids, of one seed; all averaged over populations or none.
    progress : callable, optional
        Called with (done, all).

    Returns
    -------
    tuple of mapping of str to Difference
        By question, one mapping a scenario, the first among them: there every difference is 0. The standard error is
        that of the difference; 0 where both numbers are exact.

    Raises
    ------
    InputError
        ``unlike_truths``, ``unlike_seeds``.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from decimal import Decimal
    >>> from scenarios import load
    >>> one = replace(load("example").at({"wrong_exit": Decimal("0.01"), "missed": Decimal("0.01")}), averaged=False)
    >>> limits = {**one.policy.limits, "missed": one.policy.limits["missed"] * 2}
    >>> looser = replace(one, policy=replace(one.policy, limits=limits))
    >>> _, found = paired([one, looser])
    >>> found["missed"].difference < 0, found["missed"].standard_error, found["wrong_exit"].difference
    (True, 0.0, 0.0)
    """
    _require_alike(scenarios)
    averaged = averages_over_populations(scenarios[0])
    return _averaged(scenarios, progress) if averaged else _of_one(scenarios, progress)


def _require_alike(scenarios: Sequence[Scenario]) -> None:
    if len({scenario.seed for scenario in scenarios}) > 1:
        raise refuse("unlike_seeds", found=", ".join(dict.fromkeys(str(scenario.seed) for scenario in scenarios)))
    if len({averages_over_populations(scenario) for scenario in scenarios}) > 1:
        raise refuse("unlike_truths")


def require_comparable(first: Scenario, second: Scenario) -> None:
    """Refuse two scenarios that cannot be compared.

    Raises
    ------
    InputError
        ``unlike_truths``, ``unlike_seeds``, ``no_common_level``.
    """
    _require_alike((first, second))
    common_levels(first, second)


def paired_comparison(
    old: SavedRisk, new: SavedRisk, scenarios: tuple[Scenario, Scenario], *, progress: Progress | None = None
) -> Comparison:
    """Compare two scenarios at the error levels that both their grids have.

    Parameters
    ----------
    old, new : SavedRisk
        What the two are, without points.
    scenarios : tuple of two Scenario
        With their grids.
    progress : callable, optional
        Called with (done, all), level by level.

    Raises
    ------
    InputError
        As `paired`; ``no_common_level``.
    """
    first, second = scenarios
    levels = common_levels(first, second)
    differences = [
        paired([first.at(level), second.at(level)], progress=_part(progress, place, len(levels)))[1]
        for place, level in enumerate(levels)
    ]
    return Comparison(
        old=old,
        new=new,
        levels=tuple({key: float(value) for key, value in level.items()} for level in levels),
        differences=tuple(differences),
        only_old=len(first.points()) - len(levels),
        only_new=len(second.points()) - len(levels),
        paired=True,
    )


def common_levels(first: Scenario, second: Scenario) -> list[Level]:
    """Return the error levels of both grids, in the order of the second.

    Raises
    ------
    InputError
        ``no_common_level``.
    """
    there = {frozenset(level.items()) for level in first.points()}
    levels = [level for level in second.points() if frozenset(level.items()) in there]
    if not levels:
        raise refuse("no_common_level", found=_axes(second), allowed=_axes(first))
    return levels


def _axes(scenario: Scenario) -> str:
    told = [f"{axis.keys[0]} {min(axis.values)}-{max(axis.values)}" for axis in scenario.grid]
    return ", ".join(told) or "given truth"


def _part(progress: Progress | None, place: int, parts: int) -> Progress | None:
    """Return a progress that reports one part of several."""
    if progress is None:
        return None
    return lambda done, total: progress(place * 1_000 + done * 1_000 // max(total, 1), parts * 1_000)


def _averaged(scenarios: Sequence[Scenario], progress: Progress | None) -> tuple[Mapping[str, Difference], ...]:
    parts: list[list[Floats]] = [[] for _ in scenarios]
    for done in range(0, MOST, BATCH):
        for place, (scenario, seen) in enumerate(zip(scenarios, parts, strict=True)):
            seen.append(model.shares([scenario], range(done, done + BATCH))[:, 0, : len(QUESTIONS)])
            if progress:
                progress(done * len(scenarios) + (place + 1) * BATCH, (done + BATCH) * len(scenarios))
        shares = [np.concatenate(seen) for seen in parts]
        found = [
            _differences(shares[0], each, _settled(scenarios[0], one))
            for one, each in zip(scenarios, shares, strict=True)
        ]
        # What never differed is told with a bound that more populations would narrow too slowly.
        moved = (each for differences in found for each in differences.values() if each.difference != 0)
        if all(each.standard_error <= ENOUGH for each in moved):
            break
    return tuple(found)


def _settled(first: Scenario, second: Scenario) -> frozenset[str]:
    """Return the questions that neither of two scenarios can fail."""
    return model.impossible(first) & model.impossible(second)


def _differences(first: Floats, second: Floats, settled: frozenset[str] = frozenset()) -> dict[str, Difference]:
    """Return the differences of mean shares, shape (B, 5) each, whose rows belong together."""
    error = (second - first).std(axis=0, ddof=1) / np.sqrt(len(first))
    alike = (second == first).all(axis=0)
    # Rows that never differed say little of those to come: at most three in so many do.
    error = np.where(alike & (first is not second), np.maximum(error, 1 / (len(first) + 4)), error)
    return {
        question: Difference(
            old=float(first[:, i].mean()),
            new=float(second[:, i].mean()),
            standard_error=0.0 if question in settled else float(error[i]),
        )
        for i, question in enumerate(QUESTIONS)
    }


def _of_one(scenarios: Sequence[Scenario], progress: Progress | None) -> tuple[Mapping[str, Difference], ...]:
    """Return the differences for one population: of exact chances where both are, else of the same inspections."""
    single = [replace(scenario, averaged=False) for scenario in scenarios]
    known = auto.chances(single, progress=progress)
    truths = populations(single)
    seen: dict[int, Floats] = {}

    def inspected(place: int) -> Floats:
        if place not in seen:
            seen[place] = _events(single[place], truths[place])
        return seen[place]

    answers = []
    for place in range(len(single)):
        exactly = {q for q in QUESTIONS if known[0].engine[q] == known[place].engine[q] == "exact"}
        simulated = {} if len(exactly) == len(QUESTIONS) else _differences(inspected(0), inspected(place))
        answers.append({q: _exact(known[0], known[place], q) if q in exactly else simulated[q] for q in QUESTIONS})
    return tuple(answers)


def _exact(first: Chance, second: Chance, question: str) -> Difference:
    old, new = first.fails[question], second.fails[question]
    return Difference(old=float(old or 0.0), new=float(new or 0.0), standard_error=0.0)


def _events(scenario: Scenario, truth: Population) -> Floats:
    """Return which of the same inspections fail, shape (R, 5)."""
    fails = outcomes(scenario, truth, np.arange(INSPECTIONS)).fails
    return np.stack([fails[question] for question in QUESTIONS], axis=1).astype(np.float64)
