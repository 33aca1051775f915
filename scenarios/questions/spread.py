"""How far the rates of one inspection lie from those of the next, and from their limits; how many errors are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estimators.policy import CRITERIA
from estimators.rules.official import ratios_of_sums
from sampler.draws import MOMENTS
from sampler.errors import refuse
from sampler.sums.inspections import Sums
from scenarios.engines import model
from scenarios.engines.simulate import sums_of
from scenarios.engines.threads import Progress, in_threads
from scenarios.questions.curve import averages_over_populations
from scenarios.scenario import Level, Scenario, populations

Floats = NDArray[np.float64]

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
POPULATIONS = 128
INSPECTIONS = 16_384  # of one population


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The distribution of a number over inspections.

    Parameters
    ----------
    mean, standard_error : float
        The mean and its Monte Carlo error.
    quantiles : tuple of float, length 5
        At `SHARES`; the first and the last enclose 90% of the inspections.
    measured : float
        Share of the inspections that have the number at all.
    """

    mean: float
    standard_error: float
    quantiles: tuple[float, ...]
    measured: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Spreads:
    """What inspections of a county see at one error level.

    Parameters
    ----------
    scenario : Scenario
        At its level, with `averaged` settled.
    level : mapping of str to Decimal
        The error level; empty for a given truth.
    populations, inspections : int
        Populations (1 where the answer is about one) and inspections of all of them.
    rates : mapping of str to Spread
        By criterion.
    margins : mapping of str to Spread
        How far the rate stays on the passing side of its limit; negative beyond it.
    found, visited : Spread
        Wrong households recorded, and all households visited.
    """

    scenario: Scenario
    level: Level
    populations: int
    inspections: int
    rates: Mapping[str, Spread]
    margins: Mapping[str, Spread]
    found: Spread
    visited: Spread


def spreads(scenario: Scenario, level: Level, *, progress: Progress | None = None) -> Spreads:
    """Return how the rates, their margins and the number of errors found are distributed over inspections.

    Parameters
    ----------
    scenario : Scenario
        Deciding by raw rates.
    level : mapping of str to Decimal
        The error level; empty for a given truth.
    progress : callable, optional
        Called with (done, all).

    Returns
    -------
    Spreads
        Simulated.

    Raises
    ------
    InputError
        ``spread_needs_raw`` where the policy decides by weighted rates.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from scenarios import load
    >>> one = replace(load("example"), averaged=False)
    >>> seen = spreads(one, {"wrong_exit": Decimal("0.01"), "missed": Decimal("0.01")})
    >>> seen.populations, len(seen.rates["missed"].quantiles)
    (1, 5)
    """
    if scenario.policy.weighting != "raw":
        raise refuse("spread_needs_raw", key="--spread")
    averaged = averages_over_populations(scenario)
    cell = replace(scenario.at(level), averaged=averaged)
    if averaged:
        counts = in_threads(
            lambda number: rates_of(cell, model.sums_of(cell, number)), range(POPULATIONS), progress=progress
        )
    else:
        (truth,) = populations([cell])
        counts = [rates_of(cell, sums_of(cell, truth, np.arange(INSPECTIONS)))]
    by = {name: np.stack([each[name] for each in counts]) for name in counts[0]}
    limits = {name: float(cell.policy.limits[name]) for name in CRITERIA}
    sign = dict.fromkeys(CRITERIA, 1.0) | {"approval": -1.0}
    return Spreads(
        scenario=cell,
        level=level,
        populations=len(counts),
        inspections=by["found"].size,
        rates={name: _spread(by[name]) for name in CRITERIA},
        margins={name: _spread(sign[name] * (limits[name] - by[name])) for name in CRITERIA},
        found=_spread(by["found"]),
        visited=_spread(by["visited"]),
    )


def rates_of(cell: Scenario, sums: Sums) -> dict[str, Floats]:
    """Return the rates, and the numbers of wrong and of all households, one an inspection."""
    frame, policy = cell.frame, cell.policy
    moments = sums.moments.reshape(-1, *sums.moments.shape[2:])
    whole = sums.unregistered(frame) if policy.missed_denominator == "village" else {}
    ratios = ratios_of_sums(
        moments,
        policy,
        group_persons=frame.group_persons.sum(axis=0),
        unregistered={unit: count.ravel() for unit, count in whole.items()},
    )
    rates = {name: _rate(*ratio) for name, ratio in ratios.items()}
    households, wrong = (
        moments[..., MOMENTS.index(name)].sum(axis=1).astype(np.float64) for name in ("households", "wrong_households")
    )
    return {**rates, "found": wrong, "visited": households}


def _rate(numerator: NDArray[np.generic], denominator: NDArray[np.generic]) -> Floats:
    """Return the rates; not a number where the denominator is 0."""
    top, bottom = numerator.astype(np.float64), denominator.astype(np.float64)
    rate: Floats = np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)
    return rate


def _spread(values: Floats) -> Spread:
    """Return the distribution of values of B populations, shape (B, n); the mean errs as populations do."""
    known = values[~np.isnan(values)]
    if not known.size:
        return Spread(mean=float("nan"), standard_error=float("nan"), quantiles=(float("nan"),) * 5, measured=0.0)
    means = np.nanmean(values, axis=1) if len(values) > 1 else values[0][~np.isnan(values[0])]
    return Spread(
        mean=float(known.mean()),
        standard_error=float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else float("nan"),
        quantiles=tuple(float(q) for q in np.quantile(known, SHARES)),
        measured=known.size / values.size,
    )
