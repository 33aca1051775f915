"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sampler.errors import refuse


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file through a temporary one in the same folder; missing folders are made.

    Raises
    ------
    InputError
        ``cannot_write`` with the system's reason.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise refuse("cannot_write", file=str(path), found=error.strerror or str(error)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # mkstemp makes the file private; give it the mode any other new file would have.
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except OSError as error:
        raise refuse("cannot_write", file=str(path), found=error.strerror or str(error)) from error
    finally:
        # Gone after the rename; still there when writing failed or was interrupted.
        Path(temporary).unlink(missing_ok=True)


def write_folder_atomically(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder of files through a temporary one beside it; a folder that stands there is replaced.

    Parameters
    ----------
    path : Path
        The folder.
    files : mapping of str to bytes
        Contents by file name.

    Raises
    ------
    InputError
        ``cannot_write`` with the system's reason.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    except OSError as error:
        raise refuse("cannot_write", file=str(path), found=error.strerror or str(error)) from error
    new, old = temporary / "new", temporary / "old"
    try:
        new.mkdir()
        for name, content in files.items():
            (new / name).write_bytes(content)
        if path.exists():
            path.rename(old)
        new.rename(path)
    except OSError as error:
        if old.exists() and not path.exists():
            old.rename(path)
        raise refuse("cannot_write", file=str(path), found=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def require_writable(path: Path) -> None:
    """Refuse a path that cannot be written, before the work whose answer should go there.

    Raises
    ------
    InputError
        ``cannot_write``.
    """
    if path.is_dir():
        raise refuse("cannot_write", file=str(path), found=os.strerror(errno.EISDIR))
    if path.exists() and not path.is_file():
        raise refuse("cannot_write", file=str(path), found=os.strerror(errno.EINVAL))
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise refuse("cannot_write", file=str(path), found=os.strerror(errno.ENOTDIR))
    if not os.access(above, os.W_OK):
        raise refuse("cannot_write", file=str(path), found=os.strerror(errno.EACCES))


def require_different(paths: Sequence[Path]) -> None:
    """Refuse outputs that would overwrite one another or the input.

    Raises
    ------
    InputError
        ``same_file``.
    """
    seen: set[Path] = set()
    for path in paths:
        real = Path(os.path.realpath(path))
        if real in seen:
            raise refuse("same_file", file=str(path))
        seen.add(real)
