"""What is being written reaches the disk each second, not only when it is complete."""

import time
from pathlib import Path

import pytest

from edge_agent.capture import keeper
from edge_agent.capture.keeper import Keeper
from edge_agent.capture.plan import Files
from edge_agent.capture.settings import CaptureSettings

EVERY = 0.05


def test_open_segments_are_forced_to_the_disk_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(keeper, "sync", lambda path: synced.append(path.name))
    files = Files("presenter", 0)
    keeping = Keeper(tmp_path, CaptureSettings(sync_seconds=EVERY), lambda _: None)

    keeping.opened(files, 0, 0.0)
    until = time.monotonic() + 5
    while synced.count(files.segment(0)) < 3 and time.monotonic() < until:
        time.sleep(EVERY)
    keeping.opened(files, 1, 60.0)
    while files.segment(1) not in synced and time.monotonic() < until:
        time.sleep(EVERY)
    keeping.end()

    assert synced.count(files.segment(0)) >= 3
    assert synced[-1] == files.segment(1)
    assert CaptureSettings().sync_seconds == 1.0
