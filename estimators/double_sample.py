"""Two-phase estimates of rows: of a whole phase 1 with a phase 2 inside, or of printed sums (METHODS 1.4 h and 2.7).

`estimators.recheck` makes the same estimates from the tallies of a spot check, batched over replicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from estimators.interval import Floats
from estimators.samples import drawn_shares, nested, of_first_row, require_weights
from estimators.two_phase import Corrected, Phases, first_phase_variance, second_phase_variance
from sampler.errors import refuse
from sampler.frame import Bools, Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class DoubleSample:
    """The rows of phase 1, and which of them are in phase 2.

    Parameters
    ----------
    weights : array_like of float, shape (n,)
        w_a = 1 / pi_a of each row in phase 1.
    stratum, cluster : array_like, shape (n,)
        Labels of phase 1; clusters of different strata are different.
    cell : array_like, shape (n,)
        Labels of the cells that phase 2 was drawn from.
    drawn : array_like of bool, shape (n,)
        Whether the row is in phase 2.
    stratum_sizes : array_like of int, shape (n,), optional
        Clusters that the row's stratum has; without them f_h = 0.
    pool : array_like, shape (n,), optional
        Labels of the classes of cells, as in `Phases`.

    Raises
    ------
    InputError
        ``weight_not_positive`` for weights that are not finite numbers above 0.
    """

    weights: ArrayLike
    stratum: ArrayLike
    cluster: ArrayLike
    cell: ArrayLike
    drawn: ArrayLike
    stratum_sizes: ArrayLike | None = None
    pool: ArrayLike | None = None

    def __post_init__(self) -> None:
        require_weights(self.weights)


def expanded_total(sample: DoubleSample, values: ArrayLike) -> Corrected:
    """Return the total sum w* y over phase 2, w* = w_a n_c / n_2c.

    Parameters
    ----------
    sample : DoubleSample
        Both phases.
    values : array_like of float, shape (n,)
        y; what stands in rows outside phase 2 is not read.

    Returns
    -------
    Corrected
        Of shape (1,); a step is one row's weight.

    References
    ----------
    Särndal, Swensson and Wretman (1992) chapter 9; for a simple random phase 1 the variance is eq. 9.4.14.

    Examples
    --------
    >>> y = np.array([1.0, 2, 3, 9, 9, 4])
    >>> sample = DoubleSample(weights=np.full(6, 10.0), stratum=np.zeros(6), cluster=np.arange(6),
    ...     cell=[0, 0, 0, 0, 1, 1], drawn=[True, True, False, False, True, True], stratum_sizes=np.full(6, 60))
    >>> expanded_total(sample, y).value
    array([190.])
    """
    rows = _Rows.of(sample)
    y = rows.masked(values)
    z = rows.first * y
    return rows.corrected(value=float(rows.last @ y), z=z, e=z, slope=0.0, steps=(rows.last, y == 0))


def expanded_ratio(sample: DoubleSample, numerator: ArrayLike, denominator: ArrayLike) -> Corrected:
    """Return the ratio sum w* y / sum w* x over phase 2; parameters as in `expanded_total`, a mean has x = 1.

    Raises
    ------
    InputError
        ``nothing_counted`` when the weighted denominator is 0.
    """
    rows = _Rows.of(sample)
    y, x = rows.masked(numerator), rows.masked(denominator)
    whole = _counted(float(rows.last @ x))
    value = float(rows.last @ y) / whole
    z = rows.first * (y - value * x) / whole
    return rows.corrected(value=value, z=z, e=z, slope=0.0, steps=(rows.last * x / whole, y == 0))


def difference_ratio(
    sample: DoubleSample, numerator: ArrayLike, recorded: ArrayLike, denominator: ArrayLike
) -> Corrected:
    """Return phase 1's ratio corrected by the difference: [sum_a w_a y~ + sum_2 w* (y - y~)] / sum_a w_a x.

    Parameters
    ----------
    sample : DoubleSample
        Both phases.
    numerator : array_like of float, shape (n,)
        y; what stands in rows outside phase 2 is not read.
    recorded, denominator : array_like of float, shape (n,)
        y~ and x of every row of phase 1.

    Returns
    -------
    Corrected
        Of shape (1,).

    Raises
    ------
    InputError
        ``nothing_counted`` when the weighted denominator is 0.

    References
    ----------
    METHODS 1.4 (h); Särndal, Swensson and Wretman (1992) chapter 9.

    Examples
    --------
    >>> sample = DoubleSample(weights=np.ones(4), stratum=np.zeros(4), cluster=np.arange(4), cell=np.zeros(4),
    ...     drawn=[True, True, False, False])
    >>> found = difference_ratio(sample, [1, 0, np.nan, np.nan], [0, 0, 0, 1], np.full(4, 3))
    >>> found.value.round(3), found.step
    (array([0.25]), array([0.5]))
    """
    return _with_slope(_Rows.of(sample), numerator, recorded, denominator, lambda *_: 1.0)


def regression_ratio(
    sample: DoubleSample, numerator: ArrayLike, recorded: ArrayLike, denominator: ArrayLike
) -> Corrected:
    """Return phase 1's ratio corrected by regression; parameters as in `difference_ratio`.

    The slope is b = sum w* (y~ - mean)(y - mean) / sum w* (y~ - mean)^2 over the rows of phase 2 that count in the
    denominator (METHODS 2.7), 1 where y~ does not vary there. It is estimated, which the variance neglects: the
    estimate is nearly unbiased in large samples only.
    """
    return _with_slope(_Rows.of(sample), numerator, recorded, denominator, slope_of_rows)


def slope_of_rows(weights: Floats, recorded: Floats, found: Floats) -> float:
    """Return the weighted least-squares slope of what was found on what was recorded, 1 where that does not vary.

    Examples
    --------
    >>> slope_of_rows(np.ones(3), np.array([0.0, 1, 2]), np.array([0.0, 1, 1]))
    0.5
    """
    centred = recorded - weights @ recorded / weights.sum()
    spread = float(weights @ centred**2)
    return float(weights @ (centred * found)) / spread if spread > 0 else 1.0


class _Slope(Protocol):
    def __call__(self, weights: Floats, recorded: Floats, found: Floats, /) -> float: ...


def _with_slope(
    rows: _Rows, numerator: ArrayLike, recorded: ArrayLike, denominator: ArrayLike, slope: _Slope
) -> Corrected:
    y, x = rows.masked(numerator), np.asarray(denominator, dtype=np.float64)
    before = np.asarray(recorded, dtype=np.float64)
    whole = _counted(float(rows.first @ x))
    counts = rows.drawn & (x != 0)
    b = slope(rows.last[counts], before[counts], y[counts])
    value = float(rows.first @ (b * before) + rows.last @ (y - b * before)) / whole
    return rows.corrected(
        value=value,
        z=rows.first * (y - value * x) / whole,
        e=rows.first * (y - b * before) / whole,
        slope=b,
        steps=(rows.last * x / whole, before == 0),
    )


def _counted(whole: float) -> float:
    if whole == 0:
        raise refuse("nothing_counted")
    return whole


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """A double sample in numbers: the weights of both phases (0 outside phase 2), and where its entries lie."""

    first: Floats
    last: Floats
    drawn: Bools
    entry: Ints
    phases: Phases

    @classmethod
    def of(cls, sample: DoubleSample) -> _Rows:
        first = np.asarray(sample.weights, dtype=np.float64)
        drawn = np.asarray(sample.drawn, dtype=bool)
        nothing = np.zeros(len(first), dtype=np.int64)
        stratum = nested(nothing, sample.stratum)
        unit, cell = nested(stratum, sample.cluster), nested(nothing, sample.cell)
        cells = int(cell.max()) + 1
        pairs, entry = np.unique(unit * cells + cell, return_inverse=True)
        sizes = np.bincount(cell, minlength=cells)
        taken = np.bincount(cell[drawn], minlength=cells)
        unit_stratum = of_first_row(stratum, unit)
        fraction = drawn_shares(sample.stratum_sizes, stratum, np.bincount(unit_stratum))
        phases = Phases(
            stratum=unit_stratum,
            fraction=fraction,
            unit=pairs // cells,
            cell=(pairs % cells)[None],
            sizes=sizes[None],
            drawn=taken[None],
            pool=None if sample.pool is None else of_first_row(nested(nothing, sample.pool), cell),
        )
        last = np.where(drawn, first * (sizes / np.maximum(taken, 1))[cell], 0.0)
        return cls(first=first, last=last, drawn=drawn, entry=entry, phases=phases)

    def masked(self, values: ArrayLike) -> Floats:
        """Return values of phase 2, 0 in the other rows."""
        return np.where(self.drawn, np.asarray(values, dtype=np.float64), 0.0)

    def corrected(self, *, value: float, z: Floats, e: Floats, slope: float, steps: tuple[Floats, Bools]) -> Corrected:
        """Return an estimate with the variances of z (phase 1) and e (phase 2) and the steps of some rows."""
        moves = steps[0][steps[1] & self.drawn]
        return Corrected(
            value=np.array([value]),
            first_phase=first_phase_variance(self.phases, *self._entries(z)),
            second_phase=second_phase_variance(self.phases, *self._entries(e)),
            slope=np.array([slope]),
            step=np.array([moves.mean() if len(moves) else np.nan]),
            largest_step=np.array([moves.max() if len(moves) else np.nan]),
            lonely_cells=self.phases.lonely.sum(axis=1),
            uncovered_cells=self.phases.uncovered.sum(axis=1),
        )

    def _entries(self, values: Floats) -> tuple[Floats, Floats]:
        """Return the sums of phase-2 values and of their squares by entry, shape (1, J) each."""
        seen = np.where(self.drawn, values, 0.0)
        count = len(self.phases.unit)
        sums, squares = (np.bincount(self.entry, v, count).astype(np.float64)[None] for v in (seen, seen**2))
        return sums, squares
