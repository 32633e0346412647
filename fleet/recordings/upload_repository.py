"""All SQL of uploads on their way."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from contract.http import SegmentMetadata
from fleet.recordings.models import Recording, StoredSegment, Upload

OPEN = "open"
STORED = "stored"


def add(session: Session, row: Upload) -> None:
    """A new upload."""
    session.add(row)
    session.flush()


def one(session: Session, agent_id: str, upload_id: str) -> Upload | None:
    """An upload of this agent."""
    row = session.get(Upload, upload_id)
    return row if row is not None and row.agent_id == agent_id else None


def one_to_change(session: Session, upload_id: str) -> Upload | None:
    """An upload that nobody else changes until this transaction ends."""
    return session.get(Upload, upload_id, with_for_update=True, populate_existing=True)


def of_segment(session: Session, agent_id: str, segment: SegmentMetadata) -> Sequence[Upload]:
    """All uploads of a segment, of whatever bytes and in whatever state, the last one first."""
    return session.scalars(
        select(Upload)
        .where(
            Upload.agent_id == agent_id,
            Upload.take_id == segment.take,
            Upload.track == segment.track,
            Upload.idx == segment.index,
        )
        .order_by(Upload.attempt.desc())
    ).all()


def note_offset(session: Session, upload_id: str, offset: int, expires_at: datetime) -> bool:
    """Note what is on the disk; False when the upload is not open any more."""
    changed = session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.state == OPEN)
        .values(offset=offset, expires_at=expires_at)
        .returning(Upload.id)
    )
    return changed.first() is not None


def bytes_of_agent(session: Session, agent_id: str) -> int:
    """Bytes of an agent's unfinished uploads, and of stored segments of unfinished recordings.

    What is complete has arrived where it belongs: counting it for ever would end a room's
    deliveries one day.
    """
    complete = select(Recording.id).where(
        Recording.agent_id == agent_id, Recording.state == "complete"
    )
    stored = select(func.coalesce(func.sum(StoredSegment.bytes), 0)).where(
        StoredSegment.agent_id == agent_id,
        StoredSegment.key.is_not(None),
        StoredSegment.take_id.not_in(complete),
    )
    coming = select(func.coalesce(func.sum(Upload.length), 0)).where(
        Upload.agent_id == agent_id, Upload.state == OPEN
    )
    return int(session.scalar(stored) or 0) + int(session.scalar(coming) or 0)


def expire(session: Session, now: datetime) -> Sequence[str]:
    """Mark open uploads that nothing more has come for; their ids."""
    return session.scalars(
        update(Upload)
        .where(Upload.state == OPEN, Upload.expires_at < now)
        .values(state="expired", why="nothing more came")
        .returning(Upload.id)
    ).all()


def open_ids(session: Session) -> set[str]:
    """Uploads that have an unfinished file."""
    return set(session.scalars(select(Upload.id).where(Upload.state == OPEN)))
