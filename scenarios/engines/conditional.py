"""The conditional engine: exact given the villages drawn, averaged over draws of villages.

Given the villages, the score of a ratio criterion is a sum of independent village scores whose laws are known
(METHODS 4.6), so only the draw of villages is left to chance: Rao and Blackwell's theorem says that less noise is left
than in simulated inspections. It serves `wrong_exit`, `missed` and `approval` one by one, for any way of drawing
villages. The villages are those that the simulating engine draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from estimators.policy import CRITERIA
from sampler.draws import draw_villages
from sampler.frame import Ints
from sampler.population import Population
from sampler.streams import Purpose, stream_starts
from scenarios.engines.block_laws import BlockLaws
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.engines.estimated import Estimated
from scenarios.engines.laws import Floats, chernoff_window, circle, rounding, village_spectra
from scenarios.engines.scores import by_criterion, chance_empty, plan_with_law, score_blocks
from scenarios.engines.threads import Progress
from scenarios.scenario import Scenario, populations

Complexes = NDArray[np.complex128]

BATCH = 250  # draws of villages between two looks at the error
MOST = 4_000  # draws after which a chance is left as it is


@dataclass(frozen=True, kw_only=True, eq=False)
class GivenVillages:
    """Chances of one ratio criterion, given the villages drawn.

    Parameters
    ----------
    fails, at_limit, not_measured : ndarray of float64, shape (R,)
        One a draw of villages: chances that the criterion fails the county, stands at its limit, has a denominator
        of 0 (which only the villages decide: 0 or 1).
    bound : float
        Numerical error is below this.
    """

    fails: Floats
    at_limit: Floats
    not_measured: Floats
    bound: float


def given_villages(scenario: Scenario, population: Population, criterion: str, villages: Ints) -> GivenVillages:
    """Return the exact chances of a ratio criterion given the villages drawn.

    Parameters
    ----------
    scenario : Scenario
        Gives plan and policy.
    population : Population
        The truth.
    criterion : {"wrong_exit", "missed", "approval"}
    villages : ndarray of int64, shape (R, m)
        The villages of R draws, as indices of the frame.

    Returns
    -------
    GivenVillages

    Examples
    --------
    >>> from decimal import Decimal
    >>> from scenarios import load
    >>> cell = load("example").at({"wrong_exit": Decimal("0.02"), "missed": Decimal("0.02")})
    >>> found = given_villages(cell, populations([cell])[0], "approval", np.array([range(29), range(29, 58)]))
    >>> found.fails.shape, found.not_measured
    ((2,), array([0., 0.]))
    """
    blocks = score_blocks(scenario, population, criterion)
    return _given_blocks(scenario, blocks, chance_empty(scenario, criterion), villages)


def _given_blocks(scenario: Scenario, blocks: BlockLaws, empty: Floats, villages: Ints) -> GivenVillages:
    nothing = empty[villages].prod(axis=1)
    beyond, at_zero, bound = _score_events(blocks, villages)
    # An unmeasured rate scores 0 too, but it is neither at its limit nor beyond it.
    tie = np.maximum(0.0, at_zero - nothing)
    fails = beyond + tie if scenario.policy.at_limit_fails else beyond
    return GivenVillages(fails=np.clip(fails, 0, 1), at_limit=tie, not_measured=nothing, bound=bound)


def _score_events(blocks: BlockLaws, villages: Ints) -> tuple[Floats, Floats, float]:
    """Return the chances that the score is positive and that it is 0, shape (R,) each, and the numerical bound."""
    lowest, highest, outside = _window(blocks, villages)
    samples = len(villages)
    if highest < 0:
        return np.zeros(samples), np.zeros(samples), outside
    residues, short = circle(highest - lowest + 1, blocks.lowest.size)
    length = residues * short
    scores = np.arange(lowest, lowest + length)
    events = np.zeros((2, length))
    events[:, scores % length] = (scores > 0) & (scores <= highest), scores == 0
    # P(T in A) = 1/K sum over frequencies of E exp(-i w T) times the conjugate transform of A's indicator.
    weights = fft.fft(events).conj() / length if residues > 1 else _half(fft.rfft(events).conj() / length, length)
    sums = np.zeros((samples, 2))
    for residue, transforms in village_spectra(blocks, residues, short):
        sums += _sampled_events()(transforms, villages, np.ascontiguousarray(weights[:, residue::residues]))
    chances = np.clip(sums, 0, 1)
    return chances[:, 0], chances[:, 1], outside + rounding(villages.shape[1], length)


def _half(weights: Complexes, length: int) -> Complexes:
    """Let the non-negative frequencies stand for the negative ones too, whose products are conjugate."""
    doubled = weights.copy()
    doubled[:, 1 : (length + 1) // 2] *= 2
    return doubled


def _window(blocks: BlockLaws, villages: Ints) -> tuple[int, int, float]:
    """Return a window of scores that holds for every one of the draws."""
    lowest, highest = blocks.lowest.sum(axis=1)[villages], blocks.highest.sum(axis=1)[villages]
    block, score = blocks.block, blocks.score
    means = np.bincount(block, weights=blocks.chance * score)
    variances = np.bincount(block, weights=blocks.chance * (score - means[block]) ** 2)
    spread = np.sqrt(variances.reshape(blocks.lowest.shape).sum(axis=1)[villages].sum(axis=1).max(initial=0.0))

    def log_moment(by_village: Floats) -> Floats:
        worst: Floats = np.log(by_village)[villages].sum(axis=1).max(axis=0)
        return worst

    low, high = int(lowest.sum(axis=1).min()), int(highest.sum(axis=1).max())
    return chernoff_window(blocks, low, high, float(spread), log_moment)


def _sampled_events() -> Callable[[Complexes, Ints, Complexes], Floats]:
    """Return the compiled product over villages, or its readable twin where numba cannot be imported."""
    try:
        from scenarios.engines.kernels import sampled_events  # noqa: PLC0415
    except ImportError:
        return readable_sampled_events
    compiled: Callable[[Complexes, Ints, Complexes], Floats] = sampled_events
    return compiled


def readable_sampled_events(values: Complexes, villages: Ints, weights: Complexes) -> Floats:
    """Return what the compiled `sampled_events` returns, sample by sample."""
    return np.array([(values[drawn].prod(axis=0) * weights).real.sum(axis=1) for drawn in villages])


@dataclass(frozen=True, kw_only=True)
class _Average:
    """Means over draws of villages, with the standard error of the first."""

    fails: Estimated
    at_limit: float
    not_measured: float
    bound: float
    draws: int


def chances(scenarios: Sequence[Scenario], *, progress: Progress | None = None) -> tuple[Chance, ...]:
    """Return the chance of failing of each scenario, exact given the villages drawn.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Without grids.
    progress : callable, optional
        Called with (done, all) as criteria are answered.

    Returns
    -------
    tuple of Chance
        ``any`` and ``incidence``, which join criteria, are None.
    """
    truths = populations(scenarios)
    return tuple(_chance(found) for found in by_criterion(_average, scenarios, truths, progress=progress))


def _average(scenario: Scenario, population: Population, criterion: str) -> _Average:
    blocks, empty = score_blocks(scenario, population, criterion), chance_empty(scenario, criterion)
    parts: list[GivenVillages] = []
    for first in range(0, MOST, BATCH):
        numbers = np.arange(first, first + BATCH)
        starts = stream_starts(scenario.seed, Purpose.VILLAGES, numbers)
        villages = draw_villages(scenario.frame, plan_with_law(scenario), starts)
        parts.append(_given_blocks(scenario, blocks, empty, villages))
        estimate = _mean(np.concatenate([part.fails for part in parts]))
        if estimate.precise:
            break
    return _Average(
        fails=estimate,
        at_limit=float(np.mean([part.at_limit.mean() for part in parts])),
        not_measured=float(np.mean([part.not_measured.mean() for part in parts])),
        bound=max(part.bound for part in parts),
        draws=BATCH * len(parts),
    )


def _mean(values: Floats) -> Estimated:
    """Return the mean with its standard error, which allows for villages that no draw has brought together yet.

    Chances given the villages can be so skewed that the sample shows none of the mass; what was not seen in R draws has
    a chance of up to 3 / R (at 95%), about two standard errors of half of that.
    """
    error = max(float(values.std(ddof=1) / np.sqrt(len(values))), 1.5 / len(values))
    return Estimated(chance=float(values.mean()), standard_error=error)


def _chance(found: Mapping[str, _Average]) -> Chance:
    fails: dict[str, float | None] = dict.fromkeys(QUESTIONS)
    error: dict[str, float | None] = dict.fromkeys(QUESTIONS)
    at_limit: dict[str, float | None] = dict.fromkeys(CRITERIA)
    not_measured: dict[str, float | None] = dict.fromkeys(CRITERIA)
    for name, average in found.items():
        fails[name], error[name] = average.fails.chance, average.fails.standard_error
        at_limit[name], not_measured[name] = average.at_limit, average.not_measured
    return Chance(
        fails=fails,
        standard_error=error,
        at_limit=at_limit,
        not_measured=not_measured,
        engine={name: None if value is None else "conditional" for name, value in fails.items()},
        bound=max((average.bound for average in found.values()), default=0.0),
        inspections=max((average.draws for average in found.values()), default=0),
    )
