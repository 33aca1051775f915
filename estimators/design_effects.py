"""Where a rate's design effect comes from: weights, persons who share a household, households that share a village."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from estimators.counts import GROUPS_COUNTED
from estimators.estimate import Estimate
from estimators.interval import Floats
from estimators.linearised import Counted, design_weights, ratio_of_tally
from estimators.policy import Policy, Weighting
from sampler.draws import MOMENTS, Tally
from sampler.frame import Ints

RATIOS = ("wrong_exit", "missed", "approval")


@dataclass(frozen=True, kw_only=True, eq=False)
class DesignEffect:
    """Factors of one rate's design effect, whose product is the whole; the arrays have shape (R,).

    Parameters
    ----------
    whole : ndarray of float64
        Variance over that of as many independent units, as the interval takes it (METHODS 3.4); NaN without a rate.
    weighting : ndarray of float64
        Kish's 1 + L = n sum w^2 / (sum w)^2 over households: 1 for equal weights.
    households : ndarray of float64
        Of persons who are wrong together: the floor n sum (w s)^2 / (sum w s)^2 over `weighting`,
        sum s^2 / sum s where weights are equal; 1 where households are counted.
    villages : ndarray of float64
        The rest: neighbours that are alike, less what the strata gain and large shares save.
    visited : ndarray of int64
        Households behind the rate.
    """

    whole: Floats
    weighting: Floats
    households: Floats
    villages: Floats
    visited: Ints


def design_effects(
    tally: Tally, policy: Policy, estimates: Mapping[str, Estimate], *, weighting: Weighting
) -> Mapping[str, DesignEffect]:
    """Return the parts of the design effects of the three ratio criteria.

    Parameters
    ----------
    tally : Tally
        Of R samples.
    policy : Policy
        Gives the units.
    estimates : mapping of str to Estimate
        Of the same samples under the same weighting.
    weighting : {"raw", "weighted"}
        Under ``raw`` all weights are 1.

    Raises
    ------
    InputError
        ``sizes_unknown`` for weights without the sizes they are made of.
    """
    weights = design_weights(tally) if weighting == "weighted" else None
    found = {}
    for name in RATIOS:
        counted: Counted = "approvals" if name == "approval" else policy.units[name]
        blocks = tally.blocks(GROUPS_COUNTED[name], weighted=weights is not None)
        floor = ratio_of_tally(tally, blocks, counted, weights=weights).floor
        visited = tally.moments[:, :, blocks, MOMENTS.index("households")]
        kish = kish_effect(visited, None if weights is None else weights[:, :, blocks])
        whole = estimates[name].design_effect
        found[name] = DesignEffect(
            whole=whole,
            weighting=kish,
            households=floor / kish,
            villages=whole / floor,
            visited=visited.sum(axis=(1, 2)),
        )
    return found


def kish_effect(households: Ints, weights: Floats | None) -> Floats:
    """Return Kish's 1 + L = n sum w^2 / (sum w)^2 over households; 1 where nobody was visited, shape (R,).

    Parameters
    ----------
    households : ndarray of int64, shape (R, m, B)
        Visited households of each block.
    weights : ndarray of float64, shape (R, m, B), or None
        Their weight; None where all are 1.

    References
    ----------
    Kish (1965) Survey Sampling, section 11.7.

    Examples
    --------
    >>> kish_effect(np.array([[[2, 2]]]), np.array([[[1.0, 3.0]]]))
    array([1.25])
    """
    if weights is None:
        return np.ones(len(households))
    size, once, twice = (np.einsum("rmb,rmb->r", households, weights**power) for power in (0, 1, 2))
    effect: Floats = np.where(once > 0, size * twice / np.where(once > 0, once, 1) ** 2, 1.0)
    return effect
