"""The `choucha` command. Heavy imports stand inside the commands, so that help costs nothing."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from sampler.errors import InputError, Mistake
from scenarios.messages import LANGUAGES, Catalogue, catalogue, clean, default_language
from scenarios.shells import commands
from scenarios.shells.click_words import FileName, LocalCommand, LocalGroup, OneOf, Share, WholeNumber, usage_text
from scenarios.shells.draw_form import DrawAsked
from scenarios.shells.lesson_command import lesson, lesson_parameters
from scenarios.shells.plan_command import plan, plan_parameters
from scenarios.shells.report_command import report, report_parameters
from scenarios.shells.risk_around import AroundAsked, around_parameters
from scenarios.shells.risk_beliefs import BeliefsAsked, belief_parameters
from scenarios.shells.sweep_command import sweep, sweep_parameters
from scenarios.shells.tune_command import TuneAsked, tune, tune_parameters
from scenarios.shells.web_command import web, web_parameters

_LOG = logging.getLogger("choucha")
# Named here because the catalogues themselves cost a second to import; a test compares them.
ENGINES = ("auto", "exact", "conditional", "simulate")
INTERVALS = (
    "korn_graubard",
    "korn_graubard_plain",
    "korn_graubard_r",
    "korn_graubard_nchs",
    "wilson",
    "wilson_continuity",
    "clopper_pearson",
    "mid_p",
    "jeffreys",
    "uniform",
    "agresti_coull",
    "logit",
    "arcsine",
    "likelihood",
    "cai",
    "kott_liu",
    "hypergeometric",
    "wald",
)
LONELY = ("fail", "remove", "certainty", "adjust", "average")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status: 0 done, 2 bad input, 1 a fault of ours, 130 interrupted."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    for output in (sys.stdout, sys.stderr):
        # Redirected output is UTF-8; a GBK console shows what it can and never crashes.
        if hasattr(output, "reconfigure"):
            output.reconfigure(errors="replace", **({} if output.isatty() else {"encoding": "utf-8"}))
    words = catalogue(_language(argv))
    sys.exit(_run(argv, words))


def _language(argv: Sequence[str]) -> str:
    """Return the language asked for, known before the options are parsed so that help itself is in it."""
    for i, argument in enumerate(argv):
        stated = argument.removeprefix("--lang=") if argument.startswith("--lang=") else ""
        if argument == "--lang" and i + 1 < len(argv):
            stated = argv[i + 1]
        if stated in LANGUAGES:
            return stated
    return default_language()


def _run(argv: Sequence[str], words: Catalogue) -> int:
    verbose = "--verbose" in argv
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING if verbose else logging.CRITICAL, format="%(name)s: %(message)s"
    )
    _LOG.setLevel(logging.INFO if verbose else logging.CRITICAL)  # libraries' own notes are nothing to a user
    try:
        status = _answer(argv, words)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        click.echo(words.say("usage.interrupted"), err=True)
        return 130
    except BrokenPipeError:
        # Who reads has had enough. What is still in the buffer goes nowhere, so that leaving does not stumble over it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001
        # The one place that catches everything: a user gets a sentence, --verbose the details.
        _LOG.info("details", exc_info=True)
        click.echo(words.say("usage.internal", text=clean(f"{type(error).__name__}: {error}")), err=True)
        return 1
    return status


def _answer(argv: Sequence[str], words: Catalogue) -> int:
    """Run a command; bad input and wrong usage become a message and status 2."""
    try:
        with build(words).make_context("choucha", list(argv)) as context:
            context.command.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except InputError as error:
        lines, count = words.mistakes(error.mistakes[:_MOST_MISTAKES]), len(error.mistakes)
        if count > 1:
            click.echo(words.say("check.mistakes", count=count), err=True)
        for line in lines:
            click.echo(
                words.say("usage.error", text=_shortened(line)) if count == 1 else f"  {_shortened(line)}", err=True
            )
        if count > _MOST_MISTAKES:
            click.echo(words.say("check.more_mistakes", count=f"{count - _MOST_MISTAKES:,}"), err=True)
        _tell_of_marking(error, argv, words)
        return 2
    except BrokenPipeError:
        raise
    except OSError as error:  # a file that is locked, unreadable, or on a disk that is gone: the system's refusal
        told = words.mistake(
            Mistake("system_refuses", {"file": str(error.filename or ""), "found": error.strerror or ""})
        )
        click.echo(words.say("usage.error", text=told), err=True)
        _LOG.info("details", exc_info=True)
        return 2
    except click.UsageError as error:
        click.echo(words.say("usage.error", text=usage_text(error, words)), err=True)
        path = error.ctx.command_path if error.ctx else "choucha"
        click.echo(words.say("usage.try_help", command=path), err=True)
        return 2
    return 0


def _tell_of_marking(error: InputError, argv: Sequence[str], words: Catalogue) -> None:
    """Say that the bad cells of a workbook can be marked, where that was not asked."""
    files = {str(mistake.fields.get("file")) for mistake in error.mistakes if mistake.fields.get("cell")}
    named = [each for each in argv if Path(each).name in files and each.lower().endswith(".xlsx")]
    if len(named) == 1 and "--mark" not in argv:
        told = words.say("check.mark_hint", file=clean(named[0]), marked=words.say("check.marked_file"))
        click.echo(told, err=True)


_MOST_MISTAKES, _LONGEST_LINE = 2_000, 2_000  # more than anybody reads


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + "…"


def build(words: Catalogue) -> click.Group:
    """Return the command line in one language.

    Parameters
    ----------
    words : Catalogue
        The language of every text in it.
    """
    group = LocalGroup(
        subcommand_metavar=words.say("usage.subcommand"),
        name="choucha",
        help=words.say("help.group"),
        words=words,
        params=_common(words),
    )
    group.params.append(_version_option(words))
    for name, callback, parameters in (
        ("risk", _risk, _risk_parameters(words)),
        ("report", _report, report_parameters(words)),
        ("draw", _draw, _draw_parameters(words)),
        ("lesson", lesson, lesson_parameters(words, LONELY)),
        ("estimate", commands.estimate, _estimate_parameters(words)),
        ("coverage", commands.coverage, _coverage_parameters(words)),
        ("calibrate", commands.calibrate, _calibrate_parameters(words)),
        ("fit", commands.fit, _fit_parameters(words)),
        ("plan", plan, plan_parameters(words)),
        ("tune", _tune, tune_parameters(words)),
        ("sweep", sweep, sweep_parameters(words, ENGINES)),
        ("compare", commands.compare, _compare_parameters(words)),
        ("web", web, web_parameters(words)),
        ("check", commands.check, _check_parameters(words)),
        ("template", commands.template, [click.Argument(["file"], nargs=-1, metavar="[FILE]")]),
        ("policies", commands.policies, [click.Argument(["names"], nargs=-1, metavar="[NAME]...")]),
    ):
        run = _with_words(callback, words)
        command = LocalCommand(
            name=name, callback=run, params=[*parameters, *_common(words)], help=words.say(f"help.{name}"), words=words
        )
        group.add_command(command)
    return group


def _with_words(callback: Callable[..., None], words: Catalogue) -> Callable[..., None]:
    def run(*, lang: str | None, verbose: bool, **given: Any) -> None:  # noqa: ARG001 - read before parsing
        callback(words, **given)

    return run


def _common(words: Catalogue) -> list[click.Parameter]:
    return [
        click.Option(["--lang"], type=OneOf("--lang", LANGUAGES), help=words.say("help.lang")),
        click.Option(["--verbose"], is_flag=True, help=words.say("help.verbose")),
    ]


def _version_option(words: Catalogue) -> click.Option:
    def show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            from scenarios.provenance import version_of  # noqa: PLC0415

            click.echo(f"choucha {version_of('choucha')}")
            context.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=show_version,
        help=words.say("help.version"),
    )


def _file(words: Catalogue, option: str, *, name: str, multiple: bool = False) -> click.Option:
    said = words.say(f"help.{option}")
    return click.Option([f"--{option}", name], type=FileName(f"--{option}"), multiple=multiple, help=said)


def _replacements(words: Catalogue) -> list[click.Parameter]:
    """Return the options that replace a part of the scenario."""
    return [
        click.Option(["--seed"], type=WholeNumber("--seed"), help=words.say("help.seed")),
        click.Option(["--policy"], metavar="NAME", help=words.say("help.policy")),
    ]


def _risk(words: Catalogue, **given: Any) -> None:
    beliefs = BeliefsAsked(**{each.name: given.pop(each.name) for each in fields(BeliefsAsked)})
    around = AroundAsked(**{each.name: given.pop(each.name) for each in fields(AroundAsked)})
    commands.risk(words, beliefs=beliefs, around=around, **given)


def _report(words: Catalogue, **given: Any) -> None:
    beliefs = BeliefsAsked(**{each.name: given.pop(each.name) for each in fields(BeliefsAsked)})
    around = AroundAsked(**{each.name: given.pop(each.name) for each in fields(AroundAsked)})
    report(words, beliefs=beliefs, around=around, **given)


def _tune(words: Catalogue, **given: Any) -> None:
    asked = TuneAsked(**{each.name: given.pop(each.name) for each in fields(TuneAsked)})
    tune(words, asked=asked, **given)


def _risk_parameters(words: Catalogue) -> list[click.Parameter]:
    return [
        click.Argument(["argument"], nargs=-1, metavar="[SCENARIO|LIST]"),
        _file(words, "json", name="json_path"),
        _file(words, "save", name="save_path"),
        _file(words, "figure", name="figures", multiple=True),
        *_replacements(words),
        click.Option(["--engine"], type=OneOf("--engine", ENGINES), default="auto", help=words.say("help.engine")),
        click.Option(["--why"], is_flag=True, help=words.say("help.why")),
        click.Option(["--level"], type=Share("--level"), help=words.say("help.level_why")),
        *belief_parameters(words),
        *around_parameters(words),
    ]


def _estimation(words: Catalogue) -> list[click.Parameter]:
    return [
        click.Option(
            ["--interval"],
            type=OneOf("--interval", INTERVALS),
            default="korn_graubard",
            help=words.say("help.interval"),
        ),
        _lonely(words),
    ]


def _lonely(words: Catalogue) -> click.Parameter:
    return click.Option(["--lonely"], type=OneOf("--lonely", LONELY), default="fail", help=words.say("help.lonely"))


def _draw(
    words: Catalogue, *, form_path: Path | None, reserves: int | None, office: bool, steps: bool, **given: Any
) -> None:
    commands.draw(words, asked=DrawAsked(path=form_path, reserves=reserves, office=office, steps=steps), **given)


def _draw_parameters(words: Catalogue) -> list[click.Parameter]:
    number = WholeNumber("--number", least=1)
    return [
        click.Argument(["argument"], nargs=-1, metavar="[SCENARIO|LIST]"),
        click.Option(["--level"], type=Share("--level"), help=words.say("help.level")),
        click.Option(["--number"], type=number, default=1, help=words.say("help.number")),
        _file(words, "json", name="json_path"),
        _file(words, "figure", name="figures", multiple=True),
        _file(words, "observations", name="observations_path"),
        _file(words, "form", name="form_path"),
        click.Option(["--reserves"], type=WholeNumber("--reserves"), help=words.say("help.reserves")),
        click.Option(["--office"], is_flag=True, help=words.say("help.office")),
        click.Option(["--steps"], is_flag=True, help=words.say("help.steps")),
        *_replacements(words),
        *_estimation(words),
    ]


def _coverage_parameters(words: Catalogue) -> list[click.Parameter]:
    return [
        click.Argument(["argument"], nargs=-1, metavar="[SCENARIO|LIST]"),
        click.Option(
            ["--populations"],
            type=WholeNumber("--populations", least=2),
            default=200,
            help=words.say("help.populations"),
        ),
        click.Option(["--draws"], type=WholeNumber("--draws", least=1), default=20, help=words.say("help.draws")),
        click.Option(
            ["--interval", "intervals"],
            type=OneOf("--interval", (*INTERVALS, "all")),
            multiple=True,
            help=words.say("help.coverage_interval"),
        ),
        _lonely(words),
        _file(words, "json", name="json_path"),
        *_replacements(words),
    ]


def _calibrate_parameters(words: Catalogue) -> list[click.Parameter]:
    return [
        click.Argument(["names"], nargs=-1, metavar="[NAME]..."),
        click.Option(
            ["--replicates"],
            type=WholeNumber("--replicates", least=100),
            default=2_000,
            help=words.say("help.replicates"),
        ),
        click.Option(["--seed"], type=WholeNumber("--seed"), default=1, help=words.say("help.seed_calibrate")),
        _file(words, "json", name="json_path"),
    ]


def _check_parameters(words: Catalogue) -> list[click.Parameter]:
    return [click.Argument(["file"], nargs=-1, metavar="FILE"), _file(words, "mark", name="mark_path")]


def _fit_parameters(words: Catalogue) -> list[click.Parameter]:
    return [
        click.Argument(["results"], nargs=-1, metavar="RESULTS"),
        _file(words, "list", name="list_path"),
        click.Option(["--seed"], type=WholeNumber("--seed"), default=1, help=words.say("help.seed_calibrate")),
        _file(words, "json", name="json_path"),
        _file(words, "save", name="save_path"),
    ]


def _compare_parameters(words: Catalogue) -> list[click.Parameter]:
    return [
        click.Argument(["compared"], nargs=-1, metavar="OLD NEW..."),
        _file(words, "json", name="json_path"),
        click.Option(["--seed"], type=WholeNumber("--seed"), help=words.say("help.seed")),
    ]


def _estimate_parameters(words: Catalogue) -> list[click.Parameter]:
    return [
        click.Argument(["results"], nargs=-1, metavar="RESULTS"),
        _file(words, "list", name="list_path"),
        click.Option(["--policy"], metavar="NAME", help=words.say("help.policy")),
        click.Option(["--soundness"], is_flag=True, help=words.say("help.soundness")),
        click.Option(["--plan"], metavar="SCENARIO", help=words.say("help.stated_plan")),
        _file(words, "json", name="json_path"),
        *_estimation(words),
    ]
