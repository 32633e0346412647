"""`kill -9` of each process of the house: the lesson is published, without anybody's help."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import psutil
import pytest

from tests.stories import recorded
from tests.stories.school import Meeting, School

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]

SECONDS = 14.0
LONGER = 20.0
"""Long enough for an agent killed in its middle to come back on a busy machine."""


@pytest.mark.parametrize("state", ["starting", "recording", "stopping", "delivering"])
def test_the_agent_in_each_state_of_a_lesson(
    school: School,
    patterns: list[dict[str, object]],
    state: str,
    figure: Callable[[str, str], None],
) -> None:
    school.open(patterns, upload={"bytes_per_second": 40_000} if state == "delivering" else {})
    meeting = school.timetable(SECONDS if state != "recording" else LONGER)
    if state == "recording":
        school.until(meeting.starts_at, 6.3)
    killed_at = school.kill_agent_when(state, SECONDS + 20).timestamp()
    school.start_agent()
    restarted_at = datetime.now(UTC).timestamp()
    published = school.published(meeting, 60)

    starts_at, ends_at = meeting.starts_at.timestamp(), meeting.ends_at.timestamp()
    if state in ("stopping", "delivering"):
        recorded.whole(school, meeting, published, figure)
        return
    spans = recorded.spans(school, meeting)
    figure(f"killed while {state}", f"{len(spans)} takes")
    recorded.begins_after_restart(spans[-1], restarted_at, figure)
    recorded.lasts_until(spans[-1], ends_at, figure)
    assert spans[-1].take.end_reason == "bell"
    if state == "recording":
        recorded.begins(spans[0], starts_at, figure)
        recorded.lasts_until(spans[0], killed_at, figure)
    # What was killed in `starting` may have had no time to record anything.
    if state == "recording" or len(spans) > 1:
        assert spans[0].take.end_reason == "interrupted"
        assert abs(spans[0].take.started_at.timestamp() - starts_at) <= recorded.MOST_LOST
        recorded.cut_is_marked(published, spans, killed_at, figure)
    recorded.shows(school, meeting, published, spans, figure)


def test_ffmpeg_of_one_track(
    school: School, patterns: list[dict[str, object]], figure: Callable[[str, str], None]
) -> None:
    school.open(patterns)
    meeting = school.timetable(SECONDS)
    school.until(meeting.starts_at, 5)
    children = psutil.Process(school.child("agent").pid).children(recursive=True)
    victims = [each for each in children if "presentation" in " ".join(each.cmdline())]
    assert victims
    killed_at = datetime.now(UTC).timestamp()
    for victim in victims:
        victim.kill()
    published = school.published(meeting)

    (span,) = recorded.spans(school, meeting)
    recorded.begins(span, meeting.starts_at.timestamp(), figure)
    tracks = {track.name: track for track in span.take.tracks}
    broken = sorted(tracks["presentation"].segments, key=lambda each: each.index)
    assert {segment.run for segment in broken} == {0, 1}
    before = [segment for segment in broken if segment.run == 0][-1]
    after = next(segment for segment in broken if segment.run == 1)
    began = span.take.started_at.timestamp()
    lost = killed_at - began - before.start - before.duration
    away = after.start - before.start - before.duration
    figure("lost before its ffmpeg's kill, gap", f"{lost:.2f} s, {away:.2f} s")
    assert lost <= recorded.MOST_LOST
    assert away < 5
    (mark,) = published["marks"]
    assert mark["track"] == "presentation"
    assert abs(mark["lasted"] - (began + after.start - killed_at)) <= recorded.MOST_LOST
    assert abs(mark["lasted"] - away) <= 0.1
    assert {segment.run for segment in tracks["presenter"].segments} == {0}
    assert {segment.run for segment in tracks["audio"].segments} == {0}
    for name in ("presenter", "audio"):
        assert recorded.holes(tracks[name]) <= recorded.MOST_LOST
    for _, last in span.tracks.values():
        assert meeting.ends_at.timestamp() - last <= recorded.MOST_LOST
    recorded.shows(school, meeting, published, [span], figure)


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
    recorded.whole(school, meeting, published, figure)


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
    recorded.whole(school, meeting, published, figure)


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
