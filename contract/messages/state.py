"""What a room is: presence, description, configuration. Sent retained or on change."""

from typing import Annotated, Any, Literal

import msgspec

from contract.messages.base import Count, Id, Payload, Time, TrackName
from contract.profile import Kind

SourceKind = Literal["camera", "screen", "microphone"]


class Presence(Payload, frozen=True, kw_only=True):
    """Whether the agent is there. Also the last will, with `state="lost"`.

    `session` counts the agent's starts and never goes back: a will of an older session never
    overwrites a newer birth. `boot` is the operating system's boot id.
    """

    state: Literal["init", "ready", "disconnected", "sleeping", "lost"]
    session: Count
    boot: str
    since: Time
    agent_version: str
    contract: str


class SourceDescription(Payload, frozen=True, kw_only=True):
    """One source of a recording and the track it fills."""

    name: str
    kind: SourceKind
    track: TrackName
    driver: str = ""


class DeviceDescription(Payload, frozen=True, kw_only=True):
    """One piece of hardware; `profile` says which commands and readings it has."""

    name: str
    role: Kind
    profile: str
    vendor: str = ""


class Description(Payload, frozen=True, kw_only=True):
    """What the PC and its devices are. `version` grows with each change.

    `macs` are the addresses of its network cards, `aa:bb:cc:dd:ee:ff`, by which another PC of the
    same network can wake it.
    """

    version: Count
    hostname: str
    os: str
    cpu_count: Count
    memory_bytes: Count
    disk_bytes: Count
    agent_version: str
    sources: tuple[SourceDescription, ...] = ()
    devices: tuple[DeviceDescription, ...] = ()
    macs: tuple[str, ...] = ()


class Meeting(Payload, frozen=True, kw_only=True):
    """One timetabled meeting of a course in this room: half-open `[starts_at, ends_at)`."""

    lesson: Id
    course: Id
    title: str
    starts_at: Time
    ends_at: Time


class UploadPolicy(Payload, frozen=True, kw_only=True):
    """How much of the link uploads may take. `bytes_per_second=None` is no limit."""

    bytes_per_second: int | None = None


class CourseOffer(Payload, frozen=True, kw_only=True):
    """A course somebody in the room may say an unplanned lesson belongs to."""

    course: Id
    title: str


Language = Literal["ar", "zh", "en", "fr", "ru", "es"]


class DesiredState(Payload, frozen=True, kw_only=True):
    """What the fleet wants of the room, whole. None leaves it to the room's own configuration.

    Attributes:
        timetable: the lessons of the next days.
        courses: what may be chosen for a lesson that is not in it.
        upload: how much of the link uploads may take.
        language: what the touch page speaks at first.
        report_seconds: how long readings are gathered before they are sent.
        quiet_minutes: so long after the last lesson, with nobody there, the room goes off.
        record_timetable: whether lessons of the timetable are recorded without being asked.
    """

    timetable: tuple[Meeting, ...] = ()
    courses: tuple[CourseOffer, ...] = ()
    upload: UploadPolicy = msgspec.field(default_factory=UploadPolicy)
    language: Language | None = None
    report_seconds: Annotated[float, msgspec.Meta(ge=5, le=3600)] | None = None
    quiet_minutes: Annotated[float, msgspec.Meta(ge=1, le=720)] | None = None
    record_timetable: bool | None = None


class Desired(Payload, frozen=True, kw_only=True):
    """Retained. `version` is the fleet's integer; not newer than applied means ignore."""

    version: Count
    state: DesiredState


class Outcome(Payload, frozen=True, kw_only=True):
    """What became of one key of the desired state."""

    result: Literal["applied", "pending", "refused", "unsupported"]
    why: str = ""


class Reported(Payload, frozen=True, kw_only=True):
    """What the room has made of the desired state.

    `full` replaces the fleet's copy; `patch` is an RFC 7396 merge patch onto it. One is given.
    """

    version: Count
    applied_desired: Count
    outcomes: dict[str, Outcome] = msgspec.field(default_factory=dict)
    full: dict[str, Any] | None = None
    patch: dict[str, Any] | None = None
