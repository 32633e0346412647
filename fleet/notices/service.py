"""Notices: queued with what they are about, taken by a worker, delivered or given up.

A notice is a row of the transaction that caused it: it is told if, and only if, that has been
committed. Nothing is lost when a process is killed; what it had taken is sent again when its
lease ends, with the same id.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from fleet.db import Session
from fleet.errors import Refused
from fleet.notices import repository, rules
from fleet.notices.models import Notice
from fleet.notices.ports import Outgoing

ChannelName = Literal["smtp", "webhook"]
_KEPT = timedelta(days=90)


def queue(
    session: Session,
    *,
    channel: ChannelName,
    destination: str,
    body: str,
    cause: str,
    now: datetime,
    subject: str = "",
    html: str = "",
    language: str = "en",
    secret: str = "",
    path: str = "",
    once: str = "",
) -> str:
    """Send something when this transaction has committed; returns the notice's id.

    At least once: the receiver tells doubles by the id, which is the `webhook-id` of a webhook
    and the left side of a mail's `Message-ID`. A worker delivers it within a second or two and
    tries again, more and more seldom, for as many days as the settings say.

    Args:
        session: a write transaction.
        channel: `smtp` or `webhook`.
        destination: an e-mail address, or an http or https URL.
        body: a mail's plain text; of a webhook the JSON text that is posted, byte for byte.
        cause: what it is about, such as `webhook:ID`; `of_cause` finds it by that.
        now: UTC.
        subject: of a mail.
        html: the mail once more, in HTML.
        language: of a mail, one of the six.
        secret: of a webhook: `whsec_…`, to sign it by Standard Webhooks; not logged, not shown,
            and deleted when the notice has been sent or given up.
        path: where it belongs, see `fleet.db.paths`; whose staff see that it failed.
        once: if a notice with this key has been queued before, that one is returned instead.

    Raises:
        Refused: the destination is none.
    """
    _check(channel, destination)
    if once and (known := repository.by_once(session, once)):
        return known.id
    row = Notice(
        channel=channel,
        destination=destination,
        subject=" ".join(subject.split())[:300],
        body=body,
        html=html,
        language=language,
        secret=secret,
        cause=cause[:200],
        once=once or None,
        path=path,
        made_at=now,
        next_at=now,
    )
    repository.add(session, row)
    return row.id


def queued(session: Session, once: str) -> bool:
    """Whether there is a notice with this key."""
    return repository.by_once(session, once) is not None


def waiting(session: Session, channel: str, now: datetime) -> bool:
    """Whether anything is due, to be asked without a write lock."""
    return repository.any_due(session, channel, now)


def take(session: Session, channel: str, now: datetime, limit: int) -> list[Outgoing]:
    """What is due, leased to the caller, who says by `sent` or `failed` what became of it."""
    rows = repository.due(session, channel, now, limit)
    for row in rows:
        row.tries += 1
        row.next_at = now + rules.LEASE
    return [
        Outgoing(row.id, row.destination, row.subject, row.body, row.html, row.language, row.secret)
        for row in rows
    ]


def sent(session: Session, notice_id: str, now: datetime) -> None:
    """The other side has it."""
    row = repository.get(session, notice_id)
    if row is not None:
        _end(row, "sent", "", now)


def failed(
    session: Session, notice_id: str, why: str, *, final: bool, now: datetime, dice: float,
    days: float,
) -> None:  # fmt: skip
    """It was not taken; it is tried again unless it is `final`, or has waited for `days`."""
    row = repository.get(session, notice_id)
    if row is None or row.state != "waiting":
        return
    if final or rules.given_up(row.made_at, now, days):
        _end(row, "failed", why, now)
    else:
        row.why = why[:2000]
        row.next_at = now + rules.pause(row.tries, dice)


def tidy(session: Session, now: datetime, days: float) -> None:
    """Give up what nobody could deliver, also where no worker tries, and forget what is old."""
    for row in repository.stale(session, now - timedelta(days=days)):
        _end(row, "failed", row.why or "nobody delivers this: is a mail server set?", now)
    repository.forget(session, now - _KEPT)


def of_cause(session: Session, cause: str, limit: int = 100) -> Sequence[Notice]:
    """Notices about one thing, the newest first."""
    return repository.of_cause(session, cause, limit)


def undelivered(session: Session, within: Sequence[str], limit: int = 100) -> Sequence[Notice]:
    """What was given up in these subtrees, the newest first."""
    return repository.of_state(session, "failed", within, limit)


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many there are, by channel and state."""
    return repository.counts(session)


def _end(row: Notice, state: str, why: str, now: datetime) -> None:
    row.state, row.why, row.ended_at, row.secret = state, why[:2000], now, ""


def _check(channel: ChannelName, destination: str) -> None:
    if channel == "smtp":
        if "@" not in destination or any(one.isspace() for one in destination):
            raise Refused("destination: not an e-mail address", field="destination")
        return
    parts = urlsplit(destination)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(destination) > 2000:
        raise Refused("destination: not an http or https address", field="destination")
