"""SQL of the audit trail."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from fleet.audit.models import AuditRow

_LOCK = 0x1EC7E2A  # any number that nothing else in the database locks


def last(session: Session) -> AuditRow | None:
    """The newest row; until this transaction ends nobody else can append after it."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    return newest(session)


def newest(session: Session) -> AuditRow | None:
    """The newest row."""
    return session.scalars(select(AuditRow).order_by(AuditRow.number.desc()).limit(1)).first()


def done_since(session: Session, actor: str, action: str, target: str, since: datetime) -> bool:
    """Whether somebody has done something to a thing since then."""
    query = select(AuditRow.number).where(
        AuditRow.target == target,
        AuditRow.actor == actor,
        AuditRow.action == action,
        AuditRow.at > since,
    )
    return session.scalar(query.limit(1)) is not None


def rows(session: Session) -> Iterator[AuditRow]:
    """All rows, oldest first, without holding them all in memory."""
    query = select(AuditRow).order_by(AuditRow.number).execution_options(yield_per=500)
    yield from session.scalars(query)
