"""Hypothesis strategies and makers of counties that several tests share."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from estimators.policy import CRITERIA, Policy
from sampler.design import Units
from sampler.designs import DESIGNS
from sampler.frame import Frame, Ints, frame_from_counts
from sampler.plan import Stratum


def county(remote: Sequence[bool], households: Ints, persons: Ints, name: str = "a county") -> Frame:
    """Return a county of V villages from its counts by village and group, shape (V, 3); names are numbers."""
    numbers = [str(i + 1) for i in range(len(remote))]
    return frame_from_counts(
        name=name,
        codes=numbers,
        villages=numbers,
        townships=["a township"] * len(remote),
        remote=remote,
        group_households=np.asarray(households, dtype=np.int64),
        group_persons=np.asarray(persons, dtype=np.int64),
    )


def even_county(ordinary: int, remote: int, *, households: int, persons: int) -> Frame:
    """Return a county whose villages all have as many households and persons in each group."""
    shape = (ordinary + remote, 3)
    flags = [False] * ordinary + [True] * remote
    return county(flags, np.full(shape, households), np.full(shape, persons))


@st.composite
def small_frames(draw: st.DrawFn, *, most_villages: int = 6, most_households: int = 6) -> Frame:
    """Return counties of a few villages, with empty groups, empty villages and empty strata among them."""
    villages = draw(st.integers(1, most_villages))
    remote = draw(st.lists(st.booleans(), min_size=villages, max_size=villages))
    number = st.integers(0, most_households)
    households = np.array([[draw(number) for _ in range(3)] for _ in remote], dtype=np.int64)
    persons = np.array([[draw(st.integers(n, 7 * n)) for n in row] for row in households], dtype=np.int64)
    return county(remote, households, persons)


def policies(limit: Fraction | None = None, **fields: object) -> Policy:
    """Return a policy whose four limits are the same, 2% unless told."""
    return Policy(name="a policy", limits=dict.fromkeys(CRITERIA, limit or Fraction(1, 50)), **fields)  # type: ignore[arg-type]


def simple_stratum(name: str, villages: Ints, drawn: int) -> Stratum:
    """Return a stratum of which a simple random sample is drawn."""
    size = len(villages)
    design = DESIGNS["srs"].make(Units(chance=np.full(size, drawn / max(size, 1))))
    return Stratum(name=name, villages=villages, drawn=drawn, selection="srs", design=design)
