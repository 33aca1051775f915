"""`choucha sweep`: the same answers whoever computes them and whatever is killed; a refusal keeps what there is."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pandas as pd
import psutil
import pytest
from choucha_command import RUN, Answer, Inside, as_csv, environment, run

from scenarios.files.sweep_table import write_sweep_table
from scenarios.messages import LANGUAGES, catalogue

KILLS = 20

SCENARIO = """
schema = "scenario/1"
name = "eight villages"
seed = 7
[frame]
file = "list.csv"
[population]
kind = "levels"
[plan]
villages = { ordinary = 2, remote = 1 }
take = { exited = 3, unregistered = 3, remaining = 1 }
[grid]
together = ["wrong_exit", "missed"]
wrong_exit = [0, 0.03]
"""
# Many cells of a tenth of a second, answered exactly.
VARIED = """
population.icc = [0, 0.02, 0.1]
seed = { from = 1, to = 16 }
"""
MANY = f"""
schema = "sweep/1"
name = "many"
scenario = "scenario.toml"
engine = "exact"
[vary]{VARIED}"""
# Few cells, averaged over populations: compiled, in threads, simulated.
FEW = """
schema = "sweep/1"
name = "few"
scenario = "scenario.toml"
[vary]
"plan.villages" = [{ ordinary = 2, remote = 1 }, { ordinary = 1, remote = 2 }]
"grid.wrong_exit" = [[0.05]]
"""


def _folder(folder: Path) -> Path:
    (folder / "list.csv").write_text(as_csv(), encoding="utf-8")
    (folder / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    (folder / "many.toml").write_text(MANY, encoding="utf-8")
    (folder / "few.toml").write_text(FEW, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _folder(tmp_path)


def digest_in(answer: Answer) -> str:
    assert answer.status == 0, answer.err
    found = re.search(r"digest of all results ([0-9a-f]{64})", answer.out)
    assert found, answer.out
    return found[1]


def swept(folder: Path, grid: str, *options: str, **variables: str) -> str:
    """Run a sweep to its end in its own process and return the digest of its answers."""
    return digest_in(run("sweep", grid, *options, "--lang", "en", cwd=folder, **variables))


@contextmanager
def started(*command: str, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process in a group of its own, all of which is gone afterwards."""
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the digest of the many cells, computed in one go."""
    return swept(_folder(tmp_path_factory.mktemp("undisturbed")), "many.toml")


def test_driver_killed_at_random_moments(folder: Path, undisturbed: str) -> None:
    moments = random.Random(int.from_bytes(os.urandom(4), "big"))
    kept, kills, finished = 0, 0, 0
    while kills < KILLS:
        with started("-c", RUN, "sweep", "many.toml", cwd=folder) as driver:
            try:
                driver.wait(timeout=moments.uniform(0.2, 3.0))
            except subprocess.TimeoutExpired:
                os.killpg(driver.pid, signal.SIGKILL)
                driver.wait()
                kills += 1
        if driver.returncode == 0:  # finished before it could be killed: once more from the beginning
            assert swept(folder, "many.toml", "--at-most", "0") == undisturbed
            (folder / "many.sqlite").unlink()
            kept, finished = 0, finished + 1
        elif (folder / "many.sqlite").exists():
            now = _kept(folder)
            assert now >= kept, "an answer that was kept is gone"
            kept = now
    assert swept(folder, "many.toml") == undisturbed


def _kept(folder: Path) -> int:
    """Return how many cells the store holds."""
    with closing(sqlite3.connect(folder / "many.sqlite")) as store:
        made = store.execute("SELECT count(*) FROM sqlite_master WHERE name = 'cells'").fetchone()[0]
        return int(store.execute("SELECT count(*) FROM cells").fetchone()[0]) if made else 0


def test_workers_killed_at_random_moments(folder: Path, undisturbed: str) -> None:
    moments = random.Random(int.from_bytes(os.urandom(4), "big"))
    kills = 0
    while kills < KILLS:
        (folder / "many.sqlite").unlink(missing_ok=True)
        with started("-c", RUN, "sweep", "many.toml", "--local-cluster", "2", cwd=folder) as driver:
            while driver.poll() is None:
                time.sleep(moments.uniform(0.1, 1.0))
                workers = _workers(driver.pid) if _has_answers(folder / "many.sqlite") else []
                if workers and kills < KILLS:
                    moments.choice(workers).kill()
                    kills += 1
            assert driver.returncode == 0, driver.stderr.read() if driver.stderr else b""
        assert swept(folder, "many.toml", "--at-most", "0") == undisturbed


def _has_answers(store: Path) -> bool:
    """Say whether a store that another process holds has grown beyond its empty tables."""
    return store.exists() and store.stat().st_size > 24_000


def _workers(driver: int) -> list[psutil.Process]:
    """Return the worker processes that a driver has started."""
    found = []
    for child in psutil.Process(driver).children(recursive=True):
        try:
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def test_digest_depends_on_no_number_of_threads_or_workers(folder: Path) -> None:
    digests = {
        swept(folder, "few.toml", "--store", f"{name}.sqlite", *options, **variables)
        for name, options, variables in (
            ("one thread", (), {"CHOUCHA_THREADS": "1"}),
            ("two threads", (), {"CHOUCHA_THREADS": "2"}),
            ("one worker", ("--local-cluster", "1"), {}),
            ("two workers", ("--local-cluster", "2"), {}),
            ("four workers", ("--local-cluster", "4"), {}),
        )
    }
    assert len(digests) == 1


@pytest.fixture
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and two workers by their command line; yield its address, and the three processes."""
    with ExitStack() as stack:
        where = folder / "scheduler.json"
        plain = ("--no-dashboard", "--host", "127.0.0.1")
        command = "distributed.cli.dask_{}".format
        tell = ("--port", "0", "--scheduler-file", str(where))
        scheduler = stack.enter_context(started("-m", command("scheduler"), *plain, *tell, cwd=folder))
        _wait_for(where)
        address = json.loads(where.read_text(encoding="utf-8"))["address"]
        alone = ("--no-nanny", "--nthreads", "1", "--local-directory", str(folder))
        workers = [
            stack.enter_context(started("-m", command("worker"), address, *plain, *alone, cwd=folder)) for _ in range(2)
        ]
        yield address, [scheduler, *workers]


