"""Code + fields -> a sentence in a language. The language is an argument, never a global."""

from __future__ import annotations

import locale
import os
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

from sampler.errors import Mistake

LANGUAGES = ("zh", "en")
_PLACES = ("file", "sheet", "row", "column", "cell", "key", "stratum", "village")
_MOST_ALIKE = 5  # so many alike mistakes are told one by one; of more, so many places are named


@dataclass(frozen=True)
class Catalogue:
    """All words of one language.

    Parameters
    ----------
    language : {"zh", "en"}
        Which.
    words : mapping of str to str
        Text by dotted key; placeholders in braces.
    """

    language: str
    words: Mapping[str, str]

    def say(self, key: str, /, **fields: object) -> str:
        """Return a text with its placeholders filled.

        Raises
        ------
        KeyError
            If the catalogue lacks the key or the call a field: a fault of ours, found by the tests.

        Examples
        --------
        >>> catalogue("en").say("criterion.missed")
        'missed'
        """
        return self.words[key].format(**fields)

    def mistake(self, mistake: Mistake) -> str:
        """Return the one message of a mistake: where, what was found, what is allowed."""
        return self._line(self._places(mistake), self.sentence(mistake))

    def _places(self, mistake: Mistake) -> Mapping[str, Any]:
        """Return the fields that say where; a stratum or village that the sentence names itself is not said twice."""
        template = self.words.get(f"mistake.{mistake.code}", "")
        told = {name for _, name, _, _ in Formatter().parse(template) if name}
        where = {name: value for name, value in mistake.fields.items() if name not in told & {"stratum", "village"}}
        if "stratum" in where:
            where["stratum"] = self.stratum(str(where["stratum"]))
        return where

    def mistakes(self, mistakes: Sequence[Mistake]) -> list[str]:
        """Return the messages of mistakes, those of one kind in one column as one message where they are many.

        One habit of whoever filled in a table makes a mistake in every row. Messages stand in the order in which their
        first mistakes do.

        Parameters
        ----------
        mistakes : sequence of Mistake
            All that were found.

        Examples
        --------
        >>> places = [{"file": "a.csv", "column": "persons", "row": row, "cell": f"B{row}"} for row in range(2, 9)]
        >>> catalogue("en").mistakes([Mistake("negative", {"found": -1} | place) for place in places])
        ["a.csv, column 'persons': found -1; a count cannot be negative (7 times: B2, B3, B4, B5, B6, …)."]
        """
        alike: dict[object, list[int]] = {}
        for i, mistake in enumerate(mistakes):
            alike.setdefault(_kind(mistake) or i, []).append(i)
        told: dict[int, str] = {}
        for group in alike.values():
            if len(group) > _MOST_ALIKE:
                told[group[0]] = self._together([mistakes[i] for i in group])
            else:
                told |= {i: self.mistake(mistakes[i]) for i in group}
        return [told[i] for i in sorted(told)]

    def _together(self, alike: Sequence[Mistake]) -> str:
        """Return the one message of alike mistakes: that of the first without its row, and where they are."""
        first = self.sentence(alike[0])
        same = all(self.sentence(mistake) == first for mistake in alike)
        where = self.say("place.enumeration").join(self._spot(mistake.fields) for mistake in alike[:_MOST_ALIKE])
        key = "place.repeated" if same else "place.alike"
        text = self.say(key, text=first.rstrip("。."), count=len(alike), places=where)
        return self._line({**alike[0].fields, "row": None, "cell": None}, text)

    def sentence(self, mistake: Mistake) -> str:
        """Return what is wrong, without where."""
        fields: dict[str, Any] = {"nearest": "", "found": "", "allowed": "", **_cleaned(mistake.fields)}
        fields["allowed"] = self.words.get(f"allowed.{fields['allowed']}", fields["allowed"])
        if "stratum" in fields:
            fields["stratum"] = self.stratum(str(fields["stratum"]))
        if "argument" in fields:
            fields["argument"] = self.argument(str(fields["argument"]))
        text = self.say(f"mistake.{mistake.code}", **fields)
        if fields["nearest"]:
            text += self.say("mistake_nearest", nearest=fields["nearest"])
        return text

    def argument(self, text: str) -> str:
        """Return what stands for an argument in the usage of a command.

        Examples
        --------
        >>> catalogue("zh").argument("[SCENARIO|LIST]"), catalogue("en").argument("FILE")
        ('[情景|名单]', 'FILE')
        """
        return _ARGUMENT.sub(lambda found: self.words.get(f"argument.{found[0]}", found[0]), text)

    def stratum(self, name: str) -> str:
        """Return the name of a stratum as it is read: its parts translated where they are the plan's own words.

        Examples
        --------
        >>> catalogue("en").stratum("remote/certain")
        'remote, certain'
        """
        crossed = self.say("place.crossed")
        return self.say("place.merged").join(
            crossed.join(self.words.get(f"stratum.{part}", clean(part)) for part in label.split("/"))
            for label in name.split("|")
        )

    def _line(self, where: Mapping[str, Any], text: str) -> str:
        fields = _cleaned(where)
        known = [name for name in _PLACES if fields.get(name) not in (None, "")]
        if "cell" in known and not _has_cell(fields):
            known.remove("cell")
        place = self.say("place.joiner").join(self.say(f"place.{name}", value=fields[name]) for name in known)
        return self.say("mistake_line", place=place, text=text) if place else text

    def _spot(self, fields: Mapping[str, Any]) -> str:
        """Return the cell, or the row where the column stands nowhere in the file."""
        return str(fields["cell"]) if _has_cell(fields) else self.say("place.row", value=fields["row"])


_ARGUMENT = re.compile(r"\b[A-Z]{3,}\b")  # how arguments are written in the code


def _kind(mistake: Mistake) -> tuple[object, ...] | None:
    """Return what mistakes of one kind share; None for a mistake that is of no row and so of no kind.

    What was found and what it is held against differ from row to row where the habit is the same.
    """
    fields = mistake.fields
    return (mistake.code, *map(fields.get, ("file", "sheet", "column"))) if fields.get("row") else None


def _has_cell(fields: Mapping[str, Any]) -> bool:
    return str(fields.get("cell") or "")[:1].isalpha()


def _cleaned(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: clean(value) if isinstance(value, str) else value for name, value in fields.items()}


def clean(text: str) -> str:
    r"""Return text from a user's file without control characters, which could move a terminal's cursor.

    Examples
    --------
    >>> clean("红\x1b[2J溪")
    '红[2J溪'
    """
    return "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


@cache
def catalogue(language: str) -> Catalogue:
    """Return the catalogue of a language.

    Parameters
    ----------
    language : {"zh", "en"}
    """
    content = files("scenarios.data").joinpath("locale", f"{language}.toml").read_text(encoding="utf-8")
    return Catalogue(language, dict(_flatten(tomllib.loads(content))))


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        pairs += _flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [(prefix + key, value)]
    return pairs


def default_language() -> str:
    """Return the language of the user's environment: Chinese where the locale says so, else English."""
    names = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    stated = next((name for name in names if name), "") or (locale.getlocale()[0] or "")
    return "zh" if stated.lower().startswith(("zh", "chinese")) else "en"
