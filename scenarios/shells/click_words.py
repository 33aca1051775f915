"""Click in the user's language: headings of the help, and usage errors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from sampler.domains import describe, holds
from sampler.errors import InputError, refuse
from scenarios.messages import Catalogue, clean


class _Local(click.Command):
    """A command whose help is in one language."""

    def __init__(self, *, words: Catalogue, **given: Any) -> None:
        self.words = words
        super().__init__(**given)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = self.words.say("help.help")
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = [
            self.words.say("usage.arguments") if p == self.options_metavar else p
            for p in self.collect_usage_pieces(ctx)
        ]
        formatter.write_usage(
            ctx.command_path,
            self.words.argument(" ".join(pieces)),
            prefix=self.words.say("place.heading", text=self.words.say("usage.usage")),
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [
            (self.words.argument(record[0]), record[1])
            for p in self.get_params(ctx)
            if isinstance(p, click.Option) and (record := p.get_help_record(ctx)) is not None
        ]
        with formatter.section(self.words.say("usage.options")):
            formatter.write_dl(rows)


class LocalCommand(_Local):
    """A command in one language."""


class LocalGroup(_Local, click.Group):
    """A group of commands in one language."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        _Local.format_options(self, ctx, formatter)
        rows = [(name, command.get_short_help_str(200)) for name, command in sorted(self.commands.items())]
        with formatter.section(self.words.say("usage.commands")):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuse an unknown command in the user's language."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise refuse("no_such_command", found=args[0], allowed=", ".join(sorted(self.commands)))
        return super().resolve_command(ctx, args)


class OneOf(click.ParamType[str]):
    """One of a few words; the mistake is ours, so that it is told in the user's language."""

    name = "choice"

    def __init__(self, option: str, choices: Sequence[str]) -> None:
        self.option, self.choices = option, tuple(choices)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return the words, as the help shows them."""
        return "[" + "|".join(self.choices) + "]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Return the word, or refuse it."""
        if value not in self.choices:
            raise refuse("not_a_choice", key=self.option, found=str(value), allowed=", ".join(self.choices))
        return str(value)


class WholeNumber(click.ParamType[int]):
    """A whole number, `least` or more and at most `most`."""

    name = "number"

    def __init__(self, option: str, *, least: int = 0, most: int = 2**63 - 1) -> None:
        self.option, self.least, self.most = option, least, most

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return what the help shows for the value."""
        return "NUMBER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ARG002
        """Return the number, or refuse it."""
        text = str(value)
        readable = text.isascii() and text.isdigit() and len(text) <= _LONGEST_SEED
        if not readable or not self.least <= int(text) <= self.most:
            above = "< 2**63" if self.most == 2**63 - 1 else f"<= {self.most}"
            raise refuse("outside_domain", key=self.option, found=text[:40], allowed=f"{self.least} <= x {above}")
        return int(text)


class FileName(click.ParamType[Path]):
    """A file's name; another option in its place means that it was forgotten."""

    name = "file"

    def __init__(self, option: str) -> None:
        self.option = option

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return what the help shows for the value."""
        return "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ARG002
        """Return the path, or say that the value is missing."""
        if str(value).startswith("--"):
            raise click.BadOptionUsage(self.option, "", ctx)
        path = Path(value)
        # A slip of the tab key must not turn a village list into an answer.
        if self.option == "--json" and path.suffix.lower() != ".json":
            raise refuse("json_suffix", file=path.name, found=path.suffix)
        return path


class Share(click.ParamType[Decimal]):
    """A share: 0.02 or 2%."""

    name = "share"

    def __init__(self, option: str) -> None:
        self.option = option

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return what the help shows for the value."""
        return "SHARE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:  # noqa: ARG002
        """Return the share, or refuse it."""
        text = unicodedata.normalize("NFKC", str(value))
        stated = re.fullmatch(r"(\d{1,9}(?:\.\d{0,20})?)(%?)", text, re.ASCII)
        if stated is None:
            raise refuse("outside_domain", key=self.option, found=text[:40], allowed="share")
        return Decimal(stated[1]) / (100 if stated[2] else 1)


class InDomain(Share):
    """A number of a domain: 0.5, 50% or 4.7."""

    name = "number"

    def __init__(self, option: str, domain: object) -> None:
        super().__init__(option)
        self.domain = domain

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return what the help shows for the value."""
        return "NUMBER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the number, or refuse it."""
        try:
            number = super().convert(value, param, ctx)
        except InputError:
            number = None
        if number is None or not holds(number, self.domain):
            raise refuse("outside_domain", key=self.option, found=str(value)[:40], allowed=describe(self.domain))
        return number


class WrongOfChecked(click.ParamType[tuple[int, int]]):
    """A result: so many wrong of so many checked, as 1/1500."""

    name = "result"

    def __init__(self, option: str) -> None:
        self.option = option

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return what the help shows for the value."""
        return "WRONG/CHECKED"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:  # noqa: ARG002
        """Return the two counts, or refuse them."""
        text = unicodedata.normalize("NFKC", str(value))
        stated = re.fullmatch(r"(\d{1,8})/(\d{1,8})", text, re.ASCII)
        if stated is None or int(stated[2]) == 0:
            raise refuse("not_a_result", key=self.option, found=text[:40])
        return int(stated[1]), int(stated[2])


# Click tells of a flag with a value and of an option without one by the same error, without the option itself.
FLAGS = ("--verbose", "--version", "--help", "--office", "--steps")

_LONGEST_SEED = 30  # characters; Python itself refuses to read numbers of thousands of digits


def usage_text(error: click.UsageError, words: Catalogue) -> str:
    """Return a usage error in the user's language."""
    if isinstance(error, click.NoSuchOption):
        return words.say("usage.no_such_option", found=clean(error.option_name))
    if isinstance(error, click.BadOptionUsage):
        key = "usage.no_value" if error.option_name in FLAGS else "usage.missing_value"
        return words.say(key, found=clean(error.option_name))
    if error.ctx is not None and isinstance(error.ctx.command, click.Group):
        return words.say("usage.no_command", allowed=", ".join(sorted(error.ctx.command.commands)))
    return words.say("usage.other", text=clean(error.format_message()))
