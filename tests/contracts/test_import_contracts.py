"""The import contracts: the project keeps them, and a planted breach of each is caught and named.

`.importlinter` holds the contracts a linter can check. What it cannot see (calls of builtins, imports by
a computed name, scripts that lie in no package) is read from the syntax trees, with breaches of its own.
"""

from __future__ import annotations

import ast
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sampler", "estimators", "scenarios")
CORE = ("sampler", "estimators")
CONTRACT_SECTION = "importlinter:contract:"
CACHES = shutil.ignore_patterns("__pycache__", "*.pyc", "*.nbi", "*.nbc")

_config = ConfigParser()
_config.read(ROOT / ".importlinter", encoding="utf-8")
CONTRACTS = {
    section.removeprefix(CONTRACT_SECTION): _config[section]
    for section in _config.sections()
    if section.startswith(CONTRACT_SECTION)
}


def listed(contract: str, option: str) -> tuple[str, ...]:
    """The lines of a contract's option."""
    return tuple(CONTRACTS[contract][option].split())


# What the linter checks


@dataclass(frozen=True)
class Lint:
    status: int
    text: str


def lint(root: Path, *contracts: str) -> Lint:
    """Run the linter in `root`, on all contracts or those named; `root` comes first on its path."""
    limits = [word for contract in contracts for word in ("--contract", contract)]
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
            *limits,
        ],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONUTF8": "1", "COLUMNS": "500", "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Lint(run.returncode, run.stdout + run.stderr)


def copy_code(target: Path) -> Path:
    """Copy the code of the three packages, and the contracts, to `target`."""
    for package in PACKAGES:
        for source in sorted((ROOT / package).rglob("*.py")):
            copy = target / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
    shutil.copyfile(ROOT / ".importlinter", target / ".importlinter")
    return target


def plant(root: Path, module: str, code: str) -> None:
    """Append `code` to a module; one that does not exist yet is made, with the packages above it."""
    *parents, _ = module.split(".")
    folder = root
    for parent in parents:
        folder /= parent
        if not (folder / "__init__.py").exists():
            folder.mkdir(exist_ok=True)
            (folder / "__init__.py").touch()
    path = root.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{code}\n")


@dataclass(frozen=True)
class Breach:
    """Code planted by module, and the import that the linter must then name."""

    contract: str
    code: Mapping[str, str]
    link: tuple[str, str]

    def __str__(self) -> str:
        return f"{self.contract}: {self.link[0]} to {self.link[1]}"


def breach(contract: str, importer: str, imported: str, *, code: str = "import {}", via: str = "") -> Breach:
    """`importer` imports `imported`, where `via` is given by way of that module, in the words of `code`."""
    chain = [importer, *([via] if via else []), imported]
    own = dict.fromkeys((module for module in chain if module.split(".")[0] in PACKAGES), "")
    own.update({first: code.format(second) for first, second in pairwise(chain)})
    return Breach(contract, own, (chain[-2], imported))


LAZY = "def planted():\n    import {}"
FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {}"
# Each room, and the rooms it must not know: all that stand before it.
ROOMS = ("shells.cli", "shells.web", "report", "figures", "questions", "engines", "scenario")
# Libraries that one room, or one name of module, keeps to itself.
FENCED = {
    "matplotlib": "matplotlib-in-figures",
    "pydantic": "pydantic-in-files",
    "pydantic_core": "pydantic-in-files",
    "numba": "numba-in-kernels",
    "llvmlite": "numba-in-kernels",
}

