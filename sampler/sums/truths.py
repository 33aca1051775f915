"""The truth of one population, or of a nested family of them, as the kernels read it: a word a household."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampler.error_model import NestedPopulations
from sampler.frame import Ints
from sampler.population import Population
from sampler.streams import Words

# Bits of a word, the lowest first: persons, wrong persons, place wrong from, place disapproving from, row of `partly`.
_BITS = (12, 12, 13, 13, 14)


@dataclass(frozen=True, kw_only=True, eq=False)
class Truths:
    """The truths of M nested populations; `sampler.sums.kernels` says what each array holds."""

    words: Words  # (N,)
    partly: Ints  # (P, L)
    places: Ints  # (M, 3)


def alone(population: Population) -> NestedPopulations:
    """Return a population as a family of one."""
    nobody = np.zeros((1, 3), dtype=np.int64)
    return NestedPopulations(
        frame=population.frame,
        places=nobody,
        wrong_from=(population.wrong_persons == 0).astype(np.int64),
        wrong_persons=population.wrong_persons,
        disapproves_from=population.approves.astype(np.int64),
        partly=nobody[:0],
    )


def packed(nested: NestedPopulations) -> Truths | None:
    """Return the truths of a family, or None where a value outgrows its bits or a household is empty."""
    persons, never = nested.frame.household_persons, int(nested.places.max()) + 1
    partly = nested.partly[nested.partly[:, 1] < never]
    households, row = np.unique(partly[:, 0], return_inverse=True)
    rows = np.zeros((1 + len(households), never), dtype=np.int64)
    rows[1 + row, partly[:, 1]] = partly[:, 2]
    row_of = np.zeros(len(persons), dtype=np.int64)
    row_of[households] = 1 + np.arange(len(households))
    since, unhappy = np.minimum(nested.wrong_from, never), np.minimum(nested.disapproves_from, never)
    if persons.min(initial=1) == 0:
        return None  # an accusation of nobody is none
    words = np.zeros(len(persons), dtype=np.uint64)
    shift = 0
    for bits, values in zip(_BITS, (persons, nested.wrong_persons, since, unhappy, row_of), strict=True):
        if values.max(initial=0) >= 2**bits:
            return None
        words |= values.astype(np.uint64) << np.uint64(shift)
        shift += bits
    return Truths(words=words, partly=rows, places=nested.places)
