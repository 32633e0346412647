"""Webhooks: who is told what, signed with what, and what became of it."""

import base64
import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from fleet.audit import service as audit
from fleet.db import Session, new_id
from fleet.errors import NotFound, Refused
from fleet.notices import service as notices
from fleet.notices.models import Notice
from fleet.web.language import gettext as _
from fleet.webhooks import repository
from fleet.webhooks.models import Webhook
from fleet.webhooks.schemas import CHOOSABLE, Data, TestData, envelope

_SECRET_BYTES = 32
_MOST = 200


def new_secret() -> str:
    """What a receiver checks signatures with, by Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def add(
    session: Session, *, path: str, name: str, url: str, types: Sequence[str], actor: str,
    now: datetime,
) -> Webhook:  # fmt: skip
    """Tell an address what happens at a path and below. The secret is in the answer, once.

    Raises:
        Refused: a field is wrong, or there are too many of them there.
    """
    if len(repository.in_reach(session, (path,))) >= _MOST:
        raise Refused(_("There are too many webhooks here already."))
    row = Webhook(
        path=path,
        name=_name(name),
        url=_address(url),
        types=_kinds(types),
        secret=new_secret(),
        created_at=now,
        created_by=actor,
    )
    repository.add(session, row)
    _record(session, row, actor, "webhook.added", now)
    return row


def change(
    session: Session, webhook_id: str, *, actor: str, now: datetime, name: str | None = None,
    url: str | None = None, types: Sequence[str] | None = None, paused: bool | None = None,
) -> Webhook:  # fmt: skip
    """Change what is given.

    Raises:
        NotFound: there is none.
        Refused: a field is wrong.
    """
    row = get(session, webhook_id)
    row.name = row.name if name is None else _name(name)
    row.url = row.url if url is None else _address(url)
    row.types = row.types if types is None else _kinds(types)
    row.paused = row.paused if paused is None else paused
    _record(session, row, actor, "webhook.changed", now)
    return row


def change_secret(session: Session, webhook_id: str, *, actor: str, now: datetime) -> str:
    """A new secret; what is on its way is still signed with the old one."""
    row = get(session, webhook_id)
    row.secret = new_secret()
    _record(session, row, actor, "webhook.secret-changed", now)
    return row.secret


def remove(session: Session, webhook_id: str, *, actor: str, now: datetime) -> None:
    """Tell it nothing any more."""
    row = get(session, webhook_id)
    _record(session, row, actor, "webhook.removed", now)
    repository.remove(session, row)


def get(session: Session, webhook_id: str) -> Webhook:
    """One webhook.

    Raises:
        NotFound: there is none with this id.
    """
    found = repository.get(session, webhook_id)
    if found is None:
        raise NotFound(_("There is no such webhook."))
    return found


def listed(session: Session, prefixes: Sequence[str]) -> list[Webhook]:
    """The webhooks of these subtrees, by name."""
    return repository.in_reach(session, prefixes)


def listens(session: Session, name: str, path: str) -> bool:
    """Whether anybody is told of an event, before what it says is gathered."""
    return any(name in one.types for one in repository.listening(session, path))


def tell(
    session: Session, name: str, data: Data, *, path: str, subject: str, source: str, now: datetime
) -> None:
    """Queue an event for everybody who wants to know of it at this place."""
    event_id = new_id()
    for one in repository.listening(session, path):
        if name in one.types:
            body = json.dumps(envelope(name, event_id, source, subject, now, data))
            _queue(session, one, body, f"webhook:{one.id}:{event_id}", now)


def test(session: Session, webhook_id: str, *, source: str, now: datetime) -> str:
    """Send a test event to one address; the delivery's id."""
    row = get(session, webhook_id)
    event = envelope("webhook.test", new_id(), source, row.id, now, TestData(webhook=row.id))
    return _queue(session, row, json.dumps(event), "", now)


def deliveries(session: Session, webhook_id: str, limit: int = 100) -> Sequence[Notice]:
    """What was sent to an address, and what became of it, the newest first."""
    return notices.of_cause(session, _cause(get(session, webhook_id)), limit)


def again(session: Session, webhook_id: str, delivery_id: str, *, now: datetime) -> str:
    """Send once more what was given up or has arrived; the event keeps its id.

    Raises:
        NotFound: there is no such delivery to this address.
        Refused: it is still being tried.
    """
    row = get(session, webhook_id)
    known = {one.id: one for one in deliveries(session, webhook_id)}
    if delivery_id not in known:
        raise NotFound(_("There is no such delivery."))
    if known[delivery_id].state == "waiting":
        raise Refused(_("It is still being tried."))
    return _queue(session, row, known[delivery_id].body, "", now)


def _queue(session: Session, row: Webhook, body: str, once: str, now: datetime) -> str:
    return notices.queue(
        session,
        channel="webhook",
        destination=row.url,
        body=body,
        cause=_cause(row),
        secret=row.secret,
        path=row.path,
        once=once,
        now=now,
    )


def _cause(row: Webhook) -> str:
    return f"webhook:{row.id}"


def _record(session: Session, row: Webhook, actor: str, action: str, now: datetime) -> None:
    detail = {"name": row.name, "host": urlsplit(row.url).hostname, "types": row.types}
    audit.record(
        session, actor=actor, action=action, target=row.id, detail=detail, path=row.path, now=now
    )


def _name(given: str) -> str:
    if not (name := " ".join(given.split())):
        raise Refused(_("Give it a name."), field="name")
    return name[:200]


def _address(given: str) -> str:
    url = given.strip()
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or len(url) > 2000 or not url.isprintable() or " " in url:
        raise Refused(_("Write an address like https://example.org/hook."), field="url")
    if parts.username or parts.password:
        raise Refused(_("Leave name and password out of the address."), field="url")
    return url


def _kinds(given: Sequence[str]) -> list[str]:
    if unknown := [one for one in given if one not in CHOOSABLE]:
        raise Refused(_("There is no event %(name)s.", name=unknown[0][:100]), field="types")
    if not given:
        raise Refused(_("Choose at least one event."), field="types")
    return [one for one in CHOOSABLE if one in given]
