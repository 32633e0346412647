"""All SQL of recordings and their segments. Uploads on their way have their own file."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from fleet.classrooms.models import Room
from fleet.db.paths import within
from fleet.recordings.models import Recording, Slide, StoredSegment


def recording(session: Session, take_id: str) -> Recording | None:
    """One recording."""
    return session.get(Recording, take_id)


def add(session: Session, row: Recording) -> None:
    """A new recording."""
    session.add(row)
    session.flush()


def of_lesson(session: Session, lesson_id: str) -> Sequence[Recording]:
    """The recordings of a lesson, the first first."""
    return session.scalars(
        select(Recording).where(Recording.lesson_id == lesson_id).order_by(Recording.started_at)
    ).all()


def of_lessons(session: Session, lesson_ids: Sequence[str]) -> Sequence[Recording]:
    """The recordings of several lessons."""
    return session.scalars(select(Recording).where(Recording.lesson_id.in_(lesson_ids))).all()


def before(session: Session, row: Recording) -> Recording | None:
    """The recording of the same room that began last before this one."""
    query = select(Recording).where(
        Recording.room_id == row.room_id,
        Recording.started_at < row.started_at,
        Recording.id != row.id,
    )
    return session.scalars(query.order_by(Recording.started_at.desc()).limit(1)).first()


def newest(session: Session, limit: int, reach: Sequence[str]) -> Sequence[Recording]:
    """The newest recordings of rooms in these subtrees."""
    query = select(Recording).order_by(Recording.started_at.desc()).limit(limit)
    return session.scalars(_of_rooms(query, reach)).all()


def unlinked(session: Session, limit: int, reach: Sequence[str]) -> Sequence[Recording]:
    """Recordings of rooms in these subtrees without a lesson, the newest first."""
    query = select(Recording).where(Recording.lesson_id.is_(None))
    query = query.order_by(Recording.started_at.desc()).limit(limit)
    return session.scalars(_of_rooms(query, reach)).all()


def _of_rooms(query: Select[Recording], reach: Sequence[str]) -> Select[Recording]:
    if "" in reach:
        return query
    return query.join(Room, Room.id == Recording.room_id).where(within(Room.path, reach))


def count_unlinked(session: Session) -> int:
    """How many recordings have no lesson."""
    return (
        session.scalar(
            select(func.count()).select_from(Recording).where(Recording.lesson_id.is_(None))
        )
        or 0
    )


def unannounced_lessons(session: Session) -> Sequence[str]:
    """Lessons with a complete take that publishing has not been told of."""
    found = session.scalars(
        select(Recording.lesson_id)
        .where(
            Recording.lesson_id.is_not(None),
            Recording.state == "complete",
            Recording.announced.is_(False),
        )
        .distinct()
    )
    return [lesson_id for lesson_id in found if lesson_id is not None]


def mark_announced(session: Session, lesson_id: str) -> None:
    """Publishing has been told of all takes of this lesson."""
    session.execute(
        update(Recording).where(Recording.lesson_id == lesson_id).values(announced=True)
    )


def begun_before(session: Session, state: str, before: datetime) -> Sequence[Recording]:
    """Recordings in a state whose take began before a time."""
    return session.scalars(
        select(Recording).where(Recording.state == state, Recording.started_at < before)
    ).all()


def last_stored(session: Session, agent_id: str, take_id: str) -> datetime | None:
    """When the last segment of a take was stored."""
    return session.scalar(
        select(func.max(StoredSegment.stored_at)).where(
            StoredSegment.agent_id == agent_id, StoredSegment.take_id == take_id
        )
    )


def segment(
    session: Session, agent_id: str, take_id: str, track: str, index: int
) -> StoredSegment | None:
    """One segment, whether its bytes are here or only announced."""
    return session.get(StoredSegment, (agent_id, take_id, track, index))


def segments(session: Session, agent_id: str, take_id: str) -> Sequence[StoredSegment]:
    """All segments of a take in order."""
    return session.scalars(
        select(StoredSegment)
        .where(StoredSegment.agent_id == agent_id, StoredSegment.take_id == take_id)
        .order_by(StoredSegment.track, StoredSegment.idx)
    ).all()


def add_segment(session: Session, row: StoredSegment) -> None:
    """A new segment."""
    session.add(row)
    session.flush()


def note_slide(session: Session, agent_id: str, take_id: str, track: str, at: float) -> None:
    """A change of slide, once."""
    if session.get(Slide, (agent_id, take_id, track, at)) is None:
        session.add(Slide(agent_id=agent_id, take_id=take_id, track=track, at=at))
        session.flush()
