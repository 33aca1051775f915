"""What the commands share: arguments, outputs, the console, the progress bar."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sampler.errors import refuse
from scenarios.messages import Catalogue

if TYPE_CHECKING:
    from rich.console import Console


Bar = AbstractContextManager[Callable[[int, int], None] | None]


def only(values: Sequence[str]) -> str | None:
    """Return the one argument, or None; refuse a second one."""
    if len(values) > 1:
        raise refuse("extra_argument", found=values[1])
    return values[0] if values else None


def require_outputs(outputs: Sequence[Path], inputs: Sequence[Path | str | None]) -> None:
    """Refuse, before the work, what cannot be written, is named twice, or would overwrite the input."""
    from scenarios.files.atomic import require_writable  # noqa: PLC0415

    for path in outputs:
        require_writable(path)
    require_different(outputs, inputs)


def require_different(outputs: Sequence[Path], inputs: Sequence[Path | str | None]) -> None:
    """Refuse outputs that would overwrite one another or an input."""
    from scenarios.files.atomic import require_different  # noqa: PLC0415
    from scenarios.files.inputs import files_behind  # noqa: PLC0415

    # What an input names is read too; the list itself and the list that a scenario names may be one file.
    read = {path for each in inputs if each for path in files_behind(Path(each))}
    require_different([*outputs, *sorted(read)])


def tell_written(paths: Sequence[Path], words: Catalogue) -> None:
    """Name the files that were written."""
    for path in paths:
        click.echo(words.say("risk.saved", path=path))


def console() -> Console:
    """Return the console of the standard output: as wide as the terminal, else 120 columns."""
    from rich.console import Console  # noqa: PLC0415

    class Piped(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to `_run`, which knows that this is no fault of ours."""
            raise BrokenPipeError

    terminal = sys.stdout is not None and sys.stdout.isatty()
    return Piped(file=sys.stdout or io.StringIO(), highlight=False, markup=False, width=None if terminal else 120)


def progress_of(words: Catalogue, label: str = "risk.progress") -> Bar:
    """Return a progress bar on the error output, or nothing where that is no terminal."""
    if not sys.stderr.isatty():
        return nullcontext()
    from scenarios.shells.progress_bar import progress_bar  # noqa: PLC0415

    return progress_bar(words.say(label))
