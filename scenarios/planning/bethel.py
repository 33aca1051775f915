"""The cheapest allocation that meets several precision constraints at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampler.errors import refuse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDS, _CLOSE = 20_000, 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Cheapest:
    """An allocation that meets every constraint.

    Parameters
    ----------
    takes : ndarray of int, shape (H,)
        Units of each stratum: no stratum can have one less.
    continuous : ndarray of float, shape (H,)
        The optimum before rounding.
    used : ndarray of float, shape (J,)
        Of what each constraint allows, the part that the whole numbers take up; at most 1.
    multipliers : ndarray of float, shape (J,)
        Of the continuous optimum: 0 for a constraint that does not bind.
    """

    takes: Ints
    continuous: Floats
    used: Floats
    multipliers: Floats


def cheapest(terms: ArrayLike, allowed: ArrayLike, costs: ArrayLike, *, least: ArrayLike, most: ArrayLike) -> Cheapest:
    """Return the allocation of least cost with sum_h a_jh / n_h <= b_j for every j, and bounds on every n_h.

    Parameters
    ----------
    terms : array_like, shape (J, H)
        a_jh, not negative.
    allowed : array_like, shape (J,)
        b_j, positive.
    costs : array_like, shape (H,)
        Of a unit, positive.
    least, most : array_like of int, shape (H,)
        Bounds of each stratum.

    Raises
    ------
    InputError
        ``cost_not_positive``; ``constraint_impossible`` with the constraint that not even the largest sample meets, and
        by how much.

    References
    ----------
    Chromy (1987), Proc. ASA Survey Research Methods, 194; Bethel (1989), Survey Methodology 15:47. With t = 1/n the
    problem is convex; at the optimum n_h = sqrt(sum_j lambda_j a_jh / c_h), cut at the bounds, and the multipliers are
    the fixed point of lambda_j <- lambda_j (used_j)^2.

    Examples
    --------
    >>> found = cheapest([[4.0, 16.0]], [1.0], [1.0, 1.0], least=[2, 2], most=[100, 100])
    >>> found.continuous.round(6).tolist(), found.takes.tolist()
    ([12.0, 24.0], [12, 24])
    """
    a, b, c = (np.asarray(each, dtype=np.float64) for each in (terms, allowed, costs))
    low, high = (np.asarray(each, dtype=np.int64) for each in (least, most))
    if (c <= 0).any():
        raise refuse("cost_not_positive", found=f"{c.min():g}")
    reach = (a / high).sum(axis=1) / b
    if (reach > 1).any():
        worst = int(np.argmax(reach))
        raise refuse("constraint_impossible", found=worst + 1, allowed=f"{(reach[worst] - 1) * 100:.3g}%")
    multipliers, optimum = _optimum(a / b[:, None], c, low.astype(np.float64), high.astype(np.float64))
    takes = _whole(a / b[:, None], c, optimum, low, high)
    return Cheapest(
        takes=takes, continuous=optimum, used=((a / b[:, None]) / takes).sum(axis=1), multipliers=multipliers
    )


def _optimum(scaled: Floats, costs: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return the multipliers and the optimum before rounding."""

    def takes(multipliers: Floats) -> Floats:
        return np.asarray(np.clip(np.sqrt(multipliers @ scaled / costs), low, high))

    multipliers = np.full(len(scaled), float(((costs * high).sum()) / len(scaled)))
    for _ in range(_ROUNDS):
        used = (scaled / takes(multipliers)).sum(axis=1)
        after = multipliers * used**2
        # A multiplier that matters no longer would creep to 0 for ever.
        after[after < 1e-30 * after.max()] = 0.0
        moved = np.abs(after - multipliers).max()
        multipliers = after
        if moved <= _CLOSE * max(multipliers.max(), 1e-300):
            break
    return multipliers, takes(multipliers)


def _whole(scaled: Floats, costs: Floats, optimum: Floats, low: Ints, high: Ints) -> Ints:
    """Return whole numbers that meet every constraint: rounded up, then down again where that still does."""
    made = np.clip(np.ceil(optimum - 1e-9).astype(np.int64), low, high)
    while True:
        best, saved = -1, 0.0
        slack = 1 - (scaled / made).sum(axis=1)
        for h in np.flatnonzero(made > low):
            more = scaled[:, h] / (made[h] - 1) - scaled[:, h] / made[h]
            if (more <= slack + 1e-12).all() and costs[h] > saved:
                best, saved = int(h), float(costs[h])
        if best < 0:
            return made
        made[best] -= 1
