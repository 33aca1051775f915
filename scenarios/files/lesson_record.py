"""A lesson as JSON, schema ``lesson/1``: small, because a page carries it. Households are never named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from estimators.estimate import Estimate
from sampler.draws import MOMENTS
from sampler.frame import EXITED, UNREGISTERED, Ints
from scenarios.questions.lesson import Lesson

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_EXACT = 2**53  # whole numbers below this are exact in a browser


def packed(columns: Sequence[Ints]) -> list[dict[str, Any]]:
    """Return columns of natural numbers as text, a few digits of base 64 a row.

    The numbers of a row are the digits of one number whose bases are the columns' own sizes, the first column highest.

    Parameters
    ----------
    columns : sequence of ndarray of int64, each of shape (n,)

    Returns
    -------
    list of dict
        ``{"sizes", "width", "text"}``: base of each column, digits a row, the digits of all rows. More than one where
        a row's number would not be exact in a browser.

    Examples
    --------
    >>> packed([np.array([0, 1, 2]), np.array([0, 63, 1])])
    [{'sizes': [3, 64], 'width': 2, 'text': 'AAB_CB'}]
    """
    parts: list[list[Ints]] = []
    for column in columns:
        size = int(column.max(initial=0)) + 1
        if not parts or size * prod(int(each.max(initial=0)) + 1 for each in parts[-1]) > _EXACT:
            parts.append([])
        parts[-1].append(column)
    return [_packed(part) for part in parts]


def _packed(columns: Sequence[Ints]) -> dict[str, Any]:
    sizes = [int(column.max(initial=0)) + 1 for column in columns]
    codes = np.zeros_like(columns[0])
    for column, size in zip(columns, sizes, strict=True):
        codes = codes * size + column
    width = max(1, ((prod(sizes) - 1).bit_length() + 5) // 6)
    digits = np.array(list(DIGITS))[(codes[:, None] >> 6 * np.arange(width)[::-1]) & 63]
    return {"sizes": sizes, "width": width, "text": "".join(digits.ravel().tolist())}


def lesson_record(lesson: Lesson) -> dict[str, Any]:
    """Return what a page needs to play a lesson.

    Parameters
    ----------
    lesson : Lesson
        Its facts.

    Returns
    -------
    dict
        ``{"schema", "seed", "draws", "criteria", "chance", "villages", "slots", "visited", "second_phase"}``. Rates are
        in hundredths of a percent; columns are `packed`: ``villages`` remoteness, wrong persons and persons; ``slots``
        the drawn village, wrongly exited and missed persons found, inspection by inspection; visited households stand
        last among the villages where they never differ, else among the slots; ``visited`` is those of each
        group, then the exited and unregistered persons in them.
    """
    tally, frame = lesson.assessment.tally, lesson.scenario.frame
    moments = tally.official()
    households, wrong = (moments[..., MOMENTS.index(name)] for name in ("households", "wrong_persons"))
    visits = households.sum(axis=2)
    totals = tally.totals()
    persons = totals[..., MOMENTS.index("persons")]
    always = _of_each_village(tally.villages, visits, len(frame.codes))
    villages = [frame.remote.astype(np.int64), lesson.wrong_by_village, lesson.persons_by_village]
    slots = [tally.villages, wrong[..., EXITED], wrong[..., UNREGISTERED]]
    if always is None:
        slots.append(visits)
    else:
        villages.append(always)
    second = lesson.second_phase
    return {
        "schema": "lesson/1",
        "seed": lesson.scenario.seed,
        "draws": lesson.draws,
        "drawn": tally.villages.shape[1],
        "criteria": [_criterion(lesson, name) for name in lesson.tested],
        "chance": {name: lesson.chance.fails[name] for name in ("any", *lesson.tested)},
        "villages": packed(villages),
        "slots": packed([column.ravel() for column in slots]),
        "visited": packed(
            [*totals[..., MOMENTS.index("households")].T, persons[:, [EXITED, UNREGISTERED]].sum(axis=1)]
        ),
        "second_phase": None
        if second is None
        else {
            "first_phase": second.first_phase,
            "columns": packed([second.questionnaires, second.desk, second.revisited, second.fresh]),
        },
    }


def _of_each_village(villages: Ints, visits: Ints, count: int) -> Ints | None:
    """Return the visited households of each village, shape (V,), 0 where never drawn; None where inspections differ."""
    least, most = np.full(count, np.iinfo(np.int64).max), np.zeros(count, dtype=np.int64)
    np.minimum.at(least, villages, visits)
    np.maximum.at(most, villages, visits)
    drawn = np.unique(villages)
    return most if np.array_equal(least[drawn], most[drawn]) else None


def _criterion(lesson: Lesson, name: str) -> dict[str, Any]:
    """Return a criterion's limit and truth, and by inspection how it came out; a rate that is missing is 0, others +1.

    The columns: whether it fails, whether it is at its limit, whether it is open; value and interval; found and asked.
    """
    assessment = lesson.assessment
    verdict, estimate = assessment.verdict, assessment.deciding[name]
    truth = lesson.truth[name]
    unsettled = np.array([name in assessment.unsettled_in(replicate) for replicate in range(lesson.draws)])
    flags = (verdict.fails[name], verdict.at_limit[name], unsettled)
    rates = (_shown(estimate), *(_hundredths(side) for side in (estimate.low, estimate.high)))
    return {
        "name": name,
        "limit": float(lesson.scenario.policy.limits[name] * 10_000),
        "truth": None if truth is None else hundredths(float(truth)),
        "columns": packed(
            [*(flag.astype(np.int64) for flag in flags), *rates, *_counts(lesson, name).values()],
        ),
    }


def _shown(estimate: Estimate) -> Ints:
    return np.where(estimate.measured, _hundredths(np.where(estimate.measured, estimate.value, 0.0)), 0)


def _hundredths(values: np.ndarray[Any, Any]) -> Ints:
    return np.array([0 if np.isnan(value) else 1 + hundredths(value) for value in values.tolist()], dtype=np.int64)


def hundredths(value: float) -> int:
    """Return a rate in hundredths of a percent, rounded as it is written.

    Examples
    --------
    >>> hundredths(0.02501), hundredths(0.9)
    (250, 9000)
    """
    return int(f"{value * 100:.2f}".replace(".", ""))


def _counts(lesson: Lesson, name: str) -> Mapping[str, Ints]:
    """Return what was found of a criterion and among how many, by inspection: in its unit, disapproving households."""
    totals = lesson.assessment.tally.totals()

    def of(moment: str) -> Ints:
        column: Ints = totals[..., MOMENTS.index(moment)]
        return column

    if name == "incidence":
        return {}
    if name == "approval":
        asked = of("households").sum(axis=1)
        return {"found": asked - of("approvals").sum(axis=1), "asked": asked}
    unit, group = lesson.scenario.policy.units[name], EXITED if name == "wrong_exit" else UNREGISTERED
    return {"found": of(f"wrong_{unit}")[:, group], "asked": of(unit)[:, group]}
