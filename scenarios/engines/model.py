"""The chance of failing under model truth: averaged over the populations that an error model makes.

A chance under fixed truth asks about one population, the seed's; here the county itself is a draw of the model, and
an inspection meets one of many populations. The two answer different questions (METHODS 4.7, trap 13). Simulated in two
stages: populations 0, 1, 2, ... and a fixed number of inspections of each. All levels of a family of models meet the
same populations and the same draws, and are tallied in one pass over them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from estimators.policy import CRITERIA
from estimators.verdict import Verdict
from sampler.draws import MOMENTS, draw_villages
from sampler.error_model import ErrorModel, NestedPopulations, nested_populations
from sampler.frame import REMAINING, Bools, Ints
from sampler.inspection import family_sums, tallies, totals
from sampler.plan import Plan
from sampler.population import Population
from sampler.streams import Purpose, stream_starts
from sampler.sums.inspections import Sums
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.engines.estimated import Estimated
from scenarios.engines.simulate import decided, decided_by_village
from scenarios.engines.threads import Progress, in_threads
from scenarios.scenario import Scenario

# Inspections of each population. For given work the error is least at sqrt(work of a population / work of an inspection
# x variance within / variance between populations): about sqrt(15 ms / 7 us x 0.25 / 0.06**2) in the example county
# where the chance is one half. The optimum is flat.
INSPECTIONS = 400
# ... where teams err: about sqrt(15 ms / (21 levels x 6 us) x 0.007 / 0.006**2), as small chances need most of them.
INSPECTIONS_AT_LENGTH = 120
BATCH = 16  # populations between two looks at the error
LEAST = 128  # populations before the first look: what none of them showed is still possible in 3 of so many
MOST = 1_024  # populations after which an answer is left as it is
_TOGETHER = 64  # models whose sums are held at the same time

_COUNTED = len(MOMENTS[:5])  # moments that decisions need
_SHARES = len(QUESTIONS) + 2 * len(CRITERIA) + 2

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Average:
    """The answer to one scenario, averaged over populations.

    Parameters
    ----------
    chance : Chance
        Every question answered; `between` and `populations` are filled in.
    finding : float
        Chance that at least one wrong household is visited.
    other_denominator : float
        Chance that `missed` fails under the other reading of its denominator.
    """

    chance: Chance
    finding: float
    other_denominator: float


def chances(scenarios: Sequence[Scenario], *, progress: Progress | None = None) -> tuple[Chance, ...]:
    """Return the chance of failing of each scenario, averaged over populations; as `averages`, without the rest."""
    return tuple(average.chance for average in averages(scenarios, progress=progress))


def averages(
    scenarios: Sequence[Scenario],
    *,
    asked: Sequence[Collection[str]] | None = None,
    progress: Progress | None = None,
    so_far: Callable[[tuple[Chance, ...]], None] | None = None,
) -> tuple[Average, ...]:
    """Return the answer to each scenario, averaged over populations.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Without grids, each with an `ErrorModel` for its truth.
    asked : sequence of collection of str, optional
        Questions of each scenario whose error must be small enough to stop; all of them where left out.
    progress : callable, optional
        Called with (populations done, these and the next batch), family by family.
    so_far : callable, optional
        Called with the chances after each batch, their errors still large; of scenarios of one family only.

    Returns
    -------
    tuple of Average
        In the order of `scenarios`.
    """
    families: dict[tuple[object, ...], list[int]] = {}
    for i, scenario in enumerate(scenarios):
        key = (
            *map(id, (scenario.frame, scenario.plan, scenario.policy)),
            scenario.fieldwork,
            scenario.seed,
            _model(scenario).family,
        )
        families.setdefault(key, []).append(i)
    found: dict[int, Average] = {}
    told = so_far if len(families) == 1 else None
    for members in families.values():
        wanted = np.array([[asked is None or name in asked[i] for name in QUESTIONS] for i in members])
        answers = _family_averages([scenarios[i] for i in members], wanted, progress, told)
        found.update(zip(members, answers, strict=True))
    return tuple(found[i] for i in range(len(scenarios)))


def _model(scenario: Scenario) -> ErrorModel:
    if not isinstance(scenario.truth, ErrorModel):
        raise TypeError("only a truth made from error levels can be averaged over populations")
    return scenario.truth


def shares(scenarios: Sequence[Scenario], populations: Sequence[int]) -> Floats:
    """Inspect populations of one family of models.

    Parameters
    ----------
    scenarios : sequence of Scenario
        M of one frame, policy, seed and `ErrorModel.family`. Their plans may differ; all of them meet the same
        populations, which are most of the work.
    populations : sequence of int
        B numbers of populations. Number b is `nested_populations` with ``replicate=b``; its inspections have the
        numbers b n ... b n + n - 1, where n is `inspections_each`.

    Returns
    -------
    ndarray of float64, shape (B, M, 15)
        Share of each population's inspections that fail, by question in the order of `QUESTIONS`; that stand at the
        limit and that have no rate, by criterion in the order of `CRITERIA`; that visit a wrong household; in which
        `missed` fails under the other reading of its denominator.
    """
    return np.stack(in_threads(lambda number: _shares_of_one(scenarios, number), populations))


def inspections_each(scenario: Scenario) -> int:
    """Return how many inspections of each population are simulated: fewer where one is much work."""
    return INSPECTIONS if scenario.two_stage else INSPECTIONS_AT_LENGTH


def sums_of(scenario: Scenario, number: int) -> Sums:
    """Return what the inspections of population `number` of a scenario count; of which numbers, says `shares`."""
    each = inspections_each(scenario)
    nested = nested_populations(scenario.frame, [_model(scenario)], seed=scenario.seed, replicate=number)
    return _inspected(scenario, nested, number * each + np.arange(each))


def _shares_of_one(scenarios: Sequence[Scenario], number: int) -> Floats:
    first = scenarios[0]
    models = list(dict.fromkeys(_model(one) for one in scenarios))
    nested = nested_populations(first.frame, models, seed=first.seed, replicate=number)
    place = {model: i for i, model in enumerate(models)}
    found: Floats = np.empty((len(scenarios), _SHARES))
    for members in _by_plan(scenarios):
        places = [place[_model(scenarios[i])] for i in members]
        # The same object for all plans that ask about every model: it is packed for the kernel once.
        own = nested if places == list(place.values()) else replace(nested, places=nested.places[places])
        found[members] = _shares_of_plan(scenarios[members[0]], own, number)
    return found


def _by_plan(scenarios: Sequence[Scenario]) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for i, scenario in enumerate(scenarios):
        found.setdefault(id(scenario.plan), []).append(i)
    return list(found.values())


def _shares_of_plan(scenario: Scenario, nested: NestedPopulations, number: int) -> Floats:
    """Return the shares of inspections by one plan in each of M populations, shape (M, 15)."""
    each = inspections_each(scenario)
    replicates = number * each + np.arange(each)
    if scenario.policy.weighting == "weighted":
        weighted = [_weighted_columns(scenario, nested.population(m), replicates) for m in range(len(nested.places))]
        return np.array([[column.mean() for column in columns] for columns in weighted])
    parts = []
    for begin in range(0, len(nested.places), _TOGETHER):
        whole = len(nested.places) <= _TOGETHER
        some = nested if whole else replace(nested, places=nested.places[begin : begin + _TOGETHER])
        found = _inspected(scenario, some, replicates)
        columns = _columns(
            decided(found, scenario.frame, scenario.policy),
            decided(found, scenario.frame, scenario.policy.with_other_denominator()),
            (found.moments[..., MOMENTS.index("wrong_households")].sum(axis=2) > 0).ravel(),
        )
        parts.append(np.stack([column.reshape(-1, len(some.places)).mean(axis=0) for column in columns], axis=1))
    return np.concatenate(parts)


def _inspected(scenario: Scenario, nested: NestedPopulations, replicates: Ints) -> Sums:
    """Return what R inspections count in each of M populations, at least the moments that decisions need."""
    if scenario.two_stage is not None:
        villages, moments = nested_sums(nested, scenario.two_stage, seed=scenario.seed, replicates=replicates)
        return Sums(villages=villages, moments=moments)
    return family_sums(nested, scenario.plan, seed=scenario.seed, replicates=replicates, fieldwork=scenario.fieldwork)


def _weighted_columns(scenario: Scenario, population: Population, replicates: Ints) -> list[Bools]:
    """Return the columns of `shares` for one population, whose inspections are held apart by village."""
    frame, policy = scenario.frame, scenario.policy
    found = tallies(population, scenario.plan, seed=scenario.seed, replicates=replicates, fieldwork=scenario.fieldwork)
    return _columns(
        decided_by_village(found, frame, policy),
        decided_by_village(found, frame, policy.with_other_denominator()),
        found.totals()[..., MOMENTS.index("wrong_households")].sum(axis=1) > 0,
    )


def _columns(verdict: Verdict, other: Verdict, finding: Bools) -> list[Bools]:
    """Return the columns of `shares`, one value an inspection."""
    fails = {"any": verdict.any, **verdict.fails}
    columns = [fails[question] for question in QUESTIONS]
    columns += [verdict.at_limit[name] for name in CRITERIA] + [~verdict.measured[name] for name in CRITERIA]
    return [*columns, finding, other.fails["missed"]]


def nested_sums(nested: NestedPopulations, plan: Plan, *, seed: int, replicates: Ints) -> tuple[Ints, Ints]:
    """Return the moments of R inspections of each of M nested populations, all on the same draws.

    Parameters
    ----------
    nested : NestedPopulations
        The populations.
    plan : Plan
        Two-stage plan.
    seed : int
        The scenario's seed.
    replicates : ndarray of int64, shape (R,)
        Numbers of the inspections.

    Returns
    -------
    villages : ndarray of int64, shape (R, m)
        The drawn villages.
    sums : ndarray of int64, shape (R, M, 3, 5)
        Bit for bit the first five moments of ``sampler.inspection.totals`` of each population.
    """
    kernel = _kernel()
    if kernel is None:
        return readable_nested_sums(nested, plan, seed=seed, replicates=replicates)
    villages = draw_villages(nested.frame, plan, stream_starts(seed, Purpose.VILLAGES, replicates))
    packed = _packed(nested)
    sums = kernel(
        villages,
        stream_starts(seed, Purpose.HOUSEHOLDS, replicates),
        nested.frame.offsets,
        plan.visited_households(nested.frame).ravel(),
        packed.kinds,
        packed.quiet,
        packed.events,
        packed.partly,
        nested.places,
    )
    return villages, sums


def readable_nested_sums(nested: NestedPopulations, plan: Plan, *, seed: int, replicates: Ints) -> tuple[Ints, Ints]:
    """Return what `nested_sums` returns, population by population."""
    villages = draw_villages(nested.frame, plan, stream_starts(seed, Purpose.VILLAGES, replicates))
    sums = [
        totals(nested.population(model), plan, seed=seed, replicates=replicates)[..., :_COUNTED]
        for model in range(len(nested.places))
    ]
    return villages, np.stack(sums, axis=1)


def _kernel() -> Any:  # numba's dispatcher has no type
    try:
        from scenarios.engines.kernels import inspect_nested  # noqa: PLC0415
    except ImportError:
        return None
    return inspect_nested


@dataclass(frozen=True, kw_only=True, eq=False)
class _Packed:
    """Nested populations as the kernel reads them; it says what each array holds."""

    kinds: NDArray[np.uint32]  # (N,)
    quiet: int
    events: Ints  # (E, 5)
    partly: Ints  # (P, L)


@lru_cache(maxsize=8)
def _packed(nested: NestedPopulations) -> _Packed:
    persons, last = nested.frame.household_persons, nested.places.max(axis=0)
    never, quiet = int(last.max()) + 1, int(persons.max(initial=0)) + 1
    rows, row_of = _partly_rows(nested.partly[nested.partly[:, 1] < never], never)
    last_wrong = np.array([last[0], -1, last[1]])[nested.frame.household_group]
    wrong, unhappy = nested.wrong_from <= last_wrong, nested.disapproves_from <= last[2]
    happens = wrong | unhappy
    happens[row_of] = True
    at = np.flatnonzero(happens)
    events = np.stack(
        [
            persons[at],
            np.where(wrong[at], nested.wrong_from[at], never),
            nested.wrong_persons[at],
            np.where(unhappy[at], nested.disapproves_from[at], never),
            np.zeros(len(at), dtype=np.int64),
        ],
        axis=1,
    )
    events[np.searchsorted(at, row_of), 4] = 1 + np.arange(len(row_of))
    kinds = persons.astype(np.uint32)
    kinds[at] = quiet + np.arange(len(at))
    return _Packed(kinds=kinds, quiet=quiet, events=events, partly=rows)


def _partly_rows(partly: Ints, never: int) -> tuple[Ints, Ints]:
    """Return the partly wrong households' persons by place under an empty row, and the households of the other rows."""
    households, row = np.unique(partly[:, 0], return_inverse=True)
    rows = np.zeros((1 + len(households), never), dtype=np.int64)
    rows[1 + row, partly[:, 1]] = partly[:, 2]
    return rows, households


