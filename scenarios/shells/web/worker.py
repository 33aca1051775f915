"""A process that works for the page: jobs come in on its standard input, progress and answers leave on its output."""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import struct
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import IO, Any

from sampler.errors import InputError

_LENGTH = struct.Struct("<Q")
_NICE = 10  # a click is answered before the work goes on


def send(stream: IO[bytes], message: object) -> None:
    """Write a message with its length before it."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Return the next message.

    Raises
    ------
    EOFError
        Where the other side is gone.

    Examples
    --------
    >>> import io
    >>> pipe = io.BytesIO()
    >>> send(pipe, ("done", 3))
    >>> pipe.seek(0), receive(pipe)
    (0, ('done', 3))
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return pickle.loads(content)  # noqa: S301 - the other side is this program


def serve() -> None:
    """Work until the page is gone."""
    incoming, outgoing = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no message
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    humble = False
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            name, arguments, waited_for = receive(incoming)
            if not (waited_for or humble) and hasattr(os, "nice"):
                os.nice(_NICE)
                humble = True
            send(outgoing, _answer(name, arguments, lambda told: send(outgoing, ("told", told))))
            del arguments  # nothing of a list stays while the next job is waited for
            gc.collect()


def _end_with(parent: int) -> None:
    """End with the page, even where it was killed and long work would only notice when it tells something."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _answer(name: str, arguments: tuple[Any, ...], tell: Callable[[object], None]) -> tuple[str, object]:
    """Do one job; what is wrong with the input is an answer, a fault of ours is another one."""
    module, _, function = name.partition(":")
    try:
        return "done", getattr(import_module(module), function)(*arguments, tell=tell)
    except InputError as error:
        return "refused", error.mistakes
    except (EOFError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - told to the user by name, like every fault of ours
        return "fault", f"{type(error).__name__}: {error}"
