"""Where labels stand on a map: each as near to its point as those before it leave room, none over another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, floor, inf

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# A box by its sides, in points of type: left, bottom, right, top.
Box = tuple[float, float, float, float]

# Costs are in cells of weight 1 covered: of a point farther off, and of an arrangement one place down the list.
_A_POINT, _A_PLACE = 4.0, 2.0


class Board:
    """A sheet of cells, one point of type wide, that knows what is taken and what had better stay in view.

    A box counts with every cell it touches, so boxes that share no cell do not overlap, however they are rounded.

    Parameters
    ----------
    width, height : float
        In points of type.

    Examples
    --------
    >>> board = Board(100, 50)
    >>> label = [(-4.0, -4.0, 4.0, 4.0)]
    >>> board.seat((30.0, 20.0), [label]), board.seat((30.0, 20.0), [label])
    ((0, 0, 0), (0, -8, 0))
    """

    def __init__(self, width: float, height: float) -> None:
        shape = (floor(height), floor(width))
        self._taken = np.zeros(shape)
        self._dear = np.zeros(shape)

    def keep_in_view(self, at: tuple[float, float], box: Box, weight: float) -> None:
        """Make each cell of a box around a place dearer to cover; a negative weight takes that back."""
        self._dear[_slices(at, box)] += weight

    def seat(
        self, at: tuple[float, float], arrangements: Sequence[Sequence[Box]], *, leaving: float = 0.0
    ) -> tuple[int, int, int] | None:
        """Find the cheapest free place for a label and take it; far ones only where none is near.

        Parameters
        ----------
        at : (float, float)
            Where the label would like to stand.
        arrangements : sequence of sequence of Box
            Ways to draw it, the best liked first: boxes around its place. A label's own boxes may overlap.
        leaving : float
            What moving at all costs, in cells of weight 1 covered.

        Returns
        -------
        (int, int, int) or None
            The move right and up in points, and the arrangement; None when no place is free.
        """
        taken, dear = _summed(self._taken), _summed(self._dear)
        for moves in _moves(*self._taken.shape):
            price = _A_POINT * np.hypot(moves[:, 0], moves[:, 1]) + np.where(moves.any(axis=1), leaving, 0.0)
            best = (inf, 0, 0)  # cost, move, arrangement
            for rank, boxes in enumerate(arrangements):
                cost = price + _A_PLACE * rank
                for box in boxes:
                    free = _covered(taken, at, box, moves) == 0
                    cost = np.where(free, cost + _covered(dear, at, box, moves), inf)
                cheapest = int(cost.argmin())
                best = min(best, (float(cost[cheapest]), cheapest, rank))
            if best[0] < inf:
                right, up = (int(step) for step in moves[best[1]])
                for box in arrangements[best[2]]:
                    self._taken[_slices(at, box, right, up)] = 1.0
                return right, up, best[2]
        return None


def _cells(at: tuple[float, float], box: Box) -> tuple[int, int, int, int]:
    """Return the first column and row a box around a place touches, and those after the last."""
    (x, y), (left, bottom, right, top) = at, box
    return floor(x + left), floor(y + bottom), ceil(x + right), ceil(y + top)


def _slices(at: tuple[float, float], box: Box, right: int = 0, up: int = 0) -> tuple[slice, slice]:
    first, low, last, high = _cells(at, box)
    return slice(max(low + up, 0), max(high + up, 0)), slice(max(first + right, 0), max(last + right, 0))


def _summed(cells: Floats) -> Floats:
    """Return the sums of all cells below and left of each corner, so that any box is four look-ups."""
    return np.asarray(np.pad(cells, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1))


def _covered(sums: Floats, at: tuple[float, float], box: Box, moves: Ints) -> Floats:
    """Return the sum of the cells under a box after each move, shape (K,); infinite where it leaves the sheet."""
    first, low, last, high = _cells(at, box)
    left, right, bottom, top = first + moves[:, 0], last + moves[:, 0], low + moves[:, 1], high + moves[:, 1]
    rows, columns = sums.shape
    inside = (bottom >= 0) & (left >= 0) & (top < rows) & (right < columns)
    left, right = np.clip(left, 0, columns - 1), np.clip(right, 0, columns - 1)
    bottom, top = np.clip(bottom, 0, rows - 1), np.clip(top, 0, rows - 1)
    under = sums[top, right] - sums[bottom, right] - sums[top, left] + sums[bottom, left]
    return np.where(inside, under, inf)


@lru_cache(maxsize=8)
def _moves(rows: int, columns: int) -> list[Ints]:
    """Return the moves to try on a sheet in squares around it, shape (K, 2) each; outer ones have a coarser grid."""
    rings = []
    for step, near, far in ((1, 0, 16), (3, 16, 64), (6, 64, 192), (8, 192, max(rows, columns))):
        steps = np.arange(-far, far + 1, step)
        grid = np.meshgrid(steps[np.abs(steps) < columns], steps[np.abs(steps) < rows])
        moves = np.stack(grid, axis=-1).reshape(-1, 2)
        size = np.abs(moves).max(axis=1, initial=0)
        rings.append(moves[(size >= near) & (size < far)])
    return [ring for ring in rings if len(ring)]
