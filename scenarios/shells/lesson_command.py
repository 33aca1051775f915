"""`choucha lesson`: a page for the classroom that plays many inspections of one county."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import click

from sampler.errors import refuse
from scenarios.messages import Catalogue
from scenarios.shells.click_words import FileName, OneOf, Share, WholeNumber
from scenarios.shells.output import only, require_different, require_outputs, tell_written


def lesson_parameters(words: Catalogue, lonely: Sequence[str]) -> list[click.Parameter]:
    """Return the argument and the options."""
    draws = WholeNumber("--draws", least=2, most=500)
    return [
        click.Argument(["argument"], nargs=-1, metavar="[SCENARIO|LIST]"),
        click.Option(["--to", "target"], type=FileName("--to"), help=words.say("help.lesson_to")),
        click.Option(["--draws"], type=draws, default=200, help=words.say("help.lesson_draws")),
        click.Option(["--level"], type=Share("--level"), help=words.say("help.lesson_level")),
        click.Option(["--seed"], type=WholeNumber("--seed"), help=words.say("help.seed")),
        click.Option(["--policy"], metavar="NAME", help=words.say("help.policy")),
        click.Option(["--lonely"], type=OneOf("--lonely", lonely), default="fail", help=words.say("help.lonely")),
    ]


def lesson(
    words: Catalogue,
    *,
    argument: tuple[str, ...],
    target: Path | None,
    draws: int,
    level: Decimal | None,
    seed: int | None,
    policy: str | None,
    lonely: str,
) -> None:
    """Write a page that plays many inspections of one county."""
    named = only(argument)
    from scenarios.engines.laws import needs_compiling  # noqa: PLC0415
    from scenarios.files.atomic import write_atomically  # noqa: PLC0415
    from scenarios.files.scenario_file import load_scenario  # noqa: PLC0415
    from scenarios.questions.inspection import at_level  # noqa: PLC0415
    from scenarios.questions.lesson import lesson as lesson_of  # noqa: PLC0415
    from scenarios.report.lesson_page import lesson_page, played  # noqa: PLC0415

    path = target or Path(words.say("lesson.file"))
    if path.suffix.lower() != ".html":
        raise refuse("lesson_suffix", file=path.name, found=path.suffix)
    if target is None and path.exists():
        raise refuse("report_exists", file=str(path), key="--to")
    loaded = load_scenario(named, seed=seed, policy=policy)
    if level is not None:
        at_level(loaded.scenario, level)
    require_outputs([path], [named])
    require_different([path], [named, loaded.tree["frame"].get("file")])
    if needs_compiling():
        click.echo(words.say("risk.compiling"), err=True)
    shown = lesson_of(loaded.scenario, level=level, draws=draws, lonely=lonely)  # type: ignore[arg-type]
    asked = [named and Path(named).name, *_level(list(shown.level.values())), f"--seed={shown.scenario.seed}"]
    asked += [policy and f"--policy={policy}", None if lonely == "fail" else f"--lonely={lonely}"]
    command = shlex.join(["choucha", "draw", *filter(None, asked)])
    write_atomically(path, lesson_page(shown, words, command=command))
    click.echo(played(shown, words))
    tell_written([path], words)


def _level(values: Sequence[Decimal]) -> list[str]:
    """Return the level along the first axis, whose keys share it, as an option."""
    return [f"--level={value}" for value in values[:1]]
