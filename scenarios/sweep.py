"""Many scenarios answered one by one, here or on a cluster, into a store that survives whatever stops the work.

A *cell* is one scenario of a sweep with its whole grid of error levels. Its answer depends on the cell alone, so
neither the order nor the number of workers can change it, and a sweep that was stopped goes on with what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sampler.errors import InputError, Mistake
from scenarios.engines.threads import Progress, threads
from scenarios.files.counties import county_of
from scenarios.files.records import risk_record
from scenarios.files.scenario_file import scenario_document, scenario_of
from scenarios.files.tables import County
from scenarios.files.toml import Tree
from scenarios.provenance import code_digest
from scenarios.questions.curve import curve
from scenarios.store import Answered, Store

# What a risk record says of a cell; the rest is the same for all cells, or longer than all numbers together.
_KEPT = ("averaged", "points", "readings", "tipping", "assumed")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One scenario of a sweep.

    Parameters
    ----------
    number : int
        Place in the sweep, from 0.
    varied : mapping of str to object
        What this cell has in place of the scenario's own, by dotted key of the scenario file.
    tree : dict
        The cell's scenario, key by key.
    digest : str
        SHA-256 of what the answer depends on: the keys and the content of the tables they name.
    """

    number: int
    varied: Mapping[str, Any]
    tree: Tree
    digest: str


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A grid of scenarios.

    Parameters
    ----------
    name : str
        As shown.
    file : str
        Named in messages.
    engine : str
        Which engine answers.
    keys : tuple of str
        The dotted keys that vary.
    cells : tuple of Cell
        The last key varying fastest.
    digest : str
        SHA-256 of the engine and of all cells' digests.
    """

    name: str
    file: str
    engine: str
    keys: tuple[str, ...]
    cells: tuple[Cell, ...]
    digest: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a worker needs to answer one cell.

    Parameters
    ----------
    number : int
        Of the cell.
    tree : dict
        Its scenario.
    file, engine : str
        Of the sweep.
    county : County or None
        The county's tables, where a file holds them: a worker elsewhere cannot read it. None where the scenario's
        keys say all.
    """

    number: int
    tree: Tree
    file: str
    engine: str
    county: County | None


Work = Callable[[Iterable[Job]], Iterator[Answered]]


def answer(job: Job) -> Answered:
    """Return the answer to one cell; a scenario that is refused has its mistakes for an answer.

    Examples
    --------
    >>> tree = {"schema": "scenario/1", "frame": {"synthetic": 1}, "plan": {"villages": 900}}
    >>> told = answer(Job(number=0, tree=tree, file="a.toml", engine="exact", county=None))
    >>> [each.code for each in mistakes_in(json.loads(told.text))]
    ['too_many_villages']
    """
    begun = perf_counter()
    threads()  # a bad setting of this process is no mistake of the cell
    try:
        scenario = scenario_of(job.tree, job.file, county=job.county).scenario
        told = risk_record(curve(scenario, engine=job.engine))
        record = {
            "county": scenario.frame.name,
            "synthetic": scenario.frame.synthetic,
            "villages": len(scenario.frame.codes),
            "rural_persons": int(scenario.frame.group_persons.sum()),
            "sha256": scenario.digest,
            **{key: told[key] for key in _KEPT},
        }
    except InputError as error:
        record = {"mistakes": [{"code": each.code, "fields": dict(each.fields)} for each in error.mistakes]}
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, default=str)
    return Answered(number=job.number, text=text, seconds=perf_counter() - begun, code=code_digest())


def mistakes_in(record: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """Return the mistakes for which a cell was refused; none where it was answered."""
    return tuple(Mistake(each["code"], each["fields"]) for each in record.get("mistakes", ()))


def refusals(store: Store) -> dict[int, tuple[Mistake, ...]]:
    """Return the mistakes of the cells that were refused, by number."""
    found = {number: mistakes_in(json.loads(text)) for number, text in store.answers()}
    return {number: mistakes for number, mistakes in found.items() if mistakes}


def one_by_one(jobs: Iterable[Job]) -> Iterator[Answered]:
    """Answer here, cell after cell; each uses all cores."""
    return map(answer, jobs)


def pending(sweep: Sweep, store: Store) -> list[Cell]:
    """Return the cells without an answer, in order."""
    done = store.numbers()
    return [cell for cell in sweep.cells if cell.number not in done]


def run(
    sweep: Sweep, store: Store, *, work: Work = one_by_one, most: int | None = None, progress: Progress | None = None
) -> int:
    """Answer the cells that have no answer yet; each answer is in the store before the next one is awaited.

    Parameters
    ----------
    sweep : Sweep
        What is asked.
    store : Store
        Where answers go; open.
    work : callable, default `one_by_one`
        Turns jobs into answers, in any order.
    most : int, optional
        Leave it at so many cells; all of them by default.
    progress : callable, optional
        Called with (done, all) of this run.

    Returns
    -------
    int
        Cells answered.
    """
    missing = pending(sweep, store)[:most]
    if progress:
        progress(0, len(missing))
    for done, answered in enumerate(work(jobs_of(sweep, missing)), start=1):
        store.add(answered)
        if progress:
            progress(done, len(missing))
    return len(missing)


def jobs_of(sweep: Sweep, cells: Iterable[Cell]) -> Iterator[Job]:
    """Yield the job of each cell; a county's file is read once while the cells that name it follow one another."""
    read: tuple[object, County | None] = (None, None)
    for cell in cells:
        frame = cell.tree.get("frame", {})
        if "file" not in frame:
            read = (None, None)
        elif read[0] != frame:
            read = (frame, county_of(scenario_document(cell.tree, sweep.file).frame))
        yield Job(number=cell.number, tree=cell.tree, file=sweep.file, engine=sweep.engine, county=read[1])
