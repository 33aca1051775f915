"""Make a folder from which a Windows PC without internet installs Choucha: wheels, a hashed list, one script.

    python .ci/offline.py TARGET [--python 3.12] [--platform win_amd64]

It is run by `make offline`, on any machine with internet.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from email import message_from_string
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-offline.lock"
SCRIPTS = ROOT / ".ci" / "windows"

# What markers of a requirement see on the target, not here.
WINDOWS = {
    "os_name": "nt",
    "sys_platform": "win32",
    "platform_system": "Windows",
    "platform_machine": "AMD64",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}
LINUX = WINDOWS | {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
}


def entries(lock: str) -> Iterator[str]:
    """Yield the requirements of a lock file, each with its hashes, as one line."""
    line = ""
    for raw in lock.splitlines():
        text = raw.strip()
        if not text or text.startswith("#"):
            continue
        line += text.removesuffix("\\")
        if not text.endswith("\\"):
            yield line
            line = ""


def environment(python: str, platform: str) -> dict[str, str]:
    """Return what markers see on the target."""
    system = WINDOWS if platform.startswith("win") else LINUX
    return {**system, "python_version": python, "python_full_version": f"{python}.0", "extra": ""}


def wanted(lock: str, target: Mapping[str, str]) -> Iterator[str]:
    """Yield the requirements that the target needs, without markers: there they hold."""
    for line in entries(lock):
        stated, _, hashes = line.partition(" --hash")
        requirement = Requirement(stated)
        if requirement.marker is None or requirement.marker.evaluate(dict(target)):
            yield f"{requirement.name}{requirement.specifier} --hash{hashes}"


def lacking(wheels: Path, target: Mapping[str, str]) -> set[str]:
    """Return what the wheels of a folder require on the target and nobody brought."""
    required, here = set(), set()
    for path in wheels.glob("*.whl"):
        with zipfile.ZipFile(path) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            about = message_from_string(wheel.read(name).decode("utf-8"))
        here.add(canonicalize_name(about["Name"]))
        for text in about.get_all("Requires-Dist") or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate(dict(target)):
                required.add(canonicalize_name(requirement.name))
    return required - here


def main() -> None:
    """Make the folder anew."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target", type=Path)
    parser.add_argument("--python", default="3.12")
    parser.add_argument("--platform", nargs="+", default=["win_amd64"])
    given = parser.parse_args()
    shutil.rmtree(given.target, ignore_errors=True)
    wheels = given.target / "wheels"
    wheels.mkdir(parents=True)
    listed = given.target / "requirements.txt"
    target = environment(given.python, given.platform[0])
    lines = wanted(LOCK.read_text(encoding="utf-8"), target)
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    only = ["--only-binary=:all:", "--implementation=cp", f"--python-version={given.python}"]
    only += [f"--platform={each}" for each in given.platform]
    subprocess.run([*pip, "download", "--no-deps", "--require-hashes", *only, "-r", listed, "-d", wheels], check=True)
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT], check=True)
    missing = lacking(wheels, target)
    if missing:
        sys.exit(f"not in {LOCK.name}: {', '.join(sorted(missing))}")
    # A batch file is read in the code page of the PC: 936 on a Chinese Windows.
    for script in SCRIPTS.iterdir():
        text = script.read_text(encoding="utf-8").replace("@PYTHON@", given.python)
        content = text.replace("\n", "\r\n").encode("gbk" if script.suffix == ".cmd" else "utf-8-sig")
        (given.target / script.name).write_bytes(content)
    size = sum(path.stat().st_size for path in wheels.iterdir()) / 1e6
    sys.stdout.write(f"{given.target}: {len(list(wheels.iterdir()))} wheels, {size:,.0f} MB\n")


if __name__ == "__main__":
    main()
