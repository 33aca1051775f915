"""Makes data/interval_samples.json: exited households of fixed inspections of the example county, with few errors.

    PYTHONPATH=. .venv/bin/python tests/reference/make_interval_samples.py

The rows are simulated. They are kept in a file, so that R and the estimates see the same ones whatever becomes of the
simulation.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np

from sampler.draws import draw, observe
from sampler.frame import EXITED
from scenarios import load
from scenarios.scenario import populations

FOLDER = Path(__file__).parent / "data"
COLUMNS = ("stratum", "village", "persons", "wrong_persons", "stratum_villages", "block_households")
# Name, true rate, and the number of wrong households wanted in the sample: the first inspection that has it is taken.
WANTED = (("none", "0.004", 0), ("two", "0.004", 2), ("nine", "0.015", 9))
LOOKED_AT = 300


def sample(level: str, wrong: int) -> dict[str, object]:
    """Return the rows of the first inspection in which so many exited households are wrong."""
    scenario = load("example").at({"wrong_exit": Decimal(level), "missed": Decimal(level)})
    (population,) = populations([scenario])
    drawn = draw(scenario.frame, scenario.plan, seed=scenario.seed, replicates=np.arange(LOOKED_AT))
    seen = observe(drawn, scenario.frame, population.wrong_persons, population.approves)
    found = np.bincount(seen.replicate, (seen.block == EXITED) & (seen.wrong_persons > 0), minlength=LOOKED_AT)
    number = int(np.argmax(found == wrong))
    rows = np.flatnonzero((seen.replicate == number) & (seen.block == EXITED))
    slot = seen.slot[rows]
    columns = (
        seen.stratum[slot].tolist(),
        slot.tolist(),
        seen.persons[rows].tolist(),
        seen.wrong_persons[rows].tolist(),
        seen.stratum_sizes[seen.stratum[slot]].tolist(),
        seen.block_sizes[number, slot, EXITED].tolist(),
    )
    return {"inspection": number, "seed": scenario.seed, "rows": list(zip(*columns, strict=True))}


def main() -> None:
    """Write the file."""
    about = "Exited households of inspections of the example county, made by make_interval_samples.py."
    samples = {
        name: {"level": level, "wrong_households": wrong, **sample(level, wrong)} for name, level, wrong in WANTED
    }
    text = json.dumps({"about": about, "columns": COLUMNS, "samples": samples})
    (FOLDER / "interval_samples.json").write_text(
        text.replace("]], ", "]],\n").replace("], [", "],\n[") + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
