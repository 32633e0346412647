"""Appending to the audit trail and checking that nobody has touched it."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fleet.audit import repository
from fleet.audit.models import AuditRow
from fleet.db import Session

_START = "0" * 64


@dataclass(frozen=True, slots=True)
class Deed:
    """What one row says; see `record`."""

    action: str
    target: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    path: str = ""


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    target: str = "",
    detail: dict[str, Any] | None = None,
    path: str = "",
    now: datetime,
) -> None:
    """Append a row in the caller's write transaction: act and record stand or fall together.

    Args:
        session: a write transaction.
        actor: a user or agent id, or `nobody` for a stranger, or `fleet`.
        action: what was done, `noun.verb`.
        target: the id or path it was done to.
        detail: JSON-ready facts; never a secret.
        path: where in the organisation, see `fleet.db.paths`.
        now: UTC.
    """
    record_all(session, [Deed(action, target, detail or {}, path)], actor=actor, now=now)


def record_all(session: Session, deeds: Iterable[Deed], *, actor: str, now: datetime) -> None:
    """As `record`, a row for each deed, in this order: for thousands at once."""
    before = repository.last(session)
    number, digest = (before.number, before.digest) if before else (0, _START)
    rows = []
    for deed in deeds:
        number += 1
        row = AuditRow(
            number=number,
            at=now,
            actor=actor[:200],
            action=deed.action,
            target=deed.target[:500],
            detail=deed.detail,
            path=deed.path,
        )
        row.digest = digest = _digest(row, digest)
        rows.append(row)
    session.add_all(rows)
    session.flush()


def verify(session: Session) -> int | None:
    """The number of the first row that was altered, removed or put in, or None if all is well.

    Rows cut off at the very end cannot be seen from the chain alone.
    """
    digest = _START
    for number, row in enumerate(repository.rows(session), start=1):
        if row.number != number or row.digest != _digest(row, digest):
            return number
        digest = row.digest
    return None


def done_since(session: Session, actor: str, action: str, target: str, since: datetime) -> bool:
    """Whether somebody has done something to a thing since then, so that once is enough."""
    return repository.done_since(session, actor, action, target, since)


def newest(session: Session) -> AuditRow | None:
    """The newest row, if there is one."""
    return repository.newest(session)


def rows(session: Session) -> Iterator[AuditRow]:
    """Every row, the oldest first, without holding them all in memory."""
    return repository.rows(session)


def _digest(row: AuditRow, before: str) -> str:
    at = row.at.astimezone(UTC).isoformat()
    facts = [before, row.number, at, row.actor, row.action, row.target, row.detail]
    if row.path:  # rows from before there were places keep their digests
        facts.append(row.path)
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
