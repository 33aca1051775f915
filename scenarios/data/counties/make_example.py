"""Write the example county, or check that the committed one is what this script writes.

Usage: ``python scenarios/data/counties/make_example.py [--check]``. The same bytes come out every time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sampler.synthetic import CountyTotals, synthetic_villages

EXAMPLE = Path(__file__).resolve().parent / "example"
KEY = [20190709, 0]  # the day the spot check reached its county

# Villages per township, rural persons and area follow a real county's; its other totals were not found, so
# the rest are assumptions (example/README.md says which). The names are invented.
TOTALS = CountyTotals(
    townships=(
        ("云岫镇", 20),
        ("霞溪镇", 29),
        ("杉坪镇", 13),
        ("鹤峡镇", 10),
        ("鹿溪镇", 17),
        ("枫岩镇", 39),
        ("桐峡镇", 49),
        ("梨川镇", 30),
        ("雁坪镇", 26),
        ("茶垭镇", 13),
        ("雾岭乡", 11),
    ),
    rural_persons=230_700,
    exited_persons=53_100,
    remaining_persons=900,
    remote_villages=61,
    poor_villages=64,
    persons_per_exited_household=2.9,
    persons_per_remaining_household=1.9,
    persons_per_unregistered_household=3.1,
    area_km2=3_225.0,
)


def example_csv() -> str:
    """Return the village table of the example county as CSV, with LF at the end of every line.

    Returns
    -------
    str
        A header and one line a village.

    Examples
    --------
    >>> example_csv().splitlines()[0].split(",")[:3]
    ['village_code', 'village', 'township']
    """
    columns = synthetic_villages(TOTALS, rng=np.random.Generator(np.random.Philox(key=KEY)))
    # One decimal is all a float column has, and Python's shortest form of it is the same on every machine.
    rows = zip(*(list(column) for column in columns.values()), strict=True)
    return "".join(",".join(map(str, row)) + "\n" for row in [tuple(columns), *rows])


def main(arguments: Sequence[str] | None = None, *, folder: Path = EXAMPLE) -> int:
    """Write ``villages.csv`` into a folder, or with ``--check`` compare it.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line, by default the process's own.
    folder : pathlib.Path, default ``EXAMPLE``
        Where the file lies.

    Returns
    -------
    int
        0, or 1 when the file checked is missing or differs.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file differs")
    check = parser.parse_args(arguments).check
    path, fresh = folder / "villages.csv", example_csv().encode()
    if not check:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fresh)
    elif not path.is_file() or path.read_bytes() != fresh:
        sys.stderr.write(f"{path} is not what {Path(__file__).name} writes\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
