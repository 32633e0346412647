"""SQL of what a room's page gathers from several tables."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from fleet.alerts.models import Alarm
from fleet.recordings.models import Recording, StoredSegment


class Take(NamedTuple):
    """A take, and how much of it is here.

    Attributes:
        segments: that are known of.
        held: of them those the fleet holds.
        missing: bytes of the others, as far as the room has said.
    """

    row: Recording
    segments: int
    held: int
    missing: int


def takes(session: Session, room_id: str, limit: int) -> Sequence[Take]:
    """The newest takes of a room."""
    newest = (
        select(Recording)
        .where(Recording.room_id == room_id)
        .order_by(Recording.started_at.desc(), Recording.id)
        .limit(limit)
    )
    rows = session.scalars(newest).all()
    lacking = case((StoredSegment.key.is_(None), StoredSegment.bytes), else_=0)
    counts = session.execute(
        select(
            StoredSegment.take_id,
            func.count(),
            func.count(StoredSegment.key),
            func.sum(lacking),
        )
        .where(StoredSegment.take_id.in_([row.id for row in rows]))
        .group_by(StoredSegment.take_id)
    )
    known = {take: (segments, held, int(missing or 0)) for take, segments, held, missing in counts}
    return [Take(row, *known.get(row.id, (0, 0, 0))) for row in rows]


def alarms(session: Session, room_id: str, limit: int) -> Sequence[Alarm]:
    """The newest alarms of a room, those that stand first."""
    order = (case((Alarm.state == "firing", 0), else_=1), Alarm.fired_at.desc(), Alarm.id)
    query = select(Alarm).where(Alarm.room_id == room_id).order_by(*order).limit(limit)
    return session.scalars(query).all()
