"""One inspection as a map: its words, its alternative text, its file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sampler.errors import refuse
from scenarios.figures.fonts import cjk_font
from scenarios.figures.inspection_map import inspection_map
from scenarios.figures.save import save_figure
from scenarios.figures.surface import Drawing
from scenarios.messages import Catalogue, clean
from scenarios.questions.inspection import Inspection
from scenarios.report.document import Picture
from scenarios.report.inspection_text import assumed_text, found_by_village, verdict_sentence
from scenarios.report.pictures import SUFFIXES, drawn_language, picture


def require_suffix(path: Path) -> None:
    """Refuse, before anything is computed, what cannot be drawn.

    Raises
    ------
    InputError
        ``figure_suffix``, ``font_unreadable``.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise refuse("figure_suffix", file=path.name, found=path.suffix, allowed=", ".join(SUFFIXES))
    cjk_font()  # refuses a font of the user's that cannot be used


def save_inspection_figure(inspection: Inspection, words: Catalogue, path: Path) -> None:
    """Draw an inspection and write it.

    Parameters
    ----------
    inspection : Inspection
        What happened.
    words : Catalogue
        The language; English where no font has Chinese glyphs.
    path : Path
        With suffix .png or .svg.

    Raises
    ------
    InputError
        ``figure_suffix`` or ``cannot_write``.
    """
    words = drawn_language(words)
    save_figure(_map(inspection, words, "found"), path, alternative_text=_alternative(inspection, words))


Seen = Literal["county", "drawn", "found"]


def inspection_picture(inspection: Inspection, words: Catalogue, *, seen: Seen = "found") -> Picture:
    """Return the map of an inspection as far as it has come.

    Parameters
    ----------
    inspection : Inspection
        What happened.
    words : Catalogue
        The language; English where no font has Chinese glyphs.
    seen : {"county", "drawn", "found"}
        The county alone, the villages drawn too, or also what was found in them.
    """
    words = drawn_language(words)
    if seen == "found":
        return picture(_map(inspection, words, seen), _alternative(inspection, words))
    told = _words(inspection, words, seen)
    drawn = inspection.draws.villages[0].tolist() if seen == "drawn" else []
    frame = inspection.scenario.frame
    names = words.say("place.enumeration").join(
        f"{number} {clean(frame.townships[village])}{clean(frame.villages[village])}"
        for number, village in enumerate(drawn, start=1)
    )
    return picture(_map(inspection, words, seen), "\n".join(filter(None, [told["title"], told["subtitle"], names])))


def _map(inspection: Inspection, words: Catalogue, seen: Seen) -> Drawing:
    frame, drawn = inspection.scenario.frame, inspection.draws.villages[0]
    found = found_by_village(inspection.assessment.tally)
    wrong = found["wrong_exit"] + found["missed"]
    return inspection_map(
        townships=[clean(name) for name in frame.townships],
        remote=frame.remote,
        drawn=[] if seen == "county" else drawn.tolist(),
        found=[] if seen == "county" else (wrong * (seen == "found")).tolist(),
        location_km=frame.location_km,
        words=_words(inspection, words, seen),
    )


def _words(inspection: Inspection, words: Catalogue, seen: Seen) -> dict[str, str]:
    frame = inspection.scenario.frame
    synthetic = words.say("risk.synthetic") if frame.synthetic else ""
    return {
        "title": words.say(f"map.title_{_outcome(inspection) if seen == 'found' else seen}"),
        "subtitle": words.say(
            "map.subtitle",
            name=clean(frame.name),
            drawn=inspection.draws.villages.shape[1],
            villages=len(frame.codes),
            number=inspection.number,
            seed=inspection.scenario.seed,
        ),
        "note": words.say(
            "map.note",
            verdict=verdict_sentence(inspection.assessment, words) if seen == "found" else "",
            assumed=assumed_text(inspection, words),
            shading=words.say("map.no_coordinates" if frame.location_km is None else "map.shading"),
            synthetic=synthetic,
        ).strip(),
        "ordinary": words.say("map.ordinary"),
        "remote": words.say("map.remote"),
        "drawn": words.say("map.drawn" if seen == "found" else "map.drawn_only"),
        "drawn_with_finding": words.say("map.drawn_with_finding"),
    }


def _outcome(inspection: Inspection) -> str:
    if inspection.assessment.verdict.any[0]:
        return "fails"
    return "open" if inspection.assessment.unsettled else "passes"


def _alternative(inspection: Inspection, words: Catalogue) -> str:
    frame = inspection.scenario.frame
    found = found_by_village(inspection.assessment.tally)
    wrong = found["wrong_exit"] + found["missed"]
    listed = words.say("risk.list_joiner").join(
        words.say(
            "map.alternative_village",
            number=i + 1,
            township=clean(frame.townships[village]),
            village=clean(frame.villages[village]),
            wrong=int(wrong[i]),
        )
        for i, village in enumerate(inspection.draws.villages[0])
    )
    title = words.say("map.alternative", name=clean(frame.name), number=inspection.number)
    return f"{title}\n{verdict_sentence(inspection.assessment, words)}\n{listed}"
