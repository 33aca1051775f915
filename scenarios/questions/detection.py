"""What a sample could and could not have shown, whatever it found: its effective size put into plain statements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from estimators.bounds import bounds
from estimators.counts import GROUPS_COUNTED
from estimators.interval import Summary
from estimators.linearised import Counted, ratio_of_tally
from estimators.policy import Policy
from estimators.variance import degrees_of_freedom
from sampler.draws import Tally
from sampler.frame import UNREGISTERED, Frame

ASSUMED_ICC = 0.02  # households of a village are so alike in the error model's default (METHODS 10)
SURE = 0.95


@dataclass(frozen=True, kw_only=True)
class Detection:
    """What a sample could have shown of one rate; of approval, all rates are those that do not approve.

    Parameters
    ----------
    units : int
        Persons or households behind the raw rate.
    households : int
        Visited households among which they live.
    effective : float
        Independent units that tell as much: units over the design effect of households that are wrong as a whole and
        of neighbours who are alike by `ASSUMED_ICC`.
    any_finding : float
        Smallest true rate of which the sample shows at least one case in 95% of all draws: about 3 over the units that
        households which are wrong as a whole leave, the rule of three. That neighbours are alike matters less here: in
        the example county 0.67% where simulation has 0.64% (wrong exits) and 0.53% (missed).
    even, sure : float or None
        True rates, of which the raw rate is taken to be an unbiased estimate, that the official rule fails in 50% and
        in 95% of all draws (in the example county 3.6% where simulation has 3.5%); None where no rate could fail.
    none_found : float
        One-sided 95% upper bound of the rate if nothing is found.
    limit : float
        The policy's limit of the rate.
    """

    units: int
    households: int
    effective: float
    any_finding: float
    even: float | None
    sure: float | None
    none_found: float
    limit: float


def detection(tally: Tally, policy: Policy, criterion: str, frame: Frame | None) -> Detection | None:
    """Return what a sample could have shown of a ratio criterion; None where it has nobody to show it of.

    Parameters
    ----------
    tally : Tally
        R = 1. Its findings are not looked at.
    policy : Policy
        Units, limits, denominator of the missed rate.
    criterion : {"wrong_exit", "missed", "approval"}
    frame : Frame or None
        The county, for the denominator ``village``.
    """
    counted: Counted = "approvals" if criterion == "approval" else policy.units[criterion]
    ratio = ratio_of_tally(tally, tally.blocks(GROUPS_COUNTED[criterion], weighted=False), counted)
    units = float(ratio.size[0])
    if units == 0:
        return None
    visited = ratio.households[0] > 0
    a_village = float(ratio.households[0].sum() / visited.sum())
    known = bool((tally.stratum_sizes > 0).all())
    left = 1 - len(tally.stratum) / float(tally.stratum_sizes.sum()) if known else 1.0
    alike = 1 + max(a_village - 1, 0) * left * ASSUMED_ICC
    apart = units / float(ratio.floor[0])
    limit = float(policy.limits[criterion])
    limit = 1 - limit if criterion == "approval" else limit
    even, sure = failing_rates(apart / alike, limit * _blown_up(tally, policy, criterion, frame, units))
    nothing = Summary(
        value=np.zeros(1),
        standard_error=np.zeros(1),
        size=ratio.size,
        floor=ratio.floor,
        households=np.array([a_village]),
        events=np.zeros(1),
        icc=np.zeros(1),
        fpc=left,
        df=degrees_of_freedom(visited[None], tally.stratum, len(tally.stratum_sizes)),
        confidence=SURE,
    )
    return Detection(
        units=int(units),
        households=int(ratio.households.sum()),
        effective=apart / alike,
        any_finding=1 - (1 - SURE) ** (1 / apart),
        even=even,
        sure=sure,
        none_found=float(bounds("korn_graubard", nothing)[1][0]),
        limit=limit,
    )


def _blown_up(tally: Tally, policy: Policy, criterion: str, frame: Frame | None, units: float) -> float:
    """Return by how much whole villages outnumber the visited: so much more must be found there to reach the limit."""
    if criterion != "missed" or policy.missed_denominator == "surveyed":
        return 1.0
    if frame is None:
        return np.inf
    counts = frame.group_persons if policy.units["missed"] == "persons" else frame.group_households
    return float(counts[tally.villages[0], UNREGISTERED].sum() / units)


def failing_rates(effective: float, limit: float) -> tuple[float | None, float | None]:
    """Return the true rates at which a found rate passes a limit with chances of 50% and 95%.

    Parameters
    ----------
    effective : float
        Independent units, n.
    limit : float
        Limit of the found rate.

    Returns
    -------
    even, sure : float or None
        P(X > n limit) = q of X ~ Binomial(n, p) solved for p, by the beta law between the two whole numbers (mid-P):
        p = Beta(q; n limit + 1/2, n (1 - limit) + 1/2). None where the limit is 1 or more.

    Examples
    --------
    >>> [round(rate, 4) for rate in failing_rates(400, 0.02)]
    [0.0204, 0.0342]
    >>> failing_rates(400, 1.5)
    (None, None)
    """
    if limit >= 1:
        return None, None
    x = effective * limit
    even, sure = (float(betaincinv(x + 0.5, effective - x + 0.5, q)) for q in (0.5, SURE))
    return even, sure
