"""Independent jobs on all cores, answers in order, stopping at once when interrupted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count, environ
from typing import TypeVar

from sampler.errors import refuse

THREADS = "CHOUCHA_THREADS"
_MOST = 1_024

Job = TypeVar("Job")
Answer = TypeVar("Answer")
Progress = Callable[[int, int], None]


def threads() -> int:
    """Return how many threads work side by side: the environment's ``CHOUCHA_THREADS``, else one a core.

    Raises
    ------
    InputError
        ``outside_domain`` where the variable holds no whole number from 1 to 1,024.
    """
    stated = environ.get(THREADS)
    if not stated:
        return cpu_count() or 1
    if not (stated.isdecimal() and 1 <= int(stated) <= _MOST):
        raise refuse("outside_domain", key=THREADS, found=stated, allowed=f"1 <= x <= {_MOST}")
    return int(stated)


def in_threads(work: Callable[[Job], Answer], jobs: Sequence[Job], *, progress: Progress | None = None) -> list[Answer]:
    """Return the answer to each job, in order; the compiled kernels and transforms run side by side.

    Parameters
    ----------
    work : callable
        A pure function of the job, so that the number of threads cannot change an answer.
    jobs : sequence
        What to do.
    progress : callable, optional
        Called with (done, all) after each job; what it raises ends the work.

    Examples
    --------
    >>> in_threads(abs, [-1, -2])
    [1, 2]
    """
    pool = ThreadPoolExecutor(max_workers=threads())
    try:
        answers = []
        for answer in pool.map(work, jobs):
            answers.append(answer)
            if progress:
                progress(len(answers), len(jobs))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return answers
