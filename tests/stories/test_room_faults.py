"""What goes wrong in the room itself: disk, clock, camera, a PC that is switched on late."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.devices.rtsp import RtspCamera
from tests.stories import recorded
from tests.stories.school import LATE_SECONDS, School

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]

SECONDS = 12.0
DAY = 86_400
SMALL_DISK = 40 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """`small_disk("room")` mounts 40 MiB there. Needs root."""
    mounted: list[Path] = []

    def mount(name: str) -> Path:
        place = tmp_path / name
        place.mkdir()
        if os.geteuid() != 0:
            pytest.skip("a small disk needs root, to mount a tmpfs")
        command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "lectern-test", place]
        if (done := subprocess.run(command, capture_output=True, text=True)).returncode:
            pytest.skip(f"a small disk needs the right to mount: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", place], check=True)


def test_an_agent_started_in_mid_lesson(
    school: School, patterns: list[dict[str, object]], figure: Callable[[str, str], None]
) -> None:
    school.open(patterns)
    school.stop("agent")
    meeting = school.timetable(SECONDS, ahead=1.0)
    school.until(meeting.starts_at, 4)
    started = datetime.now(UTC).timestamp()
    school.start_agent()
    published = school.published(meeting)

    (take,) = school.takes(meeting)
    (span,) = recorded.spans(school, meeting)
    recorded.begins_after_restart(span, started, figure)
    recorded.lasts_until(span, meeting.ends_at.timestamp(), figure)
    recorded.shows(school, meeting, published, [span], figure)
    assert take.end_reason == "bell"


def test_the_rooms_disk_is_full(
    school: School,
    patterns: list[dict[str, object]],
    small_disk: Callable[[str], Path],
    figure: Callable[[str, str], None],
) -> None:
    disk = small_disk("room")
    limits = {"full_disk_bytes": 20 << 20, "low_disk_bytes": 22 << 20, "disk_seconds": 0.5}
    school.open(patterns, recording=limits)
    first = school.timetable(SECONDS)
    school.until(first.starts_at, 6)
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    ballast.write_bytes(bytes(free - (19 << 20)))
    published = school.published(first)
    (take,) = school.takes(first)
    seen = school.plays(first, published)
    figure("recorded before the disk was full", f"{seen:.1f} s")
    assert take.end_reason == "disk_full"

    school.until(first.ends_at)
    second = school.timetable(6)
    school.wait(lambda: bool(school.events("lectern.lesson.missed")), 20, "a lesson was missed")
    (missed,) = (
        each for each in school.events("lectern.lesson.missed") if each["lesson"] == second.lesson
    )
    assert "disk" in missed["why"]

    school.until(second.ends_at)
    ballast.unlink()
    third = school.timetable(6)
    assert school.plays(third, school.published(third)) > 0


def test_the_fleets_disk_is_full(
    school: School,
    patterns: list[dict[str, object]],
    small_disk: Callable[[str], Path],
    figure: Callable[[str, str], None],
) -> None:
    disk = small_disk("fleet")
    school.fleet_env["LECTERN_LOW_DISK_BYTES"] = str(10 << 20)
    school.open(patterns)
    meeting = school.timetable(SECONDS)
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    ballast.write_bytes(bytes(free - (8 << 20)))
    school.until(meeting.ends_at, 2)
    assert school.takes(meeting) == []
    assert school.is_present()
    ballast.unlink()
    made_room = time.monotonic()
    # The fleet asks rooms to come back after a minute (Retry-After).
    published = school.published(meeting, 100)

    figure("published after there was room again", f"{time.monotonic() - made_room:.1f} s")
    recorded.whole(school, meeting, published, figure)


def test_the_rooms_clock_is_stepped_by_a_day(
    school: School,
    patterns: list[dict[str, object]],
    tmp_path: Path,
    figure: Callable[[str, str], None],
) -> None:
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        pytest.skip("not installed: libfaketime (package faketime)")
    offset = tmp_path / "offset"
    offset.write_text("+0")
    # libfaketime 0.9.10 turns an absolute clock_nanosleep whose end has just passed into EINVAL;
    # Python sleeps that way. A wait in select() is the same sleep without that fault.
    (tmp_path / "sitecustomize.py").write_text(
        "import select, time\ntime.sleep = lambda s: select.select([], [], [], s)\n"
    )
    school.agent_env = {
        "PYTHONPATH": str(tmp_path),
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    school.open(patterns)
    meeting = school.timetable(SECONDS)
    school.until(meeting.starts_at, 5)
    offset.write_text(f"+{DAY}")
    published = school.published(meeting, 60)

    (take,) = school.takes(meeting)
    seen = school.plays(meeting, published)
    figure("published of a lesson with a stepped clock", f"{seen:.1f} of {SECONDS:.0f} s")
    assert abs((take.started_at - meeting.starts_at).total_seconds()) < 3
    assert SECONDS - LATE_SECONDS < seen < SECONDS + 1
    assert published["marks"] == []
    (stepped,) = school.events("lectern.clock.stepped")
    assert stepped["by_seconds"] == pytest.approx(DAY, abs=60)


def test_a_camera_vanishes_and_comes_back(
    school: School,
    patterns: list[dict[str, object]],
    rtsp_camera: Callable[..., RtspCamera],
    figure: Callable[[str, str], None],
) -> None:
    camera = rtsp_camera(size="320x180", rate=10)
    patterns[0] = {
        "name": "camera",
        "kind": "camera",
        "track": "presenter",
        "driver": "rtsp",
        "address": camera.url,
        "copy": True,
    }
    school.open(patterns)
    meeting = school.timetable(20)
    school.wait(lambda: "presenter gives data" in school.log("agent"), 15, "it is recorded")
    school.until(meeting.starts_at, 6)
    camera.kill()
    lost_at = time.monotonic()
    school.wait(lambda: bool(school.events("lectern.source.lost")), 10, "it was missed")
    noticed = time.monotonic() - lost_at
    time.sleep(1)
    camera.start()
    back_at = time.monotonic()
    school.wait(lambda: bool(school.events("lectern.source.back")), 15, "it is back")
    rejoined = time.monotonic() - back_at
    published = school.published(meeting)
    figure("camera missed, rejoined", f"after {noticed:.1f} s, {rejoined:.1f} s")

    (take,) = school.takes(meeting)
    tracks = {track.name: track for track in take.tracks}
    assert {segment.run for segment in tracks["presenter"].segments} == {0, 1}
    assert {segment.run for segment in tracks["presentation"].segments} == {0}
    assert {segment.run for segment in tracks["audio"].segments} == {0}
    (mark,) = (mark for mark in published["marks"] if mark["track"] == "presenter")
    figure("gap marked", f"{mark['lasted']:.1f} s at {mark['at']:.1f} s: {mark['why']}")
    assert 6 - LATE_SECONDS < mark["at"] < 7.5
    assert mark["lasted"] < noticed + rejoined + 4
    assert not re.search("Traceback", school.log("agent"))
    for name in ("presenter.mp4", "presentation.mp4"):
        assert school.plays(meeting, published, name) > 20 - LATE_SECONDS
