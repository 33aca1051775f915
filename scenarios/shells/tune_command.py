"""`choucha tune`: the plan whose decision errs least for what may be spent."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from sampler.errors import refuse
from scenarios.messages import Catalogue
from scenarios.shells.click_words import FileName, Share, WholeNumber
from scenarios.shells.output import console, only, progress_of, require_outputs, tell_written


def tune_parameters(words: Catalogue) -> list[click.Parameter]:
    """Return the argument and the options."""
    return [
        click.Argument(["argument"], nargs=-1, metavar="[SCENARIO|LIST]"),
        click.Option(["--prq"], type=Share("--prq"), help=words.say("help.plan_prq")),
        click.Option(["--crq"], type=Share("--crq"), help=words.say("help.plan_crq")),
        click.Option(["--budget"], type=WholeNumber("--budget", least=1), help=words.say("help.budget")),
        click.Option(
            ["--village-cost"], type=WholeNumber("--village-cost"), default=20, help=words.say("help.village_cost")
        ),
        click.Option(
            ["--household-cost"],
            type=WholeNumber("--household-cost", least=1),
            default=1,
            help=words.say("help.household_cost"),
        ),
        click.Option(
            ["--take", "takes"], type=WholeNumber("--take", least=1), multiple=True, help=words.say("help.take")
        ),
        click.Option(["--json", "json_path"], type=FileName("--json"), help=words.say("help.json")),
        click.Option(
            ["--figure", "figures"], type=FileName("--figure"), multiple=True, help=words.say("help.tune_figure")
        ),
        click.Option(["--seed"], type=WholeNumber("--seed"), help=words.say("help.seed")),
        click.Option(["--policy"], metavar="NAME", help=words.say("help.policy")),
    ]


def tune(
    words: Catalogue,
    *,
    argument: tuple[str, ...],
    prq: Decimal | None,
    crq: Decimal | None,
    budget: int | None,
    village_cost: int,
    household_cost: int,
    takes: tuple[int, ...],
    json_path: Path | None,
    figures: tuple[Path, ...],
    seed: int | None,
    policy: str | None,
) -> None:
    """Search for the plan whose decision errs least under the worst condition."""
    named = only(argument)
    if prq is None or crq is None:
        raise refuse("points_missing", allowed="--prq, --crq")
    from scenarios.files.records import write_json  # noqa: PLC0415
    from scenarios.files.scenario_file import load_scenario  # noqa: PLC0415
    from scenarios.files.tune_record import tune_record  # noqa: PLC0415
    from scenarios.planning.decision_risk import conditions  # noqa: PLC0415
    from scenarios.planning.smallest import RiskPoints, require_sizable  # noqa: PLC0415
    from scenarios.planning.tune import TAKES, Space  # noqa: PLC0415
    from scenarios.planning.tune import tune as tuned  # noqa: PLC0415
    from scenarios.planning.two_stage import StageCosts  # noqa: PLC0415
    from scenarios.report.pictures import SUFFIXES  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415
    from scenarios.report.tune_text import save_pareto_figure, tune_text  # noqa: PLC0415

    # The bounds of the points decide nothing here: risks are added up, not held to a bound.
    points = RiskPoints(good=prq, bad=crq, producer=Decimal("0.5"), consumer=Decimal("0.5"))
    scenario = load_scenario(named, seed=seed, policy=policy).scenario
    require_sizable(scenario)
    for level in (points.good, points.bad):  # a level that cannot be is refused before the work
        scenario.at(dict.fromkeys(scenario.grid[0].keys, level))
    for path in figures:
        if path.suffix.lower() not in SUFFIXES:
            raise refuse("figure_suffix", file=path.name, found=path.suffix, allowed=", ".join(SUFFIXES))
    outputs = [*filter(None, [json_path]), *figures]
    require_outputs(outputs, [named])
    with progress_of(words) as progress:
        found = tuned(
            scenario,
            points,
            conditions(),
            costs=StageCosts(village=village_cost, household=household_cost),
            budget=budget,
            space=Space(takes=takes or TAKES),
            progress=progress,
        )
    show(console(), *tune_text(found, words))
    if json_path:
        write_json(tune_record(found), json_path)
    for path in figures:
        save_pareto_figure(found, words, path)
    tell_written(outputs, words)
