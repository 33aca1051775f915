"""The `choucha` command. Heavy imports stand inside the commands, so that help costs nothing."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sampler.errors import InputError, refuse
from scenarios.messages import LANGUAGES, Catalogue, catalogue, clean, default_language
from scenarios.shells.click_words import LocalCommand, LocalGroup, OneOf, WholeNumber, usage_text

if TYPE_CHECKING:
    from rich.console import Console

_LOG = logging.getLogger("choucha")
_ENGINES = ("auto", "exact", "simulate")


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
        stream=sys.stderr, level=logging.INFO if verbose else logging.CRITICAL, format="%(name)s: %(message)s"
    )
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
        lines = [words.mistake(mistake) for mistake in error.mistakes]
        if len(lines) > 1:
            click.echo(words.say("check.mistakes", count=len(lines)), err=True)
        for line in lines:
            click.echo(words.say("usage.error", text=line) if len(lines) == 1 else f"  {line}", err=True)
        return 2
    except click.UsageError as error:
        click.echo(words.say("usage.error", text=usage_text(error, words)), err=True)
        path = error.ctx.command_path if error.ctx else "choucha"
        click.echo(words.say("usage.try_help", command=path), err=True)
        return 2
    return 0


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
        ("check", _check, [click.Argument(["file"], nargs=-1, metavar="FILE")]),
        ("policies", _policies, [click.Argument(["names"], nargs=-1, metavar="[NAME]...")]),
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


def _risk_parameters(words: Catalogue) -> list[click.Parameter]:
    path = click.Path(path_type=Path)
    return [
        click.Argument(["argument"], nargs=-1, metavar="[SCENARIO|LIST]"),
        click.Option(["--json", "json_path"], type=path, metavar="FILE", help=words.say("help.json")),
        click.Option(["--save", "save_path"], type=path, metavar="FILE", help=words.say("help.save")),
        click.Option(["--figure", "figures"], type=path, metavar="FILE", multiple=True, help=words.say("help.figure")),
        click.Option(["--seed"], type=WholeNumber("--seed"), help=words.say("help.seed")),
        click.Option(["--engine"], type=OneOf("--engine", _ENGINES), default="auto", help=words.say("help.engine")),
    ]


def _only(values: Sequence[str]) -> str | None:
    if len(values) > 1:
        raise refuse("extra_argument", found=values[1])
    return values[0] if values else None


def _risk(
    words: Catalogue,
    *,
    argument: tuple[str, ...],
    json_path: Path | None,
    save_path: Path | None,
    figures: tuple[Path, ...],
    seed: int | None,
    engine: str,
) -> None:
    named = _only(argument)
    from scenarios.engines.laws import needs_compiling  # noqa: PLC0415
    from scenarios.files.atomic import require_different, require_writable  # noqa: PLC0415
    from scenarios.files.records import risk_record, write_json  # noqa: PLC0415
    from scenarios.files.scenario_file import (  # noqa: PLC0415
        load_scenario,
        require_scenario_suffix,
        save_scenario,
        value_of,
    )
    from scenarios.questions.curve import curve  # noqa: PLC0415
    from scenarios.report.text import risk_text, show  # noqa: PLC0415

    if figures:
        from scenarios.report.curve_figure import require_drawable, save_curve_figure  # noqa: PLC0415
    loaded = load_scenario(named, seed=seed)
    # What cannot be written or drawn is refused before the work, not after it.
    for path in figures:
        require_drawable(loaded.scenario, path)
    if save_path:
        require_scenario_suffix(save_path)
    outputs = [*filter(None, (json_path, save_path)), *figures]
    for path in outputs:
        require_writable(path)
    require_different([*outputs, *([Path(named)] if named and Path(named).exists() else [])])
    _LOG.info("scenario %s, %d points", loaded.scenario.digest, len(loaded.scenario.points()))
    if needs_compiling():
        click.echo(words.say("risk.compiling"), err=True)
    with _progress(words) as progress:
        answer = curve(loaded.scenario, engine=engine, progress=progress)
    assumed = {key: value_of(loaded.tree, key) for key in loaded.scenario.assumed}
    show(_console(), *risk_text(answer, words, assumed))
    written = []
    if json_path:
        write_json(risk_record(answer), json_path)
        written.append(json_path)
    if save_path:
        save_scenario(loaded, save_path)
        written.append(save_path)
    for path in figures:
        save_curve_figure(answer, words, path)
        written.append(path)
    for path in written:
        click.echo(words.say("risk.saved", path=path))


def _check(words: Catalogue, *, file: tuple[str, ...]) -> None:
    named = _only(file)
    if named is None:
        raise refuse("missing_argument", found="FILE")
    from scenarios.files.scenario_file import load_scenario  # noqa: PLC0415
    from scenarios.report.text import check_text, show  # noqa: PLC0415
    from scenarios.scenario import GivenTruth  # noqa: PLC0415

    scenario = load_scenario(named).scenario
    parts = list(check_text(scenario.frame, words, Path(named).name))
    if isinstance(scenario.truth, GivenTruth):
        wrong, approving = int(scenario.truth.wrong_persons.sum()), int(scenario.truth.approves.sum())
        parts.append(words.say("check.truth", wrong=wrong, approving=approving))
    if named.endswith(".toml"):
        parts.append(
            words.say(
                "check.scenario",
                name=clean(scenario.name),
                points=len(scenario.points()),
                policy=scenario.policy.name,
                seed=scenario.seed,
            )
        )
    show(_console(), *parts)


def _policies(words: Catalogue, *, names: tuple[str, ...]) -> None:
    from scenarios.files.policies import load_policy, policy_names  # noqa: PLC0415
    from scenarios.report.text import policy_text, show  # noqa: PLC0415

    for policy in [load_policy(name) for name in names or policy_names()]:
        show(_console(), *policy_text(policy, words))


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415

    class Piped(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to `_run`, which knows that this is no fault of ours."""
            raise BrokenPipeError

    terminal = sys.stdout is not None and sys.stdout.isatty()
    return Piped(file=sys.stdout or io.StringIO(), highlight=False, markup=False, width=None if terminal else 120)


def _progress(words: Catalogue) -> AbstractContextManager[Callable[[int, int], None] | None]:
    if not sys.stderr.isatty():
        return nullcontext()
    from scenarios.shells.progress_bar import progress_bar  # noqa: PLC0415

    return progress_bar(words.say("risk.progress"))