def _family_averages(
    scenarios: Sequence[Scenario],
    wanted: Bools,
    progress: Progress | None,
    so_far: Callable[[tuple[Chance, ...]], None] | None,
) -> tuple[Average, ...]:
    """Return the averages of one family, precise where `wanted`, shape (M, 5)."""
    parts: list[Floats] = []
    for done in range(BATCH, MOST + BATCH, BATCH):
        parts.append(shares(scenarios, range(done - BATCH, done)))
        fails = np.concatenate(parts)[..., : len(QUESTIONS)]
        chance, error = fails.mean(axis=0), standard_errors(fails, inspections_each(scenarios[0]))
        # What never, or always, fails is told as a bound, which more populations would narrow too slowly.
        seen = wanted & (chance > 0) & (chance < 1)
        precise = [
            Estimated(chance=p, standard_error=e).precise for p, e in zip(chance[seen], error[seen], strict=True)
        ]
        if done >= LEAST and all(precise):
            break
        if progress:
            progress(done, done + BATCH)
        if so_far:
            so_far(tuple(each.chance for each in _averages_of(parts, scenarios)))
    if progress:
        progress(done, done)
    return _averages_of(parts, scenarios)


def _averages_of(parts: Sequence[Floats], scenarios: Sequence[Scenario]) -> tuple[Average, ...]:
    by_scenario = np.concatenate(parts).transpose(1, 0, 2)
    return tuple(
        _average(part, impossible(each), inspections_each(each))
        for part, each in zip(by_scenario, scenarios, strict=True)
    )


