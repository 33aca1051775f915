"""The truth of a county: which households are wrong and who approves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampler.frame import REMAINING, Bools, Frame, Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """A frame plus the truth.

    Parameters
    ----------
    frame : Frame
        V villages, N households.
    wrong_persons : ndarray of int64, shape (N,)
        Wrongly exited persons of exited households, missed persons of unregistered ones; 0 in remaining ones.
    approves : ndarray of bool, shape (N,)
        Whether the household approves.
    """

    frame: Frame
    wrong_persons: Ints
    approves: Bools

    def __post_init__(self) -> None:
        persons = self.frame.household_persons
        if self.wrong_persons.shape != persons.shape or self.approves.shape != persons.shape:
            raise ValueError("the truth must have one value a household")
        if np.any((self.wrong_persons < 0) | (self.wrong_persons > persons)):
            raise ValueError("wrong persons must lie between 0 and the household's persons")
        if np.any(self.wrong_persons[self.frame.household_group == REMAINING]):
            raise ValueError("a remaining household can be neither wrongly exited nor missed")
        for name in ("wrong_persons", "approves"):
            frozen = getattr(self, name).copy()
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)
