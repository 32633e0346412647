"""SQL of the board: each number is counted by the database, for all rooms at once."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, case, func, literal, not_, null, select, type_coerce, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from fleet.alerts.models import Alarm
from fleet.auth.models import User, UserSession
from fleet.classrooms.models import Agent, Room
from fleet.courses.models import Lesson
from fleet.db import UtcDateTime
from fleet.desk.board.counts import Unit
from fleet.devices.models import Device
from fleet.orgs.models import OrgUnit
from fleet.recordings.models import Recording

_CHOICES = 60
_A_SESSION: Final = -1


def units(session: Session) -> list[Unit]:
    """Every unit, parents first."""
    table = OrgUnit
    query = select(table.id, table.parent_id, table.kind, table.name, table.iso2, table.path)
    return [Unit(*row) for row in session.execute(query.order_by(table.path))]


def rooms_and_sessions(
    session: Session, ids: Collection[str]
) -> tuple[list[tuple[str, str, str, int]], list[tuple[str, datetime, datetime]]]:
    """What an update needs, by one query.

    Of rooms: path, standing, presence and how many; one index holds all of it. Of these browsers'
    sessions those that still are: id, when it began, when it was seen.
    """
    columns = (Room.path, Room.standing, Room.presence)
    never = type_coerce(null(), UtcDateTime)
    query: Any = select(*columns, func.count(), never, never).group_by(*columns)
    if ids:
        alive = (
            select(
                UserSession.id,
                literal(""),
                literal(""),
                literal(_A_SESSION),
                UserSession.created_at,
                UserSession.seen_at,
            )
            .join(User, User.id == UserSession.user_id)
            .where(UserSession.id.in_(list(ids)), User.disabled_at.is_(None))
        )
        query = union_all(query, alive)
    rooms: list[tuple[str, str, str, int]] = []
    sessions: list[tuple[str, datetime, datetime]] = []
    for name, standing, presence, count, begun, seen in session.execute(query):
        if count == _A_SESSION:
            sessions.append((name, begun, seen))
        else:
            rooms.append((name, standing, presence, count))
    return rooms, sessions


def lessons(
    session: Session, now: datetime, *, back: timedelta, ahead: timedelta
) -> Sequence[tuple[str, int, int, int]]:
    """Path, and how many lessons there are recorded, missed and endangered."""
    recorded = (
        select(Recording.id).where(Recording.lesson_id == Lesson.id).correlate(Lesson).exists()
    )
    over = Lesson.ends_at <= now
    begun = Lesson.starts_at <= now
    endangered = and_(not_(over), Room.standing != "working", Room.standing != "none")
    query = (
        select(
            Room.path,
            func.sum(case((and_(begun, recorded), 1), else_=0)),
            func.sum(case((and_(over, not_(recorded)), 1), else_=0)),
            func.sum(case((endangered, 1), else_=0)),
        )
        .select_from(Lesson)
        .join(Room, Room.id == Lesson.room_id)
        .where(Lesson.starts_at > now - back, Lesson.starts_at <= now + ahead)
        .group_by(Room.path)
    )
    return [
        (path, recorded or 0, missed or 0, risk or 0)
        for path, recorded, missed, risk in session.execute(query)
    ]


def arriving(session: Session) -> Sequence[tuple[str, int]]:
    """Path, and of how many recordings segments are still to come."""
    query = (
        select(Room.path, func.count())
        .select_from(Recording)
        .join(Room, Room.id == Recording.room_id)
        .where(Recording.state == "waiting")
        .group_by(Room.path)
    )
    return [(path, count) for path, count in session.execute(query)]


def choices(session: Session) -> dict[str, list[str]]:
    """Values that occur: roles and profiles of devices, versions of agents, alarms that stand."""
    firing = select(Alarm.rule).where(Alarm.state == "firing", Alarm.room_id.is_not(None))
    return {
        "role": _distinct(session, Device.role),
        "profile": _distinct(session, Device.profile),
        "version": _distinct(session, Agent.agent_version),
        "alarm": sorted(session.scalars(firing.distinct().limit(_CHOICES))),
    }


def _distinct(session: Session, column: InstrumentedAttribute[str]) -> list[str]:
    """The values of an indexed column one after another, jumping from each to the next."""
    found: list[str] = []
    value = ""
    while len(found) < _CHOICES:
        query = select(column).where(column > value).order_by(column).limit(1)
        following = session.scalar(query)
        if following is None:
            break
        found.append(following)
        value = following
    return found
