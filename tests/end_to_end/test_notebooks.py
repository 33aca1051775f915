"""Notebooks run, show their figures, and say what they say in the repository."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from notebook_runner import FOLDER, ROOT, executed, figures, told

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_says_what_it_says_here(path: Path) -> None:
    kept = nbformat.read(path, as_version=4)
    nbformat.validate(kept)
    now = executed(path)
    assert told(now) == told(kept)
    assert figures(now) == figures(kept) >= 3
    text = path.read_text(encoding="utf-8")
    assert not any("error" in output["output_type"] for cell in kept.cells for output in cell.get("outputs", []))
    assert str(ROOT) not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_figures_have_words_for_who_cannot_see_them(path: Path) -> None:
    kept = nbformat.read(path, as_version=4)
    outputs = [output for cell in kept.cells if cell.cell_type == "code" for output in cell.outputs]
    shown = [output for output in outputs if "image/png" in output.get("data", {})]
    assert shown
    assert all(output["metadata"]["image/png"]["alt"] for output in shown)
