"""SQL of received sequence numbers and dead letters."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from fleet.inbox.models import DeadLetter, ReceivedRange
from fleet.inbox.ranges import Range

KEPT_UNREADABLE = 1024
"""Bytes kept of a message that was not acknowledged: enough to see what it was."""


def touching(session: Session, agent: str, epoch: str, lowest: int, highest: int) -> list[Range]:
    """Stored ranges that overlap or touch `lowest` to `highest`."""
    query = select(ReceivedRange.first, ReceivedRange.last).where(
        ReceivedRange.agent_id == agent,
        ReceivedRange.epoch == epoch,
        ReceivedRange.first <= min(highest + 1, 2**63 - 1),
        ReceivedRange.last >= lowest - 1,
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def replace(
    session: Session, agent: str, epoch: str, before: list[Range], after: list[Range]
) -> None:
    """Store `after` in the place of `before`."""
    known, wanted = dict(before), dict(after)
    mine = (ReceivedRange.agent_id == agent, ReceivedRange.epoch == epoch)
    if gone := sorted(known.keys() - wanted.keys()):
        session.execute(delete(ReceivedRange).where(*mine, ReceivedRange.first.in_(gone)))
    for first, last in wanted.items():
        if first not in known:
            session.add(ReceivedRange(agent_id=agent, epoch=epoch, first=first, last=last))
        elif known[first] != last:  # the common case: it has grown by what has just come
            one = update(ReceivedRange).where(*mine, ReceivedRange.first == first)
            session.execute(one.values(last=last))
    session.flush()


def bury(
    session: Session, *, agent: str, topic: str, reason: str, body: bytes, now: datetime
) -> None:
    """Keep a message that could not be read or handled."""
    session.add(
        DeadLetter(
            agent_id=agent[:48],
            topic=_clean(topic)[:200],
            reason=_clean(reason)[:2000],
            received_at=now,
            body=body,
        )
    )


def dead_letters_of(session: Session, agent: str) -> int:
    """How many messages of an agent could not be read or handled."""
    query = select(func.count()).select_from(DeadLetter).where(DeadLetter.agent_id == agent)
    return session.scalar(query) or 0


def newest_dead_letters(session: Session, limit: int) -> Sequence[DeadLetter]:
    """The newest dead letters, the newest first."""
    return session.scalars(select(DeadLetter).order_by(DeadLetter.id.desc()).limit(limit)).all()


def _clean(text: str) -> str:
    """Text that every database can store."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\0")
