"""The workers of a Dask cluster, here or elsewhere. Only this module imports dask.distributed (the extra ``cluster``).

Workers compute and keep nothing: whatever dies, the cell it worked on is answered again by another one.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from itertools import islice
from os import cpu_count
from typing import TYPE_CHECKING, Any

from sampler.errors import refuse
from scenarios.engines.threads import THREADS
from scenarios.provenance import code_digest
from scenarios.store import Answered
from scenarios.sweep import Job, Work, answer

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

_PATIENCE = 10.0  # seconds for a scheduler to answer, and for its first worker
_LOOK, _ALONE = 5.0, 60.0  # seconds between two looks for workers, and without any before it is given up
_AHEAD = 3  # jobs a worker thread holds or waits for, so that none is idle and memory stays bounded
_DEATHS = 50  # workers that may die over one job here; a worker killed from outside is no fault of the job
_STARTS = 5  # of a local cluster, before it is given up
_RESENT = 10  # times that a job is sent again which the scheduler has given up


def require_distributed(option: str) -> None:
    """Refuse an option that needs the extra where it is not installed.

    Raises
    ------
    InputError
        ``extra_missing``.
    """
    try:
        import distributed  # noqa: F401, PLC0415
    except ImportError as error:
        raise refuse("extra_missing", key=option, found="dask.distributed", allowed="choucha[cluster]") from error


@contextmanager
def on_cluster(address: str) -> Iterator[Work]:
    """Yield the work of a running cluster.

    Parameters
    ----------
    address : str
        Of its scheduler, for example ``tcp://10.0.0.7:8786``.

    Raises
    ------
    InputError
        ``cluster_silent``, ``cluster_without_workers``, ``worker_without_choucha``, ``worker_other_code``,
        ``cluster_lost`` while the work goes on.
    """
    from distributed import Client  # noqa: PLC0415

    _quiet()
    try:
        client = Client(address, timeout=_PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise refuse("cluster_silent", found=address) from error
    with client:
        _require_workers(client, address)
        yield lambda jobs: _answers(client, jobs, address)


@contextmanager
def on_local_cluster(workers: int) -> Iterator[Work]:
    """Yield the work of worker processes on this machine, which share its cores.

    Parameters
    ----------
    workers : int
        How many.
    """
    import dask  # noqa: PLC0415
    from distributed import Client  # noqa: PLC0415

    _quiet()
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": _DEATHS}),
        _started(workers) as cluster,
        Client(cluster) as client,
    ):
        _require_workers(client, "127.0.0.1")
        # Processes that died too early to be restarted by their nannies are started anew.
        yield lambda jobs: _answers(client, jobs, "127.0.0.1", revive=lambda: cluster.scale(workers))


def _started(workers: int) -> LocalCluster:
    """Return a cluster of this machine; started again where a worker died before it was ready."""
    from distributed import LocalCluster  # noqa: PLC0415

    each = max(1, (cpu_count() or 1) // workers)
    for attempt in range(_STARTS):
        try:
            return LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                env={THREADS: str(each)},
                silence_logs=logging.CRITICAL,
            )
        except (RuntimeError, OSError, TimeoutError) as error:
            if attempt == _STARTS - 1:
                raise refuse("local_cluster_failed", found=str(error)) from error
    raise AssertionError("the loop returns or raises")


def _quiet() -> None:
    """Keep the library's log of lost and restarted workers off the screen; `--verbose` shows it.

    The library gives its modules levels of their own as it is imported, so that of its root alone would not do.
    """
    if logging.getLogger().level <= logging.INFO:
        return
    for name in ("distributed", "tornado", "asyncio", *logging.root.manager.loggerDict):
        if name.split(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _require_workers(client: Client, address: str) -> None:
    """Refuse a cluster without workers, or whose workers would give other numbers."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError as error:
        raise refuse("cluster_without_workers", found=address) from error
    # A worker that dies over the question says nothing; its answers would be looked at one by one in any case.
    told: dict[str, object] = client.run(code_digest, on_error="return")
    for digest in told.values():
        if isinstance(digest, ModuleNotFoundError):
            raise refuse("worker_without_choucha", found=str(digest))
        if isinstance(digest, str) and digest != code_digest():
            raise refuse("worker_other_code", found=digest[:12], allowed=code_digest()[:12])


def _answers(
    client: Client, jobs: Iterable[Job], address: str, revive: Callable[[], None] = lambda: None
) -> Iterator[Answered]:
    """Yield answers as they come; jobs are sent as workers get free."""
    from distributed.scheduler import KilledWorker  # noqa: PLC0415

    waiting = iter(jobs)
    sent: dict[Any, Job] = {}
    deaths: Counter[int] = Counter()

    def send(job: Job) -> Future[Any]:
        # Not pure: a cell that another sweep asked the same scheduler is computed again, not remembered.
        future = client.submit(answer, job, pure=False)
        sent[future.key] = job
        return future

    room = _AHEAD * max(1, sum(client.nthreads().values()))
    futures = {send(job) for job in islice(waiting, room)}
    while futures:
        done = _first_done(futures, client, address, revive)
        futures -= done
        for future in done:
            job = sent.pop(future.key)
            try:
                answered: Answered = future.result()
            except KilledWorker as error:  # the scheduler gives a job up after a few workers that died over it
                deaths[job.number] += 1
                if deaths[job.number] > _RESENT:
                    raise refuse("cluster_lost", found=address) from error
                futures.add(send(job))
                continue
            except (CancelledError, OSError, TimeoutError) as error:
                raise refuse("cluster_lost", found=address) from error
            except ModuleNotFoundError as error:
                raise refuse("worker_without_choucha", found=str(error)) from error
            yield answered
            futures |= {send(following) for following in islice(waiting, 1)}


def _first_done(
    futures: set[Future[Any]], client: Client, address: str, revive: Callable[[], None]
) -> set[Future[Any]]:
    """Wait until a job is done; where no worker is left for long, nobody would ever do it."""
    from distributed import wait  # noqa: PLC0415

    alone = 0.0
    while True:
        try:
            return set(wait(futures, timeout=_LOOK, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            alone = 0.0 if client.nthreads() else alone + _LOOK
            if alone > _ALONE:
                raise refuse("cluster_without_workers", found=address) from None
            revive()
        except (CancelledError, OSError) as error:
            raise refuse("cluster_lost", found=address) from error
