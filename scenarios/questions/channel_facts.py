"""What is known of the other channels of an inspection, one record a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.channels import Consistency, Departments, Desk, Interviews, Unannounced
from scenarios.questions.score import ScoreLaw
from scenarios.scenario import Level, Scenario

Floats = NDArray[np.float64]

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, kw_only=True, eq=False)
class Visited:
    """Unannounced visits; averages where there are several populations.

    Parameters
    ----------
    asked : Unannounced
        What was planned.
    problem_villages, met, exposed, expected : float
        As in `Exposure`, given that the county is drawn.
    in_all : float
        Chance that the county is drawn and a visited village exposed.
    by_village : ndarray of float64, shape (V,)
        Chance that each village is exposed once it is visited.
    """

    asked: Unannounced
    problem_villages: float
    met: float
    exposed: float
    expected: float
    in_all: float
    by_village: Floats


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What the treatment of flagged households makes of the official rule; the county's answer stays the one without.

    Parameters
    ----------
    fails, fails_without, standard_error : mapping of str to float
        Chance of failing with the treatment, and without the channel on the same inspections, by question; the error is
        that of the first.
    raw, raw_without, weighted : mapping of str to float or None
        Mean rates by criterion; the weighted ones where the treatment enters them.
    truth : mapping of str to float or None
        True rates.
    """

    fails: Mapping[str, float]
    fails_without: Mapping[str, float]
    standard_error: Mapping[str, float]
    raw: Mapping[str, float | None]
    raw_without: Mapping[str, float | None]
    weighted: Mapping[str, float | None] | None
    truth: Mapping[str, float | None]


@dataclass(frozen=True, kw_only=True)
class Informed:
    """Information from other departments.

    Parameters
    ----------
    asked : Departments
        What was assumed.
    flagged, flagged_wrong, beside, beside_found : float
        Households flagged on average, those of them that are wrong, visits beside the sample, and those of these that
        record an error.
    any_found : float
        Chance that a flagged household is recorded as wrong.
    decided : Decided or None
        None for leads, which enter no rate.
    """

    asked: Departments
    flagged: float
    flagged_wrong: float
    beside: float
    beside_found: float
    any_found: float
    decided: Decided | None


@dataclass(frozen=True, kw_only=True)
class FlaggedOnce:
    """Information from other departments in one inspection.

    Parameters
    ----------
    treatment : str
        What became of flagged households.
    flagged, beside, beside_found : int
        Households flagged, visits beside the sample, and those of them that recorded an error.
    fails : bool or None
        Whether the official count under the treatment fails the county; None for leads.
    """

    treatment: str
    flagged: int
    beside: int
    beside_found: int
    fails: bool | None


@dataclass(frozen=True, kw_only=True)
class Shift:
    """The law of a rate's shift between province and re-visit on the same households.

    Parameters
    ----------
    mean, deviation : float
        Of re-visit less province, over inspections that re-visit the group.
    quantiles : tuple of float
        At `QUANTILES`.
    exceeds : float or None
        Chance that it passes the limit in either direction, compared in whole persons; None without a limit.
    measured : float
        Share of inspections that re-visit the group.
    """

    mean: float
    deviation: float
    quantiles: tuple[float, ...]
    exceeds: float | None
    measured: float


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The consistency check.

    Parameters
    ----------
    asked : Consistency
        The limit.
    shifts : mapping of str to Shift
        By group; without those that no inspection re-visits.
    any_exceeds : float or None
        Chance that one of them passes the limit.
    disagreement : tuple of float
        Quantiles of the share of re-visited households recorded otherwise than by the province.
    revisited : float
        Households re-visited on average.
    """

    asked: Consistency
    shifts: Mapping[str, Shift]
    any_exceeds: float | None
    disagreement: tuple[float, ...]
    revisited: float


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The desk check.

    Parameters
    ----------
    asked : Desk
        What was assumed.
    checked : float
        Questionnaires on the desk, on average.
    contradicting : float
        Share of them that do not say what is true.
    disagreement : float or None
        Share in which that is recognised.
    completion, completion_any : float or None
        Badly filled in ones on the desk, on average; chance that there is one at all.
    exposed : float or None
        Chance that a team that made up its share is exposed: exact given the province's sample, averaged over samples
        and teams.
    """

    asked: Desk
    checked: float
    contradicting: float
    disagreement: float | None
    completion: float | None
    completion_any: float | None
    exposed: float | None


@dataclass(frozen=True, kw_only=True)
class ChannelAnswers:
    """What the channels of a scenario show at one error level; None for what is not stated.

    Parameters
    ----------
    scenario : Scenario
        At that level.
    level : mapping of str to Decimal
        Empty for a given truth.
    populations, inspections : int
        Simulated; 1 population where the truth is fixed, 0 inspections where none was needed.
    unannounced, departments, interviews, consistency, desk, score
        Each channel. `interviews` is as stated: its chances follow from the numbers.
    """

    scenario: Scenario
    level: Level
    populations: int
    inspections: int
    unannounced: Visited | None
    departments: Informed | None
    interviews: Interviews | None
    consistency: Compared | None
    desk: Checked | None
    score: ScoreLaw | None
