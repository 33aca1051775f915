"""One county inspected again and again: what each inspection finds, and what every rule says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from estimators.estimate import Estimate
from estimators.policy import CRITERIA
from estimators.rule import Verdict
from sampler.estimands import estimands
from sampler.inspection import tallies
from scenarios.questions.assessment import Assessment, assess
from scenarios.questions.inspection import middle_level
from scenarios.scenario import GivenTruth, Level, Scenario, populations

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class Repeated:
    """Inspections of one county, whose truth stays as it is.

    Parameters
    ----------
    scenario : Scenario
        Without grid.
    level : mapping of str to Decimal
        The error level assumed; empty for a given truth.
    truth : mapping of str to Fraction or None
        The true rates, by criterion.
    assessment : Assessment
        Estimates and verdicts; R is the number of inspections.
    """

    scenario: Scenario
    level: Level
    truth: Mapping[str, Fraction | None]
    assessment: Assessment

    @property
    def raw(self) -> Mapping[str, Estimate]:
        """The official ratios, by criterion; number n stands at n - 1."""
        return self.assessment.raw

    @property
    def weighted(self) -> Mapping[str, Estimate] | None:
        """The weighted rates, by criterion, where there are weights."""
        return self.assessment.weighted

    @property
    def verdict(self) -> Verdict:
        """Of the rule that decides."""
        return self.assessment.verdict

    def to_frame(self) -> pd.DataFrame:
        """Return one row an inspection: the rates that decide, and whether the county fails."""
        import pandas as pd  # noqa: PLC0415 - half a second that the command line need not pay

        rates = {name: self.assessment.deciding[name].value for name in CRITERIA}
        times = len(self.verdict.any)
        return pd.DataFrame({**rates, "fails": self.verdict.any}, index=pd.RangeIndex(1, times + 1, name="number"))

    def by_rule(self) -> pd.DataFrame:
        """Return the share of the inspections that each rule fails, one row a rule, one column a question."""
        import pandas as pd  # noqa: PLC0415 - as above

        rows = {
            name: {"any": verdict.any.mean(), **{each: verdict.fails[each].mean() for each in CRITERIA}}
            for name, verdict in self.assessment.verdicts.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")


def repeat(scenario: Scenario, *, level: Level | None = None, times: int = 1_000) -> Repeated:
    """Inspect one county again and again.

    Parameters
    ----------
    scenario : Scenario
        Its seed decides truth and draws.
    level : mapping of str to Decimal, optional
        Error level; the grid's middle by default.
    times : int, default 1000
        Inspections number 1 to `times` of the seed, the same as those of `inspect`.

    Returns
    -------
    Repeated

    Raises
    ------
    InputError
        As `inspect`.

    Examples
    --------
    >>> from scenarios import load
    >>> from scenarios.questions.inspection import inspect
    >>> example = load("example")
    >>> second = repeat(example, times=2).to_frame().loc[2]
    >>> second["missed"] == inspect(example, number=2).assessment.raw["missed"].value[0]
    np.True_
    """
    chosen = middle_level(scenario) if level is None else level
    cell = scenario.at({} if isinstance(scenario.truth, GivenTruth) else chosen)
    (population,) = populations([cell])
    seen = tallies(population, cell.plan, seed=cell.seed, replicates=np.arange(times), fieldwork=cell.fieldwork)
    return Repeated(
        scenario=cell,
        level=chosen,
        truth=estimands(population, cell.policy.units),
        assessment=assess(
            seen, cell.policy, strata=[stratum.name for stratum in cell.plan.strata(cell.frame)], frame=cell.frame
        ),
    )
