"""Assurance: the chance of failing averaged over what the provincial result says of the error level (METHODS 4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sampler.domains import Count, DesignEffect, PositiveCount, PositiveShare, require_domains
from sampler.error_model import ErrorModel
from sampler.errors import refuse
from sampler.frame import EXITED, UNREGISTERED, Frame, Unit
from sampler.plan import Plan
from scenarios.questions.belief import JEFFREYS, Belief, settled
from scenarios.questions.chance_of_levels import Averaged, ChanceOfLevels, chance_of_levels, require_levels
from scenarios.questions.curve import Curve
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]

GROUP_OF = {"wrong_exit": EXITED, "missed": UNREGISTERED}
DISCOUNTS = (Decimal("0.2"), Decimal("0.5"), Decimal(1))  # the range of METHODS 4.9, shown beside what was asked
CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Provincial:
    """What the provincial evaluation found.

    Parameters
    ----------
    wrong, checked : int
        Wrong units found, of so many checked; persons or households.
    unit : {"persons", "households"}, default "persons"
        What they are. The rate of households is taken for that of persons.
    design_effect : Decimal, optional
        How many times larger the variance of the result is than that of independent units; made from the scenario
        where it is left out (`planning_design_effect`).
    discount : Decimal, default 1
        Weight of the result against an inspection of the same kind on the same day (power prior), 0 < discount <= 1.

    Raises
    ------
    InputError
        ``outside_domain``; ``wrong_above_checked``.
    """

    wrong: Count
    checked: PositiveCount
    unit: Unit = "persons"
    design_effect: DesignEffect | None = None
    discount: PositiveShare = Decimal(1)

    def __post_init__(self) -> None:
        require_domains(self)
        if self.wrong > self.checked:
            raise refuse("wrong_above_checked", key="--provincial", found=self.wrong, allowed=self.checked)


@dataclass(frozen=True, kw_only=True, eq=False)
class Weighed:
    """What the provincial result says at one discount.

    Parameters
    ----------
    discount : Decimal
        Its weight.
    belief : Belief
        About the error level.
    mean, upper, above : float
        Mean level, level passed with a chance of 5%, chance that the level lies above the limit.
    fails : mapping of str to Averaged
        Averaged chance of failing, by question.
    points : int
        Equal-probability points of the quadrature.
    quadrature : float
        Largest change of a chance when they were last doubled.
    """

    discount: Decimal
    belief: Belief
    mean: float
    upper: float
    above: float
    fails: Mapping[str, Averaged]
    points: int
    quadrature: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Assurance:
    """The chance of failing given the provincial result.

    Parameters
    ----------
    curve : Curve
        The chances by error level.
    provincial : Provincial
        The result, its design effect settled.
    design_effect_source : {"stated", "planned"}
        Whether the design effect was stated or made from the scenario.
    limit : float
        The limit that `Weighed.above` speaks of: that of the first rate on the grid's first axis.
    county : bool
        Whether the level is the county's own rate (exact totals), or that of the law it was drawn from.
    answer : Weighed
        At the discount asked for.
    others : tuple of Weighed
        At other discounts.
    """

    curve: Curve
    provincial: Provincial
    design_effect_source: Literal["stated", "planned"]
    limit: float
    county: bool
    answer: Weighed
    others: tuple[Weighed, ...]


def planning_design_effect(scenario: Scenario, keys: tuple[str, ...], unit: Unit) -> Decimal:
    """Return the design effect to plan with: [1 + (n - 1) rho] (sum s^2 / sum s), rounded to a tenth.

    Parameters
    ----------
    scenario : Scenario
        Gives n, the households of a group visited in a village (of the first phase of a spot check), and rho, the
        intraclass correlation; for logit-normal effects about tau^2 c (1 - c) at the limit c.
    keys : tuple of str
        The rates concerned, ``wrong_exit`` and ``missed``.
    unit : {"persons", "households"}
        For households the second factor, which stands for whole households being wrong, is left out.

    References
    ----------
    METHODS 5.2, without weights.

    Examples
    --------
    >>> from scenarios import load
    >>> planning_design_effect(load("example"), ("wrong_exit", "missed"), "persons")
    Decimal('4.9')
    """
    plan = scenario.plan if isinstance(scenario.plan, Plan) else scenario.plan.phase1
    groups = [GROUP_OF[key] for key in keys]
    takes = plan.takes()
    households = max(1.0, float(np.mean([takes[group] for group in groups])))
    effect = 1 + (households - 1) * _icc(scenario, keys[0])
    if unit == "persons":
        sizes = scenario.frame.household_persons[np.isin(scenario.frame.household_group, groups)].astype(np.float64)
        effect *= float((sizes**2).sum() / sizes.sum()) if len(sizes) else 1.0
    return Decimal(f"{effect:.1f}")


def _icc(scenario: Scenario, key: str) -> float:
    truth = _model(scenario)
    if truth.village_effect == "beta":
        return float(truth.icc)
    limit = float(scenario.policy.limits[key])
    return min(1.0, float(truth.effect_sd) ** 2 * limit * (1 - limit))


def _model(scenario: Scenario) -> ErrorModel:
    if not isinstance(scenario.truth, ErrorModel):
        raise refuse("assurance_needs_levels", key="grid")
    return scenario.truth


def county_units(frame: Frame, keys: tuple[str, ...], unit: Unit) -> int:
    """Return the county's persons or households of the groups that some rates speak of."""
    counts = frame.group_persons if unit == "persons" else frame.group_households
    return int(counts[:, [GROUP_OF[key] for key in keys]].sum())