BREACHES = [
    breach("three-layers", "sampler.frame", "scenarios"),
    breach("three-layers", "sampler.frame", "estimators.policy", code=LAZY),
    breach("three-layers", "estimators.policy", "scenarios.scenario", code=FOR_TYPES),
    *(breach("scenario-layers", f"scenarios.{low}", f"scenarios.{high}") for high, low in pairwise(ROOMS)),
    breach("scenario-layers", "scenarios.planning", "scenarios.questions"),
    breach("scenario-layers", "scenarios.questions", "scenarios.planning"),
    breach("scenario-layers", "scenarios.planning", "scenarios.figures"),
    breach("scenario-layers", "scenarios.engines.planted", "scenarios.shells.cli", code=LAZY),
    breach("scenario-layers", "scenarios.engines.planted", "scenarios.report", via="scenarios.messages"),
    breach("pure-core", "sampler.planted", "csv", code=LAZY),
    breach("pure-core", "estimators.policy", "urllib", code="from {}.request import urlopen"),
    breach("pure-core", "estimators.policy", "rich", via="sampler.planted"),
    breach("matplotlib-in-figures", "scenarios.messages", "matplotlib"),
    breach("matplotlib-in-figures", "scenarios.report", "matplotlib", code="from {}.figure import Figure"),
    breach("pydantic-in-files", "scenarios.scenario", "pydantic"),
    breach("pydantic-in-files", "estimators.policy", "pydantic", code=FOR_TYPES),
    breach("numba-in-kernels", "scenarios.engines.planted", "numba"),
    *(
        breach(contract, f"{package}.planted", library, code=LAZY)
        for library, contract in FENCED.items()
        for package in PACKAGES
    ),
    breach("hidden-truth", "estimators.policy", "sampler.population", code="from sampler import population"),
    breach("hidden-truth", "sampler.plan", "sampler.population", code=LAZY),
    breach("hidden-truth", "sampler.streams", "sampler.population", code=FOR_TYPES),
    breach("hidden-truth", "sampler.draws", "sampler.population"),
    breach("hidden-truth", "estimators.counts", "sampler.population", via="sampler.planted"),
    breach("hidden-truth", "sampler.plan", "sampler.population", via="sampler.planted"),
    breach("strange-rules", "estimators.rules.planted", "estimators.rules.official"),
    breach("strange-rules", "estimators.rules.one", "estimators.rules.two", via="estimators.planted"),
    breach("strange-intervals", "estimators.intervals.one", "estimators.intervals.two", code=LAZY),
    breach("strange-designs", "sampler.designs.one", "sampler.designs.two"),
    breach("strange-effects", "sampler.village_effects.one", "sampler.village_effects.two"),
    breach("rich-on-terminals", "scenarios.report.planted", "rich", code=LAZY),
    breach("rich-on-terminals", "scenarios.files.planted", "rich", code="from {}.table import Table"),
    breach("strange-renderers", "scenarios.report.renderers.one", "scenarios.report.renderers.two"),
]

# Imports that look like breaches and are none, by module.
ALLOWED = {
    "scenarios.figures": "import matplotlib",
    "scenarios.figures.planted": LAZY.format("matplotlib"),
    "scenarios.files": "import pydantic, pydantic_core",
    "scenarios.files.planted": "import pydantic_core\nimport json",
    "sampler.kernels": "import numba, llvmlite",
    "estimators.kernels": "import numba",
    "scenarios.engines.kernels": LAZY.format("numba"),
    "scenarios.report": "import scenarios.figures",
    "scenarios.questions.planted": "import scenarios.engines",
    "sampler.planted": "import sampler.population",
    "estimators.rules": "import estimators.rules.official",
    "estimators.intervals": "import estimators.intervals.one",
    "estimators.intervals.one": "import sampler.frame",
}


def test_the_project_keeps_its_contracts() -> None:
    result = lint(ROOT)
    assert result.status == 0, result.text
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in result.text


@pytest.mark.parametrize("planted", BREACHES, ids=str)
def test_a_planted_breach_is_caught_and_named(planted: Breach, tmp_path: Path) -> None:
    copy_code(tmp_path)
    for module, code in planted.code.items():
        plant(tmp_path, module, code)
    result = lint(tmp_path, planted.contract)
    assert result.status == 1, result.text
    assert f"{CONTRACTS[planted.contract]['name']} BROKEN" in result.text
    assert f"{planted.link[0]} -> {planted.link[1]} (" in result.text


def test_no_contract_is_without_a_planted_breach() -> None:
    assert {planted.contract for planted in BREACHES} == set(CONTRACTS)


def test_each_module_the_core_must_not_import_is_caught(tmp_path: Path) -> None:
    """A name that the linter could not see would be caught by no one."""
    forbidden = listed("pure-core", "forbidden_modules")
    plant(copy_code(tmp_path), "estimators.planted", "\n".join(f"import {module}" for module in forbidden))
    result = lint(tmp_path, "pure-core")
    assert result.status == 1, result.text
    assert [name for name in forbidden if f"estimators.planted -> {name} (" not in result.text] == []


