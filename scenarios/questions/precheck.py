"""The county's own pre-check: how large it must be, and what its result does to the chance of failing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sampler.domains import Count, PositiveCount, PositiveShare, require_domains
from sampler.errors import refuse
from scenarios.questions.assurance import CONFIDENCE, Provincial, belief_about, settled_result
from scenarios.questions.belief import JEFFREYS, Belief, settled
from scenarios.questions.chance_of_levels import Averaged, ChanceOfLevels, chance_of_levels, require_levels
from scenarios.questions.curve import Curve
from scenarios.questions.finding_law import finding_law
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]

SIZES = (50, 100, 200, 300, 500, 1000)
LIKELY_OUTCOMES = (0, 1, 2, 3)  # shown where the result is not known yet
_IMPLAUSIBLE = 1e-9


@dataclass(frozen=True, kw_only=True)
class PreCheck:
    """A pre-check: villages drawn at random from the county, households at random in each.

    Parameters
    ----------
    households : int
        How many in all; the last village may have fewer than the others.
    per_village : int, default 10
        How many in each village; all of them where it has fewer.
    sensitivity : Decimal, default 1
        Chance that it recognises a wrong household, 0 < sensitivity <= 1. It accuses nobody falsely.
    found : int, optional
        Wrong households found; None before it was carried out.

    Raises
    ------
    InputError
        ``outside_domain``; ``found_above_checked``.
    """

    households: PositiveCount
    per_village: PositiveCount = 10
    sensitivity: PositiveShare = Decimal(1)
    found: Count | None = None

    def __post_init__(self) -> None:
        require_domains(self)
        if self.found is not None and self.found > self.households:
            raise refuse("found_above_checked", key="--found", found=self.found, allowed=self.households)

    @property
    def villages(self) -> int:
        """How many villages it takes."""
        return -(-self.households // self.per_village)


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """What is believed of the error level, and the chance of failing then.

    Parameters
    ----------
    mean, upper, above : float
        Mean level, level passed with a chance of 5%, chance that it lies above the limit.
    fails : mapping of str to Averaged
        Averaged chance of failing, by question.
    """

    mean: float
    upper: float
    above: float
    fails: Mapping[str, Averaged]


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """One result of a pre-check.

    Parameters
    ----------
    check : PreCheck
        Its size and what it found.
    chance : float
        Chance of just this result, before it is known.
    any_found : float
        Chance that a pre-check of this size finds at least one.
    after : State
        What is believed once it is known.
    points : int
        Equal-probability points of the quadrature.
    quadrature : float
        Largest change of a chance when they were last doubled.
    """

    check: PreCheck
    chance: float
    any_found: float
    after: State
    points: int
    quadrature: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Prechecked:
    """What a pre-check is worth.

    Parameters
    ----------
    curve : Curve
        The chances by error level.
    check : PreCheck
        As asked.
    provincial : Provincial or None
        What was known before.
    prior : {"provincial", "grid"}
        Whether the belief before it is that of the provincial result, or Jeffreys' between the ends of the grid.
    limit : float
        The limit that `State.above` speaks of.
    before : State
        Without a pre-check.
    outcomes : tuple of Outcome
        The result stated, or 0, 1, 2, 3 found.
    sizes : tuple of Outcome
        Nothing found by pre-checks of several sizes.
    """

    curve: Curve
    check: PreCheck
    provincial: Provincial | None
    prior: Literal["provincial", "grid"]
    limit: float
    before: State
    outcomes: tuple[Outcome, ...]
    sizes: tuple[Outcome, ...]


def require(scenario: Scenario, check: PreCheck) -> None:
    """Refuse, before any work, a pre-check that the county cannot have or a result that no level explains.

    Raises
    ------
    InputError
        ``assurance_needs_levels``; ``precheck_too_large``; ``found_beyond_grid`` where even the highest level of the
        grid makes the result next to impossible.
    """
    require_levels(scenario)
    most = len(scenario.frame.codes) * check.per_village
    if check.households > most:
        raise refuse(
            "precheck_too_large",
            key="--precheck",
            found=check.households,
            allowed=most,
            villages=len(scenario.frame.codes),
            each=check.per_village,
        )
    if check.found:
        highest = float(max(scenario.grid[0].values))
        law = finding_law(scenario, scenario.grid[0].keys, check, np.array([highest]), check.found - 1)
        if 1 - law.sum() < _IMPLAUSIBLE:
            raise refuse(
                "found_beyond_grid",
                key="--found",
                found=check.found,
                allowed=f"{highest * 100:g}%",
                checked=check.households,
            )


def precheck(
    curve: Curve, check: PreCheck, *, provincial: Provincial | None = None, chances: ChanceOfLevels | None = None
) -> Prechecked:
    """Return what a pre-check is worth: before it, the chance of failing; after each result, the same again.

    Parameters
    ----------
    curve : Curve
        With a rate of wrong exits or missed households on the first axis of its grid.
    check : PreCheck
        Its size and, where it was carried out, what it found.
    provincial : Provincial, optional
        What was known before. Without it the levels of the grid are weighed by Jeffreys' prior between its ends, which
        is an assumption, and a lenient one: low levels count more than high ones.
    chances : ChanceOfLevels, optional
        The curve's chances at any level, where they are known already.

    Returns
    -------
    Prechecked
        The result enters through the error level alone: that just the villages of the pre-check are better known, and
        that what was found will be put right, is left out.

    Raises
    ------
    InputError
        As `require` and `assurance.settled_result`.

    Examples
    --------
    >>> from scenarios import load
    >>> from scenarios.questions.curve import curve
    >>> from scenarios.scenario import Axis
    >>> grid = (Axis(keys=("wrong_exit",), values=tuple(map(Decimal, ("0", "0.01", "0.02", "0.04")))),)
    >>> example = replace(load("example"), grid=grid, averaged=False)
    >>> example = replace(example, truth=replace(example.truth, missed=Decimal(0)))
    >>> found = precheck(curve(example, engine="exact"), PreCheck(households=300, found=0))
    >>> found.before.mean > found.outcomes[0].after.mean
    True
    """
    require(curve.scenario, check)
    provincial = settled_result(provincial, curve.scenario) if provincial else None
    belief = belief_about(provincial, curve.scenario) if provincial else grid_belief(curve)
    chances = chances or chance_of_levels(curve)
    limit = float(curve.scenario.policy.limits[curve.axis[0]])
    given = _Given(curve=curve, belief=belief, chances=chances, limit=limit)
    stated = LIKELY_OUTCOMES if check.found is None else (check.found,)
    most = len(curve.scenario.frame.codes) * check.per_village
    sizes = sorted({size for size in SIZES if size <= most} | {check.households})
    return Prechecked(
        curve=curve,
        check=check,
        provincial=provincial,
        prior="provincial" if provincial else "grid",
        limit=limit,
        before=_before(given),
        outcomes=tuple(_outcome(given, replace(check, found=k)) for k in stated if k <= check.households),
        sizes=tuple(_outcome(given, replace(check, households=size, found=0)) for size in sizes),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Given:
    """What every outcome starts from."""

    curve: Curve
    belief: Belief
    chances: ChanceOfLevels
    limit: float


def grid_belief(curve: Curve) -> Belief:
    """Return Jeffreys' prior between the ends of the grid's first axis: what is believed where nothing is known."""
    values = curve.scenario.grid[0].values
    return Belief(a=JEFFREYS, b=JEFFREYS, low=float(min(values)), high=float(max(values)))


def _before(given: _Given) -> State:
    def state(points: int) -> State:
        return _state(given, given.belief.levels(points), np.full(points, 1 / points))

    # What is known of the belief exactly need not come from points.
    belief = given.belief
    return State(
        mean=belief.mean,
        upper=belief.upper(CONFIDENCE),
        above=belief.above(given.limit),
        fails=settled(state, _numbers).answer.fails,
    )


def _outcome(given: _Given, check: PreCheck) -> Outcome:
    found = check.found or 0

    def outcome(points: int) -> Outcome:
        levels = given.belief.levels(points)
        different, place = np.unique(levels, return_inverse=True)
        law = finding_law(given.curve.scenario, given.curve.axis, check, different, found)[place]
        likely = law[:, found]
        return Outcome(
            check=check,
            chance=float(likely.mean()),
            any_found=float(1 - law[:, 0].mean()),
            after=_state(given, levels, likely / likely.sum()),
            points=points,
            quadrature=0.0,
        )

    last = settled(outcome, lambda each: (*_numbers(each.after), each.chance, each.any_found))
    return replace(last.answer, quadrature=last.change)


def _numbers(state: State) -> tuple[float, ...]:
    return (state.mean, state.above, *(each.chance for each in state.fails.values()))


def _state(given: _Given, levels: Floats, weights: Floats) -> State:
    """Return what weighted levels, rising, say."""
    upper = int(np.searchsorted(np.cumsum(weights), CONFIDENCE))
    return State(
        mean=float(weights @ levels),
        upper=float(levels[min(upper, len(levels) - 1)]),
        above=float(weights[levels > given.limit].sum()),
        fails={name: given.chances.average(name, levels, weights) for name in given.chances.questions},
    )
