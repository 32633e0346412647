"""SQL of what the checks look for in tables of folders below."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fleet.classrooms.models import Agent, Room
from fleet.courses.models import Lesson
from fleet.recordings.models import Recording


def lost_rooms(session: Session) -> list[str]:
    """Rooms whose agent is lost."""
    return list(session.scalars(select(Room.id).where(Room.presence == "lost")))


def unheard(session: Session, before: datetime) -> list[tuple[str, str, datetime]]:
    """Rooms that say they are ready, their path, and since when they have said nothing."""
    query = (
        select(Room.id, Room.path, Agent.seen_at)
        .join(Agent, Agent.room_id == Room.id)
        .where(Agent.revoked_at.is_(None), Agent.presence == "ready", Agent.seen_at < before)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query) if row[2]]


def clock_offsets(session: Session, least: float) -> list[tuple[str, str, float]]:
    """Rooms whose clock is wrong by more than that, their path, and by how many seconds."""
    query = (
        select(Room.id, Room.path, Agent.clock_offset)
        .join(Agent, Agent.room_id == Room.id)
        .where(Agent.revoked_at.is_(None), func.abs(Agent.clock_offset) > least)
    )
    return [(row[0], row[1], row[2] or 0.0) for row in session.execute(query)]


def versions(session: Session) -> list[tuple[str, str]]:
    """Rooms that are heard, and the version of their agent."""
    query = select(Agent.room_id, Agent.agent_version).where(
        Agent.revoked_at.is_(None), Agent.presence == "ready"
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def running_takes(session: Session, now: datetime) -> list[tuple[str, str, str, datetime]]:
    """Takes that still run though their lesson is over: room, path, take, end of the lesson."""
    query = (
        select(Room.id, Room.path, Recording.id, Lesson.ends_at)
        .join(Recording, Recording.room_id == Room.id)
        .join(Lesson, Lesson.id == Recording.hint)
        .where(Recording.state == "recording", Lesson.ends_at < now)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def recording_rooms(session: Session) -> set[str]:
    """Rooms in which a take runs."""
    query = select(Recording.room_id).where(Recording.state == "recording")
    return set(session.scalars(query))
