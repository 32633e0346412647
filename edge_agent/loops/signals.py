"""What loops tell each other over the bus, besides the events of `room`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contract.messages import CourseOffer, Meeting, UploadPolicy
from contract.messages.state import Language
from contract.profile import PowerState
from edge_agent.room.alarms import Raised
from edge_agent.room.events import Slot
from edge_agent.room.lesson import Active
from edge_agent.room.model import Arguments

TOUCH = "touch-"
"""What the ids of requests made in the room begin with; the fleet's orders have other ids."""


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
class SettingsChanged:
    """What the fleet sets of the room's configuration; None leaves it to `room.toml`.

    See `contract.messages.DesiredState`.
    """

    language: Language | None = None
    report_seconds: float | None = None
    quiet_minutes: float | None = None
    record_timetable: bool | None = None


@dataclass(frozen=True, slots=True)
class LessonUnrecorded:
    """The lesson that the timetable has now and the fleet does not let be recorded, or None."""

    slot: Slot | None


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
class TrackNow:
    """A source of the running take gives data, or gives none any more."""

    track: str
    lost: bool


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


@dataclass(frozen=True, slots=True)
class AskDevice:
    """A device is to be told something, within `limit` seconds; `DeviceAnswered` follows."""

    request: str
    device: str
    command: str
    arguments: Arguments
    limit: float = 10.0


@dataclass(frozen=True, slots=True)
class DeviceAnswered:
    """What became of `AskDevice`. `offered`: False when the device has no such command.

    `after`: it may be told so in so many seconds; its profile forbids it until then.
    """

    request: str
    device: str
    ok: bool
    why: str = ""
    offered: bool = True
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class DevicePower:
    """A device went from one power state to another."""

    device: str
    power: PowerState
    at: float


@dataclass(frozen=True, slots=True)
class AlarmsNow:
    """Every alarm that is raised, after one came or went."""

    raised: tuple[Raised, ...]


@dataclass(frozen=True, slots=True)
class PlayScene:
    """Somebody asks for a scene; `text` is for one that shows a message."""

    scene: str
    trigger: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class MessageShown:
    """The touch page is to be filled by a message, or, when empty, no longer."""

    text: str


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """The touch page is to show a message for a while, beside everything else."""

    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DevicesClosed:
    """Every camera that is known to face the wall, and microphone to be closed; or to be off."""

    devices: frozenset[str]


@dataclass(frozen=True, slots=True)
class LookedInto:
    """Somebody of the fleet's staff begins to look into the room, or looks no more."""

    now: bool


@dataclass(frozen=True, slots=True)
class PictureTaken:
    """A picture of the room was taken for the fleet's staff, once."""


@dataclass(frozen=True, slots=True)
class RoomTouched:
    """Somebody used the touch page."""


@dataclass(frozen=True, slots=True)
class PreflightDue:
    """The sources are to be looked at until the lesson at `until`; None: no longer."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class PageTurned:
    """The presentation shows another page since `at` seconds into the take."""

    take: str
    track: str
    at: float


@dataclass(frozen=True, slots=True)
class SourcesOpen:
    """The tracks whose sources are looked at or listened to while no take runs."""

    tracks: frozenset[str]
