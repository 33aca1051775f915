"""Whether a sample looks like the list it was drawn from: means beside means, with tests that know the design."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr

from estimators.interval import Floats
from estimators.linearised import drawn_fraction
from estimators.variance import Blocks, Lonely, drawn_strata, taylor_variance
from sampler.draws import MOMENTS, Tally
from sampler.frame import GROUPS, Frame, Ints


@dataclass(frozen=True, kw_only=True)
class Balance:
    """One variable of the villages, or of the visited households, in the sample and in the county.

    Parameters
    ----------
    variable : str
        ``persons``, ``exited_share``, ``remote``, ``poor_village``, ``distance_km``, or ``size_`` and a group: persons
        a household.
    county : float
        Mean over the list.
    plain : float
        Mean over the sample, each unit counting once: an oversample shows here.
    weighted : float or None
        Mean under the design; None where weights are not known.
    difference : float or None
        (weighted - county) over the standard deviation of the units.
    t, p : float or None
        Statistic and two-sided chance of a difference at least as large under a random draw; None where the strata fix
        the mean, so that nothing is left to chance, or where there are no degrees of freedom.
    adjusted : float or None
        p by Holm's method over all variables tested.
    """

    variable: str
    county: float
    plain: float
    weighted: float | None
    difference: float | None
    t: float | None
    p: float | None
    adjusted: float | None = None


def balance(tally: Tally, frame: Frame, *, lonely: Lonely = "fail") -> tuple[Balance, ...]:
    """Hold a sample against its list.

    Parameters
    ----------
    tally : Tally
        R = 1, of one part.
    frame : Frame
        The list that ``tally.villages`` points into.
    lonely : {"fail", "remove", "certainty", "adjust", "average"}
        What becomes of a stratum of several villages with one drawn.

    Returns
    -------
    tuple of Balance
        Variables without a spread in the county are left out.

    Notes
    -----
    The test is Student's, of the linearised mean with finite population corrections (METHODS 2.4) and Satterthwaite's
    degrees of freedom. Of 8 variables of a
    faultless sample one in three shows a p below 5%; Holm's method keeps the chance of any false alarm at 5%.

    References
    ----------
    Holm (1979) Scandinavian Journal of Statistics 6:65; Satterthwaite (1946) Biometrics Bulletin 2:110.
    """
    found = [*_of_villages(tally, frame, lonely), *_of_households(tally, frame, lonely)]
    return tuple(_holm(found))


def _of_villages(tally: Tally, frame: Frame, lonely: Lonely) -> Iterator[Balance]:
    persons = frame.group_persons.sum(axis=1).astype(np.float64)
    variables: dict[str, Floats] = {
        "persons": persons,
        "exited_share": frame.group_persons[:, 0] / np.maximum(persons, 1),
        "remote": frame.remote.astype(np.float64),
        "poor_village": frame.poor_village.astype(np.float64),
    }
    if frame.distance_km is not None and np.isfinite(frame.distance_km).all():
        variables["distance_km"] = frame.distance_km
    known = bool((tally.stratum_sizes > 0).all()) and tally.chance is None
    weights = 1 / drawn_fraction(tally)[tally.stratum] if known else None
    for name, values in variables.items():
        spread = float(values.std())
        if spread > 0:
            drawn, ones = values[tally.villages[0]], np.ones(len(tally.stratum))
            yield _balance(name, tally, float(values.mean()), drawn, ones, weights, spread, lonely)


def _of_households(tally: Tally, frame: Frame, lonely: Lonely) -> Iterator[Balance]:
    """Yield the persons of a visited household by group: who picks the households may prefer large ones."""
    weights = tally.weights()
    for g, group in enumerate(GROUPS):
        n, s, ss = (
            tally.moments[0, :, g, MOMENTS.index(name)].astype(np.float64)
            for name in ("households", "persons", "persons_squared")
        )
        size = max(float(n.sum()), 1.0)
        spread = float(np.sqrt(max(ss.sum() / size - (s.sum() / size) ** 2, 0)))
        if n.any() and spread > 0:
            county = float(frame.group_persons[:, g].sum() / frame.group_households[:, g].sum())
            w = None if weights is None else weights[0, :, g]
            within = _Within(squares=ss - s**2 / np.maximum(n, 1), available=tally.block_sizes[0, :, g])
            yield _balance(f"size_{group}", tally, county, s, n, w, spread, lonely, within)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Within:
    """Squared deviations within each drawn village, and the households it has."""

    squares: Floats
    available: Ints


def _balance(
    name: str,
    tally: Tally,
    county: float,
    top: Floats,
    bottom: Floats,
    weights: Floats | None,
    spread: float,
    lonely: Lonely,
    within: _Within | None = None,
) -> Balance:
    """Hold sum w top / sum w bottom over the drawn villages against the county's mean."""
    plain = float(top.sum() / bottom.sum())
    if weights is None:
        return Balance(variable=name, county=county, plain=plain, weighted=None, difference=None, t=None, p=None)
    whole = float(weights @ bottom)
    mean = float(weights @ top) / whole
    scores, blocks = weights * (top - mean * bottom) / whole, None
    if within is not None:
        blocks = Blocks(
            squares=((weights / whole) ** 2 * within.squares)[None, :, None],
            taken=bottom.astype(np.int64)[None, :, None],
            available=within.available[None, :, None],
        )
    fraction = drawn_fraction(tally)
    variance = taylor_variance(
        scores[None], tally.stratum, fraction, blocks=blocks, variance="two_stage", lonely=lonely
    )
    error = float(np.sqrt(variance[0]))
    df = _freedom(scores, tally.stratum, fraction)
    tested = df > 0 and np.isfinite(error) and error > _ROUNDING * spread
    t = (mean - county) / error if tested else None
    return Balance(
        variable=name,
        county=county,
        plain=plain,
        weighted=mean,
        difference=(mean - county) / spread,
        t=t,
        p=None if t is None else float(2 * stdtr(df, -abs(t))),
    )


def _freedom(scores: Floats, stratum: Ints, fraction: Floats) -> float:
    """Return Satterthwaite's degrees of freedom: villages less strata where all strata weigh the same, fewer elsewhere.

    With villages less strata, draws that are in order are called out of order too often: the stratum of the ordinary
    villages has most of the variance and about half of the sample.
    """
    total, shared = 0.0, 0.0
    for h, columns in drawn_strata(stratum, len(fraction)):
        size = columns.stop - columns.start
        if size > 1 and fraction[h] < 1:
            own = (1 - float(fraction[h])) * size * float(scores[columns].var(ddof=1))
            total, shared = total + own, shared + own**2 / (size - 1)
    return total**2 / shared if shared > 0 else 0.0


_ROUNDING = 1e-9  # an error below it is 0: the strata fix the mean


def _holm(found: list[Balance]) -> list[Balance]:
    """Return the same with p adjusted for their number."""
    tested = sorted((one for one in found if one.p is not None), key=lambda one: one.p or 0.0)
    adjusted, largest = {}, 0.0
    for place, one in enumerate(tested):
        largest = max(largest, min(1.0, (len(tested) - place) * (one.p or 0.0)))
        adjusted[one.variable] = largest
    return [replace(one, adjusted=adjusted.get(one.variable)) for one in found]
