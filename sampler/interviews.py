"""Who is asked to the meetings and interviews (座谈访谈): villages at random, then cadres by their numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sampler.channels import Interviews
from sampler.frame import Frame, Ints
from sampler.recheck import Stream
from sampler.streams import Purpose, Words, stream_starts, word
from sampler.visits import shuffled


@dataclass(frozen=True, kw_only=True, eq=False)
class Meetings:
    """One draw for the meetings.

    Parameters
    ----------
    villages : ndarray of int64, shape (n,)
        Villages where they are held, ascending.
    townships : tuple of str
        Their townships, each once.
    village_cadres : tuple of tuple of int
        Numbers of the cadres drawn in each of the villages, from 1.
    township_cadres : tuple of tuple of int
        The same in each of the townships.
    county_cadres : tuple of int
        The same in the county.
    """

    villages: Ints
    townships: tuple[str, ...]
    village_cadres: tuple[tuple[int, ...], ...]
    township_cadres: tuple[tuple[int, ...], ...]
    county_cadres: tuple[int, ...]


def draw_meetings(frame: Frame, interviews: Interviews, *, seed: int, replicate: int = 0) -> Meetings:
    """Draw villages and cadres by simple random sampling.

    Parameters
    ----------
    frame : Frame
        The county.
    interviews : Interviews
        How many.
    seed : int
        The scenario's seed.
    replicate : int
        Number of the inspection, from 0.

    Examples
    --------
    >>> from sampler.channels import Cadres
    >>> from sampler.frame import frame_from_counts
    >>> frame = frame_from_counts(name="x", codes="abc", villages="ABC", townships="TTU", remote=[False] * 3,
    ...     group_households=np.ones((3, 3), int), group_persons=np.ones((3, 3), int))
    >>> wanted = Interviews(villages=2, village_cadres=Cadres(drawn=1, of=4), county_cadres=Cadres(drawn=3, of=3))
    >>> found = draw_meetings(frame, wanted, seed=1)
    >>> len(found.villages), [len(numbers) for numbers in found.village_cadres], found.county_cadres
    (2, [1, 1], (1, 2, 3))
    """
    starts = word(stream_starts(seed, Purpose.RECHECK, np.array([replicate])), Stream.INTERVIEWS)
    size = len(frame.codes)
    villages = np.sort(shuffled(size, 0, interviews.villages, word(starts, 0), size)[0])
    names = tuple(dict.fromkeys(frame.townships[i] for i in villages))
    numbered = {name: i for i, name in enumerate(dict.fromkeys(frame.townships))}

    def drawn(level: str, first: int, places: list[int]) -> tuple[tuple[int, ...], ...]:
        """Return the numbers drawn in each place, whose stream stands at a word of its own."""
        cadres = dict(interviews.levels()).get(level)
        if cadres is None:
            return tuple(() for _ in places)
        return tuple(_numbers(cadres.drawn, cadres.of, word(starts, first + place)) for place in places)

    return Meetings(
        villages=villages,
        townships=names,
        village_cadres=drawn("village", 2, villages.tolist()),
        township_cadres=drawn("township", 2 + size, [numbered[name] for name in names]),
        county_cadres=drawn("county", 1, [0])[0],
    )


def _numbers(drawn: int, of: int, starts: Words) -> tuple[int, ...]:
    return tuple(sorted((1 + shuffled(of, 0, drawn, starts, of)[0]).tolist()))
