"""What an answer was made with: seed, versions, hashes."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
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
