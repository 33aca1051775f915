"""`choucha sweep`: many scenarios, here or on a cluster, into a store that survives interruption."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sampler.errors import InputError, refuse
from scenarios.messages import Catalogue
from scenarios.shells.click_words import FileName, OneOf, WholeNumber
from scenarios.shells.output import console, only, progress_of, require_outputs, tell_written

if TYPE_CHECKING:
    from scenarios.sweep import Work

MOST_WORKERS = 1_024


def sweep(
    words: Catalogue,
    *,
    grid: tuple[str, ...],
    store_path: Path | None,
    tables: tuple[Path, ...],
    most: int | None,
    cluster: str | None,
    local_cluster: int | None,
    engine: str | None,
) -> None:
    """Answer every cell of a sweep that has no answer yet, and show and export what there is."""
    named = only(grid)
    if named is None:
        raise refuse("missing_argument", argument="GRID")
    from scenarios.files.sweep_file import load_sweep  # noqa: PLC0415
    from scenarios.files.sweep_table import require_sweep_suffix, sweep_table, write_sweep_table  # noqa: PLC0415
    from scenarios.provenance import code_digest, library_versions  # noqa: PLC0415
    from scenarios.report.sweep_text import Progressed, sweep_text  # noqa: PLC0415
    from scenarios.report.terminal import show  # noqa: PLC0415
    from scenarios.store import open_store  # noqa: PLC0415
    from scenarios.sweep import pending, refusals, run  # noqa: PLC0415

    asked = load_sweep(named, engine=engine)
    path = store_path or Path(f"{Path(named).stem}.sqlite")
    for table_path in tables:
        require_sweep_suffix(table_path)
    require_outputs([path, *tables], [named])
    about = library_versions() | {"name": asked.name}
    with open_store(path, sweep=asked.digest, code=code_digest(), about=about) as store:
        before = len(asked.cells) - len(pending(asked, store))
        if before < len(asked.cells) and most != 0:
            try:
                with _work(cluster, local_cluster) as work, progress_of(words, "sweep.progress") as progress:
                    run(asked, store, work=work, most=most, progress=progress)
            except (KeyboardInterrupt, InputError):
                kept = {"done": len(store.numbers()), "all": len(asked.cells)}
                click.echo(words.say("sweep.kept", path=path, **kept), err=True)
                raise
        now = len(store.numbers()) - before
        so_far = Progressed(
            before=before, now=now, seconds=store.seconds(), digest=store.digest(), refused=refusals(store)
        )
        table = sweep_table(asked, store)
    show(console(), *sweep_text(asked, table, so_far, words))
    for table_path in tables:
        write_sweep_table(table, table_path)
    tell_written([path, *tables], words)
    if so_far.refused:  # told above, cell by cell
        raise click.exceptions.Exit(2)


def _work(cluster: str | None, local_cluster: int | None) -> AbstractContextManager[Work]:
    """Return where the cells are answered: here, on this machine's worker processes, or on a cluster."""
    from scenarios.engines.threads import threads  # noqa: PLC0415
    from scenarios.sweep import one_by_one  # noqa: PLC0415

    threads()  # refuses a setting that is none
    if cluster and local_cluster:
        raise refuse("option_excludes", key="--cluster", allowed="--local-cluster")
    if not cluster and not local_cluster:
        return nullcontext(one_by_one)
    from scenarios.cluster import on_cluster, on_local_cluster, require_distributed  # noqa: PLC0415

    require_distributed("--cluster" if cluster else "--local-cluster")
    return on_cluster(cluster) if cluster else on_local_cluster(local_cluster or 1)


def sweep_parameters(words: Catalogue, engines: Sequence[str]) -> list[click.Parameter]:
    """Return the command's arguments and options."""
    workers = WholeNumber("--local-cluster", least=1, most=MOST_WORKERS)
    return [
        click.Argument(["grid"], nargs=-1, metavar="GRID"),
        click.Option(["--store", "store_path"], type=FileName("--store"), help=words.say("help.store")),
        click.Option(["--export", "tables"], type=FileName("--export"), multiple=True, help=words.say("help.export")),
        click.Option(["--at-most", "most"], type=WholeNumber("--at-most"), help=words.say("help.at_most")),
        click.Option(["--cluster"], metavar="ADDRESS", help=words.say("help.cluster")),
        click.Option(["--local-cluster"], type=workers, help=words.say("help.local_cluster")),
        click.Option(["--engine"], type=OneOf("--engine", engines), help=words.say("help.engine_sweep")),
    ]
