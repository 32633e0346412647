"""Appending to the audit trail and checking that nobody has touched it."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from fleet.audit import repository
from fleet.audit.models import AuditRow
from fleet.db import Session

_START = "0" * 64


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
    before = repository.last(session)
    row = AuditRow(
        number=before.number + 1 if before else 1,
        at=now,
        actor=actor[:200],
        action=action,
        target=target[:500],
        detail=detail or {},
        path=path,
    )
    row.digest = _digest(row, before.digest if before else _START)
    session.add(row)
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


def _digest(row: AuditRow, before: str) -> str:
    at = row.at.astimezone(UTC).isoformat()
    facts = [before, row.number, at, row.actor, row.action, row.target, row.detail]
    if row.path:  # rows from before there were places keep their digests
        facts.append(row.path)
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
