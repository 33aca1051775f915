"""`choucha web` as a command: what it refuses before it serves, and how it serves."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from choucha_command import Inside, run

from scenarios.shells.web_command import settings


@pytest.mark.parametrize(("language", "told"), [("en", "is in use by another program"), ("zh", "已被别的程序占用")])
def test_a_taken_port_is_one_message(language: str, told: str, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = run("web", "--port", str(port), "--lang", language, cwd=tmp_path)
    assert answer.status == 2
    assert told in answer.err
    assert f"--port {port + 1}" in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("address", ["203.0.113.1", "no.such.host.invalid"])
def test_an_address_that_is_not_this_machine_s_is_refused(address: str, inside: Inside) -> None:
    answer = inside("web", "--address", address, "--port", "18999", "--lang", "en")
    assert answer.status == 2
    assert f"no address {address}" in answer.err


def test_without_its_component_the_page_says_what_to_install(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.shells.web_command.find_spec", lambda _: None)
    answer = inside("web", "--lang", "en")
    assert answer.status == 2
    assert 'pip install "choucha[web]"' in answer.err


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_a_port_that_cannot_be_is_refused(port: str, inside: Inside) -> None:
    assert inside("web", "--port", port).status == 2


def test_the_server_is_for_this_machine_and_says_nothing_to_others() -> None:
    stated = settings(port=8501, address="127.0.0.1", opened=False)
    assert stated["server.address"] == "127.0.0.1"
    assert stated["browser.gatherUsageStats"] is False
    assert stated["server.enableCORS"] is stated["server.enableXsrfProtection"] is True
    assert stated["server.maxUploadSize"] == 20
    assert stated["client.showErrorDetails"] == "none"
    assert stated["server.fileWatcherType"] == "none"


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "127.0.0.2", "::1"])
def test_a_name_that_leads_here_is_no_name_of_this_machine(address: str) -> None:
    allowed = settings(port=8501, address=address, opened=False)["server.allowedHosts"]
    assert {"127.0.0.1", "localhost", "::1", address} == set(allowed)
