"""What a program says of the job: how fast it was, and numbers that show whether it was the same job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from estimators.policy import CRITERIA

RATES = ("wrong_exit", "missed", "approval")
JOBS = ("decided", "intervals")


@dataclass(frozen=True, kw_only=True)
class Result:
    """One program on the job.

    Parameters
    ----------
    name : str
        Of the program.
    versions : mapping of str to str
        Of what it is made of.
    speed, inspections : mapping of str to float and int
        Inspections a second, and inspections run, by job: ``decided`` or ``intervals``.
    failed : mapping of str to float
        Share of the decided inspections that fail each criterion.
    errors : mapping of str to float
        Mean standard error of each rate that got an interval.
    """

    name: str
    versions: Mapping[str, str]
    speed: Mapping[str, float]
    inspections: Mapping[str, int]
    failed: Mapping[str, float]
    errors: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Why there is no result: the program is absent, or it failed.

    Parameters
    ----------
    name : str
        Of the program.
    what : str
        ``"absent"`` or ``"failed"``.
    message : str
        What it said, or how to get it.
    """

    name: str
    what: str
    message: str


def parsed(name: str, text: str) -> Result:
    """Return the result of a program that printed lines of ``key,value``.

    Examples
    --------
    >>> lines = ["version.R,4.2.2"]
    >>> lines += [f"{what}.{job},100" for what in ("speed", "inspections") for job in JOBS]
    >>> lines += [f"failed.{name},0.5" for name in CRITERIA] + [f"error.{name},0.01" for name in RATES]
    >>> result = parsed("R", chr(10).join(lines))
    >>> result.versions, result.speed["decided"], result.failed["incidence"]
    ({'R': '4.2.2'}, 100.0, 0.5)
    """
    found = dict(line.split(",", 1) for line in text.splitlines() if "," in line)
    return Result(
        name=name,
        versions={key.removeprefix("version."): text for key, text in found.items() if key.startswith("version.")},
        speed={job: float(found[f"speed.{job}"]) for job in JOBS},
        inspections={job: int(found[f"inspections.{job}"]) for job in JOBS},
        failed={criterion: float(found[f"failed.{criterion}"]) for criterion in CRITERIA},
        errors={rate: float(found[f"error.{rate}"]) for rate in RATES},
    )
