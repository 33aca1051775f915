"""The other channels of an inspection, as they are stated: none of them decides whether the county passes.

Unannounced visits (暗访), information from other departments (相关部门提供情况), interviews (座谈访谈), the consistency
of the province's work (三性), the desk check of its questionnaires, and the score. No source gives their numbers; what
is not stated is not computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from annotated_types import Interval

from sampler.domains import Count, Points, PositiveCount, PositiveShare, Share, require_domains
from sampler.errors import InputError, Mistake
from sampler.frame import Frame
from sampler.plan import Plan
from sampler.recheck import SpotCheck

Treatment = Literal["stratum", "leads", "counted"]
TREATMENTS: tuple[Treatment, ...] = ("stratum", "leads", "counted")

# What a deduction or a bonus may hang on, with the channel that gives its chance.
EVENTS = {
    "exposed": "unannounced",
    "flagged_found": "departments",
    "shift": "consistency",
    "fabrication": "desk",
    "interference": "score",
}


@dataclass(frozen=True, kw_only=True)
class Unannounced:
    """Unannounced visits: the county may be drawn, then villages, then households looked at.

    Parameters
    ----------
    county_chance : Fraction
        Chance that this county is one of those the province draws.
    villages : int
        Villages visited, a simple random sample of the county's.
    households : int
        Households looked at in each, of any group, a simple random sample; all where there are fewer.
    at_least : int, default 1
        Wrong households that must be recognised for a village to be exposed; with as many it is a problem village.
    detection : Decimal, default 1
        Chance that a wrong household is recognised when it is looked at.
    """

    county_chance: Annotated[Fraction, Interval(ge=0, le=1)]
    villages: PositiveCount
    households: PositiveCount
    at_least: PositiveCount = 1
    detection: PositiveShare = Decimal(1)

    def __post_init__(self) -> None:
        require_domains(self)


@dataclass(frozen=True, kw_only=True)
class Departments:
    """Complaints and register cross-checks that flag households, and what becomes of these (METHODS 1.3).

    Parameters
    ----------
    flags_wrong, flags_right : Decimal
        Chance that a wrong household is flagged, and that a right one is; remaining households never are.
    treatment : {"stratum", "leads", "counted"}
        ``stratum``: all flagged households of the county are visited and stand for themselves in the weighted
        estimate, the ordinary sample comes from the others, and the official raw count leaves them out. ``leads``: they
        are visited and enter no rate. ``counted``: found and seen are added to the official raw count, a biased rule.
    """

    flags_wrong: Share
    flags_right: Share
    treatment: Treatment

    def __post_init__(self) -> None:
        require_domains(self)
        if self.treatment not in TREATMENTS:
            found, allowed = str(self.treatment), ", ".join(TREATMENTS)
            raise InputError([Mistake("outside_domain", {"key": "treatment", "found": found, "allowed": allowed})])


@dataclass(frozen=True, kw_only=True)
class Cadres:
    """How many cadres of one level are drawn for the meetings, out of how many; `of` counts those of one place.

    Parameters
    ----------
    drawn, of : int
        Cadres drawn and available in each place of the level (a village, a township, the county).
    """

    drawn: Count
    of: PositiveCount

    def __post_init__(self) -> None:
        require_domains(self)


@dataclass(frozen=True, kw_only=True)
class Interviews:
    """The random draw for meetings and interviews.

    Parameters
    ----------
    villages : int
        Villages where they are held, a simple random sample.
    village_cadres, township_cadres, county_cadres : Cadres, optional
        Drawn in each of those villages, in each of their townships, and in the county.
    """

    villages: PositiveCount
    village_cadres: Cadres | None = None
    township_cadres: Cadres | None = None
    county_cadres: Cadres | None = None

    def __post_init__(self) -> None:
        require_domains(self)

    def levels(self) -> Iterator[tuple[str, Cadres]]:
        """Yield the levels whose cadres are drawn."""
        for level in ("village", "township", "county"):
            cadres: Cadres | None = getattr(self, f"{level}_cadres")
            if cadres is not None:
                yield level, cadres


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """The shift between what the province recorded and what the re-visit did, on the same households.

    Parameters
    ----------
    limit : Decimal, optional
        What the shift of a rate may not pass in either direction; no source has published one.
    """

    limit: Share | None = None

    def __post_init__(self) -> None:
        require_domains(self)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the desk check of questionnaires can show.

    Parameters
    ----------
    completion_errors : Decimal, optional
        Share of questionnaires that are filled in badly.
    recognises_disagreement : Decimal, optional
        Chance that a questionnaire that contradicts the household's true state is recognised at the desk.
    fabricated : Decimal, optional
        Share of its questionnaires that a team made up, any of them alike.
    recognises_fabricated : Decimal, default 1
        Chance that such a one is recognised when it is on the desk.
    """

    completion_errors: Share | None = None
    recognises_disagreement: Share | None = None
    fabricated: PositiveShare | None = None
    recognises_fabricated: PositiveShare = Decimal(1)

    def __post_init__(self) -> None:
        require_domains(self)


