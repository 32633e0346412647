"""What happens to a recording in the room. Times are the room's, corrected to the fleet's clock.

A take lies on one clock: `start` and `duration` of segments and gaps are seconds since the take
began, measured on the room's monotonic clock. Tracks of one take are in step when their segments
are placed at these offsets.
"""

from typing import Literal

from contract.messages.base import Count, Id, Index, Payload, Seconds, Sha256, Time, TrackName

TakeEnd = Literal["bell", "stopped", "interrupted", "paused", "disk_full"]
"""Why a take ended. After `interrupted` (a crash, a power cut) and `paused` (a person, for a
while) another take of the same lesson may follow; the others are final."""


class TakeStarted(Payload, frozen=True, kw_only=True):
    """Recording began. `lesson` is None when the take belongs to no timetabled meeting.

    `course` is what was chosen in the room for such a take, if anything was.
    """

    take: Id
    lesson: Id | None
    started_at: Time
    tracks: tuple[TrackName, ...]
    course: Id | None = None


class Segment(Payload, frozen=True, kw_only=True):
    """One closed file of a track.

    `run` counts the uninterrupted stretches of its source within the take: a source that came
    back starts a new one. Within a run, segments follow each other without a break.
    """

    track: TrackName
    index: Index
    run: Index
    start: Seconds
    duration: Seconds
    bytes: Count
    sha256: Sha256


class SegmentClosed(Payload, frozen=True, kw_only=True):
    """A segment was closed and digested; its upload follows."""

    take: Id
    segment: Segment


class Gap(Payload, frozen=True, kw_only=True):
    """A stretch of a take for which a track has nothing."""

    start: Seconds
    duration: Seconds
    why: str


class TrackManifest(Payload, frozen=True, kw_only=True):
    """Everything a track of a take consists of, in order."""

    name: TrackName
    kind: Literal["video", "audio"]
    segments: tuple[Segment, ...]
    gaps: tuple[Gap, ...] = ()


class TakeEnded(Payload, frozen=True, kw_only=True):
    """Recording ended; the manifest says what the fleet must hold before it may publish."""

    take: Id
    lesson: Id | None
    started_at: Time
    ended_at: Time
    duration: Seconds
    reason: TakeEnd
    tracks: tuple[TrackManifest, ...]
    course: Id | None = None


class LessonMissed(Payload, frozen=True, kw_only=True):
    """A timetabled lesson was not, or not wholly, recorded, and why."""

    lesson: Id
    why: str


class SourceLost(Payload, frozen=True, kw_only=True):
    """A source stopped giving data in mid-take; the other tracks go on."""

    take: Id
    track: TrackName
    at: Seconds
    why: str


class SourceBack(Payload, frozen=True, kw_only=True):
    """A lost source rejoined its take after `gap` seconds."""

    take: Id
    track: TrackName
    at: Seconds
    gap: Seconds
