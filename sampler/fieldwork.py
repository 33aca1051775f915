"""From selected to recorded: closed doors, findings that are missed, accusations that are false, appeals (METHODS 5.5).

A household with k > 0 wrong persons is recorded with k or with none, one without as all wrong or with none. One random
number a replicate and household decides, so that the same household is recorded alike wherever it is met, and better
fieldwork finds all that worse fieldwork finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from scipy.special import betaincinv

from sampler.design import Floats
from sampler.domains import Absence, Icc, OddsRatio, PositiveCount, Share, require_domains
from sampler.draws import Draws
from sampler.errors import InputError, Mistake
from sampler.frame import GROUPS, REMAINING, Frame, Ints
from sampler.streams import Words, unit_interval, word


@dataclass(frozen=True, kw_only=True)
class Fieldwork:
    """How a team of enumerators errs.

    Parameters
    ----------
    sensitivity : Decimal, default 1
        Chance that a wrong household is suspected.
    specificity : Decimal, default 1
        Chance that a right household is not.
    appeal_overturns_true, appeal_overturns_false : Decimal, default 0
        Chance that an appeal with evidence (申诉举证) overturns a suspicion that is true, or false.
    absence : Decimal, default 0
        Chance that nobody of a household is at home, for a household that is not wrong.
    absence_odds_ratio : Decimal, default 1
        Odds of absence of a wrong household over those of a right one (migrants).
    teams : int, default 10
        Teams of enumerators; each has a stretch of the village list of its own, all as long to within one village.
    team_icc : Decimal, default 0
        How far teams differ: the intraclass correlation of suspicions within teams. A strict team finds more and
        accuses more: both chances stand at the same quantile of their beta laws over teams.
    interference : tuple of str
        Townships that interfere with the inspection.
    interference_sensitivity : Decimal, default 1
        Factor on the chance of finding a wrong household there.

    Notes
    -----
    Members of remaining households are never recorded as wrong, and approval is unaffected.
    """

    sensitivity: Share = Decimal(1)
    specificity: Share = Decimal(1)
    appeal_overturns_true: Share = Decimal(0)
    appeal_overturns_false: Share = Decimal(0)
    absence: Absence = Decimal(0)
    absence_odds_ratio: OddsRatio = Decimal(1)
    teams: PositiveCount = 10
    team_icc: Icc = Decimal(0)
    interference: tuple[str, ...] = ()
    interference_sensitivity: Share = Decimal(1)

    def __post_init__(self) -> None:
        require_domains(self)

    @property
    def records_truth(self) -> bool:
        """Whether what is recorded is what is true."""
        interferes = bool(self.interference) and self.interference_sensitivity < 1
        return self.specificity == self.sensitivity == 1 and self.appeal_overturns_true == 0 and not interferes

    @property
    def perfect(self) -> bool:
        """Whether nothing goes wrong at all."""
        return self.records_truth and self.absence == 0

    @property
    def away_by_truth(self) -> bool:
        """Whether it depends on the truth who is at home."""
        return self.absence > 0 and self.absence_odds_ratio != 1

    @property
    def by_household(self) -> bool:
        """Whether each household is recorded by itself, and is at home whatever the truth: its law is then known."""
        return self.team_icc == 0 and not self.away_by_truth

    def chance_recorded(self, frame: Frame, wrong_persons: Ints) -> Floats:
        """Return the chance that a visited household is recorded as wrong and stays so, shape (N,).

        Parameters
        ----------
        frame : Frame
            The county.
        wrong_persons : ndarray of int64, shape (N,)
            The truth.

        Notes
        -----
        Members of remaining households are never recorded, so theirs is 0.
        """
        interferes = np.isin(frame.townships, self.interference)[frame.household_village]
        found = float(self.sensitivity * (1 - self.appeal_overturns_true))
        accused = float((1 - self.specificity) * (1 - self.appeal_overturns_false))
        true = found * np.where(interferes, float(self.interference_sensitivity), 1.0)
        chance: Floats = np.where(wrong_persons > 0, true, np.where(frame.household_group == REMAINING, 0.0, accused))
        return chance

    def require(self, frame: Frame) -> None:
        """Refuse townships that the frame has not.

        Raises
        ------
        InputError
            ``unknown_township`` for each.
        """
        unknown = [name for name in self.interference if name not in frame.townships]
        if unknown:
            allowed = ", ".join(dict.fromkeys(frame.townships))
            raise InputError(
                Mistake("unknown_township", {"key": "fieldwork.interference", "found": name, "allowed": allowed})
                for name in unknown
            )

    def team(self, villages: int) -> Ints:
        """Return the number of the team that visits each village, whatever it is drawn for, shape (V,).

        Examples
        --------
        >>> Fieldwork(teams=3).team(5)
        array([0, 0, 1, 1, 2])
        """
        return np.arange(villages) * self.teams // villages

    def away(self, wrong_persons: Ints) -> Floats | None:
        """Return the chance that nobody of each household is at home, shape (N,); None where all are.

        Examples
        --------
        >>> Fieldwork(absence=Decimal("0.1"), absence_odds_ratio=Decimal(3)).away(np.array([0, 2])).round(4)
        array([0.1 , 0.25])
        """
        if self.absence == 0:
            return None
        right = float(self.absence)
        odds = float(self.absence_odds_ratio) * right / (1 - right)
        return np.where(wrong_persons > 0, odds / (1 + odds) if self.away_by_truth else right, right)


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """What a team makes of each visited household, shape (n,).

    Parameters
    ----------
    suspected : ndarray of int64
        Wrong persons suspected, before any appeal.
    recorded : ndarray of int64
        Wrong persons that stand after it.
    """

    suspected: Ints
    recorded: Ints


def record(fieldwork: Fieldwork, draws: Draws, frame: Frame, wrong_persons: Ints, starts: Words) -> Record:
    """Return what is suspected and recorded of the visited households.

    Parameters
    ----------
    fieldwork : Fieldwork
        How teams err.
    draws : Draws
        Who is visited.
    frame : Frame
        The county.
    wrong_persons : ndarray of int64, shape (N,)
        The truth of the frame's households.
    starts : ndarray of uint64, shape (R,)
        Word streams; word 2 j is that of household j, and those after all households are the teams'.

    Returns
    -------
    Record
        A wrong household is recorded with chance sensitivity (1 - appeal_overturns_true), a right one, not remaining,
        with (1 - specificity)(1 - appeal_overturns_false).
    """
    truth = wrong_persons[draws.households]
    if fieldwork.records_truth:
        return Record(suspected=truth, recorded=truth)
    persons = frame.household_persons
    found, accused = suspicion(fieldwork, starts, len(persons))
    interferes = np.isin(frame.townships, fieldwork.interference)[frame.household_village]
    suspected, recorded = np.empty_like(truth), np.empty_like(truth)
    fill = _compiled() or readable_record_rows
    fill(
        starts,
        draws.replicate,
        _team_of_household(fieldwork, frame),
        draws.block,
        draws.households,
        wrong_persons,
        persons,
        found,
        accused,
        np.where(interferes, float(fieldwork.interference_sensitivity), 1.0),
        np.array([1 - float(fieldwork.appeal_overturns_true), 1 - float(fieldwork.appeal_overturns_false)]),
        suspected,
        recorded,
    )
    return Record(suspected=suspected, recorded=recorded)


def suspicion(fieldwork: Fieldwork, starts: Words, households: int) -> tuple[Floats, Floats]:
    """Return the chances that each team suspects a wrong household, and a right one, shape (R, T) each."""
    means = float(fieldwork.sensitivity), float(1 - fieldwork.specificity)
    if fieldwork.team_icc == 0:
        one, other = (np.full((len(starts), 1), mean) for mean in means)
        return one, other
    strictness = np.stack([unit_interval(word(starts, 2 * households + t)) for t in range(fieldwork.teams)], axis=1)
    one, other = (_beta_quantile(mean, float(fieldwork.team_icc), strictness) for mean in means)
    return one, other


def _team_of_household(fieldwork: Fieldwork, frame: Frame) -> Ints:
    if fieldwork.team_icc == 0:
        return np.zeros(len(frame.household_persons), dtype=np.int64)
    return fieldwork.team(len(frame.codes))[frame.household_village]


def _beta_quantile(mean: float, icc: float, level: Floats) -> Floats:
    """Return the quantile of Beta(mean (1 - icc) / icc, (1 - mean)(1 - icc) / icc)."""
    if mean in (0, 1):
        return np.full(level.shape, mean)
    concentration = (1 - icc) / icc
    quantile: Floats = betaincinv(mean * concentration, (1 - mean) * concentration, level)
    return quantile


def _compiled() -> Callable[..., None] | None:
    """Return the compiled `readable_record_rows`, or None where numba cannot be imported."""
    try:
        from sampler.kernels import record_rows  # noqa: PLC0415
    except ImportError:
        return None
    compiled: Callable[..., None] = record_rows
    return compiled


def readable_record_rows(  # noqa: PLR0913, PLR0917 - the compiled one's signature
    starts: Words,
    replicate: Ints,
    team: Ints,
    block: Ints,
    household: Ints,
    truth: Ints,
    persons: Ints,
    found: Floats,
    accused: Floats,
    factor: Floats,
    upheld: Floats,
    suspected: Ints,
    recorded: Ints,
) -> None:
    """Fill in what is suspected and recorded of n rows of households.

    Parameters
    ----------
    starts : ndarray of uint64, shape (R,)
        Word streams; word 2 j is that of household j.
    replicate, block, household : ndarray of int64, shape (n,)
        As in `Draws`.
    team : ndarray of int64, shape (N,)
        Team that visits each of the frame's households: one team, whatever it is drawn for, and so one record.
    truth, persons : ndarray of int64, shape (N,)
        Wrong persons, and persons, of the frame's households.
    found, accused : ndarray of float64, shape (R, T)
        Chance that a team suspects a wrong household, and a right one.
    factor : ndarray of float64, shape (N,)
        On the chance that a wrong household is suspected.
    upheld : ndarray of float64, shape (2,)
        Chance that a true suspicion stands after an appeal, and that a false one does.
    suspected, recorded : ndarray of int64, shape (n,)
        To be filled in.
    """
    own, wrong = team[household], truth[household] > 0
    accusation = np.where(block % len(GROUPS) == REMAINING, 0.0, accused[replicate, own])
    chance = np.where(wrong, found[replicate, own] * factor[household], accusation)
    u = unit_interval(word(starts[replicate], 2 * household))
    count = np.where(wrong, truth[household], persons[household])
    suspected[:] = np.where(u < chance, count, 0)
    recorded[:] = np.where(u < chance * np.where(wrong, *upheld), count, 0)
