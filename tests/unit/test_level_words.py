"""Error levels in words: what stands together and what must not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scenarios.messages import LANGUAGES, catalogue
from scenarios.report.level_words import level_names, told_level


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_coefficient_that_equals_a_rate_stands_by_itself(language: str) -> None:
    words = catalogue(language)
    level = dict.fromkeys(("wrong_exit", "missed", "icc", "shared"), Decimal("0.02"))
    rates, icc, shared = told_level(level, words).split(words.say("place.joiner"))
    assert rates == f"{level_names(('wrong_exit', 'missed'), words)} 2%"
    assert icc == f"{words.say('level.icc')} 0.02"
    assert shared == f"{words.say('level.shared')} 0.02"


def test_rates_that_differ_stand_apart() -> None:
    level = {"wrong_exit": Decimal("0.01"), "missed": Decimal("0.02")}
    assert told_level(level, catalogue("en")) == "wrong exit 1%, missed 2%"
