"""Estimates of the four criteria from tallies: value, standard error and interval, batched over replicates.

The raw official ratio sum d / sum s and the combined ratio sum w d / sum w s, w = (M_h / m_h)(N_gi / n_gi), are the
same lines with other weights (METHODS 2.1). The raw one estimates its own design mean, which is not the county's rate
where remote villages are oversampled (METHODS 2.2); its variance is about that mean.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType

import numpy as np

from estimators.interval import Floats, mover
from estimators.intervals import INTERVALS
from estimators.linearised import Counted, joint_error
from estimators.policy import CRITERIA, Policy, Weighting
from estimators.rates import Choices, Estimate, Rate, kernel_of, per_village, rate_of
from estimators.variance import Lonely, Variance, degrees_of_freedom
from sampler.draws import Tally
from sampler.errors import InputError, Mistake
from sampler.frame import EXITED, REMAINING, UNREGISTERED, Bools, Ints, Unit

__all__ = ["Estimate", "estimate"]

_AT_ONCE = 1_024  # replicates worked on together: their tallies stay in the processor's cache


def estimate(
    tally: Tally,
    policy: Policy,
    *,
    group_persons: Ints | None = None,
    unregistered: Mapping[Unit, Ints] | None = None,
    criteria: Collection[str] = CRITERIA,
    weighting: Weighting = "raw",
    variance: Variance = "ultimate_cluster",
    lonely: Lonely = "fail",
    interval: str = "korn_graubard",
    confidence: float = 0.95,
) -> Mapping[str, Estimate]:
    """Estimate the four criteria from each of R samples.

    Parameters
    ----------
    tally : Tally
        Of R samples, or of one real evaluation (R = 1).
    policy : Policy
        Units, denominator of the missed rate, make-up of the incidence.
    group_persons : ndarray of int64, shape (3,), optional
        The county's persons by group; without them the incidence is not measured.
    unregistered : mapping of unit to ndarray of int64, shape (V,), optional
        Unregistered persons and households of every village of the list `tally.villages` points into; without
        them a missed rate over the whole drawn villages is not measured, and neither is the incidence.
    criteria : collection of str, default all four
        Which of them to estimate.
    weighting : {"raw", "weighted"}
        All weights 1, or w = (M_h / m_h)(N_gi / n_gi).
    variance, lonely
        As in `taylor_variance`.
    interval : str
        One of `INTERVALS`; that of the incidence is made of its two rates' intervals.
    confidence : float
        Confidence of the two-sided intervals, inside (0, 1).

    Returns
    -------
    mapping of str to Estimate
        By criterion, those asked for. Under the denominator ``village`` the missed rate and the incidence have a value
        and no error or interval; the raw missed rate estimates the true one times the visited share, the weighted one
        the true rate.

    Raises
    ------
    InputError
        ``unit_not_tallied`` for approval in persons, ``lonely_stratum`` when a stratum with several villages has one
        drawn and `lonely` is ``"fail"``, ``sizes_unknown`` for weights without the sizes they are made of,
        ``outside_domain`` for a choice that does not exist.

    Examples
    --------
    >>> from fractions import Fraction
    >>> counts = np.zeros((1, 2, 3, 8), dtype=np.int64)
    >>> counts[0, :, EXITED] = [[10, 1, 30, 3, 9, 100, 9, 9], [10, 0, 30, 0, 10, 100, 0, 0]]
    >>> sample = Tally(villages=np.array([[0, 1]]), stratum=np.array([0, 0]), stratum_sizes=np.array([20]),
    ...     block_sizes=np.full((1, 2, 3), 40), moments=counts)
    >>> found = estimate(sample, Policy(name="x", limits=dict.fromkeys(CRITERIA, Fraction(1, 50))))
    >>> found["wrong_exit"].value, found["wrong_exit"].standard_error.round(3), found["missed"].measured
    (array([0.05]), array([0.05]), array([False]))
    """
    choices = Choices(
        policy=policy,
        criteria=frozenset(criteria),
        weighting=weighting,
        variance=variance,
        lonely=lonely,
        interval=interval,
        confidence=confidence,
    )
    _require(choices)
    parts = [
        _estimates(_part(tally, first), choices, group_persons, unregistered)
        for first in range(0, max(len(tally.moments), 1), _AT_ONCE)
    ]
    return MappingProxyType({name: _joined([part[name] for part in parts]) for name in CRITERIA if name in criteria})


def _require(choices: Choices) -> None:
    """Refuse choices that do not exist."""
    allowed = {"weighting": (choices.weighting, ("raw", "weighted")), "interval": (choices.interval, tuple(INTERVALS))}
    wrong = [
        Mistake("outside_domain", {"key": key, "found": found, "allowed": ", ".join(names)})
        for key, (found, names) in allowed.items()
        if found not in names
    ]
    wrong += [
        Mistake("outside_domain", {"key": "criteria", "found": name, "allowed": ", ".join(CRITERIA)})
        for name in sorted(choices.criteria - set(CRITERIA))
    ]
    if not 0 < choices.confidence < 1:
        wrong.append(
            Mistake("outside_domain", {"key": "confidence", "found": str(choices.confidence), "allowed": "0 < x < 1"})
        )
    if "approval" in choices.criteria and choices.policy.units["approval"] != "households":
        # Approvals are tallied a household; how many persons live in the approving ones is not.
        found = choices.policy.units["approval"]
        wrong.append(
            Mistake("unit_not_tallied", {"key": "policy.units.approval", "found": found, "allowed": "households"})
        )
    if wrong:
        raise InputError(wrong)


def _part(tally: Tally, first: int) -> Tally:
    rows = slice(first, first + _AT_ONCE)
    return replace(
        tally,
        villages=tally.villages[rows],
        chance=None if tally.chance is None else tally.chance[rows],
        block_sizes=tally.block_sizes[rows],
        moments=tally.moments[rows],
        phase2_weights=None if tally.phase2_weights is None else tally.phase2_weights[rows],
        places=None if tally.places is None else tally.places[rows],
    )


def _joined(parts: Sequence[Estimate]) -> Estimate:
    arrays = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Estimate)
        if field.name not in ("confidence", "interval")
    }
    return Estimate(**arrays, confidence=parts[0].confidence, interval=parts[0].interval)


def _estimates(
    tally: Tally, choices: Choices, group_persons: Ints | None, unregistered: Mapping[Unit, Ints] | None
) -> dict[str, Estimate]:
    """Estimate the four criteria from a few samples."""
    units, asked = choices.policy.units, choices.criteria
    # The incidence is made of persons whatever the units of its two rates.
    wanted: set[tuple[str, Counted]] = {(name, units[name]) for name in ("wrong_exit", "missed") if name in asked}
    if "incidence" in asked:
        wanted |= {("wrong_exit", "persons"), ("missed", "persons")}
    if "approval" in asked:
        wanted |= {("approval", "approvals")}
    rates = {(name, counted): rate_of(name, counted, tally, choices) for name, counted in wanted}
    if choices.policy.missed_denominator == "village":
        for key in [key for key in rates if key[0] == "missed"]:
            rates[key] = per_village(rates[key], key[1], tally, choices, unregistered)
    found: dict[str, Estimate] = {}
    for name in {"wrong_exit", "missed"} & asked:
        found[name] = rates[name, units[name]].estimate
    if "incidence" in asked:
        pair = rates["wrong_exit", "persons"], rates["missed", "persons"]
        listed = choices.policy.missed_denominator == "surveyed" or unregistered is not None
        found["incidence"] = _incidence(pair, tally, choices, group_persons, listed=listed)
    if "approval" in asked:
        found["approval"] = rates["approval", "approvals"].estimate
    return found


def _incidence(
    rates: tuple[Rate, Rate], tally: Tally, choices: Choices, group_persons: Ints | None, *, listed: bool
) -> Estimate:
    """Estimate (remaining + p_E exited + p_N unregistered) / rural persons (METHODS 2.3)."""
    persons = np.zeros(3) if group_persons is None else np.asarray(group_persons, dtype=np.float64)
    rural = float(persons.sum())
    shares = persons / max(rural, 1.0)
    parts = shares[[EXITED, UNREGISTERED]] * (choices.policy.incidence == "blown_up")
    found = [rate.estimate for rate in rates]
    # A rate that is not measured counts as 0, and its true value may be anything.
    values = [np.where(one.measured, one.value, 0.0) for one in found]
    limits = [(np.where(one.measured, one.low, 0.0), np.where(one.measured, one.high, 1.0)) for one in found]
    errors = rates[0].squared_error, rates[1].squared_error
    squared_error, correlation = joint_error((rates[0].ratio, rates[1].ratio), parts, errors, kernel_of(tally, choices))
    below, above = mover(parts, values, limits, correlation)
    value = shares[REMAINING] + parts[0] * values[0] + parts[1] * values[1]
    unknown = sum(a * one.standard_error for a, one in zip(parts, found, strict=True) if a > 0) + 0 * value
    measured = np.full(len(value), rural > 0 and listed)

    def shown(numbers: Floats) -> Floats:
        return np.where(measured, numbers, np.nan)

    return Estimate(
        value=shown(value),
        standard_error=shown(np.where(np.isnan(unknown), np.nan, np.sqrt(squared_error))),
        df=degrees_of_freedom(_either(rates, "households"), tally.stratum, len(tally.stratum_sizes)),
        villages_with_event=_either(rates, "events").sum(axis=1),
        design_effect=np.full(len(value), np.nan),
        effective_size=np.full(len(value), np.nan),
        low=shown(np.clip(value - below, 0, 1)),
        high=shown(np.clip(value + above, 0, 1)),
        measured=measured,
        confidence=choices.confidence,
        interval=choices.interval,
    )


def _either(rates: tuple[Rate, Rate], name: str) -> Bools:
    """Say of each drawn village whether either rate has any households, or events, in it, shape (R, m)."""
    one, other = (getattr(rate.ratio, name) > 0 for rate in rates)
    either: Bools = one | other
    return either
