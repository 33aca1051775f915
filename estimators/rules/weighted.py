"""The weighted rule: each weighted rate against its limit, w = (M_h / m_h)(N_gi / n_gi) a household.

A rate sum w d / sum w s lies beyond the limit a / b when T = sum w (b d - a s) is positive. Weights are rational and T
is summed in float64, so |T| <= 1e-9 sum w (b d + a s) counts as standing at the limit: everything else has the
sign that exact rationals give.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from estimators.counts import GROUPS_COUNTED
from estimators.interval import Floats
from estimators.policy import CRITERIA, Policy
from estimators.rule import Evidence, Verdict
from sampler.draws import MOMENTS, Tally
from sampler.errors import refuse
from sampler.frame import EXITED, GROUPS, REMAINING, UNREGISTERED, Bools, Ints, Unit

Ratio = tuple[Floats, Floats]  # weighted numerator and denominator, one a replicate

_TIE = 1e-9  # of sum w (b d + a s)


def weighted(evidence: Evidence) -> Verdict:
    """Decide R inspections by their weighted rates.

    Parameters
    ----------
    evidence : Evidence
        Its tally and what is known of the county; the choices about variances and intervals do not matter here.

    Returns
    -------
    Verdict
        Nothing is measured where the sizes that weights are made of are not known. A missed rate over the persons of
        whole villages, sum w d / sum (M_h / m_h) S_i, is not measured after a second phase, where villages have no
        weight. Inside the incidence a rate that is not measured counts as 0, as under the official rule.

    Raises
    ------
    InputError
        ``unit_not_tallied`` for approval in persons.

    Examples
    --------
    One of 10 persons wrong where 40 households stand behind 10, and nobody where 4 stand behind 2: 4 of 44 persons.

    >>> policy = Policy(name="x", limits=dict.fromkeys(CRITERIA, Fraction(1, 11)))
    >>> counts = np.zeros((1, 2, 3, 8), dtype=np.int64)
    >>> counts[0, :, EXITED, :4] = [[10, 1, 10, 1], [2, 0, 2, 0]]
    >>> tally = Tally(villages=np.array([[0, 1]]), stratum=np.array([0, 0]), stratum_sizes=np.array([2]),
    ...     block_sizes=np.array([[[40, 0, 0], [4, 0, 0]]]), moments=counts)
    >>> verdict = weighted(Evidence(tally=tally, policy=policy))
    >>> verdict.at_limit["wrong_exit"], verdict.measured["incidence"]
    (array([ True]), array([False]))
    """
    policy, tally = evidence.policy, evidence.tally
    if policy.units["approval"] != "households":
        raise refuse(
            "unit_not_tallied", key="policy.units.approval", found=policy.units["approval"], allowed="households"
        )
    weights = tally.weights()
    if weights is None:
        nothing = dict.fromkeys(CRITERIA, np.zeros(len(tally.moments), dtype=bool))
        return Verdict(fails=nothing, at_limit=nothing, measured=nothing)
    units = policy.units
    found = {
        "wrong_exit": _ratio(tally, weights, "wrong_exit", units["wrong_exit"]),
        "missed": _missed(evidence, weights, units["missed"]),
        "approval": _ratio(tally, weights, "approval", "households"),
        "incidence": _incidence(
            policy,
            evidence.group_persons,
            _ratio(tally, weights, "wrong_exit", "persons"),
            _missed(evidence, weights, "persons"),
        ),
    }
    if policy.missed_denominator == "village" and evidence.unregistered is None:
        found["incidence"] = (found["incidence"][0], 0 * found["incidence"][1])
    measured = {name: np.asarray(found[name][1] > 0, dtype=bool) for name in CRITERIA}
    signs = {name: _sign(*found[name], policy.limits[name]) for name in CRITERIA}
    at_limit = {name: measured[name] & (signs[name] == 0) for name in CRITERIA}
    beyond = {name: measured[name] & (signs[name] == (-1 if name == "approval" else 1)) for name in CRITERIA}
    fails = {name: beyond[name] | at_limit[name] if policy.at_limit_fails else beyond[name] for name in CRITERIA}
    return Verdict(fails=fails, at_limit=at_limit, measured=measured)


def _sign(numerator: Floats, denominator: Floats, limit: Fraction) -> Ints:
    """Return whether a rate lies below (-1), at (0) or above (1) its limit, shape (R,)."""
    top, bottom = limit.denominator * numerator, limit.numerator * denominator
    excess = top - bottom
    signs: Ints = np.sign(np.where(np.abs(excess) <= _TIE * (top + bottom), 0, excess)).astype(np.int64)
    return signs


def _ratio(tally: Tally, weights: Floats, criterion: str, unit: Unit) -> Ratio:
    counted = "approvals" if criterion == "approval" else f"wrong_{unit}"
    blocks = tally.blocks(GROUPS_COUNTED[criterion], weighted=True)
    return _sum(tally, weights, counted, blocks), _sum(tally, weights, unit, blocks)


def _sum(tally: Tally, weights: Floats, counted: str, blocks: slice | list[int]) -> Floats:
    moments = tally.moments[:, :, blocks, MOMENTS.index(counted)]
    summed: Floats = np.einsum("rmb,rmb->r", weights[:, :, blocks], moments)
    return summed


def _missed(evidence: Evidence, weights: Floats, unit: Unit) -> Ratio:
    tally, listed = evidence.tally, evidence.unregistered
    visited = _ratio(tally, weights, "missed", unit)
    if evidence.policy.missed_denominator == "surveyed":
        return visited
    if listed is None or tally.phase2_weights is not None:
        return visited[0], np.zeros(len(weights))
    whole = listed[unit][tally.villages]
    present: Ints | Bools = np.ones_like(whole) if tally.places is None else tally.places
    expanded: Floats = (whole * present / _village_chance(tally)).sum(axis=1)
    return visited[0], expanded


def _village_chance(tally: Tally) -> Floats:
    """Return the inclusion probability of each drawn village, shape (R, m) or (m,)."""
    if tally.chance is not None:
        return tally.chance
    drawn = np.bincount(tally.stratum, minlength=len(tally.stratum_sizes))
    chance: Floats = (drawn / np.maximum(tally.stratum_sizes, 1))[tally.stratum]
    return chance


def _incidence(policy: Policy, group_persons: Ints | None, wrong_exit: Ratio, missed: Ratio) -> Ratio:
    """Return remaining persons with the found rates blown up, and rural persons, shape (R,) each."""
    persons = np.zeros(len(GROUPS)) if group_persons is None else np.asarray(group_persons, dtype=np.float64)
    poor = np.full(len(wrong_exit[0]), persons[REMAINING])
    if policy.incidence == "blown_up":
        for (found, seen), group in ((wrong_exit, EXITED), (missed, UNREGISTERED)):
            poor = poor + persons[group] * found / np.where(seen > 0, seen, 1) * (seen > 0)
    return poor, np.full(len(poor), persons.sum())
