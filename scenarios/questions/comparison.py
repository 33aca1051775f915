"""Two saved answers side by side: last year's and this year's, one plan's and another's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import hypot

from sampler.errors import refuse
from scenarios.engines.chance import QUESTIONS

Level = Mapping[str, float]

# A difference of fewer standard errors than this may be chance alone (about one in twenty is, where nothing differs).
_TOLD_APART = 1.96


@dataclass(frozen=True, kw_only=True)
class SavedPoint:
    """The chances of failing at one error level, as a record holds them.

    Parameters
    ----------
    level : mapping of str to float
        Value by parameter of the error model; empty for a given truth.
    chance, standard_error : mapping of str to float or None
        By question; None where no engine asked could serve it.
    """

    level: Level
    chance: Mapping[str, float | None]
    standard_error: Mapping[str, float | None]


@dataclass(frozen=True, kw_only=True)
class SavedRisk:
    """What a record of schema ``risk/1`` says, as far as a comparison needs it.

    Parameters
    ----------
    name : str
        Of the scenario.
    synthetic : bool
        Whether its county is invented.
    averaged : bool
        Whether the chances are averages over populations or hold for one.
    policy : mapping of str to object
        The rule set, by dotted field.
    points : tuple of SavedPoint
        One an error level.
    tipping : mapping of str to mapping of str to float or None
        Error level by question and share; None where the chance does not pass the share.
    seed : int
        Of the random numbers.
    versions : mapping of str to str
        Of the program and what its numbers depend on.
    sha256 : str
        Of the canonical scenario.
    """

    name: str
    synthetic: bool
    averaged: bool
    policy: Mapping[str, object]
    points: tuple[SavedPoint, ...]
    tipping: Mapping[str, Mapping[str, float | None]]
    seed: int
    versions: Mapping[str, str]
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a chance was, what it is, and how far apart the two lie.

    Parameters
    ----------
    old, new : float
        Chances of failing.
    standard_error : float
        Of their difference as if the two were independent: root of the sum of the squares. Common random numbers make
        the error smaller than that; 0 where both are exact.
    """

    old: float
    new: float
    standard_error: float

    @property
    def difference(self) -> float:
        """The new chance less the old one."""
        return self.new - self.old

    @property
    def told_apart(self) -> bool:
        """Whether the difference is more than chance makes of none, in 95 of 100 comparisons."""
        return abs(self.difference) > _TOLD_APART * self.standard_error


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two saved answers side by side.

    Parameters
    ----------
    old, new : SavedRisk
        The answers.
    levels : tuple of mapping of str to float
        Error levels at which both answer, in the order of the new one.
    differences : tuple of mapping of str to Difference or None
        By question, one mapping a level; None where one of the two has no answer.
    only_old, only_new : int
        How many error levels stand in one answer only.
    paired : bool, default False
        Whether both were computed together on common random numbers, and the errors are those of the differences.
    """

    old: SavedRisk
    new: SavedRisk
    levels: tuple[Level, ...]
    differences: tuple[Mapping[str, Difference | None], ...]
    only_old: int
    only_new: int
    paired: bool = False

    @property
    def rules_changed(self) -> Mapping[str, tuple[object, object]]:
        """The old and the new value of each field of the rule set that differs."""
        fields = dict.fromkeys([*self.old.policy, *self.new.policy])
        both = {field: (self.old.policy.get(field), self.new.policy.get(field)) for field in fields}
        return {field: pair for field, pair in both.items() if pair[0] != pair[1]}

    @property
    def versions_changed(self) -> Mapping[str, tuple[str | None, str | None]]:
        """The old and the new version of what the numbers depend on, where it differs."""
        names = dict.fromkeys([*self.old.versions, *self.new.versions])
        both = {name: (self.old.versions.get(name), self.new.versions.get(name)) for name in names}
        return {name: pair for name, pair in both.items() if pair[0] != pair[1]}

    @property
    def same_question(self) -> bool:
        """Whether both answers are averages over populations, or both hold for one."""
        return self.old.averaged == self.new.averaged


def comparison(old: SavedRisk, new: SavedRisk) -> Comparison:
    """Hold two saved answers against each other, level by level.

    Parameters
    ----------
    old, new : SavedRisk
        The answers.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        ``no_common_level`` where the two answer at no error level alike.

    Examples
    --------
    >>> from dataclasses import replace
    >>> point = SavedPoint(level={"missed": 0.01}, chance={"missed": 0.25}, standard_error={"missed": 0.003})
    >>> old = SavedRisk(name="a", synthetic=True, averaged=True, policy={}, points=(point,), tipping={}, seed=1,
    ...                 versions={}, sha256="")
    >>> better = replace(point, chance={"missed": 0.20}, standard_error={"missed": 0.004})
    >>> (found,) = comparison(old, replace(old, points=(better,))).differences
    >>> round(found["missed"].difference, 3), round(found["missed"].standard_error, 3), found["missed"].told_apart
    (-0.05, 0.005, True)
    """
    before = {_key(point.level): point for point in old.points}
    shared = [(before[_key(point.level)], point) for point in new.points if _key(point.level) in before]
    if not shared:
        raise refuse("no_common_level", found=_keys(new.points), allowed=_keys(old.points))
    return Comparison(
        old=old,
        new=new,
        levels=tuple(point.level for _, point in shared),
        differences=tuple(dict(_differences(first, second)) for first, second in shared),
        only_old=len(old.points) - len(shared),
        only_new=len(new.points) - len(shared),
    )


def _key(level: Level) -> frozenset[tuple[str, float]]:
    return frozenset(level.items())


def _keys(points: tuple[SavedPoint, ...]) -> str:
    """Return which parameters an answer moves and between which values, for a message."""
    keys = dict.fromkeys(key for point in points for key in point.level)
    held = {key: [point.level[key] for point in points if key in point.level] for key in keys}
    return ", ".join(f"{key} {min(values):g}-{max(values):g}" for key, values in held.items()) or "given truth"


def _differences(old: SavedPoint, new: SavedPoint) -> Iterator[tuple[str, Difference | None]]:
    for question in QUESTIONS:
        before, after = old.chance.get(question), new.chance.get(question)
        errors = old.standard_error.get(question), new.standard_error.get(question)
        if before is None or after is None:
            yield question, None
        else:
            error = hypot(*(each or 0.0 for each in errors))
            yield question, Difference(old=before, new=after, standard_error=error)
