import shutil

import pytest

from benchmarks.start_button import measure


def test_a_touch_is_measured_to_the_slowest_track() -> None:
    """Once each: the figures themselves are for `make bench`."""
    for program in ("mosquitto", "ffmpeg"):
        if not shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/usr/local/bin"):
            pytest.skip(f"not installed: {program} (`make setup` installs it)")

    waits = measure(1)

    assert list(waits) == ["closed", "watched"]
    for (seconds,) in waits.values():
        assert 0.05 < seconds < 10, "no ffmpeg starts so fast, and no touch waits so long"
