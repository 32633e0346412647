"""Where everything lies in the published lesson. Pure.

Takes are laid end to end in order of their start: what lies between two of them, where nothing
was recorded, is cut out and leaves a mark. Inside a take every track lies on the take's own
clock, so the tracks stay in step; what a track lacks stays as time and leaves a mark.

Times are whole microseconds: ffmpeg's concat demuxer counts in them, and sums of them are exact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

Kind = Literal["video", "audio"]

MARKED = 500_000
"""A track's gap is worth a mark from this length on; below it, it is a hiccup of the source."""

OVERLAP = 100_000
"""Segments of a track may overlap by this much (rounding, jitter of the source's clock)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment file. `start` is on the take's clock."""

    key: str
    run: int
    start: int
    duration: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The room's word on a gap, on the take's clock."""

    start: int
    duration: int
    why: str


@dataclass(frozen=True, slots=True)
class TakeTrack:
    """One source's part of a take."""

    name: str
    kind: Kind
    pieces: tuple[Piece, ...]
    lost: tuple[Lost, ...] = ()


@dataclass(frozen=True, slots=True)
class Take:
    """One uninterrupted recording. `ended_at` and `ended` say when and why it ended, if known."""

    id: str
    started_at: datetime
    tracks: tuple[TakeTrack, ...]
    ended_at: datetime | None = None
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment in the lesson: `at` from its start; `stretch` tells the runs of a track apart."""

    key: str
    stretch: str
    at: int
    duration: int


@dataclass(frozen=True, slots=True)
class Lane:
    """One track of the lesson; its pieces follow each other, with gaps."""

    track: str
    kind: Kind
    pieces: tuple[Placed, ...]

    @property
    def end(self) -> int:
        """Where its last piece ends."""
        return max(piece.at + piece.duration for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something is missing. Without a track: the recording stopped and the time is cut out."""

    at: int
    lasted: int
    track: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A lesson as it will be published."""

    duration: int
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    """A take that has something: from `first` to `last` on its clock, at `at` in the lesson."""

    take: Take
    at: int
    first: int
    last: int

    def in_lesson(self, start: int) -> int:
        return self.at + start - self.first


def lay(takes: Sequence[Take]) -> Timeline:
    """Lay takes end to end. Takes without any segment take no place."""
    spans = list(_spans(takes))
    lanes = tuple(
        Lane(name, kind, tuple(_follow(_place(spans, name)))) for name, kind in _tracks(spans)
    )
    duration = max((lane.end for lane in lanes), default=0)
    marks = [*_cuts(spans)]
    for lane in lanes:
        marks += _gaps(lane, duration, spans)
    return Timeline(duration, lanes, tuple(sorted(marks, key=lambda m: (m.at, m.track or ""))))


def seconds(microseconds: int) -> float:
    """For people and players."""
    return microseconds / 1_000_000


def _spans(takes: Sequence[Take]) -> Iterator[_Span]:
    at = 0
    for take in sorted(takes, key=lambda take: (take.started_at, take.id)):
        pieces = [piece for track in take.tracks for piece in track.pieces]
        if not pieces:
            continue
        first = min(piece.start for piece in pieces)
        last = max(piece.start + piece.duration for piece in pieces)
        yield _Span(take, at, first, last)
        at += last - first


def _tracks(spans: Sequence[_Span]) -> list[tuple[str, Kind]]:
    found = {track.name: track.kind for span in spans for track in span.take.tracks if track.pieces}
    return sorted(found.items())


def _place(spans: Sequence[_Span], name: str) -> Iterator[Placed]:
    for span in spans:
        for track in span.take.tracks:
            if track.name == name:
                for piece in sorted(track.pieces, key=lambda piece: piece.start):
                    yield Placed(
                        piece.key,
                        f"{span.take.id}/{piece.run}",
                        span.in_lesson(piece.start),
                        piece.duration,
                    )


def _follow(pieces: Iterator[Placed]) -> Iterator[Placed]:
    """No piece begins before the one before it is all but over."""
    before: Placed | None = None
    for piece in pieces:
        at = piece.at
        if before is not None:
            at = max(at, before.at + before.duration - OVERLAP, before.at + 1)
        before = Placed(piece.key, piece.stretch, at, piece.duration)
        yield before


def _cuts(spans: Sequence[_Span]) -> Iterator[Mark]:
    for before, after in pairwise(spans):
        apart = after.take.started_at - before.take.started_at
        lasted = round(apart.total_seconds() * 1_000_000) + after.first - before.last
        yield Mark(after.at, max(0, lasted), None, before.take.ended)


def _gaps(lane: Lane, duration: int, spans: Sequence[_Span]) -> Iterator[Mark]:
    end = 0
    for start, next_end in [*((p.at, p.at + p.duration) for p in lane.pieces), (duration, 0)]:
        if start - end >= MARKED:
            yield Mark(end, start - end, lane.track, _reason(lane.track, end, start, spans))
        end = max(end, next_end)


def _reason(track: str, start: int, end: int, spans: Sequence[_Span]) -> str:
    """What the room said of a gap that overlaps this one."""
    for span in spans:
        for lost in (lost for t in span.take.tracks if t.name == track for lost in t.lost):
            at = span.in_lesson(lost.start)
            if at < end and at + lost.duration > start:
                return lost.why
    return ""