def standard_errors(seen: Floats, inspections: int) -> Floats:
    """Return the standard errors of mean shares over B populations.

    Parameters
    ----------
    seen : ndarray of float64, shape (B, ...)
        Shares of the inspections of each population.
    inspections : int
        Of each population.

    Returns
    -------
    ndarray of float64, shape (...)
        From the scatter of the populations, which are independent; at least what as many inspections would have were
        populations all alike, taken at the Agresti-Coull share. Where nothing or everything failed, the scatter says
        nothing and the populations are counted instead of their inspections: the next one may differ.
    """
    populations = len(seen)
    mean = seen.mean(axis=0)
    found = np.maximum(seen.std(axis=0, ddof=1) / np.sqrt(populations), _agresti_coull(mean, populations * inspections))
    unseen: Floats = np.where((mean == 0) | (mean == 1), _agresti_coull(mean, populations), found)
    return unseen


def _agresti_coull(mean: Floats, size: int) -> Floats:
    share = (mean * size + 2) / (size + 4)
    error: Floats = np.sqrt(share * (1 - share) / (size + 4))
    return error


def between_populations(seen: Floats, inspections: int) -> Floats:
    """Return the standard deviation of the chance between populations, by analysis of variance.

    Parameters
    ----------
    seen : ndarray of float64, shape (B, ...)
        Shares of the inspections of each population.
    inspections : int
        Of each population.

    Returns
    -------
    ndarray of float64, shape (...)
        Root of the variance of the shares less what the inspections of one population add to it, 0 where that is
        more.

    Examples
    --------
    >>> between_populations(np.array([0.4, 0.5, 0.6]), 400).round(4)  # 0.1 less the noise of the inspections
    np.float64(0.0969)
    """
    within = (seen * (1 - seen)).mean(axis=0) / (inspections - 1)
    found: Floats = np.sqrt(np.maximum(seen.var(axis=0, ddof=1) - within, 0.0))
    return found


