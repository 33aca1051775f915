"""How a time is taken: several runs after a warm-up, smallest, median and largest, in one process."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path


def seconds(job: Callable[[], object], *, runs: int = 7) -> list[float]:
    """Return the wall times of `runs` calls after one warm-up."""
    job()
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        job()
        times.append(time.perf_counter() - begun)
    return times


def row(name: str, times: list[float], bar: str = "") -> str:
    """Return a line: smallest, median and largest time, and the bar it is held against."""
    low, middle, high = min(times), statistics.median(times), max(times)
    return f"{name:<64} {low:8.3f} {middle:8.3f} {high:8.3f}  {bar}"


def machine() -> str:
    """Return what the times were taken on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )
