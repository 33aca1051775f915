"""The chance of failing at any error level: a monotone curve through the levels of the grid, its step halved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from sampler.errors import refuse
from scenarios.engines import model
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.questions.curve import ENGINES, Curve
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]

_LITTLE = 1e-5  # an interval of the grid that cannot move an average by more is not halved
_RATES = frozenset({"wrong_exit", "missed"})
_FEWEST_LEVELS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Averaged:
    """A chance of failing averaged over the error level.

    Parameters
    ----------
    chance : float
        The average.
    standard_error : float
        Of the simulated chances, at most: the levels share their random numbers, so their errors may add up in full.
    interpolation : float
        What halving the grid's step changed.
    outside : float
        What levels outside the grid can change, at most: there the chance of the nearest end is taken.
    engine : str
        ``exact`` where the chance at every level is, else the engine that made most levels.
    trials : int
        Independent trials behind a simulated chance.
    """

    chance: float
    standard_error: float
    interpolation: float
    outside: float
    engine: str
    trials: int


@dataclass(frozen=True, kw_only=True, eq=False)
class ChanceOfLevels:
    """The chance of failing by error level, for each question answered at all of them.

    Parameters
    ----------
    levels : ndarray of float64, shape (L,)
        Rising.
    given : ndarray of bool, shape (L,)
        Those of the grid; the others lie half-way between two of them.
    chances : tuple of Chance, length L
        The answers.
    """

    levels: Floats
    given: NDArray[np.bool_]
    chances: tuple[Chance, ...]

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions answered at every level."""
        return tuple(name for name in QUESTIONS if all(each.fails[name] is not None for each in self.chances))

    def at(self, question: str, levels: Floats, *, coarse: bool = False) -> Floats:
        """Return the chance at any levels; that of the nearest end outside the grid.

        Parameters
        ----------
        question : str
            One of `questions`.
        levels : ndarray of float64, shape (n,)
        coarse : bool, default False
            Whether to leave out the levels between those of the grid.

        Returns
        -------
        ndarray of float64, shape (n,)
            By monotone cubic (Fritsch-Carlson) interpolation.

        References
        ----------
        Fritsch, F. N. & Carlson, R. E. (1980). Monotone piecewise cubic interpolation. SIAM J. Numer. Anal. 17:238-246.
        """
        from scipy.interpolate import PchipInterpolator  # noqa: PLC0415 - a fifth of a second, for few commands

        kept = self.given if coarse else np.ones(len(self.levels), dtype=bool)
        inside = np.clip(levels, self.levels[0], self.levels[-1])
        found: Floats = np.clip(PchipInterpolator(self.levels[kept], self._values(question)[kept])(inside), 0, 1)
        return found

    def average(self, question: str, levels: Floats, weights: Floats) -> Averaged:
        """Return the chance averaged over levels with weights that add up to 1, both of shape (n,)."""
        chance = float(weights @ self.at(question, levels))
        errors = np.array([each.standard_error[question] or 0.0 for each in self.chances])
        values = self._values(question)
        above, below = weights[levels > self.levels[-1]].sum(), weights[levels < self.levels[0]].sum()
        engines = [str(each.engine[question]) for each in self.chances]
        made = "exact" if set(engines) == {"exact"} else max({*engines} - {"exact"}, key=engines.count)
        return Averaged(
            chance=chance,
            standard_error=float(weights @ np.interp(levels, self.levels, errors)),
            interpolation=abs(chance - float(weights @ self.at(question, levels, coarse=True))),
            outside=float(above * (1 - values[-1]) + below * values[0]),
            engine=made,
            trials=min(each.populations or each.inspections for each in self.chances),
        )

    def _values(self, question: str) -> Floats:
        return np.array([each.fails[question] for each in self.chances], dtype=np.float64)


def chance_of_levels(curve: Curve, *, mass: Callable[[Floats], Floats] | None = None) -> ChanceOfLevels:
    """Return the chance of failing along the first axis of a curve's grid, its step halved where that matters.

    Parameters
    ----------
    curve : Curve
        With a rate of wrong exits or missed households on the first axis of its grid; further axes stay at their first
        values.
    mass : callable, optional
        ``mass(edges)``: the chance that the level lies between neighbouring edges, shape (len(edges) - 1,). An interval
        whose mass times the rise of the chance in it is next to nothing is not halved. It counts as 1 where left out.

    Returns
    -------
    ChanceOfLevels

    Raises
    ------
    InputError
        ``assurance_needs_levels`` where the grid's first axis is not an error rate with three levels or more.
    """
    require_levels(curve.scenario)
    fixed = {key: axis.values[0] for axis in curve.scenario.grid[1:] for key in axis.keys}
    known = {
        level[curve.axis[0]]: answer
        for level, answer in zip(curve.levels, curve.chances, strict=True)
        if all(level[key] == value for key, value in fixed.items())
    }
    levels = sorted(known)
    between = _worth_halving(levels, [known[level] for level in levels], mass)
    cells = [curve.scenario.at({**fixed, **dict.fromkeys(curve.axis, level)}) for level in between]
    answers = model.chances(cells) if curve.scenario.averaged else ENGINES[curve.engine](cells)
    everything = known | dict(zip(between, answers, strict=True))
    rising = sorted(everything)
    return ChanceOfLevels(
        levels=np.array([float(level) for level in rising]),
        given=np.array([level in known for level in rising]),
        chances=tuple(everything[level] for level in rising),
    )


def require_levels(scenario: Scenario) -> None:
    """Refuse a scenario whose grid says nothing about an error level on its first axis.

    Raises
    ------
    InputError
        ``assurance_needs_levels``.
    """
    first = scenario.grid[0] if scenario.grid else None
    if first is None or not set(first.keys) <= _RATES or len(set(first.values)) < _FEWEST_LEVELS:
        raise refuse("assurance_needs_levels", key="grid")


def _worth_halving(
    levels: Sequence[Decimal], chances: Sequence[Chance], mass: Callable[[Floats], Floats] | None
) -> list[Decimal]:
    """Return the middles of the intervals in which another level can move an average."""
    rise = np.zeros(len(levels) - 1)
    for question in QUESTIONS:
        values = np.array([each.fails[question] or 0.0 for each in chances])
        rise = np.maximum(rise, np.abs(np.diff(values)))
    moved = rise if mass is None else mass(np.array([float(level) for level in levels])) * rise
    return [(levels[i] + levels[i + 1]) / 2 for i in np.flatnonzero(moved > _LITTLE).tolist()]
