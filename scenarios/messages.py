"""Code + fields -> a sentence in a language. The language is an argument, never a global."""

from __future__ import annotations

import locale
import os
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sampler.errors import Mistake

LANGUAGES = ("zh", "en")


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
        told = {name: clean(value) if isinstance(value, str) else value for name, value in mistake.fields.items()}
        fields: dict[str, Any] = {"nearest": "", "found": "", "allowed": "", **told}
        fields["allowed"] = self.words.get(f"allowed.{fields['allowed']}", fields["allowed"])
        if "stratum" in fields:
            fields["stratum"] = self.words.get(f"stratum.{fields['stratum']}", fields["stratum"])
        text = self.say(f"mistake.{mistake.code}", **fields)
        if fields["nearest"]:
            text += self.say("mistake_nearest", nearest=fields["nearest"])
        return self.say("mistake_line", place=self._place(fields), text=text) if self._place(fields) else text

    def _place(self, fields: Mapping[str, Any]) -> str:
        known = [
            name for name in ("file", "sheet", "row", "column", "cell", "key") if fields.get(name) not in (None, "")
        ]
        if "cell" in known and not str(fields["cell"])[0].isalpha():
            known.remove("cell")
        return self.say("place.joiner").join(self.say(f"place.{name}", value=fields[name]) for name in known)


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
