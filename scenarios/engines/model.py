"""The chance of failing under model truth: averaged over the populations that an error model makes.

A chance under fixed truth asks about one population, the seed's; here the county itself is a draw of the model, and
an inspection meets one of many populations. The two answer different questions (METHODS 4.7, trap 13). Simulated in two
stages: populations 0, 1, 2, ... and a fixed number of inspections of each. All levels of a family of models meet the
same populations and the same draws, and are tallied in one pass over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from estimators.policy import CRITERIA, Policy, Unit
from estimators.verdict import Verdict, verdict_of_sums
from sampler.draws import MOMENTS, draw
from sampler.error_model import ErrorModel, NestedPopulations, nested_populations
from sampler.frame import GROUPS, REMAINING, UNREGISTERED, Frame, Ints
from sampler.inspection import totals
from sampler.plan import Plan
from sampler.streams import Purpose, stream_starts
from scenarios.engines.chance import QUESTIONS, Chance
from scenarios.engines.simulate import Estimated
from scenarios.engines.threads import Progress, in_threads
from scenarios.scenario import Scenario

# Inspections of each population. For given work the error is least at sqrt(work of a population / work of an inspection
# x variance within / variance between populations): about sqrt(15 ms / 7 us x 0.25 / 0.06**2) in the example county
# where the chance is one half. The optimum is flat.
INSPECTIONS = 400
BATCH = 16  # populations between two looks at the error
LEAST = 128  # populations before the first look: what none of them showed is still possible in 3 of so many
MOST = 1_024  # populations after which an answer is left as it is
_TOGETHER = 64  # models whose sums are held at the same time

_COUNTED = len(MOMENTS[:5])  # moments that decisions need

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


def averages(scenarios: Sequence[Scenario], *, progress: Progress | None = None) -> tuple[Average, ...]:
    """Return the answer to each scenario, averaged over populations.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Without grids, each with an `ErrorModel` for its truth.
    progress : callable, optional
        Called with (populations done, these and the next batch), family by family.

    Returns
    -------
    tuple of Average
        In the order of `scenarios`.
    """
    families: dict[tuple[object, ...], list[int]] = {}
    for i, scenario in enumerate(scenarios):
        key = (id(scenario.frame), id(scenario.plan), id(scenario.policy), scenario.seed, _model(scenario).family)
        families.setdefault(key, []).append(i)
    found: dict[int, Average] = {}
    for members in families.values():
        found.update(zip(members, _family_averages([scenarios[i] for i in members], progress), strict=True))
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
        M of one frame, plan, policy, seed and `ErrorModel.family`.
    populations : sequence of int
        B numbers of populations. Number b is `nested_populations` with ``replicate=b``; its inspections have the
        numbers b n ... b n + n - 1, where n is `INSPECTIONS`.

    Returns
    -------
    ndarray of float64, shape (B, M, 15)
        Share of each population's inspections that fail, by question in the order of `QUESTIONS`; that stand at the
        limit and that have no rate, by criterion in the order of `CRITERIA`; that visit a wrong household; in which
        `missed` fails under the other reading of its denominator.
    """
    return np.stack(in_threads(lambda number: _shares_of_one(scenarios, number), populations))


def _shares_of_one(scenarios: Sequence[Scenario], number: int) -> Floats:
    first = scenarios[0]
    nested = nested_populations(first.frame, [_model(each) for each in scenarios], seed=first.seed, replicate=number)
    replicates = number * INSPECTIONS + np.arange(INSPECTIONS)
    parts = []
    for begin in range(0, len(scenarios), _TOGETHER):
        some = replace(nested, places=nested.places[begin : begin + _TOGETHER])
        villages, sums = nested_sums(some, first.plan, seed=first.seed, replicates=replicates)
        verdict = _decided(sums, villages, first.frame, first.policy)
        fails = {"any": verdict.any, **verdict.fails}
        columns = [fails[question] for question in QUESTIONS]
        columns += [verdict.at_limit[name] for name in CRITERIA] + [~verdict.measured[name] for name in CRITERIA]
        columns.append(sums[..., MOMENTS.index("wrong_households")].sum(axis=2) > 0)
        columns.append(_decided(sums, villages, first.frame, first.policy.with_other_denominator()).fails["missed"])
        parts.append(np.stack([column.reshape(-1, len(some.places)).mean(axis=0) for column in columns], axis=1))
    return np.concatenate(parts)


def _decided(sums: Ints, villages: Ints, frame: Frame, policy: Policy) -> Verdict:
    """Decide R inspections of M populations, of which the rows are inspection by inspection."""
    models = sums.shape[1]
    unregistered: dict[Unit, Ints] = {}
    if policy.missed_denominator == "village":
        counts: dict[Unit, Ints] = {"persons": frame.group_persons, "households": frame.group_households}
        unregistered = {
            unit: np.repeat(count[villages, UNREGISTERED].sum(axis=1), models) for unit, count in counts.items()
        }
    return verdict_of_sums(
        sums.reshape(-1, len(GROUPS), _COUNTED),
        policy,
        group_persons=frame.group_persons.sum(axis=0),
        unregistered=unregistered,
    )


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
    frame, strata = nested.frame, plan.strata(nested.frame)
    packed = _packed(nested)
    villages, sums = kernel(
        stream_starts(seed, Purpose.VILLAGES, replicates),
        stream_starts(seed, Purpose.HOUSEHOLDS, replicates),
        np.concatenate([s.villages for s in strata]),
        np.concatenate([[0], np.cumsum([len(s.villages) for s in strata])]),
        np.array([s.drawn for s in strata], dtype=np.int64),
        frame.offsets,
        plan.visited_households(frame).ravel(),
        packed.kinds,
        packed.quiet,
        packed.events,
        packed.partly,
        nested.places,
    )
    return villages, sums


