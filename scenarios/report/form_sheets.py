"""A draw as a form for the field, in a language: what each sheet says and holds. It alone names households."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sampler.frame import GROUPS, Frame
from sampler.recheck import SpotCheck
from scenarios.files.columns import OBSERVATION_COLUMNS, in_language
from scenarios.files.field_form import SHEETS, Block, Form, FormColumn, FormSheet, Kind, form_file
from scenarios.files.sheets import Cell
from scenarios.messages import LANGUAGES, Catalogue, catalogue, clean
from scenarios.provenance import provenance
from scenarios.questions.account import account
from scenarios.questions.account_facts import Account
from scenarios.questions.inspection import Inspection
from scenarios.questions.lists import Entry, Roster
from scenarios.report.account_text import cell_table, drawing_blocks
from scenarios.report.inspection_text import assumed_text
from scenarios.report.setting import plan_lines

_PAGE_ROWS = 12  # so many rows a village, on average, are worth a page


def form_files() -> frozenset[str]:
    """Return the names of the files that a form's folder may hold, in any language.

    Examples
    --------
    >>> "01-封面.csv" in form_files() and "01-cover.csv" in form_files()
    True
    """
    languages = [catalogue(language) for language in LANGUAGES]
    return frozenset(form_file(key, words.say(f"form.sheet_{key}")) for words in languages for key in SHEETS)


def draw_form(
    inspection: Inspection, lists: Roster, words: Catalogue, *, command: str, reserves: int, office: bool = False
) -> Form:
    """Return the form of a draw.

    Parameters
    ----------
    inspection : Inspection
        What happened; of what was found nothing stands in the form.
    lists : Roster
        Its lists.
    words : Catalogue
        The language.
    command : str
        What makes the same form again.
    reserves : int
        How many reserves were asked for.
    office : bool
        Whether it is the office's copy of a spot check: with what the province recorded of each household, and the
        probabilities and reserves that would give it away. A field copy leaves the re-visits blind.
    """
    steps = account(inspection, lists)
    sheets = _Sheets(inspection, lists, steps, words, office=office)
    made = provenance(inspection.scenario)
    return Form(
        sheets=(sheets.cover(command, reserves), *sheets.tables(), sheets.steps()),
        footer=words.say(
            "form.footer",
            name=clean(inspection.scenario.frame.name),
            seed=made.seed,
            number=f"{inspection.number:,}",
            sha256=made.sha256[:12],
        ),
        page=words.say("form.page", page="{page}", pages="{pages}"),
        yes=words.say("value.yes"),
        no=words.say("value.no"),
    )


class _Sheets:
    """The sheets of one form."""

    def __init__(
        self, inspection: Inspection, lists: Roster, steps: Account, words: Catalogue, *, office: bool
    ) -> None:
        self.inspection, self.lists, self.account, self.words = inspection, lists, steps, words
        self.frame, self.office = inspection.scenario.frame, office
        self.spot = isinstance(inspection.scenario.plan, SpotCheck)
        self.columns = _Columns(self.frame, lists, words)

    def text(self, key: str, **fields: object) -> str:
        """Return one of the form's own texts."""
        return self.words.say(f"form.{key}", **fields)

    def sheet(self, key: str, *blocks: Block) -> FormSheet:
        title = self.text(f"title_{key}_spot" if self.spot and key == "visits" else f"title_{key}")
        return FormSheet(key=key, name=self.text(f"sheet_{key}"), title=title, blocks=blocks)

    # The cover

    def cover(self, command: str, reserves: int) -> FormSheet:
        """Return what the form is, how it was drawn, and how to draw it again."""
        scenario, made = self.inspection.scenario, provenance(self.inspection.scenario)
        rows: list[tuple[str, str]] = [
            ("county", clean(self.frame.name) + (self.text("synthetic") if self.frame.synthetic else "")),
            ("scenario", clean(scenario.name)),
            *(("plan" if i == 0 else "", line) for i, line in enumerate(plan_lines(scenario, self.words))),
            ("lists", self._sizes()),
            ("seed", str(made.seed)),
            ("number", f"{self.inspection.number:,}"),
            ("sha256", made.sha256),
            ("version", ", ".join(f"{name} {version}" for name, version in made.versions.items())),
            *([("assumed", f"{assumed_text(self.inspection, self.words)}{self.text('assumed')}")] if self.spot else []),
            ("again", self.text("again", command=command)),
            ("order", self.text("order", reserves=reserves)),
            ("stand_in", self.text("stand_in")),
            ("fill", self.text("fill_spot" if self.spot else "fill")),
            *([("copy", self.text("copy_office" if self.office else "copy_field"))] if self.spot else []),
            *([] if self.frame.household_ids is not None else [("households", self.text("households"))]),
            ("privacy", self.text("privacy")),
        ]
        plain = (FormColumn(header="", kind="label"), FormColumn(header="", kind="wrap"))
        told = tuple((self.text(f"cover_{key}") if key else "", text) for key, text in rows)
        return self.sheet("cover", Block(columns=plain, rows=told))

    def _sizes(self) -> str:
        lists, split = self.lists, self.lists.fresh_from - 1
        if not self.spot:
            return self.text("sizes", villages=len(lists.villages), households=f"{len(lists.visits):,}")
        return self.text(
            "sizes_spot",
            villages=split,
            fresh=len(lists.villages) - split,
            desk=len(lists.desk),
            revisit=len(lists.revisit),
            households=len(lists.visits),
            twice=sum(entry.again for entry in lists.visits),
        )

    # The tables

    def tables(self) -> Iterator[FormSheet]:
        """Yield the lists."""
        yield self.sheet("villages", self._villages())
        if self.spot:
            yield self.sheet("revisit", self._revisit())
        yield self.sheet("visits", self._visits())
        yield self.sheet("reserves", self._reserves())
        if self.spot:
            yield self.sheet("desk", self._desk())
            if self.office:
                yield self.sheet("revisit_reserves", self._revisit_reserves())
            yield self.sheet("cells", self._cells())

    def steps(self) -> FormSheet:
        """Return the account of the draw: from the list to those who are to be visited, and no findings."""
        blocks = drawing_blocks(self.account, self.inspection, self.words, doors=False)
        return self.sheet("steps", *blocks)

    def _villages(self) -> Block:
        words, villages = self.words, self.lists.villages
        columns: dict[str, tuple[Kind, Sequence[Cell]]] = {
            "form.column_row": ("count", [drawn.number for drawn in villages]),
            "check.column_township": ("text", [clean(self.frame.townships[drawn.village]) for drawn in villages]),
            "draw.column_village": ("text", [clean(self.frame.villages[drawn.village]) for drawn in villages]),
            "estimate.column_village_code": ("text", [clean(self.frame.codes[drawn.village]) for drawn in villages]),
            "draw.column_stratum": ("text", [words.stratum(drawn.stratum) for drawn in villages]),
            "form.column_design": ("text", [words.say(f"design.{drawn.selection}") for drawn in villages]),
            "draw.column_chance": ("share", [drawn.chance for drawn in villages]),
        }
        made = {words.say(key): column for key, column in columns.items()}
        for g, group in enumerate(GROUPS):
            name = words.say(f"group.{group}")
            made[self.text("column_there", group=name)] = ("count", [drawn.there[g] for drawn in villages])
            made[self.text("column_wanted", group=name)] = ("count", [drawn.wanted[g] for drawn in villages])
        made[self.text("column_in_all")] = ("count", [sum(drawn.wanted) for drawn in villages])
        return _block(made, self.text("note_villages_spot" if self.spot else "note_villages"))

    def _visits(self) -> Block:
        visits, columns = self.lists.visits, self.columns
        made = columns.who(visits) | columns.parts(visits) | columns.order(visits) | columns.chances(visits)
        if self.spot:
            marks: list[Cell] = [self.text("once") if entry.again else None for entry in visits]
            made[self.text("column_once")] = ("text", marks)
        made |= columns.to_fill(visits)
        note = self.text("note_visits_spot" if self.spot else "note_visits")
        return replace(columns.block(made, note), pages=_pages(visits))

    def _reserves(self) -> Block:
        made = self.columns.who(self.lists.reserves) | self.columns.order(self.lists.reserves, "rank")
        made[self.text("column_replaces")] = ("fill", [None] * len(self.lists.reserves))
        made |= self.columns.to_fill(self.lists.reserves)
        return self.columns.block(made, self.text("note_reserves"))

    def _revisit(self) -> Block:
        revisit, columns = self.lists.revisit, self.columns
        made = columns.who(revisit)
        if self.office:
            made |= columns.recorded(revisit) | columns.chances(revisit)
        made |= columns.to_fill(revisit)
        note = self.text("note_revisit_office" if self.office else "note_revisit")
        return replace(columns.block(made, note), pages=_pages(revisit))

    def _desk(self) -> Block:
        desk, columns = self.lists.desk, self.columns
        made = columns.who(desk)
        if self.office:
            made |= columns.recorded(desk) | columns.chances(desk, weighted=False)
        made[self.text("column_sound")] = ("fill_yes_no", [None] * len(desk))
        made[self.text("column_remarks")] = ("fill", [None] * len(desk))
        return columns.block(made, self.text("note_desk"))

    def _revisit_reserves(self) -> Block:
        spare, columns = self.lists.revisit_reserves, self.columns
        made = columns.who(spare) | columns.recorded(spare) | columns.order(spare, "rank")
        made[self.text("column_replaces")] = ("fill", [None] * len(spare))
        made |= columns.to_fill(spare)
        return columns.block(made, self.text("note_revisit_reserves"))

    def _cells(self) -> Block:
        assert self.account.recheck is not None  # noqa: S101 - of a spot check
        columns, rows = cell_table(self.account.recheck, self.words)
        return Block(lines=(self.text("note_cells"),), columns=columns, rows=rows)


