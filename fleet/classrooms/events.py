"""What classrooms announce, on the bus, in the transaction in which it became true."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RoomAdded:
    """There is a new room; nothing is wanted of it yet."""

    room_id: str


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """A room's agent came or went; `presence` is the new one. Told once a change."""

    room_id: str
    agent_id: str
    presence: str
    before: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LessonMissed:
    """A room did not, or not wholly, record a lesson of its timetable."""

    room_id: str
    lesson_id: str
    why: str


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """A room has another name, time zone or uplink, or belongs to another unit.

    `path` is where it belongs now; copies of it have to follow.
    """

    room_id: str
    path: str
    before: str


@dataclass(frozen=True, slots=True)
class RoomRemoved:
    """A room is about to go; whoever keeps something about it lets go of it now."""

    room_id: str
