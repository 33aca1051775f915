"""What an answer was made with: seed, versions, hashes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from platform import python_version

from scenarios.scenario import Scenario

_LIBRARIES = ("numpy", "scipy", "numba")


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What is needed to get the same numbers again.

    Parameters
    ----------
    seed : int
        The scenario's.
    versions : dict of str to str
        Of the program, Python and the libraries the numbers depend on.
    sha256 : str
        Of the canonical scenario with its tables.
    """

    seed: int
    versions: dict[str, str]
    sha256: str


def provenance(scenario: Scenario) -> Provenance:
    """Return the provenance of an answer to a scenario."""
    return Provenance(seed=scenario.seed, versions=library_versions(), sha256=scenario.digest)


def library_versions() -> dict[str, str]:
    """Return the versions of the program, Python and the libraries that numbers depend on."""
    versions = {"choucha": version_of("choucha"), "python": python_version()}
    return versions | {name: version_of(name) for name in _LIBRARIES}


def version_of(name: str) -> str:
    """Return the installed version of a distribution."""
    try:
        return version(name)
    except PackageNotFoundError:  # run from a checkout, or a library that is optional
        return "not installed"


@cache
def code_digest() -> str:
    """Return the SHA-256 of everything that can change a number: our code and its data, Python and the libraries.

    The catalogues of words and the templates are left out: no number depends on them.

    Examples
    --------
    >>> len(code_digest())
    64
    """
    digest = sha256(repr(sorted(library_versions().items())).encode())
    for package in ("sampler", "estimators", "scenarios"):
        for name, content in sorted(_files(files(package), package)):
            digest.update(name.encode() + b"\0" + sha256(content).digest())
    return digest.hexdigest()


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        below = f"{path}/{entry.name}"
        if entry.is_dir():
            if below not in ("scenarios/data/locale", "scenarios/data/templates"):
                yield from _files(entry, below)
        elif entry.name.endswith((".py", ".toml", ".csv")):
            yield below, entry.read_bytes()
