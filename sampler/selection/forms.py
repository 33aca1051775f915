"""Which form of the draws serves."""

from __future__ import annotations

from types import ModuleType


def forms() -> ModuleType:
    """Return the module of compiled draws where numba is at hand, else that of the readable ones.

    Both hold the same functions, which give the same samples.

    Examples
    --------
    >>> import numpy as np
    >>> forms().shuffled(5, 2, np.array([1, 2], dtype=np.uint64)).shape
    (2, 2)
    """
    try:
        import sampler.selection.kernels as form  # noqa: PLC0415
    except ImportError:
        import sampler.selection.readable as form  # type: ignore[no-redef]  # noqa: PLC0415
    return form
