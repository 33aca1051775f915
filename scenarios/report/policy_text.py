"""A rule set with the source of every field."""

from __future__ import annotations

from collections.abc import Iterator

from estimators.policy import Policy, Source
from scenarios.messages import Catalogue
from scenarios.report.parts import Part, Table, Text
from scenarios.report.setting import policy_value


def policy_text(policy: Policy, words: Catalogue) -> Iterator[Part]:
    """Yield a policy with the source of every field, assumptions marked."""
    title = policy.titles.get(words.language, policy.name)
    yield Text(words.say("policies.title", name=policy.name, title=title), style="bold")
    yield words.say("policies.date", date=policy.date)
    table = Table()
    for column in ("field", "value", "source"):
        table.add_column(words.say(f"policies.column_{column}"), wide=column == "source")
    for name, source in policy.sources.items():
        value = policy_value(policy, name, words)
        if name.startswith("limits."):
            criterion = name.removeprefix("limits.")
            way = "under" if criterion == "approval" else "over"
            value = words.say(f"policies.{way if policy.tests(criterion) else 'untested'}", limit=value)
        table.add_row(words.say(f"field.{name}"), value, backing(source, words))
    yield table
    if policy.notes:
        yield words.say("policies.notes")
        notes = Table()
        notes.add_column()
        notes.add_column()
        for note in policy.notes:
            notes.add_row(" ·", backing(note, words))
        yield notes
        yield ""


def backing(source: Source, words: Catalogue) -> str:
    """Return a source or a note as it is read: the mark of an assumption, the words, the address."""
    mark = f"【{words.say('policies.assumption')}】" if source.assumption else ""
    return f"{mark}{source.texts[words.language]} {source.url}".strip()
