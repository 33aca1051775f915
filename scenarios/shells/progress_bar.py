"""A progress bar on the error output for work over a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

_PATIENCE = 1.0  # seconds of work before the bar appears


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a callback (done, all) that shows a bar once the work has taken a second.

    Parameters
    ----------
    label : str
        What is going on, in the user's language.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(label, total=None)
    begun = time.monotonic()
    started = False

    def report(done: int, total: int) -> None:
        nonlocal started
        if not started and time.monotonic() - begun > _PATIENCE:
            bar.start()
            started = True
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        if started:
            bar.stop()
