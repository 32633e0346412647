"""What the room recorded of a lesson, laid on the wall clock that bell and `kill -9` go by.

Offsets in a take count from its start, so a take's start and an offset make a wall time. All wall
times are POSIX seconds; fleet, room and test share one machine and one clock.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from fleet.recordings.views import TakeView, TrackView
from tests.stories.school import Meeting, School

MOST_LOST = 1.5
"""Seconds of a track that a kill may cost, and that its end may lie before the bell."""
SOON = 3.0
"""Seconds after the bell by which an agent that runs has a first moment of each test source."""
RESTART = 11.0
"""Seconds until an agent just started opens a take, on two processors that do much else."""
MOST_OVER = 3.0
"""Seconds after the bell by which a recorder on a busy machine has stopped."""


@dataclass(frozen=True, slots=True)
class Span:
    """A take that holds something, and the first and last recorded moment of each track."""

    take: TakeView
    tracks: Mapping[str, tuple[float, float]]

    @property
    def first(self) -> float:
        """The first moment that any track recorded."""
        return min(first for first, _ in self.tracks.values())

    @property
    def last(self) -> float:
        """The last moment that any track recorded."""
        return max(last for _, last in self.tracks.values())


def spans(school: School, meeting: Meeting) -> list[Span]:
    """The lesson's takes, oldest first."""
    found = [
        Span(take, {track.name: _ends(take, track) for track in take.tracks if track.segments})
        for take in school.takes(meeting)
    ]
    return sorted((span for span in found if span.tracks), key=lambda span: span.first)


def holes(track: TrackView) -> float:
    """Seconds missing between the segments of a track."""
    segments = sorted(track.segments, key=lambda each: each.start)
    return sum(max(0.0, b.start - a.start - a.duration) for a, b in pairwise(segments))


def begins(span: Span, due: float, figure: Callable[[str, str], None]) -> None:
    """Each of the three tracks has its first segment, and its first moment soon after `due`."""
    late = {name: first - due for name, (first, _) in span.tracks.items()}
    figure("first moment after it was due", _each(late))
    assert len(late) == 3
    assert min(late.values()) > -MOST_LOST
    assert max(late.values()) < SOON
    assert {min(s.index for s in t.segments) for t in span.take.tracks} == {0}


def begins_after_restart(
    span: Span, restarted_at: float, figure: Callable[[str, str], None]
) -> None:
    """The take was opened by an agent started at `restarted_at`, and begins with its opening."""
    opened_at = span.take.started_at.timestamp()
    figure("take opened after the agent's start", f"{opened_at - restarted_at:.2f} s")
    assert 0 < opened_at - restarted_at < RESTART
    begins(span, opened_at, figure)


def lasts_until(span: Span, moment: float, figure: Callable[[str, str], None]) -> None:
    """Each track of the take is there up to `moment` and hardly longer, without a hole."""
    missing = {name: moment - last for name, (_, last) in span.tracks.items()}
    inside = {track.name: holes(track) for track in span.take.tracks}
    figure("missing at the end, between segments", f"{_each(missing)}; {_each(inside)}")
    assert max(missing.values()) <= MOST_LOST
    assert min(missing.values()) >= -MOST_OVER
    assert max(inside.values()) <= MOST_LOST
    for track in span.take.tracks:
        assert sorted(s.index for s in track.segments) == list(range(len(track.segments)))


def cut_is_marked(
    published: Mapping[str, Any],
    around: Sequence[Span],
    killed_at: float,
    figure: Callable[[str, str], None],
) -> None:
    """The one mark of the lesson says where the recording stopped at the kill, and how long."""
    before, after = around
    (mark,) = (mark for mark in published["marks"] if mark["track"] is None)
    figure(
        "cut marked",
        f"{mark['lasted']:.2f} s at {mark['at']:.2f} s; the takes are "
        f"{after.first - before.last:.2f} s apart, {after.first - killed_at:.2f} s from the kill",
    )
    assert abs(mark["lasted"] - (after.first - before.last)) <= 0.1
    assert abs(mark["lasted"] - (after.first - killed_at)) <= MOST_LOST
    assert abs(mark["at"] - (before.last - before.first)) <= 0.1


def whole(
    school: School,
    meeting: Meeting,
    published: Mapping[str, Any],
    figure: Callable[[str, str], None],
) -> None:
    """One take from bell to bell, published to its last picture, and nothing is marked."""
    (span,) = spans(school, meeting)
    begins(span, meeting.starts_at.timestamp(), figure)
    lasts_until(span, meeting.ends_at.timestamp(), figure)
    assert span.take.end_reason == "bell"
    assert not [mark for mark in published["marks"] if mark["track"] is None]
    shows(school, meeting, published, [span], figure)


def shows(
    school: School,
    meeting: Meeting,
    published: Mapping[str, Any],
    parts: Sequence[Span],
    figure: Callable[[str, str], None],
) -> None:
    """Both published pictures play for as long as was recorded by the wall clock."""
    recorded = sum(span.last - span.first for span in parts)
    seen = {
        name: school.plays(meeting, published, f"{name}.mp4")
        for name in ("presenter", "presentation")
    }
    figure("published of what was recorded", f"{_each(seen)} of {recorded:.2f} s")
    assert min(seen.values()) >= recorded - MOST_LOST
    assert max(seen.values()) <= recorded + 0.5


def _ends(take: TakeView, track: TrackView) -> tuple[float, float]:
    began = take.started_at.timestamp()
    return (
        began + min(each.start for each in track.segments),
        began + max(each.start + each.duration for each in track.segments),
    )


def _each(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:+.2f} s" for name, value in values.items())