Columns = dict[str, tuple[Kind, Sequence[Cell]]]


class _Columns:
    """The columns of lists of households, by their headers."""

    def __init__(self, frame: Frame, lists: Roster, words: Catalogue) -> None:
        self.frame, self.words = frame, words
        self.villages = {drawn.number: drawn for drawn in lists.villages}

    def who(self, entries: Sequence[Entry]) -> Columns:
        """Return the columns that say which household it is, under headers that `choucha estimate` reads."""
        frame, words = self.frame, self.words
        villages = [self.villages[entry.number].village for entry in entries]
        households = np.array([entry.household for entry in entries], dtype=np.int64)
        _, groups = in_language(
            {"group": [GROUPS[entry.group] for entry in entries]}, OBSERVATION_COLUMNS, words.language
        )
        made: Columns = {
            "row": ("count", list(range(1, len(entries) + 1))),
            "stratum": ("text", [words.stratum(self.villages[entry.number].stratum) for entry in entries]),
            "village_code": ("text", [clean(frame.codes[village]) for village in villages]),
            "township": ("text", [clean(frame.townships[village]) for village in villages]),
            "village": ("text", [clean(frame.villages[village]) for village in villages]),
            "group": ("text", [row[0] for row in groups]),
            "household_id": ("text", [clean(name) for name in frame.household_names(households)]),
            "persons": ("count", frame.household_persons[households].tolist()),
        }
        if frame.household_key.any():
            key = frame.household_key[households].tolist()
            made["key"] = ("text", [words.say("value.yes") if marked else None for marked in key])
        return self._named(made)

    def _named(self, columns: Mapping[str, tuple[Kind, Sequence[Cell]]]) -> Columns:
        return {self.words.say(f"form.column_{name}"): column for name, column in columns.items()}

    def parts(self, entries: Sequence[Entry]) -> Columns:
        """Return what a household is visited for, where some are not for the takes alone."""
        if all(entry.part == "ordinary" for entry in entries):
            return {}
        return self._named({"part": ("text", [self.words.say(f"form.part_{entry.part}") for entry in entries])})

    def order(self, entries: Sequence[Entry], name: str = "order") -> Columns:
        """Return the place in the random order."""
        return self._named({name: ("count", [entry.order for entry in entries])})

    def chances(self, entries: Sequence[Entry], *, weighted: bool = True) -> Columns:
        """Return inclusion probability and weight."""
        made: Columns = {"chance": ("share", [entry.chance for entry in entries])}
        if weighted:
            made["weight"] = ("weight", [entry.weight for entry in entries])
        return self._named(made)

    def recorded(self, entries: Sequence[Entry]) -> Columns:
        """Return what the province recorded."""
        return self._named({"recorded": ("count", [entry.recorded for entry in entries])})

    def to_fill(self, entries: Sequence[Entry]) -> Columns:
        """Return the columns for the team."""
        empty: Sequence[Cell] = [None] * len(entries)
        return self._named(
            {"wrong_persons": ("fill_count", empty), "approves": ("fill_yes_no", empty), "remarks": ("fill", empty)}
        )

    def block(self, columns: Columns, note: str) -> Block:
        """Return columns as a table."""
        return _block(columns, note, upper=self.words.say("form.column_persons"))


def _pages(entries: Sequence[Entry]) -> tuple[int, ...]:
    """Return the rows where another village begins, for a page of its own: teams part by village.

    None where villages have few rows, which would waste paper.
    """
    starts = [i for i in range(1, len(entries)) if entries[i].number != entries[i - 1].number]
    return tuple(starts) if len(entries) >= _PAGE_ROWS * (len(starts) + 1) else ()


def _block(columns: Columns, note: str, upper: str = "") -> Block:
    return Block(
        lines=(note,),
        columns=tuple(FormColumn(header=header, kind=kind, upper=upper) for header, (kind, _) in columns.items()),
        rows=tuple(zip(*(values for _, values in columns.values()), strict=True)),
    )
