"""The best engine for each number: exact where it serves, simulation with the exact numbers as controls elsewhere.

`incidence` and `any` of a large county are simulated, and the exact chances of `wrong_exit`, `missed` and `approval` on
the same inspections take out much of the noise (METHODS 4.6). They never leave the range the exact numbers allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sampler.population import Population
from scenarios.engines import exact
from scenarios.engines.chance import Chance
from scenarios.engines.estimated import Estimated, controlled
from scenarios.engines.simulate import Outcomes, batches, rarely
from scenarios.engines.threads import Progress, in_threads
from scenarios.scenario import Scenario, populations

# Which exact criteria help with which simulated question.
_CONTROLS = {"any": ("wrong_exit", "missed", "approval"), "incidence": ("wrong_exit", "missed")}


def chances(scenarios: Sequence[Scenario], *, progress: Progress | None = None) -> tuple[Chance, ...]:
    """Return the chance of failing of each scenario, every number by the best engine.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Without grids.
    progress : callable, optional
        Called with (done, all).

    Returns
    -------
    tuple of Chance
        Every question answered; `engine` and `standard_error` say how.
    """
    exactly = exact.chances(scenarios, progress=progress, seconds=False)
    jobs = list(zip(scenarios, populations(scenarios), exactly, strict=True))
    return tuple(in_threads(lambda job: _completed(*job), jobs, progress=progress))


def _completed(scenario: Scenario, population: Population, known: Chance) -> Chance:
    missing = [question for question, chance in known.fails.items() if chance is None]
    if not missing:
        return known

    def estimates(seen: Outcomes) -> dict[str, Estimated]:
        return {question: _estimate(question, seen, known.fails) for question in missing}

    seen = batches(scenario, population, lambda so_far: all(e.precise for e in estimates(so_far).values()))
    found = estimates(seen) | rarely(scenario, population, seen, missing)
    at_limit, not_measured = dict(known.at_limit), dict(known.not_measured)
    for name in missing:
        if name in at_limit:
            at_limit[name] = float(seen.at_limit[name].mean())
            not_measured[name] = float(1 - seen.measured[name].mean())
    return replace(
        known,
        fails=_in_range({**known.fails, **{question: each.chance for question, each in found.items()}}),
        standard_error={**known.standard_error, **{question: each.standard_error for question, each in found.items()}},
        at_limit=at_limit,
        not_measured=not_measured,
        engine={**known.engine, **dict.fromkeys(missing, "simulate")},
        inspections=len(seen.fails["any"]),
        failed={question: int(seen.fails[question].sum()) for question in missing},
    )


def _estimate(question: str, seen: Outcomes, known: Mapping[str, float | None]) -> Estimated:
    controls = [
        (seen.fails[name], chance) for name in _CONTROLS.get(question, ()) if (chance := known[name]) is not None
    ]
    return controlled(seen.fails[question], [events for events, _ in controls], [chance for _, chance in controls])


def _in_range(fails: dict[str, float | None]) -> dict[str, float | None]:
    """Keep `any` between the largest criterion and the sum of all (Boole, Frechet)."""
    criteria = [chance for question, chance in fails.items() if question != "any" and chance is not None]
    if fails["any"] is not None:
        fails["any"] = min(max(fails["any"], *criteria), sum(criteria), 1.0)
    return fails
