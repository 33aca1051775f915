"""The province's rate corrected by the re-visit, from the tallies of R spot checks, in persons (METHODS 1.4 h, 2.7).

    p = [sum_a w_a b y~ + sum_2 w* (y - b y~)] / sum_a w_a s,    w* = w_a n_c / n_2c

y~ are the wrong persons that the province recorded, y those that the re-visit found. b = 1 is the difference form, the
regression form y1 + b1 (X1 - x1) of the federal SNAP quality control (7 CFR 275.23) has b estimated. First-phase
variances are those of ultimate clusters (METHODS 1.4 g).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estimators.interval import Floats
from estimators.linearised import design_weights
from estimators.two_phase import Corrected, Phases, first_phase_variance, second_phase_variance
from sampler.draws import MOMENTS
from sampler.frame import GROUPS
from sampler.recheck import RecheckTally
from sampler.second_phase import CROSS_MOMENTS, SecondPhase


def difference_of_recheck(found: RecheckTally, second: SecondPhase, group: int) -> Corrected:
    """Return the corrected rate of a group with b = 1.

    Parameters
    ----------
    found : RecheckTally
        Of R spot checks.
    second : SecondPhase
        Of the same.
    group : int
        `EXITED` for the wrong exits, `UNREGISTERED` for the missed.

    Returns
    -------
    Corrected
        Its steps are those of the re-visited households of the group that the province recorded as clean; the largest
        is told by villages, each at the mean size of its re-visited households. A cell of which one questionnaire of
        several was re-visited borrows the variance within the other cells of the same provincial result. NaN where
        phase 1 has nobody of the group.

    Raises
    ------
    InputError
        ``lonely_stratum`` where phase 1 drew one village of a stratum; ``sizes_unknown`` as `design_weights`.
    """
    sums = _Sums(found, second, group)
    return sums.corrected(np.ones(len(sums.whole)))


def regression_of_recheck(found: RecheckTally, second: SecondPhase, group: int) -> Corrected:
    """Return the corrected rate of a group with b by weighted least squares over its re-visited households.

    b = sum w* (y~ - mean)(y - mean) / sum w* (y~ - mean)^2, and 1 where y~ does not vary; parameters and errors as in
    `difference_of_recheck`. That b is estimated is neglected by the variance.
    """
    sums = _Sums(found, second, group)
    return sums.corrected(sums.slope())


@dataclass(frozen=True, eq=False)
class _Sums:
    """The sums of one group over both phases; an entry is a village and a provincial result, J = 2 m."""

    found: RecheckTally
    second: SecondPhase
    group: int

    @property
    def whole(self) -> Floats:
        """Sum w_a s over phase 1, shape (R,)."""
        return self._phase1("persons")

    def _phase1(self, name: str) -> Floats:
        moment = self.found.province.moments[:, :, self.group, MOMENTS.index(name)]
        result: Floats = (self._weights * moment).sum(axis=1)
        return result

    @property
    def _weights(self) -> Floats:
        """w_a of the group in each village, shape (R, m)."""
        return design_weights(self.found.province)[:, :, self.group]

    @property
    def first(self) -> Floats:
        """w_a of each entry, shape (R, J)."""
        return np.repeat(self._weights, 2, axis=1)

    @property
    def phases(self) -> Phases:
        """Both phases, strata without finite population corrections."""
        stratum = self.found.province.stratum
        return Phases(
            stratum=stratum,
            fraction=np.zeros(len(self.found.province.stratum_sizes)),
            unit=np.repeat(np.arange(len(stratum)), 2),
            cell=self.second.cell.reshape(len(self.second.cell), -1),
            sizes=self.second.sizes,
            drawn=self.second.drawn,
            pool=np.arange(self.second.sizes.shape[1]) % 2,
        )

    def of_revisit(self, name: str) -> Floats:
        """Return a moment of the group's re-visited households by entry, shape (R, J)."""
        villages = self.second.cell.shape[1]
        if name in CROSS_MOMENTS:
            moments = self.second.cross[..., CROSS_MOMENTS.index(name)]
        else:
            moments = self.found.visited.moments[:, :villages, : 2 * len(GROUPS), MOMENTS.index(name)]
        entries = moments[:, :, self.group :: len(GROUPS)].reshape(len(moments), -1)
        return entries.astype(np.float64)

    def slope(self) -> Floats:
        """Return b of the regression form, shape (R,)."""
        weights = self.first * self.phases.expansion()
        n, x, y, xx, xy = (
            (weights * self.of_revisit(name)).sum(axis=1)
            for name in ("households", "recorded", "wrong_persons", "recorded_squared", "recorded_times_wrong")
        )
        spread = xx - x**2 / np.where(n > 0, n, 1)
        # Rounding may leave 1e-16 of a spread that is 0.
        varies = spread > 1e-12 * xx
        return np.where(varies, (xy - x * y / np.where(n > 0, n, 1)) / np.where(varies, spread, 1), 1.0)

    def corrected(self, b: Floats) -> Corrected:
        """Return the estimate with a slope, shape (R,)."""
        phases, whole = self.phases, self.whole
        safe = np.where(whole > 0, whole, 1.0)
        y, s, x = (self.of_revisit(name) for name in ("wrong_persons", "persons", "recorded"))
        yy, sy, ss = (self.of_revisit(name) for name in ("wrong_squared", "persons_times_wrong", "persons_squared"))
        xx, xy = (self.of_revisit(name) for name in ("recorded_squared", "recorded_times_wrong"))
        last = self.first * phases.expansion()
        value = (b * self._phase1("wrong_persons") + (last * (y - b[:, None] * x)).sum(axis=1)) / safe
        scale, p, q = self.first / safe[:, None], value[:, None], b[:, None]
        first = first_phase_variance(phases, scale * (y - p * s), scale**2 * (yy - 2 * p * sy + p**2 * ss))
        second = second_phase_variance(phases, scale * (y - q * x), scale**2 * (yy - 2 * q * xy + q**2 * xx))
        step, largest = self._steps(last / safe[:, None])

        def shown(values: Floats) -> Floats:
            return np.where(whole > 0, values, np.nan)

        return Corrected(
            value=shown(value),
            first_phase=shown(first),
            second_phase=shown(second),
            slope=b,
            step=step,
            largest_step=largest,
            lonely_cells=phases.lonely.sum(axis=1),
            uncovered_cells=phases.uncovered.sum(axis=1),
        )

    def _steps(self, last: Floats) -> tuple[Floats, Floats]:
        """Return the mean and the largest step of the clean questionnaires, shape (R,) each; NaN without any."""
        clean = slice(0, None, 2)
        households, persons = (self.of_revisit(name)[:, clean] for name in ("households", "persons"))
        count = households.sum(axis=1)
        moved = last[:, clean] * persons
        mean = np.where(count > 0, moved.sum(axis=1) / np.where(count > 0, count, 1), np.nan)
        largest = (moved / np.where(households > 0, households, 1)).max(axis=1, initial=0.0)
        return mean, np.where(count > 0, largest, np.nan)
