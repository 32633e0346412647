"""What happens to a recording in the room. Times are the room's, corrected to the fleet's clock.

A take lies on one clock: `start` and `duration` of segments and gaps are seconds since the take
began, measured on the room's monotonic clock. Tracks of one take are in step when their segments
are placed at these offsets.
"""

from datetime import datetime
from typing import Literal

from contract.messages.base import Payload
from contract.messages.state import TrackName

TakeEnd = Literal["bell", "stopped", "interrupted", "disk_full"]
"""Why a take ended. After `interrupted` (a crash, a power cut) another take of the same lesson
may follow; the others are final."""


class TakeStarted(Payload, frozen=True, kw_only=True):
    """Recording began. `lesson` is None when the take belongs to no timetabled meeting."""

    take: str
    lesson: str | None
    started_at: datetime
    tracks: tuple[TrackName, ...]


class Segment(Payload, frozen=True, kw_only=True):
    """One closed file of a track.

    `run` counts the uninterrupted stretches of its source within the take: a source that came
    back starts a new one. Within a run, segments follow each other without a break.
    """

    track: TrackName
    index: int
    run: int
    start: float
    duration: float
    bytes: int
    sha256: str


class SegmentClosed(Payload, frozen=True, kw_only=True):
    """A segment was closed and digested; its upload follows."""

    take: str
    segment: Segment


class Gap(Payload, frozen=True, kw_only=True):
    """A stretch of a take for which a track has nothing."""

    start: float
    duration: float
    why: str


class TrackManifest(Payload, frozen=True, kw_only=True):
    """Everything a track of a take consists of, in order."""

    name: TrackName
    kind: Literal["video", "audio"]
    segments: tuple[Segment, ...]
    gaps: tuple[Gap, ...] = ()


class TakeEnded(Payload, frozen=True, kw_only=True):
    """Recording ended; the manifest says what the fleet must hold before it may publish."""

    take: str
    lesson: str | None
    started_at: datetime
    ended_at: datetime
    duration: float
    reason: TakeEnd
    tracks: tuple[TrackManifest, ...]


class LessonMissed(Payload, frozen=True, kw_only=True):
    """A timetabled lesson was not, or not wholly, recorded, and why."""

    lesson: str
    why: str


class SourceLost(Payload, frozen=True, kw_only=True):
    """A source stopped giving data in mid-take; the other tracks go on."""

    take: str
    track: TrackName
    at: float
    why: str


class SourceBack(Payload, frozen=True, kw_only=True):
    """A lost source rejoined its take after `gap` seconds."""

    take: str
    track: TrackName
    at: float
    gap: float
