"""What a planner's report answers, brought together: the curve, who carries the risk, how far it is to a failure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from scenarios.engines.chance import Chance
from scenarios.engines.threads import Progress
from scenarios.questions.attribution import Attribution, attribution, criteria_with_law, nearest_to_even
from scenarios.questions.comparison import Comparison
from scenarios.questions.curve import Curve
from scenarios.questions.error_counts import ErrorCounts, error_counts
from scenarios.scenario import Axis, Level, Scenario


@dataclass(frozen=True, kw_only=True, eq=False)
class Briefing:
    """The answers of a report.

    Parameters
    ----------
    curve : Curve
        The chance of failing over the error levels.
    level : mapping of str to Decimal
        The level that is looked at closely.
    stated : bool
        Whether somebody holds the county to be at this level; else it is where passing and failing are most alike.
    attribution : Attribution or None
        Who carries the risk there; None where no criterion has an exact law to read it off.
    counts : ErrorCounts or None
        Wrong households when 5% and 50% of inspections fail; None where the level is no rate of errors.
    comparison : Comparison or None
        With last year's answer, where there is one.
    """

    curve: Curve
    level: Level
    stated: bool
    attribution: Attribution | None
    counts: ErrorCounts | None
    comparison: Comparison | None

    @property
    def chance(self) -> Chance:
        """The chance of failing at the level."""
        return self.curve.chances[self.curve.levels.index(self.level)]


def briefing(
    curve: Curve,
    level: Level | None,
    *,
    comparison: Comparison | None = None,
    progress: Progress | None = None,
) -> Briefing:
    """Return the answers of a report.

    Parameters
    ----------
    curve : Curve
        The chances by error level.
    level : mapping of str to Decimal or None
        One of its levels, where somebody holds the county to be there.
    comparison : Comparison, optional
        With last year's answer.
    progress : callable, optional
        Called with (done, all).

    Examples
    --------
    >>> from dataclasses import replace
    >>> from scenarios import load, run
    >>> found = briefing(run(replace(load("lqas-5x10"), seed=3)), None)
    >>> found.stated, found.comparison
    (False, None)
    """
    chosen = nearest_to_even(curve) if level is None else level
    carried = criteria_with_law(curve.scenario.at(chosen))
    moved = not curve.axis or {"wrong_exit", "missed"} & set(curve.axis)
    return Briefing(
        curve=curve,
        level=chosen,
        stated=level is not None or not curve.axis,
        attribution=attribution(curve.scenario, chosen, progress=progress) if carried else None,
        counts=error_counts(curve, chosen, progress=progress) if moved else None,
        comparison=comparison,
    )


def including(scenario: Scenario, value: Decimal) -> Scenario:
    """Return a scenario whose grid has a value along its first axis, so that the curve answers there too.

    Examples
    --------
    >>> from scenarios import load
    >>> [str(value) for value in including(load("example"), Decimal("0.011")).grid[0].values[5:7]]
    ['0.01', '0.011']
    """
    first, *others = scenario.grid
    values = tuple(sorted({*first.values, value}))
    return replace(scenario, grid=(Axis(keys=first.keys, values=values), *others))
