"""What happens to a room, as its reducers see it. Times are the fleet's, in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from contract.messages import Desired, TakeEnd
from edge_agent.room.model import Value

DiskLevel = Literal["ok", "low", "full"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of time in which one lesson, or (None) an unnamed take, is to be recorded.

    `course` is what a person said an unnamed one belongs to.
    """

    lesson: str | None
    ends_at: datetime
    course: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What people asked for and a restart must not forget.

    `manual` is an unplanned lesson, `paused` one that records nothing for a while, `extended` a
    timetabled one whose bell was moved.
    """

    manual: Slot | None = None
    paused: Slot | None = None
    extended: Slot | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A take of an earlier run of the agent; `slot_end` is when its bell rang."""

    lesson: str
    slot_end: datetime
    reason: TakeEnd


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A take the journal holds as begun and not ended: the agent died in it."""

    take: str
    lesson: str | None
    reason: TakeEnd | None
    """Why it was being stopped when the agent died, if it was."""


@dataclass(frozen=True, slots=True)
class Woke:
    """The agent started; what the journal remembers. Comes first."""

    unfinished: tuple[Unfinished, ...] = ()
    delivering: tuple[str, ...] = ()
    finished: tuple[Finished, ...] = ()
    kept: Kept = Kept()


@dataclass(frozen=True, slots=True)
class SlotNow:
    """What the timetable says at `at`: the slot that is open, or None. Said again and again.

    `rang`: the running lesson's time is over, or the timetable has it no more. Otherwise a lesson
    that is not open was moved, or the room's clock was corrected, and it may come again.
    `next_at` is when another lesson than the running one begins next.
    """

    at: datetime
    slot: Slot | None
    rang: bool = True
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClockMoved:
    """The room's idea of the fleet's time was corrected by so much."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class StartOrdered:
    """A person asked for a take of `lesson`, or an unplanned one of `course`, until `ends_at`."""

    order: str
    at: datetime
    lesson: str | None
    ends_at: datetime
    course: str | None = None


@dataclass(frozen=True, slots=True)
class StopOrdered:
    """A person asked to end the running take."""

    order: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PauseOrdered:
    """A person wants nothing recorded until they resume, or until the bell."""

    order: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResumeOrdered:
    """A person wants the paused lesson to go on."""

    order: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ExtendOrdered:
    """A person wants the bell of the running or paused lesson to ring so much later."""

    order: str
    at: datetime
    minutes: float


@dataclass(frozen=True, slots=True)
class DiskNow:
    """How full the recording disk is."""

    level: DiskLevel


@dataclass(frozen=True, slots=True)
class TakeOpened:
    """The recorder's children run."""

    take: str


@dataclass(frozen=True, slots=True)
class TakeFailed:
    """The recorder could not start; nothing was recorded."""

    take: str
    why: str


@dataclass(frozen=True, slots=True)
class TakeClosed:
    """Every segment is closed and the manifest is in the outbox."""

    take: str


@dataclass(frozen=True, slots=True)
class TakeAdopted:
    """What a crash left of a take is digested and its manifest is in the outbox."""

    take: str


@dataclass(frozen=True, slots=True)
class TakeDelivered:
    """Nothing of a take is left to send."""

    take: str


LessonEvent = (
    Woke
    | SlotNow
    | ClockMoved
    | StartOrdered
    | StopOrdered
    | PauseOrdered
    | ResumeOrdered
    | ExtendOrdered
    | DiskNow
    | TakeOpened
    | TakeFailed
    | TakeClosed
    | TakeAdopted
    | TakeDelivered
)


@dataclass(frozen=True, slots=True)
class DesiredCame:
    """The fleet's wish arrived.

    `unknown` are keys of it that this version does not know, `refused` those whose value it cannot
    read, with the reason; both are left out of `desired`.
    """

    desired: Desired
    unknown: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """A reading of a device, or something seen or heard in a source; `at` is monotonic.

    `subject` is the name of a device, the track of a source, or `room`. None: not known any more.
    """

    subject: str
    point: str
    value: Value | None
    at: float


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    """A device answers again, or no longer; `expected`: it is off, and mute then."""

    device: str
    online: bool
    at: float
    why: str = ""
    expected: bool = False