def belief_of(provincial: Provincial, *, units: int | None = None) -> Belief:
    """Return what a provincial result says of the error level.

    The result counts as discount / design effect times as many independent units, on top of Jeffreys' prior:
    Beta(1/2 + x w, 1/2 + (n - x) w), w = discount / design effect.

    Parameters
    ----------
    provincial : Provincial
        With its design effect.
    units : int, optional
        Units of the county; the level is then the county's own rate (`Belief`).

    References
    ----------
    METHODS 4.9. The discount is the power prior of Ibrahim, J. G. & Chen, M.-H. (2000), Statistical Science 15:46-60.

    Examples
    --------
    >>> found = Provincial(wrong=1, checked=1500, design_effect=Decimal("3.5"))
    >>> round(belief_of(found).upper(0.95), 4)
    0.006
    """
    weight = float(provincial.discount / (provincial.design_effect or 1))
    return Belief(
        a=JEFFREYS + provincial.wrong * weight,
        b=JEFFREYS + (provincial.checked - provincial.wrong) * weight,
        wrong=provincial.wrong if units is not None else 0,
        checked=provincial.checked if units is not None else 0,
        units=units,
    )


def settled_result(provincial: Provincial, scenario: Scenario) -> Provincial:
    """Return the result with its design effect, checked against the county.

    Raises
    ------
    InputError
        ``assurance_needs_levels``; ``checked_above_county`` where more units were checked than the county has.
    """
    require_levels(scenario)
    keys = scenario.grid[0].keys
    units = county_units(scenario.frame, keys, provincial.unit)
    if provincial.checked > units:
        raise refuse("checked_above_county", key="--provincial", found=provincial.checked, allowed=units)
    if provincial.design_effect is not None:
        return provincial
    effect = planning_design_effect(scenario, keys, provincial.unit)
    return Provincial(**(vars(provincial) | {"design_effect": max(effect, Decimal(1))}))


def belief_about(provincial: Provincial, scenario: Scenario) -> Belief:
    """Return what a result says of the level on the first axis of a scenario's grid."""
    exactly = _model(scenario).totals == "exact"
    units = county_units(scenario.frame, scenario.grid[0].keys, provincial.unit) if exactly else None
    return belief_of(provincial, units=units)


def assurance(curve: Curve, provincial: Provincial, *, chances: ChanceOfLevels | None = None) -> Assurance:
    """Return the chance of failing, averaged over the error level that the provincial result suggests.

    Parameters
    ----------
    curve : Curve
        With a rate of wrong exits or missed households on the first axis of its grid. Where both move together, the
        result is taken to speak of both.
    provincial : Provincial
        What was found.
    chances : ChanceOfLevels, optional
        The curve's chances at any level, where they are known already.

    Returns
    -------
    Assurance

    Raises
    ------
    InputError
        As `settled_result`.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from scenarios import load
    >>> from scenarios.questions.curve import curve
    >>> from scenarios.scenario import Axis
    >>> grid = (Axis(keys=("wrong_exit",), values=tuple(map(Decimal, ("0", "0.01", "0.02", "0.04")))),)
    >>> example = replace(load("example"), grid=grid, averaged=False)
    >>> example = replace(example, truth=replace(example.truth, missed=Decimal(0)))
    >>> found = assurance(curve(example, engine="exact"), Provincial(wrong=1, checked=1500))
    >>> found.answer.fails["wrong_exit"].engine, round(found.answer.mean, 4)
    ('exact', 0.0022)
    """
    stated = provincial.design_effect is not None
    provincial = settled_result(provincial, curve.scenario)
    discounts = sorted({*DISCOUNTS, provincial.discount})
    results = [Provincial(**(vars(provincial) | {"discount": discount})) for discount in discounts]
    beliefs = [belief_about(result, curve.scenario) for result in results]

    def mass(edges: Floats) -> Floats:
        above = np.array([[belief.above(edge) for edge in edges.tolist()] for belief in beliefs])
        most: Floats = (above[:, :-1] - above[:, 1:]).max(axis=0)
        return most

    chances = chances or chance_of_levels(curve, mass=mass)
    limit = float(curve.scenario.policy.limits[curve.axis[0]])
    weighed = {
        result.discount: _weighed(result.discount, belief, chances, limit)
        for result, belief in zip(results, beliefs, strict=True)
    }
    return Assurance(
        curve=curve,
        provincial=provincial,
        design_effect_source="stated" if stated else "planned",
        limit=limit,
        county=_model(curve.scenario).totals == "exact",
        answer=weighed.pop(provincial.discount),
        others=tuple(weighed.values()),
    )


def _weighed(discount: Decimal, belief: Belief, chances: ChanceOfLevels, limit: float) -> Weighed:
    def averages(points: int) -> dict[str, Averaged]:
        levels, weights = belief.levels(points), np.full(points, 1 / points)
        return {question: chances.average(question, levels, weights) for question in chances.questions}

    found = settled(averages, lambda fails: [each.chance for each in fails.values()])
    return Weighed(
        discount=discount,
        belief=belief,
        mean=belief.mean,
        upper=belief.upper(CONFIDENCE),
        above=belief.above(limit),
        fails=found.answer,
        points=found.points,
        quadrature=found.change,
    )
