import shutil

import pytest

from benchmarks.recording import measure


def test_the_running_agent_is_measured_against_a_bare_ffmpeg() -> None:
    """Short: the figures themselves are for `make bench`."""
    for program in ("mosquitto", "ffmpeg"):
        if not shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/usr/local/bin"):
            pytest.skip(f"not installed: {program} (`make setup` installs it)")

    cpu, memory = measure(5)

    assert (cpu.name, memory.name) == ("recording.cpu", "recording.memory")
    assert 0.5 < cpu.value < 3, "seconds of one side were divided by those of the other"
    assert "bare ffmpeg" in cpu.against
    assert 30 < memory.value < 300, "not an agent's memory"
