"""Coverage: how often intervals hold what they estimate, over many populations and samples of each (METHODS 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from estimators.estimate import Estimate, estimate
from estimators.intervals import INTERVALS
from estimators.policy import CRITERIA, Weighting
from estimators.variance import Lonely
from sampler.draws import Tally
from sampler.error_model import ErrorModel, nested_populations
from sampler.errors import InputError, refuse
from sampler.estimands import estimands
from sampler.frame import EXITED, REMAINING, UNREGISTERED
from sampler.inspection import tallies
from sampler.population import Population
from scenarios.engines.threads import Progress, in_threads
from scenarios.questions.assessment import default_variance, with_stratum_names
from scenarios.scenario import Level, Scenario

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

_TOGETHER = 50  # populations whose samples are estimated at once
_GROUP_OF = {"wrong_exit": EXITED, "missed": UNREGISTERED}


@dataclass(frozen=True, kw_only=True)
class Covered:
    """How one interval did in one cell; shares have the scatter of populations as their error.

    Parameters
    ----------
    level : mapping of str to Decimal
        The error level.
    criterion, weighting, interval : str
        Which rate, raw or weighted, and which interval.
    target : {"county", "design_mean"}
        What it is held against: the county's true rate, or the mean of the raw ratio under the plan.
    coverage, standard_error : float
        Share of samples whose interval holds the target, and its Monte Carlo error.
    below, above : float
        Share of samples whose interval lies wholly below, or above, the target.
    width : float
        Mean width.
    zero_events : float
        Share of samples without an event; they count.
    bias : float
        Mean estimate less the target.
    samples : int
        Samples measured.
    """

    level: Level
    criterion: str
    weighting: str
    interval: str
    target: str
    coverage: float
    standard_error: float
    below: float
    above: float
    width: float
    zero_events: float
    bias: float
    samples: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Coverage:
    """Coverage of intervals under a scenario.

    Parameters
    ----------
    scenario : Scenario
        What was asked.
    populations, draws : int
        Populations of each level, and samples of each population.
    confidence : float
        Of the intervals.
    lonely : str
        What became of a stratum of which one village was drawn.
    cells : tuple of Covered
        One for each level, criterion, weighting, interval and target.
    """

    scenario: Scenario
    populations: int
    draws: int
    confidence: float
    lonely: Lonely
    cells: tuple[Covered, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a cell."""
        import pandas as pd  # noqa: PLC0415 - half a second that the command line need not pay

        rows = [
            {f"{key}_level": float(value) for key, value in cell.level.items()}
            | {name: value for name, value in vars(cell).items() if name != "level"}
            for cell in self.cells
        ]
        return pd.DataFrame(rows)


def coverage(
    scenario: Scenario,
    *,
    populations: int = 200,
    draws: int = 20,
    intervals: Sequence[str] = ("korn_graubard",),
    criteria: Sequence[str] = CRITERIA,
    confidence: float = 0.95,
    lonely: Lonely = "fail",
    progress: Progress | None = None,
) -> Coverage:
    """Return how often intervals cover, at every level of a scenario's grid.

    Parameters
    ----------
    scenario : Scenario
        With an `ErrorModel` for its truth; its levels share populations and draws.
    populations, draws : int
        Finite populations of each level, and samples of each; at least 2 populations.
    intervals : sequence of str
        Entries of the catalogue.
    criteria : sequence of str
        Which rates, of those that the policy tests; the incidence has the interval made of its two rates'.
    confidence : float
        Of the two-sided intervals.
    lonely : {"fail", "remove", "certainty", "adjust", "average"}
        As in `estimators.variance.taylor_variance`.
    progress : callable, optional
        Called with (done, all).

    Returns
    -------
    Coverage
        Weighted rates are held against the county's true rate; raw ones against their own design mean and, beside it,
        against the county's rate, which they do not estimate where remote villages are oversampled (METHODS 2.2).

    Raises
    ------
    InputError
        ``coverage_needs_levels`` for a truth that is given, ``outside_domain`` for an interval that does not exist,
        ``lonely_stratum`` as `estimators.estimate.estimate`, naming the stratum.

    Examples
    --------
    >>> from scenarios import load
    >>> one = replace(load("example"), grid=())
    >>> found = coverage(one.at({"wrong_exit": one.truth.wrong_exit}), populations=2, draws=3, criteria=["approval"])
    >>> [(cell.weighting, cell.target, cell.samples) for cell in found.cells]
    [('raw', 'design_mean', 6), ('raw', 'county', 6), ('weighted', 'county', 6)]
    """
    if not isinstance(scenario.truth, ErrorModel):
        raise refuse("coverage_needs_levels", key="population.kind", found="given", allowed="levels")
    for name in intervals:
        if name not in INTERVALS:
            raise refuse("outside_domain", key="interval", found=name, allowed=", ".join(INTERVALS))
    levels = scenario.points()
    cells = [scenario.at(level) for level in levels]
    criteria = [name for name in criteria if scenario.policy.tests(name)]
    batches = [range(first, min(first + _TOGETHER, populations)) for first in range(0, populations, _TOGETHER)]
    asked = _Asked(
        draws=draws, intervals=tuple(intervals), criteria=tuple(criteria), confidence=confidence, lonely=lonely
    )
    try:
        parts = in_threads(lambda batch: _batch(cells, batch, asked), batches, progress=progress)
    except InputError as error:
        raise with_stratum_names(error, [s.name for s in scenario.plan.strata(scenario.frame)]) from error
    found = tuple(
        _summed(level, key, [part[i][key] for part in parts]) for i, level in enumerate(levels) for key in parts[0][i]
    )
    return Coverage(
        scenario=scenario, populations=populations, draws=draws, confidence=confidence, lonely=lonely, cells=found
    )


