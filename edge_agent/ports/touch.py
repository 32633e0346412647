"""What the touch page shows of the room, and what a finger on it can ask for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol

from contract.profile import Kind, PowerState, Severity
from edge_agent.room.model import Arguments, SourceKind, Value

Phase = Literal["idle", "preflight", "starting", "recording", "paused", "stopping"]
HelpTopic = Literal["picture", "sound", "recording", "other"]
SourceState = Literal["closed", "open", "recording", "lost"]


@dataclass(frozen=True, slots=True)
class LessonView:
    """A lesson on the page; `lesson` None is an unplanned one. Times are the fleet's, in UTC."""

    lesson: str | None
    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SourceView:
    """A recorded source. `closed`: nothing looks or listens, by privacy."""

    track: str
    name: str
    kind: SourceKind
    state: SourceState


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A piece of hardware: what it can be told, and what it said last.

    `offers` are commands of its profile; `values` its readings that are neither unknown nor
    stale; `sources` the names of its inputs; `presets` how many a camera has.
    """

    name: str
    role: Kind
    online: bool
    power: PowerState
    offers: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    presets: int = 0
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlarmView:
    """A raised alarm; `text` is the key of its words in `room/alarm_texts.py`."""

    alarm: str
    subject: str
    severity: Severity
    text: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A course somebody may choose for an unplanned lesson."""

    course: str
    title: str


@dataclass(frozen=True, slots=True)
class RoomView:
    """Everything the page shows, at one moment.

    Attributes:
        at: the fleet's time in UTC, as well as the room knows it.
        lesson: what is on now; next: what the timetable has after it.
        extend_until: the latest end the lesson can be given, or None when there is no limit.
        uploads: segments that the fleet does not hold yet, and their bytes.
        safe_to_switch_off: nothing records, nothing is being closed, no device is hot.
        message: an emergency message, filling the page until it is taken back.
        connected: whether the fleet can be reached; the page works without it.
        watched: whether there are pictures and levels of the sources to be had at all.
        looked_into: somebody of the fleet's staff sees a picture of the room, now and then.
        notice: a message of the fleet's staff that interrupts nothing.
        unrecorded: the lesson that is on and that nobody has asked to record, where the fleet lets
            no lesson be recorded without being asked; `records`: False where that is so.
        language: what the page speaks at first; empty leaves it to the page's settings.
    """

    at: datetime
    phase: Phase
    room: str = ""
    lesson: LessonView | None = None
    next: LessonView | None = None
    extend_until: datetime | None = None
    uploads: tuple[int, int] = (0, 0)
    safe_to_switch_off: bool = True
    connected: bool = False
    watched: bool = True
    message: str = ""
    looked_into: bool = False
    notice: str = ""
    unrecorded: LessonView | None = None
    records: bool = True
    language: str = ""
    sources: tuple[SourceView, ...] = ()
    devices: tuple[DeviceView, ...] = ()
    alarms: tuple[AlarmView, ...] = ()
    courses: tuple[Offer, ...] = ()


NO_ANSWER: Final = "The room does not answer. Try again."
HELP_SENT: Final = "Help is called: the message was sent."
HELP_WAITING: Final = "Help is called: the message waits for the line to the fleet."


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a touch; `why` is in the room's own words, which the page may better."""

    ok: bool
    why: str = ""


class Room(Protocol):
    """The room behind the page. Each request answers within ten seconds and never raises."""

    def view(self) -> RoomView:
        """How it is now."""

    def changes(self) -> AsyncIterator[RoomView]:
        """How it is now and after each change; at least one a second. One iterator a viewer."""

    async def start(self, course: str | None, minutes: int) -> Done:
        """Start a lesson that is not timetabled; without a course that is decided later."""

    async def pause(self) -> Done:
        """Record nothing until `resume`, or the bell."""

    async def resume(self) -> Done:
        """Go on with the paused lesson."""

    async def extend(self, minutes: int) -> Done:
        """Let the bell ring so much later, but not into the next lesson."""

    async def stop(self) -> Done:
        """End the lesson now."""

    async def command(self, device: str, command: str, arguments: Arguments) -> Done:
        """Tell a device one thing."""

    async def help(self, topic: HelpTopic) -> Done:
        """Call for somebody; the call is kept until the fleet has it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a source shows: a JPEG of about 320 pixels' width, and its monotonic time."""

    jpeg: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Level:
    """How loud a microphone is, in dBFS over the last tenth of a second; silence is -96."""

    track: str
    rms: float
    peak: float


LOOK_SECONDS: Final = 120.0


class Monitor(Protocol):
    """The low-rate side stream of each source, while it is open."""

    def look(self, seconds: float = LOOK_SECONDS) -> None:
        """Somebody wants to see and hear the room: open its sources for so long."""

    def picture(self, track: str) -> Picture | None:
        """The latest picture, or None when the source is closed or gives nothing."""

    def heard(self) -> tuple[Level, ...]:
        """The level of each open microphone now."""

    def levels(self) -> AsyncIterator[tuple[Level, ...]]:
        """The level of each open microphone, ten times a second. One iterator a viewer."""
