"""The same exact marginal in plain NumPy, as one would write it from METHODS 4.3 in an afternoon: the peer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def plain_chance(blocks: list[Ints], takes: Ints, strata: list[tuple[Ints, int]], length: int, lowest: int) -> float:
    """Return the chance of a positive score; `blocks` are the household scores of each village."""
    laws = np.zeros((len(blocks), length))
    for row, scores, take in zip(laws, blocks, takes, strict=True):
        row[:] = _households(scores, int(take), length)
    transforms = np.fft.rfft(laws, axis=1)
    product = np.ones(transforms.shape[1], dtype=complex)
    for villages, drawn in strata:
        table = np.zeros((drawn + 1, transforms.shape[1]), dtype=complex)
        table[0] = 1
        for i, village in enumerate(villages, start=1):
            for k in range(min(i, drawn), 0, -1):
                table[k] = (i - k) / i * table[k] + k / i * transforms[village] * table[k - 1]
        product *= table[drawn]
    law = np.roll(np.fft.irfft(product, length), -(lowest % length))
    return float(law[1 - lowest :].sum())


def _households(scores: Ints, take: int, length: int) -> NDArray[np.float64]:
    shift = int(-scores.min())
    table = np.zeros((take + 1, int(np.sort(scores + shift)[len(scores) - take :].sum()) + 1))
    table[0, 0] = 1
    for i, score in enumerate(np.sort(scores + shift), start=1):
        for k in range(min(i, take), 0, -1):
            moved = np.zeros(table.shape[1])
            moved[score:] = table[k - 1, : table.shape[1] - score]
            table[k] = (i - k) / i * table[k] + k / i * moved
    values = (np.arange(table.shape[1]) - shift * take) % length
    return np.bincount(values, weights=table[take], minlength=length)
