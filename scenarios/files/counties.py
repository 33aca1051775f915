"""The county that a scenario names: a file's, a shipped one, one of the synthetic nation's."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from importlib.resources import as_file, files
from pathlib import Path

from sampler.errors import refuse
from sampler.frame import with_marks
from sampler.synthetic_nation import nation_frame
from scenarios.files.documents import FrameDocument
from scenarios.files.tables import County, read_county

# Names as shown; each is a folder of `scenarios/data/counties`. All of them are synthetic.
COUNTIES = {
    "example": "云台县",
    "monitoring": "云台县（按监测对象分类）",
    "survey": "望川县",
    "lot": "一批接种区",
    "caseload": "一州一年的案件",
}


def county_names() -> tuple[str, ...]:
    """Return the names of the shipped counties, all of them synthetic."""
    return tuple(COUNTIES)


def county_of(stated: FrameDocument) -> County:
    """Return the county of a scenario's ``[frame]``.

    Raises
    ------
    InputError
        ``not_a_choice`` for a shipped county that is none; those of `read_county`.
    """
    county = _origin(stated)
    if not (stated.key_share or stated.hamlets):
        return county
    marked = with_marks(county.frame, key_share=float(stated.key_share), hamlets=stated.hamlets)
    return replace(county, frame=marked)


def _origin(stated: FrameDocument) -> County:
    if stated.file is not None:
        return read_county(Path(stated.file), name=stated.name)
    if stated.synthetic is not None:
        name = stated.name or f"虚构县 {stated.synthetic:03d}"
        return County(frame=nation_frame(stated.synthetic, name=name), truth=None, codes_listed=True)
    shipped = str(stated.county)
    if shipped not in county_names():
        close = get_close_matches(shipped, county_names(), n=1)
        allowed = ", ".join(county_names())
        raise refuse(
            "not_a_choice", key="frame.county", found=shipped, nearest=close[0] if close else "", allowed=allowed
        )
    with as_file(files("scenarios.data").joinpath("counties", shipped)) as folder:
        return read_county(folder, name=stated.name or COUNTIES[shipped], synthetic=True)
