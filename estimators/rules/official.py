"""The official rule: each raw rate against its limit, compared in whole numbers; any criterion alone fails the county.

A rate d / s exceeds the limit a / b when b d - a s > 0 (METHODS 4.1), so nothing is ever rounded. A rate whose
denominator is 0 is not measured: it cannot fail and counts as 0 inside the incidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from estimators.policy import CRITERIA, Policy
from sampler.frame import EXITED, REMAINING, UNREGISTERED, Bools, Ints

Ratio = tuple[Ints, Ints]  # numerator and denominator, one a replicate


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the rule says of R samples.

    Parameters
    ----------
    fails, at_limit, measured : mapping of str to ndarray of bool, shape (R,)
        By criterion: whether it fails the county, whether the rate equals its limit, whether there is a rate.
    """

    fails: Mapping[str, Bools]
    at_limit: Mapping[str, Bools]
    measured: Mapping[str, Bools]

    @property
    def any(self) -> Bools:
        """Whether at least one criterion fails, shape (R,)."""
        result: Bools = np.logical_or.reduce([self.fails[name] for name in CRITERIA])
        return result


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
    ratios = {
        "wrong_exit": wrong_exit,
        "missed": missed,
        "incidence": _incidence(policy, group_persons, wrong_exit_persons, missed_persons),
        "approval": approval,
    }
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
