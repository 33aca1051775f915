"""How one inspection came about, in words: numbered steps with their tables, for a terminal and for a form's sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sampler.frame import GROUPS, Frame
from scenarios.files.field_form import Block, FormColumn
from scenarios.files.sheets import Cell
from scenarios.messages import Catalogue, clean
from scenarios.questions.account_facts import Account, Recheck, Shuffle, Stage, StandIns, StratumFacts
from scenarios.questions.inspection import Inspection
from scenarios.questions.lists import DrawnVillage
from scenarios.report.decision_text import decision_blocks
from scenarios.report.inspection_text import assumed_text
from scenarios.report.parts import Part, Table, Text
from scenarios.report.setting import provenance_line, setting
from scenarios.report.words import chance, chance_range


def steps_text(steps: Account, inspection: Inspection, words: Catalogue) -> Iterator[Part]:
    """Yield the answer of `choucha draw --steps`.

    Parameters
    ----------
    steps : Account
        The facts.
    inspection : Inspection
        What happened.
    words : Catalogue
        The language.
    """
    scenario = inspection.scenario
    yield Text(
        words.say("steps.title", name=clean(scenario.frame.name), number=f"{inspection.number:,}", seed=scenario.seed),
        style="bold",
    )
    if scenario.frame.synthetic:
        yield words.say("risk.synthetic")
    yield from setting(scenario, words)
    yield assumed_text(inspection, words)
    drawing = list(drawing_blocks(steps, inspection, words))
    for block in [*drawing, *decision_blocks(steps, inspection, words, after=len(drawing))]:
        yield ""
        yield Text(block.heading, style="bold")
        yield from block.lines
        if block.columns:
            yield block_table(block)
    yield provenance_line(scenario, words)


def block_table(block: Block) -> Table:
    """Return the table of a step."""
    table = Table()
    for column in block.columns:
        table.add_column(column.header, justify="left" if column.kind == "text" else "right")
    for row in block.rows:
        cells = zip(row, block.columns, strict=True)
        table.add_row(*(Text(shown(cell, column.kind)) for cell, column in cells))
    return table


def shown(cell: Cell, kind: str) -> str:
    """Return a cell as it is read.

    Examples
    --------
    >>> shown(0.125, "share"), shown(1234, "count"), shown(None, "text")
    ('12.50%', '1,234', '')
    """
    if cell is None:
        return ""
    if kind == "share":
        return chance(float(cell))
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def drawing_blocks(steps: Account, inspection: Inspection, words: Catalogue, *, doors: bool = True) -> Iterator[Block]:
    """Yield the steps from the list to those who are visited, numbered; closed doors are part of it if `doors`."""
    for number, block in enumerate(_drawing(steps, inspection, words, doors), start=1):
        yield replace(block, heading=words.say("steps.heading", number=number, text=block.heading))


def _drawing(steps: Account, inspection: Inspection, words: Catalogue, doors: bool) -> Iterator[Block]:
    yield _list_block(steps, inspection, words)
    for stage in steps.stages:
        yield _strata_block(stage, words)
        yield _villages_block(stage, steps.frame, words)
        if stage.name != "province":
            yield _households_block(stage, steps, words)
            if doors and inspection.scenario.fieldwork.absence:
                yield _doors_block(steps, words)
        elif steps.recheck is not None:
            yield _cells_block(steps.recheck, words)


def _list_block(steps: Account, inspection: Inspection, words: Catalogue) -> Block:
    frame = steps.frame
    counts = words.say(
        "steps.list",
        townships=len(set(frame.townships)),
        villages=f"{len(frame.codes):,}",
        households=f"{frame.group_households.sum():,}",
        persons=f"{frame.group_persons.sum():,}",
    )
    chance_comes = words.say("steps.random", seed=inspection.scenario.seed, number=f"{inspection.number:,}")
    return Block(heading=words.say("steps.heading_list"), lines=(counts, chance_comes))


def _strata_block(stage: Stage, words: Catalogue) -> Block:
    return Block(
        heading=words.say(f"steps.heading_strata_{stage.name}"),
        lines=(*_why_so_many(stage, words), *(_why_this_chance(stratum, words) for stratum in stage.strata)),
        columns=(
            FormColumn(header=words.say("draw.column_stratum")),
            FormColumn(header=words.say("draw.column_villages"), kind="count"),
            FormColumn(header=words.say("steps.column_households"), kind="count"),
            FormColumn(header=words.say("steps.column_persons"), kind="count"),
            FormColumn(header=words.say("draw.column_drawn"), kind="count"),
        ),
        rows=tuple((words.stratum(s.name), s.villages, s.households, s.persons, s.drawn) for s in stage.strata),
    )


def _why_so_many(stage: Stage, words: Catalogue) -> Iterator[str]:
    if stage.total is None:
        yield words.say("steps.allocation_stated", total=sum(stratum.drawn for stratum in stage.strata))
        return
    if len(stage.allocations) == 1:
        yield words.say("steps.allocation_one", total=stage.total)
        return
    whole = sum(each.weighted for each in stage.allocations)
    yield words.say("steps.allocation", total=stage.total, whole=f"{whole:,f}")
    for each in stage.allocations:
        yield words.say(
            "steps.allocation_stratum",
            stratum=words.stratum(each.stratum),
            villages=each.villages,
            factor=f"{each.factor.normalize():f}",
            weighted=f"{each.weighted:,f}",
            whole=f"{whole:,f}",
            total=stage.total,
            share=f"{each.share:.2f}",
            drawn=each.drawn,
        )
    yield words.say("steps.allocation_rounding")


def _why_this_chance(stratum: StratumFacts, words: Catalogue) -> str:
    fields = {"stratum": words.stratum(stratum.name), "drawn": stratum.drawn, "villages": f"{stratum.villages:,}"}
    if stratum.drawn in (0, stratum.villages):
        return words.say("steps.chance_all" if stratum.drawn else "steps.chance_none", **fields)
    fields["design"] = words.say(f"design.{stratum.selection}")
    if stratum.measure is None:
        return words.say("steps.chance_equal", chance=chance(stratum.low), **fields)
    size = words.say(f"size.{stratum.measure}")
    range_ = chance_range([stratum.low, stratum.high])
    return words.say("steps.chance_size", size=size, whole=f"{stratum.size:,.0f}", chance=range_, **fields)


def _villages_block(stage: Stage, frame: Frame, words: Catalogue) -> Block:
    sized = [FormColumn(header=words.say("steps.column_size"), kind="count")] if stage.sizes else []
    sizes: tuple[tuple[int, ...], ...] = tuple((round(size),) for size in stage.sizes) or ((),) * len(stage.villages)
    key = "steps.villages_province" if stage.name == "province" else "steps.villages"
    return Block(
        heading=words.say(f"steps.heading_villages_{stage.name}"),
        lines=(words.say(key),),
        columns=(
            FormColumn(header=words.say("steps.column_order"), kind="count"),
            FormColumn(header=words.say("check.column_township")),
            FormColumn(header=words.say("draw.column_village")),
            FormColumn(header=words.say("draw.column_stratum")),
            *sized,
            FormColumn(header=words.say("draw.column_chance"), kind="share"),
            *(FormColumn(header=words.say(f"group.{group}"), kind="share_of") for group in GROUPS),
        ),
        rows=tuple(
            (
                drawn.number,
                clean(frame.townships[drawn.village]),
                clean(frame.villages[drawn.village]),
                words.stratum(drawn.stratum),
                *size,
                drawn.chance,
                *_shares(drawn, words),
            )
            for drawn, size in zip(stage.villages, sizes, strict=True)
        ),
    )


def _shares(drawn: DrawnVillage, words: Catalogue) -> Iterator[str]:
    for taken, there in zip(drawn.wanted, drawn.there, strict=True):
        yield words.say("draw.visited", taken=taken, of=there)


def _households_block(stage: Stage, steps: Account, words: Catalogue) -> Block:
    take = [
        words.say("risk.plan_take", group=words.say(f"group.{group}"), count=count)
        for group, count in zip(GROUPS, stage.takes, strict=True)
        if count
    ]
    lines = [words.say("steps.households", take=words.say("place.joiner").join(take) or words.say("risk.none"))]
    if stage.key:
        lines.append(words.say("risk.plan_key"))
    if stage.hamlets:
        lines += [words.say("risk.plan_hamlets", hamlets=stage.hamlets), words.say("steps.hamlets_given")]
    if steps.shuffle is not None:
        lines.append(_shuffle_text(steps.shuffle, steps.frame, words))
    lines.append(words.say("steps.household_chance" if steps.recheck is None else "steps.household_chance_spot"))
    if steps.recheck is not None:
        lines.append(words.say("steps.twice", count=steps.recheck.twice))
    return Block(heading=words.say(f"steps.heading_households_{stage.name}"), lines=tuple(lines))


def _shuffle_text(shuffle: Shuffle, frame: Frame, words: Catalogue) -> str:
    joiner = words.say("place.enumeration")
    return words.say(
        "steps.shuffle",
        township=clean(frame.townships[shuffle.village]),
        village=clean(frame.villages[shuffle.village]),
        group=words.say(f"group.{GROUPS[shuffle.group]}"),
        size=shuffle.size,
        taken=len(shuffle.places),
        places=joiner.join(map(str, shuffle.places)),
        reserves=joiner.join(map(str, shuffle.reserves)),
    )


def _doors_block(steps: Account, words: Catalogue) -> Block:
    absent = sum(len(each.absent) for each in steps.stand_ins)
    instead = sum(len(each.instead) for each in steps.stand_ins)
    lines = [words.say("steps.doors" if absent else "steps.doors_none", absent=absent, instead=instead)]
    if steps.recheck is not None:
        lines.append(words.say("steps.doors_revisit", absent=steps.recheck.absent, instead=steps.recheck.instead))
    return Block(
        heading=words.say("steps.heading_doors"),
        lines=tuple(lines),
        columns=tuple(
            FormColumn(header=words.say(f"{key}"))
            for key in (
                "check.column_township",
                "draw.column_village",
                "steps.column_group",
                "steps.column_absent",
                "steps.column_instead",
            )
        )
        if steps.stand_ins
        else (),
        rows=tuple(_doors_row(each, steps.frame, words) for each in steps.stand_ins),
    )


def _doors_row(each: StandIns, frame: Frame, words: Catalogue) -> tuple[Cell, ...]:
    joiner = words.say("place.enumeration")
    return (
        clean(frame.townships[each.village]),
        clean(frame.villages[each.village]),
        words.say(f"group.{GROUPS[each.group]}"),
        joiner.join(map(str, each.absent)),
        joiner.join(map(str, each.instead)) or words.say("risk.unavailable"),
    )


def cell_table(recheck_cells: Recheck, words: Catalogue) -> tuple[tuple[FormColumn, ...], tuple[tuple[Cell, ...], ...]]:
    """Return the cells of the questionnaires as a table: sizes, how many are drawn, and the shares that makes."""
    columns = (
        FormColumn(header=words.say("check.column_township")),
        FormColumn(header=words.say("form.column_result")),
        *(
            FormColumn(header=words.say(f"form.column_{name}"), kind="count")
            for name in ("questionnaires", "desk", "revisit")
        ),
        *(
            FormColumn(header=words.say(f"form.column_{name}"), kind="share")
            for name in ("desk_share", "revisit_share")
        ),
    )
    rows = tuple(
        (
            clean(cell.township),
            words.say("form.result_error" if cell.error else "form.result_clean"),
            cell.size,
            cell.desk,
            cell.revisit,
            cell.desk / cell.size,
            cell.revisit / cell.size,
        )
        for cell in recheck_cells.cells
    )
    return columns, rows


def _cells_block(recheck: Recheck, words: Catalogue) -> Block:
    columns, rows = cell_table(recheck, words)
    lines = (
        words.say(
            "steps.questionnaires", count=f"{recheck.questionnaires:,}", errors=recheck.errors, cells=len(recheck.cells)
        ),
        words.say("steps.cells"),
        words.say(
            "steps.rechecked",
            desk=sum(cell.desk for cell in recheck.cells),
            revisit=sum(cell.revisit for cell in recheck.cells),
        ),
    )
    return Block(heading=words.say("steps.heading_cells"), lines=lines, columns=columns, rows=rows)
