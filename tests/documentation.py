"""The generated part of the documentation: the table of rule sets and the pictures. `make docs` writes it anew."""

from __future__ import annotations

import sys
from pathlib import Path

from scenarios.files.policies import load_policy, policy_names
from scenarios.messages import LANGUAGES, Catalogue, catalogue
from scenarios.report.parts import Table, Text
from scenarios.report.policy_text import policy_text

PAGES = {"en": "policies.md", "zh": "policies.zh.md"}
_HEADS = {
    "en": (
        "# Rule sets, with their sources and assumptions",
        "What `choucha policies` shows, for reading without the program. A field marked 【ASSUMPTION】 has no source "
        "that settles it; a scenario can override any field, and the answer then says so.",
    ),
    "zh": (
        "# 规则集：每一条的来源与假定",
        "与 `choucha policies` 显示的内容相同。标【假定】的，没有公开来源能够确定；"
        "情景文件可以改动任何一项，结果中会写明。",
    ),
}


def policies_page(language: str) -> str:
    """Return the page of rule sets in Markdown."""
    words = catalogue(language)
    blocks = [*_HEADS[language]]
    for name in policy_names():
        blocks += _blocks(name, words)
    return "\n\n".join(blocks) + "\n"


def _blocks(name: str, words: Catalogue) -> list[str]:
    blocks = []
    for part in policy_text(load_policy(name), words):
        if isinstance(part, Table):
            blocks.append(_table(part))
        elif isinstance(part, Text):
            blocks.append(f"## {part.text}")
        elif part:
            blocks.append(part)
    return blocks


def _table(table: Table) -> str:
    if not any(table.headers):  # a list of notes
        return "\n".join(f"- {_escaped(row.cells[-1].text)}" for row in table.rows)
    rows = [table.headers, ["---"] * len(table.headers), *([cell.text for cell in row.cells] for row in table.rows)]
    return "\n".join(f"| {' | '.join(map(_escaped, row))} |" for row in rows)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def write(folder: Path) -> None:
    """Write the pages and the pictures."""
    from scenarios import load, run  # noqa: PLC0415
    from scenarios.questions.attribution import attribution, nearest_to_even  # noqa: PLC0415
    from scenarios.questions.inspection import inspect  # noqa: PLC0415
    from scenarios.report.attribution_figure import risk_map_picture, township_picture  # noqa: PLC0415
    from scenarios.report.curve_figure import curve_picture  # noqa: PLC0415
    from scenarios.report.inspection_figure import save_inspection_figure  # noqa: PLC0415

    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    scenario = load("example")
    curve = run(scenario)
    carried = attribution(curve.scenario, nearest_to_even(curve))
    inspection = inspect(scenario)
    for language in LANGUAGES:
        words = catalogue(language)
        (folder / PAGES[language]).write_text(policies_page(language), encoding="utf-8")
        drawn = {
            "curve": curve_picture(curve, words),
            "risk-map": risk_map_picture(carried, words),
            "townships": township_picture(carried, words),
        }
        for name, picture in drawn.items():
            assert picture is not None
            (pictures / f"{name}-{language}.png").write_bytes(picture.png)
        save_inspection_figure(inspection, words, pictures / f"map-{language}.png")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
