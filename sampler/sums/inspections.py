"""Inspections of nested populations by the kernels: their arguments are made here, and what they return is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

import numpy as np

from sampler.draws import draw_villages
from sampler.error_model import NestedPopulations
from sampler.fieldwork import Fieldwork
from sampler.frame import Bools, Frame, Ints, Unit
from sampler.plan import Plan
from sampler.recheck import SpotCheck, Stream, quota, township_numbers
from sampler.streams import Purpose, stream_starts, word
from sampler.sums.teams import teams_of
from sampler.sums.truths import Truths, packed
from sampler.visits import rules_of

_ROWS = 64_000  # visited households held as rows at once, about: they then stay in the processor's cache


@dataclass(frozen=True, kw_only=True, eq=False)
class Sums:
    """What R inspections count in each of M populations: all that the official rule needs.

    Parameters
    ----------
    villages : ndarray of int64, shape (R, m)
        Drawn villages, as in `sampler.draws.Draws`.
    moments : ndarray of int64, shape (R, M, 3, 8)
        Summed over the drawn villages and the parts that the official count takes, in the order of
        `sampler.draws.MOMENTS`.
    places : ndarray of bool, shape (R, M, m), optional
        Which columns bring their village to a denominator of whole villages, as in `sampler.draws.Tally`.
    """

    villages: Ints
    moments: Ints
    places: Bools | None = None

    def unregistered(self, frame: Frame) -> dict[Unit, Ints]:
        """Return the unregistered persons and households of the villages visited, each once, shape (R, M)."""
        of = {unit: count[self.villages] for unit, count in frame.unregistered.items()}
        if self.places is not None:
            return {unit: (each[:, None] * self.places).sum(axis=2) for unit, each in of.items()}
        models = self.moments.shape[1]
        return {unit: np.repeat(each.sum(axis=1)[:, None], models, axis=1) for unit, each in of.items()}


def compiled_sums(
    nested: NestedPopulations, plan: Plan | SpotCheck, *, seed: int, replicates: Ints, fieldwork: Fieldwork
) -> Sums | None:
    """Return the sums of R inspections of each population, or None where the kernels cannot serve.

    Parameters are those of `sampler.inspection.family_sums`.
    """
    truths = packed(nested)
    if truths is None:
        return None
    try:
        if isinstance(plan, SpotCheck):
            return _spot_checks(nested, truths, plan, seed, replicates, fieldwork)
        return _two_stage(nested, truths, plan, seed, replicates, fieldwork)
    except ImportError:
        return None


def _spot_checks(
    nested: NestedPopulations, truths: Truths, plan: SpotCheck, seed: int, replicates: Ints, fieldwork: Fieldwork
) -> Sums:
    from sampler.sums.kernels import spot_check_sums  # noqa: PLC0415

    frame, add_on = nested.frame, plan.add_on
    recheck, field = (stream_starts(seed, purpose, replicates) for purpose in (Purpose.RECHECK, Purpose.FIELDWORK))
    own = word(recheck, Stream.PROVINCE)
    villages = draw_villages(frame, plan.phase1, stream_starts(seed, Purpose.VILLAGES, replicates))
    fresh_villages = draw_villages(frame, add_on, word(recheck, Stream.REMOTE_VILLAGES))
    moments, places = spot_check_sums(
        villages,
        fresh_villages,
        stream_starts(seed, Purpose.HOUSEHOLDS, replicates),
        own,
        word(recheck, Stream.REVISIT),
        word(recheck, Stream.REMOTE_HOUSEHOLDS),
        field,
        frame.offsets,
        plan.phase1.visited_households(frame).ravel(),
        add_on.visited_households(frame).ravel(),
        township_numbers(frame)[0],
        _quota(plan.revisit_share, int(plan.phase1.takes().sum()) * villages.shape[1]),
        plan.all_errors,
        *vars(truths).values(),
        *vars(teams_of(plan.province, frame, own)).values(),
        *vars(teams_of(fieldwork, frame, field)).values(),
    )
    return Sums(villages=np.concatenate([villages, fresh_villages], axis=1), places=places, moments=moments)


@lru_cache(maxsize=16)
def _quota(share: Decimal, most: int) -> Ints:
    return quota(share, np.arange(most + 1))


def _two_stage(
    nested: NestedPopulations, truths: Truths, plan: Plan, seed: int, replicates: Ints, fieldwork: Fieldwork
) -> Sums:
    frame, models = nested.frame, len(truths.places)
    villages = draw_villages(frame, plan, stream_starts(seed, Purpose.VILLAGES, replicates))
    count = _counting(nested, plan, villages, seed, replicates, fieldwork)
    if fieldwork.away_by_truth:  # then each level has visits of its own
        each = [
            count(replace(truths, places=truths.places[m : m + 1]), nested.population(m).wrong_persons)
            for m in range(models)
        ]
        moments = np.concatenate(each, axis=1)
    else:
        moments = count(truths, np.zeros(len(truths.words), dtype=np.int64))
    return Sums(villages=villages, moments=moments)


def _counting(
    nested: NestedPopulations, plan: Plan, villages: Ints, seed: int, replicates: Ints, fieldwork: Fieldwork
) -> Callable[[Truths, Ints], Any]:
    """Return what visits and counts, given the truths and the wrong persons that decide who is at home."""
    from sampler.kernels import walk  # noqa: PLC0415
    from sampler.sums import kernels  # noqa: PLC0415

    frame, row_sums = nested.frame, cast(Callable[..., Any], kernels.row_sums)
    households, field = (stream_starts(seed, each, replicates) for each in (Purpose.HOUSEHOLDS, Purpose.FIELDWORK))
    teams = teams_of(fieldwork, frame, field)
    visited = max(1.0, float((plan.chance(frame)[:, None] * plan.visited_households(frame)).sum()))
    step = max(1, int(_ROWS // visited))
    batches = np.split(np.arange(len(replicates)), range(step, len(replicates), step))

    def count(truths: Truths, wrong_persons: Ints) -> Ints:
        rules, parts = vars(rules_of(frame, plan, fieldwork.away(wrong_persons))).values(), []
        for some in batches:
            rows, _ = walk(villages[some], households[some], field[some], *rules)
            parts.append(
                row_sums(
                    rows,
                    field[some],
                    frame.household_village,
                    *vars(truths).values(),
                    teams.sure,
                    teams.team,
                    teams.found[some],
                    teams.accused[some],
                    teams.factor,
                )
            )
        return np.concatenate(parts)

    return count
