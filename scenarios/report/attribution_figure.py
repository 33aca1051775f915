"""Who carries the risk, as a figure: the townships that carry most of it."""

from __future__ import annotations

from scenarios.figures.bars import Bar, bars
from scenarios.messages import Catalogue, clean
from scenarios.questions.attribution import Attribution, Carried
from scenarios.report.document import Picture
from scenarios.report.level_words import told_level
from scenarios.report.pictures import drawn_language, picture

_MOST = 20  # bars that fit a page


def foremost(found: Attribution) -> str:
    """Return the criterion most likely to fail, of those that are attributed."""
    return max(found.chance, key=lambda name: found.chance[name])


def share(found: Attribution, part: Carried, criterion: str) -> float:
    """Return a part's share of what all villages carry, or of one population, what putting it right takes off."""
    if not found.populations:
        return part.drop[criterion]
    whole = sum(each.drop[criterion] for each in found.strata)
    return part.drop[criterion] / whole if whole > 0 else 0.0


def township_picture(found: Attribution, words: Catalogue) -> Picture | None:
    """Return the townships with most of the risk of the foremost criterion; None where there is nothing to tell apart.

    Parameters
    ----------
    found : Attribution
        Who carries the risk.
    words : Catalogue
        The language; English where no font has Chinese glyphs.
    """
    criterion = foremost(found)
    parts = sorted(found.townships, key=lambda part: -share(found, part, criterion))[:_MOST]
    if len(parts) < 2 or share(found, parts[0], criterion) <= 0:
        return None
    words = drawn_language(words)
    named = words.say(f"criterion.{criterion}")
    kind, digits = ("averaged", 0) if found.populations else ("one", 1)  # digits as the table has them
    whole = sum(each.drop[criterion] for each in found.strata) if found.populations else 1.0
    shown = [
        Bar(
            name=clean(part.name),
            told=words.say(f"figure.bar_{kind}", share=f"{share(found, part, criterion) * 100:.{digits}f}"),
            value=share(found, part, criterion),
            error=part.error[criterion] / whole,
        )
        for part in parts
    ]
    level = told_level(found.level, words) or words.say("compare.given")
    texts = {
        "title": words.say("figure.townships_title", criterion=named),
        "subtitle": words.say("figure.townships_subtitle", name=clean(found.scenario.frame.name), level=level),
        "note": words.say(f"figure.townships_note_{kind}"),
    }
    told = words.say("place.enumeration").join(f"{bar.name} {bar.told}" for bar in shown)
    return picture(bars(shown, words=texts), f"{texts['title']}\n{texts['subtitle']}\n{told}")