def readable_nested_sums(nested: NestedPopulations, plan: Plan, *, seed: int, replicates: Ints) -> tuple[Ints, Ints]:
    """Return what `nested_sums` returns, population by population."""
    villages = draw(nested.frame, plan, seed=seed, replicates=replicates).villages
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


def _family_averages(scenarios: Sequence[Scenario], progress: Progress | None) -> list[Average]:
    parts: list[Floats] = []
    for done in range(BATCH, MOST + BATCH, BATCH):
        parts.append(shares(scenarios, range(done - BATCH, done)))
        fails = np.concatenate(parts)[..., : len(QUESTIONS)]
        chance, error = fails.mean(axis=0).ravel(), standard_errors(fails).ravel()
        # What never, or always, fails is told as a bound, which more populations would narrow too slowly.
        seen = (chance > 0) & (chance < 1)
        precise = [
            Estimated(chance=p, standard_error=e).precise for p, e in zip(chance[seen], error[seen], strict=True)
        ]
        if done >= LEAST and all(precise):
            break
        if progress:
            progress(done, done + BATCH)
    if progress:
        progress(done, done)
    by_scenario = np.concatenate(parts).transpose(1, 0, 2)
    return [_average(part, impossible(each)) for part, each in zip(by_scenario, scenarios, strict=True)]


def standard_errors(seen: Floats) -> Floats:
    """Return the standard errors of mean shares over B populations.

    Parameters
    ----------
    seen : ndarray of float64, shape (B, ...)
        Shares of `INSPECTIONS` inspections each.

    Returns
    -------
    ndarray of float64, shape (...)
        From the scatter of the populations, which are independent; at least what as many inspections would have were
        populations all alike, taken at the Agresti-Coull share. Where nothing or everything failed, the scatter says
        nothing and the populations are counted instead of their inspections: the next one may differ.
    """
    populations = len(seen)
    mean = seen.mean(axis=0)
    found = np.maximum(seen.std(axis=0, ddof=1) / np.sqrt(populations), _agresti_coull(mean, populations * INSPECTIONS))
    unseen: Floats = np.where((mean == 0) | (mean == 1), _agresti_coull(mean, populations), found)
    return unseen


def _agresti_coull(mean: Floats, size: int) -> Floats:
    share = (mean * size + 2) / (size + 4)
    error: Floats = np.sqrt(share * (1 - share) / (size + 4))
    return error


def between_populations(seen: Floats) -> Floats:
    """Return the standard deviation of the chance between populations, by analysis of variance.

    Parameters
    ----------
    seen : ndarray of float64, shape (B, ...)
        Shares of `INSPECTIONS` inspections each.

    Returns
    -------
    ndarray of float64, shape (...)
        Root of the variance of the shares less what the inspections of one population add to it, 0 where that is
        more.

    Examples
    --------
    >>> between_populations(np.array([0.4, 0.5, 0.6])).round(4)  # 0.1 less the noise of the inspections
    np.float64(0.0969)
    """
    within = (seen * (1 - seen)).mean(axis=0) / (INSPECTIONS - 1)
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


def _average(seen: Floats, never: frozenset[str]) -> Average:
    """Return the answer from the shares of one scenario, shape (B, 15); what can never fail is exact."""
    ends = np.cumsum([len(QUESTIONS), len(CRITERIA), len(CRITERIA)])
    fails, at_limit, not_measured, others = np.split(seen, ends, axis=1)

    def by(names: Sequence[str], values: Floats) -> dict[str, float]:
        return dict(zip(names, values.tolist(), strict=True))

    inspections = len(seen) * INSPECTIONS
    chance = Chance(
        fails=by(QUESTIONS, fails.mean(axis=0)),
        standard_error=by(QUESTIONS, standard_errors(fails)) | dict.fromkeys(never, 0.0),
        at_limit=by(CRITERIA, at_limit.mean(axis=0)),
        not_measured=by(CRITERIA, not_measured.mean(axis=0)),
        engine=dict.fromkeys(QUESTIONS, "simulate") | dict.fromkeys(never, "exact"),
        bound=0.0,
        inspections=inspections,
        failed={name: round(share * inspections) for name, share in by(QUESTIONS, fails.mean(axis=0)).items()},
        between=by(QUESTIONS, between_populations(fails)),
        populations=len(seen),
    )
    finding, other = others.mean(axis=0).tolist()
    return Average(chance=chance, finding=finding, other_denominator=other)
