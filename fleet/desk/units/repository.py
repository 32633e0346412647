"""SQL of the pages of the organisation."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fleet.classrooms.models import Room
from fleet.db.paths import within


def rooms_by_path(session: Session, prefixes: Sequence[str]) -> dict[str, int]:
    """How many rooms each unit of these subtrees has, by the unit's path."""
    query = select(Room.path, func.count()).where(within(Room.path, prefixes)).group_by(Room.path)
    return {row[0]: row[1] for row in session.execute(query)}
