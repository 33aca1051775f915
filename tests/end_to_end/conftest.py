"""What every end-to-end test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from choucha_command import Inside


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside(tmp_path, monkeypatch, capsys)
