"""The folder for a PC without internet: what it lists for its target, and that its scripts can be read there."""

from __future__ import annotations

import importlib.util
import re
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / ".ci" / "windows").iterdir())


@pytest.fixture(scope="module")
def offline() -> ModuleType:
    spec = importlib.util.spec_from_file_location("offline", ROOT / ".ci" / "offline.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_markers_are_those_of_the_target_and_not_of_this_machine(offline: ModuleType) -> None:
    lock = (
        "# a comment\n"
        "plain==1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "windows==2.0 ; sys_platform == 'win32' \\\n    --hash=sha256:cc\n"
        "unix==3.0 ; sys_platform != 'win32' \\\n    --hash=sha256:dd\n"
        "old==4.0 ; python_full_version < '3.12' \\\n    --hash=sha256:ee\n"
    )
    named = {
        (python, platform): [line.split(" ")[0] for line in offline.wanted(lock, offline.environment(python, platform))]
        for python in ("3.11", "3.12")
        for platform in ("win_amd64", "manylinux2014_x86_64")
    }
    assert named["3.12", "win_amd64"] == ["plain==1.0", "windows==2.0"]
    assert named["3.11", "win_amd64"] == ["plain==1.0", "windows==2.0", "old==4.0"]
    assert named["3.12", "manylinux2014_x86_64"] == ["plain==1.0", "unix==3.0"]
    (first, *_) = offline.wanted(lock, offline.environment("3.12", "win_amd64"))
    assert re.sub(r" +", " ", first) == "plain==1.0 --hash=sha256:aa --hash=sha256:bb"


def test_the_lock_brings_all_that_is_declared(offline: ModuleType) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["pdf"]]
    lines = offline.wanted(offline.LOCK.read_text(encoding="utf-8"), offline.environment("3.12", "win_amd64"))
    locked = {canonicalize_name(requirement.name): requirement for requirement in map(_without_hashes, lines)}
    for text in declared:
        requirement = Requirement(text)
        (pin,) = locked[canonicalize_name(requirement.name)].specifier
        assert pin.operator == "=="
        assert requirement.specifier.contains(pin.version)


def _without_hashes(line: str) -> Requirement:
    assert "--hash=sha256:" in line
    return Requirement(line.partition(" --hash")[0])


def test_a_requirement_that_nobody_brought_is_seen(offline: ModuleType, tmp_path: Path) -> None:
    about = (
        "Metadata-Version: 2.1\nName: A_b\nVersion: 1\nRequires-Dist: c-d>=1\nRequires-Dist: e; sys_platform=='linux'\n"
    )
    with zipfile.ZipFile(tmp_path / "a_b-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a_b-1.dist-info/METADATA", about)
    assert offline.lacking(tmp_path, offline.environment("3.12", "win_amd64")) == {"c-d"}
    assert offline.lacking(tmp_path, offline.environment("3.12", "manylinux2014_x86_64")) == {"c-d", "e"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_can_be_read_on_a_chinese_windows(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert text.encode("gbk").decode("gbk") == text
    if script.suffix == ".cmd":
        # cmd ends a block in brackets at any ) that is not escaped or quoted.
        labels = set(re.findall(r"^:(\w+)", text, re.MULTILINE))
        assert set(re.findall(r"goto (\w+)", text)) <= labels
        inside = [line for line in text.splitlines() if line.startswith("  echo")]
        assert [line for line in inside if re.search(r"(?<!\^)[()]", line)] == []
