"""One rate of R samples: linearised, with its variance, design effect and interval, and what is reported of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from estimators.counts import GROUPS_COUNTED
from estimators.interval import Floats, Summary
from estimators.intervals import INTERVALS
from estimators.linearised import (
    Counted,
    Kernel,
    Ratio,
    design_weights,
    drawn_fraction,
    ratio_of_tally,
    village_sums,
)
from estimators.policy import Policy, Weighting
from estimators.third_moment import third_moment
from estimators.variance import (
    Lonely,
    Variance,
    degrees_of_freedom,
    intraclass_correlation,
    row_sums,
    taylor_variance,
)
from sampler.draws import MOMENTS, Tally
from sampler.frame import UNREGISTERED, Bools, Ints, Unit


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """A criterion estimated from R samples; the arrays have shape (R,).

    Parameters
    ----------
    value : ndarray of float64
        Estimated rate, 0..1; NaN where not measured.
    standard_error : ndarray of float64
        Its linearised standard error; 0 without an event, which is no sign of precision.
    df : ndarray of float64
        Degrees of freedom: drawn villages with a visited household that counts, less the strata that have one.
    villages_with_event : ndarray of int64
        Drawn villages where a wrong or not approving household was found. With rare events the honest degrees of
        freedom are nearer to this number less one (METHODS 2.6).
    design_effect, effective_size : ndarray of float64
        Design effect used and effective sample size n_e* of METHODS 3.4, in units; NaN for the incidence.
    low, high : ndarray of float64
        Two-sided interval inside [0, 1].
    measured : ndarray of bool
        Whether there is a denominator.
    confidence : float
        Confidence of the interval.
    interval : str
        Its name in the catalogue.
    """

    value: Floats
    standard_error: Floats
    df: Floats
    villages_with_event: Ints
    design_effect: Floats
    effective_size: Floats
    low: Floats
    high: Floats
    measured: Bools
    confidence: float
    interval: str


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What `estimate` was asked, for one call."""

    policy: Policy
    criteria: frozenset[str]
    weighting: Weighting
    variance: Variance
    lonely: Lonely
    interval: str
    confidence: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Rate:
    """A ratio with the variance of its scores and what is reported of it."""

    ratio: Ratio
    squared_error: Floats
    estimate: Estimate


def rate_of(criterion: str, counted: Counted, tally: Tally, choices: Choices) -> Rate:
    """Estimate one ratio."""
    strata, fraction = len(tally.stratum_sizes), drawn_fraction(tally)
    weights = design_weights(tally) if choices.weighting == "weighted" else None
    # The second stage is needed for its own term, and where households are clusters.
    second_stage = choices.variance == "two_stage" or bool((fraction == 1).any()) or choices.lonely == "certainty"
    entering = tally.blocks(GROUPS_COUNTED[criterion], weighted=weights is not None)
    ratio = ratio_of_tally(tally, entering, counted, weights=weights, second_stage=second_stage)
    squared_error = kernel_of(tally, choices)(ratio.scores, blocks=ratio.blocks)
    visited, villages = ratio.households > 0, int(tally.stratum_sizes.sum())
    known = bool((tally.stratum_sizes > 0).all())
    needs = INTERVALS[choices.interval].needs
    summary = Summary(
        value=ratio.value,
        standard_error=np.sqrt(squared_error),
        size=ratio.size,
        floor=ratio.floor,
        household_floor=ratio.household_floor,
        households=row_sums(ratio.households) / np.maximum(visited.sum(axis=1), 1),
        events=row_sums(ratio.events),
        icc=intraclass_correlation(ratio.households, ratio.events, tally.stratum, strata),
        fpc=1 - len(tally.stratum) / villages if known and villages else 1.0,
        df=degrees_of_freedom(visited, tally.stratum, strata),
        confidence=choices.confidence,
        third_moment=third_moment(ratio.scores, tally.stratum, fraction) if needs == "third_moment" else None,
        population=_population(tally, entering, counted) if needs == "population" else None,
    )
    return Rate(ratio=ratio, squared_error=squared_error, estimate=_with_interval(ratio, summary, choices.interval))


def kernel_of(tally: Tally, choices: Choices) -> Kernel:
    """Return the Taylor kernel for the strata and conventions of a call."""
    return partial(
        taylor_variance,
        stratum=tally.stratum,
        fraction=drawn_fraction(tally),
        variance=choices.variance,
        lonely=choices.lonely,
    )


def _population(tally: Tally, entering: slice | list[int], counted: Counted) -> Floats | None:
    """Return the estimated units that the visited ones were drawn from, sum w s, shape (R,); None without sizes."""
    weights = tally.weights()
    if weights is None:
        return None
    _, units = village_sums(tally, entering, counted, weights=weights)
    return row_sums(units)


def _with_interval(ratio: Ratio, summary: Summary, interval: str) -> Estimate:
    low, high = INTERVALS[interval](summary)

    def shown(values: Floats) -> Floats:
        return np.where(ratio.measured, values, np.nan)

    return Estimate(
        value=shown(summary.value),
        standard_error=shown(summary.standard_error),
        df=np.asarray(summary.df, dtype=np.float64),
        villages_with_event=(ratio.events > 0).sum(axis=1),
        design_effect=shown(summary.design_effect),
        effective_size=shown(summary.effective_size),
        low=shown(np.clip(low, 0, 1)),
        high=shown(np.clip(high, 0, 1)),
        measured=ratio.measured,
        confidence=summary.confidence,
        interval=interval,
    )


def per_village(
    rate: Rate, counted: Counted, tally: Tally, choices: Choices, listed: Mapping[Unit, Ints] | None
) -> Rate:
    """Return the missed rate over all unregistered units of the drawn villages: a value, no error, no interval."""
    units = np.zeros(tally.villages.shape)
    if listed is not None:
        units = listed["households" if counted == "households" else "persons"][tally.villages].astype(np.float64)
    if tally.places is not None:
        units = units * tally.places
    weighted = choices.weighting == "weighted"
    entering = tally.blocks((UNREGISTERED,), weighted=weighted)
    found = tally.moments[:, :, entering][..., MOMENTS.index(f"wrong_{counted}")].astype(np.float64)
    if weighted:
        # After a second phase no weight belongs to a whole village.
        units = units * (np.nan if tally.phase2_weights is not None else 1 / _village_chance(tally))
        found = found * design_weights(tally)[:, :, entering]
    found = found.sum(axis=2)
    whole = units.sum(axis=1)
    measured = whole > 0
    value = np.where(measured, found.sum(axis=1) / np.where(measured, whole, 1), np.nan)
    unknown = np.full(value.shape, np.nan)
    without_error = replace(
        rate.estimate,
        value=value,
        measured=measured,
        standard_error=unknown,
        design_effect=unknown,
        effective_size=unknown,
        low=unknown,
        high=unknown,
    )
    return replace(rate, estimate=without_error)


def _village_chance(tally: Tally) -> Floats:
    return drawn_fraction(tally)[tally.stratum] if tally.chance is None else tally.chance
