"""`make bench`: every table, with the machine."""

from __future__ import annotations

import sys

from benchmarks import (
    command_speed,
    design_speed,
    estimation_speed,
    exact_speed,
    planning_speed,
    scale_speed,
    simulation_speed,
)
from benchmarks.timing import machine


def main() -> None:
    """Print every table as it is made."""
    print(machine())
    rooms = (exact_speed, scale_speed, simulation_speed, estimation_speed, design_speed, planning_speed, command_speed)
    for room in rooms:
        for line in room.report():
            print(line)
            sys.stdout.flush()


main()
