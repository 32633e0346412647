"""`kill -9` of each process of the house: the lesson is published, without anybody's help."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import psutil
import pytest

from tests.stories.school import LATE_SECONDS, Meeting, School

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]

SECONDS = 14.0
MOST_LOST = 1.5


def _recorded_until(school: School, meeting: Meeting, take: int = 0) -> dict[str, float]:
    """Wall time of the last recorded moment of each track of a take."""
    view = school.takes(meeting)[take]
    return {
        track.name: view.started_at.timestamp()
        + max(segment.start + segment.duration for segment in track.segments)
        for track in view.tracks
        if track.segments
    }


@pytest.mark.parametrize("state", ["starting", "recording", "stopping", "delivering"])
def test_the_agent_in_each_state_of_a_lesson(
    school: School,
    patterns: list[dict[str, object]],
    state: str,
    figure: Callable[[str, str], None],
) -> None:
    school.open(patterns, upload={"bytes_per_second": 40_000} if state == "delivering" else {})
    meeting = school.timetable(SECONDS)
    if state == "recording":
        school.until(meeting.starts_at, 6.3)
    school.kill_agent_when(state, SECONDS + 20)
    killed_at = datetime.now(UTC).timestamp()
    school.start_agent()
    published = school.published(meeting, 60)

    takes = school.takes(meeting)
    seen = school.plays(meeting, published)
    school.plays(meeting, published, "presentation.mp4")
    figure(f"killed while {state}", f"{len(takes)} takes, {seen:.1f} s published")
    if state == "recording":
        lost = {name: killed_at - end for name, end in _recorded_until(school, meeting).items()}
        figure("lost before the kill", ", ".join(f"{n} {s:.2f} s" for n, s in lost.items()))
        assert len(takes) == 2
        assert takes[0].end_reason == "interrupted"
        assert max(lost.values()) <= MOST_LOST
        away = (takes[1].started_at.timestamp() - killed_at) + max(lost.values())
        assert seen > SECONDS - away - LATE_SECONDS
        assert [mark for mark in published["marks"] if mark["track"] is None]
    else:
        assert seen > SECONDS - 2 * LATE_SECONDS


def test_ffmpeg_of_one_track(
    school: School, patterns: list[dict[str, object]], figure: Callable[[str, str], None]
) -> None:
    school.open(patterns)
    meeting = school.timetable(SECONDS)
    school.until(meeting.starts_at, 5)
    children = psutil.Process(school.child("agent").pid).children(recursive=True)
    victims = [each for each in children if "presentation" in " ".join(each.cmdline())]
    assert victims
    for victim in victims:
        victim.kill()
    published = school.published(meeting)

    (take,) = school.takes(meeting)
    tracks = {track.name: track for track in take.tracks}
    gaps = tracks["presentation"].gaps
    figure("gap of a killed ffmpeg's track", ", ".join(f"{gap.duration:.2f} s" for gap in gaps))
    assert len({segment.run for segment in tracks["presentation"].segments}) == 2
    assert sum(gap.duration for gap in gaps) < 5
    assert {segment.run for segment in tracks["presenter"].segments} == {0}
    assert {segment.run for segment in tracks["audio"].segments} == {0}
    assert school.plays(meeting, published, "presentation.mp4") > SECONDS - LATE_SECONDS


def test_the_broker(
    school: School, patterns: list[dict[str, object]], figure: Callable[[str, str], None]
) -> None:
    school.open(patterns)
    meeting = school.timetable(SECONDS)
    school.until(meeting.starts_at, 4)
    school.broker.kill()
    time.sleep(3)
    school.broker.start()
    published = school.published(meeting)

    _everything_once(school, meeting, figure)
    assert school.plays(meeting, published) > SECONDS - LATE_SECONDS


@pytest.mark.parametrize("moment", ["in mid-lesson", "after the bell"])
def test_the_fleet(
    school: School,
    patterns: list[dict[str, object]],
    moment: str,
    figure: Callable[[str, str], None],
) -> None:
    school.open(patterns)
    meeting = school.timetable(SECONDS)
    if moment == "in mid-lesson":
        school.until(meeting.starts_at, 5)
    else:
        school.until(meeting.ends_at, 1)
    school.kill("fleet")
    time.sleep(1)
    school.start_fleet()
    published = school.published(meeting, 60)

    _everything_once(school, meeting, figure)
    assert school.plays(meeting, published) > SECONDS - LATE_SECONDS


def _everything_once(school: School, meeting: Meeting, figure: Callable[[str, str], None]) -> None:
    """Each segment the room recorded is stored once, and each event of the take came once."""
    (take,) = school.takes(meeting)
    closed = school.events("lectern.segment.closed")
    told = sorted((each["segment"]["track"], each["segment"]["index"]) for each in closed)
    held = sorted((track.name, s.index) for track in take.tracks for s in track.segments)
    figure("segments told, stored", f"{len(told)}, {len(held)}")
    assert told == held
    assert len(set(held)) == len(held)
    assert len(school.events("lectern.take.started")) == 1
    assert len(school.events("lectern.take.ended")) == 1
    assert not re.search("Traceback", school.log("agent"))