@dataclass(frozen=True, kw_only=True)
class ScoreItem:
    """A deduction (扣分, points below 0) or a bonus (加分).

    Parameters
    ----------
    name : str
        As shown.
    points : Decimal
        Added to the score.
    event : str, optional
        One of `EVENTS`, on which it hangs.
    chance : Decimal, optional
        Of an event of its own. With neither the points are certain.
    """

    name: str
    points: Points
    event: str | None = None
    chance: Share | None = None

    def __post_init__(self) -> None:
        require_domains(self)


@dataclass(frozen=True, kw_only=True)
class Score:
    """The score, which is separate from passing and failing.

    Parameters
    ----------
    base : Decimal
        Points to begin with.
    items : tuple of ScoreItem
        Deductions and bonuses.
    interference_noticed : Decimal, optional
        Chance that interference is noticed in a visited village of a township that interferes.
    """

    base: Points
    items: tuple[ScoreItem, ...] = ()
    interference_noticed: Share | None = None

    def __post_init__(self) -> None:
        require_domains(self)


@dataclass(frozen=True, kw_only=True)
class Channels:
    """The channels of a scenario; None for one that is not stated.

    Parameters
    ----------
    unannounced, departments, interviews, consistency, desk, score
        Each channel.
    """

    unannounced: Unannounced | None = None
    departments: Departments | None = None
    interviews: Interviews | None = None
    consistency: Consistency | None = None
    desk: Desk | None = None
    score: Score | None = field(default=None)

    def require(self, frame: Frame, plan: Plan | SpotCheck, interference: tuple[str, ...]) -> None:
        """Refuse channels that the county or the plan cannot serve.

        Raises
        ------
        InputError
            ``channel_villages``, ``too_many_cadres``, ``channel_without_spot_check``, ``flags_need_plain``,
            ``event_without_channel`` and its like, all at once.
        """
        wrong = [*self._too_many(len(frame.codes)), *self._unserved(plan), *self._events(interference)]
        if wrong:
            raise InputError(wrong)

    def _too_many(self, villages: int) -> Iterator[Mistake]:
        for name in ("unannounced", "interviews"):
            channel = getattr(self, name)
            if channel is not None and channel.villages > villages:
                where = {"key": f"channels.{name}.villages", "found": channel.villages, "allowed": villages}
                yield Mistake("channel_villages", where)
        for level, cadres in self.interviews.levels() if self.interviews else ():
            if cadres.drawn > cadres.of:
                where = {"key": f"channels.interviews.{level}_cadres", "found": cadres.drawn, "allowed": cadres.of}
                yield Mistake("too_many_cadres", where)

    def _unserved(self, plan: Plan | SpotCheck) -> Iterator[Mistake]:
        if isinstance(plan, Plan):
            for name in ("consistency", "desk"):
                if getattr(self, name) is not None:
                    yield Mistake("channel_without_spot_check", {"key": f"channels.{name}"})
        # Which part of a sample a flagged household leaves is settled only where households are drawn by takes alone.
        by_takes = isinstance(plan, Plan) and plan.plain
        if self.departments and self.departments.treatment == "stratum" and not by_takes:
            yield Mistake("flags_need_plain", {"key": "channels.departments.treatment", "found": "stratum"})

    def _events(self, interference: tuple[str, ...]) -> Iterator[Mistake]:
        for number, item in enumerate(self.score.items if self.score else ()):
            if item.event is not None and not self._gives(item.event, interference):
                where = {"key": f"channels.score.items.{number}.event", "found": item.event}
                yield Mistake(f"event_without_{_MISSING.get(item.event, 'channel')}", where)

    def _gives(self, event: str, interference: tuple[str, ...]) -> bool:
        """Say whether what is stated gives an event its chance."""
        if event == "shift":
            return self.consistency is not None and self.consistency.limit is not None
        if event == "fabrication":
            return self.desk is not None and self.desk.fabricated is not None
        if event == "interference":
            return bool(interference) and self.score is not None and self.score.interference_noticed is not None
        return getattr(self, EVENTS[event]) is not None


_MISSING = {"shift": "limit", "fabrication": "fabricated", "interference": "interference"}
