"""Who carries the risk, as figures: the townships on a map, and those that carry most of it as bars."""

from __future__ import annotations

from itertools import pairwise

from scenarios.figures.bars import Bar, bars
from scenarios.figures.risk_map import class_limits, risk_map
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
    if _nothing_apart(found):
        return None
    words = drawn_language(words)
    whole = sum(each.drop[criterion] for each in found.strata) if found.populations else 1.0
    shown = [
        Bar(
            name=clean(part.name),
            told=_told(found, part, criterion, words),
            value=share(found, part, criterion),
            error=part.error[criterion] / whole,
        )
        for part in parts
    ]
    texts = _texts(found, "townships", words)
    told = words.say("place.enumeration").join(f"{bar.name} {bar.told}" for bar in shown)
    return picture(bars(shown, words=texts), f"{texts['title']}\n{texts['subtitle']}\n{told}")


def risk_map_picture(found: Attribution, words: Catalogue) -> Picture | None:
    """Return the county's townships, the darker the more of the risk of the foremost criterion they carry.

    None where there is nothing to tell apart, and where the list has no coordinates.

    Parameters
    ----------
    found : Attribution
        Who carries the risk.
    words : Catalogue
        The language; English where no font has Chinese glyphs.
    """
    frame = found.scenario.frame
    if frame.location_km is None or _nothing_apart(found):
        return None
    words, criterion = drawn_language(words), foremost(found)
    carried = {clean(part.name): share(found, part, criterion) for part in found.townships}
    told = {clean(part.name): _told(found, part, criterion, words) for part in found.townships}
    limits = [f"{limit * 100:g}" for limit in class_limits(list(carried.values()))]
    texts = _texts(found, "risk_map", words)
    texts |= {key: words.say(f"map.{key}") for key in ("ordinary", "remote")}
    drawn = risk_map(
        townships=[clean(name) for name in frame.townships],
        remote=frame.remote,
        carried=carried,
        told=told,
        location_km=frame.location_km,
        classes=[words.say(f"figure.class_{_kind(found)}", low=low, high=high) for low, high in pairwise(limits)],
        words=texts,
    )
    listed = words.say("place.enumeration").join(
        f"{name} {told[name]}" for name in sorted(carried, key=lambda name: -carried[name])
    )
    return picture(drawn, f"{texts['title']}\n{texts['subtitle']}\n{listed}")


def _nothing_apart(found: Attribution) -> bool:
    """Tell whether there is one township, or none that carries anything."""
    criterion = foremost(found)
    return len(found.townships) < 2 or max(share(found, part, criterion) for part in found.townships) <= 0


def _kind(found: Attribution) -> str:
    return "averaged" if found.populations else "one"


def _told(found: Attribution, part: Carried, criterion: str, words: Catalogue) -> str:
    """Return a part's share with as many digits as the table has."""
    digits = 0 if found.populations else 1
    return words.say(f"figure.bar_{_kind(found)}", share=f"{share(found, part, criterion) * 100:z.{digits}f}")


def _texts(found: Attribution, figure: str, words: Catalogue) -> dict[str, str]:
    level = told_level(found.level, words) or words.say("compare.given")
    return {
        "title": words.say(f"figure.{figure}_title", criterion=words.say(f"criterion.{foremost(found)}")),
        "subtitle": words.say("figure.townships_subtitle", name=clean(found.scenario.frame.name), level=level),
        "note": words.say(f"figure.{figure}_note_{_kind(found)}"),
    }
