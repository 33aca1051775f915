"""The smallest inspection that keeps to both risk points: an acceptance plan for clusters, strata and persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from sampler.error_model import ErrorModel
from sampler.errors import refuse
from sampler.plan import Oversample, Plan
from scenarios.engines import model
from scenarios.engines.threads import Progress
from scenarios.planning.allocation import rounded
from scenarios.scenario import Level, Scenario

_SURE = 1.645  # standard errors by which a risk must lie below its bound: 95 of 100 such statements hold


@dataclass(frozen=True, kw_only=True)
class RiskPoints:
    """What an inspection must keep to.

    Parameters
    ----------
    good, bad : Decimal
        Error level of a good and of a bad county, along the grid's first axis (producer's and consumer's risk quality).
    producer, consumer : Decimal
        Largest chance of failing the good county, and of passing the bad one.

    Raises
    ------
    InputError
        ``points_order``, ``risk_outside``.
    """

    good: Decimal
    producer: Decimal
    bad: Decimal
    consumer: Decimal

    def __post_init__(self) -> None:
        if not self.good < self.bad:
            raise refuse("points_order", found=f"{self.good}, {self.bad}")
        for key, risk in (("--producer", self.producer), ("--consumer", self.consumer)):
            if not 0 < risk < 1:
                raise refuse("risk_outside", key=key, found=str(risk))


@dataclass(frozen=True, kw_only=True)
class Sized:
    """An inspection of a size, and its risks.

    Parameters
    ----------
    villages : int
        In all.
    strata : mapping of str to int
        Villages by stratum.
    producer, consumer : float
        Chance of failing the good county and of passing the bad one, averaged over populations.
    producer_error, consumer_error : float
        Standard errors.
    """

    villages: int
    strata: Mapping[str, int]
    producer: float
    producer_error: float
    consumer: float
    consumer_error: float

    def keeps_to(self, points: RiskPoints) -> bool:
        """Say whether both risks lie surely within their bounds."""
        return not self.exceeds(points)

    def exceeds(self, points: RiskPoints) -> tuple[str, ...]:
        """Return the sides whose risk is not surely within its bound."""
        sides = (
            ("producer", self.producer + _SURE * self.producer_error, points.producer),
            ("consumer", self.consumer + _SURE * self.consumer_error, points.consumer),
        )
        return tuple(side for side, risk, bound in sides if risk > float(bound))


@dataclass(frozen=True, kw_only=True, eq=False)
class Smallest:
    """What was found.

    Parameters
    ----------
    scenario : Scenario
        What was asked, its own plan in it.
    points : RiskPoints
        What the inspection must keep to.
    present : Sized
        The scenario's own plan.
    found : Sized
        The smallest that keeps to both.
    plan : Plan
        It.
    tried : tuple of Sized
        Everything that was computed, the smallest first.
    """

    scenario: Scenario
    points: RiskPoints
    present: Sized
    found: Sized
    plan: Plan
    tried: tuple[Sized, ...]


def plan_of_size(scenario: Scenario, villages: int) -> Plan:
    """Return the scenario's plan with another number of villages, shared out as it shares its own.

    Parameters
    ----------
    scenario : Scenario
        With a two-stage plan.
    villages : int
        In all; two a stratum where it has two.

    Raises
    ------
    InputError
        ``allocation_impossible``.

    Examples
    --------
    >>> from scenarios import load
    >>> plan_of_size(load("example"), 58).villages
    {'ordinary': 34, 'remote': 24}
    """
    plan = scenario.plan
    assert isinstance(plan, Plan)  # noqa: S101 - the caller has looked
    if isinstance(plan.villages, Oversample):
        return replace(plan, villages=replace(plan.villages, villages=villages))
    strata = {stratum.name: stratum for stratum in plan.strata(scenario.frame) if stratum.name in plan.villages}
    sizes = [len(strata[name].villages) if name in strata else 0 for name in plan.villages]
    shared = rounded(
        [max(drawn, 0) for drawn in plan.villages.values()],
        [min(2, size) if drawn else 0 for size, drawn in zip(sizes, plan.villages.values(), strict=True)],
        [size if drawn else 0 for size, drawn in zip(sizes, plan.villages.values(), strict=True)],
        villages,
    )
    return replace(plan, villages=dict(zip(plan.villages, map(int, shared), strict=True)))


def require_sizable(scenario: Scenario) -> None:
    """Refuse a scenario whose inspection cannot be made larger or smaller.

    Raises
    ------
    InputError
        ``size_needs_levels``, ``size_needs_two_stages``.
    """
    if not isinstance(scenario.truth, ErrorModel) or not scenario.grid:
        raise refuse("size_needs_levels", key="grid")
    plan = scenario.plan
    if not isinstance(plan, Plan) or plan.certain or sum(s.drawn for s in plan.strata(scenario.frame)) == 0:
        raise refuse("size_needs_two_stages", key="plan")


def smallest(scenario: Scenario, points: RiskPoints, *, progress: Progress | None = None) -> Smallest:
    """Return the inspection with fewest villages that keeps to both risk points; households a village stay as they are.

    Both risks fall as villages are added where the good level lies below the tipping level and the bad one above it;
    sizes are halved until one is left. All of them meet the same households (common random numbers), and a larger
    sample contains the smaller one, so that the risks move smoothly.

    Parameters
    ----------
    scenario : Scenario
        Its plan says how villages are shared out and how many households are visited.
    points : RiskPoints
        What the inspection must keep to.
    progress : callable, optional
        Called with (done, all), all being about.

    Raises
    ------
    InputError
        As `require_sizable`; ``points_beyond_reach`` where not even all villages keep to both, with the risks then.
    """
    require_sizable(scenario)
    low, high = _bounds(scenario)
    rounds = (high - low).bit_length() + 2
    tried: dict[int, Sized] = {}

    def at(villages: int) -> Sized:
        if villages not in tried:
            tried[villages] = _sized(replace(scenario, plan=plan_of_size(scenario, villages)), points)
            if progress:
                progress(min(len(tried), rounds - 1), rounds)
        return tried[villages]

    present = _sized(scenario, points)
    least, enough = low, min(max(present.villages, low), high)
    while not at(enough).keeps_to(points):
        if enough == high:
            last = at(high)
            raise refuse(
                "points_beyond_reach",
                found=f"{last.producer:.1%}, {last.consumer:.1%}",
                allowed=f"{float(points.producer):.1%}, {float(points.consumer):.1%}",
            )
        least, enough = enough + 1, min(2 * enough, high)
    while least < enough:
        middle = (least + enough) // 2
        least, enough = (least, middle) if at(middle).keeps_to(points) else (middle + 1, enough)
    return Smallest(
        scenario=scenario,
        points=points,
        present=present,
        found=at(enough),
        plan=plan_of_size(scenario, enough),
        tried=tuple(tried[villages] for villages in sorted(tried)),
    )


def _bounds(scenario: Scenario) -> tuple[int, int]:
    """Return the fewest and the most villages that can be drawn as the plan shares them out."""
    plan = scenario.plan
    assert isinstance(plan, Plan)  # noqa: S101 - the caller has looked
    strata = [stratum for stratum in plan.strata(scenario.frame) if stratum.drawn]
    return sum(min(2, len(s.villages)) for s in strata), sum(len(s.villages) for s in strata)


def _sized(scenario: Scenario, points: RiskPoints) -> Sized:
    keys = scenario.grid[0].keys
    held = {key: axis.values[0] for axis in scenario.grid[1:] for key in axis.keys}
    levels: list[Level] = [{**held, **dict.fromkeys(keys, level)} for level in (points.good, points.bad)]
    cells = [replace(scenario.at(level), averaged=True) for level in levels]
    good, bad = (each.chance for each in model.averages(cells, asked=[{"any"}, {"any"}]))
    strata = scenario.plan.strata(scenario.frame)
    return Sized(
        villages=sum(stratum.drawn for stratum in strata),
        strata={stratum.name: stratum.drawn for stratum in strata},
        producer=float(good.fails["any"] or 0.0),
        producer_error=float(good.standard_error["any"] or 0.0),
        consumer=1 - float(bad.fails["any"] or 0.0),
        consumer_error=float(bad.standard_error["any"] or 0.0),
    )
