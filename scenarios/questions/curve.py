"""The operating characteristic: the chance of failing over the error levels of a scenario's grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sampler.population import Population
from scenarios.engines import auto, exact, simulate
from scenarios.engines.chance import Chance
from scenarios.engines.scores import serves
from scenarios.engines.threads import in_threads
from scenarios.questions.reach import chance_of_finding
from scenarios.questions.tipping import Tipping, tipping
from scenarios.scenario import Level, Scenario, populations

if TYPE_CHECKING:
    import pandas as pd

ENGINES = {"auto": auto.chances, "exact": exact.chances, "simulate": simulate.chances}


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """Chance of failing over error levels.

    Parameters
    ----------
    scenario : Scenario
        What was asked.
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
        Chance that at least one wrong household is visited, one a level; exact.
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
    other: Mapping[str, str] = {"surveyed": "village", "village": "surveyed"}
    policy = replace(scenario.policy, missed_denominator=other[scenario.policy.missed_denominator])  # type: ignore[arg-type]
    return replace(scenario, policy=policy)


def _missed(job: tuple[Scenario, Population]) -> float | None:
    return exact.ratio_chance(*job, "missed").fails if serves(job[0], "missed") else None


def curve(scenario: Scenario, *, engine: str = "auto", progress: Callable[[int, int], None] | None = None) -> Curve:
    """Return the chance of failing at every level of the scenario's grid.

    Parameters
    ----------
    scenario : Scenario
        With its grid.
    engine : {"auto", "exact", "simulate"}, default "auto"
        Which engine to ask.
    progress : callable, optional
        Called with (done, all).

    Returns
    -------
    Curve

    Examples
    --------
    >>> from scenarios.files.scenario_file import load_scenario
    >>> answer = curve(load_scenario("example").scenario)
    >>> round(answer.chances[0].fails["wrong_exit"], 6)
    0.0
    """
    levels = scenario.points()
    cells = [scenario.at(level) for level in levels]
    others = [other_denominator(cell) for cell in cells]
    chances = ENGINES[engine](cells, progress=progress)
    return Curve(
        scenario=scenario,
        engine=engine,
        levels=levels,
        chances=chances,
        finding=tuple(
            in_threads(lambda job: chance_of_finding(*job), list(zip(cells, populations(cells), strict=True)))
        ),
        tipping=tipping(scenario, levels, chances),
        other_denominator=tuple(in_threads(_missed, list(zip(others, populations(others), strict=True)))),
    )
