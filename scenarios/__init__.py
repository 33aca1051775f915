"""Questions, answers and every shell; the only layer that touches files, screens, languages and the network.

>>> from scenarios import load, run
>>> answer = run(load("example"))
>>> list(answer.to_frame().columns)[:3]
['wrong_exit_level', 'missed_level', 'any']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.questions.curve import Curve
    from scenarios.scenario import Scenario

__all__ = ["load", "run"]


def load(argument: str | None = None, *, seed: int | None = None) -> Scenario:
    """Return the scenario of a file, a village list or a shipped name; the example county by default.

    Parameters
    ----------
    argument : str, optional
        As `choucha risk` takes it.
    seed : int, optional
        Replaces the scenario's.

    Raises
    ------
    InputError
        With every mistake found in the input.
    """
    # Imported here so that the command line's help loads no numpy.
    from scenarios.files.scenario_file import load_scenario  # noqa: PLC0415

    return load_scenario(argument, seed=seed).scenario


def run(scenario: Scenario, *, engine: str = "auto") -> Curve:
    """Return the chance of failing over the scenario's error levels.

    Parameters
    ----------
    scenario : Scenario
        With its grid.
    engine : str, default "auto"
        Which engine to ask.
    """
    from scenarios.questions.curve import curve  # noqa: PLC0415

    return curve(scenario, engine=engine)
