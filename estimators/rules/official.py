"""The official rule: each raw rate against its limit, compared in whole numbers; any criterion alone fails the county.

A rate d / s exceeds the limit a / b when b d - a s > 0 (METHODS 4.1), so nothing is ever rounded. A rate whose
denominator is 0 is not measured: it cannot fail and counts as 0 inside the incidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from estimators.policy import CRITERIA, Policy
from estimators.rule import Evidence, Verdict
from sampler.draws import MOMENTS, Tally
from sampler.errors import refuse
from sampler.frame import EXITED, REMAINING, UNREGISTERED, Ints, Unit

Ratio = tuple[Ints, Ints]  # numerator and denominator, one a replicate


def official(evidence: Evidence) -> Verdict:
    """Decide R inspections by their raw rates.

    Parameters
    ----------
    evidence : Evidence
        Its tally and what is known of the county; the choices about variances and intervals do not matter here.

    Returns
    -------
    Verdict
    """
    tally, policy, listed = evidence.tally, evidence.policy, evidence.unregistered
    if policy.missed_denominator == "surveyed":
        return verdict_of_sums(tally.totals(), policy, group_persons=evidence.group_persons)
    if listed is None:
        return verdict_of_sums(tally.totals(), policy)
    whole = {unit: _over_places(tally, count[tally.villages]) for unit, count in listed.items()}
    return verdict_of_sums(tally.totals(), policy, group_persons=evidence.group_persons, unregistered=whole)


def _over_places(tally: Tally, counts: Ints) -> Ints:
    """Return counts of the drawn villages summed, each village once, shape (R,)."""
    summed: Ints = (counts if tally.places is None else counts * tally.places).sum(axis=1)
    return summed


def verdict_of_sums(
    sums: Ints,
    policy: Policy,
    *,
    group_persons: Ints | None = None,
    unregistered: Mapping[Unit, Ints] | None = None,
) -> Verdict:
    """Decide R inspections from their moments summed over the drawn villages.

    Parameters
    ----------
    sums : ndarray of int64, shape (R, 3, 8)
        By group, in the order of `MOMENTS`.
    policy : Policy
        Definitions and limits.
    group_persons : ndarray of int64, shape (3,), optional
        The county's persons by group; without them the incidence is not measured.
    unregistered : mapping of unit to ndarray of int64, shape (R,), optional
        Unregistered persons and households of the drawn villages, for the denominator ``village``; a unit that is
        missing makes the rate not measured.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        ``unit_not_tallied`` for approval in persons.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from estimators.policy import CRITERIA
    >>> policy = Policy(name="x", limits={**dict.fromkeys(CRITERIA, Fraction(1, 50)), "approval": Fraction(9, 10)})
    >>> sums = np.zeros((1, 3, 8), dtype=np.int64)
    >>> sums[0, EXITED, :5] = [10, 1, 30, 3, 10]
    >>> verdict = verdict_of_sums(sums, policy)
    >>> verdict.fails["wrong_exit"], verdict.measured["incidence"], verdict.any
    (array([ True]), array([False]), array([ True]))
    """
    ratios = ratios_of_sums(sums, policy, group_persons=group_persons, unregistered=unregistered)
    return _against_limits(policy, ratios)


def ratios_of_sums(
    sums: Ints,
    policy: Policy,
    *,
    group_persons: Ints | None = None,
    unregistered: Mapping[Unit, Ints] | None = None,
) -> dict[str, Ratio]:
    """Return the raw rates of R inspections as numerator and denominator, each of shape (R,), by criterion.

    Parameters are those of `verdict_of_sums`. A rate whose denominator is 0 is not measured. The parts of the incidence
    may be Python's own integers.

    Raises
    ------
    InputError
        ``unit_not_tallied`` for approval in persons.
    """
    if policy.units["approval"] != "households":
        # How many persons live in the approving households is not tallied; a count of households would be another rate.
        raise refuse(
            "unit_not_tallied", key="policy.units.approval", found=policy.units["approval"], allowed="households"
        )

    def column(name: str, group: int) -> Ints:
        return sums[:, group, MOMENTS.index(name)]

    def found(group: int, unit: Unit) -> Ints:
        return column("wrong_persons" if unit == "persons" else "wrong_households", group)

    def missed(unit: Unit) -> Ratio:
        if policy.missed_denominator == "surveyed":
            return found(UNREGISTERED, unit), column(unit, UNREGISTERED)
        nothing = np.zeros(len(sums), dtype=np.int64)
        return found(UNREGISTERED, unit), (unregistered or {}).get(unit, nothing)

    units = policy.units
    approvals, households = (sums[:, :, MOMENTS.index(name)].sum(axis=1) for name in ("approvals", "households"))
    persons = np.zeros(3, dtype=np.int64) if group_persons is None else group_persons
    return {
        "wrong_exit": (found(EXITED, units["wrong_exit"]), column(units["wrong_exit"], EXITED)),
        "missed": missed(units["missed"]),
        "incidence": _incidence(
            policy, persons, (found(EXITED, "persons"), column("persons", EXITED)), missed("persons")
        ),
        "approval": (approvals, households),
    }


def household_scores(policy: Policy, criterion: str, numerator: Ints, denominator: Ints) -> Ints:
    """Return integer scores whose sum over the sample is positive exactly when the criterion is beyond its limit.

    Parameters
    ----------
    policy : Policy
        Gives the limit a / b.
    criterion : {"wrong_exit", "missed", "approval"}
        Approval counts the other way round.
    numerator, denominator : ndarray of int64, shape (N,)
        Of each household.

    Returns
    -------
    ndarray of int64, shape (N,)
        b d - a s, negated for approval.

    Examples
    --------
    >>> policy = Policy(name="x", limits=dict.fromkeys(CRITERIA, Fraction(1, 50)))
    >>> household_scores(policy, "wrong_exit", np.array([1, 0]), np.array([3, 4]))
    array([47, -4])
    """
    limit = policy.limits[criterion]
    sign = -1 if criterion == "approval" else 1
    return sign * (limit.denominator * numerator - limit.numerator * denominator)


def decide(
    policy: Policy,
    group_persons: Ints,
    *,
    wrong_exit: Ratio,
    missed: Ratio,
    approval: Ratio,
    wrong_exit_persons: Ratio,
    missed_persons: Ratio,
) -> Verdict:
    """Decide R samples from their summed counts.

    Parameters
    ----------
    policy : Policy
        Definitions and limits.
    group_persons : ndarray of int64, shape (3,)
        The county's persons by group, from the village table.
    wrong_exit, missed, approval : tuple of two ndarray of int64, shape (R,)
        Numerator and denominator in the policy's units.
    wrong_exit_persons, missed_persons : tuple of two ndarray of int64, shape (R,)
        The same in persons, for the incidence.

    Returns
    -------
    Verdict
    """
    incidence = _incidence(policy, group_persons, wrong_exit_persons, missed_persons)
    ratios = {"wrong_exit": wrong_exit, "missed": missed, "incidence": incidence, "approval": approval}
    return _against_limits(policy, ratios)


def _against_limits(policy: Policy, ratios: Mapping[str, Ratio]) -> Verdict:
    """Compare each criterion's numerator and denominator with its limit."""
    measured = {name: np.asarray(ratios[name][1] > 0, dtype=bool) for name in CRITERIA}
    excess = {name: _excess(*ratios[name], policy.limits[name]) for name in CRITERIA}
    excess["approval"] = -excess["approval"]
    at_limit = {name: measured[name] & np.asarray(excess[name] == 0, dtype=bool) for name in CRITERIA}
    beyond = {name: measured[name] & np.asarray(excess[name] > 0, dtype=bool) for name in CRITERIA}
    fails = {name: beyond[name] | at_limit[name] if policy.at_limit_fails else beyond[name] for name in CRITERIA}
    return Verdict(fails=fails, at_limit=at_limit, measured=measured)


