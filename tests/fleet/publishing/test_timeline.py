"""Laying takes end to end, for any takes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fleet.publishing.timeline import (
    MARKED,
    OVERLAP,
    Lost,
    Mark,
    Piece,
    Take,
    TakeTrack,
    Timeline,
    lay,
)

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECOND = 1_000_000


def track(name: str, *pieces: tuple[int, int, int], lost: tuple[Lost, ...] = ()) -> TakeTrack:
    """Pieces are (run, start, duration) in seconds."""
    return TakeTrack(
        name,
        "audio" if name == "audio" else "video",
        tuple(Piece(f"{name}-{run}-{at}", run, at * SECOND, d * SECOND) for run, at, d in pieces),
        lost,
    )


@st.composite
def tracks(draw: st.DrawFn, name: str) -> TakeTrack:
    """Runs of segments with gaps between runs, from anywhere near the take's start."""
    at = draw(st.integers(0, 3 * SECOND))
    pieces = []
    for run in range(1, draw(st.integers(0, 3)) + 1):
        for _ in range(draw(st.integers(1, 4))):
            length = draw(st.integers(100_000, 60 * SECOND))
            pieces.append(Piece(f"{name}{len(pieces)}", run, at, length))
            at += length + draw(st.integers(-20_000, 20_000))
        at += draw(st.integers(0, 100 * SECOND))
    return TakeTrack(name, "audio" if name == "audio" else "video", tuple(pieces))


@st.composite
def some_takes(draw: st.DrawFn) -> list[Take]:
    names = ("presenter", "presentation", "audio")
    takes, start = [], START
    for number in range(draw(st.integers(0, 4))):
        start += timedelta(microseconds=draw(st.integers(1, 3_600 * SECOND)))
        own = tuple(draw(tracks(name)) for name in names)
        takes.append(Take(f"t{number}", start, own, ended="interrupted"))
    return draw(st.permutations(takes))


def placed(timeline: Timeline, key: str, take: str) -> int:
    return next(
        piece.at
        for lane in timeline.lanes
        for piece in lane.pieces
        if piece.key == key and piece.stretch.startswith(f"{take}/")
    )


@given(some_takes())
def test_every_segment_is_placed_once_and_in_order(takes: list[Take]) -> None:
    timeline = lay(takes)
    given_pieces = sum(len(t.pieces) for take in takes for t in take.tracks)
    assert sum(len(lane.pieces) for lane in timeline.lanes) == given_pieces
    for lane in timeline.lanes:
        assert lane.pieces[0].at >= 0
        assert all(b.at > a.at for a, b in pairwise(lane.pieces))
        assert all(b.at >= a.at + a.duration - OVERLAP for a, b in pairwise(lane.pieces))
        assert lane.end <= timeline.duration


@given(some_takes())
def test_tracks_of_a_take_stay_in_step(takes: list[Take]) -> None:
    timeline = lay(takes)
    for take in takes:
        shifts = {
            placed(timeline, piece.key, take.id) - piece.start
            for own in take.tracks
            for piece in own.pieces
        }
        assert len(shifts) <= 1, "two tracks of one take are shifted differently"


@given(some_takes())
def test_what_a_track_lacks_is_marked_to_the_microsecond(takes: list[Take]) -> None:
    timeline = lay(takes)
    for lane in timeline.lanes:
        marks = [mark for mark in timeline.marks if mark.track == lane.track]
        covered = [(p.at, p.at + p.duration) for p in lane.pieces]
        covered += [(mark.at, mark.at + mark.lasted) for mark in marks]
        end = 0
        for start, stop in sorted(covered):
            assert start - end < MARKED, "a gap without a mark"
            end = max(end, stop)
        assert timeline.duration - end < MARKED
        assert all(mark.lasted >= MARKED for mark in marks)


@given(some_takes())
def test_time_in_which_nothing_was_recorded_is_cut_out_and_marked(takes: list[Take]) -> None:
    timeline = lay(takes)
    full = [take for take in takes if any(own.pieces for own in take.tracks)]
    cuts = [mark for mark in timeline.marks if mark.track is None]
    assert len(cuts) == max(0, len(full) - 1)
    length = 0
    for take in full:
        pieces = [piece for own in take.tracks for piece in own.pieces]
        length += max(p.start + p.duration for p in pieces) - min(p.start for p in pieces)
    assert timeline.duration == length


def test_a_camera_that_came_back_leaves_a_gap_with_the_rooms_words() -> None:
    take = Take(
        "one",
        START,
        (
            track(
                "presenter",
                (1, 0, 10),
                (2, 40, 20),
                lost=(Lost(10 * SECOND, 30 * SECOND, "no answer from the camera"),),
            ),
            track("audio", (1, 0, 60)),
        ),
    )
    assert lay([take]).marks == (
        Mark(10 * SECOND, 30 * SECOND, "presenter", "no answer from the camera"),
    )


def test_two_takes_leave_a_cut_where_they_meet() -> None:
    first = Take("one", START, (track("audio", (1, 0, 10)),), ended="interrupted")
    second = Take("two", START + timedelta(seconds=70), (track("audio", (1, 2, 10)),))
    timeline = lay([second, first])
    assert timeline.duration == 20 * SECOND
    assert timeline.marks == (Mark(10 * SECOND, 62 * SECOND, None, "interrupted"),)


def test_nothing_recorded_is_nothing() -> None:
    assert lay([]) == Timeline(0, (), ())
