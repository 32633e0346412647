"""SQL of the wall."""

from collections.abc import Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from fleet.classrooms.models import Agent, Room
from fleet.db.paths import within


def rooms(
    session: Session,
    prefixes: Sequence[str],
    after: tuple[str, str] | None,
    limit: int,
    only: str = "",
) -> list[Room]:
    """Rooms with a PC in these subtrees by name, from behind `after`, a name and an id.

    With `only`, an id, no other room.
    """
    query = select(Room).where(within(Room.path, prefixes), Room.standing != "none")
    if only:
        query = query.where(Room.id == only)
    if after is not None:
        query = query.where(tuple_(Room.name, Room.id) > after)
    return list(session.scalars(query.order_by(Room.name, Room.id).limit(limit)))


def agents(session: Session, prefixes: Sequence[str], room_ids: Sequence[str]) -> dict[str, str]:
    """Agent by room, of those of the rooms that lie in these subtrees."""
    query = (
        select(Room.id, Agent.id)
        .join(Agent, Agent.room_id == Room.id)
        .where(Room.id.in_(room_ids), Agent.revoked_at.is_(None), within(Room.path, prefixes))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def places(session: Session, room_ids: Sequence[str]) -> dict[str, str]:
    """Path by room."""
    query = select(Room.id, Room.path).where(Room.id.in_(room_ids))
    return {row[0]: row[1] for row in session.execute(query)}
