"""SQL of views."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fleet.desk.rooms.models import SavedView


def of(session: Session, user_id: str) -> Sequence[SavedView]:
    """A person's views by name."""
    query = select(SavedView).where(SavedView.user_id == user_id)
    return session.scalars(query.order_by(SavedView.name)).all()


def add(session: Session, row: SavedView) -> None:
    """A new view."""
    session.add(row)
    session.flush()


def remove(session: Session, user_id: str, view_id: str) -> None:
    """Delete one of a person's views."""
    session.execute(delete(SavedView).where(SavedView.user_id == user_id, SavedView.id == view_id))
