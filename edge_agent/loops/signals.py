"""What loops tell each other over the bus, besides the events of `room`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contract.messages import CourseOffer, Meeting, UploadPolicy
from edge_agent.room.events import Slot
from edge_agent.room.lesson import Active


@dataclass(frozen=True, slots=True)
class TimetableChanged:
    """The room follows another timetable."""

    meetings: tuple[Meeting, ...]


@dataclass(frozen=True, slots=True)
class CoursesChanged:
    """Other courses may be chosen for an unplanned lesson."""

    courses: tuple[CourseOffer, ...]


@dataclass(frozen=True, slots=True)
class UploadPolicyChanged:
    """Uploads may take another share of the link."""

    policy: UploadPolicy


@dataclass(frozen=True, slots=True)
class TakeRunning:
    """Which take is being made and of which lesson; None and None when there is none."""

    take: str | None
    lesson: str | None


@dataclass(frozen=True, slots=True)
class LessonNow:
    """What the lesson reducer is at. Said after each of its events.

    `slot` is the lesson that is on, recorded or `paused`; None when there is none.
    """

    active: Active
    slot: Slot | None
    paused: bool
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class TakeHandedOver:
    """A take's manifest is in the outbox."""

    take: str


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """What became of an order that the lesson reducer decided on."""

    order: str
    done: bool
    why: str
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClockCorrected:
    """Fleet time moved, by so many seconds."""

    by: float


@dataclass(frozen=True, slots=True)
class Connected:
    """The line to the fleet is up and the room has introduced itself."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The line to the fleet broke."""


@dataclass(frozen=True, slots=True)
class IdentityRenewed:
    """A new certificate waits to be tried with the next connection."""