def _excess(numerator: NDArray[Any], denominator: NDArray[Any], limit: Fraction) -> NDArray[Any]:
    times = limit.denominator + limit.numerator
    top, bottom = _roomy((numerator, denominator), times * max(_largest(numerator), _largest(denominator)))
    excess: NDArray[Any] = limit.denominator * top - limit.numerator * bottom
    return excess


def _largest(values: NDArray[Any]) -> int:
    return int(np.max(np.abs(values), initial=1))


def _roomy(arrays: tuple[NDArray[Any], ...], bound: int) -> tuple[NDArray[Any], ...]:
    """Return machine integers where no result passes `bound` < 2**62, else Python's own, which are slower."""
    kind = np.int64 if bound < 2**62 else object
    return tuple(np.asarray(array, dtype=kind) for array in arrays)


def _incidence(
    policy: Policy, group_persons: Ints, wrong_exit: Ratio, missed: Ratio
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the incidence as an exact ratio: (remaining + rate_E exited + rate_N unregistered) / rural."""
    rural, remaining = int(group_persons.sum()), int(group_persons[REMAINING])
    exited, unregistered = int(group_persons[EXITED]), int(group_persons[UNREGISTERED])
    # The common denominator of two rates can pass 2**63 in a large county.
    sides = [max(_largest(part) for part in ratio) for ratio in (wrong_exit, missed)]
    found, seen, missing, asked = _roomy((*wrong_exit, *missed), 3 * max(rural, 1) * sides[0] * sides[1])
    seen, asked = np.where(seen > 0, seen, 1), np.where(asked > 0, asked, 1)
    if policy.incidence == "registered":
        found, missing = 0 * found, 0 * missing
    numerator = remaining * seen * asked + exited * found * asked + unregistered * missing * seen
    return numerator, rural * seen * asked