def test_a_scheduler_and_two_workers_of_which_one_is_killed(
    folder: Path, undisturbed: str, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, (_, worker, _) = cluster
    with started("-c", RUN, "sweep", "many.toml", "--cluster", address, cwd=folder) as driver:
        _wait_for_answers(folder, driver)
        os.killpg(worker.pid, signal.SIGKILL)
        assert driver.wait(timeout=100) == 0
    assert swept(folder, "many.toml", "--at-most", "0") == undisturbed


def test_a_scheduler_that_dies_is_told_and_the_answers_are_kept(
    folder: Path, undisturbed: str, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, (scheduler, *_) = cluster
    command = ("-c", RUN, "sweep", "many.toml", "--cluster", address, "--lang", "en")
    with started(*command, cwd=folder) as driver:
        _wait_for_answers(folder, driver)
        os.killpg(scheduler.pid, signal.SIGKILL)
        told = (driver.communicate(timeout=100)[1] or b"").decode()
    assert driver.returncode == 2, told
    assert f"the connection to the cluster at {address} was lost" in told
    assert "of 48 cells are kept in many.sqlite" in told
    assert "Traceback" not in told
    assert 0 < _kept(folder) < 48
    assert swept(folder, "many.toml") == undisturbed


def _wait_for_answers(folder: Path, driver: subprocess.Popen[bytes]) -> None:
    while not _has_answers(folder / "many.sqlite"):
        assert driver.poll() is None
        time.sleep(0.05)


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} did not appear"
        time.sleep(0.05)


def test_a_store_that_cannot_grow_keeps_what_it_has(folder: Path, undisturbed: str) -> None:
    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    done = subprocess.run(
        [sys.executable, "-c", RUN, "sweep", "many.toml", "--lang", "en"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=120,
        check=False,
        preexec_fn=small_files,
    )
    told = done.stderr.decode()
    assert done.returncode == 2, told
    assert "many.sqlite: the store cannot be written or read" in told
    assert "Traceback" not in told
    assert 0 < _kept(folder) < 48
    assert swept(folder, "many.toml") == undisturbed


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_told_and_exported(
    language: str, folder: Path, monkeypatch: pytest.MonkeyPatch, inside: Inside
) -> None:
    monkeypatch.chdir(folder)
    words = catalogue(language)
    exports = [part for suffix in ("csv", "xlsx", "parquet") for part in ("--export", f"table.{suffix}")]
    answer = inside("sweep", "many.toml", "--at-most", "5", "--lang", language)
    assert answer.status == 0, answer.err
    assert words.say("sweep.done", done=5, all=48, before=0) in answer.out
    answer = inside("sweep", "many.toml", "--at-most", "3", *exports, "--lang", language)
    assert words.say("sweep.done", done=8, all=48, before=5) in answer.out
    read = [pd.read_csv("table.csv"), pd.read_excel("table.xlsx", engine="calamine"), pd.read_parquet("table.parquet")]
    for table in read:
        assert len(table) == 8 * 2
        assert list(table["cell"].unique()) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert table["any"].isna().equals(table["any_engine"].isna())
        assert list(table["seed"].unique()) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert set(table["wrong_exit_level"]) == {0, 0.03}
        assert (table["wrong_exit_engine"] == "exact").all()
        assert table["any"].isna().any()  # not served by the exact engine where the county is large
    # A cell's numbers are those of `choucha risk` on its scenario.
    (folder / "one.toml").write_text(SCENARIO.replace('kind = "levels"', 'kind = "levels"\nicc = 0'), encoding="utf-8")
    assert inside("risk", "one.toml", "--seed", "3", "--engine", "exact", "--json", "one.json").status == 0
    points = json.loads((folder / "one.json").read_text(encoding="utf-8"))["points"]
    cell = read[2][read[2]["cell"] == 3]
    for criterion in ("wrong_exit", "missed", "approval"):
        assert cell[criterion].tolist() == [point["chance"][criterion] for point in points]


def test_a_cell_that_is_refused_does_not_stop_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch, inside: Inside
) -> None:
    monkeypatch.chdir(folder)
    varied = MANY.replace(VARIED, "\nplan.villages = [3, 300, 2]\n")
    (folder / "cells.toml").write_text(varied, encoding="utf-8")
    answer = inside("sweep", "cells.toml", "--export", "table.csv", "--lang", "en")
    assert answer.status == 2, "a cell was refused"
    assert "cell 2 (plan.villages = 300)" in answer.out
    table = pd.read_csv("table.csv")
    assert table["cell"].tolist() == [1, 1, 2, 3, 3]
    assert table["refused"].tolist()[2] == "too_many_villages"
    assert table["refused"].isna().sum() == 4


@pytest.mark.parametrize(
    ("change", "options", "told"),
    [
        ((VARIED, ""), (), "the grid has no points"),
        (("[0, 0.02, 0.1]", "[]"), (), "'vary.population.icc': nothing varies"),
        (("population.icc = [0", "population.wrong_exit = [1.5"), (), "'population.wrong_exit': found 1.5"),
        (("population.icc", "population.ice"), (), "Did you mean 'icc'?"),
        (("[0, 0.02, 0.1]", "0.02"), (), "'vary.population.icc'"),
        (("to = 16", "to = 16.5"), (), "steps (how many values)"),
        (("to = 16", "to = 1000000"), (), "steps"),
        (("to = 16", "to = 90000"), (), "at most 100,000"),
        (("to = 16", "upto = 16"), (), "vary.seed"),
        (('"scenario.toml"', '"nowhere.toml"'), (), "nowhere.toml: no such file"),
        (('"sweep/1"', '"sweep/2"'), (), "'schema'"),
        (("", ""), ("--export", "table.txt"), "table.txt: the file's name ends in '.txt'"),
        (("", ""), ("--local-cluster", "0"), "1 <= x <= 1024"),
        (("", ""), ("--local-cluster", "2", "--cluster", "tcp://127.0.0.1:9"), "together with --local-cluster"),
        (("", ""), ("--cluster", "tcp://127.0.0.1:9"), "no cluster answers at tcp://127.0.0.1:9"),
        (("", ""), ("--cluster", "nonsense:x"), "no cluster answers at nonsense:x"),
        (("", ""), ("--store", "list.csv"), "would overwrite an input"),
        (("", ""), ("--store", "many.toml"), "many.toml"),
    ],
)
def test_bad_input_is_refused(
    change: tuple[str, str],
    options: tuple[str, ...],
    told: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    inside: Inside,
) -> None:
    monkeypatch.chdir(folder)
    text = MANY.replace(*change) if change[0] else MANY
    (folder / "many.toml").write_text(text, encoding="utf-8")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    answer = inside("sweep", "many.toml", *options, "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert "Traceback" not in answer.err
    # At most a store without answers is left behind.
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "many.sqlite"}
    assert after == before


def test_another_sweep_s_store_and_one_in_use_are_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, inside: Inside
) -> None:
    monkeypatch.chdir(folder)
    assert inside("sweep", "many.toml", "--at-most", "1", "--lang", "en").status == 0
    before = (folder / "many.sqlite").read_bytes()
    (folder / "many.toml").write_text(MANY.replace("to = 16", "to = 17"), encoding="utf-8")
    answer = inside("sweep", "many.toml", "--lang", "en")
    assert answer.status == 2
    assert "belongs to other work" in answer.err
    (folder / "many.toml").write_text(MANY, encoding="utf-8")
    monkeypatch.setattr("scenarios.provenance.code_digest", lambda: "0" * 64)
    answer = inside("sweep", "many.toml", "--lang", "en")
    assert answer.status == 2
    assert "written by other code" in answer.err
    assert (folder / "many.sqlite").read_bytes() == before


def test_no_text_of_a_table_is_a_formula(tmp_path: Path) -> None:
    table = pd.DataFrame({"county": ["=1+1", "南"], "any": [0.5, -0.5]})
    for suffix in ("csv", "xlsx"):
        write_sweep_table(table, tmp_path / f"t.{suffix}")
    assert pd.read_csv(tmp_path / "t.csv")["county"].tolist() == ["'=1+1", "南"]
    assert pd.read_excel(tmp_path / "t.xlsx", engine="calamine")["county"].tolist() == ["=1+1", "南"]