def test_allowed_imports_pass(tmp_path: Path) -> None:
    copy_code(tmp_path)
    for module in sorted(ALLOWED, reverse=True):  # what lies in a package comes before the package itself
        plant(tmp_path, module, ALLOWED[module])
    result = lint(tmp_path)
    assert result.status == 0, result.text


def test_no_module_hides_from_the_linter() -> None:
    """It skips a folder without `__init__.py`; the only such one holds the example county's script."""
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    hidden = {path.parent for path in files if not (path.parent / "__init__.py").exists()}
    assert hidden <= {ROOT / "scenarios" / "data" / "counties"}


# What the linter cannot see

# Who may import these, by any way of importing.
ONLY_IN = {
    "matplotlib": "scenarios.figures",
    "pydantic": "scenarios.files",
    "pydantic_core": "scenarios.files",
    "numba": "kernels",
    "llvmlite": "kernels",
}
CORE_BUILTINS = {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open"}
# Ways to a file or a screen through libraries that the core may import.
CORE_ATTRIBUTES = {
    *("fromfile", "genfromtxt", "load", "loadtxt", "memmap", "save", "savetxt", "savez", "tofile"),
    *(f"read_{kind}" for kind in ("csv", "excel", "feather", "html", "json", "parquet", "pickle", "sql")),
    *(f"to_{kind}" for kind in ("csv", "excel", "feather", "html", "json", "parquet", "pickle", "sql")),
    *("stderr", "stdin", "stdout"),
}


def imports_of(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each absolute import with its line: at the top, in a function, or by name (`import_module("x")`)."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, node.lineno) for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module, node.lineno
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name, node.lineno


def may_import(module: str, imported: str) -> bool:
    """Whether `module` is of the one room (or has the one name) that may import `imported`."""
    room = ONLY_IN.get(imported)
    if room == "kernels":
        return module.rpartition(".")[2] == room
    return room is None or f"{module}.".startswith(f"{room}.")


def faults(module: str, source: str) -> list[str]:
    """The breaches in one module: the fault and its line."""
    tree = ast.parse(source)
    core = module.partition(".")[0] in CORE
    forbidden = set(listed("pure-core", "forbidden_modules")) if core else set()
    found = [
        f"{module}:{line} imports {name}"
        for name, line in imports_of(tree)
        for top in (name.partition(".")[0],)
        if top in forbidden or not may_import(module, top)
    ]
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="print") if not module.startswith("scenarios.shells."):
                found.append(f"{module}:{node.lineno} uses print")
            case ast.Name(id=name) if core and name in CORE_BUILTINS:
                found.append(f"{module}:{node.lineno} uses {name}")
            case ast.Attribute(attr=name) if core and name in CORE_ATTRIBUTES:
                found.append(f"{module}:{node.lineno} uses .{name}")
    return found


def modules_under(root: Path) -> Iterator[tuple[str, str]]:
    """Every Python file of the three packages, scripts outside any package too: dotted name and source."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path.read_text(encoding="utf-8")


def test_the_project_has_no_fault_the_linter_cannot_see() -> None:
    modules = list(modules_under(ROOT))
    assert {name.partition(".")[0] for name, _ in modules} == set(PACKAGES)
    assert [fault for name, source in modules for fault in faults(name, source)] == []


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("sampler.frame", "import numba", "imports numba"),
        ("scenarios.engines.exact", LAZY.format("numba"), "imports numba"),
        ("scenarios.engines.exact", "from numba.typed import List", "imports numba.typed"),
        ("scenarios.engines.exact", "importlib.import_module('numba')", "imports numba"),
        ("scenarios.engines.exact", "__import__('llvmlite.ir')", "imports llvmlite.ir"),
        ("scenarios.kernels.exact", "import numba", "imports numba"),
        ("scenarios.data.counties.script", "import matplotlib.pyplot", "imports matplotlib.pyplot"),
        ("scenarios.figures_old", "import matplotlib", "imports matplotlib"),
        ("scenarios.report.html", "import_module('matplotlib')", "imports matplotlib"),
        ("scenarios.scenario", "from pydantic import BaseModel", "imports pydantic"),
        ("scenarios.scenario", LAZY.format("pydantic_core"), "imports pydantic_core"),
        ("sampler.frame", "import pathlib", "imports pathlib"),
        ("estimators.policy", LAZY.format("urllib.request"), "imports urllib.request"),
        ("estimators.policy", "from socket import socket", "imports socket"),
        ("estimators", "import sqlite3", "imports sqlite3"),
        ("sampler.frame", "open('x')", "uses open"),
        ("sampler.frame", "eval('1')", "uses eval"),
        ("estimators.policy", "input()", "uses input"),
        ("sampler.frame", "pd.read_csv('x')", "uses .read_csv"),
        ("sampler.frame", "np.savetxt('x', a)", "uses .savetxt"),
        ("estimators.counts", "sys.stdout.write('x')", "uses .stdout"),
        ("sampler.plan", "print('x')", "uses print"),
        ("scenarios.engines.exact", "run(progress=print)", "uses print"),
        ("scenarios.report.terminal", LAZY.format("sys") + "\n    print(sys.path)", "uses print"),
    ],
)
def test_a_planted_fault_is_found(module: str, source: str, fault: str) -> None:
    assert [text.split(" ", 1)[1] for text in faults(module, source)] == [fault]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sampler.kernels", LAZY.format("numba")),
        ("scenarios.figures", "import matplotlib"),
        ("scenarios.figures.curve", "from matplotlib.figure import Figure"),
        ("scenarios.files.documents", "import json\nfrom pydantic import BaseModel\nopen('x')"),
        ("scenarios.shells.cli", "print('x')"),
        ("sampler.frame", 'import numpy as np\n"""print(open)"""'),
        ("estimators.policy", "from . import counts"),
    ],
)
def test_what_is_allowed_is_no_fault(module: str, source: str) -> None:
    assert faults(module, source) == []


# What is imported, and what is shipped


def is_ours(name: str, found: Path, owners: Iterable[str], shipped: Iterable[Path]) -> bool:
    """Whether a package is the checkout's or our distribution's, and no other distribution owns its name."""
    return {*owners} <= {"choucha"} and found in {ROOT / name / "__init__.py", *shipped}


@pytest.mark.parametrize("name", PACKAGES)
def test_the_imported_packages_are_ours(name: str) -> None:
    try:
        ours = distribution("choucha")
    except PackageNotFoundError:  # a checkout that is not installed
        shipped = []
    else:
        shipped = [Path(str(ours.locate_file(file))).resolve() for file in ours.files or ()]
    found = Path(str(importlib.import_module(name).__file__)).resolve()
    assert is_ours(name, found, packages_distributions().get(name, ()), shipped)


def test_a_foreign_package_is_not_ours(tmp_path: Path) -> None:
    ours, foreign = ROOT / "sampler" / "__init__.py", tmp_path / "sampler" / "__init__.py"
    assert is_ours("sampler", ours, [], [])
    assert is_ours("sampler", foreign, ["choucha"], [foreign])
    assert not is_ours("sampler", foreign, [], [])
    assert not is_ours("sampler", ours, ["choucha", "another"], [])


def test_the_wheel_holds_the_three_packages_and_nothing_else(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, project / package, ignore=CACHES)
    for folder in ("tests", "notebooks", "extra"):  # what lies beside the packages must stay out
        plant(project, f"{folder}.planted", "")
    for name in ("pyproject.toml", ".gitignore"):
        shutil.copyfile(ROOT / name, project / name)
    for name in ("README.md", "LICENSE"):
        (project / name).write_text("In place of the real one.\n", encoding="utf-8")
    packed = {
        path.relative_to(project).as_posix()
        for name in PACKAGES
        for path in (project / name).rglob("*")
        if path.is_file()
    }

    run = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
        cwd=project,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (wheel,) = (tmp_path / "dist").iterdir()
    with ZipFile(wheel) as archive:
        files = set(archive.namelist())
    tops = {file.partition("/")[0] for file in files}
    (metadata,) = tops - set(PACKAGES)
    assert metadata.startswith("choucha-")
    assert metadata.endswith(".dist-info")
    assert {file for file in files if not file.startswith(metadata)} == packed
