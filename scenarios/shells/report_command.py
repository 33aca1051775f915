"""`choucha report`: the answer as a document to hand in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sampler.errors import refuse
from scenarios.messages import Catalogue
from scenarios.shells.click_words import FileName, Share, WholeNumber
from scenarios.shells.output import only, progress_of, require_outputs, tell_written
from scenarios.shells.risk_around import AroundAsked, around_parameters
from scenarios.shells.risk_beliefs import BeliefsAsked, belief_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

_SUFFIXES = (".docx", ".html", ".xlsx")  # written where nothing is named


def report_parameters(words: Catalogue) -> list[click.Parameter]:
    """Return the argument and the options."""
    return [
        click.Argument(["argument"], nargs=-1, metavar="[SCENARIO|LIST]"),
        click.Option(["--to", "targets"], type=FileName("--to"), multiple=True, help=words.say("help.to")),
        click.Option(["--old", "old_path"], type=FileName("--old"), help=words.say("help.old")),
        click.Option(["--level"], type=Share("--level"), help=words.say("help.level_report")),
        click.Option(["--json", "json_path"], type=FileName("--json"), help=words.say("help.json")),
        click.Option(["--seed"], type=WholeNumber("--seed"), help=words.say("help.seed")),
        click.Option(["--county"], metavar="NAME", help=words.say("help.county")),
        click.Option(["--policy"], metavar="NAME", help=words.say("help.policy")),
        *belief_parameters(words),
        *around_parameters(words),
    ]


def report(
    words: Catalogue,
    *,
    argument: tuple[str, ...],
    targets: tuple[Path, ...],
    old_path: Path | None,
    level: Decimal | None,
    json_path: Path | None,
    county: str | None,
    seed: int | None,
    policy: str | None,
    beliefs: BeliefsAsked,
    around: AroundAsked,
) -> None:
    """Write the answer as a document to hand in."""
    named = only(argument)
    from scenarios.engines.laws import needs_compiling  # noqa: PLC0415
    from scenarios.files.atomic import write_atomically  # noqa: PLC0415
    from scenarios.files.records import risk_record, write_json  # noqa: PLC0415
    from scenarios.files.saved_risks import read_risk, saved  # noqa: PLC0415
    from scenarios.files.scenario_file import load_scenario, value_of  # noqa: PLC0415
    from scenarios.questions.briefing import briefing, including  # noqa: PLC0415
    from scenarios.questions.channels import channel_answers  # noqa: PLC0415
    from scenarios.questions.comparison import comparison  # noqa: PLC0415
    from scenarios.questions.curve import curve  # noqa: PLC0415
    from scenarios.questions.inspection import at_level  # noqa: PLC0415
    from scenarios.report.channels_text import channels_text  # noqa: PLC0415
    from scenarios.report.planner_report import Reported, planner_report  # noqa: PLC0415
    from scenarios.report.renderers import renderer  # noqa: PLC0415

    wanted = _targets(targets, words)
    loaded = load_scenario(named, seed=seed, policy=policy, county=county)
    scenario = loaded.scenario
    asked = None if level is None else at_level(scenario, level)
    beliefs.require(scenario)
    around.require(scenario)
    require_outputs([*wanted, *filter(None, [json_path])], [named, old_path])
    old = read_risk(old_path) if old_path else None
    if needs_compiling():
        click.echo(words.say("risk.compiling"), err=True)
    with progress_of(words) as progress:
        answer = curve(scenario if level is None else including(scenario, level), progress=progress)
        compared = None if old is None else comparison(old, saved(risk_record(answer)))
        found = briefing(answer, asked, comparison=compared, progress=progress)
        believed = beliefs.answers(answer)
        beside = around.answers(answer, found.level, beliefs, progress)
        others = channel_answers(answer.scenario, progress=progress)
    reported = Reported(
        briefing=found,
        assumed={key: value_of(loaded.tree, key) for key in scenario.assumed},
        remarks=loaded.remarks,
        believed=believed.assurance,
        further=(*believed.text(words), *beside.text(words), *channels_text(others, words)),
        made_on=date.today(),
        source=Path(named).name if named else "",
    )
    document = planner_report(reported, words)
    made = [(path, renderer(path.suffix.lower())(document)) for path in wanted]
    for path, content in made:  # all are rendered before the first is written
        write_atomically(path, content)
    if json_path:
        write_json(risk_record(answer) | beside.record() | believed.record(), json_path)
    for line in document.answer:
        click.echo(line)
    tell_written([*wanted, *filter(None, [json_path])], words)


def _targets(targets: Sequence[Path], words: Catalogue) -> list[Path]:
    """Return the files to write: those named, else a document, a page and a workbook that do not stand there yet."""
    from scenarios.report.renderers import require_format  # noqa: PLC0415

    for path in targets:
        require_format(path)
    if targets:
        return list(targets)
    chosen = [Path(words.say("report.file") + suffix) for suffix in _SUFFIXES]
    for path in chosen:
        if path.exists():
            raise refuse("report_exists", file=str(path), key="--to")
    return chosen