_Key = tuple[str, str, str, str]  # criterion, weighting, interval, target


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What `coverage` was asked, beside the scenario."""

    draws: int
    intervals: tuple[str, ...]
    criteria: tuple[str, ...]
    confidence: float
    lonely: Lonely


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """Means over the measured samples of each of B populations, shape (B,); NaN where none of them is."""

    covered: Floats
    below: Floats
    above: Floats
    width: Floats
    empty: Floats
    bias: Floats
    measured: Floats  # samples


def _batch(cells: Sequence[Scenario], numbers: Sequence[int], asked: _Asked) -> list[dict[_Key, _Seen]]:
    """Return what the samples of some populations show, level by level."""
    families: dict[tuple[object, ...], list[int]] = {}
    for i, cell in enumerate(cells):
        families.setdefault(_model(cell).family, []).append(i)
    samples: list[list[Tally]] = [[] for _ in cells]
    targets: list[list[dict[str, dict[str, float]]]] = [[] for _ in cells]
    for members in families.values():
        models = [_model(cells[i]) for i in members]
        for number in numbers:
            nested = nested_populations(cells[0].frame, models, seed=cells[0].seed, replicate=number)
            replicates = number * asked.draws + np.arange(asked.draws)
            for place, i in enumerate(members):
                population, cell = nested.population(place), cells[i]
                samples[i].append(
                    tallies(population, cell.plan, seed=cell.seed, replicates=replicates, fieldwork=cell.fieldwork)
                )
                targets[i].append(_targets(cell, population))
    return [_level(cell, stacked(some), held, asked) for cell, some, held in zip(cells, samples, targets, strict=True)]


def _model(cell: Scenario) -> ErrorModel:
    assert isinstance(cell.truth, ErrorModel)  # noqa: S101 - `coverage` has looked
    return cell.truth


def stacked(parts: Sequence[Tally]) -> Tally:
    """Return tallies of the same plan as one, their replicates one after another."""
    first = parts[0]

    def joined(name: str) -> NDArray[np.generic] | None:
        return None if getattr(first, name) is None else np.concatenate([getattr(part, name) for part in parts])

    names = ("villages", "chance", "block_sizes", "moments", "phase2_weights", "places")
    return replace(first, **{name: joined(name) for name in names})  # type: ignore[arg-type]


def _targets(cell: Scenario, population: Population) -> dict[str, dict[str, float]]:
    """Return the county's true rates, and the design means of the raw ratios where the plan has them."""
    true = {name: float(rate) for name, rate in estimands(population, cell.policy.units).items() if rate is not None}
    return {"county": true, "design_mean": _design_means(cell, population)}


