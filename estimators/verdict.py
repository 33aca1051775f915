"""From what inspections counted to what a policy's rule says of them."""

from __future__ import annotations

from collections.abc import Mapping

from estimators.policy import Policy
from estimators.rule import Evidence, Verdict
from estimators.rules import by_weighting
from estimators.rules.official import verdict_of_sums
from sampler.draws import Tally
from sampler.frame import Ints, Unit

__all__ = ["Verdict", "verdict_of_sums", "verdict_of_tally"]


def verdict_of_tally(
    tally: Tally,
    policy: Policy,
    *,
    group_persons: Ints | None = None,
    unregistered: Mapping[Unit, Ints] | None = None,
) -> Verdict:
    """Decide R inspections from their tallies, by the raw or by the weighted rates as the policy's weighting says.

    Parameters
    ----------
    tally : Tally
        Of R inspections, or of one real evaluation (R = 1).
    policy : Policy
        Definitions and limits.
    group_persons, unregistered
        As in `estimators.rule.Evidence`.

    Returns
    -------
    Verdict
    """
    return by_weighting(Evidence(tally=tally, policy=policy, group_persons=group_persons, unregistered=unregistered))
