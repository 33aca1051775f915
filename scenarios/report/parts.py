"""What an answer is made of, for every renderer alike: lines of text and tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Justify = Literal["left", "right"]


@dataclass(frozen=True)
class Text:
    """A line of text that stands out.

    Parameters
    ----------
    text : str
        Taken literally.
    style : str, default ""
        ``bold``, ``dim``, ``red``, ``green``, ``yellow`` or several of them; what cannot show it leaves it out, so no
        sense may hang on it.
    """

    text: str
    style: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    header, footer : str
        What stands above and below its cells.
    justify : {"left", "right"}
        Numbers stand at the right.
    wide : bool, default False
        Whether it holds sentences and takes what room there is.
    """

    header: str
    footer: str
    justify: Justify
    wide: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table.

    Parameters
    ----------
    cells : tuple of Text
        One a column.
    ends : bool
        Whether a group of rows ends here.
    """

    cells: tuple[Text, ...]
    ends: bool


@dataclass(eq=False)
class Table:
    """A table, built column by column and row by row.

    Examples
    --------
    >>> table = Table()
    >>> table.add_column("township")
    >>> table.add_column("villages", justify="right")
    >>> table.add_row("云岫镇", "20")
    >>> table.headers, [cell.text for cell in table.rows[0].cells]
    (['township', 'villages'], ['云岫镇', '20'])
    """

    columns: list[Column] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def add_column(self, header: str = "", *, justify: Justify = "left", footer: str = "", wide: bool = False) -> None:
        """Add a column, before any row."""
        self.columns.append(Column(header=header, footer=footer, justify=justify, wide=wide))

    def add_row(self, *cells: str | Text, style: str = "", ends: bool = False) -> None:
        """Add a row, one cell a column.

        Raises
        ------
        ValueError
            For a row of another length.
        """
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells in a table of {len(self.columns)} columns")
        made = tuple(Text(cell, style) if isinstance(cell, str) else cell for cell in cells)
        self.rows.append(Row(cells=made, ends=ends))

    @property
    def headers(self) -> list[str]:
        """The headers, one a column."""
        return [column.header for column in self.columns]

    @property
    def has_footer(self) -> bool:
        """Whether something stands below the cells."""
        return any(column.footer for column in self.columns)


Part = str | Text | Table
