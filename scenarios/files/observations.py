"""The results of a real evaluation, one row a visited household, read with every mistake told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from estimators.interval import Floats
from sampler.draws import Observations
from sampler.errors import InputError, Mistake, refuse
from sampler.frame import GROUPS, Bools, Frame, Ints
from sampler.plan import STRATA
from scenarios.files.columns import OBSERVATION_COLUMNS, Value, normalised, stratum_name
from scenarios.files.layout import Remark
from scenarios.files.recheck_columns import RECHECK_COLUMNS, recheck_mistakes, second_visits, without_first_visit
from scenarios.files.sheets import Sheet, read_sheets
from scenarios.files.tables import County, Table, best_sheet, parse_table, read_county
from scenarios.files.village_matching import Villages, blanks, first_records, match_villages
from scenarios.questions.second_visits import SecondVisits

Names = Sequence[str]
T = TypeVar("T")

ONE_STRATUM = "all"  # the only stratum where neither the results nor a village list tell of any
_RESULT_SHEETS = ("observations", "观测", "入户结果")
_LIST_SHEET = "villages"
_RECHECK = ("recheck", "复核")
_WEIGHT_TOLERANCE = 0.005  # weights are printed rounded


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What a results file holds: n visited households in m villages of H strata.

    Parameters
    ----------
    observations : Observations
        One replicate. ``villages``, shape (1, m), points into `codes`; its columns are sorted by stratum and, inside
        one, by first appearance. ``stratum_sizes``, shape (H,), and ``block_sizes``, shape (1, m, 3), are 0 where they
        are not known; with a village list no block is unknown and 0 means that the village has no such household.
    codes : tuple of str
        Codes of all villages of the village list where there is one, else of the visited villages; a village without a
        code goes by its township and its name.
    strata : tuple of str, length H
        Names of the strata.
    weights : ndarray of float64, shape (n,), or None
        Stated weights, row by row; None where the column is absent or blank.
    frame : Frame or None
        The county of the village list, where there is one.
    second : SecondVisits or None
        What a re-check recorded, row by row; None where no row tells of one.
    ignored : tuple of str
        Headers of other columns about re-checks (``recheck_*``, 复核…), which are not read.
    remarks : tuple of Remark
        What was read otherwise than it stands, or not read.
    """

    observations: Observations
    codes: tuple[str, ...]
    strata: tuple[str, ...]
    weights: Floats | None
    frame: Frame | None
    second: SecondVisits | None
    ignored: tuple[str, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def remote_villages(self) -> Bools:
        """Whether each drawn village is remote: by the village list, else by the name of its stratum; shape (m,)."""
        if self.frame is not None:
            remote: Bools = self.frame.remote[self.observations.villages[0]]
            return remote
        named = np.array([STRATA[True] in name.split("/") for name in self.strata], dtype=bool)
        return named[self.observations.stratum]


def read_results(path: Path, *, village_list: Path | None = None) -> Results:
    r"""Read the results of an evaluation.

    A row names its village by code, or by township and name where the results or the list have no codes.
    Without a column ``stratum`` the strata are the ordinary and the remote villages of the list, or, without a list,
    one stratum ``all``. Where all names of strata are ordinary and remote (普通, 偏远), or ``all`` (全县), the list
    says how many villages each has; the file's own names have as many as ``stratum_villages`` says. A drawn village
    is one with a row: a village in which nobody was visited is not known to have been drawn.

    Parameters
    ----------
    path : Path
        A CSV, or a workbook: its sheet ``observations``, 观测 or 入户结果, else the first one with such a header. A
        sheet ``villages`` beside it is the village list.
    village_list : Path, optional
        The village list, as `read_county` takes it; it goes before the sheet ``villages``.

    Returns
    -------
    Results

    Raises
    ------
    InputError
        With every mistake found: first those of single cells, in both tables, then those between cells.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> text = "层,村代码,户类,人数,错退漏评人数,是否认可,本层村数\n偏远,B1,脱贫户,3,0,是,40\n普通,A1,脱贫户,4,1,是,200"
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "results.csv"
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     results = read_results(path)
    >>> results.strata, results.codes, results.observations.stratum_sizes, results.observations.slot
    (('ordinary', 'remote'), ('A1', 'B1'), array([200,  40]), array([1, 0]))
    """
    sheets = read_sheets(path)
    listed = village_list or next((path for sheet in sheets if sheet.name == _LIST_SHEET), None)
    table, wrong = _attempt(lambda: _results_table(sheets, path))
    county, wrong_in_list = _attempt(lambda: read_county(listed)) if listed else (None, ())
    if table is None or wrong_in_list:
        raise InputError([*wrong, *wrong_in_list])
    return _results(table, county)


def _attempt(read: Callable[[], T]) -> tuple[T | None, tuple[Mistake, ...]]:
    """Return what was read, or what was wrong with it, so that the next table can be looked at first."""
    try:
        return read(), ()
    except InputError as error:
        return None, error.mistakes


def _results_table(sheets: Sequence[Sheet], path: Path) -> Table:
    """Parse the sheet with a telling name, else the one whose header fits best."""
    named = [sheet for sheet in sheets if sheet.name in _RESULT_SHEETS]
    others = [sheet for sheet in sheets if sheet.name not in (_LIST_SHEET, "households")]
    sheet = best_sheet(named[:1] or others, OBSERVATION_COLUMNS)
    if sheet is not None:
        try:
            return parse_table(sheet, OBSERVATION_COLUMNS)
        except InputError as error:
            raise InputError(without_first_visit(error.mistakes, sheet)) from error
    if not any(cell is not None for sheet in sheets for row in sheet.rows for cell in row):
        raise refuse("file_empty", file=path.name)
    needed = [_told(name) for name, column in OBSERVATION_COLUMNS.items() if column.required]
    raise refuse("no_header", file=path.name, allowed=", ".join(needed))


def _told(name: str) -> str:
    """Return a column's names in both languages, and of the columns that serve in its place."""
    column = OBSERVATION_COLUMNS[name]
    told, instead = " ".join(column.headers[:2]), " + ".join(map(_told, column.instead))
    return f"{told} / {instead}" if instead else told


def _results(table: Table, county: County | None) -> Results:
    frame = None if county is None else county.frame
    villages, groups = match_villages(table, county), table.typed("group", str)
    codes = villages.codes
    listed = {} if frame is None else dict(zip(frame.codes, [STRATA[r] for r in frame.remote.tolist()], strict=True))
    names = _stratum_names(table, codes, listed)
    blocks = list(zip(codes, groups, strict=True))
    stratum_of = dict(zip(codes, names, strict=True))
    drawn, visited = Counter(stratum_of.values()), Counter(blocks)
    villages_of = _listed_villages(set(names), listed)
    rows = () if frame is None else zip(frame.codes, frame.group_households.tolist(), strict=True)
    households_of = {(code, group): size for code, sizes in rows for group, size in zip(GROUPS, sizes, strict=True)}
    wrong_villages = [*_stratum_mistakes(table, villages, names, listed), *villages.wrong]
    wrong = [
        *_household_mistakes(table, groups),
        *recheck_mistakes(table, groups),
        *wrong_villages,
        # A village that does not belong would be counted with the list's own.
        *_size_mistakes(
            table, "stratum_villages", names, drawn, {} if wrong_villages else villages_of, else_at=villages.column
        ),
        *_size_mistakes(table, "group_households", blocks, visited, households_of, else_at=villages.column),
        *blanks(table, "stratum"),
        *blanks(table, "weight", "number"),
    ]
    if wrong:
        raise InputError(sorted(wrong, key=lambda mistake: int(mistake.fields.get("row") or 0)))
    villages_of = {**_stated_sizes(table, "stratum_villages", names), **villages_of}
    households_of = {**_stated_sizes(table, "group_households", blocks), **households_of}
    expected = [
        villages_of.get(name, 0) / drawn[name] * (households_of.get(block, 0) / visited[block])
        for name, block in zip(names, blocks, strict=True)
    ]
    strata = tuple(dict.fromkeys(names))
    if set(strata) <= set(STRATA):
        # Those of the list without a visited village belong to the county too.
        strata = tuple(name for name in STRATA if name in villages_of or name in names)
    columns = sorted(stratum_of, key=lambda code: strata.index(stratum_of[code]))
    known = tuple(columns) if frame is None else frame.codes
    observations = Observations(
        villages=_places(columns, known)[None],
        stratum=_places([stratum_of[code] for code in columns], strata),
        stratum_sizes=np.array([villages_of.get(name, 0) for name in strata], dtype=np.int64),
        block_sizes=np.array([[[households_of.get((c, g), 0) for g in GROUPS] for c in columns]], dtype=np.int64),
        replicate=np.zeros(len(codes), dtype=np.int64),
        slot=_places(codes, columns),
        block=_places(groups, GROUPS),
        persons=np.array(table.typed("persons", int), dtype=np.int64),
        wrong_persons=np.array(table.typed("wrong_persons", int), dtype=np.int64),
        approves=np.array(table.typed("approves", bool), dtype=bool),
    )
    weights, ignored = _weights(table, np.array(expected)), _ignored(table)
    return Results(
        observations=observations,
        codes=known,
        strata=strata,
        weights=weights,
        frame=frame,
        second=second_visits(table),
        ignored=ignored,
        remarks=(*table.remarks, *(() if county is None else county.remarks)),
    )


def _places(names: Names, among: Names) -> Ints:
    """Return where each name stands among others."""
    place = {name: i for i, name in enumerate(among)}
    return np.array([place[name] for name in names], dtype=np.int64)


def _stated_sizes(table: Table, column: str, keys: Sequence[T]) -> dict[T, int]:
    """Return what a column says of each stratum or block; one row that says it is enough."""
    return {key: size for key, size in zip(keys, table.optional(column), strict=True) if isinstance(size, int)}


def _stratum_names(table: Table, codes: Names, listed: Mapping[str, str]) -> list[str]:
    """Return the stratum of each row."""
    stated = table.optional("stratum")
    if any(name is not None for name in stated):
        return [stratum_name(str(name)) for name in stated]
    return [listed.get(code, STRATA[0]) if listed else ONE_STRATUM for code in codes]


def _listed_villages(names: set[str], listed: Mapping[str, str]) -> dict[str, int]:
    """Return the villages of each stratum by the list, where the strata are the list's."""
    if names <= set(STRATA):
        return dict(Counter(listed.values()))
    return {ONE_STRATUM: len(listed)} if listed and names == {ONE_STRATUM} else {}


def _household_mistakes(table: Table, groups: Names) -> Iterator[Mistake]:
    pairs = zip(table.typed("persons", int), table.typed("wrong_persons", int), strict=True)
    for i, (persons, wrong) in enumerate(pairs):
        where = table.place(i, "wrong_persons")
        if persons == 0:
            yield Mistake("household_without_persons", table.place(i, "persons"))
        if wrong and groups[i] == "remaining":
            yield Mistake("wrong_in_remaining", {**where, "found": wrong, "allowed": 0})
        elif wrong > persons:
            yield Mistake("wrong_above_persons", {**where, "found": wrong, "allowed": persons})
    names = table.optional("household_id")
    for i, other in _conflicts(names, [None if name is None else i for i, name in enumerate(names)]):
        where = table.place(i, "household_id")
        yield Mistake("repeated_household_id", {**where, "found": names[i], "first_row": table.rows[other]})


def _stratum_mistakes(table: Table, villages: Villages, names: Names, listed: Mapping[str, str]) -> Iterator[Mistake]:
    """Yield villages that lie in two strata, or that the list has in the other stratum."""
    stated, codes = table.optional("stratum"), villages.codes
    for i, other in _conflicts(codes, [None if text is None else names[i] for i, text in enumerate(stated)]):
        at, row, here, there = table.place(i, "stratum"), table.rows[other], stated[i], stated[other]
        village = villages.named[i]
        yield Mistake("two_strata", {**at, "village": village, "found": here, "allowed": there, "first_row": row})
    same = listed if set(names) <= set(STRATA) else {}
    for code, i in first_records(codes).items():
        if stated[i] is not None and names[i] != same.get(code, names[i]):
            where = {**table.place(i, "stratum"), "found": stated[i], "village": villages.named[i]}
            yield Mistake(f"stratum_listed_{listed[code]}", where)


def _conflicts(keys: Sequence[T], values: Sequence[Value]) -> Iterator[tuple[int, int]]:
    """Yield (record, first record) where a key's value is another than at first; each other value once."""
    first: dict[T, int] = {}
    for (key, value), i in first_records(list(zip(keys, values, strict=True))).items():
        if value is not None and first.setdefault(key, i) != i:
            yield i, first[key]


def _size_mistakes(
    table: Table, column: str, keys: Sequence[T], taken: Mapping[T, int], listed: Mapping[T, int], *, else_at: str
) -> Iterator[Mistake]:
    """Yield sizes that contradict one another, the village list, or the number that was visited.

    Where the results say no size themselves, a mistake is told at the column `else_at`.
    """
    stated = table.optional(column)
    for i, other in _conflicts(keys, stated):
        where, row = table.place(i, column), table.rows[other]
        yield Mistake(f"{column}_differ", {**where, "found": stated[i], "allowed": stated[other], "first_row": row})
    saying = {key: i for i, key in reversed(list(enumerate(keys))) if stated[i] is not None}
    for key, i in {**first_records(keys), **saying}.items():
        said, size = stated[i], listed.get(key, stated[i])
        where = table.place(i, column if key in saying else else_at)
        if said is not None and said != size:
            yield Mistake("list_disagrees", {**where, "found": said, "allowed": size})
        if isinstance(size, int) and taken[key] > size:
            yield Mistake(f"{column}_exceeded", {**where, "found": taken[key], "allowed": size})


def _weights(table: Table, expected: Floats) -> Floats | None:
    """Return the stated weights; one mistake for all that are not what the sizes make them, 0 where not known."""
    weights = np.array([float(value) for value in table.optional("weight") if isinstance(value, int | float)])
    if not len(weights):
        return None
    wrong = np.flatnonzero((expected > 0) & (np.abs(weights - expected) > _WEIGHT_TOLERANCE * expected))
    if len(wrong):
        i = int(wrong[0])
        where, found, allowed = table.place(i, "weight"), f"{weights[i]:.6g}", f"{expected[i]:.6g}"
        rows = ", ".join(str(table.rows[i]) for i in wrong[:5])
        raise refuse("weight_disagrees", **where, found=found, allowed=allowed, count=len(wrong), rows=rows)
    return weights


def _ignored(table: Table) -> tuple[str, ...]:
    """Return the headers about re-checks that are no column's.

    The header row is the last row above the first record that is not blank.
    """
    above = reversed(table.sheet.rows[: table.rows[0] - 1])
    header = next(row for row in above if any(cell is not None for cell in row))
    known = {normalised(name) for column in RECHECK_COLUMNS for name in OBSERVATION_COLUMNS[column].headers}
    names = [str(cell).strip() for cell in header if cell is not None and normalised(cell).startswith(_RECHECK)]
    return tuple(name for name in names if normalised(name) not in known)
