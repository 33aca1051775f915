"""What the other channels of an inspection show: separate outputs, none of which decides whether the county passes.

They are asked at one error level, the middle of the grid, where `choucha draw` stands too. Unannounced visits are exact
for a population; what depends on a whole inspection is simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from estimators.policy import CRITERIA
from sampler.channels import Channels, Consistency, Departments, Desk, Unannounced
from sampler.error_model import ErrorModel, nested_populations
from sampler.estimands import estimands
from sampler.frame import GROUPS, Unit
from sampler.interviews import Meetings, draw_meetings
from sampler.plan import Plan
from sampler.population import Population
from scenarios.engines.chance import QUESTIONS
from scenarios.engines.model import standard_errors
from scenarios.engines.threads import in_threads
from scenarios.questions.channel_facts import (
    QUANTILES,
    ChannelAnswers,
    Checked,
    Compared,
    Decided,
    FlaggedOnce,
    Informed,
    Shift,
    Visited,
)
from scenarios.questions.channel_samples import COUNTED, Inspected, Sample, joined, sample, with_departments
from scenarios.questions.exposure import Exposure, exposure
from scenarios.questions.inspection import Inspection, middle_level
from scenarios.questions.score import score_law
from scenarios.scenario import Scenario, populations

Floats = NDArray[np.float64]

INSPECTIONS = 1_000  # of one population
_AT_ONCE = 50  # of them in one job
POPULATIONS, EACH = 64, 16  # averaged over, and inspections of each


def channel_answers(scenario: Scenario, *, progress: Callable[[int, int], None] | None = None) -> ChannelAnswers | None:
    """Return what the other channels show.

    Parameters
    ----------
    scenario : Scenario
        With `averaged` settled: chances are then averages over populations, else those of one.
    progress : callable, optional
        Called with (done, all).

    Returns
    -------
    ChannelAnswers, or None for a scenario without channels.

    Examples
    --------
    >>> from scenarios import load
    >>> channel_answers(load("example")) is None
    True
    """
    channels = scenario.channels
    if channels is None:
        return None
    level = middle_level(scenario)
    cell = scenario.at(level)
    truths = _truths(cell)
    found = _sampled(cell, truths, progress) if _needs_inspections(cell, channels) else None
    visited = _visited(channels.unannounced, truths) if channels.unannounced else None
    informed = (
        _informed(channels.departments, found, truths, cell.policy.units) if channels.departments and found else None
    )
    shifted = compared(channels.consistency, found) if channels.consistency and found else None
    checked = _checked(channels.desk, found) if channels.desk and found else None
    events = {
        "exposed": visited.in_all if visited else 0.0,
        "flagged_found": informed.any_found if informed else 0.0,
        "shift": (shifted.any_exceeds or 0.0) if shifted else 0.0,
        "fabrication": (checked.exposed or 0.0) if checked else 0.0,
        "interference": _interference(cell, channels, found),
    }
    return ChannelAnswers(
        scenario=cell,
        level=level,
        populations=len(truths),
        inspections=len(found["interfering"]) if found else 0,
        unannounced=visited,
        departments=informed,
        interviews=channels.interviews,
        consistency=shifted,
        desk=checked,
        score=score_law(channels.score, events) if channels.score else None,
    )


def _truths(cell: Scenario) -> tuple[Population, ...]:
    """Return the populations that are averaged over, or the one that the answers hold for."""
    if not (cell.averaged and isinstance(cell.truth, ErrorModel)):
        return populations([cell])
    model = cell.truth
    return tuple(
        in_threads(
            lambda b: nested_populations(cell.frame, [model], seed=cell.seed, replicate=b).population(0),
            range(POPULATIONS),
        )
    )


def _needs_inspections(cell: Scenario, channels: Channels) -> bool:
    simulated = channels.departments or channels.consistency or channels.desk
    return bool(simulated) or (_notices(channels) and _unnoticed(cell, 0.5) is None)


def _notices(channels: Channels) -> bool:
    return channels.score is not None and any(item.event == "interference" for item in channels.score.items)


def _sampled(cell: Scenario, truths: Sequence[Population], progress: Callable[[int, int], None] | None) -> Sample:
    if len(truths) > 1:
        jobs = [(truth, np.arange(b * EACH, (b + 1) * EACH)) for b, truth in enumerate(truths)]
    else:
        jobs = [(truths[0], np.arange(first, first + _AT_ONCE)) for first in range(0, INSPECTIONS, _AT_ONCE)]
    return joined(in_threads(lambda job: sample(cell, *job), jobs, progress=progress))


def _visited(asked: Unannounced, truths: Sequence[Population]) -> Visited:
    found = [_exposure(asked, truth) for truth in truths]

    def mean(name: str) -> float:
        return float(np.mean([getattr(one, name) for one in found]))

    return Visited(
        asked=asked,
        problem_villages=mean("problem_villages"),
        met=mean("met"),
        exposed=mean("exposed"),
        expected=mean("expected"),
        in_all=float(asked.county_chance) * mean("exposed"),
        by_village=np.mean([one.by_village for one in found], axis=0),
    )


def _exposure(asked: Unannounced, truth: Population) -> Exposure:
    frame = truth.frame
    wrong = np.bincount(frame.household_village, weights=truth.wrong_persons > 0, minlength=len(frame.codes))
    return exposure(asked, frame.group_households.sum(axis=1), wrong.astype(np.int64))


def _informed(asked: Departments, found: Sample, truths: Sequence[Population], units: Mapping[str, Unit]) -> Informed:
    return Informed(
        asked=asked,
        **{name: float(found[name].mean()) for name in ("flagged", "flagged_wrong", "beside", "beside_found")},
        any_found=float(found["flagged_found"].mean()),
        decided=None if asked.treatment == "leads" else _decided(found, truths, units),
    )


def _decided(found: Sample, truths: Sequence[Population], units: Mapping[str, Unit]) -> Decided:
    fails = found["fails"].astype(np.float64)
    blocks = fails.reshape(len(truths), -1, len(QUESTIONS)).mean(axis=1) if len(truths) > 1 else fails
    errors = standard_errors(blocks, EACH if len(truths) > 1 else 1)
    return Decided(
        fails=_by(QUESTIONS, fails),
        fails_without=_by(QUESTIONS, found["fails_without"].astype(np.float64)),
        standard_error=dict(zip(QUESTIONS, errors.tolist(), strict=True)),
        raw=_rates(found["raw"]),
        raw_without=_rates(found["raw_without"]),
        weighted=_rates(found["weighted"]) if "weighted" in found else None,
        truth=_truth(truths, units),
    )


def _by(names: Sequence[str], values: Floats) -> dict[str, float]:
    return dict(zip(names, values.mean(axis=0).tolist(), strict=True))


def _rates(values: NDArray[np.generic]) -> dict[str, float | None]:
    """Return mean rates by criterion, over the inspections that measure them."""
    rates = values.astype(np.float64)
    columns = {name: rates[~np.isnan(rates[:, c]), c] for c, name in enumerate(CRITERIA)}
    return {name: float(column.mean()) if len(column) else None for name, column in columns.items()}


def _truth(truths: Sequence[Population], units: Mapping[str, Unit]) -> dict[str, float | None]:
    each = [estimands(truth, units) for truth in truths]
    found = {name: [rate for one in each if (rate := one[name]) is not None] for name in CRITERIA}
    return {name: float(sum(rates) / len(rates)) if rates else None for name, rates in found.items()}


def compared(asked: Consistency, found: Sample) -> Compared:
    """Return the law of the shifts that `channel_samples.shifts` gives; at its limit a shift does not pass it."""
    now, before, persons = (found[name].astype(np.int64) for name in ("now", "before", "persons"))
    met, over = persons > 0, None
    if asked.limit is not None:
        limit = Fraction(asked.limit)
        over = np.abs(now - before) * limit.denominator > limit.numerator * persons
    shifts = {}
    for c, group in enumerate(COUNTED):
        rows = met[:, c]
        if rows.any():
            values = (now - before)[rows, c] / persons[rows, c]
            shifts[GROUPS[group]] = Shift(
                mean=float(values.mean()),
                deviation=float(values.std()),
                quantiles=tuple(np.quantile(values, QUANTILES).tolist()),
                exceeds=None if over is None else float(over[:, c].mean()),
                measured=float(rows.mean()),
            )
    revisited = found["revisited"].astype(np.int64)
    share = found["disagreeing"].astype(np.int64) / np.maximum(revisited, 1)
    return Compared(
        asked=asked,
        shifts=shifts,
        any_exceeds=None if over is None else float(over.any(axis=1).mean()),
        disagreement=tuple(np.quantile(share, QUANTILES).tolist()),
        revisited=float(revisited.mean()),
    )


def _checked(asked: Desk, found: Sample) -> Checked:
    checked, contradicting = (found[name].astype(np.float64) for name in ("checked", "contradicting"))
    exposed = found["exposed"].astype(np.float64)
    exposed = exposed[~np.isnan(exposed)]
    share = float(contradicting.sum() / max(checked.sum(), 1.0))
    completion = asked.completion_errors

    def times(chance: Decimal | None, value: float) -> float | None:
        return None if chance is None else float(chance) * value

    return Checked(
        asked=asked,
        checked=float(checked.mean()),
        contradicting=share,
        disagreement=times(asked.recognises_disagreement, share),
        completion=times(completion, float(checked.mean())),
        completion_any=None if completion is None else float((1 - (1 - float(completion)) ** checked).mean()),
        exposed=float(exposed.mean()) if len(exposed) else None,
    )


def _interference(cell: Scenario, channels: Channels, found: Sample | None) -> float:
    """Return the chance that interference is noticed in a visited village, each by itself."""
    if not _notices(channels) or channels.score is None or channels.score.interference_noticed is None:
        return 0.0
    noticed = float(channels.score.interference_noticed)
    none = _unnoticed(cell, noticed)
    if none is None and found is not None:
        none = float(((1 - noticed) ** found["interfering"].astype(np.int64)).mean())
    return 1 - (1.0 if none is None else none)


def _unnoticed(cell: Scenario, noticed: float) -> float | None:
    """Return the chance that no interference is noticed in any drawn village; None where that has no closed form."""
    frame, plan = cell.frame, cell.plan
    if not isinstance(plan, Plan):
        return None  # which villages are visited depends on what the province recorded
    hidden = np.where(np.isin(frame.townships, cell.fieldwork.interference), 1 - noticed, 1.0)
    product = 1.0
    for stratum in plan.strata(frame):
        one = stratum.design.expectation(hidden[stratum.villages])
        if one is None:
            return None
        product *= float(one)
    return product


def meetings_of(scenario: Scenario, number: int) -> Meetings | None:
    """Return who is asked to the meetings of inspection number 1, 2, ...; None where none are stated."""
    if scenario.channels is None or scenario.channels.interviews is None:
        return None
    return draw_meetings(scenario.frame, scenario.channels.interviews, seed=scenario.seed, replicate=number - 1)


def flagged_of(inspection: Inspection) -> FlaggedOnce | None:
    """Return what other departments' information adds to one inspection; None where none is stated."""
    cell = inspection.scenario
    asked = cell.channels.departments if cell.channels else None
    if asked is None:
        return None
    base = Inspected(
        draws=inspection.draws, recorded=inspection.observations.wrong_persons, tally=inspection.assessment.tally
    )
    found = with_departments(cell, inspection.population, base, asked, np.array([inspection.number - 1]))
    return FlaggedOnce(
        treatment=asked.treatment,
        **{name: int(found[name][0]) for name in ("flagged", "beside", "beside_found")},
        fails=None if asked.treatment == "leads" else bool(found["fails"][0, QUESTIONS.index("any")]),
    )
