import shutil

import pytest

from benchmarks.recorder import run

BALLAST = 400 << 20


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="not installed: ffmpeg (`make setup`)")
def test_the_recorder_alone_is_measured_and_not_who_started_it() -> None:
    """Short: the figures themselves are for `make bench`."""
    ballast = bytearray(BALLAST)
    cpu, memory = run(3)

    assert (cpu.name, memory.name) == ("recorder.cpu", "recorder.memory")
    assert 0.5 < cpu.value < 4, "seconds of one side were divided by those of the other"
    assert 30 < memory.value < 300 < len(ballast) / 1e6
