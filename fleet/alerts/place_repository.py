"""SQL of the rooms and units that alarms are about."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fleet.auth.models import User
from fleet.classrooms.models import Room
from fleet.courses.models import Lesson
from fleet.db.paths import within
from fleet.orgs.models import OrgUnit
from fleet.recordings.models import Recording


def rooms(session: Session, ids: Iterable[str]) -> dict[str, Room]:
    """Some rooms by id; not more than a page shows."""
    return {one.id: one for one in session.scalars(select(Room).where(Room.id.in_(set(ids))))}


def dark_rooms(session: Session, path: str, uplink: str | None, limit: int) -> list[Room]:
    """Rooms of a subtree, or behind an uplink right in it, that are not heard, by name."""
    query = select(Room).where(Room.standing == "dark")
    if uplink is None:
        query = query.where(within(Room.path, [path]))
    else:
        query = query.where(Room.path == path, Room.uplink == uplink)
    return list(session.scalars(query.order_by(Room.name, Room.id).limit(limit)))


def unit_names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Names of some units by id."""
    query = select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(set(ids)))
    return {row[0]: row[1] for row in session.execute(query)}


def units(session: Session, prefixes: Sequence[str]) -> list[OrgUnit]:
    """Every unit of some subtrees, each below the one above it."""
    query = select(OrgUnit).where(within(OrgUnit.path, prefixes))
    return sorted(session.scalars(query), key=lambda one: (one.path.count("."), one.name))


def units_by_path(session: Session, paths: Iterable[str]) -> dict[str, OrgUnit]:
    """Some units by path."""
    query = select(OrgUnit).where(OrgUnit.path.in_(set(paths)))
    return {one.path: one for one in session.scalars(query)}


def people(session: Session, ids: Iterable[str]) -> dict[str, User]:
    """Some people by id, without those who are shut out."""
    query = select(User).where(User.id.in_(set(ids)), User.disabled_at.is_(None))
    return {one.id: one for one in session.scalars(query)}


def language(session: Session, path: str) -> str:
    """The language of a unit: its own, or that of the nearest above it, or English."""
    ids = path.split(".")[:-1]
    prefixes = ["".join(f"{one}." for one in ids[:n]) for n in range(1, len(ids) + 1)]
    found = units_by_path(session, prefixes)
    spoken = [found[one].language for one in prefixes if one in found and found[one].language]
    return spoken[-1] if spoken else "en"


def zone(session: Session, path: str) -> str:
    """The time zone in which most rooms of a subtree are."""
    query = (
        select(Room.timezone)
        .where(within(Room.path, [path]))
        .group_by(Room.timezone)
        .order_by(func.count().desc(), Room.timezone)
    )
    return session.scalars(query.limit(1)).first() or "UTC"


def standings(session: Session, path: str) -> dict[str, int]:
    """How many rooms of a subtree stand how."""
    query = select(Room.standing, func.count()).where(within(Room.path, [path]))
    return {row[0]: row[1] for row in session.execute(query.group_by(Room.standing))}


def lessons(session: Session, path: str, start: datetime, end: datetime) -> tuple[int, int]:
    """Planned lessons that ended then in a subtree, and how many of them have a recording."""
    taught = (
        select(Lesson.id)
        .join(Room, Room.id == Lesson.room_id)
        .where(
            within(Room.path, [path]),
            Lesson.ends_at > start,
            Lesson.ends_at <= end,
            Lesson.made_for.is_(None),
        )
    )
    ids = taught.subquery()
    recorded = select(func.count(Recording.lesson_id.distinct())).where(
        Recording.lesson_id.in_(select(ids.c.id))
    )
    count = select(func.count()).select_from(ids)
    return session.scalar(count) or 0, session.scalar(recorded) or 0
