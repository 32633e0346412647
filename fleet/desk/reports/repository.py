"""SQL of reports. Everything is of one institution and one month."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fleet.classrooms.models import Event, Room
from fleet.courses.models import Lesson
from fleet.db.paths import within
from fleet.desk.reports.figures import Change, Taught
from fleet.devices.models import Device
from fleet.orgs.models import OrgUnit
from fleet.recordings.models import Recording

_LOOK_BACK = timedelta(days=3)
"""A device that changed longer ago than this before the month has no known state at its start."""


def institutions(session: Session, prefixes: Sequence[str]) -> list[tuple[OrgUnit, int]]:
    """The units with rooms in these subtrees by name, and how many rooms each has."""
    counted = (
        select(Room.unit_id, func.count().label("rooms"))
        .where(within(Room.path, prefixes))
        .group_by(Room.unit_id)
        .subquery()
    )
    query = (
        select(OrgUnit, counted.c.rooms)
        .join(counted, counted.c.unit_id == OrgUnit.id)
        .order_by(OrgUnit.name, OrgUnit.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def lessons(session: Session, unit_id: str, start: datetime, end: datetime) -> list[Taught]:
    """Lessons that begin in `[start, end)`, and the seconds recorded of each."""
    recorded = (
        select(Recording.lesson_id, func.sum(Recording.duration).label("seconds"))
        .where(Recording.state == "complete", Recording.lesson_id.is_not(None))
        .where(Recording.started_at >= start - _LOOK_BACK, Recording.started_at < end + _LOOK_BACK)
        .group_by(Recording.lesson_id)
        .subquery()
    )
    query = (
        select(Lesson.room_id, Lesson.starts_at, Lesson.ends_at, recorded.c.seconds)
        .join(Room, Room.id == Lesson.room_id)
        .outerjoin(recorded, recorded.c.lesson_id == Lesson.id)
        .where(Room.unit_id == unit_id, Lesson.starts_at >= start, Lesson.starts_at < end)
    )
    return [Taught(row[0], row[1], row[2], row[3] or 0.0) for row in session.execute(query)]


def devices(session: Session, unit_id: str) -> list[Device]:
    """The devices that the rooms describe, by room and name."""
    query = (
        select(Device)
        .join(Room, Room.id == Device.room_id)
        .where(Room.unit_id == unit_id, Device.role != "")
        .order_by(Device.room_id, Device.name)
    )
    return list(session.scalars(query))


def changes(
    session: Session, unit_id: str, start: datetime, end: datetime
) -> dict[tuple[str, str], list[Change]]:
    """How each device went on and off, by room and name, in order of time."""
    query = (
        select(Event.room_id, Event.time, Event.body)
        .join(Room, Room.id == Event.room_id)
        .where(Room.unit_id == unit_id, Event.type == "lectern.device.changed")
        .where(Event.time >= start - _LOOK_BACK, Event.time < end)
        .order_by(Event.room_id, Event.time, Event.id)
    )
    found: dict[tuple[str, str], list[Change]] = {}
    for room, at, body in session.execute(query):
        power = str(body.get("power", "")) if body.get("online") else ""
        found.setdefault((room, str(body.get("device", ""))), []).append(Change(at, power))
    return found
