"""The documentation is true: its table of rule sets, its links, and every command in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from documentation import PAGES, policies_page

from scenarios.messages import LANGUAGES, catalogue
from scenarios.shells.cli import build

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TRANSLATED = sorted((ROOT / "docs").glob("*.zh.md"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_rule_sets_is_what_the_program_shows(language: str) -> None:
    page = (ROOT / "docs" / PAGES[language]).read_text(encoding="utf-8")
    assert page == policies_page(language), "run `make docs`"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    local = [target.partition("#")[0] for target in targets if not target.startswith(("http://", "https://", "#"))]
    assert [target for target in local if not (path.parent / target).exists()] == []
    pictures = re.findall(r"!\[([^\]]*)\]", text)
    assert all(pictures), "a picture without words"


def commands(path: Path) -> Iterator[str]:
    """Yield every command of a page: lines of its code blocks, and code in its text."""
    text = path.read_text(encoding="utf-8")
    for fence in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        yield from (line.split("  #")[0].strip() for line in fence.splitlines() if line.startswith("choucha "))
    yield from re.findall(r"`(choucha [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_command_can_be_given(path: Path) -> None:
    group = build(catalogue("en"))
    for line in commands(path):
        name, *rest = shlex.split(line)[1:] or ["--help"]
        if name.startswith("-"):
            continue
        assert name in group.commands, f"{path.name}: {line}"
        known = {opt for each in group.commands[name].params if isinstance(each, click.Option) for opt in each.opts}
        given = {word.partition("=")[0] for word in rest if word.startswith("--")}
        assert given <= known | {"--help"}, f"{path.name}: {line}"


def test_the_commands_are_found() -> None:
    assert sum(len(list(commands(path))) for path in DOCUMENTS) > 80


@pytest.mark.parametrize("path", TRANSLATED, ids=named)
def test_both_languages_show_the_same_commands_and_pictures(path: Path) -> None:
    other = path.with_name(path.name.replace(".zh.md", ".md"))
    assert other.exists()

    def shown(page: Path) -> list[str]:
        options = [" ".join(re.findall(r"(?<= )--[a-z-]+", line)) for line in commands(page)]
        kept = [each.replace("--lang", "").strip() for each in options]
        return sorted(kept) + sorted(re.findall(r"pictures/(\w+)-", page.read_text(encoding="utf-8")))

    assert shown(path) == shown(other)
