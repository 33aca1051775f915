"""Long work of the page in processes of its own: a click of one user never waits for another's, and cancel kills."""

from __future__ import annotations

import atexit
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from sampler.errors import Mistake
from scenarios.shells.web.worker import receive, send

_COMMAND = (sys.executable, "-P", "-c", "from scenarios.shells.web.worker import serve; serve()")
_MOST = 3  # processes at work; further jobs wait for their turn
_SPARE = 1  # idle processes kept, libraries loaded
_PATIENCE = 30.0  # seconds after which a job that nobody asks about is given up

State = Literal["waiting", "running", "done", "refused", "fault", "cancelled"]


@dataclass(eq=False)
class Job:
    """One piece of work.

    Parameters
    ----------
    name : str
        Of the function, ``module:function``.
    arguments : tuple
        Of the function, to be pickled.
    state : str
        How far it is.
    progress : tuple of int or None
        What was done, and all.
    told : object
        What else the work told last.
    answer : object
        Of a job that is done.
    mistakes : tuple of Mistake
        Of a job whose input was refused.
    fault : str
        Of a job that failed.
    asked_at : float
        When somebody last looked.
    ended : callable or None
        Called once, however it ends.
    lasting : bool
        Whether it goes on when nobody looks, ahead of everything else: the first visitor waits for it.
    finished : Event
        Set when it is over.
    """

    name: str
    arguments: tuple[Any, ...]
    state: State = "waiting"
    progress: tuple[int, int] | None = None
    told: object = None
    answer: Any = None
    mistakes: tuple[Mistake, ...] = ()
    fault: str = ""
    asked_at: float = field(default_factory=time.monotonic)
    ended: Callable[[], None] | None = None
    lasting: bool = False
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it; to ask keeps it alive."""
        self.asked_at = time.monotonic()
        return self.finished.is_set()


class _Worker:
    """A process, and the thread that listens to it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - this program
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def do(self, job: Job) -> tuple[State, Any]:
        """Do a job and return how it ended."""
        assert self.process.stdin is not None  # noqa: S101 - asked for above
        assert self.process.stdout is not None  # noqa: S101
        try:
            send(self.process.stdin, (job.name, job.arguments, job.lasting))
            while True:
                kind, content = receive(self.process.stdout)
                if kind != "told":
                    return kind, content
                if isinstance(content, tuple) and len(content) == 2 and all(isinstance(each, int) for each in content):
                    job.progress = content
                else:
                    job.told = content
        except (EOFError, OSError):
            return "fault", "the worker ended"

    def kill(self) -> None:
        """End the process now."""
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self.process.wait()


class Workshop:
    """The processes, and the jobs that wait for one."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._idle: list[_Worker] = []
        self._at_work: dict[Job, _Worker] = {}
        self._closed = False
        threading.Thread(target=self._give_up_forgotten, daemon=True).start()
        atexit.register(self.close)

    def start(self, name: str, *arguments: Any, ended: Callable[[], None] | None = None, lasting: bool = False) -> Job:
        """Return a job that has been handed over.

        Parameters
        ----------
        name : str
            Function, ``module:function``; called with the arguments and ``tell``.
        *arguments
            Its arguments.
        ended : callable, optional
            Called once, however the job ends.
        lasting : bool, default False
            Whether it goes on when nobody asks about it.
        """
        job = Job(name=name, arguments=arguments, ended=ended, lasting=lasting)
        threading.Thread(target=self._run, args=(job,), daemon=True).start()
        return job

    def _run(self, job: Job) -> None:
        worker = self._taken(job)
        if worker is not None:
            job.state = "running"
            state, content = worker.do(job)
            self._give_back(job, worker, healthy=state in ("done", "refused"))
            _end(job, state, content)
        job.arguments = ()  # nothing of a list stays longer than it is used
        if job.ended is not None:
            job.ended()
        job.finished.set()

    def _taken(self, job: Job) -> _Worker | None:
        """Return a worker for a job once there is room for it; None where it was cancelled before."""
        with self._lock:
            while len(self._at_work) >= _MOST and job.state != "cancelled" and not self._closed:
                self._lock.wait(1.0)
            if job.state == "cancelled" or self._closed:
                job.state = "cancelled"
                return None
            worker = self._idle.pop() if self._idle else _Worker()
            self._at_work[job] = worker
            return worker

    def _give_back(self, job: Job, worker: _Worker, *, healthy: bool) -> None:
        with self._lock:
            self._at_work.pop(job, None)
            keep = healthy and job.state != "cancelled" and len(self._idle) < _SPARE and not self._closed
            if keep:
                self._idle.append(worker)
            self._lock.notify_all()
        if not keep:
            worker.kill()

    def cancel(self, job: Job) -> None:
        """End a job; its process is killed, and what it had is lost."""
        with self._lock:
            if job.finished.is_set():
                return
            job.state = "cancelled"
            worker = self._at_work.get(job)
            self._lock.notify_all()
        if worker is not None:
            worker.process.kill()  # its thread sees the pipe end and clears up

    def _give_up_forgotten(self) -> None:
        while not self._closed:
            time.sleep(2.0)
            with self._lock:
                running = list(self._at_work)
            for job in running:
                if not job.lasting and time.monotonic() - job.asked_at > _PATIENCE:
                    self.cancel(job)

    def close(self) -> None:
        """End every process."""
        with self._lock:
            self._closed = True
            workers = [*self._idle, *self._at_work.values()]
            self._idle.clear()
        for worker in workers:
            worker.kill()


def _end(job: Job, state: State, content: Any) -> None:
    """Note how a job ended; one that was cancelled meanwhile stays so."""
    if job.state == "cancelled":
        return
    if state == "done":
        job.answer = content
    elif state == "refused":
        job.mistakes = content
    else:
        job.fault = str(content)
    job.state = state
