"""Every file that an input stands for: what a scenario extends and names, what a folder holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sampler.errors import InputError
from scenarios.files.toml import parse_toml

_NAMES = ("extends", "file", "scenario")  # keys whose values are files


def files_behind(path: Path, *, seen: frozenset[Path] = frozenset()) -> set[Path]:
    """Return the files that reading an input reads, so that no output takes their place.

    Parameters
    ----------
    path : Path
        A list, a folder, a scenario file, a file of a sweep, a saved answer; a shipped name stands for none.
    seen : frozenset of Path
        Files that led here.

    Returns
    -------
    set of Path
        Real paths; those of files that do not exist, or cannot be read, are left out: reading them will say so.

    Examples
    --------
    >>> files_behind(Path("example"))
    set()
    """
    real = Path(os.path.realpath(path))
    if real in seen:
        return set()
    if real.is_dir():
        return {real, *(Path(os.path.realpath(real / f"{name}.csv")) for name in ("villages", "households"))}
    if not real.is_file():
        return set()
    found = {real}
    if real.suffix.lower() == ".toml":
        try:
            tree = parse_toml(real.read_bytes(), real.name)
        except (InputError, OSError):
            return found
        for name in _named(tree):
            found |= files_behind(real.parent / name, seen=seen | found)
    return found


def _named(tree: Any) -> Iterator[str]:
    """Yield the names of files in a scenario or a sweep, those of varied values too."""
    for key, value in tree.items():
        values = value if isinstance(value, list) else [value]
        for each in values:
            if isinstance(each, dict):
                yield from _named(each)
            elif key in _NAMES and isinstance(each, str) and "\0" not in each:
                yield each
