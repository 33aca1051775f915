"""The command as a whole process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.timing import row, seconds

_MAIN = "from scenarios.shells.cli import main; main()"


def report() -> Iterator[str]:
    """Yield the table."""
    yield f"{'command, seconds of a whole process':<64} {'min':>8} {'median':>8} {'max':>8}  bar"
    for arguments, bar in ((["--help"], "<= 0.3"), (["risk"], "<= 5")):
        command = [sys.executable, "-c", _MAIN, *arguments]
        times = seconds(lambda c=command: subprocess.run(c, check=True, capture_output=True), runs=5)  # type: ignore[misc]
        yield row("choucha " + " ".join(arguments), times, bar)
