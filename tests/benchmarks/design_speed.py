"""Samples a second of each design, beside the R package `sampling` on the same probabilities in the same run."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import seconds
from sampler.design import Units, inclusion_probabilities
from sampler.designs import DESIGNS
from sampler.streams import Purpose, stream_starts

_FRAMES = ((154, 12), (257, 29))
_SAMPLES = 100_000
_RUNS = 5
_THEIR_SECONDS = 0.5  # for each design
_HOW = "install R with the package sampling (Debian: r-base-core r-cran-sampling)"
_PATIENCE = 300  # seconds
_WIDTH = 36

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Peer:
    """Another program's draws of one design: its function, samples a second, and how far a unit's count lies off."""

    function: str
    speed: float
    off: float


def report() -> Iterator[str]:
    """Yield a table for each frame."""
    for size, drawn in _FRAMES:
        rng = np.random.default_rng(size)
        chance = inclusion_probabilities(rng.lognormal(0, 0.5, size), drawn)
        units = Units(chance=chance, location=rng.random((size, 2)))
        peers, told = _sampling(chance)
        title = f"samples a second, {drawn} of {size} units"
        yield f"{title:<{_WIDTH}} {'tables, s':>10} {'samples':>12} {'off':>5}  {told}"
        for name in DESIGNS:
            yield from _compared(name, units, peers)
        yield "off: the largest deviation of a unit's inclusions from what they should be, in standard errors"
        yield ""


def _compared(name: str, units: Units, peers: Mapping[str, list[_Peer]]) -> Iterator[str]:
    """Yield a line for ours, and one for each way of the peer's to draw it."""
    starts = stream_starts(1, Purpose.VILLAGES, np.arange(_SAMPLES))
    # Tables are made once, with the first sample; a compiled draw is compiled before.
    DESIGNS[name].make(units).draw(starts[:1])
    tables = min(seconds(lambda: DESIGNS[name].make(units).draw(starts[:1]), runs=3))
    design = DESIGNS[name].make(units)
    speed = _SAMPLES / statistics.median(seconds(lambda: design.draw(starts), runs=_RUNS))
    counts = np.bincount(design.draw(starts).ravel(), minlength=len(units.chance))
    yield f"{name:<{_WIDTH}} {tables:>10.3f} {speed:>12,.0f} {_off(counts, design.first, _SAMPLES):>5.1f}"
    for peer in peers.get(name, []):
        times = f"ours is {speed / peer.speed:,.0f} x"
        yield f"{'  R sampling::' + peer.function:<{_WIDTH + 11}} {peer.speed:>12,.0f} {peer.off:>5.1f}  {times}"


def _off(counts: NDArray[np.int64], chance: Floats, samples: int) -> float:
    return float(np.abs((counts - samples * chance) / np.sqrt(samples * chance * (1 - chance))).max())


def _sampling(chance: Floats) -> tuple[Mapping[str, list[_Peer]], str]:
    """Return what R does on these probabilities by design, and its versions or why there is nothing."""
    command = shutil.which("Rscript")
    if command is None:
        return {}, f"R: absent; {_HOW}"
    script = Path(__file__).with_name("peers") / "designs.R"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "probabilities.txt"
        file.write_text("\n".join(f"{p:.17g}" for p in chance), encoding="utf-8")
        line = [command, str(script), str(file), str(_THEIR_SECONDS)]
        try:
            done = subprocess.run(line, check=False, capture_output=True, encoding="utf-8", timeout=_PATIENCE)
        except (OSError, subprocess.TimeoutExpired) as error:
            return {}, f"R sampling: failed; {error}"
    if done.returncode:
        return {}, f"R sampling: failed; {' '.join(done.stderr.split()[-20:])} (if something is missing: {_HOW})"
    peers: dict[str, list[_Peer]] = {}
    *rows, (_, *versions, _) = (row.split(",") for row in done.stdout.splitlines())
    for name, samples, passed, inclusions in rows:
        design, _, function = name.partition("/")
        first = np.full(len(chance), chance.sum() / len(chance)) if DESIGNS[design].size == "ignored" else chance
        off = _off(np.array(inclusions.split(), dtype=np.int64), first, int(samples) + 1)
        peers.setdefault(design, []).append(_Peer(function=function, speed=int(samples) / float(passed), off=off))
    return peers, f"R {versions[0]}, sampling {versions[1]}"
