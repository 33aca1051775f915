"""Named randomness: one counter-based stream for each (seed, purpose, replicate), and nothing else in the key.

Designs and error levels are compared on common random numbers because neither enters a key. The generator is
Philox4x64-10 [1]_, whose published test vectors pin the numbers on every machine.

References
----------
.. [1] Salmon, Moraes, Dror & Shaw (2011). Parallel random numbers: as easy as 1, 2, 3. SC'11.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream is for; the numbers are part of every published seed and never change."""

    TRUTH = 1
    VILLAGES = 2
    HOUSEHOLDS = 3
    FIELDWORK = 4
    RECHECK = 5


def stream(seed: int, purpose: Purpose, replicate: int = 0) -> np.random.Generator:
    """Return the generator of one purpose and replicate.

    Parameters
    ----------
    seed : int
        The scenario's seed, 0 <= seed < 2**63.
    purpose : Purpose
        What the numbers are for.
    replicate : int, default 0
        Number of the population or inspection.

    Returns
    -------
    numpy.random.Generator
        At its start; 2**128 numbers are its own before the next replicate's begin.

    Examples
    --------
    >>> stream(1, Purpose.TRUTH).integers(10, size=3).tolist() == stream(1, Purpose.TRUTH).integers(10, size=3).tolist()
    True
    """
    return np.random.Generator(np.random.Philox(key=[seed, purpose.value], counter=[0, 0, replicate, 0]))
