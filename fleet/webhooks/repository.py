"""SQL of webhooks."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from fleet.db.paths import within
from fleet.webhooks.models import Webhook

_KNOWN = "webhooks"


def add(session: Session, row: Webhook) -> None:
    """A new one."""
    session.add(row)
    session.flush()


def get(session: Session, webhook_id: str) -> Webhook | None:
    """One of them."""
    return session.get(Webhook, webhook_id)


def remove(session: Session, row: Webhook) -> None:
    """Delete it."""
    session.delete(row)
    session.flush()


def in_reach(session: Session, prefixes: Sequence[str]) -> list[Webhook]:
    """Those of these subtrees, by name."""
    query = select(Webhook).where(within(Webhook.path, prefixes))
    return list(session.scalars(query.order_by(Webhook.name, Webhook.id)))


def listening(session: Session, path: str) -> list[Webhook]:
    """Those that are told of what happens at a path.

    They are looked up once a transaction: ten thousand rooms may be lost in one.
    """
    known: list[Webhook] | None = session.info.get(_KNOWN)
    if known is None:
        known = list(session.scalars(select(Webhook).where(Webhook.paused.is_(False))))
        session.info[_KNOWN] = known
    return [one for one in known if path.startswith(one.path)]
