"""Recordings as others see them. Offsets are seconds on the take's own clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class SegmentView:
    """One file; `key` finds it in the FileStore."""

    index: int
    run: int
    start: float
    duration: float
    bytes: int
    sha256: str
    key: str


@dataclass(frozen=True, slots=True)
class GapView:
    """What a track lacks, in the room's words."""

    start: float
    duration: float
    why: str


@dataclass(frozen=True, slots=True)
class TrackView:
    """One source's part of a take."""

    name: str
    kind: Literal["video", "audio"]
    segments: tuple[SegmentView, ...]
    gaps: tuple[GapView, ...]


@dataclass(frozen=True, slots=True)
class TakeView:
    """A complete take."""

    id: str
    started_at: datetime
    ended_at: datetime
    duration: float
    end_reason: str
    tracks: tuple[TrackView, ...]
