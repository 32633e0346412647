"""What others may ask of recordings; the session of a transaction comes first."""

from fleet.recordings.service.complete import announce_due, close_abandoned, segment_stored
from fleet.recordings.service.link import link, unlink
from fleet.recordings.service.look import (
    newest,
    recording,
    recordings_of_lesson,
    recordings_of_lessons,
    takes_of_lesson,
    tray,
    tray_count,
)
from fleet.recordings.service.receive import (
    segment_announced,
    slide_changed,
    take_ended,
    take_started,
)

__all__ = [
    "announce_due",
    "close_abandoned",
    "link",
    "newest",
    "recording",
    "recordings_of_lesson",
    "recordings_of_lessons",
    "segment_announced",
    "segment_stored",
    "slide_changed",
    "take_ended",
    "take_started",
    "takes_of_lesson",
    "tray",
    "tray_count",
    "unlink",
]
