"""SQL of what operators watch."""

from sqlalchemy import func, select, table, text
from sqlalchemy.orm import Session

from fleet.classrooms.models import Room
from fleet.orders.models import OrderTarget
from fleet.publishing.models import Publication


def rooms_by_standing(session: Session) -> dict[str, int]:
    """How many rooms work, are at risk, dark, or were never heard."""
    return _counts(session, Room.standing)


def lessons_by_state(session: Session) -> dict[str, int]:
    """How far the publishing of lessons has come."""
    return _counts(session, Publication.state)


def orders_by_state(session: Session) -> dict[str, int]:
    """What became of orders, by room."""
    return _counts(session, OrderTarget.state)


def dead_letters(session: Session) -> int:
    """How many messages nobody understood."""
    return session.scalar(select(func.count()).select_from(table("dead_letter"))) or 0


def schema_version(session: Session) -> str:
    """The revision that the tables are at."""
    return session.scalar(text("SELECT version_num FROM alembic_version")) or ""


def _counts(session: Session, column: object) -> dict[str, int]:
    query = select(column, func.count()).group_by(column)  # type: ignore[call-overload]
    return {str(key): count for key, count in session.execute(query)}
