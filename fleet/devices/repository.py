"""SQL of devices and alarms. Only what the present agent of a room has told is shown."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, select
from sqlalchemy.orm import Session

from fleet.classrooms.models import Agent
from fleet.devices.models import Device, RoomAlarm

_WORST_FIRST = case({"critical": 0, "warning": 1}, value=RoomAlarm.severity, else_=2)


def device(session: Session, room_id: str, name: str) -> Device | None:
    """One device, whether the room describes it or not."""
    return session.get(Device, (room_id, name))


def devices(session: Session, room_id: str) -> list[Device]:
    """Every device heard of in a room, by name."""
    query = select(Device).where(Device.room_id == room_id)
    return list(session.scalars(query.order_by(Device.name)))


def alarm(session: Session, room_id: str, subject: str, name: str) -> RoomAlarm | None:
    """One alarm, raised or over."""
    return session.get(RoomAlarm, (room_id, subject, name))


def raised(session: Session, room_id: str) -> list[RoomAlarm]:
    """The raised alarms of a room, the worst first, then the newest."""
    query = _raised(select(RoomAlarm)).where(RoomAlarm.room_id == room_id)
    order = (_WORST_FIRST, RoomAlarm.raised_at.desc(), RoomAlarm.subject, RoomAlarm.alarm)
    return list(session.scalars(query.order_by(*order)))


def rooms_with_raised(session: Session, severity: str) -> set[str]:
    """Ids of rooms with a raised alarm of this severity."""
    query = _raised(select(RoomAlarm.room_id).distinct())
    return set(session.scalars(query.where(RoomAlarm.severity == severity)))


def raised_keys(session: Session) -> set[tuple[str, str, str]]:
    """Room, subject and name of every raised alarm."""
    query = _raised(select(RoomAlarm.room_id, RoomAlarm.subject, RoomAlarm.alarm))
    return {(row[0], row[1], row[2]) for row in session.execute(query)}


def on_since(session: Session, since: datetime) -> list[tuple[str, str]]:
    """Room and name of what the room describes, and has been on since before then."""
    query = (
        select(Device.room_id, Device.name)
        .join(Agent, Agent.id == Device.agent_id)
        .where(
            Device.power == "on",
            Device.online.is_(True),
            Device.since <= since,
            Device.role.in_(["projector", "panel", "screen"]),
            Agent.revoked_at.is_(None),
        )
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def add(session: Session, row: Device | RoomAlarm) -> None:
    """A row heard of for the first time."""
    session.add(row)
    session.flush()


def _raised(query: Any) -> Select[Any]:
    found: Select[Any] = query.join(Agent, Agent.id == RoomAlarm.agent_id).where(
        RoomAlarm.cleared_at.is_(None), Agent.revoked_at.is_(None)
    )
    return found
