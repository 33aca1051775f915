"""Notebooks executed and brought into one form, so that the same code gives the same file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def executed(path: Path) -> NotebookNode:
    """Return a notebook with the outputs that it has now; raises where a cell does."""
    notebook = nbformat.read(path, as_version=4)
    # The kernel imports what stands in this checkout.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number:02d}"
        cell.metadata.pop("execution", None)  # when it ran
    notebook.metadata = _METADATA
    return notebook


def told(notebook: NotebookNode) -> list[str]:
    """Return every text that the code of a notebook printed or showed, tables among it, figures not."""
    found = []
    for output in _outputs(notebook):
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        if "image/png" not in output.get("data", {}):
            found.append(text)
    return found


def figures(notebook: NotebookNode) -> int:
    """Return how many figures a notebook shows."""
    return sum("image/png" in output.get("data", {}) for output in _outputs(notebook))


def _outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


if __name__ == "__main__":
    for each in sorted(FOLDER.glob("*.ipynb")) if len(sys.argv) == 1 else map(Path, sys.argv[1:]):
        nbformat.write(executed(each), each)
