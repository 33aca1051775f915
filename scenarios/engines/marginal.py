"""What each village's errors add to the chance of failing, exactly and for all villages at once.

The generating function of a simple random sample is linear in every village's own, so that putting one village right
changes it by (G_v' - G_v) dF/dG_v. All derivatives come from one pass backwards through the recursion of METHODS 4.2:
with A[k] the derivative of the sample with respect to Q[k] after village i,

    dF/dG_i = sum over k of A[k] (k / i) Q[k - 1],   A'[k] = A[k] (i - k) / i + A[k + 1] ((k + 1) / i) G_i.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sampler.designs.srs import Srs
from sampler.frame import Bools
from sampler.plan import Stratum
from sampler.population import Population
from scenarios.engines.block_laws import BlockLaws
from scenarios.engines.laws import chance_nothing, circle, county_window, rounding, sampled, village_spectra
from scenarios.engines.scores import chance_empty, score_blocks
from scenarios.scenario import Scenario

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_TOGETHER = 256  # frequencies whose recursion is held at once


@dataclass(frozen=True, kw_only=True, eq=False)
class Drops:
    """A criterion's chance of failing, and what it loses village by village.

    Parameters
    ----------
    chance : float
        That the criterion fails.
    drops : ndarray of float64, shape (V,)
        The chance, less what it is once all households of the village are right (approve, for the approval).
    bound : float
        Numerical error is below this.
    """

    chance: float
    drops: Floats
    bound: float


def put_right(population: Population, villages: Bools) -> Population:
    """Return the population with all households of some villages right and approving.

    Parameters
    ----------
    population : Population
        As it is.
    villages : ndarray of bool, shape (V,)
        Which villages.
    """
    inside = villages[population.frame.household_village]
    return replace(
        population,
        wrong_persons=np.where(inside, 0, population.wrong_persons),
        approves=population.approves | inside,
    )


def drops(scenario: Scenario, population: Population, criterion: str) -> Drops:
    """Return what each village's errors add to the chance that a ratio criterion fails.

    Parameters
    ----------
    scenario : Scenario
        Gives plan and policy; its criterion has an exact law (`engines.exact.serves`), unweighted.
    population : Population
        The truth.
    criterion : {"wrong_exit", "missed", "approval"}

    Returns
    -------
    Drops

    Examples
    --------
    >>> from decimal import Decimal
    >>> from scenarios import load
    >>> from scenarios.scenario import populations
    >>> cell = load("example").at({"wrong_exit": Decimal("0.02"), "missed": Decimal("0.02")})
    >>> found = drops(cell, populations([cell])[0], "missed")
    >>> bool(found.drops.sum() > found.chance / 2), bool((found.drops > -1e-12).all())
    (True, True)
    """
    strata = scenario.plan.strata(scenario.frame)
    everywhere = np.ones(len(scenario.frame.codes), dtype=bool)
    blocks, clean = (
        score_blocks(scenario, each, criterion) for each in (population, put_right(population, everywhere))
    )
    chance, lost, bound = _events(blocks, clean, strata, at_limit_fails=scenario.policy.at_limit_fails)
    if scenario.policy.at_limit_fails:
        # An unmeasured rate scores 0 too, whoever is right.
        chance -= chance_nothing(chance_empty(scenario, criterion), strata)
    return Drops(chance=float(np.clip(chance, 0, 1)), drops=lost, bound=bound)


def _events(
    blocks: BlockLaws, clean: BlockLaws, strata: Sequence[Stratum], *, at_limit_fails: bool
) -> tuple[float, Floats, float]:
    """Return the chance that the score is beyond the limit, and what each village's errors add to it."""
    windows = [county_window(each, strata) for each in (blocks, clean)]
    lowest, highest = min(low for low, _, _ in windows), max(high for _, high, _ in windows)
    outside = max(left for _, _, left in windows)
    lost = np.zeros(len(blocks.lowest))
    if highest < 0:
        return 0.0, lost, outside
    residues, short = circle(highest - lowest + 1, blocks.lowest.size)
    length = residues * short
    scores = np.arange(lowest, lowest + length)
    event = np.zeros(length)
    event[scores % length] = ((scores > 0) | (at_limit_fails & (scores == 0))) & (scores <= highest)
    weights = fft.fft(event).conj() / length
    if residues == 1:
        weights = weights[: length // 2 + 1].copy()
        weights[1 : (length + 1) // 2] *= 2  # the negative frequencies are conjugate
    chance = 0.0
    pairs = zip(village_spectra(blocks, residues, short), village_spectra(clean, residues, short), strict=True)
    for (residue, own), (_, right) in pairs:
        weight = weights[residue::residues] if residues > 1 else weights
        for first in range(0, own.shape[1], _TOGETHER):
            part = slice(first, first + _TOGETHER)
            one, more = _part(own[:, part], right[:, part], strata, weight[part])
            chance += one
            lost += more
    return chance, lost, outside + rounding(2 * len(blocks.lowest), length)


def _part(own: Complexes, right: Complexes, strata: Sequence[Stratum], weight: Complexes) -> tuple[float, Floats]:
    """Return what some frequencies contribute to the chance, and to every village's drop."""
    values = [sampled(s, own) for s in strata]
    whole = np.prod(values, axis=0)
    lost = np.zeros(len(own))
    for i, stratum in enumerate(strata):
        others = np.prod([value for j, value in enumerate(values) if j != i], axis=0) * weight
        slopes = _slopes(stratum, own[stratum.villages])
        lost[stratum.villages] = ((own - right)[stratum.villages] * slopes * others).real.sum(axis=1)
    return float((whole * weight).real.sum()), lost


def _slopes(stratum: Stratum, values: Complexes) -> Complexes:
    """Return the derivatives of a stratum's generating function by its villages' own, shape (M, F)."""
    if isinstance(stratum.design, Srs):
        return _sample_slopes()(np.ascontiguousarray(values), stratum.drawn)
    slopes = np.empty_like(values)
    for i in range(len(values)):
        # Linear in each village: the slope is the difference between 1 and 0 in its place.
        ends = np.repeat(values[None], 2, axis=0)
        ends[0, i], ends[1, i] = 1.0, 0.0
        at_one, at_zero = (stratum.design.expectation(end) for end in ends)
        slopes[i] = at_one - at_zero  # type: ignore[operator]
    return slopes


def _sample_slopes() -> Callable[[Complexes, int], Complexes]:
    """Return the compiled derivatives, or their readable twin where numba cannot be imported."""
    try:
        from scenarios.engines.kernels import sample_slopes  # noqa: PLC0415
    except ImportError:
        return readable_sample_slopes
    compiled: Callable[[Complexes, int], Complexes] = sample_slopes
    return compiled


def readable_sample_slopes(values: NDArray[np.complex128], drawn: int) -> NDArray[np.complex128]:
    """Return the derivatives of a simple random sample's generating function by every unit's own.

    Parameters
    ----------
    values : ndarray of complex128, shape (M, F)
        The units' generating functions at F points.
    drawn : int
        Sample size, 0..M.

    Returns
    -------
    ndarray of complex128, shape (M, F)

    Examples
    --------
    Two of three units worth 1, 2 and 4: (2 + 4 + 8) / 3; by the first unit's value, (2 + 4) / 3.

    >>> readable_sample_slopes(np.array([[1.0], [2.0], [4.0]], dtype=complex), 2).real.ravel().round(6).tolist()
    [2.0, 1.666667, 1.0]
    """
    size, points = values.shape
    tables = np.zeros((size + 1, drawn + 1, points), dtype=np.complex128)
    tables[0, 0] = 1
    k = np.arange(1, drawn + 1)[:, None]
    for i in range(1, size + 1):
        stay, join = np.maximum(i - k, 0) / i, np.minimum(k, i) / i
        tables[i, 0] = 1
        tables[i, 1:] = stay * tables[i - 1, 1:] + join * values[i - 1] * tables[i - 1, :-1]
    slopes = np.zeros((size, points), dtype=np.complex128)
    adjoint = np.zeros((drawn + 1, points), dtype=np.complex128)
    adjoint[drawn] = 1
    for i in range(size, 0, -1):
        stay, join = np.maximum(i - k, 0) / i, np.minimum(k, i) / i
        slopes[i - 1] = (adjoint[1:] * join * tables[i - 1, :-1]).sum(axis=0)
        before = adjoint.copy()
        before[1:] *= stay
        before[:-1] += adjoint[1:] * join * values[i - 1]
        adjoint = before
    return slopes
