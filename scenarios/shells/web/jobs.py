"""What the page's processes do: functions of what is asked, which tell how far they are and may be killed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path

from scenarios.engines.threads import Progress
from scenarios.files.saved_risks import described
from scenarios.files.scenario_file import ScenarioFile, value_of
from scenarios.messages import catalogue
from scenarios.planning.candidates import Space
from scenarios.planning.decision_risk import conditions
from scenarios.planning.smallest import RiskPoints, require_sizable
from scenarios.planning.tune import tune
from scenarios.planning.two_stage import StageCosts
from scenarios.questions.briefing import briefing
from scenarios.questions.curve import Curve, curve
from scenarios.questions.paired import paired_comparison, require_comparable
from scenarios.questions.repeated import Repeated, repeated
from scenarios.report.comparison_text import comparison_text
from scenarios.report.document import Document, Picture
from scenarios.report.parts import Part
from scenarios.report.planner_report import Reported, planner_report
from scenarios.report.renderers import renderer
from scenarios.report.tune_text import save_pareto_figure, tune_text
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
    """Return the chance over the error levels."""
    return curve(scenario, progress=_progress(tell))


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


def search(
    scenario: Scenario,
    good: Decimal,
    bad: Decimal,
    costs: tuple[int, int],
    budget: int | None,
    takes: tuple[int, ...],
    language: str,
    *,
    tell: Tell,
) -> tuple[tuple[Part, ...], Picture]:
    """Return the plans that err least, with their figure."""
    half, words = Decimal("0.5"), catalogue(language)  # the bounds of the points decide nothing here
    points = RiskPoints(good=good, producer=half, bad=bad, consumer=half)
    require_sizable(scenario)
    found = tune(
        scenario,
        points,
        conditions(),
        costs=StageCosts(village=costs[0], household=costs[1]),
        budget=budget,
        space=Space(takes=takes),
        progress=_progress(tell),
    )
    drawn = _saved(lambda path: save_pareto_figure(found, words, path))
    return tuple(tune_text(found, words)), drawn


def _saved(save: Callable[[Path], None]) -> Picture:
    """Return a figure that only knows how to be saved."""
    with tempfile.TemporaryDirectory() as folder:
        made = {suffix: Path(folder, f"figure{suffix}") for suffix in (".svg", ".png")}
        for path in made.values():
            save(path)
        svg, png = (path.read_bytes() for path in made.values())
    told = re.search(rb"<desc>(.*?)</desc>", svg, re.DOTALL)
    return Picture(svg=svg, png=png, alternative_text=unescape(told[1].decode()) if told else "")


def repeat(scenario: Scenario, level: Level, count: int, *, tell: Tell) -> Repeated:
    """Return what many inspections of one county saw, told on the way as they come in."""
    found: Repeated | None = None
    for found in repeated(scenario, level, count):
        tell(found)
        tell((found.inspections, count))
    assert found is not None  # noqa: S101 - count is at least 1
    return found
