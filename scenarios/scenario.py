"""A scenario: frame + truth + plan + policy + seed, and the grid of error levels it is asked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from estimators.policy import Policy
from sampler.channels import Channels
from sampler.error_model import ErrorModel, synthesise_populations
from sampler.errors import refuse
from sampler.fieldwork import Fieldwork
from sampler.frame import Bools, Frame, Ints
from sampler.inspection import PERFECT
from sampler.plan import Plan
from sampler.population import Population
from sampler.recheck import SpotCheck

Level = Mapping[str, Decimal]


@dataclass(frozen=True, kw_only=True, eq=False)
class GivenTruth:
    """The truth columns of a household table, one value a household of the frame.

    Parameters
    ----------
    wrong_persons : ndarray of int64, shape (N,)
        Wrong or missed persons.
    approves : ndarray of bool, shape (N,)
        Whether the household approves.
    """

    wrong_persons: Ints
    approves: Bools


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of a grid: parameters of the error model that move together.

    Parameters
    ----------
    keys : tuple of str
        Their names.
    values : tuple of Decimal
        What all of them take, in order.
    """

    keys: tuple[str, ...]
    values: tuple[Decimal, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scenario:
    """Everything that decides an answer.

    Parameters
    ----------
    name : str
        As shown.
    seed : int
        Of every random number.
    frame : Frame
        The county.
    truth : GivenTruth or ErrorModel
        Which households are wrong, or what is assumed about it.
    plan : Plan or SpotCheck
        The inspection's plan.
    fieldwork : Fieldwork
        How the inspection's teams err; not at all by default.
    policy : Policy
        Definitions and limits.
    grid : tuple of Axis
        Error levels asked at, the first axis varying slowest; empty for a given truth.
    averaged : bool or None
        Whether chances are averaged over the populations that the error model makes (model truth), or hold for one
        population, the given truth or the one that the seed makes. The two answer different questions. None leaves it
        to the engine: an average where it can (`questions.curve`).
    channels : Channels or None
        The other channels of the inspection, which decide nothing.
    assumed : tuple of str
        Dotted names of everything the user did not state and a default supplied.
    digest : str
        SHA-256 of the canonical scenario with its tables.
    """

    name: str
    seed: int
    frame: Frame
    truth: GivenTruth | ErrorModel
    plan: Plan | SpotCheck
    policy: Policy
    fieldwork: Fieldwork = PERFECT
    grid: tuple[Axis, ...] = ()
    averaged: bool | None = None
    channels: Channels | None = None
    assumed: tuple[str, ...] = ()
    digest: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.truth, GivenTruth) and self.grid:
            raise refuse("grid_without_levels", key="grid")
        self.plan.strata(self.frame)  # raises when the plan asks for villages the frame has not
        self.fieldwork.require(self.frame)
        if self.channels is not None:
            self.channels.require(self.frame, self.plan, self.fieldwork.interference)

    @property
    def two_stage(self) -> Plan | None:
        """The plan, where villages and then households are drawn and recorded without error; None elsewhere."""
        if isinstance(self.plan, Plan) and self.plan.plain and self.fieldwork.perfect:
            return self.plan
        return None

    @property
    def plan_with_law(self) -> Plan | None:
        """The plan, where villages and then households are drawn, and each household is recorded by itself.

        The law of what such an inspection counts is known, whatever its teams miss, accuse wrongly, or meet behind
        closed doors: exact arithmetic starts from it.
        """
        if isinstance(self.plan, Plan) and self.plan.plain and self.fieldwork.by_household:
            return self.plan
        return None

    def points(self) -> tuple[Level, ...]:
        """Return the error levels asked at; one empty level when there is no grid.

        The level of a grid axis stands under each of its keys.
        """
        return tuple(
            {key: value for axis, value in zip(self.grid, values, strict=True) for key in axis.keys}
            for values in product(*(axis.values for axis in self.grid))
        )

    def at(self, level: Level) -> Scenario:
        """Return the scenario with a single error level and no grid."""
        if isinstance(self.truth, GivenTruth) or not level:
            return replace(self, grid=())
        changes = dict(level)
        return replace(self, truth=replace(self.truth, **changes), grid=())  # type: ignore[arg-type]


def populations(scenarios: Sequence[Scenario]) -> tuple[Population, ...]:
    """Return the population of each scenario; those that share frame and seed share their random numbers.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Without grids.
    """
    made: dict[int, Population] = {}
    for i, scenario in enumerate(scenarios):
        if isinstance(scenario.truth, GivenTruth):
            made[i] = Population(
                frame=scenario.frame,
                wrong_persons=scenario.truth.wrong_persons,
                approves=scenario.truth.approves,
            )
    for members in _alike([i for i in range(len(scenarios)) if i not in made], scenarios):
        first = scenarios[members[0]]
        models = [truth for i in members if isinstance(truth := scenarios[i].truth, ErrorModel)]
        made.update(zip(members, synthesise_populations(first.frame, models, seed=first.seed), strict=True))
    return tuple(made[i] for i in range(len(scenarios)))


def _alike(indices: Sequence[int], scenarios: Sequence[Scenario]) -> Iterator[list[int]]:
    groups: dict[tuple[int, int], list[int]] = {}
    for i in indices:
        groups.setdefault((id(scenarios[i].frame), scenarios[i].seed), []).append(i)
    yield from groups.values()
