"""The columns of a results table that say what a second visit recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sampler.errors import Mistake
from scenarios.files.columns import OBSERVATION_COLUMNS, normalised
from scenarios.files.sheets import Sheet
from scenarios.files.tables import Table, filled
from scenarios.questions.second_visits import SecondVisits

RECHECK_COLUMNS = ("recheck_wrong_persons", "recheck_approves")


def second_visits(table: Table) -> SecondVisits | None:
    """Return what second visits recorded; None where no row tells of one."""
    wrong, approves = (table.optional(name) for name in RECHECK_COLUMNS)
    if all(value is None for value in (*wrong, *approves)):
        return None
    return SecondVisits(
        wrong_persons=np.array([-1 if value is None else value for value in wrong], dtype=np.int64),
        approves=np.array([-1 if value is None else value for value in approves], dtype=np.int64),
    )


def recheck_mistakes(table: Table, groups: Sequence[str]) -> Iterator[Mistake]:
    """Yield second visits that recorded more wrong persons than live there, or any where nobody can be wrong."""
    name = RECHECK_COLUMNS[0]
    for i, (wrong, persons) in enumerate(zip(table.optional(name), table.typed("persons", int), strict=True)):
        if isinstance(wrong, int) and wrong:
            where = table.place(i, name)
            if groups[i] == "remaining":
                yield Mistake("wrong_in_remaining", {**where, "found": wrong, "allowed": 0})
            elif wrong > persons:
                yield Mistake("wrong_above_persons", {**where, "found": wrong, "allowed": persons})


def without_first_visit(mistakes: Sequence[Mistake], sheet: Sheet) -> Iterator[Mistake]:
    """Yield mistakes with the blanks of a household that only the second visit saw told as one, once a row."""
    orphans = {
        row: again
        for mistake in mistakes
        if _is_blank(mistake, "wrong_persons") and (again := _filled(sheet, row := int(mistake.fields["row"] or 0)))
    }
    told: set[int] = set()
    for mistake in mistakes:
        row = int(mistake.fields.get("row") or 0)
        if row not in orphans or not any(_is_blank(mistake, name) for name in _FIRST):
            yield mistake
        elif row not in told:
            told.add(row)
            yield Mistake("recheck_without_first", {**mistake.fields, "found": orphans[row]})


_FIRST = ("persons", "wrong_persons", "approves")


def _is_blank(mistake: Mistake, column: str) -> bool:
    headers = {normalised(header) for header in OBSERVATION_COLUMNS[column].headers}
    return mistake.code == "blank" and normalised(mistake.fields.get("column")) in headers


def _filled(sheet: Sheet, row: int) -> str:
    """Return the header of the first column about a second visit that is filled in a row, nothing where none is."""
    return next((header for name in RECHECK_COLUMNS if (header := filled(sheet, OBSERVATION_COLUMNS[name], row))), "")
