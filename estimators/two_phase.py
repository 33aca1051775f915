"""A second phase drawn from the cells of a first: expansion, difference and regression estimators (METHODS 2.7).

Phase 1 draws clusters in strata and weighs its rows by w; phase 2 is a simple random sample without replacement from
each cell of phase 1's rows, n_2c of n_c, whatever a cell is made of. With what phase 1 recorded, y~, and what phase 2
found, y, an estimate has the variance

    V = V_1(y) + E V_2(y - b y~ | s_a)

and both terms are estimated from phase 2: the first by the products of the rows of phase 2 over their joint chances of
being drawn from phase 1 (R's `survey` under ``method = "full"``), the second cell by cell. A normal interval is no use
here: with a tenth re-checked one more error weighs as ten, so each estimate says in which steps it moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estimators.interval import Floats
from estimators.variance import drawn_strata
from sampler.errors import refuse
from sampler.frame import Bools, Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Phases:
    """Both phases of R samples; an entry is what one first-phase unit has in one cell.

    Parameters
    ----------
    stratum : ndarray of int64, shape (m,)
        Stratum of each first-phase unit, ascending.
    fraction : ndarray of float64, shape (H,)
        Drawn share of each stratum's units, 0 where they are taken as drawn with replacement.
    unit : ndarray of int64, shape (J,)
        First-phase unit of each entry, ascending; every unit has an entry.
    cell : ndarray of int64, shape (R, J)
        Cell of each entry; no two entries of a unit lie in the same cell.
    sizes, drawn : ndarray of int64, shape (R, C)
        Rows of phase 1 in each cell, n_c, and those of them in phase 2, n_2c.
    pool : ndarray of int64, shape (C,), optional
        Class of each cell. A cell that gave one row of several borrows the variance within the cells of its class, and
        of all cells where those show none. Without classes such a cell is an error.
    """

    stratum: Ints
    fraction: Floats
    unit: Ints
    cell: Ints
    sizes: Ints
    drawn: Ints
    pool: Ints | None = None

    @property
    def lonely(self) -> Bools:
        """Cells that gave one row of several, shape (R, C)."""
        cells: Bools = (self.drawn == 1) & (self.sizes > 1)
        return cells

    @property
    def uncovered(self) -> Bools:
        """Cells that have rows and gave none, shape (R, C)."""
        cells: Bools = (self.drawn == 0) & (self.sizes > 0)
        return cells

    def expansion(self) -> Floats:
        """Return n_c / n_2c of each entry, shape (R, J); 0 where the cell gave nothing."""
        of_cells = np.where(self.drawn > 0, self.sizes / np.maximum(self.drawn, 1), 0.0)
        of_entries: Floats = np.take_along_axis(of_cells, self.cell, axis=1)
        return of_entries


@dataclass(frozen=True, kw_only=True, eq=False)
class Corrected:
    """Two-phase estimates of R samples; the arrays have shape (R,).

    Parameters
    ----------
    value : ndarray of float64
        NaN where there is no denominator. A difference may fall below 0, which says that phase 1 over-recorded.
    first_phase, second_phase : ndarray of float64
        V_1(y) and E V_2(y - b y~ | s_a). The first is unbiased and may be negative where phase 2 is small.
    slope : ndarray of float64
        b: 0 where only phase 2 is used, 1 for the difference.
    step, largest_step : ndarray of float64
        By how much the estimate moves when one more household of phase 2, recorded clean by phase 1, turns out to be
        wrong with all its persons: on average over those households, and at most.
    lonely_cells, uncovered_cells : ndarray of int64
        Cells that gave one row of several, and none: of the first the variance is borrowed, of the second nothing that
        phase 1 recorded is corrected.
    """

    value: Floats
    first_phase: Floats
    second_phase: Floats
    slope: Floats
    step: Floats
    largest_step: Floats
    lonely_cells: Ints
    uncovered_cells: Ints

    @property
    def variance(self) -> Floats:
        """Sum of both terms, shape (R,)."""
        return self.first_phase + self.second_phase

    @property
    def standard_error(self) -> Floats:
        """Square root of the variance, NaN where its estimate is negative, shape (R,)."""
        return np.sqrt(np.where(self.variance >= 0, self.variance, np.nan))


def first_phase_variance(phases: Phases, totals: Floats, squares: Floats) -> Floats:
    """Return the estimated variance of the first phase, as if y were known of all its rows.

    Parameters
    ----------
    phases : Phases
        The design.
    totals, squares : ndarray of float64, shape (R, J)
        Sums of z and of z^2 over the rows of phase 2 of each entry; z is linearised and has the weight of phase 1, not
        that of phase 2.

    Returns
    -------
    ndarray of float64, shape (R,)
        sum_h (1 - f_h) m / (m - 1) [ sum_i P_ii - P_h / m ], where P_ii and P_h are sums of z_k z_l / pi_kl over the
        pairs of phase-2 rows of a unit, and of a stratum, pi_kl the chance of phase 2 to draw both. Pairs of a lonely
        cell cannot be seen and are left out.

    Raises
    ------
    InputError
        ``lonely_stratum`` for a stratum with one first-phase unit of several.

    References
    ----------
    Särndal, Swensson and Wretman (1992) chapter 9 (products over joint chances), here for clusters in strata.
    """
    share = phases.drawn / np.maximum(phases.sizes, 1)
    several = phases.drawn > 1
    joint = np.where(several, phases.drawn * (phases.sizes - 1), 1) / np.where(
        several, phases.sizes * (phases.drawn - 1), 1
    )
    inverse = np.divide(1.0, share, out=np.zeros(share.shape), where=share > 0)
    own = inverse - joint * inverse**2

    def of_entries(values: Floats) -> Floats:
        return np.take_along_axis(values, phases.cell, axis=1)

    expanded = totals * of_entries(inverse)
    pairs = of_entries(joint - 1) * expanded**2 + of_entries(own) * squares
    starts = np.searchsorted(phases.unit, np.arange(len(phases.stratum)))
    of_units = np.add.reduceat(expanded, starts, axis=1)
    diagonal = of_units**2 + np.add.reduceat(pairs, starts, axis=1)
    result = np.zeros(len(totals))
    for h, columns in drawn_strata(phases.stratum, len(phases.fraction)):
        size, f = columns.stop - columns.start, float(phases.fraction[h])
        if f == 1:
            continue
        if size == 1:
            raise refuse("lonely_stratum", stratum=h)
        inside = slice(*np.searchsorted(phases.unit, [columns.start, columns.stop]).tolist())
        of_cells = _cell_sums(phases, expanded, inside)
        both = of_units[:, columns].sum(axis=1) ** 2 + ((joint - 1) * of_cells**2).sum(axis=1)
        both += (own * _cell_sums(phases, squares, inside)).sum(axis=1)
        result += (1 - f) * size / (size - 1) * (diagonal[:, columns].sum(axis=1) - both / size)
    return result


def second_phase_variance(phases: Phases, totals: Floats, squares: Floats) -> Floats:
    """Return the estimated variance of phase 2 given phase 1: sum_c n_c^2 (1 - n_2c / n_c) s_c^2 / n_2c.

    Parameters
    ----------
    phases : Phases
        The design.
    totals, squares : ndarray of float64, shape (R, J)
        Sums of z and of z^2 over the rows of phase 2 of each entry, z with the weight of phase 1.

    Returns
    -------
    ndarray of float64, shape (R,)
        NaN where a lonely cell has nobody to borrow from.

    Raises
    ------
    InputError
        ``lonely_cell``, with the number of the cell, where `Phases.pool` is left out.
    """
    everything = slice(0, len(phases.unit))
    size, drawn = phases.sizes, phases.drawn
    within = _cell_sums(phases, squares, everything) - _cell_sums(phases, totals, everything) ** 2 / np.maximum(
        drawn, 1
    )
    within = np.where(drawn > 1, np.maximum(within, 0), 0.0)
    spread = within / np.maximum(drawn - 1, 1)
    if phases.lonely.any():
        if phases.pool is None:
            raise refuse("lonely_cell", cell=int(np.argwhere(phases.lonely)[0, 1]))
        spread = np.where(phases.lonely, _borrowed(within, np.maximum(drawn - 1, 0), phases.pool), spread)
    factor = np.where(drawn > 0, size * (size - drawn) / np.maximum(drawn, 1), 0.0)
    # A cell taken completely adds nothing, whatever could be borrowed.
    result: Floats = np.where(factor > 0, factor * spread, 0.0).sum(axis=1)
    return result


def _borrowed(within: Floats, df: Ints, pool: Ints) -> Floats:
    """Return the pooled variance within the cells of each cell's class, or within all of them, shape (R, C)."""
    same = (pool[:, None] == pool).astype(np.float64)
    squares, freedom = within @ same, df @ same
    everywhere = _divided(within.sum(axis=1, keepdims=True), df.sum(axis=1, keepdims=True).astype(np.float64))
    borrowed: Floats = np.where(freedom > 0, squares / np.maximum(freedom, 1), everywhere)
    return borrowed


def _divided(numerator: Floats, denominator: Floats) -> Floats:
    """Return the quotient, NaN where the denominator is 0."""
    quotient: Floats = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def _cell_sums(phases: Phases, values: Floats, entries: slice) -> Floats:
    """Return the sums of some entries' values by cell, shape (R, C)."""
    shape = phases.sizes.shape
    place = np.arange(shape[0])[:, None] * shape[1] + phases.cell[:, entries]
    sums = np.bincount(place.ravel(), values[:, entries].ravel(), shape[0] * shape[1])
    return sums.astype(np.float64).reshape(shape)
