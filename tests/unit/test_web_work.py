"""Work in processes of its own: its answer, its mistakes, its end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest
from choucha_command import as_csv

from scenarios import load
from scenarios.shells.web.county import Upload
from scenarios.shells.web.work import Workshop

JOBS = "scenarios.shells.web.jobs"


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    made = Workshop()
    yield made
    made.close()


def test_a_list_is_read_and_its_copy_removed(shop: Workshop) -> None:
    upload = Upload("八村.csv", as_csv().encode())
    assert upload.path.exists()
    job = shop.start(f"{JOBS}:read_list", str(upload.path), "八村.csv", ended=upload.remove)
    assert job.finished.wait(60)
    assert job.state == "done"
    assert len(job.answer.county.frame.codes) == 8
    assert not upload.folder.exists()


def test_what_is_wrong_with_a_list_comes_back_as_mistakes(shop: Workshop) -> None:
    upload = Upload("a.csv", b"\x00\x01\x02 no table")
    job = shop.start(f"{JOBS}:read_list", str(upload.path), "a.csv", ended=upload.remove)
    assert job.finished.wait(60)
    assert job.state == "refused"
    assert job.mistakes[0].code
    assert not upload.folder.exists()


def test_a_fault_is_told_by_name(shop: Workshop) -> None:
    job = shop.start(f"{JOBS}:nothing")
    assert job.finished.wait(60)
    assert (job.state, job.fault.partition(":")[0]) == ("fault", "AttributeError")


def test_cancelled_work_ends_at_once_and_its_process_with_it(shop: Workshop) -> None:
    scenario = load("example")
    level = scenario.points()[6]
    job = shop.start(f"{JOBS}:repeat", scenario, level, 1_000_000)
    while job.told is None:
        assert not job.finished.wait(0.05)
    worker = shop._at_work[job]
    shop.cancel(job)
    assert job.finished.wait(5)
    assert job.state == "cancelled"
    assert worker.process.poll() is not None


def test_work_that_nobody_asks_about_is_given_up(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.shells.web.work._PATIENCE", 1.0)
    scenario = load("example")
    job = shop.start(f"{JOBS}:repeat", scenario, scenario.points()[6], 1_000_000)
    assert job.finished.wait(30)
    assert job.state == "cancelled"


def test_long_work_ends_with_a_page_that_was_killed() -> None:
    script = (
        "import time; from scenarios import load; from scenarios.shells.web.work import Workshop\n"
        "scenario, shop = load('example'), Workshop()\n"
        "job = shop.start('scenarios.shells.web.jobs:repeat', scenario, scenario.points()[6], 10**6, lasting=True)\n"
        "while job.told is None: time.sleep(0.05)\n"
        "print(shop._at_work[job].process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as page:
        assert page.stdout is not None
        worker = psutil.Process(int(page.stdout.readline()))
        page.kill()
    worker.wait(timeout=10)