def impossible(scenario: Scenario) -> frozenset[str]:
    """Return the questions that cannot fail whatever population and sample: nobody is wrong, or nobody disapproves.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from scenarios import load
    >>> nobody = load("example").at({"wrong_exit": Decimal(0), "missed": Decimal(0)})
    >>> sorted(impossible(nobody))
    ['incidence', 'missed', 'wrong_exit']
    """
    truth, limits = _model(scenario), scenario.policy.limits
    persons = scenario.frame.group_persons.sum(axis=0)
    nobody_wrong = truth.wrong_exit == truth.missed == 0
    cannot = {
        "wrong_exit": truth.wrong_exit == 0 < limits["wrong_exit"],
        "missed": truth.missed == 0 < limits["missed"],
        "incidence": nobody_wrong and int(persons[REMAINING]) < limits["incidence"] * int(persons.sum()),
        "approval": truth.disapproval == 0 and limits["approval"] < 1,
    }
    cannot["any"] = all(cannot.values())
    return frozenset(name for name, settled in cannot.items() if settled)


def _average(seen: Floats, never: frozenset[str], each: int) -> Average:
    """Return the answer from the shares of one scenario, shape (B, 15); what can never fail is exact."""
    ends = np.cumsum([len(QUESTIONS), len(CRITERIA), len(CRITERIA)])
    fails, at_limit, not_measured, others = np.split(seen, ends, axis=1)

    def by(names: Sequence[str], values: Floats) -> dict[str, float]:
        return dict(zip(names, values.tolist(), strict=True))

    inspections = len(seen) * each
    chance = Chance(
        fails=by(QUESTIONS, fails.mean(axis=0)),
        standard_error=by(QUESTIONS, standard_errors(fails, each)) | dict.fromkeys(never, 0.0),
        at_limit=by(CRITERIA, at_limit.mean(axis=0)),
        not_measured=by(CRITERIA, not_measured.mean(axis=0)),
        engine=dict.fromkeys(QUESTIONS, "simulate") | dict.fromkeys(never, "exact"),
        bound=0.0,
        inspections=inspections,
        failed={name: round(share * inspections) for name, share in by(QUESTIONS, fails.mean(axis=0)).items()},
        between=by(QUESTIONS, between_populations(fails, each)),
        populations=len(seen),
    )
    finding, other = others.mean(axis=0).tolist()
    return Average(chance=chance, finding=finding, other_denominator=other)
