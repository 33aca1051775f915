"""What all visitors of one page share: the processes, and the example county with its answer. No list of anybody's."""

from __future__ import annotations

from functools import cache

from scenarios.shells.web.work import Job, Workshop

JOBS = "scenarios.shells.web.jobs"


@cache
def workshop() -> Workshop:
    """Return the processes."""
    return Workshop()


@cache
def example() -> Job:
    """Return the work on the example county, which begins when it is first asked for: before the first visitor."""
    return workshop().start(f"{JOBS}:example", lasting=True)
