"""What the page's processes do: functions of what is asked, which tell how far they are and may be killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from scenarios.engines.threads import Progress
from scenarios.files.saved_risks import described
from scenarios.files.scenario_file import ScenarioFile, value_of
from scenarios.messages import catalogue
from scenarios.planning.candidates import Space
from scenarios.planning.decision_risk import conditions
from scenarios.planning.smallest import RiskPoints
from scenarios.planning.tune import require_tunable, tune
from scenarios.planning.two_stage import StageCosts
from scenarios.questions.briefing import briefing
from scenarios.questions.curve import Curve, curve
from scenarios.questions.paired import paired_comparison, require_comparable
from scenarios.questions.repeated import Repeated, repeated
from scenarios.report.comparison_text import comparison_text
from scenarios.report.document import Document, Picture
from scenarios.report.parts import Part
from scenarios.report.pictures import picture
from scenarios.report.planner_report import Reported, planner_report
from scenarios.report.renderers import renderer
from scenarios.report.tune_text import pareto_figure, tune_text
from scenarios.scenario import Level, Scenario
from scenarios.shells.web.county import Source, read_source

Tell = Callable[[object], None]
FORMATS = (".docx", ".html", ".xlsx")


def _progress(tell: Tell) -> Progress:
    return lambda done, whole: tell((int(done), int(whole)))


def read_list(path: str, name: str, *, tell: Tell) -> Source:
    """Read an uploaded list as `choucha risk LIST` does."""
    del tell
    return read_source(path, name)


def risk(scenario: Scenario, *, tell: Tell) -> Curve:
    """Return the chance over the error levels, told on the way as it grows precise."""
    return curve(scenario, progress=_progress(tell), so_far=tell)


def example(*, tell: Tell) -> tuple[Source, Curve]:
    """Return the example county and its answer."""
    source = read_source("example", "")
    return source, curve(source.scenario({}).scenario, progress=_progress(tell))


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """A report and its files.

    Parameters
    ----------
    document : Document
        What it says.
    files : dict of str to bytes
        By suffix.
    """

    document: Document
    files: dict[str, bytes]


def report(loaded: ScenarioFile, answer: Curve, level: Level, source: str, language: str, *, tell: Tell) -> Made:
    """Return the report that `choucha report` writes, in every format."""
    found = briefing(answer, level, progress=_progress(tell))
    reported = Reported(
        briefing=found,
        assumed={key: value_of(loaded.tree, key) for key in loaded.scenario.assumed},
        remarks=loaded.remarks,
        believed=None,
        further=(),
        made_on=date.today(),
        source=source,
    )
    document = planner_report(reported, catalogue(language))
    return Made(document=document, files={suffix: renderer(suffix)(document) for suffix in FORMATS})


def compare(first: Scenario, second: Scenario, language: str, *, tell: Tell) -> tuple[Part, ...]:
    """Return how two plans differ, on common random numbers."""
    require_comparable(first, second)
    found = paired_comparison(described(first), described(second), (first, second), progress=_progress(tell))
    return tuple(comparison_text(found, catalogue(language)))


@dataclass(frozen=True, kw_only=True)
class Thoroughness:
    """How thoroughly plans are looked at.

    Parameters
    ----------
    conditions : mapping of str to tuple of Decimal
        Values of parameters of the error model, each combination of which is a condition.
    shortlist : int
        Plans judged closely.
    fresh : int
        Populations on which the gain is measured once more.
    """

    conditions: Mapping[str, tuple[Decimal, ...]]
    shortlist: int
    fresh: int


def search(
    scenario: Scenario,
    good: Decimal,
    bad: Decimal,
    costs: tuple[int, int],
    space: Space,
    thoroughness: Thoroughness,
    language: str,
    *,
    tell: Tell,
) -> tuple[tuple[Part, ...], Picture]:
    """Return the plans that err least, with their figure."""
    half, words = Decimal("0.5"), catalogue(language)  # the bounds of the points decide nothing here
    points = RiskPoints(good=good, producer=half, bad=bad, consumer=half)
    require_tunable(scenario)
    found = tune(
        scenario,
        points,
        conditions(thoroughness.conditions),
        costs=StageCosts(village=costs[0], household=costs[1]),
        space=space,
        shortlist=thoroughness.shortlist,
        fresh=thoroughness.fresh,
        progress=_progress(tell),
    )
    return tuple(tune_text(found, words)), picture(*pareto_figure(found, words))


def repeat(scenario: Scenario, level: Level, count: int, *, tell: Tell) -> Repeated:
    """Return what many inspections of one county saw, told on the way as they come in."""
    found: Repeated | None = None
    for found in repeated(scenario, level, count):
        tell(found)
        tell((found.inspections, count))
    assert found is not None  # noqa: S101 - count is at least 1
    return found
