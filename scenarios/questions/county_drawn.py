"""The chance that the county itself is drawn for the national spot check, every province being covered."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from estimators.policy import Source
from sampler.errors import refuse


@dataclass(frozen=True, kw_only=True)
class CountyDraw:
    """How counties were drawn.

    Parameters
    ----------
    drawn, counties, provinces : int
        So many counties drawn of all, in so many provinces, each of which is covered.
    sources : mapping of str to Source
        By field, and ``procedure``: how the draw covers every province, which is assumed.
    """

    drawn: int
    counties: int
    provinces: int
    sources: dict[str, Source]


def chance_county_drawn(draw: CountyDraw, own: int) -> Fraction:
    """Return the chance that one county is drawn.

    One county of each province is drawn first, at random; the others are drawn at random from all that are left:
    1 / n + (1 - 1 / n) (d - P) / (N - P) for a province of n counties.

    Parameters
    ----------
    draw : CountyDraw
        d of N counties in P provinces.
    own : int
        n, the counties of the county's own province that left the list in the same year.

    Raises
    ------
    InputError
        ``outside_domain``.

    Examples
    --------
    >>> national = CountyDraw(drawn=60, counties=283, provinces=22, sources={})
    >>> [round(float(chance_county_drawn(national, n)), 3) for n in (1, 5, 13, 30)]
    [1.0, 0.316, 0.211, 0.174]
    """
    most = draw.counties - draw.provinces + 1
    if not 1 <= own <= most:
        raise refuse("outside_domain", key="--province-counties", found=own, allowed=f"1 <= x <= {most}")
    first = Fraction(1, own)
    return first + (1 - first) * Fraction(draw.drawn - draw.provinces, draw.counties - draw.provinces)
