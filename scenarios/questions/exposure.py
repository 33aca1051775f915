"""Exact chances that something bad is met and recognised: in villages visited without notice, and on the desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import NDArray

from sampler.channels import Unannounced
from sampler.frame import Ints
from sampler.symmetric import sample_values

Floats = NDArray[np.float64]


@lru_cache(maxsize=100_000)
def hypergeometric(size: int, marked: int, drawn: int) -> tuple[float, ...]:
    """Return the chances of 0, 1, ... marked ones in a simple random sample.

    Parameters
    ----------
    size, marked, drawn : int
        Things, those of them that are marked, and those drawn.

    Returns
    -------
    tuple of float, length min(marked, drawn) + 1
        C(marked, x) C(size - marked, drawn - x) / C(size, drawn), each rounded once.

    Examples
    --------
    >>> hypergeometric(4, 2, 2) == (1 / 6, 4 / 6, 1 / 6)
    True
    """
    whole = comb(size, drawn)
    return tuple(
        comb(marked, x) * comb(size - marked, drawn - x) / whole if drawn - x <= size - marked else 0.0
        for x in range(min(marked, drawn) + 1)
    )


@lru_cache(maxsize=100_000)
def recognised(size: int, marked: int, drawn: int, chance: float, at_least: int) -> float:
    """Return the chance that so many marked ones are drawn and recognised, each by itself with the same chance.

    Examples
    --------
    >>> recognised(4, 2, 2, 0.5, 1)  # 4/6 x 1/2 + 1/6 x 3/4
    0.4583333333333333
    """
    found = 0.0
    for x, law in enumerate(hypergeometric(size, marked, drawn)):
        found += law * sum(comb(x, k) * chance**k * (1 - chance) ** (x - k) for k in range(at_least, x + 1))
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Exposure:
    """What unannounced visits to a county show.

    Parameters
    ----------
    by_village : ndarray of float64, shape (V,)
        Chance that each village is exposed once it is visited.
    problem_villages : int
        Villages with at least as many wrong households as expose one.
    met : float
        Chance that a visited village is one of those, once the county is drawn.
    exposed : float
        Chance that a visited village is exposed, once the county is drawn.
    expected : float
        Villages exposed on average, once the county is drawn.
    """

    by_village: Floats
    problem_villages: int
    met: float
    exposed: float
    expected: float


def exposure(visits: Unannounced, households: Ints, wrong: Ints) -> Exposure:
    """Return the exact chances of unannounced visits, hypergeometric over households and over villages.

    Parameters
    ----------
    visits : Unannounced
        What is planned.
    households, wrong : ndarray of int64, shape (V,)
        Households of each village, and wrong ones.

    Examples
    --------
    >>> visits = Unannounced(county_chance=1, villages=1, households=1)
    >>> found = exposure(visits, np.array([2, 4]), np.array([1, 0]))
    >>> found.by_village, found.problem_villages, found.met, found.exposed
    (array([0.5, 0. ]), 1, 0.5, 0.25)
    """
    looked = np.minimum(households, visits.households)
    detection = float(visits.detection)
    each = np.array(
        [
            recognised(n, w, m, detection, visits.at_least)
            for n, w, m in zip(households.tolist(), wrong.tolist(), looked.tolist(), strict=True)
        ]
    )
    problems = wrong >= visits.at_least
    hidden, none_met = sample_values(np.stack([1 - each, 1.0 - problems], axis=1), visits.villages).tolist()
    return Exposure(
        by_village=each,
        problem_villages=int(problems.sum()),
        met=1 - none_met,
        exposed=1 - hidden if each.any() else 0.0,
        expected=visits.villages * float(each.mean()),
    )


def fabrication_exposed(cells: Ints, team: Ints, drawn: Ints, fabricated: int, chance: float) -> float:
    """Return the chance that a fabricated questionnaire of a team is drawn for the desk and recognised there.

    Parameters
    ----------
    cells, team, drawn : ndarray of int64, shape (C,)
        Questionnaires of each cell, those of them that are the team's, and those that are drawn from the cell.
    fabricated : int
        How many of the team's questionnaires are made up; any of them alike.
    chance : float
        That one is recognised on the desk.

    Returns
    -------
    float
        The team's questionnaires on the desk are a sum of hypergeometric counts by cell, and the fabricated ones among
        them hypergeometric again, since any of the team's are fabricated alike.

    Examples
    --------
    One of the team's two questionnaires is made up, and one of the four of their cell is on the desk.

    >>> fabrication_exposed(np.array([4]), np.array([2]), np.array([1]), 1, 1.0)
    0.25
    """
    law = np.ones(1)
    for size, own, taken in _shared(cells, team, drawn):
        law = np.convolve(law, hypergeometric(size, own, taken))
    whole = int(team.sum())
    return float(sum(p * recognised(whole, fabricated, d, chance, 1) for d, p in enumerate(law.tolist())))


def _shared(cells: Ints, team: Ints, drawn: Ints) -> Iterator[tuple[int, int, int]]:
    at = np.flatnonzero((team > 0) & (drawn > 0))
    yield from zip(cells[at].tolist(), team[at].tolist(), drawn[at].tolist(), strict=True)
