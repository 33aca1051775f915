"""832 synthetic counties of varied size, one a number: as many as China's national poverty counties had.

No figure of a real county stands behind any of them. How sizes vary is assumed, so that a sweep over all counties meets
small and large ones, flat and remote ones, many and few registered persons.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sampler.domains import CountyNumber, require_domain
from sampler.frame import Frame, frame_from_counts
from sampler.synthetic import PAIRS, CountyTotals, synthetic_villages

# Assumptions, all of them: no table of the counties' sizes was found.
MEDIAN_VILLAGES, SPREAD_OF_VILLAGES = 170, 0.45  # lognormal
LEAST_VILLAGES, MOST_VILLAGES = 50, 600
VILLAGES_A_TOWNSHIP = 20
MEDIAN_PERSONS, SPREAD_OF_PERSONS = 950, 0.2  # rural persons a village, lognormal
LEAST_PERSONS, MOST_PERSONS = 500, 1_800
EXITED = (0.10, 0.28)  # share of the rural persons
REMAINING = (0.002, 0.015)
REMOTE = (0.10, 0.40)  # share of the villages
POOR = (0.15, 0.45)
AREA_A_VILLAGE = (8.0, 20.0)  # km2
_KEY = 2014  # first word of the generator's key; the second is the county's number


def nation_totals(number: int) -> CountyTotals:
    """Return what one synthetic county adds up to.

    Parameters
    ----------
    number : int
        1 to 832.

    Raises
    ------
    InputError
        ``outside_domain``.

    Examples
    --------
    >>> nation_totals(1).villages, nation_totals(2).villages
    (170, 155)
    """
    return _totals(_generator(number))


def nation_frame(number: int, *, name: str) -> Frame:
    """Return one synthetic county.

    Parameters
    ----------
    number : int
        1 to 832; the same county for the same number.
    name : str
        As shown.

    Raises
    ------
    InputError
        ``outside_domain``.

    Examples
    --------
    >>> frame = nation_frame(1, name="county 1")
    >>> len(frame.codes), frame.synthetic
    (170, True)
    """
    rng = _generator(number)
    columns = synthetic_villages(_totals(rng), rng=rng)
    return frame_from_counts(
        name=name,
        codes=list(columns["village_code"]),
        villages=list(columns["village"]),
        townships=list(columns["township"]),
        remote=np.asarray(columns["remote"], dtype=bool),
        poor_village=np.asarray(columns["poor_village"], dtype=bool),
        group_households=_counts(columns, "households"),
        group_persons=_counts(columns, "persons"),
        synthetic=True,
        distance_km=np.asarray(columns["distance_km"]),
        location_km=np.stack([columns["x"], columns["y"]], axis=1),
    )


def _generator(number: int) -> np.random.Generator:
    require_domain("frame.synthetic", number, CountyNumber)
    return np.random.Generator(np.random.Philox(key=[_KEY, number]))


def _totals(rng: np.random.Generator) -> CountyTotals:
    villages = _lognormal(MEDIAN_VILLAGES, SPREAD_OF_VILLAGES, LEAST_VILLAGES, MOST_VILLAGES, rng)
    townships = max(3, round(villages / VILLAGES_A_TOWNSHIP))
    sizes = 1 + rng.multinomial(villages - townships, rng.dirichlet(np.full(townships, 8.0)))
    words = rng.permutation([PAIRS[i : i + 2] for i in range(0, len(PAIRS), 2)])[:townships]
    ends = np.where(np.arange(townships) < townships * 2 / 3, "镇", "乡")
    rural = villages * _lognormal(MEDIAN_PERSONS, SPREAD_OF_PERSONS, LEAST_PERSONS, MOST_PERSONS, rng)
    return CountyTotals(
        townships=tuple((f"{word}{end}", int(size)) for word, end, size in zip(words, ends, sizes, strict=True)),
        rural_persons=rural,
        exited_persons=round(rural * rng.uniform(*EXITED)),
        remaining_persons=round(rural * rng.uniform(*REMAINING)),
        remote_villages=round(villages * rng.uniform(*REMOTE)),
        poor_villages=round(villages * rng.uniform(*POOR)),
        persons_per_exited_household=2.9,
        persons_per_remaining_household=1.9,
        persons_per_unregistered_household=3.1,
        area_km2=float(np.round(villages * rng.uniform(*AREA_A_VILLAGE), 0)),
    )


def _lognormal(median: int, spread: float, least: int, most: int, rng: np.random.Generator) -> int:
    return int(np.clip(round(median * np.exp(spread * rng.standard_normal())), least, most))


def _counts(columns: Mapping[str, object], unit: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.stack(
        [np.asarray(columns[f"{group}_{unit}"], dtype=np.int64) for group in ("exited", "remaining", "unregistered")],
        axis=1,
    )
