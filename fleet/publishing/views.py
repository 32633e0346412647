"""What others see of a published lesson. Frozen; safe outside the transaction."""

from dataclasses import dataclass
from datetime import datetime

from fleet.publishing.models import FileKind, LowState, Reason, State, Variant


@dataclass(frozen=True, slots=True)
class MediaView:
    """One file. Durations are seconds, bit rates bits a second."""

    name: str
    kind: FileKind
    track: str
    variant: Variant
    sound: bool
    url: str
    content_type: str
    bytes: int
    sha256: str
    duration: float | None
    width: int | None
    height: int | None
    bitrate: int | None


@dataclass(frozen=True, slots=True)
class Served:
    """A file as it is sent: where it lies, what it is, and whether only staff may have it."""

    key: str
    sha256: str
    content_type: str
    held: bool


@dataclass(frozen=True, slots=True)
class MarkView:
    """Something is missing from `at` on, in seconds of the lesson.

    With a track: it has nothing for `lasted` seconds, the others go on. Without: nothing was
    recorded for `lasted` seconds, and that time is cut out, so there is nothing to skip.
    """

    at: float
    lasted: float
    track: str | None
    why: str


@dataclass(frozen=True, slots=True)
class StreamView:
    """One picture, in the forms a player may choose from. Exactly one has the sound, if any."""

    track: str
    hls: str
    mp4: str
    low_mp4: str | None
    sound: bool
    duration: float | None
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class LessonMedia:
    """Everything a player needs. Addresses are paths on this server; presenter comes first."""

    lesson_id: str
    revision: int
    state: State
    duration: float
    published_at: datetime | None
    poster: str | None
    streams: tuple[StreamView, ...]
    audio: str | None
    low_audio: str | None
    marks: tuple[MarkView, ...]
    files: tuple[MediaView, ...]


@dataclass(frozen=True, slots=True)
class PublicationStatus:
    """How the newest revision stands. `step` is what is being done now.

    `reason` is a code for pages to say in the reader's language; `error` is the detail for staff,
    in English. `playable_after` is seconds from the bell.
    """

    lesson_id: str
    revision: int
    state: State
    step: str
    reason: Reason | None
    error: str | None
    attempts: int
    low: LowState
    updated_at: datetime
    published_at: datetime | None
    playable_after: float | None
