"""Write the small synthetic counties of the shipped scenarios, or check that the committed ones are what this writes.

Usage: ``python scenarios/data/counties/make_others.py [--check]``. The same bytes come out every time. The example
county has a script of its own. Everything here is invented; each county's README says what it stands for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampler.synthetic import synthetic_villages
from scenarios.data.counties.make_example import TOTALS

HERE = Path(__file__).resolve().parent
Ints = NDArray[np.int64]
Columns = Mapping[str, Sequence[object] | NDArray[Any]]

COUNTS = tuple(
    f"{group}_{unit}" for group in ("exited", "remaining", "unregistered") for unit in ("households", "persons")
)


def monitoring() -> Columns:
    """Return a county whose groups are those of the monitoring against a return to poverty.

    2% of its rural persons are monitored, two thirds of them marked free of risk: assumptions, no number was found.
    """
    totals = replace(
        TOTALS,
        exited_persons=3_080,
        remaining_persons=1_540,
        persons_per_exited_household=2.5,
        persons_per_remaining_household=2.2,
        persons_per_unregistered_household=3.0,
    )
    return synthetic_villages(totals, rng=np.random.Generator(np.random.Philox(key=[20220110, 0])))


def survey() -> Columns:
    """Return a county for a satisfaction survey: 60 villages in 6 towns, registered with and without labour 5 to 2."""
    rng = np.random.Generator(np.random.Philox(key=[20180601, 0]))
    towns = ("望川镇", "竹溪镇", "兰坪镇", "松岭镇", "梅湾镇", "荷塘镇")
    with_labour = rng.integers(20, 61, size=60)
    without = np.maximum(2, np.round(with_labour * 0.4).astype(np.int64))
    others = rng.integers(100, 301, size=60)
    households = {"exited": with_labour, "remaining": without, "unregistered": others}
    persons = {"exited": 3.4, "remaining": 1.8, "unregistered": 3.6}
    return _table(
        codes=[f"S{i + 1:02d}" for i in range(60)],
        villages=[f"第 {i % 10 + 1} 村" for i in range(60)],
        townships=[towns[i // 10] for i in range(60)],
        counts={
            f"{group}_{unit}": number if unit == "households" else np.round(number * persons[group]).astype(np.int64)
            for group, number in households.items()
            for unit in ("households", "persons")
        },
    )


def lot() -> Columns:
    """Return a lot of lot quality assurance sampling: 40 clusters of 500 persons, each a household of its own."""
    return _table(
        codes=[f"C{i + 1:02d}" for i in range(40)],
        villages=[f"群 {i + 1}" for i in range(40)],
        townships=[f"片区 {i // 8 + 1}" for i in range(40)],
        counts={"unregistered_households": [500] * 40, "unregistered_persons": [500] * 40},
    )


def caseload() -> Columns:
    """Return a state's cases of food assistance by month: 12 months of 5,000 cases, each a household of one."""
    return _table(
        codes=[f"M{i + 1:02d}" for i in range(12)],
        villages=[f"{i + 1} 月" for i in range(12)],
        townships=["全年"] * 12,
        counts={"exited_households": [5_000] * 12, "exited_persons": [5_000] * 12},
    )


COUNTIES: Mapping[str, Callable[[], Columns]] = {
    "monitoring": monitoring,
    "survey": survey,
    "lot": lot,
    "caseload": caseload,
}


def _table(
    *,
    codes: Sequence[str],
    villages: Sequence[str],
    townships: Sequence[str],
    counts: Mapping[str, Sequence[int] | Ints],
) -> Columns:
    """Return the columns of a village list; counts that are left out are 0, no village is remote or poor."""
    nobody = [0] * len(codes)
    return {
        "village_code": codes,
        "village": villages,
        "township": townships,
        "remote": nobody,
        "poor_village": nobody,
        **{name: counts.get(name, nobody) for name in COUNTS},
    }


def county_csv(columns: Columns) -> str:
    """Return a village table as CSV, with LF at the end of every line."""
    rows = zip(*(list(column) for column in columns.values()), strict=True)
    return "".join(",".join(map(str, row)) + "\n" for row in [tuple(columns), *rows])


def main(arguments: Sequence[str] | None = None, *, folder: Path = HERE) -> int:
    """Write ``villages.csv`` of each county, or with ``--check`` compare them.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line, by default the process's own.
    folder : pathlib.Path, default this script's
        Where the counties' folders lie.

    Returns
    -------
    int
        0, or 1 when a file checked is missing or differs.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    check, status = parser.parse_args(arguments).check, 0
    for name, make in COUNTIES.items():
        path, fresh = folder / name / "villages.csv", county_csv(make()).encode()
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(fresh)
        elif not path.is_file() or path.read_bytes() != fresh:
            sys.stderr.write(f"{path} is not what {Path(__file__).name} writes\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
