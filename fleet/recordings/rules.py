"""When a lesson's recordings are ready to be published. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contract import messages as m

FINAL = frozenset({"bell", "stopped", "disk_full"})
"""Reasons after which the room starts no further take of the lesson."""

LONGEST_PAUSE = timedelta(hours=4)
"""What begins longer after a take of an unplanned lesson is another lesson."""


@dataclass(frozen=True, slots=True)
class TakeState:
    """What the rule needs to know of one take; `segments` counts what there is to show."""

    started_at: datetime
    complete: bool
    end_reason: str
    segments: int


def ready(takes: Sequence[TakeState], *, slot_over: bool) -> bool:
    """Whether everything expected is here: nothing is waiting, and no further take will come.

    `slot_over` says that the lesson's time, with a grace, has passed: a room that crashed or
    paused and has not gone on by then will not.
    """
    if not takes or not all(take.complete for take in takes):
        return False
    if not any(take.segments for take in takes):
        return False
    last = max(takes, key=lambda take: take.started_at)
    return slot_over or last.end_reason in FINAL


def goes_on(end_reason: str) -> bool:
    """Whether another take of the lesson may follow one that ended so."""
    return end_reason != "" and end_reason not in FINAL


@dataclass(frozen=True, slots=True)
class Held:
    """A segment as the fleet knows it; position and digest are None until they are known."""

    track: str
    index: int
    run: int | None
    start: float | None
    duration: float | None
    bytes: int | None
    sha256: str | None


def missing(manifest: m.TakeEnded, held: Sequence[Held]) -> int:
    """How many segments of the manifest the fleet does not hold with the same digest."""
    digests = {(one.track, one.index): one.sha256 for one in held}
    return sum(
        digests.get((track.name, segment.index)) != segment.sha256
        for track in manifest.tracks
        for segment in track.segments
    )


def manifest_of_abandoned(
    take: str, lesson: str | None, started_at: datetime, ended_at: datetime, held: Sequence[Held]
) -> m.TakeEnded:
    """What can be said of a take whose room never came back: the segments that arrived.

    A track counts as sound when its name begins with `audio`, as the contract names them.
    """
    tracks = []
    for name in sorted({one.track for one in held}):
        segments = tuple(
            m.Segment(
                track=name,
                index=one.index,
                run=one.run,
                start=one.start,
                duration=one.duration,
                bytes=one.bytes,
                sha256=one.sha256,
            )
            for one in sorted(held, key=lambda one: one.index)
            if one.track == name
            and one.run is not None
            and one.start is not None
            and one.duration is not None
            and one.bytes is not None
            and one.sha256 is not None
        )
        if segments:
            sound = name.startswith("audio")
            tracks.append(
                m.TrackManifest(name=name, kind="audio" if sound else "video", segments=segments)
            )
    end = max((s.start + s.duration for t in tracks for s in t.segments), default=0.0)
    return m.TakeEnded(
        take=take,
        lesson=lesson,
        started_at=started_at,
        ended_at=ended_at,
        duration=end,
        reason="interrupted",
        tracks=tuple(tracks),
    )
