"""From what inspections counted to what the official rule says of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from estimators.policy import Policy, Unit
from estimators.rules.official import Ratio, Verdict, decide
from sampler.draws import MOMENTS, Tally
from sampler.errors import refuse
from sampler.frame import EXITED, UNREGISTERED, Ints

__all__ = ["Verdict", "verdict_of_sums", "verdict_of_tally"]


def verdict_of_tally(
    tally: Tally, policy: Policy, *, group_persons: Ints | None = None, unregistered_persons: Ints | None = None
) -> Verdict:
    """Decide R inspections from their tallies.

    Parameters
    ----------
    tally : Tally
        Of R inspections, or of one real evaluation (R = 1).
    policy : Policy
        Definitions and limits.
    group_persons : ndarray of int64, shape (3,), optional
        The county's persons by group; without them the incidence is not measured.
    unregistered_persons : ndarray of int64, shape (V,), optional
        Unregistered persons of every village of the list `tally.villages` points into; without them a missed rate
        over the whole drawn villages is not measured, and neither is the incidence.

    Returns
    -------
    Verdict
    """
    if policy.missed_denominator == "surveyed":
        return verdict_of_sums(tally.totals(), policy, group_persons=group_persons)
    if unregistered_persons is None:
        # Without a list the households of a group that was not visited are unknown too, and read as 0.
        return verdict_of_sums(tally.totals(), policy)
    whole: dict[Unit, Ints] = {
        "persons": unregistered_persons[tally.villages].sum(axis=1),
        "households": tally.block_sizes[:, :, UNREGISTERED].sum(axis=1),
    }
    return verdict_of_sums(tally.totals(), policy, group_persons=group_persons, unregistered=whole)


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
    return decide(
        policy,
        np.zeros(3, dtype=np.int64) if group_persons is None else group_persons,
        wrong_exit=(found(EXITED, units["wrong_exit"]), column(units["wrong_exit"], EXITED)),
        missed=missed(units["missed"]),
        approval=(approvals, households),
        wrong_exit_persons=(found(EXITED, "persons"), column("persons", EXITED)),
        missed_persons=missed("persons"),
    )
