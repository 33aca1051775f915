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

from sampler.selection.sequential import SequentialTable

Floats = NDArray[np.float64]

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


def sample_table(values: NDArray[Any], most: int) -> NDArray[Any]:
    """Return the generating functions of simple random samples of 0, 1, ..., `most` units, in one pass.

    Parameters
    ----------
    values : ndarray of float64 or complex128, shape (M, ...)
        The units' generating functions at any number of points.
    most : int
        Largest sample size, 0..M.

    Returns
    -------
    ndarray, shape (most + 1, ...)

    Examples
    --------
    >>> sample_table(np.array([[1.0], [2.0], [4.0]]), 3).ravel()
    array([1.        , 2.33333333, 4.66666667, 8.        ])
    """
    table = np.zeros((most + 1, *values.shape[1:]), dtype=values.dtype)
    table[0] = 1
    for i, value in enumerate(values, start=1):
        k = np.arange(1, min(i, most) + 1)
        join = (k / i).reshape(-1, *[1] * (values.ndim - 1))
        table[k] = (1 - join) * table[k] + join * value * table[k - 1]
    return table


# With odds. If units enter a sample of n with chance proportional to the product of their odds w, e_k being the
# elementary symmetric polynomial of the odds of units i, i + 1, ..., only quotients of these are kept:
#
#     lambda_k = e_k / e_{k-1},   c_k = w / (lambda_k + w),   lambda'_k = (lambda_k + w)(1 - c_{k-1}),   c_0 = 0.
#
# c_k is the chance that unit i is taken when k are still to draw from it and those behind it. Everything is a sum or a
# product of numbers that are not negative, whatever their number and size, and 1 - c has a quotient of its own.


def with_odds(odds: Floats, drawn: int) -> SequentialTable:
    """Return the table of a sample whose chance is proportional to the product of its units' odds.

    Parameters
    ----------
    odds : ndarray of float64, shape (N,)
        Above 0; only their proportions matter.
    drawn : int
        Sample size, 0..N.

    Returns
    -------
    SequentialTable

    Examples
    --------
    >>> with_odds(np.array([1.0, 2.0, 3.0]), 2).first().round(6)  # 2, 3 and 6 are the chances of the samples, out of 11
    array([0.454545, 0.727273, 0.818182])
    """
    take, skip = np.zeros((len(odds), drawn + 1)), np.ones((len(odds), drawn + 1))
    quotient = np.zeros(drawn)
    for i in range(len(odds) - 1, -1, -1):
        both = quotient + odds[i]
        take[i, 1:] = odds[i] / both
        skip[i, 1:] = quotient / both
        quotient = both * skip[i, :-1]
    return SequentialTable(take=take, skip=skip, mark=np.zeros((0, 0)))


def with_odds_and_mark(odds: Floats, marks: Floats, drawn: int) -> SequentialTable:
    """Return the table of a sample whose chance is proportional to the product of its units' odds, one of them marked.

    Parameters
    ----------
    odds : ndarray of float64, shape (N,)
        Above 0.
    marks : ndarray of float64, shape (N,)
        What stands in place of the odds of the marked unit; above 0.
    drawn : int
        Sample size, 1..N.

    Returns
    -------
    SequentialTable
        Of the sample and the marked unit together. With f_k the sum over samples of k with their marked unit,
        beta_k = f_k / e_{k-1}, and beta'_k = (1 - c_{k-1})(beta_k + mark) + c_{k-1} beta_{k-1}.

    Examples
    --------
    >>> with_odds_and_mark(np.array([1.0, 2.0, 3.0]), np.ones(3), 1).first().round(6)
    array([0.333333, 0.333333, 0.333333])
    """
    marked = with_odds(odds, drawn)
    take, skip = np.zeros_like(marked.take), np.ones_like(marked.skip)
    mark = np.zeros_like(take)
    quotient = np.zeros(drawn + 1)
    for i in range(len(odds) - 1, -1, -1):
        c, d = marked.take[i, :-1], marked.skip[i, :-1]
        whole = d * (quotient[1:] + marks[i]) + c * quotient[:-1]
        # Where no such sample exists, before the list can end, no draw comes.
        np.divide(c * quotient[:-1], whole, out=take[i, 1:], where=whole > 0)
        np.divide(d * quotient[1:], whole, out=skip[i, 1:], where=whole > 0)
        np.divide(d * marks[i], whole, out=mark[i, 1:], where=whole > 0)
        quotient[1:] = whole
    return SequentialTable(
        take=np.concatenate([marked.take, take], axis=1),
        skip=np.concatenate([marked.skip, skip], axis=1),
        mark=mark,
    )