def _design_means(cell: Scenario, population: Population) -> dict[str, float]:
    """Return sum pi d / sum pi s of each criterion, pi the inclusion probability of a household.

    The raw ratio's mean under the plan but for a bias of the order of 1 / n; only a two-stage plan has it.
    """
    frame, plan = cell.frame, cell.two_stage
    if plan is None:
        return {}
    visited = plan.visited_households(frame) / np.maximum(frame.group_households, 1)
    chance = plan.chance(frame)[:, None] * visited  # of each household of a block, shape (V, 3)
    block = 3 * frame.household_village + frame.household_group

    def expected(values: NDArray[np.generic]) -> Floats:
        """Return what a sample has on average of each group, shape (3,)."""
        summed = np.bincount(block, weights=values, minlength=chance.size).reshape(chance.shape)
        mean: Floats = (chance * summed).sum(axis=0)
        return mean

    seen = {
        "persons": (chance * frame.group_persons).sum(axis=0),
        "households": (chance * frame.group_households).sum(axis=0),
    }
    found = {"persons": expected(population.wrong_persons), "households": expected(population.wrong_persons > 0)}
    rates = {
        name: float(found[unit][group] / seen[unit][group])
        for name, group in _GROUP_OF.items()
        if seen[unit := cell.policy.units[name]][group] > 0
    }
    rates["approval"] = float(expected(population.approves).sum() / seen["households"].sum())
    whole = frame.group_persons.sum(axis=0) / frame.group_persons.sum()
    blown_up = sum(
        whole[group] * found["persons"][group] / seen["persons"][group]
        for group in _GROUP_OF.values()
        if seen["persons"][group] > 0
    )
    rates["incidence"] = float(whole[REMAINING] + blown_up * (cell.policy.incidence == "blown_up"))
    return rates


def _level(
    cell: Scenario, tally: Tally, targets: Sequence[dict[str, dict[str, float]]], asked: _Asked
) -> dict[_Key, _Seen]:
    found: dict[_Key, _Seen] = {}
    for weighting in ("raw", "weighted"):
        for interval in asked.intervals:
            estimates = _estimates(cell, tally, weighting, interval, asked)
            for criterion in asked.criteria:
                for target in ("design_mean", "county") if weighting == "raw" else ("county",):
                    held = np.array([each[target].get(criterion, np.nan) for each in targets])
                    if np.isfinite(held).all():
                        key = (criterion, weighting, interval, target)
                        found[key] = _seen(estimates[criterion], np.repeat(held, asked.draws), asked.draws)
    return found


def _estimates(cell: Scenario, tally: Tally, weighting: str, interval: str, asked: _Asked) -> dict[str, Estimate]:
    persons = cell.frame.group_persons
    chosen: Weighting = "weighted" if weighting == "weighted" else "raw"
    return dict(
        estimate(
            tally,
            cell.policy,
            group_persons=persons.sum(axis=0),
            unregistered=cell.frame.unregistered,
            criteria=asked.criteria,
            weighting=chosen,
            variance=default_variance(tally),
            interval=interval,
            confidence=asked.confidence,
            lonely=asked.lonely,
        )
    )


def _seen(estimated: Estimate, target: Floats, draws: int) -> _Seen:
    def by_population(values: NDArray[np.generic]) -> Floats:
        kept = np.where(estimated.measured, values, np.nan).astype(np.float64).reshape(-1, draws)
        counted = np.isfinite(kept).sum(axis=1)
        means: Floats = np.where(counted > 0, np.nansum(kept, axis=1), np.nan) / np.maximum(counted, 1)
        return means

    below, above = estimated.high < target, estimated.low > target
    return _Seen(
        covered=by_population(~below & ~above),
        below=by_population(below),
        above=by_population(above),
        width=by_population(estimated.high - estimated.low),
        empty=by_population(estimated.villages_with_event == 0),
        bias=by_population(estimated.value - target),
        measured=estimated.measured.reshape(-1, draws).sum(axis=1).astype(np.float64),
    )


def _summed(level: Level, key: _Key, parts: Sequence[_Seen]) -> Covered:
    measured = np.concatenate([part.measured for part in parts])

    def of(name: str) -> Floats:
        """Return the means of the populations that have a measured sample."""
        values: Floats = np.concatenate([getattr(part, name) for part in parts])[measured > 0]
        return values

    def mean(name: str) -> float:
        return float(of(name).mean()) if len(of(name)) else float("nan")

    covered = of("covered")
    # Samples of one population are alike; populations are independent. Where all cover, half a sample more might not.
    error = (
        max(float(covered.std(ddof=1) / np.sqrt(len(covered))), 0.5 / len(covered) ** 1.5)
        if len(covered) > 1
        else float("inf")
    )
    criterion, weighting, interval, target = key
    return Covered(
        level=level,
        criterion=criterion,
        weighting=weighting,
        interval=interval,
        target=target,
        coverage=mean("covered"),
        standard_error=error,
        below=mean("below"),
        above=mean("above"),
        width=mean("width"),
        zero_events=mean("empty"),
        bias=mean("bias"),
        samples=int(measured.sum()),
    )
