"""The inspections of peers/job.py in svy; run by a python that has it, which need not have this project.

    python svy_inspections.py FOLDER documented|fast DECIDED INTERVALS

`documented` chains the stages as svy's guide does (`srs`, `add_stage`, `srs`); `fast` draws the villages of many
inspections in one call and makes no weights for the chain. Prints lines of key,value.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
import svy

_PARTS = 5
_FOUND, _ASKED = ["exit_wrong", "missed_wrong", "approves"], ["exit_asked", "missed_asked", "household"]
_SEEDS = np.random.default_rng(1)


@dataclass(frozen=True)
class County:
    """What is read, and how many households each block (one group of one village) gives."""

    households: pl.DataFrame
    villages: pl.DataFrame
    number: dict[str, float]
    drawn: dict[str, int]
    take: dict[str, int]
    persons: dict[str, int]


def county(folder: Path) -> County:
    """Read the job."""
    number = dict(pl.read_csv(folder / "plan.csv").iter_rows())
    counts = {"exit": "exited", "missed": "unregistered"}
    households = pl.read_csv(folder / "households.csv").with_columns(
        pl.concat_str(["village", "group"], separator=" ").alias("block"),
        pl.col("approves").cast(pl.Float64),
        pl.lit(1.0).alias("household"),
        *(
            (pl.col("wrong_persons") * (pl.col("group") == g)).cast(float).alias(f"{c}_wrong")
            for c, g in counts.items()
        ),
        *((pl.col("persons") * (pl.col("group") == g)).cast(float).alias(f"{c}_asked") for c, g in counts.items()),
    )
    blocks = households.group_by("block", "group", maintain_order=True).len()
    return County(
        households=households,
        villages=households.select("village", "stratum").unique(maintain_order=True),
        number=number,
        drawn={key.removeprefix("drawn."): int(n) for key, n in number.items() if key.startswith("drawn.")},
        take={block: min(int(number[f"take.{group}"]), size) for block, group, size in blocks.iter_rows()},
        persons=dict(households.group_by("group").agg(pl.col("persons").sum()).iter_rows()),
    )


def documented(county: County) -> Iterator[pl.DataFrame]:
    """Yield the visited households of inspections."""
    design = svy.Design(stratum="stratum", psu="village")
    listing = county.households.drop("stratum")
    while True:
        chosen = svy.Sample(county.villages, design).sampling.srs(county.drawn, rstate=_SEEDS)
        listed = listing.filter(pl.col("village").is_in(chosen.data["village"].implode()))
        takes = {block: county.take[block] for block in listed["block"].unique()}
        yield chosen.sampling.add_stage(next_stage=listed).sampling.srs(takes, by="block", rstate=_SEEDS).data


def fast(county: County) -> Iterator[pl.DataFrame]:
    """Yield the same with less ceremony."""
    frame = svy.Sample(county.villages, svy.Design(stratum="stratum"))
    design = svy.Design(stratum="block")
    while True:
        for chosen in frame.sampling.srs(county.drawn, rstate=_SEEDS, n_draws=50):
            listed = county.households.filter(pl.col("village").is_in(chosen.data["village"].implode()))
            takes = {block: county.take[block] for block in listed["block"].unique()}
            yield svy.Sample(listed, design).sampling.srs(takes, rstate=_SEEDS).data


def decided(county: County, visited: pl.DataFrame) -> dict[str, float]:
    """Return which criteria fail."""
    sums = visited.select(_FOUND + _ASKED).sum().row(0, named=True)
    wrong_exit, missed, approval = (sums[d] / sums[s] for d, s in zip(_FOUND, _ASKED, strict=True))
    persons, limit = county.persons, county.number
    found = persons["remaining"] + wrong_exit * persons["exited"] + missed * persons["unregistered"]
    return {
        "wrong_exit": wrong_exit > limit["limit.wrong_exit"],
        "missed": missed > limit["limit.missed"],
        "incidence": found / sum(persons.values()) > limit["limit.incidence"],
        "approval": approval < limit["limit.approval"],
    }


def intervals(visited: pl.DataFrame) -> dict[str, float]:
    """Return the standard error behind each interval; weights of 1 make the raw rates."""
    data = visited.select("stratum", "village", *_FOUND, *_ASKED)
    # The columns of ones are the weight too. Three ratios in one call share what svy makes of the design.
    design = svy.Design(stratum="stratum", psu="village", wgt="household")
    rates = svy.Sample(data, design).estimation.ratio(_FOUND, _ASKED)
    estimates = [rate.estimates[0] for rate in rates]
    if not all(one.lci <= one.est <= one.uci for one in estimates):
        raise ValueError(estimates)
    return dict(zip(("wrong_exit", "missed", "approval"), (one.se for one in estimates), strict=True))


def timed(inspect: Callable[[], dict[str, float]], times: int) -> tuple[float, int, dict[str, float]]:
    """Return the median speed of five parts after one inspection to warm up, the inspections and their means."""
    inspect()
    part, speeds, rows = max(1, times // _PARTS), [], []
    for _ in range(_PARTS):
        begun = time.perf_counter()
        rows += [inspect() for _ in range(part)]
        speeds.append(part / (time.perf_counter() - begun))
    return statistics.median(speeds), len(rows), {key: statistics.fmean(row[key] for row in rows) for key in rows[0]}


def main() -> None:
    """Run both jobs and print what came of them."""
    folder, idiom, *times = sys.argv[1:]
    here = county(Path(folder))
    visits = {"documented": documented, "fast": fast}[idiom](here)
    found = {
        "decided": timed(lambda: decided(here, next(visits)), int(times[0])),
        "intervals": timed(lambda: intervals(next(visits)), int(times[1])),
    }
    print(
        f"version.svy,{version('svy')}\nversion.polars,{version('polars')}\nversion.Python,{platform.python_version()}"
    )
    for job, what in (("decided", "failed"), ("intervals", "error")):
        speed, inspections, means = found[job]
        print(f"speed.{job},{speed}\ninspections.{job},{inspections}")
        for name, mean in means.items():
            print(f"{what}.{name},{mean}")


main()
