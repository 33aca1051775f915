"""The samples of estimation_speed.py estimated with svy; run by a python that has it, which need not have this project.

    python svy_estimates.py FOLDER

Only the estimation is timed, the sample object included: it is made anew of every sample. Prints the version, the
samples a second, and the standard error of each rate of each sample.
"""

from __future__ import annotations

import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path

import polars as pl
import svy

_DESIGN = svy.Design(stratum="stratum", psu="village", wgt="weight")
_FOUND, _ASKED = ["exit_wrong", "missed_wrong", "approves"], ["exit_asked", "missed_asked", "household"]


def estimated(data: pl.DataFrame) -> list[float]:
    """Return the standard errors; three ratios in one call share what svy makes of the design."""
    rates = [rate.estimates[0] for rate in svy.Sample(data, _DESIGN).estimation.ratio(_FOUND, _ASKED)]
    if not all(one.lci <= one.est <= one.uci for one in rates):
        raise ValueError(rates)
    return [one.se for one in rates]


def main() -> None:
    """Estimate every sample five times and print what came of it."""
    rows = pl.read_csv(Path(sys.argv[1]) / "samples.csv").with_columns(pl.col(_FOUND + _ASKED).cast(pl.Float64))
    samples = rows.partition_by("sample", maintain_order=True)
    estimated(samples[0])
    speeds, errors = [], [[0.0]]
    for _ in range(5):
        begun = time.perf_counter()
        errors = [estimated(data) for data in samples]
        speeds.append(len(samples) / (time.perf_counter() - begun))
    print(f"version,{version('svy')}\nspeed,{statistics.median(speeds)}")
    for row in errors:
        print("errors," + ",".join(map(repr, row)))


main()
