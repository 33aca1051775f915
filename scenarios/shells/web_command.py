"""`choucha web`: the page, on this machine only unless asked, with nothing going out and nothing kept."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click

from sampler.errors import refuse
from scenarios.messages import Catalogue
from scenarios.shells.click_words import WholeNumber

_HOME = "127.0.0.1"
_PATIENCE = 30  # seconds after which a visit whose browser has gone is forgotten
_UPLOAD_MB = 20  # a village list of 100,000 villages has ten


def web_parameters(words: Catalogue) -> list[click.Parameter]:
    """Return the options."""
    port = WholeNumber("--port", least=1, most=65_535)
    return [
        click.Option(["--port"], type=port, default=8501, help=words.say("help.port")),
        click.Option(["--address"], metavar="ADDRESS", default=_HOME, help=words.say("help.address_web")),
        click.Option(["--open", "opened"], is_flag=True, help=words.say("help.open")),
    ]


def web(words: Catalogue, *, port: int, address: str, opened: bool) -> None:
    """Serve the page until it is interrupted.

    Raises
    ------
    InputError
        ``web_extra`` where streamlit is not installed, ``port_taken``, ``address_unusable``.
    """
    if find_spec("streamlit") is None:
        raise refuse("web_extra")
    _require_free(address, port)
    os.environ["CHOUCHA_WEB_LANGUAGE"] = words.language
    from scenarios.shells.web.shop import example, workshop  # noqa: PLC0415

    example()  # the first visitor finds the answer
    try:
        _serve(words, port=port, address=address, opened=opened)
    finally:
        workshop().close()
    click.echo(words.say("web.ended"))


def _require_free(address: str, port: int) -> None:
    """Refuse an address that this machine has not, and a port that is taken, before anything starts."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as trial:
            if os.name == "posix":  # a port just left is free; elsewhere the option would share one in use
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
    except socket.gaierror as error:
        raise refuse("address_unusable", key="--address", found=address, reason=str(error.strerror)) from error
    except OSError as error:
        if address == _HOME or _has(address):
            nearest = port + 1 if port < 65_535 else port - 1
            raise refuse("port_taken", key="--port", found=port, nearest_port=nearest) from error
        raise refuse("address_unusable", key="--address", found=address, reason=str(error.strerror)) from error


def _has(address: str) -> bool:
    """Say whether an address is one of this machine's."""
    family, kind, protocol, _, place = socket.getaddrinfo(address, 0, type=socket.SOCK_STREAM)[0]
    try:
        with closing(socket.socket(family, kind, protocol)) as trial:
            trial.bind(place)
    except OSError:
        return False
    return True


def settings(*, port: int, address: str, opened: bool) -> dict[str, Any]:
    """Return the settings of the server: stated here, so that no file of the machine's decides them.

    Parameters
    ----------
    port : int
        Of the page.
    address : str
        Listened on.
    opened : bool
        Whether the browser is opened.
    """
    return {
        "server.address": address,
        "server.port": port,
        "server.headless": not opened,
        "server.enableCORS": True,  # other origins are refused, the websocket's too
        "server.enableXsrfProtection": True,
        # Behind this name only, so that a foreign name that leads here (DNS rebinding) is refused.
        "server.allowedHosts": _hosts(address),
        "server.maxUploadSize": _UPLOAD_MB,
        "server.maxMessageSize": 50,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.enableStaticServing": False,
        "server.showEmailPrompt": False,
        "server.disconnectedSessionTTL": 2 * _PATIENCE,
        "browser.serverAddress": _HOME if address == _HOME else address,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.toolbarMode": "minimal",
        "client.showSidebarNavigation": False,
        "client.allowedOrigins": [],
        "global.developmentMode": False,
        "logger.level": "error",
        "logger.hideWelcomeMessage": True,
        "runner.magicEnabled": False,
        "theme.base": "light",
        "theme.primaryColor": "#0b5394",
        "theme.font": "sans-serif",
    }


def _hosts(address: str) -> list[str]:
    """Return the names under which the page may be asked for; none where every address of the machine is listened on.

    Examples
    --------
    >>> _hosts("127.0.0.1"), _hosts("0.0.0.0")
    (['127.0.0.1', 'localhost', '::1'], [])
    """
    if _everywhere(address):
        return []
    own = [_HOME, "localhost", "::1"] if _this_machine_only(address) else [socket.gethostname(), socket.getfqdn()]
    return [*own, *([] if address in own else [address])]


def _this_machine_only(address: str) -> bool:
    found = {str(each[4][0]) for each in socket.getaddrinfo(address, None, type=socket.SOCK_STREAM)}
    return all(ip_address(each).is_loopback for each in found)


def _everywhere(address: str) -> bool:
    return address in ("0.0.0.0", "::")  # noqa: S104 - compared, not listened on


def _serve(words: Catalogue, *, port: int, address: str, opened: bool) -> None:
    from streamlit import net_util  # noqa: PLC0415
    from streamlit.web import bootstrap  # noqa: PLC0415

    from scenarios.shells.web.visits import end_visits_after  # noqa: PLC0415

    # Asked whether an origin is this machine, it would ask an outside service for this machine's address.
    net_util.get_external_ip = lambda: None
    end_visits_after(_PATIENCE)
    stated = settings(port=port, address=address, opened=opened)
    bootstrap.load_config_options(flag_options={key.replace(".", "_"): value for key, value in stated.items()})
    shown = "localhost" if _everywhere(address) else f"[{address}]" if ":" in address else address
    url = f"http://{shown}:{port}"
    key = "web.ready" if _this_machine_only(address) else "web.ready_open"
    click.echo(words.say(key, url=url, address=address) if key == "web.ready_open" else words.say(key, url=url))
    page = Path(__file__).parent / "web" / "page.py"
    bootstrap.run(str(page), False, [], {key.replace(".", "_"): value for key, value in stated.items()})
