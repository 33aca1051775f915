"""The chance of failing for every number of villages at once (METHODS 4.2).

The recursion of a simple random sample passes through the samples of all sizes, so that one pass over the villages of a
stratum gives the chance for 0, 1, ..., m villages drawn from it: what planners vary first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sampler.design import Units
from sampler.designs.srs import Srs
from sampler.errors import refuse
from sampler.plan import Stratum
from sampler.population import Population
from sampler.symmetric import sample_table
from scenarios.engines.block_laws import BlockLaws
from scenarios.engines.laws import circle, county_window, sampled, village_spectra
from scenarios.engines.scores import chance_empty, score_blocks, serves
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]


def chance_by_villages(
    scenario: Scenario, population: Population, criterion: str, *, stratum: str, most: int | None = None
) -> Floats:
    """Return the chance that a ratio criterion fails, by the number of villages drawn from one stratum.

    Parameters
    ----------
    scenario : Scenario
        Gives plan and policy; the other strata draw as many villages as it says.
    population : Population
        The truth.
    criterion : {"wrong_exit", "missed", "approval"}
    stratum : str
        Name of the stratum; its villages are drawn by simple random sampling.
    most : int, optional
        Largest number of villages; all of the stratum where it is left out.

    Returns
    -------
    ndarray of float64, shape (most + 1,)
        For 0, 1, ..., `most` villages, exact up to about 1e-13.

    Raises
    ------
    InputError
        ``unknown_stratum`` for a name that the plan has not, ``too_many_villages`` for more than there are.
    ValueError
        For a criterion without an exact law, and for another design.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from scenarios import load
    >>> from scenarios.scenario import populations
    >>> cell = load("example").at({"wrong_exit": Decimal("0.01"), "missed": Decimal("0.01")})
    >>> chances = chance_by_villages(cell, populations([cell])[0], "missed", stratum="remote", most=12)
    >>> chances.shape, bool(chances[12] > chances[4])
    ((13,), True)
    """
    strata = list(scenario.plan.strata(scenario.frame))
    names = [s.name for s in strata]
    if stratum not in names:
        raise refuse("unknown_stratum", key="stratum", found=stratum, allowed=", ".join(names))
    which = names.index(stratum)
    own = strata[which]
    most = len(own.villages) if most is None else most
    if most > len(own.villages):
        raise refuse("too_many_villages", key="most", found=most, allowed=len(own.villages))
    if not serves(scenario, criterion) or not isinstance(own.design, Srs):
        raise ValueError("only criteria with an exact law, of strata drawn by simple random sampling")
    others = strata[:which] + strata[which + 1 :]
    blocks = score_blocks(scenario, population, criterion)
    above, at_zero = _by_villages(blocks, others, own, most)
    if scenario.policy.at_limit_fails:
        empty = chance_empty(scenario, criterion)
        nothing = sample_table(empty[own.villages][:, None], most)[:, 0]
        for s in others:
            nothing = nothing * float(sampled(s, empty))
        # An unmeasured rate scores 0 too, but it is neither at its limit nor beyond it.
        above = above + np.maximum(0.0, at_zero - nothing)
    return np.clip(above, 0.0, 1.0)


def _by_villages(blocks: BlockLaws, others: Sequence[Stratum], own: Stratum, most: int) -> tuple[Floats, Floats]:
    """Return the chances of a positive score and of 0, shape (most + 1,) each."""
    windows = [county_window(blocks, [*others, _drawing(own, m)]) for m in range(most + 1)]
    lowest, highest = min(low for low, _, _ in windows), max(high for _, high, _ in windows)
    if highest < 0:
        return np.zeros(most + 1), np.zeros(most + 1)
    residues, short = circle(highest - lowest + 1, blocks.lowest.size)
    length = residues * short
    spectra = np.empty((most + 1, length if residues > 1 else length // 2 + 1), dtype=np.complex128)
    for residue, transforms in village_spectra(blocks, residues, short):
        table = sample_table(transforms[own.villages], most)
        for s in others:
            table *= sampled(s, transforms)
        spectra[:, residue::residues] = table
    chance = fft.irfft(spectra, length, axis=1) if residues == 1 else fft.ifft(spectra, axis=1).real
    score = lowest + np.arange(length)
    chance = chance[:, score % length]
    zero: Floats = chance[:, -lowest] if lowest <= 0 < lowest + length else np.zeros(most + 1)
    return chance[:, (score > 0) & (score <= highest)].sum(axis=1), np.clip(zero, 0.0, 1.0)


def _drawing(stratum: Stratum, drawn: int) -> Stratum:
    size = len(stratum.villages)
    return replace(stratum, drawn=drawn, design=Srs(units=Units(chance=np.full(size, drawn / size if size else 0.0))))
