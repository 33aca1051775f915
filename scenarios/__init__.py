"""Questions, answers and every shell; the only layer that touches files, screens, languages and the network.

>>> from scenarios import load, run
>>> answer = run(load("example"))
>>> list(answer.to_frame().columns)[:3]
['wrong_exit_level', 'missed_level', 'any']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from sampler.frame import Frame
    from scenarios.planning.tuning import Tuning
    from scenarios.questions.attribution import Attribution
    from scenarios.questions.curve import Curve
    from scenarios.questions.inspection import Inspection
    from scenarios.report.document import Picture
    from scenarios.report.notebook import Told
    from scenarios.scenario import Scenario

__all__ = ["figure", "load", "run", "tell", "tune"]


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


def tune(scenario: Scenario, *, good: Decimal, bad: Decimal) -> Tuning:
    """Return the plans of the scenario's cost whose decision errs least under the worst of nine conditions.

    Parameters
    ----------
    scenario : Scenario
        With a two-stage plan, an error model and a grid.
    good, bad : Decimal
        Error level of a good and of a bad county. More can be said to `scenarios.planning.tune.tune`.
    """
    from decimal import Decimal  # noqa: PLC0415

    from scenarios.planning.decision_risk import conditions  # noqa: PLC0415
    from scenarios.planning.smallest import RiskPoints  # noqa: PLC0415
    from scenarios.planning.tune import tune as tuned  # noqa: PLC0415

    half = Decimal("0.5")  # the bounds of the points decide nothing here
    return tuned(scenario, RiskPoints(good=good, producer=half, bad=bad, consumer=half), conditions())


def tell(answer: Scenario | Frame | Curve | Attribution | Inspection, *, language: str = "en") -> Told:
    """Return the short form of an answer in words and tables; a notebook shows it.

    Parameters
    ----------
    answer : Scenario, Frame, Curve, Attribution or Inspection
        What is asked, the village list, or what came out.
    language : {"zh", "en"}
        Of the words.
    """
    from scenarios.report.notebook import tell as told  # noqa: PLC0415

    return told(answer, language=language)


def figure(answer: Curve | Attribution | Inspection, *, language: str = "en") -> Picture | None:
    """Return an answer as a figure; a notebook shows it.

    Parameters
    ----------
    answer : Curve, Attribution or Inspection
        What came out.
    language : {"zh", "en"}
        Of the words.
    """
    from scenarios.report.notebook import figure as drawn  # noqa: PLC0415

    return drawn(answer, language=language)
