"""The operating characteristic: the chance of failing over the error levels of a scenario's grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sampler.error_model import ErrorModel
from sampler.errors import refuse
from sampler.population import Population
from sampler.recheck import SpotCheck
from scenarios.engines import auto, conditional, exact, model, simulate
from scenarios.engines.chance import Chance
from scenarios.engines.laws import has_law
from scenarios.engines.threads import Progress, in_threads
from scenarios.questions.reach import chance_of_finding
from scenarios.questions.tipping import Tipping, tipping
from scenarios.scenario import Level, Scenario, populations

if TYPE_CHECKING:
    import pandas as pd

ENGINES = {
    "auto": auto.chances,
    "exact": exact.chances,
    "conditional": conditional.chances,
    "simulate": simulate.chances,
}

# Exact totals couple the villages, so that no product of laws gives the average; it is simulated (METHODS 5.3).
AVERAGING = ("auto", "simulate")


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """Chance of failing over error levels.

    Parameters
    ----------
    scenario : Scenario
        What was asked, with `averaged` settled.
    engine : str
        Which engine was asked for.
    levels : tuple of mapping of str to Decimal
        The error levels; one empty level for a given truth.
    chances : tuple of Chance
        One a level.
    other_denominator : tuple of float or None
        Chance that `missed` fails under the other reading of its denominator, one a level: no source says which is
        meant, and the two differ more than tenfold. None where the exact law would take too long.
    finding : tuple of float
        Chance that at least one wrong household is visited, one a level; exact, or an average over populations.
    tipping : tuple of Tipping
        Where the chances pass 5% and 50% along the grid's first axis.
    """

    scenario: Scenario
    engine: str
    levels: tuple[Level, ...]
    chances: tuple[Chance, ...]
    other_denominator: tuple[float | None, ...]
    finding: tuple[float, ...]
    tipping: tuple[Tipping, ...]

    @property
    def axis(self) -> tuple[str, ...]:
        """Keys of the grid's first axis; empty for a given truth."""
        return self.scenario.grid[0].keys if self.scenario.grid else ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row a level: the level's keys (suffixed ``_level``), then the chance by question."""
        import pandas as pd  # noqa: PLC0415 - half a second that the command line need not pay

        rows = [
            {**{f"{key}_level": float(value) for key, value in level.items()}, **chance.fails}
            for level, chance in zip(self.levels, self.chances, strict=True)
        ]
        return pd.DataFrame(rows)


def other_denominator(scenario: Scenario) -> Scenario:
    """Return the scenario with the other reading of the missed rate's denominator."""
    return replace(scenario, policy=scenario.policy.with_other_denominator())


def _reach(job: tuple[Scenario, Population]) -> tuple[float, float | None]:
    """Return the chance of a finding and that of `missed` under the other reading, simulated where no law is known."""
    cell, truth = job
    other = other_denominator(cell)
    finding = chance_of_finding(cell, truth)
    if finding is not None and cell.policy.weighting == "raw":
        return finding, exact.ratio_chance(other, truth, "missed").fails if exact.serves(other, "missed") else None
    if finding is None:
        finding = simulate.chance_of_finding(cell, truth)
    return finding, simulate.chance_of_missed(other, truth)


def curve(
    scenario: Scenario,
    *,
    engine: str = "auto",
    progress: Progress | None = None,
    so_far: Callable[[tuple[Chance, ...]], None] | None = None,
) -> Curve:
    """Return the chance of failing at every level of the scenario's grid.

    Parameters
    ----------
    scenario : Scenario
        With its grid.
    engine : {"auto", "exact", "conditional", "simulate"}, default "auto"
        Which engine to ask.
    progress : callable, optional
        Called with (done, all).
    so_far : callable, optional
        Called with the chances while an average is still imprecise, again and again; one a level.

    Returns
    -------
    Curve

    Raises
    ------
    InputError
        ``engine_cannot_serve`` where an average over populations is asked of an engine for one population,
        ``engine_cannot_weigh`` where the policy decides by weighted rates and the engine counts whole numbers only,
        ``engine_cannot_recheck``, ``engine_cannot_part``, ``engine_cannot_couple`` and ``engine_cannot_generate`` where
        it has no law for the inspection: after a second phase, with parts visited completely, where teams differ or
        absence looks at the truth, under a design without a generating function.

    Examples
    --------
    >>> from scenarios.files.scenario_file import load_scenario
    >>> answer = curve(load_scenario("example").scenario)
    >>> round(answer.chances[0].fails["wrong_exit"], 6)
    0.0
    """
    _require_served(scenario, engine)
    scenario = replace(scenario, averaged=averages_over_populations(scenario, engine))
    levels = scenario.points()
    cells = [scenario.at(level) for level in levels]
    if scenario.averaged:
        averages = model.averages(cells, progress=progress, so_far=so_far)
        chances = tuple(each.chance for each in averages)
        finding: tuple[float, ...] = tuple(each.finding for each in averages)
        other: tuple[float | None, ...] = tuple(each.other_denominator for each in averages)
    else:
        chances = ENGINES[engine](cells, progress=progress)
        truths = populations(cells)
        reached = in_threads(_reach, list(zip(cells, truths, strict=True)))
        finding, other = tuple(each[0] for each in reached), tuple(each[1] for each in reached)
    return Curve(
        scenario=scenario,
        engine=engine,
        levels=levels,
        chances=chances,
        finding=finding,
        tipping=tipping(scenario, levels, chances),
        other_denominator=other,
    )


def _require_served(scenario: Scenario, engine: str) -> None:
    """Refuse an engine that has no law for the inspection, with the reason and those that serve it."""
    if engine not in ("exact", "conditional"):
        return
    plan, others = scenario.plan, "auto, simulate"
    code = None
    if scenario.policy.weighting == "weighted" and engine == "conditional":
        code, others = "engine_cannot_weigh", "auto, exact, simulate"
    elif scenario.policy.weighting == "weighted" and scenario.fieldwork.absence > 0:
        code = "engine_cannot_weigh_absent"
    elif isinstance(plan, SpotCheck):
        code = "engine_cannot_recheck"
    elif not plan.plain:
        code = "engine_cannot_part"
    elif not scenario.fieldwork.by_household:
        code = "engine_cannot_couple"
    elif engine == "exact" and not has_law(plan.strata(scenario.frame)):
        code, others = "engine_cannot_generate", "auto, conditional, simulate"
    if code is not None:
        raise refuse(code, key="--engine", found=engine, allowed=others)


def averages_over_populations(scenario: Scenario, engine: str = "auto") -> bool:
    """Say whether the answer is an average over populations: as stated, else where truth and engine allow it.

    Raises
    ------
    InputError
        ``engine_cannot_serve`` where an average is stated and the engine answers for one population only.
    """
    if scenario.averaged is None:
        return isinstance(scenario.truth, ErrorModel) and engine in AVERAGING
    if scenario.averaged and engine not in AVERAGING:
        raise refuse("engine_cannot_serve", key="--engine", found=engine, allowed=", ".join(AVERAGING))
    return scenario.averaged
