"""Pieces of a long search in a store, so that a search that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from scenarios.store import Answered, Store

Floats = NDArray[np.float64]


class KeptWork:
    """Returns pieces of work from a store, and keeps those that it has not yet.

    Parameters
    ----------
    store : Store
        Open. Pieces are numbered in the order in which they are asked for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept = dict(store.answers())
        self._asked = 0

    def __call__(self, work: Callable[[], Floats]) -> Floats:
        """Return what a piece gives."""
        number, self._asked = self._asked, self._asked + 1
        if number in self._kept:
            told = json.loads(self._kept[number])
            return np.array(told["values"], dtype=np.float64).reshape(told["shape"])
        begun = perf_counter()
        found = work()
        text = json.dumps({"shape": found.shape, "values": found.ravel().tolist()}, allow_nan=False)
        self._store.add(Answered(number=number, text=text, seconds=perf_counter() - begun, code=self._store.code))
        return found
