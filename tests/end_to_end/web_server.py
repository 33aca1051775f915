"""`choucha web` as a process, and a real browser that looks at it."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from choucha_command import RUN, environment
from playwright.sync_api import Browser, sync_playwright


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@contextmanager
def server(folder: Path, *arguments: str) -> Iterator[str]:
    """Serve the page and yield its address."""
    port = free_port()
    variables = environment(HOME=str(folder), TMPDIR=str(folder))
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-c", RUN, "web", "--port", str(port), *arguments],
            cwd=folder,
            env=variables,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(300):
                assert process.poll() is None, (folder / "server.log").read_text(encoding="utf-8")
                try:
                    urllib.request.urlopen(url, timeout=1).close()
                    break
                except (urllib.error.URLError, ConnectionError, TimeoutError):
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def browser() -> Iterator[Browser]:
    """Yield Debian's Chromium; without it nothing about the page is known, so that the test fails."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "no browser: install Debian's package `chromium` (.ci/run does)"
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


def foreign_hosts(urls: list[str]) -> set[str]:
    """Return the hosts of requests that left this machine."""
    hosts = {found[1] for url in urls if (found := re.match(r"(?:https?|wss?)://([^/:]+)", url))}
    return hosts - {"127.0.0.1"}
