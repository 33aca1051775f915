"""What a village list holds, and what of it was read otherwise than it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sampler.frame import GROUPS, Frame
from scenarios.files.layout import Remark
from scenarios.messages import Catalogue, clean
from scenarios.report.parts import Part, Table, Text


def remarks_text(remarks: Sequence[Remark], words: Catalogue) -> Iterator[Part]:
    """Yield what of a list was read otherwise than it stands, or not read."""
    if remarks:
        yield words.say("remark.title")
    for each in remarks:
        told = {key: _told(value, words) for key, value in each.fields.items()}
        yield f"  {words.say(f'remark.{each.code}', **told)}"


def _told(value: str | int, words: Catalogue) -> str:
    """Return a field of a remark: numbers of rows one after the other."""
    return clean(value).replace(", ", words.say("place.enumeration")) if isinstance(value, str) else f"{value:,}"


def check_text(frame: Frame, words: Catalogue, file: str) -> Iterator[Part]:
    """Yield what a village list holds: its counts by township and in all."""
    yield Text(words.say("check.title", file=clean(file)), style="bold")
    yield words.say("check.county", name=clean(frame.name))
    yield words.say(
        "check.villages",
        villages=len(frame.codes),
        townships=len(set(frame.townships)),
        remote=int(frame.remote.sum()),
        poor=int(frame.poor_village.sum()),
    )
    key = "check.sizes_synthesised" if frame.sizes_synthesised else "check.sizes_listed"
    yield words.say(key, households=f"{len(frame.household_persons):,}")
    yield township_table(frame, words)


def township_table(frame: Frame, words: Catalogue) -> Table:
    """Return the counts of each township and of the county."""
    table = Table()
    sums = [len(frame.codes), int(frame.remote.sum())]
    for g in range(len(GROUPS)):
        sums += [int(frame.group_households[:, g].sum()), int(frame.group_persons[:, g].sum())]
    heads = [words.say("check.column_villages"), words.say("check.column_remote")]
    for group in GROUPS:
        named = words.say(f"group.{group}")
        heads += [words.say("check.column_households", group=named), words.say("check.column_persons", group=named)]
    table.add_column(words.say("check.column_township"), footer=words.say("check.total"))
    for head, total in zip(heads, sums, strict=True):
        table.add_column(head, footer=f"{total:,}", justify="right")
    for township in dict.fromkeys(frame.townships):
        members = [i for i, name in enumerate(frame.townships) if name == township]
        row = [len(members), int(frame.remote[members].sum())]
        for g in range(len(GROUPS)):
            row += [int(frame.group_households[members, g].sum()), int(frame.group_persons[members, g].sum())]
        table.add_row(Text(clean(township)), *(f"{count:,}" for count in row))
    return table
