"""The records of `scenarios.questions.account`: one inspection, step by step, in no language."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sampler.frame import Frame
from scenarios.questions.lists import Cell, DrawnVillage


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """How many villages a stratum gets of a total.

    Parameters
    ----------
    stratum : str
        Its name.
    villages : int
        Villages it has.
    factor, weighted : Decimal
        Its factor, and villages times factor.
    share : float
        Its share of the total by these weights, before bounds and rounding.
    drawn : int
        What it gets.
    """

    stratum: str
    villages: int
    factor: Decimal
    weighted: Decimal
    share: float
    drawn: int


@dataclass(frozen=True, kw_only=True)
class StratumFacts:
    """A stratum and its sample.

    Parameters
    ----------
    name, selection : str
        Its name, and the design.
    villages, drawn : int
        Villages it has, and how many are drawn.
    households, persons : int
        What lives there.
    low, high : float
        Smallest and largest inclusion probability.
    measure : str or None
        Measure of size that they follow.
    size : float
        Sum of that measure over the stratum; 0 where there is none.
    """

    name: str
    selection: str
    villages: int
    drawn: int
    households: int
    persons: int
    low: float
    high: float
    measure: str | None
    size: float


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A two-stage draw: all of a plain inspection, or the province's survey, or the fresh villages of a spot check.

    Parameters
    ----------
    name : {"inspection", "province", "fresh"}
        Which.
    total : int or None
        Villages in all, where the plan states a total to be shared out; then `allocations` says how.
    allocations : tuple of Allocation
        See `total`.
    strata : tuple of StratumFacts
        In order.
    villages : tuple of DrawnVillage
        In the order drawn.
    sizes : tuple of float
        Measure of size of each drawn village; empty where there is none.
    takes : tuple of int
        Households wanted by group.
    key, hamlets : bool, int
        Whether key households are visited completely, and how many hamlets are.
    """

    name: str
    total: int | None
    allocations: tuple[Allocation, ...]
    strata: tuple[StratumFacts, ...]
    villages: tuple[DrawnVillage, ...]
    sizes: tuple[float, ...]
    takes: tuple[int, ...]
    key: bool
    hamlets: int


@dataclass(frozen=True, kw_only=True)
class Shuffle:
    """One shuffle in full: the first village and group of which some households are drawn and others not.

    Parameters
    ----------
    village, group : int
        Indices.
    size : int
        Households on the list.
    places : tuple of int
        Places in the list, from 1, in the order drawn.
    reserves : tuple of int
        The places that come next.
    """

    village: int
    group: int
    size: int
    places: tuple[int, ...]
    reserves: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class StandIns:
    """Closed doors of one village and group, or of one township's questionnaires.

    Parameters
    ----------
    village, group : int
        Indices.
    absent, instead : tuple of int
        Places in the list of those not at home, and of those visited instead, in random order; fewer where the list
        ended.
    """

    village: int
    group: int
    absent: tuple[int, ...]
    instead: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Recheck:
    """The second phase of a spot check.

    Parameters
    ----------
    questionnaires, errors : int
        What the province filled in, and how many of them record an error.
    cells : tuple of Cell
        What they lie in.
    absent, instead : int
        Households of drawn questionnaires that were not at home, and that took their places.
    twice : int
        Households that the fresh draw met again: visited once.
    """

    questionnaires: int
    errors: int
    cells: tuple[Cell, ...]
    absent: int
    instead: int
    twice: int


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What was counted in a group, in the parts that the official count takes.

    Parameters
    ----------
    group : str
        One of `GROUPS`.
    households, wrong_households, persons, wrong_persons, approvals : int
        Sums.
    """

    group: str
    households: int
    wrong_households: int
    persons: int
    wrong_persons: int
    approvals: int


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A criterion against its limit, in whole numbers.

    Parameters
    ----------
    criterion : str
        One of `CRITERIA`.
    unit : {"persons", "households"}
        What is counted.
    numerator, denominator : int
        The rate; a denominator of 0 is "not measured".
    limit : Fraction
        a / b.
    tested, fails, at_limit : bool
        Whether it can fail at all, whether it does, whether it equals its limit.
    """

    criterion: str
    unit: str
    numerator: int
    denominator: int
    limit: Fraction
    tested: bool
    fails: bool
    at_limit: bool

    @property
    def left(self) -> int:
        """The limit's denominator times the rate's numerator."""
        return self.limit.denominator * self.numerator

    @property
    def right(self) -> int:
        """The limit's numerator times the rate's denominator: the rate is above the limit where `left` is larger."""
        return self.limit.numerator * self.denominator


@dataclass(frozen=True, kw_only=True)
class BlownUp:
    """The make-up of the incidence, in persons of the county.

    Parameters
    ----------
    rural, remaining, exited, unregistered : int
        The village list's persons.
    wrong_exit, missed : tuple of two int
        Persons found and persons asked, in the reading of the policy; 0 of 1 where not measured, and where only
        registered poverty counts.
    registered : bool
        Whether only registered poverty counts.
    """

    rural: int
    remaining: int
    exited: int
    unregistered: int
    wrong_exit: tuple[int, int]
    missed: tuple[int, int]
    registered: bool

    @property
    def poor(self) -> tuple[int, int]:
        """Persons that count as poor, over the common denominator of the two rates."""
        (wrong, seen), (missing, asked) = self.wrong_exit, self.missed
        whole = self.remaining * seen * asked + wrong * self.exited * asked + missing * self.unregistered * seen
        return whole, seen * asked


@dataclass(frozen=True, kw_only=True)
class Account:
    """An inspection, step by step.

    Parameters
    ----------
    frame : Frame
        The county, which indices point into.
    stages : tuple of Stage
        The draws of villages and households.
    shuffle : Shuffle or None
        An example; None where every list is visited completely.
    stand_ins : tuple of StandIns
        Who stood in for whom.
    recheck : Recheck or None
        Of a spot check.
    counts : tuple of Counted
        By group.
    denominator : str
        Reading of the missed rate: ``"surveyed"`` or ``"village"``.
    blown_up : BlownUp
        What the incidence is made of.
    decisions : tuple of Decision
        By criterion, in the order of `CRITERIA`.
    """

    frame: Frame
    stages: tuple[Stage, ...]
    shuffle: Shuffle | None
    stand_ins: tuple[StandIns, ...]
    recheck: Recheck | None
    counts: tuple[Counted, ...]
    denominator: str
    blown_up: BlownUp
    decisions: tuple[Decision, ...]
