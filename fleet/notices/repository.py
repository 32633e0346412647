"""SQL of notices."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fleet.db.paths import within
from fleet.notices.models import Notice


def by_once(session: Session, once: str) -> Notice | None:
    """The notice that was queued with this key."""
    return session.scalars(select(Notice).where(Notice.once == once)).first()


def add(session: Session, row: Notice) -> None:
    """A new notice."""
    session.add(row)
    session.flush()


def due(session: Session, channel: str, now: datetime, limit: int) -> list[Notice]:
    """Notices to try now, the oldest first; nobody else gets them until the transaction ends."""
    query = (
        select(Notice)
        .where(Notice.state == "waiting", Notice.channel == channel, Notice.next_at <= now)
        .order_by(Notice.next_at, Notice.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(query))


def any_due(session: Session, channel: str, now: datetime) -> bool:
    """Whether there is a notice to try now."""
    query = select(Notice.id).where(
        Notice.state == "waiting", Notice.channel == channel, Notice.next_at <= now
    )
    return session.scalars(query.limit(1)).first() is not None


def get(session: Session, notice_id: str) -> Notice | None:
    """One notice, to be changed."""
    return session.get(Notice, notice_id, with_for_update=True)


def stale(session: Session, before: datetime) -> list[Notice]:
    """Notices that wait since before then."""
    query = select(Notice).where(Notice.state == "waiting", Notice.made_at <= before)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def of_cause(session: Session, cause: str, limit: int) -> list[Notice]:
    """Notices about one thing, the newest first."""
    query = select(Notice).where(Notice.cause == cause)
    return list(session.scalars(query.order_by(Notice.made_at.desc(), Notice.id).limit(limit)))


def of_state(session: Session, state: str, prefixes: Sequence[str], limit: int) -> list[Notice]:
    """Notices of these subtrees in a state, the newest first."""
    query = select(Notice).where(Notice.state == state, within(Notice.path, prefixes))
    return list(session.scalars(query.order_by(Notice.made_at.desc(), Notice.id).limit(limit)))


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many there are, by channel and state."""
    query = select(Notice.channel, Notice.state, func.count())
    rows = session.execute(query.group_by(Notice.channel, Notice.state))
    return {(row[0], row[1]): row[2] for row in rows}


def forget(session: Session, before: datetime) -> None:
    """Delete what ended before then."""
    session.execute(delete(Notice).where(Notice.state != "waiting", Notice.ended_at < before))
