"""Error levels in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scenarios.messages import Catalogue
from scenarios.questions.curve import Curve
from scenarios.report.words import percent

RATES = ("wrong_exit", "missed", "disapproval", "whole_wrong_exit", "whole_missed")

_TRUE_RATES = ("wrong_exit", "missed", "disapproval")


def level_names(keys: tuple[str, ...], words: Catalogue) -> str:
    """Return the name of a grid axis, keys that move together joined by an equals sign."""
    return words.say("level.equal").join(words.say(f"level.{key}") for key in keys)


def level_value(key: str, value: object) -> str:
    """Return an axis value as it is read: rates in percent, the rest as a number."""
    return percent(value) if key in RATES else f"{float(value):g}"  # type: ignore[arg-type]


def told_level(level: Mapping[str, object], words: Catalogue) -> str:
    """Return an error level in words: rates that have the same value together, everything else by itself.

    Parameters
    ----------
    level : mapping of str to Decimal
        Value by parameter of the error model.
    words : Catalogue
        The language.

    Examples
    --------
    >>> from scenarios.messages import catalogue
    >>> told_level({"wrong_exit": 0.02, "missed": 0.02, "icc": 0.02}, catalogue("en"))
    'wrong exit = missed 2%, intraclass correlation 0.02'
    """
    together: dict[tuple[object, str], list[str]] = {}
    for key, value in level.items():
        together.setdefault((value, "" if key in RATES else key), []).append(key)
    return words.say("place.joiner").join(
        f"{level_names(tuple(keys), words)} {level_value(keys[0], value)}" for (value, _), keys in together.items()
    )


def spoken_level(level: Mapping[str, object], words: Catalogue) -> str:
    """Return an error level as a sentence has it.

    Parameters
    ----------
    level : mapping of str to Decimal
        Value by parameter of the error model.
    words : Catalogue
        The language.

    Examples
    --------
    >>> from scenarios.messages import catalogue
    >>> spoken_level({"wrong_exit": 0.02, "missed": 0.02, "icc": 0.05}, catalogue("en"))
    'true rates of 2% (wrong exit and missed), intraclass correlation 0.05'
    >>> spoken_level({"wrong_exit": 0.02, "missed": 0.02}, catalogue("zh"))
    '真实的错退率、漏评率都是 2%'
    """
    rates = [key for key in level if key in _TRUE_RATES]
    told = []
    if rates and len({level[key] for key in rates}) == 1:
        names = words.say("level.and").join(words.say(f"level.{key}") for key in rates)
        key = "level.rates" if len(rates) > 1 else "level.rate"
        told.append(words.say(key, names=names, value=level_value(rates[0], level[rates[0]])))
        level = {key: value for key, value in level.items() if key not in rates}
    if level:
        told.append(told_level(level, words))
    return words.say("place.joiner").join(told)


def held_level(curve: Curve, words: Catalogue) -> str:
    """Return where the grid's further axes are held while the first one moves; empty when there are none."""
    return told_level({key: axis.values[0] for axis in curve.scenario.grid[1:] for key in axis.keys}, words)


def level_axes(levels: Sequence[Mapping[str, float]]) -> list[tuple[str, ...]]:
    """Return the parameters of the levels, those that always move together as one.

    Examples
    --------
    >>> level_axes([{"wrong_exit": 0.0, "missed": 0.0, "icc": 0.0}, {"wrong_exit": 0.1, "missed": 0.1, "icc": 0.0}])
    [('wrong_exit', 'missed'), ('icc',)]
    """
    together: dict[object, list[str]] = {}
    for key in levels[0]:
        values = tuple(level[key] for level in levels)
        together.setdefault((values, "" if key in RATES else key), []).append(key)
    return [tuple(keys) for keys in together.values()]
