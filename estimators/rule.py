"""What every decision rule looks at and answers with; the catalogue is `estimators.rules`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from estimators.bounds import both_sides, require_bounds
from estimators.estimate import Estimate, estimate
from estimators.interval import Floats
from estimators.policy import CRITERIA, Policy
from estimators.variance import Lonely, Variance
from sampler.draws import Tally
from sampler.frame import Bools, Ints, Unit

ONE_SIDED = 0.95  # confidence of the bounds that decide (METHODS 3.4)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a rule says of R samples.

    Parameters
    ----------
    fails, at_limit, measured : mapping of str to ndarray of bool, shape (R,)
        By criterion: whether it fails the county, whether the rate equals its limit, whether there is a rate.
    undecided : mapping of str to ndarray of bool, shape (R,)
        By criterion, whether the rule neither fails it nor lets it pass; empty for a rule that always decides. A
        criterion that is not measured is not undecided: no rule can say anything of it.
    """

    fails: Mapping[str, Bools]
    at_limit: Mapping[str, Bools]
    measured: Mapping[str, Bools]
    undecided: Mapping[str, Bools] = field(default_factory=dict)

    @property
    def any(self) -> Bools:
        """Whether at least one criterion fails, shape (R,)."""
        result: Bools = np.logical_or.reduce([self.fails[name] for name in CRITERIA])
        return result

    @property
    def measured_all(self) -> Bools:
        """Whether every criterion has a rate, shape (R,)."""
        result: Bools = np.logical_and.reduce([self.measured[name] for name in CRITERIA])
        return result

    @property
    def open(self) -> Bools:
        """Whether no criterion fails and at least one is undecided, shape (R,)."""
        undecided: Bools = np.logical_or.reduce([np.zeros_like(self.any), *self.undecided.values()])
        return undecided & ~self.any


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What R samples tell a rule.

    Parameters
    ----------
    tally : Tally
        Of R inspections, or of one real evaluation (R = 1).
    policy : Policy
        Definitions and limits.
    group_persons : ndarray of int64, shape (3,), optional
        The county's persons by group; without them the incidence is not measured.
    unregistered : mapping of unit to ndarray of int64, shape (V,), optional
        Unregistered persons and households of every village of the list `tally.villages` points into; without
        them a missed rate over the whole drawn villages is not measured, and neither is the incidence.
    variance, lonely
        As in `estimators.estimate.estimate`; only rules with a margin look at them.
    interval : str
        One of the catalogue whose limits are one-sided bounds (`estimators.bounds`).
    """

    tally: Tally
    policy: Policy
    group_persons: Ints | None = None
    unregistered: Mapping[Unit, Ints] | None = None
    variance: Variance = "ultimate_cluster"
    lonely: Lonely = "fail"
    interval: str = "korn_graubard"

    def estimates(self, confidence: float) -> Mapping[str, Estimate] | None:
        """Return the estimates under the policy's weighting with two-sided intervals; None without weights to use."""
        if self.policy.weighting == "weighted" and self.tally.weights() is None:
            return None
        return estimate(
            self.tally,
            self.policy,
            group_persons=self.group_persons,
            unregistered=self.unregistered,
            weighting=self.policy.weighting,
            variance=self.variance,
            lonely=self.lonely,
            interval=self.interval,
            confidence=confidence,
        )


class Rule(Protocol):
    """A decision rule, batched over R."""

    def __call__(self, evidence: Evidence) -> Verdict:
        """Return what the rule says of each sample."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Margin:
    """Which criteria may lie, and which surely lie, beyond the limit, by one-sided bounds of the rates.

    Parameters
    ----------
    perhaps, surely : mapping of str to ndarray of bool, shape (R,)
        By criterion. A bound at the estimate itself (nothing was left to chance) says what the point rule says.
    known : mapping of str to ndarray of bool, shape (R,)
        Whether there is a bound: not so for a rate that is not measured, or without an interval.
    """

    perhaps: Mapping[str, Bools]
    surely: Mapping[str, Bools]
    known: Mapping[str, Bools]


def margin(evidence: Evidence, point: Verdict, confidence: float) -> Margin:
    """Hold one-sided bounds against the limits.

    Parameters
    ----------
    evidence : Evidence
        The samples.
    point : Verdict
        What the rule without a margin says of them, under the policy's weighting.
    confidence : float
        Of each bound by itself.

    Returns
    -------
    Margin
        ``surely`` implies that the point rule fails, and the point rule's failing implies ``perhaps``: bounds are
        floating-point numbers, and rounding must not turn what whole numbers settle.

    Raises
    ------
    InputError
        ``outside_domain`` for an interval of which one side is no bound, and what `estimate` refuses.
    """
    require_bounds(evidence.interval, confidence)
    found, nothing = evidence.estimates(both_sides(confidence)), np.zeros_like(point.any)
    if found is None:
        none = dict.fromkeys(CRITERIA, nothing)
        return Margin(perhaps=point.fails, surely=none, known=none)
    perhaps, surely, known = {}, {}, {}
    for name in CRITERIA:
        one, fails = found[name], point.fails[name]
        worst, best = (one.low, one.high) if name == "approval" else (one.high, one.low)
        known[name] = point.measured[name] & ~np.isnan(one.low) & ~np.isnan(one.high)
        perhaps[name] = fails | known[name] & _beyond(evidence.policy, name, worst) & (worst != one.value)
        surely[name] = fails & known[name] & (_beyond(evidence.policy, name, best) | (best == one.value))
    return Margin(perhaps=perhaps, surely=surely, known=known)


def _beyond(policy: Policy, criterion: str, bound: Floats) -> Bools:
    limit, sign = float(policy.limits[criterion]), -1 if criterion == "approval" else 1
    excess = sign * (bound - limit)
    result: Bools = excess >= 0 if policy.at_limit_fails else excess > 0
    return result
