"""Independent jobs on all cores, answers in order, stopping at once when interrupted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")
Progress = Callable[[int, int], None]


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
    pool = ThreadPoolExecutor(max_workers=cpu_count() or 1)
    try:
        answers = []
        for answer in pool.map(work, jobs):
            answers.append(answer)
            if progress:
                progress(len(answers), len(jobs))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return answers
