"""The normalised elementary-symmetric recursion: what a simple random sample without replacement adds up to.

It serves households within a village and villages within a stratum alike. If unit i brings the generating function
G_i, a simple random sample of n among M units has the generating function e_n(G_1, ..., G_M) / C(M, n) [1]_, and

    Q[k] <- ((i - k) / i) Q[k] + (k / i) G_i Q[k - 1],   k = min(i, n) ... 1,   Q[0] = 1

computes it without large numbers: after unit i, Q[k] is the law of a sample of k among the first i.

References
----------
.. [1] Tillé (2006). Sampling Algorithms. Springer, chapter 4. The normalised form is derived in ARCHITECTURE.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Unit = TypeVar("Unit")
Law = TypeVar("Law")


def sample_law(
    units: Sequence[Unit],
    drawn: int,
    *,
    one: Law,
    mix: Callable[[float, Law | None, float, Unit, Law], Law],
) -> Law:
    """Return the law of a simple random sample of `drawn` units, in any algebra of laws.

    Parameters
    ----------
    units : sequence of length M
        What each unit brings when it is drawn.
    drawn : int
        Sample size, 0..M.
    one : Law
        The law of an empty sample.
    mix : callable
        ``mix(a, x, b, g, y)`` returns a x + b g y; `x` is None when a is 0.

    Returns
    -------
    Law
        Of the whole sample.

    Examples
    --------
    Two of four units worth 1, 1, 2 and 2, as ordinary numbers: (1 + 2 + 2 + 2 + 2 + 4) / 6.

    >>> round(sample_law([1, 1, 2, 2], 2, one=1.0, mix=lambda a, x, b, g, y: a * (x or 0) + b * g * y), 12)
    2.166666666667
    """
    table: list[Law | None] = [one] + [None] * drawn
    size = len(units)
    for i, unit in enumerate(units, start=1):
        # Below this k a sample can no longer grow to `drawn` with the units that are left.
        lowest = max(1, drawn - (size - i))
        for k in range(min(i, drawn), lowest - 1, -1):
            below = table[k - 1]
            assert below is not None  # noqa: S101 - k - 1 < i units have been seen, so it was filled
            table[k] = mix((i - k) / i, table[k] if k < i else None, k / i, unit, below)
    law = table[drawn]
    assert law is not None  # noqa: S101 - drawn <= M
    return law


def sample_values(values: NDArray[Any], drawn: int) -> NDArray[Any]:
    """Return the generating function of a simple random sample at given points: `sample_law` for all k at once.

    Parameters
    ----------
    values : ndarray of float64 or complex128, shape (M, ...)
        The units' generating functions at those points.
    drawn : int
        Sample size, 0..M.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> sample_values(np.array([[1.0], [2.0], [4.0]]), 2)
    array([4.66666667])
    """
    table = np.zeros((drawn + 1, *values.shape[1:]), dtype=values.dtype)
    table[0] = 1
    size = len(values)
    for i, value in enumerate(values, start=1):
        k = np.arange(max(1, drawn - (size - i)), min(i, drawn) + 1)
        join = (k / i).reshape(-1, *[1] * (values.ndim - 1))
        table[k] = (1 - join) * table[k] + join * value * table[k - 1]
    law: NDArray[Any] = table[drawn]
    return law
