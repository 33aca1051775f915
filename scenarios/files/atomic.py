"""Files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
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
