"""`choucha plan`: the smallest inspection that keeps to two risks."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from sampler.errors import refuse
from scenarios.messages import Catalogue
from scenarios.shells.click_words import FileName, Share, WholeNumber
from scenarios.shells.output import console, only, progress_of, require_outputs, tell_written

_PRODUCER, _CONSUMER = Decimal("0.05"), Decimal("0.10")  # as acceptance sampling has them


def plan_parameters(words: Catalogue) -> list[click.Parameter]:
    """Return the argument and the options."""
    return [
        click.Argument(["argument"], nargs=-1, metavar="[SCENARIO|LIST]"),
        click.Option(["--prq"], type=Share("--prq"), help=words.say("help.plan_prq")),
        click.Option(["--crq"], type=Share("--crq"), help=words.say("help.plan_crq")),
        click.Option(["--producer"], type=Share("--producer"), help=words.say("help.producer")),
        click.Option(["--consumer"], type=Share("--consumer"), help=words.say("help.consumer")),
        click.Option(["--json", "json_path"], type=FileName("--json"), help=words.say("help.json")),
        click.Option(["--save", "save_path"], type=FileName("--save"), help=words.say("help.plan_save")),
        click.Option(["--seed"], type=WholeNumber("--seed"), help=words.say("help.seed")),
        click.Option(["--policy"], metavar="NAME", help=words.say("help.policy")),
    ]


def plan(
    words: Catalogue,
    *,
    argument: tuple[str, ...],
    prq: Decimal | None,
    crq: Decimal | None,
    producer: Decimal | None,
    consumer: Decimal | None,
    json_path: Path | None,
    save_path: Path | None,
    seed: int | None,
    policy: str | None,
) -> None:
    """Find the smallest inspection that keeps to both risk points."""
    named = only(argument)
    if prq is None or crq is None:
        raise refuse("points_missing", allowed="--prq, --crq")
    from scenarios.files.plan_record import plan_record  # noqa: PLC0415
    from scenarios.files.planned import with_plan  # noqa: PLC0415
    from scenarios.files.records import write_json  # noqa: PLC0415
    from scenarios.files.scenario_file import (  # noqa: PLC0415
        load_scenario,
        require_scenario_suffix,
        save_scenario,
    )
    from scenarios.planning.decision_risk import levels_of  # noqa: PLC0415
    from scenarios.planning.smallest import RiskPoints, require_sizable, smallest  # noqa: PLC0415
    from scenarios.report.plan_text import plan_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415

    points = RiskPoints(
        good=prq,
        bad=crq,
        producer=_PRODUCER if producer is None else producer,
        consumer=_CONSUMER if consumer is None else consumer,
    )
    loaded = load_scenario(named, seed=seed, policy=policy)
    require_sizable(loaded.scenario)
    for level in levels_of(loaded.scenario, points):  # a level that cannot be is refused before the work
        loaded.scenario.at(level)
    if save_path:
        require_scenario_suffix(save_path)
    require_outputs([*filter(None, (json_path, save_path))], [named])
    with progress_of(words) as progress:
        found = smallest(loaded.scenario, points, progress=progress)
    show(console(), *plan_text(found, words))
    if json_path:
        write_json(plan_record(found), json_path)
    if save_path:
        save_scenario(with_plan(loaded, found.plan), save_path)
    tell_written([*filter(None, (json_path, save_path))], words)
