"""The answers of a sweep as one table, a row a cell and error level; written as Parquet, CSV or XLSX."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sampler.errors import refuse
from scenarios.engines.chance import QUESTIONS
from scenarios.files.atomic import write_atomically
from scenarios.files.field_form import neutral
from scenarios.store import Store
from scenarios.sweep import Sweep, mistakes_in

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".xlsx", ".parquet")
_ABOUT = ("county", "synthetic", "villages", "rural_persons")
_MOST_ROWS = 1_048_575  # of a worksheet, under its header


def sweep_table(sweep: Sweep, store: Store) -> pd.DataFrame:
    """Return the answers so far.

    Returns
    -------
    DataFrame
        By row: number of the cell from 1, its county, what varies, the error level (``…_level``), the chances of
        failing by question, their standard errors (``…_se``) and engines (``…_engine``), populations and inspections
        behind them; ``refused`` names the mistakes of a cell that could not be answered.
    """
    import pandas as pd  # noqa: PLC0415 - half a second

    return pd.DataFrame([row for number, text in store.answers() for row in _rows(sweep, number, json.loads(text))])


def _rows(sweep: Sweep, number: int, record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    about = {"cell": number + 1, **{key: record.get(key) for key in _ABOUT}}
    about |= {key: plain(value) for key, value in sweep.cells[number].varied.items()}
    mistakes = mistakes_in(record)
    if mistakes:
        yield {**about, "refused": ", ".join(dict.fromkeys(each.code for each in mistakes))}
    for point in record.get("points", ()):
        yield {
            **about,
            **{f"{key}_level": value for key, value in point["level"].items()},
            **{question: point["chance"][question] for question in QUESTIONS},
            **{f"{question}_se": point["standard_error"][question] for question in QUESTIONS},
            **{f"{question}_engine": point["engine"][question] for question in QUESTIONS},
            "populations": point["populations"],
            "inspections": point["inspections"],
            "refused": None,
        }


def plain(value: Any) -> str | int | float:
    """Return a value of a scenario's file as a cell of a table.

    Examples
    --------
    >>> plain(Decimal("0.02")), plain({"ordinary": 17, "remote": 12}), plain(["remote", "township"])
    (0.02, 'ordinary 17, remote 12', 'remote, township')
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(str(plain(each)) for each in value)
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def require_sweep_suffix(path: Path) -> None:
    """Refuse a table's name that says nothing of its format, or of one that is not installed.

    Raises
    ------
    InputError
        ``table_suffix``, ``extra_missing``.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise refuse("table_suffix", file=path.name, found=path.suffix, allowed=", ".join(SUFFIXES))
    if path.suffix.lower() == ".parquet":
        try:
            import pyarrow  # noqa: F401, PLC0415
        except ImportError as error:
            raise refuse("extra_missing", key=path.name, found="pyarrow", allowed="choucha[cluster]") from error


def write_sweep_table(table: pd.DataFrame, path: Path) -> None:
    """Write the table, whole or not at all; no text in it is ever taken for a formula.

    Raises
    ------
    InputError
        ``cannot_write``; ``too_many_rows`` for a worksheet.
    """
    suffix, buffer = path.suffix.lower(), io.BytesIO()
    if suffix == ".parquet":
        table.to_parquet(buffer, index=False)
    elif suffix == ".csv":
        texts = table.select_dtypes(exclude="number").columns
        safe = table.assign(**{name: table[name].map(neutral, na_action="ignore") for name in texts})
        buffer.write(safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))
    else:
        if len(table) > _MOST_ROWS:
            raise refuse("too_many_rows", file=path.name, found=f"{len(table):,}", allowed=f"{_MOST_ROWS:,}")
        _write_workbook(table, buffer)
    write_atomically(path, buffer.getvalue())


def _write_workbook(table: pd.DataFrame, buffer: io.BytesIO) -> None:
    import pandas as pd  # noqa: PLC0415

    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    with pd.ExcelWriter(buffer, engine="xlsxwriter", engine_kwargs=options) as book:
        table.to_excel(book, sheet_name="sweep", index=False, freeze_panes=(1, 1))
        book.sheets["sweep"].autofit()
