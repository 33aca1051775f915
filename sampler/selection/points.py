"""A generating function at many points, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]


def at_points(expectation: Callable[[Values], Values], values: Values, width: int = 256) -> Values:
    """Return a generating function at any number of points in any shape.

    Parameters
    ----------
    expectation : callable
        From values of shape (N, P) to those of shape (P,).
    values : ndarray of float64 or complex128, shape (N, ...)
        What each unit brings.
    width : int, default 256
        How many points at a time; what is computed for so few stays in the fastest caches.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> at_points(lambda part: part.sum(axis=0), np.ones((3, 2, 2)))
    array([[3., 3.],
           [3., 3.]])
    """
    points = values.reshape(len(values), prod(values.shape[1:])).astype(np.result_type(values, np.float64), copy=False)
    count = max(1, -(-points.shape[1] // width))
    found = [expectation(part) for part in np.array_split(points, count, axis=1)]
    return np.concatenate(found).reshape(values.shape[1:])
