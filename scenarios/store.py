"""The answers of a sweep in an SQLite file: one transaction an answer, written by one process alone.

Whatever stops the work, the file holds every answer that was reported, and nothing else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sampler.errors import InputError, refuse

SCHEMA = "sweep/1"
_TABLES = """
CREATE TABLE sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE cells (number INTEGER PRIMARY KEY, answer TEXT NOT NULL, seconds REAL NOT NULL) STRICT;
"""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The answer to one cell.

    Parameters
    ----------
    number : int
        Of the cell.
    text : str
        Its record as JSON.
    seconds : float
        What it took.
    code : str
        Digest of the code that answered.
    """

    number: int
    text: str
    seconds: float
    code: str


@dataclass(frozen=True, kw_only=True)
class Store:
    """An open store.

    Parameters
    ----------
    path : Path
        Its file.
    code : str
        Digest of the code whose answers it holds.
    connection : sqlite3.Connection
        With its lock.
    """

    path: Path
    code: str
    connection: sqlite3.Connection

    def add(self, answered: Answered) -> None:
        """Keep an answer; it is on the disk when this returns.

        Raises
        ------
        InputError
            ``worker_other_code`` for an answer of a worker that runs other code; ``store_failed`` with the system's
            reason, for example a full disk. What was kept before stays.
        """
        if answered.code != self.code:
            raise refuse("worker_other_code", found=answered.code[:12], allowed=self.code[:12])
        with _told(self.path), self.connection:
            self.connection.execute(
                "INSERT INTO cells VALUES (?, ?, ?)", (answered.number, answered.text, answered.seconds)
            )

    def numbers(self) -> set[int]:
        """Return the numbers of the cells that have an answer."""
        with _told(self.path):
            return {number for (number,) in self.connection.execute("SELECT number FROM cells")}

    def answers(self) -> Iterator[tuple[int, str]]:
        """Yield number and record of every answer, in the order of the cells."""
        with _told(self.path):
            yield from self.connection.execute("SELECT number, answer FROM cells ORDER BY number")

    def seconds(self) -> float:
        """Return what all answers took, each on its worker."""
        with _told(self.path):
            (total,) = self.connection.execute("SELECT total(seconds) FROM cells").fetchone()
        return float(total)

    def digest(self) -> str:
        """Return the SHA-256 of all answers: equal digests, equal answers."""
        digest = sha256()
        for number, text in self.answers():
            digest.update(f"{number}\t{text}\n".encode())
        return digest.hexdigest()


@contextmanager
def open_store(path: Path, *, sweep: str, code: str, about: Mapping[str, str]) -> Iterator[Store]:
    """Open a sweep's store, made if it does not exist, and hold it alone until the end.

    Parameters
    ----------
    path : Path
        Of the file.
    sweep, code : str
        Digests of what is asked and of the code that answers.
    about : mapping of str to str
        Anything else to be kept with the answers; it is not compared.

    Raises
    ------
    InputError
        ``not_a_store``, ``store_other_sweep``, ``store_other_code``, ``store_in_use``, ``store_failed``.
    """
    with _told(path):
        connection = sqlite3.connect(path, timeout=0)
    try:
        with _told(path):
            # The lock is held until the file is closed: a second driver would do the work twice.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN EXCLUSIVE")
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables:
                for statement in filter(str.strip, _TABLES.split(";")):
                    connection.execute(statement)
                stated = {"schema": SCHEMA, "sweep": sweep, "code": code, **about}
                connection.executemany("INSERT INTO sweep VALUES (?, ?)", stated.items())
            elif tables != {"sweep", "cells"}:
                raise refuse("not_a_store", file=path.name, found=", ".join(sorted(tables)))
            held = dict(connection.execute("SELECT key, value FROM sweep"))
            connection.commit()
        if held.get("schema") != SCHEMA:
            raise refuse("not_a_store", file=path.name, found=str(held.get("schema")))
        if held["sweep"] != sweep:
            raise refuse("store_other_sweep", file=path.name, found=held["sweep"][:12], allowed=sweep[:12])
        if held["code"] != code:
            raise refuse("store_other_code", file=path.name, found=held["code"][:12], allowed=code[:12])
        yield Store(path=path, code=code, connection=connection)
    finally:
        connection.close()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into a mistake that says what happened to which file."""
    try:
        yield
    except InputError:
        raise
    except sqlite3.DatabaseError as error:
        codes = {"SQLITE_NOTADB": "not_a_store", "SQLITE_BUSY": "store_in_use"}
        code = codes.get(getattr(error, "sqlite_errorname", ""), "store_failed")
        raise refuse(code, file=str(path), found=str(error)) from error
